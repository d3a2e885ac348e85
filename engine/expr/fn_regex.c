/* fn_regex.c -- functions on regular expressions: REGEXP and its family, SIMILAR TO.
 *
 * A pattern that is a literal is compiled once, when the statement is bound; if it is wrong, that
 * is an error with the reason in Flink and NULL (REGEXP: FALSE) for every row in Blink.  Other
 * patterns are compiled as they come, a wrong one gives NULL (FALSE) in both.  A search that takes
 * too long fails the job in Flink and is NULL in Blink. */
#include "expr/fn_regex.h"

#include "base/utf8.h"
#include "expr/fn_string.h"

/* fn_regex_split.c */
enum code str_to_map_resolve(struct call *call, struct error *err);

struct pattern {
    const struct regex *regex; /* NULL: not a literal, or wrong */
    bool is_literal;
    bool is_blink;
    unsigned flags;
    /* SIMILAR: */
    bool is_similar;
    bool has_escape; /* a literal one, in `escape` */
    uint32_t escape;
};

/* --- patterns ------------------------------------------------------------------------ */

static void free_regex(void *arg)
{
    regex_destroy(arg);
}

static enum code similar_translate(struct buf *out, struct str s, uint32_t escape,
                                   struct error *err);

static enum code pattern_compile(struct call *call, struct pattern *p, struct str text,
                                 struct error *err)
{
    struct regex *regex = NULL;
    struct buf java;
    enum code code = OK;
    buf_init(&java, STRING_BYTES_MAX);
    if (p->is_similar) {
        code = similar_translate(&java, text, p->escape, err);
        text = java.size > 0 ? buf_view(&java) : STR("");
    }
    if (code == OK)
        code = regex_compile(text, p->flags | REGEX_JIT, &regex, err);
    buf_done(&java);
    if (code == OK && !arena_on_reset(call->env->arena, free_regex, regex)) {
        regex_destroy(regex);
        code = error_nomem(err);
    }
    if (code == OK)
        p->regex = regex;
    return code;
}

/* Argument 1 is the pattern; call->state becomes a struct pattern. */
static enum code prepare(struct call *call, struct pattern init, struct error *err)
{
    struct pattern *p = arena_new(call->env->arena, struct pattern);
    struct error reason = { 0 };
    struct str text;
    if (!p)
        return error_nomem(err);
    *p = init;
    p->is_blink = call_is_blink(call);
    p->is_literal = expr_literal_text(call->args[1], &text);
    call->state = p;
    call->state_hash = (uint64_t)p->is_blink << 32 | p->escape;
    if (!p->is_literal)
        return OK;
    enum code code = pattern_compile(call, p, text, &reason);
    if (code == OK || (code == E_DATA && p->is_blink))
        return OK;
    error_locate(&reason, call->args[1]->span);
    if (err)
        *err = reason;
    return code;
}

static unsigned flags_of(const struct call *call)
{
    return call_is_blink(call) ? 0 : CALL_FAILS;
}

/* The pattern of a row; NULL: it is wrong. */
static enum code pattern_of_row(const struct kernel_call *call, struct regex_run *run, uint32_t row,
                                const struct regex **ret, struct error *err)
{
    const struct pattern *p = call->state;
    *ret = p->regex;
    if (p->is_literal)
        return OK;
    return regex_run_compile(run, arg_str(call, 1, row), p->flags, ret, NULL, err);
}

/* Everything a kernel does for a row before it looks for something. */
struct search {
    struct regex_run *run;
    const struct regex *regex; /* NULL: the pattern is wrong */
    struct str text;
    size_t from;
};

static enum code search_begin(struct eval *cx, const struct kernel_call *call,
                              struct regex_run *run, uint32_t row, struct search *ret,
                              struct error *err)
{
    *ret = (struct search){ .run = run };
    TRY(pattern_of_row(call, run, row, &ret->regex, err));
    ret->text = regex_text(cx->arena, arg_str(call, 0, row));
    return ret->text.data ? OK : error_nomem(err);
}

/* Finds the next one.  Too long a search gives up: in Blink the pattern counts as wrong. */
static enum code search_next(const struct kernel_call *call, struct search *search, bool *ret_found,
                             struct error *err)
{
    const struct pattern *p = call->state;
    struct error local = { 0 };
    enum code code =
        regex_find(search->run, search->regex, search->text, search->from, ret_found, &local);
    if (code == E_LIMIT && p->is_blink) {
        search->regex = NULL;
        *ret_found = false;
        return OK;
    }
    if (code != OK) {
        if (err)
            *err = local;
        return code;
    }
    if (*ret_found)
        search->from = regex_next(search->run, search->text);
    return OK;
}

