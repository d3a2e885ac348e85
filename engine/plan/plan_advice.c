/* plan_advice.c -- see plan_advice.h: what the operators of a plan keep and ask. */
#include "plan/plan_advice_inner.h"

#include "plan/plan_bill.h"
#include "plan/plan_print.h"

#include <stdio.h>

struct plan_advice *advice_add(struct advising *a, const char *code, const struct plan *node,
                               struct span span, const char *fmt, ...)
{
    struct error error = { .code = OK };
    char text[sizeof error.message];
    va_list args;
    va_start(args, fmt);
    vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    if (span.size > 0)
        error_at(&error, E_PLAN, span, "%s", text);
    else
        error_set(&error, E_PLAN, "%s", text);
    struct plan_advice **at = &a->first;
    for (; *at; at = &(*at)->next)
        if (strcmp((*at)->code, code) == 0 && (*at)->error.span.offset == error.span.offset &&
            strcmp((*at)->error.message, error.message) == 0)
            return NULL;
    struct plan_advice *item = arena_new(a->arena, struct plan_advice);
    if (!item) {
        a->failed = true;
        return NULL;
    }
    *item = (struct plan_advice){ .code = code, .node = node, .error = error };
    return *at = item;
}

/* ---- state ------------------------------------------------------------------------------- */

/* Has the optimizer warned of the reason why these rows are kept? */
void advice_text_done(struct advising *a, struct buf *text)
{
    a->failed = a->failed || (text->failed && !text->is_over);
    buf_done(text);
}

static bool is_warned_of(const struct advising *a, const struct plan *node)
{
    if (node->kind != PLAN_MATERIALIZE)
        return false;
    for (const struct plan_warning *w = a->job->warnings; w; w = w->next)
        if (w->error.has_span)
            return true;
    return false;
}

/* Of a versioned table the newest version of each key has to stay, and a table that is normalized is
 * there as it is now: neither is anybody's mistake. */
static bool is_meant(const struct advising *a, const struct plan *node)
{
    return node->kind == PLAN_TEMPORAL_JOIN || is_warned_of(a, node) ||
           (node->kind == PLAN_DEDUP && ((const struct plan_dedup *)node)->normalizes);
}

static void advise_join(struct advising *a, const struct plan_bill *bill)
{
    struct buf text;
    buf_init(&text, 400);
    plan_bill_print_unbounded(&text, bill);
    struct plan_advice *item = advice_add(
        a, "join-without-ttl", bill->node, bill->node->span, "%s#%u keeps its rows for ever: %s",
        plan_kind_name(bill->node->kind), bill->node->id, buf_cstr(&text));
    advice_text_done(a, &text);
    if (item)
        error_hint(&item->error,
                   "SET 'table.exec.state.ttl' = '1 d' lets go of rows that have not changed for "
                   "so long. Where the rows that meet have event times near each other, a "
                   "condition on these (BETWEEN ... - INTERVAL ... AND ...) bounds it.");
}

/* One warning for all operators that keep rows by key: the remedy is one. */
static void advise_kept(struct advising *a, const struct plan_bill *bills, uint32_t count)
{
    struct buf ids, detail;
    buf_init(&ids, 400);
    buf_init(&detail, 700);
    for (uint32_t i = 0; i < count; i++) {
        buf_text(&ids, i > 0 ? ", " : "");
        plan_print_id(&ids, bills[i].node);
        buf_text(&detail, i > 0 ? "; " : "");
        plan_print_id(&detail, bills[i].node);
        buf_text(&detail, ": ");
        plan_bill_print_unbounded(&detail, &bills[i]);
    }
    const struct plan *first = bills[0].node;
    struct plan_advice *item;
    if (count == 1) {
        buf_clear(&ids);
        plan_print_id(&ids, first);
        buf_text(&ids, " keeps for ever: ");
        plan_bill_print_unbounded(&ids, &bills[0]);
        item = advice_add(a, "state-unbounded", first, first->span, "%s", buf_cstr(&ids));
    } else {
        item = advice_add(a, "state-unbounded", first, first->span, "%s keep rows for ever",
                          buf_cstr(&ids));
        if (item)
            error_detail(&item->error, "%s.", buf_cstr(&detail));
    }
    if (item)
        error_hint(&item->error, "SET 'table.exec.state.ttl' = '1 d' lets go of what has not "
                                 "changed for so long; a window in GROUP BY bounds it by time.");
    advice_text_done(a, &detail);
    advice_text_done(a, &ids);
}

static void advise_state(struct advising *a)
{
    struct plan_bill *kept = arena_array(a->arena, struct plan_bill, a->job->node_count + 1);
    uint32_t count = 0;
    a->failed = a->failed || !kept;
    for (uint32_t i = 0; i < a->job->node_count && !a->failed; i++) {
        const struct plan *node = a->job->nodes[i];
        struct plan_bill bill;
        if (!plan_bill(a->arena, a->job, node, &bill))
            a->failed = true;
        else if (!plan_bill_is_unbounded(&bill) || is_meant(a, node))
            continue;
        else if (node->kind == PLAN_JOIN)
            advise_join(a, &bill);
        else
            kept[count++] = bill;
    }
    if (count > 0 && !a->failed)
        advise_kept(a, kept, count);
}

