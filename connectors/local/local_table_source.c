/* local_table_source.c -- a bounded scan of a table of SQLite.
 *
 * The statement stays open from poll to poll and sees the table as it was when the
 * scan began, whatever the job writes meanwhile.  A position is the number of rows
 * read; rows come in the order they were inserted. */
#include "local/local_table.h"

#include "base/memory.h"
#include "base/number.h"

struct table_source {
    struct source base;
    struct local_table *table;
    struct bad_rows *bad_rows;
    sqlite3_stmt *scan;
    int64_t read;
    int64_t skip; /* rows that an earlier run has read */
    bool is_done;
};

static void table_source_close(struct source *base)
{
    struct table_source *s = (struct table_source *)base;
    if (!s)
        return;
    sqlite3_finalize(s->scan);
    local_table_close(s->table);
    mem_free(s);
}

static enum code prepare(struct table_source *s, const struct source_open *open, struct error *err)
{
    TRY(local_table_open(open->table, &s->table, err));
    if (open->resume_count > 0) {
        struct str position = open->resume[0].position;
        if (!number_parse_i64(position.data, position.size, &s->skip))
            return error_set(err, E_DATA, "position \"" STR_FMT "\" is no number of rows",
                             STR_ARG(position));
    }
    struct buf sql;
    buf_init(&sql, 16 << 20);
    buf_text(&sql, "SELECT ");
    local_table_put_names(&sql, s->table);
    buf_text(&sql, " FROM ");
    local_table_put_name(&sql, s->table->name);
    size_t plain = sql.size;
    buf_text(&sql, " ORDER BY rowid");
    enum code code = buf_check(&sql, err);
    /* A view, or a table made without row numbers, has an order of its own. */
    if (code == OK && local_table_prepare(s->table, buf_view(&sql), &s->scan, NULL) != OK)
        code = local_table_prepare(s->table, str_make(sql.data, plain), &s->scan, err);
    buf_done(&sql);
    return code;
}

static enum code table_source_open(const struct source_open *open, struct source **ret,
                                   struct error *err)
{
    struct table_source *s = mem_zalloc(sizeof *s);
    if (!s)
        return error_nomem(err);
    s->base.kind = &local_table_source;
    s->bad_rows = open->bad_rows;
    enum code code = prepare(s, open, err);
    if (code != OK) {
        table_source_close(&s->base);
        return code == E_RETRY ? E_IO : code;
    }
    *ret = &s->base;
    return OK;
}

static enum code report(struct table_source *s, const struct error *why, struct error *err)
{
    struct bad_row bad = {
        .reason = str_of(why->message),
        .place = str_of(s->table->path),
        .offset = s->read,
    };
    return bad_row_report(s->bad_rows, &bad, err);
}

static enum code take_row(struct table_source *s, struct table_rows *rows, struct error *err)
{
    struct error why;
    enum code code = OK;
    if (s->read >= s->skip)
        code = table_rows_add(rows, s->scan, &why);
    if (code == E_DATA)
        code = report(s, &why, err);
    else if (code != OK && err)
        *err = why;
    s->read++;
    return code;
}

static enum code table_source_poll_rows(struct source *base, struct arena *arena, uint32_t max_rows,
                                        struct batch **ret, enum poll_state *ret_state,
                                        struct error *err)
{
    struct table_source *s = (struct table_source *)base;
    struct table_rows rows;
    *ret = NULL;
    *ret_state = POLL_END;
    if (s->is_done)
        return OK;
    TRY(table_rows_begin(&rows, s->table, arena, max_rows, err));
    while (rows.count < max_rows && !s->is_done) {
        switch (sqlite3_step(s->scan)) {
        case SQLITE_ROW:
            TRY(take_row(s, &rows, err));
            break;
        case SQLITE_DONE:
            s->is_done = true;
            sqlite3_reset(s->scan);
            break;
        default: {
            /* Nothing was read yet if the database is busy: reads do not wait in the middle. */
            enum code code = local_table_fail(s->table, "read", err);
            sqlite3_reset(s->scan);
            return code == E_RETRY && s->read > 0 ? E_IO : code;
        }
        }
    }
    if (rows.count > 0)
        TRY(table_rows_end(&rows, ret, err));
    *ret_state = s->is_done ? POLL_END : POLL_MORE;
    return OK;
}

static int table_source_wake_fd(struct source *base)
{
    (void)base;
    return -1;
}

static uint32_t table_source_split_count(struct source *base)
{
    (void)base;
    return 1;
}

static struct str table_source_split_name(struct source *base, uint32_t split)
{
    (void)split;
    return str_of(((struct table_source *)base)->table->name);
}

static int32_t table_source_split_partition(struct source *base, uint32_t split)
{
    (void)base;
    (void)split;
    return 0;
}

static enum code table_source_tell(struct source *base, struct arena *arena,
                                   struct split_position **ret, uint32_t *ret_count,
                                   struct error *err)
{
    struct table_source *s = (struct table_source *)base;
    struct split_position *position = arena_new(arena, struct split_position);
    char *text = arena_printf(arena, "%lld", (long long)MAX(s->read, s->skip));
    struct str name = arena_str(arena, str_of(s->table->name));
    if (!position || !text || !name.data)
        return error_nomem(err);
    *position = (struct split_position){ .split = name, .position = str_of(text) };
    *ret = position;
    *ret_count = 1;
    return OK;
}

const struct source_kind local_table_source = {
    .open = table_source_open,
    .poll_rows = table_source_poll_rows,
    .wake_fd = table_source_wake_fd,
    .split_count = table_source_split_count,
    .split_name = table_source_split_name,
    .split_topic = table_source_split_name,
    .split_partition = table_source_split_partition,
    .tell = table_source_tell,
    .close = table_source_close,
};
