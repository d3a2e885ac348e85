/* test_format_cdc.c -- debezium-json, canal-json and maxwell-json, in both directions.
 *
 * The messages are those of Flink's documentation, shortened. */
#include "base/memory.h"
#include "test_local_support.h"

#define NL "\n"

/* id INT, name STRING, weight DECIMAL(10, 2) */
static void begin(struct fixture *f)
{
    static const struct type decimal = { .id = TYPE_DECIMAL, .precision = 10, .scale = 2 };
    fixture_begin(f);
    fixture_column(f, "id", &type_int);
    fixture_column(f, "name", &type_string);
    fixture_column(f, "weight", &decimal);
}

static void meta(struct fixture *f, const char *format, const char *name)
{
    const struct format_meta *found = format_find(str_of(format))->metas;
    while (found->name && strcmp(found->name, name) != 0)
        found++;
    if (!CHECK(found->name != NULL))
        return;
    f->format_metas[f->schema.count] = found;
    fixture_column(f, name, found->type);
}

static const char *decode(struct fixture *f, const char *format, const char *message)
{
    const char *text = decode_one(f, format, message);
    return f->bad_count > 0 ? f->bad[0] : text;
}

static void check(const char *format, const char *message, const char *expected)
{
    struct fixture f;
    begin(&f);
    CHECK_STR(decode(&f, format, message), expected);
    CHECK(f.bad_count <= 1);
    fixture_end(&f);
}

/* ---- debezium-json ---- */

static void debezium(void)
{
    check("debezium-json",
          "{\"before\":null,\"after\":{\"id\":1,\"name\":\"scooter\",\"weight\":3.14},"
          "\"source\":{\"db\":\"inventory\"},\"op\":\"c\",\"ts_ms\":1}",
          "+I 1|scooter|3.14" NL);
    check("debezium-json", "{\"op\":\"r\",\"after\":{\"weight\":\"7\",\"id\":2}}",
          "+I 2|NULL|7.00" NL);
    check("debezium-json",
          "{\"before\":{\"id\":1,\"name\":\"a\",\"weight\":1},"
          "\"after\":{\"id\":1,\"name\":null,\"weight\":2},\"op\":\"u\"}",
          "-U 1|a|1.00" NL "+U 1|NULL|2.00" NL);
    check("debezium-json", "{\"before\":{\"id\":1},\"after\":null,\"op\":\"d\"}",
          "-D 1|NULL|NULL" NL);
    check("debezium-json", "{\"after\":{\"id\":1},\"op\":\"\\u0063\"}", "+I 1|NULL|NULL" NL);
}

static void debezium_refuses(void)
{
    check(
        "debezium-json", "{\"before\":null,\"after\":{\"id\":1},\"op\":\"u\"}",
        "\"before\" of an update is null; a table of PostgreSQL has to be set to REPLICA IDENTITY "
        "FULL");
    check("debezium-json", "{\"op\":\"d\"}",
          "\"before\" of a delete is missing; a table of PostgreSQL has to be set to REPLICA "
          "IDENTITY FULL");
    check("debezium-json", "{\"after\":null,\"op\":\"c\"}", "\"after\" of an insert is null");
    check("debezium-json", "{\"before\":{\"id\":1},\"op\":\"u\"}",
          "\"after\" of an update is missing");
    check("debezium-json", "{\"after\":[],\"op\":\"c\"}", "\"after\" is no JSON object");
    check("debezium-json", "{\"op\":\"t\"}", "\"op\" is \"t\", which is none of c, r, u and d");
    check("debezium-json", "{\"op\":17}", "\"op\" is \"17\", which is none of c, r, u and d");
    check("debezium-json", "{\"payload\":{\"op\":\"c\"}}",
          "\"op\" is missing; it says what "
          "happened");
    check("debezium-json", "{\"op\":\"c\",\"after\":{\"id\":1}", "message is not valid JSON");
    check("debezium-json", "[{\"op\":\"c\",\"after\":{\"id\":1}}]", "message is no JSON object");
    check("debezium-json", "17", "message is no JSON object");
    /* one bad image makes both rows bad, and is told once */
    check("debezium-json", "{\"before\":{\"id\":\"x\"},\"after\":{\"id\":\"y\"},\"op\":\"u\"}",
          "column \"id\": cannot read \"x\" as INT");
    check("debezium-json", "{\"before\":{\"id\":1},\"after\":{\"id\":\"y\"},\"op\":\"u\"}",
          "column \"id\": cannot read \"y\" as INT");
}

