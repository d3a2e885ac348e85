/* due.c -- see due.h. */
#include "exec/op/due.h"

#include "exec/op.h"
#include "state/code.h"

static bool is_before(const struct due *a, const struct due *b)
{
    return a->time_us < b->time_us || (a->time_us == b->time_us && a->number < b->number);
}

static void set(struct due_list *list, uint32_t at, struct due due)
{
    list->items[at] = due;
    if (due.place)
        *due.place = at;
}

static void move_up(struct due_list *list, uint32_t at, struct due due)
{
    for (; at > 0 && is_before(&due, &list->items[(at - 1) / 2]); at = (at - 1) / 2)
        set(list, at, list->items[(at - 1) / 2]);
    set(list, at, due);
}

static void move_down(struct due_list *list, uint32_t at, struct due due)
{
    for (;;) {
        uint32_t child = 2 * at + 1;
        if (child + 1 < list->count && is_before(&list->items[child + 1], &list->items[child]))
            child++;
        if (child >= list->count || !is_before(&list->items[child], &due))
            break;
        set(list, at, list->items[child]);
        at = child;
    }
    set(list, at, due);
}

enum code due_put(struct due_list *list, struct due due, struct error *err)
{
    if (list->count == list->cap) {
        uint32_t cap = MAX(list->cap * 2, 64);
        struct due *items = state_alloc(list->heap, cap * sizeof *items);
        if (!items)
            return state_heap_error(list->heap, err);
        if (list->count > 0)
            memcpy(items, list->items, list->count * sizeof *items);
        state_free(list->heap, list->items, list->cap * sizeof *items);
        list->items = items;
        list->cap = cap;
    }
    move_up(list, list->count++, due);
    return OK;
}

struct due due_pop(struct due_list *list)
{
    struct due first = list->items[0];
    struct due last = list->items[--list->count];
    if (list->count > 0)
        move_down(list, 0, last);
    return first;
}

void due_earlier(struct due_list *list, uint32_t place, int64_t time_us, uint64_t number)
{
    struct due due = list->items[place];
    due.time_us = time_us;
    due.number = number;
    move_up(list, place, due);
}

void due_done(struct due_list *list)
{
    state_free(list->heap, list->items, list->cap * sizeof *list->items);
    *list = (struct due_list){ .heap = list->heap };
}

/* --- marks ------------------------------------------------------------------------------------- */

enum code due_mark_put(struct due_marks *marks, struct due_mark mark, struct error *err)
{
    if (marks->count == marks->cap) {
        uint32_t cap = MAX(marks->cap * 2, 64);
        struct due_mark *items = state_alloc(marks->heap, cap * sizeof *items);
        if (!items)
            return state_heap_error(marks->heap, err);
        if (marks->count > 0)
            memcpy(items, marks->items, marks->count * sizeof *items);
        state_free(marks->heap, marks->items, marks->cap * sizeof *items);
        marks->items = items;
        marks->cap = cap;
    }
    marks->items[marks->count++] = mark;
    return OK;
}

uint32_t due_mark_cause(struct due_marks *marks, int64_t time_us, uint64_t number,
                        uint32_t otherwise)
{
    while (marks->at < marks->count && (marks->items[marks->at].time_us < time_us ||
                                        marks->items[marks->at].by_then <= number))
        marks->at++;
    return marks->at < marks->count ? marks->items[marks->at].cause : otherwise;
}

/* --- snapshots --------------------------------------------------------------------------------- */

enum code due_save_time(struct state_writer *w, uint32_t table_id, int64_t time_us,
                        struct error *err)
{
    struct buf value;
    buf_init(&value, 64);
    state_encode_i64(&value, op_time_to_save(time_us));
    enum code code = buf_check(&value, err);
    if (code == OK)
        code = state_writer_put(w, table_id, STR(""), buf_view(&value), err);
    buf_done(&value);
    return code;
}

enum code due_load_time(const struct state_record *record, int64_t *time_us, struct error *err)
{
    struct str value = record->value;
    int64_t saved_us;
    TRY(state_decode_i64(&value, &saved_us, err));
    *time_us = MAX(*time_us, saved_us);
    return OK;
}
