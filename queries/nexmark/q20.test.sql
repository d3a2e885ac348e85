-- Bids with what is known of their auctions.
FEED nexmark (event_type, bid) VALUES (2, ROW(100, 7, 50, 'Apple', 'u', '2020-08-06 10:00:05', 'a'));
FEED nexmark (event_type, auction) VALUES
    (1, ROW(100, 'i', 'd', 1, 2, '2020-08-06 10:00:00', '2020-08-06 10:00:10', 7, 10, 'x')),
    (1, ROW(101, 'i', 'd', 1, 2, '2020-08-06 10:00:00', '2020-08-06 10:00:10', 7, 11, 'x'));
EXPECT q20 ROWS
    (100, 7, 50, 'Apple', 'u', '2020-08-06 10:00:05', 'a', 'i', 'd', 1, 2, '2020-08-06 10:00:00', '2020-08-06 10:00:10', 7, 10, 'x');
FEED nexmark (event_type, bid) VALUES (2, ROW(101, 7, 50, 'Apple', 'u', '2020-08-06 10:00:05', 'a')), (2, ROW(102, 7, 50, 'Apple', 'u', '2020-08-06 10:00:05', 'a'));
EXPECT q20 NOTHING;