static void debezium_ignores(void)
{
    struct fixture f;
    begin(&f);
    fixture_option(&f, "debezium-json.ignore-parse-errors", "true");
    struct str spans[] = {
        STR("{\"after\":{\"id\":\"x\",\"name\":\"n\"},\"op\":\"c\"}"),
        STR("{"),
        STR("{\"op\":\"u\"}"),
        STR("{\"op\":\"?\"}"),
        STR("{\"after\":{\"id\":5},\"op\":\"c\"}"),
    };
    CHECK_STR(decode_text(&f, "debezium-json", spans, countof(spans)),
              "+I NULL|n|NULL" NL "+I 5|NULL|NULL" NL);
    CHECK_INT(f.bad_count, 0);
    fixture_end(&f);
}

/* Tombstones behind deletes, and where a bad message stands among good ones. */
static void debezium_places(void)
{
    struct fixture f;
    begin(&f);
    struct str spans[] = {
        STR("{\"after\":{\"id\":1},\"op\":\"c\"}"),
        { NULL, 0 },
        STR(""),
        STR("{\"before\":null,\"op\":\"d\"}"),
        STR("{\"before\":{\"id\":1},\"after\":{\"id\":2},\"op\":\"u\"}"),
    };
    CHECK_STR(decode_text(&f, "debezium-json", spans, countof(spans)),
              "+I 1|NULL|NULL" NL "-U 1|NULL|NULL" NL "+U 2|NULL|NULL" NL);
    CHECK_INT(f.bad_count, 1);
    CHECK_INT(f.bad_records[0], 3);
    fixture_end(&f);
}

static void debezium_with_schema(void)
{
    struct fixture f;
    begin(&f);
    fixture_option(&f, "debezium-json.schema-include", "true");
    meta(&f, "debezium-json", "schema");
    meta(&f, "debezium-json", "ingestion-timestamp");
    CHECK_STR(decode(&f, "debezium-json",
                     "{\"schema\":{\"type\":\"struct\"},\"payload\":{\"before\":null,"
                     "\"after\":{\"id\":1},\"op\":\"c\",\"ts_ms\":1589362330904}}"),
              "+I 1|NULL|NULL|{\"type\":\"struct\"}|2020-05-13 09:32:10.904" NL);
    CHECK_STR(decode(&f, "debezium-json", "{\"after\":{\"id\":1},\"op\":\"c\"}"),
              "\"payload\" is no JSON object");
    fixture_end(&f);
}

static void debezium_metadata(void)
{
    struct fixture f;
    fixture_begin(&f);
    fixture_column(&f, "id", &type_int);
    const char *const names[] = { "schema",           "ingestion-timestamp", "source.timestamp",
                                  "source.database",  "source.schema",       "source.table",
                                  "source.properties" };
    for (size_t i = 0; i < countof(names); i++)
        meta(&f, "debezium-json", names[i]);
    CHECK_STR(decode(&f, "debezium-json",
                     "{\"before\":{\"id\":1},\"after\":{\"id\":2},\"source\":{\"db\":\"inventory\","
                     "\"schema\":\"public\",\"table\":\"products\",\"ts_ms\":1589362330000,"
                     "\"pos\":484},\"op\":\"u\",\"ts_ms\":1589362330904}"),
              "-U 1|NULL|2020-05-13 09:32:10.904|2020-05-13 09:32:10.000|inventory|public|products|"
              "{db=inventory, schema=public, table=products, ts_ms=1589362330000, pos=484}" NL
              "+U 2|NULL|2020-05-13 09:32:10.904|2020-05-13 09:32:10.000|inventory|public|products|"
              "{db=inventory, schema=public, table=products, ts_ms=1589362330000, pos=484}" NL);
    CHECK_STR(decode(&f, "debezium-json", "{\"before\":{\"id\":1},\"op\":\"d\"}"),
              "-D 1|NULL|NULL|NULL|NULL|NULL|NULL|NULL" NL);
    CHECK_STR(decode(&f, "debezium-json",
                     "{\"before\":{\"id\":1},\"op\":\"d\",\"ts_ms\":9223372036854775807}"),
              "metadata \"ingestion-timestamp\" is no time");
    fixture_end(&f);
}

