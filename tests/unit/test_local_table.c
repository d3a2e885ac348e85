/* test_local_table.c -- tables of the local profile: writing in the manner of each
 * system, scanning, and asking by key. */
#include <sqlite3.h>

#include "local/local.h"
#include "support/connectors.h"
#include "test_local_support.h"

struct db {
    struct fixture f;
    char *folder;
    struct rows rows;
};

static void db_begin(struct db *d, const char *system, bool blink)
{
    fixture_begin(&d->f);
    d->folder = make_folder(d->f.arena);
    d->f.table.data_dir = str_of(d->folder);
    d->f.table.blink = blink;
    fixture_option(&d->f, "tableName", "my \"table\"");
    fixture_option(&d->f, LOCAL_CONNECTOR_OPTION, system);
}

static void db_end(struct db *d)
{
    remove_folder(d->f.arena, d->folder);
    fixture_end(&d->f);
}

/* id INT (the key), a STRING, b INT */
static void three_columns(struct db *d)
{
    fixture_column(&d->f, "id", &type_int);
    fixture_column(&d->f, "a", &type_string);
    fixture_column(&d->f, "b", &type_int);
    d->f.schema.key_count = 1;
}

static void start(struct db *d, uint32_t count)
{
    d->rows = rows_make(&d->f, count);
}

/* A row; a negative number and a NULL text are NULL. */
static void row(struct db *d, uint32_t i, enum change change, int id, const char *a, int b)
{
    d->rows.changes[i] = (uint8_t)change;
    if (id >= 0)
        set_number(&d->rows, 0, i, id);
    if (a)
        set_text(&d->rows, 1, i, str_of(a));
    if (b >= 0)
        set_number(&d->rows, 2, i, b);
}

static enum code save(struct db *d)
{
    return sink_once(&d->f, connector_local_table.sink, SINK_UPSERT, d->rows.batch);
}

/* Runs SQL on the file; rows as text. */
static const char *sql(struct db *d, const char *text)
{
    sqlite3 *db;
    sqlite3_stmt *stmt = NULL;
    struct buf out;
    buf_init(&out, 1 << 20);
    CHECK_INT(sqlite3_open(path_in(d->f.arena, d->folder, "tables.sqlite"), &db), SQLITE_OK);
    while (*text && sqlite3_prepare_v2(db, text, -1, &stmt, &text) == SQLITE_OK && stmt) {
        while (sqlite3_step(stmt) == SQLITE_ROW) {
            for (int c = 0; c < sqlite3_column_count(stmt); c++) {
                const char *cell = (const char *)sqlite3_column_text(stmt, c);
                buf_printf(&out, "%s%s", c ? "|" : "", cell ? cell : "NULL");
            }
            buf_char(&out, '\n');
        }
        sqlite3_finalize(stmt);
        stmt = NULL;
    }
    if (sqlite3_errcode(db) != SQLITE_OK && sqlite3_errcode(db) != SQLITE_DONE)
        buf_text(&out, sqlite3_errmsg(db));
    CHECK_INT(sqlite3_close(db), SQLITE_OK);
    const char *got = arena_cstr(d->f.arena, buf_view(&out));
    buf_done(&out);
    return got;
}

#define ALL "SELECT * FROM \"my \"\"table\"\"\" ORDER BY 1"

