-- Lesson time: how long a student needed for a recorded lesson.
--
-- The player logs a message per step; PPT_SUCCESS says that the slides are through.  Each earlier
-- message of the same student and room is paired with it, and the difference of the two times, in
-- milliseconds, is written.  The largest difference is the one from the very start.
--
--   printf '%s\n' '{"user_id": 7, "classroom_id": "r1", "event_time": 1596731700000, "sub_event": "PPT_START", "extra": {"data_time": 1000}}' \
--       '{"user_id": 7, "classroom_id": "r1", "event_time": 1596731749000, "sub_event": "PPT_SUCCESS", "extra": {"data_time": 50000}}' > DIR/qos_log.ndjson
--   weir run queries/lesson_time.sql --profile local --data DIR --until-end

CREATE TABLE player_log (
    messageKey  VARBINARY,
    `message`   VARBINARY,
    topic       VARCHAR,
    `partition` INT,
    `offset`    BIGINT,
    classroomId AS JSON_VALUE(`message`, '$.classroom_id'),
    userType    AS JSON_VALUE(`message`, '$.user_type'),
    userId      AS CAST(JSON_VALUE(`message`, '$.user_id') AS BIGINT),
    eventTime   AS CAST(JSON_VALUE(`message`, '$.event_time') AS BIGINT),
    subEvent    AS JSON_VALUE(`message`, '$.sub_event'),
    dataTime    AS CAST(JSON_VALUE(JSON_VALUE(`message`, '$.extra'), '$.data_time') AS BIGINT)
) WITH (
    type = 'kafka011',
    topic = 'qos_log',
    ...
);

CREATE TABLE lesson_time (
    user_id      BIGINT,
    classroom_id VARCHAR,
    user_type    VARCHAR,
    spend_time   BIGINT,
    event_time   TIMESTAMP,
    create_time  TIMESTAMP
) WITH (
    type = 'rds',
    tableName = 'user_enter_classroom_take_time',
    ...
);

CREATE VIEW lesson_end AS
SELECT userId, classroomId, dataTime
FROM player_log
WHERE subEvent = 'PPT_SUCCESS';

INSERT INTO lesson_time
SELECT
    step.userId, step.classroomId, step.userType,
    lesson_end.dataTime - step.dataTime,
    TO_TIMESTAMP(step.eventTime),
    CURRENT_TIMESTAMP
FROM player_log AS step
JOIN lesson_end ON step.userId = lesson_end.userId AND step.classroomId = lesson_end.classroomId
WHERE step.dataTime < lesson_end.dataTime;
