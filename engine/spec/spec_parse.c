/* spec_parse.c -- see spec_parse.h: files, cases, and what statements have in common. */
#include "spec/spec_reader.h"

#include "base/nearest.h"
#include "base/utf8.h"
#include "sql/literal.h"

#include "sql.h"

#include <stdio.h>

/* ---- tokens ---- */

struct str spec_token_text(const struct spec_reader *r)
{
    return str_make(r->text.data + r->token.span.offset, r->token.span.size);
}

static enum code no_token(struct spec_reader *r)
{
    struct span span = r->token.span;
    struct str text = spec_token_text(r);
    switch (r->token.code) {
    case LEX_OPEN_STRING:
        span.size = 1;
        return error_at(r->err, E_SYNTAX, span, "this string has no end");
    case LEX_OPEN_NAME:
        span.size = 1;
        return error_at(r->err, E_SYNTAX, span, "this name in backquotes has no end");
    case LEX_OPEN_COMMENT:
        span.size = MIN(span.size, 2);
        return error_at(r->err, E_SYNTAX, span, "this comment has no end");
    case LEX_DOUBLE_QUOTES:
        error_at(r->err, E_SYNTAX, span, "double quotes mean nothing here");
        error_hint(r->err, "Strings stand in '...', names in `...`.");
        return E_SYNTAX;
    case LEX_WIDE_PUNCTUATION:
        error_at(r->err, E_SYNTAX, span, "\"" STR_FMT "\" is no sign of the language",
                 STR_ARG(text));
        error_hint(r->err, "Perhaps you meant %s.", sql_lex_narrow(text));
        return E_SYNTAX;
    default:
        return error_at(r->err, E_SYNTAX, span, "\"" STR_FMT "\" cannot stand here", STR_ARG(text));
    }
}

enum code spec_next(struct spec_reader *r)
{
    r->last = r->token.span;
    r->token = sql_lex(&r->lexer);
    /* A duration may be written 30s: who reads one looks at it. */
    return r->token.code < 0 && r->token.code != LEX_BAD_NUMBER ? no_token(r) : OK;
}

bool spec_is(const struct spec_reader *r, const char *word)
{
    return r->token.code > 0 && r->token.code != LEX_QUOTED_NAME &&
           str_iis(spec_token_text(r), word);
}

enum code spec_take(struct spec_reader *r, const char *word, bool *ret)
{
    *ret = spec_is(r, word);
    return *ret ? spec_next(r) : OK;
}

static void say_found(const struct spec_reader *r, char *out, size_t room)
{
    struct str text = spec_token_text(r);
    if (r->token.code == 0)
        snprintf(out, room, "the end of the file");
    else
        snprintf(out, room, "\"" STR_FMT "\"%s", STR_ARG(str_make(text.data, MIN(text.size, 40))),
                 text.size > 40 ? "..." : "");
}

enum code spec_refuse(struct spec_reader *r, const char *expected)
{
    char found[96];
    say_found(r, found, sizeof found);
    return error_at(r->err, E_SYNTAX, r->token.span, "%s expected, not %s", expected, found);
}

enum code spec_want_word(struct spec_reader *r, const char *word)
{
    if (spec_is(r, word))
        return spec_next(r);
    return spec_refuse(r, word);
}

enum code spec_choose(struct spec_reader *r, const char *const *words, uint32_t *ret)
{
    char list[256];
    size_t used = 0;
    struct nearest nearest;
    nearest_begin(&nearest, spec_token_text(r));
    for (uint32_t i = 0; words[i]; i++) {
        if (spec_is(r, words[i])) {
            *ret = i;
            return spec_next(r);
        }
        nearest_add(&nearest, str_of(words[i]));
        int n = snprintf(list + used, sizeof list - used, "%s%s",
                         i == 0         ? ""
                         : words[i + 1] ? ", "
                                        : " or ",
                         words[i]);
        used = MIN(used + (size_t)MAX(n, 0), sizeof list - 1);
    }
    spec_refuse(r, list);
    struct str best = r->token.code > 0 ? nearest_end(&nearest) : str_make(NULL, 0);
    if (best.data)
        error_hint(r->err, "Perhaps you meant " STR_FMT ".", STR_ARG(best));
    return E_SYNTAX;
}

enum code spec_string(struct spec_reader *r, const char *expected, struct spec_text *ret)
{
    if (r->token.code != TK_STRING)
        return spec_refuse(r, expected);
    ret->span = r->token.span;
    enum code code = literal_decode_string(r->arena, spec_token_text(r), 0, &ret->text, r->err);
    if (code != OK) {
        error_locate(r->err, ret->span);
        return code;
    }
    return spec_next(r);
}

enum code spec_name(struct spec_reader *r, const char *expected, struct spec_text *ret)
{
    struct str text = spec_token_text(r);
    bool is_word = r->token.code > 0 && text.size > 0 && r->token.code != TK_STRING &&
                   r->token.code != TK_BINARY &&
                   ((text.data[0] | 32) >= 'a' && (text.data[0] | 32) <= 'z');
    bool is_high = text.size > 0 && (text.data[0] == '_' || (unsigned char)text.data[0] >= 0x80);
    if (r->token.code != LEX_QUOTED_NAME && !is_word && !(r->token.code > 0 && is_high))
        return spec_refuse(r, expected);
    if (r->token.code != LEX_QUOTED_NAME && sql_keyword_is_reserved(r->token.code)) {
        spec_refuse(r, expected);
        error_hint(r->err, "A name that is a word of SQL stands in backquotes.");
        return E_SYNTAX;
    }
    *ret = (struct spec_text){ text, r->token.span };
    if (r->token.code == LEX_QUOTED_NAME) {
        char *name = arena_alloc(r->arena, text.size);
        if (!name)
            return error_nomem(r->err);
        size_t n = 0;
        for (size_t i = 1; i + 1 < text.size; i++) {
            name[n++] = text.data[i];
            i += text.data[i] == '`';
        }
        ret->text = str_make(name, n);
    }
    return spec_next(r);
}

