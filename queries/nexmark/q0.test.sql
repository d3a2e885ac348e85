-- Bids as they came; persons and auctions are none.
FEED nexmark (event_type, bid) VALUES
    (2, ROW(1, 7, 100, 'Apple', 'u', '2020-08-06 10:00:00', 'x')), (2, ROW(2, 7, NULL, NULL, NULL, '2020-08-06 10:00:01', NULL));
FEED nexmark (event_type, person) VALUES (0, ROW(7, 'Lucy', 'm', 'c', 'Boise', 'ID', '2020-08-06 10:00:02', 'x'));
EXPECT q0 CHANGES ('+I', 1, 7, 100, '2020-08-06 10:00:00', 'x'), ('+I', 2, 7, NULL, '2020-08-06 10:00:01', NULL);
