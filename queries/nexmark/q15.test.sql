-- Bids, bidders and auctions of a day, by height of the bid.
FEED nexmark (event_type, bid) VALUES (2, ROW(1, 7, 9999, 'Apple', 'u', '2020-08-06 10:00:01', 'x'));
EXPECT q15 CHANGES ('+I', '2020-08-06', 1, 1, 0, 0, 1, 1, 0, 0, 1, 1, 0, 0);
FEED nexmark (event_type, bid) VALUES
    (2, ROW(1, 7, 10000, 'Apple', 'u', '2020-08-06 10:00:01', 'x')), (2, ROW(2, 8, 1000000, 'Apple', 'u', '2020-08-06 23:59:59.999', 'x')),
    (2, ROW(2, 7, 999999, 'Apple', 'u', '2020-08-06 10:00:01', 'x')), (2, ROW(1, 7, NULL, 'Apple', 'u', '2020-08-07 00:00:00', 'x'));
EXPECT q15 ROWS
    ('2020-08-06', 4, 1, 2, 1, 2, 1, 1, 1, 2, 1, 2, 1), ('2020-08-07', 1, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0);