/* ---- canal-json ---- */

static void canal(void)
{
    check("canal-json",
          "{\"data\":[{\"id\":\"1\",\"name\":\"a\",\"weight\":\"5.18\"},{\"id\":\"2\"}],"
          "\"old\":null,\"type\":\"INSERT\",\"isDdl\":false}",
          "+I 1|a|5.18" NL "+I 2|NULL|NULL" NL);
    /* what "old" does not name has not changed; what it names null was NULL */
    check("canal-json",
          "{\"data\":[{\"id\":\"1\",\"name\":\"b\",\"weight\":\"5.18\"},"
          "{\"id\":2,\"name\":null,\"weight\":3}],"
          "\"old\":[{\"weight\":\"5.15\",\"name\":null}, { \"name\":\"was, [here] \\\"]\" } ],"
          "\"type\":\"UPDATE\"}",
          "-U 1|NULL|5.15" NL "+U 1|b|5.18" NL "-U 2|was, [here] \"]|3.00" NL "+U 2|NULL|3.00" NL);
    check("canal-json", "{\"data\":[{\"id\":\"1\"}],\"type\":\"DELETE\"}", "-D 1|NULL|NULL" NL);
    check("canal-json", "{\"data\":null,\"type\":\"CREATE\",\"isDdl\":true}", "");
    check("canal-json", "{\"data\":[],\"type\":\"INSERT\"}", "");
    check("canal-json", "{\"data\":[],\"old\":[],\"type\":\"UPDATE\"}", "");
}

static void canal_refuses(void)
{
    check("canal-json", "{\"data\":null,\"type\":\"INSERT\"}", "\"data\" of an insert is null");
    check("canal-json", "{\"data\":{\"id\":1},\"type\":\"INSERT\"}", "\"data\" is no JSON array");
    check("canal-json", "{\"data\":[{\"id\":1},2],\"type\":\"INSERT\"}",
          "\"data\" holds something that is no JSON object");
    check("canal-json", "{\"data\":[{\"id\":1}],\"old\":null,\"type\":\"UPDATE\"}",
          "\"old\" of an update is null");
    check("canal-json",
          "{\"data\":[{\"id\":1},{\"id\":2}],\"old\":[{\"id\":0}],\"type\":\"UPDATE\"}",
          "\"old\" has fewer rows than \"data\"");
    check("canal-json", "{\"data\":[],\"type\":\"ALTER\"}",
          "\"type\" is \"ALTER\", which is none of INSERT, UPDATE, DELETE and CREATE");
    check("canal-json", "{\"data\":[{\"id\":1},{\"id\":\"x\"},{\"id\":\"y\"}],\"type\":\"DELETE\"}",
          "column \"id\": cannot read \"x\" as INT");
}

