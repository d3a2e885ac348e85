-- Folders of an address.
FEED nexmark (event_type, bid) VALUES
    (2, ROW(1, 7, 50, 'Apple', 'https://www.nexmark.com/a/b/c/item.htm', '2020-08-06 10:00:05', 'x')),
    (2, ROW(1, 7, 51, 'Apple', 'https://www.nexmark.com/a', '2020-08-06 10:00:05', 'x')), (2, ROW(1, 7, 52, 'Apple', NULL, '2020-08-06 10:00:05', 'x'));
EXPECT q22 (price, dir1, dir2, dir3) CHANGES ('+I', 50, 'a', 'b', 'c'), ('+I', 51, 'a', NULL, NULL), ('+I', 52, NULL, NULL, NULL);
