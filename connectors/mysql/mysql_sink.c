/* mysql_sink.c -- rows into a table of MySQL: INSERTs of many rows that overwrite those of their key,
 * and DELETEs of many keys.
 *
 * A row is encoded once, as the text between the brackets of VALUES or of IN; a statement is a head
 * and such texts.  A call is one statement, or one transaction, so it is done as a whole or not at
 * all, and doing it again changes nothing where there is a key.  Where rows of a key have been
 * folded to the last one, deletes go first: a value that must be unique and has moved from a
 * deleted row to another one is free then.  Otherwise statements follow the order of the rows. */
#include "mysql/mysql_sink.h"

#include "base/memory.h"
#include "mysql/mysql_fault.h"
#include "mysql/mysql_literal.h"
#include "mysql/mysql_table.h"
#include "remote/remote_sink.h"
#include "remote/remote_wait.h"
#include "types/batch.h"

enum {
    DELETED_KEYS_MAX = 500, /* of a statement: servers plan long lists badly */
    STATEMENT_BYTES = 8 << 20,
    CALL_BYTES = 4 << 20,
    NAMED_ROWS_MAX = 4, /* of a call, before it is halved */
    ROWS_MAX = 1000000, /* and what 0 stands for: as many as there are */
    TAKEN_ROWS = 1000,  /* of a call, where so many wait: Flink's 100 are a small statement */
};

struct mysql_sink {
    struct mysql_settings *settings; /* owned */
    struct mysql_conn *conn;         /* owned; the sender's */
    const struct schema *schema;     /* borrowed */
    bool is_keyed, ignores_deletes, folds;
    struct mysql_writer writer; /* the engine's thread's */
    struct str insert, on_duplicate, delete_keys;
    struct buf sql;      /* the sender's */
    bool is_checked;     /* the table is there, with its columns */
    struct arena *arena; /* owned; of the check */
};

/* --- a row ------------------------------------------------------------------------------- */

static enum code put_keys(struct mysql_sink *s, const struct batch *in, uint32_t row,
                          struct buf *out, struct error *err)
{
    for (uint32_t i = 0; i < s->schema->key_count; i++) {
        uint32_t column = s->schema->key[i];
        if (i > 0)
            buf_char(out, ',');
        TRY(mysql_put_cell(&s->writer, out, s->schema->fields[column].name, in->columns[column],
                           row, err));
    }
    return OK;
}

static enum code encode(void *self, const struct batch *in, uint32_t row, bool is_delete,
                        struct buf *bytes, struct buf *key, struct error *err)
{
    struct mysql_sink *s = self;
    if (is_delete && (s->ignores_deletes || !s->is_keyed))
        return OK;
    if (s->is_keyed)
        TRY(put_keys(s, in, row, key, err));
    buf_char(bytes, '(');
    if (is_delete)
        buf_str(bytes, buf_view(key));
    for (uint32_t i = 0; i < s->schema->count && !is_delete; i++) {
        if (i > 0)
            buf_char(bytes, ',');
        TRY(mysql_put_cell(&s->writer, bytes, s->schema->fields[i].name, in->columns[i], row, err));
    }
    buf_char(bytes, ')');
    return OK;
}

/* --- statements ---------------------------------------------------------------------------- */

/* Rows of one kind that one statement writes: order[first .. first + count). */
struct part {
    uint32_t first, count;
    bool is_delete;
};

struct plan {
    struct remote_row **order;
    uint32_t row_count;
    struct part *parts;
    uint32_t part_count, part_cap;
};

static size_t frame_size(const struct mysql_sink *s, bool is_delete)
{
    return is_delete ? s->delete_keys.size + 1 : s->insert.size + s->on_duplicate.size;
}

static bool joins(const struct part *part, const struct remote_row *row, size_t size,
                  uint64_t limit)
{
    return part && part->is_delete == row->is_delete && size + row->bytes.size + 1 <= limit &&
           (!row->is_delete || part->count < DELETED_KEYS_MAX);
}

static uint64_t statement_limit(const struct mysql_sink *s)
{
    return MIN(mysql_conn_max_packet(s->conn) - 64, (uint64_t)STATEMENT_BYTES);
}

