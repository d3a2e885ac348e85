/* click_lookup.c -- rows of ClickHouse by key: SELECT ... WHERE (k1, k2) IN (...).
 *
 * The engine's thread does not know the server's types; it writes keys down as plain values.  find()
 * writes them as the server has them, once as SQL and once as RowBinary, and finds by the latter which
 * key a row of the answer belongs to. */
#include "base/arena.h"
#include "base/hash.h"
#include "base/memory.h"
#include "clickhouse/click_view.h"
#include "clickhouse/clickhouse.h"
#include "remote/remote_lookup.h"
#include "types/batch.h"

enum {
    CONNECTIONS = 4,
    KEYS_MAX = 2000,
    STATEMENT_BYTES = 200 * 1024, /* below max_query_size */
    FIRST_ROWS = 256,
};

struct lookup_self {
    const struct table_def *def;
    uint32_t *key_columns; /* of the schema; behind this struct */
    uint32_t key_count;
};

struct connection {
    struct lookup_self *lookup;
    struct click_view view;
    struct arena *scratch;   /* owned; of a question */
    struct buf sql, literal; /* owned */
};

/* A question on its way. */
struct finding {
    struct connection *c;
    struct remote_question *question;
    struct str *bytes; /* of the keys, as the server has them; data NULL: it can have none such */
    uint32_t *buckets; /* key + 1; 0: free */
    uint32_t mask;
    struct remote_rows rows;
    uint32_t *key_of_row;
    uint32_t row_count, row_cap;
};

/* --- keys as plain values ------------------------------------------------------------------ */

static const struct type *key_type(const struct lookup_self *l, uint32_t key)
{
    return l->def->schema->fields[l->key_columns[key]].type;
}

static bool has_bytes(const struct type *type)
{
    return type_phys(type) == PHYS_VIEW;
}

static enum code encode_key(void *self, const struct batch *keys, uint32_t row, struct buf *bytes,
                            bool *ret_none, struct error *err)
{
    struct lookup_self *l = self;
    struct value value;
    *ret_none = false;
    for (uint32_t i = 0; i < l->key_count; i++) {
        if (!value_from_column(keys->columns[i], row, NULL, &value))
            return error_nomem(err);
        if (value.is_null) {
            *ret_none = true;
            return OK;
        }
        if (has_bytes(value.type)) {
            uint64_t size = value.str.size;
            buf_put(bytes, &size, sizeof size);
            buf_str(bytes, value.str);
        } else if (value.type->id == TYPE_DECIMAL) {
            buf_put(bytes, &value.i128, sizeof value.i128);
        } else {
            buf_put(bytes, &value.i64, sizeof value.i64);
        }
    }
    return OK;
}

/* Reads back what encode_key() has written. */
static struct value take_plain(const struct type *type, const char **at)
{
    struct value value = { .type = type };
    if (has_bytes(type)) {
        uint64_t size;
        memcpy(&size, *at, sizeof size);
        value.str = str_make(*at + sizeof size, (size_t)size);
        *at += sizeof size + size;
    } else if (type->id == TYPE_DECIMAL) {
        memcpy(&value.i128, *at, sizeof value.i128);
        *at += sizeof value.i128;
    } else {
        memcpy(&value.i64, *at, sizeof value.i64);
        *at += sizeof value.i64;
    }
    return value;
}

/* --- keys as the server has them ----------------------------------------------------------- */

static const struct click_column *key_column(const struct connection *c, uint32_t key)
{
    return c->view.columns[c->lookup->key_columns[key]];
}

static enum remote_outcome check_keys(struct connection *c, struct error *err)
{
    for (uint32_t i = 0; i < c->lookup->key_count; i++) {
        const struct click_column *column = key_column(c, i);
        if (click_has_literal(column->type) && click_can_put(key_type(c->lookup, i), column->type))
            continue;
        error_set(err, E_TYPE,
                  "table \"" STR_FMT "\" of ClickHouse cannot be asked by column \"" STR_FMT
                  "\" of type " STR_FMT,
                  STR_ARG(c->view.target.table), STR_ARG(column->name), STR_ARG(column->type_text));
        return REMOTE_FATAL;
    }
    return REMOTE_DONE;
}

/* Appends the value; false: the server's type has none that is equal. */
static bool put_exactly(struct connection *c, const struct click_column *column,
                        const struct value *value, struct buf *out)
{
    size_t from = out->size;
    struct value back;
    if (click_put(out, column->type, value, c->view.def->zone, NULL) != OK || out->failed)
        return false;
    struct click_reader in = { out->data + from, out->data + out->size };
    return click_get(&in, column->type, value->type, c->view.def->zone, c->scratch, &back, NULL) ==
               CLICK_GOT &&
           value_equal(value, &back);
}

static enum code put_bytes(struct finding *f, uint32_t key, struct buf *out, struct error *err)
{
    struct connection *c = f->c;
    const char *at = f->question->keys[key].data;
    buf_clear(out);
    f->bytes[key] = (struct str){ NULL, 0 };
    for (uint32_t i = 0; i < c->lookup->key_count; i++) {
        struct value value = take_plain(key_type(c->lookup, i), &at);
        if (!put_exactly(c, key_column(c, i), &value, out))
            return buf_check(out, err);
    }
    f->bytes[key] = arena_str(c->scratch, buf_view(out));
    return f->bytes[key].data ? OK : error_nomem(err);
}

