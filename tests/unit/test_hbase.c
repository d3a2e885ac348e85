/* test_hbase.c -- values as the bytes of HBase's Bytes and back, rows as its REST server takes and
 * gives them, and which cell each column of a table is. */
#include "hbase/hbase.h"

#include "base/memory.h"
#include "hbase/hbase_rest.h"
#include "hbase/hbase_rows.h"
#include "types/batch.h"
#include "types/text.h"

#include "test_local_support.h"

static struct fixture f;
static struct hbase_table *table;
static struct buf out;

static void begin(const struct connector *connector)
{
    const struct option_spec **specs;
    fixture_begin(&f);
    specs = arena_array(f.arena, const struct option_spec *, 2);
    specs[0] = connector->options;
    f.options.specs = specs;
    buf_clear(&out);
}

static void drop_table(void)
{
    hbase_table_destroy(table);
    table = NULL;
}

static void end(void)
{
    drop_table();
    fixture_end(&f);
}

static enum code read_table(void)
{
    f.err = (struct error){ .code = OK };
    return hbase_table_read(&f.table, &table, &f.err);
}

static const char *hex(struct str bytes)
{
    struct buf text;
    buf_init(&text, 1 << 20);
    text_put_hex(&text, bytes);
    const char *copy = arena_cstr(f.arena, buf_view(&text));
    buf_done(&text);
    return copy;
}

/* --- values ---------------------------------------------------------------------------- */

static const struct type *decimal(int32_t precision, int32_t scale)
{
    return type_make(f.arena, TYPE_DECIMAL, precision, scale);
}

/* Both ways: the value as `bytes` in hex, and those as the value's text. */
static void check_value(const struct type *type, struct value value, const char *bytes,
                        const char *text)
{
    struct text_style style = { .mode = TEXT_DISPLAY, .null_text = "NULL" };
    struct hbase_writer writer = { .table = table };
    struct hbase_layout layout;
    struct remote_rows rows;
    struct batch *batch;
    value.type = type;
    f.fields[1].type = type_make_row(f.arena, &type, &(struct str){ "q", 1 }, 1);
    CHECK_INT(read_table(), OK);
    writer.table = table;
    buf_clear(&out);
    hbase_put_value(&out, &writer, type, value_to_column(f.arena, &value, 1), 0);
    CHECK_STR(hex(buf_view(&out)), bytes);

    CHECK_INT(hbase_layout_make(table, &layout, &f.err), OK);
    CHECK_INT(remote_rows_begin(&rows, f.arena, layout.schema, layout.needed, 1, &f.err), OK);
    CHECK_INT(hbase_rows_add(&rows, &layout, STR("key"), &f.err), OK);
    CHECK_INT(hbase_set_value(&rows, table, 1, buf_view(&out), &f.err), OK);
    CHECK_INT(hbase_rows_end(&rows, &layout, &batch, &f.err), OK);
    buf_clear(&out);
    text_print_cell(&out, batch->columns[1]->children[0], 0, &style);
    CHECK_STR(buf_cstr(&out), text);
    drop_table();
}

#define INT(type, number, bytes, text)                                                             \
    check_value(type, (struct value){ .i64 = number }, bytes, text)
#define DEC(p, s, number, bytes, text)                                                             \
    check_value(decimal(p, s), (struct value){ .i128 = number }, bytes, text)

static void values_are_those_of_bytes(void)
{
    begin(&connector_hbase);
    fixture_column(&f, "k", &type_string);
    fixture_column(&f, "cf", &type_null);
    INT(&type_boolean, 1, "ff", "TRUE");
    INT(&type_boolean, 0, "00", "FALSE");
    INT(&type_tinyint, -128, "80", "-128");
    INT(&type_smallint, 258, "0102", "258");
    INT(&type_int, -2, "fffffffe", "-2");
    INT(&type_bigint, INT64_MIN, "8000000000000000", "-9223372036854775808");
    INT(&type_date, 19723, "00004d0b", "2024-01-01");
    INT(&type_time, 36000000, "02255100", "10:00:00");
    INT(&type_timestamp3, -1000, "ffffffffffffffff", "1969-12-31 23:59:59.999");
    INT(&type_timestamp_ltz3, 1704067200123000, "0000018cc251f47b", "2024-01-01 00:00:00.123");
    INT(&type_interval_month, 14, "0000000e", "+1-02");
    INT(&type_interval_day, 1500000, "00000000000005dc", "+0 00:00:01.500");
    check_value(&type_float, (struct value){ .f64 = 3.14f }, "4048f5c3", "3.14");
    check_value(&type_double, (struct value){ .f64 = 3.141592653589793 }, "400921fb54442d18",
                "3.141592653589793");
    check_value(&type_string, (struct value){ .str = STR("Zo\xc3\xab") }, "5a6fc3ab", "Zo\xc3\xab");
    check_value(&type_bytes, (struct value){ .str = STR("\xff\0") }, "ff00", "x'ff00'");
    DEC(10, 2, -127, "0000000281", "-1.27");
    DEC(10, 2, 128, "000000020080", "1.28");
    DEC(10, 0, 0, "0000000000", "0");
    DEC(10, 0, -128, "0000000080", "-128");
    DEC(10, 0, -129, "00000000ff7f", "-129");
    DEC(38, 3, (int128)12345678901234567890u * 1000 + 123, "00000003029d42b64e76714244cb",
        "12345678901234567890.123");
    end();
}

