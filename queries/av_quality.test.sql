-- Tests of av_quality.sql: sums, averages and numbers of half minutes, for sound and for picture.
SET 'weir.clock' = '2020-08-06T16:40:00Z';

TEST 'lost sound of half a minute';
FEED channel_state VALUES
    ('{"user_type": "student", "user_id": 7, "agora_channel_id": 5, "classroom_id": "r1", "event": "STATE", "agora_audioState": {"lost": 3, "uid": 9}, "messageCreateTime": 1596731749000}'),
    ('{"user_type": "student", "user_id": 7, "agora_channel_id": 5, "classroom_id": "r1", "event": "STATE", "agora_audioState": {"lost": 0, "uid": 9}, "messageCreateTime": 1596731730000}'),
    ('{"user_type": "student", "user_id": 7, "agora_channel_id": 5, "classroom_id": "r1", "event": "STATE", "agora_audioState": {"lost": 5, "uid": 10}, "messageCreateTime": 1596731731000}');
EXPECT av_quality NOTHING;
END OF INPUT;
EXPECT av_quality ROWS
    ('2020-08-07 00:35:30', '2020-08-07 00:36:00', 7, 5, 'r1', 'student', 9, 'STATE_AUDIO_STATE', 3, 1.5, 2, '2020-08-07 00:40:00'),
    ('2020-08-07 00:35:30', '2020-08-07 00:36:00', 7, 5, 'r1', 'student', 10, 'STATE_AUDIO_STATE', 5, 5, 1, ANY);

TEST 'sound and picture of one message are two rows';
FEED channel_state VALUES
    ('{"user_type": "student", "user_id": 7, "agora_channel_id": 5, "classroom_id": "r1", "event": "STATE", "agora_audioState": {"lost": 3, "uid": 9}, "agora_videoState": {"fr": 20, "uid": 11}, "messageCreateTime": 1596731749000}');
END OF INPUT;
EXPECT av_quality (extra_uid, event, event_sum) ROWS (9, 'STATE_AUDIO_STATE', 3), (11, 'STATE_VIDEO_STATE', 20);

TEST 'a message may be a minute late, and no more';
FEED channel_state VALUES
    ('{"user_type": "student", "user_id": 7, "agora_channel_id": 5, "classroom_id": "r1", "event": "STATE", "agora_audioState": {"lost": 1, "uid": 9}, "messageCreateTime": 1596731700000}');
FEED channel_state VALUES
    ('{"user_type": "student", "user_id": 7, "agora_channel_id": 5, "classroom_id": "r1", "event": "STATE", "agora_audioState": {"lost": 2, "uid": 9}, "messageCreateTime": 1596731789000}');
EXPECT av_quality NOTHING;
FEED channel_state VALUES
    ('{"user_type": "student", "user_id": 7, "agora_channel_id": 5, "classroom_id": "r1", "event": "STATE", "agora_audioState": {"lost": 4, "uid": 9}, "messageCreateTime": 1596731710000}'),
    ('{"user_type": "student", "user_id": 7, "agora_channel_id": 5, "classroom_id": "r1", "event": "STATE", "agora_audioState": {"lost": 8, "uid": 9}, "messageCreateTime": 1596731791000}');
EXPECT av_quality (start_time, event_sum, event_count) CHANGES ('+I', '2020-08-07 00:35:00', 5, 2);
FEED channel_state VALUES
    ('{"user_type": "student", "user_id": 7, "agora_channel_id": 5, "classroom_id": "r1", "event": "STATE", "agora_audioState": {"lost": 16, "uid": 9}, "messageCreateTime": 1596731711000}');
EXPECT av_quality NOTHING;
EXPECT LATE 1 FROM channel_state;

TEST 'teachers, negative losses and states without a number do not count';
FEED channel_state VALUES
    ('{"user_type": "teacher", "user_id": 7, "agora_channel_id": 5, "classroom_id": "r1", "event": "STATE", "agora_audioState": {"lost": 3, "uid": 9}, "messageCreateTime": 1596731749000}'),
    ('{"user_type": "student", "user_id": 7, "agora_channel_id": 5, "classroom_id": "r1", "event": "STATE", "agora_audioState": {"lost": -3, "uid": 9}, "messageCreateTime": 1596731749000}'),
    ('{"user_type": "student", "user_id": 7, "agora_channel_id": 5, "classroom_id": "r1", "event": "STATE", "agora_audioState": {"lost": null, "uid": 9}, "messageCreateTime": 1596731749000}'),
    ('{"user_type": "student", "user_id": 7, "agora_channel_id": 5, "classroom_id": "r1", "event": "STATE", "messageCreateTime": 1596731749000}');
END OF INPUT;
EXPECT av_quality NOTHING;

TEST 'ids that are missing are -1';
FEED channel_state VALUES
    ('{"user_type": "student", "event": "STATE", "agora_audioState": {"lost": 3}, "messageCreateTime": 1596731749000}'),
    ('{"user_type": "student", "agora_audioState": {"lost": 4}, "messageCreateTime": 1596731749000}');
END OF INPUT;
EXPECT av_quality (user_id, web_server_id, classroom_id, extra_uid, event, event_sum, event_count) ROWS
    (-1, -1, '-1', NULL, 'STATE_AUDIO_STATE', 3, 1), (-1, -1, '-1', NULL, '_AUDIO_STATE', 4, 0);

TEST 'bad messages and those without a time are skipped';
FEED channel_state VALUES ('{"user_type": '), ('{"user_type": "student", "agora_audioState": {"lost": 4}}');
EXPECT SKIPPED 2 FROM channel_state;
