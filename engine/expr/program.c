/* program.c -- see program.h.
 *
 * Compilation interns every sub-expression: equal ones (expr_equal) become one
 * step.  Running is by demand: want(step, rows) computes what is missing.  A step
 * remembers up to DONE_SETS row sets it has computed in this batch; a request is
 * answered from there when the rows wanted descend from one of them (struct rows
 * has a parent), and otherwise fills further slots of the same column, since
 * kernels touch only the slots they are given.
 *
 * Invariants
 *   - arguments are computed on exactly the rows of the call, so an error can only
 *     come from a row that SQL says is evaluated;
 *   - a column handed out stays as it is for the rows it was handed out for. */
#include "expr/program.h"

#include "base/clock.h"
#include "types/concat.h"

enum { DONE_SETS = 4 };

struct step {
    const struct expr *e;
    struct step **args;
    struct column **columns; /* of the arguments, for the kernel */
    void *scratch;           /* the kernel's */
    struct step *chain;      /* next in the interning bucket */
    struct step *next;       /* of the program */
    /* In the current batch: */
    struct column *out;      /* NULL: nothing computed yet */
    bool all;                /* computed for every row */
    uint32_t done_count;
    const struct rows *done[DONE_SETS];
};

struct program {
    struct eval cx;
    struct step *steps;      /* all of them, for program_begin */
    struct step **roots;
    uint32_t root_count;
    const struct clock *clock;
};

/* --- compilation ------------------------------------------------------------- */

enum { BUCKETS = 256 };

struct compile {
    struct arena *arena;
    struct program *p;
    struct step *buckets[BUCKETS];
};

static struct step *compile(struct compile *c, const struct expr *e)
{
    /* One node is one evaluation, also of a volatile function; two nodes that are equal are one
     * only where it makes no difference. */
    struct step **bucket = &c->buckets[e->hash % BUCKETS];
    for (struct step *s = *bucket; s; s = s->chain)
        if (s->e == e || (!(e->flags & CALL_VOLATILE) && expr_equal(s->e, e)))
            return s;

    struct step **args = NULL;
    struct column **columns = NULL;
    if (e->arg_count > 0) {
        args = arena_array(c->arena, struct step *, e->arg_count);
        columns = arena_array(c->arena, struct column *, e->arg_count);
        if (!args || !columns)
            return NULL;
        for (uint32_t i = 0; i < e->arg_count; i++)
            if (!(args[i] = compile(c, e->args[i])))
                return NULL;
    }
    struct step *s = arena_new(c->arena, struct step);
    if (!s)
        return NULL;
    s->e = e;
    s->args = args;
    s->columns = columns;
    s->chain = *bucket;
    s->next = c->p->steps;
    *bucket = s;
    c->p->steps = s;
    return s;
}

enum code program_create(struct arena *op_arena, struct expr *const *exprs, uint32_t n,
                         const struct clock *clock, struct program **ret, struct error *err)
{
    struct program *p = arena_new(op_arena, struct program);
    if (!p)
        return error_nomem(err);
    p->roots = arena_array(op_arena, struct step *, MAX(n, 1));
    if (!p->roots)
        return error_nomem(err);
    p->root_count = n;
    p->clock = clock;
    p->cx.op_arena = op_arena;
    p->cx.clock = clock;

    struct compile c = { .arena = op_arena, .p = p };
    for (uint32_t i = 0; i < n; i++)
        if (!(p->roots[i] = compile(&c, exprs[i])))
            return error_nomem(err);
    *ret = p;
    return OK;
}

void program_begin(struct program *p, struct arena *batch_arena, struct column *const *input,
                   uint32_t count)
{
    p->cx.arena = batch_arena;
    p->cx.input = input;
    p->cx.count = count;
    p->cx.now_us = clock_now_us(p->clock);
    for (struct step *s = p->steps; s; s = s->next) {
        s->out = NULL;
        s->all = false;
        s->done_count = 0;
    }
}

