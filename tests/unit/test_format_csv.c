/* test_format_csv.c -- csv in both directions, and where its records end. */
#include "connector/csv_frame.h"
#include "test_local_support.h"

#define NL "\n"

static void three(struct fixture *f)
{
    fixture_begin(f);
    fixture_column(f, "i", &type_int);
    fixture_column(f, "s", &type_string);
    fixture_column(f, "d", &type_double);
}

static void reading(void)
{
    struct fixture f;
    three(&f);
    CHECK_STR(decode_one(&f, "csv", "1,abc,2.5"), "1|abc|2.5" NL);
    CHECK_STR(decode_one(&f, "csv", "1,abc,2.5\r\n"), "1|abc|2.5" NL);
    CHECK_STR(decode_one(&f, "csv", " 1 ,\"a\"\"b,\nc\" ,2.5,"), "1|a\"b,\nc|2.5" NL);
    CHECK_STR(decode_one(&f, "csv", "1,,2.5"), "1||2.5" NL);
    CHECK_STR(decode_one(&f, "csv", "1,5\" pipe,1"), "1|5\" pipe|1.0" NL);
    CHECK_STR(decode_one(&f, "csv", ""), "");
    CHECK_INT(f.bad_count, 0);
    CHECK_STR(decode_one(&f, "csv", ",a,1"), "");
    CHECK_STR(f.bad[0], "column \"i\": cannot read \"\" as INT");
    CHECK_STR(decode_one(&f, "csv", "1,a"), "");
    CHECK_STR(f.bad[0], "record has 2 fields, the table 3 columns");
    CHECK_STR(decode_one(&f, "csv", "1,a,2,3"), "");
    CHECK_STR(f.bad[0], "record has 4 fields, the table 3 columns");
    CHECK_STR(decode_one(&f, "csv", "1,\"a,2"), "");
    CHECK_STR(f.bad[0], "a field does not end with its quote, or with an escape");
    CHECK_STR(decode_one(&f, "csv", "1,\"a\"x,2"), "");
    CHECK_INT(f.bad_count, 1);
    fixture_end(&f);
}

static void options_of_csv(void)
{
    struct fixture f;
    three(&f);
    fixture_option(&f, "csv.field-delimiter", "\\t");
    fixture_option(&f, "csv.quote-character", "'");
    fixture_option(&f, "csv.escape-character", "\\");
    fixture_option(&f, "csv.null-literal", "n/a");
    fixture_option(&f, "csv.allow-comments", "true");
    fixture_option(&f, "csv.ignore-parse-errors", "true");
    struct str spans[] = {
        STR("1\t'a\\'b\\n'\t2"), STR("# a comment"), STR("n/a\tn/a\tn/a"),
        STR("x\ty\\\tz\t1"),     STR("7\tonly two"), STR("1\t2\t3\t4"),
    };
    CHECK_STR(decode_text(&f, "csv", spans, countof(spans)),
              "1|a'b\n|2.0" NL "NULL|NULL|NULL" NL "NULL|y\tz|1.0" NL "7|only two|NULL" NL);
    CHECK_INT(f.bad_count, 0);
    fixture_end(&f);

    three(&f);
    fixture_option(&f, "csv.disable-quote-character", "true");
    CHECK_STR(decode_one(&f, "csv", "1,\"a\",1"), "1|\"a\"|1.0" NL);
    fixture_option(&f, "csv.field-delimiter", "ab");
    CHECK_STR(decode_one(&f, "csv", "1"),
              "refused: option \"csv.field-delimiter\" must be one ASCII character, but is "
              "\"ab\"");
    fixture_end(&f);
}

/* Flink 2.3 (FLINK-39065); an option may be given alone or with errors ignored. */
static const char *with(const char *option, const char *value, bool ignores, const char *record)
{
    static struct fixture f;
    static char text[256];
    three(&f);
    if (option)
        fixture_option(&f, option, value);
    if (ignores)
        fixture_option(&f, "csv.ignore-parse-errors", "true");
    const char *got = decode_one(&f, "csv", record);
    snprintf(text, sizeof text, "%s", f.bad_count > 0 ? f.bad[0] : got);
    text[strcspn(text, "\n")] = '\0';
    fixture_end(&f);
    return text;
}

