-- Tests of level_dictionary.sql: channels by the MD5 of their id, the last message of an id counts.

TEST 'a channel';
FEED channel_change VALUES
    ('{"id": "c1", "chinese_name": "网站", "english_name": "web", "level": "A", "pid": "p", "create_time": "t1", "update_time": "t2", "dept_id": 8}');
EXPECT channel_dictionary ROWS
    ('a9f7e97965d6cf799a529102a973b8b9', 'c1', '网站', 'web', 'A', 'p', 't1', 't2', '8');

TEST 'a later message replaces the whole row';
FEED channel_change VALUES
    ('{"id": "c1", "chinese_name": "网站", "english_name": "web", "level": "A"}'),
    ('{"id": "c2", "level": "B"}'),
    ('{"id": "c1", "level": "D"}');
EXPECT channel_dictionary (id, english_name, level) ROWS ('c1', NULL, 'D'), ('c2', NULL, 'B');

TEST 'a message without an id has no row key';
FEED channel_change VALUES ('{"level": "A"}'), ('{"id": null}'), ('no JSON');
EXPECT channel_dictionary NOTHING;
EXPECT SKIPPED 3 FROM channel_dictionary;
