/* spec_tables.c -- see spec_tables.h: which tables there are, sources and sinks. */
#include "spec/spec_tables.h"

#include "base/memory.h"
#include "base/number.h"
#include "spec/spec_value.h"
#include "types/concat.h"

/* ---- sources ---- */

struct source_instance {
    struct source base;
    struct spec_tables *tables;
    struct spec_source *source;
    struct spec_lookup *lookup;     /* of a look-up that reads its whole table; else NULL */
    struct spec_question *question; /* for it; NULL: it was answered */
    uint32_t given;                 /* rows of that table */
};

static bool find_split(struct spec_tables *tables, struct spec_source *source, int32_t partition,
                       uint32_t *ret)
{
    for (*ret = 0; *ret < source->split_count; (*ret)++)
        if (source->splits[*ret].partition == partition)
            return true;
    char *name =
        arena_printf(tables->arena, STR_FMT "-%d", STR_ARG(source->scan->def.name), partition);
    struct spec_split split = { .partition = partition, .name = str_of(name) };
    return name &&
           ARENA_PUSH(tables->arena, source->splits, source->split_count, source->split_cap, split);
}

bool spec_source_split(struct spec_tables *tables, struct spec_source *source, int32_t partition,
                       uint32_t *ret)
{
    for (; source; source = source->also)
        if (!find_split(tables, source, partition, ret))
            return false;
    return true;
}

void spec_source_wait(struct spec_source *source, uint32_t split, int32_t rows)
{
    for (; source; source = source->also)
        source->splits[split].waiting += (uint32_t)rows;
}

bool spec_source_put(struct spec_tables *tables, struct spec_source *source,
                     const struct spec_input *input)
{
    for (; source; source = source->also)
        if (!ARENA_PUSH(tables->arena, source->inputs, source->input_count, source->input_cap,
                        *input))
            return false;
    return true;
}

/* Has the job read all that is there? */
static bool is_dry(const struct spec_source *source)
{
    return source->read == source->input_count;
}

static enum poll_state state_of(const struct source_instance *s)
{
    if (!is_dry(s->source))
        return POLL_MORE;
    return s->tables->input_has_ended ? POLL_END : POLL_IDLE;
}

static uint32_t rows_to_give(const struct source_instance *s, uint32_t cap)
{
    uint32_t n = s->source->input_count - s->source->read;
    n = MIN(n, cap);
    return s->tables->batch_rows > 0 ? MIN(n, s->tables->batch_rows) : n;
}

static const struct type *headers_type(const struct table_def *def)
{
    for (uint32_t i = 0; i < def->schema->count; i++)
        if (def->metas && def->metas[i] == META_HEADERS)
            return def->schema->fields[i].type;
    return NULL;
}

static enum code put_headers(struct source_instance *s, struct records *out,
                             const struct spec_input *inputs, struct error *err)
{
    const struct type *type = headers_type(&s->source->scan->def);
    if (!out->want_headers || !type)
        return OK;
    struct topic_record *records = arena_array(out->arena, struct topic_record, out->count + 1);
    out->headers = column_create(out->arena, type, out->cap);
    if (!records || !out->headers)
        return error_nomem(err);
    memset(out->headers->values, 0, sizeof(struct list_slot) * out->cap);
    for (uint32_t i = 0; i < out->count; i++)
        records[i] = inputs[i].record;
    TRY(topic_records_headers(out->arena, records, out->count, out->headers, err));
    out->headers->count = out->count;
    return OK;
}

static enum code source_poll(struct source *base, struct records *out, enum poll_state *ret_state,
                             struct error *err)
{
    struct source_instance *s = (struct source_instance *)base;
    const struct spec_input *inputs = s->source->inputs + s->source->read;
    out->count = rows_to_give(s, out->cap);
    for (uint32_t i = 0; i < out->count; i++) {
        const struct topic_record *record = &inputs[i].record;
        out->values[i] = record->value;
        out->keys[i] = record->key;
        out->splits[i] = inputs[i].split;
        out->offsets[i] = record->offset;
        out->timestamps_ms[i] = record->timestamp_ms;
        out->timestamp_types[i] = 1;
    }
    TRY(put_headers(s, out, inputs, err));
    s->source->read += out->count;
    *ret_state = state_of(s);
    return OK;
}

