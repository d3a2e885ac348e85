/* size.c -- see size.h. */
#include "state/size.h"

#include "base/arena.h"
#include "state/bag_inner.h"

enum {
    INDEX_BYTES = 16, /* a slot of 8, of which between 3/8 and 3/4 are in use */
    LEAF_BYTES = 13,  /* a pointer to an entry; leaves are about two thirds full */
    ENTRY_HEADER = 8, /* of a tree's entry */
};

/* Bytes of a text or nested value as it is stored. */
static uint64_t content_bytes(const struct type *type)
{
    bool is_text = type_is_string(type) || type_is_binary(type);
    if (!is_text)
        return SIZE_NESTED_BYTES;
    return (uint64_t)MIN(MAX(type->precision, 1), SIZE_TEXT_BYTES);
}

static bool is_content(const struct type *type)
{
    enum phys phys = type_phys(type);
    return phys == PHYS_VIEW || phys == PHYS_LIST || phys == PHYS_ROW;
}

/* What slots of these types hold in the heap. */
static uint64_t far_bytes(const struct type *const *types, uint32_t n)
{
    uint64_t bytes = 0;
    for (uint32_t i = 0; i < n; i++)
        if (is_content(types[i]) && content_bytes(types[i]) > STATE_INLINE_BYTES)
            bytes += state_room(content_bytes(types[i]));
    return bytes;
}

static bool row_bytes(struct arena *arena, const struct type *const *a, uint32_t a_count,
                      const struct type *const *b, uint32_t b_count, uint32_t tail, uint64_t *ret)
{
    const struct type **types = arena_array(arena, const struct type *, a_count + b_count + 1);
    struct state_layout layout;
    uint32_t tail_at;
    if (!types)
        return false;
    for (uint32_t i = 0; i < a_count; i++)
        types[i] = a[i];
    for (uint32_t i = 0; i < b_count; i++)
        types[a_count + i] = b[i];
    if (state_layout_create(arena, types, a_count + b_count, tail, &layout, &tail_at, NULL) != OK)
        return false;
    *ret = layout.bytes + far_bytes(types, a_count + b_count);
    return true;
}

uint64_t state_size_table_row(struct arena *arena, const struct state_schema *schema)
{
    uint64_t bytes;
    uint32_t tail = ((schema->tail_bytes + 7) & ~7u) + (schema->ttl_ms > 0 ? 8 : 0);
    if (!row_bytes(arena, schema->key, schema->key_count, schema->value, schema->value_count, tail,
                   &bytes))
        return 0;
    return bytes + INDEX_BYTES;
}

uint64_t state_size_bag_key(struct arena *arena, const struct bag_schema *schema)
{
    const struct state_schema key = {
        .key = schema->key,
        .key_count = schema->key_count,
        .tail_bytes = schema->ttl_ms > 0 ? sizeof(struct bag_tail) : sizeof(struct bag_key),
    };
    return state_size_table_row(arena, &key);
}

uint64_t state_size_bag_item(struct arena *arena, const struct bag_schema *schema)
{
    uint64_t bytes;
    uint32_t tail = schema->ttl_ms > 0 ? 8 : 0;
    if (!row_bytes(arena, schema->item, schema->item_count, NULL, 0, tail, &bytes))
        return 0;
    uint64_t far = far_bytes(schema->item, schema->item_count);
    return state_room(sizeof(struct bag_item) + bytes - far) + far;
}

uint64_t state_size_row(struct arena *arena, const struct type *const *types, uint32_t n)
{
    uint64_t bytes;
    return row_bytes(arena, types, n, NULL, 0, 0, &bytes) ? bytes : 0;
}

uint64_t state_size_tree_entry(uint64_t key_bytes, uint64_t value_bytes)
{
    return state_room(ENTRY_HEADER + key_bytes + value_bytes) + LEAF_BYTES;
}

uint64_t state_size_encoded(const struct type *const *types, uint32_t n)
{
    uint64_t bytes = 0;
    for (uint32_t i = 0; i < n; i++)
        bytes += 1 + (is_content(types[i]) ? content_bytes(types[i]) + 2
                                           : phys_bytes(type_phys(types[i])));
    return bytes;
}
