-- Channels by number: known ones, and those that the address names.
FEED nexmark (event_type, bid) VALUES
    (2, ROW(1, 7, 50, 'Apple', 'u', '2020-08-06 10:00:05', 'x')), (2, ROW(1, 7, 50, 'BAIDU', 'x&channel_id=9', '2020-08-06 10:00:05', 'x')),
    (2, ROW(1, 7, 50, 'other', 'https://a/b?q=1&channel_id=42&z=1', '2020-08-06 10:00:05', 'x')),
    (2, ROW(1, 7, 50, 'other', 'https://a/b?q=1', '2020-08-06 10:00:05', 'x')), (2, ROW(1, 7, 50, NULL, NULL, '2020-08-06 10:00:05', 'x'));
EXPECT q21 (channel, channel_id) CHANGES ('+I', 'Apple', '0'), ('+I', 'BAIDU', '3'), ('+I', 'other', '42');
