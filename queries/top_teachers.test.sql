-- Tests of top_teachers.sql: places of a day, and how they change.
FEED booking_change VALUES
    ('{"id": "b1", "teacher_id": "t1", "student_id": "s1", "lesson_time": "2020-08-06 16:00:00", "status": "BOOKED"}'),
    ('{"id": "b2", "teacher_id": "t2", "student_id": "s1", "lesson_time": "2020-08-06 17:00:00", "status": "BOOKED"}');

TEST 'of two with as many students the smaller id leads';
EXPECT top_teachers ROWS ('2020-08-06', 1, 't1', 1), ('2020-08-06', 2, 't2', 1);

TEST 'places change';
EXPECT top_teachers ROWS ('2020-08-06', 1, 't1', 1), ('2020-08-06', 2, 't2', 1);
FEED booking_change VALUES
    ('{"id": "b3", "teacher_id": "t2", "student_id": "s2", "lesson_time": "2020-08-06 18:00:00", "status": "BOOKED"}');
EXPECT top_teachers ROWS ('2020-08-06', 1, 't2', 2), ('2020-08-06', 2, 't1', 1);

TEST 'a student counts once a teacher and day';
FEED booking_change VALUES
    ('{"id": "b3", "teacher_id": "t2", "student_id": "s1", "lesson_time": "2020-08-06 18:00:00", "status": "BOOKED"}'),
    ('{"id": "b4", "teacher_id": "t2", "student_id": "s1", "lesson_time": "2020-08-07 18:00:00", "status": "BOOKED"}');
EXPECT top_teachers ROWS
    ('2020-08-06', 1, 't1', 1), ('2020-08-06', 2, 't2', 1), ('2020-08-07', 1, 't2', 1);

TEST 'a cancelled booking is taken back, and so is the last place';
FEED booking_change VALUES ('{"id": "b1", "status": "CANCELLED"}');
EXPECT top_teachers ROWS ('2020-08-06', 1, 't2', 1);
FEED booking_change VALUES ('{"id": "b2", "status": "CANCELLED"}');
EXPECT top_teachers CHANGES ('-D', '2020-08-06', 1, 't2', 1);
EXPECT top_teachers NOTHING;

TEST 'a lesson that is moved to another day';
FEED booking_change VALUES ('{"id": "b1", "lesson_time": "2020-08-08 08:00:00"}');
EXPECT top_teachers ROWS ('2020-08-06', 1, 't2', 1), ('2020-08-08', 1, 't1', 1);
RESTART;
FEED booking_change VALUES ('{"id": "b1", "teacher_id": "t3"}');
EXPECT top_teachers ROWS ('2020-08-06', 1, 't2', 1), ('2020-08-08', 1, 't3', 1);

TEST 'there are ten places';
FEED booking_change VALUES
    ('{"id": "c1", "teacher_id": "u01", "student_id": "s1", "lesson_time": "2020-08-09 16:00:00", "status": "BOOKED"}'),
    ('{"id": "c2", "teacher_id": "u02", "student_id": "s1", "lesson_time": "2020-08-09 16:00:00", "status": "BOOKED"}'),
    ('{"id": "c3", "teacher_id": "u03", "student_id": "s1", "lesson_time": "2020-08-09 16:00:00", "status": "BOOKED"}'),
    ('{"id": "c4", "teacher_id": "u04", "student_id": "s1", "lesson_time": "2020-08-09 16:00:00", "status": "BOOKED"}'),
    ('{"id": "c5", "teacher_id": "u05", "student_id": "s1", "lesson_time": "2020-08-09 16:00:00", "status": "BOOKED"}'),
    ('{"id": "c6", "teacher_id": "u06", "student_id": "s1", "lesson_time": "2020-08-09 16:00:00", "status": "BOOKED"}'),
    ('{"id": "c7", "teacher_id": "u07", "student_id": "s1", "lesson_time": "2020-08-09 16:00:00", "status": "BOOKED"}'),
    ('{"id": "c8", "teacher_id": "u08", "student_id": "s1", "lesson_time": "2020-08-09 16:00:00", "status": "BOOKED"}'),
    ('{"id": "c9", "teacher_id": "u09", "student_id": "s1", "lesson_time": "2020-08-09 16:00:00", "status": "BOOKED"}'),
    ('{"id": "c10", "teacher_id": "u10", "student_id": "s1", "lesson_time": "2020-08-09 16:00:00", "status": "BOOKED"}'),
    ('{"id": "c11", "teacher_id": "u11", "student_id": "s1", "lesson_time": "2020-08-09 16:00:00", "status": "BOOKED"}');
FEED booking_change VALUES
    ('{"id": "c12", "teacher_id": "u11", "student_id": "s2", "lesson_time": "2020-08-09 16:00:00", "status": "BOOKED"}');
EXPECT top_teachers (lesson_date, place, teacher_id) ROWS
    ('2020-08-06', 1, 't1'), ('2020-08-06', 2, 't2'),
    ('2020-08-09', 1, 'u11'), ('2020-08-09', 2, 'u01'), ('2020-08-09', 3, 'u02'), ('2020-08-09', 4, 'u03'),
    ('2020-08-09', 5, 'u04'), ('2020-08-09', 6, 'u05'), ('2020-08-09', 7, 'u06'), ('2020-08-09', 8, 'u07'),
    ('2020-08-09', 9, 'u08'), ('2020-08-09', 10, 'u09');

TEST 'what has no teacher, day or sense is left out';
FEED booking_change VALUES
    ('{"id": "d1", "student_id": "s1", "lesson_time": "2020-08-10 16:00:00", "status": "BOOKED"}'),
    ('{"id": "d2", "teacher_id": "t1", "student_id": "s1", "lesson_time": "tomorrow", "status": "BOOKED"}'),
    ('{"id": "d3", "teacher_id": "t1", "student_id": "s1", "lesson_time": "2020-08-10 16:00:00"}'),
    ('{"id": "d4", ');
EXPECT top_teachers (lesson_date, place) ROWS ('2020-08-06', 1), ('2020-08-06', 2);