static void upserts(void)
{
    struct db d;
    db_begin(&d, "rds", true);
    three_columns(&d);
    start(&d, 6);
    row(&d, 0, CHANGE_INSERT, 1, "x", 1);
    row(&d, 1, CHANGE_INSERT, 2, "y", 2);
    row(&d, 2, CHANGE_UPDATE_BEFORE, 1, "x", 1);
    row(&d, 3, CHANGE_UPDATE_AFTER, 1, NULL, 3);
    row(&d, 4, CHANGE_DELETE, 2, "y", 2);
    row(&d, 5, CHANGE_INSERT, -1, "no key", 2);
    CHECK_INT(save(&d), OK);
    CHECK_STR(sql(&d, ALL), "1|NULL|3\n");
    CHECK_INT(d.f.bad_count, 1);
    CHECK_STR(d.f.bad[0], "key column \"id\" is NULL");
    CHECK_INT(d.f.bad_records[0], 5);
    CHECK_STR(
        sql(&d, "SELECT sql FROM sqlite_master WHERE type = 'table'"),
        "CREATE TABLE \"my \"\"table\"\"\" (\"id\" INTEGER NOT NULL, \"a\" TEXT, \"b\" INTEGER, "
        "PRIMARY KEY (\"id\"))\n");
    CHECK_STR(sql(&d, "PRAGMA journal_mode"), "delete\n"); /* one plain file again */
    fixture_option(&d.f, "ignoreDelete", "true");
    fixture_option(&d.f, "excludeUpdateColumns", "x, B");
    start(&d, 3);
    row(&d, 0, CHANGE_INSERT, 1, "z", 9);
    row(&d, 1, CHANGE_INSERT, 3, "z", 9);
    row(&d, 2, CHANGE_DELETE, 1, "z", 9);
    CHECK_INT(save(&d), OK);
    CHECK_STR(sql(&d, ALL), "1|z|3\n3|z|9\n");
    db_end(&d);
}

/* A table that somebody made without a key is upserted all the same. */
static void tables_of_others(void)
{
    struct db d;
    db_begin(&d, "rds", true);
    three_columns(&d);
    sql(&d, "CREATE TABLE \"my \"\"table\"\"\" (b, extra DEFAULT 'e', A CHECK (a <> 'bad'), ID)");
    start(&d, 4);
    row(&d, 0, CHANGE_INSERT, 1, "x", 1);
    row(&d, 1, CHANGE_INSERT, 1, "y", 2);
    row(&d, 2, CHANGE_INSERT, 2, "bad", 2);
    row(&d, 3, CHANGE_INSERT, 3, "z", 3);
    CHECK_INT(save(&d), OK);
    CHECK_STR(sql(&d, ALL), "2|e|y|1\n3|e|z|3\n");
    CHECK_INT(d.f.bad_count, 1);
    CHECK(strstr(d.f.bad[0], "CHECK constraint failed") != NULL);
    fixture_column(&d.f, "extar", &type_int);
    CHECK_INT(save(&d), E_NAME);
    CHECK(strstr(d.f.err.message, "has no column \"extar\"") != NULL);
    CHECK_STR(d.f.err.hint, "Perhaps you meant \"extra\".");
    db_end(&d);
}

static void appends(void)
{
    struct db d;
    db_begin(&d, "rds", true);
    three_columns(&d);
    d.f.schema.key_count = 0;
    struct type not_null = type_int;
    not_null.not_null = true;
    d.f.fields[2].type = &not_null;
    start(&d, 3);
    row(&d, 0, CHANGE_INSERT, 1, "x", 1);
    row(&d, 1, CHANGE_INSERT, 1, "x", 1);
    row(&d, 2, CHANGE_INSERT, 1, "x", -1);
    CHECK_INT(save(&d), OK);
    CHECK_INT(save(&d), OK);
    CHECK_STR(sql(&d, ALL), "1|x|1\n1|x|1\n1|x|1\n1|x|1\n");
    CHECK_INT(d.f.bad_count, 2);
    CHECK(strstr(d.f.bad[0], "NOT NULL constraint failed") != NULL);
    db_end(&d);
}

static void hbase(void)
{
    struct db d;
    db_begin(&d, "cloudhbase", true);
    fixture_column(&d.f, "rowkey", &type_string);
    fixture_column(&d.f, "a", &type_string);
    fixture_column(&d.f, "b", &type_string);
    d.f.schema.key_count = 1;
    start(&d, 6);
    for (uint32_t i = 0; i < 6; i++)
        set_text(&d.rows, 0, i, i == 3 ? STR("") : STR("k"));
    set_text(&d.rows, 1, 0, STR("a0"));
    set_text(&d.rows, 2, 0, STR("b0"));
    set_text(&d.rows, 1, 1, STR("a1")); /* b stays */
    column_set_null(d.rows.batch->columns[0], 2);
    CHECK_INT(save(&d), OK);
    CHECK_STR(sql(&d, ALL), "k|a1|b0\n");
    CHECK_INT(d.f.bad_count, 4);
    CHECK_STR(d.f.bad[0], "key column \"rowkey\" is NULL");
    CHECK_STR(d.f.bad[1], "row key \"rowkey\" is empty");
    CHECK_STR(d.f.bad[2], "all cells of the row are NULL");
    /* Another table of the job has a column more: HBase has no fixed ones. */
    fixture_column(&d.f, "c", &type_int);
    start(&d, 2);
    set_text(&d.rows, 0, 0, STR("k"));
    set_number(&d.rows, 3, 0, 7);
    set_text(&d.rows, 0, 1, STR("gone"));
    d.rows.changes[1] = CHANGE_DELETE;
    CHECK_INT(save(&d), OK);
    CHECK_STR(sql(&d, ALL), "k|a1|b0|7\n");
    d.rows.changes[0] = CHANGE_DELETE;
    CHECK_INT(save(&d), OK);
    CHECK_STR(sql(&d, ALL), "");
    db_end(&d);
}

