-- The last bid of a bidder on an auction, by its time.
FEED nexmark (event_type, bid) VALUES (2, ROW(1, 7, 10, 'Apple', 'u', '2020-08-06 10:00:02', 'a'));
FEED nexmark (event_type, bid) VALUES (2, ROW(1, 7, 11, 'Apple', 'u', '2020-08-06 10:00:01', 'b')), (2, ROW(2, 7, 5, 'Apple', 'u', '2020-08-06 10:00:01', 'c'));
EXPECT q18 (auction, price, extra) ROWS (1, 10, 'a'), (2, 5, 'c');
FEED nexmark (event_type, bid) VALUES (2, ROW(1, 7, 12, 'Apple', 'u', '2020-08-06 10:00:03', 'd'));
EXPECT q18 (auction, price, extra) ROWS (1, 12, 'd'), (2, 5, 'c');
