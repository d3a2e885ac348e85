-- Bids of a bidder in ten seconds of the clock, whatever their times are.
SET 'weir.clock' = '2020-08-06T10:00:03Z';
SET 'table.local-time-zone' = 'UTC';
FEED nexmark (event_type, bid) VALUES
    (2, ROW(1, 7, 50, 'Apple', 'u', '2020-08-06 01:00:01', 'x')), (2, ROW(1, 8, 50, 'Apple', 'u', '2020-08-06 23:00:02', 'x'));
TICK 6 s;
FEED nexmark (event_type, bid) VALUES (2, ROW(1, 7, 50, 'Apple', 'u', '2020-08-06 10:00:01', 'x'));
EXPECT q12 NOTHING;
TICK 2 s;
EXPECT q12 ROWS (7, 2, '2020-08-06 10:00:00', '2020-08-06 10:00:10'), (8, 1, '2020-08-06 10:00:00', '2020-08-06 10:00:10');
FEED nexmark (event_type, bid) VALUES (2, ROW(1, 7, 50, 'Apple', 'u', '2020-08-06 10:00:01', 'x'));
TICK 1 h;
EXPECT q12 CHANGES ('+I', 7, 1, '2020-08-06 10:00:10', '2020-08-06 10:00:20');
