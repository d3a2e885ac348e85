/* tree_explain.c -- the largest keys of a tree, for the error of one that got too large.
 *
 * Entries of one key (the leading values, by which it is routed) lie side by side. */
#include "base/arena.h"
#include "state/tree.h"
#include "types/text.h"

enum { LARGEST = 3, KEY_TEXT_MAX = 100 };

struct run_of_key {
    struct str key; /* the bytes that all its entries begin with; lent by the tree */
    uint64_t entries, bytes;
};

/* How many bytes of an entry's key are the leading values; printed into `out` if there is one. */
static size_t leading_size(const struct state_layout *route, struct str key, struct buf *out)
{
    struct text_style style = { .mode = TEXT_DISPLAY, .null_text = "NULL" };
    struct arena *arena = arena_create();
    struct str rest = key;
    struct error ignored;
    for (uint32_t i = 0; arena && i < route->count; i++) {
        const struct type *type = route->slots[i].type;
        struct column *column = column_create(arena, type, 1);
        if (!column || state_decode(arena, &rest, type, 0, column, 0, &ignored) != OK)
            break;
        if (out) {
            buf_text(out, i > 0 ? ", " : "");
            text_print_cell(out, column, 0, &style);
        }
    }
    arena_destroy(arena);
    return key.size - rest.size;
}

static void keep_largest(struct run_of_key *largest, struct run_of_key candidate)
{
    for (uint32_t i = 0; i < LARGEST; i++) {
        if (candidate.bytes <= largest[i].bytes)
            continue;
        struct run_of_key out = largest[i];
        largest[i] = candidate;
        candidate = out;
    }
}

static void print_key(const struct state_layout *route, struct str key, struct buf *out)
{
    struct buf text;
    buf_init(&text, 1 << 20);
    leading_size(route, key, &text);
    size_t size = text.size;
    if (size > KEY_TEXT_MAX) {
        size = KEY_TEXT_MAX;
        while (size > 0 && ((uint8_t)text.data[size] & 0xC0) == 0x80)
            size--; /* not in the middle of a character */
    }
    buf_printf(out, "(" STR_FMT "%s)", (int)size, text.data ? text.data : "",
               size < text.size ? "..." : "");
    buf_done(&text);
}

void state_tree_explain(const struct state_tree *tree, struct error *err)
{
    const struct state_layout *route = state_tree_route(tree);
    struct run_of_key largest[LARGEST] = { 0 }, now = { 0 };
    struct tree_cursor cursor;
    for (state_tree_seek(tree, STR(""), &cursor); cursor.valid; state_tree_next(&cursor)) {
        if (now.entries == 0 || !str_starts(cursor.key, now.key)) {
            keep_largest(largest, now);
            size_t size = leading_size(route, cursor.key, NULL);
            now = (struct run_of_key){ .key = str_make(cursor.key.data, size) };
        }
        now.entries++;
        now.bytes += cursor.key.size + cursor.value.size;
    }
    keep_largest(largest, now);
    struct buf text;
    buf_init(&text, 600);
    for (uint32_t i = 0; i < LARGEST && largest[i].entries > 0; i++) {
        buf_text(&text, i > 0 ? ", " : "");
        print_key(route, largest[i].key, &text);
        buf_printf(&text, " with %llu bytes in %llu of them",
                   (unsigned long long)largest[i].bytes, (unsigned long long)largest[i].entries);
    }
    if (text.size > 0)
        error_detail(err, "There are %llu entries in \"%s\"; the largest keys are %s.",
                     (unsigned long long)state_tree_count(tree), state_tree_name(tree),
                     buf_cstr(&text));
    buf_done(&text);
}