/* A row that no statement can hold is refused here. */
static bool make_plan(const struct mysql_sink *s, struct remote_call *call, struct plan *plan)
{
    uint64_t packet = mysql_conn_max_packet(s->conn) - 64;
    plan->order = arena_array(call->arena, struct remote_row *, call->count);
    if (!plan->order)
        return false;
    uint32_t n = 0;
    for (int pass = 0; pass < (s->folds ? 2 : 1); pass++)
        for (uint32_t i = 0; i < call->count; i++) {
            struct remote_row *row = &call->rows[i];
            if (row->verdict != REMOTE_OPEN || (s->folds && row->is_delete != (pass == 0)))
                continue;
            if (frame_size(s, row->is_delete) + row->bytes.size > packet) {
                row->verdict = REMOTE_BAD;
                row->reason = remote_reason(call,
                                            "the row has %zu bytes, and max_allowed_packet "
                                            "of the server is %llu",
                                            row->bytes.size, (unsigned long long)packet + 64);
                continue;
            }
            plan->order[n++] = row;
        }
    plan->row_count = n;
    size_t size = 0;
    struct part *part = NULL;
    for (uint32_t i = 0; i < n; i++) {
        const struct remote_row *row = plan->order[i];
        if (!joins(part, row, size, statement_limit(s))) {
            struct part next = { .first = i, .is_delete = row->is_delete };
            if (!ARENA_PUSH(call->arena, plan->parts, plan->part_count, plan->part_cap, next))
                return false;
            part = &plan->parts[plan->part_count - 1];
            size = frame_size(s, row->is_delete);
        }
        part->count++;
        size += row->bytes.size + 1;
    }
    return true;
}

static enum remote_outcome run_text(struct mysql_sink *s, const char *sql, struct error *err)
{
    return mysql_conn_run(s->conn, str_of(sql), err);
}

static enum remote_outcome run_part(struct mysql_sink *s, const struct plan *plan,
                                    const struct part *part, struct error *err)
{
    buf_clear(&s->sql);
    buf_str(&s->sql, part->is_delete ? s->delete_keys : s->insert);
    for (uint32_t i = 0; i < part->count; i++) {
        if (i > 0)
            buf_char(&s->sql, ',');
        buf_str(&s->sql, plan->order[part->first + i]->bytes);
    }
    buf_str(&s->sql, part->is_delete ? STR(")") : s->on_duplicate);
    if (buf_check(&s->sql, err) != OK)
        return REMOTE_FATAL;
    return mysql_conn_run(s->conn, buf_view(&s->sql), err);
}

/* --- a call -------------------------------------------------------------------------------- */

static void roll_back(struct mysql_sink *s)
{
    struct error ignored;
    if (mysql_conn_is_open(s->conn)) /* else the server has done it by itself */
        run_text(s, "ROLLBACK", &ignored);
}

/* The server has named a row of the statement: if it refuses that row alone too, it is the one.
 * *ret_decided: it is, and nothing is known of the others.  Nothing else of the call is written. */
static enum remote_outcome test_named_row(struct mysql_sink *s, struct remote_call *call,
                                          const struct plan *plan, const struct part *part,
                                          uint32_t named, bool *ret_decided, struct error *err)
{
    if (named > part->count || (s->is_keyed && !s->folds))
        return REMOTE_REFUSED;
    struct part alone = { part->first + named - 1, 1, part->is_delete };
    struct remote_row *row = plan->order[alone.first];
    struct error why;
    enum remote_outcome outcome = run_part(s, plan, &alone, &why);
    *ret_decided = outcome == REMOTE_DONE || outcome == REMOTE_REFUSED;
    if (outcome == REMOTE_DONE) {
        row->verdict = REMOTE_SAFE;
    } else if (outcome == REMOTE_REFUSED) {
        row->verdict = REMOTE_BAD;
        row->reason = remote_reason(call, "%s", why.message);
    } else {
        *err = why;
    }
    return outcome;
}

static enum remote_outcome write_all(struct mysql_sink *s, struct remote_call *call,
                                     const struct plan *plan, bool *ret_decided, struct error *err)
{
    bool is_one = plan->part_count == 1;
    uint32_t done = 0;
    enum remote_outcome outcome = is_one ? REMOTE_DONE : run_text(s, "START TRANSACTION", err);
    while (outcome == REMOTE_DONE && done < plan->part_count) {
        outcome = run_part(s, plan, &plan->parts[done], err);
        done += outcome == REMOTE_DONE;
    }
    if (outcome == REMOTE_DONE && !is_one)
        outcome = run_text(s, "COMMIT", err);
    if (outcome == REMOTE_DONE)
        return REMOTE_DONE;
    uint32_t named = mysql_conn_named_row(s->conn);
    if (!is_one)
        roll_back(s);
    if (outcome == REMOTE_REFUSED && done < plan->part_count && named > 0)
        return test_named_row(s, call, plan, &plan->parts[done], named, ret_decided, err);
    return outcome;
}

