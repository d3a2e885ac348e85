/* test_format_json.c -- json and changelog-json, in both directions. */
#include "test_local_support.h"

#define NL "\n"

static const char *one_type(const struct type *type, const char *message)
{
    static struct fixture f;
    static char text[4096];
    fixture_begin(&f);
    fixture_column(&f, "a", type);
    const char *got = decode_one(&f, "json", message);
    if (f.bad_count > 0)
        snprintf(text, sizeof text, "bad: %s", f.bad[0]);
    else
        snprintf(text, sizeof text, "%s", got);
    text[strcspn(text, "\n")] = '\0';
    fixture_end(&f);
    return text;
}

static void scalars(void)
{
    CHECK_STR(one_type(&type_int, "{\"a\": 12}"), "12");
    CHECK_STR(one_type(&type_int, "{\"a\": \" +12 \"}"), "12");
    CHECK_STR(one_type(&type_int, "{\"a\": 12.9}"), "12");
    CHECK_STR(one_type(&type_int, "{\"a\": -1e2}"), "-100");
    CHECK_STR(one_type(&type_int, "{\"a\": 2147483648}"),
              "bad: column \"a\": cannot read 2147483648 as INT");
    CHECK_STR(one_type(&type_int, "{\"a\": 1e300}"), "bad: column \"a\": cannot read 1e300 as INT");
    CHECK_STR(one_type(&type_int, "{\"a\": \"x\\ty\"}"),
              "bad: column \"a\": cannot read \"x\\ty\" as INT");
    CHECK_STR(one_type(&type_int, "{\"a\": [1]}"), "bad: column \"a\": cannot read [1] as INT");
    CHECK_STR(one_type(&type_int, "{\"a\": null}"), "NULL");
    CHECK_STR(one_type(&type_int, "{}"), "NULL");
    CHECK_STR(one_type(&type_tinyint, "{\"a\": 127}"), "127");
    CHECK_STR(one_type(&type_tinyint, "{\"a\": 128}"),
              "bad: column \"a\": cannot read 128 as TINYINT");
    CHECK_STR(one_type(&type_smallint, "{\"a\": 1.0}"),
              "bad: column \"a\": cannot read 1.0 as SMALLINT");
    CHECK_STR(one_type(&type_bigint, "{\"a\": -9223372036854775808}"), "-9223372036854775808");
    CHECK_STR(one_type(&type_bigint, "{\"a\": 9223372036854775808}"),
              "bad: column \"a\": cannot read 9223372036854775808 as BIGINT");
    CHECK_STR(one_type(&type_double, "{\"a\": 1}"), "1.0");
    CHECK_STR(one_type(&type_double, "{\"a\": \"NaN\"}"), "NaN");
    CHECK_STR(one_type(&type_double, "{\"a\": \" 1e3 \"}"), "1000.0");
    CHECK_STR(one_type(&type_float, "{\"a\": 1.5}"), "1.5");
    CHECK_STR(one_type(&type_boolean, "{\"a\": true}"), "TRUE");
    CHECK_STR(one_type(&type_boolean, "{\"a\": \" TRUE \"}"), "TRUE");
    CHECK_STR(one_type(&type_boolean, "{\"a\": 1}"), "FALSE");
    CHECK_STR(one_type(&type_bytes, "{\"a\": \"aGk=\"}"), "x'6869'");
    CHECK_STR(one_type(&type_bytes, "{\"a\": \"?\"}"),
              "bad: column \"a\": cannot read \"?\" as BYTES");
}

static void texts(void)
{
    CHECK_STR(one_type(&type_string, "{\"a\": \"x\"}"), "x");
    CHECK_STR(one_type(&type_string, "{\"a\": \"\\u4e2d\\n\"}"), "\xE4\xB8\xAD");
    CHECK_STR(one_type(&type_string, "{\"a\": 1.10}"), "1.10");
    CHECK_STR(one_type(&type_string, "{\"a\": false}"), "false");
    CHECK_STR(one_type(&type_string, "{\"a\": {\"x\" : [1, 2.50]}}"), "{\"x\":[1,2.5]}");
    CHECK_STR(one_type(&type_string, "{\"a\": \"\"}"), "");
    CHECK_STR(one_type(&type_string, "{\"a\": 1, \"a\": 2}"), "2");
}

