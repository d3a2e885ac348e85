-- Nexmark 4, average price of a category: the mean of the highest bids of its auctions, each while
-- it was open.  A join with conditions on time, and an aggregate over another one that changes.
--
--   weir run queries/nexmark/q4.sql --profile local --data DIR --until-end

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

CREATE VIEW auctions AS
SELECT
    auction.id AS id, auction.itemName AS itemName, auction.description AS description,
    auction.initialBid AS initialBid, auction.reserve AS reserve, `dateTime`,
    auction.expires AS expires, auction.seller AS seller, auction.category AS category,
    auction.extra AS extra
FROM nexmark
WHERE event_type = 1;

CREATE VIEW bids AS
SELECT
    bid.auction AS auction, bid.bidder AS bidder, bid.price AS price, bid.channel AS channel,
    bid.url AS url, `dateTime`, bid.extra AS extra
FROM nexmark
WHERE event_type = 2;

CREATE TABLE q4 (
    category BIGINT, price BIGINT
) WITH (
    'connector' = 'blackhole'
);

INSERT INTO q4
SELECT category, AVG(highest)
FROM (
    SELECT a.id, a.category, MAX(b.price) AS highest
    FROM auctions a
    JOIN bids b ON b.auction = a.id
    WHERE b.`dateTime` BETWEEN a.`dateTime` AND a.expires
    GROUP BY a.id, a.category
) AS winners
GROUP BY category;
