/* fn_regex_split.c -- STR_TO_MAP.
 *
 * The delimiters are regular expressions, split by as Java's String.split does: trailing empty
 * pairs vanish, a pair without key delimiter has a NULL value.  A later pair replaces an earlier
 * one with the same key, in its place.  Delimiters that are plain text, nearly all, are searched
 * as such. */
#include "expr/fn_regex.h"

#include "base/hash.h"
#include "base/utf8.h"
#include "expr/fn_string.h"

enum code str_to_map_resolve(struct call *call, struct error *err);

/* A delimiter: plain text, or a pattern. */
struct delimiter {
    struct str text;
    const struct regex *regex; /* NULL: plain */
    struct regex_run *run;     /* its own: the cache of a run keeps only the last pattern safely */
};

struct map_state {
    struct delimiter literal[2];
    bool is_literal[2];
    bool is_blink;
};

static bool is_plain(struct str s)
{
    for (size_t i = 0; i < s.size; i++)
        if (strchr("\\^$.|?*+()[]{}", s.data[i]))
            return false;
    return s.size > 0;
}

/* Java's way to find the next delimiter from *at on: an empty match at the begin is none. */
static enum code find_delimiter(const struct delimiter *d, struct str s, size_t at,
                                size_t *ret_begin, size_t *ret_end, bool *ret_found,
                                struct error *err)
{
    if (!d->regex) {
        *ret_begin = string_find(s, d->text, at);
        *ret_end = *ret_begin + d->text.size;
        *ret_found = *ret_begin != (size_t)-1;
        return OK;
    }
    do {
        TRY(regex_find(d->run, d->regex, s, at, ret_found, err));
        if (!*ret_found || !regex_group(d->run, 0, ret_begin, ret_end))
            return OK;
        at = regex_next(d->run, s);
    } while (*ret_end == 0);
    return OK;
}

/* --- the map of a row ------------------------------------------------------------------ */

struct map_row {
    struct string_list keys;
    struct string_list values;
    uint32_t *table; /* entry + 1 by hash, counted from the begin of the row */
    uint32_t mask;
};

static enum code table_grow(struct map_row *map, struct error *err)
{
    uint32_t n = map->keys.count - map->keys.begin;
    uint32_t slots = MAX(16, (map->mask + 1) * 2);
    uint32_t *table = arena_array(map->keys.arena, uint32_t, slots);
    if (!table)
        return error_nomem(err);
    for (uint32_t i = 0; i < n; i++) {
        struct view key = map->keys.items[map->keys.begin + i];
        uint64_t hash = hash_bytes(key.data, key.size, 0);
        while (table[hash & (slots - 1)])
            hash++;
        table[hash & (slots - 1)] = i + 1;
    }
    map->table = table;
    map->mask = slots - 1;
    return OK;
}

static enum code map_put(struct map_row *map, struct str key, struct view value, struct error *err)
{
    uint32_t n = map->keys.count - map->keys.begin;
    if (!map->table || n * 2 >= map->mask)
        TRY(table_grow(map, err));
    uint64_t hash = hash_bytes(key.data, key.size, 0);
    for (uint32_t at; (at = map->table[hash & map->mask]) != 0; hash++) {
        if (str_eq(view_str(map->keys.items[map->keys.begin + at - 1]), key)) {
            map->values.items[map->values.begin + at - 1] = value;
            return OK;
        }
    }
    map->table[hash & map->mask] = n + 1;
    if (!string_list_add(&map->keys, view_of(key)) || !string_list_add(&map->values, value))
        return error_nomem(err);
    return OK;
}

static void map_begin(struct map_row *map)
{
    if (map->table)
        memset(map->table, 0, ((size_t)map->mask + 1) * sizeof *map->table);
}

static enum code put_pair(const struct delimiter *inner, struct str pair, struct map_row *map,
                          struct error *err)
{
    size_t begin, end;
    bool found;
    TRY(find_delimiter(inner, pair, 0, &begin, &end, &found, err));
    if (!found)
        return map_put(map, pair, (struct view){ 0 }, err);
    return map_put(map, str_make(pair.data, begin), view_make(pair.data + end, pair.size - end),
                   err);
}

static enum code map_of_text(const struct delimiter *d, struct str s, struct map_row *map,
                             struct error *err)
{
    size_t at = 0, begin = 0, end = 0, search = 0;
    uint32_t empty = 0; /* empty pairs that count only if another one follows */
    bool found = s.size > 0, some = false;
    while (found) {
        TRY(find_delimiter(&d[0], s, search, &begin, &end, &found, err));
        some |= found;
        struct str pair = str_make(s.data + at, (found ? begin : s.size) - at);
        if (pair.size == 0 && some) {
            empty++;
        } else {
            for (; empty > 0; empty--)
                TRY(put_pair(&d[1], STR(""), map, err));
            TRY(put_pair(&d[1], pair, map, err));
        }
        at = end;
        search = end;
        if (begin == end) /* behind an empty match: one character on */
            search += end < s.size ? utf8_offset(str_make(s.data + end, s.size - end), 1) : 1;
    }
    return OK;
}