static enum remote_outcome get_ready(struct mysql_sink *s, struct error *err)
{
    bool is_new;
    enum remote_outcome outcome = mysql_conn_ready(s->conn, &is_new, err);
    if (outcome != REMOTE_DONE || s->is_checked)
        return outcome;
    struct mysql_column *columns;
    arena_reset(s->arena);
    outcome = mysql_table_check(s->conn, s->settings, s->schema, s->arena, &columns, err);
    s->is_checked = outcome == REMOTE_DONE;
    return outcome;
}

/* A call that is refused for a row that the server names is made again without it; for a few such
 * rows, then it is left to the halves of remote_sink.h. */
static enum remote_outcome send(void *self, struct remote_call *call, struct error *err)
{
    struct mysql_sink *s = self;
    enum remote_outcome outcome = get_ready(s, err);
    bool is_decided = outcome == REMOTE_DONE;
    for (uint32_t i = 0; is_decided; i++) {
        struct plan plan = { .parts = NULL };
        if (!make_plan(s, call, &plan)) {
            error_nomem(err);
            return REMOTE_FATAL;
        }
        if (plan.row_count == 0)
            return REMOTE_DONE;
        if (i == NAMED_ROWS_MAX && plan.row_count > 1)
            return REMOTE_REFUSED;
        is_decided = false;
        outcome = write_all(s, call, &plan, &is_decided, err);
    }
    return outcome;
}

static void interrupt(void *self)
{
    mysql_conn_interrupt(((struct mysql_sink *)self)->conn);
}

static void destroy(void *self)
{
    struct mysql_sink *s = self;
    mysql_conn_destroy(s->conn);
    mysql_settings_destroy(s->settings);
    arena_destroy(s->arena);
    buf_done(&s->sql);
    mem_free(s);
}

static const struct remote_sink_kind kind = {
    .system = "MySQL",
    .encode = encode,
    .send = send,
    .interrupt = interrupt,
    .destroy = destroy,
};

/* --- opening ------------------------------------------------------------------------------- */

enum code mysql_read_excluded(const struct table_def *table, bool *ret, bool *ret_any,
                              struct error *err)
{
    struct str rest = options_get(table->options, "excludeUpdateColumns");
    *ret_any = false;
    while (rest.size > 0) {
        size_t comma = str_find_byte(rest, ',');
        size_t size = MIN(comma, rest.size);
        struct str name = str_trim(str_make(rest.data, size));
        rest = str_make(rest.data + MIN(size + 1, rest.size), rest.size - MIN(size + 1, rest.size));
        if (name.size == 0)
            continue;
        int column = schema_find(table->schema, name);
        if (column < 0) {
            error_set(err, E_OPTION,
                      "table \"" STR_FMT "\" has no column \"" STR_FMT
                      "\", which excludeUpdateColumns names",
                      STR_ARG(table->name), STR_ARG(name));
            option_locate(err, options_find(table->options, "excludeUpdateColumns"));
            return E_OPTION;
        }
        if (ret)
            ret[column] = true;
        *ret_any = true;
    }
    return OK;
}

static bool is_key(const struct schema *schema, uint32_t column)
{
    for (uint32_t i = 0; i < schema->key_count; i++)
        if (schema->key[i] == column)
            return true;
    return false;
}

static void put_names(const struct schema *schema, const uint32_t *columns, uint32_t count,
                      struct buf *out)
{
    for (uint32_t i = 0; i < count; i++) {
        if (i > 0)
            buf_char(out, ',');
        mysql_put_name(out, schema->fields[columns ? columns[i] : i].name);
    }
}

/* All columns but those of the key and those that an update leaves alone; if none is left, the key
 * is set to itself, which changes nothing. */
static void put_updates(const struct schema *schema, const bool *excluded, struct buf *out)
{
    const char *separator = " ON DUPLICATE KEY UPDATE ";
    for (uint32_t i = 0; i < schema->count; i++) {
        if (is_key(schema, i) || excluded[i])
            continue;
        buf_text(out, separator);
        mysql_put_name(out, schema->fields[i].name);
        buf_text(out, "=VALUES(");
        mysql_put_name(out, schema->fields[i].name);
        buf_char(out, ')');
        separator = ",";
    }
    if (separator[0] == ',')
        return;
    buf_text(out, separator);
    mysql_put_name(out, schema->fields[schema->key[0]].name);
    buf_char(out, '=');
    mysql_put_name(out, schema->fields[schema->key[0]].name);
}

