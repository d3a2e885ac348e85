/* bench_memory.c -- a script of SQL whose tables may lie in memory: what operators cost without
 * reading, parsing and writing around them.
 *
 *   bench_memory FILE.sql
 *
 * 'connector' = 'memory', 'name' = N: an INSERT keeps its rows as columns in this process, a later
 * statement of the script reads them as they lie, without a copy.  Several such sources of a job
 * take turns, a batch each.  Every statement says on standard error what it cost; the last one is
 * what is measured. */
#include "base/memory.h"
#include "local/local.h"
#include "session/session.h"
#include "types/batch.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { STORES_MAX = 16, SCRIPT_BYTES_MAX = 1 << 20 };

struct store {
    struct str name;
    struct arena *arena;
    struct batch **batches;
    uint32_t count, cap;
};

static struct store stores[STORES_MAX];

struct memory_source {
    struct source base;
    const struct store *store;
    uint32_t next;
};

struct memory_sink {
    struct sink base;
    struct store *store;
};

static struct store *find_store(const struct options *options, struct error *err)
{
    struct str name = options_get(options, "name");
    for (struct store *s = stores; s < stores + STORES_MAX; s++) {
        if (s->arena && str_eq(s->name, name))
            return s;
        if (s->arena)
            continue;
        s->arena = arena_create();
        s->name = s->arena ? arena_str(s->arena, name) : (struct str){ 0 };
        if (s->name.data)
            return s;
        error_nomem(err);
        return NULL;
    }
    error_set(err, E_LIMIT, "there are %d tables in memory already", STORES_MAX);
    return NULL;
}

/* --- as a sink ----------------------------------------------------------------------- */

/* The bytes of strings, wherever they are in the column, into the arena. */
static bool keep_bytes(struct arena *arena, struct column *column)
{
    enum phys phys = type_phys(column->type);
    if (phys == PHYS_LIST)
        return false;
    for (uint32_t i = 0; i < column->child_count; i++)
        if (!keep_bytes(arena, column->children[i]))
            return false;
    if (phys != PHYS_VIEW)
        return true;
    uint32_t slots = column_is_constant(column) ? 1 : column->count;
    struct view *views = COLUMN_OUT(column, struct view);
    for (uint32_t i = 0; i < slots; i++) {
        if (!column_is_valid(column, i) || views[i].size == 0)
            continue;
        struct str kept = arena_str(arena, view_str(views[i]));
        if (!kept.data)
            return false;
        views[i] = view_of(kept);
    }
    return true;
}

static enum code memory_write(struct sink *base, const struct batch *in, struct error *err)
{
    struct store *store = ((struct memory_sink *)base)->store;
    struct batch *kept = batch_create(store->arena, in->column_count, in->selected);
    uint32_t *rows = arena_array(store->arena, uint32_t, in->selected);
    if (!kept || !rows)
        return error_nomem(err);
    for (uint32_t i = 0; i < in->selected; i++)
        rows[i] = batch_row(in, i);
    for (uint32_t c = 0; c < in->column_count; c++) {
        kept->columns[c] = column_gather(store->arena, in->columns[c], rows, in->selected);
        if (!kept->columns[c])
            return error_nomem(err);
        if (!keep_bytes(store->arena, kept->columns[c]))
            return error_set(err, E_UNSUPPORTED, "arrays and maps cannot be kept in memory");
    }
    if (!ARENA_PUSH(store->arena, store->batches, store->count, store->cap, kept))
        return error_nomem(err);
    return OK;
}

static enum code memory_flush_start(struct sink *sink, struct error *err)
{
    (void)sink;
    (void)err;
    return OK;
}

static enum code memory_flush_poll(struct sink *sink, bool *ret_done, struct error *err)
{
    (void)sink;
    (void)err;
    *ret_done = true;
    return OK;
}

static int no_fd_of_sink(struct sink *sink)
{
    (void)sink;
    return -1;
}

static void memory_close_sink(struct sink *sink)
{
    mem_free(sink);
}

static enum code memory_open_sink(const struct sink_open *open, struct sink **ret,
                                  struct error *err);
static const struct sink_kind memory_sink = {
    .open = memory_open_sink,
    .write = memory_write,
    .flush_start = memory_flush_start,
    .flush_poll = memory_flush_poll,
    .wake_fd = no_fd_of_sink,
    .close = memory_close_sink,
};

