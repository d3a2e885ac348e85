/* hbase_scan.c -- reads a table of HBase from its first row to its last.
 *
 * The server keeps a scanner, which is asked for so many cells at a time, so that a row may come in
 * two parts.  An answer that is lost is not given again, so no call is repeated: a scanner that is
 * not sure, or gone with its server or by waiting too long, is replaced by one that begins behind
 * the last row that was handed out. */
#include "hbase/hbase.h"

#include "base/arena.h"
#include "base/memory.h"
#include "hbase/hbase_rest.h"
#include "hbase/hbase_rows.h"
#include "remote/remote_scan.h"
#include "types/batch.h"
#include "types/text.h"

enum { CELLS = 10000, BODY_BYTES_MAX = 16 << 20, ID_BYTES_MAX = 256, RETRIES = 10 };

struct hbase_scan {
    struct hbase_table *table; /* owned */
    struct hbase_rest *rest;   /* owned */
    struct hbase_layout layout;
    uint32_t cells;      /* a call */
    struct buf last;     /* key of the last row handed out; empty: none yet */
    uint64_t last_count; /* rows up to that one */
};

/* A read from a place on. */
struct reading {
    struct hbase_scan *self;
    struct remote_read *scan;
    struct arena *arena;
    struct remote_rows rows;
    uint64_t at;        /* rows before the batch that is being made */
    uint64_t skip;      /* rows that are left out yet */
    struct buf key;     /* of the row that is being read; empty: none */
    uint32_t matched;   /* its cells that the table knows */
    bool is_left_out;   /* it is one of those, or a bad row */
    uint32_t bad_count; /* since the last batch */
    char id[ID_BYTES_MAX];
    struct buf body;
};

/* --- rows ------------------------------------------------------------------------------ */

static enum code begin_batch(struct reading *r, struct error *err)
{
    const struct hbase_layout *layout = &r->self->layout;
    TRY(remote_scan_begin(r->scan, &r->arena, err));
    r->bad_count = 0;
    return remote_rows_begin(&r->rows, r->arena, layout->schema, layout->needed, BATCH_ROWS, err);
}

static enum code end_batch(struct reading *r, struct error *err)
{
    struct hbase_scan *s = r->self;
    struct batch *batch;
    uint64_t count = r->rows.count + r->bad_count;
    if (count == 0)
        return OK;
    TRY(hbase_rows_end(&r->rows, &s->layout, &batch, err));
    TRY(remote_scan_emit(r->scan, r->rows.count > 0 ? batch : NULL, err));
    r->at += count;
    s->last_count = r->at;
    buf_clear(&s->last);
    buf_str(&s->last, buf_view(&r->key));
    return buf_check(&s->last, err);
}

static enum code report_bad(struct reading *r, const struct error *why, struct error *err)
{
    r->is_left_out = true;
    r->bad_count++;
    return remote_scan_bad_row(r->scan, r->rows.count, str_of(why->message), buf_view(&r->key),
                               err);
}

static enum code begin_row(struct reading *r, struct str key, struct error *err)
{
    struct error why = { .code = OK };
    if (r->rows.count + r->bad_count >= BATCH_ROWS) {
        TRY(end_batch(r, err));
        TRY(begin_batch(r, err));
    }
    buf_clear(&r->key);
    buf_str(&r->key, key);
    TRY(buf_check(&r->key, err));
    r->is_left_out = r->skip > 0;
    if (r->is_left_out) {
        r->skip--;
        return OK;
    }
    enum code code = hbase_rows_add(&r->rows, &r->self->layout, key, &why);
    if (code == E_DATA)
        return report_bad(r, &why, err);
    if (code != OK)
        *err = why;
    return code;
}

static enum code read_row(struct reading *r, struct str key, struct hbase_wire cells,
                          struct error *err)
{
    struct error why = { .code = OK };
    if (!str_eq(buf_view(&r->key), key))
        TRY(begin_row(r, key, err));
    if (r->is_left_out)
        return OK;
    enum code code = hbase_rows_set(&r->rows, &r->self->layout, cells, &r->matched, &why);
    if (code == E_DATA) {
        remote_rows_drop(&r->rows);
        return report_bad(r, &why, err);
    }
    if (code != OK)
        *err = why;
    return code;
}

