/* bad_rows.c -- see bad_rows.h.
 *
 * The dead-letter table is any table of the job; its columns are filled by name:
 * raw (or message, value): the bytes; reason (or error): why; source (or table): the
 * table; place (or topic, split): where; offset: in that place; time: when.  Others
 * stay NULL. */
#include "exec/bad_rows.h"

#include "base/clock.h"

enum { SHOWN_FIRST = 5, SHOWN_EVERY = 1000 };

static bool is_named(struct str name, const char *a, const char *b, const char *c)
{
    return str_iis(name, a) || str_iis(name, b) || (c && str_iis(name, c));
}

/* The value of a dead-letter column, NULL where the column means nothing to us. */
static struct value letter_value(const struct bad_row_policy *policy, const struct field *field,
                                 const struct bad_row *row)
{
    struct value v = { .type = field->type, .is_null = true };
    struct str name = field->name;
    if (type_phys(field->type) == PHYS_VIEW) {
        v.str = is_named(name, "raw", "message", "value")   ? row->raw
                : is_named(name, "reason", "error", NULL)   ? row->reason
                : is_named(name, "source", "table", NULL)   ? policy->table
                : is_named(name, "place", "topic", "split") ? row->place
                                                            : str_make(NULL, 0);
        v.is_null = v.str.data == NULL;
    } else if (field->type->id == TYPE_BIGINT && str_iis(name, "offset")) {
        v.i64 = row->offset;
        v.is_null = row->offset < 0;
    } else if (type_is_timestamp(field->type) && is_named(name, "time", "ts", NULL)) {
        v.i64 = clock_now_us(policy->clock);
        v.is_null = false;
    }
    return v;
}

struct letter {
    struct letter *next;
    struct batch *batch;
};

static enum code add_letter(struct bad_row_policy *policy, const struct bad_row *row,
                            struct error *err)
{
    struct dead_letter *letter = policy->dead_letter;
    const struct plan_sink *plan = letter->plan;
    struct batch *batch = batch_create(letter->arena, plan->base.field_count, 1);
    struct letter *waiting = arena_new(letter->arena, struct letter);
    if (!batch || !waiting)
        return error_nomem(err);
    for (uint32_t i = 0; i < plan->base.field_count; i++) {
        struct value v = letter_value(policy, &plan->base.fields[i], row);
        if (type_phys(v.type) == PHYS_VIEW && !v.is_null) {
            v.str = arena_str(letter->arena, v.str); /* it may have to wait */
            if (!v.str.data)
                return error_nomem(err);
        }
        if (!(batch->columns[i] = value_to_column(letter->arena, &v, 1)))
            return error_nomem(err);
    }
    waiting->batch = batch;
    *letter->refused_tail = waiting;
    letter->refused_tail = &waiting->next;
    return OK;
}

static enum code offer(struct dead_letter *letter, struct error *err)
{
    while (letter->refused) {
        enum code code = letter->sink->kind->write(letter->sink, letter->refused->batch, err);
        atomic_store(&letter->waits, code == E_RETRY);
        if (code != OK)
            return code == E_RETRY ? OK : code;
        letter->refused = letter->refused->next;
    }
    letter->refused_tail = &letter->refused;
    arena_reset(letter->arena);
    return OK;
}

enum code dead_letter_retry(struct dead_letter *letter, bool *ret_blocked, struct error *err)
{
    enum code code = OK;
    if (atomic_load(&letter->waits)) {
        pthread_mutex_lock(letter->lock);
        code = offer(letter, err);
        pthread_mutex_unlock(letter->lock);
    }
    *ret_blocked = atomic_load(&letter->waits);
    return code;
}

static enum code route(struct bad_row_policy *policy, const struct bad_row *row, struct error *err)
{
    struct dead_letter *letter = policy->dead_letter;
    pthread_mutex_lock(letter->lock);
    enum code code = add_letter(policy, row, err);
    if (code == OK) {
        code = offer(letter, err);
        if (code != OK && code != E_NOMEM)
            error_while(err, "writing a bad row of table \"" STR_FMT "\" to \"" STR_FMT "\"",
                        STR_ARG(policy->table), STR_ARG(letter->plan->def.name));
    }
    pthread_mutex_unlock(letter->lock);
    return code;
}

static enum code report(struct bad_rows *base, const struct bad_row *row, struct error *err)
{
    struct bad_row_policy *policy = (struct bad_row_policy *)base;
    policy->count++;
    bool in_batch = policy->writing && row->record < policy->writing->count;
    policy->refused[in_batch ? batch_change(policy->writing, row->record) : CHANGE_INSERT]++;
    if (policy->on_error == ON_ERROR_FAIL) {
        error_set(err, E_DATA, "bad row in table \"" STR_FMT "\": " STR_FMT,
                  STR_ARG(policy->table), STR_ARG(row->reason));
        if (row->place.size > 0 && row->offset >= 0)
            error_detail(err, "It is at offset %lld of " STR_FMT ".", (long long)row->offset,
                         STR_ARG(row->place));
        else if (row->place.size > 0)
            error_detail(err, "It comes from " STR_FMT ".", STR_ARG(row->place));
        error_hint(err, "With on-error = 'skip' such rows are counted and left out.");
        return E_DATA;
    }
    bool show = policy->count <= SHOWN_FIRST || policy->count % SHOWN_EVERY == 0;
    if (show && policy->hooks && policy->hooks->bad_row)
        policy->hooks->bad_row(policy->hooks->self, policy->table, row);
    return policy->on_error == ON_ERROR_ROUTE && policy->dead_letter ? route(policy, row, err) : OK;
}

void bad_row_policy_init(struct bad_row_policy *policy, const char *on_error, struct str table,
                         const struct exec_hooks *hooks, const struct clock *clock)
{
    *policy = (struct bad_row_policy){ .base = { .report = report },
                                       .on_error = strcmp(on_error, "fail") == 0 ? ON_ERROR_FAIL
                                                   : strcmp(on_error, "route") == 0
                                                       ? ON_ERROR_ROUTE
                                                       : ON_ERROR_SKIP,
                                       .table = table,
                                       .hooks = hooks,
                                       .clock = clock };
    policy->base.goes_on = policy->on_error != ON_ERROR_FAIL;
}