static enum code memory_open_sink(const struct sink_open *open, struct sink **ret,
                                  struct error *err)
{
    struct memory_sink *s = mem_zalloc(sizeof *s);
    if (!s)
        return error_nomem(err);
    s->base.kind = &memory_sink;
    s->store = find_store(open->table->options, err);
    if (!s->store) {
        mem_free(s);
        return err->code;
    }
    *ret = &s->base;
    return OK;
}

/* --- as a source --------------------------------------------------------------------- */

static enum code memory_poll_rows(struct source *base, struct arena *arena, uint32_t max_rows,
                                  struct batch **ret, enum poll_state *ret_state,
                                  struct error *err)
{
    struct memory_source *s = (struct memory_source *)base;
    (void)max_rows; /* operators accept any count, and no batch is larger than it was */
    *ret = NULL;
    if (s->next < s->store->count) {
        *ret = batch_derive(arena, s->store->batches[s->next++]);
        if (!*ret)
            return error_nomem(err);
        (*ret)->arena = arena;
    }
    *ret_state = s->next < s->store->count ? POLL_MORE : POLL_END;
    return OK;
}

static int no_fd(struct source *source)
{
    (void)source;
    return -1;
}

static uint32_t one_split(struct source *source)
{
    (void)source;
    return 1;
}

static struct str split_name(struct source *source, uint32_t split)
{
    (void)split;
    return ((struct memory_source *)source)->store->name;
}

static int32_t partition_zero(struct source *source, uint32_t split)
{
    (void)source;
    (void)split;
    return 0;
}

static enum code memory_tell(struct source *base, struct arena *arena,
                             struct split_position **ret, uint32_t *ret_count, struct error *err)
{
    struct memory_source *s = (struct memory_source *)base;
    struct split_position *position = arena_new(arena, struct split_position);
    char *text = arena_printf(arena, "%u", s->next);
    if (!position || !text)
        return error_nomem(err);
    *position = (struct split_position){ .split = s->store->name, .position = str_of(text) };
    *ret = position;
    *ret_count = 1;
    return OK;
}

static void memory_close(struct source *source)
{
    mem_free(source);
}

static enum code memory_open(const struct source_open *open, struct source **ret,
                             struct error *err);
static const struct source_kind memory_source = {
    .open = memory_open,
    .poll_rows = memory_poll_rows,
    .wake_fd = no_fd,
    .split_count = one_split,
    .split_name = split_name,
    .split_topic = split_name,
    .split_partition = partition_zero,
    .tell = memory_tell,
    .close = memory_close,
};

static enum code memory_open(const struct source_open *open, struct source **ret,
                             struct error *err)
{
    struct memory_source *s = mem_zalloc(sizeof *s);
    if (!s)
        return error_nomem(err);
    s->base.kind = &memory_source;
    s->store = find_store(open->table->options, err);
    if (!s->store) {
        mem_free(s);
        return err->code;
    }
    *ret = &s->base;
    return OK;
}

static unsigned memory_modes(const struct table_def *table)
{
    (void)table;
    return SINK_APPEND;
}

static const struct option_spec memory_options[] = {
    LOCAL_NAME_OPTIONS,
    { "name", OPTION_TEXT, true, NULL, NULL, "The name of the table in this process." },
    { 0 },
};

static const struct connector connector_memory = {
    .name = "memory",
    .summary = "columns in this process",
    .family = FAMILY_EMBEDDED,
    .options = memory_options,
    .source = &memory_source,
    .sink = &memory_sink,
    .sink_modes = memory_modes,
};

static const struct connector *const connectors[] = {
    &connector_memory, &connector_filesystem, &connector_blackhole, &connector_datagen, NULL,
};

/* --- the program --------------------------------------------------------------------- */

int main(int argc, char **argv)
{
    if (argc != 2) {
        fprintf(stderr, "usage: bench_memory FILE.sql\n");
        return SESSION_USAGE;
    }
    static char script[SCRIPT_BYTES_MAX];
    FILE *file = fopen(argv[1], "rb");
    if (!file) {
        perror(argv[1]);
        return SESSION_USAGE;
    }
    size_t size = fread(script, 1, sizeof script, file);
    fclose(file);

    session_register_connectors(connectors);
    struct session_config config = { .out_fd = STDOUT_FILENO, .err_fd = STDERR_FILENO };
    struct session *session = NULL;
    int status = session_create(&config, &session);
    if (status == SESSION_OK)
        status = session_execute(session, str_of(argv[1]), str_make(script, size), false);
    session_destroy(session);
    for (int i = 0; i < STORES_MAX; i++)
        arena_destroy(stores[i].arena);
    return status;
}