static void times(void)
{
    CHECK_STR(one_type(&type_date, "{\"a\": \"2024-02-29\"}"), "2024-02-29");
    CHECK_STR(one_type(&type_date, "{\"a\": \"2024-2-9\"}"),
              "bad: column \"a\": cannot read \"2024-2-9\" as DATE");
    CHECK_STR(one_type(&type_timestamp3, "{\"a\": \"2024-01-01 00:00:00.1234\"}"),
              "2024-01-01 00:00:00.123");
    CHECK_STR(one_type(&type_timestamp3, "{\"a\": \"2024-01-01T00:00:00\"}"),
              "2024-01-01 00:00:00.000");
    CHECK_STR(one_type(&type_timestamp3, "{\"a\": \"2024-01-01 00:00:00Z\"}"),
              "bad: column \"a\": cannot read \"2024-01-01 00:00:00Z\" as TIMESTAMP(3)");
    CHECK_STR(one_type(&type_timestamp3, "{\"a\": 1700000000}"),
              "bad: column \"a\": cannot read 1700000000 as TIMESTAMP(3)");
    CHECK_STR(one_type(&type_timestamp_ltz3, "{\"a\": \"2024-01-01 00:00:00.5Z\"}"),
              "2024-01-01 00:00:00.500");
    CHECK_STR(one_type(&type_timestamp_ltz3, "{\"a\": \"2024-01-01 08:00:00+08:00\"}"),
              "2024-01-01 00:00:00.000");
    CHECK_STR(one_type(&type_time, "{\"a\": \"10:20:30\"}"), "10:20:30");
    CHECK_STR(one_type(&type_time, "{\"a\": \"10:20\"}"),
              "bad: column \"a\": cannot read \"10:20\" as TIME(0)");
}

static void decimals(void)
{
    struct type type = { .id = TYPE_DECIMAL, .precision = 5, .scale = 2 };
    CHECK_STR(one_type(&type, "{\"a\": 1.005}"), "1.01");
    CHECK_STR(one_type(&type, "{\"a\": \" 7 \"}"), "7.00");
    CHECK_STR(one_type(&type, "{\"a\": 123456}"), "NULL");
    CHECK_STR(one_type(&type, "{\"a\": \"x\"}"),
              "bad: column \"a\": cannot read \"x\" as DECIMAL(5, 2)");
}

static void messages(void)
{
    struct fixture f;
    fixture_begin(&f);
    fixture_column(&f, "id", &type_int);
    fixture_column(&f, "s", &type_string);
    struct str spans[] = {
        STR("{\"id\":1,\"s\":\"a\"}"),
        STR("{\"id\":2"),
        STR(""),
        { NULL, 0 },
        STR(" [ {\"id\":3}, {\"id\":\"?\"}, 4, {\"id\":5} ] "),
        STR("null"),
        STR("{\"id\":6} trailing"),
        STR("[]"),
        STR("[1,"),
        STR("   "),
        STR("{\"id\":\"\xFF\"}"),
    };
    CHECK_STR(decode_text(&f, "json", spans, countof(spans)),
              "1|a" NL "3|NULL" NL "5|NULL" NL "6|NULL" NL);
    CHECK_INT(f.bad_count, 7);
    CHECK_STR(f.bad[0], "message is not valid JSON");
    CHECK_INT(f.bad_records[0], 1);
    CHECK_STR(f.bad[1], "column \"id\": cannot read \"?\" as INT");
    CHECK_INT(f.bad_records[1], 4);
    CHECK_STR(f.bad[2], "message is no JSON object");
    CHECK_INT(f.bad_records[2], 4);
    CHECK_INT(f.bad_records[3], 5);
    CHECK_INT(f.bad_records[4], 8);
    CHECK_INT(f.bad_records[5], 9);
    CHECK_INT(f.bad_records[6], 10);
    fixture_end(&f);
}

