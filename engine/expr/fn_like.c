/* fn_like.c -- LIKE.
 *
 * A pattern is cut at its `%` into segments, each a list of plain bytes and of `_`, which is any
 * one code point, line ends included.  The first segment stands at the begin, the last one at the
 * end, those between are found from left to right, the leftmost place each: no backtracking, so
 * time is at worst text times pattern.  Patterns without `_` (=, prefix%, %suffix, %part%) are
 * compared as memory.
 *
 * Escapes: a character given by ESCAPE, which must stand before `_`, `%` or itself.  Without
 * ESCAPE there is none in Flink; in Blink one or two backslashes before `_`, `%` or `\` are an
 * escape (blink-dialect R-6) unless `blink.like.backslash = literal`.  A wrong pattern fails the
 * job in Flink (a literal one: the statement) and is NULL in Blink. */
#include "expr/fn_string.h"

#include "base/utf8.h"

enum like_escape { ESCAPE_NONE, ESCAPE_CHAR, ESCAPE_BLINK };

struct segment {
    struct str text;     /* `_` is at the places in `any`, which lie before text.data[any] */
    const uint32_t *any; /* ascending; several may be equal */
    uint32_t any_count;
    uint32_t code_points; /* with the `_` */
};

struct like {
    struct segment *segments; /* at least one */
    uint32_t count;
    bool is_simple; /* no `_` anywhere */
};

struct like_state {
    bool is_literal; /* pattern and escape are known: `like` */
    bool is_blink;
    bool is_wrong; /* Blink: a literal pattern that is none */
    enum like_escape escape;
    struct like like;
};

/* --- compiling --------------------------------------------------------------------------- */

struct like_parse {
    struct arena *arena;
    char *text; /* all plain bytes; the segments point into it */
    size_t size;
    size_t begin; /* of the segment */
    uint32_t *any;
    uint32_t any_count, any_cap, any_begin;
    uint32_t code_points;
    struct segment *segments;
    uint32_t count, cap;
};

static bool end_segment(struct like_parse *p)
{
    struct segment s = { .text = { p->text + p->begin, p->size - p->begin },
                         .any_count = p->any_count - p->any_begin,
                         .code_points = p->code_points };
    p->begin = p->size;
    p->any_begin = p->any_count;
    p->code_points = 0;
    return ARENA_PUSH(p->arena, p->segments, p->count, p->cap, s);
}

static bool is_special(struct str s, size_t at)
{
    return at < s.size && (s.data[at] == '_' || s.data[at] == '%');
}

/* How many bytes of escape stand at `at` before the character that is meant; 0: none. */
static size_t escape_size(struct str s, size_t at, enum like_escape escape, struct str escape_char)
{
    if (escape == ESCAPE_CHAR)
        return str_starts(str_make(s.data + at, s.size - at), escape_char) ? escape_char.size : 0;
    if (escape == ESCAPE_NONE || s.data[at] != '\\')
        return 0;
    if (at + 1 < s.size && s.data[at + 1] == '\\')
        return is_special(s, at + 2) ? 2 : 1;
    return is_special(s, at + 1) ? 1 : 0;
}

/* *ret_ok is false if the escape stands before something else. */
static enum code like_parse(struct like_parse *p, struct str s, enum like_escape escape,
                            struct str escape_char, bool *ret_ok, struct error *err)
{
    *ret_ok = true;
    for (size_t at = 0, size; at < s.size; at += size) {
        uint32_t c;
        size_t skip = escape_size(s, at, escape, escape_char);
        at += skip;
        struct str rest = str_make(s.data + at, s.size - at);
        if (skip > 0 && escape == ESCAPE_CHAR && !is_special(s, at) &&
            !str_starts(rest, escape_char)) {
            *ret_ok = false;
            return OK;
        }
        size = utf8_decode(rest.data, rest.size, &c);
        if (skip == 0 && c == '%') {
            if (!end_segment(p))
                return error_nomem(err);
        } else if (skip == 0 && c == '_') {
            p->code_points++;
            if (!ARENA_PUSH(p->arena, p->any, p->any_count, p->any_cap,
                            (uint32_t)(p->size - p->begin)))
                return error_nomem(err);
        } else {
            memcpy(p->text + p->size, rest.data, size);
            p->size += size;
            p->code_points++;
        }
    }
    return end_segment(p) ? OK : error_nomem(err);
}

static enum code like_compile(struct arena *arena, struct str pattern, enum like_escape escape,
                              struct str escape_char, struct like *ret, bool *ret_ok,
                              struct error *err)
{
    struct like_parse p = { .arena = arena, .text = arena_alloc(arena, pattern.size + 1) };
    if (!p.text)
        return error_nomem(err);
    TRY(like_parse(&p, pattern, escape, escape_char, ret_ok, err));
    const uint32_t *any = p.any; /* it moved while it grew */
    for (uint32_t i = 0; i < p.count; i++) {
        p.segments[i].any = any;
        any += p.segments[i].any_count;
    }
    *ret = (struct like){ p.segments, p.count, p.any_count == 0 };
    return OK;
}

