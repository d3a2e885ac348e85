/* join_rows.c -- a step of the join: pairs, the condition over them, and the changes that
 * they make.
 *
 * The other side does not change while a batch is taken, only the matches that its rows
 * count; so the pairs of a whole step are gathered and tested first, and the rows are
 * gone through in order afterwards. */
#include "exec/op/join.h"

/* Meetings of input rows with items, in order; `last`: an item's last of `count` times. */
struct pair {
    uint32_t row; /* of the selected ones */
    struct bag_item *item;
    bool last;
    bool pass;
};

/* A row to come out. */
struct made {
    uint32_t row;          /* position in the batch: whose columns, or who caused it */
    struct bag_item *item; /* columns of the other side; NULL: NULLs */
    bool padded;           /* NULLs in place of the columns of the batch's side */
    uint8_t change;
};

struct step {
    struct op_join *op;
    struct arena *arena;
    const struct batch *in;
    uint32_t port;
    struct join_side *own, *other;
    struct bag_key **own_keys, **other_keys; /* by selected row; NULL: a key has NULL, no match */
    struct pair *pairs;
    uint32_t pair_count;
    uint32_t first, end;   /* rows begun in this step, those before `end` done */
    uint32_t *pair_end;    /* by row from `first`: behind its last pair */
    struct made *made;
    uint32_t made_count, made_cap;
    struct bag_item *left; /* of the -U before, for its +U to take over; NULL: there is none */
    uint32_t *ends;        /* by selected row: rows made until then, for marks */
    bool updates_before;   /* -U is wanted */
};

/* --- keys ------------------------------------------------------------------------------------ */

static bool may_have_null_key(const struct op_join *op, const struct join_side *side)
{
    for (uint32_t i = 0; i < op->plan->key_count; i++)
        if (column_has_nulls(side->keys[i]))
            return true;
    return false;
}

/* A -U that nobody has asked for: the +U replaces its row. */
static bool is_left_out(const struct step *s, uint32_t row)
{
    return batch_change(s->in, row) == CHANGE_UPDATE_BEFORE &&
           !s->op->plan->base.inputs[s->port]->before;
}

/* Looks all rows from `from` on up in both sides at once. */
static enum code find_keys(struct step *s, uint32_t from, struct error *err)
{
    struct op_join *op = s->op;
    const struct batch *in = s->in;
    uint32_t n = in->selected - from, found = 0;
    for (uint32_t i = 0; i < op->plan->key_count; i++)
        s->own->keys[i] = in->columns[op->plan->keys[s->port][i]];
    bool nulls = may_have_null_key(op, s->own);
    uint32_t *sel = arena_array(s->arena, uint32_t, 2 * n);
    struct bag_key **keys = arena_array(s->arena, struct bag_key *, 4 * (size_t)n);
    if (!sel || !keys)
        return error_nomem(err);
    uint32_t *at = sel + n;
    for (uint32_t i = 0; i < n; i++) {
        uint32_t row = batch_row(in, from + i);
        if (is_left_out(s, row))
            continue;
        if (nulls && join_null_key(op->plan, s->own->keys, row))
            continue;
        at[found] = i;
        sel[found++] = row;
    }
    struct bag_key **own = keys + 2 * n, **other = keys + 3 * n;
    TRY(state_bag_find_both(s->own->bag, s->own->keys, sel, found, own, other, err));
    s->own_keys = keys;
    s->other_keys = keys + n;
    for (uint32_t i = 0; i < found; i++) {
        s->own_keys[at[i]] = own[i];
        s->other_keys[at[i]] = other[i];
    }
    s->own_keys -= from; /* so that they are indexed by selected row */
    s->other_keys -= from;
    return OK;
}

/* --- pairs --------------------------------------------------------------------------------------- */

/* Fills the step with pairs, from `place` on. */
static void gather_pairs(struct step *s, struct join_place *place)
{
    uint32_t row = place->row;
    struct bag_item *item = place->item;
    uint32_t repeat = place->repeat;
    bool begun = place->begun;
    s->first = row;
    for (; row < s->in->selected; row++, begun = false) {
        if (!begun) {
            item = s->other_keys[row] ? s->other_keys[row]->first : NULL;
            repeat = 0;
        }
        for (; item && s->pair_count < JOIN_PAIRS; repeat = 0) {
            if (item->next)
                __builtin_prefetch(item->next);
            while (repeat < item->count && s->pair_count < JOIN_PAIRS)
                s->pairs[s->pair_count++] = (struct pair){
                    .row = row, .item = item, .last = ++repeat == item->count, .pass = true
                };
            if (repeat < item->count)
                break;
            item = item->next;
        }
        s->pair_end[row - s->first] = s->pair_count;
        if (item)
            break; /* the step is full */
    }
    s->end = row;
    place->item = item;
    place->repeat = repeat;
}

