/* test_elastic_doc.c -- rows as lines of bulk calls of Elasticsearch: ids, documents, indexes. */
#include "elastic/elastic.h"
#include "elastic/elastic_doc.h"
#include "test_local_support.h"

static const struct option_spec *specs[] = { NULL, NULL };

static void begin(struct fixture *f, const struct connector *connector)
{
    fixture_begin(f);
    specs[0] = connector->options;
    f->options.specs = specs;
}

/* The lines of row 0, line feeds as they are; "refused: ..." or "bad: ..." otherwise.  The key
 * stands behind a '#', with its NUL as a blank. */
static const char *lines_of(struct fixture *f, const struct rows *rows, bool is_delete)
{
    struct es_docs *docs;
    struct buf lines, key;
    if (es_docs_create(&f->table, &docs, &f->err) != OK)
        return arena_printf(f->arena, "refused: %s", f->err.message);
    buf_init(&lines, 1 << 20);
    buf_init(&key, 1 << 20);
    const char *text;
    if (es_docs_put(docs, rows->batch, 0, is_delete, &lines, &key, &f->err) != OK) {
        text = arena_printf(f->arena, "bad: %s", f->err.message);
    } else {
        for (size_t i = 0; i < key.size; i++)
            if (key.data[i] == '\0')
                key.data[i] = ' ';
        text = arena_printf(f->arena, STR_FMT "#" STR_FMT, STR_ARG(buf_view(&lines)),
                            STR_ARG(buf_view(&key)));
    }
    buf_done(&lines);
    buf_done(&key);
    es_docs_destroy(docs);
    return text;
}

static void flinks_documents_are_merged_by_their_key(void)
{
    struct fixture f;
    begin(&f, &connector_es);
    fixture_column(&f, "id", &type_bigint);
    fixture_column(&f, "name", &type_string);
    fixture_option(&f, "index", "users");
    struct rows rows = rows_make(&f, 1);
    set_number(&rows, 0, 0, 7);
    CHECK_STR(lines_of(&f, &rows, false), "{\"index\":{}}\n{\"id\":7,\"name\":null}\n#");
    f.schema.key_count = 1;
    CHECK_STR(lines_of(&f, &rows, false),
              "{\"update\":{\"_id\":\"7\"}}\n"
              "{\"doc\":{\"id\":7,\"name\":null},\"doc_as_upsert\":true}\n#7");
    CHECK_STR(lines_of(&f, &rows, true), "{\"delete\":{\"_id\":\"7\"}}\n#7");
    CHECK(es_docs_are_whole(&f.table));
    fixture_option(&f, "json.encode.ignore-null-fields", "true");
    CHECK_STR(lines_of(&f, &rows, false),
              "{\"update\":{\"_id\":\"7\"}}\n{\"doc\":{\"id\":7},\"doc_as_upsert\":true}\n#7");
    CHECK(!es_docs_are_whole(&f.table));
    fixture_end(&f);
}

static void blinks_documents_replace_or_are_increments(void)
{
    struct fixture f;
    begin(&f, &connector_blink_es);
    f.table.blink = true;
    fixture_column(&f, "k", &type_string);
    fixture_column(&f, "ts", &type_blink_timestamp);
    fixture_column(&f, "n", &type_int);
    fixture_option(&f, "index", "i");
    f.schema.key_count = 1;
    struct rows rows = rows_make(&f, 1);
    set_text(&rows, 0, 0, STR("a"));
    set_number(&rows, 1, 0, 1577934245678000);
    CHECK_STR(lines_of(&f, &rows, false),
              "{\"index\":{\"_id\":\"a\"}}\n"
              "{\"k\":\"a\",\"ts\":\"2020-01-02 03:04:05\",\"n\":null}\n#a");
    f.table.keeps_ms = true;
    CHECK_STR(lines_of(&f, &rows, false),
              "{\"index\":{\"_id\":\"a\"}}\n"
              "{\"k\":\"a\",\"ts\":\"2020-01-02 03:04:05.678\",\"n\":null}\n#a");
    fixture_option(&f, "updateMode", "inc");
    CHECK_STR(lines_of(&f, &rows, false),
              "{\"update\":{\"_id\":\"a\"}}\n{\"doc\":{\"k\":\"a\",\"ts\":\"2020-01-02 "
              "03:04:05.678\"},\"doc_as_upsert\":true}\n#a");
    CHECK(!es_docs_are_whole(&f.table));
    fixture_end(&f);
}

