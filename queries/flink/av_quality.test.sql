-- Tests of av_quality.sql: sums, averages and numbers of half minutes, for sound and for picture.
SET 'weir.clock' = '2020-08-06T16:40:00Z';

TEST 'lost sound of half a minute';
FEED channel_state (user_type, user_id, agora_channel_id, classroom_id, event, agora_audioState, messageCreateTime) VALUES
    ('student', 7, 5, 'r1', 'STATE', ROW(3, 9), 1596731749000),
    ('student', 7, 5, 'r1', 'STATE', ROW(0, 9), 1596731730000),
    ('student', 7, 5, 'r1', 'STATE', ROW(5, 10), 1596731731000),
    ('teacher', 7, 5, 'r1', 'STATE', ROW(5, 10), 1596731731000),
    ('student', 7, 5, 'r1', 'STATE', ROW(-5, 10), 1596731731000),
    ('student', 7, 5, 'r1', 'STATE', NULL, 1596731731000);
EXPECT av_quality NOTHING;
END OF INPUT;
EXPECT av_quality ROWS
    ('2020-08-07 00:35:30', '2020-08-07 00:36:00', 7, 5, 'r1', 'student', 9, 'STATE_AUDIO_STATE', 3, 1.5, 2, '2020-08-07 00:40:00'),
    ('2020-08-07 00:35:30', '2020-08-07 00:36:00', 7, 5, 'r1', 'student', 10, 'STATE_AUDIO_STATE', 5, 5, 1, ANY);

TEST 'sound and picture, and ids that are missing';
FEED channel_state (user_type, event, agora_audioState, agora_videoState, messageCreateTime) VALUES
    ('student', 'STATE', ROW(3, 9), ROW(20, 11), 1596731749000), ('student', NULL, ROW(4, NULL), NULL, 1596731749000);
END OF INPUT;
EXPECT av_quality (user_id, web_server_id, classroom_id, extra_uid, event, event_sum, event_count) ROWS
    (-1, -1, '-1', 9, 'STATE_AUDIO_STATE', 3, 1), (-1, -1, '-1', 11, 'STATE_VIDEO_STATE', 20, 1),
    (-1, -1, '-1', NULL, '_AUDIO_STATE', 4, 0);

TEST 'a message may be a minute late, and no more';
FEED channel_state (user_type, event, agora_audioState, messageCreateTime) VALUES ('student', 'S', ROW(1, 9), 1596731700000);
FEED channel_state (user_type, event, agora_audioState, messageCreateTime) VALUES ('student', 'S', ROW(2, 9), 1596731789000);
EXPECT av_quality NOTHING;
FEED channel_state (user_type, event, agora_audioState, messageCreateTime) VALUES
    ('student', 'S', ROW(4, 9), 1596731710000), ('student', 'S', ROW(8, 9), 1596731791000);
EXPECT av_quality (event_sum, event_count) CHANGES ('+I', 5, 2);
FEED channel_state (user_type, event, agora_audioState, messageCreateTime) VALUES ('student', 'S', ROW(16, 9), 1596731711000);
EXPECT LATE 1 FROM channel_state;
EXPECT av_quality NOTHING;

TEST 'what is no JSON is ignored, and a message without a time ends the job, as in Flink';
FEED channel_state MESSAGES '{"user_type": ', '';
EXPECT av_quality NOTHING;
FEED channel_state MESSAGES '{"user_type": "student", "agora_audioState": {"lost": 4}}';
EXPECT ERROR 'its row time "created" is NULL';
