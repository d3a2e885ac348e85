/* json_eval.c -- paths over the tree: the slow, complete evaluator, in the manner of each dialect.
 *
 * A path is evaluated in stretches between REPARSE steps; each stretch starts at the root of a
 * document, except that a rule's first one may start in the middle of one.
 *
 * Blink (its JsonUtils): one value goes from step to step; a KEY on an array collects from its
 * elements, subscripts of one pair of dots work on a list of targets.
 * Flink (Jayway): a step hands each of its results to the next one; "definite" paths give their
 * only result, others an array of all.  A definite step that does not find its place raises an
 * exception there, which is NOT_FOUND here. */
#include "json/json_dom.h"

#include "base/arena.h"
#include "json/json_filter.h"
#include "json/json_set.h"
#include "json/json_unescape.h"

#include <inttypes.h>
#include <string.h>

struct eval {
    struct arena *arena;
    unsigned flags;
    struct error *err;
};

struct list {
    struct json_value **items;
    uint32_t count, cap;
};

static bool is_container(const struct json_value *value)
{
    return value->kind == JSON_OBJECT || value->kind == JSON_ARRAY;
}

static enum code put(struct eval *e, struct list *list, struct json_value *value)
{
    if (!ARENA_PUSH(e->arena, list->items, list->count, list->cap, value))
        return error_nomem(e->err);
    return OK;
}

static enum code make_array(struct eval *e, const struct list *list, struct json_value **ret)
{
    struct json_value *value = arena_new(e->arena, struct json_value);
    if (!value)
        return error_nomem(e->err);
    value->kind = JSON_ARRAY;
    value->items = list->items;
    value->count = list->count;
    *ret = value;
    return OK;
}

static struct json_value *member_of(const struct json_value *object, struct str name)
{
    for (uint32_t i = 0; i < object->count; i++) {
        if (str_eq(object->members[i].name, name))
            return object->members[i].value;
    }
    return NULL;
}

/* --- Blink ------------------------------------------------------------------ */

static enum code blink_key(struct eval *e, struct json_value *value, struct str name, bool is_root,
                           struct json_value **ret)
{
    *ret = NULL;
    if (value->kind == JSON_OBJECT) {
        *ret = member_of(value, name);
        return OK;
    }
    if (value->kind != JSON_ARRAY || is_root)
        return OK;
    struct list found = { .items = NULL };
    for (uint32_t i = 0; i < value->count; i++) {
        if (value->items[i]->kind != JSON_OBJECT)
            continue;
        struct json_value *member = member_of(value->items[i], name);
        if (!member || member->kind == JSON_NULL)
            continue;
        if (member->kind != JSON_ARRAY) {
            TRY(put(e, &found, member));
            continue;
        }
        for (uint32_t k = 0; k < member->count; k++)
            TRY(put(e, &found, member->items[k]));
    }
    return found.count > 0 ? make_array(e, &found, ret) : OK;
}

/* A chain of subscripts: each maps the list of targets to a new one. */
static enum code blink_subscripts(struct eval *e, struct json_value *value,
                                  const struct json_step *steps, uint32_t count,
                                  struct json_value **ret)
{
    struct list targets = { .items = NULL };
    TRY(put(e, &targets, value));
    for (uint32_t s = 0; s < count; s++) {
        struct list next = { .items = NULL };
        for (uint32_t i = 0; i < targets.count; i++) {
            const struct json_value *array = targets.items[i];
            if (array->kind != JSON_ARRAY)
                continue;
            uint32_t from = 0;
            uint32_t to = array->count;
            if (steps[s].kind == JSON_STEP_INDEX) {
                from = (uint32_t)MIN(steps[s].from, (int64_t)array->count);
                to = MIN(from + 1, array->count);
            }
            for (uint32_t k = from; k < to; k++)
                TRY(put(e, &next, array->items[k]));
        }
        targets = next;
        if (targets.count == 0) {
            *ret = NULL;
            return OK;
        }
    }
    if (targets.count == 1) {
        *ret = targets.items[0];
        return OK;
    }
    return make_array(e, &targets, ret);
}

