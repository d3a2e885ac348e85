-- Bids of persons who sell something themselves.
FEED nexmark (event_type, bid) VALUES (2, ROW(100, 7, 50, 'Apple', 'u', '2020-08-06 10:00:05', 'b'));
FEED nexmark (event_type, auction) VALUES
    (1, ROW(101, 'one', 'd', 1, 2, '2020-08-06 10:00:00', '2020-08-06 10:00:10', 7, 10, 'x')),
    (1, ROW(102, 'two', 'd', 1, 2, '2020-08-06 10:00:00', '2020-08-06 10:00:10', 7, 10, 'x')),
    (1, ROW(103, 'three', 'd', 1, 2, '2020-08-06 10:00:00', '2020-08-06 10:00:10', 8, 10, 'x'));
EXPECT q23 NOTHING;
FEED nexmark (event_type, person) VALUES
    (0, ROW(7, 'Lucy', 'm', 'c', 'Boise', 'ID', '2020-08-06 10:00:00', 'p')), (0, ROW(8, 'Lily', 'm', 'c', 'Boise', 'ID', '2020-08-06 10:00:00', 'p'));
EXPECT q23 (bidder, name, itemName, seller) ROWS (7, 'Lucy', 'one', 7), (7, 'Lucy', 'two', 7);