static void ignoring(void)
{
    struct fixture f;
    fixture_begin(&f);
    fixture_column(&f, "id", &type_int);
    fixture_column(&f, "s", &type_string);
    fixture_option(&f, "json.ignore-parse-errors", "true");
    struct str spans[] = { STR("{\"id\":\"x\",\"s\":\"a\"}"), STR("{"), STR("{\"id\":1}") };
    CHECK_STR(decode_text(&f, "json", spans, countof(spans)), "NULL|a" NL "1|NULL" NL);
    CHECK_INT(f.bad_count, 0);
    fixture_end(&f);

    fixture_begin(&f);
    fixture_column(&f, "id", &type_int);
    fixture_option(&f, "json.fail-on-missing-field", "true");
    struct str missing[] = { STR("{\"x\":1}"), STR("{\"id\":null}") };
    CHECK_STR(decode_text(&f, "json", missing, countof(missing)), "NULL" NL);
    CHECK_INT(f.bad_count, 1);
    CHECK_STR(f.bad[0], "field \"id\" is missing");
    fixture_option(&f, "json.ignore-parse-errors", "true");
    CHECK_STR(decode_one(&f, "json", "{}"),
              "refused: options \"json.fail-on-missing-field\" and \"json.ignore-parse-errors\" "
              "exclude each other");
    fixture_end(&f);
}

static void nested(void)
{
    struct fixture f;
    fixture_begin(&f);
    struct str names[] = { STR("x"), STR("l") };
    const struct type *ints = type_make_array(f.arena, &type_int);
    const struct type *fields[] = { &type_int, ints };
    const struct type *row = type_make_row(f.arena, fields, names, 2);
    fixture_column(&f, "r", row);
    fixture_column(&f, "a", type_make_array(f.arena, row));
    fixture_column(&f, "m", type_make_map(f.arena, &type_string, &type_int));
    fixture_column(&f, "n", type_make_map(f.arena, &type_int, &type_string));
    struct str spans[] = {
        STR("{\"r\":{\"x\":1,\"l\":[1,null,3]},\"a\":[{\"x\":2},null],\"m\":{\"k\":1,\"k\":2},"
            "\"n\":{\"$map\":[[1,\"a\"],[2,null]]}}"),
        STR("{\"r\":null,\"a\":[],\"m\":{},\"n\":{\"7\":\"q\"}}"),
        STR("{\"r\":{\"x\":\"?\"}}"),
        STR("{\"a\":{}}"),
        STR("{\"a\":[{\"l\":[9,\"z\"]}]}"),
        STR("{\"r\":{\"l\":[5]}}"),
    };
    CHECK_STR(decode_text(&f, "json", spans, countof(spans)),
              "(1, [1, NULL, 3])|[(2, NULL), NULL]|{k=2}|{1=a, 2=NULL}" NL "NULL|[]|{}|{7=q}" NL
              "(NULL, [5])|NULL|NULL|NULL" NL);
    CHECK_INT(f.bad_count, 3);
    CHECK_STR(f.bad[0], "column \"r\": cannot read \"?\" as INT");
    CHECK_STR(f.bad[2], "column \"a\": cannot read \"z\" as INT");
    CHECK_INT(f.bad_records[2], 4);
    fixture_end(&f);
}

static void changelog(void)
{
    struct fixture f;
    fixture_begin(&f);
    fixture_column(&f, "id", &type_int);
    struct str spans[] = {
        STR("{\"op\": \"+I\", \"data\": {\"id\": 1}}"),
        STR("{\"op\": \"-U\", \"data\": {\"id\": 1}}"),
        STR("{\"op\": \"+U\", \"data\": {\"id\": 2}}"),
        STR("{\"op\": \"X\", \"data\": {\"id\": 2}}"),
        STR("{\"op\": \"-D\", \"data\": null}"),
        STR("{\"op\": \"-D\", \"data\": {\"id\": 2}}"),
        STR("{\"data\": {\"id\": 2}}"),
    };
    CHECK_STR(decode_text(&f, "changelog-json", spans, countof(spans)),
              "+I 1" NL "-U 1" NL "+U 2" NL "-D 2" NL);
    CHECK_INT(f.bad_count, 3);
    CHECK_STR(f.bad[0], "\"op\" is none of +I, -U, +U and -D");
    CHECK_STR(f.bad[1], "\"data\" is no JSON object");
    fixture_end(&f);
}

