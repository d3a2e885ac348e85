-- Class performance: what each student did in an online lesson, minute by minute.
--
-- Reads what signal_etl.sql writes, flat messages of the topic timeline_analysis_student, and counts
-- events per minute, lesson room, student, role and event.  The minute is the one in `timeStamp`; a
-- row whose minute is over when it comes is left out.
--
--   echo '{"userId": 7, "roomId": 3, "role": 2, "event": "STUDENT_LINE_DRAW", "timeStamp": 1596731749000}' > DIR/timeline_analysis_student.ndjson
--   weir run queries/class_performance.sql --profile local --data DIR --until-end
--   sqlite3 DIR/tables.sqlite 'SELECT * FROM timeline_signal_analysis'

CREATE TABLE student_operation (
    messageKey  VARBINARY,
    `message`   VARBINARY,
    topic       VARCHAR,
    `partition` INT,
    `offset`    BIGINT,
    userId      AS CAST(JSON_VALUE(`message`, '$.userId') AS BIGINT),
    roomId      AS CAST(JSON_VALUE(`message`, '$.roomId') AS BIGINT),
    role        AS CAST(JSON_VALUE(`message`, '$.role') AS TINYINT),
    event       AS JSON_VALUE(`message`, '$.event'),
    happened    AS TO_TIMESTAMP(CAST(JSON_VALUE(`message`, '$.timeStamp') AS BIGINT)),
    WATERMARK FOR happened AS WITHOFFSET(happened, 0)
) WITH (
    type = 'kafka011',
    topic = 'timeline_analysis_student',
    `group.id` = 'timeline-analysis-student-mashup-consumer',
    ...
);

CREATE TABLE class_performance (
    start_time   TIMESTAMP,
    end_time     TIMESTAMP,
    webserver_id BIGINT,
    user_id      BIGINT,
    role         TINYINT,
    event        VARCHAR,
    event_count  BIGINT,
    create_time  TIMESTAMP
) WITH (
    type = 'rds',
    tableName = 'timeline_signal_analysis',
    ...
);

INSERT INTO class_performance
SELECT
    TUMBLE_START(happened, INTERVAL '1' MINUTE),
    TUMBLE_END(happened, INTERVAL '1' MINUTE),
    roomId, userId, role, event,
    COUNT(event),
    CURRENT_TIMESTAMP
FROM student_operation
GROUP BY TUMBLE(happened, INTERVAL '1' MINUTE), roomId, userId, role, event;
