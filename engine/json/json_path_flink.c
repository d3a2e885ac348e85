/* json_path_flink.c -- SQL/JSON paths as Flink takes them: "lax" or "strict", then a path of the
 * Jayway library, whose reader (PathCompiler) is followed here turn by turn, because it accepts
 * more than its documentation says: a path without "$", a "@" for it, blanks within brackets, and
 * one stray character behind a closing bracket at the very end. */
#include "json/json_path.h"

#include "base/arena.h"
#include "json/json_filter.h"
#include "json/json_path_steps.h"
#include "base/utf8.h"

struct reader {
    struct json_steps list;
    struct str text;
    size_t at;
    struct error *err;
};

static enum code fail(struct reader *in, const char *reason)
{
    return error_set(in->err, E_SYNTAX, "wrong JSON path \"" STR_FMT "\": %s", STR_ARG(in->text),
                     reason);
}

static enum code push(struct reader *in, struct json_step step)
{
    return json_steps_push(&in->list, step, in->err);
}

static size_t skip_spaces(const struct reader *in, size_t at)
{
    while (at < in->text.size && in->text.data[at] == ' ')
        at++;
    return at;
}

static char char_at(const struct reader *in, size_t at)
{
    return at < in->text.size ? in->text.data[at] : '\0';
}

/* .name, or the name of a function. */
static enum code read_name(struct reader *in)
{
    size_t begin = in->at;
    size_t end = begin;
    while (end < in->text.size) {
        char c = in->text.data[end];
        if (c == ' ')
            return fail(in, "a name with a blank is written as ['name']");
        if (c == '.' || c == '[' || c == '(')
            break;
        end++;
    }
    struct str name = { in->text.data + begin, end - begin };
    if (name.size == 0)
        return fail(in, "a name is missing");
    if (char_at(in, end) == '(') {
        bool is_length = str_is(name, "length") || str_is(name, "size");
        if (!is_length || char_at(in, end + 1) != ')' || end + 2 != in->text.size)
            return error_set(in->err, E_UNSUPPORTED,
                             "function \"" STR_FMT "\" in a JSON path is not supported",
                             STR_ARG(name));
        in->at = in->text.size;
        return push(in, (struct json_step){ .kind = JSON_STEP_LENGTH });
    }
    in->at = end;
    name = arena_str(in->list.arena, name);
    if (!name.data)
        return error_nomem(in->err);
    return push(in, (struct json_step){ .kind = JSON_STEP_KEY, .key = name });
}

static unsigned hex_digit(char c)
{
    return c >= '0' && c <= '9'   ? (unsigned)(c - '0')
           : c >= 'a' && c <= 'f' ? (unsigned)(c - 'a') + 10
           : c >= 'A' && c <= 'F' ? (unsigned)(c - 'A') + 10
                                  : 16;
}

/* Java's escapes in a quoted name. */
static enum code unescape_name(struct reader *in, struct str raw, struct str *ret)
{
    char *out = arena_alloc(in->list.arena, raw.size + 4);
    size_t n = 0;
    if (!out)
        return error_nomem(in->err);
    for (size_t i = 0; i < raw.size; i++) {
        char c = raw.data[i];
        if (c != '\\' || i + 1 >= raw.size) {
            out[n++] = c;
            continue;
        }
        c = raw.data[++i];
        if (c == 'u') {
            uint32_t code_point = 0;
            for (int k = 0; k < 4; k++) {
                unsigned digit = i + 1 < raw.size ? hex_digit(raw.data[++i]) : 16;
                if (digit > 15)
                    return fail(in, "\\u wants four hexadecimal digits");
                code_point = code_point << 4 | digit;
            }
            n += utf8_encode(code_point, out + n);
            continue;
        }
        static const char from[] = "rftnb", to[] = "\r\f\t\n\b";
        const char *which = c != '\0' ? strchr(from, c) : NULL;
        out[n++] = which ? to[which - from] : c;
    }
    *ret = str_make(out, n);
    return OK;
}

