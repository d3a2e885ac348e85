-- Daily consultants in Flink SQL.  The consultant is grouped as the number that the key holds, so two
-- spellings of one id are one consultant, and texts that are no number are left out.
--
-- Reads the messages of ../daily_consultant.sql, where there are some for a try.
--
--   weir run queries/flink/daily_consultant.sql --profile local --data DIR --until-end

SET 'table.local-time-zone' = 'Asia/Shanghai';

CREATE TABLE order_change (
    id STRING,
    cc_id STRING,
    confirm_date_time STRING,
    status STRING
) WITH (
    'connector' = 'kafka',
    'topic' = 'data_pack_order_info',
    'properties.bootstrap.servers' = 'localhost:9092',
    'properties.group.id' = 'data_pack_order_info',
    'scan.startup.mode' = 'group-offsets',
    'properties.auto.offset.reset' = 'earliest',
    'format' = 'json',
    'json.ignore-parse-errors' = 'true'
);

CREATE TABLE staff_index (
    cc_id BIGINT NOT NULL,
    cc_index BIGINT NOT NULL,
    type INT NOT NULL,
    attribution_time STRING NOT NULL,
    update_time TIMESTAMP(3) NOT NULL,
    PRIMARY KEY (cc_id, type, attribution_time) NOT ENFORCED
) WITH (
    'connector' = 'jdbc',
    'url' = 'jdbc:mysql://localhost:3306/education',
    'table-name' = 'staff_index'
);

CREATE TEMPORARY VIEW lesson_order AS
SELECT
    TRY_CAST(LAST_VALUE(cc_id) AS BIGINT) AS cc_id,
    DATE_FORMAT(LAST_VALUE(confirm_date_time), 'yyyy-MM-dd') AS confirm_date,
    TRY_CAST(LAST_VALUE(status) AS BIGINT) AS status
FROM order_change
GROUP BY id;

INSERT INTO staff_index
SELECT
    cc_id,
    COUNT(*),
    1, -- the kind of index: confirmed orders
    confirm_date,
    CAST(CURRENT_TIMESTAMP AS TIMESTAMP(3))
FROM lesson_order
WHERE cc_id IS NOT NULL AND confirm_date IS NOT NULL AND status = 3
GROUP BY cc_id, confirm_date;
