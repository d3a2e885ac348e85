-- Tests of daily_consultant.sql: confirmed orders by day and consultant, and their withdrawal.
SET 'weir.clock' = '2020-08-06T16:35:49Z';

TEST 'orders of a day, of a consultant who is written in two ways';
FEED order_change VALUES
    ('o1', '7', '2020-08-06 16:35:49', '3'), ('o2', '07', '2020-08-06 23:59:59', '3'),
    ('o3', '7', '2020-08-07 00:00:00', '3'), ('o4', '8', '2020-08-06 10:00:00', '3');
EXPECT staff_index ROWS
    (7, 2, 1, '2020-08-06', '2020-08-07 00:35:49'), (7, 1, 1, '2020-08-07', ANY), (8, 1, 1, '2020-08-06', ANY);

TEST 'a cancelled order is taken back';
FEED order_change VALUES ('o1', '7', '2020-08-06 16:35:49', '3'), ('o2', '7', '2020-08-06 16:36:00', '3');
FEED order_change (id, status) VALUES ('o1', '4');
EXPECT staff_index (cc_id, cc_index) ROWS (7, 1);
RESTART;
FEED order_change (id, status) VALUES ('o2', '4');
EXPECT staff_index (cc_id, cc_index) CHANGES ('-D', 7, 1);

TEST 'fields come one by one, and an order moves to another consultant';
FEED order_change (id, cc_id) VALUES ('o1', '7');
FEED order_change (id, confirm_date_time) VALUES ('o1', '2020-08-06 16:35:49');
EXPECT staff_index NOTHING;
FEED order_change (id, status) VALUES ('o1', '3');
EXPECT staff_index (cc_id, cc_index) ROWS (7, 1);
FEED order_change (id, cc_id) VALUES ('o1', '8');
EXPECT staff_index (cc_id, cc_index) ROWS (8, 1);

TEST 'ids and times that are none';
FEED order_change VALUES ('o1', 'seven', '2020-08-06 16:35:49', '3'), ('o2', '7', 'yesterday', '3'), ('o3', '7', NULL, '3');
FEED order_change MESSAGES '{"id": "o3", "cc_id": "7", "confirm_date_time": ', '7';
EXPECT staff_index NOTHING;
EXPECT SKIPPED 0 FROM staff_index;
