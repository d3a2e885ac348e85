-- The highest bids of ten seconds.
FEED nexmark (event_type, bid) VALUES
    (2, ROW(1, 7, 50, 'Apple', 'u', '2020-08-06 10:00:01', 'a')), (2, ROW(1, 8, 70, 'Apple', 'u', '2020-08-06 10:00:02', 'b')),
    (2, ROW(2, 9, 70, 'Apple', 'u', '2020-08-06 10:00:09', 'c')), (2, ROW(2, 9, 70, 'Apple', 'u', '2020-08-06 10:00:11', 'd'));
EXPECT q7 NOTHING;
FEED nexmark (event_type, bid) VALUES (2, ROW(2, 9, 1, 'Apple', 'u', '2020-08-06 10:00:14.5', 'e'));
EXPECT q7 ROWS (1, 8, 70, '2020-08-06 10:00:02', 'b'), (2, 9, 70, '2020-08-06 10:00:09', 'c');
END OF INPUT;
EXPECT q7 (extra) ROWS ('b'), ('c'), ('d');
