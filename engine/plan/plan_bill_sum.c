/* plan_bill_sum.c -- what the state of a job adds up to, for the numbers of values that --keys gives
 * its columns. */
#include "plan/plan_bill_inner.h"

#include "base/nearest.h"
#include "plan/plan_print.h"

#include <math.h>

/* How many of a part there are.  Not every combination of the values of several columns need occur:
 * `most`. */
struct part_rows {
    double rows;
    bool known; /* at all */
    bool least; /* a column has no number, or there are several rows for each value */
    bool most;
};

struct summing {
    const struct plan_job *job;
    struct plan_keys *keys;
    uint32_t key_count;
    bool as_json;
    struct buf *out;
    double bytes;
    struct part_rows all;
    uint32_t operators, parts;
    struct nearest *nearest; /* collects names instead */
};

struct looking {
    struct summing *s;
    double *count;
};

static bool look_up(void *cx, struct str name)
{
    struct looking *l = cx;
    for (uint32_t i = 0; i < l->s->key_count; i++) {
        if (!str_ieq(l->s->keys[i].column, name))
            continue;
        l->s->keys[i].used = true;
        *l->count = l->s->keys[i].count;
        return true;
    }
    return false;
}

static bool suggest(void *cx, struct str name)
{
    if (name.size > 0 && name.data[0] != '$')
        nearest_add(cx, name);
    return false;
}

static bool column_count(struct summing *s, const struct plan_bill *bill,
                         const struct bill_part *part, uint32_t i, double *ret)
{
    struct looking looking = { s, ret };
    return bill_each_name(bill, part, i, look_up, &looking);
}

static struct part_rows part_rows(struct summing *s, const struct plan_bill *bill,
                                  const struct bill_part *part)
{
    struct part_rows r = { .rows = (double)part->times,
                           .known = part->column_count == 0 && !part->more,
                           .least = part->more };
    uint32_t numbers = 0;
    for (uint32_t i = 0; i < part->column_count; i++) {
        double count;
        if (!column_count(s, bill, part, i, &count)) {
            r.least = true;
            continue;
        }
        r.rows *= count;
        r.most = ++numbers > 1;
    }
    r.known = r.known || numbers > 0;
    if (part->most > 0 && r.rows >= (double)part->most) {
        r.rows = (double)part->most;
        r.least = r.most = false;
    }
    return r;
}

static void put_number(struct buf *out, double n)
{
    static const char *const names[] = { "", " thousand", " million", " billion", " trillion" };
    size_t at = 0;
    while (n >= 10000 && at + 1 < countof(names)) {
        n /= 1000;
        at++;
    }
    if (n >= 1000 && at > 0 && at + 1 < countof(names)) {
        n /= 1000;
        at++;
    }
    buf_printf(out, n == floor(n) ? "%.0f%s" : "%.3g%s", n, names[at]);
}

static void put_unknown(struct summing *s, const struct plan_bill *bill,
                        const struct bill_part *part)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < part->column_count; i++) {
        double count;
        if (column_count(s, bill, part, i, &count))
            continue;
        buf_text(s->out, n++ > 0 ? ", " : "");
        plan_bill_print_column(s->out, bill, part, i);
    }
}

static void put_part_json(struct summing *s, const struct plan_bill *bill,
                          const struct bill_part *part, const struct part_rows *r)
{
    buf_printf(s->out, "%s\n  {\"id\": %u, \"kept\": \"%s\", \"row_bytes\": %llu, ",
               s->operators++ > 0 ? "," : "", bill->node->id, part->noun,
               (unsigned long long)part->bytes);
    if (!r->known) {
        buf_text(s->out, "\"rows\": null, \"bytes\": null}");
        return;
    }
    buf_printf(s->out, "\"rows\": %.0f, \"bytes\": %.0f", r->rows, r->rows * (double)part->bytes);
    buf_printf(s->out, ", \"at_least\": %s, \"at_most\": %s}", r->least ? "true" : "false",
               r->most ? "true" : "false");
}

static const char *about(const struct part_rows *r)
{
    return r->least && r->most ? "about " : r->least ? "at least " : r->most ? "up to " : "";
}

