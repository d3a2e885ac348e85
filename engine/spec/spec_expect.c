/* spec_expect.c -- what is expected, compared with what came.
 *
 * In order: the longest common run of rows stays, the rest differs.  In any order: as many
 * rows as possible find a partner; with ANY a row may fit several, so partners are found by
 * augmenting paths.  A shuffled run compares what the changes come to, since another order of
 * the input is another order of changes. */
#include "spec/spec_case.h"

#include "base/memory.h"
#include "exec/exec.h"
#include "plan/plan.h"

enum { ALIGN_MAX = 2000 }; /* rows that are aligned one by one */

/* What is compared. */
struct sides {
    const struct spec_step *step;
    struct spec_wanted *wanted;
    uint32_t wanted_count;
    const struct spec_row **got;
    uint32_t got_count;
    bool with_change;
    struct spec_pair *pairs; /* the outcome, in order */
    uint32_t pair_count;
};

bool spec_row_fits(const struct spec_step *step, const struct spec_wanted *wanted,
                   const struct spec_row *got, bool with_change)
{
    double tolerance = step->statement->has_tolerance ? step->statement->tolerance : 0;
    if (with_change && wanted->change != got->change)
        return false;
    for (uint32_t c = 0; c < step->sink->plan->base.field_count; c++)
        if (!wanted->any[c] && !spec_value_equal(&wanted->values[c], &got->values[c], tolerance))
            return false;
    return true;
}

static bool fits(const struct sides *s, uint32_t w, uint32_t g)
{
    return spec_row_fits(s->step, &s->wanted[w], s->got[g], s->with_change);
}

static void add_pair(struct sides *s, int64_t w, int64_t g)
{
    s->pairs[s->pair_count++] =
        (struct spec_pair){ w >= 0 ? &s->wanted[w] : NULL, g >= 0 ? s->got[g] : NULL };
}

/* ---- in order ---- */

/* Rows [w, w_end) against [g, g_end), by the table of longest common runs. */
static enum code align(struct sides *s, struct arena *arena, uint32_t w, uint32_t w_end, uint32_t g,
                       uint32_t g_end, struct error *err)
{
    size_t n = w_end - w, m = g_end - g;
    if (n > ALIGN_MAX || m > ALIGN_MAX) {
        for (; w < w_end; w++)
            add_pair(s, w, -1);
        for (; g < g_end; g++)
            add_pair(s, -1, g);
        return OK;
    }
    uint16_t *best = arena_array(arena, uint16_t, (n + 1) * (m + 1));
    if (!best)
        return error_nomem(err);
#define BEST(i, k) best[(i) * (m + 1) + (k)]
    for (size_t i = n; i-- > 0;)
        for (size_t k = m; k-- > 0;)
            BEST(i, k) = fits(s, w + (uint32_t)i, g + (uint32_t)k)
                             ? (uint16_t)(BEST(i + 1, k + 1) + 1)
                             : MAX(BEST(i + 1, k), BEST(i, k + 1));
    size_t i = 0, k = 0;
    while (i < n || k < m) {
        bool both = i < n && k < m && fits(s, w + (uint32_t)i, g + (uint32_t)k) &&
                    BEST(i, k) == BEST(i + 1, k + 1) + 1;
        bool left = !both && i < n && (k == m || BEST(i + 1, k) >= BEST(i, k + 1));
        add_pair(s, both || left ? (int64_t)(w + i) : -1, left ? -1 : (int64_t)(g + k));
        i += both || left;
        k += !left;
    }
#undef BEST
    return OK;
}

