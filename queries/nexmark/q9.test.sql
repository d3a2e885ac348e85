-- The winning bid of each auction: the highest, and of equal ones the first.
FEED nexmark (event_type, auction) VALUES
    (1, ROW(100, 'i', 'd', 1, 2, '2020-08-06 10:00:00', '2020-08-06 10:00:10', 7, 10, 'x'));
FEED nexmark (event_type, bid) VALUES (2, ROW(100, 7, 50, 'Apple', 'u', '2020-08-06 10:00:05', 'a'));
EXPECT q9 (id, bidder, price, bid_extra) CHANGES ('+I', 100, 7, 50, 'a');
FEED nexmark (event_type, bid) VALUES (2, ROW(100, 8, 70, 'Apple', 'u', '2020-08-06 10:00:07', 'b'));
FEED nexmark (event_type, bid) VALUES (2, ROW(100, 9, 70, 'Apple', 'u', '2020-08-06 10:00:06', 'c'));
EXPECT q9 (bidder, price, bid_dateTime) ROWS (9, 70, '2020-08-06 10:00:06');
FEED nexmark (event_type, bid) VALUES
    (2, ROW(100, 8, 70, 'Apple', 'u', '2020-08-06 10:00:08', 'd')), (2, ROW(100, 8, 90, 'Apple', 'u', '2020-08-06 10:00:11', 'e'));
EXPECT q9 NOTHING;
