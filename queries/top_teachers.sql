-- Top teachers: the ten teachers whose lessons most students booked, for each day of lessons.
--
-- The topic holds change messages of bookings; the newest known value of every field of a booking
-- counts, and a cancelled one does not.  A student counts once a teacher and day.  A place is a row:
-- its teacher changes when the order does.  Of two with as many students the smaller id leads.
--
--   printf '%s\n' '{"id": "b1", "teacher_id": "t1", "student_id": "s1", "lesson_time": "2020-08-06 16:00:00", "status": "BOOKED"}' > DIR/lesson_booking.ndjson
--   weir run queries/top_teachers.sql --profile local --data DIR --until-end

CREATE TABLE booking_change (
    messageKey  VARBINARY,
    `message`   VARBINARY,
    topic       VARCHAR,
    `partition` INT,
    `offset`    BIGINT,
    id          AS JSON_VALUE(`message`, '$.id'),
    teacher_id  AS JSON_VALUE(`message`, '$.teacher_id'),
    student_id  AS JSON_VALUE(`message`, '$.student_id'),
    lesson_time AS JSON_VALUE(`message`, '$.lesson_time'),
    status      AS JSON_VALUE(`message`, '$.status')
) WITH (
    type = 'kafka011',
    topic = 'lesson_booking',
    `group.id` = 'top_teachers',
    ...
);

CREATE TABLE top_teachers (
    lesson_date VARCHAR,
    place       BIGINT,
    teacher_id  VARCHAR,
    students    BIGINT,
    PRIMARY KEY (lesson_date, place)
) WITH (
    type = 'rds',
    tableName = 'top_teachers',
    ...
);

CREATE VIEW booking AS
SELECT
    LAST_VALUE(teacher_id) AS teacher_id,
    LAST_VALUE(student_id) AS student_id,
    LAST_VALUE(lesson_time) AS lesson_time,
    LAST_VALUE(status) AS status
FROM booking_change
GROUP BY id;

CREATE VIEW teacher_day AS
SELECT
    DATE_FORMAT(lesson_time, 'yyyy-MM-dd') AS lesson_date,
    teacher_id,
    COUNT(DISTINCT student_id) AS students
FROM booking
WHERE status <> 'CANCELLED' AND teacher_id IS NOT NULL
    AND DATE_FORMAT(lesson_time, 'yyyy-MM-dd') IS NOT NULL
GROUP BY DATE_FORMAT(lesson_time, 'yyyy-MM-dd'), teacher_id;

INSERT INTO top_teachers
SELECT lesson_date, place, teacher_id, students
FROM (
    SELECT
        lesson_date, teacher_id, students,
        ROW_NUMBER() OVER (PARTITION BY lesson_date ORDER BY students DESC, teacher_id) AS place
    FROM teacher_day
) AS ranked
WHERE place <= 10;
