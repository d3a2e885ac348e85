-- Audio and video quality in Flink SQL.  The number of milliseconds becomes an instant first, since
-- event time is a timestamp here, and AVG of integers is one: the average is taken of doubles.
--
-- Reads the messages of ../av_quality.sql, where there are some for a try.
--
--   weir run queries/flink/av_quality.sql --profile local --data DIR --until-end

SET 'table.local-time-zone' = 'Asia/Shanghai';

CREATE TABLE channel_state (
    classroom_id STRING,
    user_type STRING,
    user_id BIGINT,
    agora_channel_id BIGINT,
    event STRING,
    agora_videoState ROW<fr BIGINT, uid BIGINT>,
    agora_audioState ROW<lost BIGINT, uid BIGINT>,
    messageCreateTime BIGINT,
    created AS TO_TIMESTAMP_LTZ(messageCreateTime, 3),
    WATERMARK FOR created AS created - INTERVAL '60' SECOND
) WITH (
    'connector' = 'kafka',
    'topic' = 'agora_record',
    'properties.bootstrap.servers' = 'localhost:9092',
    'properties.group.id' = 'av_quality',
    'scan.startup.mode' = 'group-offsets',
    'properties.auto.offset.reset' = 'earliest',
    'format' = 'json',
    'json.ignore-parse-errors' = 'true'
);

CREATE TABLE av_quality (
    start_time TIMESTAMP(3),
    end_time TIMESTAMP(3),
    user_id BIGINT,
    web_server_id BIGINT,
    classroom_id STRING,
    user_type STRING,
    extra_uid BIGINT,
    event STRING,
    event_sum BIGINT,
    event_avg DOUBLE,
    event_count BIGINT,
    create_time TIMESTAMP(3)
) WITH (
    'connector' = 'jdbc',
    'url' = 'jdbc:mysql://localhost:3306/education',
    'table-name' = 'user_av_record'
);

CREATE TEMPORARY VIEW student_state AS
SELECT
    classroom_id, user_type, user_id, agora_channel_id, event, created,
    agora_audioState.lost AS lost, agora_audioState.uid AS audio_uid,
    agora_videoState.fr AS fr, agora_videoState.uid AS video_uid
FROM channel_state
WHERE user_type = 'student';

EXECUTE STATEMENT SET
BEGIN
INSERT INTO av_quality
SELECT
    window_start, window_end,
    COALESCE(user_id, -1), COALESCE(agora_channel_id, -1), COALESCE(classroom_id, '-1'),
    user_type, audio_uid,
    CONCAT_WS('', event, '_AUDIO_STATE'),
    SUM(lost), AVG(CAST(lost AS DOUBLE)), COUNT(event),
    CAST(CURRENT_TIMESTAMP AS TIMESTAMP(3))
FROM TABLE(TUMBLE(TABLE student_state, DESCRIPTOR(created), INTERVAL '30' SECOND))
WHERE lost >= 0
GROUP BY window_start, window_end, user_id, agora_channel_id, classroom_id, user_type, event,
    audio_uid;

INSERT INTO av_quality
SELECT
    window_start, window_end,
    COALESCE(user_id, -1), COALESCE(agora_channel_id, -1), COALESCE(classroom_id, '-1'),
    user_type, video_uid,
    CONCAT_WS('', event, '_VIDEO_STATE'),
    SUM(fr), AVG(CAST(fr AS DOUBLE)), COUNT(event),
    CAST(CURRENT_TIMESTAMP AS TIMESTAMP(3))
FROM TABLE(TUMBLE(TABLE student_state, DESCRIPTOR(created), INTERVAL '30' SECOND))
WHERE fr >= 0
GROUP BY window_start, window_end, user_id, agora_channel_id, classroom_id, user_type, event,
    video_uid;
END;