/* Where as many rows came as others were expected, each stands beside the one it is in place of. */
static void pair_up(struct spec_pair *pairs, uint32_t count, struct arena *arena)
{
    struct spec_pair *copy = arena_array(arena, struct spec_pair, MAX(count, 1));
    if (!copy)
        return;
    memcpy(copy, pairs, count * sizeof *pairs);
    for (uint32_t from = 0, to = 0; from < count; from = MAX(to, from + 1)) {
        uint32_t wanted = from;
        while (wanted < count && !copy[wanted].got)
            wanted++;
        for (to = wanted; to < count && !copy[to].wanted;)
            to++;
        uint32_t n = wanted - from;
        for (uint32_t i = 0; to - wanted == n && i < n; i++) {
            pairs[from + 2 * i] = copy[from + i];
            pairs[from + 2 * i + 1] = copy[wanted + i];
        }
    }
}

static enum code compare_ordered(struct sides *s, struct arena *arena, struct error *err)
{
    uint32_t front = 0, back = 0, least = MIN(s->wanted_count, s->got_count);
    while (front < least && fits(s, front, front))
        front++;
    while (back < least - front && fits(s, s->wanted_count - 1 - back, s->got_count - 1 - back))
        back++;
    for (uint32_t i = 0; i < front; i++)
        add_pair(s, i, i);
    TRY(align(s, arena, front, s->wanted_count - back, front, s->got_count - back, err));
    for (uint32_t i = back; i > 0; i--)
        add_pair(s, s->wanted_count - i, s->got_count - i);
    pair_up(s->pairs, s->pair_count, arena);
    return OK;
}

/* ---- in any order ---- */

struct matching {
    const struct sides *sides;
    uint32_t *wanted_of; /* by got row; UINT32_MAX: free */
    bool *tried;         /* got rows, in this search */
};

static bool find_partner(struct matching *m, uint32_t w, uint32_t depth)
{
    enum { DEPTH_MAX = 200 };
    for (uint32_t g = 0; g < m->sides->got_count; g++) {
        if (m->tried[g] || !fits(m->sides, w, g))
            continue;
        m->tried[g] = true;
        if (m->wanted_of[g] == UINT32_MAX ||
            (depth < DEPTH_MAX && find_partner(m, m->wanted_of[g], depth + 1))) {
            m->wanted_of[g] = w;
            return true;
        }
    }
    return false;
}

/* The free row that is most like a missing one: it stands beside it. */
static int64_t nearest_row(const struct sides *s, uint32_t w, const uint32_t *wanted_of,
                           const bool *shown)
{
    int64_t best = -1;
    uint32_t most = 0, fields = s->step->sink->plan->base.field_count;
    for (uint32_t g = 0; g < s->got_count; g++) {
        uint32_t equal = 0;
        if (wanted_of[g] != UINT32_MAX || shown[g])
            continue;
        for (uint32_t c = 0; c < fields; c++)
            equal += !s->wanted[w].any[c] &&
                     spec_value_equal(&s->wanted[w].values[c], &s->got[g]->values[c], 0);
        if (equal > most) {
            most = equal;
            best = g;
        }
    }
    return best;
}

static void pair_unordered(struct sides *s, const uint32_t *wanted_of, bool *shown)
{
    for (uint32_t w = 0; w < s->wanted_count; w++) {
        int64_t partner = -1;
        for (uint32_t g = 0; g < s->got_count && partner < 0; g++)
            if (wanted_of[g] == w)
                partner = g;
        add_pair(s, w, partner);
        if (partner >= 0 || (partner = nearest_row(s, w, wanted_of, shown)) < 0)
            continue;
        shown[partner] = true;
        add_pair(s, -1, partner);
    }
    for (uint32_t g = 0; g < s->got_count; g++)
        if (wanted_of[g] == UINT32_MAX && !shown[g])
            add_pair(s, -1, g);
}

