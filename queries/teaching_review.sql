-- Teaching review: quality and quantity of each teacher's lessons, by day.
--
-- Quantity comes from the lessons that were held: their number and minutes.  Quality comes from what
-- students say of them: the average of the scores (1 to 5), and the share of those below 3.  Other
-- scores are no scores.  Both topics hold change messages, of which the newest known value of every
-- field of an id counts: a lesson that was called off, or a rating that was taken back, leaves.
--
--   printf '%s\n' '{"id": "l1", "teacher_id": "t1", "start_time": "2020-08-06 16:00:00", "minutes": 25, "status": "HELD"}' > DIR/lesson.ndjson
--   printf '%s\n' '{"id": "r1", "lesson_id": "l1", "score": 5, "status": "VALID"}' > DIR/lesson_rating.ndjson
--   weir run queries/teaching_review.sql --profile local --data DIR --until-end

CREATE TABLE lesson_change (
    messageKey  VARBINARY,
    `message`   VARBINARY,
    topic       VARCHAR,
    `partition` INT,
    `offset`    BIGINT,
    id          AS JSON_VALUE(`message`, '$.id'),
    teacher_id  AS JSON_VALUE(`message`, '$.teacher_id'),
    start_time  AS JSON_VALUE(`message`, '$.start_time'),
    minutes     AS CAST(JSON_VALUE(`message`, '$.minutes') AS BIGINT),
    status      AS JSON_VALUE(`message`, '$.status')
) WITH (
    type = 'kafka011',
    topic = 'lesson',
    `group.id` = 'teaching_review',
    ...
);

CREATE TABLE rating_change (
    messageKey  VARBINARY,
    `message`   VARBINARY,
    topic       VARCHAR,
    `partition` INT,
    `offset`    BIGINT,
    id          AS JSON_VALUE(`message`, '$.id'),
    lesson_id   AS JSON_VALUE(`message`, '$.lesson_id'),
    score       AS CAST(JSON_VALUE(`message`, '$.score') AS BIGINT),
    status      AS JSON_VALUE(`message`, '$.status')
) WITH (
    type = 'kafka011',
    topic = 'lesson_rating',
    `group.id` = 'teaching_review',
    ...
);

CREATE TABLE teaching_review (
    teacher_id    VARCHAR,
    lesson_date   VARCHAR,
    lessons       BIGINT,
    minutes       BIGINT,
    ratings       BIGINT,
    score_avg     DOUBLE,
    complaint_pct DOUBLE,
    verdict       VARCHAR,
    PRIMARY KEY (teacher_id, lesson_date)
) WITH (
    type = 'rds',
    tableName = 'teaching_review',
    ...
);

CREATE VIEW held_lesson AS
SELECT id, teacher_id, DATE_FORMAT(start_time, 'yyyy-MM-dd') AS lesson_date, minutes
FROM (
    SELECT
        LAST_VALUE(id) AS id,
        LAST_VALUE(teacher_id) AS teacher_id,
        LAST_VALUE(start_time) AS start_time,
        LAST_VALUE(minutes) AS minutes,
        LAST_VALUE(status) AS status
    FROM lesson_change
    GROUP BY id
) AS newest
WHERE status = 'HELD' AND id IS NOT NULL AND teacher_id IS NOT NULL
    AND DATE_FORMAT(start_time, 'yyyy-MM-dd') IS NOT NULL;

-- Added up by lesson first, so that a lesson stays one row when its ratings are joined to it.
CREATE VIEW lesson_score AS
SELECT
    lesson_id,
    COUNT(*) AS ratings,
    SUM(score) AS score_sum,
    SUM(CASE WHEN score < 3 THEN 1 ELSE 0 END) AS complaints
FROM (
    SELECT
        LAST_VALUE(lesson_id) AS lesson_id,
        LAST_VALUE(score) AS score,
        LAST_VALUE(status) AS status
    FROM rating_change
    GROUP BY id
) AS newest
WHERE status = 'VALID' AND score BETWEEN 1 AND 5
GROUP BY lesson_id;

CREATE VIEW teacher_day AS
SELECT
    l.teacher_id, l.lesson_date,
    COUNT(*) AS lessons,
    SUM(l.minutes) AS minutes,
    SUM(r.ratings) AS ratings,
    SUM(r.score_sum) AS score_sum,
    SUM(r.complaints) AS complaints
FROM held_lesson AS l
LEFT JOIN lesson_score AS r ON r.lesson_id = l.id
GROUP BY l.teacher_id, l.lesson_date;

-- Enough is four lessons a day; good is an average of four and at most a tenth of complaints.
INSERT INTO teaching_review
SELECT
    teacher_id, lesson_date, lessons, minutes,
    COALESCE(ratings, 0),
    score_sum / ratings,
    100 * complaints / ratings,
    CASE
        WHEN ratings IS NULL THEN 'UNRATED'
        WHEN score_sum < 4 * ratings OR 10 * complaints > ratings THEN 'QUALITY'
        WHEN lessons < 4 THEN 'QUANTITY'
        ELSE 'GOOD'
    END
FROM teacher_day;
