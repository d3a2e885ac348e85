-- ETL pipeline of handwriting analytics: raw events of pens, homework and exams become metrics, daily
-- statistics of each student, and a list of wrong answers.
--
-- An event is a JSON object with event_type, student_id and timestamp, and a payload by its type:
--
--   stroke_raw       stroke_count, page_id, subject                   strokes written
--   grade_result     score, homework_id, subject, errors: [{knowledge_point, question_id, error_type}]
--   homework_submit  time_cost_minutes, subject                       time of study
--   ocr_result       confidence                                       how legible the writing is
--   stroke_order     score                                            order of strokes, Chinese
--   writing_quality  quality_score, speed                             Chinese
--   exam_score       score, exam_id, subject
--   login_event      is checked and counted, and nothing comes of it
--
--   printf '%s\n' '{"event_type": "grade_result", "student_id": "s1", "timestamp": "2020-08-06T16:35:49Z", "payload": {"score": 80, "subject": "math", "errors": [{"knowledge_point": "fractions"}]}}' \
--       '{"event_type": "exam_score", "student_id": "s1", "timestamp": "2020-08-06T16:40:00Z", "payload": {"score": 90, "subject": "math"}}' > DIR/analytics_events.ndjson
--   weir run queries/etl_pipeline.sql --profile local --data DIR --until-end --set weir.clock=2020-08-06T17:00:00Z
--
-- Where the rules come from a program that keeps everything in variables, SQL asks for a decision:
--
-- * Running averages are averages.  Those of writing quality are not: each value weighs one by the
--   number of stroke orders *so far*, so their order matters; see `weighed` below.
-- * The program writes what it has now and then and begins at nothing again.  Here a day's row is
--   always the whole day, replaced by key: what the program writes if it writes once at the end.
-- * The program would stop at a payload that is no object and at numbers that are none: here the
--   payload counts as empty, and the number as missing.  A null is a missing member everywhere.
-- * A student whose id is an object or array has no id.  One whose id is true stays `true`.
-- * Of ISO 8601 the extended form is taken, with any one character between date and time, and with an
--   offset as +08:00, +0800, +08 or Z.  Fractions of a second count to the millisecond.
-- * NaN and Infinity are no JSON here.

CREATE TABLE raw_event (
    message STRING,
    arrived AS PROCTIME()
) WITH (
    'connector' = 'kafka',
    'topic' = 'analytics_events',
    'properties.bootstrap.servers' = 'localhost:9092',
    'properties.group.id' = 'analytics-etl',
    'scan.startup.mode' = 'group-offsets',
    'properties.auto.offset.reset' = 'latest',
    'format' = 'raw'
);

CREATE TABLE analytics_metrics (
    metric_id STRING,
    student_id STRING,
    class_id STRING,
    school_id STRING,
    subject STRING,
    metric_type STRING,
    metric_value DOUBLE,
    dimension STRING,
    `period` STRING,
    period_start STRING,
    period_end STRING,
    created_at STRING
) WITH (
    'connector' = 'clickhouse',
    'url' = 'clickhouse://localhost:8123',
    'database-name' = 'analytics',
    'table-name' = 'analytics_metrics'
);

CREATE TABLE student_daily_stats (
    student_id STRING,
    `date` STRING,
    subject STRING,
    homework_count BIGINT,
    homework_completed BIGINT,
    homework_avg_score DOUBLE,
    practice_count BIGINT,
    practice_total_chars BIGINT,
    practice_avg_score DOUBLE,
    writing_quality_avg DOUBLE,
    stroke_order_accuracy DOUBLE,
    writing_speed_avg DOUBLE,
    error_count BIGINT,
    error_knowledge_points ARRAY<STRING>,
    study_duration_minutes BIGINT,
    PRIMARY KEY (student_id, `date`, subject) NOT ENFORCED
) WITH (
    'connector' = 'clickhouse',
    'url' = 'clickhouse://localhost:8123',
    'database-name' = 'analytics',
    'table-name' = 'student_daily_stats'
);

CREATE TABLE error_record (
    student_id STRING,
    homework_id STRING,
    question_id STRING,
    subject STRING,
    knowledge_point STRING,
    error_type STRING,
    created_at STRING
) WITH (
    'connector' = 'jdbc',
    'url' = 'jdbc:mysql://localhost:3306/analytics',
    'table-name' = 'error_record'
);

