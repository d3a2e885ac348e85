/* plan_diff.c -- see plan_diff.h.
 *
 * What becomes of state says plan_kept_match(), as for a start from a snapshot.  The rest is for
 * people: what reads differently is paired with what it was most likely: a table by its name, an
 * operator that does the same over other rows, one of its kind that begins alike. */
#include "plan/plan_diff.h"

#include "base/hash.h"
#include "plan/plan_diff_inner.h"
#include "plan/plan_kept.h"
#include "plan/plan_print.h"

enum { SHOWN_BYTES = 100 };

struct side {
    const struct plan_job *job;
    struct str *details;        /* by place in job->nodes */
    uint64_t *looks;            /* a hash of the details and of those of all below; none twice */
    const struct kept_state **kept;
    uint32_t kept_count;
    const struct plan **others; /* what it is, or was, in the other job; NULL: nothing */
    bool *same;                 /* ... and is to the letter */
};

struct diff {
    struct arena *arena;
    struct side old, now;
    struct kept_match *matches; /* of now.kept */
    struct str text; /* of the new job */
};

/* Is it there for the number of workers or for speed alone? */
static bool is_left_out(const struct plan *node)
{
    return node->kind == PLAN_EXCHANGE || node->kind == PLAN_FOLD;
}

static uint64_t look_of(const struct side *side, const struct plan *node)
{
    while (is_left_out(node))
        node = node->inputs[0];
    for (uint32_t i = 0; i < side->job->node_count; i++)
        if (side->job->nodes[i] == node)
            return side->looks[i];
    return 0;
}

static void find_look(struct side *side, uint32_t at)
{
    const struct plan *node = side->job->nodes[at];
    uint64_t look = hash_bytes(side->details[at].data, side->details[at].size, node->kind);
    for (uint32_t k = 0; k < node->input_count; k++)
        look = hash_u64(look_of(side, node->inputs[k]), look);
    for (uint32_t i = 0; i < at; i++)
        if (look == side->looks[i]) {
            look = hash_u64(look, 1);
            i = UINT32_MAX; /* from the start */
        }
    side->looks[at] = look;
}

static bool read_side(struct diff *d, const struct plan_job *job, struct side *ret)
{
    *ret = (struct side){ .job = job,
                          .details = arena_array(d->arena, struct str, job->node_count + 1),
                          .looks = arena_array(d->arena, uint64_t, job->node_count + 1),
                          .others = arena_array(d->arena, const struct plan *, job->node_count + 1),
                          .same = arena_array(d->arena, bool, job->node_count + 1) };
    ret->kept = plan_kept_list(d->arena, job, &ret->kept_count);
    if (!ret->details || !ret->looks || !ret->kept || !ret->others || !ret->same)
        return false;
    struct buf text;
    buf_init(&text, 1 << 24);
    bool ok = true;
    for (uint32_t i = 0; i < job->node_count && ok; i++) {
        buf_clear(&text);
        plan_print_details(&text, job->nodes[i]);
        ret->details[i] = arena_str(d->arena, str_trim(buf_view(&text)));
        ok = !text.failed && ret->details[i].data;
        if (ok)
            find_look(ret, i);
    }
    buf_done(&text);
    return ok;
}

/* ---- pairs ---------------------------------------------------------------------------- */

static void pair(struct diff *d, uint32_t old, uint32_t now)
{
    d->old.others[old] = d->now.job->nodes[now];
    d->now.others[now] = d->old.job->nodes[old];
    d->old.same[old] = d->now.same[now] = d->old.looks[old] == d->now.looks[now];
}

/* What becomes of what the operator keeps; NULL: it keeps nothing. */
static const struct kept_match *match_of(const struct diff *d, const struct plan *node)
{
    for (uint32_t i = 0; i < d->now.kept_count; i++)
        if (d->now.kept[i] == node->kept)
            return &d->matches[i];
    return NULL;
}

static bool find_matches(struct diff *d)
{
    d->matches = arena_array(d->arena, struct kept_match, d->now.kept_count + 1);
    return d->matches && plan_kept_match(d->arena, d->old.kept, d->old.kept_count, d->now.kept,
                                         d->now.kept_count, d->matches, NULL) == OK;
}

static bool is_same_table(const struct plan *a, const struct plan *b)
{
    if (a->kind == PLAN_SCAN)
        return str_eq(((const struct plan_scan *)a)->def.name,
                      ((const struct plan_scan *)b)->def.name);
    const struct plan_sink *x = (const struct plan_sink *)a, *y = (const struct plan_sink *)b;
    if (!x->table || !y->table)
        return !x->table && !y->table && x->statement == y->statement;
    return str_eq(x->def.name, y->def.name);
}

static size_t common_beginning(struct str a, struct str b)
{
    size_t n = 0;
    while (n < a.size && n < b.size && a.data[n] == b.data[n])
        n++;
    return n;
}

enum likeness { BY_STATE, BY_LOOK, BY_TABLE, BY_DETAILS, BY_BEGINNING, BY_KIND, LIKENESSES };