static enum code compare_unordered(struct sides *s, struct arena *arena, struct error *err)
{
    uint32_t n = MAX(s->got_count, 1);
    struct matching m = { .sides = s,
                          .wanted_of = arena_array(arena, uint32_t, n),
                          .tried = arena_array(arena, bool, n) };
    bool *shown = arena_array(arena, bool, n);
    if (!m.wanted_of || !m.tried || !shown)
        return error_nomem(err);
    memset(m.wanted_of, 0xFF, n * sizeof *m.wanted_of);
    for (uint32_t w = 0; w < s->wanted_count; w++) {
        memset(m.tried, 0, n);
        (void)find_partner(&m, w, 0);
    }
    pair_unordered(s, m.wanted_of, shown);
    return OK;
}

/* ---- what changes come to ---- */

static struct spec_wanted as_wanted(const struct spec_row *row, bool *none)
{
    return (struct spec_wanted){ .change = CHANGE_INSERT, .values = row->values, .any = none };
}

/* Is a row that is there the one that an expected change is about? */
static bool concerns(const struct sides *s, const struct spec_wanted *there,
                     const struct spec_wanted *change)
{
    const struct spec_sink *sink = s->step->sink;
    const struct schema *schema = sink->plan->def.schema;
    uint32_t n = sink->is_keyed ? schema->key_count : sink->plan->base.field_count;
    for (uint32_t i = 0; i < n; i++) {
        uint32_t c = sink->is_keyed ? schema->key[i] : i;
        if (!there->any[c] && !change->any[c] &&
            !spec_value_equal(&there->values[c], &change->values[c], 0))
            return false;
    }
    return true;
}

/* A row whose key is not said is taken for one more; others may be what becomes of one that is there. */
static bool is_one_more(const struct spec_sink *sink, const struct spec_wanted *change)
{
    const struct schema *schema = sink->plan->def.schema;
    bool is_open = !sink->is_keyed;
    for (uint32_t i = 0; sink->is_keyed && i < schema->key_count; i++)
        is_open = is_open || (change->change == CHANGE_INSERT && change->any[schema->key[i]]);
    return is_open;
}

/* The rows that were there before, with the expected changes made to them. */
static enum code apply_wanted(struct sides *s, struct arena *arena, struct error *err)
{
    const struct spec_sink *sink = s->step->sink;
    const struct spec_row **before;
    uint32_t n;
    TRY(spec_sink_rows(sink, sink->seen, arena, &before, &n, err));
    struct spec_wanted *rows = arena_array(arena, struct spec_wanted, n + s->wanted_count + 1);
    bool *none = arena_array(arena, bool, MAX(sink->plan->base.field_count, 1));
    if (!rows || !none)
        return error_nomem(err);
    for (uint32_t i = 0; i < n; i++)
        rows[i] = as_wanted(before[i], none);
    for (uint32_t i = 0; i < s->wanted_count; i++) {
        const struct spec_wanted *change = &s->wanted[i];
        bool adds = change->change == CHANGE_INSERT || change->change == CHANGE_UPDATE_AFTER;
        uint32_t at = n;
        if (!adds || !is_one_more(sink, change))
            for (at = 0; at < n && !concerns(s, &rows[at], change);)
                at++;
        if (adds) {
            rows[at] = *change;
            n += at == n;
        } else if (at < n) {
            memmove(&rows[at], &rows[at + 1], (n - at - 1) * sizeof *rows);
            n--;
        }
    }
    s->wanted = rows;
    s->wanted_count = n;
    return OK;
}

/* ---- expectations of a sink ---- */

static enum code take_changes(struct sides *s, struct arena *arena, struct error *err)
{
    const struct spec_sink *sink = s->step->sink;
    s->got_count = sink->change_count - sink->seen;
    s->got = arena_array(arena, const struct spec_row *, MAX(s->got_count, 1));
    if (!s->got)
        return error_nomem(err);
    for (uint32_t i = 0; i < s->got_count; i++)
        s->got[i] = &sink->changes[sink->seen + i];
    s->with_change = true;
    return OK;
}

static enum code take_rows(struct sides *s, struct arena *arena, struct error *err)
{
    const struct spec_sink *sink = s->step->sink;
    s->with_change = false;
    return spec_sink_rows(sink, sink->change_count, arena, &s->got, &s->got_count, err);
}