CREATE TABLE pipeline_stats (
    pipeline STRING,
    processed BIGINT,
    errors BIGINT,
    dropped BIGINT,
    PRIMARY KEY (pipeline) NOT ENFORCED
) WITH (
    'connector' = 'jdbc',
    'url' = 'jdbc:mysql://localhost:3306/analytics',
    'table-name' = 'pipeline_stats'
);

-- ---- Cleaning ----

-- The members that every event must have.  In an array it shows whether a value is text: 0 is no id,
-- and "0" is one.  As the member of an object the message is JSON only if nothing follows its value.
CREATE TEMPORARY VIEW read_event AS
SELECT
    message, arrived,
    message IS JSON OBJECT AND ('[{"":' || message || '}]') IS JSON AS is_object,
    (message IS JSON ARRAY OR message IS JSON SCALAR AND REGEXP(message, '^\s*"'))
        AND ('[{"":' || message || '}]') IS JSON AS is_other,
    JSON_VALUE(message, '$.event_type') AS event_type,
    JSON_VALUE(message, '$.student_id') AS student_id,
    COALESCE(JSON_QUERY(message, '$.student_id' WITH UNCONDITIONAL ARRAY WRAPPER), '[""]')
        NOT IN ('[""]', '[0]', '[0.0]', '[-0.0]', '[false]') AS has_student,
    JSON_VALUE(message, '$.timestamp') AS created_at,
    REPLACE(JSON_VALUE(message, '$.timestamp'), 'Z', '+00:00') AS iso
FROM raw_event;

-- The time apart: 2020-08-06 [T] 16 : 35 : 49 . 123 +08:00, of which only the date has to be there.
CREATE TEMPORARY VIEW timed_event AS
SELECT
    *,
    REGEXP_EXTRACT(iso, '^([0-9]{4}-[0-9]{2}-[0-9]{2})(?:.[0-9]{2}(?::[0-9]{2}(?::[0-9]{2}(?:[.,][0-9]+)?)?)?(?:[+-](?:[01][0-9]|2[0-3])(?::?[0-5][0-9])?)?)?\z', 1)
        || ' ' || COALESCE(REGEXP_EXTRACT(iso, '^.{11}([0-9]{2})', 1), '00')
        || ':' || COALESCE(REGEXP_EXTRACT(iso, '^.{13}:([0-9]{2})', 1), '00')
        || ':' || COALESCE(REGEXP_EXTRACT(iso, '^.{16}:([0-9]{2})', 1), '00') AS wall,
    RPAD(COALESCE(REGEXP_EXTRACT(iso, '^.{19}[.,]([0-9]{1,3})', 1), ''), 3, '0') AS millis,
    REGEXP_EXTRACT(iso, '^.{13,}([+-])[0-9]{2}:?(?:[0-9]{2})?\z', 1) AS sign,
    REGEXP_EXTRACT(iso, '^.{13,}[+-]([0-9]{2}):?(?:[0-9]{2})?\z', 1) AS offset_hours,
    COALESCE(REGEXP_EXTRACT(iso, '^.{13,}[+-][0-9]{2}:?([0-9]{2})\z', 1), '00') AS offset_minutes
FROM read_event;

-- A time that changes when it is read and written is none: 30 February, 24 o'clock.  Without an
-- offset it is in the session time zone.
CREATE TEMPORARY VIEW checked_event AS
SELECT
    *,
    is_object AND has_student AND student_id IS NOT NULL
        AND event_type IN ('stroke_raw', 'grade_result', 'homework_submit', 'ocr_result',
            'stroke_order', 'writing_quality', 'exam_score', 'login_event')
        AND DATE_FORMAT(TO_TIMESTAMP(wall), 'yyyy-MM-dd HH:mm:ss') = wall AS is_event,
    CASE
        WHEN sign IS NULL THEN CAST(TO_TIMESTAMP(wall || '.' || millis) AS TIMESTAMP_LTZ(3))
        ELSE TIMESTAMPADD(MINUTE,
            -(TRY_CAST(sign || offset_hours AS INT) * 60 + TRY_CAST(sign || offset_minutes AS INT)),
            TO_TIMESTAMP_LTZ(wall || '.' || millis, 'yyyy-MM-dd HH:mm:ss.SSS', 'UTC'))
    END AS happened
FROM timed_event;