static uint32_t *bucket_of(struct finding *f, struct str bytes)
{
    uint32_t at = (uint32_t)hash_bytes(bytes.data, bytes.size, 0) & f->mask;
    while (f->buckets[at] != 0 && !str_eq(f->bytes[f->buckets[at] - 1], bytes))
        at = (at + 1) & f->mask;
    return &f->buckets[at];
}

static enum code put_keys(struct finding *f, struct error *err)
{
    uint32_t count = f->question->count;
    for (f->mask = 16; f->mask < 2 * count; f->mask *= 2)
        ;
    f->bytes = arena_array(f->c->scratch, struct str, count);
    f->buckets = arena_array(f->c->scratch, uint32_t, f->mask);
    f->mask--;
    if (!f->bytes || !f->buckets)
        return error_nomem(err);
    for (uint32_t i = 0; i < count; i++) {
        TRY(put_bytes(f, i, &f->c->literal, err));
        if (f->bytes[i].data)
            *bucket_of(f, f->bytes[i]) = i + 1;
    }
    return OK;
}

/* --- a statement --------------------------------------------------------------------------- */

static enum code put_literal(struct finding *f, uint32_t key, struct error *err)
{
    struct connection *c = f->c;
    uint32_t count = c->lookup->key_count;
    struct click_reader in = { f->bytes[key].data, f->bytes[key].data + f->bytes[key].size };
    buf_clear(&c->literal);
    buf_text(&c->literal, count > 1 ? "(" : "");
    for (uint32_t i = 0; i < count; i++) {
        struct click_type plain = *key_column(c, i)->type;
        if (plain.is_nullable)
            in.at++; /* the keys are never NULL */
        plain.is_nullable = false;
        buf_text(&c->literal, i > 0 ? ", " : "");
        if (click_put_literal(&c->literal, &in, &plain, c->scratch) != CLICK_GOT)
            return error_nomem(err);
    }
    buf_text(&c->literal, count > 1 ? ")" : "");
    return buf_check(&c->literal, err);
}

/* As many keys from `from` on as go into one; *ret_next is the first that does not. */
static enum code make_query(struct finding *f, uint32_t from, uint32_t *ret_next, struct error *err)
{
    struct connection *c = f->c;
    const struct lookup_self *l = c->lookup;
    uint32_t key = from, n = 0;
    buf_clear(&c->sql);
    click_view_put_select(&c->view, &c->sql);
    buf_text(&c->sql, l->key_count > 1 ? " WHERE (" : " WHERE ");
    for (uint32_t i = 0; i < l->key_count; i++) {
        buf_text(&c->sql, i > 0 ? ", " : "");
        click_put_name(&c->sql, key_column(c, i)->name);
    }
    buf_text(&c->sql, l->key_count > 1 ? ") IN (" : " IN (");
    for (; key < f->question->count; key++) {
        if (!f->bytes[key].data)
            continue;
        TRY(put_literal(f, key, err));
        if (n > 0 && c->sql.size + c->literal.size > STATEMENT_BYTES)
            break;
        buf_text(&c->sql, n++ > 0 ? ", " : "");
        buf_str(&c->sql, buf_view(&c->literal));
    }
    buf_text(&c->sql, ") FORMAT RowBinary");
    *ret_next = key;
    if (n == 0)
        buf_clear(&c->sql);
    return buf_check(&c->sql, err);
}

/* --- the answer ---------------------------------------------------------------------------- */

static enum click_got take_row(struct finding *f, struct click_reader *in, struct error *err)
{
    struct connection *c = f->c;
    enum click_got got = click_view_get_mark(in);
    const char *key = in->at;
    for (uint32_t i = 0; i < c->lookup->key_count && got == CLICK_GOT; i++)
        got = click_skip(in, key_column(c, i)->type);
    if (got != CLICK_GOT)
        return got;
    uint32_t found = *bucket_of(f, str_make(key, (size_t)(in->at - key)));
    if (remote_rows_add(&f->rows, err) != OK)
        return CLICK_NOMEM;
    got = click_view_get_row(&c->view, in, &f->rows, err);
    if (got != CLICK_GOT || found == 0) {
        remote_rows_drop(&f->rows);
        return got;
    }
    uint32_t asked = found - 1;
    return ARENA_PUSH(f->question->arena, f->key_of_row, f->row_count, f->row_cap, asked)
               ? CLICK_GOT
               : CLICK_NOMEM;
}

static enum remote_outcome take_answer(struct finding *f, struct str answer, struct error *err)
{
    struct click_reader in = { answer.data, answer.data + answer.size };
    while (in.at < in.end) {
        const char *from = in.at;
        switch (take_row(f, &in, err)) {
        case CLICK_GOT:
            break;
        case CLICK_NOMEM:
            error_nomem(err);
            return REMOTE_FATAL;
        case CLICK_MISFIT:
            return REMOTE_FATAL;
        default:
            return click_view_judge(&f->c->view, str_make(from, (size_t)(in.end - from)), err);
        }
    }
    return REMOTE_DONE;
}

