/* build.c -- a plan to the operators of one worker, connected and with their connectors
 * open.
 *
 * Sources are open before sinks: a topic that is both read and written is read to the
 * size it had before the first row went out.  What runs on one worker only is worker
 * 0's. */
#include "exec/exchange.h"
#include "exec/late.h"
#include "exec/run.h"

#include <unistd.h>

static struct bad_row_policy *make_policy(struct run *x, const char *on_error, struct str table)
{
    struct bad_row_policy *policy = arena_new(x->worker.op_arena, struct bad_row_policy);
    if (policy)
        bad_row_policy_init(policy, on_error, table, &x->hooks, x->exec->options.clock);
    return policy;
}

static void add_op(struct run *x, struct op *op)
{
    x->ops[x->op_count++] = op;
}

/* Is this source read to its end before the next one is begun?  Those that may have none take
 * turns, also where they are told to end. */
static bool is_in_turn(const struct run *x, const struct connector *connector)
{
    if (x->exec->options.tables)
        return false; /* what is there to be read comes as it is given */
    if (x->exec->options.until_end)
        return true;
    return connector->source->poll != NULL && !connector->source->ends;
}

static enum code open_dead_letter(struct run *x, const struct plan_sink *plan,
                                  struct bad_row_policy *policy, struct error *err)
{
    struct exec *exec = x->exec;
    struct dead_letter *letter = NULL;
    for (uint32_t i = 0; i < exec->letter_count && !letter; i++)
        if (exec->letters[i].plan == plan)
            letter = &exec->letters[i];
    if (!letter) {
        struct bad_row_policy *own = make_policy(x, "fail", plan->def.name);
        struct arena *arena = arena_create();
        if (!own || !arena) {
            arena_destroy(arena);
            return error_nomem(err);
        }
        letter = &exec->letters[exec->letter_count++];
        letter->plan = plan;
        letter->arena = arena;
        letter->lock = &exec->letter_lock;
        letter->refused_tail = &letter->refused;
        buf_init(&letter->position, 1 << 20);
        char *key = arena_printf(exec->arena, "dead letters " STR_FMT, STR_ARG(plan->def.name));
        if (!key)
            return error_nomem(err);
        letter->key = str_of(key);
        const struct save_sink *from = save_sink_of(exec->save, letter->key);
        struct sink_open open = { .table = &plan->def,
                                  .mode = SINK_APPEND,
                                  .bad_rows = &own->base,
                                  .resume = from != NULL,
                                  .resume_position = from ? from->position : STR("") };
        TRY(op_open_sink(&x->worker, plan->connector, &open, &letter->sink, err));
    }
    policy->dead_letter = letter;
    return OK;
}

/* The name in snapshots: of the table, numbered where a job has several of one name. */
static struct str name_in_snapshot(struct run *x, const struct plan *node, struct str table)
{
    uint32_t n = 1;
    for (uint32_t i = 0; i < x->exec->job->node_count && x->exec->job->nodes[i] != node; i++) {
        const struct plan *other = x->exec->job->nodes[i];
        if (other->kind == node->kind &&
            str_eq(other->kind == PLAN_SCAN ? ((const struct plan_scan *)other)->def.name
                                            : ((const struct plan_sink *)other)->def.name,
                   table))
            n++;
    }
    char *name = n == 1 ? arena_cstr(x->worker.op_arena, table)
                        : arena_printf(x->worker.op_arena, STR_FMT "#%u", STR_ARG(table), n);
    return name ? str_of(name) : str_make(NULL, 0);
}

static enum code add_source(struct run *x, struct run_source source, struct str key,
                            struct error *err)
{
    if (!key.data)
        return error_nomem(err);
    x->epoch.positions[x->source_count].table = key;
    x->sources[x->source_count++] = source;
    return OK;
}

/* Which splits are this worker's; NULL: all.  A source that has to pass over rows it has handed out
 * before counts them over all of its splits, so one worker has it. */
static const struct source_share *share_of(struct run *x, const struct plan_scan *scan,
                                           const struct save_source *from)
{
    if (x->worker.count == 1 || scan->base.single)
        return NULL;
    struct source_share *share = arena_new(x->worker.op_arena, struct source_share);
    if (share)
        *share = from && from->skip > 0
                     ? (struct source_share){ .worker = x->worker.index > 0, .workers = 1 }
                     : (struct source_share){ .worker = x->worker.index, .workers = x->worker.count };
    return share;
}

static enum code check_stop(const struct run *x, struct error *err)
{
    const struct exec_hooks *hooks = &x->exec->hooks;
    if (hooks->is_stopped && hooks->is_stopped(hooks->self))
        return error_set(err, E_CANCELLED, "stopped before the start");
    return OK;
}