/* The view of a group; false if it took no part. */
static bool search_group(const struct search *search, uint32_t group, struct view *ret)
{
    size_t begin, end;
    if (!regex_group(search->run, group, &begin, &end))
        return false;
    *ret = view_make(search->text.data + begin, end - begin);
    return true;
}

/* --- REGEXP ------------------------------------------------------------------------------ */

STRING_KERNEL(regexp)
{
    uint8_t *to = COLUMN_OUT(out, uint8_t);
    struct regex_run *run;
    TRY(regex_run_get(cx->op_arena, call->scratch, &run, err));
    ROWS_EACH(rows, i)
    {
        struct search search;
        bool found = false;
        TRY(search_begin(cx, call, run, i, &search, err));
        if (search.regex && arg_str(call, 1, i).size > 0)
            TRY(search_next(call, &search, &found, err));
        to[i] = found;
    }
    return OK;
}

static enum code regexp_resolve(struct call *call, struct error *err)
{
    TRY(call_arity(call, 2, 2, err));
    TRY(string_coerce(call, 0, 1, err));
    TRY(prepare(call, (struct pattern){ 0 }, err));
    return call_set(call, &type_boolean, regexp, flags_of(call));
}

/* --- REGEXP_EXTRACT, REGEXP_SUBSTR, REGEXP_EXTRACT_ALL -------------------------------------- */

STRING_KERNEL(extract)
{
    struct view *to = COLUMN_OUT(out, struct view);
    struct regex_run *run;
    TRY(regex_run_get(cx->op_arena, call->scratch, &run, err));
    ROWS_EACH(rows, i)
    {
        struct search search;
        bool found = false;
        int64_t group = call->arg_count == 3 ? arg_i64(call, 2, i) : 0;
        TRY(search_begin(cx, call, run, i, &search, err));
        if (search.regex && group >= 0 && group <= regex_group_count(search.regex))
            TRY(search_next(call, &search, &found, err));
        if (!found || !search_group(&search, (uint32_t)group, &to[i]))
            TRY(kernel_null(cx, out, i, err));
    }
    return OK;
}

/* A literal group number that the literal pattern does not have. */
static enum code check_group(const struct call *call, struct error *err)
{
    const struct pattern *p = call->state;
    int64_t group;
    if (p->is_blink || !p->regex || call->arg_count < 3 ||
        !expr_literal_i64(call->args[2], &group) ||
        (group >= 0 && group <= regex_group_count(p->regex)))
        return OK;
    error_at(err, E_DATA, call->args[2]->span, "the regular expression has no group %lld",
             (long long)group);
    error_detail(err, "Its groups are 0 (all of the match) to %u.", regex_group_count(p->regex));
    return E_DATA;
}

static enum code extract_resolve(struct call *call, struct error *err)
{
    TRY(call_arity(call, 2, 3, err));
    TRY(string_coerce(call, 0, 1, err));
    if (call->arg_count == 3)
        TRY(call_coerce_i64(call, 2, err));
    TRY(prepare(call, (struct pattern){ 0 }, err));
    TRY(check_group(call, err));
    return call_set(call, &type_string, extract, flags_of(call));
}

static enum code substr_resolve(struct call *call, struct error *err)
{
    TRY(call_arity(call, 2, 2, err));
    return extract_resolve(call, err);
}

static enum code extract_row(const struct kernel_call *call, struct search *search, uint32_t group,
                             struct string_list *list, struct error *err)
{
    for (bool found;;) {
        struct view item = { 0 };
        TRY(search_next(call, search, &found, err));
        if (!found)
            return OK;
        search_group(search, group, &item);
        if (!string_list_add(list, item))
            return error_nomem(err);
    }
}

STRING_KERNEL(extract_all)
{
    struct string_list list = { .arena = cx->arena };
    struct regex_run *run;
    TRY(regex_run_get(cx->op_arena, call->scratch, &run, err));
    ROWS_EACH(rows, i)
    {
        struct search search;
        int64_t group = call->arg_count == 3 ? arg_i64(call, 2, i) : 1;
        TRY(search_begin(cx, call, run, i, &search, err));
        if (search.regex && (group < 0 || group > regex_group_count(search.regex)))
            search.regex = NULL;
        if (search.regex)
            TRY(extract_row(call, &search, (uint32_t)group, &list, err));
        if (search.regex) {
            string_list_row(&list, out, i);
        } else {
            list.count = list.begin;
            TRY(kernel_null(cx, out, i, err));
        }
    }
    return string_list_finish(&list, out, 0, err);
}

