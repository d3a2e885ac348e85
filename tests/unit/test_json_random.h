/* test_json_random.h -- random documents and paths for the tests of json/, and the comparison of
 * the extractor with the evaluator over a tree.
 *
 * A document is made from two seeds: one for its shape, one for the values, so that many documents
 * of one shape can be had.  Names come from a small alphabet, so that paths find something and
 * names repeat. */
#pragma once

#include "base/arena.h"
#include "base/memory.h"
#include "base/str.h"
#include "json/json_dom.h"
#include "json/json_extract.h"
#include "json/json_set.h"
#include "json/json_unescape.h"
#include "support/check.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct random {
    uint64_t state;
};

static inline uint64_t random_u64(struct random *r)
{
    uint64_t x = (r->state += 0x9E3779B97F4A7C15u);
    x = (x ^ x >> 30) * 0xBF58476D1CE4E5B9u;
    x = (x ^ x >> 27) * 0x94D049BB133111EBu;
    return x ^ x >> 31;
}

static inline uint32_t random_below(struct random *r, uint32_t n)
{
    return (uint32_t)(random_u64(r) >> 32) % n;
}

static inline bool random_chance(struct random *r, uint32_t percent)
{
    return random_below(r, 100) < percent;
}

struct generator {
    struct random shape;
    struct random values;
    uint32_t nesting; /* percent of strings that hold JSON */
    bool is_odd;      /* blanks, escapes in names, broken bytes */
};

static inline void generate_value(struct generator *g, struct buf *out, int depth, int level);

static inline void generate_blanks(struct generator *g, struct buf *out)
{
    while (g->is_odd && random_chance(&g->shape, 12))
        buf_char(out, " \n\t\r"[random_below(&g->shape, 4)]);
}

static inline void generate_name(struct generator *g, struct buf *out)
{
    static const char *const plain[] = { "a",      "b",
                                         "c",      "data",
                                         "msg",    "target_type",
                                         "k-:_ 9", "a_name_that_is_longer_than_one_vector_register",
                                         "" };
    static const char *const odd[] = { "\\u0061",      "d\\u0061ta", "\\\"",
                                       "\xE4\xB8\xAD", "\xFF_b",     "\xEF\xBF\xBD_b",
                                       "\\ud800",      "a\\\\",      "\\ud83d\\ude00",
                                       "x\x01" };
    bool is_odd = g->is_odd && random_chance(&g->shape, 15);
    buf_char(out, '"');
    buf_text(out, is_odd ? odd[random_below(&g->shape, countof(odd))]
                         : plain[random_below(&g->shape, countof(plain))]);
    buf_char(out, '"');
}

static inline void generate_string_content(struct generator *g, struct buf *out)
{
    static const char *const bits[] = { "x",
                                        "shape",
                                        "0123456789",
                                        " ",
                                        "drop:wrong",
                                        "17",
                                        "[1,2]",
                                        "null",
                                        "a sentence of some length that fills more than a register",
                                        "\xE6\x95\x99\xE5\xAE\xA4" };
    static const char *const odd[] = {
        "\\n",     "\\\"",     "\\\\",         "\\/",     "\\u4e2d",      "\\ud83d\\ude00",
        "\\udc00", "\\ud800x", "\xED\xA0\x80", "\xFF",    "\xC3",         "\x01",
        "\t",      "\x7F",     "\\u0000",      "\\u0022", "\\b\\f\\r\\t", "{",
        "]",       "\\u005c"
    };
    uint32_t n = random_below(&g->values, 4);
    for (uint32_t i = 0; i < n; i++) {
        if (random_chance(&g->values, g->is_odd ? 30 : 3))
            buf_text(out, odd[random_below(&g->values, countof(odd))]);
        else
            buf_text(out, bits[random_below(&g->values, countof(bits))]);
    }
}

/* Text between quotes, escaped once more; sometimes with more escapes than needed. */
static inline void generate_escaped(struct generator *g, struct buf *out, struct str text)
{
    for (size_t i = 0; i < text.size; i++) {
        uint8_t c = (uint8_t)text.data[i];
        if (c == '"' || c == '\\') {
            if (g->is_odd && random_chance(&g->shape, 1)) {
                buf_printf(out, "\\u%04x", c);
            } else {
                buf_char(out, '\\');
                buf_char(out, (char)c);
            }
        } else if (c == '\n' && random_chance(&g->shape, 50)) {
            buf_text(out, "\\n");
        } else if (g->is_odd && c < 0x80 && c >= 0x20 && random_chance(&g->values, 1) &&
                   random_chance(&g->values, 30)) {
            buf_printf(out, "\\u%04X", c);
        } else {
            buf_char(out, (char)c);
        }
    }
}

