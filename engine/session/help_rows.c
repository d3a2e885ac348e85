/* help_rows.c -- examples of functions over several rows; see help_rows.h.  A test runs them all. */
#include "session/help_rows.h"

static const struct help_rows examples[] = {
    { "COUNT", "SELECT COUNT(x) FROM (VALUES (1), (CAST(NULL AS INT))) AS t (x)", "1" },
    { "SUM", "SELECT SUM(x) FROM (VALUES (1), (2), (4)) AS t (x)", "7" },
    { "AVG", "SELECT AVG(x) FROM (VALUES (1.5), (2.5)) AS t (x)", "2.000000" },
    { "MIN", "SELECT MIN(x) FROM (VALUES (3), (1), (2)) AS t (x)", "1" },
    { "MAX", "SELECT MAX(x) FROM (VALUES ('ann'), ('bob')) AS t (x)", "bob" },
    { "FIRST_VALUE", "SELECT FIRST_VALUE(x) FROM (VALUES (3), (1), (2)) AS t (x)", "3" },
    { "LAST_VALUE", "SELECT LAST_VALUE(x) FROM (VALUES (3), (1), (2)) AS t (x)", "2" },
    { "LISTAGG", "SELECT LISTAGG(x, '-') FROM (VALUES ('a'), ('b')) AS t (x)", "a-b" },
    { "CONCAT_AGG", "SELECT CONCAT_AGG('-', x) FROM (VALUES ('a'), ('b')) AS t (x)", "a-b" },
    { "ARRAY_AGG", "SELECT ARRAY_AGG(x) FROM (VALUES (3), (1)) AS t (x)", "[3,1]" },
    { "COLLECT", "SELECT COLLECT(x) FROM (VALUES ('a'), ('b'), ('a')) AS t (x)",
      "{\"a\":2,\"b\":1}" },
    { "STDDEV_POP", "SELECT STDDEV_POP(x) FROM (VALUES (1), (3)) AS t (x)", "1" },
    { "STDDEV_SAMP", "SELECT STDDEV_SAMP(x) FROM (VALUES (1.0E0), (3.0E0)) AS t (x)",
      "1.4142135623730951" },
    { "STDDEV", "SELECT STDDEV(x) FROM (VALUES (1.0E0), (3.0E0)) AS t (x)", "1.4142135623730951" },
    { "VAR_POP", "SELECT VAR_POP(x) FROM (VALUES (1), (3)) AS t (x)", "1" },
    { "VAR_SAMP", "SELECT VAR_SAMP(x) FROM (VALUES (1), (3)) AS t (x)", "2" },
    { "VARIANCE", "SELECT VARIANCE(x) FROM (VALUES (1), (3)) AS t (x)", "2" },
    { "JSON_OBJECTAGG", "SELECT JSON_OBJECTAGG(KEY k VALUE v) FROM (VALUES ('a', 1)) AS t (k, v)",
      "{\"a\":1}" },
    { "JSON_ARRAYAGG", "SELECT JSON_ARRAYAGG(x) FROM (VALUES (3), (1)) AS t (x)", "[3,1]" },
    { "APPROX_COUNT_DISTINCT",
      "SELECT APPROX_COUNT_DISTINCT(x) FROM (VALUES (3), (1), (3)) AS t (x)", "2" },
    { "SINGLE_VALUE", "SELECT SINGLE_VALUE(x) FROM (VALUES (3)) AS t (x)", "3" },
    { "PERCENTILE", "SELECT PERCENTILE(x, 0.5) FROM (VALUES (1), (2), (9)) AS t (x)", "2.0" },
    { "ROW_NUMBER", "SELECT ROW_NUMBER() OVER (ORDER BY x) FROM (VALUES (1), (1), (5)) AS t (x)",
      "1, 2, 3" },
    { "LAG", "SELECT LAG(x) OVER (ORDER BY x) FROM (VALUES (1), (2), (5)) AS t (x)", "NULL, 1, 2" },
    { "GENERATE_SERIES",
      "SELECT n FROM (VALUES (1)) AS t (x), LATERAL TABLE(GENERATE_SERIES(1, 4)) AS s (n)",
      "1, 2, 3" },
    { "STRING_SPLIT",
      "SELECT s FROM (VALUES ('a-b')) AS t (x), LATERAL TABLE(STRING_SPLIT(x, '-')) AS u (s)",
      "a, b" },
    { "REGEXP_SPLIT",
      "SELECT s FROM (VALUES ('a1b')) AS t (x), LATERAL TABLE(REGEXP_SPLIT(x, '[0-9]')) AS u (s)",
      "a, b" },
    { "UNNEST", "SELECT s FROM (VALUES (ARRAY[3, 4])) AS t (x) CROSS JOIN UNNEST(x) AS u (s)",
      "3, 4" },
};

const struct help_rows *help_rows_find(struct str name)
{
    for (size_t i = 0; i < countof(examples); i++)
        if (str_iis(name, examples[i].name))
            return &examples[i];
    return NULL;
}
