/* fn_time_pattern.c -- see fn_time_pattern.h.
 *
 * In the Flink dialect a wrong literal pattern is an error of the statement, in Blink it
 * gives NULL (rule 8).  A pattern that is a column is compiled when it changes, in the
 * batch's memory, so that a job with a million patterns does not keep them.  Java takes
 * an unknown time zone for GMT; a literal one that does not exist is an error here all
 * the same. */
#include "expr/fn_time_pattern.h"

#include "base/hash.h"

#define DEFAULT_PATTERN STR("yyyy-MM-dd HH:mm:ss")

/* NULL in *ret: the pattern is wrong. */
enum code format_run_pattern(struct format_run *run, uint32_t which, uint32_t row,
                             const struct datefmt **ret, struct error *err)
{
    const struct format_pattern *pattern = &run->state->patterns[which];
    struct str text;

    if (pattern->fmt || pattern->wrong) {
        *ret = pattern->fmt;
        return OK;
    }
    text = view_str(COLUMN_AT(run->call->args[pattern->arg], struct view, row));
    if (!run->patterns[which].seen || !str_eq(run->patterns[which].text, text)) {
        const struct datefmt *fmt = NULL;
        enum code code = datefmt_compile(run->cx->arena, text, pattern->style, &fmt, NULL);
        if (code == E_NOMEM)
            return error_nomem(err);
        run->patterns[which].seen = true;
        run->patterns[which].text = text;
        run->patterns[which].fmt = code == OK ? fmt : NULL;
    }
    *ret = run->patterns[which].fmt;
    return OK;
}

/* The zone, and a cursor for it. */
enum code format_run_zone(struct format_run *run, uint32_t which, uint32_t row,
                          const struct zone **ret, struct zone_cursor **ret_cursor,
                          struct error *err)
{
    const struct format_zone *zone = &run->state->zones[which];
    struct str name;

    *ret_cursor = &run->zones[which].cursor;
    if (zone->zone) {
        *ret = zone->zone;
        return OK;
    }
    name = view_str(COLUMN_AT(run->call->args[zone->arg], struct view, row));
    if (!run->zones[which].seen || !str_eq(run->zones[which].name, name)) {
        const struct zone *loaded = zone_utc;
        enum code code = zone_load(run->cx->arena, name, &loaded, NULL);
        if (code == E_NOMEM)
            return error_nomem(err);
        run->zones[which].seen = true;
        run->zones[which].name = name;
        run->zones[which].zone = code == OK ? loaded : zone_utc;
        run->zones[which].cursor = (struct zone_cursor){ 0 };
    }
    *ret = run->zones[which].zone;
    return OK;
}

/* A text of argument 0, read with pattern 0 in zone 0. */
enum code format_next_text(struct format_run *run, uint32_t row, bool *ret_ok, bool *ret_local,
                           int64_t *ret_us, struct error *err)
{
    struct str text = view_str(COLUMN_AT(run->call->args[0], struct view, row));
    const struct datefmt *fmt = NULL;
    const struct zone *zone = zone_utc;
    struct zone_cursor *cursor = NULL;

    TRY(format_run_pattern(run, 0, row, &fmt, err));
    TRY(format_run_zone(run, 0, row, &zone, &cursor, err));
    *ret_local = false;
    if (run->state->patterns[0].is_default) {
        *ret_ok = datefmt_parse_blink(zone, cursor, text, ret_us);
        if (*ret_ok) /* the pattern stops at the seconds */
            *ret_us -= time_floor_mod(*ret_us, TIME_US_PER_SECOND);
        return OK;
    }
    *ret_ok = fmt && datefmt_parse(fmt, zone, cursor, text, ret_us);
    return OK;
}

/* --- resolving ----------------------------------------------------------- */

enum code format_state_make(struct call *call, struct format_state **ret, struct error *err)
{
    struct format_state *state = arena_new(call->env->arena, struct format_state);

    if (!state)
        return error_nomem(err);
    state->blink = call_is_blink(call);
    for (uint32_t k = 0; k < FORMAT_ZONES_MAX; k++)
        state->zones[k].zone = time_zone(call);
    call->state = state;
    call->state_hash =
        hash_bytes(call->env->zone_name.data, call->env->zone_name.size,
                   (uint64_t)call->arg_count << 1 | state->blink);
    *ret = state;
    return OK;
}

/* The pattern that nobody wrote. */
enum code format_default_pattern(struct call *call, struct format_state *state, uint32_t which,
                                 enum datefmt_style style, struct error *err)
{
    state->patterns[which].style = style;
    state->patterns[which].is_default = style == DATEFMT_SIMPLE;
    state->patterns[which].unit_us = TIME_US_PER_SECOND;
    return datefmt_compile(call->env->arena, DEFAULT_PATTERN, style, &state->patterns[which].fmt,
                           err);
}

/* The longest unit of local time that every value of has the same text; 0 if a letter of the
 * pattern is not known here. */
static int64_t pattern_unit(struct str pattern)
{
    int64_t unit_us = TIME_US_PER_DAY;
    bool quoted = false;

    for (size_t i = 0; i < pattern.size; i++) {
        char c = pattern.data[i];
        if (c == '\'')
            quoted = !quoted;
        if (quoted || !((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')))
            continue;
        if (strchr("yuYMLdDEF", c))
            continue;
        if (strchr("HkKha", c))
            unit_us = MIN(unit_us, TIME_US_PER_HOUR);
        else if (c == 'm')
            unit_us = MIN(unit_us, TIME_US_PER_MINUTE);
        else if (c == 's')
            unit_us = MIN(unit_us, TIME_US_PER_SECOND);
        else
            return 0;
    }
    return unit_us;
}

enum code format_pattern_arg(struct call *call, struct format_state *state, uint32_t which,
                             uint32_t arg, enum datefmt_style style, struct error *err)
{
    struct format_pattern *pattern = &state->patterns[which];
    struct error local;
    struct str text;
    enum code code;

    TRY(call_coerce_string(call, arg, err));
    pattern->arg = arg;
    pattern->style = style;
    if (!expr_literal_text(call->args[arg], &text))
        return OK;
    code = datefmt_compile(call->env->arena, text, style, &pattern->fmt, &local);
    if (code == OK) {
        pattern->is_default = style == DATEFMT_SIMPLE && str_eq(text, DEFAULT_PATTERN);
        pattern->unit_us = pattern_unit(text);
        return OK;
    }
    if (code == E_NOMEM)
        return error_nomem(err);
    pattern->fmt = NULL;
    pattern->wrong = true;
    if (state->blink)
        return OK;
    call_wrong(call, arg, err, "wrong pattern \"" STR_FMT "\"", STR_ARG(text));
    error_detail(err, "%s.", local.message);
    return E_TYPE;
}

enum code format_zone_arg(struct call *call, struct format_state *state, uint32_t which,
                          uint32_t arg, struct error *err)
{
    struct str name;
    enum code code;

    TRY(call_coerce_string(call, arg, err));
    state->zones[which].zone = NULL;
    state->zones[which].arg = arg;
    if (!expr_literal_text(call->args[arg], &name))
        return OK;
    code = zone_load(call->env->arena, name, &state->zones[which].zone, NULL);
    if (code == E_NOMEM)
        return error_nomem(err);
    if (code != OK)
        return call_wrong(call, arg, err, "unknown time zone \"" STR_FMT "\"", STR_ARG(name));
    return OK;
}
