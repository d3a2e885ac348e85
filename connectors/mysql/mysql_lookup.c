/* mysql_lookup.c -- rows of a table of MySQL by the values of some of its columns: IN-lists of
 * hundreds of keys, over a few connections.
 *
 * Which key a row answers is what the server's `=` says.  Keys that can be told apart
 * (mysql_fold.h) share a request; others, and all keys of a request with a row that has the fold
 * of none, are asked for one by one, where every row is the key's. */
#include "mysql/mysql_lookup.h"

#include "base/memory.h"
#include "mysql/mysql_fold.h"
#include "mysql/mysql_literal.h"
#include "mysql/mysql_read.h"
#include "remote/remote_lookup.h"
#include "remote/remote_wait.h"
#include "types/batch.h"

enum {
    KEYS_MAX = 500, /* of an IN: from 1000 on MariaDB makes a join of it */
    THREADS = 2,
    ASYNC_THREADS = 4,
};

struct mysql_lookup {
    struct mysql_settings *settings; /* owned, with its arena */
    const struct schema *schema;     /* borrowed */
    const uint32_t *key_columns;
    uint32_t key_count;
    const uint32_t *columns; /* of the schema, all of them */
    bool blink;
    struct mysql_writer writer; /* of the engine's thread */
    struct str head;            /* SELECT ... WHERE (k) IN ( */
};

struct asking {
    const struct mysql_lookup *lookup;
    struct mysql_conn *conn; /* owned */
    struct arena *arena;     /* owned; of the check */
    bool is_checked;
    enum mysql_compare compare; /* the worst of the key's columns */
    struct mysql_writer writer;
    struct mysql_reader reader;
    struct buf sql, text, fold;
};

/* A question while it is being answered. */
struct answer {
    struct asking *asking;
    struct remote_question *question;
    struct remote_rows rows;
    uint32_t *key_of_row;
    uint32_t key_count, key_cap;
    struct mysql_folds folds;
    uint32_t *alone; /* keys that are asked for one by one */
    uint32_t alone_count;
};

static enum remote_outcome fatal(enum code code)
{
    (void)code; /* the error says it */
    return REMOTE_FATAL;
}

/* --- keys ---------------------------------------------------------------------------------- */

static enum code put_key(struct mysql_writer *writer, const struct mysql_lookup *l,
                         struct column *const *columns, const uint32_t *places, uint32_t row,
                         struct buf *out, struct error *err)
{
    if (l->key_count > 1)
        buf_char(out, '(');
    for (uint32_t i = 0; i < l->key_count; i++) {
        const struct column *column = columns[places ? places[i] : i];
        if (i > 0)
            buf_char(out, ',');
        TRY(mysql_put_cell(writer, out, l->schema->fields[l->key_columns[i]].name, column, row,
                           err));
    }
    if (l->key_count > 1)
        buf_char(out, ')');
    return OK;
}

static enum code encode_key(void *self, const struct batch *keys, uint32_t row, struct buf *bytes,
                            bool *ret_none, struct error *err)
{
    struct mysql_lookup *l = self;
    *ret_none = false;
    for (uint32_t i = 0; i < l->key_count; i++)
        if (!column_is_valid(keys->columns[i], row)) {
            *ret_none = true;
            return OK;
        }
    return put_key(&l->writer, l, keys->columns, NULL, row, bytes, err);
}

/* Parts the keys into those that one request can tell apart and the others. */
static enum code sort_keys(struct answer *a, struct error *err)
{
    const struct remote_question *q = a->question;
    struct buf *fold = &a->asking->fold;
    TRY(mysql_folds_begin(&a->folds, q->arena, q->count, err));
    a->alone = arena_array(q->arena, uint32_t, q->count + 1);
    if (!a->alone)
        return error_nomem(err);
    for (uint32_t i = 0; i < q->count; i++) {
        buf_clear(fold);
        bool is_plain = mysql_put_fold(fold, q->keys[i], a->asking->compare);
        struct str copy = is_plain ? arena_str(q->arena, buf_view(fold)) : STR("");
        if (!copy.data || fold->failed)
            return error_nomem(err);
        if (!is_plain || !mysql_folds_add(&a->folds, copy, i))
            a->alone[a->alone_count++] = i;
    }
    return OK;
}