/* A cell of an INT, BIGINT, DECIMAL(5, 1), BOOLEAN and so on from its bytes: its text, or "!" and why
 * it is none. */
static const char *cell_text(const struct type *type, struct str bytes)
{
    struct text_style style = { .mode = TEXT_DISPLAY, .null_text = "NULL" };
    struct hbase_layout layout;
    struct remote_rows rows;
    struct batch *batch;
    begin(&connector_hbase);
    fixture_column(&f, "k", &type_string);
    fixture_column(&f, "cf", type_make_row(f.arena, &type, &(struct str){ "q", 1 }, 1));
    CHECK_INT(read_table(), OK);
    CHECK_INT(hbase_layout_make(table, &layout, &f.err), OK);
    CHECK_INT(remote_rows_begin(&rows, f.arena, layout.schema, layout.needed, 1, &f.err), OK);
    CHECK_INT(hbase_rows_add(&rows, &layout, STR("key"), &f.err), OK);
    enum code code = hbase_set_value(&rows, table, 1, bytes, &f.err);
    CHECK_INT(hbase_rows_end(&rows, &layout, &batch, NULL), OK);
    if (code == OK)
        text_print_cell(&out, batch->columns[1]->children[0], 0, &style);
    else
        buf_printf(&out, "!%s", f.err.message);
    end();
    return buf_cstr(&out);
}

static void cells_that_are_no_values(void)
{
    const struct type five = { .id = TYPE_DECIMAL, .precision = 5, .scale = 1 };
    CHECK_STR(cell_text(&type_bigint, STR("123")),
              "!column \"cf:q\": BIGINT has 8 bytes, the cell has 3");
    CHECK_STR(cell_text(&type_boolean, STR("true")),
              "!column \"cf:q\": BOOLEAN has 1 bytes, the cell has 4");
    CHECK_STR(cell_text(&five, STR("\0\0\0\1")),
              "!column \"cf:q\": DECIMAL(5, 1) has at least 5 bytes, the cell has 4");
    CHECK_STR(cell_text(&type_timestamp3, STR("\x7f\0\0\0\0\0\0\0")),
              "!column \"cf:q\": 9151314442816847872 ms are out of range");
    CHECK_STR(cell_text(&type_bigint, STR("")), "NULL");
    CHECK_STR(cell_text(&type_string, STR("null")), "NULL");
    CHECK_STR(cell_text(&type_string, STR("")), "");
    /* Other scales are brought to the column's; what does not fit is a NULL, as in Flink. */
    CHECK_STR(cell_text(&five, STR("\0\0\0\3\x04\xd7")), "1.2");
    CHECK_STR(cell_text(&five, STR("\xff\xff\xff\xfe\x0c")), "1200.0");
    CHECK_STR(cell_text(&five, STR("\xff\xff\xff\xfa\x0c")), "NULL");
    CHECK_STR(cell_text(&five, STR("\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x05")), "5.0");
    CHECK_STR(cell_text(&five, STR("\0\0\0\0\1\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x05")), "NULL");
    CHECK_STR(cell_text(&five, STR("\x7f\xff\xff\xff\x05")), "NULL");
}

/* --- keys ------------------------------------------------------------------------------ */

static const char *key_text(struct value a, struct value b, bool has_b)
{
    const struct column *columns[] = { value_to_column(f.arena, &a, 1),
                                       has_b ? value_to_column(f.arena, &b, 1) : NULL };
    struct hbase_writer writer = { .table = table };
    buf_clear(&out);
    if (hbase_put_key(&out, &writer, columns, 0, &f.err) != OK) {
        buf_clear(&out);
        buf_printf(&out, "!%s", f.err.message);
    }
    return buf_cstr(&out);
}

