-- Bids of a bidder until ten seconds without one.
FEED nexmark (event_type, bid) VALUES
    (2, ROW(1, 7, 50, 'Apple', 'u', '2020-08-06 10:00:01', 'x')), (2, ROW(1, 8, 50, 'Apple', 'u', '2020-08-06 10:00:02', 'x')),
    (2, ROW(1, 7, 50, 'Apple', 'u', '2020-08-06 10:00:10.5', 'x'));
FEED nexmark (event_type, bid) VALUES (2, ROW(1, 9, 50, 'Apple', 'u', '2020-08-06 10:00:16.5', 'x'));
EXPECT q11 CHANGES ('+I', 8, 1, '2020-08-06 10:00:02', '2020-08-06 10:00:12');
RESTART;
END OF INPUT;
EXPECT q11 ROWS
    (8, 1, '2020-08-06 10:00:02', '2020-08-06 10:00:12'), (7, 2, '2020-08-06 10:00:01', '2020-08-06 10:00:20.5'),
    (9, 1, '2020-08-06 10:00:16.5', '2020-08-06 10:00:26.5');
