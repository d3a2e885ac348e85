-- Tests of level_dictionary.sql: a row per channel, its columns in one family.

TEST 'a channel, and its newer version';
FEED channel_change VALUES ('c1', '网站', 'web', 'A', 'p', 't1', 't2', '8');
EXPECT channel_dictionary ROWS
    ('a9f7e97965d6cf799a529102a973b8b9', ROW('c1', '网站', 'web', 'A', 'p', 't1', 't2', '8'));
FEED channel_change (id, level) VALUES ('c1', 'D'), ('c2', 'B');
EXPECT channel_dictionary ROWS
    (MD5('c1'), ROW('c1', NULL, NULL, 'D', NULL, NULL, NULL, NULL)),
    (MD5('c2'), ROW('c2', NULL, NULL, 'B', NULL, NULL, NULL, NULL));

TEST 'a message without an id is no channel';
FEED channel_change MESSAGES '{"level": "A"}', '{"id": null}', 'no JSON';
EXPECT channel_dictionary NOTHING;
