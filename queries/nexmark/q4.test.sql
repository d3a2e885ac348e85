-- The average of the highest bids of a category's auctions, while they are open.
FEED nexmark (event_type, auction) VALUES
    (1, ROW(100, 'i', 'd', 1, 2, '2020-08-06 10:00:00', '2020-08-06 10:00:10', 7, 10, 'x')),
    (1, ROW(101, 'i', 'd', 1, 2, '2020-08-06 10:00:00', '2020-08-06 10:00:10', 7, 10, 'x'));
FEED nexmark (event_type, bid) VALUES (2, ROW(100, 7, 50, 'Apple', 'u', '2020-08-06 10:00:05', 'x'));
EXPECT q4 ROWS (10, 50);
FEED nexmark (event_type, bid) VALUES
    (2, ROW(100, 7, 70, 'Apple', 'u', '2020-08-06 10:00:10', 'x')), (2, ROW(100, 7, 60, 'Apple', 'u', '2020-08-06 10:00:06', 'x')),
    (2, ROW(101, 7, 31, 'Apple', 'u', '2020-08-06 10:00:00', 'x')), (2, ROW(102, 7, 99, 'Apple', 'u', '2020-08-06 10:00:00', 'x'));
EXPECT q4 ROWS (10, 50);
FEED nexmark (event_type, bid) VALUES
    (2, ROW(101, 7, 99, 'Apple', 'u', '2020-08-06 10:00:11', 'x')), (2, ROW(101, 7, 99, 'Apple', 'u', '2020-08-06 09:59:59', 'x'));
EXPECT q4 NOTHING;
