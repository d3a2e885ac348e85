-- Level dictionary: the registration channels with their test levels, by row key for look-ups.
--
-- The row key is the MD5 of the id, which spreads the rows over the regions of HBase.
--
--   printf '%s\n' '{"id": "c1", "chinese_name": "网站", "english_name": "web", "level": "A"}' > DIR/blink_stg_activity__channel_name_dictionary_da.ndjson
--   weir run queries/level_dictionary.sql --profile local --data DIR --until-end

CREATE TABLE channel_change (
    messageKey   VARBINARY,
    `message`    VARBINARY,
    topic        VARCHAR,
    `partition`  INT,
    `offset`     BIGINT,
    id           AS JSON_VALUE(`message`, '$.id'),
    chinese_name AS JSON_VALUE(`message`, '$.chinese_name'),
    english_name AS JSON_VALUE(`message`, '$.english_name'),
    level        AS JSON_VALUE(`message`, '$.level'),
    pid          AS JSON_VALUE(`message`, '$.pid'),
    create_time  AS JSON_VALUE(`message`, '$.create_time'),
    update_time  AS JSON_VALUE(`message`, '$.update_time'),
    dept_id      AS JSON_VALUE(`message`, '$.dept_id')
) WITH (
    type = 'kafka010',
    topic = 'blink_stg_activity__channel_name_dictionary_da',
    `group.id` = 'blink_stg_activity__channel_name_dictionary_da',
    ...
);

CREATE TABLE channel_dictionary (
    rowkey       VARCHAR,
    id           VARCHAR,
    chinese_name VARCHAR,
    english_name VARCHAR,
    level        VARCHAR,
    pid          VARCHAR,
    create_time  VARCHAR,
    update_time  VARCHAR,
    dept_id      VARCHAR,
    PRIMARY KEY (rowkey)
) WITH (
    type = 'cloudhbase',
    tableName = 'channel_name_dictionary',
    ...
);

INSERT INTO channel_dictionary
SELECT MD5(id), id, chinese_name, english_name, level, pid, create_time, update_time, dept_id
FROM channel_change;
