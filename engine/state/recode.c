/* recode.c -- records taken apart by their shape, and put together as another one; see shape.h. */
#include "base/arena.h"
#include "state/code_inner.h"
#include "state/shape_inner.h"

enum { DEPTH_MAX = 100 }; /* of nested types in a snapshot's codes */

/* --- passing over values -------------------------------------------------------------------- */

static bool phys_of(char letter, enum phys *ret)
{
    static const char letters[] = "b1248hfdslr";
    static const enum phys kinds[] = { PHYS_BOOL, PHYS_I8,   PHYS_I16, PHYS_I32,
                                       PHYS_I64,  PHYS_I128, PHYS_F32, PHYS_F64,
                                       PHYS_VIEW, PHYS_LIST, PHYS_ROW };
    const char *at = letter ? strchr(letters, letter) : NULL;
    if (at)
        *ret = kinds[at - letters];
    return at != NULL;
}

/* The end of the code of one value that begins at `at`; NULL: it is none. */
static const char *end_of(const char *at, const char *end, uint32_t depth)
{
    enum phys phys;
    if (at == end || depth > DEPTH_MAX || !phys_of(*at, &phys))
        return NULL;
    at++;
    if (phys != PHYS_LIST && phys != PHYS_ROW)
        return at;
    if (at == end || *at++ != '(')
        return NULL;
    const char *first = at;
    while (at && at < end && *at != ')')
        at = end_of(at, end, depth + 1);
    bool empty_list = phys == PHYS_LIST && at == first; /* its elements would take no bytes */
    return at && at < end && !empty_list ? at + 1 : NULL;
}

bool shape_code_is_good(struct str code)
{
    return code.size > 0 && end_of(code.data, code.data + code.size, 0) == code.data + code.size;
}

static bool skip_payload(struct code_in *in, struct str code);

/* All children once, each with its byte for NULL. */
static bool skip_children(struct code_in *in, struct str code)
{
    const char *at = code.data + 2, *end = code.data + code.size - 1;
    while (at < end) {
        const char *next = end_of(at, end, 0);
        bool valid;
        if (!next || !code_take_marker(in, CODE_NULL, &valid) ||
            (valid && !skip_payload(in, str_make(at, (size_t)(next - at)))))
            return false;
        at = next;
    }
    return true;
}

static bool skip_payload(struct code_in *in, struct str code)
{
    enum phys phys;
    struct code_string s;
    _Alignas(16) char number[16];
    uint64_t count = 1;
    if (!phys_of(code.data[0], &phys))
        return false;
    if (phys == PHYS_VIEW)
        return code_take_string(in, &s);
    if (phys != PHYS_LIST && phys != PHYS_ROW)
        return code_take_number(in, phys, number);
    if (phys == PHYS_LIST && (!code_take(in, 4, &count) || count > (size_t)(in->end - in->at)))
        return false;
    for (uint64_t i = 0; i < count; i++)
        if (!skip_children(in, code))
            return false;
    return true;
}

static bool skip_part(struct str *in, const struct shape_part *part)
{
    const uint8_t *data = (const uint8_t *)in->data;
    struct code_in rest = { data, data + in->size, 0 };
    bool valid;
    if (!code_take_marker(&rest, CODE_NULL, &valid) || (valid && !skip_payload(&rest, part->code)))
        return false;
    in->data = (const char *)rest.at;
    in->size = (size_t)(rest.end - rest.at);
    return true;
}

/* --- records ---------------------------------------------------------------------------------- */

/* The bytes of each part; false: they are none. */
static bool take_parts(struct str *in, const struct shape_part *parts, uint32_t count,
                       struct str *ret)
{
    for (uint32_t i = 0; i < count; i++) {
        const char *start = in->data;
        if (!skip_part(in, &parts[i]))
            return false;
        if (ret)
            ret[i] = str_make(start, (size_t)(in->data - start));
    }
    return true;
}

/* What stands in front of the parts of a value. */
static bool take_head(struct str *in, const struct shape_table *table, struct str *ret)
{
    enum { TIME_BYTES = 9 }; /* of state_encode_i64() */
    size_t size = table->head;
    if (table->timed) {
        if (in->size == 0 || (uint8_t)in->data[0] > 1)
            return false;
        size += in->data[0] ? 1 + TIME_BYTES : 1;
    }
    if (in->size < size)
        return false;
    *ret = str_make(in->data, size);
    in->data += size;
    in->size -= size;
    return true;
}

static bool take_number(struct str *in, const struct shape_table *table, uint32_t *ret)
{
    if (!table->numbered)
        return true;
    if (in->size < 2)
        return false;
    *ret = (uint32_t)(uint8_t)in->data[0] << 8 | (uint8_t)in->data[1];
    in->data += 2;
    in->size -= 2;
    return *ret < table->number_count;
}

bool shape_table_holds(const struct shape_table *table, struct str key, struct str value)
{
    struct str head;
    uint32_t number;
    if (table->opaque)
        return true;
    return take_parts(&key, table->keys, table->key_count, NULL) &&
           take_number(&key, table, &number) && (table->rest || key.size == 0) &&
           take_head(&value, table, &head) &&
           take_parts(&value, table->values, table->value_count, NULL) &&
           (table->rest || value.size == 0);
}

/* --- from one shape to another ------------------------------------------------------------------- */

enum { NOWHERE = UINT32_MAX };

