-- Persons who have an auction within the ten seconds in which they came.
FEED nexmark (event_type, person) VALUES
    (0, ROW(7, 'Lucy', 'm', 'c', 'Boise', 'ID', '2020-08-06 10:00:01', 'x')), (0, ROW(8, 'Lily', 'm', 'c', 'Boise', 'ID', '2020-08-06 10:00:09', 'x'));
FEED nexmark (event_type, auction) VALUES
    (1, ROW(100, 'i', 'd', 1, 2, '2020-08-06 10:00:08', '2020-08-06 11:00:00', 7, 10, 'x')),
    (1, ROW(101, 'i', 'd', 1, 2, '2020-08-06 10:00:08', '2020-08-06 11:00:00', 7, 10, 'x')),
    (1, ROW(102, 'i', 'd', 1, 2, '2020-08-06 10:00:11', '2020-08-06 11:00:00', 8, 10, 'x'));
EXPECT q8 NOTHING;
END OF INPUT;
EXPECT q8 ROWS (7, 'Lucy', '2020-08-06 10:00:00');