static enum code blink_stretch(struct eval *e, struct json_value *value,
                               const struct json_step *steps, uint32_t count, bool is_root,
                               struct json_value **ret)
{
    for (uint32_t i = 0; i < count && value; i++) {
        if (steps[i].kind == JSON_STEP_KEY) {
            TRY(blink_key(e, value, steps[i].key, is_root, &value));
        } else {
            uint32_t end = i + 1;
            while (end < count && steps[end].is_chained)
                end++;
            TRY(blink_subscripts(e, value, steps + i, end - i, &value));
            i = end - 1;
        }
        is_root = false;
    }
    *ret = value;
    return OK;
}

/* --- Flink ------------------------------------------------------------------ */

struct jayway {
    struct eval *e;
    const struct json_step *steps;
    uint32_t count;
    struct list found;
    bool is_not_found; /* an exception was thrown: the evaluation is over */
};

static enum code jayway_step(struct jayway *j, uint32_t at, struct json_value *value,
                             bool is_definite);

/* Hands a result of step `at` on; `is_definite` tells whether every step so far was. */
static enum code hand_on(struct jayway *j, uint32_t at, struct json_value *value, bool is_definite)
{
    if (at + 1 >= j->count)
        return put(j->e, &j->found, value);
    return jayway_step(j, at + 1, value, is_definite);
}

static void not_found(struct jayway *j, bool is_definite)
{
    if (is_definite)
        j->is_not_found = true;
}

static enum code do_index(struct jayway *j, uint32_t at, struct json_value *array, int64_t index,
                          bool is_definite)
{
    if (index < 0)
        index += array->count;
    if (index < 0 || index >= array->count)
        return OK;
    return hand_on(j, at, array->items[index], is_definite);
}

static enum code do_keys(struct jayway *j, uint32_t at, struct json_value *object)
{
    const struct json_step *step = &j->steps[at];
    bool is_leaf = at + 1 >= j->count;
    struct json_value *merged = NULL;
    uint32_t cap = 0;
    if (is_leaf) {
        merged = arena_new(j->e->arena, struct json_value);
        if (!merged)
            return error_nomem(j->e->err);
        merged->kind = JSON_OBJECT;
    }
    for (uint32_t i = 0; i < step->count; i++) {
        struct json_member member = { step->keys[i], member_of(object, step->keys[i]) };
        if (!member.value || (merged && member_of(merged, member.name)))
            continue;
        if (!is_leaf)
            TRY(hand_on(j, at, member.value, false));
        else if (!ARENA_PUSH(j->e->arena, merged->members, merged->count, cap, member))
            return error_nomem(j->e->err);
    }
    return is_leaf ? put(j->e, &j->found, merged) : OK;
}

static enum code do_slice(struct jayway *j, uint32_t at, struct json_value *array)
{
    const struct json_step *step = &j->steps[at];
    int64_t length = array->count;
    int64_t from = step->has_from ? step->from : 0;
    int64_t to = step->has_to ? step->to : length;
    if (step->has_from && !step->has_to)
        from = MAX(0, from < 0 ? length + from : from);
    else if (!step->has_from)
        to = to < 0 ? length + to : to; /* with both ends, Jayway takes negative ones as they are */
    to = MIN(to, length);
    from = MAX(from, -length);
    for (int64_t i = from; i < to && length > 0; i++)
        TRY(do_index(j, at, array, i, false));
    return OK;
}

static enum code do_filter(struct jayway *j, uint32_t at, struct json_value *value,
                           bool is_definite)
{
    const struct json_filter *filter = j->steps[at].filter;
    bool is_accepted = false;
    if (value->kind == JSON_OBJECT) {
        TRY(json_filter_accepts(j->e->arena, filter, value, &is_accepted, j->e->err));
        return is_accepted ? hand_on(j, at, value, false) : OK;
    }
    if (value->kind != JSON_ARRAY) {
        not_found(j, is_definite);
        return OK;
    }
    for (uint32_t i = 0; i < value->count; i++) {
        TRY(json_filter_accepts(j->e->arena, filter, value->items[i], &is_accepted, j->e->err));
        if (is_accepted)
            TRY(hand_on(j, at, value->items[i], false));
    }
    return OK;
}

