-- The tables of MariaDB that jobs of queries/ write; create_tables runs this.  Texts of keys are
-- compared byte by byte, as weir compares them.
create database if not exists education character set utf8mb4 collate utf8mb4_nopad_bin;
create database if not exists analytics character set utf8mb4 collate utf8mb4_nopad_bin;

use education;

create table if not exists timeline_signal_analysis (
    start_time   datetime(3),
    end_time     datetime(3),
    webserver_id bigint,
    user_id      bigint,
    role         tinyint,
    event        varchar(255),
    event_count  bigint,
    create_time  datetime(3)
);

create table if not exists user_enter_classroom_take_time (
    user_id      bigint,
    classroom_id varchar(255),
    user_type    varchar(255),
    spend_time   bigint,
    event_time   datetime(3),
    create_time  datetime(3)
);

create table if not exists user_av_record (
    start_time    datetime(3),
    end_time      datetime(3),
    user_id       bigint,
    web_server_id bigint,
    classroom_id  varchar(255),
    user_type     varchar(255),
    extra_uid     bigint,
    event         varchar(255),
    event_sum     bigint,
    event_avg     double,
    event_count   bigint,
    create_time   datetime(3)
);

create table if not exists staff_index (
    cc_id            bigint(20) not null,
    cc_index         bigint(10) not null,
    type             int(6) not null,
    attribution_time varchar(32) not null,
    update_time      datetime(3) not null,
    primary key (cc_id, type, attribution_time)
);

create table if not exists daily_uv_pv (
    view_date   varchar(32) primary key,
    pv          bigint,
    uv          bigint,
    update_time datetime(3)
);

-- Written by flink/daily_uv_pv.sql.
create table if not exists daily_uv_pv_steps (
    view_date varchar(32),
    up_to     datetime(3),
    pv        bigint,
    uv        bigint
);

create table if not exists top_teachers (
    lesson_date varchar(32),
    place       bigint,
    teacher_id  varchar(255),
    students    bigint,
    primary key (lesson_date, place)
);

create table if not exists teaching_review (
    teacher_id    varchar(255),
    lesson_date   varchar(32),
    lessons       bigint,
    minutes       bigint,
    ratings       bigint,
    score_avg     double,
    complaint_pct double,
    verdict       varchar(32),
    primary key (teacher_id, lesson_date)
);

use analytics;

create table if not exists error_record (
    student_id      varchar(255),
    homework_id     varchar(255),
    question_id     varchar(255),
    subject         varchar(255),
    knowledge_point varchar(255),
    error_type      varchar(255),
    created_at      varchar(64)
);

create table if not exists pipeline_stats (
    pipeline  varchar(255) primary key,
    processed bigint,
    errors    bigint,
    dropped   bigint
);