/* The condition over all pairs, with the columns that it reads. */
static enum code test_pairs(struct step *s, struct error *err)
{
    uint32_t n = s->pair_count;
    if (!s->op->test.program || n == 0)
        return OK;
    uint32_t *rows = arena_array(s->arena, uint32_t, n);
    char **slots = arena_array(s->arena, char *, n);
    bool *pass = arena_array(s->arena, bool, n);
    if (!rows || !slots || !pass)
        return error_nomem(err);
    for (uint32_t i = 0; i < n; i++) {
        rows[i] = batch_row(s->in, s->pairs[i].row);
        slots[i] = s->pairs[i].item->slots;
    }
    struct join_rows sides[2];
    sides[s->port] = (struct join_rows){ .in = s->in, .rows = rows, .width = s->own->width };
    sides[1 - s->port] = (struct join_rows){ .layout = s->other->layout,
                                             .slots = slots,
                                             .width = s->other->width };
    TRY(join_test_run(&s->op->test, s->arena, sides, n, pass, err));
    for (uint32_t i = 0; i < n; i++)
        s->pairs[i].pass = pass[i];
    return OK;
}

/* --- changes -------------------------------------------------------------------------------------- */

static bool adds(enum change change)
{
    return change == CHANGE_INSERT || change == CHANGE_UPDATE_AFTER;
}

static void make(struct step *s, uint32_t row, struct bag_item *item, bool padded,
                 enum change change)
{
    if (change == CHANGE_UPDATE_BEFORE && !s->updates_before)
        change = CHANGE_DELETE;
    s->made[s->made_count++] = (struct made){ row, item, padded, (uint8_t)change };
}

/* A pair of an INNER or outer join. */
static void make_match(struct step *s, uint32_t row, const struct pair *pair, enum change change,
                       bool counts)
{
    struct bag_item *item = pair->item;
    bool other_outer = s->other->outer;
    if (adds(change)) {
        if (other_outer && item->degree == 0)
            make(s, row, item, true, CHANGE_DELETE);
        make(s, row, item, false, s->own->outer || other_outer ? CHANGE_INSERT : change);
        if (other_outer && pair->last && (counts || item->degree == 0))
            item->degree++;
        return;
    }
    make(s, row, item, false, s->own->outer ? CHANGE_DELETE : change);
    if (!other_outer)
        return;
    if (item->degree == 1)
        make(s, row, item, true, CHANGE_INSERT);
    if (pair->last && item->degree > 0)
        item->degree--;
}

/* A right row of a SEMI or ANTI join has found a left one. */
static void make_semi_match(struct step *s, uint32_t row, const struct pair *pair,
                            enum change change, bool counts)
{
    struct bag_item *item = pair->item;
    bool anti = s->op->anti;
    if (adds(change)) {
        if (item->degree == 0)
            make(s, row, item, true, anti ? CHANGE_DELETE : change);
        if (pair->last && (counts || item->degree == 0))
            item->degree++;
        return;
    }
    if (item->degree == 1)
        make(s, row, item, true, anti ? CHANGE_INSERT : change);
    if (pair->last && item->degree > 0)
        item->degree--;
}

static enum code too_many(const struct op_join *op, struct error *err)
{
    return error_at(err, E_DATA, op->plan->base.span,
                    "a query used as a value has given more than one row");
}

/* Is row i a -U whose +U comes next in this step and will be the same item, the last of its key?
 * Then the item stays for it: it is not freed and made anew, and the order of the key's items is
 * that of going and coming. */
static bool stays(const struct step *s, uint32_t i, const struct bag_item *item)
{
    if (!s->own->keyed || item->next || i + 1 >= s->end || s->own_keys[i + 1] != item->key)
        return false;
    uint32_t row = batch_row(s->in, i), next = batch_row(s->in, i + 1);
    return batch_change(s->in, row) == CHANGE_UPDATE_BEFORE &&
           batch_change(s->in, next) == CHANGE_UPDATE_AFTER &&
           state_bag_get(s->own->bag, item->key, s->in->columns, next) == item;
}

