/* hbase_delete.c -- see hbase_delete.h. */
#include "hbase/hbase_delete.h"

#include "base/arena.h"
#include "base/memory.h"
#include "hbase/hbase_wire.h"
#include "remote/remote_wait.h"

enum {
    HELPERS = 3,          /* threads beside the sender's */
    WORTH_A_HELPER = 4,   /* deletes */
    LIST_BYTES = 8 << 10, /* of columns in an address, which may have 64 KB in all */
    LISTS_BYTES_MAX = 1 << 30,
};

struct hbase_deletes {
    const struct hbase_table *table;
    struct str *lists; /* base64 of the columns to delete, in as many calls as they need */
    uint32_t list_count;
    struct hbase_rest *rests[HELPERS]; /* owned */
};

/* --- a delete -------------------------------------------------------------------------- */

static enum remote_outcome delete_cells(struct hbase_rest *rest, struct str key, struct str list,
                                        int64_t ms, struct error *err)
{
    hbase_rest_begin_path(rest);
    hbase_rest_put_base64(&rest->path, key);
    buf_char(&rest->path, '/');
    buf_str(&rest->path, list);
    buf_printf(&rest->path, "/%lld?e=b64", (long long)ms);
    struct http_request request = {
        .method = "DELETE",
        .path = buf_view(&rest->path),
        .accept = HBASE_WIRE_TYPE,
    };
    struct http_reply reply;
    if (buf_check(&rest->path, err) != OK)
        return REMOTE_FATAL;
    return hbase_rest_call(rest, &request, false, &reply, err);
}

/* A dynamic table's row says itself which cell it is. */
static enum remote_outcome delete_named(struct hbase_rest *rest, const struct remote_row *row,
                                        int64_t ms, struct error *err)
{
    struct buf list;
    buf_init(&list, LISTS_BYTES_MAX);
    hbase_rest_put_base64(&list, row->bytes);
    enum remote_outcome outcome = buf_check(&list, err) == OK
                                      ? delete_cells(rest, row->key, buf_view(&list), ms, err)
                                      : REMOTE_FATAL;
    buf_done(&list);
    return outcome;
}

static enum remote_outcome delete_row(const struct hbase_deletes *d, struct hbase_rest *rest,
                                      const struct remote_row *row, int64_t ms, struct error *err)
{
    if (d->table->is_dynamic)
        return delete_named(rest, row, ms, err);
    enum remote_outcome outcome = REMOTE_DONE;
    for (uint32_t i = 0; i < d->list_count && outcome == REMOTE_DONE; i++)
        outcome = delete_cells(rest, row->key, d->lists[i], ms, err);
    return outcome;
}

/* --- all of them ------------------------------------------------------------------------- */

struct run {
    const struct hbase_deletes *deletes;
    const struct hbase_order *order;
    int64_t base_ms;
    pthread_mutex_t lock; /* guards the rest */
    struct remote_call *call;
    uint32_t next;
    enum remote_outcome outcome; /* the first that is not REMOTE_DONE ends the run */
    struct error *err;
};

/* False: there is none, or the run is over. */
static bool take_row(struct run *r, uint32_t *ret)
{
    pthread_mutex_lock(&r->lock);
    while (r->next < r->call->count && !r->call->rows[r->next].is_delete)
        r->next++;
    bool has = r->outcome == REMOTE_DONE && r->next < r->call->count;
    *ret = has ? r->next++ : 0;
    pthread_mutex_unlock(&r->lock);
    return has;
}

static void note(struct run *r, uint32_t row, enum remote_outcome outcome, const struct error *why)
{
    pthread_mutex_lock(&r->lock);
    if (outcome == REMOTE_DONE) {
        hbase_settle(r->call, r->order, row);
    } else if (outcome == REMOTE_REFUSED && r->order->of_key[row] == 1) {
        r->call->rows[row].verdict = REMOTE_BAD;
        r->call->rows[row].reason = remote_reason(r->call, "%s", why->message);
    } else if (r->outcome == REMOTE_DONE) {
        r->outcome = outcome;
        *r->err = *why;
    }
    pthread_mutex_unlock(&r->lock);
}

