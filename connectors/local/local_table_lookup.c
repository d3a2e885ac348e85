/* local_table_lookup.c -- rows of a table of SQLite by key.
 *
 * The database is at hand, so the answer is found within submit() and waits, in an
 * arena of its own, to be fetched; that arena then lives as long as the one it was
 * fetched into.  A NULL in a key finds nothing. */
#include "local/local_table.h"

#include "base/memory.h"

#include <errno.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

enum { ANSWERS_MAX = 64 };

struct answer {
    uint64_t ticket;
    struct arena *arena;
    struct batch *rows;
    uint32_t *key_row;
};

struct table_lookup {
    struct lookup base;
    struct local_table *table;
    sqlite3_stmt *find;
    uint32_t key_count;
    struct arena *scratch;
    struct answer answers[ANSWERS_MAX]; /* first in, first out */
    uint32_t first;
    uint32_t count;
    int ready_fd; /* readable while answers wait */
};

static void table_lookup_close(struct lookup *base)
{
    struct table_lookup *l = (struct table_lookup *)base;
    if (!l)
        return;
    for (uint32_t i = 0; i < l->count; i++)
        arena_destroy(l->answers[(l->first + i) % ANSWERS_MAX].arena);
    if (l->ready_fd >= 0)
        close(l->ready_fd);
    sqlite3_finalize(l->find);
    local_table_close(l->table);
    arena_destroy(l->scratch);
    mem_free(l);
}

static const struct table_column *find_column(const struct local_table *table, uint32_t column)
{
    for (uint32_t i = 0; i < table->count; i++)
        if (table->columns[i].column == column && table->columns[i].field < 0)
            return &table->columns[i];
    return NULL;
}

static enum code table_lookup_check(const struct lookup_open *open, struct error *err)
{
    for (uint32_t i = 0; i < open->key_count; i++)
        if (local_table_is_family(open->table, open->key_columns[i]))
            return error_set(err, E_UNSUPPORTED,
                             "table \"" STR_FMT "\" cannot be asked by the family \"" STR_FMT "\"",
                             STR_ARG(open->table->name),
                             STR_ARG(open->table->schema->fields[open->key_columns[i]].name));
    return OK;
}

static enum code put_query(struct table_lookup *l, const struct lookup_open *open, struct buf *sql,
                           struct error *err)
{
    buf_text(sql, "SELECT ");
    local_table_put_names(sql, l->table);
    buf_text(sql, " FROM ");
    local_table_put_name(sql, l->table->name);
    for (uint32_t i = 0; i < open->key_count; i++) {
        const struct table_column *column = find_column(l->table, open->key_columns[i]);
        buf_text(sql, i > 0 ? " AND " : " WHERE ");
        local_table_put_name(sql, column->name);
        buf_printf(sql, " = ?%u", i + 1);
    }
    return buf_check(sql, err);
}

static enum code prepare(struct table_lookup *l, const struct lookup_open *open, struct error *err)
{
    l->scratch = arena_create();
    if (!l->scratch)
        return error_nomem(err);
    l->ready_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (l->ready_fd < 0)
        return error_set(err, E_IO, "could not make an event: %s", strerror(errno));
    TRY(local_table_open(open->table, &l->table, err));
    l->key_count = open->key_count;
    struct buf sql;
    buf_init(&sql, 16 << 20);
    enum code code = put_query(l, open, &sql, err);
    if (code == OK)
        code = local_table_prepare(l->table, buf_view(&sql), &l->find, err);
    buf_done(&sql);
    return code;
}

static enum code table_lookup_open(const struct lookup_open *open, struct lookup **ret,
                                   struct error *err)
{
    struct table_lookup *l = mem_zalloc(sizeof *l);
    if (!l)
        return error_nomem(err);
    l->base.kind = &local_table_lookup;
    l->ready_fd = -1;
    enum code code = prepare(l, open, err);
    if (code != OK) {
        table_lookup_close(&l->base);
        return code == E_RETRY ? E_IO : code;
    }
    *ret = &l->base;
    return OK;
}