static enum code extract_all_resolve(struct call *call, struct error *err)
{
    const struct type *type = type_make_array(call->env->arena, &type_string);
    if (!type)
        return error_nomem(err);
    TRY(extract_resolve(call, err));
    return call_set(call, type, extract_all, flags_of(call));
}

/* --- REGEXP_COUNT, REGEXP_INSTR ----------------------------------------------------------- */

STRING_KERNEL(count)
{
    int32_t *to = COLUMN_OUT(out, int32_t);
    struct regex_run *run;
    TRY(regex_run_get(cx->op_arena, call->scratch, &run, err));
    ROWS_EACH(rows, i)
    {
        struct search search;
        int32_t n = 0;
        TRY(search_begin(cx, call, run, i, &search, err));
        for (bool found = search.regex != NULL; found; n += found)
            TRY(search_next(call, &search, &found, err));
        to[i] = n;
        if (!search.regex)
            TRY(kernel_null(cx, out, i, err));
    }
    return OK;
}

/* The position in UTF-16 units, as Java counts. */
STRING_KERNEL(position)
{
    int32_t *to = COLUMN_OUT(out, int32_t);
    struct regex_run *run;
    TRY(regex_run_get(cx->op_arena, call->scratch, &run, err));
    ROWS_EACH(rows, i)
    {
        struct search search;
        bool found = false;
        size_t begin = 0, end = 0;
        TRY(search_begin(cx, call, run, i, &search, err));
        if (search.regex)
            TRY(search_next(call, &search, &found, err));
        to[i] = 0;
        if (found && regex_group(run, 0, &begin, &end))
            to[i] = (int32_t)string_utf16_count(str_make(search.text.data, begin)) + 1;
        if (!search.regex)
            TRY(kernel_null(cx, out, i, err));
    }
    return OK;
}

static enum code resolve_number(struct call *call, kernel_fn kernel, struct error *err)
{
    TRY(call_arity(call, 2, 2, err));
    TRY(string_coerce(call, 0, 1, err));
    TRY(prepare(call, (struct pattern){ 0 }, err));
    return call_set(call, &type_int, kernel, flags_of(call));
}

static enum code count_resolve(struct call *call, struct error *err)
{
    return resolve_number(call, count, err);
}

static enum code instr_of_regex_resolve(struct call *call, struct error *err)
{
    return resolve_number(call, position, err);
}

/* --- REGEXP_REPLACE ------------------------------------------------------------------------ */

static enum code replace_row(const struct kernel_call *call, struct search *search, struct str with,
                             struct buf *buf, struct error *err)
{
    size_t copied = 0, begin = 0, end = 0;
    for (bool found;;) {
        TRY(search_next(call, search, &found, err));
        if (!found || !regex_group(search->run, 0, &begin, &end))
            break;
        buf_put(buf, search->text.data + copied, begin - copied);
        buf_str(buf, with);
        copied = end;
    }
    buf_put(buf, search->text.data + copied, search->text.size - copied);
    return OK;
}

/* The replacement is taken as it is: $1 and backslashes mean nothing, as in Flink. */
STRING_KERNEL(replace)
{
    struct text_room room = { .arena = cx->arena };
    struct view *to = COLUMN_OUT(out, struct view);
    struct regex_run *run;
    enum code code = OK;
    struct buf buf;
    TRY(regex_run_get(cx->op_arena, call->scratch, &run, err));
    buf_init(&buf, STRING_BYTES_MAX);
    ROWS_EACH(rows, i)
    {
        struct search search;
        code = search_begin(cx, call, run, i, &search, err);
        if (code == OK && search.regex)
            code = replace_row(call, &search, arg_str(call, 2, i), &buf, err);
        if (code == OK && search.regex) {
            code = string_take(&room, &buf, &to[i], err);
        } else if (code == OK) {
            buf_clear(&buf);
            code = kernel_null(cx, out, i, err);
        }
        if (code != OK)
            break;
    }
    buf_done(&buf);
    return code;
}

static enum code replace_resolve_regex(struct call *call, struct error *err)
{
    TRY(call_arity(call, 3, 3, err));
    TRY(string_coerce(call, 0, 2, err));
    TRY(prepare(call, (struct pattern){ 0 }, err));
    return call_set(call, &type_string, replace, flags_of(call));
}

/* --- SIMILAR TO ----------------------------------------------------------------------------- */

static bool is_one_of(uint32_t c, const char *set)
{
    return c > 0 && c < 128 && strchr(set, (int)c);
}