/* The row itself, when it has met all of the other side. */
static enum code end_row(struct step *s, uint32_t i, uint32_t matched, struct error *err)
{
    struct op_join *op = s->op;
    uint32_t row = batch_row(s->in, i);
    enum change change = batch_change(s->in, row);
    if (op->semi || op->anti) {
        if (s->port == 0 && (matched > 0) == op->semi)
            make(s, row, NULL, false, change);
    } else if (s->own->outer && matched == 0) {
        make(s, row, NULL, false, adds(change) ? CHANGE_INSERT : CHANGE_DELETE);
    }
    if (!s->own_keys[i])
        return OK;
    if (!adds(change)) {
        struct bag_item *gone = state_bag_get(s->own->bag, s->own_keys[i], s->in->columns, row);
        if (gone && stays(s, i, gone))
            s->left = gone;
        else if (gone)
            state_bag_take(s->own->bag, gone);
        return OK;
    }
    struct bag_item *item = s->left;
    bool replaced;
    s->left = NULL;
    if (item)
        TRY(state_bag_replace(s->own->bag, item, s->in->columns, row, err));
    else
        TRY(state_bag_add(s->own->bag, s->own_keys[i], s->in->columns, row, &item, &replaced,
                          err));
    item->degree = matched;
    if (op->plan->single && s->port == 1 && (item->count > 1 || item->key->items > 1))
        return too_many(op, err);
    return OK;
}

/* Does a row that is added match what has not been matched before? One that replaces another by its
 * unique key has the same matches (a condition beside the keys asks for -U, so that then nothing is
 * replaced). */
static bool counts_anew(const struct step *s, uint32_t i)
{
    return !s->own->keyed || !s->other->outer || !s->own_keys[i] || s->left ||
           !state_bag_get(s->own->bag, s->own_keys[i], s->in->columns, batch_row(s->in, i));
}

/* All rows of the step in order; the last may have to go on in the next one. */
static enum code make_rows(struct step *s, struct join_place *place, struct error *err)
{
    bool semi = s->op->semi || s->op->anti;
    uint32_t p = 0, matched = place->matched;
    for (uint32_t i = s->first; i < s->in->selected && i <= s->end; i++) {
        uint32_t row = batch_row(s->in, i);
        enum change change = batch_change(s->in, row);
        bool counts = !adds(change) || counts_anew(s, i);
        for (; p < s->pair_end[i - s->first]; p++) {
            if (!s->pairs[p].pass)
                continue;
            matched++;
            if (!semi)
                make_match(s, row, &s->pairs[p], change, counts);
            else if (s->port == 1)
                make_semi_match(s, row, &s->pairs[p], change, counts);
        }
        if (i == s->end)
            break;
        if (!is_left_out(s, row))
            TRY(end_row(s, i, matched, err));
        matched = 0;
        s->ends[i] = s->made_count;
    }
    place->row = s->end;
    place->begun = s->end < s->in->selected;
    place->matched = matched;
    return OK;
}

/* --- output ----------------------------------------------------------------------------------------- */

/* Column of the batch for the rows made; a constant becomes one value a row where some are NULL. */
static struct column *own_column(struct step *s, const struct column *src, const uint32_t *rows,
                                 const uint32_t *zeros)
{
    struct column one = *src;
    if (!zeros)
        return column_gather(s->arena, src, rows, s->made_count);
    bool constant = column_is_constant(src);
    one.mask = UINT32_MAX;
    struct column *c = column_gather(s->arena, &one, constant ? zeros : rows, s->made_count);
    if (!c || !column_need_valid(c, s->arena))
        return NULL;
    for (uint32_t i = 0; i < s->made_count; i++)
        if (s->made[i].padded)
            column_set_null(c, i);
    return c;
}

static enum code own_columns(struct step *s, struct column **to, const bool *wanted,
                             struct error *err)
{
    uint32_t n = s->made_count;
    uint32_t *rows = arena_array(s->arena, uint32_t, 2 * (size_t)n), *zeros = NULL;
    if (!rows)
        return error_nomem(err);
    for (uint32_t i = 0; i < n; i++) {
        rows[i] = s->made[i].row;
        if (s->made[i].padded)
            zeros = rows + n;
    }
    for (uint32_t c = 0; c < s->own->width; c++) {
        to[c] = wanted && !wanted[c]
                    ? column_create_null(s->arena, s->in->columns[c]->type, n)
                    : own_column(s, s->in->columns[c], rows, zeros);
        if (!to[c])
            return error_nomem(err);
    }
    return OK;
}

/* Column of the batch that equals column c of the other side because the join says so, in every bit;
 * NULL: there is none. */
