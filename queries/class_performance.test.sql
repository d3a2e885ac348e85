-- Tests of class_performance.sql: minutes by the time in the message, in the time of Shanghai.
SET 'weir.clock' = '2020-08-06T16:40:00Z';

TEST 'events of a minute are counted when it is over';
FEED student_operation VALUES
    ('{"userId": 7, "roomId": 3, "role": 2, "event": "STUDENT_LINE_DRAW", "timeStamp": 1596731749000}'),
    ('{"userId": 7, "roomId": 3, "role": 2, "event": "STUDENT_LINE_DRAW", "timeStamp": 1596731700000}'),
    ('{"userId": 7, "roomId": 3, "role": 2, "event": "STUDENT_AUDIO_PLAY", "timeStamp": 1596731759998}'),
    ('{"userId": 8, "roomId": 3, "role": 2, "event": "STUDENT_LINE_DRAW", "timeStamp": 1596731759000}');
EXPECT class_performance NOTHING;
FEED student_operation VALUES
    ('{"userId": 7, "roomId": 3, "role": 2, "event": "STUDENT_LINE_DRAW", "timeStamp": 1596731760500}');
EXPECT class_performance ROWS
    ('2020-08-07 00:35:00', '2020-08-07 00:36:00', 3, 7, 2, 'STUDENT_LINE_DRAW', 2, '2020-08-07 00:40:00'),
    ('2020-08-07 00:35:00', '2020-08-07 00:36:00', 3, 7, 2, 'STUDENT_AUDIO_PLAY', 1, ANY),
    ('2020-08-07 00:35:00', '2020-08-07 00:36:00', 3, 8, 2, 'STUDENT_LINE_DRAW', 1, ANY);
END OF INPUT;
EXPECT class_performance (start_time, user_id, event_count) CHANGES ('+I', '2020-08-07 00:36:00', 7, 1);

TEST 'a row whose minute is over is left out and counted';
FEED student_operation VALUES
    ('{"userId": 7, "roomId": 3, "role": 2, "event": "STUDENT_LINE_DRAW", "timeStamp": 1596731761000}');
FEED student_operation VALUES
    ('{"userId": 7, "roomId": 3, "role": 2, "event": "STUDENT_LINE_DRAW", "timeStamp": 1596731700000}'),
    ('{"userId": 7, "roomId": 3, "role": 2, "event": "STUDENT_LINE_DRAW", "timeStamp": 1596731760000}');
EXPECT LATE 1 FROM student_operation;
END OF INPUT;
EXPECT class_performance (start_time, event_count) ROWS ('2020-08-07 00:36:00', 2);

TEST 'without a time a message belongs nowhere';
FEED student_operation VALUES
    ('{"userId": 7, "roomId": 3, "role": 2, "event": "STUDENT_LINE_DRAW"}'), ('no JSON'),
    ('{"userId": 7, "roomId": 3, "role": 2, "event": "STUDENT_LINE_DRAW", "timeStamp": "soon"}');
EXPECT SKIPPED 3 FROM student_operation;
END OF INPUT;
EXPECT class_performance NOTHING;

TEST 'fields that are missing are groups of their own, and only events that are some count';
FEED student_operation VALUES
    ('{"userId": "x", "roomId": 3, "role": 2, "event": "STUDENT_LINE_DRAW", "timeStamp": 1596731749000}'),
    ('{"userId": 7, "timeStamp": 1596731749000}');
END OF INPUT;
EXPECT class_performance (webserver_id, user_id, role, event, event_count) ROWS
    (3, NULL, 2, 'STUDENT_LINE_DRAW', 1), (NULL, 7, NULL, NULL, 0);

TEST 'a restart in the middle of a minute';
FEED student_operation VALUES
    ('{"userId": 7, "roomId": 3, "role": 2, "event": "STUDENT_LINE_DRAW", "timeStamp": 1596731749000}');
RESTART;
FEED student_operation VALUES
    ('{"userId": 7, "roomId": 3, "role": 2, "event": "STUDENT_LINE_DRAW", "timeStamp": 1596731750000}');
END OF INPUT;
EXPECT class_performance (event_count) ROWS (2);