CREATE TEMPORARY VIEW judged_event AS
SELECT
    *,
    CASE
        WHEN is_event AND happened >= CURRENT_TIMESTAMP - INTERVAL '7' DAY THEN 'good'
        WHEN is_event THEN 'old'
        WHEN is_object OR is_other THEN 'dropped'
        ELSE 'error'
    END AS verdict,
    MD5(student_id || '_' || created_at || '_' || LEFT(message, 50)) AS event_id
FROM checked_event;

-- The first of those with one id.
CREATE TEMPORARY VIEW event AS
SELECT
    event_id, event_type, student_id, arrived, created_at,
    LEFT(created_at, 10) AS stat_date,
    COALESCE(JSON_VALUE(message, '$.class_id'), '') AS class_id,
    COALESCE(JSON_VALUE(message, '$.school_id'), '') AS school_id,
    CASE
        WHEN event_type IN ('ocr_result', 'stroke_order', 'writing_quality') THEN 'chinese'
        ELSE COALESCE(JSON_VALUE(message, '$.payload.subject'), 'unknown')
    END AS subject,
    JSON_QUERY(message, '$.payload') AS payload,
    COALESCE(TRY_CAST(
        CASE event_type
            WHEN 'stroke_raw' THEN JSON_VALUE(message, '$.payload.stroke_count')
            WHEN 'homework_submit' THEN JSON_VALUE(message, '$.payload.time_cost_minutes')
            WHEN 'ocr_result' THEN JSON_VALUE(message, '$.payload.confidence')
            WHEN 'writing_quality' THEN JSON_VALUE(message, '$.payload.quality_score')
            ELSE JSON_VALUE(message, '$.payload.score')
        END AS DOUBLE), 0) AS amount
FROM (
    SELECT *, ROW_NUMBER() OVER (PARTITION BY event_id ORDER BY arrived) AS nth
    FROM judged_event
    WHERE verdict = 'good'
)
WHERE nth = 1;

-- ---- Wrong answers ----

CREATE TEMPORARY VIEW wrong_answer AS
SELECT
    e.student_id, e.stat_date, e.subject, e.created_at,
    COALESCE(JSON_VALUE(e.payload, '$.homework_id'), '') AS homework_id,
    COALESCE(JSON_VALUE(a.answer, '$.question_id'), '') AS question_id,
    COALESCE(JSON_VALUE(a.answer, '$.error_type'), '') AS error_type,
    JSON_VALUE(a.answer, '$.knowledge_point') AS knowledge_point
FROM event AS e
CROSS JOIN UNNEST(JSON_QUERY(e.payload, '$.errors' RETURNING ARRAY<STRING>)) AS a(answer)
WHERE e.event_type = 'grade_result' AND JSON_VALUE(a.answer, '$.knowledge_point') <> '';

-- ---- Writing quality ----

-- The program updates both averages as  avg = avg * (n - 1) / n + value / n,  where n is the number of
-- stroke orders that the student's day has had by then, at least 1.  So while n is 1 the last value is the
-- average, and from then on every value shrinks all those before it by (n - 1) / n.
CREATE TEMPORARY VIEW practice AS
SELECT
    event_type, student_id, stat_date, subject, arrived, amount,
    COALESCE(TRY_CAST(JSON_VALUE(payload, '$.speed') AS DOUBLE), 0) AS speed,
    CAST(GREATEST(SUM(CASE WHEN event_type = 'stroke_order' THEN 1 ELSE 0 END) OVER (
        PARTITION BY student_id, stat_date ORDER BY arrived
        ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW), 1) AS DOUBLE) AS n
FROM event
WHERE event_type IN ('stroke_order', 'writing_quality');