/* --- matching ------------------------------------------------------------------------------ */

/* Does the segment match the text at `at`?  Gives where the match ends. */
static bool segment_at(const struct segment *g, struct str s, size_t at, size_t *ret_end)
{
    size_t done = 0;
    for (uint32_t i = 0; i <= g->any_count; i++) {
        size_t next = i < g->any_count ? g->any[i] : g->text.size;
        size_t size = next - done;
        if (s.size - at < size || (size > 0 && memcmp(s.data + at, g->text.data + done, size)))
            return false;
        at += size;
        done = next;
        if (i < g->any_count) {
            uint32_t c;
            if (at >= s.size)
                return false;
            at += utf8_decode(s.data + at, s.size - at, &c);
        }
    }
    *ret_end = at;
    return true;
}

/* The leftmost match from `at` on. */
static bool segment_find(const struct segment *g, struct str s, size_t at, size_t *ret_end)
{
    if (g->any_count == 0) {
        size_t found = string_find(s, g->text, at);
        *ret_end = found + g->text.size;
        return found != (size_t)-1;
    }
    struct str head = str_make(g->text.data, g->any[0]);
    while (at <= s.size) {
        if (head.size > 0 && (at = string_find(s, head, at)) == (size_t)-1)
            return false;
        if (segment_at(g, s, at, ret_end))
            return true;
        if (at >= s.size)
            return false;
        uint32_t c;
        at += utf8_decode(s.data + at, s.size - at, &c);
    }
    return false;
}

static bool like_simple(const struct like *like, struct str s)
{
    const struct segment *first = like->segments, *last = first + like->count - 1;
    if (like->count == 1)
        return str_eq(s, first->text);
    if (s.size < first->text.size + last->text.size || !str_starts(s, first->text) ||
        !str_ends(s, last->text))
        return false;
    size_t at = first->text.size;
    s.size -= last->text.size;
    for (const struct segment *g = first + 1; g < last; g++) {
        at = string_find(s, g->text, at);
        if (at == (size_t)-1)
            return false;
        at += g->text.size;
    }
    return true;
}

static bool like_matches(const struct like *like, struct str s)
{
    if (like->is_simple)
        return like_simple(like, s);
    size_t at = 0;
    const struct segment *last = like->segments + like->count - 1;
    if (!segment_at(like->segments, s, 0, &at))
        return false;
    if (like->count == 1)
        return at == s.size;
    for (const struct segment *g = like->segments + 1; g < last; g++)
        if (!segment_find(g, s, at, &at))
            return false;
    /* The last one has as many code points as it matches: that many from the end. */
    struct str rest = str_make(s.data + at, s.size - at);
    size_t total = utf8_count(rest);
    if (total < last->code_points)
        return false;
    at += utf8_offset(rest, total - last->code_points);
    return segment_at(last, s, at, &at) && at == s.size;
}

/* --- the operator ---------------------------------------------------------------------------- */

/* The last pattern of a call whose pattern is no literal. */
struct like_scratch {
    struct arena *arena;
    struct str pattern, escape;
    bool is_good;
    struct like like;
};

static void scratch_free(void *arg)
{
    struct like_scratch *scratch = arg;
    arena_destroy(scratch->arena);
}

static enum code scratch_get(struct eval *cx, void **at, struct like_scratch **ret,
                             struct error *err)
{
    if (!*at) {
        struct like_scratch *scratch = arena_new(cx->op_arena, struct like_scratch);
        if (!scratch || !arena_on_reset(cx->op_arena, scratch_free, scratch))
            return error_nomem(err);
        scratch->arena = arena_create();
        if (!scratch->arena)
            return error_nomem(err);
        *at = scratch;
    }
    *ret = *at;
    return OK;
}

/* The escape is one character, and in Flink it is not one that means something. */
static bool escape_is_good(struct str escape)
{
    uint32_t c;
    return escape.size > 0 && utf8_decode(escape.data, escape.size, &c) == escape.size;
}

static enum code scratch_compile(struct like_scratch *scratch, const struct like_state *state,
                                 struct str pattern, struct str escape, struct error *err)
{
    if (scratch->pattern.data && str_eq(scratch->pattern, pattern) &&
        str_eq(scratch->escape, escape))
        return OK;
    scratch->pattern.data = NULL;
    arena_reset(scratch->arena);
    struct str pattern_copy = arena_str(scratch->arena, pattern);
    scratch->escape = arena_str(scratch->arena, escape);
    if (!pattern_copy.data || !scratch->escape.data)
        return error_nomem(err);
    scratch->is_good = state->escape != ESCAPE_CHAR || escape_is_good(escape);
    if (scratch->is_good)
        TRY(like_compile(scratch->arena, pattern_copy, state->escape, scratch->escape,
                         &scratch->like, &scratch->is_good, err));
    scratch->pattern = pattern_copy;
    return OK;
}