static void keys_of_one_and_of_several_columns(void)
{
    struct value none = { .type = &type_string, .is_null = true };
    struct value text = { .type = &type_string, .str = STR("a") };
    struct value empty = { .type = &type_string, .str = STR("") };
    struct value number = { .type = &type_int, .i64 = 0x41424344 };
    begin(&connector_cloudhbase);
    fixture_column(&f, "n", &type_int);
    fixture_column(&f, "s", &type_string);
    fixture_column(&f, "v", &type_string);
    f.key[0] = 1;
    f.schema.key_count = 1;
    CHECK_INT(read_table(), OK);
    CHECK_STR(key_text(text, none, false), "a");
    CHECK_STR(key_text(empty, none, false), "!row key \"s\" is empty");
    CHECK_STR(key_text(none, none, false), "!key column \"s\" is NULL");
    drop_table();
    f.key[0] = 0;
    CHECK_INT(read_table(), OK);
    CHECK_STR(key_text(number, none, false), "ABCD");
    drop_table();
    f.key[0] = 1;
    f.key[1] = 0;
    f.schema.key_count = 2;
    fixture_option(&f, "rowkeyDelimiter", "--");
    CHECK_INT(read_table(), OK);
    CHECK_STR(key_text(text, number, true), "a--1094861636");
    CHECK_STR(key_text(empty, number, true), "--1094861636");

    struct hbase_layout layout;
    struct remote_rows rows;
    CHECK_INT(hbase_layout_make(table, &layout, &f.err), OK);
    CHECK_INT(remote_rows_begin(&rows, f.arena, layout.schema, layout.needed, 1, &f.err), OK);
    CHECK_INT(hbase_rows_add(&rows, &layout, STR("x--7"), &f.err), OK);
    CHECK_INT(hbase_rows_add(&rows, &layout, STR("x-7"), &f.err), E_DATA);
    CHECK_STR(f.err.message, "row key \"x-7\" has fewer than 2 parts");
    CHECK_INT(rows.count, 1);
    CHECK_INT(COLUMN_AT(rows.columns[1], int32_t, 0), 7);
    end();
}

/* --- shapes ---------------------------------------------------------------------------- */

static void tables_that_cannot_be(void)
{
    const struct type *row;
    begin(&connector_hbase);
    fixture_column(&f, "k", &type_string);
    fixture_column(&f, "v", &type_string);
    CHECK_INT(read_table(), E_TYPE);
    CHECK_STR(f.err.message,
              "column \"v\" of table \"t\": STRING is neither the row key nor a column family");
    row = type_make_row(f.arena, &(const struct type *){ &type_timestamp6 },
                        &(struct str){ "q", 1 }, 1);
    f.fields[1].type = row;
    CHECK_INT(read_table(), E_TYPE);
    CHECK_STR(f.err.message,
              "column \"v\" of table \"t\": TIMESTAMP(6) has a finer time than HBase's tables");
    f.fields[0].type = row;
    CHECK_INT(read_table(), E_PLAN);
    CHECK_STR(f.err.message, "table \"t\" has no row key");
    end();
    begin(&connector_cloudhbase);
    fixture_column(&f, "k", &type_string);
    fixture_column(&f, "a", type_make_array(f.arena, &type_int));
    CHECK_INT(read_table(), E_TYPE);
    CHECK_STR(f.err.message, "column \"a\" of table \"t\": ARRAY<INT> cannot be a cell of HBase");
    f.fields[1].type = &type_int;
    fixture_option(&f, "tableName", "x");
    CHECK_INT(read_table(), OK);
    CHECK_INT(hbase_table_need(table, &f.err), E_OPTION);
    CHECK_STR(f.err.message, "table \"t\" needs the option \"columnFamily\"");
    drop_table();
    fixture_option(&f, "columnFamily", "cf");
    fixture_option(&f, "zkQuorum", "a:2181");
    CHECK_INT(read_table(), OK);
    CHECK_INT(hbase_table_need(table, &f.err), E_OPTION);
    CHECK_STR(f.err.message, "table \"t\" needs the option \"rest.endpoints\"");
    CHECK_STR(f.err.detail,
              "The addresses of ZooKeeper are not enough: weir talks to HBase's REST server.");
    drop_table();
    fixture_option(&f, "isDynamicTable", "true");
    CHECK_INT(read_table(), E_TYPE);
    CHECK_STR(f.err.message, "table \"t\" cannot be a dynamic one");
    end();
}

