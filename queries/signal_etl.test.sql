-- Tests of signal_etl.sql: which operations are picked out, and what a flat message looks like.
SET 'weir.clock' = '2020-08-06T16:35:50Z';

TEST 'a picture that is moved';
FEED client_signal (messageKey, `message`) VALUES
    ('k1', '{"createTime": "2020-08-06 16:35:49", "data": {"userid": 7, "roomid": 3, "timestamp": 1596731749000, "role": 2, "msgid": 305, "msg": {"msgtype": "116", "msg_data": {"target_id": "cat", "target_type": "shape", "action": "move", "sub_action": "drag", "page_index": 4}}}}');
EXPECT student_operation ROWS
    ('k1', '{ "messageCreateTime": "2020-08-06 16:35:49","timeStamp": 1596731750000,"messageTimeStamp": "2020-08-07 00:35:49.000","userId": 7,"roomId": 3,"role": 2,"msgId": 305,"msgType": 116,"targetId": "cat","targetType": "shape","action": "move","subAction": "drag","pageIndex": 4,"event": "STUDENT_MOVE_PICTURE" }');

TEST 'the data may be a string that holds an object';
FEED client_signal (messageKey, `message`) VALUES
    ('k1', '{"createTime": "x", "data": "{\"userid\": 7, \"roomid\": 3, \"timestamp\": 1596731749000, \"role\": 2, \"msgid\": 305, \"msg\": {\"msgtype\": \"116\", \"msg_data\": {\"target_id\": \"match\", \"target_type\": \"template\", \"action\": \"match\", \"sub_action\": \"drop:wrong\", \"page_index\": 1}}}"}');
EXPECT student_operation ROWS
    ('k1', '{ "messageCreateTime": "x","timeStamp": 1596731750000,"messageTimeStamp": "2020-08-07 00:35:49.000","userId": 7,"roomId": 3,"role": 2,"msgId": 305,"msgType": 116,"targetId": "match","targetType": "template","action": "match","subAction": "drop:wrong","pageIndex": 1,"event": "STUDENT_MATCH_WRONG" }');

TEST 'teachers, other messages and other operations are left out';
FEED client_signal VALUES
    ('{"createTime": "x", "data": {"userid": 7, "roomid": 3, "timestamp": 1596731749000, "role": 1, "msgid": 305, "msg": {"msgtype": "116", "msg_data": {"target_id": "a", "target_type": "shape", "action": "move", "sub_action": "", "page_index": 1}}}}'),
    ('{"createTime": "x", "data": {"userid": 7, "roomid": 3, "timestamp": 1596731749000, "role": 2, "msgid": 306, "msg": {"msgtype": "116", "msg_data": {"target_id": "a", "target_type": "shape", "action": "move", "sub_action": "", "page_index": 1}}}}'),
    ('{"createTime": "x", "data": {"userid": 7, "roomid": 3, "timestamp": 1596731749000, "role": 2, "msgid": 305, "msg": {"msgtype": "117", "msg_data": {"target_id": "a", "target_type": "shape", "action": "move", "sub_action": "", "page_index": 1}}}}'),
    ('{"createTime": "x", "data": {"userid": 7, "roomid": 3, "timestamp": 1596731749000, "role": 2, "msgid": 305, "msg": {"msgtype": "116", "msg_data": {"target_id": "a", "target_type": "shape", "action": "turn", "sub_action": "", "page_index": 1}}}}');
EXPECT student_operation NOTHING;

TEST 'what is no JSON, or has no data, gives nothing and harms nobody';
FEED client_signal VALUES ('{"data": '), ('null'), (''), ('[]'), ('{"data": 7}');
EXPECT student_operation NOTHING;
FEED client_signal (messageKey, `message`) VALUES
    (NULL, '{"createTime": "x", "data": {"userid": 7, "roomid": 3, "timestamp": 1596731749000, "role": 2, "msgid": 305, "msg": {"msgtype": "116", "msg_data": {"target_id": "a", "target_type": "template", "action": "audio", "sub_action": "pause", "page_index": 1}}}}');
EXPECT student_operation ROWS (NULL, ANY);

TEST 'a field that is missing is passed over';
FEED client_signal VALUES
    ('{"createTime": "x", "data": {"userid": 7, "roomid": 3, "timestamp": 1596731749000, "role": 2, "msgid": 305, "msg": {"msgtype": "116", "msg_data": {"target_type": "shape", "action": "add"}}}}');
EXPECT student_operation CHANGES
    ('+I', NULL, '{ "messageCreateTime": "x","timeStamp": 1596731750000,"messageTimeStamp": "2020-08-07 00:35:49.000","userId": 7,"roomId": 3,"role": 2,"msgId": 305,"msgType": 116,"targetId": "","targetType": "shape","action": "add","subAction": "","pageIndex": ,"event": "STUDENT_LINE_DRAW" }');

TEST 'each operation has its event, and one message only one';
FEED client_signal (messageKey, `message`) VALUES
    ('over', '{"createTime": "x", "data": {"userid": 7, "roomid": 3, "timestamp": 1596731749000, "role": 2, "msgid": 305, "msg": {"msgtype": "116", "msg_data": {"target_id": "a", "target_type": "shape", "action": "mouse", "sub_action": "over", "page_index": 1}}}}'),
    ('out', '{"createTime": "x", "data": {"userid": 7, "roomid": 3, "timestamp": 1596731749000, "role": 2, "msgid": 305, "msg": {"msgtype": "116", "msg_data": {"target_id": "a", "target_type": "shape", "action": "mouse", "sub_action": "out", "page_index": 1}}}}'),
    ('add', '{"createTime": "x", "data": {"userid": 7, "roomid": 3, "timestamp": 1596731749000, "role": 2, "msgid": 305, "msg": {"msgtype": "116", "msg_data": {"target_id": "a", "target_type": "shape", "action": "add", "sub_action": "x", "page_index": 1}}}}'),
    ('play', '{"createTime": "x", "data": {"userid": 7, "roomid": 3, "timestamp": 1596731749000, "role": 2, "msgid": 305, "msg": {"msgtype": "116", "msg_data": {"target_id": "a", "target_type": "template", "action": "audio", "sub_action": "start", "page_index": 1}}}}'),
    ('right', '{"createTime": "x", "data": {"userid": 7, "roomid": 3, "timestamp": 1596731749000, "role": 2, "msgid": 305, "msg": {"msgtype": "116", "msg_data": {"target_id": "match", "target_type": "template", "action": "match", "sub_action": "drop:correct", "page_index": 1}}}}'),
    ('other', '{"createTime": "x", "data": {"userid": 7, "roomid": 3, "timestamp": 1596731749000, "role": 2, "msgid": 305, "msg": {"msgtype": "116", "msg_data": {"target_id": "fill", "target_type": "template", "action": "match", "sub_action": "drop:correct", "page_index": 1}}}}');
EXPECT student_operation (messageKey) CHANGES ('+I', 'over'), ('+I', 'add'), ('+I', 'play'), ('+I', 'right');