static void canal_filters(void)
{
    struct fixture f;
    begin(&f);
    fixture_option(&f, "canal-json.database.include", "shop|my.*");
    fixture_option(&f, "canal-json.table.include", "t\\d");
    struct str spans[] = {
        STR("{\"data\":[{\"id\":1}],\"type\":\"INSERT\",\"database\":\"mydb\",\"table\":\"t1\"}"),
        STR("{\"data\":[{\"id\":2}],\"type\":\"INSERT\",\"database\":\"mydb\",\"table\":\"t10\"}"),
        STR("{\"data\":[{\"id\":3}],\"type\":\"INSERT\",\"database\":\"shops\",\"table\":\"t1\"}"),
        STR("{\"data\":[{\"id\":\"?\"}],\"type\":\"X\",\"database\":null,\"table\":\"t1\"}"),
        STR("{\"data\":[{\"id\":4}],\"type\":\"DELETE\",\"database\":\"shop\",\"table\":\"t2\"}"),
        STR("{\"data\":[{\"id\":5}],\"type\":\"DELETE\",\"table\":\"t2\"}"),
    };
    CHECK_STR(decode_text(&f, "canal-json", spans, countof(spans)),
              "+I 1|NULL|NULL" NL "-D 4|NULL|NULL" NL);
    CHECK_INT(f.bad_count, 1);
    CHECK_STR(f.bad[0], "\"database\" is missing, and \"database.include\" asks for it");
    fixture_end(&f);
    begin(&f);
    fixture_option(&f, "canal-json.table.include", "(t");
    CHECK(strstr(decode_text(&f, "canal-json", spans, 1),
                 "refused: pattern of tables \"(t\" cannot be read"));
    fixture_end(&f);
}

static void canal_metadata(void)
{
    struct fixture f;
    fixture_begin(&f);
    fixture_column(&f, "id", &type_int);
    const char *const names[] = {
        "database", "table", "sql-type", "pk-names", "ingestion-timestamp", "event-timestamp"
    };
    for (size_t i = 0; i < countof(names); i++)
        meta(&f, "canal-json", names[i]);
    CHECK_STR(
        decode(&f, "canal-json",
               "{\"data\":[{\"id\":\"111\"}],\"database\":\"inventory\",\"es\":1589373560000,"
               "\"pkNames\":[\"id\"],\"sqlType\":{\"id\":4,\"name\":12},\"table\":\"products\","
               "\"ts\":1589373560798,\"type\":\"INSERT\"}"),
        "+I 111|inventory|products|{id=4, name=12}|[id]|2020-05-13 12:39:20.798|"
        "2020-05-13 12:39:20.000" NL);
    fixture_end(&f);
}

/* ---- maxwell-json ---- */

static void maxwell(void)
{
    check("maxwell-json",
          "{\"database\":\"test\",\"table\":\"product\",\"type\":\"insert\",\"ts\":1596684904,"
          "\"data\":{\"id\":111,\"name\":\"scooter\",\"weight\":5.15}}",
          "+I 111|scooter|5.15" NL);
    /* null was null before */
    check("maxwell-json",
          "{\"type\":\"update\",\"data\":{\"id\":1,\"name\":\"b\",\"weight\":2},"
          "\"old\":{\"name\":null}}",
          "-U 1|NULL|2.00" NL "+U 1|b|2.00" NL);
    check("maxwell-json", "{\"type\":\"delete\",\"data\":{\"id\":1},\"old\":null}",
          "-D 1|NULL|NULL" NL);
    check("maxwell-json", "{\"type\":\"update\",\"data\":{\"id\":1}}",
          "\"old\" of an update is missing");
    check("maxwell-json", "{\"type\":\"insert\"}", "\"data\" of an insert is missing");
    check("maxwell-json", "{\"type\":\"table-alter\",\"data\":{}}",
          "\"type\" is \"table-alter\", which is none of insert, update and delete");
}

