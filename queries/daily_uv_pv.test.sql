-- Tests of daily_uv_pv.sql: days are those of Shanghai, visitors count once a day.
SET 'weir.clock' = '2020-08-06T16:35:49Z';

TEST 'views and visitors';
FEED app_log VALUES ('{"event": "view", "user_id": "u1", "page": "home", "time": 1596731749000}');
EXPECT daily_uv_pv CHANGES ('+I', '2020-08-07', 1, 1, '2020-08-07 00:35:49');
FEED app_log VALUES ('{"event": "view", "user_id": "u1", "page": "lesson", "time": 1596731750000}');
EXPECT daily_uv_pv (view_date, pv, uv) CHANGES ('+U', '2020-08-07', 2, 1);
FEED app_log VALUES
    ('{"event": "view", "user_id": "u2", "time": 1596731750000}'),
    ('{"event": "view", "user_id": "u2", "time": 1596729599999}'),
    ('{"event": "view", "user_id": "u2", "time": 1596729600000}');
EXPECT daily_uv_pv (view_date, pv, uv) ROWS ('2020-08-06', 1, 1), ('2020-08-07', 4, 2);

TEST 'nobody is no visitor';
FEED app_log VALUES
    ('{"event": "view", "time": 1596731749000}'),
    ('{"event": "view", "user_id": null, "time": 1596731749000}');
EXPECT daily_uv_pv (view_date, pv, uv) ROWS ('2020-08-07', 2, 0);

TEST 'other events, and views without a time, are left out';
FEED app_log VALUES
    ('{"event": "click", "user_id": "u1", "time": 1596731749000}'),
    ('{"event": "view", "user_id": "u1"}'),
    ('{"event": "view", "user_id": "u1", "time": "noon"}'),
    ('{"event": "vi'), ('{}');
EXPECT daily_uv_pv NOTHING;

TEST 'visitors are known after a restart';
FEED app_log VALUES ('{"event": "view", "user_id": "u1", "time": 1596731749000}');
RESTART;
FEED app_log VALUES ('{"event": "view", "user_id": "u1", "time": 1596731749001}');
EXPECT daily_uv_pv (view_date, pv, uv) ROWS ('2020-08-07', 2, 1);
