-- Nexmark 8, new users: persons who came and opened an auction within the same 10 seconds.
-- A join of two windowed streams.
--
--   weir run queries/nexmark/q8.sql --profile local --data DIR --until-end

CREATE TABLE nexmark (
    event_type INT,
    person ROW<
        id BIGINT, name STRING, emailAddress STRING, creditCard STRING, city STRING, state STRING,
        `dateTime` TIMESTAMP(3), extra STRING>,
    auction ROW<
        id BIGINT, itemName STRING, description STRING, initialBid BIGINT, reserve BIGINT,
        `dateTime` TIMESTAMP(3), expires TIMESTAMP(3), seller BIGINT, category BIGINT,
        extra STRING>,
    bid ROW<
        auction BIGINT, bidder BIGINT, price BIGINT, channel STRING, url STRING,
        `dateTime` TIMESTAMP(3), extra STRING>,
    `dateTime` AS CASE event_type
        WHEN 0 THEN person.`dateTime`
        WHEN 1 THEN auction.`dateTime`
        ELSE bid.`dateTime` END,
    WATERMARK FOR `dateTime` AS `dateTime` - INTERVAL '4' SECOND
) WITH (
    'connector' = 'kafka',
    'topic' = 'nexmark',
    'properties.bootstrap.servers' = 'localhost:9092',
    'properties.group.id' = 'nexmark',
    'scan.startup.mode' = 'earliest-offset',
    'format' = 'json'
);

CREATE VIEW persons AS
SELECT
    person.id AS id, person.name AS name, person.emailAddress AS emailAddress,
    person.creditCard AS creditCard, person.city AS city, person.state AS state, `dateTime`,
    person.extra AS extra
FROM nexmark
WHERE event_type = 0;

CREATE VIEW auctions AS
SELECT
    auction.id AS id, auction.itemName AS itemName, auction.description AS description,
    auction.initialBid AS initialBid, auction.reserve AS reserve, `dateTime`,
    auction.expires AS expires, auction.seller AS seller, auction.category AS category,
    auction.extra AS extra
FROM nexmark
WHERE event_type = 1;

CREATE TABLE q8 (
    id BIGINT, name STRING, window_start TIMESTAMP(3)
) WITH (
    'connector' = 'blackhole'
);

INSERT INTO q8
SELECT p.id, p.name, p.window_start
FROM (
    SELECT id, name, window_start, window_end
    FROM TABLE(TUMBLE(TABLE persons, DESCRIPTOR(`dateTime`), INTERVAL '10' SECOND))
    GROUP BY id, name, window_start, window_end
) AS p
JOIN (
    SELECT seller, window_start, window_end
    FROM TABLE(TUMBLE(TABLE auctions, DESCRIPTOR(`dateTime`), INTERVAL '10' SECOND))
    GROUP BY seller, window_start, window_end
) AS a
ON p.id = a.seller AND p.window_start = a.window_start AND p.window_end = a.window_end;
