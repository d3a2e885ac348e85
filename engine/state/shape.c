/* shape.c -- see shape.h: making shapes, comparing them, and their bytes in a snapshot. */
#include "state/shape.h"

#include "base/hash.h"
#include "state/shape_inner.h"

/* --- parts -------------------------------------------------------------------------------- */

/* A letter a value; an ARRAY, MAP or ROW has those of its children in parentheses. */
static void put_code(struct buf *out, const struct type *type)
{
    static const char letters[] = {
        [PHYS_BOOL] = 'b', [PHYS_I8] = '1',   [PHYS_I16] = '2', [PHYS_I32] = '4',
        [PHYS_I64] = '8',  [PHYS_I128] = 'h', [PHYS_F32] = 'f', [PHYS_F64] = 'd',
        [PHYS_VIEW] = 's', [PHYS_LIST] = 'l', [PHYS_ROW] = 'r'
    };
    enum phys phys = type_phys(type);
    buf_char(out, letters[phys]);
    if (phys != PHYS_LIST && phys != PHYS_ROW)
        return;
    buf_char(out, '(');
    for (uint32_t i = 0; i < type->child_count; i++)
        put_code(out, type->children[i]);
    buf_char(out, ')');
}

bool shape_part_make(struct arena *arena, uint64_t meaning, const struct type *type,
                     struct str name, struct shape_part *ret)
{
    struct buf text, code;
    buf_init(&text, 1 << 20);
    buf_init(&code, 1 << 20);
    type_print(&text, type);
    put_code(&code, type);
    *ret = (struct shape_part){ .meaning = meaning, .name = name };
    if (!text.failed && !code.failed) {
        ret->type = arena_str(arena, buf_view(&text));
        ret->code = arena_str(arena, buf_view(&code));
    }
    buf_done(&text);
    buf_done(&code);
    return ret->type.data && ret->code.data;
}

void shape_tell_apart(struct shape_part *parts, uint32_t count)
{
    for (uint32_t i = count; i > 0; i--) { /* from behind: those in front are as they were */
        uint64_t before = 0;
        for (uint32_t k = 0; k + 1 < i; k++)
            before += parts[k].meaning == parts[i - 1].meaning;
        if (before > 0 && parts[i - 1].meaning != 0)
            parts[i - 1].meaning = hash_u64(before, parts[i - 1].meaning);
    }
}

const struct shape_part *shape_part_find(const struct shape_part *parts, uint32_t count,
                                         uint64_t meaning)
{
    for (uint32_t i = 0; i < count && meaning != 0; i++)
        if (parts[i].meaning == meaning)
            return &parts[i];
    return NULL;
}

const struct shape_table *state_shape_table(const struct state_shape *shape, uint32_t id)
{
    for (uint32_t i = 0; i < shape->table_count; i++)
        if (id >= shape->tables[i].first && id <= shape->tables[i].last)
            return &shape->tables[i];
    return NULL;
}

/* --- comparing ----------------------------------------------------------------------------- */

/* Strings of any length lie the same way. */
static bool is_text(struct str type)
{
    return str_is(type, "STRING") || str_starts(type, STR("VARCHAR("));
}

static bool same_type(const struct shape_part *a, const struct shape_part *b)
{
    return str_eq(a->code, b->code) &&
           (str_eq(a->type, b->type) || (is_text(a->type) && is_text(b->type)));
}

enum { NAME_BYTES = 60 };

static int shown(struct str name)
{
    size_t n = MIN(name.size, (size_t)NAME_BYTES);
    while (n > 0 && n < name.size && ((uint8_t)name.data[n] & 0xC0) == 0x80)
        n--; /* not in the middle of a character */
    return (int)n;
}

/* Is each of `now` among `old`? */
static bool parts_fit(const struct shape_part *old, uint32_t old_count,
                      const struct shape_part *now, uint32_t now_count, struct buf *why)
{
    for (uint32_t i = 0; i < now_count; i++) {
        const struct shape_part *was = shape_part_find(old, old_count, now[i].meaning);
        if (now[i].meaning == 0)
            continue;
        if (!was) {
            if (why)
                buf_printf(why, "lacks \"%.*s\"", shown(now[i].name), now[i].name.data);
            return false;
        }
        if (!same_type(was, &now[i])) {
            if (why)
                buf_printf(why, "has \"%.*s\" as " STR_FMT ", not as " STR_FMT, shown(now[i].name),
                           now[i].name.data, STR_ARG(was->type), STR_ARG(now[i].type));
            return false;
        }
    }
    return true;
}