static void newer_options(void)
{
    CHECK_STR(with(NULL, NULL, false, "1,  a ,2"), "1|  a |2.0");
    CHECK_STR(with("csv.trim-spaces", "true", false, " 1 ,\t a b ,2 "), "1|a b|2.0");
    CHECK_STR(with("csv.trim-spaces", "true", false, "1,  \" a,\" ,2"), "1| a,|2.0");
    CHECK_STR(with("csv.trim-spaces", "true", false, "1,   ,2"), "1||2.0");
    CHECK_STR(with("csv.ignore-trailing-unmappable", "true", false, "1,a,2,3,4"), "1|a|2.0");
    CHECK_STR(with("csv.ignore-trailing-unmappable", "true", false, "1,a"),
              "record has 2 fields, the table 3 columns");
    CHECK_STR(with("csv.allow-trailing-comma", "true", false, "1,a,2,"), "1|a|2.0");
    CHECK_STR(with("csv.allow-trailing-comma", "false", false, "1,a,2"), "1|a|2.0");
    CHECK_STR(with("csv.allow-trailing-comma", "false", false, "1,a,2,"),
              "record has 4 fields, the table 3 columns");
    CHECK_STR(with("csv.fail-on-missing-columns", "false", true, "1,a"), "1|a|NULL");
    CHECK_STR(with("csv.fail-on-missing-columns", "true", true, "1,a"), "");
    CHECK_STR(with("csv.empty-string-as-null", "true", false, "1,,"), "1|NULL|NULL");
    CHECK_STR(with("csv.empty-string-as-null", "true", false, ",\"\",1"), "NULL|NULL|1.0");
}

static void nested_cells(void)
{
    struct fixture f;
    fixture_begin(&f);
    struct str names[] = { STR("x"), STR("y") };
    const struct type *fields[] = { &type_int, &type_string };
    fixture_column(&f, "a", type_make_array(f.arena, &type_int));
    fixture_column(&f, "r", type_make_row(f.arena, fields, names, 2));
    fixture_option(&f, "csv.null-literal", "-");
    CHECK_STR(decode_one(&f, "csv", "1;2;-,7;q"), "[1, 2, NULL]|(7, q)" NL);
    CHECK_STR(decode_one(&f, "csv", ","), "[]|NULL" NL);
    CHECK_STR(decode_one(&f, "csv", "-,7;q"), "[NULL]|(7, q)" NL); /* elements are, the cell is not */
    CHECK_STR(decode_one(&f, "csv", "1,-"), "");
    CHECK_STR(f.bad[0], "column \"r\": row has 1 fields, its type 2");
    CHECK_STR(decode_one(&f, "csv", "1;x,7;q"), "");
    CHECK_STR(f.bad[0], "column \"a\": cannot read \"x\" as INT");
    CHECK_STR(decode_one(&f, "csv", "1,7"), "");
    CHECK_STR(f.bad[0], "column \"r\": row has 1 fields, its type 2");
    fixture_end(&f);

    fixture_begin(&f);
    fixture_column(&f, "m", type_make_map(f.arena, &type_string, &type_int));
    CHECK_STR(decode_one(&f, "csv", "1"),
              "refused: format \"csv\" cannot hold column \"m\" of type MAP<STRING, INT>");
    fixture_end(&f);
}

static const char *encode_row(struct fixture *f, struct rows *rows)
{
    struct format_open open = {
        .schema = &f->schema, .options = &f->options, .prefix = "", .zone = zone_utc
    };
    struct encoder *encoder;
    struct buf out;
    bool is_null;
    buf_init(&out, 1 << 20);
    CHECK_INT(format_find(STR("csv"))->open_encoder(&open, &encoder, &f->err), OK);
    CHECK_INT(encoder->kind->encode(encoder, rows->batch, 0, &out, &is_null, &f->err), OK);
    encoder->kind->close(encoder);
    const char *text = arena_cstr(f->arena, buf_view(&out));
    buf_done(&out);
    return text;
}

static const char *write_text(struct fixture *f, const char *text)
{
    fixture_begin(f);
    fixture_column(f, "s", &type_string);
    struct rows rows = rows_make(f, 1);
    set_text(&rows, 0, 0, str_of(text));
    return encode_row(f, &rows);
}

static void writing_text(void)
{
    static const char *const cases[][2] = {
        { "abc", "abc" },
        { "", "" },
        { "a b", "\"a b\"" },
        { "a,b", "\"a,b\"" },
        { "a\"b", "\"a\"\"b\"" },
        { "line\nfeed", "\"line\nfeed\"" },
        { "-x_y/z", "-x_y/z" },
        { "0123456789012345678901234", "\"0123456789012345678901234\"" },
        { "\xE4\xB8\xAD", "\xE4\xB8\xAD" },
    };
    for (size_t i = 0; i < countof(cases); i++) {
        struct fixture f;
        CHECK_STR(write_text(&f, cases[i][0]), cases[i][1]);
        fixture_end(&f);
    }
}

