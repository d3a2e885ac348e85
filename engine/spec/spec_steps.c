/* spec_steps.c -- statements of a case, bound to the tables of the job that they speak of. */
#include "spec/spec_case.h"

#include "base/nearest.h"
#include "plan/plan.h"
#include "types/time.h"
#include "types/zone.h"

struct spec_values spec_values_of(const struct spec_run *run)
{
    return (struct spec_values){ .arena = run->arena,
                                 .env = run->job.env,
                                 .clock = run->job.clock,
                                 .text = run->how->script->text };
}

/* ---- names of tables ---- */

static void add_names(const struct spec_run *run, unsigned roles, struct nearest *nearest)
{
    const struct spec_tables *t = run->tables;
    for (uint32_t i = 0; (roles & 1) && i < t->source_count; i++)
        nearest_add(nearest, t->sources[i].scan->def.name);
    for (uint32_t i = 0; (roles & 2) && i < t->sink_count; i++)
        nearest_add(nearest, t->sinks[i].plan->table ? t->sinks[i].plan->def.name : STR("result"));
    for (uint32_t i = 0; (roles & 4) && i < t->lookup_count; i++)
        nearest_add(nearest, t->lookups[i].name);
}

static void add_listed(struct buf *out, const char *role, struct str name)
{
    buf_printf(out, "%s" STR_FMT, out->size > 0 ? ", " : role, STR_ARG(name));
}

/* A view, or a table that no query of the job has, is none of these. */
static void list_tables(const struct spec_run *run, unsigned role, struct error *err)
{
    const struct spec_tables *t = run->tables;
    struct buf names;
    buf_init(&names, 400);
    for (uint32_t i = 0; role == 1 && i < t->source_count; i++)
        add_listed(&names, "It reads ", t->sources[i].scan->def.name);
    for (uint32_t i = 0; role == 2 && i < t->sink_count; i++)
        if (t->sinks[i].plan->table)
            add_listed(&names, "It writes ", t->sinks[i].plan->def.name);
    for (uint32_t i = 0; role == 4 && i < t->lookup_count; i++)
        add_listed(&names, "It looks rows up in ", t->lookups[i].name);
    if (names.size > 0)
        error_detail(err, "%s%s.", buf_cstr(&names), names.failed ? " ..." : "");
    buf_done(&names);
}

/* What else the table is, for whoever has taken the wrong statement. */
static const char *other_role(struct spec_run *run, struct str name, unsigned role)
{
    if (role != 1 && spec_tables_source(run->tables, name))
        return "The job reads it: FEED gives it rows.";
    if (role != 4 && spec_tables_lookup(run->tables, name))
        return "The job looks rows up in it: TABLE says which it has.";
    if (role != 2 && spec_tables_sink(run->tables, name, 0))
        return "The job writes it: EXPECT says what comes.";
    return NULL;
}

static enum code no_table(struct spec_run *run, const struct spec_statement *s, unsigned role,
                          const char *what, struct error *err)
{
    error_at(err, E_NAME, s->table.span, "the job %s \"" STR_FMT "\"", what,
             STR_ARG(s->table.text));
    const char *other = s->result == 0 ? other_role(run, s->table.text, role) : NULL;
    if (other) {
        error_hint(err, "%s", other);
        return E_NAME;
    }
    struct nearest nearest;
    nearest_begin(&nearest, s->table.text);
    add_names(run, role, &nearest);
    struct str best = nearest_end(&nearest);
    if (best.data)
        error_hint(err, "Perhaps you meant \"" STR_FMT "\".", STR_ARG(best));
    else
        list_tables(run, role, err);
    return E_NAME;
}

static enum code no_result(struct spec_run *run, const struct spec_statement *s, struct error *err)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < run->tables->sink_count; i++)
        n += run->tables->sinks[i].plan->table == NULL;
    if (n == 0)
        return error_at(err, E_NAME, s->table.span, "the job has no SELECT whose rows are shown");
    return error_at(err, E_NAME, s->table.span, "the job has %u SELECT%s whose rows are shown", n,
                    n == 1 ? "" : "s");
}

/* ---- expectations ---- */

static const struct schema *sink_schema(struct spec_run *run, const struct spec_sink *sink)
{
    struct schema *schema = arena_new(run->arena, struct schema);
    if (!schema)
        return NULL;
    *schema =
        (struct schema){ .fields = sink->plan->base.fields, .count = sink->plan->base.field_count };
    if (sink->plan->table && sink->plan->def.schema->count == schema->count)
        *schema = *sink->plan->def.schema;
    return schema;
}

static enum code bind_wanted(struct spec_run *run, const struct spec_line *line,
                             const struct schema *schema, const uint32_t *columns, uint32_t count,
                             struct spec_wanted *ret, struct error *err)
{
    struct spec_values cx = spec_values_of(run);
    ret->change = line->change;
    ret->values = arena_array(run->arena, struct value, MAX(schema->count, 1));
    ret->any = arena_array(run->arena, bool, MAX(schema->count, 1));
    if (!ret->values || !ret->any)
        return error_nomem(err);
    memset(ret->any, true, schema->count);
    for (uint32_t i = 0; i < count; i++) {
        uint32_t c = columns[i];
        ret->any[c] = line->cells[i].is_any;
        if (!ret->any[c])
            TRY(spec_value_bind(&cx, line->cells[i].span, schema->fields[c].type, &ret->values[c],
                                err));
    }
    return OK;
}

