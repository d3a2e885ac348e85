/* findings.c -- see findings.h. */
#include "session/findings.h"

#include "sql/diag.h"
#include "types/text.h"

#include <stdlib.h>

#ifndef WEIR_VERSION
#define WEIR_VERSION "0.0.0"
#endif

bool findings_have(const struct findings *f, const struct error *err)
{
    for (uint32_t i = 0; i < f->count; i++) {
        const struct error *old = &f->items[i].error;
        if (old->has_span == err->has_span && old->span.offset == err->span.offset &&
            strcmp(old->message, err->message) == 0)
            return true;
    }
    return false;
}

bool findings_add(struct findings *f, struct arena *arena, const struct error *err, bool is_warning)
{
    if (err->is_told || findings_have(f, err))
        return true;
    f->errors += !is_warning;
    f->warnings += is_warning;
    struct finding finding = { *err, is_warning };
    return f->count >= FINDINGS_MAX || ARENA_PUSH(arena, f->items, f->count, f->cap, finding);
}

static int compare(const void *a, const void *b)
{
    const struct error *x = &((const struct finding *)a)->error;
    const struct error *y = &((const struct finding *)b)->error;
    if (x->has_span != y->has_span)
        return x->has_span ? -1 : 1;
    if (x->has_span && x->span.offset != y->span.offset)
        return x->span.offset < y->span.offset ? -1 : 1;
    return strcmp(x->message, y->message); /* qsort is not stable */
}

void findings_sort(struct findings *f)
{
    if (f->count > 1)
        qsort(f->items, f->count, sizeof *f->items, compare);
}

bool findings_format_find(struct str name, enum findings_format *ret)
{
    static const char *const names[] = {
        [FINDINGS_TEXT] = "text",
        [FINDINGS_JSON] = "json",
        [FINDINGS_SARIF] = "sarif",
    };
    for (size_t i = 0; i < countof(names); i++)
        if (str_is(name, names[i])) {
            *ret = (enum findings_format)i;
            return true;
        }
    return false;
}

static void put_count(struct buf *out, uint32_t n, const char *what)
{
    buf_printf(out, "%u %s%s", n, what, n == 1 ? "" : "s");
}

void findings_put_counts(struct buf *out, const struct findings *f)
{
    if (f->errors > 0)
        put_count(out, f->errors, "error");
    if (f->errors > 0 && f->warnings > 0)
        buf_text(out, ", ");
    if (f->warnings > 0)
        put_count(out, f->warnings, "warning");
}

/* ---- for machines ---------------------------------------------------------------------- */

static const char *code_name(enum code code)
{
    switch (code) {
    case E_SYNTAX:
        return "syntax";
    case E_NAME:
        return "name";
    case E_TYPE:
        return "type";
    case E_PLAN:
        return "plan";
    case E_UNSUPPORTED:
        return "unsupported";
    case E_OPTION:
    case E_USAGE:
        return "option";
    case E_LIMIT:
        return "limit";
    case E_DATA:
        return "data";
    case E_IO:
    case E_RETRY:
        return "io";
    default:
        return "internal";
    }
}

struct region {
    struct diag_place begin, end;
};

/* False: the finding has no place. */
static bool find_region(const struct error *err, struct str source, struct region *ret)
{
    if (!err->has_span || err->span.offset > source.size)
        return false;
    ret->begin = diag_locate(source, err->span.offset);
    uint64_t end = (uint64_t)err->span.offset + err->span.size;
    ret->end = diag_locate(source, (uint32_t)MIN(end, source.size));
    return true;
}

static void put_member(struct buf *out, const char *key, struct str value)
{
    buf_printf(out, ", \"%s\": ", key);
    if (value.size == 0)
        buf_text(out, "null");
    else
        text_put_json_string(out, value);
}

static void put_finding(struct buf *out, const struct finding *finding, struct str name,
                        struct str source)
{
    const struct error *err = &finding->error;
    struct region r;
    buf_text(out, "{\"file\": ");
    text_put_json_string(out, name);
    if (find_region(err, source, &r))
        buf_printf(out, ", \"line\": %u, \"column\": %u, \"end_line\": %u, \"end_column\": %u",
                   r.begin.line, r.begin.column, r.end.line, r.end.column);
    else
        buf_text(out, ", \"line\": null, \"column\": null, \"end_line\": null, "
                      "\"end_column\": null");
    buf_printf(out, ", \"severity\": \"%s\", \"code\": \"%s\"",
               finding->is_warning ? "warning" : "error", code_name(err->code));
    put_member(out, "message", str_of(err->message));
    put_member(out, "detail", str_of(err->detail));
    put_member(out, "hint", str_of(err->hint));
    buf_char(out, '}');
}