/* A key of several columns is joined by a delimiter, so it is never empty. */
static void hbase_key_of_parts(void)
{
    struct db d;
    db_begin(&d, "cloudhbase", true);
    fixture_column(&d.f, "a", &type_string);
    fixture_column(&d.f, "b", &type_string);
    fixture_column(&d.f, "v", &type_string);
    d.f.key[1] = 1;
    d.f.schema.key_count = 2;
    start(&d, 2);
    for (uint32_t i = 0; i < 2; i++)
        set_text(&d.rows, 2, i, STR("v"));
    set_text(&d.rows, 0, 0, STR("x"));
    set_text(&d.rows, 1, 0, STR(""));
    set_text(&d.rows, 0, 1, STR(""));
    set_text(&d.rows, 1, 1, STR("y"));
    CHECK_INT(save(&d), OK);
    CHECK_INT(d.f.bad_count, 0);
    CHECK_STR(sql(&d, ALL), "|y|v\nx||v\n");
    db_end(&d);
}

static void families(void)
{
    struct db d;
    db_begin(&d, "hbase-2.2", false);
    struct str names[] = { STR("q1"), STR("q2") };
    const struct type *fields[] = { &type_int, &type_string };
    fixture_column(&d.f, "rk", &type_string);
    fixture_column(&d.f, "cf", type_make_row(d.f.arena, fields, names, 2));
    start(&d, 2);
    struct column *cf = d.rows.batch->columns[1];
    for (uint32_t c = 0; c < 2; c++) {
        cf->children[c] = column_create(d.f.arena, fields[c], 2);
        CHECK(column_need_valid(cf->children[c], d.f.arena));
    }
    set_text(&d.rows, 0, 0, STR("k"));
    set_text(&d.rows, 0, 1, STR("k"));
    bit_set(cf->valid, 0);
    bit_set(cf->valid, 1);
    COLUMN_OUT(cf->children[0], int32_t)[0] = 1;
    COLUMN_OUT(cf->children[0], int32_t)[1] = 2;
    COLUMN_OUT(cf->children[1], struct view)[0] = view_of(STR("x"));
    column_set_null(cf->children[1], 1);
    CHECK_INT(save(&d), OK);
    CHECK_STR(sql(&d, "SELECT rk, \"cf:q1\", \"cf:q2\" FROM \"my \"\"table\"\"\""), "k|2|x\n");
    db_end(&d);
}

static void documents(void)
{
    struct db d;
    db_begin(&d, "elasticsearch", true);
    three_columns(&d);
    start(&d, 2);
    row(&d, 0, CHANGE_INSERT, 1, "x", 1);
    row(&d, 1, CHANGE_INSERT, 1, NULL, 2);
    CHECK_INT(save(&d), OK);
    CHECK_STR(sql(&d, ALL), "1|NULL|2\n");
    /* A document is replaced with all that it had. */
    sql(&d, "ALTER TABLE \"my \"\"table\"\"\" ADD COLUMN other; UPDATE \"my \"\"table\"\"\" SET "
            "other = 5");
    CHECK_INT(save(&d), OK);
    CHECK_STR(sql(&d, ALL), "1|NULL|2|NULL\n");
    fixture_option(&d.f, "updateMode", "inc");
    start(&d, 1);
    row(&d, 0, CHANGE_INSERT, 1, "y", -1);
    sql(&d, "UPDATE \"my \"\"table\"\"\" SET other = 5");
    CHECK_INT(save(&d), OK);
    CHECK_STR(sql(&d, ALL), "1|y|2|5\n");
    row(&d, 0, CHANGE_DELETE, 1, "y", -1);
    CHECK_INT(save(&d), OK);
    CHECK_STR(sql(&d, ALL), "");
    db_end(&d);
}

