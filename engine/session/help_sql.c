/* help_sql.c -- see help_sql.h.  Examples are parsed by a test. */
#include "session/help_sql.h"

#include "session/help_layout.h"

static const struct help_sql topics[] = {
    { "CREATE TABLE|WITH", "statements", "names a topic, a file or a table of a server",
      "CREATE [TEMPORARY] TABLE [IF NOT EXISTS] name (\n"
      "    column type [NOT NULL] [COMMENT 'text'],\n"
      "    column type METADATA [FROM 'key'] [VIRTUAL],\n"
      "    column AS expression,\n"
      "    WATERMARK FOR column AS column - INTERVAL '5' SECOND,\n"
      "    PRIMARY KEY (column, ...) NOT ENFORCED\n"
      ") WITH ('connector' = 'name', 'option' = 'value', ...)",
      "weir help connectors lists what may stand behind 'connector', weir help NAME its options. "
      "In "
      "Blink's dialect it is type = 'name', and WATERMARK FOR c AS WITHOFFSET(c, milliseconds).",
      "CREATE TABLE orders (\n"
      "    id BIGINT, price DECIMAL(10, 2), ordered TIMESTAMP(3),\n"
      "    WATERMARK FOR ordered AS ordered - INTERVAL '5' SECOND\n"
      ") WITH ('connector' = 'kafka', 'topic' = 'orders', 'format' = 'json');" },
    { "CREATE VIEW", "statements", "names a query",
      "CREATE [TEMPORARY] VIEW [IF NOT EXISTS] name [(column, ...)] AS query", NULL,
      "CREATE VIEW expensive AS SELECT * FROM orders WHERE price > 100;" },
    { "CREATE TABLE AS|CTAS", "statements",
      "makes a table with the columns of a query, and fills it",
      "CREATE TABLE name [WITH (...)] AS query", NULL,
      "CREATE TABLE copy WITH ('connector' = 'print') AS SELECT id, price FROM orders;" },
    { "INSERT|INSERT INTO", "statements", "writes a query into a table",
      "INSERT INTO table [(column, ...)] query\n"
      "INSERT INTO table VALUES (value, ...), ...",
      "Columns are filled by position. All INSERTs and SELECTs of a file that weir run is given "
      "are "
      "one job.",
      "INSERT INTO sums SELECT shop, SUM(price) FROM orders GROUP BY shop;" },
    { "STATEMENT SET|EXECUTE STATEMENT SET", "statements", "several INSERTs as one job",
      "EXECUTE STATEMENT SET BEGIN insert; insert; ... END", NULL,
      "EXECUTE STATEMENT SET BEGIN\n"
      "INSERT INTO cheap SELECT * FROM orders WHERE price < 10;\n"
      "INSERT INTO dear SELECT * FROM orders WHERE price >= 10;\n"
      "END;" },
    { "EXPLAIN", "statements", "shows the plan of a statement",
      "EXPLAIN [PLAN FOR | CHANGELOG_MODE, ESTIMATED_COST, PLAN_ADVICE, JSON_EXECUTION_PLAN | "
      "ANALYZE]\n"
      "    statement",
      "weir explain FILE.sql does it for a whole file.",
      "EXPLAIN SELECT shop, COUNT(*) FROM orders GROUP BY shop;" },
    { "SHOW", "statements", "lists tables, views, functions, columns, or a table's own text",
      "SHOW TABLES | VIEWS | FUNCTIONS [LIKE 'pattern']\n"
      "SHOW COLUMNS FROM table [LIKE 'pattern']\n"
      "SHOW CREATE TABLE table | SHOW CREATE VIEW view",
      NULL, "SHOW TABLES LIKE 'order%';" },
    { "DESCRIBE|DESC", "statements", "the columns of a table or view", "DESCRIBE name", NULL,
      "DESCRIBE orders;" },
    { "DROP|DROP TABLE|DROP VIEW", "statements", "forgets a table or a view; its data stays",
      "DROP TABLE [IF EXISTS] name\nDROP VIEW [IF EXISTS] name", NULL,
      "DROP TABLE IF EXISTS orders;" },
    { "SET|RESET", "statements", "a setting for the statements behind it",
      "SET 'key' = 'value'\nSET\nRESET ['key']",
      "SET alone lists them; weir help settings explains them. Settings of a whole job stand in "
      "front "
      "of its first INSERT or SELECT.",
      "SET 'table.local-time-zone' = 'Asia/Shanghai';" },

    { "SELECT|FROM|WHERE", "clauses", "a query",
      "[WITH name AS (query), ...]\n"
      "SELECT [DISTINCT] expression [AS name], ... | *\n"
      "FROM table [AS name] [, ...] [JOIN ...]\n"
      "[WHERE condition]\n"
      "[GROUP BY expression, ...] [HAVING condition]\n"
      "[UNION [ALL] | INTERSECT | EXCEPT query]\n"
      "[ORDER BY expression [DESC], ...] [LIMIT n] [OFFSET n]",
      NULL, "SELECT id, price * 2 AS twice FROM orders WHERE price > 100;" },
    { "GROUP BY|HAVING|GROUPING SETS|CUBE|ROLLUP|GROUPING|GROUPING_ID", "clauses",
      "one row for each group",
      "GROUP BY expression, ... | GROUPING SETS ((a, b), (a), ()) | CUBE (a, b) | ROLLUP (a, b)\n"
      "[HAVING condition]",
      "Over a stream each row of input changes the row of its group: -U with the old values, +U "
      "with "
      "the new ones. The groups are kept as long as table.exec.state.ttl says. A window in GROUP "
      "BY "
      "gives rows that do not change: weir help TUMBLE. GROUPING(a) is 1 where a column of "
      "grouping "
      "sets is left out, GROUPING_ID(a, b) the number that such bits make.",
      "SELECT shop, COUNT(*) AS orders FROM orders GROUP BY shop HAVING COUNT(*) > 10;" },
    { "ORDER BY|LIMIT|OFFSET", "clauses", "the order of rows, and how many",
      "ORDER BY expression [ASC | DESC] [NULLS FIRST | NULLS LAST], ... [LIMIT n] [OFFSET n]",
      "Over a stream that does not end, rows can be put in order by event time, or with LIMIT: "
      "then "
      "the first n are kept up to date.",
      "SELECT id, price FROM orders ORDER BY price DESC LIMIT 10;" },
    { "OVER|PARTITION BY|ROW_NUMBER OVER", "clauses",
      "aggregates of the rows before a row, ranks, and top-N",
      "function(...) OVER (PARTITION BY expression, ... ORDER BY time\n"
      "    [ROWS BETWEEN n PRECEDING AND CURRENT ROW | RANGE BETWEEN INTERVAL ... PRECEDING AND "
      "...])\n"
      "ROW_NUMBER() OVER (PARTITION BY ... ORDER BY ...), with WHERE row_number <= n around it",
      "The first n rows of each partition are kept up to date; with an order by time and n = 1 it "
      "is "
      "the first or last row of a key.",
      "SELECT * FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY shop ORDER BY price DESC) AS "
      "place\n"
      "    FROM orders) WHERE place <= 3;" },
    { "WATERMARK|event time|WITHOFFSET", "clauses", "how late rows of a table may come",
      "WATERMARK FOR column AS expression              Flink's dialect\n"
      "WATERMARK [name] FOR column AS WITHOFFSET(column, milliseconds)     Blink's dialect",
      "Rows older than the watermark are late: windows that are over do not take them, and count "
      "them. A partition without rows holds time back unless table.exec.source.idle-timeout is "
      "set.",
      "CREATE TABLE t (at TIMESTAMP(3), WATERMARK FOR at AS at - INTERVAL '5' SECOND)\n"
      "WITH ('connector' = 'datagen');" },
    { "LATERAL TABLE|LATERAL|CROSS JOIN UNNEST|JSON_TUPLE", "clauses",
      "a row for each element of an array, or for each that a function gives",
      "CROSS JOIN UNNEST(array) AS t (column, ...)\n"
      "LEFT JOIN UNNEST(array) AS t (column, ...) ON TRUE\n"
      ", LATERAL TABLE(function(...)) AS t (column, ...)",
      "weir help functions lists the table functions; Blink's dialect has JSON_TUPLE(text, path, "
      "...), too: a row for each path.",
      "SELECT id, item FROM orders CROSS JOIN UNNEST(items) AS t (item);" },

    { "CASE|WHEN", "expressions", "the value of the first condition that holds",
      "CASE WHEN condition THEN value ... [ELSE value] END\n"
      "CASE value WHEN value THEN value ... [ELSE value] END",
      "Without ELSE it is NULL where no condition holds. The values are of one type: Blink makes "
      "all of them text where one is.",
      "SELECT id, CASE WHEN price < 10 THEN 'cheap' ELSE 'dear' END AS class FROM orders;" },
    { "COALESCE|IF|IFNULL|NVL|NULLIF", "expressions", "a value in the place of NULL, and the like",
      "COALESCE(value, ...)           the first that is not NULL; IFNULL and NVL: of two\n"
      "IF(condition, value, value)    the first where the condition holds, else the second\n"
      "NULLIF(a, b)                   NULL where a = b, else a",
      NULL, "SELECT price / NULLIF(items, 0), COALESCE(shop, 'none') FROM orders;" },
    { "CAST|TRY_CAST", "expressions", "a value as another type",
      "CAST(value AS type)\nTRY_CAST(value AS type)",
      "What cannot be converted ends the job in Flink's dialect and is NULL in Blink's; with "
      "TRY_CAST it is NULL in both.",
      "SELECT TRY_CAST(text AS BIGINT), CAST(price AS STRING) FROM orders;" },

    { "TUMBLE|TUMBLE_START|TUMBLE_END|TUMBLE_ROWTIME", "windows",
      "windows of one length, side by side",
      "FROM TABLE(TUMBLE(TABLE t, DESCRIPTOR(time), INTERVAL '1' MINUTE [, offset]))\n"
      "GROUP BY window_start, window_end, ...\n"
      "or: GROUP BY TUMBLE(time, INTERVAL '1' MINUTE), ... with TUMBLE_START(time, INTERVAL '1' "
      "MINUTE)",
      "A window is written when the watermark has passed its end. Days begin at midnight of the "
      "session's time zone where time is an instant (TIMESTAMP_LTZ).",
      "SELECT window_start, shop, SUM(price)\n"
      "FROM TABLE(TUMBLE(TABLE orders, DESCRIPTOR(ordered), INTERVAL '1' MINUTE))\n"
      "GROUP BY window_start, window_end, shop;" },
    { "HOP|HOP_START|HOP_END|HOP_ROWTIME", "windows", "windows of one length that overlap",
      "FROM TABLE(HOP(TABLE t, DESCRIPTOR(time), slide, size))\n"
      "or: GROUP BY HOP(time, slide, size), ...",
      "Every slide a window of that size ends, so a row is in size / slide windows.",
      "SELECT window_end, COUNT(*)\n"
      "FROM TABLE(HOP(TABLE orders, DESCRIPTOR(ordered), INTERVAL '1' MINUTE, INTERVAL '10' "
      "MINUTE))\n"
      "GROUP BY window_start, window_end;" },
    { "CUMULATE", "windows", "the day so far, every few minutes",
      "FROM TABLE(CUMULATE(TABLE t, DESCRIPTOR(time), step, size))", NULL,
      "SELECT window_start, window_end, COUNT(DISTINCT visitor)\n"
      "FROM TABLE(CUMULATE(TABLE visits, DESCRIPTOR(at), INTERVAL '10' MINUTE, INTERVAL '1' DAY))\n"
      "GROUP BY window_start, window_end;" },
    { "SESSION|SESSION_START|SESSION_END|SESSION_ROWTIME", "windows",
      "windows that end when nothing came for a while",
      "FROM TABLE(SESSION(TABLE t PARTITION BY key, DESCRIPTOR(time), gap))\n"
      "or: GROUP BY SESSION(time, gap), key",
      NULL,
      "SELECT visitor, window_start, COUNT(*)\n"
      "FROM TABLE(SESSION(TABLE visits PARTITION BY visitor, DESCRIPTOR(at), INTERVAL '30' "
      "MINUTE))\n"
      "GROUP BY visitor, window_start, window_end;" },

    { "JOIN|LEFT JOIN|RIGHT JOIN|FULL JOIN|INNER JOIN|CROSS JOIN", "joins",
      "rows of both sides that fit",
      "a [INNER | LEFT | RIGHT | FULL] JOIN b ON a.key = b.key [AND ...]",
      "All rows of both sides are kept, for as long as table.exec.state.ttl says; a hint STATE_TTL "
      "says it for one join.",
      "SELECT o.id, p.amount FROM orders AS o JOIN payments AS p ON o.id = p.order_id;" },
    { "INTERVAL JOIN", "joins", "rows of both sides that fit and are near in time",
      "a JOIN b ON a.key = b.key AND b.time BETWEEN a.time - INTERVAL ... AND a.time + INTERVAL "
      "...",
      "Rows are kept only as long as one can still come that fits.",
      "SELECT o.id, s.at FROM orders AS o JOIN shipments AS s ON o.id = s.order_id\n"
      "AND s.at BETWEEN o.ordered AND o.ordered + INTERVAL '4' HOUR;" },
    { "TEMPORAL JOIN|FOR SYSTEM_TIME AS OF", "joins", "the row of a key as it was at that time",
      "t JOIN versions FOR SYSTEM_TIME AS OF t.time AS v ON t.key = v.key",
      "`time` is event time, and `versions` has a primary key and a watermark.",
      "SELECT o.id, o.price * r.rate FROM orders AS o\n"
      "JOIN rates FOR SYSTEM_TIME AS OF o.ordered AS r ON o.currency = r.currency;" },
    { "LOOKUP JOIN|lookup", "joins", "asks a table of a server for each row",
      "t JOIN dim FOR SYSTEM_TIME AS OF t.proctime AS d ON t.key = d.key     Flink's dialect\n"
      "t JOIN dim FOR SYSTEM_TIME AS OF PROCTIME() AS d ON t.key = d.key     Blink's dialect",
      "`proctime` is a column AS PROCTIME(). Caches are options of the table: weir help jdbc, weir "
      "help cloudhbase.",
      "SELECT o.id, s.name FROM orders AS o\n"
      "LEFT JOIN shops FOR SYSTEM_TIME AS OF o.pt AS s ON o.shop = s.id;" },
    { "WINDOW JOIN", "joins", "rows of both sides of the same window that fit",
      "window table function JOIN window table function\n"
      "    ON l.window_start = r.window_start AND l.window_end = r.window_end AND l.key = r.key",
      NULL,
      "SELECT l.id, r.amount\n"
      "FROM (SELECT * FROM TABLE(TUMBLE(TABLE orders, DESCRIPTOR(ordered), INTERVAL '1' HOUR))) AS "
      "l\n"
      "JOIN (SELECT * FROM TABLE(TUMBLE(TABLE payments, DESCRIPTOR(paid), INTERVAL '1' HOUR))) AS "
      "r\n"
      "ON l.id = r.id AND l.window_start = r.window_start AND l.window_end = r.window_end;" },
};

