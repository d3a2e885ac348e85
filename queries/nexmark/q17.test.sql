-- Numbers of an auction's day; the average of whole numbers is one.
FEED nexmark (event_type, bid) VALUES
    (2, ROW(1, 7, 10, 'Apple', 'u', '2020-08-06 10:00:01', 'x')), (2, ROW(1, 7, 25, 'Apple', 'u', '2020-08-06 10:00:02', 'x')),
    (2, ROW(1, 7, NULL, 'Apple', 'u', '2020-08-06 10:00:03', 'x')), (2, ROW(2, 7, 1000000, 'Apple', 'u', '2020-08-07 10:00:01', 'x'));
EXPECT q17 ROWS (1, '2020-08-06', 3, 2, 0, 0, 10, 25, 17, 35), (2, '2020-08-07', 1, 0, 0, 1, 1000000, 1000000, 1000000, 1000000);
