/* request.c -- see request.h. */
#include "door/request.h"

#include "base/arena.h"
#include "base/nearest.h"
#include "base/number.h"
#include "json/json_dom.h"
#include "types/text.h"

static const char *const names[] = {
    [ASK_STATUS] = "status", [ASK_PLAN] = "plan",         [ASK_METRICS] = "metrics",
    [ASK_WHY] = "why",       [ASK_EXPLAIN] = "explain",   [ASK_SAMPLE] = "sample",
    [ASK_STOP] = "stop",     [ASK_SNAPSHOT] = "snapshot",
};

static enum code read_ask(struct str text, enum ask *ret, struct error *err)
{
    struct nearest nearest;
    nearest_begin(&nearest, text);
    for (size_t i = 0; i < countof(names); i++) {
        if (str_is(text, names[i])) {
            *ret = (enum ask)i;
            return OK;
        }
        nearest_add(&nearest, str_of(names[i]));
    }
    error_set(err, E_DATA, "nothing can be asked by the name \"" STR_FMT "\"", STR_ARG(text));
    struct str best = nearest_end(&nearest);
    if (best.data)
        error_hint(err, "Perhaps you meant \"" STR_FMT "\".", STR_ARG(best));
    return E_DATA;
}

static enum code read_text(struct arena *arena, const struct json_member *m, struct str *ret,
                           struct error *err)
{
    if (m->value->kind != JSON_STRING && m->value->kind != JSON_STRING_ESCAPED)
        return error_set(err, E_DATA, "\"" STR_FMT "\" of the request is no text",
                         STR_ARG(m->name));
    return json_dom_string(arena, m->value, ret, err);
}

static enum code read_number(const struct json_member *m, int64_t least, int64_t most, int64_t *ret,
                             struct error *err)
{
    int64_t value;
    if (m->value->kind != JSON_INTEGER ||
        !number_parse_i64(m->value->raw.data, m->value->raw.size, &value) || value < least ||
        value > most)
        return error_set(err, E_DATA, "\"" STR_FMT "\" of the request is no number of %lld to %lld",
                         STR_ARG(m->name), (long long)least, (long long)most);
    *ret = value;
    return OK;
}

static enum code read_format(struct arena *arena, const struct json_member *m, bool *ret_is_json,
                             struct error *err)
{
    struct str text;
    TRY(read_text(arena, m, &text, err));
    *ret_is_json = str_is(text, "json");
    if (*ret_is_json || str_is(text, "text"))
        return OK;
    return error_set(err, E_DATA, "there is no format \"" STR_FMT "\", only text and json",
                     STR_ARG(text));
}

static enum code read_member(struct arena *arena, const struct json_member *m, struct request *r,
                             bool *has_ask, struct error *err)
{
    struct str text;
    int64_t number;
    if (str_is(m->name, "ask")) {
        TRY(read_text(arena, m, &text, err));
        TRY(read_ask(text, &r->ask, err));
        *has_ask = true;
    } else if (str_is(m->name, "brief")) {
        r->brief = m->value->kind == JSON_TRUE;
    } else if (str_is(m->name, "color")) {
        r->color = m->value->kind == JSON_TRUE;
    } else if (str_is(m->name, "format")) {
        TRY(read_format(arena, m, &r->is_json, err));
    } else if (str_is(m->name, "columns")) {
        TRY(read_number(m, 0, REQUEST_COLUMNS_MAX, &number, err));
        r->columns = (uint32_t)number;
    } else if (str_is(m->name, "watch_ms")) {
        TRY(read_number(m, 0, REQUEST_WATCH_MS_MAX, &r->watch_ms, err));
    } else if (str_is(m->name, "rows")) {
        TRY(read_number(m, 1, REQUEST_ROWS_MAX, &number, err));
        r->rows = (uint32_t)number;
    } else if (str_is(m->name, "operator") || str_is(m->name, "sink")) {
        TRY(read_text(arena, m, &r->what, err));
    }
    return OK;
}

enum code request_parse(struct arena *arena, struct str line, struct request *ret,
                        struct error *err)
{
    struct json_value *value;
    TRY(json_dom_parse(arena, line, JSON_REFUSE_TAIL, &value, err));
    if (!value || value->kind != JSON_OBJECT)
        return error_set(err, E_DATA, "the request is no JSON object");
    struct request r = { .rows = REQUEST_ROWS_DEFAULT,
                         .watch_ms = REQUEST_WATCH_MS_DEFAULT,
                         .what = STR("") };
    bool has_ask = false;
    for (uint32_t i = 0; i < value->count; i++)
        TRY(read_member(arena, &value->members[i], &r, &has_ask, err));
    if (!has_ask)
        return error_set(err, E_DATA, "the request has no \"ask\"");
    *ret = r;
    return OK;
}

void request_write(struct buf *out, const struct request *request)
{
    buf_printf(out, "{\"ask\": \"%s\"", names[request->ask]);
    if (request->ask == ASK_STATUS && request->brief)
        buf_text(out, ", \"brief\": true");
    if (request->ask == ASK_WHY || request->ask == ASK_EXPLAIN)
        buf_printf(out, ", \"watch_ms\": %lld", (long long)request->watch_ms);
    if (request->ask == ASK_EXPLAIN)
        buf_printf(out, ", \"format\": \"%s\", \"columns\": %u, \"color\": %s",
                   request->is_json ? "json" : "text", request->columns,
                   request->color ? "true" : "false");
    if (request->ask == ASK_SAMPLE)
        buf_printf(out, ", \"rows\": %u", request->rows);
    if (request->what.size > 0) {
        buf_printf(out, ", \"%s\": ", request->ask == ASK_SAMPLE ? "operator" : "sink");
        text_put_json_string(out, request->what);
    }
    buf_text(out, "}\n");
}
