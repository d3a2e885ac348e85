/* tree.c -- see tree.h.
 *
 * Nodes hold pointers to entries; an entry is one block with sizes, key and value, so an
 * entry never moves and a node is small.  Inner nodes own short separators: keys[i] is
 * greater than everything below children[i] and not greater than what is below
 * children[i + 1].  Leaves are linked.
 *
 * Full nodes are split on the way down, one at a time: each split is whole when it has
 * its memory, so a failure leaves a good tree.  Nodes that became small are merged with
 * a neighbour on the way back; that needs no memory. */
#include "state/snapshot.h"
#include "state/tree.h"

#include "base/arena.h"
#include "state/row_inner.h"

enum {
    NODE_MAX = 61, /* entries of a leaf, children of an inner node */
    NODE_SMALL = NODE_MAX / 4,
    MERGED_MAX = NODE_MAX * 3 / 4, /* leaves room, so that the next insert does not split */
    DEPTH_MAX = 20,
};

struct entry {
    uint32_t key_size, value_size;
    char bytes[]; /* key, value */
};

struct node {
    uint32_t count;
    bool is_leaf;
    struct node *next, *prev; /* leaves */
    /* A leaf's entries; an inner node's separators, one less than children. */
    struct entry *entries[NODE_MAX];
};

struct inner {
    struct node base;
    struct node *children[NODE_MAX];
};

struct state_tree {
    struct state_holder holder; /* first */
    struct state_heap *heap;
    struct arena *arena; /* name, layout */
    const char *name;
    uint32_t id;
    struct state_layout route; /* a row of the leading key values, to hash them */
    char *route_row;
    struct node *root; /* NULL: empty */
    uint64_t count;
};

/* --- entries ------------------------------------------------------------------------------ */

static inline struct str entry_key(const struct entry *e)
{
    return (struct str){ e->bytes, e->key_size };
}
static inline struct str entry_value(const struct entry *e)
{
    return (struct str){ e->bytes + e->key_size, e->value_size };
}
static inline size_t entry_room(size_t key_size, size_t value_size)
{
    return state_room(sizeof(struct entry) + key_size + value_size);
}

static void free_entry(struct state_tree *t, struct entry *e)
{
    state_free(t->heap, e, entry_room(e->key_size, e->value_size));
}

static void fill_entry(struct entry *e, struct str key, struct str value)
{
    e->key_size = (uint32_t)key.size;
    e->value_size = (uint32_t)value.size;
    if (key.size > 0)
        memcpy(e->bytes, key.data, key.size);
    if (value.size > 0)
        memcpy(e->bytes + key.size, value.data, value.size);
}

static enum code make_entry(struct state_tree *t, struct str key, struct str value,
                            struct entry **ret, struct error *err)
{
    if (key.size > INT32_MAX || value.size > INT32_MAX)
        return error_set(err, E_LIMIT, "a value of %zu bytes is too long for the state of " STR_FMT,
                         key.size + value.size, STR_ARG(state_heap_owner(t->heap)));
    struct entry *e = state_alloc(t->heap, entry_room(key.size, value.size));
    if (!e)
        return state_heap_error(t->heap, err);
    fill_entry(e, key, value);
    *ret = e;
    return OK;
}

/* --- nodes -------------------------------------------------------------------------------- */

static inline struct inner *inner_of(const struct node *n)
{
    return (struct inner *)n;
}

static inline size_t node_bytes(bool is_leaf)
{
    return is_leaf ? sizeof(struct node) : sizeof(struct inner);
}

static struct node *make_node(struct state_tree *t, bool is_leaf)
{
    struct node *n = state_alloc(t->heap, node_bytes(is_leaf));
    if (n) {
        n->count = 0;
        n->is_leaf = is_leaf;
        n->next = n->prev = NULL;
    }
    return n;
}

static void free_node(struct state_tree *t, struct node *n)
{
    state_free(t->heap, n, node_bytes(n->is_leaf));
}

