-- Daily consultants: how often each course consultant settled a lesson with a student, by day.
--
-- The topic holds change messages of orders; the newest known value of every field of an id counts.
-- An order counts for the day and the consultant of its confirmation as long as its status is 3; a
-- cancelled one is taken back, and a consultant's day without orders has no row.
--
--   printf '%s\n' '{"id": "o1", "cc_id": "7", "confirm_date_time": "2020-08-06 16:35:49", "status": "3"}' > DIR/data_pack_order_info.ndjson
--   weir run queries/daily_consultant.sql --profile local --data DIR --until-end

CREATE TABLE order_change (
    messageKey   VARBINARY,
    `message`    VARBINARY,
    topic        VARCHAR,
    `partition`  INT,
    `offset`     BIGINT,
    id           AS JSON_VALUE(`message`, '$.id'),
    cc_id        AS JSON_VALUE(`message`, '$.cc_id'),
    confirmed_at AS JSON_VALUE(`message`, '$.confirm_date_time'),
    status       AS JSON_VALUE(`message`, '$.status')
) WITH (
    type = 'kafka010',
    topic = 'data_pack_order_info',
    `group.id` = 'data_pack_order_info',
    ...
);

CREATE TABLE staff_index (
    cc_id            BIGINT NOT NULL,
    cc_index         BIGINT NOT NULL,
    type             INT NOT NULL,
    attribution_time VARCHAR NOT NULL,
    update_time      TIMESTAMP NOT NULL,
    PRIMARY KEY (cc_id, type, attribution_time)
) WITH (
    type = 'rds',
    tableName = 'staff_index',
    ...
);

CREATE VIEW lesson_order AS
SELECT
    LAST_VALUE(cc_id) AS cc_id,
    LAST_VALUE(confirmed_at) AS confirmed_at,
    LAST_VALUE(status) AS status
FROM order_change
GROUP BY id;

-- The ids are texts and the key is a number: '7' and '07' are two groups and one row.
INSERT INTO staff_index
SELECT
    CAST(cc_id AS BIGINT),
    COUNT(*),
    CAST(1 AS INT), -- the kind of index: confirmed orders
    DATE_FORMAT(confirmed_at, 'yyyy-MM-dd'),
    CURRENT_TIMESTAMP
FROM lesson_order
WHERE confirmed_at IS NOT NULL AND status = 3
GROUP BY DATE_FORMAT(confirmed_at, 'yyyy-MM-dd'), cc_id;
