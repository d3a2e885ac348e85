/* json_path.c -- path text to steps, Blink's way, and what both dialects share.
 *
 * Blink splits the text at every dot, whatever stands there, matches the beginning of each part
 * against a pattern for the key, and looks for subscripts in the rest of it.  Nothing is ever a
 * syntax error, so the function below only says "finds nothing". */
#include "json/json_path.h"

#include "base/arena.h"
#include "json/json_path_steps.h"

enum code json_steps_push(struct json_steps *list, struct json_step step, struct error *err)
{
    if (!ARENA_PUSH(list->arena, list->steps, list->count, list->cap, step))
        return error_nomem(err);
    return OK;
}

void json_steps_finish(const struct json_steps *list, struct json_path *ret)
{
    *ret = (struct json_path){ .steps = list->steps, .count = list->count };
    for (uint32_t i = 0; i < list->count; i++) {
        const struct json_step *step = &list->steps[i];
        bool is_plain = step->kind == JSON_STEP_KEY || step->kind == JSON_STEP_REPARSE ||
                        (step->kind == JSON_STEP_INDEX && step->from >= 0);
        if (!is_plain)
            ret->is_general = true;
    }
}

static bool is_blink_blank(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r'); /* Java's \s */
}

static bool is_blink_key(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '-' || c == ':' || is_blink_blank(c);
}

/* Whether Java's "." refuses something of the text. */
static bool has_line_end(struct str text)
{
    for (size_t i = 0; i < text.size; i++) {
        const char *p = text.data + i;
        size_t left = text.size - i;
        if (*p == '\n' || *p == '\r' || (left >= 2 && memcmp(p, "\xC2\x85", 2) == 0) ||
            (left >= 3 && (memcmp(p, "\xE2\x80\xA8", 3) == 0 || memcmp(p, "\xE2\x80\xA9", 3) == 0)))
            return true;
    }
    return false;
}

/* All "[digits]" and "[*]" of the part, wherever they stand; *ret_never if one is too large. */
static enum code read_subscripts(struct json_steps *list, struct str part, bool *ret_never,
                                 uint32_t *ret_count, struct error *err)
{
    uint32_t found = 0;
    for (size_t i = 0; i < part.size; i++) {
        if (part.data[i] != '[')
            continue;
        size_t k = i + 1;
        int64_t index = 0;
        struct json_step step = { .kind = JSON_STEP_INDEX, .is_chained = found > 0 };
        if (k < part.size && part.data[k] == '*') {
            step.kind = JSON_STEP_ALL;
            k++;
        } else {
            while (k < part.size && part.data[k] >= '0' && part.data[k] <= '9') {
                if (index <= INT32_MAX)
                    index = index * 10 + (part.data[k] - '0');
                k++;
            }
            if (k == i + 1)
                continue;
        }
        if (k >= part.size || part.data[k] != ']')
            continue;
        if (index > INT32_MAX)
            *ret_never = true;
        step.from = index;
        TRY(json_steps_push(list, step, err));
        found++;
        i = k;
    }
    *ret_count = found;
    return OK;
}

/* One part between two dots.  *ret_never if it can find nothing. */
static enum code read_part(struct json_steps *list, struct str part, bool has_key, bool *ret_never,
                           struct error *err)
{
    if (has_key) {
        size_t n = 0;
        while (n < part.size && is_blink_key(part.data[n]))
            n++;
        struct str rest = { part.data + n, part.size - n };
        if (n == 0 || has_line_end(rest)) {
            *ret_never = true;
            return OK;
        }
        struct str key = arena_str(list->arena, str_make(part.data, n));
        if (!key.data)
            return error_nomem(err);
        TRY(json_steps_push(list, (struct json_step){ .kind = JSON_STEP_KEY, .key = key }, err));
    }
    uint32_t found = 0;
    TRY(read_subscripts(list, part, ret_never, &found, err));
    if (!has_key && found == 0)
        *ret_never = true;
    return OK;
}

enum code json_path_parse_blink(struct arena *arena, struct str text, struct json_path *ret,
                                struct error *err)
{
    struct json_steps list = { .arena = arena };
    bool is_never = text.size == 0 || text.data[0] != '$' ||
                    (text.size > 1 && text.data[1] != '.' && text.data[1] != '[');
    size_t begin = text.size > 1 && text.data[1] == '.' ? 2 : 0;
    /* "$[0]" and "$.[0]" begin with a subscript of the root. */
    bool is_first = true;
    while (!is_never && text.size > 1 && begin <= text.size) {
        size_t end = begin;
        while (end < text.size && text.data[end] != '.')
            end++;
        struct str part = { text.data + begin, end - begin };
        bool has_key =
            !(is_first && part.size > 0 && (part.data[0] == '[' || part.data[0] == '$') &&
              (begin == 0 || part.data[0] == '['));
        TRY(read_part(&list, part, has_key, &is_never, err));
        begin = end + 1;
        is_first = false;
    }
    if (is_never) {
        *ret = (struct json_path){ .is_never = true };
        return OK;
    }
    json_steps_finish(&list, ret);
    return OK;
}

enum code json_path_key(struct arena *arena, struct str name, struct json_path *ret,
                        struct error *err)
{
    struct json_steps list = { .arena = arena };
    struct str key = arena_str(arena, name);
    if (!key.data)
        return error_nomem(err);
    TRY(json_steps_push(&list, (struct json_step){ .kind = JSON_STEP_KEY, .key = key }, err));
    json_steps_finish(&list, ret);
    return OK;
}

enum code json_path_nest(struct arena *arena, const struct json_path *outer, enum json_reparse mode,
                         const struct json_path *inner, struct json_path *ret, struct error *err)
{
    struct json_path result = { .is_never = true };
    if (!outer->is_never && !inner->is_never && !(outer->is_many && mode == JSON_REPARSE_TEXT)) {
        struct json_steps list = { .arena = arena };
        for (uint32_t i = 0; i < outer->count; i++)
            TRY(json_steps_push(&list, outer->steps[i], err));
        struct json_step boundary = {
            .kind = JSON_STEP_REPARSE,
            .reparse = mode,
            .from = outer->is_lax,
            .to = outer->is_many,
        };
        TRY(json_steps_push(&list, boundary, err));
        for (uint32_t i = 0; i < inner->count; i++)
            TRY(json_steps_push(&list, inner->steps[i], err));
        json_steps_finish(&list, &result);
    }
    result.is_lax = inner->is_lax;
    result.is_many = inner->is_many;
    *ret = result;
    return OK;
}
