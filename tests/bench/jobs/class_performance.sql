-- Operations of students a minute: what each did how often, in which class room.

create table student_operation (
    messageKey VARBINARY,
    `message` VARBINARY,
    topic VARCHAR,
    `partition` INT,
    `offset` BIGINT,
    user_id as cast(JSON_VALUE(`message`, '$.userId') as BIGINT),
    room_id as cast(JSON_VALUE(`message`, '$.roomId') as BIGINT),
    role as cast(JSON_VALUE(`message`, '$.role') as TINYINT),
    event as JSON_VALUE(`message`, '$.event'),
    happened as TO_TIMESTAMP(cast(JSON_VALUE(`message`, '$.timeStamp') as BIGINT)),
    WATERMARK wk FOR happened AS WITHOFFSET(happened, 0)
) with (
    type = 'kafka011',
    topic = 'timeline_analysis_student',
    `group.id` = 'bench'
);

create table class_performance (
    start_time TIMESTAMP,
    end_time TIMESTAMP,
    room_id BIGINT,
    user_id BIGINT,
    role TINYINT,
    event VARCHAR,
    event_count BIGINT,
    create_time TIMESTAMP
) with (
    type = 'blackhole'
);

insert into class_performance
select
    TUMBLE_START(happened, INTERVAL '1' MINUTE),
    TUMBLE_END(happened, INTERVAL '1' MINUTE),
    room_id,
    user_id,
    role,
    event,
    count(event),
    CURRENT_TIMESTAMP
from student_operation
group by TUMBLE(happened, INTERVAL '1' MINUTE), user_id, room_id, role, event;