enum code spec_count(struct spec_reader *r, const char *expected, int64_t *ret)
{
    struct str text = spec_token_text(r);
    if (r->token.code != TK_INTEGER)
        return spec_refuse(r, expected);
    int64_t n = 0;
    for (size_t i = 0; i < text.size && n <= SPEC_MAX_COUNT; i++)
        n = n * 10 + (text.data[i] - '0');
    if (n > SPEC_MAX_COUNT)
        return error_at(r->err, E_LIMIT, r->token.span, "this number is too large");
    *ret = n;
    return spec_next(r);
}

/* ---- statements and cases ---- */

static enum code end_statement(struct spec_reader *r, struct spec_statement *s)
{
    s->span.size = r->last.offset + r->last.size - s->span.offset;
    if (r->token.code == 0)
        return OK;
    if (r->token.code == TK_SEMICOLON)
        return spec_next(r);
    spec_refuse(r, "\";\"");
    if (r->token.code == TK_LP && s->line_count > 0)
        error_hint(r->err, "A comma stands between two rows.");
    return E_SYNTAX;
}

static enum code add_statement(struct spec_reader *r, struct spec_case *to, uint32_t *cap)
{
    struct spec_statement s = { .span = r->token.span, .partition = -1 };
    TRY(spec_read_statement(r, &s));
    TRY(end_statement(r, &s));
    return ARENA_PUSH(r->arena, to->statements, to->count, *cap, s) ? OK : error_nomem(r->err);
}

static enum code begin_case(struct spec_reader *r, struct spec_case *ret)
{
    struct spec_text name;
    TRY(spec_next(r));
    TRY(spec_string(r, "the name of the case, in '...'", &name));
    *ret = (struct spec_case){ .name = name.text, .span = name.span };
    TRY(spec_take(r, "ORDERED", &ret->is_ordered));
    if (r->token.code == 0)
        return OK;
    return r->token.code == TK_SEMICOLON ? spec_next(r) : spec_refuse(r, "\";\"");
}

static enum code check_names(const struct spec_script *script, struct error *err)
{
    for (uint32_t i = 0; i < script->case_count; i++)
        for (uint32_t k = 0; k < i; k++)
            if (str_eq(script->cases[i].name, script->cases[k].name))
                return error_at(err, E_NAME, script->cases[i].span,
                                "two cases of the file have this name");
    return OK;
}

static enum code read_script(struct spec_reader *r, struct spec_script *script)
{
    struct spec_case prelude = { .count = 0 };
    uint32_t cap = 0, case_cap = 0;
    TRY(spec_next(r));
    while (r->token.code != 0) {
        if (r->token.code == TK_SEMICOLON) {
            TRY(spec_next(r));
        } else if (spec_is(r, "TEST")) {
            struct spec_case begun;
            TRY(begin_case(r, &begun));
            if (!ARENA_PUSH(r->arena, script->cases, script->case_count, case_cap, begun))
                return error_nomem(r->err);
            cap = 0;
            r->has_begun = false;
        } else if (script->case_count > 0) {
            TRY(add_statement(r, &script->cases[script->case_count - 1], &cap));
        } else {
            TRY(add_statement(r, &prelude, &cap));
        }
    }
    script->prelude = prelude.statements;
    script->prelude_count = prelude.count;
    if (script->case_count == 0 && prelude.count > 0) { /* the file is one case */
        struct spec_case only = { .name = STR(""),
                                  .statements = prelude.statements,
                                  .count = prelude.count };
        script->prelude_count = 0;
        if (!ARENA_PUSH(r->arena, script->cases, script->case_count, case_cap, only))
            return error_nomem(r->err);
    }
    return check_names(script, r->err);
}

enum code spec_parse(struct arena *arena, struct str text, struct spec_script **ret,
                     struct error *err)
{
    if (text.size > SPEC_MAX_TEXT_BYTES)
        return error_set(err, E_LIMIT, "a test file may have %d bytes", SPEC_MAX_TEXT_BYTES);
    size_t bad = utf8_valid_prefix(text.data, text.size);
    if (bad < text.size)
        return error_at(err, E_SYNTAX, (struct span){ (uint32_t)bad, 1 }, "this is no UTF-8");
    size_t nul = str_find_byte(text, '\0');
    if (nul != (size_t)-1)
        return error_at(err, E_SYNTAX, (struct span){ (uint32_t)nul, 1 },
                        "this is no text: a byte is 0");
    struct spec_script *script = arena_new(arena, struct spec_script);
    if (!script)
        return error_nomem(err);
    script->text = arena_str(arena, text.data ? text : STR(""));
    if (!script->text.data)
        return error_nomem(err);
    struct spec_reader r = { .arena = arena,
                             .text = script->text,
                             .lexer = { .text = script->text.data,
                                        .size = (uint32_t)script->text.size },
                             .err = err };
    TRY(read_script(&r, script));
    *ret = script;
    return OK;
}
