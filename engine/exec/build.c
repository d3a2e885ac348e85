/* build.c -- a plan to operators, connected and with their connectors open.
 *
 * Nodes come inputs first, so sources are open before sinks: a topic that is both
 * read and written is read to the size it had before the first row went out. */
#include "exec/run.h"

#include "base/memory.h"

#include <sys/eventfd.h>
#include <unistd.h>

static struct bad_row_policy *make_policy(struct exec *x, const char *on_error, struct str table)
{
    struct bad_row_policy *policy = arena_new(x->worker.op_arena, struct bad_row_policy);
    if (policy)
        bad_row_policy_init(policy, on_error, table, &x->hooks, x->options.clock);
    return policy;
}

static void add_op(struct exec *x, struct op *op)
{
    x->ops[x->op_count++] = op;
}

/* Is this source read to its end before the next one is begun? Unbounded ones take turns. */
static bool is_in_turn(const struct exec *x, const struct connector *connector)
{
    if (x->options.until_end)
        return true;
    return connector->source->poll != NULL && strcmp(connector->name, "kafka") != 0;
}

static enum code open_dead_letter(struct exec *x, const struct plan_sink *plan,
                                  struct bad_row_policy *policy, struct error *err)
{
    struct dead_letter *letter = NULL;
    for (uint32_t i = 0; i < x->letter_count && !letter; i++)
        if (x->letters[i].plan == plan)
            letter = &x->letters[i];
    if (!letter) {
        struct bad_row_policy *own = make_policy(x, "fail", plan->def.name);
        struct arena *arena = arena_create();
        if (!own || !arena) {
            arena_destroy(arena);
            return error_nomem(err);
        }
        letter = &x->letters[x->letter_count++];
        *letter = (struct dead_letter){ .plan = plan, .arena = arena };
        letter->refused_tail = &letter->refused;
        struct sink_open open = { .table = &plan->def,
                                  .mode = SINK_APPEND,
                                  .bad_rows = &own->base };
        TRY(plan->connector->sink->open(&open, &letter->sink, err));
    }
    policy->dead_letter = letter;
    return OK;
}

static enum code build_scan(struct exec *x, const struct plan_scan *scan, struct op **ret,
                            struct error *err)
{
    struct bad_row_policy *policy = make_policy(x, scan->on_error, scan->def.name);
    if (!policy)
        return error_nomem(err);
    struct op *op = NULL;
    enum code code = op_source_create(&x->worker, scan, x->options.until_end, true, policy, &op,
                                      err);
    if (op)
        add_op(x, op);
    if (code != OK)
        return code;
    if (scan->dead_letter_sink)
        TRY(open_dead_letter(x, scan->dead_letter_sink, policy, err));
    x->sources[x->source_count++] = (struct run_source){
        .op = op, .scan = scan, .policy = policy, .in_turn = is_in_turn(x, scan->connector)
    };
    *ret = op;
    return OK;
}

