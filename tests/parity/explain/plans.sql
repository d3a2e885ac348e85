# Jobs whose EXPLAIN is recorded from Flink: record prints plans.flink, check_explain.py compares weir's
# `explain --format flink` with it.  What differs says why.
=== source, calc, sink
CREATE TABLE s (user_id BIGINT, page STRING, amount DECIMAL(10, 2), ts TIMESTAMP(3)) WITH ('connector' = 'kafka', 'topic' = 's', 'format' = 'json');
CREATE TABLE o (user_id BIGINT, page STRING) WITH ('connector' = 'kafka', 'topic' = 'o', 'format' = 'json');
INSERT INTO o SELECT user_id, UPPER(page) AS page FROM s WHERE user_id > 10 AND page LIKE 'x%';
=== a filter alone
CREATE TABLE s (user_id BIGINT, page STRING) WITH ('connector' = 'kafka', 'topic' = 's', 'format' = 'json');
CREATE TABLE o (user_id BIGINT, page STRING) WITH ('connector' = 'kafka', 'topic' = 'o', 'format' = 'json');
INSERT INTO o SELECT * FROM s WHERE page LIKE 'a%';
=== no calc at all
CREATE TABLE s (user_id BIGINT, page STRING) WITH ('connector' = 'kafka', 'topic' = 's', 'format' = 'json');
CREATE TABLE o (user_id BIGINT, page STRING) WITH ('connector' = 'kafka', 'topic' = 'o', 'format' = 'json');
INSERT INTO o SELECT * FROM s;
=== group aggregate
CREATE TABLE s (user_id BIGINT, page STRING, amount DECIMAL(10, 2)) WITH ('connector' = 'kafka', 'topic' = 's', 'format' = 'json');
CREATE TABLE o (user_id BIGINT, n BIGINT, total DECIMAL(38, 2), PRIMARY KEY (user_id) NOT ENFORCED) WITH ('connector' = 'upsert-kafka', 'topic' = 'o', 'key.format' = 'json', 'value.format' = 'json');
INSERT INTO o SELECT user_id, COUNT(*) AS n, SUM(amount) AS total FROM s GROUP BY user_id;
=== group aggregate with a filter and DISTINCT
--- differs: columns of the calc below: weir has them in the order of keys and arguments
CREATE TABLE s (user_id BIGINT, page STRING, amount DECIMAL(10, 2)) WITH ('connector' = 'kafka', 'topic' = 's', 'format' = 'json');
CREATE TABLE o (page STRING, uv BIGINT, pv BIGINT, top DECIMAL(10, 2), PRIMARY KEY (page) NOT ENFORCED) WITH ('connector' = 'jdbc', 'url' = 'jdbc:mysql://h/d', 'table-name' = 'o');
INSERT INTO o SELECT page, COUNT(DISTINCT user_id) AS uv, COUNT(page) AS pv, MAX(amount) AS top FROM s WHERE amount > 0 GROUP BY page HAVING COUNT(page) > 5;
=== window aggregate, tumble
CREATE TABLE s (user_id BIGINT, page STRING, amount DECIMAL(10, 2), ts TIMESTAMP(3), WATERMARK FOR ts AS ts - INTERVAL '5' SECOND) WITH ('connector' = 'kafka', 'topic' = 's', 'format' = 'json');
CREATE TABLE o (w TIMESTAMP(3), page STRING, n BIGINT) WITH ('connector' = 'kafka', 'topic' = 'o', 'format' = 'json');
INSERT INTO o SELECT window_start AS w, page, COUNT(*) AS n FROM TABLE(TUMBLE(TABLE s, DESCRIPTOR(ts), INTERVAL '10' MINUTES)) GROUP BY window_start, window_end, page;
=== window aggregate, hop
CREATE TABLE s (user_id BIGINT, page STRING, amount DECIMAL(10, 2), ts TIMESTAMP(3), WATERMARK FOR ts AS ts - INTERVAL '5' SECOND) WITH ('connector' = 'kafka', 'topic' = 's', 'format' = 'json');
CREATE TABLE o (s TIMESTAMP(3), e TIMESTAMP(3), total DECIMAL(38, 2)) WITH ('connector' = 'kafka', 'topic' = 'o', 'format' = 'json');
INSERT INTO o SELECT window_start AS s, window_end AS e, SUM(amount) AS total FROM TABLE(HOP(TABLE s, DESCRIPTOR(ts), INTERVAL '5' MINUTES, INTERVAL '1' HOUR)) GROUP BY window_start, window_end;
=== window aggregate, legacy group window
--- differs: columns of the calc below: weir has them in the order of keys and arguments, the time last
CREATE TABLE s (user_id BIGINT, page STRING, amount DECIMAL(10, 2), ts TIMESTAMP(3), WATERMARK FOR ts AS ts - INTERVAL '5' SECOND) WITH ('connector' = 'kafka', 'topic' = 's', 'format' = 'json');
CREATE TABLE o (w TIMESTAMP(3), page STRING, n BIGINT) WITH ('connector' = 'kafka', 'topic' = 'o', 'format' = 'json');
INSERT INTO o SELECT TUMBLE_START(ts, INTERVAL '1' HOUR) AS w, page, COUNT(user_id) AS n FROM s GROUP BY TUMBLE(ts, INTERVAL '1' HOUR), page;
=== window aggregate, cumulate
--- differs: DISTINCT in a window has two phases in Flink and one here
CREATE TABLE s (user_id BIGINT, page STRING, ts TIMESTAMP(3), WATERMARK FOR ts AS ts) WITH ('connector' = 'kafka', 'topic' = 's', 'format' = 'json');
CREATE TABLE o (e TIMESTAMP(3), uv BIGINT) WITH ('connector' = 'kafka', 'topic' = 'o', 'format' = 'json');
INSERT INTO o SELECT window_end AS e, COUNT(DISTINCT user_id) AS uv FROM TABLE(CUMULATE(TABLE s, DESCRIPTOR(ts), INTERVAL '10' MINUTES, INTERVAL '1' DAY)) GROUP BY window_start, window_end;
=== join
CREATE TABLE a (id BIGINT, k BIGINT, v STRING) WITH ('connector' = 'kafka', 'topic' = 'a', 'format' = 'json');
CREATE TABLE b (k BIGINT, w STRING) WITH ('connector' = 'kafka', 'topic' = 'b', 'format' = 'json');
CREATE TABLE o (id BIGINT, v STRING, w STRING) WITH ('connector' = 'kafka', 'topic' = 'o', 'format' = 'json');
INSERT INTO o SELECT a.id, a.v, b.w FROM a JOIN b ON a.k = b.k;
=== left join of keyed changelogs
--- differs: the conflict strategy is Flink's own
CREATE TABLE a (id BIGINT, k BIGINT, v STRING, PRIMARY KEY (id) NOT ENFORCED) WITH ('connector' = 'upsert-kafka', 'topic' = 'a', 'key.format' = 'json', 'value.format' = 'json');
CREATE TABLE b (k BIGINT, w STRING, PRIMARY KEY (k) NOT ENFORCED) WITH ('connector' = 'upsert-kafka', 'topic' = 'b', 'key.format' = 'json', 'value.format' = 'json');
CREATE TABLE o (id BIGINT, v STRING, w STRING, PRIMARY KEY (id) NOT ENFORCED) WITH ('connector' = 'jdbc', 'url' = 'jdbc:mysql://h/d', 'table-name' = 'o');
INSERT INTO o SELECT a.id, a.v, b.w FROM a LEFT JOIN b ON a.k = b.k ON CONFLICT DO DEDUPLICATE;
=== interval join
CREATE TABLE a (id BIGINT, k BIGINT, ts TIMESTAMP(3), WATERMARK FOR ts AS ts) WITH ('connector' = 'kafka', 'topic' = 'a', 'format' = 'json');
CREATE TABLE b (k BIGINT, w STRING, ts TIMESTAMP(3), WATERMARK FOR ts AS ts) WITH ('connector' = 'kafka', 'topic' = 'b', 'format' = 'json');
CREATE TABLE o (id BIGINT, w STRING) WITH ('connector' = 'kafka', 'topic' = 'o', 'format' = 'json');
INSERT INTO o SELECT a.id, b.w FROM a JOIN b ON a.k = b.k AND b.ts BETWEEN a.ts - INTERVAL '5' MINUTE AND a.ts + INTERVAL '1' MINUTE;
=== lookup
CREATE TABLE s (user_id BIGINT, page STRING, pt AS PROCTIME()) WITH ('connector' = 'kafka', 'topic' = 's', 'format' = 'json');
CREATE TABLE d (id BIGINT, name STRING, city STRING, PRIMARY KEY (id) NOT ENFORCED) WITH ('connector' = 'jdbc', 'url' = 'jdbc:mysql://h/d', 'table-name' = 'd');
CREATE TABLE o (user_id BIGINT, name STRING) WITH ('connector' = 'kafka', 'topic' = 'o', 'format' = 'json');
INSERT INTO o SELECT s.user_id, d.name FROM s LEFT JOIN d FOR SYSTEM_TIME AS OF s.pt ON s.user_id = d.id;
=== top-N
CREATE TABLE s (page STRING, user_id BIGINT, score BIGINT) WITH ('connector' = 'kafka', 'topic' = 's', 'format' = 'json');
CREATE TABLE o (page STRING, rn BIGINT, user_id BIGINT, score BIGINT, PRIMARY KEY (page, rn) NOT ENFORCED) WITH ('connector' = 'jdbc', 'url' = 'jdbc:mysql://h/d', 'table-name' = 'o');
INSERT INTO o SELECT page, rn, user_id, score FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY page ORDER BY score DESC) AS rn FROM s) WHERE rn <= 10;
=== deduplicate, last row
--- differs: processing time is no column of weir's plan
CREATE TABLE s (id BIGINT, v STRING, pt AS PROCTIME()) WITH ('connector' = 'kafka', 'topic' = 's', 'format' = 'json');
CREATE TABLE o (id BIGINT, v STRING, PRIMARY KEY (id) NOT ENFORCED) WITH ('connector' = 'jdbc', 'url' = 'jdbc:mysql://h/d', 'table-name' = 'o');
INSERT INTO o SELECT id, v FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY id ORDER BY pt DESC) AS rn FROM s) WHERE rn = 1;
=== deduplicate, first row by event time
CREATE TABLE s (id BIGINT, v STRING, ts TIMESTAMP(3), WATERMARK FOR ts AS ts - INTERVAL '5' SECOND) WITH ('connector' = 'kafka', 'topic' = 's', 'format' = 'json');
CREATE TABLE o (id BIGINT, v STRING) WITH ('connector' = 'kafka', 'topic' = 'o', 'format' = 'json');
INSERT INTO o SELECT id, v FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY id ORDER BY ts ASC) AS rn FROM s) WHERE rn = 1;
=== union of two
CREATE TABLE a (id BIGINT, v STRING) WITH ('connector' = 'kafka', 'topic' = 'a', 'format' = 'json');
CREATE TABLE b (id BIGINT, v STRING) WITH ('connector' = 'kafka', 'topic' = 'b', 'format' = 'json');
CREATE TABLE o (id BIGINT, v STRING) WITH ('connector' = 'kafka', 'topic' = 'o', 'format' = 'json');
INSERT INTO o SELECT id, v FROM a WHERE id > 1 UNION ALL SELECT id, v FROM b;
=== OVER
--- differs: Flink divides SUM into COUNT and $SUM0
CREATE TABLE s (user_id BIGINT, amount DECIMAL(10, 2), ts TIMESTAMP(3), WATERMARK FOR ts AS ts - INTERVAL '5' SECOND) WITH ('connector' = 'kafka', 'topic' = 's', 'format' = 'json');
CREATE TABLE o (user_id BIGINT, total DECIMAL(38, 2)) WITH ('connector' = 'kafka', 'topic' = 'o', 'format' = 'json');
INSERT INTO o SELECT user_id, SUM(amount) OVER (PARTITION BY user_id ORDER BY ts ROWS BETWEEN 5 PRECEDING AND CURRENT ROW) AS total FROM s;
=== a key that is not the query's
--- differs: the conflict strategy is Flink's own
CREATE TABLE s (user_id BIGINT, page STRING) WITH ('connector' = 'kafka', 'topic' = 's', 'format' = 'json');
CREATE TABLE o (page STRING, n BIGINT, PRIMARY KEY (n) NOT ENFORCED) WITH ('connector' = 'jdbc', 'url' = 'jdbc:mysql://h/d', 'table-name' = 'o');
INSERT INTO o SELECT page, COUNT(*) AS n FROM s GROUP BY page ON CONFLICT DO DEDUPLICATE;
=== expressions
CREATE TABLE s (id BIGINT, v STRING, d DOUBLE, ts TIMESTAMP(3)) WITH ('connector' = 'kafka', 'topic' = 's', 'format' = 'json');
CREATE TABLE o (a STRING, b INT, c STRING, d DOUBLE, e BOOLEAN, f STRING) WITH ('connector' = 'kafka', 'topic' = 'o', 'format' = 'json');
INSERT INTO o SELECT JSON_VALUE(v, '$.a.b') AS a, CAST(v AS INT) AS b, CASE WHEN id = 1 THEN 'one' WHEN id IN (2, 3) THEN 'few' ELSE 'many' END AS c, d + id AS d, v IS NOT NULL OR id <> 4 AS e, DATE_FORMAT(ts, 'yyyy-MM-dd') AS f FROM s WHERE id <> 7 AND v LIKE 'a%' OR v IS NULL;
=== a SELECT alone
CREATE TABLE s (user_id BIGINT, page STRING) WITH ('connector' = 'kafka', 'topic' = 's', 'format' = 'json');
SELECT page, COUNT(*) AS n FROM s GROUP BY page;
=== two sinks of one source
CREATE TABLE s (user_id BIGINT, page STRING) WITH ('connector' = 'kafka', 'topic' = 's', 'format' = 'json');
CREATE TABLE o (user_id BIGINT) WITH ('connector' = 'kafka', 'topic' = 'o', 'format' = 'json');
CREATE TABLE p (page STRING) WITH ('connector' = 'kafka', 'topic' = 'p', 'format' = 'json');
EXECUTE STATEMENT SET BEGIN INSERT INTO o SELECT user_id FROM s WHERE page = 'x'; INSERT INTO p SELECT page FROM s WHERE user_id > 1; END;