static void addresses_are_shown_without_secrets(void)
{
    begin(&connector_cloudhbase);
    fixture_option(&f, "tableName", "ns:x");
    fixture_option(&f, "endPoint", "http://me:secret@a:1;b:2");
    connector_cloudhbase.describe(&f.table, &out);
    CHECK_STR(buf_cstr(&out), "table=ns:x endpoint=a:1;b:2");
    end();
}

/* --- the wire -------------------------------------------------------------------------- */

static void put_example(void)
{
    struct buf column, cells;
    buf_init(&column, 1 << 20);
    buf_init(&cells, 1 << 20);
    hbase_wire_put_column(&column, STR("cf:a"));
    hbase_wire_put_cell(&cells, buf_view(&column), STR("value"));
    buf_clear(&column);
    hbase_wire_put_column(&column, STR("cf:b"));
    char large[300];
    memset(large, 'x', sizeof large);
    hbase_wire_put_cell(&cells, buf_view(&column), str_make(large, sizeof large));
    buf_clear(&out);
    hbase_wire_put_row(&out, STR("k"), buf_view(&cells), 1704067200123);
    hbase_wire_put_row(&out, STR("\xff\0"), STR(""), 0);
    buf_done(&column);
    buf_done(&cells);
}

/* "key[column=size ...] ..." of a set of rows; "!" where it breaks off. */
static const char *wire_text(struct str set)
{
    static char text[4096];
    size_t n = 0;
    struct hbase_wire wire = hbase_wire_of(set), cells;
    struct hbase_wire_cell cell;
    struct str key;
    enum code code, inner;
    bool has;
    while ((code = hbase_wire_next_row(&wire, &key, &cells, &has, NULL)) == OK && has) {
        n += (size_t)snprintf(text + n, sizeof text - n, "%zu[", key.size);
        while ((inner = hbase_wire_next_cell(&cells, &cell, &has, NULL)) == OK && has)
            n += (size_t)snprintf(text + n, sizeof text - n, STR_FMT "=%zu ", STR_ARG(cell.column),
                                  cell.value.size);
        n += (size_t)snprintf(text + n, sizeof text - n, inner == OK ? "]" : "!");
    }
    snprintf(text + n, sizeof text - n, code == OK ? "" : "!");
    return text;
}

static void rows_are_written_and_read(void)
{
    put_example();
    CHECK_STR(wire_text(buf_view(&out)), "1[cf:a=5 cf:b=300 ]2[]");
    CHECK(memmem(out.data, out.size, "\x18\xfb\xe8\xc7\x92\xcc\xb1\x00", 8) != NULL);
    CHECK_STR(wire_text(STR("")), "");
    CHECK_STR(wire_text(STR("\x0a\x00")), "!"); /* a row without key */
    CHECK_STR(wire_text(STR("\x0a\x03\x0a\x01k\x10\x05\x1d....\x0a\x03\x0a\x01m")), "1[]1[]");
    CHECK_STR(wire_text(STR("\x0a\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01")), "!");
    CHECK_STR(wire_text(STR("\x0b\x0c")), "!"); /* groups are not used */
}

/* A reply may end anywhere, and hold anything. */
static void replies_are_not_trusted(void)
{
    put_example();
    for (size_t size = 0; size < out.size; size++) {
        char *copy = mem_alloc(size + 1); /* of its own size, for who watches memory */
        memcpy(copy, out.data, size);
        wire_text(str_make(copy, size));
        mem_free(copy);
    }
    for (size_t at = 0; at < out.size; at++) {
        char before = out.data[at];
        out.data[at] = (char)(before ^ 0x85);
        wire_text(buf_view(&out));
        out.data[at] = before;
    }
    CHECK_STR(wire_text(buf_view(&out)), "1[cf:a=5 cf:b=300 ]2[]");
}

static void base64_is_that_of_urls(void)
{
    buf_clear(&out);
    hbase_rest_put_base64(&out, STR("\xff\x01/a+b&+?"));
    CHECK_STR(buf_cstr(&out), "_wEvYStiJis_");
    buf_clear(&out);
    hbase_rest_put_base64(&out, STR("\xfb\xff\xfe\xfa"));
    CHECK_STR(buf_cstr(&out), "-__--g");
}

int main(void)
{
    buf_init(&out, 1 << 20);
    RUN(values_are_those_of_bytes);
    RUN(cells_that_are_no_values);
    RUN(keys_of_one_and_of_several_columns);
    RUN(tables_that_cannot_be);
    RUN(addresses_are_shown_without_secrets);
    RUN(rows_are_written_and_read);
    RUN(replies_are_not_trusted);
    RUN(base64_is_that_of_urls);
    buf_done(&out);
    return check_failed != 0;
}
