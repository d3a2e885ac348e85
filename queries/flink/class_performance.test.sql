-- Tests of class_performance.sql: minutes of Shanghai, by an instant with a watermark.
SET 'weir.clock' = '2020-08-06T16:40:00Z';

TEST 'events of a minute are counted when it is over';
FEED student_operation VALUES
    (7, 3, 2, 'STUDENT_LINE_DRAW', 1596731749000), (7, 3, 2, 'STUDENT_LINE_DRAW', 1596731700000),
    (8, 3, 2, 'STUDENT_LINE_DRAW', 1596731759000);
EXPECT class_performance NOTHING;
FEED student_operation VALUES (7, 3, 2, 'STUDENT_LINE_DRAW', 1596731760500);
EXPECT class_performance ROWS
    ('2020-08-07 00:35:00', '2020-08-07 00:36:00', 3, 7, 2, 'STUDENT_LINE_DRAW', 2, '2020-08-07 00:40:00'),
    ('2020-08-07 00:35:00', '2020-08-07 00:36:00', 3, 8, 2, 'STUDENT_LINE_DRAW', 1, ANY);

TEST 'a row whose minute is over is left out and counted';
FEED student_operation VALUES (7, 3, 2, 'STUDENT_LINE_DRAW', 1596731761000);
FEED student_operation VALUES (7, 3, 2, 'STUDENT_LINE_DRAW', 1596731700000), (7, 3, 2, NULL, 1596731762000);
EXPECT LATE 1 FROM student_operation;
END OF INPUT;
EXPECT class_performance (event, event_count) ROWS ('STUDENT_LINE_DRAW', 1), (NULL, 0);

TEST 'the slower of two partitions is the time';
FEED student_operation PARTITION 0 VALUES (7, 3, 2, 'A', 1596731700000);
FEED student_operation PARTITION 1 VALUES (7, 3, 2, 'A', 1596731701000);
FEED student_operation PARTITION 0 VALUES (7, 3, 2, 'A', 1596731770000);
EXPECT class_performance NOTHING;
FEED student_operation PARTITION 1 VALUES (7, 3, 2, 'A', 1596731759000), (7, 3, 2, 'A', 1596731771000);
EXPECT class_performance (event_count) ROWS (3);
EXPECT LATE 0 FROM student_operation;

TEST 'a message without a time ends the job, as in Flink';
FEED student_operation MESSAGES '{"userId": 7, "event": "A", "timeStamp": "soon"}';
EXPECT ERROR 'its row time "happened" is NULL';

TEST 'unless the table says that such rows are left out';
PROFILE 'skip.yaml';
FEED student_operation MESSAGES '{"userId": 7, "event": "A"}', '{"userId": 7, "event": "A", "timeStamp": "soon"}';
EXPECT SKIPPED 2 FROM student_operation;
END OF INPUT;
EXPECT class_performance NOTHING;
