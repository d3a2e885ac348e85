-- Top teachers in Flink SQL: the ten with most students, when the day is over.
--
-- Reads finished lessons.  A day is a window; its ranking is written once, when the watermark has
-- passed its end, and nothing is updated.
--
--   printf '%s\n' '{"teacher_id": "t1", "student_id": "s1", "end_time": 1596731749000}' > DIR/lesson_attendance.ndjson
--   weir run queries/flink/top_teachers.sql --profile local --data DIR --until-end

SET 'table.local-time-zone' = 'Asia/Shanghai';

CREATE TABLE lesson_attendance (
    teacher_id STRING,
    student_id STRING,
    end_time BIGINT,
    ended AS TO_TIMESTAMP_LTZ(end_time, 3),
    WATERMARK FOR ended AS ended - INTERVAL '5' MINUTE
) WITH (
    'connector' = 'kafka',
    'topic' = 'lesson_attendance',
    'properties.bootstrap.servers' = 'localhost:9092',
    'properties.group.id' = 'top_teachers',
    'scan.startup.mode' = 'group-offsets',
    'properties.auto.offset.reset' = 'earliest',
    'format' = 'json',
    'json.ignore-parse-errors' = 'true'
);

CREATE TABLE top_teachers (
    lesson_date STRING,
    place BIGINT,
    teacher_id STRING,
    students BIGINT
) WITH (
    'connector' = 'jdbc',
    'url' = 'jdbc:mysql://localhost:3306/education',
    'table-name' = 'top_teachers'
);

CREATE TEMPORARY VIEW teacher_day AS
SELECT window_start, window_end, teacher_id, COUNT(DISTINCT student_id) AS students
FROM TABLE(TUMBLE(TABLE lesson_attendance, DESCRIPTOR(ended), INTERVAL '1' DAY))
WHERE teacher_id IS NOT NULL
GROUP BY window_start, window_end, teacher_id;

INSERT INTO top_teachers
SELECT DATE_FORMAT(window_start, 'yyyy-MM-dd'), place, teacher_id, students
FROM (
    SELECT
        *,
        ROW_NUMBER() OVER (
            PARTITION BY window_start, window_end ORDER BY students DESC, teacher_id) AS place
    FROM teacher_day
)
WHERE place <= 10;