/* --- rows --------------------------------------------------------------------- */

static bool is_everything(const struct program *p, const struct rows *rows)
{
    return !rows->sel && rows->n == p->cx.count;
}

static bool is_done(const struct step *s, const struct rows *rows)
{
    if (s->all)
        return true;
    for (uint32_t i = 0; i < s->done_count; i++)
        for (const struct rows *r = rows; r; r = r->parent)
            if (r == s->done[i])
                return true;
    return false;
}

static void mark_done(const struct program *p, struct step *s, const struct rows *rows)
{
    if (is_everything(p, rows))
        s->all = true;
    else if (s->done_count < DONE_SETS)
        s->done[s->done_count++] = rows;
    else
        s->done[DONE_SETS - 1] = rows;
}

/* A subset of `parent` with room for all of its rows; n is set by the caller. */
static struct rows *subset(struct program *p, const struct rows *parent, uint32_t **ret_sel)
{
    struct rows *rows = arena_alloc(p->cx.arena, sizeof *rows);
    uint32_t *sel = arena_alloc(p->cx.arena, MAX(parent->n, 1) * sizeof *sel);
    if (!rows || !sel)
        return NULL;
    *rows = (struct rows){ .sel = sel, .n = 0, .parent = parent };
    *ret_sel = sel;
    return rows;
}

/* rows minus part, where part is a subset of rows. */
static enum code rest_of(struct program *p, const struct rows *rows, const struct rows *part,
                         const struct rows **ret, struct error *err)
{
    if (part->n == 0) {
        *ret = rows;
        return OK;
    }
    uint32_t *sel;
    struct rows *rest = subset(p, rows, &sel);
    if (!rest)
        return error_nomem(err);
    uint32_t at = 0;
    ROWS_EACH(rows, i)
    {
        if (at < part->n && (part->sel ? part->sel[at] : at) == i)
            at++;
        else
            sel[rest->n++] = i;
    }
    *ret = rest;
    return OK;
}

/* --- evaluation ----------------------------------------------------------------- */

static enum code want(struct program *p, struct step *s, const struct rows *rows,
                      struct error *err);
static enum code filter(struct program *p, struct step *s, const struct rows *rows,
                        const struct rows **ret, struct error *err);

static bool is_nested(const struct type *type)
{
    return type->id >= TYPE_ARRAY;
}

static enum code make_out(struct program *p, struct step *s, struct error *err)
{
    if (s->out && !is_nested(s->e->type))
        return OK; /* fill further slots */
    s->out = column_create(p->cx.arena, s->e->type, p->cx.count);
    if (!s->out)
        return error_nomem(err);
    s->done_count = 0;
    return OK;
}

static enum code constant_null(struct program *p, struct step *s, struct error *err)
{
    s->out = column_create_null(p->cx.arena, s->e->type, p->cx.count);
    if (!s->out)
        return error_nomem(err);
    s->all = true;
    return OK;
}

/* Makes NULL every row of `rows` where an argument is NULL; gives the rows that are left. */
static enum code valid_rows(struct program *p, struct step *s, const struct rows *rows,
                            const struct rows **ret, struct error *err)
{
    const struct rows *left = rows;
    for (uint32_t a = 0; a < s->e->arg_count; a++) {
        const struct column *c = s->columns[a];
        if (!c->valid || column_is_constant(c))
            continue;
        if (!column_need_valid(s->out, p->cx.arena))
            return error_nomem(err);
        uint32_t *sel;
        struct rows *some = subset(p, left, &sel);
        if (!some)
            return error_nomem(err);
        uint32_t n = 0;
        ROWS_EACH(left, i)
        {
            if (likely(bit_get(c->valid, i)))
                sel[n++] = i;
            else
                column_set_null(s->out, i);
        }
        some->n = n;
        left = some;
    }
    *ret = left;
    return OK;
}