static enum code do_length(struct jayway *j, uint32_t at, const struct json_value *value,
                           bool is_definite)
{
    struct json_value *result = arena_new(j->e->arena, struct json_value);
    if (!result)
        return error_nomem(j->e->err);
    result->kind = JSON_NULL;
    char *text = is_container(value) ? arena_printf(j->e->arena, "%" PRIu32, value->count)
                                     : arena_printf(j->e->arena, "null");
    if (!text)
        return error_nomem(j->e->err);
    if (is_container(value))
        result->kind = JSON_INTEGER;
    result->raw = str_of(text);
    return hand_on(j, at, result, is_definite);
}

/* Whether the step behind ".." is tried on this container. */
static enum code deep_matches(struct jayway *j, const struct json_step *step,
                              const struct json_value *value, bool is_leaf, bool *ret)
{
    *ret = false;
    switch (step->kind) {
    case JSON_STEP_KEY:
        *ret = value->kind == JSON_OBJECT && member_of(value, step->key);
        return OK;
    case JSON_STEP_KEYS:
        *ret = value->kind == JSON_OBJECT;
        for (uint32_t i = 0; *ret && is_leaf && i < step->count; i++)
            *ret = member_of(value, step->keys[i]) != NULL;
        return OK;
    case JSON_STEP_ANY:
        *ret = true;
        return OK;
    case JSON_STEP_FILTER:
        return json_filter_accepts(j->e->arena, step->filter, value, ret, j->e->err);
    default:
        *ret = value->kind == JSON_ARRAY;
        return OK;
    }
}

/* Step `at` on the value and on every container below it. */
static enum code deep(struct jayway *j, uint32_t at, struct json_value *value)
{
    if (!is_container(value) || j->is_not_found)
        return OK;
    bool is_leaf = at + 1 >= j->count;
    bool matches = false;
    TRY(deep_matches(j, &j->steps[at], value, is_leaf, &matches));
    if (matches && (value->kind == JSON_OBJECT || is_leaf)) {
        TRY(jayway_step(j, at, value, false));
    } else if (matches) {
        /* As Jayway has it: in an array the step itself is skipped, all elements go on. */
        for (uint32_t i = 0; i < value->count; i++)
            TRY(hand_on(j, at, value->items[i], false));
    }
    for (uint32_t i = 0; i < value->count; i++)
        TRY(deep(j, at, value->kind == JSON_OBJECT ? value->members[i].value : value->items[i]));
    return OK;
}

static enum code do_any(struct jayway *j, uint32_t at, struct json_value *value)
{
    for (uint32_t i = 0; is_container(value) && i < value->count; i++)
        TRY(hand_on(j, at, value->kind == JSON_OBJECT ? value->members[i].value : value->items[i],
                    false));
    return OK;
}

static enum code jayway_step(struct jayway *j, uint32_t at, struct json_value *value,
                             bool is_definite)
{
    const struct json_step *step = &j->steps[at];
    bool is_leaf = at + 1 >= j->count;
    enum json_kind wanted = JSON_ARRAY;
    if (j->is_not_found)
        return OK;
    if (step->kind == JSON_STEP_KEY || step->kind == JSON_STEP_KEYS)
        wanted = JSON_OBJECT;
    bool is_free = step->kind == JSON_STEP_ANY || step->kind == JSON_STEP_DEEP ||
                   step->kind == JSON_STEP_FILTER || step->kind == JSON_STEP_LENGTH;
    if (!is_free && value->kind != wanted) {
        not_found(j, is_definite);
        return OK;
    }
    struct json_value *member;
    switch (step->kind) {
    case JSON_STEP_KEY:
        member = member_of(value, step->key);
        if (member)
            return hand_on(j, at, member, is_definite);
        not_found(j, is_definite && !is_leaf);
        return OK;
    case JSON_STEP_INDEX:
        return do_index(j, at, value, step->from, is_definite);
    case JSON_STEP_INDEXES:
        for (uint32_t i = 0; i < step->count; i++)
            TRY(do_index(j, at, value, step->indexes[i], false));
        return OK;
    case JSON_STEP_KEYS:
        return do_keys(j, at, value);
    case JSON_STEP_SLICE:
        return do_slice(j, at, value);
    case JSON_STEP_FILTER:
        return do_filter(j, at, value, is_definite);
    case JSON_STEP_LENGTH:
        return do_length(j, at, value, is_definite);
    case JSON_STEP_ALL:
    case JSON_STEP_ANY:
        return do_any(j, at, value);
    case JSON_STEP_DEEP:
        return is_leaf ? OK : deep(j, at + 1, value);
    case JSON_STEP_REPARSE:
        break; /* stretches have none */
    }
    return OK;
}

