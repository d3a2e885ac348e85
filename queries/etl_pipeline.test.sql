-- Tests of etl_pipeline.sql: what is an event, what comes of each kind, and the student's day.
SET 'weir.clock' = '2020-08-06T17:00:00Z';
SET 'table.local-time-zone' = 'UTC';

TEST 'strokes are a metric and part of the day';
FEED raw_event VALUES
    ('{"event_type": "stroke_raw", "student_id": "s1", "timestamp": "2020-08-06T16:35:49Z", "class_id": "c1", "school_id": "h1", "payload": {"stroke_count": 12, "page_id": "p1", "subject": "math"}}');
EXPECT analytics_metrics ROWS
    (ANY, 's1', 'c1', 'h1', 'math', 'stroke_count', 12, 'p1', 'daily', '2020-08-06', '', '2020-08-06T16:35:49Z');
EXPECT student_daily_stats ROWS
    ('s1', '2020-08-06', 'math', 0, 0, 0, 0, 12, 0, 0, 0, 0, 0, JSON_QUERY('[]', '$' RETURNING ARRAY<STRING>), 0);
EXPECT pipeline_stats ROWS ('analytics-etl', 1, 0, 0);

TEST 'grades: their average, and the wrong answers';
FEED raw_event VALUES
    ('{"event_type": "grade_result", "student_id": "s1", "timestamp": "2020-08-06T16:35:49Z", "payload": {"score": 80, "homework_id": "h1", "subject": "math", "errors": [{"knowledge_point": "fractions", "question_id": "q1", "error_type": "slip"}, {"knowledge_point": ""}, {"question_id": "q3"}]}}'),
    ('{"event_type": "grade_result", "student_id": "s1", "timestamp": "2020-08-06T16:36:49Z", "payload": {"score": 91, "subject": "math", "errors": [{"knowledge_point": "fractions"}]}}');
EXPECT error_record UNORDERED CHANGES
    ('+I', 's1', 'h1', 'q1', 'math', 'fractions', 'slip', '2020-08-06T16:35:49Z'),
    ('+I', 's1', '', '', 'math', 'fractions', '', '2020-08-06T16:36:49Z');
EXPECT student_daily_stats (homework_count, homework_completed, homework_avg_score, error_count, error_knowledge_points) ROWS
    (2, 2, 85.5, 2, ARRAY['fractions']);
EXPECT analytics_metrics NOTHING;

TEST 'an event that comes twice counts once';
FEED raw_event VALUES
    ('{"event_type": "exam_score", "student_id": "s1", "timestamp": "2020-08-06T16:40:00Z", "payload": {"score": 90, "subject": "math", "exam_id": "e1"}}'),
    ('{"event_type": "exam_score", "student_id": "s1", "timestamp": "2020-08-06T16:40:00Z", "payload": {"score": 90, "subject": "math", "exam_id": "e1"}}');
EXPECT analytics_metrics (metric_type, metric_value, dimension) ROWS ('exam_score', 90, 'e1');
RESTART;
FEED raw_event VALUES
    ('{"event_type": "exam_score", "student_id": "s1", "timestamp": "2020-08-06T16:40:00Z", "payload": {"score": 90, "subject": "math", "exam_id": "e1"}}');
EXPECT analytics_metrics NOTHING;
EXPECT pipeline_stats (processed) ROWS (3);

TEST 'what is no event is dropped, what is no JSON is an error, and old events are both processed and dropped';
FEED raw_event VALUES
    ('{"event_type": "exam_score", "student_id": "s1", "timestamp": "2020-07-30T16:59:59Z", "payload": {"score": 90}}'),
    ('{"event_type": "unknown", "student_id": "s1", "timestamp": "2020-08-06T16:40:00Z"}'),
    ('{"event_type": "exam_score", "student_id": 0, "timestamp": "2020-08-06T16:40:00Z"}'),
    ('{"event_type": "exam_score", "student_id": "s1", "timestamp": "2020-02-30T16:40:00Z"}'),
    ('[1]'), ('"text"'), ('{"event_type": "exam_score"'), ('');
