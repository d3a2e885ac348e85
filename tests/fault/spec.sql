-- What fault_spec.c tests with failing allocations: a source, a look-up and a sink by key.
CREATE TABLE t (k STRING, n INT, at TIMESTAMP(3), p AS PROCTIME(), WATERMARK FOR at AS at)
WITH ('connector' = 'filesystem', 'path' = 'nowhere', 'format' = 'json');
CREATE TABLE dim (k STRING, name STRING, PRIMARY KEY (k) NOT ENFORCED)
WITH ('connector' = 'local-table', 'tableName' = 'dim');
CREATE TABLE s (k STRING, name STRING, n BIGINT) WITH ('connector' = 'print');
INSERT INTO s
SELECT t.k, d.name, t.n FROM t LEFT JOIN dim FOR SYSTEM_TIME AS OF t.p AS d ON d.k = t.k;
SELECT k, SUM(n) AS n FROM t GROUP BY k;
