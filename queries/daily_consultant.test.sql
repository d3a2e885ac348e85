-- Tests of daily_consultant.sql: confirmed orders by day and consultant, and their withdrawal.
SET 'weir.clock' = '2020-08-06T16:35:49Z';

TEST 'orders of a day are counted';
FEED order_change VALUES ('{"id": "o1", "cc_id": "7", "confirm_date_time": "2020-08-06 16:35:49", "status": "3"}');
EXPECT staff_index CHANGES ('+I', 7, 1, 1, '2020-08-06', '2020-08-07 00:35:49');
TICK 1 min;
FEED order_change VALUES
    ('{"id": "o2", "cc_id": "7", "confirm_date_time": "2020-08-06 23:59:59", "status": 3}'),
    ('{"id": "o3", "cc_id": "7", "confirm_date_time": "2020-08-07 00:00:00", "status": "3"}'),
    ('{"id": "o4", "cc_id": "8", "confirm_date_time": "2020-08-06 10:00:00", "status": "3"}');
EXPECT staff_index ROWS
    (7, 2, 1, '2020-08-06', '2020-08-07 00:36:49'), (7, 1, 1, '2020-08-07', ANY), (8, 1, 1, '2020-08-06', ANY);

TEST 'a cancelled order is taken back, and a day without orders has no row';
FEED order_change VALUES
    ('{"id": "o1", "cc_id": "7", "confirm_date_time": "2020-08-06 16:35:49", "status": "3"}'),
    ('{"id": "o2", "cc_id": "7", "confirm_date_time": "2020-08-06 16:36:00", "status": "3"}');
FEED order_change VALUES ('{"id": "o1", "status": "4"}');
EXPECT staff_index (cc_id, cc_index) ROWS (7, 1);
FEED order_change VALUES ('{"id": "o2", "status": "4"}');
EXPECT staff_index (cc_id, cc_index) CHANGES ('-D', 7, 1);

TEST 'an order that moves to another consultant';
FEED order_change VALUES
    ('{"id": "o1", "cc_id": "7", "confirm_date_time": "2020-08-06 16:35:49", "status": "3"}');
FEED order_change VALUES ('{"id": "o1", "cc_id": "8"}');
EXPECT staff_index (cc_id, cc_index, attribution_time) ROWS (8, 1, '2020-08-06');

TEST 'a field that a message leaves out keeps its value';
FEED order_change VALUES ('{"id": "o1", "cc_id": "7"}');
EXPECT staff_index NOTHING;
FEED order_change VALUES ('{"id": "o1", "confirm_date_time": "2020-08-06 16:35:49"}');
EXPECT staff_index NOTHING;
FEED order_change VALUES ('{"id": "o1", "status": 3}');
EXPECT staff_index (cc_id, cc_index) ROWS (7, 1);
RESTART;
FEED order_change VALUES ('{"id": "o1", "cc_id": null, "other": 1}');
EXPECT staff_index (cc_id, cc_index) ROWS (7, 1);

TEST 'an id that is no number has no key, a day that is none neither';
FEED order_change VALUES
    ('{"id": "o1", "cc_id": "seven", "confirm_date_time": "2020-08-06 16:35:49", "status": "3"}'),
    ('{"id": "o2", "cc_id": "7", "confirm_date_time": "yesterday", "status": "3"}'),
    ('{"id": "o3", "cc_id": "7", "confirm_date_time": '), ('7');
EXPECT staff_index NOTHING;
EXPECT SKIPPED 2 FROM staff_index;

TEST 'two ways to write an id are two groups and one row: the last one';
FEED order_change VALUES
    ('{"id": "o1", "cc_id": "7", "confirm_date_time": "2020-08-06 10:00:00", "status": "3"}'),
    ('{"id": "o2", "cc_id": "7", "confirm_date_time": "2020-08-06 10:00:00", "status": "3"}');
FEED order_change VALUES
    ('{"id": "o3", "cc_id": "07", "confirm_date_time": "2020-08-06 10:00:00", "status": "3"}');
EXPECT staff_index (cc_id, cc_index) ROWS (7, 1);
