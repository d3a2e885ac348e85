/* test_state_bag.c -- bags against lists that are searched from the front. */
#include "state_test.h"

#include "state/bag.h"

enum { KEYS = 5, POOL = 60, LIST_MAX = 4000 };

static struct arena *arena;
static struct error err;
static struct clock at = { .standing = true };

static struct state_heap *make_heap(void)
{
    struct state_heap *heap = NULL;
    CHECK(state_heap_create(STR("join#3"), NULL, &heap, &err) == OK);
    return heap;
}

/* A key's rows as the model has them. */
struct list {
    struct { uint32_t row, count; } items[LIST_MAX];
    uint32_t n;
};

struct story {
    struct state_bag *bag;
    struct column *key;                /* KEYS rows */
    struct column *pool[3];            /* POOL rows: id, text, number */
    uint32_t identity[3], identity_count;
    bool appends_only, counts;
    struct list lists[KEYS];
};

static bool same(struct story *s, uint32_t a, uint32_t b)
{
    for (uint32_t c = 0; c < s->identity_count; c++) {
        const struct column *column = s->pool[s->identity[c]];
        if (strcmp(cell_text(arena, column, a), cell_text(arena, column, b)) != 0)
            return false;
    }
    return true;
}

static uint32_t model_find(struct story *s, const struct list *list, uint32_t row)
{
    uint32_t i = 0;
    while (i < list->n && !same(s, list->items[i].row, row))
        i++;
    return i;
}

static void check_list(struct story *s, struct bag_key *key, const struct list *list)
{
    const struct state_layout *layout = state_bag_layout(s->bag);
    if (!CHECK_INT(key ? key->items : 0, list->n) || !key)
        return;
    const struct bag_item *item = key->first;
    const struct bag_item *before = NULL;
    for (uint32_t i = 0; i < list->n && CHECK(item != NULL); i++) {
        CHECK(bag_item_before(item) == before && item->key == key);
        CHECK_INT(item->count, list->items[i].count);
        for (uint32_t c = 0; c < 3; c++)
            CHECK(state_equal(item->slots, &layout->slots[c], s->pool[c], list->items[i].row));
        before = item;
        item = item->next;
    }
    CHECK(item == NULL && (!before || key->first->prev == before));
}

static void add(struct story *s, struct bag_key *key, struct list *list, uint32_t row)
{
    struct bag_item *item = NULL;
    bool replaced = false;
    CHECK(state_bag_add(s->bag, key, s->pool, row, &item, &replaced, &err) == OK);
    uint32_t there = s->appends_only ? list->n : model_find(s, list, row);
    CHECK(replaced == (there < list->n && !s->counts));
    if (there == list->n) {
        list->items[list->n].row = row;
        list->items[list->n++].count = 1;
    } else if (s->counts) {
        list->items[there].count++;
    } else {
        list->items[there].row = row;
    }
    CHECK_INT(item->count, list->items[there].count);
}

static void take(struct story *s, struct bag_key *key, struct list *list, uint32_t row)
{
    struct bag_item *item = state_bag_get(s->bag, key, s->pool, row);
    uint32_t there = model_find(s, list, row);
    if (!CHECK((item != NULL) == (there < list->n)) || !item)
        return;
    CHECK_INT(item->count, list->items[there].count);
    state_bag_take(s->bag, item);
    if (--list->items[there].count == 0) {
        list->n--;
        memmove(list->items + there, list->items + there + 1,
                (list->n - there) * sizeof *list->items);
    }
}

static void tell(struct story *s, uint64_t *seed, uint32_t steps, uint32_t adds)
{
    uint64_t items = 0;
    for (uint32_t i = 0; i < steps; i++) {
        uint32_t k = random_below(seed, KEYS);
        struct list *list = &s->lists[k];
        struct bag_key *key = NULL;
        bool adding = random_below(seed, 10) < adds && list->n < LIST_MAX - 1;
        CHECK(state_bag_find(s->bag, &s->key, &k, 1, adding, &key, &err) == OK);
        CHECK(key || (list->n == 0 && !adding));
        if (!key)
            continue;
        /* Key 0 stays small. */
        uint32_t row = random_below(seed, k == 0 ? 4 : POOL);
        if (adding)
            add(s, key, list, row);
        else
            take(s, key, list, row);
        if (i % 50 == 0)
            check_list(s, key, list);
        state_bag_tidy(s->bag, key);
    }
    for (uint32_t k = 0; k < KEYS; k++) {
        struct bag_key *key = NULL;
        CHECK(state_bag_find(s->bag, &s->key, &k, 1, false, &key, &err) == OK);
        check_list(s, key, &s->lists[k]);
        items += s->lists[k].n;
    }
    CHECK_INT(state_bag_items(s->bag), items);
}

