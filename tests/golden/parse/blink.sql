create table src (
    messageKey VARBINARY,
    `message` VARBINARY,
    topic VARCHAR HEADER,
    `partition` INT,
    `offset` BIGINT,
    createTime as cast(JSON_VALUE (`message`, '$.createTime')as VARCHAR),
    n bigint(20) NOT NULL, m int(6),
    rt as TO_TIMESTAMP(cast(JSON_VALUE(`message`, '$.t') as BIGINT)),
    WATERMARK wk FOR rt AS WITHOFFSET (rt, 60000)--glued
) with (
    type = 'kafka011',
    topic = 'client_topic',
    `group.id` = 'g',
    bootstrap.servers = 'h:9092',
    group.name = 'x',
    table-name = 'y',
    'quoted' = 'z',
       ...
);
create table dim (
    rowkey varchar, `level` VARCHAR, INDEX (rowkey), UNIQUE INDEX (`level`), UNIQUE (rowkey),
    primary key (rowkey), PERIOD FOR SYSTEM_TIME
) with (
    type = 'cloudhbase',
    ...,
);
create table empty_with (a int) with (...);
insert into sink
select t.id, case when level in ('A','B') then level else 'other' end as uk, count(distinct t.id) leads
from src t left join dim FOR SYSTEM_TIME AS OF PROCTIME() ch on ch.rowkey = MD5(t.channel_id)
join dim as d2 for system_time as of t.pt on d2.rowkey = t.id
where u.name not LIKE '%测试%' and u.name not LIKE 'DM\\_%' and u.status = _UTF16'正常'
group by date_format(d,'yyyyMMddHH'), case when level in ('A','B') then level else 'other' end
EMIT WITH DELAY '1' MINUTE BEFORE WATERMARK, WITHOUT DELAY AFTER WATERMARK;
select * from (select a, last_value(b) as b from t group by a) emit with delay '10' second before watermark;
insert into s select a, b from t, lateral table(string_split(x, ',')) as p(v);
insert into s select a, b from t left join lateral table(json_tuple(x, 'a', 'b')) as p(v, w) on true;
create view v as select `userId`, role as role, event from t;
create function f as 'com.example.F';