/* A ROW column is taken over whole, with the fields that were taken out with it. */
static void maxwell_rows(void)
{
    struct fixture f;
    fixture_begin(&f);
    struct str names[] = { STR("x"), STR("y") };
    const struct type *fields[] = { &type_int, &type_string };
    fixture_column(&f, "id", &type_int);
    fixture_column(&f, "r", type_make_row(f.arena, fields, names, 2));
    CHECK_STR(decode(&f, "maxwell-json",
                     "{\"type\":\"update\",\"data\":{\"id\":2,\"r\":{\"x\":1,\"y\":\"q\"}},"
                     "\"old\":{\"id\":1}}"),
              "-U 1|(1, q)" NL "+U 2|(1, q)" NL);
    CHECK_STR(decode(&f, "maxwell-json",
                     "{\"type\":\"update\",\"data\":{\"id\":2,\"r\":{\"x\":1,\"y\":\"q\"}},"
                     "\"old\":{\"r\":{\"x\":0}}}"),
              "-U 2|(0, NULL)" NL "+U 2|(1, q)" NL);
    fixture_end(&f);
}

static void maxwell_metadata(void)
{
    struct fixture f;
    fixture_begin(&f);
    const char *const names[] = { "database", "table", "primary-key-columns",
                                  "ingestion-timestamp" };
    for (size_t i = 0; i < countof(names); i++)
        meta(&f, "maxwell-json", names[i]);
    CHECK_STR(decode(&f, "maxwell-json",
                     "{\"database\":\"test\",\"table\":\"product\",\"type\":\"insert\","
                     "\"ts\":1596684904,\"data\":{},\"primary_key_columns\":[\"id\"]}"),
              "+I test|product|[id]|2020-08-06 03:35:04.000" NL);
    fixture_end(&f);
}

/* ---- writing ---- */

static const char *encode(const char *format, const char *option, const char *value)
{
    static char text[2048];
    struct fixture f;
    begin(&f);
    if (option)
        fixture_option(&f, option, value);
    struct format_open open = { .schema = &f.schema, .options = &f.options, .zone = zone_utc };
    struct rows rows = rows_make(&f, 4);
    set_number(&rows, 0, 0, 1);
    set_number(&rows, 2, 0, 314);
    for (uint32_t i = 0; i < 4; i++) {
        set_text(&rows, 1, i, STR("a"));
        rows.changes[i] = (uint8_t)i;
    }
    struct encoder *encoder;
    struct buf out;
    buf_init(&out, 1 << 20);
    if (format_find(str_of(format))->open_encoder(&open, &encoder, &f.err) != OK) {
        snprintf(text, sizeof text, "%s", f.err.message);
        fixture_end(&f);
        return text;
    }
    for (uint32_t i = 0; i < 4; i++) {
        bool is_null = true;
        CHECK_INT(encoder->kind->encode(encoder, rows.batch, i, &out, &is_null, &f.err), OK);
        CHECK(!is_null);
        buf_char(&out, '\n');
    }
    encoder->kind->close(encoder);
    snprintf(text, sizeof text, "%s", buf_cstr(&out));
    buf_done(&out);
    fixture_end(&f);
    return text;
}