STRING_KERNEL(like_by_row)
{
    const struct like_state *state = call->state;
    uint8_t *to = COLUMN_OUT(out, uint8_t);
    struct like_scratch *scratch = NULL;
    TRY(scratch_get(cx, call->scratch, &scratch, err));
    ROWS_EACH(rows, i)
    {
        struct str pattern = arg_str(call, 1, i);
        struct str escape = call->arg_count == 3 ? arg_str(call, 2, i) : STR("");
        TRY(scratch_compile(scratch, state, pattern, escape, err));
        if (scratch->is_good)
            to[i] = like_matches(&scratch->like, arg_str(call, 0, i));
        else if (state->is_blink)
            TRY(kernel_null(cx, out, i, err));
        else
            return error_set(err, E_DATA, "invalid LIKE pattern \"%.*s\"",
                             (int)MIN(pattern.size, 64), pattern.data);
    }
    return OK;
}

STRING_KERNEL(like_wrong)
{
    (void)call;
    return kernel_all_null(cx, rows, out, err);
}

STRING_KERNEL(like_literal)
{
    const struct like *like = &((const struct like_state *)call->state)->like;
    uint8_t *to = COLUMN_OUT(out, uint8_t);
    (void)cx;
    (void)err;
    if (like->is_simple) {
        ROWS_EACH(rows, i)
        {
            to[i] = like_simple(like, arg_str(call, 0, i));
        }
    } else {
        ROWS_EACH(rows, i)
        {
            to[i] = like_matches(like, arg_str(call, 0, i));
        }
    }
    return OK;
}

/* prefix%: the first four bytes are in the view. */
STRING_KERNEL(like_prefix)
{
    const struct like *like = &((const struct like_state *)call->state)->like;
    const struct column *c = call->args[0];
    struct str prefix = like->segments[0].text;
    uint8_t *to = COLUMN_OUT(out, uint8_t);
    uint32_t head = view_of(prefix).prefix;
    uint32_t mask = prefix.size >= 4 ? UINT32_MAX : (UINT32_C(1) << (8 * prefix.size)) - 1;
    (void)cx;
    (void)err;
    ROWS_EACH(rows, i)
    {
        struct view v = COLUMN_AT(c, struct view, i);
        to[i] = v.size >= prefix.size && ((v.prefix ^ head) & mask) == 0 &&
                (prefix.size <= 4 || memcmp(v.data + 4, prefix.data + 4, prefix.size - 4) == 0);
    }
    return OK;
}

static enum code literal_error(const struct call *call, uint32_t arg, struct error *err,
                               const char *reason)
{
    error_at(err, E_DATA, call->args[arg]->span, "invalid LIKE pattern: %s", reason);
    error_hint(err, "The escape is one character and stands before \"_\", \"%%\" or itself.");
    return E_DATA;
}

/* Compiles a pattern that is known at bind time. */
static enum code compile_literal(struct call *call, struct like_state *state, struct str pattern,
                                 struct str escape, struct error *err)
{
    bool is_good = state->escape != ESCAPE_CHAR || escape_is_good(escape);
    if (!is_good && !state->is_blink)
        return literal_error(call, 2, err, "the escape is not one character");
    if (is_good)
        TRY(like_compile(call->env->arena, pattern, state->escape, escape, &state->like, &is_good,
                         err));
    if (!is_good && !state->is_blink)
        return literal_error(call, 1, err, "the escape stands before another character");
    state->is_literal = true;
    state->is_wrong = !is_good;
    return OK;
}

enum code like_resolve(struct call *call, struct error *err)
{
    struct like_state *state = arena_new(call->env->arena, struct like_state);
    struct str pattern, escape = STR("");
    if (!state)
        return error_nomem(err);
    TRY(call_arity(call, 2, 3, err));
    TRY(string_coerce(call, 0, call->arg_count - 1, err));
    state->is_blink = call_is_blink(call);
    if (call->arg_count == 3)
        state->escape = ESCAPE_CHAR;
    else if (state->is_blink && !call->env->like_backslash_literal)
        state->escape = ESCAPE_BLINK;
    call->state = state;
    call->state_hash = (uint64_t)state->is_blink << 8 | state->escape;
    if (expr_literal_text(call->args[1], &pattern) &&
        (call->arg_count < 3 || expr_literal_text(call->args[2], &escape)))
        TRY(compile_literal(call, state, pattern, escape, err));
    if (!state->is_literal)
        return call_set(call, &type_boolean, like_by_row, state->is_blink ? 0 : CALL_FAILS);
    if (state->is_wrong)
        return call_set(call, &type_boolean, like_wrong, 0);
    bool is_prefix =
        state->like.is_simple && state->like.count == 2 && state->like.segments[1].text.size == 0;
    return call_set(call, &type_boolean, is_prefix ? like_prefix : like_literal, 0);
}