/* How many of a kind have no other yet? */
static uint32_t without_other(const struct side *side, enum plan_kind kind)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < side->job->node_count; i++)
        n += !side->others[i] && side->job->nodes[i]->kind == kind;
    return n;
}

/* How alike are they, in this respect?  0: not. */
static size_t alike(const struct diff *d, uint32_t old, uint32_t now, enum likeness by)
{
    const struct plan *a = d->old.job->nodes[old], *b = d->now.job->nodes[now];
    bool is_end = a->kind == PLAN_SCAN || a->kind == PLAN_SINK;
    if (a->kind != b->kind)
        return 0;
    switch (by) {
    case BY_STATE: {
        const struct kept_match *match = match_of(d, b);
        return match && match->old && match->old == a->kept;
    }
    case BY_LOOK:
        return d->old.looks[old] == d->now.looks[now];
    case BY_TABLE:
        return is_end && is_same_table(a, b);
    case BY_DETAILS:
        return !is_end && str_eq(d->old.details[old], d->now.details[now]);
    case BY_BEGINNING: { /* a quarter of the shorter one */
        struct str x = d->old.details[old], y = d->now.details[now];
        size_t n = common_beginning(x, y);
        return is_end || 4 * n < MIN(x.size, y.size) ? 0 : n + 1;
    }
    case BY_KIND:
    default:
        return !is_end && without_other(&d->old, a->kind) == 1 &&
               without_other(&d->now, a->kind) == 1;
    }
}

static void find_pairs(struct diff *d, enum likeness by)
{
    for (uint32_t i = 0; i < d->now.job->node_count; i++) {
        uint32_t best = 0;
        size_t most = 0;
        if (d->now.others[i] || is_left_out(d->now.job->nodes[i]))
            continue;
        for (uint32_t k = 0; k < d->old.job->node_count; k++) {
            size_t n = d->old.others[k] ? 0 : alike(d, k, i, by);
            if (n <= most)
                continue;
            most = n;
            best = k;
        }
        if (most > 0)
            pair(d, best, i);
    }
}

/* ---- verdicts --------------------------------------------------------------------------- */

/* What does it keep from one run to the next?  NULL: nothing. */
static const char *kept_by(const struct plan *node)
{
    switch (node->kind) {
    case PLAN_SCAN:
        return "positions";
    case PLAN_WATERMARK:
        return "event time";
    case PLAN_LIMIT:
        return "count";
    default:
        return node->kept ? "state" : NULL;
    }
}

/* The first of its inputs that is not what it was. */
static const struct plan *changed_input(const struct diff *d, const struct plan *node)
{
    for (uint32_t k = 0; k < node->input_count; k++) {
        const struct plan *input = node->inputs[k];
        while (is_left_out(input))
            input = input->inputs[0];
        for (uint32_t i = 0; i < d->now.job->node_count; i++)
            if (d->now.job->nodes[i] == input && !d->now.same[i])
                return input;
    }
    return NULL;
}

static const char *becomes(const char *kept, bool is_scan, bool carried)
{
    if (!kept)
        return NULL;
    return carried ? "carried over" : is_scan ? "read as its options say" : "begins anew";
}

static void judge_now(struct diff *d, uint32_t i, struct diff_verdict *ret)
{
    const struct plan *node = d->now.job->nodes[i], *was = d->now.others[i];
    const struct kept_match *match = match_of(d, node);
    bool same = d->now.same[i], is_scan = node->kind == PLAN_SCAN;
    uint32_t k = 0;
    while (was && d->old.job->nodes[k] != was)
        k++;
    *ret = (struct diff_verdict){ .word = same  ? "kept"
                                          : was ? "changed"
                                                : "new",
                                  .node = node,
                                  .details = d->now.details[i],
                                  .line = plan_line(node, d->text),
                                  .keeps = kept_by(node) };
    /* A source finds its positions by the name of its table. */
    ret->state = becomes(ret->keeps, is_scan,
                         is_scan ? was != NULL : match && match->verdict != KEPT_NOT);
    ret->other_rows = match && match->verdict == KEPT_OTHER_ROWS;
    ret->reason = match && match->verdict == KEPT_NOT && match->old ? match->reason : NULL;
    if (was && !same) {
        ret->was = was;
        ret->was_details = d->old.details[k];
        if (str_eq(ret->details, ret->was_details))
            ret->input = changed_input(d, node);
    }
}

static void judge_dropped(struct diff *d, uint32_t i, struct diff_verdict *ret)
{
    const struct plan *node = d->old.job->nodes[i];
    *ret = (struct diff_verdict){ .word = "dropped",
                                  .was = node,
                                  .was_details = d->old.details[i],
                                  .keeps = kept_by(node) };
    ret->state = ret->keeps ? "not used any more" : NULL;
}