/* --- the function ----------------------------------------------------------------------- */

/* The delimiter n (0, 1) of a row; *ret_ok is false if it is no pattern. */
static enum code delimiter_of_row(const struct kernel_call *call, struct regex_run *run, uint32_t n,
                                  uint32_t row, struct delimiter *ret, bool *ret_ok,
                                  struct error *err)
{
    const struct map_state *state = call->state;
    if (state->is_literal[n]) {
        *ret = state->literal[n];
        ret->run = run;
        return OK;
    }
    *ret = (struct delimiter){ .text = arg_str(call, n + 1, row), .run = run };
    if (is_plain(ret->text))
        return OK;
    TRY(regex_run_compile(run, ret->text, 0, &ret->regex, NULL, err));
    *ret_ok &= ret->regex != NULL;
    return OK;
}

/* The runs of both delimiters. */
static enum code runs_get(struct eval *cx, void **scratch, struct regex_run **ret,
                          struct error *err)
{
    if (!*scratch && !(*scratch = arena_array(cx->op_arena, void *, 2)))
        return error_nomem(err);
    void **runs = *scratch;
    TRY(regex_run_get(cx->op_arena, &runs[0], &ret[0], err));
    return regex_run_get(cx->op_arena, &runs[1], &ret[1], err);
}

STRING_KERNEL(str_to_map)
{
    const struct map_state *state = call->state;
    struct map_row map = { .keys.arena = cx->arena, .values.arena = cx->arena };
    struct regex_run *runs[2];
    TRY(runs_get(cx, call->scratch, runs, err));
    ROWS_EACH(rows, i)
    {
        struct delimiter d[2];
        bool is_good = true;
        for (uint32_t n = 0; n < 2; n++)
            TRY(delimiter_of_row(call, runs[n], n, i, &d[n], &is_good, err));
        struct str text = regex_text(cx->arena, arg_str(call, 0, i));
        if (!text.data)
            return error_nomem(err);
        map_begin(&map);
        struct error local = { 0 };
        enum code code = is_good ? map_of_text(d, text, &map, &local) : OK;
        if (code == E_LIMIT && state->is_blink)
            is_good = false;
        else if (code != OK && err)
            *err = local;
        if (code != OK && is_good)
            return code;
        if (is_good) {
            string_list_row(&map.keys, out, i);
            map.values.begin = map.values.count;
        } else {
            map.keys.count = map.keys.begin;
            map.values.count = map.values.begin;
            TRY(kernel_null(cx, out, i, err));
        }
    }
    TRY(string_list_finish(&map.keys, out, 0, err));
    return string_list_finish(&map.values, out, 1, err);
}

static void free_regex(void *arg)
{
    regex_destroy(arg);
}

static enum code literal_delimiter(const struct call *call, struct str text, struct delimiter *ret,
                                   struct error *err)
{
    struct regex *regex;
    ret->text = text;
    if (is_plain(text))
        return OK;
    TRY(regex_compile(text, REGEX_JIT, &regex, err));
    if (!arena_on_reset(call->env->arena, free_regex, regex)) {
        regex_destroy(regex);
        return error_nomem(err);
    }
    ret->regex = regex;
    return OK;
}

enum code str_to_map_resolve(struct call *call, struct error *err)
{
    struct map_state *state = arena_new(call->env->arena, struct map_state);
    const struct type *type = type_make_map(call->env->arena, &type_string, &type_string);
    if (!state || !type)
        return error_nomem(err);
    TRY(call_arity(call, 1, 3, err));
    if (call->arg_count == 2)
        return call_reject(call, err);
    TRY(string_coerce(call, 0, call->arg_count - 1, err));
    state->is_blink = call_is_blink(call);
    for (uint32_t n = 0; n < 2; n++) {
        struct str text = n == 0 ? STR(",") : STR("=");
        if (call->arg_count == 3 && !expr_literal_text(call->args[n + 1], &text))
            continue;
        struct error reason = { 0 };
        enum code code = literal_delimiter(call, text, &state->literal[n], &reason);
        /* In Blink a wrong one is found anew, and gives NULL, row by row. */
        state->is_literal[n] = code == OK;
        if (code == OK || (code == E_DATA && state->is_blink))
            continue;
        error_locate(&reason, call->args[n + 1]->span);
        if (err)
            *err = reason;
        return code;
    }
    call->state = state;
    call->state_hash = state->is_blink;
    return call_set(call, type, str_to_map, state->is_blink ? 0 : CALL_FAILS);
}
