-- Nexmark 15, bidding statistics of a day: bids, bidders and auctions by three levels of price.
-- Many distinct counts, each with a filter, in one group.
--
--   weir run queries/nexmark/q15.sql --profile local --data DIR --until-end

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

CREATE TABLE q15 (
    `day` STRING,
    total_bids BIGINT, low_bids BIGINT, middle_bids BIGINT, high_bids BIGINT,
    total_bidders BIGINT, low_bidders BIGINT, middle_bidders BIGINT, high_bidders BIGINT,
    total_auctions BIGINT, low_auctions BIGINT, middle_auctions BIGINT, high_auctions BIGINT
) WITH (
    'connector' = 'blackhole'
);

INSERT INTO q15
SELECT
    DATE_FORMAT(`dateTime`, 'yyyy-MM-dd') AS `day`,
    COUNT(*) AS total_bids,
    COUNT(*) FILTER (WHERE price < 10000) AS low_bids,
    COUNT(*) FILTER (WHERE price >= 10000 AND price < 1000000) AS middle_bids,
    COUNT(*) FILTER (WHERE price >= 1000000) AS high_bids,
    COUNT(DISTINCT bidder) AS total_bidders,
    COUNT(DISTINCT bidder) FILTER (WHERE price < 10000) AS low_bidders,
    COUNT(DISTINCT bidder) FILTER (WHERE price >= 10000 AND price < 1000000) AS middle_bidders,
    COUNT(DISTINCT bidder) FILTER (WHERE price >= 1000000) AS high_bidders,
    COUNT(DISTINCT auction) AS total_auctions,
    COUNT(DISTINCT auction) FILTER (WHERE price < 10000) AS low_auctions,
    COUNT(DISTINCT auction) FILTER (WHERE price >= 10000 AND price < 1000000) AS middle_auctions,
    COUNT(DISTINCT auction) FILTER (WHERE price >= 1000000) AS high_auctions
FROM bids
GROUP BY DATE_FORMAT(`dateTime`, 'yyyy-MM-dd');
