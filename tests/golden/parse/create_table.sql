-- Every kind of column and clause.
CREATE TABLE orders (
    order_id BIGINT,
    `user` STRING NOT NULL COMMENT 'who''s buying',
    price DECIMAL(32, 2),
    ts TIMESTAMP(3) METADATA FROM 'timestamp' VIRTUAL,
    kafka_offset BIGINT METADATA FROM 'offset',
    headers MAP<STRING NOT NULL, BYTES> METADATA,
    cost AS price * quantity COMMENT 'computed',
    proc AS PROCTIME(),
    quantity INT,
    flags INT ARRAY NOT NULL,
    nested ROW<a INT, b ROW<c ARRAY<STRING>, d MULTISET<INT> NOT NULL> 'inner', `e f` TIMESTAMP(3) WITH LOCAL TIME ZONE>,
    t1 TIMESTAMP WITHOUT TIME ZONE, t2 TIMESTAMP_LTZ(3), t3 TIMESTAMP(6) WITH TIME ZONE, t4 TIME(3),
    d1 DOUBLE PRECISION, d2 DEC(5), d3 NUMERIC(5, 1), c1 CHARACTER VARYING(20), c2 CHAR(3), b1 BINARY VARYING(4), b2 VARBINARY,
    i1 INTERVAL DAY(3) TO SECOND(6), i2 INTERVAL YEAR TO MONTH, i3 INTERVAL MINUTE,
    date DATE, time TIME, `timestamp` TIMESTAMP, interval INT, level VARCHAR, role TINYINT, type INT, name STRING, id INT,
    event STRING, topic STRING, status INT, value STRING, key STRING, comment STRING, watermark INT, period INT, unique STRING,
    WATERMARK FOR ts AS ts - INTERVAL '5' SECOND,
    CONSTRAINT pk PRIMARY KEY (order_id, `user`) NOT ENFORCED
) COMMENT 'all of it'
DISTRIBUTED BY HASH(order_id) INTO 4 BUCKETS
PARTITIONED BY (date, `user`)
WITH (
    'connector' = 'kafka',
    'topic' = 'orders',
    'properties.bootstrap.servers' = 'localhost:9092',
    'note' = 'it''s; -- not a comment'
);

CREATE TEMPORARY TABLE IF NOT EXISTS c.d.t (id INT PRIMARY KEY NOT ENFORCED, x INT UNIQUE) WITH ('connector' = 'print');
CREATE TABLE a LIKE b;
CREATE TABLE a WITH ('connector' = 'x') LIKE b (INCLUDING ALL EXCLUDING OPTIONS OVERWRITING WATERMARKS);
CREATE TABLE a (extra INT) DISTRIBUTED INTO 3 BUCKETS LIKE c.b (EXCLUDING CONSTRAINTS);
CREATE TABLE a WITH ('connector' = 'x') AS SELECT id, name FROM b WHERE mod(id, 10) = 0;
CREATE OR REPLACE TABLE a (x, y) AS SELECT 1, 2;
CREATE TABLE a (e ROW<ts TIMESTAMP(3)>, WATERMARK FOR e.ts AS e.ts) WITH ();
