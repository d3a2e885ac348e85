/* request.c -- see request.h. */
#include "door/request.h"

#include "base/arena.h"
#include "base/nearest.h"
#include "json/json_dom.h"

static const char *const names[] = {
    [ASK_STATUS] = "status", [ASK_PLAN] = "plan",         [ASK_METRICS] = "metrics",
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

static enum code read_member(struct arena *arena, const struct json_member *m, struct request *r,
                             bool *has_ask, struct error *err)
{
    struct str text;
    if (str_is(m->name, "ask")) {
        TRY(read_text(arena, m, &text, err));
        TRY(read_ask(text, &r->ask, err));
        *has_ask = true;
    } else if (str_is(m->name, "brief")) {
        r->brief = m->value->kind == JSON_TRUE;
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
    struct request r = { 0 };
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
    buf_text(out, "}\n");
}