void findings_put_json(struct buf *out, const struct findings *f, struct str name,
                       struct str source)
{
    buf_text(out, "{\"file\": ");
    text_put_json_string(out, name);
    buf_printf(out, ", \"errors\": %u, \"warnings\": %u, \"findings\": [", f->errors, f->warnings);
    for (uint32_t i = 0; i < f->count; i++) {
        buf_text(out, i > 0 ? ",\n  " : "\n  ");
        put_finding(out, &f->items[i], name, source);
    }
    buf_text(out, f->count > 0 ? "\n]}\n" : "]}\n");
}

/* ---- SARIF --------------------------------------------------------------------------------- */

static const enum code rules[] = { E_SYNTAX, E_NAME,  E_TYPE, E_PLAN, E_UNSUPPORTED,
                                   E_OPTION, E_LIMIT, E_DATA, E_IO,   E_INTERNAL };

static uint32_t rule_of(enum code code)
{
    const char *name = code_name(code);
    for (uint32_t i = 0; i < countof(rules); i++)
        if (strcmp(code_name(rules[i]), name) == 0)
            return i;
    return countof(rules) - 1;
}

/* A path as a reference: file:///... if it is absolute. */
static void put_uri(struct buf *out, struct str path)
{
    static const char plain[] = "-._~/";
    buf_text(out, "\"");
    if (path.size > 0 && path.data[0] == '/')
        buf_text(out, "file://");
    for (size_t i = 0; i < path.size; i++) {
        char c = path.data[i];
        bool is_plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                        (c >= '0' && c <= '9') || (c != '\0' && strchr(plain, c));
        if (is_plain)
            buf_char(out, c);
        else
            buf_printf(out, "%%%02X", (unsigned)(unsigned char)c);
    }
    buf_char(out, '"');
}

/* Detail and hint are sentences behind the message. */
static void put_message(struct buf *out, const struct error *err)
{
    struct buf text;
    buf_init(&text, 4096);
    buf_text(&text, err->message);
    if (err->detail[0])
        buf_printf(&text, "\n%s", err->detail);
    if (err->hint[0])
        buf_printf(&text, "\n%s", err->hint);
    buf_text(out, "\"message\": {\"text\": ");
    text_put_json_string(out, text.failed ? str_of(err->message) : buf_view(&text));
    buf_char(out, '}');
    buf_done(&text);
}

static void put_result(struct buf *out, const struct finding *finding, struct str name,
                       struct str source)
{
    const struct error *err = &finding->error;
    struct region r;
    uint32_t rule = rule_of(err->code);
    buf_printf(out, "{\"ruleId\": \"%s\", \"ruleIndex\": %u, \"level\": \"%s\", ",
               code_name(rules[rule]), rule, finding->is_warning ? "warning" : "error");
    put_message(out, err);
    buf_text(out, ", \"locations\": [{\"physicalLocation\": {\"artifactLocation\": {\"uri\": ");
    put_uri(out, name);
    buf_text(out, "}");
    if (find_region(err, source, &r))
        buf_printf(out,
                   ", \"region\": {\"startLine\": %u, \"startColumn\": %u, \"endLine\": %u, "
                   "\"endColumn\": %u}",
                   r.begin.line, r.begin.column, r.end.line, r.end.column);
    buf_text(out, "}}]}");
}

void findings_put_sarif(struct buf *out, const struct findings *f, struct str name,
                        struct str source)
{
    buf_text(out, "{\"$schema\": \"https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/"
                  "schemas/sarif-schema-2.1.0.json\", \"version\": \"2.1.0\", \"runs\": [{\n"
                  "\"tool\": {\"driver\": {\"name\": \"weir\", \"version\": \"" WEIR_VERSION
                  "\", \"rules\": [");
    for (uint32_t i = 0; i < countof(rules); i++) {
        buf_printf(out,
                   "%s{\"id\": \"%s\", \"shortDescription\": {\"text\": ", i > 0 ? ",\n  " : "\n  ",
                   code_name(rules[i]));
        text_put_json_string(out, str_of(error_code_text(rules[i])));
        buf_text(out, "}}");
    }
    buf_text(out, "]}},\n\"columnKind\": \"unicodeCodePoints\",\n\"results\": [");
    for (uint32_t i = 0; i < f->count; i++) {
        buf_text(out, i > 0 ? ",\n  " : "\n  ");
        put_result(out, &f->items[i], name, source);
    }
    buf_text(out, "]}]}\n");
}