static void free_below(struct state_tree *t, struct node *n)
{
    uint32_t entries = n->is_leaf ? n->count : n->count - 1;
    for (uint32_t i = 0; i < entries; i++)
        free_entry(t, n->entries[i]);
    for (uint32_t i = 0; !n->is_leaf && i < n->count; i++)
        free_below(t, inner_of(n)->children[i]);
    free_node(t, n);
}

/* The number of the first n entries that are less than `key`, or equal too if `or_equal`. */
static uint32_t entries_before(struct entry *const *entries, uint32_t n, struct str key,
                               bool or_equal)
{
    uint32_t low = 0;
    while (n > 0) {
        uint32_t half = n / 2;
        int order = str_compare(entry_key(entries[low + half]), key);
        if (order < 0 || (or_equal && order == 0)) {
            low += half + 1;
            n -= half + 1;
        } else {
            n = half;
        }
    }
    return low;
}

static uint32_t child_of(const struct node *n, struct str key)
{
    return entries_before(n->entries, n->count - 1, key, true);
}

/* --- life --------------------------------------------------------------------------------- */

static enum code make_route(struct state_tree *t, const char *name,
                            const struct type *const *route, uint32_t route_count,
                            struct error *err)
{
    if (!t->arena || !(t->name = arena_cstr(t->arena, str_of(name))))
        return error_nomem(err);
    TRY(state_layout_create(t->arena, route, route_count, 0, &t->route, NULL, err));
    if (!(t->route_row = arena_zalloc(t->arena, t->route.bytes)))
        return error_nomem(err);
    return OK;
}

static uint64_t tree_bytes(const struct state_holder *holder)
{
    struct tree_cursor cursor;
    uint64_t bytes = 0;
    state_tree_seek((const struct state_tree *)holder, STR(""), &cursor);
    for (; cursor.valid; state_tree_next(&cursor))
        bytes += sizeof(struct entry) + cursor.key.size + cursor.value.size;
    return bytes;
}

static void explain(const struct state_holder *holder, struct error *err)
{
    state_tree_explain((const struct state_tree *)holder, err);
}

enum code state_tree_create(struct state_heap *heap, const char *name, uint32_t id,
                            const struct type *const *route, uint32_t route_count,
                            struct state_tree **ret, struct error *err)
{
    struct state_tree *t = state_alloc(heap, sizeof *t);
    if (!t)
        return state_heap_error(heap, err);
    *t = (struct state_tree){ .heap = heap, .arena = arena_create(), .id = id };
    enum code code = make_route(t, name, route, route_count, err);
    if (code != OK) {
        state_tree_destroy(t);
        return code;
    }
    t->holder.bytes = tree_bytes;
    t->holder.explain = explain;
    state_heap_enter(heap, &t->holder);
    *ret = t;
    return OK;
}

void state_tree_destroy(struct state_tree *t)
{
    if (!t)
        return;
    state_heap_leave(t->heap, &t->holder);
    if (t->root && !state_heap_is_closed(t->heap))
        free_below(t, t->root);
    arena_destroy(t->arena);
    state_free(t->heap, t, sizeof *t);
}

const struct state_layout *state_tree_route(const struct state_tree *t)
{
    return &t->route;
}

const char *state_tree_name(const struct state_tree *t)
{
    return t->name;
}

uint64_t state_tree_count(const struct state_tree *t)
{
    return t->count;
}

/* --- inserting ---------------------------------------------------------------------------- */

static void insert_pointer(void *array, uint32_t count, uint32_t at, void *pointer)
{
    void **p = array;
    memmove(p + at + 1, p + at, (count - at) * sizeof *p);
    p[at] = pointer;
}

static void remove_pointer(void *array, uint32_t count, uint32_t at)
{
    void **p = array;
    memmove(p + at, p + at + 1, (count - at - 1) * sizeof *p);
}