/* [:ALPHA:] and its like, without the brackets around. */
static const char *similar_class(struct str s, size_t *ret_size)
{
    static const struct {
        const char *name;
        const char *java;
    } classes[] = {
        { "[:ALPHA:]", "\\p{Alpha}" }, { "[:UPPER:]", "\\p{Upper}" }, { "[:LOWER:]", "\\p{Lower}" },
        { "[:DIGIT:]", "\\d" },        { "[:SPACE:]", " " },          { "[:WHITESPACE:]", "\\s" },
        { "[:ALNUM:]", "\\p{Alnum}" },
    };
    for (size_t i = 0; i < countof(classes); i++) {
        struct str name = str_of(classes[i].name);
        if (s.size >= name.size && str_ieq(str_make(s.data, name.size), name)) {
            *ret_size = name.size;
            return classes[i].java;
        }
    }
    return NULL;
}

static void put_plain(struct buf *out, struct str s, size_t at, size_t size)
{
    if (size == 1 && is_one_of((uint8_t)s.data[at], "\\^$.|?*+()[]{}&-#"))
        buf_char(out, '\\');
    buf_put(out, s.data + at, size);
}

/* The set [..] that begins at s[*at]; *at is set behind it. */
static enum code similar_set(struct buf *out, struct str s, size_t *at, uint32_t escape,
                             struct error *err)
{
    uint32_t c;
    size_t size;
    buf_char(out, '[');
    for (++*at; *at < s.size; *at += size) {
        struct str rest = str_make(s.data + *at, s.size - *at);
        size = utf8_decode(rest.data, rest.size, &c);
        const char *class = similar_class(rest, &size);
        if (class) {
            buf_text(out, class);
        } else if (c == escape && c != 0) {
            *at += size;
            if (*at >= s.size)
                break;
            size = utf8_decode(s.data + *at, s.size - *at, &c);
            put_plain(out, s, *at, size);
        } else if (c == ']') {
            buf_char(out, ']');
            ++*at;
            return OK;
        } else if (c == '^' || c == '-') {
            buf_char(out, (char)c);
        } else {
            put_plain(out, s, *at, size);
        }
    }
    return error_set(err, E_DATA, "invalid SIMILAR pattern: missing closing bracket");
}

/* SQL's pattern as one of Java's, as Calcite does it; `escape` is 0 if there is none. */
static enum code similar_translate(struct buf *out, struct str s, uint32_t escape,
                                   struct error *err)
{
    uint32_t c;
    size_t size;
    for (size_t at = 0; at < s.size; at += size) {
        size = utf8_decode(s.data + at, s.size - at, &c);
        if (c == escape && c != 0) {
            at += size;
            size = at < s.size ? utf8_decode(s.data + at, s.size - at, &c) : 0;
            if (size == 0 || (c != escape && !is_one_of(c, "_%^$|*+?(){}[].\\-")))
                return error_set(err, E_DATA,
                                 "invalid SIMILAR pattern: nothing to escape at position %zu",
                                 at + 1);
            put_plain(out, s, at, size);
        } else if (c == '_') {
            buf_char(out, '.');
        } else if (c == '%') {
            buf_text(out, "(?:.*)");
        } else if (c == '[') {
            TRY(similar_set(out, s, &at, escape, err));
            size = 0;
        } else if (is_one_of(c, "|*+?(){}.")) { /* a point is any character, as in Java */
            buf_char(out, (char)c);
        } else {
            put_plain(out, s, at, size);
        }
    }
    return buf_check(out, err);
}

/* The escape character of a row; false: it is not one character. */
static bool escape_of(struct str s, uint32_t *ret)
{
    return s.size > 0 && utf8_decode(s.data, s.size, ret) == s.size && *ret != 0;
}

static enum code similar_of_row(const struct kernel_call *call, struct regex_run *run, uint32_t row,
                                struct buf *java, const struct regex **ret, struct error *err)
{
    const struct pattern *p = call->state;
    uint32_t escape = p->escape;
    *ret = p->regex;
    if (p->is_literal && (call->arg_count < 3 || p->has_escape))
        return OK;
    *ret = NULL;
    buf_clear(java);
    if (call->arg_count == 3 && !escape_of(arg_str(call, 2, row), &escape))
        return OK;
    enum code code = similar_translate(java, arg_str(call, 1, row), escape, NULL);
    if (code != OK)
        return code == E_DATA ? OK : error_nomem(err);
    return regex_run_compile(run, java->size > 0 ? buf_view(java) : STR(""), p->flags, ret, NULL,
                             err);
}

