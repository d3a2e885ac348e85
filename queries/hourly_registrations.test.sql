-- Tests of hourly_registrations.sql: two topics, a look-up, names that are no real ones, withdrawals.
TABLE channel VALUES (MD5('c1'), 'c1', 'A'), (MD5('c2'), 'c2', 'X');

TEST 'a student of a known channel';
FEED student_change VALUES ('{"id": "s1", "channel_id": "c1"}');
EXPECT registrations NOTHING;
FEED user_change VALUES ('{"id": "s1", "name": "Li Lei", "register_date_time": "2020-08-06 16:35:49", "status": "NORMAL"}');
EXPECT registrations ROWS ('A', 2020080616, 'A', 1);

TEST 'unknown channels, those of other levels, and none at all are "other"';
FEED student_change VALUES
    ('{"id": "s1", "channel_id": "nowhere"}'), ('{"id": "s2", "channel_id": "c2"}'), ('{"id": "s3"}');
FEED user_change VALUES
    ('{"id": "s1", "name": "Li Lei", "register_date_time": "2020-08-06 16:35:49", "status": "NORMAL"}'),
    ('{"id": "s2", "name": "Han Meimei", "register_date_time": "2020-08-06 16:59:59", "status": "NORMAL"}'),
    ('{"id": "s3", "name": "Lucy", "register_date_time": "2020-08-06 16:00:00", "status": "NORMAL"}');
EXPECT registrations ROWS ('other', 2020080616, 'other', 3);

TEST 'the hours of a level share a document, which shows the last one that changed';
FEED student_change VALUES ('{"id": "s1", "channel_id": "c1"}'), ('{"id": "s2", "channel_id": "c1"}');
FEED user_change VALUES
    ('{"id": "s1", "name": "Li Lei", "register_date_time": "2020-08-06 16:35:49", "status": "NORMAL"}');
FEED user_change VALUES
    ('{"id": "s2", "name": "Lucy", "register_date_time": "2020-08-06 17:35:49", "status": "NORMAL"}');
EXPECT registrations ROWS ('A', 2020080617, 'A', 1);
FEED user_change VALUES ('{"id": "s2", "status": "CLOSED"}');
EXPECT registrations ROWS ('A', 2020080616, 'A', 1);
FEED user_change VALUES ('{"id": "s1", "status": "CLOSED"}');
EXPECT registrations CHANGES ('-D', 'A', 2020080616, 'A', 1);

TEST 'names of tests are left out, and a user may be renamed to one';
FEED student_change VALUES
    ('{"id": "s1", "channel_id": "c1"}'), ('{"id": "s2", "channel_id": "c1"}'),
    ('{"id": "s3", "channel_id": "c1"}'), ('{"id": "s4", "channel_id": "c1"}');
FEED user_change VALUES
    ('{"id": "s1", "name": "我的测试", "register_date_time": "2020-08-06 16:35:49", "status": "NORMAL"}'),
    ('{"id": "s2", "name": "DM_7", "register_date_time": "2020-08-06 16:35:49", "status": "NORMAL"}'),
    ('{"id": "s3", "name": "latest", "register_date_time": "2020-08-06 16:35:49", "status": "NORMAL"}'),
    ('{"id": "s4", "name": "DMX", "register_date_time": "2020-08-06 16:35:49", "status": "NORMAL"}');
EXPECT registrations ROWS ('A', 2020080616, 'A', 1);
FEED user_change VALUES ('{"id": "s4", "name": "DM_X"}');
EXPECT registrations (leads) CHANGES ('-D', 1);

TEST 'a message may leave fields out, and one without sense changes nothing';
FEED student_change VALUES ('{"id": "s1", "channel_id": "c1"}');
FEED user_change VALUES ('{"id": "s1", "name": "Li Lei"}');
FEED user_change VALUES ('{"id": "s1", "register_date_time": "2020-08-06 16:35:49"}'), ('{"id": "s1", "na');
EXPECT registrations NOTHING;
RESTART;
FEED user_change VALUES ('{"id": "s1", "status": "NORMAL"}');
FEED student_change VALUES ('{"id": "s1", "channel_id": null}');
EXPECT registrations ROWS ('A', 2020080616, 'A', 1);

TEST 'HBase is away for a while';
MOCK channel AWAY;
FEED user_change VALUES ('{"id": "s1", "name": "Li Lei", "register_date_time": "2020-08-06 16:35:49", "status": "NORMAL"}');
FEED student_change VALUES ('{"id": "s1", "channel_id": "c1"}');
TICK 10 min;
EXPECT registrations NOTHING;
MOCK channel BACK;
EXPECT registrations ROWS ('A', 2020080616, 'A', 1);