-- `shrunk` is the logarithm of all factors so far: what was added then is worth EXP(shrunk_now -
-- shrunk_then) now.  That holds until it falls below -700, some thousands of values in one day.
CREATE TEMPORARY VIEW weighed AS
SELECT
    student_id, stat_date, subject, amount, speed, n,
    SUM(CASE WHEN n > 1 THEN LN((n - 1) / n) ELSE 0 END) OVER (
        PARTITION BY student_id, stat_date ORDER BY arrived
        ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS shrunk
FROM practice
WHERE event_type = 'writing_quality';

-- ---- What adds to a student's day ----

CREATE TEMPORARY VIEW contribution AS
SELECT
    event_type AS kind, student_id, stat_date, subject, amount,
    CAST(NULL AS DOUBLE) AS speed, CAST(NULL AS DOUBLE) AS n, CAST(NULL AS DOUBLE) AS shrunk,
    CAST(NULL AS STRING) AS knowledge_point
FROM event
WHERE event_type IN ('stroke_raw', 'grade_result', 'homework_submit', 'stroke_order')
UNION ALL
SELECT
    'writing_quality', student_id, stat_date, subject, amount, speed, n, shrunk,
    CAST(NULL AS STRING)
FROM weighed
UNION ALL
SELECT
    'wrong_answer', student_id, stat_date, subject, CAST(NULL AS DOUBLE),
    CAST(NULL AS DOUBLE), CAST(NULL AS DOUBLE), CAST(NULL AS DOUBLE), knowledge_point
FROM wrong_answer;

CREATE TEMPORARY VIEW student_day AS
SELECT
    student_id, stat_date, subject,
    COUNT(*) FILTER (WHERE kind = 'grade_result') AS grades,
    AVG(amount) FILTER (WHERE kind = 'grade_result') AS grade_avg,
    COUNT(*) FILTER (WHERE kind = 'stroke_order') AS stroke_orders,
    AVG(amount) FILTER (WHERE kind = 'stroke_order') AS stroke_order_avg,
    SUM(amount) FILTER (WHERE kind = 'stroke_raw') AS strokes,
    SUM(amount) FILTER (WHERE kind = 'homework_submit') AS minutes,
    COUNT(*) FILTER (WHERE kind = 'wrong_answer') AS wrong_answers,
    ARRAY_AGG(DISTINCT knowledge_point) FILTER (WHERE kind = 'wrong_answer') AS knowledge_points,
    LAST_VALUE(amount) FILTER (WHERE n = 1) AS quality_start,
    SUM(amount / n * EXP(-shrunk)) FILTER (WHERE n > 1) AS quality_sum,
    LAST_VALUE(speed) FILTER (WHERE n = 1) AS speed_start,
    SUM(speed / n * EXP(-shrunk)) FILTER (WHERE n > 1) AS speed_sum,
    MIN(shrunk) AS shrunk_now
FROM contribution
GROUP BY student_id, stat_date, subject;

EXECUTE STATEMENT SET
BEGIN

INSERT INTO analytics_metrics
SELECT
    event_id, student_id, class_id, school_id, subject, 'stroke_count', amount,
    COALESCE(JSON_VALUE(payload, '$.page_id'), ''), 'daily', stat_date, '', created_at
FROM event
WHERE event_type = 'stroke_raw';

INSERT INTO analytics_metrics
SELECT
    event_id, student_id, class_id, school_id, subject, 'ocr_confidence', amount,
    '', 'daily', '', '', created_at
FROM event
WHERE event_type = 'ocr_result';

INSERT INTO analytics_metrics
SELECT
    event_id, student_id, class_id, school_id, subject, 'exam_score', amount,
    COALESCE(JSON_VALUE(payload, '$.exam_id'), ''), 'daily', '', '', created_at
FROM event
WHERE event_type = 'exam_score';

INSERT INTO student_daily_stats
SELECT
    student_id, stat_date, subject,
    grades, grades, COALESCE(grade_avg, 0),
    stroke_orders, CAST(COALESCE(strokes, 0) AS BIGINT),
    CAST(0 AS DOUBLE), -- the average of practice: the program declares it and never computes it
    (COALESCE(quality_start, 0) + COALESCE(quality_sum, 0)) * EXP(COALESCE(shrunk_now, 0)),
    COALESCE(stroke_order_avg, 0),
    (COALESCE(speed_start, 0) + COALESCE(speed_sum, 0)) * EXP(COALESCE(shrunk_now, 0)),
    wrong_answers, COALESCE(knowledge_points, JSON_QUERY('[]', '$' RETURNING ARRAY<STRING>)),
    CAST(COALESCE(minutes, 0) AS BIGINT)
FROM student_day;

INSERT INTO error_record
SELECT
    student_id, homework_id, question_id, subject, knowledge_point, error_type, created_at
FROM wrong_answer;

-- An event that is too old was processed, and is dropped then: it counts twice.
INSERT INTO pipeline_stats
SELECT
    'analytics-etl',
    COUNT(*) FILTER (WHERE verdict IN ('good', 'old')),
    COUNT(*) FILTER (WHERE verdict = 'error'),
    COUNT(*) FILTER (WHERE verdict IN ('dropped', 'old'))
FROM judged_event;

END;
