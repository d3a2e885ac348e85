-- The signal ETL in Flink SQL: the fields are declared, format json reads them, and one statement
-- set with one INSERT per event makes one job.
--
-- Reads the messages of ../signal_etl.sql, where there are some for a try.
--
--   weir run queries/flink/signal_etl.sql --profile local --data DIR --until-end

CREATE TABLE client_signal (
    createTime STRING,
    data ROW<
        userid BIGINT,
        roomid BIGINT,
        `timestamp` BIGINT,
        role TINYINT,
        msgid BIGINT,
        msg ROW<
            msgtype STRING,
            msg_data ROW<
                target_id STRING, target_type STRING, action STRING, sub_action STRING,
                page_index BIGINT>>>
) WITH (
    'connector' = 'kafka',
    'topic' = 'timeline_client_topic',
    'properties.bootstrap.servers' = 'localhost:9092',
    'properties.group.id' = 'timeline_analysis_student_consumer',
    'scan.startup.mode' = 'group-offsets',
    'properties.auto.offset.reset' = 'earliest',
    'format' = 'json',
    'json.ignore-parse-errors' = 'true'
);

CREATE TABLE student_operation (
    messageCreateTime STRING,
    messageTimeStamp TIMESTAMP_LTZ(3),
    userId BIGINT,
    roomId BIGINT,
    role TINYINT,
    msgId BIGINT,
    msgType STRING,
    targetId STRING,
    targetType STRING,
    action STRING,
    subAction STRING,
    pageIndex BIGINT,
    event STRING
) WITH (
    'connector' = 'kafka',
    'topic' = 'timeline_analysis_student',
    'properties.bootstrap.servers' = 'localhost:9092',
    'format' = 'json'
);

CREATE VIEW student_signal AS
SELECT
    createTime, TO_TIMESTAMP_LTZ(data.`timestamp`, 3) AS happenedAt,
    data.userid AS userId, data.roomid AS roomId, data.role AS role, data.msgid AS msgId,
    data.msg.msgtype AS msgType,
    data.msg.msg_data.target_id AS targetId, data.msg.msg_data.target_type AS targetType,
    data.msg.msg_data.action AS action, data.msg.msg_data.sub_action AS subAction,
    data.msg.msg_data.page_index AS pageIndex
FROM client_signal
WHERE data.msgid = 305 AND data.msg.msgtype = '116' AND data.role = 2;

EXECUTE STATEMENT SET
BEGIN
INSERT INTO student_operation SELECT createTime, happenedAt, userId, roomId, role, msgId, msgType, targetId, targetType, action, subAction, pageIndex, 'STUDENT_MOVE_PICTURE' FROM student_signal WHERE targetType = 'shape' AND action = 'move';
INSERT INTO student_operation SELECT createTime, happenedAt, userId, roomId, role, msgId, msgType, targetId, targetType, action, subAction, pageIndex, 'STUDENT_HOVER_PICTURE' FROM student_signal WHERE targetType = 'shape' AND action = 'mouse' AND subAction = 'over';
INSERT INTO student_operation SELECT createTime, happenedAt, userId, roomId, role, msgId, msgType, targetId, targetType, action, subAction, pageIndex, 'STUDENT_LINE_DRAW' FROM student_signal WHERE targetType = 'shape' AND action = 'add';
INSERT INTO student_operation SELECT createTime, happenedAt, userId, roomId, role, msgId, msgType, targetId, targetType, action, subAction, pageIndex, 'STUDENT_AUDIO_PLAY' FROM student_signal WHERE targetType = 'template' AND action = 'audio' AND subAction = 'start';
INSERT INTO student_operation SELECT createTime, happenedAt, userId, roomId, role, msgId, msgType, targetId, targetType, action, subAction, pageIndex, 'STUDENT_AUDIO_PAUSE' FROM student_signal WHERE targetType = 'template' AND action = 'audio' AND subAction = 'pause';
INSERT INTO student_operation SELECT createTime, happenedAt, userId, roomId, role, msgId, msgType, targetId, targetType, action, subAction, pageIndex, 'STUDENT_MATCH_WRONG' FROM student_signal WHERE targetId = 'match' AND targetType = 'template' AND action = 'match' AND subAction = 'drop:wrong';
INSERT INTO student_operation SELECT createTime, happenedAt, userId, roomId, role, msgId, msgType, targetId, targetType, action, subAction, pageIndex, 'STUDENT_MATCH_CORRECT' FROM student_signal WHERE targetId = 'match' AND targetType = 'template' AND action = 'match' AND subAction = 'drop:correct';
END;