static enum code flink_stretch(struct eval *e, struct json_value *value,
                               const struct json_step *steps, uint32_t count, bool is_root,
                               bool is_lax, bool is_many, struct json_value **ret)
{
    struct jayway j = { .e = e, .steps = steps, .count = count };
    *ret = NULL;
    if (is_root && count > 0 && value && value->kind == JSON_NULL)
        return OK; /* Jayway takes no null for a document, not even "lax" */
    if (!value)
        j.is_not_found = true;
    else if (count == 0)
        TRY(put(e, &j.found, value));
    else
        TRY(jayway_step(&j, 0, value, true));
    if (!is_many) {
        if (!j.is_not_found && j.found.count > 0)
            *ret = j.found.items[0];
        return OK;
    }
    if (j.is_not_found && !is_lax)
        return OK;
    if (j.is_not_found)
        j.found.count = 0;
    return make_array(e, &j.found, ret);
}

/* --- boundaries ------------------------------------------------------------- */

static enum code reparse(struct eval *e, enum json_reparse mode, struct json_value *value,
                         struct json_value **ret)
{
    *ret = NULL;
    if (!value || value->kind == JSON_NULL ||
        is_container(value) != (mode == JSON_REPARSE_CONTAINER)) {
        if (value && is_container(value) && mode == JSON_REPARSE_BLINK)
            *ret = value;
        return OK;
    }
    if (value->kind != JSON_STRING && value->kind != JSON_STRING_ESCAPED) {
        *ret = value;
        return OK;
    }
    char *text = arena_alloc(e->arena, value->raw.size);
    if (!text)
        return error_nomem(e->err);
    size_t size = json_unescape(value->raw.data, value->raw.size, text, NULL, NULL);
    return json_dom_parse(e->arena, str_make(text, size), e->flags, ret, e->err);
}

enum code json_eval(struct arena *arena, unsigned flags, const struct json_value *value,
                    const struct json_rule *rule, struct json_value **ret, struct error *err)
{
    struct eval e = { arena, flags, err };
    struct json_value *at = (struct json_value *)value; /* values are never written to */
    bool is_root = rule->is_root;
    for (uint32_t i = 0;; i++) {
        uint32_t end = i;
        while (end < rule->step_count && rule->steps[end].kind != JSON_STEP_REPARSE)
            end++;
        bool is_last = end >= rule->step_count;
        const struct json_step *boundary = is_last ? NULL : &rule->steps[end];
        if (flags & JSON_BLINK_STEPS)
            TRY(blink_stretch(&e, at, rule->steps + i, end - i, is_root, &at));
        else
            TRY(flink_stretch(&e, at, rule->steps + i, end - i, is_root,
                              is_last ? rule->is_lax : boundary->from != 0,
                              is_last ? rule->is_many : boundary->to != 0, &at));
        if (is_last)
            break;
        TRY(reparse(&e, boundary->reparse, at, &at));
        is_root = true;
        i = end;
        if (!at) {
            /* Only Flink's "lax" paths for many make something of nothing, and not of a missing
             * document: NULL in, NULL out. */
            break;
        }
    }
    *ret = at;
    return OK;
}