/* Without a part of its key, two records might be one. */
static bool keys_stay(const struct shape_table *old, const struct shape_table *now, struct buf *why)
{
    for (uint32_t i = 0; i < old->key_count; i++) {
        const struct shape_part *part = &old->keys[i];
        if (part->meaning == 0 || shape_part_find(now->keys, now->key_count, part->meaning))
            continue;
        if (why)
            buf_printf(why, "tells rows apart by \"%.*s\"", shown(part->name), part->name.data);
        return false;
    }
    return true;
}

static bool same_parts(const struct shape_part *a, uint32_t n, const struct shape_part *b,
                       uint32_t m)
{
    for (uint32_t i = 0; i < n && i < m; i++)
        if (a[i].meaning != b[i].meaning || !same_type(&a[i], &b[i]))
            return false;
    return n == m;
}

static bool same_table(const struct shape_table *a, const struct shape_table *b)
{
    return a->first == b->first && a->last == b->last &&
           same_parts(a->keys, a->key_count, b->keys, b->key_count) &&
           same_parts(a->values, a->value_count, b->values, b->value_count) &&
           same_parts(a->numbers, a->number_count, b->numbers, b->number_count);
}

const struct shape_table *shape_table_like(const struct state_shape *shape,
                                           const struct shape_table *table)
{
    for (uint32_t i = 0; i < shape->table_count; i++)
        if (shape->tables[i].meaning == table->meaning)
            return &shape->tables[i];
    return NULL;
}

static bool table_fits(const struct shape_table *old, const struct shape_table *now,
                       struct buf *why)
{
    if (!parts_fit(old->keys, old->key_count, now->keys, now->key_count, why) ||
        !keys_stay(old, now, why) ||
        !parts_fit(old->values, old->value_count, now->values, now->value_count, why) ||
        !parts_fit(old->numbers, old->number_count, now->numbers, now->number_count, why))
        return false;
    if (old->key_count == now->key_count && old->opaque == now->opaque &&
        old->timed == now->timed && old->numbered == now->numbered && old->rest == now->rest &&
        old->head == now->head && (!now->opaque || same_table(old, now)))
        return true;
    if (why)
        buf_printf(why, "has its " STR_FMT " in another way", STR_ARG(now->name));
    return false;
}

enum shape_fit state_shape_fit(const struct state_shape *old, const struct state_shape *now,
                               struct buf *why)
{
    bool same = old->table_count == now->table_count;
    for (uint32_t i = 0; i < now->table_count; i++) {
        const struct shape_table *table = &now->tables[i];
        const struct shape_table *was = shape_table_like(old, table);
        if (!was) {
            if (why)
                buf_printf(why, "lacks its %.*s", shown(table->name), table->name.data);
            return SHAPE_OTHER;
        }
        if (!table_fits(was, table, why))
            return SHAPE_OTHER;
        same = same && same_table(was, table);
    }
    if (old->variant != now->variant) {
        if (why)
            buf_printf(why, "was kept in another way");
        return SHAPE_OTHER;
    }
    return same ? SHAPE_SAME : SHAPE_COVERED;
}

/* --- bytes --------------------------------------------------------------------------------------- */

static void put_u32(struct buf *out, uint32_t value)
{
    buf_put(out, &value, sizeof value);
}

static void put_u64(struct buf *out, uint64_t value)
{
    buf_put(out, &value, sizeof value);
}

static void put_text(struct buf *out, struct str text)
{
    put_u32(out, (uint32_t)text.size);
    buf_str(out, text);
}

static void put_parts(struct buf *out, const struct shape_part *parts, uint32_t count)
{
    put_u32(out, count);
    for (uint32_t i = 0; i < count; i++) {
        put_u64(out, parts[i].meaning);
        put_text(out, parts[i].name);
        put_text(out, parts[i].type);
        put_text(out, parts[i].code);
    }
}

enum { IS_OPAQUE = 1, IS_TIMED = 2, IS_NUMBERED = 4, HAS_REST = 8 };