static void all_types(struct db *d, struct type *decimal)
{
    CHECK_INT(zone_load(d->f.arena, STR("Asia/Shanghai"), &d->f.table.zone, &d->f.err), OK);
    fixture_column(&d->f, "i8", &type_tinyint);
    fixture_column(&d->f, "i64", &type_bigint);
    fixture_column(&d->f, "f", &type_float);
    fixture_column(&d->f, "d", &type_double);
    fixture_column(&d->f, "dec", decimal);
    fixture_column(&d->f, "s", &type_string);
    fixture_column(&d->f, "by", &type_bytes);
    fixture_column(&d->f, "bo", &type_boolean);
    fixture_column(&d->f, "t", &type_timestamp6);
    fixture_column(&d->f, "l", &type_blink_timestamp);
    fixture_column(&d->f, "dt", &type_date);
    fixture_column(&d->f, "tm", &type_time);
    fixture_column(&d->f, "arr", type_make_array(d->f.arena, &type_int));
}

static const char *scan(struct db *d, uint32_t max_rows)
{
    struct source_open open = { .table = &d->f.table, .bad_rows = &d->f.bad_rows };
    struct source *s;
    if (connector_local_table.source->open(&open, &s, &d->f.err) != OK)
        return arena_printf(d->f.arena, "refused: %s", d->f.err.message);
    struct arena *arena = arena_create();
    struct buf out;
    buf_init(&out, 1 << 20);
    enum poll_state state = POLL_MORE;
    while (state != POLL_END) {
        struct batch *batch = NULL;
        CHECK_INT(s->kind->poll_rows(s, arena, max_rows, &batch, &state, &d->f.err), OK);
        for (uint32_t i = 0; batch && i < batch->count; i++)
            put_row(&out, batch->columns, batch->column_count, i, d->f.table.zone);
        arena_reset(arena);
    }
    s->kind->close(s);
    arena_destroy(arena);
    const char *text = arena_cstr(d->f.arena, buf_view(&out));
    buf_done(&out);
    return text;
}

static void types(void)
{
    struct db d;
    struct type decimal = { .id = TYPE_DECIMAL, .precision = 25, .scale = 3 };
    db_begin(&d, "rds", true);
    all_types(&d, &decimal);
    start(&d, 2);
    set_number(&d.rows, 0, 0, -5);
    set_number(&d.rows, 1, 0, INT64_MIN);
    set_double(&d.rows, 2, 0, 1.1);
    set_double(&d.rows, 3, 0, 1e300);
    set_number(&d.rows, 4, 0, 12500);
    set_text(&d.rows, 5, 0, STR("q'\"\xE4\xB8\xAD"));
    set_text(&d.rows, 6, 0, STR("\x00\xFF"));
    set_number(&d.rows, 7, 0, 1);
    set_number(&d.rows, 8, 0, 1500000000123456);
    set_number(&d.rows, 9, 0, 1500000000123000);
    set_number(&d.rows, 10, 0, 1);
    set_number(&d.rows, 11, 0, 36000000);
    struct column *arr = d.rows.batch->columns[12];
    arr->children[0] = column_create(d.f.arena, &type_int, 2);
    COLUMN_OUT(arr->children[0], int32_t)[0] = 7;
    COLUMN_OUT(arr->children[0], int32_t)[1] = 8;
    COLUMN_OUT(arr, struct list_slot)[0] = (struct list_slot){ 0, 2 };
    bit_set(arr->valid, 0);
    CHECK_INT(save(&d), OK);
    CHECK_INT(d.f.bad_count, 0);
    CHECK_STR(
        sql(&d, "SELECT i8, i64, f, d, \"dec\", s, hex(\"by\"), bo, t, l, dt, tm, arr, typeof(bo), "
                "typeof(\"by\"), typeof(\"dec\") FROM \"my \"\"table\"\"\" LIMIT 1"),
        "-5|-9223372036854775808|1.1|1.0e+300|12.500|q'\"\xE4\xB8\xAD|00FF|1|2017-07-14 "
        "02:40:00.123|2017-07-14 10:40:00.123|1970-01-02|10:00:00|[7,8]|integer|blob|text\n");
    CHECK_STR(scan(&d, 1),
              "-5|-9223372036854775808|1.1|1.0E300|12.500|q'\"\xE4\xB8\xAD|x'00ff'|TRUE|2017-07-14 "
              "02:40:00.123000|2017-07-14 10:40:00.123|1970-01-02|10:00:00|[7, 8]\n"
              "NULL|NULL|NULL|NULL|NULL|NULL|NULL|NULL|NULL|NULL|NULL|NULL|NULL\n");
    db_end(&d);
}