/* Column `at` of n rows. NULL when out of memory. */
static struct column *column_of(struct arena *arena, const struct type *type,
                                const struct spec_row *(*row_at)(const void *list, uint32_t i),
                                const void *list, uint32_t n, uint32_t at)
{
    struct column **parts = arena_array(arena, struct column *, MAX(n, 1));
    if (!parts)
        return NULL;
    for (uint32_t i = 0; i < n; i++) {
        struct value v = row_at(list, i)->values[at];
        v.type = type;
        if (!(parts[i] =
                  v.is_null ? column_create_null(arena, type, 1) : value_to_column(arena, &v, 1)))
            return NULL;
    }
    return n == 0 ? column_create_null(arena, type, 0) : column_concat(arena, parts, n);
}

static const struct spec_row *input_at(const void *list, uint32_t i)
{
    return &((const struct spec_input *)list)[i].row;
}

static const struct spec_row *row_at(const void *list, uint32_t i)
{
    return &((const struct spec_row *)list)[i];
}

struct batch *spec_rows_to_batch(struct arena *arena, const struct schema *schema,
                                 const struct spec_row *(*at)(const void *list, uint32_t i),
                                 const void *list, uint32_t n)
{
    struct batch *batch = batch_create(arena, schema->count, n);
    uint8_t *changes = arena_array(arena, uint8_t, MAX(n, 1));
    if (!batch || !changes)
        return NULL;
    for (uint32_t c = 0; c < schema->count; c++)
        if (!(batch->columns[c] = column_of(arena, schema->fields[c].type, at, list, n, c)))
            return NULL;
    bool all_new = true;
    for (uint32_t i = 0; i < n; i++) {
        changes[i] = (uint8_t)at(list, i)->change;
        all_new = all_new && changes[i] == CHANGE_INSERT;
    }
    batch->changes = all_new ? NULL : changes;
    return batch;
}

/* The rows of a table that is looked up, as soon as it answers. */
static enum code poll_table(struct source_instance *s, struct arena *arena, uint32_t max_rows,
                            struct batch **ret, enum poll_state *ret_state, struct error *err)
{
    if (s->question) {
        *ret_state = POLL_IDLE;
        if (!spec_lookup_may_answer(s->tables, s->lookup, s->question))
            return OK;
        spec_lookup_forget(s->lookup, s->question);
        s->question = NULL;
    }
    uint32_t left = s->lookup->row_count - s->given, n = MIN(left, max_rows);
    if (n > 0 && !(*ret = spec_rows_to_batch(arena, s->lookup->schema, row_at,
                                             s->lookup->rows + s->given, n)))
        return error_nomem(err);
    s->given += n;
    *ret_state = s->given == s->lookup->row_count ? POLL_END : POLL_MORE;
    return OK;
}

static enum code source_poll_rows(struct source *base, struct arena *arena, uint32_t max_rows,
                                  struct batch **ret, enum poll_state *ret_state, struct error *err)
{
    struct source_instance *s = (struct source_instance *)base;
    *ret = NULL;
    if (s->lookup)
        return poll_table(s, arena, max_rows, ret, ret_state, err);
    uint32_t n = rows_to_give(s, max_rows);
    if (n > 0 && !(*ret = spec_rows_to_batch(arena, s->source->scan->def.schema, input_at,
                                             s->source->inputs + s->source->read, n)))
        return error_nomem(err);
    s->source->read += n;
    *ret_state = state_of(s);
    return OK;
}

static int no_wake_fd(struct source *base)
{
    (void)base;
    return -1;
}

static uint32_t source_split_count(struct source *base)
{
    struct source_instance *s = (struct source_instance *)base;
    return s->source && s->source->takes_records ? s->source->split_count : 1;
}

static struct str source_split_name(struct source *base, uint32_t split)
{
    struct source_instance *s = (struct source_instance *)base;
    return s->source && split < s->source->split_count ? s->source->splits[split].name
                                                       : STR("rows");
}

/* The topic is what the table says it is called outside, or the table. */
static struct str source_split_topic(struct source *base, uint32_t split)
{
    (void)split;
    struct source_instance *s = (struct source_instance *)base;
    const struct table_def *def = &s->source->scan->def;
    const struct connector *connector = s->source->scan->connector;
    struct str topic = connector->name_option ? options_get(def->options, connector->name_option)
                                              : str_make(NULL, 0);
    return topic.data ? topic : def->name;
}

static int32_t source_split_partition(struct source *base, uint32_t split)
{
    struct source_instance *s = (struct source_instance *)base;
    return split < s->source->split_count ? s->source->splits[split].partition : 0;
}

/* Are there rows of the split that the job has not read yet? */
static bool has_rows(const struct spec_source *source, uint32_t split)
{
    bool has = split < source->split_count && source->splits[split].waiting > 0;
    for (uint32_t i = source->read; i < source->input_count && !has; i++)
        has = source->inputs[i].split == split;
    return has;
}

