-- Hourly registrations in Flink SQL.  Here every hour of a level has a document of its own: the key of
-- the index is the key of the query, hour and level, and nothing has to be kept to restore documents.
--
-- Reads the messages of ../hourly_registrations.sql, where there are some for a try.
--
--   weir run queries/flink/hourly_registrations.sql --profile local --data DIR --until-end

CREATE TABLE student_change (
    id STRING,
    channel_id STRING
) WITH (
    'connector' = 'kafka',
    'topic' = 'uc_account-student',
    'properties.bootstrap.servers' = 'localhost:9092',
    'properties.group.id' = 'hourly_registrations',
    'scan.startup.mode' = 'group-offsets',
    'properties.auto.offset.reset' = 'earliest',
    'format' = 'json',
    'json.ignore-parse-errors' = 'true'
);

CREATE TABLE user_change (
    id STRING,
    name STRING,
    register_date_time STRING,
    status STRING
) WITH (
    'connector' = 'kafka',
    'topic' = 'uc_account-user',
    'properties.bootstrap.servers' = 'localhost:9092',
    'properties.group.id' = 'hourly_registrations',
    'scan.startup.mode' = 'group-offsets',
    'properties.auto.offset.reset' = 'earliest',
    'format' = 'json',
    'json.ignore-parse-errors' = 'true'
);

CREATE TABLE channel (
    rowkey STRING,
    cf ROW<id STRING, level STRING>,
    PRIMARY KEY (rowkey) NOT ENFORCED
) WITH (
    'connector' = 'hbase-2.2',
    'table-name' = 'databus:activity.channel',
    'zookeeper.quorum' = 'localhost:2181',
    'lookup.cache' = 'PARTIAL',
    'lookup.partial-cache.max-rows' = '10000',
    'lookup.partial-cache.expire-after-write' = '10min'
);

CREATE TABLE registrations (
    reg_date BIGINT,
    level STRING,
    leads BIGINT,
    PRIMARY KEY (reg_date, level) NOT ENFORCED
) WITH (
    'connector' = 'elasticsearch-7',
    'hosts' = 'http://localhost:9200',
    'index' = 'registrations'
);

CREATE TEMPORARY VIEW student AS
SELECT id, LAST_VALUE(channel_id) AS channel_id
FROM student_change
GROUP BY id;

CREATE TEMPORARY VIEW registered_user AS
SELECT
    id,
    LAST_VALUE(name) AS name,
    LAST_VALUE(register_date_time) AS registered_at,
    LAST_VALUE(status) AS status
FROM user_change
GROUP BY id;

CREATE TEMPORARY VIEW student_user AS
SELECT s.id, s.channel_id, u.registered_at, PROCTIME() AS now_time
FROM student AS s
LEFT JOIN registered_user AS u ON u.id = s.id
WHERE u.name NOT LIKE '%测试%'
    AND u.name NOT LIKE 'DM!_%' ESCAPE '!'
    AND u.name NOT LIKE '%test%'
    AND u.status = 'NORMAL';

CREATE TEMPORARY VIEW registration AS
SELECT
    su.id,
    CAST(DATE_FORMAT(su.registered_at, 'yyyyMMddHH') AS BIGINT) AS reg_date,
    CASE WHEN c.cf.level IN ('A', 'B', 'C', 'D') THEN c.cf.level ELSE 'other' END AS level
FROM student_user AS su
LEFT JOIN channel FOR SYSTEM_TIME AS OF su.now_time AS c ON c.rowkey = MD5(su.channel_id);

INSERT INTO registrations
SELECT reg_date, level, COUNT(DISTINCT id)
FROM registration
WHERE reg_date IS NOT NULL
GROUP BY reg_date, level;