/* Decodes each message and encodes it again. */
static void encode_all(struct fixture *f, const char *from, const char *to, const struct str *spans,
                       uint32_t n, struct buf *out)
{
    struct format_open open = {
        .schema = &f->schema,
        .options = &f->options,
        .prefix = "",
        .zone = f->table.zone,
        .bad_rows = &f->bad_rows,
    };
    struct decoder *decoder;
    struct encoder *encoder;
    CHECK_INT(format_find(str_of(from))->open_decoder(&open, &decoder, &f->err), OK);
    CHECK_INT(format_find(str_of(to))->open_encoder(&open, &encoder, &f->err), OK);
    struct decoded got = { 0 };
    CHECK_INT(decoder->kind->decode(decoder, f->arena, spans, n, &got, &f->err), OK);
    struct batch batch = {
        .arena = f->arena,
        .count = got.rows,
        .column_count = f->schema.count,
        .columns = got.columns,
        .selected = got.rows,
        .changes = got.changes,
    };
    for (uint32_t i = 0; i < got.rows; i++) {
        bool is_null = false;
        if (encoder->kind->encode(encoder, &batch, i, out, &is_null, &f->err) != OK)
            buf_text(out, f->err.message);
        buf_char(out, '\n');
    }
    encoder->kind->close(encoder);
    decoder->kind->close(decoder);
}

static const char *round_trip(struct fixture *f, const char *format, const char *message)
{
    struct buf out;
    buf_init(&out, 1 << 20);
    struct str span = str_of(message);
    encode_all(f, format, format, &span, 1, &out);
    const char *text = arena_cstr(f->arena, buf_view(&out));
    buf_done(&out);
    return text;
}

static void encoding(void)
{
    struct fixture f;
    fixture_begin(&f);
    struct type decimal = { .id = TYPE_DECIMAL, .precision = 20, .scale = 3 };
    struct str names[] = { STR("x"), STR("y z") };
    const struct type *fields[] = { &type_int, &type_string };
    fixture_column(&f, "b", &type_boolean);
    fixture_column(&f, "d", &type_double);
    fixture_column(&f, "dec", &decimal);
    fixture_column(&f, "s", &type_string);
    fixture_column(&f, "by", &type_bytes);
    fixture_column(&f, "ts", &type_timestamp6);
    fixture_column(&f, "l", &type_timestamp_ltz3);
    fixture_column(&f, "dt", &type_date);
    fixture_column(&f, "tm", &type_time);
    fixture_column(&f, "r", type_make_row(f.arena, fields, names, 2));
    fixture_column(&f, "a", type_make_array(f.arena, &type_double));
    fixture_column(&f, "m", type_make_map(f.arena, &type_string, &type_int));
    fixture_column(&f, "n", type_make_map(f.arena, &type_int, &type_bigint));
    const char *full =
        "{\"b\":true,\"d\":1.0E10,\"dec\":12345678901234567.500,\"s\":\"q\\\"\\\\\\n\xE4\xB8\xAD\","
        "\"by\":\"AP8=\",\"ts\":\"2024-01-01 00:00:00.123\",\"l\":\"2024-01-01 00:00:00Z\","
        "\"dt\":\"2024-01-01\",\"tm\":\"10:00:00\",\"r\":{\"x\":1,\"y z\":null},"
        "\"a\":[\"NaN\",\"-Infinity\",0.5],\"m\":{\"k\":1},\"n\":{\"$map\":[[1,2],[3,null]]}}\n";
    CHECK_STR(round_trip(&f, "json", full), full);
    CHECK_STR(round_trip(&f, "json", "{}"),
              "{\"b\":null,\"d\":null,\"dec\":null,\"s\":null,\"by\":null,\"ts\":null,\"l\":null,"
              "\"dt\":null,\"tm\":null,\"r\":null,\"a\":null,\"m\":null,\"n\":null}\n");
    fixture_option(&f, "json.encode.ignore-null-fields", "true");
    fixture_option(&f, "json.timestamp-format.standard", "ISO-8601");
    CHECK_STR(round_trip(&f, "json", "{\"ts\":\"2024-01-01 00:00:00.100\",\"r\":{}}"),
              "{\"ts\":\"2024-01-01T00:00:00.1\",\"r\":{}}\n");
    fixture_end(&f);
}

static void encoding_changes(void)
{
    struct fixture f;
    fixture_begin(&f);
    fixture_column(&f, "id", &type_int);
    fixture_column(&f, "s", &type_string);
    const char *line = "{\"op\": \"-U\", \"data\": {\"id\": 1, \"s\": \"a\"}}\n";
    CHECK_STR(round_trip(&f, "changelog-json", line), line);
    fixture_end(&f);
}