static const char *write_decimal(struct fixture *f, int64_t unscaled, int scale, bool scientific)
{
    static struct type type;
    type = (struct type){ .id = TYPE_DECIMAL, .precision = 18, .scale = scale };
    fixture_begin(f);
    fixture_column(f, "d", &type);
    fixture_option(f, "csv.write-bigdecimal-in-scientific-notation", scientific ? "true" : "false");
    struct rows rows = rows_make(f, 1);
    set_number(&rows, 0, 0, unscaled);
    return encode_row(f, &rows);
}

static void writing_decimals(void)
{
    struct fixture f;
    CHECK_STR(write_decimal(&f, 100000, 0, true), "1E+5");
    fixture_end(&f);
    CHECK_STR(write_decimal(&f, -123000, 0, true), "-1.23E+5");
    fixture_end(&f);
    CHECK_STR(write_decimal(&f, 100000, 0, false), "100000");
    fixture_end(&f);
    CHECK_STR(write_decimal(&f, 1050, 2, true), "10.5");
    fixture_end(&f);
    CHECK_STR(write_decimal(&f, 0, 2, true), "0");
    fixture_end(&f);
    CHECK_STR(write_decimal(&f, 1, 8, true), "1E-8");
    fixture_end(&f);
    CHECK_STR(write_decimal(&f, 1, 8, false), "0.00000001");
    fixture_end(&f);
}

static void writing_rows(void)
{
    struct fixture f;
    fixture_begin(&f);
    fixture_column(&f, "b", &type_boolean);
    fixture_column(&f, "f", &type_float);
    fixture_column(&f, "t", &type_timestamp3);
    fixture_column(&f, "l", &type_timestamp_ltz3);
    fixture_column(&f, "d", &type_date);
    fixture_column(&f, "tm", &type_time);
    fixture_column(&f, "by", &type_bytes);
    fixture_column(&f, "n", &type_int);
    struct rows rows = rows_make(&f, 1);
    set_number(&rows, 0, 0, 1);
    set_double(&rows, 1, 0, 0.5);
    set_number(&rows, 2, 0, 1500000000123000);
    set_number(&rows, 3, 0, 1500000000000000);
    set_number(&rows, 4, 0, 0);
    set_number(&rows, 5, 0, 36000000);
    set_text(&rows, 6, 0, STR("hi"));
    CHECK_STR(encode_row(&f, &rows), "true,0.5,\"2017-07-14 02:40:00.123\",\"2017-07-14 "
                                     "02:40:00Z\",1970-01-01,10:00:00,aGk=,");
    fixture_option(&f, "csv.null-literal", "\\N");
    CHECK_STR(encode_row(&f, &rows), "true,0.5,\"2017-07-14 02:40:00.123\",\"2017-07-14 "
                                     "02:40:00Z\",1970-01-01,10:00:00,aGk=,\\N");
    fixture_end(&f);
}

static bool is_whole(const struct csv_frame *frame, const char *text)
{
    /* In any two pieces the answer is the same. */
    size_t size = strlen(text);
    bool whole = !csv_state_is_open(csv_frame_scan(frame, CSV_RECORD_START, text, size));
    for (size_t cut = 0; cut <= size; cut++) {
        enum csv_state state = CSV_RECORD_START;
        if (cut > 0)
            state = csv_frame_scan(frame, state, text, cut);
        if (state == CSV_RECORD_START && cut > 0)
            state = CSV_FIELD_START;
        state = csv_frame_scan(frame, state, text + cut, size - cut);
        CHECK_INT(!csv_state_is_open(state), whole);
    }
    return whole;
}

static void frames(void)
{
    struct csv_frame frame = { .delimiter = ',', .has_quote = true, .quote = '"' };
    CHECK(is_whole(&frame, "a,b"));
    CHECK(is_whole(&frame, ""));
    CHECK(!is_whole(&frame, "a,\"b"));
    CHECK(is_whole(&frame, "a,\"b\""));
    CHECK(!is_whole(&frame, "a,\"b\"\""));
    CHECK(is_whole(&frame, "a,5\" x"));
    CHECK(!is_whole(&frame, "\"a,b"));
    frame.has_escape = true;
    frame.escape = '\\';
    CHECK(!is_whole(&frame, "\"a\\\""));
    CHECK(!is_whole(&frame, "a\\"));
    CHECK(is_whole(&frame, "a, \"b"));
    frame.trims = true;
    CHECK(!is_whole(&frame, "a, \"b"));
    CHECK(!is_whole(&frame, " \"b"));
    frame.has_quote = false;
    CHECK(is_whole(&frame, "\"a"));
}

int main(void)
{
    RUN(reading);
    RUN(options_of_csv);
    RUN(newer_options);
    RUN(nested_cells);
    RUN(writing_text);
    RUN(writing_decimals);
    RUN(writing_rows);
    RUN(frames);
    return check_failed != 0;
}