/* A split is there because it has rows, so time waits for it, also while they are on their way. */
static enum split_state source_split_state(struct source *base, uint32_t split)
{
    struct source_instance *s = (struct source_instance *)base;
    if (s->tables->input_has_ended && !has_rows(s->source, split))
        return SPLIT_ENDED;
    return split < s->source->split_count ? SPLIT_COUNTS : SPLIT_JOINS;
}

static enum code source_tell(struct source *base, struct arena *arena, struct split_position **ret,
                             uint32_t *ret_count, struct error *err)
{
    struct source_instance *s = (struct source_instance *)base;
    char *position = arena_printf(arena, "%u", s->source->read);
    *ret = arena_new(arena, struct split_position);
    if (!*ret || !position)
        return error_nomem(err);
    **ret = (struct split_position){ .split = STR("inputs"), .position = str_of(position) };
    *ret_count = 1;
    return OK;
}

static void source_close(struct source *base)
{
    struct source_instance *s = (struct source_instance *)base;
    if (s->question)
        spec_lookup_forget(s->lookup, s->question);
    mem_free(s);
}

static const struct source_kind record_source = {
    .poll = source_poll,
    .wake_fd = no_wake_fd,
    .split_count = source_split_count,
    .split_name = source_split_name,
    .split_topic = source_split_topic,
    .split_partition = source_split_partition,
    .split_state = source_split_state,
    .tell = source_tell,
    .close = source_close,
};

static const struct source_kind row_source = {
    .poll_rows = source_poll_rows,
    .wake_fd = no_wake_fd,
    .split_count = source_split_count,
    .split_name = source_split_name,
    .split_topic = source_split_topic,
    .split_partition = source_split_partition,
    .tell = source_tell,
    .close = source_close,
};

static enum code open_source(void *self, const struct source_open *open, struct source **ret,
                             struct error *err)
{
    struct spec_tables *tables = self;
    struct source_instance *s = mem_zalloc(sizeof *s);
    if (!s)
        return error_nomem(err);
    s->tables = tables;
    for (uint32_t i = 0; i < tables->source_count; i++)
        if (&tables->sources[i].scan->def == open->table)
            s->source = &tables->sources[i];
    if (!s->source)
        s->lookup = spec_tables_lookup(tables, open->table->name);
    if (!s->source && !s->lookup) {
        mem_free(s);
        return error_set(err, E_INTERNAL, "a table that the plan does not have is opened");
    }
    if (s->lookup && !(s->question = spec_lookup_ask_all(tables, s->lookup))) {
        mem_free(s);
        return error_nomem(err);
    }
    s->base.kind = s->source && s->source->takes_records ? &record_source : &row_source;
    int64_t at = 0;
    if (s->source && open->resume_count > 0 &&
        number_parse_i64(open->resume[0].position.data, open->resume[0].position.size, &at))
        s->source->read = (uint32_t)at;
    *ret = &s->base;
    return OK;
}

/* ---- all of them ---- */

static bool is_keyed(const struct plan_sink *plan)
{
    if (!plan->table || plan->def.schema->key_count == 0)
        return false;
    return plan->mode == SINK_UPSERT || connector_is_keyed(plan->connector, &plan->def) ||
           plan->connector->family == FAMILY_TABLE;
}

static enum code add_lookups(struct spec_tables *tables, const struct plan_job *job,
                             struct error *err)
{
    tables->lookups = arena_array(tables->arena, struct spec_lookup, MAX(job->node_count, 1));
    if (!tables->lookups)
        return error_nomem(err);
    for (uint32_t i = 0; i < job->node_count; i++) {
        const struct plan_lookup *plan = (const struct plan_lookup *)job->nodes[i];
        bool is_known = false;
        for (uint32_t k = 0; k < tables->lookup_count && plan->base.kind == PLAN_LOOKUP; k++)
            is_known = is_known || str_eq(tables->lookups[k].name, plan->def.name);
        if (plan->base.kind != PLAN_LOOKUP || is_known)
            continue;
        struct spec_lookup *lookup = &tables->lookups[tables->lookup_count++];
        lookup->name = plan->def.name;
        lookup->schema = plan->def.schema;
        lookup->table = plan->table;
        lookup->tail = &lookup->first;
    }
    return OK;
}

