-- Tests of hourly_registrations.sql: two topics, a look-up that is kept for ten minutes, withdrawals.
TABLE channel VALUES (MD5('c1'), ROW('c1', 'A')), (MD5('c2'), ROW('c2', 'X'));

TEST 'a student of a known channel';
FEED student_change VALUES ('s1', 'c1');
EXPECT registrations NOTHING;
FEED user_change VALUES ('s1', 'Li Lei', '2020-08-06 16:35:49', 'NORMAL');
EXPECT registrations CHANGES ('+I', 2020080616, 'A', 1);

TEST 'unknown channels, those of other levels, and none at all are "other"';
FEED student_change VALUES ('s1', 'nowhere'), ('s2', 'c2'), ('s3', NULL);
FEED user_change VALUES
    ('s1', 'Li Lei', '2020-08-06 16:35:49', 'NORMAL'), ('s2', 'Han Meimei', '2020-08-06 16:59:59', 'NORMAL'),
    ('s3', 'Lucy', '2020-08-06 16:00:00', 'NORMAL');
EXPECT registrations ROWS (2020080616, 'other', 3);

TEST 'each hour of a level is a document';
FEED student_change VALUES ('s1', 'c1'), ('s2', 'c1');
FEED user_change VALUES
    ('s1', 'Li Lei', '2020-08-06 16:35:49', 'NORMAL'), ('s2', 'Lucy', '2020-08-06 17:35:49', 'NORMAL');
EXPECT registrations ROWS (2020080616, 'A', 1), (2020080617, 'A', 1);
FEED user_change (id, status) VALUES ('s2', 'CLOSED');
EXPECT registrations CHANGES ('-D', 2020080617, 'A', 1);

TEST 'names of tests and times that are none are left out';
FEED student_change VALUES ('s1', 'c1'), ('s2', 'c1'), ('s3', 'c1'), ('s4', 'c1'), ('s5', 'c1');
FEED user_change VALUES
    ('s1', '我的测试', '2020-08-06 16:35:49', 'NORMAL'), ('s2', 'DM_7', '2020-08-06 16:35:49', 'NORMAL'),
    ('s3', 'latest', '2020-08-06 16:35:49', 'NORMAL'), ('s4', 'Lucy', 'soon', 'NORMAL'),
    ('s5', NULL, '2020-08-06 16:35:49', 'NORMAL');
EXPECT registrations NOTHING;

TEST 'a channel is remembered for ten minutes' ORDERED; -- and by no restart
FEED user_change VALUES ('s1', 'Li Lei', '2020-08-06 16:35:49', 'NORMAL'), ('s2', 'Lucy', '2020-08-06 16:35:49', 'NORMAL');
FEED student_change VALUES ('s1', 'c1');
TABLE channel VALUES (MD5('c1'), ROW('c1', 'B'));
TICK 9 min;
FEED student_change VALUES ('s2', 'c1');
EXPECT registrations ORDERED ROWS (2020080616, 'A', 2);
FEED user_change VALUES ('s3', 'Lily', '2020-08-06 16:35:49', 'NORMAL');
TICK 2 min;
FEED student_change VALUES ('s3', 'c1');
EXPECT registrations ROWS (2020080616, 'A', 2), (2020080616, 'B', 1);

TEST 'HBase is slow';
MOCK channel DELAY 3 s;
FEED user_change VALUES ('s1', 'Li Lei', '2020-08-06 16:35:49', 'NORMAL');
FEED student_change VALUES ('s1', 'c1');
TICK 2 s;
EXPECT registrations NOTHING;
TICK 1 s;
EXPECT registrations ROWS (2020080616, 'A', 1);