/* All calcs over one input are one operator with a branch each. */
static enum code build_calcs(struct exec *x, const struct plan_calc *first, struct error *err)
{
    struct arena *arena = x->worker.op_arena;
    const struct plan *input = first->base.inputs[0];
    const struct plan_calc **plans = arena_array(arena, const struct plan_calc *,
                                                 x->job->node_count);
    struct op **branches = arena_array(arena, struct op *, x->job->node_count);
    if (!plans || !branches)
        return error_nomem(err);
    uint32_t n = 0;
    for (uint32_t i = 0; i < x->job->node_count; i++) {
        const struct plan *node = x->job->nodes[i];
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

static enum code build_sink(struct exec *x, const struct plan_sink *plan, struct error *err)
{
    struct bad_row_policy *policy = make_policy(x, plan->on_error, plan->def.name);
    if (!policy)
        return error_nomem(err);
    struct sink *sink;
    if (plan->table) {
        struct sink_open open = { .table = &plan->def,
                                  .mode = plan->mode,
                                  .bad_rows = &policy->base };
        enum code code = plan->connector->sink->open(&open, &sink, err);
        if (code != OK) {
            error_while(err, "opening table \"" STR_FMT "\"", STR_ARG(plan->def.name));
            return code;
        }
    } else {
        TRY(x->hooks.open_result(x->hooks.self, plan, &sink, err));
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
        (struct run_sink){ .op = op, .plan = plan, .policy = policy };
    for (uint32_t i = 0; i < plan->base.input_count; i++)
        if (!op_connect(x->of_plan[plan->base.inputs[i]->id], op, i))
            return error_nomem(err);
    x->of_plan[plan->base.id] = op;
    return OK;
}

static enum code build_node(struct exec *x, const struct plan *node, struct error *err)
{
    struct op *op = NULL;
    enum code code = OK;
    switch (node->kind) {
    case PLAN_SCAN:
        TRY(build_scan(x, (const struct plan_scan *)node, &op, err));
        x->of_plan[node->id] = op;
        return OK;
    case PLAN_CALC:
        return x->of_plan[node->id] ? OK : build_calcs(x, (const struct plan_calc *)node, err);
    case PLAN_SINK:
        return build_sink(x, (const struct plan_sink *)node, err);
    case PLAN_VALUES:
        code = op_values_create(&x->worker, (const struct plan_values *)node, &op, err);
        if (code == OK)
            x->sources[x->source_count++] = (struct run_source){ .op = op, .in_turn = true };
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
        return error_set(err, E_INTERNAL, "an exchange was planned for one worker");
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

static enum code build(struct exec *x, struct error *err)
{
    struct arena *arena = x->worker.op_arena;
    uint32_t n = x->job->node_count;
    x->ops = arena_array(arena, struct op *, n);
    x->of_plan = arena_array(arena, struct op *, n + 1);
    x->sources = arena_array(arena, struct run_source, n);
    x->sinks = arena_array(arena, struct run_sink, n);
    x->letters = arena_array(arena, struct dead_letter, n);
    x->source_stats = arena_array(arena, struct exec_source_stats, n);
    x->sink_stats = arena_array(arena, struct exec_sink_stats, n);
    x->checkpoint.positions = arena_array(arena, struct split_position *, n);
    x->checkpoint.counts = arena_array(arena, uint32_t, n);
    x->checkpoint.arena = arena_create();
    x->fds = arena_array(arena, struct pollfd, 1 + 2 * (size_t)n);
    if (!x->ops || !x->of_plan || !x->sources || !x->sinks || !x->letters || !x->source_stats ||
        !x->sink_stats || !x->checkpoint.positions || !x->checkpoint.counts ||
        !x->checkpoint.arena || !x->fds)
        return error_nomem(err);
    for (uint32_t i = 0; i < n; i++)
        TRY(build_node(x, x->job->nodes[i], err));
    return OK;
}

enum code exec_create(const struct plan_job *job, const struct exec_options *options,
                      const struct exec_hooks *hooks, struct exec **ret, struct error *err)
{
    struct exec *x = mem_zalloc(sizeof *x);
    if (!x)
        return error_nomem(err);
    x->job = job;
    x->options = *options;
    x->hooks = *hooks;
    x->stop_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    x->worker.op_arena = arena_create();
    x->worker.batch_arena = arena_create();
    x->worker.clock = options->clock;
    x->worker.zone = options->zone;
    enum code code = OK;
    if (x->stop_fd < 0)
        code = error_set(err, E_IO, "could not create an event descriptor");
    else if (!x->worker.op_arena || !x->worker.batch_arena)
        code = error_nomem(err);
    else
        code = build(x, err);
    if (code != OK) {
        exec_destroy(x);
        return code;
    }
    *ret = x;
    return OK;
}

void exec_destroy(struct exec *x)
{
    if (!x)
        return;
    arena_destroy(x->worker.batch_arena); /* first: it gives messages back to their sources */
    for (uint32_t i = 0; i < x->source_count; i++)
        arena_destroy(x->sources[i].arena);
    for (uint32_t i = x->op_count; i > 0; i--)
        if (x->ops[i - 1]->kind->destroy)
            x->ops[i - 1]->kind->destroy(x->ops[i - 1]);
    for (uint32_t i = 0; i < x->letter_count; i++) {
        if (x->letters[i].sink)
            x->letters[i].sink->kind->close(x->letters[i].sink);
        arena_destroy(x->letters[i].arena);
    }
    arena_destroy(x->checkpoint.arena);
    arena_destroy(x->worker.op_arena);
    if (x->stop_fd >= 0)
        close(x->stop_fd);
    mem_free(x);
}