/* For kernels that do not mind garbage: only the bitmap says what is NULL. */
static enum code and_bitmaps(struct program *p, struct step *s, const struct rows *rows,
                             struct error *err)
{
    for (uint32_t a = 0; a < s->e->arg_count; a++) {
        const struct column *c = s->columns[a];
        if (!c->valid || column_is_constant(c))
            continue;
        if (!column_need_valid(s->out, p->cx.arena))
            return error_nomem(err);
        if (is_everything(p, rows)) {
            for (size_t w = 0; w < bit_words(p->cx.count); w++)
                s->out->valid[w] &= c->valid[w];
        } else {
            ROWS_EACH(rows, i)
            {
                if (!bit_get(c->valid, i))
                    bit_clear(s->out->valid, i);
            }
        }
    }
    return OK;
}

static enum code call_kernel(struct program *p, const struct expr *e,
                             const struct kernel_call *call, const struct rows *rows,
                             struct column *out, struct error *err)
{
    enum code code = e->kernel(&p->cx, call, rows, out, err);
    if (unlikely(code != OK) && e->span.size > 0)
        error_locate(err, e->span); /* kernels do not know where they stand in the text */
    return code;
}

static enum code run_call(struct program *p, struct step *s, const struct rows *rows,
                          struct error *err)
{
    const struct expr *e = s->e;
    bool constant = !(e->flags & CALL_VOLATILE) && rows->n > 0;
    for (uint32_t a = 0; a < e->arg_count; a++) {
        TRY(want(p, s->args[a], rows, err));
        s->columns[a] = s->args[a]->out;
        if (!column_is_constant(s->columns[a]))
            constant = false;
        else if (!(e->flags & CALL_NULLS) && !column_is_valid(s->columns[a], 0))
            return constant_null(p, s, err);
    }
    struct kernel_call call = { .state = e->state,
                                .args = s->columns,
                                .arg_count = e->arg_count,
                                .scratch = &s->scratch };
    if (constant) {
        s->out = column_create_constant(p->cx.arena, e->type, p->cx.count);
        if (!s->out)
            return error_nomem(err);
        TRY(call_kernel(p, e, &call, &(struct rows){ .n = 1 }, s->out, err));
        s->all = true;
        return OK;
    }
    TRY(make_out(p, s, err));
    const struct rows *compute = rows;
    if (!(e->flags & (CALL_NULLS | CALL_SAFE)))
        TRY(valid_rows(p, s, rows, &compute, err));
    TRY(call_kernel(p, e, &call, compute, s->out, err));
    if (e->flags & CALL_SAFE)
        TRY(and_bitmaps(p, s, rows, err));
    mark_done(p, s, rows);
    return OK;
}

/* AND and OR as values.  `decides` is the value that ends it: FALSE for AND. */
static enum code run_logic(struct program *p, struct step *s, const struct rows *rows,
                           struct error *err)
{
    TRY(make_out(p, s, err));
    uint8_t decides = s->e->kind == EXPR_OR;
    uint8_t *out = COLUMN_OUT(s->out, uint8_t);
    enum { UNKNOWN_MARK = 2 };
    ROWS_EACH(rows, i) { out[i] = !decides; }

    const struct rows *left = rows;
    for (uint32_t a = 0; a < s->e->arg_count && left->n > 0; a++) {
        TRY(want(p, s->args[a], left, err));
        const struct column *c = s->args[a]->out;
        uint32_t *sel;
        struct rows *undecided = subset(p, left, &sel);
        if (!undecided)
            return error_nomem(err);
        uint32_t n = 0;
        ROWS_EACH(left, i)
        {
            if (!column_is_valid(c, i)) {
                out[i] = UNKNOWN_MARK;
                sel[n++] = i;
            } else if (COLUMN_AT(c, uint8_t, i) == decides) {
                out[i] = decides;
            } else {
                sel[n++] = i;
            }
        }
        undecided->n = n;
        left = undecided;
    }
    ROWS_EACH(rows, i)
    {
        if (out[i] == UNKNOWN_MARK) {
            if (!column_need_valid(s->out, p->cx.arena))
                return error_nomem(err);
            column_set_null(s->out, i);
        }
    }
    mark_done(p, s, rows);
    return OK;
}