static inline void generate_scalar(struct generator *g, struct buf *out)
{
    static const char *const numbers[] = { "0",
                                           "-0",
                                           "7",
                                           "-12",
                                           "1596702949000",
                                           "0.5",
                                           "1.10",
                                           "1e10",
                                           "-1E-7",
                                           "1e999",
                                           "123456789012345678901234",
                                           "3.0",
                                           "12345678901234567",
                                           "1234567890123456",
                                           "-1.5e+3" };
    switch (random_below(&g->values, 8)) {
    case 0:
        buf_text(out, "true");
        return;
    case 1:
        buf_text(out, "false");
        return;
    case 2:
        buf_text(out, "null");
        return;
    case 3:
    case 4:
    case 5:
        buf_text(out, numbers[random_below(&g->values, countof(numbers))]);
        return;
    default:
        buf_char(out, '"');
        generate_string_content(g, out);
        buf_char(out, '"');
    }
}

static inline void generate_container(struct generator *g, struct buf *out, int depth, int level)
{
    bool is_object = random_chance(&g->shape, 70);
    uint32_t n = random_below(&g->shape, 5);
    buf_char(out, is_object ? '{' : '[');
    generate_blanks(g, out);
    for (uint32_t i = 0; i < n; i++) {
        if (i > 0) {
            generate_blanks(g, out);
            buf_char(out, ',');
            generate_blanks(g, out);
        }
        if (is_object) {
            generate_name(g, out);
            generate_blanks(g, out);
            buf_char(out, ':');
            generate_blanks(g, out);
        }
        generate_value(g, out, depth + 1, level);
    }
    generate_blanks(g, out);
    buf_char(out, is_object ? '}' : ']');
}

static inline void generate_value(struct generator *g, struct buf *out, int depth, int level)
{
    if (depth < 5 && random_chance(&g->shape, 45)) {
        generate_container(g, out, depth, level);
    } else if (level < 4 && random_chance(&g->shape, g->nesting)) {
        struct buf inner;
        buf_init(&inner, 1 << 20);
        generate_blanks(g, &inner);
        generate_value(g, &inner, depth, level + 1);
        if (g->is_odd && random_chance(&g->shape, 15))
            buf_text(&inner, random_chance(&g->shape, 50) ? " tail" : "}");
        buf_char(out, '"');
        generate_escaped(g, out, buf_view(&inner));
        buf_char(out, '"');
        buf_done(&inner);
    } else {
        generate_scalar(g, out);
    }
}

static inline void generate_document(struct generator *g, struct buf *out)
{
    buf_clear(out);
    generate_blanks(g, out);
    if (random_chance(&g->shape, 95))
        generate_container(g, out, 0, 0);
    else
        generate_value(g, out, 0, 0);
    if (g->is_odd && random_chance(&g->shape, 10))
        buf_text(out, " x");
    generate_blanks(g, out);
}

/* Breaks a document in one place, or two. */
static inline void mutate(struct random *r, struct buf *doc)
{
    static const char interesting[] = "{}[]\",:\\ntf0-.eE \x01\x80/u";
    for (int i = random_chance(r, 80) ? 1 : 2; i > 0 && doc->size > 0; i--) {
        size_t at = random_below(r, (uint32_t)doc->size);
        switch (random_below(r, 6)) {
        case 0:
            doc->data[at] = (char)random_u64(r);
            break;
        case 1:
            doc->data[at] ^= (char)(1 << random_below(r, 8));
            break;
        case 2:
            doc->data[at] = interesting[random_below(r, sizeof(interesting) - 1)];
            break;
        case 3:
            memmove(doc->data + at, doc->data + at + 1, doc->size - at - 1);
            doc->size--;
            break;
        case 4:
            doc->size = at;
            break;
        default:
            buf_char(doc, ' ');
            memmove(doc->data + at + 1, doc->data + at, doc->size - at - 1);
            doc->data[at] = interesting[random_below(r, sizeof(interesting) - 1)];
        }
    }
}

/* --- paths ------------------------------------------------------------------ */

