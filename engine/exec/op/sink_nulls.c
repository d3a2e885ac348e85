/* sink_nulls.c -- see sink_nulls.h.
 *
 * A delete by key is looked at by its key alone: what the other columns of the row hold
 * does not matter.  What takes back a row that was left out is left out silently.  In
 * Blink the primary key of a topic names the message's key, and a message may have none. */
#include "exec/op/sink_nulls.h"

static bool is_key(const struct plan_sink *plan, uint32_t column)
{
    const struct schema *schema = plan->def.schema;
    if (plan->def.blink && plan->connector->key_of_message)
        return false;
    for (uint32_t i = 0; i < schema->key_count; i++)
        if (schema->key[i] == column)
            return true;
    return false;
}

static bool is_demanded(const struct plan_sink *plan, uint32_t column)
{
    return plan->def.schema->fields[column].type->not_null || is_key(plan, column);
}

static bool takes(enum change change)
{
    return change == CHANGE_UPDATE_BEFORE || change == CHANGE_DELETE;
}

/* The first column of the row that must not be NULL and is; PLAN_NO_COLUMN: none. */
static uint32_t find_null(const struct plan_sink *plan, const struct batch *in, uint32_t row)
{
    bool by_key = plan->mode == SINK_UPSERT && takes(batch_change(in, row));
    for (uint32_t c = 0; c < in->column_count; c++)
        if (!column_is_valid(in->columns[c], row) &&
            (by_key ? is_key(plan, c) : is_demanded(plan, c)))
            return c;
    return PLAN_NO_COLUMN;
}

static enum code refuse(const struct plan_sink *plan, struct bad_row_policy *policy,
                        const struct batch *in, uint32_t row, uint32_t column,
                        uint64_t written[4], struct error *err)
{
    struct str name = plan->def.schema->fields[column].name;
    char *reason = is_key(plan, column)
                       ? arena_printf(in->arena, "key column \"" STR_FMT "\" is NULL",
                                      STR_ARG(name))
                       : arena_printf(in->arena,
                                      "column \"" STR_FMT "\" is NULL, and declared NOT NULL",
                                      STR_ARG(name));
    if (!reason)
        return error_nomem(err);
    if (plan->nulls == SINK_NULLS_FAIL) {
        error_set(err, E_DATA, "bad row in table \"" STR_FMT "\": %s", STR_ARG(plan->def.name),
                  reason);
        error_hint(err, "With 'table.exec.sink.not-null-enforcer' = 'DROP' such rows are left out.");
        return E_DATA;
    }
    struct bad_row bad = { .reason = str_of(reason), .offset = -1, .record = row };
    written[batch_change(in, row)]++;
    policy->writing = in;
    enum code code = bad_row_report(&policy->base, &bad, err);
    policy->writing = NULL;
    return code;
}

static bool may_have_nulls(const struct plan_sink *plan, const struct batch *in)
{
    for (uint32_t c = 0; c < in->column_count; c++)
        if (is_demanded(plan, c) && column_has_nulls(in->columns[c]))
            return true;
    return false;
}

enum code sink_nulls_leave_out(const struct plan_sink *plan, struct bad_row_policy *policy,
                               const struct batch *in, uint64_t written[4],
                               const struct batch **ret, struct error *err)
{
    *ret = in;
    if (!plan->table || !may_have_nulls(plan, in))
        return OK;
    uint32_t *selection = arena_alloc(in->arena, MAX(in->selected, 1) * sizeof *selection);
    struct batch *out = batch_derive(in->arena, in);
    if (!selection || !out)
        return error_nomem(err);
    uint32_t n = 0;
    for (uint32_t i = 0; i < in->selected; i++) {
        uint32_t row = batch_row(in, i), column = find_null(plan, in, row);
        if (column == PLAN_NO_COLUMN)
            selection[n++] = row;
        else if (plan->nulls != SINK_NULLS_DROP && !takes(batch_change(in, row)))
            TRY(refuse(plan, policy, in, row, column, written, err));
    }
    out->selection = selection;
    out->selected = n;
    *ret = out;
    return OK;
}