/* What the very next row writes anew, as updates do, hides the cell by itself. */
static bool is_put_again(const struct run *r, uint32_t row)
{
    const struct remote_row *gone = &r->call->rows[row], *next = gone + 1;
    struct hbase_wire_cell cell;
    bool has;
    if (!r->deletes->table->is_dynamic || row + 1 == r->call->count || next->is_delete ||
        !str_eq(next->key, gone->key))
        return false;
    struct hbase_wire cells = hbase_wire_of(next->bytes);
    return hbase_wire_next_cell(&cells, &cell, &has, NULL) == OK && has &&
           str_eq(cell.column, gone->bytes);
}

static void work(struct run *r, struct hbase_rest *rest)
{
    uint32_t row;
    while (take_row(r, &row)) {
        struct error why = { .code = OK };
        int64_t ms = r->base_ms + r->order->later[row];
        enum remote_outcome outcome =
            is_put_again(r, row) ? REMOTE_DONE
                                 : delete_row(r->deletes, rest, &r->call->rows[row], ms, &why);
        note(r, row, outcome, &why);
    }
}

struct helper {
    struct run *run;
    struct hbase_rest *rest;
    pthread_t thread;
};

static void *run_helper(void *self)
{
    struct helper *helper = self;
    work(helper->run, helper->rest);
    return NULL;
}

static uint32_t count_deletes(const struct remote_call *call)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < call->count; i++)
        count += call->rows[i].is_delete;
    return count;
}

enum remote_outcome hbase_deletes_run(struct hbase_deletes *d, struct hbase_rest *first,
                                      struct remote_call *call, const struct hbase_order *order,
                                      int64_t base_ms, struct error *err)
{
    struct helper helpers[HELPERS];
    struct run run = {
        .deletes = d,
        .order = order,
        .base_ms = base_ms,
        .lock = PTHREAD_MUTEX_INITIALIZER,
        .call = call,
        .outcome = REMOTE_DONE,
        .err = err,
    };
    uint32_t wanted = MIN(count_deletes(call) / WORTH_A_HELPER, (uint32_t)HELPERS), started = 0;
    for (; started < wanted; started++) {
        struct helper *helper = &helpers[started];
        *helper = (struct helper){ .run = &run, .rest = d->rests[started] };
        helper->rest->is_checked = first->is_checked;
        if (remote_thread_start(&helper->thread, "HBase", "del", run_helper, helper, NULL) != OK)
            break; /* it goes on with fewer */
    }
    work(&run, first);
    for (uint32_t i = 0; i < started; i++)
        pthread_join(helpers[i].thread, NULL);
    pthread_mutex_destroy(&run.lock);
    return run.outcome;
}

/* --- making and ending ----------------------------------------------------------------- */

static enum code list_columns(struct hbase_deletes *d, struct error *err)
{
    const struct hbase_table *t = d->table;
    struct buf list;
    buf_init(&list, LISTS_BYTES_MAX);
    d->lists = arena_array(t->arena, struct str, t->cell_count + 1);
    enum code code = d->lists ? OK : error_nomem(err);
    for (uint32_t i = 0; i < t->cell_count && code == OK; i++) {
        if (list.size > 0)
            buf_char(&list, ',');
        hbase_rest_put_base64(&list, t->cells[i].name);
        if (list.size < LIST_BYTES && i + 1 < t->cell_count)
            continue;
        code = buf_check(&list, err);
        struct str copy = arena_str(t->arena, buf_view(&list));
        if (!copy.data && code == OK)
            code = error_nomem(err);
        d->lists[d->list_count++] = copy;
        buf_clear(&list);
    }
    buf_done(&list);
    return code;
}

enum code hbase_deletes_create(const struct hbase_table *table, struct hbase_deletes **ret,
                               struct error *err)
{
    struct hbase_deletes *d = mem_zalloc(sizeof *d);
    if (!d)
        return error_nomem(err);
    d->table = table;
    enum code code = list_columns(d, err);
    for (uint32_t i = 0; i < HELPERS && code == OK; i++)
        code = hbase_rest_create(table, &d->rests[i], err);
    if (code != OK) {
        hbase_deletes_destroy(d);
        return code;
    }
    *ret = d;
    return OK;
}

void hbase_deletes_destroy(struct hbase_deletes *d)
{
    if (!d)
        return;
    for (uint32_t i = 0; i < HELPERS; i++)
        hbase_rest_destroy(d->rests[i]);
    mem_free(d);
}

void hbase_deletes_interrupt(struct hbase_deletes *d)
{
    for (uint32_t i = 0; i < HELPERS; i++)
        hbase_rest_interrupt(d->rests[i]);
}
