-- The auctions with most bids in the last ten seconds, every two seconds.
FEED nexmark (event_type, bid) VALUES
    (2, ROW(1, 7, 50, 'Apple', 'u', '2020-08-06 10:00:01', 'x')), (2, ROW(1, 7, 50, 'Apple', 'u', '2020-08-06 10:00:02.5', 'x')),
    (2, ROW(2, 7, 50, 'Apple', 'u', '2020-08-06 10:00:03', 'x'));
EXPECT q5 NOTHING;
-- Windows end at 10:00:02 (auction 1 alone), :04, :06, :08, :10 (1 with two bids), and :12 (both with one).
FEED nexmark (event_type, bid) VALUES (2, ROW(3, 7, 50, 'Apple', 'u', '2020-08-06 10:00:16.5', 'x'));
EXPECT q5 ROWS (1, 1), (1, 2), (1, 2), (1, 2), (1, 2), (1, 1), (2, 1);