const struct help_sql *help_sql_at(uint32_t i)
{
    return i < countof(topics) ? &topics[i] : NULL;
}

/* The next name of a list, which is moved behind it. */
static struct str next_name(struct str *list)
{
    size_t end = str_find_byte(*list, '|');
    struct str name = str_make(list->data, MIN(end, list->size));
    size_t taken = MIN(name.size + 1, list->size);
    *list = str_make(list->data + taken, list->size - taken);
    return name;
}

struct str help_sql_name(const struct help_sql *topic)
{
    struct str list = str_of(topic->names);
    return next_name(&list);
}

const struct help_sql *help_sql_find(struct str name)
{
    for (size_t i = 0; i < countof(topics); i++)
        for (struct str list = str_of(topics[i].names); list.size > 0;)
            if (str_ieq(next_name(&list), name))
                return &topics[i];
    return NULL;
}

/* ---- printing --------------------------------------------------------------------------------- */

void help_put_sql_topics(struct buf *out)
{
    const char *group = "";
    buf_text(out, "SQL; weir help NAME explains one.\n");
    for (uint32_t i = 0; help_sql_at(i); i++) {
        const struct help_sql *topic = help_sql_at(i);
        if (strcmp(group, topic->group) != 0)
            buf_printf(out, "\n%s\n", group = topic->group);
        help_put_entry(out, help_sql_name(topic), str_of(topic->summary));
    }
}