static enum code build_scan(struct run *x, const struct plan_scan *scan, struct op **ret,
                            struct error *err)
{
    struct bad_row_policy *policy = make_policy(x, scan->on_error, scan->def.name);
    struct str key = name_in_snapshot(x, &scan->base, scan->def.name);
    if (!policy || !key.data)
        return error_nomem(err);
    const struct save_source *from = save_source_of(x->exec->save, key);
    struct source_open open = { .table = &scan->def,
                                .until_end = x->exec->options.until_end,
                                .resume = from ? from->items : NULL,
                                .resume_count = from ? from->count : 0,
                                .commit_offsets = true,
                                .share = share_of(x, scan, from) };
    if (x->worker.count > 1 && !scan->base.single && !open.share)
        return error_nomem(err);
    struct op *op = NULL;
    uint64_t skip = from && x->worker.index == 0 ? from->skip : 0; /* share_of(): it has all splits */
    enum code code = op_source_create(&x->worker, scan, &open, skip, policy, &op, err);
    if (op)
        add_op(x, op);
    if (code != OK)
        return code;
    if (scan->dead_letter_sink)
        TRY(open_dead_letter(x, scan->dead_letter_sink, policy, err));
    struct run_source source = {
        .op = op, .scan = scan, .policy = policy, .in_turn = is_in_turn(x, scan->connector)
    };
    TRY(add_source(x, source, key, err));
    *ret = op;
    return OK;
}

static enum code build_values(struct run *x, const struct plan_values *plan, struct op **ret,
                              struct error *err)
{
    TRY(op_values_create(&x->worker, plan, ret, err));
    char *key = arena_printf(x->worker.op_arena, "VALUES %016llx",
                             (unsigned long long)plan->base.state_id);
    if (!key)
        return error_nomem(err);
    const struct save_source *from = save_source_of(x->exec->save, str_of(key));
    if (from)
        op_values_resume(*ret, from->skip);
    return add_source(x, (struct run_source){ .op = *ret, .in_turn = true }, str_of(key), err);
}

/* All calcs over one input are one operator with a branch each. */
static enum code build_calcs(struct run *x, const struct plan_calc *first, struct error *err)
{
    struct arena *arena = x->worker.op_arena;
    const struct plan *input = first->base.inputs[0];
    const struct plan_calc **plans = arena_array(arena, const struct plan_calc *,
                                                 x->exec->job->node_count);
    struct op **branches = arena_array(arena, struct op *, x->exec->job->node_count);
    if (!plans || !branches)
        return error_nomem(err);
    uint32_t n = 0;
    for (uint32_t i = 0; i < x->exec->job->node_count; i++) {
        const struct plan *node = x->exec->job->nodes[i];
        if (node->kind == PLAN_CALC && node->inputs[0] == input)
            plans[n++] = (const struct plan_calc *)node;
    }
    struct op *op = NULL;
    enum code code = op_calc_create(&x->worker, plans, n, &op, branches, err);
    if (op)
        add_op(x, op);
    if (code != OK)
        return code;
    for (uint32_t i = 0; i < n; i++)
        x->of_plan[plans[i]->base.id] = branches[i];
    return op_connect(x->of_plan[input->id], op, 0) ? OK : error_nomem(err);
}

/* A file is begun anew: what an earlier run wrote into it under another name of the table is gone. */
static void warn_new_sink(struct run *x, const struct plan_sink *plan, const struct sink *sink)
{
    struct exec *exec = x->exec;
    if (x->worker.index > 0 || !save_found(exec->save) || !sink->kind->tell || !exec->hooks.warn)
        return;
    struct error warning = { .code = OK };
    error_set(&warning, E_PLAN, "the job was changed: the snapshot has no position of \"" STR_FMT
              "\", which is written from its beginning", STR_ARG(plan->def.name));
    exec->hooks.warn(exec->hooks.self, &warning);
}

