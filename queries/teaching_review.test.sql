-- Tests of teaching_review.sql: lessons, scores and the verdict on a teacher's day.
FEED lesson_change VALUES
    ('{"id": "l1", "teacher_id": "t1", "start_time": "2020-08-06 16:00:00", "minutes": 25, "status": "HELD"}');

TEST 'a day without scores is not rated';
EXPECT teaching_review ROWS ('t1', '2020-08-06', 1, 25, 0, NULL, NULL, 'UNRATED');

TEST 'too few lessons, though well liked';
FEED rating_change VALUES ('{"id": "r1", "lesson_id": "l1", "score": 5, "status": "VALID"}');
EXPECT teaching_review ROWS ('t1', '2020-08-06', 1, 25, 1, 5, 0, 'QUANTITY');

TEST 'four lessons and good scores';
FEED lesson_change VALUES
    ('{"id": "l2", "teacher_id": "t1", "start_time": "2020-08-06 17:00:00", "minutes": 25, "status": "HELD"}'),
    ('{"id": "l3", "teacher_id": "t1", "start_time": "2020-08-06 18:00:00", "minutes": 25, "status": "HELD"}'),
    ('{"id": "l4", "teacher_id": "t1", "start_time": "2020-08-06 19:00:00", "minutes": 30, "status": "HELD"}');
FEED rating_change VALUES
    ('{"id": "r1", "lesson_id": "l1", "score": 5, "status": "VALID"}'),
    ('{"id": "r2", "lesson_id": "l4", "score": 4, "status": "VALID"}');
EXPECT teaching_review ROWS ('t1', '2020-08-06', 4, 105, 2, 4.5, 0, 'GOOD');

TEST 'more than a tenth of complaints';
FEED rating_change VALUES
    ('{"id": "r1", "lesson_id": "l1", "score": 5, "status": "VALID"}'),
    ('{"id": "r2", "lesson_id": "l1", "score": 5, "status": "VALID"}'),
    ('{"id": "r3", "lesson_id": "l1", "score": 2, "status": "VALID"}');
EXPECT teaching_review WITHIN 0.001 ROWS ('t1', '2020-08-06', 1, 25, 3, 4, 33.333, 'QUALITY');

TEST 'scores that are none, or were taken back, do not count';
FEED rating_change VALUES
    ('{"id": "r1", "lesson_id": "l1", "score": 6, "status": "VALID"}'),
    ('{"id": "r2", "lesson_id": "l1", "score": 0, "status": "VALID"}'),
    ('{"id": "r3", "lesson_id": "l1", "score": "good", "status": "VALID"}'),
    ('{"id": "r4", "lesson_id": "l1", "score": 3, "status": "VALID"}'),
    ('{"id": "r5", "lesson_id": "l9", "score": 1, "status": "VALID"}'), ('{"id": "r6", ');
EXPECT teaching_review (ratings, score_avg, verdict) ROWS (1, 3, 'QUALITY');
FEED rating_change VALUES ('{"id": "r4", "status": "WITHDRAWN"}');
EXPECT teaching_review (ratings, score_avg, verdict) ROWS (0, NULL, 'UNRATED');

TEST 'a lesson that is called off leaves, with its scores';
FEED lesson_change VALUES
    ('{"id": "l2", "teacher_id": "t1", "start_time": "2020-08-06 17:00:00", "minutes": 20, "status": "HELD"}');
FEED rating_change VALUES ('{"id": "r1", "lesson_id": "l1", "score": 1, "status": "VALID"}');
EXPECT teaching_review (lessons, minutes, ratings) ROWS (2, 45, 1);
RESTART;
FEED lesson_change VALUES ('{"id": "l1", "status": "CANCELLED"}');
EXPECT teaching_review (lessons, minutes, ratings) ROWS (1, 20, 0);
FEED lesson_change VALUES ('{"id": "l2", "status": "CANCELLED"}');
EXPECT teaching_review (teacher_id, lessons) CHANGES ('-D', 't1', 1);

TEST 'a lesson changes the teacher and the day';
FEED lesson_change VALUES ('{"id": "l1", "teacher_id": "t2"}');
EXPECT teaching_review (teacher_id, lesson_date) ROWS ('t2', '2020-08-06');
FEED lesson_change VALUES ('{"id": "l1", "start_time": "2020-08-07 00:00:00"}');
EXPECT teaching_review (teacher_id, lesson_date) ROWS ('t2', '2020-08-07');

TEST 'minutes that are missing are none, a day that is missing is no lesson';
FEED lesson_change VALUES
    ('{"id": "l2", "teacher_id": "t2", "start_time": "2020-08-06 17:00:00", "status": "HELD"}'),
    ('{"id": "l3", "teacher_id": "t3", "start_time": "soon", "minutes": 25, "status": "HELD"}'),
    ('{"id": "l4", "start_time": "2020-08-06 17:00:00", "minutes": 25, "status": "HELD"}'),
    ('{"id": "l5", "teacher_id": "t5", "start_time": "2020-08-06 17:00:00", "minutes": 25}');
EXPECT teaching_review (teacher_id, lessons, minutes) ROWS ('t1', 1, 25), ('t2', 1, NULL);
