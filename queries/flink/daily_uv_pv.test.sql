-- Tests of daily_uv_pv.sql: a day of Shanghai, ten minutes by ten minutes.

TEST 'the first steps of a day';
-- 00:35:49, 00:36:00, 00:55:00 in Shanghai; time is a minute behind
FEED app_log VALUES ('view', 'u1', 1596731749000), ('view', 'u1', 1596731760000), ('click', 'u2', 1596731760000);
EXPECT daily_uv_pv NOTHING;
FEED app_log VALUES ('view', 'u2', 1596732900000);
EXPECT daily_uv_pv CHANGES
    ('+I', '2020-08-07', '2020-08-07 00:40:00', 2, 1), ('+I', '2020-08-07', '2020-08-07 00:50:00', 2, 1);
FEED app_log VALUES ('view', 'u3', 1596733261000);
EXPECT daily_uv_pv CHANGES ('+I', '2020-08-07', '2020-08-07 01:00:00', 3, 2);

TEST 'the last step is the day';
-- 23:35:49 and 23:45:00
FEED app_log VALUES ('view', 'u1', 1596814549000), ('view', NULL, 1596815100000);
END OF INPUT;
EXPECT daily_uv_pv (up_to, pv, uv) ROWS ORDERED
    ('2020-08-07 23:40:00', 1, 1), ('2020-08-07 23:50:00', 2, 1), ('2020-08-08 00:00:00', 2, 1);

TEST 'midnight is that of Shanghai';
FEED app_log VALUES ('view', 'u1', 1596729599999), ('view', 'u1', 1596729600000);
FEED app_log VALUES ('other', 'u1', 1596730260500);
EXPECT daily_uv_pv ROWS ('2020-08-06', '2020-08-07 00:00:00', 1, 1), ('2020-08-07', '2020-08-07 00:10:00', 1, 1);

TEST 'a view that comes when its step has been written counts in the next ones';
FEED app_log VALUES ('view', 'u1', 1596731749000);
FEED app_log VALUES ('view', 'u2', 1596732061000);
EXPECT daily_uv_pv (up_to, pv) CHANGES ('+I', '2020-08-07 00:40:00', 1);
FEED app_log VALUES ('view', 'u3', 1596731750000), ('view', 'u4', 1596732661000);
EXPECT daily_uv_pv (up_to, pv) CHANGES ('+I', '2020-08-07 00:50:00', 3);

TEST 'a message without a time ends the job, as in Flink';
FEED app_log MESSAGES '{"event": "vi', '{"event": "view", "time": "noon"}';
EXPECT ERROR 'its row time "viewed_at" is NULL';