static inline struct json_step generate_step(struct random *r, bool is_blink, bool wants_general)
{
    static const char *const names[] = { "a",
                                         "b",
                                         "c",
                                         "data",
                                         "msg",
                                         "target_type",
                                         "k-:_ 9",
                                         "a_name_that_is_longer_than_one_vector_register",
                                         "\"",
                                         "\xE4\xB8\xAD",
                                         "\xEF\xBF\xBD_b",
                                         "a\\",
                                         "\xF0\x9F\x98\x80",
                                         "",
                                         "\xEF\xBF\xBD" };
    static const struct str few[] = { { "a", 1 }, { "data", 4 } };
    static const int64_t indexes[] = { 0, 2, -1 };
    struct json_step step = { .kind = JSON_STEP_KEY };
    uint32_t pick = random_below(r, 100);
    if (pick < (wants_general ? 50 : 75)) {
        step.key = str_of(
            names[random_chance(r, 80) ? random_below(r, 5) : random_below(r, countof(names))]);
    } else if (pick < (wants_general ? 65 : 85)) {
        step.kind = JSON_STEP_INDEX;
        step.from = random_below(r, 4);
        if (wants_general && !is_blink && random_chance(r, 20))
            step.from = -1;
    } else if (wants_general && is_blink) {
        step.kind = JSON_STEP_ALL;
    } else if (wants_general) {
        static const enum json_step_kind kinds[] = { JSON_STEP_ANY, JSON_STEP_KEYS,
                                                     JSON_STEP_INDEXES, JSON_STEP_SLICE };
        step.kind = kinds[random_below(r, countof(kinds))];
        step.count = step.kind == JSON_STEP_KEYS ? 2 : step.kind == JSON_STEP_INDEXES ? 3 : 0;
        step.keys = step.kind == JSON_STEP_KEYS ? few : NULL;
        step.indexes = step.kind == JSON_STEP_INDEXES ? indexes : NULL;
        step.has_from = step.kind == JSON_STEP_SLICE && random_chance(r, 60);
        step.has_to = step.kind == JSON_STEP_SLICE && (!step.has_from || random_chance(r, 50));
        step.from = step.has_from ? (int64_t)random_below(r, 5) - 2 : 0;
        step.to = step.has_to ? (int64_t)random_below(r, 5) - 2 : 0;
    } else {
        step.key = str_of("msg");
    }
    return step;
}

static inline bool step_is_many(const struct json_step *step, bool is_leaf)
{
    return step->kind == JSON_STEP_ANY || step->kind == JSON_STEP_INDEXES ||
           step->kind == JSON_STEP_SLICE || (step->kind == JSON_STEP_KEYS && !is_leaf);
}

/* One stretch of a path. */
static inline struct json_path generate_stretch(struct random *r, struct arena *arena,
                                                bool is_blink, bool may_be_general)
{
    uint32_t count = random_below(r, 4);
    struct json_step *steps = arena_array(arena, struct json_step, count + 1);
    struct json_path path = { .steps = steps, .count = count };
    bool wants_general = may_be_general && random_chance(r, 30);
    for (uint32_t i = 0; steps && i < count; i++) {
        steps[i] = generate_step(r, is_blink, wants_general);
        if (is_blink && i > 0 && steps[i].kind != JSON_STEP_KEY &&
            steps[i - 1].kind != JSON_STEP_KEY)
            steps[i].is_chained = true;
    }
    for (uint32_t i = 0; steps && i < count; i++) {
        path.is_many |= step_is_many(&steps[i], i + 1 == count);
        path.is_general |= steps[i].kind != JSON_STEP_KEY &&
                           (steps[i].kind != JSON_STEP_INDEX || steps[i].from < 0);
    }
    path.is_lax = !is_blink && random_chance(r, 50);
    return path;
}

static inline struct json_path generate_path(struct random *r, struct arena *arena, bool is_blink,
                                             bool may_be_general)
{
    struct json_path path = generate_stretch(r, arena, is_blink, may_be_general);
    while (random_chance(r, 45)) {
        struct json_path inner = generate_stretch(r, arena, is_blink, may_be_general);
        enum json_reparse mode = is_blink               ? JSON_REPARSE_BLINK
                                 : random_chance(r, 50) ? JSON_REPARSE_TEXT
                                                        : JSON_REPARSE_CONTAINER;
        if (json_path_nest(arena, &path, mode, &inner, &path, NULL) != OK)
            abort();
    }
    return path;
}

/* --- comparison ------------------------------------------------------------- */