bool help_put_sql_group(struct buf *out, struct str group)
{
    bool found = false;
    for (uint32_t i = 0; help_sql_at(i); i++) {
        const struct help_sql *topic = help_sql_at(i);
        struct str name = str_of(topic->group);
        struct str singular = str_make(name.data, name.size - 1);
        if (!str_ieq(group, name) && (!str_ieq(group, singular) || help_sql_find(singular)))
            continue;
        if (!found)
            help_put_line(out, "SQL, %s; weir help NAME explains one.\n", topic->group);
        found = true;
        help_put_entry(out, help_sql_name(topic), str_of(topic->summary));
    }
    return found;
}

/* Lines of a text, indented. */
static void put_indented(struct buf *out, const char *text)
{
    for (struct str rest = str_of(text); rest.size > 0;) {
        size_t end = MIN(str_find_byte(rest, '\n'), rest.size);
        struct buf line;
        buf_init(&line, 1 << 12);
        help_put_blanks(&line, 4);
        buf_str(&line, str_make(rest.data, end));
        out->failed = out->failed || line.failed;
        help_put_code(out, buf_view(&line));
        buf_done(&line);
        size_t taken = MIN(end + 1, rest.size);
        rest = str_make(rest.data + taken, rest.size - taken);
    }
}

bool help_put_sql(struct buf *out, struct str name)
{
    const struct help_sql *topic = help_sql_find(name);
    if (!topic)
        return false;
    struct str title = help_sql_name(topic);
    help_put_line(out, STR_FMT ": %s", STR_ARG(title), topic->summary);
    buf_char(out, '\n');
    put_indented(out, topic->syntax);
    buf_char(out, '\n');
    if (topic->text) {
        buf_text(out, "  ");
        help_put_wrapped(out, 2, 2, str_of(topic->text));
        buf_char(out, '\n');
    }
    buf_text(out, "  Example:\n");
    put_indented(out, topic->example);
    return true;
}
