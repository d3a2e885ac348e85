-- Prices in euros, exactly.
FEED nexmark (event_type, bid) VALUES
    (2, ROW(1, 7, 100, 'Apple', 'u', '2020-08-06 10:00:00', 'x')), (2, ROW(1, 7, 1, 'Apple', 'u', '2020-08-06 10:00:00', 'x')),
    (2, ROW(1, 7, NULL, 'Apple', 'u', '2020-08-06 10:00:00', 'x'));
EXPECT q1 (price) CHANGES ('+I', 90.8), ('+I', 0.908), ('+I', NULL);
