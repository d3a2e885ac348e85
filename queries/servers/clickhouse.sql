create database if not exists analytics;

create table if not exists analytics.analytics_metrics (
    metric_id String,
    student_id String,
    class_id String,
    school_id String,
    subject String,
    metric_type String,
    metric_value Float64,
    dimension String,
    period String,
    period_start String,
    period_end String,
    created_at String
) engine = MergeTree() partition by tuple() order by (metric_type, student_id, created_at);

create table if not exists analytics.student_daily_stats (
    student_id String,
    date String,
    subject String,
    homework_count Int64,
    homework_completed Int64,
    homework_avg_score Float64,
    practice_count Int64,
    practice_total_chars Int64,
    practice_avg_score Float64,
    writing_quality_avg Float64,
    stroke_order_accuracy Float64,
    writing_speed_avg Float64,
    error_count Int64,
    error_knowledge_points Array(String),
    study_duration_minutes Int64
) engine = ReplacingMergeTree() partition by tuple() order by (student_id, date, subject);