struct table_ways {
    const struct shape_table *old, *now; /* now NULL: nobody wants it */
    uint32_t *keys, *values;             /* by part of `now`, where it is in `old` */
    uint32_t *numbers;                   /* by number of `old`, what it is in `now` */
    struct str *old_keys, *old_values;   /* of the record under way */
};

struct state_recode {
    struct table_ways *tables;
    uint32_t table_count;
    struct buf key, value;
};

static uint32_t *ways_of(struct arena *arena, const struct shape_part *from, uint32_t from_count,
                         const struct shape_part *to, uint32_t to_count)
{
    uint32_t *ways = arena_array(arena, uint32_t, MAX(to_count, 1));
    for (uint32_t i = 0; ways && i < to_count; i++) {
        const struct shape_part *part = shape_part_find(from, from_count, to[i].meaning);
        ways[i] = part ? (uint32_t)(part - from) : NOWHERE;
    }
    return ways;
}

static bool find_ways(struct arena *arena, const struct shape_table *old,
                      const struct state_shape *shape, struct table_ways *ret)
{
    const struct shape_table *now = shape_table_like(shape, old);
    *ret = (struct table_ways){ .old = old, .now = now };
    if (!now)
        return true;
    ret->keys = ways_of(arena, old->keys, old->key_count, now->keys, now->key_count);
    ret->values = ways_of(arena, old->values, old->value_count, now->values, now->value_count);
    ret->numbers = ways_of(arena, now->numbers, now->number_count, old->numbers, old->number_count);
    ret->old_keys = arena_array(arena, struct str, MAX(old->key_count, 1));
    ret->old_values = arena_array(arena, struct str, MAX(old->value_count, 1));
    return ret->keys && ret->values && ret->numbers && ret->old_keys && ret->old_values;
}

static void done(void *recode)
{
    struct state_recode *r = recode;
    buf_done(&r->key);
    buf_done(&r->value);
}

struct state_recode *state_recode_create(struct arena *arena, const struct state_shape *old,
                                         const struct state_shape *now)
{
    struct state_recode *r = arena_new(arena, struct state_recode);
    if (!r)
        return NULL;
    buf_init(&r->key, UINT32_MAX);
    buf_init(&r->value, UINT32_MAX);
    r->table_count = old->table_count;
    r->tables = arena_array(arena, struct table_ways, MAX(old->table_count, 1));
    if (!r->tables || !arena_on_reset(arena, done, r))
        return NULL;
    for (uint32_t i = 0; i < old->table_count; i++)
        if (!find_ways(arena, &old->tables[i], now, &r->tables[i]))
            return NULL;
    return r;
}

static void put_parts(struct buf *out, const uint32_t *ways, uint32_t count, const struct str *old)
{
    for (uint32_t i = 0; i < count; i++)
        if (ways[i] == NOWHERE)
            buf_char(out, CODE_NULL);
        else
            buf_str(out, old[ways[i]]);
}

static enum code not_of_shape(const struct shape_table *table, struct error *err)
{
    return error_set(err, E_DATA,
                     "a record of its " STR_FMT " is not made of what the snapshot "
                     "says",
                     STR_ARG(table->name));
}

static enum code put_key(struct state_recode *r, const struct table_ways *w, struct str key,
                         bool *ret_kept, struct error *err)
{
    uint32_t number = 0;
    if (!take_parts(&key, w->old->keys, w->old->key_count, w->old_keys) ||
        !take_number(&key, w->old, &number) || (!w->old->rest && key.size > 0))
        return not_of_shape(w->old, err);
    uint32_t place = w->old->numbered ? w->numbers[number] : 0;
    *ret_kept = place != NOWHERE;
    buf_clear(&r->key);
    put_parts(&r->key, w->keys, w->now->key_count, w->old_keys);
    if (w->now->numbered) {
        buf_char(&r->key, (char)(place >> 8));
        buf_char(&r->key, (char)place);
    }
    buf_str(&r->key, key);
    return buf_check(&r->key, err);
}

static enum code put_value(struct state_recode *r, const struct table_ways *w, struct str value,
                           struct error *err)
{
    struct str head;
    if (!take_head(&value, w->old, &head) ||
        !take_parts(&value, w->old->values, w->old->value_count, w->old_values) ||
        (!w->old->rest && value.size > 0))
        return not_of_shape(w->old, err);
    buf_clear(&r->value);
    buf_str(&r->value, head);
    put_parts(&r->value, w->values, w->now->value_count, w->old_values);
    buf_str(&r->value, value);
    return buf_check(&r->value, err);
}

enum code state_recode_record(struct state_recode *r, uint32_t *table_id, struct str *key,
                              struct str *value, bool *ret_kept, struct error *err)
{
    const struct table_ways *w = NULL;
    for (uint32_t i = 0; i < r->table_count && !w; i++)
        if (*table_id >= r->tables[i].old->first && *table_id <= r->tables[i].old->last)
            w = &r->tables[i];
    *ret_kept = !w || w->now;
    if (!w || !w->now)
        return OK;
    *table_id = *table_id - w->old->first + w->now->first;
    if (w->now->opaque)
        return OK;
    TRY(put_key(r, w, *key, ret_kept, err));
    if (!*ret_kept)
        return OK;
    TRY(put_value(r, w, *value, err));
    *key = buf_view(&r->key);
    *value = buf_view(&r->value);
    return OK;
}
