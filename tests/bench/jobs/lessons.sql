-- Recorded lessons: from every event of a student in a class room to each later success of a page.

create table quality_log (
    messageKey VARBINARY,
    `message` VARBINARY,
    topic VARCHAR,
    `partition` INT,
    `offset` BIGINT,
    classroom_id as JSON_VALUE(`message`, '$.classroom_id'),
    user_type as JSON_VALUE(`message`, '$.user_type'),
    user_id as cast(JSON_VALUE(`message`, '$.user_id') as BIGINT),
    event_time as cast(JSON_VALUE(`message`, '$.event_time') as BIGINT),
    sub_event as JSON_VALUE(`message`, '$.sub_event'),
    data_time as cast(JSON_VALUE(JSON_VALUE(`message`, '$.extra'), '$.data_time') as BIGINT)
) with (
    type = 'kafka011',
    topic = 'qos_log',
    `group.id` = 'bench'
);

create table lesson_time (
    user_id BIGINT,
    classroom_id VARCHAR,
    user_type VARCHAR,
    spend_time BIGINT,
    event_time TIMESTAMP,
    create_time TIMESTAMP
) with (
    type = 'blackhole'
);

create view page_success as
select user_id, classroom_id, data_time
from quality_log
where sub_event = 'PPT_SUCCESS';

insert into lesson_time
select
    a.user_id,
    a.classroom_id,
    a.user_type,
    b.data_time - a.data_time,
    TO_TIMESTAMP(a.event_time),
    CURRENT_TIMESTAMP
from quality_log a
join page_success b on a.user_id = b.user_id and a.classroom_id = b.classroom_id
where a.data_time < b.data_time;
