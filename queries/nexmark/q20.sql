-- Nexmark 20, bids with their auction, of category 10.  A join of two streams, wide rows.
--
--   weir run queries/nexmark/q20.sql --profile local --data DIR --until-end

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

CREATE TABLE q20 (
    auction BIGINT, bidder BIGINT, price BIGINT, channel STRING, url STRING,
    bid_dateTime TIMESTAMP(3), bid_extra STRING,
    itemName STRING, description STRING, initialBid BIGINT, reserve BIGINT,
    auction_dateTime TIMESTAMP(3), expires TIMESTAMP(3), seller BIGINT, category BIGINT,
    auction_extra STRING
) WITH (
    'connector' = 'blackhole'
);

INSERT INTO q20
SELECT
    b.auction, b.bidder, b.price, b.channel, b.url, b.`dateTime`, b.extra,
    a.itemName, a.description, a.initialBid, a.reserve, a.`dateTime`, a.expires, a.seller,
    a.category, a.extra
FROM bids b
JOIN auctions a ON a.id = b.auction
WHERE a.category = 10;
