/* click_scan.c -- a table of ClickHouse as a bounded source.
 *
 * Rows are decoded as their bytes come.  With a PRIMARY KEY they are read in its order, so that a read
 * that is broken off goes on behind the rows that were handed out. */
#include "base/arena.h"
#include "base/memory.h"
#include "clickhouse/click_view.h"
#include "clickhouse/clickhouse.h"
#include "remote/remote_scan.h"
#include "types/batch.h"

enum {
    PARCEL_ROWS = 4 * BATCH_ROWS,
    ERROR_BYTES = 1 << 16, /* of an error of the server that are kept */
};
#define ROW_BYTES_MAX (UINT64_C(1) << 30)

struct scan {
    struct click_view view;
    struct buf sql; /* owned */

    /* Of the read under way. */
    struct remote_read *remote;
    struct buf rest; /* owned: bytes that are no whole row yet, or the server's error */
    bool is_broken;
    bool has_rows; /* `rows` was begun */
    struct remote_rows rows;
};

/* --- rows ---------------------------------------------------------------------------------- */

static enum code emit(struct scan *s, struct error *err)
{
    struct batch *batch;
    if (!s->has_rows)
        return OK;
    s->has_rows = false;
    if (s->rows.count == 0)
        return OK; /* bad rows alone go with the next ones, or at the end */
    TRY(remote_rows_end(&s->rows, &batch, err));
    return remote_scan_emit(s->remote, batch, err);
}

static enum code begin(struct scan *s, struct error *err)
{
    struct arena *arena;
    if (s->has_rows)
        return OK;
    TRY(remote_scan_begin(s->remote, &arena, err));
    TRY(remote_rows_begin(&s->rows, arena, s->view.def->schema, s->view.def->needed, PARCEL_ROWS,
                          err));
    s->has_rows = true;
    return OK;
}

/* The next row, if all of it is there. */
static enum code take_row(struct scan *s, struct click_reader *in, enum click_got *ret,
                          struct error *err)
{
    struct error why = { .code = OK };
    TRY(begin(s, err));
    TRY(remote_rows_add(&s->rows, err));
    *ret = click_view_get_mark(in);
    if (*ret == CLICK_GOT)
        *ret = click_view_get_row(&s->view, in, &s->rows, &why);
    if (*ret == CLICK_NOMEM)
        return error_nomem(err);
    if (*ret != CLICK_GOT)
        remote_rows_drop(&s->rows);
    if (*ret == CLICK_MISFIT)
        return remote_scan_bad_row(s->remote, s->rows.count, str_of(why.message), STR(""), err);
    return *ret == CLICK_GOT && s->rows.count >= PARCEL_ROWS ? emit(s, err) : OK;
}

static void drop_front(struct buf *buf, const char *at)
{
    size_t used = (size_t)(at - buf->data);
    if (used > 0)
        memmove(buf->data, at, buf->size - used);
    buf->size -= used;
}

static enum code take_piece(void *self, struct str piece, struct error *err)
{
    struct scan *s = self;
    if (s->is_broken && s->rest.size >= ERROR_BYTES)
        return OK;
    buf_str(&s->rest, piece);
    TRY(buf_check(&s->rest, err));
    struct click_reader in = { s->rest.data, s->rest.data + s->rest.size };
    const char *done = in.at;
    while (!s->is_broken && in.at < in.end) {
        enum click_got got;
        TRY(take_row(s, &in, &got, err));
        s->is_broken = got == CLICK_BROKEN;
        if (got == CLICK_SHORT || got == CLICK_BROKEN)
            break;
        done = in.at;
    }
    drop_front(&s->rest, done);
    return OK;
}

/* --- the read ------------------------------------------------------------------------------ */

static void make_query(struct scan *s, uint64_t skip)
{
    const struct schema *schema = s->view.def->schema;
    buf_clear(&s->sql);
    click_view_put_select(&s->view, &s->sql);
    for (uint32_t i = 0; i < schema->key_count; i++) {
        buf_text(&s->sql, i == 0 ? " ORDER BY " : ", ");
        click_put_name(&s->sql, schema->fields[schema->key[i]].name);
    }
    if (skip > 0)
        buf_printf(&s->sql, " LIMIT %llu, 1000000000000000000", (unsigned long long)skip);
    buf_text(&s->sql, " FORMAT RowBinary");
}

/* What is left when the answer has ended. */
static enum remote_outcome finish(struct scan *s, struct error *err)
{
    if (s->rest.size > 0) {
        error_set(err, E_RETRY, "the answer of ClickHouse ends within a row");
        return REMOTE_AWAY;
    }
    return emit(s, err) == OK ? REMOTE_DONE : REMOTE_FATAL;
}

static enum remote_outcome read_rows(void *self, struct remote_read *remote, uint64_t skip,
                                     struct error *err)
{
    struct scan *s = self;
    enum remote_outcome outcome = click_view_learn(&s->view, err);
    if (outcome != REMOTE_DONE)
        return outcome;
    s->remote = remote;
    s->is_broken = s->has_rows = false;
    buf_clear(&s->rest);
    make_query(s, skip);
    if (buf_check(&s->sql, err) != OK)
        return REMOTE_FATAL;
    struct click_call call = {
        .path = s->view.target.path,
        .body = buf_view(&s->sql),
        .take = take_piece,
        .self = s,
    };
    outcome = click_run(s->view.client, &call, NULL, NULL, err);
    if (s->is_broken) /* also where the connection is cut behind the error */
        return click_view_judge(&s->view, buf_view(&s->rest), err);
    return outcome == REMOTE_DONE ? finish(s, err) : outcome;
}

static void interrupt(void *self)
{
    http_client_interrupt(((struct scan *)self)->view.client);
}

static void destroy(void *self)
{
    struct scan *s = self;
    click_view_close(&s->view);
    buf_done(&s->sql);
    buf_done(&s->rest);
    mem_free(s);
}

static const struct remote_scan_kind remote_kind = {
    .system = "ClickHouse",
    .read = read_rows,
    .interrupt = interrupt,
    .destroy = destroy,
};

/* --- opening ------------------------------------------------------------------------------- */

static enum code open_source(const struct source_open *open, struct source **ret, struct error *err)
{
    const struct table_def *def = open->table;
    struct scan *s = mem_zalloc(sizeof *s);
    if (!s)
        return error_nomem(err);
    buf_init(&s->sql, 1 << 20);
    buf_init(&s->rest, ROW_BYTES_MAX);
    enum code code = click_view_open(&s->view, def, err);
    if (code == OK && !open->while_running)
        code = click_view_try(&s->view, err);
    if (code != OK) {
        destroy(s);
        return code;
    }
    struct remote_scan_settings settings = {
        .split = s->view.target.table,
        .resumes = def->schema->key_count > 0,
        .max_retries = (uint32_t)MIN(MAX(options_int(def->options, "lookup.max-retries"), 0), 1000),
        .endpoint = s->view.target.endpoint,
    };
    return remote_scan_create(&click_source_kind, &remote_kind, s, &settings, open, ret, err);
}

const struct source_kind click_source_kind = REMOTE_SCAN_KIND(open_source);