static void as_lists(bool appends_only, bool unique)
{
    static struct story s;
    static const uint32_t unique_columns[] = { 2, 0 };
    const struct type *item[] = { &type_int, &type_string, &type_double };
    for (uint64_t seed = 100; seed < 106; seed++) {
        uint64_t random = seed;
        struct state_heap *heap = make_heap();
        memset(&s, 0, sizeof s);
        s.key = column_create(arena, &type_string, KEYS);
        for (uint32_t k = 0; k < KEYS; k++)
            COLUMN_OUT(s.key, struct view)[k] = view_make("eeeeeeeeeeeeeeeeeeee", k * 4);
        for (uint32_t c = 0; c < 3; c++)
            s.pool[c] = random_column(arena, &random, item[c], POOL, true);
        s.appends_only = appends_only;
        s.counts = !unique;
        s.identity_count = unique ? 2 : 3;
        for (uint32_t c = 0; c < s.identity_count; c++)
            s.identity[c] = unique ? unique_columns[c] : c;
        const struct type *key = &type_string;
        struct bag_schema schema = { .name = "left rows", .key = &key, .key_count = 1,
                                     .item = item, .item_count = 3,
                                     .identity = unique ? unique_columns : NULL,
                                     .identity_count = unique ? 2 : 0,
                                     .appends_only = appends_only };
        CHECK(state_bag_create(heap, &schema, NULL, &s.bag, &err) == OK);
        tell(&s, &random, 1500, 8);
        tell(&s, &random, 1500, 2);
        tell(&s, &random, 1000, 6);
        state_bag_destroy(s.bag);
        CHECK(state_heap_bytes(heap) <= (1 << 20));
        state_heap_destroy(heap);
    }
    state_bag_destroy(NULL);
}

static void rows_are_counted(void)
{
    as_lists(false, false);
}

static void rows_of_a_unique_key_are_replaced(void)
{
    as_lists(false, true);
}

static void appended_rows_are_kept_apart(void)
{
    as_lists(true, false);
}

static uint32_t told;

static void count_expired(void *cx, struct bag_item *item)
{
    (void)cx;
    told += item->count;
}

static void rows_grow_old(void)
{
    struct state_heap *heap = make_heap();
    struct state_bag *bag = NULL;
    const struct type *type = &type_bigint;
    struct bag_schema schema = { .name = "left rows", .key = &type, .key_count = 1, .item = &type,
                                 .item_count = 1, .ttl_ms = 1000 };
    at.standing_us = 0;
    CHECK(state_bag_create(heap, &schema, &at, &bag, &err) == OK);
    state_bag_on_expired(bag, count_expired, NULL);
    struct column *c = column_create(arena, &type_bigint, 40);
    for (uint32_t i = 0; i < 40; i++)
        COLUMN_OUT(c, int64_t)[i] = i;
    struct bag_key *key = NULL;
    struct bag_item *item;
    bool replaced;
    uint32_t zero = 0;
    CHECK(state_bag_find(bag, &c, &zero, 1, true, &key, &err) == OK);
    for (uint32_t i = 0; i < 40; i++) {
        at.standing_us = i * 10000; /* 10 ms apart */
        CHECK(state_bag_add(bag, key, &c, i, &item, &replaced, &err) == OK);
    }
    at.standing_us = 500000;
    CHECK(state_bag_add(bag, key, &c, 3, &item, &replaced, &err) == OK && item->count == 2);
    at.standing_us = 1100000; /* rows 0..10 are over, but for 3, which was written again */
    told = 0;
    CHECK(state_bag_find(bag, &c, &zero, 1, false, &key, &err) == OK);
    CHECK_INT(told, 10);
    CHECK_INT(key->items, 30);
    CHECK(state_bag_get(bag, key, &c, 3) != NULL && state_bag_get(bag, key, &c, 4) == NULL);
    at.standing_us = 9000000;
    told = 0;
    state_bag_sweep(bag, 1000, count_expired, NULL);
    CHECK_INT(told, 31);
    CHECK_INT(state_bag_items(bag), 0);
    CHECK(state_bag_find(bag, &c, &zero, 1, false, &key, &err) == OK && key == NULL);
    state_bag_destroy(bag);
    state_heap_destroy(heap);
}

