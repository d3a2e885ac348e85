-- Sound and picture of live lessons: sums, means and counts of 30 seconds, two INSERTs that share
-- one source.

create table live_record (
    messageKey VARBINARY,
    `message` VARBINARY,
    topic VARCHAR,
    `partition` INT,
    `offset` BIGINT,
    classroom_id as JSON_VALUE(`message`, '$.classroom_id'),
    user_type as JSON_VALUE(`message`, '$.user_type'),
    user_id as cast(JSON_VALUE(`message`, '$.user_id') as BIGINT),
    channel_id as cast(JSON_VALUE(`message`, '$.agora_channel_id') as BIGINT),
    event as JSON_VALUE(`message`, '$.event'),
    frame_rate as
        cast(JSON_VALUE(JSON_VALUE(`message`, '$.agora_videoState'), '$.fr') as BIGINT),
    video_uid as
        cast(JSON_VALUE(JSON_VALUE(`message`, '$.agora_videoState'), '$.uid') as BIGINT),
    lost as cast(JSON_VALUE(JSON_VALUE(`message`, '$.agora_audioState'), '$.lost') as BIGINT),
    audio_uid as
        cast(JSON_VALUE(JSON_VALUE(`message`, '$.agora_audioState'), '$.uid') as BIGINT),
    created as cast(JSON_VALUE(`message`, '$.messageCreateTime') as BIGINT),
    WATERMARK wk FOR created AS WITHOFFSET(created, 60000)
) with (
    type = 'kafka011',
    topic = 'agora_record',
    `group.id` = 'bench'
);

create table av_quality (
    start_time TIMESTAMP,
    end_time TIMESTAMP,
    user_id BIGINT,
    channel_id BIGINT,
    classroom_id VARCHAR,
    uid BIGINT,
    event VARCHAR,
    event_sum BIGINT,
    event_avg DOUBLE,
    event_count BIGINT,
    create_time TIMESTAMP
) with (
    type = 'blackhole'
);

insert into av_quality
select
    TUMBLE_START(created, INTERVAL '30' SECOND),
    TUMBLE_END(created, INTERVAL '30' SECOND),
    case when user_id is null then -1 else user_id end,
    case when channel_id is null then -1 else channel_id end,
    case when classroom_id is null then -1 else classroom_id end,
    audio_uid,
    concat(event, '_AUDIO_STATE'),
    sum(lost),
    avg(lost),
    count(event),
    CURRENT_TIMESTAMP
from live_record
where lost >= 0 and user_type = 'student'
group by
    TUMBLE(created, INTERVAL '30' SECOND), user_id, channel_id, classroom_id, event, audio_uid;

insert into av_quality
select
    TUMBLE_START(created, INTERVAL '30' SECOND),
    TUMBLE_END(created, INTERVAL '30' SECOND),
    case when user_id is null then -1 else user_id end,
    case when channel_id is null then -1 else channel_id end,
    case when classroom_id is null then -1 else classroom_id end,
    video_uid,
    concat(event, '_VIDEO_STATE'),
    sum(frame_rate),
    avg(frame_rate),
    count(event),
    CURRENT_TIMESTAMP
from live_record
where frame_rate >= 0 and user_type = 'student'
group by
    TUMBLE(created, INTERVAL '30' SECOND), user_id, channel_id, classroom_id, event, video_uid;