static enum code build_sink(struct run *x, const struct plan_sink *plan, struct error *err)
{
    struct bad_row_policy *policy = make_policy(x, plan->on_error, plan->def.name);
    if (!policy)
        return error_nomem(err);
    struct sink *sink;
    struct str key = name_in_snapshot(x, &plan->base, plan->def.name);
    if (!key.data)
        return error_nomem(err);
    if (plan->table) {
        const struct save_sink *from = save_sink_of(x->exec->save, key);
        struct sink_open open = { .table = &plan->def,
                                  .mode = plan->mode,
                                  .bad_rows = &policy->base,
                                  .resume = from != NULL,
                                  .resume_position = from ? from->position : STR(""),
                                  .warn = x->exec->hooks.warn,
                                  .warn_self = x->exec->hooks.self };
        enum code code = op_open_sink(&x->worker, plan->connector, &open, &sink, err);
        if (code != OK) {
            error_while(err, "opening table \"" STR_FMT "\"", STR_ARG(plan->def.name));
            return code;
        }
        if (!from)
            warn_new_sink(x, plan, sink);
    } else {
        TRY(x->exec->hooks.open_result(x->exec->hooks.self, plan, &sink, err));
    }
    struct op *op;
    if (plan->dead_letter_sink) {
        enum code opened = open_dead_letter(x, plan->dead_letter_sink, policy, err);
        if (opened != OK) {
            sink->kind->close(sink);
            return opened;
        }
    }
    enum code code = op_sink_create(&x->worker, plan, sink, policy, &op, err);
    if (code != OK) {
        sink->kind->close(sink);
        return code;
    }
    add_op(x, op);
    x->sinks[x->sink_count++] =
        (struct run_sink){ .op = op, .plan = plan, .policy = policy, .key = key };
    for (uint32_t i = 0; i < plan->base.input_count; i++)
        if (!op_connect(x->of_plan[plan->base.inputs[i]->id], op, i))
            return error_nomem(err);
    x->of_plan[plan->base.id] = op;
    return OK;
}

static enum code build_exchange(struct run *x, const struct plan *node, struct error *err)
{
    struct exchange *exchange = x->exec->exchanges;
    while (&exchange->plan->base != node)
        exchange++;
    struct op *op = NULL;
    enum code code = op_exchange_create(x, exchange, &op, err);
    if (op)
        add_op(x, op);
    if (code != OK)
        return code;
    x->of_plan[node->id] = op;
    x->exchanges[x->exchange_count++] = op;
    struct op *input = x->of_plan[node->inputs[0]->id];
    if (input && !op_connect(input, op, op_exchange_port(op)))
        return error_nomem(err);
    if (x->worker.index < exchange->receivers)
        x->inputs[x->input_count++] = (struct run_input){ .inbox = exchange, .op = op };
    return OK;
}

static enum code build_node(struct run *x, const struct plan *node, struct error *err)
{
    struct op *op = NULL;
    enum code code = OK;
    switch (node->kind) {
    case PLAN_SCAN: /* open already */
        return OK;
    case PLAN_CALC:
        return x->of_plan[node->id] ? OK : build_calcs(x, (const struct plan_calc *)node, err);
    case PLAN_SINK:
        return build_sink(x, (const struct plan_sink *)node, err);
    case PLAN_VALUES:
        code = build_values(x, (const struct plan_values *)node, &op, err);
        break;
    case PLAN_JSON:
        code = op_json_create(&x->worker, (const struct plan_json *)node, &op, err);
        break;
    case PLAN_UNION:
        code = op_union_create(&x->worker, node, &op, err);
        break;
    case PLAN_LIMIT:
        code = op_limit_create(&x->worker, (const struct plan_limit *)node, &op, err);
        break;
    case PLAN_EXCHANGE:
        return build_exchange(x, node, err);
#define X(name, NAME)                                                                              \
    case PLAN_##NAME:                                                                              \
        code = op_##name##_create(&x->worker, (const struct plan_##name *)node, &op, err);         \
        break;
        OP_MAKERS(X)
#undef X
    }
    if (op)
        add_op(x, op);
    if (code != OK)
        return code;
    for (uint32_t i = 0; i < node->input_count; i++)
        if (!op_connect(x->of_plan[node->inputs[i]->id], op, i))
            return error_nomem(err);
    x->of_plan[node->id] = op;
    return OK;
}

/* Does this worker have the node?  An exchange's near side is where its input is. */
static bool is_mine(const struct run *x, const struct plan *node)
{
    return x->worker.index == 0 || !node->single;
}

/* Late rows may be seen by a worker that does not have their source. */
static enum code build_late_routes(struct run *x, struct error *err)
{
    const struct plan_job *job = x->exec->job;
    for (uint32_t i = 0; i < job->scan_count; i++) {
        const struct plan_scan *scan = job->scans[i];
        if (!scan->late_sink)
            continue;
        struct late_route *late = arena_new(x->worker.op_arena, struct late_route);
        if (!late)
            return error_nomem(err);
        late->scan = scan;
        bad_row_policy_init(&late->policy, "route", scan->def.name, NULL, x->exec->options.clock);
        TRY(open_dead_letter(x, scan->late_sink, &late->policy, err));
        late->next = x->worker.late;
        x->worker.late = late;
    }
    return OK;
}

