-- Lesson time in Flink SQL: a join of the player's log with the ends of lessons in it.
--
-- Reads the messages of ../lesson_time.sql, where there are some for a try.
--
--   weir run queries/flink/lesson_time.sql --profile local --data DIR --until-end

SET 'table.local-time-zone' = 'Asia/Shanghai';

CREATE TABLE player_log (
    classroom_id STRING,
    user_type STRING,
    user_id BIGINT,
    event_time BIGINT,
    sub_event STRING,
    extra ROW<data_time BIGINT>
) WITH (
    'connector' = 'kafka',
    'topic' = 'qos_log',
    'properties.bootstrap.servers' = 'localhost:9092',
    'properties.group.id' = 'lesson_time',
    'scan.startup.mode' = 'group-offsets',
    'properties.auto.offset.reset' = 'earliest',
    'format' = 'json',
    'json.ignore-parse-errors' = 'true'
);

CREATE TABLE lesson_time (
    user_id BIGINT,
    classroom_id STRING,
    user_type STRING,
    spend_time BIGINT,
    event_time TIMESTAMP(3),
    create_time TIMESTAMP(3)
) WITH (
    'connector' = 'jdbc',
    'url' = 'jdbc:mysql://localhost:3306/education',
    'table-name' = 'user_enter_classroom_take_time'
);

CREATE TEMPORARY VIEW lesson_end AS
SELECT user_id, classroom_id, extra.data_time AS data_time
FROM player_log
WHERE sub_event = 'PPT_SUCCESS';

INSERT INTO lesson_time
SELECT
    step.user_id, step.classroom_id, step.user_type,
    lesson_end.data_time - step.extra.data_time,
    CAST(TO_TIMESTAMP_LTZ(step.event_time, 3) AS TIMESTAMP(3)),
    CAST(CURRENT_TIMESTAMP AS TIMESTAMP(3))
FROM player_log AS step
JOIN lesson_end
    ON step.user_id = lesson_end.user_id
    AND step.classroom_id = lesson_end.classroom_id
    AND step.extra.data_time < lesson_end.data_time;
