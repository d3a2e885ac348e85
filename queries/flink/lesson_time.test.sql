-- Tests of lesson_time.sql: every step before the end of the slides is paired with it.
SET 'weir.clock' = '2020-08-06T16:40:00Z';

TEST 'the time from the start to the end, in either order';
FEED player_log (user_id, user_type, classroom_id, event_time, sub_event, extra) VALUES
    (7, 'student', 'r1', 1596731700000, 'PPT_START', ROW(1000)),
    (7, 'student', 'r1', 1596731749000, 'PPT_SUCCESS', ROW(50000));
EXPECT lesson_time ROWS (7, 'r1', 'student', 49000, '2020-08-07 00:35:00', '2020-08-07 00:40:00');
FEED player_log (user_id, classroom_id, event_time, sub_event, extra) VALUES
    (7, 'r1', 1596731700000, 'PPT_NEXT', ROW(2000)), (7, 'r1', 1596731750000, 'QUIT', ROW(51000));
EXPECT lesson_time (spend_time) CHANGES ('+I', 48000);

TEST 'another student, another room, no time';
FEED player_log (user_id, classroom_id, sub_event, extra) VALUES
    (7, 'r1', 'PPT_START', ROW(1000)), (8, 'r1', 'PPT_SUCCESS', ROW(50000)),
    (7, 'r2', 'PPT_SUCCESS', ROW(50000)), (7, 'r1', 'PPT_SUCCESS', NULL),
    (NULL, 'r1', 'PPT_SUCCESS', ROW(50000)), (NULL, 'r1', 'PPT_START', ROW(1000));
FEED player_log MESSAGES '{"user_id": 7, ', '{"user_id": 7, "classroom_id": "r1", "sub_event": "PPT_SUCCESS", "extra": {}}';
EXPECT lesson_time NOTHING;

TEST 'both sides are known after a restart';
FEED player_log (user_id, classroom_id, sub_event, extra) VALUES (7, 'r1', 'PPT_START', ROW(1000));
RESTART;
FEED player_log (user_id, classroom_id, sub_event, extra) VALUES (7, 'r1', 'PPT_SUCCESS', ROW(50000));
RESTART;
FEED player_log (user_id, classroom_id, sub_event, extra) VALUES (7, 'r1', 'PPT_NEXT', ROW(2000));
EXPECT lesson_time (spend_time) ROWS (49000), (48000);
