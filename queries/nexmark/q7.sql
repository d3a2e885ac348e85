-- Nexmark 7, highest bid: the bids with the highest price of each 10 seconds.
-- A window aggregate, joined back to the stream it was made of.  (The published text counts a bid at
-- the very end of a window to both; here it belongs to the next one.)
--
--   weir run queries/nexmark/q7.sql --profile local --data DIR --until-end

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

CREATE TABLE q7 (
    auction BIGINT, bidder BIGINT, price BIGINT, `dateTime` TIMESTAMP(3), extra STRING
) WITH (
    'connector' = 'blackhole'
);

INSERT INTO q7
SELECT b.auction, b.bidder, b.price, b.`dateTime`, b.extra
FROM bids b
JOIN (
    SELECT window_start, window_end, MAX(price) AS price
    FROM TABLE(TUMBLE(TABLE bids, DESCRIPTOR(`dateTime`), INTERVAL '10' SECOND))
    GROUP BY window_start, window_end
) AS m
ON b.price = m.price
WHERE b.`dateTime` >= m.window_start AND b.`dateTime` < m.window_end;