/* The shortest key that is greater than `left` and not greater than `right`. */
static struct str separator(struct str left, struct str right)
{
    size_t n = 0;
    while (n < left.size && n < right.size && left.data[n] == right.data[n])
        n++;
    return (struct str){ right.data, MIN(n + 1, right.size) };
}

static enum code split_leaf(struct state_tree *t, struct node *left, struct node **ret,
                            struct entry **ret_separator, struct error *err)
{
    /* Keys often come in order: then the left half stays nearly full. */
    uint32_t keep = left->next ? NODE_MAX / 2 : NODE_MAX - 4;
    struct str key = separator(entry_key(left->entries[keep - 1]), entry_key(left->entries[keep]));
    TRY(make_entry(t, key, (struct str){ 0 }, ret_separator, err));
    struct node *right = make_node(t, true);
    if (!right) {
        free_entry(t, *ret_separator);
        return state_heap_error(t->heap, err);
    }
    right->count = left->count - keep;
    memcpy(right->entries, left->entries + keep, right->count * sizeof *right->entries);
    left->count = keep;
    right->next = left->next;
    right->prev = left;
    if (left->next)
        left->next->prev = right;
    left->next = right;
    *ret = right;
    return OK;
}

static enum code split_inner(struct state_tree *t, struct node *left, struct node **ret,
                             struct entry **ret_separator, struct error *err)
{
    uint32_t keep = NODE_MAX / 2;
    struct node *right = make_node(t, false);
    if (!right)
        return state_heap_error(t->heap, err);
    right->count = left->count - keep;
    memcpy(inner_of(right)->children, inner_of(left)->children + keep,
           right->count * sizeof(struct node *));
    memcpy(right->entries, left->entries + keep, (right->count - 1) * sizeof *right->entries);
    *ret_separator = left->entries[keep - 1];
    left->count = keep;
    *ret = right;
    return OK;
}

/* Splits children[at], which is full; the parent has room. */
static enum code split_child(struct state_tree *t, struct node *parent, uint32_t at,
                             struct error *err)
{
    struct node *left = inner_of(parent)->children[at];
    struct node *right;
    struct entry *key;
    TRY(left->is_leaf ? split_leaf(t, left, &right, &key, err)
                      : split_inner(t, left, &right, &key, err));
    insert_pointer(parent->entries, parent->count - 1, at, key);
    insert_pointer(inner_of(parent)->children, parent->count, at + 1, right);
    parent->count++;
    return OK;
}

static enum code grow_root(struct state_tree *t, struct error *err)
{
    struct node *root = make_node(t, false);
    if (!root)
        return state_heap_error(t->heap, err);
    root->count = 1;
    inner_of(root)->children[0] = t->root;
    enum code code = split_child(t, root, 0, err);
    if (code != OK) {
        free_node(t, root);
        return code;
    }
    t->root = root;
    return OK;
}

/* The leaf of a key, with room for one more. */
static enum code leaf_to_fill(struct state_tree *t, struct str key, struct node **ret,
                              struct error *err)
{
    if (!t->root && !(t->root = make_node(t, true)))
        return state_heap_error(t->heap, err);
    if (t->root->count == NODE_MAX)
        TRY(grow_root(t, err));
    struct node *n = t->root;
    while (!n->is_leaf) {
        uint32_t at = child_of(n, key);
        if (inner_of(n)->children[at]->count == NODE_MAX) {
            TRY(split_child(t, n, at, err));
            at = child_of(n, key);
        }
        n = inner_of(n)->children[at];
    }
    *ret = n;
    return OK;
}

static enum code replace(struct state_tree *t, struct entry **place, struct str value,
                         struct error *err)
{
    struct entry *old = *place;
    struct str key = entry_key(old);
    if (entry_room(key.size, value.size) == entry_room(key.size, old->value_size)) {
        if (value.size > 0)
            memmove(old->bytes + key.size, value.data, value.size);
        old->value_size = (uint32_t)value.size;
        return OK;
    }
    TRY(make_entry(t, key, value, place, err));
    free_entry(t, old);
    return OK;
}