/* ---- joins ------------------------------------------------------------------------------- */

static void advise_joins(struct advising *a)
{
    for (uint32_t i = 0; i < a->job->node_count; i++) {
        const struct plan *node = a->job->nodes[i];
        const struct plan_join *join = (const struct plan_join *)node;
        bool is_join = node->kind == PLAN_JOIN || node->kind == PLAN_INTERVAL_JOIN;
        if (!is_join || join->key_count > 0 || join->single)
            continue;
        bool one[2]; /* at most a row: a query used as a value */
        for (uint32_t k = 0; k < 2; k++)
            one[k] = plan_has_key_in(node->inputs[k], NULL, 0);
        if (one[0] || one[1])
            continue;
        struct plan_advice *item =
            advice_add(a, "join-without-key", node, node->span,
                       "%s#%u compares every row with all rows of the other side",
                       plan_kind_name(node->kind), node->id);
        if (item)
            error_hint(&item->error, "Add an equality between columns of both sides: rows are then "
                                     "found by it, and several workers share them.");
    }
}

/* ---- look-ups ----------------------------------------------------------------------------- */

static bool has_cache(const struct options *o)
{
    struct str blink = options_get(o, "cache"), flink = options_get(o, "lookup.cache");
    return str_iis(blink, "ALL") || str_iis(blink, "LRU") || str_iis(flink, "FULL") ||
           str_iis(flink, "PARTIAL") || options_has(o, "lookup.cache.max-rows");
}

static void advise_lookups(struct advising *a)
{
    for (uint32_t i = 0; i < a->job->node_count; i++) {
        const struct plan_lookup *lookup = (const struct plan_lookup *)a->job->nodes[i];
        if (lookup->base.kind != PLAN_LOOKUP || has_cache(lookup->def.options))
            continue;
        struct plan_advice *item =
            advice_add(a, "lookup-without-cache", &lookup->base, lookup->base.span,
                       "lookup#%u asks table \"" STR_FMT "\" again for every batch of rows",
                       lookup->base.id, STR_ARG(lookup->def.name));
        if (item && lookup->def.blink)
            error_hint(&item->error, "cache = 'LRU', cacheTTLMs = '600000' in its WITH remembers "
                                     "answers for ten minutes.");
        else if (item)
            error_hint(&item->error,
                       "'lookup.cache' = 'PARTIAL', 'lookup.partial-cache.max-rows' = '10000', "
                       "'lookup.partial-cache.expire-after-write' = '10 min' in its WITH remembers "
                       "answers for ten minutes.");
    }
}

/* ---- event time ----------------------------------------------------------------------------- */

static void advise_time(struct advising *a)
{
    for (uint32_t i = 0; i < a->job->node_count; i++) {
        const struct plan_watermark *w = (const struct plan_watermark *)a->job->nodes[i];
        if (w->base.kind != PLAN_WATERMARK || !w->rowtime ||
            !(w->rowtime->flags & (CALL_DYNAMIC | CALL_VOLATILE)))
            continue;
        struct plan_advice *item =
            advice_add(a, "event-time-is-the-clock", &w->base, w->scan->table->span,
                       "the event time of table \"" STR_FMT "\" is the time at which its rows are "
                       "read",
                       STR_ARG(w->scan->def.name));
        if (item)
            error_hint(&item->error, "Reading the same rows again gives other windows. Take the "
                                     "time from the rows, or say PROCTIME() where the clock is "
                                     "meant.");
    }
}

/* ---- all ------------------------------------------------------------------------------------ */

static void take_warnings(struct advising *a)
{
    for (const struct plan_warning *w = a->job->warnings; w && !a->failed; w = w->next) {
        struct plan_advice *item =
            advice_add(a, "sink-key", NULL, w->error.has_span ? w->error.span : (struct span){ 0 },
                       "%s", w->error.message);
        if (item)
            item->error = w->error;
    }
}

static bool is_before(const struct plan_advice *a, const struct plan_advice *b)
{
    if (a->is_note != b->is_note)
        return b->is_note;
    return a->error.span.offset < b->error.span.offset;
}

/* By place; equal ones stay in their order. */
static struct plan_advice *sorted(struct plan_advice *list)
{
    struct plan_advice *first = NULL;
    while (list) {
        struct plan_advice *item = list, **at = &first;
        list = list->next;
        while (*at && !is_before(item, *at))
            at = &(*at)->next;
        item->next = *at;
        *at = item;
    }
    return first;
}

enum code plan_advice(struct arena *arena, const struct plan_job *job, struct plan_advice **ret,
                      struct error *err)
{
    struct advising a = { .arena = arena, .job = job };
    take_warnings(&a);
    advise_state(&a);
    advise_joins(&a);
    advise_lookups(&a);
    advise_time(&a);
    advise_casts(&a);
    advise_filters(&a);
    advise_moments(&a);
    advise_dialect(&a);
    if (a.failed)
        return error_nomem(err);
    *ret = sorted(a.first);
    return OK;
}
