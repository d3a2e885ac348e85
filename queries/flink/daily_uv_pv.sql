-- Daily UV and PV in Flink SQL: how far the day has come, every ten minutes.
--
-- A CUMULATE window of a day grows by ten minutes at a time.  So nothing is updated: each step is a row
-- of its own, and the last one of a day is the day.  Steps in which the day has no view yet have none.
--
-- Reads the messages of ../daily_uv_pv.sql, where there are some for a try.
--
--   weir run queries/flink/daily_uv_pv.sql --profile local --data DIR --until-end

SET 'table.local-time-zone' = 'Asia/Shanghai';

CREATE TABLE app_log (
    event STRING,
    user_id STRING,
    `time` BIGINT,
    viewed_at AS TO_TIMESTAMP_LTZ(`time`, 3),
    WATERMARK FOR viewed_at AS viewed_at - INTERVAL '1' MINUTE
) WITH (
    'connector' = 'kafka',
    'topic' = 'app_log_origin',
    'properties.bootstrap.servers' = 'localhost:9092',
    'properties.group.id' = 'daily_uv_pv',
    'scan.startup.mode' = 'group-offsets',
    'properties.auto.offset.reset' = 'earliest',
    'format' = 'json',
    'json.ignore-parse-errors' = 'true'
);

CREATE TABLE daily_uv_pv (
    view_date STRING,
    up_to TIMESTAMP(3),
    pv BIGINT,
    uv BIGINT
) WITH (
    'connector' = 'jdbc',
    'url' = 'jdbc:mysql://localhost:3306/education',
    'table-name' = 'daily_uv_pv_steps'
);

INSERT INTO daily_uv_pv
SELECT
    DATE_FORMAT(window_start, 'yyyy-MM-dd'), window_end,
    COUNT(*),
    COUNT(DISTINCT user_id)
FROM TABLE(
    CUMULATE(TABLE app_log, DESCRIPTOR(viewed_at), INTERVAL '10' MINUTE, INTERVAL '1' DAY))
WHERE event = 'view'
GROUP BY window_start, window_end;
