/* find.c -- see find.h. */
#include "door/find.h"

#include "base/nearest.h"

#include <stdio.h>

enum { ID_BYTES_MAX = 48 };

struct search {
    const struct plan_job *plan;
    struct str name;
    bool sinks_only;
    const char *what; /* "operator", "sink" */
};

static struct str id_of(const struct plan *node, char *text)
{
    int size = snprintf(text, ID_BYTES_MAX, "%s#%u", plan_kind_name(node->kind), node->id);
    return str_make(text, (size_t)size);
}

static struct str table_of(const struct plan *node)
{
    if (node->kind == PLAN_SCAN)
        return ((const struct plan_scan *)node)->def.name;
    if (node->kind != PLAN_SINK)
        return STR("");
    const struct plan_sink *sink = (const struct plan_sink *)node;
    return sink->table ? sink->def.name : STR("result");
}

/* 2: it is the name of the operator itself, 1: of its table. */
static int fits(const struct plan *node, struct str name)
{
    char text[ID_BYTES_MAX];
    struct str id = id_of(node, text);
    size_t sign = str_find_byte(id, '#');
    if (str_ieq(id, name) || str_eq(str_make(id.data + sign + 1, id.size - sign - 1), name))
        return 2;
    return name.size > 0 && str_ieq(table_of(node), name) ? 1 : 0;
}

static bool is_candidate(const struct search *s, const struct plan *node)
{
    return !s->sinks_only || node->kind == PLAN_SINK;
}

static enum code fail(const struct search *s, const char *why, struct error *err)
{
    static char texts[256][ID_BYTES_MAX]; /* of the door's thread alone */
    struct buf list;
    struct nearest nearest;
    uint32_t count = 0;
    buf_init(&list, 700);
    nearest_begin(&nearest, s->name);
    for (uint32_t i = 0; i < s->plan->node_count && count < countof(texts); i++) {
        const struct plan *node = s->plan->nodes[i];
        if (!is_candidate(s, node))
            continue;
        struct str id = id_of(node, texts[count++]);
        nearest_add(&nearest, id);
        nearest_add(&nearest, table_of(node));
        buf_printf(&list, "%s" STR_FMT, count > 1 ? ", " : "", STR_ARG(id));
        if (table_of(node).size > 0)
            buf_printf(&list, " (" STR_FMT ")", STR_ARG(table_of(node)));
    }
    error_set(err, E_NAME, why, s->what, STR_ARG(s->name));
    error_detail(err, "There %s " STR_FMT "%s.", count == 1 ? "is" : "are",
                 STR_ARG(buf_view(&list)), list.failed ? " ..." : "");
    struct str best = nearest_end(&nearest);
    if (best.size > 0)
        error_hint(err, "Perhaps you meant \"" STR_FMT "\".", STR_ARG(best));
    buf_done(&list);
    return E_NAME;
}

static enum code find(const struct search *s, uint32_t *ret_id, struct error *err)
{
    const struct plan *found = NULL;
    bool several = false;
    for (uint32_t i = 0; i < s->plan->node_count; i++) {
        const struct plan *node = s->plan->nodes[i];
        int how = is_candidate(s, node) ? fits(node, s->name) : 0;
        if (how == 2) {
            *ret_id = node->id;
            return OK;
        }
        several = several || (how == 1 && found);
        if (how == 1)
            found = node;
    }
    if (several)
        return fail(s, "there is more than one %s of table \"" STR_FMT "\"", err);
    if (!found)
        return fail(s, "the job has no %s \"" STR_FMT "\"", err);
    *ret_id = found->id;
    return OK;
}

enum code find_operator(const struct plan_job *plan, struct str name, uint32_t *ret_id,
                        struct error *err)
{
    struct search s = { .plan = plan, .name = name, .what = "operator" };
    return find(&s, ret_id, err);
}

enum code find_sink(const struct plan_job *plan, struct str name, uint32_t *ret_id,
                    struct error *err)
{
    struct search s = { .plan = plan, .name = name, .sinks_only = true, .what = "sink" };
    return find(&s, ret_id, err);
}
