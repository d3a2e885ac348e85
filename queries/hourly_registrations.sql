-- Hourly registrations: how many students of each test level registered in each hour.
--
-- Two topics hold change messages of students and of users.  The newest known value of every field
-- of an id counts, so a message may leave fields out.  The channel of a student leads, by the MD5 of
-- its id, to the level of the channel in HBase.  Users whose names show that they are no real ones
-- are left out, and so are those who are not (or no longer) NORMAL.
--
-- The document's id is the level alone.  So the hours of one level share a document: it shows the
-- hour that changed last, and if that hour loses its last student, the one before it again.
--
--   printf '%s\n' '{"id": "s1", "channel_id": "c1"}' > DIR/uc_account-student.ndjson
--   printf '%s\n' '{"id": "s1", "name": "Li Lei", "register_date_time": "2020-08-06 16:35:49", "status": "NORMAL"}' > DIR/uc_account-user.ndjson
--   weir run queries/hourly_registrations.sql --profile local --data DIR --until-end

CREATE TABLE student_change (
    messageKey  VARBINARY,
    `message`   VARBINARY,
    topic       VARCHAR,
    `partition` INT,
    `offset`    BIGINT,
    id          AS JSON_VALUE(`message`, '$.id'),
    channel_id  AS JSON_VALUE(`message`, '$.channel_id')
) WITH (
    type = 'kafka010',
    topic = 'uc_account-student',
    ...
);

CREATE TABLE user_change (
    messageKey    VARBINARY,
    `message`     VARBINARY,
    topic         VARCHAR,
    `partition`   INT,
    `offset`      BIGINT,
    id            AS JSON_VALUE(`message`, '$.id'),
    name          AS JSON_VALUE(`message`, '$.name'),
    registered_at AS JSON_VALUE(`message`, '$.register_date_time'),
    status        AS JSON_VALUE(`message`, '$.status')
) WITH (
    type = 'kafka010',
    topic = 'uc_account-user',
    `group.id` = 'uc_account-user',
    ...
);

CREATE TABLE channel (
    rowkey VARCHAR,
    id     VARCHAR,
    level  VARCHAR,
    PRIMARY KEY (rowkey),
    PERIOD FOR SYSTEM_TIME
) WITH (
    type = 'cloudhbase',
    tableName = 'databus:activity.channel',
    ...
);

CREATE TABLE registrations (
    uk       VARCHAR,
    reg_date BIGINT,
    level    VARCHAR,
    leads    BIGINT,
    PRIMARY KEY (uk)
) WITH (
    type = 'elasticsearch',
    index = 'vk_app_es_sign_csh',
    typeName = 'vk_app_es_sign_csh',
    ...
);

CREATE VIEW student AS
SELECT LAST_VALUE(id) AS id, LAST_VALUE(channel_id) AS channel_id
FROM student_change
GROUP BY id;

CREATE VIEW registered_user AS
SELECT
    LAST_VALUE(id) AS id,
    LAST_VALUE(name) AS name,
    LAST_VALUE(registered_at) AS registered_at,
    LAST_VALUE(status) AS status
FROM user_change
GROUP BY id;

CREATE VIEW registration AS
SELECT
    s.id,
    DATE_FORMAT(u.registered_at, 'yyyyMMddHH') AS reg_hour,
    CASE WHEN c.level IN ('A', 'B', 'C', 'D') THEN c.level ELSE 'other' END AS level
FROM student AS s
LEFT JOIN registered_user AS u ON u.id = s.id
LEFT JOIN channel FOR SYSTEM_TIME AS OF PROCTIME() AS c ON c.rowkey = MD5(s.channel_id)
WHERE u.name NOT LIKE '%测试%'
    AND u.name NOT LIKE 'DM\_%'
    AND u.name NOT LIKE '%test%'
    AND u.status = 'NORMAL';

INSERT INTO registrations
SELECT level, CAST(reg_hour AS BIGINT), level, COUNT(DISTINCT id)
FROM registration
GROUP BY reg_hour, level;