static inline bool is_string_kind(unsigned kind)
{
    return kind == JSON_STRING || kind == JSON_STRING_ESCAPED;
}

/* Whether a hit is what the evaluator found. */
static inline bool hit_is(const struct json_hit *hit, const struct json_value *want)
{
    enum json_kind kind = want ? want->kind : JSON_MISSING;
    if (is_string_kind(kind) && is_string_kind(hit->kind)) {
        char *a = mem_alloc(hit->size + 1);
        char *b = mem_alloc(want->raw.size + 1);
        if (!a || !b)
            abort();
        if (hit->kind == JSON_STRING && memchr(hit->data, '\\', hit->size))
            return false;
        size_t m = json_unescape(hit->data, hit->size, a, NULL, NULL);
        size_t n = json_unescape(want->raw.data, want->raw.size, b, NULL, NULL);
        bool is_same = m == n && memcmp(a, b, n) == 0;
        for (size_t i = 0; i < m && hit->kind == JSON_STRING && !hit->maybe_utf8; i++)
            is_same = is_same && !(a[i] & 0x80);
        mem_free(a);
        mem_free(b);
        return is_same;
    }
    if (hit->kind != kind)
        return false;
    if (kind <= JSON_FALSE)
        return kind != JSON_MISSING || (hit->size == 0 && hit->data != NULL);
    struct buf text;
    buf_init(&text, UINT32_MAX);
    bool is_same = json_dom_write_raw(want, &text, NULL) == OK &&
                   str_eq(buf_view(&text), str_make(hit->data, hit->size));
    buf_done(&text);
    return is_same;
}

static inline void print_paths(const struct json_paths *paths)
{
    fprintf(stderr, "flags %u\n", json_paths_flags(paths));
    for (uint32_t i = 0; i < json_paths_count(paths); i++) {
        const struct json_path *path = json_paths_at(paths, i);
        fprintf(stderr, "slot %" PRIu32 "%s%s:", i, path->is_lax ? " lax" : "",
                path->is_many ? " many" : "");
        for (uint32_t k = 0; k < path->count; k++) {
            const struct json_step *step = &path->steps[k];
            if (step->kind == JSON_STEP_KEY)
                fprintf(stderr, " ." STR_FMT, STR_ARG(step->key));
            else if (step->kind == JSON_STEP_INDEX)
                fprintf(stderr, " [%" PRId64 "]", step->from);
            else if (step->kind == JSON_STEP_REPARSE)
                fprintf(stderr, " |%d|", step->reparse);
            else
                fprintf(stderr, " general(%d)", step->kind);
        }
        fprintf(stderr, "\n");
    }
}

/* Compares one row with the evaluator; the paths are those of `paths`.  Prints what differs. */
static inline bool row_is_right(const struct json_paths *paths, struct str doc,
                                const struct json_hit *hits, size_t stride, bool ok,
                                const char *what)
{
    struct arena *arena = arena_create();
    struct json_value *root = NULL;
    bool is_right = true;
    if (!arena || json_dom_parse(arena, doc, json_paths_flags(paths), &root, NULL) != OK)
        abort();
    if (ok != (root != NULL)) {
        fprintf(stderr, "%s: %s document taken for the other: " STR_FMT "\n", what,
                root ? "well-formed" : "malformed", STR_ARG(doc));
        is_right = false;
    }
    for (uint32_t i = 0; is_right && i < json_paths_count(paths); i++) {
        const struct json_path *path = json_paths_at(paths, i);
        struct json_rule rule = {
            .steps = path->steps,
            .step_count = path->count,
            .is_root = true,
            .is_lax = path->is_lax,
            .is_many = path->is_many,
        };
        struct json_value *want = NULL;
        if (root && !path->is_never &&
            json_eval(arena, json_paths_flags(paths), root, &rule, &want, NULL) != OK)
            abort();
        const struct json_hit *hit = &hits[(size_t)i * stride];
        if (!hit_is(hit, want)) {
            print_paths(paths);
            fprintf(stderr,
                    "%s: slot %" PRIu32 " is kind %d \"" STR_FMT "\", not kind %d \"" STR_FMT
                    "\" in: " STR_FMT "\n",
                    what, i, hit->kind, STR_ARG(str_make(hit->data, hit->size)),
                    want ? (int)want->kind : 0, STR_ARG(want ? want->raw : STR("")), STR_ARG(doc));
            is_right = false;
        }
    }
    arena_destroy(arena);
    return is_right;
}