STRING_KERNEL(similar)
{
    uint8_t *to = COLUMN_OUT(out, uint8_t);
    struct regex_run *run;
    enum code code = OK;
    struct buf java;
    TRY(regex_run_get(cx->op_arena, call->scratch, &run, err));
    buf_init(&java, STRING_BYTES_MAX);
    ROWS_EACH(rows, i)
    {
        struct search search = { .run = run };
        bool found = false;
        search.text = regex_text(cx->arena, arg_str(call, 0, i));
        code = search.text.data ? similar_of_row(call, run, i, &java, &search.regex, err)
                                : error_nomem(err);
        if (code == OK && search.regex)
            code = search_next(call, &search, &found, err);
        if (code == OK && !search.regex)
            code = kernel_null(cx, out, i, err);
        else
            to[i] = found;
        if (code != OK)
            break;
    }
    buf_done(&java);
    return code;
}

static enum code similar_resolve(struct call *call, struct error *err)
{
    struct pattern p = { .flags = REGEX_WHOLE, .is_similar = true };
    struct str text;
    TRY(call_arity(call, 2, 3, err));
    TRY(string_coerce(call, 0, call->arg_count - 1, err));
    if (call->arg_count == 3 && expr_literal_text(call->args[2], &text)) {
        if (!escape_of(text, &p.escape))
            return call_wrong(call, 2, err, "the escape is not one character");
        p.has_escape = true;
    }
    /* Without knowing the escape a literal pattern cannot be compiled yet. */
    if (call->arg_count == 3 && !p.has_escape) {
        struct pattern *state = arena_new(call->env->arena, struct pattern);
        if (!state)
            return error_nomem(err);
        *state = p;
        state->is_blink = call_is_blink(call);
        call->state = state;
        call->state_hash = state->is_blink;
    } else {
        TRY(prepare(call, p, err));
    }
    return call_set(call, &type_boolean, similar, flags_of(call));
}

/* clang-format off */
const struct function fn_regex_table[] = {
    { "REGEXP", DIALECT_BOTH, "REGEXP(string, pattern)", "Whether some part of the string matches a Java regular expression; FALSE for an empty one.", "REGEXP('100-200', '[0-9]+')", "TRUE", regexp_resolve, "string" },
    { "REGEXP_EXTRACT", DIALECT_BOTH, "REGEXP_EXTRACT(string, pattern [, group])", "What the group (0: all) of the first match matched, or NULL.", "REGEXP_EXTRACT('foothebar', 'foo(.*?)(bar)', 2)", "bar", extract_resolve, "string" },
    { "REGEXP_EXTRACT_ALL", DIALECT_BOTH, "REGEXP_EXTRACT_ALL(string, pattern [, group])", "What the group (1) matched, for all matches, as an array.", "REGEXP_EXTRACT_ALL('100-200, 300-400', '([0-9]+)-([0-9]+)', 1)", "[100, 300]", extract_all_resolve, "string" },
    { "REGEXP_SUBSTR", DIALECT_BOTH, "REGEXP_SUBSTR(string, pattern)", "The first match, or NULL.", "REGEXP_SUBSTR('Steven and Stephen', 'Ste(v|ph)en')", "Steven", substr_resolve, "string" },
    { "REGEXP_COUNT", DIALECT_BOTH, "REGEXP_COUNT(string, pattern)", "How many times the pattern matches.", "REGEXP_COUNT('a.b.c.d', '[.]')", "3", count_resolve, "string" },
    { "REGEXP_INSTR", DIALECT_BOTH, "REGEXP_INSTR(string, pattern)", "Position of the first match, from 1; 0 if there is none.", "REGEXP_INSTR('hello world! Hello everyone!', 'Hello')", "14", instr_of_regex_resolve, "string" },
    { "REGEXP_REPLACE", DIALECT_BOTH, "REGEXP_REPLACE(string, pattern, replacement)", "The string with all matches replaced by a text, which is taken literally.", "REGEXP_REPLACE('foobar', 'oo|ar', '')", "fb", replace_resolve_regex, "string" },
    { "STR_TO_MAP", DIALECT_BOTH, "STR_TO_MAP(string [, pair_delimiter, key_delimiter])", "A map of the key-value pairs in a string; the delimiters (',' and '=') are regular expressions.", "STR_TO_MAP('k1=v1,k2=v2')['k2']", "v2", str_to_map_resolve, "string" },
    { "SIMILAR", DIALECT_BOTH, "string SIMILAR TO pattern [ESCAPE character]", "Whether all of the string matches a regular expression of SQL.", "'Flink 2' SIMILAR TO 'Fl(i|a)nk _'", "TRUE", similar_resolve, "string" },
    { 0 },
};
/* clang-format on */
