-- Nexmark 22, directories of the URL of a bid.
--
--   weir run queries/nexmark/q22.sql --profile local --data DIR --until-end

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

CREATE TABLE q22 (
    auction BIGINT, bidder BIGINT, price BIGINT, channel STRING, dir1 STRING, dir2 STRING,
    dir3 STRING
) WITH (
    'connector' = 'blackhole'
);

INSERT INTO q22
SELECT
    auction, bidder, price, channel,
    SPLIT_INDEX(url, '/', 3) AS dir1,
    SPLIT_INDEX(url, '/', 4) AS dir2,
    SPLIT_INDEX(url, '/', 5) AS dir3
FROM bids;