static void scanning(void)
{
    struct db d;
    db_begin(&d, "jdbc", false);
    three_columns(&d);
    CHECK_STR(scan(&d, 10), ""); /* the table is made */
    sql(&d,
        "INSERT INTO \"my \"\"table\"\"\" VALUES (3, 'c', '30'), (1, 'a', 10.0), (2, 4.5, 'x'), "
        "(5, x'6869', 9999999999), (4, NULL, NULL)");
    CHECK_STR(scan(&d, 2), "1|a|10\n3|c|30\n4|NULL|NULL\n");
    CHECK_INT(d.f.bad_count, 2);
    CHECK_STR(d.f.bad[0], "column \"b\" of table \"my \"table\"\" holds \"x\", which is no INT");
    sql(&d, "DELETE FROM \"my \"\"table\"\"\" WHERE id IN (2, 5)");

    struct split_position *at = NULL;
    uint32_t count = 0;
    struct buf out;
    buf_init(&out, 1 << 16);
    enum poll_state state = POLL_MORE;
    while (state != POLL_END && out.size < 500) {
        struct source_open open = {
            .table = &d.f.table, .bad_rows = &d.f.bad_rows, .resume = at, .resume_count = count
        };
        struct source *s;
        struct batch *batch = NULL;
        CHECK_INT(connector_local_table.source->open(&open, &s, &d.f.err), OK);
        CHECK_INT(s->kind->poll_rows(s, d.f.arena, 1, &batch, &state, &d.f.err), OK);
        for (uint32_t i = 0; batch && i < batch->count; i++)
            put_row(&out, batch->columns, 3, i, zone_utc);
        CHECK_INT(s->kind->tell(s, d.f.arena, &at, &count, &d.f.err), OK);
        s->kind->close(s);
    }
    CHECK_STR(buf_cstr(&out), "1|a|10\n3|c|30\n4|NULL|NULL\n");
    buf_done(&out);
    db_end(&d);
}

static void asking(void)
{
    struct db d;
    db_begin(&d, "jdbc", false);
    three_columns(&d);
    d.f.schema.key_count = 0;
    uint32_t keys[] = { 1 };
    struct lookup_open open = { .table = &d.f.table, .key_columns = keys, .key_count = 1 };
    struct lookup *l;
    CHECK_INT(connector_local_table.lookup->open(&open, &l, &d.f.err), OK);
    sql(&d, "INSERT INTO \"my \"\"table\"\"\" VALUES (1, 'x', 10), (2, 'y', 20), (3, 'x', 30)");
    struct batch *ask = batch_create(d.f.arena, 1, 4);
    ask->columns[0] = column_create(d.f.arena, &type_string, 4);
    CHECK(column_need_valid(ask->columns[0], d.f.arena));
    const char *texts[] = { "x", NULL, "none", "y" };
    for (uint32_t i = 0; i < 4; i++) {
        if (texts[i])
            COLUMN_OUT(ask->columns[0], struct view)[i] = view_of(str_of(texts[i]));
        else
            column_set_null(ask->columns[0], i);
    }
    ask->selected = 4;
    CHECK_INT(l->kind->submit(l, ask, 41, &d.f.err), OK);
    uint32_t selection[] = { 3 };
    ask->selection = selection;
    ask->selected = 1;
    CHECK_INT(l->kind->submit(l, ask, 42, &d.f.err), OK);
    struct arena *arena = arena_create();
    struct buf out;
    buf_init(&out, 1 << 16);
    for (;;) {
        uint64_t ticket;
        struct batch *rows;
        const uint32_t *key_row;
        CHECK_INT(l->kind->poll(l, arena, &ticket, &rows, &key_row, &d.f.err), OK);
        if (!rows)
            break;
        for (uint32_t i = 0; i < rows->count; i++) {
            buf_printf(&out, "%d/%u ", (int)ticket, key_row[i]);
            put_row(&out, rows->columns, 3, i, zone_utc);
        }
    }
    CHECK_STR(buf_cstr(&out), "41/0 1|x|10\n41/0 3|x|30\n41/3 2|y|20\n42/3 2|y|20\n");
    CHECK_INT(l->kind->submit(l, ask, 43, &d.f.err), OK); /* not fetched */
    l->kind->close(l);
    arena_destroy(arena);
    buf_done(&out);
    db_end(&d);
}

