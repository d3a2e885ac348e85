-- Who sells what in three states: whichever comes first.
TEST 'seller and auction, in either order';
FEED nexmark (event_type, person) VALUES (0, ROW(7, 'Lucy', 'm', 'c', 'Boise', 'ID', '2020-08-06 10:00:00', 'x'));
FEED nexmark (event_type, auction) VALUES (1, ROW(100, 'i', 'd', 1, 2, '2020-08-06 10:00:01', '2020-08-06 11:00:00', 7, 10, 'x'));
EXPECT q3 CHANGES ('+I', 'Lucy', 'Boise', 'ID', 100);
FEED nexmark (event_type, auction) VALUES (1, ROW(101, 'i', 'd', 1, 2, '2020-08-06 10:00:01', '2020-08-06 11:00:00', 8, 10, 'x'));
RESTART;
FEED nexmark (event_type, person) VALUES (0, ROW(8, 'Lily', 'm', 'c', 'Salem', 'OR', '2020-08-06 10:00:02', 'x'));
EXPECT q3 CHANGES ('+I', 'Lily', 'Salem', 'OR', 101);
TEST 'other categories and states, and sellers that are unknown';
FEED nexmark (event_type, person) VALUES
    (0, ROW(7, 'Lucy', 'm', 'c', 'Boise', 'ID', '2020-08-06 10:00:00', 'x')), (0, ROW(8, 'Lily', 'm', 'c', 'Austin', 'TX', '2020-08-06 10:00:00', 'x'));
FEED nexmark (event_type, auction) VALUES
    (1, ROW(100, 'i', 'd', 1, 2, '2020-08-06 10:00:01', '2020-08-06 11:00:00', 7, 11, 'x')),
    (1, ROW(101, 'i', 'd', 1, 2, '2020-08-06 10:00:01', '2020-08-06 11:00:00', 8, 10, 'x')),
    (1, ROW(102, 'i', 'd', 1, 2, '2020-08-06 10:00:01', '2020-08-06 11:00:00', NULL, 10, 'x'));
EXPECT q3 NOTHING;