enum code run_build_sources(struct run *x, struct error *err)
{
    struct arena *arena = x->worker.op_arena;
    const struct plan_job *job = x->exec->job;
    uint32_t n = job->node_count;
    x->ops = arena_array(arena, struct op *, n);
    x->home = arena_array(arena, struct run_input *, n);
    x->below = arena_array(arena, struct reach, n);
    x->exchanges = arena_array(arena, struct op *, n);
    x->of_plan = arena_array(arena, struct op *, n + 1);
    x->sources = arena_array(arena, struct run_source, n);
    x->sinks = arena_array(arena, struct run_sink, n);
    x->inputs = arena_array(arena, struct run_input, n + 1);
    x->epoch.positions = arena_array(arena, struct save_source, n);
    x->fds = arena_array(arena, struct pollfd, 1 + 3 * (size_t)n);
    if (!x->ops || !x->home || !x->below || !x->exchanges || !x->of_plan || !x->sources ||
        !x->sinks || !x->inputs || !x->epoch.positions || !x->fds)
        return error_nomem(err);
    x->input_count = 1;
    for (uint32_t i = 0; i < job->scan_count; i++)
        if (is_mine(x, &job->scans[i]->base)) {
            TRY(check_stop(x, err));
            TRY(build_scan(x, job->scans[i], &x->of_plan[job->scans[i]->base.id], err));
        }
    return build_late_routes(x, err);
}

/* What can be reached from a node on this worker: sets reached[plan->id]. */
static void note_reached(const struct run *x, const struct plan *node, bool *reached)
{
    if (!x->of_plan[node->id] || reached[node->id])
        return;
    reached[node->id] = true;
    if (node->kind == PLAN_EXCHANGE && x->worker.index > 0 &&
        ((const struct plan_exchange *)node)->key_count == 0)
        return; /* what it sends is worker 0's */
    for (uint32_t i = 0; i < x->exec->job->node_count; i++) {
        const struct plan *reader = x->exec->job->nodes[i];
        for (uint32_t k = 0; k < reader->input_count; k++)
            if (reader->inputs[k] == node)
                note_reached(x, reader, reached);
    }
}

/* From an operator on, without itself: what an inbox brings does not go through its own queues. */
static enum code make_reach(struct run *x, const bool *reached, const struct op *from,
                            struct reach *ret, struct error *err)
{
    ret->ops = arena_array(x->worker.op_arena, struct op *, MAX(x->op_count, 1));
    if (!ret->ops)
        return error_nomem(err);
    for (uint32_t i = 0; i < x->op_count; i++) {
        struct op *op = x->ops[i];
        if (reached[op->plan->id] && op != from &&
            (op->kind->more || op->plan->kind == PLAN_EXCHANGE))
            ret->ops[ret->count++] = op;
    }
    return OK;
}

static enum code find_reached(struct run *x, struct run_input *input, struct error *err)
{
    bool *reached = arena_array(x->worker.op_arena, bool, x->exec->job->node_count + 1);
    if (!reached || !(input->arena = arena_create()))
        return error_nomem(err);
    if (input->inbox)
        note_reached(x, input->op->plan, reached);
    for (uint32_t i = 0; !input->inbox && i < x->source_count; i++)
        note_reached(x, x->sources[i].op->plan, reached);
    for (uint32_t i = 0; i < x->op_count; i++)
        if (reached[x->ops[i]->plan->id] || !x->home[i])
            x->home[i] = input;
    return make_reach(x, reached, input->op, &input->reach, err);
}

static enum code find_below(struct run *x, uint32_t at, struct error *err)
{
    bool *reached = arena_array(x->worker.op_arena, bool, x->exec->job->node_count + 1);
    if (!reached)
        return error_nomem(err);
    note_reached(x, x->ops[at]->plan, reached);
    return make_reach(x, reached, x->ops[at], &x->below[at], err);
}

enum code run_build(struct run *x, struct error *err)
{
    const struct plan_job *job = x->exec->job;
    for (uint32_t i = 0; i < job->node_count; i++)
        if (is_mine(x, job->nodes[i])) {
            TRY(check_stop(x, err));
            TRY(build_node(x, job->nodes[i], err));
        }
    for (uint32_t i = 0; i < x->input_count; i++)
        TRY(find_reached(x, &x->inputs[i], err));
    for (uint32_t i = 0; i < x->op_count; i++)
        if (x->ops[i]->kind->more)
            TRY(find_below(x, i, err));
    x->worker.batch_arena = x->inputs[0].arena;
    x->worker.cause = OP_NO_CAUSE;
    return OK;
}

void run_close_batches(struct run *x)
{
    for (uint32_t i = 0; i < x->input_count; i++)
        arena_destroy(x->inputs[i].arena);
    for (uint32_t i = 0; i < x->source_count; i++)
        arena_destroy(x->sources[i].arena);
}

void run_close(struct run *x)
{
    for (uint32_t i = x->op_count; i > 0; i--)
        if (x->ops[i - 1]->kind->destroy)
            x->ops[i - 1]->kind->destroy(x->ops[i - 1]);
    state_writer_destroy(x->epoch.writer);
    arena_destroy(x->epoch.arena);
    arena_destroy(x->worker.op_arena);
    if (x->wake_fd >= 0)
        close(x->wake_fd);
}