/* Another process has the database: nothing is written, and the same call works later. */
static void busy(void)
{
    struct db d;
    db_begin(&d, "rds", true);
    three_columns(&d);
    start(&d, 1);
    row(&d, 0, CHANGE_INSERT, 1, "x", 1);
    struct sink_open open = { .table = &d.f.table, .mode = SINK_UPSERT, .bad_rows = &d.f.bad_rows };
    struct sink *s;
    struct sink_status status;
    sqlite3 *other;
    CHECK_INT(connector_local_table.sink->open(&open, &s, &d.f.err), OK);
    CHECK_INT(sqlite3_open(path_in(d.f.arena, d.folder, "tables.sqlite"), &other), SQLITE_OK);
    CHECK_INT(sqlite3_exec(other, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_OK);
    CHECK_INT(s->kind->write(s, d.rows.batch, &d.f.err), E_RETRY);
    s->kind->status(s, &status);
    CHECK(status.waiting_for != NULL);
    CHECK_INT(sqlite3_exec(other, "COMMIT", NULL, NULL, NULL), SQLITE_OK);
    CHECK_INT(sqlite3_close(other), SQLITE_OK);
    CHECK_INT(s->kind->write(s, d.rows.batch, &d.f.err), OK);
    s->kind->status(s, &status);
    CHECK(status.waiting_for == NULL);
    CHECK_STR(sql(&d, ALL), "1|x|1\n"); /* seen from outside before the sink closes */
    s->kind->close(s);
    db_end(&d);
}

static void refused(void)
{
    struct db d;
    db_begin(&d, "rds", true);
    three_columns(&d);
    start(&d, 0);
    write_file(path_in(d.f.arena, d.folder, "tables.sqlite"),
               STR("this is no database at all...."));
    CHECK_INT(save(&d), E_IO);
    CHECK(strstr(d.f.err.message, "file is not a database") != NULL);
    d.f.options.count = 0;
    CHECK_INT(save(&d), E_OPTION);
    CHECK_STR(d.f.err.message, "table \"t\" needs the option \"tableName\"");
    db_end(&d);
}

static void systems(void)
{
    connector_register(test_connectors);
    static const char *const names[][2] = {
        { "RDS", "rds" },
        { "drds", "rds" },
        { "polardb", "rds" },
        { "mysql", "jdbc" },
        { "CloudHBase", "cloudhbase" },
        { "hbase-1.4", "hbase-2.2" },
        { "elasticsearch", "elasticsearch" },
        { "elasticsearch-8", "elasticsearch-7" },
        { "clickhouse", "clickhouse" },
    };
    for (size_t i = 0; i < countof(names); i++) {
        const struct connector *c = connector_find(str_of(names[i][0]));
        CHECK(c != NULL);
        if (!c)
            continue;
        CHECK_STR(c->name, names[i][1]);
        CHECK(c->name_option && c->family == FAMILY_TABLE);
        CHECK(c->missing || c->sink);
    }
    CHECK(connector_find(STR("oracle")) == NULL);
    CHECK(connector_at(0) == test_connectors[0]);
    CHECK(connector_at(100) == NULL);
}

int main(void)
{
    RUN(upserts);
    RUN(tables_of_others);
    RUN(appends);
    RUN(hbase);
    RUN(hbase_key_of_parts);
    RUN(families);
    RUN(documents);
    RUN(types);
    RUN(scanning);
    RUN(asking);
    RUN(busy);
    RUN(refused);
    RUN(systems);
    return check_failed != 0;
}
