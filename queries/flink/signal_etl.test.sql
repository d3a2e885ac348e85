-- Tests of signal_etl.sql: operations of students, from fields that are declared.
SET 'table.local-time-zone' = 'UTC';

TEST 'a picture that is moved';
FEED client_signal MESSAGES
    '{"createTime": "2020-08-06 16:35:49", "data": {"userid": 7, "roomid": 3, "timestamp": 1596731749000, "role": 2, "msgid": 305, "msg": {"msgtype": "116", "msg_data": {"target_id": "cat", "target_type": "shape", "action": "move", "sub_action": "drag", "page_index": 4}}}}';
EXPECT student_operation ROWS
    ('2020-08-06 16:35:49', '2020-08-06 16:35:49', 7, 3, 2, 305, '116', 'cat', 'shape', 'move', 'drag', 4, 'STUDENT_MOVE_PICTURE');

TEST 'rows may be given by column';
FEED client_signal VALUES
    ('x', ROW(7, 3, 1596731749000, 2, 305, ROW('116', ROW('match', 'template', 'match', 'drop:wrong', 1)))),
    ('y', ROW(7, 3, 1596731749000, 2, 305, ROW('116', ROW('match', 'template', 'match', 'drop:correct', 1)))),
    ('z', ROW(7, 3, 1596731749000, 2, 305, ROW('116', ROW('other', 'template', 'match', 'drop:correct', 1)))),
    ('t', ROW(7, 3, 1596731749000, 1, 305, ROW('116', ROW('match', 'template', 'match', 'drop:correct', 1))));
EXPECT student_operation (messageCreateTime, event) CHANGES
    ('+I', 'x', 'STUDENT_MATCH_WRONG'), ('+I', 'y', 'STUDENT_MATCH_CORRECT');

TEST 'all other events';
FEED client_signal VALUES
    ('a', ROW(7, 3, 1596731749000, 2, 305, ROW('116', ROW('x', 'shape', 'mouse', 'over', 1)))),
    ('b', ROW(7, 3, 1596731749000, 2, 305, ROW('116', ROW('x', 'shape', 'add', NULL, NULL)))),
    ('c', ROW(7, 3, 1596731749000, 2, 305, ROW('116', ROW('x', 'template', 'audio', 'start', 1)))),
    ('d', ROW(7, 3, 1596731749000, 2, 305, ROW('116', ROW('x', 'template', 'audio', 'pause', 1))));
EXPECT student_operation (messageCreateTime, subAction, event) ROWS
    ('a', 'over', 'STUDENT_HOVER_PICTURE'), ('b', NULL, 'STUDENT_LINE_DRAW'),
    ('c', 'start', 'STUDENT_AUDIO_PLAY'), ('d', 'pause', 'STUDENT_AUDIO_PAUSE');

TEST 'what is missing or no JSON gives nothing';
FEED client_signal MESSAGES '{"createTime": "x"}', '{"data": {"msgid": 305}}', '{"data": ', '', '{"data": 7}';
EXPECT student_operation NOTHING;
