/* json_extract.c -- the extractor as an object: creation, choice of the kernel, runs, and what a
 * kernel leaves to slower code: decoding parts of nested documents, and rules.
 *
 * The walk and the match are in json_kernel.h, learning in json_shape.c, rules in json_eval.c. */
#include "json/json_extract.h"

#include "base/memory.h"
#include "json/json_dom.h"
#include "json/json_internal.h"
#include "json/json_unescape.h"

#include <stdlib.h>
#include <string.h>

/* --- kernels ---------------------------------------------------------------- */

struct kernel {
    const char *name;
    json_run_fn *run;
};

static const struct kernel kernels[] = {
#if defined(__x86_64__)
    { "avx512", json_run_avx512 },
    { "avx2", json_run_avx2 },
#endif
    { "sse2", json_run_sse2 },
};

static bool can_run(size_t index)
{
#if defined(__x86_64__)
    if (index == 0)
        return __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl") &&
               __builtin_cpu_supports("bmi2");
    if (index == 1)
        return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi2");
#else
    (void)index;
#endif
    return true;
}

/* Written by json_extract_set_simd and, on first use, by the choice; every thread that gets here
 * first chooses the same. */
static const struct kernel *_Atomic chosen;

static const struct kernel *kernel_named(const char *name)
{
    for (size_t i = 0; i < countof(kernels); i++) {
        if (strcmp(kernels[i].name, name) == 0 && can_run(i))
            return &kernels[i];
    }
    return NULL;
}

static const struct kernel *kernel_now(void)
{
    const struct kernel *kernel = chosen;
    if (likely(kernel != NULL))
        return kernel;
    const char *wish = getenv("WEIR_JSON_SIMD");
    kernel = wish ? kernel_named(wish) : NULL;
    for (size_t i = 0; !kernel; i++) {
        if (can_run(i))
            kernel = &kernels[i];
    }
    chosen = kernel;
    return kernel;
}

const char *json_extract_simd(void)
{
    return kernel_now()->name;
}

bool json_extract_set_simd(const char *name)
{
    const struct kernel *kernel = kernel_named(name);
    if (!kernel)
        return false;
    chosen = kernel;
    return true;
}

/* --- life ------------------------------------------------------------------- */

void json_extract_destroy(struct json_extract *x)
{
    if (!x)
        return;
    json_shapes_done(&x->shapes);
    for (uint32_t i = 0; x->frames && i < x->level_count; i++)
        mem_free(x->frames[i]);
    mem_free(x->frames);
    mem_free(x->tape.entries);
    mem_free(x->padded);
    mem_free(x->hidden);
    mem_free(x->columns);
    mem_free(x->seen);
    arena_destroy(x->scratch);
    arena_destroy(x->arena);
    mem_free(x);
}

enum code json_extract_create(const struct json_paths *paths, struct json_extract **ret,
                              struct error *err)
{
    struct json_extract *x = mem_zalloc(sizeof(*x));
    if (!x)
        return error_nomem(err);
    x->arena = arena_create();
    x->scratch = arena_create();
    bool has_shapes = json_shapes_init(&x->shapes);
    if (!x->arena || !x->scratch || !has_shapes)
        goto nomem;
    enum code code = json_set_build(x->arena, paths, &x->set, err);
    if (code != OK) {
        json_extract_destroy(x);
        return code;
    }
    x->level_count = x->set.reparse_depth + 1;
    x->columns = mem_array(x->set.slot_count + 1, sizeof(*x->columns));
    x->seen = mem_array(x->set.state_count, sizeof(*x->seen));
    x->frames = mem_array(x->level_count, sizeof(*x->frames));
    if (!x->columns || !x->seen || !x->frames)
        goto nomem;
    for (uint32_t i = 0; i < x->level_count; i++) {
        x->frames[i] = mem_array(JSON_DEPTH_MAX, sizeof(**x->frames));
        if (!x->frames[i])
            goto nomem;
    }
    *ret = x;
    return OK;

nomem:
    json_extract_destroy(x);
    return error_nomem(err);
}

void json_extract_reset(struct json_extract *x)
{
    arena_reset(x->scratch);
}

void json_extract_stats(const struct json_extract *x, struct json_extract_stats *ret)
{
    *ret = x->stats;
    ret->shape_nodes = x->shapes.count;
    ret->shape_bytes = arena_bytes(x->shapes.arena);
}

void json_extract_set_learning(struct json_extract *x, bool on)
{
    x->shapes.is_off = !on;
}

/* --- runs ------------------------------------------------------------------- */

enum code json_extract_batch(struct json_extract *x, const struct str *docs, size_t n,
                             struct json_hit *hits, bool *ret_ok, struct error *err)
{
    uint32_t public_count = x->set.public_count;
    uint32_t hidden_count = x->set.slot_count - public_count;
    if (unlikely(hidden_count > 0 && n > x->hidden_rows)) {
        struct json_hit *hidden = mem_array(n * hidden_count, sizeof(*hidden));
        if (!hidden)
            return error_nomem(err);
        mem_free(x->hidden);
        x->hidden = hidden;
        x->hidden_rows = n;
    }
    for (uint32_t i = 0; i < public_count; i++)
        x->columns[i] = hits + (size_t)i * n;
    for (uint32_t i = 0; i < hidden_count; i++)
        x->columns[public_count + i] = x->hidden + (size_t)i * x->hidden_rows;
    x->is_nomem = false;
    kernel_now()->run(x, docs, n, ret_ok);
    return x->is_nomem ? error_nomem(err) : OK;
}

