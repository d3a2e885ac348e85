/* why_text.c -- the words that findings are made of. */
#include "exec/why_inner.h"

#include "types/time.h"
#include "types/zone.h"

#include <stdio.h>

static struct str keep(struct walk *w, struct buf *text)
{
    struct str copy = STR("");
    if (buf_check(text, NULL) != OK)
        w->is_out_of_memory = true;
    else if (text->size > 0 && !(copy = arena_str(w->arena, buf_view(text))).data)
        w->is_out_of_memory = true;
    buf_clear(text);
    return copy;
}

void why_add(struct walk *w, enum why_severity severity, const struct plan *plan)
{
    struct why_finding finding = { .severity = severity, .plan = plan };
    finding.text = keep(w, &w->text);
    finding.hint = keep(w, &w->hint);
    if (!ARENA_PUSH(w->arena, w->items, w->count, w->cap, finding))
        w->is_out_of_memory = true;
}

void why_put_op(struct buf *out, const struct plan *plan)
{
    buf_printf(out, "%s#%u", plan_kind_name(plan->kind), plan->id);
}

void why_put_count(struct buf *out, uint64_t n, const char *what)
{
    char digits[32];
    int size = snprintf(digits, sizeof digits, "%llu", (unsigned long long)n);
    for (int i = 0; i < size; i++) {
        if (i > 0 && (size - i) % 3 == 0)
            buf_char(out, ',');
        buf_char(out, digits[i]);
    }
    buf_printf(out, " %s%s", what, n == 1 ? "" : "s");
}

void why_put_span(struct buf *out, int64_t us)
{
    long long s = us / 1000000;
    if (s < 180)
        buf_printf(out, "%lld s", s);
    else if (s < 3 * 3600)
        buf_printf(out, "%lld min", s / 60);
    else
        buf_printf(out, "%lld h", s / 3600);
}

void why_put_since(struct buf *out, const struct flow *flow)
{
    if (flow->since_us == 0)
        return;
    buf_text(out, " in the last ");
    why_put_span(out, MAX(flow->since_us, 1000000));
}

void why_put_time(struct walk *w, struct buf *out, const struct plan_watermark *of, int64_t us)
{
    const struct zone *zone = w->job->scan_count > 0 ? w->job->scans[0]->def.zone : NULL;
    char text[TIME_TEXT_MAX];
    if (!time_us_in_range(us)) {
        buf_text(out, "none");
        return;
    }
    if (zone && (!of || of->rowtime->type->id != TYPE_TIMESTAMP))
        us = zone_utc_to_local_us(zone, NULL, us);
    size_t size = time_print_timestamp(us, 3, TIME_FRACTION_TRIMMED, ' ', text);
    buf_put(out, text, size);
}