static const char *id_of(const struct type *type, int64_t number)
{
    static struct fixture f;
    static char text[256];
    begin(&f, &connector_es);
    fixture_column(&f, "k", type);
    fixture_option(&f, "index", "i");
    f.schema.key_count = 1;
    struct rows rows = rows_make(&f, 1);
    set_number(&rows, 0, 0, number);
    snprintf(text, sizeof text, "%s", strchr(lines_of(&f, &rows, true), '#') + 1);
    fixture_end(&f);
    return text;
}

/* As Java's toString() has the values that Flink keeps. */
static void ids_are_javas_text(void)
{
    const int64_t day_us = 1583971200000000; /* 2020-03-12 */
    CHECK_STR(id_of(&type_int, -5), "-5");
    CHECK_STR(id_of(&type_boolean, 1), "true");
    CHECK_STR(id_of(&type_date, 18333), "2020-03-12");
    CHECK_STR(id_of(&type_time, 43200000), "12:00");
    CHECK_STR(id_of(&type_time, 43201000), "12:00:01");
    CHECK_STR(id_of(&type_timestamp3, day_us), "2020-03-12T00:00");
    CHECK_STR(id_of(&type_timestamp3, day_us + 1000000), "2020-03-12T00:00:01");
    CHECK_STR(id_of(&type_timestamp3, day_us + 120000), "2020-03-12T00:00:00.120");
    CHECK_STR(id_of(&type_timestamp6, day_us + 120001), "2020-03-12T00:00:00.120001");
    CHECK_STR(id_of(&type_timestamp3, -1000), "1969-12-31T23:59:59.999");
    const struct type decimal = { .id = TYPE_DECIMAL, .precision = 6, .scale = 2 };
    CHECK_STR(id_of(&decimal, 1250), "12.50");
}

static void ids_are_data_and_have_limits(void)
{
    struct fixture f;
    char longest[ES_ID_BYTES_MAX + 2];
    begin(&f, &connector_es);
    fixture_column(&f, "a", &type_string);
    fixture_column(&f, "b", &type_string);
    fixture_option(&f, "index", "i");
    fixture_option(&f, "document-id.key-delimiter", "$");
    f.key[1] = 1;
    f.schema.key_count = 2;
    struct rows rows = rows_make(&f, 1);
    set_text(&rows, 0, 0, STR("x\"}}\n"));
    set_text(&rows, 1, 0, STR("\\\xFF"));
    CHECK_STR(lines_of(&f, &rows, true),
              "{\"delete\":{\"_id\":\"x\\\"}}\\n$\\\\\xEF\xBF\xBD\"}}\n#x\"}}\n$\\\xFF");
    f.schema.key_count = 1;
    set_text(&rows, 0, 0, STR(""));
    CHECK_STR(lines_of(&f, &rows, false), "bad: the id of the document is empty");
    memset(longest, 'a', sizeof longest);
    set_text(&rows, 0, 0, str_make(longest, ES_ID_BYTES_MAX));
    CHECK(lines_of(&f, &rows, true)[0] == '{');
    set_text(&rows, 0, 0, str_make(longest, ES_ID_BYTES_MAX + 1));
    CHECK_STR(lines_of(&f, &rows, true),
              "bad: the id of the document has 513 bytes; 512 are the most");
    fixture_end(&f);
}

/* --- indexes ---------------------------------------------------------------------------------- */

struct place {
    const char *index, *field, *interval; /* field: Blink's indexField */
};

/* The index of a row with n = 1577934245, at that second, of the day 2020-01-02, with the text
 * "Ab"; or of NULLs. */
static const char *index_of(struct place place, bool is_null)
{
    static struct fixture f;
    static char text[256];
    begin(&f, place.field ? &connector_blink_es : &connector_es);
    f.table.blink = place.field != NULL;
    fixture_column(&f, "n", &type_bigint);
    fixture_column(&f, "at", &type_timestamp3);
    fixture_column(&f, "day", &type_date);
    fixture_column(&f, "z", &type_timestamp_ltz3);
    fixture_column(&f, "s", &type_string);
    fixture_column(&f, "d", &type_double);
    fixture_option(&f, "index", place.index);
    if (place.field) {
        fixture_option(&f, "dynamicIndex", "true");
        fixture_option(&f, "indexField", place.field);
        fixture_option(&f, "indexInterval", place.interval);
    }
    struct rows rows = rows_make(&f, 1);
    if (!is_null) {
        set_number(&rows, 0, 0, 1577934245);
        set_number(&rows, 1, 0, 1577934245000000);
        set_number(&rows, 2, 0, 18263);
        set_number(&rows, 3, 0, 1577934245000000);
        set_text(&rows, 4, 0, STR("Ab"));
    }
    struct es_index index;
    struct buf out;
    buf_init(&out, 1 << 16);
    if (es_index_read(&index, &f.table, f.arena, &f.err) != OK)
        snprintf(text, sizeof text, "refused: %s", f.err.message);
    else if (es_index_put(&index, rows.batch, 0, &out, &f.err) != OK)
        snprintf(text, sizeof text, "bad: %s", f.err.message);
    else
        snprintf(text, sizeof text, STR_FMT, STR_ARG(buf_view(&out)));
    buf_done(&out);
    fixture_end(&f);
    return text;
}

