-- Tests of top_teachers.sql: a day's ranking is written once, when time has passed its end.

TEST 'nothing before the day is over, then the whole ranking';
FEED lesson_attendance VALUES
    ('t1', 's1', 1596731749000), ('t2', 's1', 1596731749000), ('t2', 's2', 1596731749000), ('t2', 's2', 1596731750000);
EXPECT top_teachers NOTHING;
-- 00:04:59 of the next day in Shanghai, and then 00:05:01
FEED lesson_attendance VALUES ('t3', 's1', 1596816299000);
EXPECT top_teachers NOTHING;
FEED lesson_attendance VALUES ('t3', 's2', 1596816301000);
EXPECT top_teachers CHANGES ('+I', '2020-08-07', 1, 't2', 2), ('+I', '2020-08-07', 2, 't1', 1);

TEST 'of two with as many students the smaller id leads, and ten are enough';
FEED lesson_attendance VALUES
    ('t11', 's1', 1596731749000), ('t10', 's1', 1596731749000), ('t09', 's1', 1596731749000), ('t08', 's1', 1596731749000),
    ('t07', 's1', 1596731749000), ('t06', 's1', 1596731749000), ('t05', 's1', 1596731749000), ('t04', 's1', 1596731749000),
    ('t03', 's1', 1596731749000), ('t02', 's1', 1596731749000), ('t01', 's1', 1596731749000);
END OF INPUT;
EXPECT top_teachers (place, teacher_id) ROWS
    (1, 't01'), (2, 't02'), (3, 't03'), (4, 't04'), (5, 't05'), (6, 't06'), (7, 't07'), (8, 't08'), (9, 't09'), (10, 't10');

TEST 'a lesson that comes when its day has been written is late';
FEED lesson_attendance VALUES ('t1', 's1', 1596731749000);
FEED lesson_attendance VALUES ('t1', 's1', 1596816301000);
FEED lesson_attendance VALUES ('t1', 's2', 1596731749000), ('t1', 's2', 1596816302000);
EXPECT LATE 1 FROM lesson_attendance;
EXPECT top_teachers ROWS ('2020-08-07', 1, 't1', 1);

TEST 'nobody teaches nothing, and students without a name are none';
FEED lesson_attendance VALUES (NULL, 's1', 1596731749000), ('t1', NULL, 1596731749000);
FEED lesson_attendance MESSAGES '{"teacher_id": "t1", ';
END OF INPUT;
EXPECT top_teachers ROWS ('2020-08-07', 1, 't1', 0);
