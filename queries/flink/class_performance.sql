-- Class performance in Flink SQL: the event time is an instant with a watermark, and the minute a
-- window of the table function TUMBLE.
--
-- Reads the messages of ../class_performance.sql, where there are some for a try.
--
--   weir run queries/flink/class_performance.sql --profile local --data DIR --until-end

SET 'table.local-time-zone' = 'Asia/Shanghai';

CREATE TABLE student_operation (
    userId BIGINT,
    roomId BIGINT,
    role TINYINT,
    event STRING,
    `timeStamp` BIGINT,
    happened AS TO_TIMESTAMP_LTZ(`timeStamp`, 3),
    WATERMARK FOR happened AS happened
) WITH (
    'connector' = 'kafka',
    'topic' = 'timeline_analysis_student',
    'properties.bootstrap.servers' = 'localhost:9092',
    'properties.group.id' = 'timeline-analysis-student-mashup-consumer',
    'scan.startup.mode' = 'group-offsets',
    'properties.auto.offset.reset' = 'earliest',
    'format' = 'json',
    'json.ignore-parse-errors' = 'true'
);

CREATE TABLE class_performance (
    start_time TIMESTAMP(3),
    end_time TIMESTAMP(3),
    webserver_id BIGINT,
    user_id BIGINT,
    role TINYINT,
    event STRING,
    event_count BIGINT,
    create_time TIMESTAMP(3)
) WITH (
    'connector' = 'jdbc',
    'url' = 'jdbc:mysql://localhost:3306/education',
    'table-name' = 'timeline_signal_analysis'
);

INSERT INTO class_performance
SELECT
    window_start, window_end, roomId, userId, role, event,
    COUNT(event),
    CAST(CURRENT_TIMESTAMP AS TIMESTAMP(3))
FROM TABLE(TUMBLE(TABLE student_operation, DESCRIPTOR(happened), INTERVAL '1' MINUTE))
GROUP BY window_start, window_end, roomId, userId, role, event;
