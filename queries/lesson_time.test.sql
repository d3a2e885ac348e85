-- Tests of lesson_time.sql: every step before the end of the slides is paired with it.
SET 'weir.clock' = '2020-08-06T16:40:00Z';

TEST 'the time from the start to the end';
FEED player_log VALUES
    ('{"user_id": 7, "user_type": "student", "classroom_id": "r1", "event_time": 1596731700000, "sub_event": "PPT_START", "extra": {"data_time": 1000}}'),
    ('{"user_id": 7, "user_type": "student", "classroom_id": "r1", "event_time": 1596731749000, "sub_event": "PPT_SUCCESS", "extra": {"data_time": 50000}}');
EXPECT lesson_time ROWS (7, 'r1', 'student', 49000, '2020-08-07 00:35:00', '2020-08-07 00:40:00');

TEST 'steps that come behind the end count, too, if they were before it';
FEED player_log VALUES
    ('{"user_id": 7, "classroom_id": "r1", "event_time": 1596731749000, "sub_event": "PPT_SUCCESS", "extra": {"data_time": 50000}}');
FEED player_log VALUES
    ('{"user_id": 7, "classroom_id": "r1", "event_time": 1596731700000, "sub_event": "PPT_START", "extra": {"data_time": 1000}}'),
    ('{"user_id": 7, "classroom_id": "r1", "event_time": 1596731750000, "sub_event": "QUIT", "extra": {"data_time": 51000}}');
EXPECT lesson_time (spend_time) CHANGES ('+I', 49000);

TEST 'another student, another room';
FEED player_log VALUES
    ('{"user_id": 7, "classroom_id": "r1", "event_time": 1596731700000, "sub_event": "PPT_START", "extra": {"data_time": 1000}}'),
    ('{"user_id": 8, "classroom_id": "r1", "event_time": 1596731749000, "sub_event": "PPT_SUCCESS", "extra": {"data_time": 50000}}'),
    ('{"user_id": 7, "classroom_id": "r2", "event_time": 1596731749000, "sub_event": "PPT_SUCCESS", "extra": {"data_time": 50000}}');
EXPECT lesson_time NOTHING;

TEST 'two ends of one lesson: the first is a step of the second';
FEED player_log VALUES
    ('{"user_id": 7, "classroom_id": "r1", "event_time": 1596731749000, "sub_event": "PPT_SUCCESS", "extra": {"data_time": 50000}}'),
    ('{"user_id": 7, "classroom_id": "r1", "event_time": 1596731750000, "sub_event": "PPT_SUCCESS", "extra": {"data_time": 50300}}'),
    ('{"user_id": 7, "classroom_id": "r1", "event_time": 1596731700000, "sub_event": "PPT_START", "extra": {"data_time": 1000}}');
EXPECT lesson_time (spend_time) ROWS (300), (49000), (49300);

TEST 'what has no user, room or time is paired with nothing';
FEED player_log VALUES
    ('{"classroom_id": "r1", "event_time": 1596731700000, "sub_event": "PPT_START", "extra": {"data_time": 1000}}'),
    ('{"classroom_id": "r1", "event_time": 1596731749000, "sub_event": "PPT_SUCCESS", "extra": {"data_time": 50000}}'),
    ('{"user_id": 7, "classroom_id": "r1", "event_time": 1596731749000, "sub_event": "PPT_SUCCESS", "extra": {}}'),
    ('{"user_id": 7, "classroom_id": "r1", "sub_event": "PPT_START", "extra": {"data_time": 1000}}'),
    ('{"user_id": 7, "classroom_id": '), ('');
EXPECT lesson_time NOTHING;

TEST 'both sides are known after a restart';
FEED player_log VALUES
    ('{"user_id": 7, "classroom_id": "r1", "event_time": 1596731700000, "sub_event": "PPT_START", "extra": {"data_time": 1000}}');
RESTART;
FEED player_log VALUES
    ('{"user_id": 7, "classroom_id": "r1", "event_time": 1596731749000, "sub_event": "PPT_SUCCESS", "extra": {"data_time": 50000}}');
RESTART;
FEED player_log VALUES
    ('{"user_id": 7, "classroom_id": "r1", "sub_event": "LATE_STEP", "extra": {"data_time": 2000}}');
EXPECT lesson_time (spend_time, event_time) ROWS (49000, '2020-08-07 00:35:00'), (48000, NULL);
