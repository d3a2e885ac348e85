-- Audio and video quality: the losses of online lessons, in windows of half a minute.
--
-- The lesson client reports lost audio (`lost`) and faults of the picture (`fr`) of every channel it
-- hears and sees.  Sum, average and number go to one table, told apart by the end of `event`.  The
-- event time is the number messageCreateTime itself; messages may be a minute late.
--
--   echo '{"user_type": "student", "user_id": 7, "agora_channel_id": 5, "classroom_id": "r1", "event": "STATE", "agora_audioState": {"lost": 3, "uid": 9}, "messageCreateTime": 1596731749000}' > DIR/agora_record.ndjson
--   weir run queries/av_quality.sql --profile local --data DIR --until-end

CREATE TABLE channel_state (
    messageKey  VARBINARY,
    `message`   VARBINARY,
    topic       VARCHAR,
    `partition` INT,
    `offset`    BIGINT,
    classroomId AS JSON_VALUE(`message`, '$.classroom_id'),
    userType    AS JSON_VALUE(`message`, '$.user_type'),
    userId      AS CAST(JSON_VALUE(`message`, '$.user_id') AS BIGINT),
    channelId   AS CAST(JSON_VALUE(`message`, '$.agora_channel_id') AS BIGINT),
    event       AS JSON_VALUE(`message`, '$.event'),
    videoFaults AS CAST(JSON_VALUE(JSON_VALUE(`message`, '$.agora_videoState'), '$.fr') AS BIGINT),
    videoUid    AS CAST(JSON_VALUE(JSON_VALUE(`message`, '$.agora_videoState'), '$.uid') AS BIGINT),
    audioLost   AS CAST(JSON_VALUE(JSON_VALUE(`message`, '$.agora_audioState'), '$.lost') AS BIGINT),
    audioUid    AS CAST(JSON_VALUE(JSON_VALUE(`message`, '$.agora_audioState'), '$.uid') AS BIGINT),
    createdMs   AS CAST(JSON_VALUE(`message`, '$.messageCreateTime') AS BIGINT),
    WATERMARK FOR createdMs AS WITHOFFSET(createdMs, 60000)
) WITH (
    type = 'kafka011',
    topic = 'agora_record',
    ...
);

CREATE TABLE av_quality (
    start_time    TIMESTAMP,
    end_time      TIMESTAMP,
    user_id       BIGINT,
    web_server_id BIGINT,
    classroom_id  VARCHAR,
    user_type     VARCHAR,
    extra_uid     BIGINT,
    event         VARCHAR,
    event_sum     BIGINT,
    event_avg     DOUBLE,
    event_count   BIGINT,
    create_time   TIMESTAMP
) WITH (
    type = 'rds',
    tableName = 'user_av_record',
    ...
);

INSERT INTO av_quality
SELECT
    TUMBLE_START(createdMs, INTERVAL '30' SECOND),
    TUMBLE_END(createdMs, INTERVAL '30' SECOND),
    CASE WHEN userId IS NULL THEN -1 ELSE userId END,
    CASE WHEN channelId IS NULL THEN -1 ELSE channelId END,
    CASE WHEN classroomId IS NULL THEN -1 ELSE classroomId END,
    userType, audioUid,
    CONCAT(event, '_AUDIO_STATE'),
    SUM(audioLost), AVG(audioLost), COUNT(event),
    CURRENT_TIMESTAMP
FROM channel_state
WHERE audioLost >= 0 AND userType = 'student'
GROUP BY TUMBLE(createdMs, INTERVAL '30' SECOND),
    userId, channelId, classroomId, userType, event, audioUid;

INSERT INTO av_quality
SELECT
    TUMBLE_START(createdMs, INTERVAL '30' SECOND),
    TUMBLE_END(createdMs, INTERVAL '30' SECOND),
    CASE WHEN userId IS NULL THEN -1 ELSE userId END,
    CASE WHEN channelId IS NULL THEN -1 ELSE channelId END,
    CASE WHEN classroomId IS NULL THEN -1 ELSE classroomId END,
    userType, videoUid,
    CONCAT(event, '_VIDEO_STATE'),
    SUM(videoFaults), AVG(videoFaults), COUNT(event),
    CURRENT_TIMESTAMP
FROM channel_state
WHERE videoFaults >= 0 AND userType = 'student'
GROUP BY TUMBLE(createdMs, INTERVAL '30' SECOND),
    userId, channelId, classroomId, userType, event, videoUid;
