/* gate.c -- see gate.h.  One lock for everything. */
#include "support/gate.h"

#include "base/clock.h"
#include "base/memory.h"
#include "connector/connector.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

enum { GATES = 8, SPLITS = 8, RECORDS = 4096 };

struct gate_record {
    char *text;
    uint32_t split;
};

struct gate {
    char name[32];
    struct gate_record records[RECORDS];
    uint32_t count, read;
    bool ends, shut;
    const char *waits_for;
    int64_t since_us;
    uint64_t written;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct gate gates[GATES];

static struct gate *gate_of(struct str name)
{
    for (uint32_t i = 0; i < GATES; i++) {
        struct gate *g = &gates[i];
        if (g->name[0] == '\0')
            memcpy(g->name, name.data, MIN(name.size, sizeof g->name - 1));
        if (str_is(name, g->name))
            return g;
    }
    abort();
}

/* --- the test's side --------------------------------------------------------------------- */

static struct gate *enter(const char *table)
{
    pthread_mutex_lock(&lock);
    return gate_of(str_of(table));
}

static void leave(void)
{
    pthread_mutex_unlock(&lock);
}

void gate_put(const char *table, uint32_t split, const char *record)
{
    struct gate *g = enter(table);
    if (g->count == RECORDS)
        abort();
    g->records[g->count++] = (struct gate_record){ strdup(record), split };
    leave();
}

void gate_end(const char *table)
{
    enter(table)->ends = true;
    leave();
}

void gate_shut(const char *table, bool shut)
{
    enter(table)->shut = shut;
    leave();
}

void gate_wait_for(const char *table, const char *whom)
{
    struct gate *g = enter(table);
    g->waits_for = whom;
    g->since_us = clock_monotonic_us();
    leave();
}

uint64_t gate_written(const char *table)
{
    uint64_t written = enter(table)->written;
    leave();
    return written;
}

void gate_reset(void)
{
    for (uint32_t i = 0; i < GATES; i++)
        for (uint32_t k = 0; k < gates[i].count; k++)
            free(gates[i].records[k].text);
    memset(gates, 0, sizeof gates);
}

/* --- the source ---------------------------------------------------------------------------- */

struct gate_source {
    struct source base;
    const struct source_share *share;
    struct gate *gate;
    uint32_t splits;
    uint32_t next; /* record */
    char names[SPLITS][40];
};

static const struct source_kind source_kind;

static enum code source_open(const struct source_open *open, struct source **ret, struct error *err)
{
    struct gate_source *s = mem_zalloc(sizeof *s);
    if (!s)
        return error_nomem(err);
    s->base.kind = &source_kind;
    s->share = open->share;
    pthread_mutex_lock(&lock);
    s->gate = gate_of(open->table->name);
    leave();
    s->splits = (uint32_t)options_int(open->table->options, "splits");
    for (uint32_t i = 0; i < SPLITS; i++)
        snprintf(s->names[i], sizeof s->names[i], "%s-%u", s->gate->name, i);
    *ret = &s->base;
    return OK;
}

static enum code source_poll(struct source *base, struct records *out, enum poll_state *ret_state,
                             struct error *err)
{
    (void)err;
    struct gate_source *s = (struct gate_source *)base;
    pthread_mutex_lock(&lock);
    for (; s->next < s->gate->count && out->count < out->cap; s->next++) {
        const struct gate_record *r = &s->gate->records[s->next];
        if (!source_share_has(s->share, r->split))
            continue;
        out->values[out->count] = str_of(r->text);
        out->keys[out->count] = str_make(NULL, 0);
        out->splits[out->count] = r->split;
        out->offsets[out->count] = s->next;
        out->timestamps_ms[out->count] = INT64_MIN;
        out->timestamp_types[out->count++] = 0;
    }
    bool end = s->gate->ends && s->next == s->gate->count;
    leave();
    *ret_state = end ? POLL_END : out->count > 0 ? POLL_MORE : POLL_IDLE;
    return OK;
}

static uint32_t split_count(struct source *base)
{
    return ((struct gate_source *)base)->splits;
}

static struct str split_name(struct source *base, uint32_t split)
{
    return str_of(((struct gate_source *)base)->names[split]);
}

static int32_t split_partition(struct source *base, uint32_t split)
{
    (void)base;
    return (int32_t)split;
}

/* As Kafka: an empty partition holds time back. */
static enum split_state split_state(struct source *base, uint32_t split)
{
    return source_share_has(((struct gate_source *)base)->share, split) ? SPLIT_COUNTS
                                                                        : SPLIT_JOINS;
}

static bool has_splits(struct source *base)
{
    (void)base;
    return true;
}

static enum code source_tell(struct source *base, struct arena *arena, struct split_position **ret,
                             uint32_t *ret_count, struct error *err)
{
    (void)base, (void)arena, (void)err;
    *ret = NULL;
    *ret_count = 0;
    return OK;
}

static void source_status(struct source *base, struct source_status *ret)
{
    struct gate_source *s = (struct gate_source *)base;
    pthread_mutex_lock(&lock);
    *ret = (struct source_status){ .lag_rows = s->gate->count - s->next,
                                   .waiting_for = s->gate->waits_for,
                                   .waiting_since_us = s->gate->since_us };
    leave();
}

static bool ends(const struct table_def *table, bool until_end)
{
    (void)table;
    return until_end;
}

static void source_close(struct source *base)
{
    mem_free(base);
}

static const struct source_kind source_kind = {
    .open = source_open,
    .poll = source_poll,
    .split_count = split_count,
    .split_name = split_name,
    .split_topic = split_name,
    .split_partition = split_partition,
    .split_state = split_state,
    .tell = source_tell,
    .ends = ends,
    .shares = true,
    .has_splits = has_splits,
    .status = source_status,
    .close = source_close,
};

/* --- the sink --------------------------------------------------------------------------------- */

struct gate_sink {
    struct sink base;
    struct gate *gate;
};

static const struct sink_kind sink_kind;

static enum code sink_open(const struct sink_open *open, struct sink **ret, struct error *err)
{
    struct gate_sink *s = mem_zalloc(sizeof *s);
    if (!s)
        return error_nomem(err);
    s->base.kind = &sink_kind;
    pthread_mutex_lock(&lock);
    s->gate = gate_of(open->table->name);
    leave();
    *ret = &s->base;
    return OK;
}

static enum code sink_write(struct sink *base, const struct batch *in, struct error *err)
{
    struct gate *g = ((struct gate_sink *)base)->gate;
    pthread_mutex_lock(&lock);
    bool shut = g->shut;
    g->written += shut ? 0 : in->selected;
    leave();
    return shut ? error_set(err, E_RETRY, "the gate is shut") : OK;
}

static enum code flush_start(struct sink *base, struct error *err)
{
    (void)base, (void)err;
    return OK;
}

static enum code flush_poll(struct sink *base, bool *ret_done, struct error *err)
{
    (void)base, (void)err;
    *ret_done = true;
    return OK;
}

static void sink_status(struct sink *base, struct sink_status *ret)
{
    struct gate *g = ((struct gate_sink *)base)->gate;
    pthread_mutex_lock(&lock);
    *ret = (struct sink_status){ .waiting_for = g->waits_for, .waiting_since_us = g->since_us };
    leave();
}

static void sink_close(struct sink *base)
{
    mem_free(base);
}

static const struct sink_kind sink_kind = {
    .open = sink_open,
    .write = sink_write,
    .flush_start = flush_start,
    .flush_poll = flush_poll,
    .status = sink_status,
    .parallel = true,
    .close = sink_close,
};

static unsigned sink_modes(const struct table_def *table)
{
    return SINK_APPEND | (table->schema->key_count > 0 ? SINK_UPSERT : SINK_RETRACT);
}

/* --- the look-up ---------------------------------------------------------------------------- */

struct gate_lookup {
    struct lookup base;
    struct gate *gate;
    const struct schema *schema;
    uint64_t asked, answered; /* tickets count from 1 */
};

static const struct lookup_kind lookup_kind;

static enum code lookup_open(const struct lookup_open *open, struct lookup **ret, struct error *err)
{
    struct gate_lookup *l = mem_zalloc(sizeof *l);
    if (!l)
        return error_nomem(err);
    l->base.kind = &lookup_kind;
    l->schema = open->table->schema;
    pthread_mutex_lock(&lock);
    l->gate = gate_of(open->table->name);
    leave();
    *ret = &l->base;
    return OK;
}

static enum code lookup_submit(struct lookup *base, const struct batch *keys, uint64_t ticket,
                               struct error *err)
{
    (void)keys, (void)err;
    ((struct gate_lookup *)base)->asked = ticket;
    return OK;
}

static enum code lookup_poll(struct lookup *base, struct arena *arena, uint64_t *ret_ticket,
                             struct batch **ret_rows, const uint32_t **ret_key_row,
                             struct error *err)
{
    struct gate_lookup *l = (struct gate_lookup *)base;
    pthread_mutex_lock(&lock);
    bool shut = l->gate->shut;
    leave();
    *ret_rows = NULL;
    if (shut || l->answered == l->asked)
        return OK;
    struct batch *rows = batch_create(arena, l->schema->count, 0);
    for (uint32_t i = 0; rows && i < l->schema->count; i++)
        if (!(rows->columns[i] = column_create(arena, l->schema->fields[i].type, 0)))
            return error_nomem(err);
    if (!rows)
        return error_nomem(err);
    static const uint32_t none = 0;
    *ret_ticket = ++l->answered;
    *ret_rows = rows;
    *ret_key_row = &none;
    return OK;
}

static void lookup_status(struct lookup *base, struct source_status *ret)
{
    struct gate *g = ((struct gate_lookup *)base)->gate;
    pthread_mutex_lock(&lock);
    *ret = (struct source_status){ .waiting_for = g->waits_for, .waiting_since_us = g->since_us };
    leave();
}

static void lookup_close(struct lookup *base)
{
    mem_free(base);
}

static const struct lookup_kind lookup_kind = {
    .open = lookup_open,
    .submit = lookup_submit,
    .poll = lookup_poll,
    .status = lookup_status,
    .close = lookup_close,
};

static const struct option_spec options[] = {
    { "connector", OPTION_TEXT, true, NULL, NULL, "gate" },
    { "splits", OPTION_INT, false, "1", NULL, "partitions of the source" },
    { "lookup.cache", OPTION_TEXT, false, NULL, NULL, "as of other tables" },
    { 0 },
};

const struct connector connector_gate = {
    .name = "gate",
    .summary = "does what a test says",
    .family = FAMILY_EMBEDDED,
    .options = options,
    .has_formats = true,
    .default_format = "json",
    .source = &source_kind,
    .sink = &sink_kind,
    .lookup = &lookup_kind,
    .sink_modes = sink_modes,
};
