-- Nexmark 17, statistics of an auction and day: its bids and their prices.
--
--   weir run queries/nexmark/q17.sql --profile local --data DIR --until-end

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

CREATE VIEW bids AS
SELECT
    bid.auction AS auction, bid.bidder AS bidder, bid.price AS price, bid.channel AS channel,
    bid.url AS url, `dateTime`, bid.extra AS extra
FROM nexmark
WHERE event_type = 2;

CREATE TABLE q17 (
    auction BIGINT, `day` STRING,
    total_bids BIGINT, low_bids BIGINT, middle_bids BIGINT, high_bids BIGINT,
    min_price BIGINT, max_price BIGINT, avg_price BIGINT, sum_price BIGINT
) WITH (
    'connector' = 'blackhole'
);

INSERT INTO q17
SELECT
    auction,
    DATE_FORMAT(`dateTime`, 'yyyy-MM-dd') AS `day`,
    COUNT(*) AS total_bids,
    COUNT(*) FILTER (WHERE price < 10000) AS low_bids,
    COUNT(*) FILTER (WHERE price >= 10000 AND price < 1000000) AS middle_bids,
    COUNT(*) FILTER (WHERE price >= 1000000) AS high_bids,
    MIN(price) AS min_price,
    MAX(price) AS max_price,
    AVG(price) AS avg_price,
    SUM(price) AS sum_price
FROM bids
GROUP BY auction, DATE_FORMAT(`dateTime`, 'yyyy-MM-dd');