/* Branches of nested types are put one behind the other, then picked from. */
static enum code pick_nested(struct program *p, struct step *s, struct column **branches,
                             const struct rows **taken, uint32_t n, struct error *err)
{
    struct column *joined = column_concat(p->cx.arena, branches, n);
    uint32_t *from = arena_alloc(p->cx.arena, MAX(p->cx.count, 1) * sizeof *from);
    if (!joined || !from)
        return error_nomem(err);
    memset(from, 0, p->cx.count * sizeof *from);
    for (uint32_t b = 0; b < n; b++)
        ROWS_EACH(taken[b], i) { from[i] = b * p->cx.count + i; }
    s->out = column_gather(p->cx.arena, joined, from, p->cx.count);
    return s->out ? OK : error_nomem(err);
}

static enum code copy_rows(struct program *p, struct step *s, const struct column *from,
                           const struct rows *rows, struct error *err)
{
    if (from->valid && !column_need_valid(s->out, p->cx.arena))
        return error_nomem(err);
    ROWS_EACH(rows, i) { column_copy_slot(s->out, i, from, i); }
    return OK;
}

static enum code run_case(struct program *p, struct step *s, const struct rows *rows,
                          struct error *err)
{
    uint32_t branches = s->e->arg_count / 2 + 1;
    bool nested = is_nested(s->e->type);
    struct column **columns = NULL;
    const struct rows **taken = NULL;
    if (nested) {
        columns = arena_array(p->cx.arena, struct column *, branches);
        taken = arena_array(p->cx.arena, const struct rows *, branches);
        if (!columns || !taken)
            return error_nomem(err);
        s->out = NULL;
        s->done_count = 0;
    } else {
        TRY(make_out(p, s, err));
    }
    const struct rows *left = rows;
    for (uint32_t b = 0; b < branches; b++) {
        bool last = b + 1 == branches;
        const struct rows *here = left;
        if (!last) {
            TRY(filter(p, s->args[2 * b], left, &here, err));
            TRY(rest_of(p, left, here, &left, err));
        }
        struct step *value = s->args[last ? 2 * b : 2 * b + 1];
        TRY(want(p, value, here, err));
        if (nested) {
            columns[b] = value->out;
            taken[b] = here;
        } else {
            TRY(copy_rows(p, s, value->out, here, err));
        }
    }
    if (nested)
        TRY(pick_nested(p, s, columns, taken, branches, err));
    mark_done(p, s, rows);
    return OK;
}

static enum code want(struct program *p, struct step *s, const struct rows *rows,
                      struct error *err)
{
    if (s->out && is_done(s, rows))
        return OK;
    switch (s->e->kind) {
    case EXPR_COLUMN:
        s->out = p->cx.input[s->e->column];
        s->all = true;
        return OK;
    case EXPR_LITERAL:
        s->out = value_to_column(p->cx.arena, s->e->literal, p->cx.count);
        s->all = true;
        return s->out ? OK : error_nomem(err);
    case EXPR_CALL:
        return run_call(p, s, rows, err);
    case EXPR_AND:
    case EXPR_OR:
        return run_logic(p, s, rows, err);
    case EXPR_CASE:
        return run_case(p, s, rows, err);
    }
    return error_set(err, E_INTERNAL, "expression of unknown kind %d", (int)s->e->kind);
}