/* ['a'], ["a"], ['a', 'b'] */
static enum code read_names(struct reader *in, size_t at)
{
    char quote = char_at(in, at);
    struct str *names = NULL;
    uint32_t count = 0, cap = 0;
    for (;;) {
        if (char_at(in, at) != quote)
            return fail(in, "a quoted name is expected");
        size_t begin = ++at;
        while (at < in->text.size && in->text.data[at] != quote)
            at += in->text.data[at] == '\\' ? 2 : 1;
        if (at >= in->text.size)
            return fail(in, "a quoted name has no end");
        struct str name;
        TRY(unescape_name(in, str_make(in->text.data + begin, at - begin), &name));
        if (!ARENA_PUSH(in->list.arena, names, count, cap, name))
            return error_nomem(in->err);
        at = skip_spaces(in, at + 1);
        char c = char_at(in, at);
        if (c == ']')
            break;
        if (c != ',')
            return fail(in, "\",\" or \"]\" is expected behind a quoted name");
        at = skip_spaces(in, at + 1);
    }
    in->at = at + 1;
    if (count == 1)
        return push(in, (struct json_step){ .kind = JSON_STEP_KEY, .key = names[0] });
    return push(in, (struct json_step){ .kind = JSON_STEP_KEYS, .keys = names, .count = count });
}

/* A Java int; false if it is none. */
static bool read_int(struct str text, int64_t *ret)
{
    text = str_trim(text);
    size_t i = text.size > 0 && text.data[0] == '-';
    int64_t value = 0;
    if (i == text.size || text.size > 11)
        return false;
    for (size_t k = i; k < text.size; k++) {
        if (text.data[k] < '0' || text.data[k] > '9')
            return false;
        value = value * 10 + (text.data[k] - '0');
    }
    *ret = i ? -value : value;
    return *ret >= INT32_MIN && *ret <= INT32_MAX;
}

static enum code read_slice(struct reader *in, struct str text)
{
    struct json_step step = { .kind = JSON_STEP_SLICE };
    size_t colon = str_find_byte(text, ':');
    struct str from = { text.data, colon };
    struct str to = { text.data + colon + 1, text.size - colon - 1 };
    size_t third = str_find_byte(to, ':');
    if (third != (size_t)-1)
        to.size = third; /* Jayway reads two numbers and forgets the rest */
    step.has_from = from.size > 0;
    step.has_to = to.size > 0;
    if ((!step.has_from && !step.has_to) || (step.has_from && !read_int(from, &step.from)) ||
        (step.has_to && !read_int(to, &step.to)) || str_find_byte(text, ' ') != (size_t)-1)
        return fail(in, "a slice is written as [1:3], [1:] or [:3]");
    return push(in, step);
}

/* [1], [0,2], [1:3] */
static enum code read_subscripts(struct reader *in, size_t at)
{
    size_t end = at;
    while (end < in->text.size && in->text.data[end] != ']')
        end++;
    if (end >= in->text.size)
        return fail(in, "\"]\" is missing");
    struct str text = str_trim(str_make(in->text.data + at, end - at));
    in->at = end + 1;
    if (str_find_byte(text, ':') != (size_t)-1)
        return read_slice(in, text);
    int64_t *indexes = NULL;
    uint32_t count = 0, cap = 0;
    while (true) {
        size_t comma = str_find_byte(text, ',');
        size_t size = comma == (size_t)-1 ? text.size : comma;
        int64_t index;
        if (!read_int(str_make(text.data, size), &index))
            return fail(in, "a subscript is no integer");
        if (!ARENA_PUSH(in->list.arena, indexes, count, cap, index))
            return error_nomem(in->err);
        if (comma == (size_t)-1)
            break;
        text = str_make(text.data + comma + 1, text.size - comma - 1);
    }
    if (count == 1)
        return push(in, (struct json_step){ .kind = JSON_STEP_INDEX, .from = indexes[0] });
    return push(
        in, (struct json_step){ .kind = JSON_STEP_INDEXES, .indexes = indexes, .count = count });
}

static enum code read_brackets(struct reader *in)
{
    size_t at = skip_spaces(in, in->at + 1);
    char c = char_at(in, at);
    if (c == '\'' || c == '"')
        return read_names(in, at);
    if ((c >= '0' && c <= '9') || c == '-' || c == ':')
        return read_subscripts(in, at);
    if (c == '*') {
        at = skip_spaces(in, at + 1);
        if (char_at(in, at) != ']')
            return fail(in, "\"]\" is expected behind \"[*\"");
        in->at = at + 1;
        return push(in, (struct json_step){ .kind = JSON_STEP_ANY });
    }
    if (c == '?') {
        struct json_step step = { .kind = JSON_STEP_FILTER };
        size_t used = 0;
        struct str rest = { in->text.data + at + 1, in->text.size - at - 1 };
        TRY(json_filter_parse(in->list.arena, rest, &step.filter, &used, in->err));
        at = skip_spaces(in, at + 1 + used);
        if (char_at(in, at) != ']')
            return fail(in, "\"]\" is expected behind a filter");
        in->at = at + 1;
        return push(in, step);
    }
    return fail(in, "a quoted name, a subscript, \"*\" or a filter is expected behind \"[\"");
}