enum code json_extract_run(struct json_extract *x, const char *data, size_t size,
                           struct json_hit *hits, bool *ret_ok, struct error *err)
{
    struct str doc = { data, size };
    return json_extract_batch(x, &doc, 1, hits, ret_ok, err);
}

/* --- for the match ---------------------------------------------------------- */

/* Decodes raw text `level` times; NULL if it does not decode (which only text whose end was
 * guessed can do) or memory is out. */
static const char *decode(struct json_extract *x, const char *raw, size_t size, uint32_t level,
                          size_t *ret_size)
{
    bool refuse_control = !(x->set.flags & JSON_ACCEPT_CONTROL);
    const char *text = raw;
    for (uint32_t i = 0; i < level; i++) {
        bool is_escaped;
        if (!json_content_is_valid(text, size, refuse_control, &is_escaped))
            return NULL;
        char *out = arena_alloc(x->scratch, size + JSON_PADDING);
        if (!out)
            return NULL;
        size = json_unescape(text, size, out, NULL, NULL);
        text = out;
    }
    *ret_size = size;
    return text;
}

bool json_shape_run_events(struct json_extract *x, const struct json_shape_node *node,
                           const char *literal)
{
    for (uint32_t i = 0; i < node->event_count; i++) {
        const struct json_shape_event *event = &node->events[i];
        const struct json_state *state = &x->set.states[event->state];
        const char *at = literal + event->offset;
        if (event->op == JSON_TAPE_CLEAR) {
            json_clear_slots(x, &state->all);
            continue;
        }
        const struct json_slots *slots = json_slots_for(state, (enum json_kind)event->kind);
        if (event->op == JSON_TAPE_OPEN || event->op == JSON_TAPE_ENTER) {
            for (uint32_t k = 0; k < slots->count; k++)
                x->columns[slots->slots[k]][x->row].data = at;
            continue;
        }
        /* The end of something: all its slots hold the same begin. */
        const char *begin = x->columns[slots->slots[0]][x->row].data;
        size_t size = (size_t)(at - begin);
        if (event->level > 0) {
            begin = decode(x, begin, size, event->level, &size);
            if (!begin)
                return false;
        }
        json_fill_slots(x, slots, json_hit_make(begin, size, (enum json_kind)event->kind, true));
    }
    return true;
}

const char *json_shape_decode_value(struct json_extract *x, const char *begin, const char *end,
                                    uint32_t level, struct json_hit *ret)
{
    /* At level L the closing quote follows a run of r backslashes with r + 1 = 2^L * odd: each
     * level of decoding halves the run, and at the last one the quote must stand bare.  With an
     * even factor it is escaped there; where 2^L does not divide r + 1 an outer string ends. */
    const char *p = begin;
    for (;;) {
        while (p < end && *p != '\\' && *p != '"')
            p++;
        const char *run = p;
        while (p < end && *p == '\\')
            p++;
        if (p >= end)
            return NULL;
        size_t count = (size_t)(p - run) + 1;
        if (*p != '"') {
            p++; /* another escape: the decoding below judges it */
            continue;
        }
        if (count & ((1u << level) - 1))
            return NULL;
        if (count >> level & 1) {
            p = p + 1 - (1u << level);
            break;
        }
        p++;
    }
    size_t size;
    const char *text = decode(x, begin, (size_t)(p - begin), level, &size);
    bool is_escaped;
    if (!text ||
        !json_content_is_valid(text, size, !(x->set.flags & JSON_ACCEPT_CONTROL), &is_escaped))
        return NULL;
    if (x->set.flags & JSON_REFUSE_BAD_UTF8)
        return NULL; /* the walk checks the bytes */
    *ret = json_hit_make(text, size, is_escaped ? JSON_STRING_ESCAPED : JSON_STRING, true);
    return p + (1u << level);
}

/* --- rules ------------------------------------------------------------------ */

static enum code hit_of_value(struct json_extract *x, const struct json_value *value,
                              struct json_hit *ret, struct error *err)
{
    if (!value) {
        json_hit_clear(ret);
        return OK;
    }
    if (value->raw.data) {
        *ret = json_hit_make(value->raw.data, value->raw.size, value->kind, true);
        return OK;
    }
    struct buf out;
    buf_init(&out, UINT32_MAX / 2);
    enum code code = json_dom_write_raw(value, &out, err);
    if (code == OK) {
        struct str text = arena_str(x->scratch, buf_view(&out));
        if (text.data)
            *ret = json_hit_make(text.data, text.size, value->kind, true);
        else
            code = error_nomem(err);
    }
    buf_done(&out);
    return code;
}

void json_extract_finish(struct json_extract *x)
{
    uint32_t parsed_slot = UINT32_MAX;
    struct json_value *parsed = NULL;
    for (uint32_t i = 0; i < x->set.rule_count; i++) {
        const struct json_rule *rule = &x->set.rules[i];
        const struct json_hit *from = &x->columns[rule->hidden][x->row];
        struct json_hit *to = &x->columns[rule->slot][x->row];
        if (from->kind == JSON_MISSING &&
            (!rule->makes_array || x->columns[rule->root][x->row].kind <= JSON_NULL))
            continue;
        x->stats.general++;
        if (rule->hidden != parsed_slot) {
            if (json_dom_of_hit(x->scratch, from, x->set.flags, &parsed, NULL) != OK)
                goto nomem;
            parsed_slot = rule->hidden;
        }
        struct json_value *found = NULL;
        if (json_eval(x->scratch, x->set.flags, parsed, rule, &found, NULL) != OK ||
            hit_of_value(x, found, to, NULL) != OK)
            goto nomem;
    }
    return;
nomem:
    x->is_nomem = true;
}