static void count(struct diff_counts *c, const struct diff_verdict *v)
{
    bool has_state = v->keeps && (v->node ? v->node : v->was)->kind != PLAN_SCAN;
    c->dropped += !v->node;
    c->kept += v->node && !v->was && v->word[0] == 'k';
    c->changed += v->node && v->was;
    c->made += v->node && v->word[0] == 'n';
    c->lost += has_state && !v->node;
    c->carried += has_state && v->node && v->state[0] == 'c';
    c->begun += has_state && v->node && v->state[0] == 'b';
}

static uint32_t judge(struct diff *d, struct diff_verdict *list)
{
    const struct plan_job *old = d->old.job, *now = d->now.job;
    uint32_t n = 0;
    for (int by = 0; by < LIKENESSES; by++)
        find_pairs(d, (enum likeness)by);
    for (uint32_t i = 0; i < now->node_count; i++)
        if (!is_left_out(now->nodes[i]))
            judge_now(d, i, &list[n++]);
    for (uint32_t i = 0; i < old->node_count; i++)
        if (!d->old.others[i] && !is_left_out(old->nodes[i]))
            judge_dropped(d, i, &list[n++]);
    return n;
}

/* ---- the text ---------------------------------------------------------------------------- */

static void put_clipped(struct buf *out, struct str text)
{
    size_t end = MIN(text.size, (size_t)SHOWN_BYTES);
    while (end < text.size && end > 0 && ((unsigned char)text.data[end] & 0xC0) == 0x80)
        end--;
    buf_put(out, text.data, end);
    buf_text(out, end < text.size ? "..." : "");
}

/* From where they differ on, where that is far behind. */
static void put_difference(struct buf *out, struct str text, struct str other)
{
    enum { LED_BYTES = 30 };
    size_t from = common_beginning(text, other);
    from = from > LED_BYTES && text.size > SHOWN_BYTES ? from - LED_BYTES : 0;
    while (from > 0 && ((unsigned char)text.data[from] & 0xC0) == 0x80)
        from--;
    buf_text(out, from > 0 ? "..." : "");
    put_clipped(out, str_make(text.data + from, text.size - from));
}

static void put_state(struct buf *out, const struct diff_verdict *v)
{
    bool is_scan = (v->node ? v->node : v->was)->kind == PLAN_SCAN;
    if (!v->node)
        buf_printf(out, ": its %s %s not used any more", v->keeps, is_scan ? "are" : "is");
    else if (is_scan && v->state[0] != 'c')
        buf_printf(out, ": %s", v->state);
    else
        buf_printf(out, ": %s %s%s", v->keeps, v->state, v->other_rows ? ", other rows come" : "");
}

static void put_verdict(struct buf *out, const struct diff_verdict *v)
{
    buf_printf(out, "%-8s ", v->word);
    plan_print_id(out, v->node ? v->node : v->was);
    buf_char(out, ' ');
    if (v->node && v->was)
        put_difference(out, v->details, v->was_details);
    else
        put_clipped(out, v->node ? v->details : v->was_details);
    if (v->keeps)
        put_state(out, v);
    if (v->line > 0)
        buf_printf(out, " line=%u", v->line);
    buf_char(out, '\n');
    if (v->reason)
        buf_printf(out, "         %s\n", v->reason);
    if (!v->node || !v->was)
        return;
    if (v->input) {
        buf_text(out, "         it reads other rows: see ");
        plan_print_id(out, v->input);
    } else {
        buf_text(out, "         was ");
        plan_print_id(out, v->was);
        buf_char(out, ' ');
        put_difference(out, v->was_details, v->details);
    }
    buf_char(out, '\n');
}

static void put_counts(struct buf *out, const struct diff_counts *c)
{
    buf_printf(out, "%u kept, %u changed, %u new, %u dropped", c->kept, c->changed, c->made,
               c->dropped);
    if (c->carried + c->begun + c->lost > 0)
        buf_printf(out, "; state: %u carried over, %u begin%s anew, %u not used any more",
                   c->carried, c->begun, c->begun == 1 ? "s" : "", c->lost);
    buf_char(out, '\n');
}

bool plan_diff_print(struct buf *out, const struct plan_job *old, const struct plan_job *now,
                     struct str text_of_now, bool as_json)
{
    struct diff d = { .arena = arena_create(), .text = text_of_now };
    struct diff_counts counts = { 0 };
    uint32_t n = 0;
    struct diff_verdict *list = NULL;
    bool ok = d.arena && read_side(&d, old, &d.old) && read_side(&d, now, &d.now) &&
              find_matches(&d) &&
              (list = arena_array(d.arena, struct diff_verdict,
                                  now->node_count + old->node_count + 1));
    if (ok)
        n = judge(&d, list);
    for (uint32_t i = 0; ok && i < n; i++)
        count(&counts, &list[i]);
    if (ok && as_json)
        plan_diff_json(out, list, n, &counts);
    for (uint32_t i = 0; ok && !as_json && i < n; i++)
        put_verdict(out, &list[i]);
    if (ok && !as_json)
        put_counts(out, &counts);
    arena_destroy(d.arena);
    return ok;
}