static const struct column *equal_column(const struct step *s, uint32_t c)
{
    const struct plan_join *plan = s->op->plan;
    for (uint32_t i = 0; i < plan->key_count; i++) {
        const struct column *own = s->own->keys[i];
        enum phys phys = type_phys(own->type);
        if (plan->keys[1 - s->port][i] == c && own->type == s->other->layout->slots[c].type &&
            phys != PHYS_F32 && phys != PHYS_F64 && phys != PHYS_LIST && phys != PHYS_ROW)
            return own;
    }
    return NULL;
}

static enum code other_columns(struct step *s, struct column **to, const bool *wanted,
                               struct error *err)
{
    uint32_t n = s->made_count;
    char **rows = arena_array(s->arena, char *, n);
    uint32_t *own_rows = arena_array(s->arena, uint32_t, n);
    if (!rows || !own_rows)
        return error_nomem(err);
    bool pairs = true;
    for (uint32_t i = 0; i < n; i++) {
        rows[i] = s->made[i].item ? s->made[i].item->slots : NULL;
        own_rows[i] = s->made[i].row;
        pairs = pairs && rows[i] && !s->made[i].padded;
    }
    for (uint32_t c = 0; c < s->other->width; c++) {
        const struct state_slot *slot = &s->other->layout->slots[c];
        const struct column *equal = pairs ? equal_column(s, c) : NULL;
        if (wanted && !wanted[c])
            to[c] = column_create_null(s->arena, slot->type, n);
        else
            to[c] = equal ? column_gather(s->arena, equal, own_rows, n)
                          : state_column(s->arena, slot, rows, n);
        if (!to[c])
            return error_nomem(err);
    }
    return OK;
}

/* Rows made, as a batch.  Items of the other side are still as they were. */
static enum code make_output(struct step *s, struct batch **ret, struct error *err)
{
    const struct op_join *op = s->op;
    const struct plan *plan = &op->plan->base;
    uint32_t n = s->made_count, left = op->sides[0].width;
    struct batch *out = batch_create(s->arena, plan->field_count, n);
    uint8_t *changes = arena_alloc(s->arena, MAX(n, 1));
    uint32_t *origin = arena_alloc(s->arena, MAX(n, 1) * sizeof *origin);
    if (!out || !changes || !origin)
        return error_nomem(err);
    const bool *wanted[2] = { op->plan->wanted, op->plan->wanted ? op->plan->wanted + left : NULL };
    bool one_side = op->semi || op->anti, inserts = true;
    if (!one_side || s->port == 0)
        TRY(own_columns(s, out->columns + (s->port == 0 ? 0 : left), wanted[s->port], err));
    if (!one_side || s->port == 1)
        TRY(other_columns(s, out->columns + (s->port == 0 ? left : 0), wanted[1 - s->port], err));
    for (uint32_t i = 0; i < n; i++) {
        changes[i] = s->made[i].change;
        origin[i] = batch_origin(s->in, s->made[i].row);
        inserts = inserts && changes[i] == CHANGE_INSERT;
    }
    out->changes = inserts ? NULL : changes;
    out->origin = origin;
    out->selected = n;
    *ret = out;
    return OK;
}

/* --- a step ------------------------------------------------------------------------------------------ */

static enum code make_room(struct step *s, const struct join_place *place, struct error *err)
{
    uint32_t rows = s->in->selected - place->row;
    s->pairs = arena_alloc(s->arena, JOIN_PAIRS * sizeof *s->pairs);
    s->pair_end = arena_array(s->arena, uint32_t, rows);
    s->ends = arena_array(s->arena, uint32_t, s->in->selected);
    s->made = arena_alloc(s->arena, (2 * JOIN_PAIRS + (size_t)rows) * sizeof *s->made);
    return s->pairs && s->pair_end && s->ends && s->made ? OK : error_nomem(err);
}

enum code join_step(struct op_join *op, uint32_t port, const struct batch *in,
                    struct join_place *place, struct error *err)
{
    struct step s = { .op = op,
                      .arena = op->base.worker->batch_arena,
                      .in = in,
                      .port = port,
                      .own = &op->sides[port],
                      .other = &op->sides[1 - port],
                      .updates_before = op->plan->base.before };
    uint32_t from = place->row;
    struct batch *out;
    TRY(make_room(&s, place, err));
    TRY(find_keys(&s, from, err));
    gather_pairs(&s, place);
    TRY(test_pairs(&s, err));
    TRY(make_rows(&s, place, err));
    TRY(make_output(&s, &out, err));
    state_bag_tidy_all(s.own->bag, s.own_keys + from, in->selected - from);
    if (from == 0 && place->row == in->selected)
        TRY(op_marks(&op->base, port, in, s.ends, out, err));
    return op_emit(&op->base, out, err);
}
