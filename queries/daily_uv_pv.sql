-- Daily UV and PV: visitors and page views of the app, by day.
--
-- The client's log goes to app_log_origin as it is.  A view is a message whose event is "view"; its
-- day is that of its time in the job's time zone, and a visitor counts once a day.  Messages without
-- a time belong to no day and are left out; those without a user count as views by nobody.
--
--   printf '%s\n' '{"event": "view", "user_id": "u1", "page": "home", "time": 1596731749000}' > DIR/app_log_origin.ndjson
--   weir run queries/daily_uv_pv.sql --profile local --data DIR --until-end

CREATE TABLE app_log (
    messageKey  VARBINARY,
    `message`   VARBINARY,
    topic       VARCHAR,
    `partition` INT,
    `offset`    BIGINT,
    event       AS JSON_VALUE(`message`, '$.event'),
    user_id     AS JSON_VALUE(`message`, '$.user_id'),
    viewed_at   AS TO_TIMESTAMP(CAST(JSON_VALUE(`message`, '$.time') AS BIGINT))
) WITH (
    type = 'kafka011',
    topic = 'app_log_origin',
    `group.id` = 'daily_uv_pv',
    ...
);

CREATE TABLE daily_uv_pv (
    view_date   VARCHAR,
    pv          BIGINT,
    uv          BIGINT,
    update_time TIMESTAMP,
    PRIMARY KEY (view_date)
) WITH (
    type = 'rds',
    tableName = 'daily_uv_pv',
    ...
);

INSERT INTO daily_uv_pv
SELECT
    DATE_FORMAT(viewed_at, 'yyyy-MM-dd'),
    COUNT(*),
    COUNT(DISTINCT user_id),
    CURRENT_TIMESTAMP
FROM app_log
WHERE event = 'view' AND viewed_at IS NOT NULL
GROUP BY DATE_FORMAT(viewed_at, 'yyyy-MM-dd');