void state_shape_put(struct buf *out, const struct state_shape *shape)
{
    put_u64(out, shape->variant);
    put_u32(out, shape->table_count);
    for (uint32_t i = 0; i < shape->table_count; i++) {
        const struct shape_table *t = &shape->tables[i];
        put_u32(out, t->first);
        put_u32(out, t->last);
        put_u64(out, t->meaning);
        put_text(out, t->name);
        put_u32(out, (t->opaque ? IS_OPAQUE : 0u) | (t->timed ? IS_TIMED : 0u) |
                         (t->numbered ? IS_NUMBERED : 0u) | (t->rest ? HAS_REST : 0u));
        put_u32(out, t->head);
        put_parts(out, t->keys, t->key_count);
        put_parts(out, t->values, t->value_count);
        put_parts(out, t->numbers, t->number_count);
    }
}

struct taking {
    struct arena *arena;
    struct str in;
    enum code code; /* the first that went wrong */
};

static void take(struct taking *t, void *ret, size_t size)
{
    memset(ret, 0, size);
    if (t->code != OK || t->in.size < size) {
        t->code = t->code == OK ? E_DATA : t->code;
        return;
    }
    memcpy(ret, t->in.data, size);
    t->in.data += size;
    t->in.size -= size;
}

static uint32_t take_u32(struct taking *t)
{
    uint32_t value;
    take(t, &value, sizeof value);
    return value;
}

static uint64_t take_u64(struct taking *t)
{
    uint64_t value;
    take(t, &value, sizeof value);
    return value;
}

static struct str take_text(struct taking *t)
{
    uint32_t size = take_u32(t);
    if (t->code != OK || size > t->in.size) {
        t->code = t->code == OK ? E_DATA : t->code;
        return STR("");
    }
    struct str text = arena_str(t->arena, str_make(t->in.data, size));
    if (!text.data) {
        t->code = E_NOMEM;
        return STR("");
    }
    t->in.data += size;
    t->in.size -= size;
    return text;
}

/* The least bytes that a part and a table take. */
enum { PART_BYTES = 8 + 3 * 4, TABLE_BYTES = 2 * 4 + 8 + 6 * 4 };

/* How many follow, each of `least` bytes or more: so nobody makes room for what is not there. */
static uint32_t take_count(struct taking *t, size_t least)
{
    uint32_t count = take_u32(t);
    if (count > t->in.size / least)
        t->code = t->code == OK ? E_DATA : t->code;
    return t->code == OK ? count : 0;
}

static struct shape_part *take_parts(struct taking *t, uint32_t *ret_count)
{
    *ret_count = take_count(t, PART_BYTES);
    struct shape_part *parts = arena_array(t->arena, struct shape_part, MAX(*ret_count, 1));
    if (!parts)
        t->code = E_NOMEM;
    for (uint32_t i = 0; parts && i < *ret_count && t->code == OK; i++) {
        parts[i].meaning = take_u64(t);
        parts[i].name = take_text(t);
        parts[i].type = take_text(t);
        parts[i].code = take_text(t);
        if (t->code == OK && !shape_code_is_good(parts[i].code))
            t->code = E_DATA;
    }
    return parts;
}

static void take_table(struct taking *t, struct shape_table *ret)
{
    ret->first = take_u32(t);
    ret->last = take_u32(t);
    ret->meaning = take_u64(t);
    ret->name = take_text(t);
    uint32_t flags = take_u32(t), head = take_u32(t);
    ret->opaque = flags & IS_OPAQUE;
    ret->timed = flags & IS_TIMED;
    ret->numbered = flags & IS_NUMBERED;
    ret->rest = flags & HAS_REST;
    ret->head = (uint8_t)head;
    ret->keys = take_parts(t, &ret->key_count);
    ret->values = take_parts(t, &ret->value_count);
    ret->numbers = take_parts(t, &ret->number_count);
    if (t->code == OK && (head > UINT8_MAX || ret->last < ret->first))
        t->code = E_DATA;
}

enum code state_shape_get(struct arena *arena, struct str *in, struct state_shape *ret,
                          struct error *err)
{
    struct taking t = { arena, *in, OK };
    struct state_shape shape = { .variant = take_u64(&t) };
    shape.table_count = take_count(&t, TABLE_BYTES);
    shape.tables = arena_array(arena, struct shape_table, MAX(shape.table_count, 1));
    if (!shape.tables)
        return error_nomem(err);
    for (uint32_t i = 0; i < shape.table_count && t.code == OK; i++)
        take_table(&t, &shape.tables[i]);
    if (t.code == E_NOMEM)
        return error_nomem(err);
    if (t.code != OK)
        return error_set(err, E_DATA, "it does not say what the state of an operator is made of");
    *in = t.in;
    *ret = shape;
    return OK;
}