/* Both are sorted and disjoint. */
static enum code merge_rows(struct program *p, const struct rows *parent, const struct rows *a,
                            const struct rows *b, const struct rows **ret, struct error *err)
{
    if (a->n == 0 || b->n == 0) {
        *ret = a->n == 0 ? b : a;
        return OK;
    }
    uint32_t *sel;
    struct rows *both = subset(p, parent, &sel);
    if (!both)
        return error_nomem(err);
    uint32_t i = 0, j = 0;
    while (i < a->n || j < b->n) {
        uint32_t x = i < a->n ? (a->sel ? a->sel[i] : i) : UINT32_MAX;
        uint32_t y = j < b->n ? (b->sel ? b->sel[j] : j) : UINT32_MAX;
        sel[both->n++] = x < y ? x : y;
        i += x < y;
        j += y < x;
    }
    *ret = both;
    return OK;
}

static enum code filter_column(struct program *p, const struct column *c, const struct rows *rows,
                               const struct rows **ret, struct error *err)
{
    if (column_is_constant(c)) {
        bool pass = column_is_valid(c, 0) && COLUMN_AT(c, uint8_t, 0);
        if (pass) {
            *ret = rows;
            return OK;
        }
    }
    uint32_t *sel;
    struct rows *some = subset(p, rows, &sel);
    if (!some)
        return error_nomem(err);
    uint32_t n = 0;
    if (!column_is_constant(c)) {
        const uint8_t *values = c->values;
        if (c->valid) {
            ROWS_EACH(rows, i)
            {
                sel[n] = i;
                n += values[i] & (uint8_t)bit_get(c->valid, i);
            }
        } else if (rows->sel) {
            for (uint32_t k = 0; k < rows->n; k++) {
                sel[n] = rows->sel[k];
                n += values[rows->sel[k]];
            }
        } else {
            for (uint32_t i = 0; i < rows->n; i++) {
                sel[n] = i;
                n += values[i];
            }
        }
    }
    some->n = n;
    *ret = n == rows->n ? rows : some;
    return OK;
}

static enum code filter(struct program *p, struct step *s, const struct rows *rows,
                        const struct rows **ret, struct error *err)
{
    if (s->e->kind == EXPR_AND) {
        for (uint32_t a = 0; a < s->e->arg_count && rows->n > 0; a++)
            TRY(filter(p, s->args[a], rows, &rows, err));
        *ret = rows;
        return OK;
    }
    if (s->e->kind == EXPR_OR) {
        const struct rows *passed = NULL;
        const struct rows *left = rows;
        for (uint32_t a = 0; a < s->e->arg_count && left->n > 0; a++) {
            const struct rows *some;
            TRY(filter(p, s->args[a], left, &some, err));
            TRY(rest_of(p, left, some, &left, err));
            if (!passed)
                passed = some;
            else
                TRY(merge_rows(p, rows, passed, some, &passed, err));
            if (passed->n == rows->n)
                break;
        }
        *ret = passed ? passed : rows;
        return OK;
    }
    TRY(want(p, s, rows, err));
    return filter_column(p, s->out, rows, ret, err);
}

enum code program_filter(struct program *p, uint32_t i, const struct rows *rows,
                         const struct rows **ret, struct error *err)
{
    return filter(p, p->roots[i], rows, ret, err);
}

enum code program_column(struct program *p, uint32_t i, const struct rows *rows,
                         struct column **ret, struct error *err)
{
    TRY(want(p, p->roots[i], rows, err));
    *ret = p->roots[i]->out;
    return OK;
}

enum code program_constant(struct arena *arena, struct expr *e, const struct clock *clock,
                           struct value *ret, struct error *err)
{
    struct program *p;
    TRY(program_create(arena, &e, 1, clock, &p, err));
    program_begin(p, arena, NULL, 1);
    struct rows *one = arena_alloc(arena, sizeof *one);
    if (!one)
        return error_nomem(err);
    *one = (struct rows){ .n = 1 };
    struct column *column;
    TRY(program_column(p, 0, one, &column, err));
    return value_from_column(column, 0, arena, ret) ? OK : error_nomem(err);
}