static enum code read_rows(struct reading *r, struct str body, struct error *err)
{
    struct hbase_wire set = hbase_wire_of(body), cells;
    struct str key;
    bool has;
    for (;;) {
        TRY(hbase_wire_next_row(&set, &key, &cells, &has, err));
        if (!has)
            return OK;
        TRY(read_row(r, key, cells, err));
    }
}

/* --- the scanner ----------------------------------------------------------------------- */

static void put_name(struct buf *out, struct str name)
{
    buf_char(out, '"');
    text_put_base64(out, name);
    buf_char(out, '"');
}

/* Blink reads whole families, Flink the declared cells. */
static void put_columns(struct buf *out, const struct hbase_table *t)
{
    struct str before = STR("");
    buf_text(out, ",\"column\":[");
    for (uint32_t i = 0; i < t->cell_count; i++) {
        struct str name = t->is_flink ? t->cells[i].name : t->cells[i].family;
        if (str_eq(name, before))
            continue;
        if (before.size > 0)
            buf_char(out, ',');
        put_name(out, name);
        before = name;
    }
    buf_char(out, ']');
}

/* A scanner that begins behind the last row: the smallest key after it has one more byte, a zero. */
static void put_scanner(struct reading *r)
{
    struct hbase_scan *s = r->self;
    buf_clear(&r->body);
    buf_printf(&r->body, "{\"batch\":%u", s->cells);
    if (s->last.size > 0) {
        buf_text(&r->body, ",\"startRow\":");
        buf_char(&s->last, '\0');
        put_name(&r->body, buf_view(&s->last));
        s->last.size--;
    }
    put_columns(&r->body, s->table);
    buf_char(&r->body, '}');
}

/* The last part of "http://host:port/table/scanner/12345". */
static bool read_id(struct reading *r, struct str location)
{
    size_t at = location.size;
    while (at > 0 && location.data[at - 1] != '/')
        at--;
    size_t size = location.size - at;
    if (size == 0 || size >= sizeof r->id)
        return false;
    for (size_t i = 0; i < size; i++) {
        char c = location.data[at + i];
        if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')))
            return false;
        r->id[i] = c;
    }
    r->id[size] = 0;
    return true;
}

static enum remote_outcome open_scanner(struct reading *r, struct error *err)
{
    struct hbase_rest *rest = r->self->rest;
    struct http_reply reply;
    put_scanner(r);
    hbase_rest_begin_path(rest);
    buf_text(&rest->path, "scanner");
    if (buf_check(&r->body, err) != OK || buf_check(&rest->path, err) != OK)
        return REMOTE_FATAL;
    struct http_request request = {
        .method = "PUT",
        .path = buf_view(&rest->path),
        .body = buf_view(&r->body),
        .content_type = "application/json",
        .accept = "application/json",
    };
    enum remote_outcome outcome = hbase_rest_call(rest, &request, false, &reply, err);
    if (outcome != REMOTE_DONE)
        return outcome;
    if (read_id(r, reply.location))
        return REMOTE_DONE;
    error_set(err, E_IO, "HBase does not say where its scanner is");
    return REMOTE_FATAL;
}

static enum remote_outcome call_scanner(struct reading *r, const char *method,
                                        struct http_reply *ret, struct error *err)
{
    struct hbase_rest *rest = r->self->rest;
    hbase_rest_begin_path(rest);
    buf_printf(&rest->path, "scanner/%s", r->id);
    if (buf_check(&rest->path, err) != OK)
        return REMOTE_FATAL;
    struct http_request request = {
        .method = method,
        .path = buf_view(&rest->path),
        .accept = HBASE_WIRE_TYPE,
        .is_once = true,
    };
    return hbase_rest_call(rest, &request, true, ret, err);
}

/* --- reading --------------------------------------------------------------------------- */