static enum code compare(struct spec_run *run, struct sides *s, struct arena *arena,
                         struct error *err)
{
    const struct spec_statement *statement = s->step->statement;
    bool is_rows = statement->want == WANT_ROWS;
    bool by_content = run->how->seed > 0 && !is_rows && statement->order != ORDER_ORDERED;
    bool ordered = is_rows || by_content ? statement->order == ORDER_ORDERED
                                         : statement->order != ORDER_UNORDERED;
    TRY(is_rows || by_content ? take_rows(s, arena, err) : take_changes(s, arena, err));
    if (by_content)
        TRY(apply_wanted(s, arena, err));
    s->pairs = arena_array(arena, struct spec_pair, (size_t)s->wanted_count + s->got_count + 1);
    if (!s->pairs)
        return error_nomem(err);
    return ordered ? compare_ordered(s, arena, err) : compare_unordered(s, arena, err);
}

static enum code expect_rows(struct spec_run *run, const struct spec_step *step, struct error *err)
{
    struct sides s = { .step = step, .wanted = step->wanted, .wanted_count = step->wanted_count };
    struct arena *arena = arena_create();
    enum code code = arena ? compare(run, &s, arena, err) : error_nomem(err);
    bool is_met = true;
    for (uint32_t i = 0; i < s.pair_count && code == OK; i++)
        is_met = is_met && s.pairs[i].wanted && s.pairs[i].got;
    if (code == OK && !is_met) {
        run->result = SPEC_UNMET;
        run->is_over = true;
        spec_report_step(run, step);
        spec_diff_print(run, step, s.pairs, s.pair_count, s.with_change);
    }
    step->sink->seen = step->sink->change_count;
    arena_destroy(arena);
    return code;
}

/* ---- counts ---- */

static uint64_t counted(struct spec_run *run, const struct spec_step *step)
{
    const struct exec_stats *stats = run->exec ? exec_stats(run->exec) : NULL;
    bool late = step->statement->want == WANT_LATE;
    uint64_t n = !step->source ? step->sink->skipped
                 : late        ? step->source->late
                               : step->source->skipped;
    for (uint32_t i = 0; step->source && stats && i < stats->source_count; i++)
        if (str_eq(stats->sources[i].name, step->source->scan->def.name))
            n += late ? stats->sources[i].late : stats->sources[i].skipped;
    for (uint32_t i = 0; !step->source && stats && i < stats->sink_count; i++)
        if (str_eq(stats->sinks[i].name, step->sink->plan->def.name))
            n += stats->sinks[i].rejected;
    return n;
}

static void expect_count(struct spec_run *run, const struct spec_step *step)
{
    uint64_t n = counted(run, step);
    bool late = step->statement->want == WANT_LATE;
    if (n == (uint64_t)step->statement->count ||
        (late && run->how->seed > 0)) /* whose row is late hangs on the order */
        return;
    run->result = SPEC_UNMET;
    run->is_over = true;
    spec_report_step(run, step);
    buf_printf(run->report, "  - %lld\n  + %llu row%s %s so far\n",
               (long long)step->statement->count, (unsigned long long)n, n == 1 ? "" : "s",
               late     ? "came too late"
               : n == 1 ? "was left out"
                        : "were left out");
}

enum code spec_expect(struct spec_run *run, const struct spec_step *step, struct error *err)
{
    switch (step->statement->want) {
    case WANT_SKIPPED:
    case WANT_LATE:
        expect_count(run, step);
        return OK;
    case WANT_ERROR:
        run->result = SPEC_UNMET;
        run->is_over = true;
        spec_report_step(run, step);
        buf_printf(run->report, "  there is no error: the job %s\n",
                   run->has_ended ? "has ended" : "runs");
        return OK;
    default:
        return expect_rows(run, step, err);
    }
}
