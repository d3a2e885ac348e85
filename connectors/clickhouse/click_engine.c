/* click_engine.c -- the engine of a table, from the text that system.tables has.
 *
 *     ReplacingMergeTree(ver, is_deleted)          newer: a delete is a row too
 *     ReplicatedReplacingMergeTree('/path', '{replica}', ver)
 *     ReplacingMergeTree(date, (a, b), 8192, ver)  the old form
 *     CollapsingMergeTree(sign), VersionedCollapsingMergeTree(sign, ver)
 *
 * Arguments that are texts belong to replication. */
#include "clickhouse/click_table.h"

#include "base/arena.h"

enum { ARGUMENTS_MAX = 16 };

/* The arguments between the parentheses behind the first word. */
static uint32_t split(struct str text, struct str *arguments)
{
    size_t at = str_find_byte(text, '(');
    if (at == (size_t)-1)
        return 0;
    for (size_t i = 0; i < at; i++)
        if (text.data[i] == ' ') /* "MergeTree PARTITION BY f(x)": none */
            return 0;
    uint32_t count = 0;
    int depth = 0;
    char quote = 0;
    size_t from = at + 1;
    for (size_t i = at + 1; i < text.size && count < ARGUMENTS_MAX; i++) {
        char c = text.data[i];
        if (quote) {
            i += c == '\\';
            if (c == quote)
                quote = 0;
            continue;
        }
        if (c == '\'' || c == '`' || c == '"') {
            quote = c;
        } else if (c == '(') {
            depth++;
        } else if (depth > 0) {
            depth -= c == ')';
        } else if (c == ',' || c == ')') {
            struct str one = str_trim(str_make(text.data + from, i - from));
            if (one.size > 0)
                arguments[count++] = one;
            if (c == ')')
                return count;
            from = i + 1;
        }
    }
    return count;
}

static struct str unquote(struct arena *arena, struct str text)
{
    char quote = text.size >= 2 ? text.data[0] : 0;
    if (quote != '`' && quote != '\'' && quote != '"')
        return arena_str(arena, text);
    char *out = arena_alloc(arena, text.size);
    size_t n = 0;
    for (size_t i = 1; out && i + 1 < text.size; i++) {
        if (text.data[i] == '\\')
            i++;
        out[n++] = text.data[i];
    }
    return str_make(out, n);
}

struct str click_engine_argument(struct arena *arena, struct str engine_full, uint32_t n)
{
    struct str arguments[ARGUMENTS_MAX];
    uint32_t count = split(engine_full, arguments);
    return n < count ? unquote(arena, arguments[n]) : (struct str){ NULL, 0 };
}

static bool is_name(struct str argument)
{
    char c = argument.data[0];
    return c == '`' || c == '_' || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* What stands behind the paths of replication, and behind date, key and granularity of the old form.
 */
static uint32_t names_of(struct str text, struct str *names)
{
    struct str arguments[ARGUMENTS_MAX];
    uint32_t count = split(text, arguments), n = 0;
    for (uint32_t i = 0; i < count; i++) {
        bool is_number = arguments[i].data[0] >= '0' && arguments[i].data[0] <= '9';
        if (is_number)
            n = 0;
        else if (is_name(arguments[i]))
            names[n++] = arguments[i];
    }
    return n;
}

enum code click_engine_parse(struct arena *arena, struct str engine, struct str engine_full,
                             struct click_engine *ret, struct error *err)
{
    struct str names[ARGUMENTS_MAX];
    uint32_t count = names_of(engine_full, names);
    bool is_versioned = str_ends(engine, STR("VersionedCollapsingMergeTree"));
    *ret = (struct click_engine){ .manner = CLICK_KEEPS };
    for (uint32_t i = 0; i < count; i++) {
        names[i] = unquote(arena, names[i]);
        if (!names[i].data)
            return error_nomem(err);
    }
    if (str_ends(engine, STR("ReplacingMergeTree"))) {
        ret->manner = CLICK_REPLACES;
        if (count > 0)
            ret->version = names[0];
        if (count > 1)
            ret->deleted = names[1];
    } else if (str_ends(engine, STR("CollapsingMergeTree"))) {
        ret->manner = CLICK_COLLAPSES;
        if (count > 0)
            ret->sign = names[0];
        if (is_versioned && count > 1)
            ret->version = names[1];
    }
    return OK;
}