static void encoding(void)
{
    CHECK_STR(
        encode("debezium-json", NULL, NULL),
        "{\"before\":null,\"after\":{\"id\":1,\"name\":\"a\",\"weight\":3.14},\"op\":\"c\"}" NL
        "{\"before\":{\"id\":null,\"name\":\"a\",\"weight\":null},\"after\":null,\"op\":\"d\"}" NL
        "{\"before\":null,\"after\":{\"id\":null,\"name\":\"a\",\"weight\":null},\"op\":\"c\"}" NL
        "{\"before\":{\"id\":null,\"name\":\"a\",\"weight\":null},\"after\":null,"
        "\"op\":\"d\"}" NL);
    CHECK_STR(encode("debezium-json", "debezium-json.encode.ignore-null-fields", "true"),
              "{\"after\":{\"id\":1,\"name\":\"a\",\"weight\":3.14},\"op\":\"c\"}" NL
              "{\"before\":{\"name\":\"a\"},\"op\":\"d\"}" NL
              "{\"after\":{\"name\":\"a\"},\"op\":\"c\"}" NL
              "{\"before\":{\"name\":\"a\"},\"op\":\"d\"}" NL);
    CHECK_STR(
        encode("debezium-json", "debezium-json.schema-include", "true"),
        "format \"debezium-json\" writes no schema, so \"debezium-json.schema-include\" cannot "
        "be true for a sink");
    CHECK_STR(encode("canal-json", "canal-json.encode.ignore-null-fields", "true"),
              "{\"data\":[{\"id\":1,\"name\":\"a\",\"weight\":3.14}],\"type\":\"INSERT\"}" NL
              "{\"data\":[{\"name\":\"a\"}],\"type\":\"DELETE\"}" NL
              "{\"data\":[{\"name\":\"a\"}],\"type\":\"INSERT\"}" NL
              "{\"data\":[{\"name\":\"a\"}],\"type\":\"DELETE\"}" NL);
    CHECK_STR(encode("maxwell-json", "maxwell-json.encode.ignore-null-fields", "true"),
              "{\"data\":{\"id\":1,\"name\":\"a\",\"weight\":3.14},\"type\":\"insert\"}" NL
              "{\"data\":{\"name\":\"a\"},\"type\":\"delete\"}" NL
              "{\"data\":{\"name\":\"a\"},\"type\":\"insert\"}" NL
              "{\"data\":{\"name\":\"a\"},\"type\":\"delete\"}" NL);
}

/* ---- no memory ---- */

/* Opens, reads and closes; the code of whoever failed. */
static enum code read_once(struct fixture *f, struct arena *arena, const char *format,
                           const struct str *spans, uint32_t n, uint32_t *ret_rows)
{
    struct format_open open = {
        .schema = &f->schema,
        .metas = f->format_metas,
        .options = &f->options,
        .prefix = "",
        .zone = zone_utc,
        .bad_rows = &f->bad_rows,
    };
    struct decoder *decoder;
    struct decoded got = { 0 };
    enum code code = format_find(str_of(format))->open_decoder(&open, &decoder, &f->err);
    if (code != OK)
        return code;
    code = decoder->kind->decode(decoder, arena, spans, n, &got, &f->err);
    *ret_rows = got.rows;
    decoder->kind->close(decoder);
    return code;
}

static void without_memory(void)
{
    static const char old[] =
        "{\"data\":[{\"id\":1,\"name\":\"a\\tb\"},{\"id\":\"x\"}],"
        "\"old\":[{\"name\":\"c\"},{}],\"type\":\"UPDATE\",\"database\":\"d\"}";
    static const char fine[] =
        "{\"data\":[{\"id\":1}],\"type\":\"INSERT\",\"database\":\"d\",\"ts\":7}";
    struct fixture f;
    begin(&f);
    meta(&f, "canal-json", "ingestion-timestamp");
    fixture_option(&f, "canal-json.database.include", "d");
    struct str spans[] = { str_of(old), STR(""), str_of(fine), STR("{") };
    bool passed = false;
    for (uint64_t n = 1; !passed && n < 2000; n++) {
        struct arena *arena = arena_create();
        uint32_t rows = 0;
        mem_fail_at(n);
        enum code code = read_once(&f, arena, "canal-json", spans, countof(spans), &rows);
        passed = mem_fail_pending();
        mem_fail_at(0);
        if (passed) {
            CHECK_INT(code, OK);
            CHECK_INT(rows, 1);
        } else if (code != OK) {
            CHECK_INT(code, E_NOMEM);
        }
        arena_destroy(arena);
    }
    CHECK(passed);
    fixture_end(&f);
}

int main(void)
{
    RUN(debezium);
    RUN(debezium_refuses);
    RUN(debezium_ignores);
    RUN(debezium_places);
    RUN(debezium_with_schema);
    RUN(debezium_metadata);
    RUN(canal);
    RUN(canal_refuses);
    RUN(canal_filters);
    RUN(canal_metadata);
    RUN(maxwell);
    RUN(maxwell_rows);
    RUN(maxwell_metadata);
    RUN(encoding);
    RUN(without_memory);
    return check_failed != 0;
}