EXPECT pipeline_stats ROWS ('analytics-etl', 1, 2, 6);
EXPECT analytics_metrics NOTHING;
EXPECT student_daily_stats NOTHING;

TEST 'seven days are not too old, whatever the zone is written like';
FEED raw_event VALUES
    ('{"event_type": "exam_score", "student_id": "s1", "timestamp": "2020-07-30T17:00:00Z", "payload": {"score": 1}}'),
    ('{"event_type": "exam_score", "student_id": "s1", "timestamp": "2020-07-31T01:00:00+08:00", "payload": {"score": 2}}'),
    ('{"event_type": "exam_score", "student_id": "s1", "timestamp": "2020-07-31T00:59:59.999+0800", "payload": {"score": 3}}');
EXPECT analytics_metrics (metric_value) ROWS (1), (2);

TEST 'numbers that are none count as missing';
FEED raw_event VALUES
    ('{"event_type": "ocr_result", "student_id": "s1", "timestamp": "2020-08-06", "payload": {"confidence": "high"}}'),
    ('{"event_type": "ocr_result", "student_id": "s2", "timestamp": "2020-08-06", "payload": "none"}'),
    ('{"event_type": "ocr_result", "student_id": "s3", "timestamp": "2020-08-06", "payload": {"confidence": "0.5"}}');
EXPECT analytics_metrics (student_id, subject, metric_type, metric_value) ROWS
    ('s1', 'chinese', 'ocr_confidence', 0), ('s2', 'chinese', 'ocr_confidence', 0), ('s3', 'chinese', 'ocr_confidence', 0.5);

TEST 'writing quality weighs one by the number of stroke orders so far';
FEED raw_event VALUES
    ('{"event_type": "writing_quality", "student_id": "s1", "timestamp": "2020-08-06T16:00:00Z", "payload": {"quality_score": 50, "speed": 10}}');
FEED raw_event VALUES
    ('{"event_type": "writing_quality", "student_id": "s1", "timestamp": "2020-08-06T16:01:00Z", "payload": {"quality_score": 80, "speed": 20}}');
EXPECT student_daily_stats (writing_quality_avg, writing_speed_avg) ROWS (80, 20);
FEED raw_event VALUES
    ('{"event_type": "stroke_order", "student_id": "s1", "timestamp": "2020-08-06T16:02:00Z", "payload": {"score": 60}}');
FEED raw_event VALUES
    ('{"event_type": "stroke_order", "student_id": "s1", "timestamp": "2020-08-06T16:03:00Z", "payload": {"score": 70}}');
FEED raw_event VALUES
    ('{"event_type": "writing_quality", "student_id": "s1", "timestamp": "2020-08-06T16:04:00Z", "payload": {"quality_score": 90, "speed": 40}}');
EXPECT student_daily_stats (practice_count, writing_quality_avg, stroke_order_accuracy, writing_speed_avg) WITHIN 0.000001 ROWS
    (2, 85, 65, 30);

TEST 'minutes of homework';
FEED raw_event VALUES
    ('{"event_type": "homework_submit", "student_id": "s1", "timestamp": "2020-08-06T16:00:00Z", "payload": {"time_cost_minutes": 25, "subject": "math"}}'),
    ('{"event_type": "homework_submit", "student_id": "s1", "timestamp": "2020-08-06T16:30:00Z", "payload": {"time_cost_minutes": 15.9}}'),
    ('{"event_type": "login_event", "student_id": "s1", "timestamp": "2020-08-06T16:30:00Z"}');
EXPECT student_daily_stats (subject, study_duration_minutes) ROWS ('math', 25), ('unknown', 15);
EXPECT pipeline_stats (processed) ROWS (3);
