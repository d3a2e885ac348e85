-- The level dictionary in Flink SQL: HBase columns are fields of a row per column family.
--
-- Reads the messages of ../level_dictionary.sql, where there are some for a try.
--
--   weir run queries/flink/level_dictionary.sql --profile local --data DIR --until-end

-- A later message of a channel replaces the one before, which Flink wants to be told since 2.3.
SET 'table.exec.sink.require-on-conflict' = 'false';

CREATE TABLE channel_change (
    id STRING,
    chinese_name STRING,
    english_name STRING,
    level STRING,
    pid STRING,
    create_time STRING,
    update_time STRING,
    dept_id STRING
) WITH (
    'connector' = 'kafka',
    'topic' = 'blink_stg_activity__channel_name_dictionary_da',
    'properties.bootstrap.servers' = 'localhost:9092',
    'properties.group.id' = 'blink_stg_activity__channel_name_dictionary_da',
    'scan.startup.mode' = 'group-offsets',
    'properties.auto.offset.reset' = 'earliest',
    'format' = 'json',
    'json.ignore-parse-errors' = 'true'
);

CREATE TABLE channel_dictionary (
    rowkey STRING,
    cf ROW<
        id STRING, chinese_name STRING, english_name STRING, level STRING, pid STRING,
        create_time STRING, update_time STRING, dept_id STRING>,
    PRIMARY KEY (rowkey) NOT ENFORCED
) WITH (
    'connector' = 'hbase-2.2',
    'table-name' = 'channel_name_dictionary',
    'zookeeper.quorum' = 'localhost:2181',
    'sink.ignore-null-value' = 'true'
);

INSERT INTO channel_dictionary
SELECT
    MD5(id),
    ROW(id, chinese_name, english_name, level, pid, create_time, update_time, dept_id)
FROM channel_change
WHERE id IS NOT NULL;