/* The key that the row read last answers; -1: unknown. */
static enum code find_key(struct answer *a, int64_t *ret, struct error *err)
{
    struct asking *c = a->asking;
    const struct mysql_lookup *l = c->lookup;
    buf_clear(&c->text);
    buf_clear(&c->fold);
    *ret = -1;
    TRY(put_key(&c->writer, l, a->rows.columns, l->key_columns, a->rows.count - 1, &c->text, err));
    if (mysql_put_fold(&c->fold, buf_view(&c->text), c->compare))
        *ret = mysql_folds_find(&a->folds, buf_view(&c->fold));
    return OK;
}

/* --- requests -------------------------------------------------------------------------------- */

static enum code keep_key(struct answer *a, uint32_t key, struct error *err)
{
    if (!ARENA_PUSH(a->question->arena, a->key_of_row, a->key_count, a->key_cap, key))
        return error_nomem(err);
    return OK;
}

static void drop_rows(struct answer *a, uint32_t count)
{
    while (a->rows.count > count)
        remote_rows_drop(&a->rows);
    a->key_count = count;
}

/* Adds the rows of the request that was sent.  `key` is theirs, or -1: they are told apart;
 * *ret_lost: one could not be, and none was added. */
static enum remote_outcome take_rows(struct answer *a, int64_t key, bool *ret_lost,
                                     struct error *err)
{
    struct asking *c = a->asking;
    uint32_t before = a->rows.count;
    const struct str *cells;
    *ret_lost = false;
    for (;;) {
        enum remote_outcome outcome = mysql_conn_next(c->conn, &cells, err);
        if (outcome != REMOTE_DONE || !cells)
            return outcome;
        if (*ret_lost)
            continue; /* to the end of the answer */
        int64_t answers = key;
        enum code code = mysql_read_row(&c->reader, c->conn, &a->rows, cells, err);
        if (code == OK && key < 0)
            code = find_key(a, &answers, err);
        *ret_lost = code == OK && answers < 0;
        if (code == OK && !*ret_lost)
            code = keep_key(a, (uint32_t)answers, err);
        if (code != OK) {
            mysql_conn_end_rows(c->conn);
            return fatal(code);
        }
        if (*ret_lost)
            drop_rows(a, before);
    }
}

static enum remote_outcome ask_alone(struct answer *a, uint32_t key, struct error *err)
{
    struct asking *c = a->asking;
    bool is_lost;
    buf_clear(&c->sql);
    buf_str(&c->sql, c->lookup->head);
    buf_str(&c->sql, a->question->keys[key]);
    buf_char(&c->sql, ')');
    if (buf_check(&c->sql, err) != OK)
        return REMOTE_FATAL;
    if (c->sql.size > mysql_conn_max_packet(c->conn))
        return REMOTE_DONE; /* no row can have been written with it */
    enum remote_outcome outcome = mysql_conn_query(c->conn, buf_view(&c->sql), err);
    if (outcome == REMOTE_REFUSED) /* nothing in the column can be equal to it */
        return REMOTE_DONE;
    return outcome == REMOTE_DONE ? take_rows(a, key, &is_lost, err) : outcome;
}

/* Asks for folds [first, end) at once. */
static enum remote_outcome ask_together(struct answer *a, uint32_t first, uint32_t end,
                                        struct error *err)
{
    struct asking *c = a->asking;
    bool is_lost;
    buf_char(&c->sql, ')');
    if (buf_check(&c->sql, err) != OK)
        return REMOTE_FATAL;
    enum remote_outcome outcome = mysql_conn_query(c->conn, buf_view(&c->sql), err);
    is_lost = outcome == REMOTE_REFUSED;
    if (outcome == REMOTE_DONE)
        outcome = take_rows(a, -1, &is_lost, err);
    else if (is_lost)
        outcome = REMOTE_DONE;
    for (uint32_t i = first; outcome == REMOTE_DONE && is_lost && i < end; i++)
        outcome = ask_alone(a, a->folds.numbers[i], err);
    return outcome;
}

