-- Signal ETL: what students do in an online lesson.
--
-- The client sends deeply nested JSON to the topic timeline_client_topic.  Seven kinds of operation
-- are picked out, flattened to one level and written to timeline_analysis_student, each with the
-- name of its event.  `data` may be an object or a string that holds one.
--
--   printf '%s\n' '{"createTime": "2020-08-06 16:35:49", "data": {"userid": 7, "roomid": 3, "timestamp": 1596731749000, "role": 2, "msgid": 305, "msg": {"msgtype": "116", "msg_data": {"target_type": "shape", "action": "move"}}}}' > DIR/timeline_client_topic.ndjson
--   weir run queries/signal_etl.sql --profile local --data DIR --until-end

CREATE TABLE client_signal (
    messageKey  VARBINARY,
    `message`   VARBINARY,
    topic       VARCHAR,
    `partition` INT,
    `offset`    BIGINT,
    createTime  AS JSON_VALUE(`message`, '$.createTime'),
    userId      AS CAST(JSON_VALUE(JSON_VALUE(`message`, '$.data'), '$.userid') AS BIGINT),
    roomId      AS CAST(JSON_VALUE(JSON_VALUE(`message`, '$.data'), '$.roomid') AS BIGINT),
    happenedAt  AS CAST(JSON_VALUE(JSON_VALUE(`message`, '$.data'), '$.timestamp') AS BIGINT),
    role        AS CAST(JSON_VALUE(JSON_VALUE(`message`, '$.data'), '$.role') AS TINYINT),
    msgId       AS CAST(JSON_VALUE(JSON_VALUE(`message`, '$.data'), '$.msgid') AS BIGINT),
    msgType     AS JSON_VALUE(JSON_VALUE(JSON_VALUE(`message`, '$.data'), '$.msg'), '$.msgtype'),
    targetId    AS JSON_VALUE(JSON_VALUE(JSON_VALUE(JSON_VALUE(`message`, '$.data'), '$.msg'), '$.msg_data'), '$.target_id'),
    targetType  AS JSON_VALUE(JSON_VALUE(JSON_VALUE(JSON_VALUE(`message`, '$.data'), '$.msg'), '$.msg_data'), '$.target_type'),
    action      AS JSON_VALUE(JSON_VALUE(JSON_VALUE(JSON_VALUE(`message`, '$.data'), '$.msg'), '$.msg_data'), '$.action'),
    subAction   AS JSON_VALUE(JSON_VALUE(JSON_VALUE(JSON_VALUE(`message`, '$.data'), '$.msg'), '$.msg_data'), '$.sub_action'),
    pageIndex   AS CAST(JSON_VALUE(JSON_VALUE(JSON_VALUE(JSON_VALUE(`message`, '$.data'), '$.msg'), '$.msg_data'), '$.page_index') AS BIGINT)
) WITH (
    type = 'kafka011',
    topic = 'timeline_client_topic',
    `group.id` = 'timeline_analysis_student_consumer',
    ...
);

CREATE TABLE student_operation (
    messageKey VARBINARY,
    `message`  VARBINARY,
    PRIMARY KEY (messageKey)
) WITH (
    type = 'kafka011',
    topic = 'timeline_analysis_student',
    ...
);

-- The operations of students in lessons (message 305, type 116, role 2), without what happened.
CREATE VIEW student_signal AS
SELECT
    messageKey, targetId, targetType, action, subAction,
    CONCAT('{ "messageCreateTime": "', createTime,
           '","timeStamp": ', NOW() * 1000,
           ',"messageTimeStamp": "', TO_TIMESTAMP(happenedAt),
           '","userId": ', userId,
           ',"roomId": ', roomId,
           ',"role": ', role,
           ',"msgId": ', msgId,
           ',"msgType": ', msgType,
           ',"targetId": "', targetId,
           '","targetType": "', targetType,
           '","action": "', action,
           '","subAction": "', subAction,
           '","pageIndex": ', pageIndex) AS fields
FROM client_signal
WHERE msgId = '305' AND msgType = '116' AND role = '2';

-- a picture was dragged into another basket
INSERT INTO student_operation
SELECT messageKey, CAST(CONCAT(fields, ',"event": "STUDENT_MOVE_PICTURE" }') AS VARBINARY)
FROM student_signal
WHERE targetType = 'shape' AND action = 'move';

-- the pointer rests on a picture, which is then read aloud
INSERT INTO student_operation
SELECT messageKey, CAST(CONCAT(fields, ',"event": "STUDENT_HOVER_PICTURE" }') AS VARBINARY)
FROM student_signal
WHERE targetType = 'shape' AND action = 'mouse' AND subAction = 'over';

-- a line was drawn
INSERT INTO student_operation
SELECT messageKey, CAST(CONCAT(fields, ',"event": "STUDENT_LINE_DRAW" }') AS VARBINARY)
FROM student_signal
WHERE targetType = 'shape' AND action = 'add';

-- the recording was started
INSERT INTO student_operation
SELECT messageKey, CAST(CONCAT(fields, ',"event": "STUDENT_AUDIO_PLAY" }') AS VARBINARY)
FROM student_signal
WHERE targetType = 'template' AND action = 'audio' AND subAction = 'start';

-- the recording was paused
INSERT INTO student_operation
SELECT messageKey, CAST(CONCAT(fields, ',"event": "STUDENT_AUDIO_PAUSE" }') AS VARBINARY)
FROM student_signal
WHERE targetType = 'template' AND action = 'audio' AND subAction = 'pause';

-- word and picture do not belong together
INSERT INTO student_operation
SELECT messageKey, CAST(CONCAT(fields, ',"event": "STUDENT_MATCH_WRONG" }') AS VARBINARY)
FROM student_signal
WHERE targetId = 'match' AND targetType = 'template' AND action = 'match' AND subAction = 'drop:wrong';

-- word and picture belong together
INSERT INTO student_operation
SELECT messageKey, CAST(CONCAT(fields, ',"event": "STUDENT_MATCH_CORRECT" }') AS VARBINARY)
FROM student_signal
WHERE targetId = 'match' AND targetType = 'template' AND action = 'match' AND subAction = 'drop:correct';