static enum code keep(struct mysql_sink *s, struct buf *text, struct str *ret, struct error *err)
{
    TRY(buf_check(text, err));
    *ret = arena_str(s->settings->arena, buf_view(text));
    buf_clear(text);
    return ret->data ? OK : error_nomem(err);
}

static enum code write_heads(struct mysql_sink *s, const bool *excluded, struct buf *text,
                             struct error *err)
{
    const struct schema *schema = s->schema;
    buf_printf(text, "INSERT INTO %s (", s->settings->table);
    put_names(schema, NULL, schema->count, text);
    buf_text(text, ") VALUES ");
    TRY(keep(s, text, &s->insert, err));
    if (!s->is_keyed)
        return OK;
    put_updates(schema, excluded, text);
    TRY(keep(s, text, &s->on_duplicate, err));
    buf_printf(text, "DELETE FROM %s WHERE (", s->settings->table);
    put_names(schema, schema->key, schema->key_count, text);
    buf_text(text, ") IN (");
    return keep(s, text, &s->delete_keys, err);
}

static enum code prepare(struct mysql_sink *s, const struct sink_open *open, struct error *err)
{
    const struct table_def *table = open->table;
    struct buf text;
    bool excludes;
    s->schema = table->schema;
    s->is_keyed = table->schema->key_count > 0;
    s->ignores_deletes = options_bool(table->options, "ignoreDelete");
    TRY(mysql_settings_create(table, &s->settings, err));
    s->writer = (struct mysql_writer){ .zone = s->settings->zone, .blink = table->blink };
    bool *excluded = arena_array(s->settings->arena, bool, table->schema->count + 1);
    if (!excluded)
        return error_nomem(err);
    TRY(mysql_read_excluded(table, excluded, &excludes, err));
    s->folds = s->is_keyed && !excludes;
    buf_init(&text, 1 << 24);
    enum code code = write_heads(s, excluded, &text, err);
    buf_done(&text);
    if (code == OK)
        code = mysql_conn_create(s->settings, &s->conn, err);
    return code;
}

/* The one try while the job is opened: what can never work is said now. */
static enum code try_server(struct mysql_sink *s, struct error *err)
{
    struct error why;
    mysql_conn_limit(s->conn, MYSQL_OPEN_MS);
    enum remote_outcome outcome = get_ready(s, &why);
    mysql_conn_limit(s->conn, 0);
    return outcome == REMOTE_FATAL ? (*err = why, remote_final_code(err)) : OK;
}

static int64_t option_int(const struct table_def *table, const char *rds, const char *jdbc)
{
    bool is_rds = options_get(table->options, rds).data != NULL;
    return options_int(table->options, is_rds ? rds : jdbc);
}

static struct remote_sink_settings read_settings(const struct mysql_sink *s,
                                                 const struct table_def *table)
{
    bool is_rds = options_get(table->options, "flushIntervalMs").data != NULL;
    int64_t rows = option_int(table, "batchSize", "sink.buffer-flush.max-rows");
    return (struct remote_sink_settings){
        .max_rows = rows < 1 ? ROWS_MAX : (uint32_t)MIN(rows, (int64_t)ROWS_MAX),
        .take_rows = TAKEN_ROWS,
        .max_bytes = CALL_BYTES,
        .interval_ms = options_duration_ms(table->options, is_rds ? "flushIntervalMs"
                                                                  : "sink.buffer-flush.interval"),
        .max_retries =
            (uint32_t)MAX(option_int(table, "maxRetryTimes", "sink.max-retries"), (int64_t)0),
        .folds = s->folds,
        .guarantee = remote_sink_guarantee(table, SINK_UPSERT),
        .endpoint = s->settings->url.endpoint,
    };
}

static enum code open_sink(const struct sink_open *open, struct sink **ret, struct error *err)
{
    struct mysql_sink *s = mem_zalloc(sizeof *s);
    if (!s)
        return error_nomem(err);
    buf_init(&s->sql, UINT64_C(1) << 31);
    s->arena = arena_create();
    enum code code = s->arena ? prepare(s, open, err) : error_nomem(err);
    if (code == OK)
        code = try_server(s, err);
    if (code != OK) {
        destroy(s);
        return code;
    }
    struct remote_sink_settings settings = read_settings(s, open->table);
    return remote_sink_create(&mysql_sink, &kind, s, &settings, open->bad_rows, ret, err);
}

const struct sink_kind mysql_sink = REMOTE_SINK_KIND(open_sink);
