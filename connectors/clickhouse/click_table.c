/* click_table.c -- see click_table.h. */
#include "clickhouse/click_table.h"

#include "base/arena.h"
#include "base/nearest.h"
#include "types/type.h"

enum { COLUMNS_MAX = 10000 };

struct asker {
    struct http_client *client;
    const struct click_target *target;
    struct arena *arena;
    struct click_table *table;
    struct str engine_full;
    struct error *err;
};

static const struct click_type text_type = { .kind = CLICK_STRING };
static const struct click_type flag_type = { .kind = CLICK_INT, .bytes = 1 };

/* --- questions and answers ----------------------------------------------------------------- */

static enum remote_outcome ask(struct asker *a, struct buf *sql, struct click_reader *ret)
{
    struct str answer = STR("");
    enum remote_outcome outcome = REMOTE_FATAL;
    if (buf_check(sql, a->err) == OK) {
        struct click_call call = { .path = a->target->path, .body = buf_view(sql) };
        outcome = click_run(a->client, &call, &answer, NULL, a->err);
    }
    *ret = (struct click_reader){ answer.data, answer.data + answer.size };
    return outcome;
}

static enum remote_outcome broken(struct asker *a, enum click_got got)
{
    if (got == CLICK_NOMEM)
        error_nomem(a->err);
    else
        error_set(a->err, E_IO,
                  "ClickHouse describes table \"" STR_FMT "\" in a way that cannot "
                  "be read",
                  STR_ARG(a->target->table));
    return got == CLICK_NOMEM ? REMOTE_FATAL : REMOTE_FAILED;
}

/* A text, copied: the answer is gone with the next call. */
static enum click_got take_text(struct asker *a, struct click_reader *in, struct str *ret)
{
    struct value value;
    enum click_got got =
        click_get(in, &text_type, &type_string, zone_utc, a->arena, &value, a->err);
    if (got != CLICK_GOT)
        return got;
    *ret = arena_str(a->arena, value.str);
    return ret->data ? CLICK_GOT : CLICK_NOMEM;
}

/* --- the table ----------------------------------------------------------------------------- */

static void put_where(struct buf *sql, struct str database, const char *column, struct str table)
{
    buf_text(sql, " WHERE database = ");
    click_put_text(sql, database);
    buf_printf(sql, " AND %s = ", column);
    click_put_text(sql, table);
    buf_text(sql, " FORMAT RowBinary");
}

/* *ret_found: there is such a table. */
static enum remote_outcome ask_engine(struct asker *a, struct str database, struct str table,
                                      struct str *ret_engine, struct str *ret_full,
                                      struct str *ret_zone, bool *ret_found)
{
    struct buf sql;
    struct click_reader in;
    buf_init(&sql, 1 << 20);
    buf_text(&sql, "SELECT engine, engine_full, timezone() FROM system.tables");
    put_where(&sql, database, "name", table);
    enum remote_outcome outcome = ask(a, &sql, &in);
    buf_done(&sql);
    if (outcome != REMOTE_DONE)
        return outcome;
    *ret_found = in.at < in.end;
    if (!*ret_found)
        return REMOTE_DONE;
    enum click_got got = take_text(a, &in, ret_engine);
    if (got == CLICK_GOT)
        got = take_text(a, &in, ret_full);
    if (got == CLICK_GOT)
        got = take_text(a, &in, ret_zone);
    return got == CLICK_GOT ? REMOTE_DONE : broken(a, got);
}

static enum remote_outcome learn_engine(struct asker *a)
{
    struct str engine, full, zone, inner_zone;
    bool is_found = false;
    enum remote_outcome outcome =
        ask_engine(a, a->target->database, a->target->table, &engine, &full, &zone, &is_found);
    if (outcome != REMOTE_DONE)
        return outcome;
    if (!is_found) {
        error_set(a->err, E_NAME,
                  "table \"" STR_FMT "\" does not exist in database \"" STR_FMT
                  "\" of ClickHouse, or the user may not see it",
                  STR_ARG(a->target->table), STR_ARG(a->target->database));
        return REMOTE_FATAL;
    }
    a->table->engine = engine;
    a->table->is_replicated = str_starts(engine, STR("Replicated"));
    if (zone_load(a->arena, zone, &a->table->zone, a->err) != OK)
        return REMOTE_FATAL;
    if (str_is(engine, "Distributed")) {
        a->table->is_distributed = true;
        struct str database = click_engine_argument(a->arena, full, 1);
        struct str table = click_engine_argument(a->arena, full, 2);
        if (database.data && table.data)
            outcome = ask_engine(a, database, table, &engine, &full, &inner_zone, &is_found);
        if (outcome != REMOTE_DONE)
            return outcome;
        a->table->is_replicated = str_starts(engine, STR("Replicated"));
    }
    return click_engine_parse(a->arena, engine, full, &a->table->inner, a->err) == OK
               ? REMOTE_DONE
               : REMOTE_FATAL;
}

/* --- its columns --------------------------------------------------------------------------- */

static enum click_got take_column(struct asker *a, struct click_reader *in,
                                  struct click_column *ret)
{
    struct str kind;
    struct value flag;
    *ret = (struct click_column){ .type = NULL };
    enum click_got got = take_text(a, in, &ret->name);
    if (got == CLICK_GOT)
        got = take_text(a, in, &ret->type_text);
    if (got == CLICK_GOT)
        got = take_text(a, in, &kind);
    if (got == CLICK_GOT)
        got = click_get(in, &flag_type, &type_int, zone_utc, a->arena, &flag, a->err);
    if (got != CLICK_GOT)
        return got;
    ret->is_computed = str_is(kind, "MATERIALIZED") || str_is(kind, "ALIAS");
    ret->is_sorted_by = flag.i64 != 0;
    return click_type_parse(a->arena, ret->type_text, a->table->zone, &ret->type, a->err) == OK
               ? CLICK_GOT
               : CLICK_NOMEM;
}