static void blink_times(void)
{
    struct fixture f;
    fixture_begin(&f);
    CHECK_INT(zone_load(f.arena, STR("Asia/Shanghai"), &f.table.zone, &f.err), OK);
    fixture_column(&f, "t", &type_blink_timestamp);
    const char *line = "{\"t\":\"2024-01-01 08:00:00.5\"}\n";
    CHECK_STR(round_trip(&f, "json", line), line);
    CHECK_STR(round_trip(&f, "json", "{\"t\":\"2024-01-01T00:00:00.5Z\"}"), line);
    fixture_end(&f);
}

static const char *encode_null_key(struct fixture *f)
{
    struct format_open open = { .schema = &f->schema, .options = &f->options, .prefix = "" };
    struct rows rows = rows_make(f, 1);
    struct column *m = rows.batch->columns[0];
    m->children[0] = column_create(f->arena, &type_string, 2);
    m->children[1] = column_create(f->arena, &type_int, 2);
    CHECK(column_need_valid(m->children[0], f->arena));
    column_set_null(m->children[0], 0);
    COLUMN_OUT(m->children[0], struct view)[1] = view_of(STR("k"));
    COLUMN_OUT(m->children[1], int32_t)[0] = 1;
    COLUMN_OUT(m->children[1], int32_t)[1] = 2;
    COLUMN_OUT(m, struct list_slot)[0] = (struct list_slot){ 0, 2 };
    bit_set(m->valid, 0);
    struct encoder *encoder;
    struct buf out;
    bool is_null;
    buf_init(&out, 1 << 20);
    CHECK_INT(format_find(STR("json"))->open_encoder(&open, &encoder, &f->err), OK);
    enum code code = encoder->kind->encode(encoder, rows.batch, 0, &out, &is_null, &f->err);
    const char *text = code == OK ? arena_cstr(f->arena, buf_view(&out)) : f->err.message;
    encoder->kind->close(encoder);
    buf_done(&out);
    return text;
}

static void null_keys(void)
{
    struct fixture f;
    fixture_begin(&f);
    fixture_column(&f, "m", type_make_map(f.arena, &type_string, &type_int));
    CHECK_STR(encode_null_key(&f), "column \"m\": a map with a NULL key is no JSON");
    fixture_option(&f, "json.map-null-key.mode", "DROP");
    CHECK_STR(encode_null_key(&f), "{\"m\":{\"k\":2}}");
    fixture_option(&f, "json.map-null-key.mode", "literal");
    fixture_option(&f, "json.map-null-key.literal", "none");
    CHECK_STR(encode_null_key(&f), "{\"m\":{\"none\":1,\"k\":2}}");
    /* Only keys that are no strings make $map something else than a key. */
    CHECK_STR(round_trip(&f, "json", "{\"m\":{\"$map\":7}}"), "{\"m\":{\"$map\":7}}\n");
    fixture_end(&f);
}

static void pruning(void)
{
    struct fixture f;
    fixture_begin(&f);
    fixture_column(&f, "a", &type_int);
    fixture_column(&f, "b", &type_int);
    f.needed[0] = false;
    CHECK_STR(decode_one(&f, "json", "{\"a\":\"not looked at\",\"b\":7}"), "7" NL);
    CHECK_INT(f.bad_count, 0);
    fixture_end(&f);
}

static void a_bad_row_can_be_the_end(void)
{
    struct fixture f;
    fixture_begin(&f);
    fixture_column(&f, "a", &type_int);
    f.bad_answer = E_DATA;
    CHECK_STR(decode_one(&f, "json", "{"), "failed: a bad row is the end");
    fixture_end(&f);
}

int main(void)
{
    RUN(scalars);
    RUN(texts);
    RUN(times);
    RUN(decimals);
    RUN(messages);
    RUN(ignoring);
    RUN(nested);
    RUN(changelog);
    RUN(encoding);
    RUN(encoding_changes);
    RUN(blink_times);
    RUN(null_keys);
    RUN(pruning);
    RUN(a_bad_row_can_be_the_end);
    return check_failed != 0;
}
