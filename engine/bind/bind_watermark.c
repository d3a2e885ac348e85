/* bind_watermark.c -- event time of a table: the node between its scan and everything
 * that reads it. */
#include "bind/binder.h"

/* The node's columns: those of the scan, and behind them a row time that is computed. */
static enum code make_fields(struct binder *b, struct plan_watermark *w, struct error *err)
{
    const struct plan *scan = w->base.inputs[0];
    memcpy(w->base.fields, scan->fields, scan->field_count * sizeof *scan->fields);
    uint32_t at = w->computed;
    if (at == PLAN_NO_COLUMN)
        at = w->rowtime->column;
    else
        w->base.fields[at].name = w->scan->table->columns[w->scan->watermark->column].name;
    w->base.fields[at].type = type_with_time(b->arena, w->rowtime->type, TIME_ROWTIME);
    return w->base.fields[at].type ? OK : error_nomem(err);
}

/* What the table says wins. */
static int64_t idle_ms_of(const struct binder *b, const struct plan_scan *scan)
{
    static const char option[] = "scan.watermark.idle-timeout";
    bool own = options_has(scan->def.options, option);
    return own ? options_duration_ms(scan->def.options, option) : b->hooks->idle_ms;
}

static enum code make_node(struct binder *b, struct plan_scan *scan, struct expr *const *stored,
                           struct plan **ret, struct error *err)
{
    const struct catalog_watermark *declared = scan->watermark;
    const struct catalog_table *table = scan->table;
    const struct catalog_column *column = &table->columns[declared->column];
    struct expr *rowtime;
    if (column->form == COLUMN_EXPR) {
        if (!(rowtime = bind_over_stored(b->arena, column->computed, stored)))
            return error_nomem(err);
    } else {
        uint32_t at = 0;
        for (uint32_t i = 0; i < declared->column; i++)
            at += table->columns[i].form != COLUMN_EXPR;
        rowtime = stored[at];
    }
    bool is_stored = rowtime->kind == EXPR_COLUMN;
    uint32_t n = scan->base.field_count + !is_stored;
    struct plan *plan = bind_node(b, PLAN_WATERMARK, sizeof(struct plan_watermark), n, 1,
                                  scan->base.span);
    if (!plan)
        return error_nomem(err);
    struct plan_watermark *w = (struct plan_watermark *)plan;
    plan->inputs[0] = &scan->base;
    w->scan = scan;
    w->computed = is_stored ? PLAN_NO_COLUMN : scan->base.field_count;
    w->rowtime = rowtime;
    w->delay_us = declared->delay_us;
    if (declared->delay_us < 0) {
        w->delay_us = 0;
        if (!(w->watermark = bind_over_stored(b->arena, declared->expr, stored)))
            return error_nomem(err);
    }
    w->idle_ms = idle_ms_of(b, scan);
    w->future_ms = b->hooks->future_ms;
    TRY(make_fields(b, w, err));
    *ret = plan;
    return plan_derive(b->arena, plan) ? OK : error_nomem(err);
}

enum code bind_watermark(struct binder *b, struct plan_scan *scan, struct expr *const *stored,
                         struct plan **ret, struct error *err)
{
    *ret = &scan->base;
    if (!scan->watermark)
        return OK;
    for (uint32_t i = 0; i < b->scan_count; i++) {
        struct scan_entry *entry = &b->scans[i];
        if (entry->scan != scan)
            continue;
        if (!entry->watermark)
            TRY(make_node(b, scan, stored, &entry->watermark, err));
        *ret = entry->watermark;
        return OK;
    }
    return error_set(err, E_INTERNAL, "a scan is not among those of its job");
}