static bool has_null(const struct table_lookup *l, const struct batch *keys, uint32_t row)
{
    for (uint32_t k = 0; k < l->key_count; k++)
        if (!column_is_valid(keys->columns[k], row))
            return true;
    return false;
}

struct found {
    struct table_rows rows;
    uint32_t *key_row;
    uint32_t count;
    uint32_t cap;
};

static enum code find_rows(struct table_lookup *l, const struct batch *keys, uint32_t row,
                           struct found *found, struct error *err)
{
    for (uint32_t k = 0; k < l->key_count; k++)
        TRY(local_table_bind(l->table, l->find, (int)k + 1, keys->columns[k]->type,
                             keys->columns[k], row, l->scratch, err));
    for (;;) {
        int step = sqlite3_step(l->find);
        if (step == SQLITE_DONE)
            return OK;
        if (step != SQLITE_ROW)
            return local_table_fail(l->table, "read", err);
        TRY(table_rows_add(&found->rows, l->find, err));
        if (!ARENA_PUSH(found->rows.arena, found->key_row, found->count, found->cap, row))
            return error_nomem(err);
    }
}

static enum code find_all(struct table_lookup *l, const struct batch *keys, struct answer *answer,
                          struct error *err)
{
    struct found found = { 0 };
    TRY(table_rows_begin(&found.rows, l->table, answer->arena, MAX(keys->selected, 16), err));
    for (uint32_t i = 0; i < keys->selected; i++) {
        uint32_t row = batch_row(keys, i);
        if (has_null(l, keys, row))
            continue;
        enum code code = find_rows(l, keys, row, &found, err);
        sqlite3_reset(l->find);
        arena_reset(l->scratch);
        TRY(code);
    }
    TRY(table_rows_end(&found.rows, &answer->rows, err));
    answer->key_row = found.key_row;
    return OK;
}

static enum code table_lookup_submit(struct lookup *base, const struct batch *keys, uint64_t ticket,
                                     struct error *err)
{
    struct table_lookup *l = (struct table_lookup *)base;
    if (l->count == ANSWERS_MAX)
        return error_set(err, E_RETRY, "%d answers of table \"%s\" wait to be fetched", ANSWERS_MAX,
                         l->table->name);
    struct answer answer = { .ticket = ticket, .arena = arena_create() };
    enum code code = answer.arena ? find_all(l, keys, &answer, err) : error_nomem(err);
    if (code != OK) {
        arena_destroy(answer.arena);
        return code;
    }
    if (eventfd_write(l->ready_fd, 1) != 0) {
        arena_destroy(answer.arena);
        return error_set(err, E_IO, "could not set an event: %s", strerror(errno));
    }
    l->answers[(l->first + l->count++) % ANSWERS_MAX] = answer;
    return OK;
}

static void destroy_arena(void *arena)
{
    arena_destroy(arena);
}

static enum code table_lookup_poll(struct lookup *base, struct arena *arena, uint64_t *ret_ticket,
                                   struct batch **ret_rows, const uint32_t **ret_key_row,
                                   struct error *err)
{
    struct table_lookup *l = (struct table_lookup *)base;
    *ret_rows = NULL;
    if (l->count == 0) {
        eventfd_t ready;
        if (eventfd_read(l->ready_fd, &ready) != 0)
            ready = 0; /* it was not set */
        return OK;
    }
    struct answer *answer = &l->answers[l->first];
    if (!arena_on_reset(arena, destroy_arena, answer->arena))
        return error_nomem(err);
    *ret_ticket = answer->ticket;
    *ret_rows = answer->rows;
    *ret_key_row = answer->key_row;
    l->first = (l->first + 1) % ANSWERS_MAX;
    l->count--;
    return OK;
}

static int table_lookup_wake_fd(struct lookup *base)
{
    return ((struct table_lookup *)base)->ready_fd;
}

const struct lookup_kind local_table_lookup = {
    .check = table_lookup_check,
    .open = table_lookup_open,
    .submit = table_lookup_submit,
    .poll = table_lookup_poll,
    .wake_fd = table_lookup_wake_fd,
    .close = table_lookup_close,
};
