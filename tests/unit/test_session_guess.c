/* test_session_guess.c -- formats, types and the proposed table from a few messages. */
#include "session/guess.h"

#include "support/check.h"

#include <stdio.h>

static struct guess guess;

/* The statement for messages separated by "\1". */
static const char *table_of(const char *text)
{
    static struct buf out;
    struct guess_message messages[16];
    uint32_t count = 0;
    struct error err = { .code = OK };
    for (struct str rest = str_of(text); rest.size > 0;) {
        size_t end = MIN(str_find_byte(rest, '\1'), rest.size);
        messages[count++] = (struct guess_message){ .value = str_make(rest.data, end) };
        size_t taken = MIN(end + 1, rest.size);
        rest = str_make(rest.data + taken, rest.size - taken);
    }
    if (out.data)
        buf_done(&out);
    buf_init(&out, 1 << 20);
    CHECK(guess_table(messages, count, STR("t"), STR("W"), &out, &guess, &err) == OK);
    return buf_cstr(&out);
}

static void check_table(const char *text, const char *format, const char *columns)
{
    static char wanted[4096];
    const char *got = table_of(text);
    snprintf(wanted, sizeof wanted, "CREATE TABLE t (\n    %s\n) WITH (W,\n    'format' = '%s'",
             columns, format);
    if (strncmp(got, wanted, strlen(wanted)) != 0)
        printf("from %s\ncame   %s\nwanted %s\n", text, got, wanted);
    CHECK(strncmp(got, wanted, strlen(wanted)) == 0);
    CHECK(strcmp(guess.format, format) == 0);
}

static void types(void)
{
    check_table("{\"a\": 1, \"b\": 1.5, \"c\": true, \"d\": \"x\", \"e\": null}", "json",
                "a BIGINT,\n    b DOUBLE,\n    c BOOLEAN,\n    d STRING,\n    e STRING");
    check_table("{\"a\": 1}\1{\"a\": 2.5, \"b\": 1}\1{\"b\": \"x\"}", "json",
                "a DOUBLE,\n    b STRING");
    check_table("{\"a\": 99999999999999999999}", "json", "a DOUBLE");
    check_table(
        "{\"a\": [1, 2], \"b\": [], \"c\": {\"x y\": 1, \"z\": [{\"k\": \"v\"}]}, \"d\": {}}",
        "json",
        "a ARRAY<BIGINT>,\n    b ARRAY<STRING>,\n"
        "    c ROW<`x y` BIGINT, z ARRAY<ROW<k STRING>>>,\n    d MAP<STRING, STRING>");
    check_table("{\"select\": 1, \"a`b\": 2}", "json", "`select` BIGINT,\n    `a``b` BIGINT");
    check_table("{\"a\": {\"b\": 1}}\1{\"a\": 7}", "json", "a STRING");
    /* A name is written to a terminal: none with ESC or U+009B in it. */
    check_table("{\"a\\u001b[31m\": 1, \"b\": 2, \"c\\u009b\": 3}", "json", "b BIGINT");
}

static void times(void)
{
    check_table("{\"d\": \"2024-01-01\", \"at\": \"2024-01-01 10:00:00.5\"}", "json",
                "d DATE,\n    at TIMESTAMP(3),\n    WATERMARK FOR at AS at - INTERVAL '5' SECOND");
    CHECK(strstr(table_of("{\"t1\": \"2024-01-01T10:00:00Z\"}"), "t1 TIMESTAMP_LTZ(3)"));
    CHECK(strstr(table_of("{\"t1\": \"2024-01-01T10:00:00Z\"}"),
                 "'json.timestamp-format.standard' = 'ISO-8601'"));
    /* One form for all: the other one stays text. */
    CHECK(strstr(table_of("{\"x\": \"2024-01-01T10:00:00\", \"y\": \"2024-01-01 10:00:00\"}"),
                 "x TIMESTAMP(3),\n    y STRING"));
    CHECK(strstr(table_of("{\"ms\": 1596731749000}"),
                 "event_time AS TO_TIMESTAMP_LTZ(ms, 3),\n    WATERMARK FOR event_time AS "
                 "event_time - INTERVAL '5' SECOND"));
    CHECK(strstr(table_of("{\"s\": 1596731749, \"event_time\": 1}"),
                 "row_time AS TO_TIMESTAMP_LTZ(s, 0)"));
    CHECK(!strstr(table_of("{\"n\": 1596731749000}\1{\"n\": 5}"), "WATERMARK"));
    CHECK(!strstr(table_of("{\"s\": 1596731749, \"event_time\": 1, \"row_time\": 2}"),
                  "WATERMARK"));
}

static void formats(void)
{
    check_table("{\"op\": \"c\", \"before\": null, \"after\": {\"id\": 1}, \"source\": {}}",
                "debezium-json", "id BIGINT");
    CHECK(strstr(table_of("{\"schema\": {}, \"payload\": {\"op\": \"c\", \"after\": {\"id\": 1}, "
                          "\"source\": {}}}"),
                 "'debezium-json.schema-include' = 'true'"));
    check_table("{\"data\": [{\"id\": \"1\"}], \"isDdl\": false, \"type\": \"INSERT\"}",
                "canal-json", "id STRING");
    check_table(
        "{\"database\": \"d\", \"table\": \"t\", \"type\": \"insert\", \"data\": {\"id\": 1}}",
        "maxwell-json", "id BIGINT");
    check_table("{\"op_type\": \"I\", \"table\": \"t\", \"after\": {\"id\": 1}}", "ogg-json",
                "id BIGINT");
    check_table("{\"op\": \"+I\", \"data\": {\"id\": 1}}", "changelog-json", "id BIGINT");
    check_table("1,ann,true\1"
                "2,\"b,ob\",false",
                "csv", "c1 BIGINT,\n    c2 STRING,\n    c3 BOOLEAN");
    CHECK(strstr(table_of("1;2\1"
                          "3;4"),
                 "'csv.field-delimiter' = ';'"));
    /* What BIGINT would not read, or would shorten, is none. */
    check_table("0123,10.0,1e5,0,-7,+86\1"
                "0456,11.0,2e5,10,8,+49",
                "csv",
                "c1 STRING,\n    c2 DOUBLE,\n    c3 DOUBLE,\n    c4 BIGINT,\n    c5 BIGINT,\n    "
                "c6 STRING");
    check_table("hello\1"
                "a, b",
                "raw", "message STRING");
    check_table("[1, 2]\1"
                "7",
                "raw", "message STRING");
    check_table("{\"a\": 1} {\"a\": 2}", "raw", "message STRING");
    /* One broken message does not matter, most of them do. */
    check_table("{\"a\": 1}\1{\"a\": 2}\1{", "json", "a BIGINT");
    CHECK(guess.used == 2);
    check_table("{\"a\": 1}\1{\1{", "raw", "message STRING");
}

int main(void)
{
    RUN(types);
    RUN(times);
    RUN(formats);
    return check_failed != 0;
}
