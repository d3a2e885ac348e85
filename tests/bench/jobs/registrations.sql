-- Registrations by hour and channel group: the newest state of students and of their accounts,
-- joined, test accounts left out, counted anew with every change.  The look-up of the channel's
-- level is a CASE here, so that nothing but the streams is measured.

create table student (
    messageKey VARBINARY,
    `message` VARBINARY,
    topic VARCHAR,
    `partition` INT,
    `offset` BIGINT,
    id as JSON_VALUE(`message`, '$.id'),
    channel_id as JSON_VALUE(`message`, '$.channel_id'),
    update_time as JSON_VALUE(`message`, '$.update_time')
) with (
    type = 'kafka010',
    topic = 'uc_account-student',
    `group.id` = 'bench'
);

create table account (
    messageKey VARBINARY,
    `message` VARBINARY,
    topic VARCHAR,
    `partition` INT,
    `offset` BIGINT,
    id as JSON_VALUE(`message`, '$.id'),
    name as JSON_VALUE(`message`, '$.name'),
    register_date_time as JSON_VALUE(`message`, '$.register_date_time'),
    status as JSON_VALUE(`message`, '$.status')
) with (
    type = 'kafka010',
    topic = 'uc_account-user',
    `group.id` = 'bench'
);

create table registrations (
    reg_date BIGINT,
    level VARCHAR,
    leads BIGINT
) with (
    type = 'blackhole'
);

create view student_now as
select
    last_value(id) as id,
    last_value(update_time) as update_time,
    last_value(channel_id) as channel_id
from student
group by id;

create view account_now as
select
    last_value(id) as id,
    last_value(name) as name,
    last_value(register_date_time) as register_date_time,
    last_value(status) as status
from account
group by id;

insert into registrations
select
    cast(date_format(a.register_date_time, 'yyyyMMddHH') as BIGINT),
    case
        when s.channel_id < '10' then 'A'
        when s.channel_id < '12' then 'B'
        when s.channel_id < '14' then 'C'
        when s.channel_id < '16' then 'D'
        else 'other'
    end,
    count(distinct s.id)
from student_now s
left join account_now a on a.id = s.id
where
    a.name not like '%测试%'
    and a.name not like 'DM\\_%'
    and a.name not like '%test%'
    and a.status = 'NORMAL'
group by
    date_format(a.register_date_time, 'yyyyMMddHH'),
    case
        when s.channel_id < '10' then 'A'
        when s.channel_id < '12' then 'B'
        when s.channel_id < '14' then 'C'
        when s.channel_id < '16' then 'D'
        else 'other'
    end;