/* All keys with a fold of their own, in as few requests as the server's packets allow. */
static enum remote_outcome ask_folds(struct answer *a, struct error *err)
{
    struct asking *c = a->asking;
    uint64_t limit = mysql_conn_max_packet(c->conn) - 2;
    enum remote_outcome outcome = REMOTE_DONE;
    for (uint32_t i = 0; i < a->folds.count && outcome == REMOTE_DONE;) {
        uint32_t first = i;
        buf_clear(&c->sql);
        buf_str(&c->sql, c->lookup->head);
        for (; i < a->folds.count; i++) {
            struct str key = a->question->keys[a->folds.numbers[i]];
            if (i > first && c->sql.size + key.size + 2 > limit)
                break;
            if (i > first)
                buf_char(&c->sql, ',');
            buf_str(&c->sql, key);
        }
        outcome = c->sql.size > limit ? REMOTE_DONE : ask_together(a, first, i, err);
    }
    return outcome;
}

/* --- questions ------------------------------------------------------------------------------- */

static enum remote_outcome get_ready(struct asking *c, struct error *err)
{
    const struct mysql_lookup *l = c->lookup;
    struct mysql_column *columns;
    bool is_new;
    enum remote_outcome outcome = mysql_conn_ready(c->conn, &is_new, err);
    if (outcome != REMOTE_DONE || c->is_checked)
        return outcome;
    arena_reset(c->arena);
    outcome = mysql_table_check(c->conn, l->settings, l->schema, c->arena, &columns, err);
    if (outcome != REMOTE_DONE)
        return outcome;
    for (uint32_t i = 0; i < l->key_count; i++)
        c->compare = MAX(c->compare, columns[l->key_columns[i]].compare);
    c->is_checked = true;
    return REMOTE_DONE;
}

static enum remote_outcome find(void *connection, struct remote_question *question,
                                struct error *err)
{
    struct asking *c = connection;
    struct answer a = { .asking = c, .question = question };
    enum remote_outcome outcome = get_ready(c, err);
    if (outcome != REMOTE_DONE)
        return outcome;
    enum code code =
        remote_rows_begin(&a.rows, question->arena, c->lookup->schema, NULL, question->count, err);
    if (code == OK)
        code = sort_keys(&a, err);
    if (code != OK)
        return fatal(code);
    outcome = ask_folds(&a, err);
    for (uint32_t i = 0; i < a.alone_count && outcome == REMOTE_DONE; i++)
        outcome = ask_alone(&a, a.alone[i], err);
    if (outcome != REMOTE_DONE || a.rows.count == 0)
        return outcome;
    if (remote_rows_end(&a.rows, &question->rows, err) != OK)
        return REMOTE_FATAL;
    question->key_of_row = a.key_of_row;
    return REMOTE_DONE;
}

/* --- connections ----------------------------------------------------------------------------- */

static void close_connection(void *connection)
{
    struct asking *c = connection;
    mysql_conn_destroy(c->conn);
    arena_destroy(c->arena);
    buf_done(&c->sql);
    buf_done(&c->text);
    buf_done(&c->fold);
    mem_free(c);
}

static void *open_connection(void *self)
{
    const struct mysql_lookup *l = self;
    struct asking *c = mem_zalloc(sizeof *c);
    if (!c)
        return NULL;
    *c = (struct asking){
        .lookup = l,
        .arena = arena_create(),
        .writer = { .zone = l->settings->zone, .blink = l->blink },
        .reader = { .schema = l->schema,
                    .columns = l->columns,
                    .count = l->schema->count,
                    .values = { .zone = l->settings->zone } },
    };
    buf_init(&c->sql, UINT64_C(1) << 31);
    buf_init(&c->text, UINT64_C(1) << 30);
    buf_init(&c->fold, UINT64_C(1) << 30);
    if (!c->arena || mysql_conn_create(l->settings, &c->conn, NULL) != OK) {
        close_connection(c);
        return NULL;
    }
    return c;
}

static void interrupt(void *connection)
{
    mysql_conn_interrupt(((struct asking *)connection)->conn);
}