static enum code bind_expected_rows(struct spec_run *run, struct spec_step *step, struct error *err)
{
    const struct spec_statement *s = step->statement;
    const struct schema *schema = sink_schema(run, step->sink);
    if (!schema)
        return error_nomem(err);
    TRY(spec_columns_bind(run, s, schema, step->sink->plan->table, &step->columns,
                          &step->column_count, err));
    step->wanted = arena_array(run->arena, struct spec_wanted, MAX(s->line_count, 1));
    if (!step->wanted)
        return error_nomem(err);
    for (uint32_t i = 0; i < s->line_count; i++) {
        TRY(spec_check_width(s, &s->lines[i], schema, step->column_count, err));
        TRY(bind_wanted(run, &s->lines[i], schema, step->columns, step->column_count,
                        &step->wanted[step->wanted_count++], err));
    }
    return OK;
}

static enum code bind_expect(struct spec_run *run, struct spec_step *step, struct error *err)
{
    const struct spec_statement *s = step->statement;
    if (s->want == WANT_ERROR)
        return OK;
    if (s->want == WANT_LATE || s->want == WANT_SKIPPED)
        step->source = spec_tables_source(run->tables, s->table.text);
    if (step->source)
        return OK;
    if (s->want == WANT_LATE)
        return no_table(run, s, 1, "reads no table", err);
    step->sink = spec_tables_sink(run->tables, s->table.text, s->result);
    if (!step->sink && str_iis(s->table.text, "result"))
        return no_result(run, s, err);
    if (!step->sink)
        return s->want == WANT_SKIPPED ? no_table(run, s, 3, "has no table", err)
                                       : no_table(run, s, 2, "writes no table", err);
    return bind_expected_rows(run, step, err);
}

/* ---- the others ---- */

static enum code bind_tick(struct spec_run *run, struct spec_step *step, struct error *err)
{
    const struct spec_statement *s = step->statement;
    struct time_stamp stamp;
    if (s->text_count == 0)
        return OK;
    if (!time_parse_stamp(s->texts[0].text, &stamp)) {
        error_at(err, E_SYNTAX, s->texts[0].span, "\"" STR_FMT "\" is no time",
                 STR_ARG(s->texts[0].text));
        error_hint(err, "A time is written as in '2020-08-06T16:35:49Z'.");
        return E_SYNTAX;
    }
    step->until_us = stamp.has_offset ? stamp.local_us - (int64_t)stamp.offset_s * 1000000
                                      : zone_local_to_utc_us(run->job.env->zone, NULL,
                                                             stamp.local_us, ZONE_EARLIER);
    return OK;
}

static enum code bind_lookup(struct spec_run *run, struct spec_step *step, struct error *err)
{
    const struct spec_statement *s = step->statement;
    step->lookup = spec_tables_lookup(run->tables, s->table.text);
    if (!step->lookup)
        return no_table(run, s, 4, "looks nothing up in a table", err);
    return s->kind == SPEC_TABLE ? spec_table_bind(run, step, err) : OK;
}

static enum code bind_step(struct spec_run *run, struct spec_step *step, struct error *err)
{
    const struct spec_statement *s = step->statement;
    switch (s->kind) {
    case SPEC_FEED:
        step->source = spec_tables_source(run->tables, s->table.text);
        return step->source ? spec_feed_bind(run, step, err)
                            : no_table(run, s, 1, "reads no table", err);
    case SPEC_TABLE:
    case SPEC_MOCK:
        return bind_lookup(run, step, err);
    case SPEC_TICK:
        return bind_tick(run, step, err);
    case SPEC_EXPECT:
        return bind_expect(run, step, err);
    default:
        return OK;
    }
}

/* Behind END OF INPUT nothing can come, and nothing can be stopped. */
static enum code check_end(const struct spec_run *run, struct error *err)
{
    bool has_ended = false;
    for (uint32_t i = 0; i < run->step_count; i++) {
        const struct spec_statement *s = run->steps[i].statement;
        if (has_ended && (s->kind == SPEC_FEED || s->kind == SPEC_END || s->kind == SPEC_RESTART))
            return error_at(err, E_PLAN, s->span, "the input has ended before this");
        has_ended = has_ended || s->kind == SPEC_END;
    }
    return OK;
}

enum code spec_steps_bind(struct spec_run *run, struct error *err)
{
    const struct spec_script *script = run->how->script;
    const struct spec_case *which = run->how->which;
    run->steps =
        arena_array(run->arena, struct spec_step, script->prelude_count + which->count + 1);
    if (!run->steps)
        return error_nomem(err);
    for (uint32_t i = 0; i < script->prelude_count + which->count; i++) {
        const struct spec_statement *s = i < script->prelude_count
                                             ? &script->prelude[i]
                                             : &which->statements[i - script->prelude_count];
        if (s->kind > SPEC_PROFILE)
            run->steps[run->step_count++].statement = s;
    }
    TRY(check_end(run, err));
    for (uint32_t i = 0; i < run->step_count; i++)
        TRY(bind_step(run, &run->steps[i], err));
    return OK;
}