static void put_part_text(struct summing *s, const struct plan_bill *bill,
                          const struct bill_part *part, const struct part_rows *r)
{
    buf_text(s->out, "  ");
    plan_print_id(s->out, bill->node);
    buf_text(s->out, ": ");
    if (!r->known) {
        buf_printf(s->out, "%ss", part->noun);
        if (part->column_count > 0) {
            buf_text(s->out, " per ");
            bill_put_columns(s->out, bill, part);
        }
        buf_text(s->out, ", ~");
        plan_print_bytes(s->out, (double)part->bytes);
        buf_text(s->out, " each: how many is not known\n");
        return;
    }
    buf_text(s->out, about(r));
    put_number(s->out, r->rows);
    buf_printf(s->out, " %s%s x ", part->noun, r->rows == 1 ? "" : "s");
    plan_print_bytes(s->out, (double)part->bytes);
    buf_text(s->out, " = ");
    plan_print_bytes(s->out, r->rows * (double)part->bytes);
    if (part->more) {
        buf_text(s->out, ", with one for each");
    } else if (r->least) {
        buf_text(s->out, ", times the values of ");
        put_unknown(s, bill, part);
    }
    buf_char(s->out, '\n');
}

static void sum_part(struct summing *s, const struct plan_bill *bill, const struct bill_part *part)
{
    struct part_rows r = part_rows(s, bill, part);
    s->parts++;
    s->bytes += r.known ? r.rows * (double)part->bytes : 0;
    s->all.least = s->all.least || r.least || !r.known;
    s->all.most = s->all.most || r.most;
    if (s->as_json)
        put_part_json(s, bill, part, &r);
    else
        put_part_text(s, bill, part, &r);
}

static bool sum_all(struct summing *s)
{
    struct arena *arena = arena_create();
    bool ok = arena != NULL;
    for (uint32_t i = 0; ok && i < s->job->node_count; i++) {
        struct plan_bill bill;
        ok = plan_bill(arena, s->job, s->job->nodes[i], &bill);
        for (uint32_t k = 0; ok && k < bill.part_count; k++) {
            for (uint32_t c = 0; s->nearest && c < bill.parts[k].column_count; c++)
                bill_each_name(&bill, &bill.parts[k], c, suggest, s->nearest);
            if (!s->nearest)
                sum_part(s, &bill, &bill.parts[k]);
        }
    }
    arena_destroy(arena);
    return ok;
}

static enum code refuse_unused(struct summing *s, struct str name, struct error *err)
{
    struct nearest nearest;
    nearest_begin(&nearest, name);
    s->nearest = &nearest;
    if (!sum_all(s))
        return error_nomem(err);
    error_set(err, E_USAGE, "no operator keeps state by a column \"" STR_FMT "\"", STR_ARG(name));
    struct str best = nearest_end(&nearest);
    if (best.data)
        error_hint(err, "Perhaps you meant \"" STR_FMT "\".", STR_ARG(best));
    else
        error_hint(err, "The columns are those that state=[...] names.");
    return E_USAGE;
}

enum code plan_bill_sum(struct buf *out, const struct plan_job *job, struct plan_keys *keys,
                        uint32_t key_count, bool as_json, struct error *err)
{
    struct summing s = {
        .job = job, .keys = keys, .key_count = key_count, .as_json = as_json, .out = out
    };
    if (as_json)
        buf_text(out, "\"operators\": [");
    else
        buf_text(out, "state:\n");
    if (!sum_all(&s))
        return error_nomem(err);
    for (uint32_t i = 0; i < key_count; i++)
        if (!keys[i].used)
            return refuse_unused(&s, keys[i].column, err);
    if (as_json) {
        buf_printf(out, "], \"bytes\": %.0f", s.bytes);
        return OK;
    }
    if (key_count == 0 && s.all.least)
        return OK;
    if (s.parts == 0) {
        buf_text(out, "  nothing that grows\n");
        return OK;
    }
    buf_printf(out, "  total: %s", about(&s.all));
    plan_print_bytes(out, s.bytes);
    buf_char(out, '\n');
    return OK;
}