static void destroy(void *self)
{
    struct mysql_lookup *l = self;
    mysql_settings_destroy(l->settings);
    mem_free(l);
}

static const struct remote_lookup_kind kind = {
    .system = "MySQL",
    .encode_key = encode_key,
    .open_connection = open_connection,
    .find = find,
    .interrupt = interrupt,
    .close_connection = close_connection,
    .destroy = destroy,
};

/* --- opening --------------------------------------------------------------------------------- */

static void put_names(const struct schema *schema, const uint32_t *columns, uint32_t count,
                      struct buf *out)
{
    for (uint32_t i = 0; i < count; i++) {
        if (i > 0)
            buf_char(out, ',');
        mysql_put_name(out, schema->fields[columns[i]].name);
    }
}

static enum code write_head(struct mysql_lookup *l, const uint32_t *columns, struct error *err)
{
    struct buf text;
    buf_init(&text, 1 << 24);
    buf_text(&text, "SELECT ");
    put_names(l->schema, columns, l->schema->count, &text);
    buf_printf(&text, " FROM %s WHERE (", l->settings->table);
    put_names(l->schema, l->key_columns, l->key_count, &text);
    buf_text(&text, ") IN (");
    enum code code = buf_check(&text, err);
    if (code == OK) {
        l->head = arena_str(l->settings->arena, buf_view(&text));
        code = l->head.data ? OK : error_nomem(err);
    }
    buf_done(&text);
    return code;
}

static enum code prepare(struct mysql_lookup *l, const struct lookup_open *open, struct error *err)
{
    l->schema = open->table->schema;
    l->key_count = open->key_count;
    l->blink = open->table->blink;
    TRY(mysql_settings_create(open->table, &l->settings, err));
    l->writer = (struct mysql_writer){ .zone = l->settings->zone, .blink = l->blink };
    struct arena *arena = l->settings->arena;
    uint32_t *keys = arena_array(arena, uint32_t, open->key_count + 1);
    uint32_t *columns = arena_array(arena, uint32_t, l->schema->count + 1);
    if (!keys || !columns)
        return error_nomem(err);
    for (uint32_t i = 0; i < open->key_count; i++)
        keys[i] = open->key_columns[i];
    for (uint32_t i = 0; i < l->schema->count; i++)
        columns[i] = i;
    l->key_columns = keys;
    l->columns = columns;
    return write_head(l, columns, err);
}

/* What can never work is said before the first row. */
static enum code try_server(struct mysql_lookup *l, struct error *err)
{
    struct error why;
    struct asking *c = open_connection(l);
    if (!c)
        return error_nomem(err);
    mysql_conn_limit(c->conn, MYSQL_OPEN_MS);
    enum remote_outcome outcome = get_ready(c, &why);
    close_connection(c);
    if (outcome != REMOTE_FATAL)
        return OK;
    *err = why;
    return remote_final_code(err);
}

static enum code open_lookup(const struct lookup_open *open, struct lookup **ret, struct error *err)
{
    struct mysql_lookup *l = mem_zalloc(sizeof *l);
    if (!l)
        return error_nomem(err);
    enum code code = prepare(l, open, err);
    if (code == OK)
        code = try_server(l, err);
    if (code != OK) {
        destroy(l);
        return code;
    }
    const struct options *options = open->table->options;
    bool is_rds = options_get(options, "maxRetryTimes").data != NULL;
    bool is_async = options_bool(options, is_rds ? "async" : "lookup.async");
    int64_t retries = options_int(options, is_rds ? "maxRetryTimes" : "lookup.max-retries");
    struct remote_lookup_settings settings = {
        .threads = is_async ? ASYNC_THREADS : THREADS,
        .max_keys = KEYS_MAX,
        .max_retries = (uint32_t)MAX(retries, (int64_t)0),
        .endpoint = l->settings->url.endpoint,
    };
    return remote_lookup_create(&mysql_lookup, &kind, l, &settings, ret, err);
}

const struct lookup_kind mysql_lookup = REMOTE_LOOKUP_KIND(open_lookup);