/* Everything behind the root. */
static enum code read_steps(struct reader *in)
{
    /* Jayway takes the last character for the end wherever it has read up to it. */
    while (in->at + 1 < in->text.size) {
        char c = in->text.data[in->at];
        if (c == '.') {
            in->at++;
            if (char_at(in, in->at) == '.') {
                TRY(push(in, (struct json_step){ .kind = JSON_STEP_DEEP }));
                in->at++;
            }
            c = char_at(in, in->at);
            if (c == '.')
                return fail(in, "too many dots");
        }
        if (c == '[') {
            TRY(read_brackets(in));
        } else if (c == '*') {
            in->at++;
            TRY(push(in, (struct json_step){ .kind = JSON_STEP_ANY }));
        } else {
            TRY(read_name(in));
        }
    }
    return OK;
}

static bool is_java_blank(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

/* Takes "lax " or "strict " off; strict if there is neither. */
static struct str read_mode(struct str text, bool *ret_lax)
{
    size_t begin = 0;
    while (begin < text.size && is_java_blank(text.data[begin]))
        begin++;
    size_t end = begin;
    while (end < text.size && !is_java_blank(text.data[end]))
        end++;
    struct str word = { text.data + begin, end - begin };
    bool is_lax = str_iis(word, "lax");
    size_t path = end;
    while (path < text.size && is_java_blank(text.data[path]))
        path++;
    *ret_lax = false;
    if ((!is_lax && !str_iis(word, "strict")) || path == end || path == text.size)
        return text;
    *ret_lax = is_lax;
    return str_make(text.data + path, text.size - path);
}

static struct str trim_spaces(struct str text)
{
    while (text.size > 0 && text.data[0] == ' ')
        text = str_make(text.data + 1, text.size - 1);
    while (text.size > 0 && text.data[text.size - 1] == ' ')
        text.size--;
    return text;
}

/* Which steps make the result an array of what was found. */
static bool is_many_step(const struct json_path *path, uint32_t i)
{
    switch (path->steps[i].kind) {
    case JSON_STEP_ANY:
    case JSON_STEP_DEEP:
    case JSON_STEP_INDEXES:
    case JSON_STEP_SLICE:
    case JSON_STEP_FILTER:
        return true;
    case JSON_STEP_KEYS:
        return i + 1 < path->count;
    default:
        return false;
    }
}

enum code json_path_parse_flink(struct arena *arena, struct str text, struct json_path *ret,
                                struct error *err)
{
    bool is_lax;
    struct reader in = { .list = { .arena = arena }, .text = text, .err = err };
    struct str path = trim_spaces(read_mode(text, &is_lax));
    if (path.size == 0)
        return fail(&in, "it is empty");
    in.text = path;
    if (path.data[path.size - 1] == '.')
        return fail(&in, "it must not end in a dot");
    if (path.data[0] != '$' && path.data[0] != '@') {
        char *full = arena_printf(arena, "$." STR_FMT, STR_ARG(path));
        if (!full)
            return error_nomem(err);
        in.text = str_make(full, path.size + 2);
    }
    in.at = 1;
    if (in.text.size > 1) {
        char c = in.text.data[1];
        if (c != '.' && c != '[')
            return fail(&in, "\".\" or \"[\" is expected behind the root");
        if (in.text.size == 2)
            return fail(&in, "it ends too early");
        TRY(read_steps(&in));
    }
    struct json_path result;
    json_steps_finish(&in.list, &result);
    if (result.count > 0 && result.steps[result.count - 1].kind == JSON_STEP_DEEP)
        return fail(&in, "it must not end in \"..\"");
    for (uint32_t i = 0; i < result.count; i++) {
        if (!is_many_step(&result, i))
            continue;
        result.is_many = true;
        if (result.steps[result.count - 1].kind == JSON_STEP_LENGTH)
            return error_set(err, E_UNSUPPORTED,
                             "a function behind many results in a JSON path is not supported");
    }
    result.is_lax = is_lax;
    *ret = result;
    return OK;
}