/* Keys 0 to 2 on the left, 1 to 3 on the right, all found by one lookup from either side. */
static void two_bags_have_their_keys_together(void)
{
    enum { LEFT, RIGHT };
    struct state_heap *heap = make_heap();
    struct state_bag *bags[2];
    const struct type *type = &type_bigint;
    static const uint32_t zero = 0;
    struct bag_schema schemas[2];
    for (uint32_t k = 0; k < 2; k++)
        schemas[k] = (struct bag_schema){ .name = k == LEFT ? "left rows" : "right rows",
                                          .id = 1 + k,
                                          .key = &type,
                                          .key_count = 1,
                                          .key_columns = &zero,
                                          .item = &type,
                                          .item_count = 1,
                                          .identity = k == LEFT ? &zero : NULL,
                                          .identity_count = k == LEFT };
    CHECK(state_bag_create_pair(heap, schemas, NULL, bags, &err) == OK);
    struct column *c = column_create(arena, &type_bigint, 8);
    for (uint32_t i = 0; i < 8; i++)
        COLUMN_OUT(c, int64_t)[i] = i / 2; /* each key twice, as -U and +U have it */
    struct bag_key *own[8], *other[8];
    struct bag_item *item;
    bool replaced;
    for (uint32_t k = 0; k < 2; k++) {
        CHECK(state_bag_find_both(bags[k], &c, NULL, 8, own, other, &err) == OK);
        for (uint32_t i = 2 * k; i < 6 + 2 * k; i++) {
            CHECK(own[i] == own[i / 2 * 2]);
            CHECK((other[i] != NULL) == (k == RIGHT && i < 6));
            CHECK(state_bag_add(bags[k], own[i], &c, i, &item, &replaced, &err) == OK);
            CHECK_INT(replaced, k == LEFT && i % 2); /* the key alone is the identity there */
        }
        for (uint32_t i = 0; i < 8; i += 2)
            state_bag_tidy(bags[k], own[i]); /* does nothing where either bag has rows */
    }
    CHECK_INT(state_bag_items(bags[LEFT]), 3);
    CHECK_INT(state_bag_items(bags[RIGHT]), 3);
    CHECK(state_bag_find(bags[RIGHT], &c, NULL, 8, false, own, &err) == OK);
    CHECK(own[0]->items == 0 && own[2]->items == 1 && own[2]->first->count == 2);
    error_set(&err, E_LIMIT, "full");
    state_bag_explain(bags[RIGHT], &err);
    CHECK_STR(err.detail, "There are 3 rows of 3 keys in \"right rows\"; its largest are "
                          "(1) with 1 rows, (2) with 1 rows, (3) with 1 rows.");
    CHECK(state_bag_find_both(bags[LEFT], &c, NULL, 8, own, other, &err) == OK);
    CHECK(other[0] == NULL && other[2]->first->count == 2);
    state_bag_take(bags[LEFT], own[0]->first);
    state_bag_tidy(bags[LEFT], own[0]);
    state_bag_take(bags[LEFT], own[2]->first);
    state_bag_tidy(bags[LEFT], own[2]); /* the right bag has it still */
    CHECK(state_bag_find(bags[LEFT], &c, NULL, 8, false, own, &err) == OK);
    CHECK(own[0] == NULL && own[2] && own[2]->items == 0 && own[4]->items == 1);
    state_bag_destroy(bags[LEFT]);
    CHECK(state_bag_find(bags[RIGHT], &c, NULL, 8, false, own, &err) == OK);
    CHECK(own[2]->first->count == 2);
    state_bag_destroy(bags[RIGHT]);
    state_heap_destroy(heap);
}

static void the_largest_keys_are_told(void)
{
    struct state_heap *heap = make_heap();
    struct state_bag *bag = NULL;
    const struct type *type = &type_bigint;
    struct bag_schema schema = { .name = "left rows", .key = &type, .key_count = 1, .item = &type,
                                 .item_count = 1, .appends_only = true };
    CHECK(state_bag_create(heap, &schema, NULL, &bag, &err) == OK);
    struct column *c = column_create(arena, &type_bigint, 5);
    for (uint32_t i = 0; i < 5; i++) {
        struct bag_key *key = NULL;
        struct bag_item *item;
        bool replaced;
        COLUMN_OUT(c, int64_t)[i] = i;
        CHECK(state_bag_find(bag, &c, &i, 1, true, &key, &err) == OK);
        for (uint32_t k = 0; k < 1 + i * 3 % 5; k++)
            CHECK(state_bag_add(bag, key, &c, 0, &item, &replaced, &err) == OK);
    }
    error_set(&err, E_LIMIT, "full");
    state_bag_explain(bag, &err);
    CHECK_STR(err.detail, "There are 15 rows of 5 keys in \"left rows\"; its largest are "
                          "(3) with 5 rows, (1) with 4 rows, (4) with 3 rows.");
    state_bag_destroy(bag);
    state_heap_destroy(heap);
}

int main(void)
{
    arena = arena_create();
    RUN(rows_are_counted);
    RUN(rows_of_a_unique_key_are_replaced);
    RUN(appended_rows_are_kept_apart);
    RUN(rows_grow_old);
    RUN(two_bags_have_their_keys_together);
    RUN(the_largest_keys_are_told);
    arena_destroy(arena);
    return check_failed != 0;
}