enum code state_tree_put(struct state_tree *t, struct str key, struct str value,
                         struct error *err)
{
    struct node *leaf;
    struct entry *e;
    TRY(leaf_to_fill(t, key, &leaf, err));
    uint32_t at = entries_before(leaf->entries, leaf->count, key, false);
    if (at < leaf->count && str_eq(entry_key(leaf->entries[at]), key))
        return replace(t, &leaf->entries[at], value, err);
    TRY(make_entry(t, key, value, &e, err));
    insert_pointer(leaf->entries, leaf->count, at, e);
    leaf->count++;
    t->count++;
    return OK;
}

/* --- removing ----------------------------------------------------------------------------- */

/* Puts children[at + 1] behind children[at]. */
static void merge_children(struct state_tree *t, struct node *parent, uint32_t at)
{
    struct node *left = inner_of(parent)->children[at];
    struct node *right = inner_of(parent)->children[at + 1];
    struct entry *key = parent->entries[at];
    remove_pointer(parent->entries, parent->count - 1, at);
    remove_pointer(inner_of(parent)->children, parent->count, at + 1);
    parent->count--;
    if (left->is_leaf) {
        memcpy(left->entries + left->count, right->entries, right->count * sizeof *left->entries);
        free_entry(t, key);
        left->next = right->next;
        if (right->next)
            right->next->prev = left;
    } else {
        left->entries[left->count - 1] = key;
        memcpy(left->entries + left->count, right->entries,
               (right->count - 1) * sizeof *left->entries);
        memcpy(inner_of(left)->children + left->count, inner_of(right)->children,
               right->count * sizeof(struct node *));
    }
    left->count += right->count;
    free_node(t, right);
}

static void merge_small(struct state_tree *t, struct node *parent, uint32_t at)
{
    struct node *const *children = inner_of(parent)->children;
    uint32_t count = children[at]->count;
    uint32_t limit = count == 0 ? NODE_MAX : MERGED_MAX;
    if (count > NODE_SMALL)
        return;
    if (at + 1 < parent->count && count + children[at + 1]->count <= limit)
        merge_children(t, parent, at);
    else if (at > 0 && children[at - 1]->count + count <= limit)
        merge_children(t, parent, at - 1);
}

bool state_tree_remove(struct state_tree *t, struct str key)
{
    struct node *path[DEPTH_MAX];
    uint32_t places[DEPTH_MAX];
    uint32_t depth = 0;
    struct node *n = t->root;
    if (!n)
        return false;
    while (!n->is_leaf) {
        path[depth] = n;
        places[depth] = child_of(n, key);
        n = inner_of(n)->children[places[depth++]];
    }
    uint32_t at = entries_before(n->entries, n->count, key, false);
    if (at == n->count || !str_eq(entry_key(n->entries[at]), key))
        return false;
    free_entry(t, n->entries[at]);
    remove_pointer(n->entries, n->count, at);
    n->count--;
    t->count--;
    while (depth-- > 0)
        merge_small(t, path[depth], places[depth]);
    while (t->root && !t->root->is_leaf && t->root->count == 1) {
        struct node *child = inner_of(t->root)->children[0];
        free_node(t, t->root);
        t->root = child;
    }
    if (t->count == 0 && t->root && t->root->is_leaf) {
        free_node(t, t->root);
        t->root = NULL;
    }
    return true;
}

uint64_t state_tree_remove_prefix(struct state_tree *t, struct str prefix)
{
    uint64_t removed = 0;
    struct tree_cursor cursor;
    for (;;) {
        state_tree_seek(t, prefix, &cursor);
        if (!tree_cursor_in(&cursor, prefix))
            return removed;
        /* The key lies in the entry, which is freed after its last use. */
        removed += state_tree_remove(t, cursor.key);
    }
}