static enum remote_outcome learn_columns(struct asker *a)
{
    struct buf sql;
    struct click_reader in;
    struct click_column *columns = NULL, column;
    uint32_t cap = 0;
    buf_init(&sql, 1 << 20);
    buf_text(&sql, "SELECT name, type, default_kind, toUInt8(is_in_sorting_key) FROM "
                   "system.columns");
    put_where(&sql, a->target->database, "table", a->target->table);
    enum remote_outcome outcome = ask(a, &sql, &in);
    buf_done(&sql);
    if (outcome != REMOTE_DONE)
        return outcome;
    a->table->count = 0;
    while (in.at < in.end) {
        enum click_got got =
            a->table->count < COLUMNS_MAX ? take_column(a, &in, &column) : CLICK_BROKEN;
        if (got == CLICK_GOT && !ARENA_PUSH(a->arena, columns, a->table->count, cap, column))
            got = CLICK_NOMEM;
        if (got != CLICK_GOT)
            return broken(a, got);
    }
    a->table->columns = columns;
    return REMOTE_DONE;
}

/* --- what the server understands ----------------------------------------------------------- */

static enum remote_outcome learn_settings(struct asker *a)
{
    struct buf sql;
    struct click_reader in;
    struct str name;
    struct click_table *t = a->table;
    buf_init(&sql, 1 << 16);
    buf_text(&sql, "SELECT name FROM system.settings WHERE name IN ('insert_deduplication_token', "
                   "'insert_deduplicate', 'async_insert') FORMAT RowBinary");
    enum remote_outcome outcome = ask(a, &sql, &in);
    buf_done(&sql);
    if (outcome != REMOTE_DONE)
        return outcome;
    while (in.at < in.end) {
        enum click_got got = take_text(a, &in, &name);
        if (got != CLICK_GOT)
            return broken(a, got);
        t->has_token = t->has_token || str_is(name, "insert_deduplication_token");
        t->has_deduplicate = t->has_deduplicate || str_is(name, "insert_deduplicate");
        t->has_async = t->has_async || str_is(name, "async_insert");
    }
    return REMOTE_DONE;
}

enum remote_outcome click_table_ask(struct http_client *client, const struct click_target *target,
                                    struct arena *arena, struct click_table *ret, struct error *err)
{
    *ret = (struct click_table){ .count = 0 };
    struct asker a = {
        .client = client, .target = target, .arena = arena, .table = ret, .err = err
    };
    enum remote_outcome outcome = learn_engine(&a);
    if (outcome == REMOTE_DONE)
        outcome = learn_columns(&a);
    if (outcome == REMOTE_DONE)
        outcome = learn_settings(&a);
    /* A question is no row that could be at fault. */
    return outcome == REMOTE_REFUSED ? REMOTE_FATAL : outcome;
}

/* --- columns by name ----------------------------------------------------------------------- */

enum code click_table_find(const struct click_table *table, const struct click_target *target,
                           struct str name, bool for_sink, const struct click_column **ret,
                           struct error *err)
{
    struct nearest nearest;
    nearest_begin(&nearest, name);
    for (uint32_t i = 0; i < table->count; i++) {
        const struct click_column *column = &table->columns[i];
        nearest_add(&nearest, column->name);
        if (!str_eq(column->name, name))
            continue;
        if (for_sink && column->is_computed)
            return error_set(err, E_NAME,
                             "column \"" STR_FMT "\" of table \"" STR_FMT
                             "\" is computed by ClickHouse and cannot be written",
                             STR_ARG(name), STR_ARG(target->table));
        if (!column->type)
            return error_set(err, E_TYPE,
                             "column \"" STR_FMT "\" of table \"" STR_FMT "\" has the type " STR_FMT
                             " in ClickHouse, which is not supported",
                             STR_ARG(name), STR_ARG(target->table), STR_ARG(column->type_text));
        *ret = column;
        return OK;
    }
    error_set(err, E_NAME, "table \"" STR_FMT "\" of ClickHouse has no column \"" STR_FMT "\"",
              STR_ARG(target->table), STR_ARG(name));
    struct str best = nearest_end(&nearest);
    if (best.data)
        error_hint(err, "Maybe you meant \"" STR_FMT "\".", STR_ARG(best));
    return E_NAME;
}

enum code click_mismatch(const struct click_column *column, const struct click_target *target,
                         const struct type *type, bool for_sink, struct error *err)
{
    struct buf text;
    buf_init(&text, 4096);
    type_print(&text, type);
    error_set(err, E_TYPE,
              for_sink ? "column \"" STR_FMT "\" of table \"" STR_FMT
                         "\": %s cannot be written to the type " STR_FMT " of ClickHouse"
                       : "column \"" STR_FMT "\" of table \"" STR_FMT
                         "\": %s cannot be read from the type " STR_FMT " of ClickHouse",
              STR_ARG(column->name), STR_ARG(target->table), buf_cstr(&text),
              STR_ARG(column->type_text));
    buf_done(&text);
    return E_TYPE;
}