enum { GONE = 410 };

static enum remote_outcome read_scanner(struct reading *r, struct error *err)
{
    struct hbase_scan *s = r->self;
    for (;;) {
        struct http_reply reply = { .status = 0 };
        enum remote_outcome outcome = call_scanner(r, "GET", &reply, err);
        if (outcome == REMOTE_FATAL && err->code == E_LIMIT && s->cells > 1) {
            s->cells = MAX(s->cells / 8, 1);
            return REMOTE_AWAY; /* a scanner of smaller steps */
        }
        if (outcome == REMOTE_DONE && reply.status == 204)
            return REMOTE_DONE;
        if (reply.status == 404 || reply.status == GONE) {
            error_set(err, E_RETRY, "HBase has lost the scanner");
            return REMOTE_AWAY;
        }
        if (outcome != REMOTE_DONE)
            return outcome;
        if (read_rows(r, reply.body, err) != OK)
            return REMOTE_FATAL;
    }
}

static enum remote_outcome read_all(struct reading *r, struct error *err)
{
    struct http_reply reply;
    struct error ignored;
    enum remote_outcome outcome = open_scanner(r, err);
    if (outcome == REMOTE_DONE)
        outcome = read_scanner(r, err);
    if (outcome != REMOTE_DONE)
        return outcome;
    if (call_scanner(r, "DELETE", &reply, &ignored) != REMOTE_DONE)
        ignored.code = OK; /* it goes by itself, in a minute */
    return end_batch(r, err) == OK ? REMOTE_DONE : REMOTE_FATAL;
}

static enum remote_outcome read(void *self, struct remote_read *scan, uint64_t skip,
                                struct error *err)
{
    struct hbase_scan *s = self;
    struct reading r = { .self = s, .scan = scan, .at = skip };
    r.skip = s->last.size > 0 ? skip - s->last_count : skip;
    buf_init(&r.key, HBASE_KEY_BYTES_MAX * 2);
    buf_init(&r.body, BODY_BYTES_MAX);
    enum remote_outcome outcome = begin_batch(&r, err) == OK ? read_all(&r, err) : REMOTE_FATAL;
    buf_done(&r.key);
    buf_done(&r.body);
    return outcome;
}

static void interrupt(void *self)
{
    hbase_rest_interrupt(((struct hbase_scan *)self)->rest);
}

/* --- opening and closing --------------------------------------------------------------- */

static void destroy(void *self)
{
    struct hbase_scan *s = self;
    hbase_rest_destroy(s->rest);
    hbase_table_destroy(s->table);
    buf_done(&s->last);
    mem_free(s);
}

static const struct remote_scan_kind scan_calls = {
    .system = "HBase",
    .read = read,
    .interrupt = interrupt,
    .destroy = destroy,
};

static enum code prepare(struct hbase_scan *s, const struct table_def *def, struct error *err)
{
    buf_init(&s->last, HBASE_KEY_BYTES_MAX * 2);
    s->cells = CELLS;
    TRY(hbase_table_read(def, &s->table, err));
    TRY(hbase_table_need(s->table, err));
    TRY(hbase_layout_make(s->table, &s->layout, err));
    return hbase_rest_create(s->table, &s->rest, err);
}

static enum code scan_open(const struct source_open *open, struct source **ret, struct error *err)
{
    struct hbase_scan *s = mem_zalloc(sizeof *s);
    if (!s)
        return error_nomem(err);
    enum code code = prepare(s, open->table, err);
    if (code == OK && !open->while_running)
        code = hbase_rest_try(s->table, err);
    if (code != OK) {
        destroy(s);
        return code;
    }
    struct remote_scan_settings settings = {
        .split = s->table->name,
        .resumes = true,
        .max_retries = RETRIES,
        .endpoint = hbase_endpoints(open->table->options),
    };
    return remote_scan_create(&hbase_scan, &scan_calls, s, &settings, open, ret, err);
}

const struct source_kind hbase_scan = REMOTE_SCAN_KIND(scan_open);