/* --- looking ------------------------------------------------------------------------------ */

static const struct node *leaf_of(const struct state_tree *t, struct str key)
{
    const struct node *n = t->root;
    while (n && !n->is_leaf)
        n = inner_of(n)->children[child_of(n, key)];
    return n;
}

bool state_tree_get(const struct state_tree *t, struct str key, struct str *ret_value)
{
    const struct node *n = leaf_of(t, key);
    if (!n)
        return false;
    uint32_t at = entries_before(n->entries, n->count, key, false);
    if (at == n->count || !str_eq(entry_key(n->entries[at]), key))
        return false;
    *ret_value = entry_value(n->entries[at]);
    return true;
}

/* Entry `at` of a leaf; NULL or a leaf without it: past the end. */
static void show(struct tree_cursor *c, const struct node *leaf, uint32_t at)
{
    c->leaf_ = (void *)leaf;
    c->at_ = at;
    c->valid = leaf && at < leaf->count;
    if (c->valid) {
        c->key = entry_key(leaf->entries[at]);
        c->value = entry_value(leaf->entries[at]);
    } else {
        c->key = c->value = (struct str){ 0 };
    }
}

static void show_from(struct tree_cursor *c, const struct node *leaf, uint32_t at)
{
    while (leaf && at >= leaf->count && leaf->next) {
        leaf = leaf->next;
        at = 0;
    }
    show(c, leaf, at);
}

static void show_before(struct tree_cursor *c, const struct node *leaf, uint32_t at)
{
    while (leaf && at == 0) {
        leaf = leaf->prev;
        at = leaf ? leaf->count : 0;
    }
    show(c, leaf, leaf ? at - 1 : 0);
}

void state_tree_seek(const struct state_tree *t, struct str key, struct tree_cursor *ret)
{
    const struct node *n = leaf_of(t, key);
    ret->tree = t;
    show_from(ret, n, n ? entries_before(n->entries, n->count, key, false) : 0);
}

void state_tree_seek_before(const struct state_tree *t, struct str key, struct tree_cursor *ret)
{
    const struct node *n = leaf_of(t, key);
    ret->tree = t;
    show_before(ret, n, n ? entries_before(n->entries, n->count, key, false) : 0);
}

void state_tree_next(struct tree_cursor *cursor)
{
    if (cursor->valid)
        show_from(cursor, cursor->leaf_, cursor->at_ + 1);
}

void state_tree_prev(struct tree_cursor *cursor)
{
    if (cursor->valid)
        show_before(cursor, cursor->leaf_, cursor->at_);
}

/* --- snapshots ---------------------------------------------------------------------------- */

enum code state_tree_save(const struct state_tree *t, struct state_writer *writer,
                          struct error *err)
{
    struct tree_cursor c;
    for (state_tree_seek(t, (struct str){ 0 }, &c); c.valid; state_tree_next(&c))
        TRY(state_writer_put(writer, t->id, c.key, c.value, err));
    return OK;
}

enum code state_tree_load(struct state_tree *t, struct state_reader *reader, struct str key,
                          struct str value, struct error *err)
{
    struct str leading = key;
    enum code code = state_decode_slots(t->heap, &leading, &t->route, 0, t->route.count,
                                        t->route_row, err);
    uint64_t hash = 0;
    if (code == OK)
        hash = state_hash_row(&t->route, 0, t->route.count, t->route_row);
    state_clear(t->heap, &t->route, 0, t->route.count, t->route_row);
    if (code == OK && state_reader_owns(reader, hash))
        code = state_tree_put(t, key, value, err);
    if (code != OK)
        error_while(err, "reading the entries \"%s\" of " STR_FMT, t->name,
                    STR_ARG(state_heap_owner(t->heap)));
    return code;
}