static const char *flink_index(const char *index)
{
    return index_of((struct place){ .index = index }, false);
}

static const char *blink_index(const char *field, const char *interval)
{
    return index_of((struct place){ "i", field, interval }, false);
}

static void flinks_patterns(void)
{
    CHECK_STR(flink_index("users"), "users");
    CHECK_STR(flink_index("u_{s}_x"), "u_Ab_x");
    CHECK_STR(flink_index("u_{n}"), "u_1577934245");
    CHECK_STR(flink_index("u_{day}"), "u_18263");
    CHECK_STR(flink_index("{at|yyyy-MM-dd}.x"), "2020-01-02.x");
    CHECK_STR(flink_index("i{at|}"), "i2020_01_02_03_04_05");
    CHECK_STR(flink_index("i{day|}"), "i2020_01_02");
    CHECK_STR(flink_index("i{z|}"), "i2020_01_02_03_04_05Z");
    CHECK_STR(flink_index("i-{ now( ) |yyyy-MM}"), "i-2017-07");
    CHECK_STR(flink_index("i-{CURRENT_TIMESTAMP|yyyy}"), "i-2017");
    CHECK_STR(index_of((struct place){ .index = "u_{s}" }, true), "u_null");
    CHECK_STR(index_of((struct place){ .index = "u_{at|yyyy}" }, true), "u_null");
    CHECK_STR(flink_index("u_{x}"),
              "refused: the index follows column \"x\", which the table has not");
    CHECK_STR(flink_index("u_{s|yyyy}"),
              "refused: column \"s\" has a type that cannot be formatted as a time");
    CHECK_STR(flink_index("u_{d}"),
              "refused: column \"d\" has a type that cannot be a part of an index's name");
    CHECK_STR(flink_index("u_{s"), "refused: the pattern of index \"u_{s\" has no end");
    CHECK_STR(flink_index("u_{s}{n}"), "refused: index \"u_{s}{n}\" has more than one pattern");
    CHECK_STR(flink_index(" "), "refused: table \"t\" needs option \"index\"");
}

static void blinks_intervals(void)
{
    CHECK_STR(blink_index("at", "d"), "i20200102");
    CHECK_STR(blink_index("at", "m"), "i202001");
    CHECK_STR(blink_index("at", "w"), "i2020011"); /* the first week of January */
    CHECK_STR(blink_index("day", "d"), "i20200102");
    CHECK_STR(blink_index("n", "d"), "i20200102");
    CHECK_STR(blink_index("s", "d"), "refused: indexField can be a TIMESTAMP, a DATE or a BIGINT");
    CHECK_STR(blink_index("", "d"), "refused: dynamicIndex needs the column to follow, indexField");
    CHECK_STR(index_of((struct place){ "i", "at", "d" }, true),
              "bad: the column that the index follows is NULL");
}

static void a_rows_own_index_stands_in_its_line(void)
{
    struct fixture f;
    begin(&f, &connector_es);
    fixture_column(&f, "k", &type_int);
    fixture_column(&f, "c", &type_string);
    fixture_option(&f, "index", "i-{c}");
    f.schema.key_count = 1;
    struct rows rows = rows_make(&f, 1);
    set_number(&rows, 0, 0, 1);
    set_text(&rows, 1, 0, STR("\"\n"));
    CHECK_STR(lines_of(&f, &rows, true),
              "{\"delete\":{\"_index\":\"i-\\\"\\n\",\"_id\":\"1\"}}\n#i-\"\n 1");
    char longest[300];
    memset(longest, 'a', sizeof longest);
    set_text(&rows, 1, 0, str_make(longest, sizeof longest));
    CHECK_STR(lines_of(&f, &rows, true),
              "bad: the name of the index has 302 bytes; 255 are the most");
    fixture_end(&f);
}

int main(void)
{
    RUN(flinks_documents_are_merged_by_their_key);
    RUN(blinks_documents_replace_or_are_increments);
    RUN(ids_are_javas_text);
    RUN(ids_are_data_and_have_limits);
    RUN(flinks_patterns);
    RUN(blinks_intervals);
    RUN(a_rows_own_index_stands_in_its_line);
    return check_failed != 0;
}
