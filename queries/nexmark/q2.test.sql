-- Bids on every 123rd auction.
FEED nexmark (event_type, bid) VALUES
    (2, ROW(123, 7, 100, 'Apple', 'u', '2020-08-06 10:00:00', 'x')), (2, ROW(124, 7, 1, 'Apple', 'u', '2020-08-06 10:00:00', 'x')),
    (2, ROW(0, 7, 3, 'Apple', 'u', '2020-08-06 10:00:00', 'x')), (2, ROW(NULL, 7, 4, 'Apple', 'u', '2020-08-06 10:00:00', 'x')),
    (2, ROW(1230, 7, 5, 'Apple', 'u', '2020-08-06 10:00:00', 'x'));
EXPECT q2 CHANGES ('+I', 123, 100), ('+I', 0, 3), ('+I', 1230, 5);
