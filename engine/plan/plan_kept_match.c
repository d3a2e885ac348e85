/* plan_kept_match.c -- which state of an old job an operator of a new one goes on with.
 *
 * Pairs are looked for from the surest likeness to the least.  Those with the same rows are
 * interchangeable: they hold the same.  Where conditions have changed, a pair has to be the only
 * one that can be meant.  `weir explain --diff` and a start from a snapshot both ask here. */
#include "plan/plan_kept.h"

#include <stdio.h>

enum likeness {
    LIKE_ALL,   /* rows, sinks, and records that are read as they are */
    LIKE_LESS,  /* rows and sinks; not all that was kept is wanted */
    LIKE_MOVED, /* rows and records, for other sinks: may have begun later, if nothing else is left */
    LIKE_LESS_MOVED,
    LIKE_HERE,      /* for the same sinks; other rows come */
    LIKE_ELSEWHERE, /* other rows, other sinks */
    LIKE_NOT,       /* what it was, but nothing to go on with */
    LIKENESSES,
};

struct matching {
    struct arena *arena;
    const struct kept_state *const *old, *const *now;
    uint32_t old_count, now_count;
    struct kept_match *ret;
    bool *taken;   /* by old */
    uint8_t *fits; /* [now][old]: enum shape_fit; those with one base */
};

static enum shape_fit fit_of(const struct matching *m, uint32_t now, uint32_t old)
{
    return (enum shape_fit)m->fits[(size_t)now * m->old_count + old];
}

static bool is_like(const struct matching *m, uint32_t now, uint32_t old, enum likeness by)
{
    const struct kept_state *a = m->old[old], *b = m->now[now];
    if (m->taken[old] || m->ret[now].old || a->base != b->base)
        return false;
    enum shape_fit fit = fit_of(m, now, old);
    bool rows = a->rows == b->rows, sinks = a->sinks == b->sinks;
    switch (by) {
    case LIKE_ALL:
        return rows && sinks && fit == SHAPE_SAME;
    case LIKE_LESS:
        return rows && sinks && fit != SHAPE_OTHER;
    case LIKE_MOVED:
        return rows && fit == SHAPE_SAME;
    case LIKE_LESS_MOVED:
        return rows && fit != SHAPE_OTHER;
    case LIKE_HERE:
        return sinks && fit != SHAPE_OTHER;
    case LIKE_ELSEWHERE:
        return fit != SHAPE_OTHER;
    default:
        return true;
    }
}

/* Is there another pair for one of the two? */
static bool is_only(const struct matching *m, uint32_t now, uint32_t old, enum likeness by)
{
    for (uint32_t i = 0; i < m->now_count; i++)
        if (i != now && is_like(m, i, old, by))
            return false;
    for (uint32_t k = 0; k < m->old_count; k++)
        if (k != old && is_like(m, now, k, by))
            return false;
    return true;
}

static void find_pairs(struct matching *m, enum likeness by)
{
    bool sure = by < LIKE_HERE;
    for (uint32_t i = 0; i < m->now_count; i++)
        for (uint32_t k = 0; k < m->old_count; k++)
            if (is_like(m, i, k, by) && (sure || is_only(m, i, k, by))) {
                m->ret[i].old = m->old[k];
                m->ret[i].verdict = by == LIKE_NOT ? KEPT_NOT : sure ? KEPT_SAME : KEPT_OTHER_ROWS;
                m->ret[i].recodes = fit_of(m, i, k) == SHAPE_COVERED;
                m->taken[k] = true;
                break;
            }
}

/* --- why not --------------------------------------------------------------------------------------- */

static bool say(struct matching *m, uint32_t now, const char *text)
{
    m->ret[now].verdict = KEPT_NOT;
    m->ret[now].reason = text;
    return text != NULL;
}

/* Is one left over that might have been it? */
static bool has_base(const struct matching *m, uint32_t now)
{
    for (uint32_t k = 0; k < m->old_count; k++)
        if (!m->taken[k] && m->old[k]->base == m->now[now]->base)
            return true;
    return false;
}

static bool explain(struct matching *m, uint32_t now)
{
    const struct kept_state *old = m->ret[now].old;
    if (!old)
        return say(m, now,
                   has_base(m, now) ? "which of several it was is not clear"
                                    : "there was nothing like it");
    struct buf why;
    buf_init(&why, 4096);
    (void)state_shape_fit(&old->shape, &m->now[now]->shape, &why);
    const char *text =
        arena_printf(m->arena, "what " STR_FMT " has left %s", STR_ARG(old->name), buf_cstr(&why));
    bool failed = why.failed;
    buf_done(&why);
    return say(m, now, text) && !failed;
}

static const struct kept_match *match_of(const struct matching *m, uint64_t id, uint32_t *ret_at)
{
    for (uint32_t i = 0; i < m->now_count; i++)
        if (m->now[i]->id == id) {
            *ret_at = i;
            return &m->ret[i];
        }
    return NULL;
}

/* An operator goes on only on top of those it was on top of. */
static bool look_below(struct matching *m, uint32_t now)
{
    const struct kept_state *kept = m->now[now], *old = m->ret[now].old;
    uint32_t at;
    for (uint32_t i = 0; i < kept->below_count; i++) {
        const struct kept_match *below = match_of(m, kept->below[i], &at);
        if (below && below->verdict == KEPT_NOT)
            return say(m, now,
                       arena_printf(m->arena, "it reads " STR_FMT ", which begins anew",
                                    STR_ARG(m->now[at]->name)));
        if (below && i < old->below_count && old->below[i] != below->old->id)
            return say(m, now,
                       arena_printf(m->arena, "it reads " STR_FMT ", and did not before",
                                    STR_ARG(m->now[at]->name)));
    }
    return kept->below_count == old->below_count || say(m, now, "it read other operators before");
}

enum code plan_kept_match(struct arena *arena, const struct kept_state *const *old,
                          uint32_t old_count, const struct kept_state *const *now,
                          uint32_t now_count, struct kept_match *ret, struct error *err)
{
    struct matching m = { .arena = arena,
                          .old = old,
                          .now = now,
                          .old_count = old_count,
                          .now_count = now_count,
                          .ret = ret };
    m.taken = arena_array(arena, bool, MAX(old_count, 1));
    m.fits = arena_zalloc(arena, MAX((size_t)old_count * now_count, 1));
    if (!m.taken || !m.fits)
        return error_nomem(err);
    for (uint32_t i = 0; i < now_count; i++) {
        ret[i] = (struct kept_match){ .verdict = KEPT_NOT };
        for (uint32_t k = 0; k < old_count; k++)
            if (old[k]->base == now[i]->base)
                m.fits[(size_t)i * old_count + k] =
                    (uint8_t)state_shape_fit(&old[k]->shape, &now[i]->shape, NULL);
    }
    for (int by = 0; by < LIKENESSES; by++)
        find_pairs(&m, (enum likeness)by);
    for (uint32_t i = 0; i < now_count; i++) {
        bool ok = ret[i].verdict == KEPT_NOT ? explain(&m, i) : look_below(&m, i);
        if (!ok)
            return error_nomem(err);
    }
    return OK;
}