static enum remote_outcome ask(struct finding *f, struct error *err)
{
    struct connection *c = f->c;
    uint32_t next = 0;
    while (next < f->question->count) {
        struct str answer;
        if (make_query(f, next, &next, err) != OK)
            return REMOTE_FATAL;
        if (c->sql.size == 0)
            break;
        struct click_call call = { .path = c->view.target.path, .body = buf_view(&c->sql) };
        enum remote_outcome outcome = click_run(c->view.client, &call, &answer, NULL, err);
        if (outcome == REMOTE_DONE)
            outcome = take_answer(f, answer, err);
        if (outcome != REMOTE_DONE)
            return outcome;
    }
    return REMOTE_DONE;
}

static enum code begin(struct finding *f, struct error *err)
{
    TRY(put_keys(f, err));
    return remote_rows_begin(&f->rows, f->question->arena, f->c->view.def->schema,
                             f->c->view.def->needed, FIRST_ROWS, err);
}

static enum remote_outcome find(void *connection, struct remote_question *question,
                                struct error *err)
{
    struct connection *c = connection;
    struct finding f = { .c = c, .question = question };
    enum remote_outcome outcome = click_view_learn(&c->view, err);
    if (outcome == REMOTE_DONE)
        outcome = check_keys(c, err);
    if (outcome != REMOTE_DONE)
        return outcome;
    arena_reset(c->scratch);
    if (begin(&f, err) != OK)
        return REMOTE_FATAL;
    outcome = ask(&f, err);
    if (outcome == REMOTE_DONE && f.row_count > 0 &&
        remote_rows_end(&f.rows, &question->rows, err) != OK)
        return REMOTE_FATAL;
    question->key_of_row = f.key_of_row;
    return outcome;
}

/* --- opening and closing ------------------------------------------------------------------- */

static void close_connection(void *connection)
{
    struct connection *c = connection;
    click_view_close(&c->view);
    arena_destroy(c->scratch);
    buf_done(&c->sql);
    buf_done(&c->literal);
    mem_free(c);
}

static struct connection *make_connection(struct lookup_self *l, struct error *err)
{
    struct connection *c = mem_zalloc(sizeof *c);
    if (!c)
        return NULL;
    c->lookup = l;
    c->view.keys = l->key_columns;
    c->view.key_count = l->key_count;
    buf_init(&c->sql, 1 << 26);
    buf_init(&c->literal, 1 << 26);
    c->scratch = arena_create();
    if (c->scratch && click_view_open(&c->view, l->def, err) == OK)
        return c;
    close_connection(c);
    return NULL;
}

static void *open_connection(void *self)
{
    return make_connection(self, NULL);
}

static void interrupt(void *connection)
{
    http_client_interrupt(((struct connection *)connection)->view.client);
}

static void destroy(void *self)
{
    mem_free(self);
}

static const struct remote_lookup_kind remote_kind = {
    .system = "ClickHouse",
    .encode_key = encode_key,
    .open_connection = open_connection,
    .find = find,
    .interrupt = interrupt,
    .close_connection = close_connection,
    .destroy = destroy,
};

/* What can never work is an error now. */
static enum code try_server(struct lookup_self *l, struct error *err)
{
    struct error why = { .code = OK };
    struct connection *c = make_connection(l, &why);
    if (!c && why.code == OK)
        return error_nomem(err);
    enum code code = c ? click_view_try(&c->view, &why) : why.code;
    if (code == OK && c->view.is_known && check_keys(c, &why) != REMOTE_DONE)
        code = why.code;
    if (c)
        close_connection(c);
    if (code != OK)
        *err = why;
    return code;
}

static enum code open_lookup(const struct lookup_open *open, struct lookup **ret, struct error *err)
{
    struct lookup_self *l = mem_zalloc(sizeof *l + open->key_count * sizeof *l->key_columns);
    if (!l)
        return error_nomem(err);
    l->def = open->table;
    l->key_columns = (uint32_t *)(l + 1);
    l->key_count = open->key_count;
    memcpy(l->key_columns, open->key_columns, open->key_count * sizeof *l->key_columns);
    enum code code = try_server(l, err);
    struct arena *arena = arena_create();
    struct click_target target;
    if (code == OK)
        code = arena ? click_target_read(l->def, arena, &target, err) : error_nomem(err);
    if (code != OK) {
        arena_destroy(arena);
        destroy(l);
        return code;
    }
    struct remote_lookup_settings settings = {
        .threads = CONNECTIONS,
        .max_keys = KEYS_MAX,
        .max_retries =
            (uint32_t)MIN(MAX(options_int(l->def->options, "lookup.max-retries"), 0), 1000),
        .endpoint = target.endpoint,
    };
    code = remote_lookup_create(&click_lookup_kind, &remote_kind, l, &settings, ret, err);
    arena_destroy(arena);
    return code;
}

const struct lookup_kind click_lookup_kind = REMOTE_LOOKUP_KIND(open_lookup);