/* Tables for bad and late rows are written beside those of the plan. */
static void add_sink(struct spec_tables *tables, const struct plan_sink *plan)
{
    for (uint32_t i = 0; i < tables->sink_count; i++)
        if (tables->sinks[i].plan == plan)
            return;
    tables->sinks[tables->sink_count++] =
        (struct spec_sink){ .plan = plan, .is_keyed = is_keyed(plan) };
}

static enum code add_sinks(struct spec_tables *tables, const struct plan_job *job,
                           struct error *err)
{
    uint32_t most = 2 * job->sink_count + 2 * job->scan_count;
    tables->sinks = arena_array(tables->arena, struct spec_sink, MAX(most, 1));
    if (!tables->sinks)
        return error_nomem(err);
    for (uint32_t i = 0; i < job->sink_count; i++)
        add_sink(tables, job->sinks[i]);
    for (uint32_t i = 0; i < job->sink_count; i++)
        if (job->sinks[i]->dead_letter_sink)
            add_sink(tables, job->sinks[i]->dead_letter_sink);
    for (uint32_t i = 0; i < job->scan_count; i++) {
        if (job->scans[i]->dead_letter_sink)
            add_sink(tables, job->scans[i]->dead_letter_sink);
        if (job->scans[i]->late_sink)
            add_sink(tables, job->scans[i]->late_sink);
    }
    return OK;
}

static void add_source(struct spec_tables *tables, const struct plan_scan *scan)
{
    struct spec_source *source = &tables->sources[tables->source_count];
    *source = (struct spec_source){ .scan = scan,
                                    .takes_records = scan->connector->source->poll != NULL };
    for (uint32_t i = 0; i < tables->source_count; i++)
        if (!tables->sources[i].also && str_eq(tables->sources[i].scan->def.name, scan->def.name)) {
            tables->sources[i].also = source;
            break;
        }
    tables->source_count++;
}

enum code spec_tables_create(struct arena *arena, const struct session_job *job,
                             struct spec_tables **ret, struct error *err)
{
    const struct plan_job *plan = job->plan;
    struct spec_tables *tables = arena_new(arena, struct spec_tables);
    if (!tables)
        return error_nomem(err);
    tables->arena = arena;
    tables->clock = job->clock;
    tables->exec = (struct exec_tables){ tables, open_source, spec_sink_open, spec_lookup_open };
    tables->sources = arena_array(arena, struct spec_source, MAX(plan->scan_count, 1));
    if (!tables->sources)
        return error_nomem(err);
    for (uint32_t i = 0; i < plan->scan_count; i++)
        add_source(tables, plan->scans[i]);
    TRY(add_sinks(tables, plan, err));
    TRY(add_lookups(tables, plan, err));
    *ret = tables;
    return OK;
}

void spec_tables_start(struct spec_tables *tables)
{
    tables->hurries = false;
    for (uint32_t i = 0; i < tables->lookup_count; i++) {
        tables->lookups[i].first = NULL;
        tables->lookups[i].tail = &tables->lookups[i].first;
    }
}

/* Names are told apart by case where there are such tables. */
static bool is_named(struct str name, struct str wanted, bool exactly)
{
    return exactly ? str_eq(name, wanted) : str_ieq(name, wanted);
}

struct spec_source *spec_tables_source(struct spec_tables *tables, struct str name)
{
    for (int exactly = 1; exactly >= 0; exactly--)
        for (uint32_t i = 0; i < tables->source_count; i++)
            if (is_named(tables->sources[i].scan->def.name, name, exactly))
                return &tables->sources[i];
    return NULL;
}

struct spec_lookup *spec_tables_lookup(struct spec_tables *tables, struct str name)
{
    for (int exactly = 1; exactly >= 0; exactly--)
        for (uint32_t i = 0; i < tables->lookup_count; i++)
            if (is_named(tables->lookups[i].name, name, exactly))
                return &tables->lookups[i];
    return NULL;
}

static struct spec_sink *find_result(struct spec_tables *tables, uint32_t number)
{
    for (uint32_t i = 0; i < tables->sink_count; i++)
        if (!tables->sinks[i].plan->table && tables->sinks[i].plan->statement == number)
            return &tables->sinks[i];
    return NULL;
}

struct spec_sink *spec_tables_sink(struct spec_tables *tables, struct str name, uint32_t result)
{
    for (int exactly = 1; exactly >= 0; exactly--)
        for (uint32_t i = 0; i < tables->sink_count && result == 0; i++)
            if (tables->sinks[i].plan->table &&
                is_named(tables->sinks[i].plan->def.name, name, exactly))
                return &tables->sinks[i];
    return str_iis(name, "result") ? find_result(tables, MAX(result, 1)) : NULL;
}
