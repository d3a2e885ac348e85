/* format_value.c -- values of JSON, and cells of CSV, to a column of one type.
 *
 * A value that is absent or null is NULL.  One that cannot be read (format_scalar.c) makes
 * its row bad, or, if errors are ignored, is NULL by itself.
 *
 * Nested types go level by level: the elements of all rows become one list of
 * values, which becomes one child column.  Rows of fields whose values were taken out
 * of the message along with the row itself need no tree. */
#include "connector/format_value.h"

#include "json/json_dom.h"
#include "types/column.h"

enum { SHOWN_BYTES_MAX = 64 };

/* ---- what went wrong ---- */

static enum code bad_value(struct value_rows *rows, uint32_t row, const struct type *type,
                           const struct json_hit *hit, struct error *err)
{
    if (rows->settings->ignore_errors || rows->reasons[row])
        return OK;
    struct buf name;
    buf_init(&name, 256);
    type_print(&name, type);
    size_t shown = MIN(hit->size, (size_t)SHOWN_BYTES_MAX);
    bool is_string = hit->kind == JSON_STRING || hit->kind == JSON_STRING_ESCAPED;
    const char *quote = is_string ? "\"" : "";
    char *reason = arena_printf(rows->arena, "column \"" STR_FMT "\": cannot read %s%.*s%s%s as %s",
                                STR_ARG(rows->column), quote, (int)shown, hit->data,
                                shown < hit->size ? "..." : "", quote, buf_cstr(&name));
    buf_done(&name);
    return value_row_is_bad(rows, row, reason, err);
}

static bool set_null(struct column *column, struct arena *arena, uint32_t i)
{
    if (!column_need_valid(column, arena))
        return false;
    column_set_null(column, i);
    return true;
}

static bool is_absent(const struct json_hit *hit)
{
    return hit->kind == JSON_MISSING || hit->kind == JSON_NULL;
}

static enum code make_scalars(struct value_rows *rows, const struct type *type,
                              const struct json_hit *hits, const uint32_t *owners, uint32_t n,
                              struct column *column, struct error *err)
{
    for (uint32_t i = 0; i < n; i++) {
        if (is_absent(&hits[i])) {
            if (unlikely(!column->valid) && !column_need_valid(column, rows->arena))
                return error_nomem(err);
            bit_clear(column->valid, i); /* a slot not written yet is zero where it must be */
            continue;
        }
        enum value_outcome outcome = value_store(rows, type, &hits[i], column, i);
        if (likely(outcome == VALUE_GOT))
            continue;
        if (outcome == VALUE_NOMEM || !set_null(column, rows->arena, i))
            return error_nomem(err);
        if (outcome == VALUE_ERROR)
            TRY(bad_value(rows, owners ? owners[i] : i, type, &hits[i], err));
    }
    return OK;
}

/* ---- nested values ---- */

/* A list of values on its way to become a child column. */
struct values {
    struct json_hit *hits;
    const struct json_value **trees;
    uint32_t *owners;
};

static bool values_alloc(struct values *v, struct arena *arena, size_t n)
{
    v->hits = arena_alloc(arena, (n + 1) * sizeof *v->hits);
    v->trees = arena_alloc(arena, (n + 1) * sizeof *v->trees);
    v->owners = arena_alloc(arena, (n + 1) * sizeof *v->owners);
    return v->hits && v->trees && v->owners;
}

static void values_set(struct values *v, uint32_t at, const struct json_value *tree, uint32_t owner)
{
    v->trees[at] = tree;
    v->owners[at] = owner;
    v->hits[at] = (struct json_hit){ .data = "", .kind = JSON_MISSING };
    if (tree)
        v->hits[at] = (struct json_hit){
            .data = tree->raw.data ? tree->raw.data : "",
            .size = (uint32_t)tree->raw.size,
            .kind = (uint8_t)tree->kind,
            .maybe_utf8 = 1,
        };
}

/* The tree of value i, if it is a container of the kind wanted; NULL otherwise, and then the slot
 * is NULL or the row bad. */
static enum code open_tree(struct value_rows *rows, const struct type *type, enum json_kind kind,
                           const struct json_hit *hit, const struct json_value *known,
                           uint32_t owner, const struct json_value **ret, struct error *err)
{
    *ret = NULL;
    if (is_absent(hit))
        return OK;
    if (hit->kind != kind)
        return bad_value(rows, owner, type, hit, err);
    if (known) {
        *ret = known;
        return OK;
    }
    struct json_value *tree;
    TRY(json_dom_of_hit(rows->arena, hit, JSON_FORMAT, &tree, err));
    *ret = tree;
    return OK;
}

/* {"$map": [[k, v], ...]}: the list of pairs; NULL if the object is no such thing. */
static const struct json_value *pairs_of(const struct json_value *object)
{
    if (object->count != 1 || !str_is(object->members[0].name, "$map"))
        return NULL;
    const struct json_value *list = object->members[0].value;
    if (list->kind != JSON_ARRAY)
        return NULL;
    for (uint32_t i = 0; i < list->count; i++)
        if (list->items[i]->kind != JSON_ARRAY || list->items[i]->count != 2)
            return NULL;
    return list;
}

static enum code key_of(struct value_rows *rows, const struct json_member *member,
                        const struct json_value **ret, struct error *err)
{
    struct json_value *key = arena_new(rows->arena, struct json_value);
    if (!key)
        return error_nomem(err);
    key->kind = JSON_STRING;
    key->raw = member->name.data ? member->name : STR("");
    *ret = key;
    return OK;
}

/* Element or entry e of a container; *ret_key only for maps. */
static enum code entry_of(struct value_rows *rows, const struct type *type,
                          const struct json_value *tree, uint32_t e,
                          const struct json_value **ret_key, const struct json_value **ret_value,
                          struct error *err)
{
    if (type->id == TYPE_ARRAY) {
        *ret_value = tree->items[e];
        return OK;
    }
    if (tree->kind == JSON_ARRAY) {
        *ret_key = tree->items[e]->items[0];
        *ret_value = tree->items[e]->items[1];
        return OK;
    }
    *ret_value = tree->members[e].value;
    return key_of(rows, &tree->members[e], ret_key, err);
}

static enum code make_list(struct value_rows *rows, const struct type *type,
                           const struct json_hit *hits, const struct json_value *const *trees,
                           const uint32_t *owners, uint32_t n, struct column *column,
                           struct error *err)
{
    bool is_map = type->id == TYPE_MAP;
    bool has_pairs = is_map && !type_is_string(type->children[0]);
    struct list_slot *slots = COLUMN_OUT(column, struct list_slot);
    const struct json_value **found = arena_array(rows->arena, const struct json_value *, n + 1);
    if (!found)
        return error_nomem(err);
    size_t total = 0;
    for (uint32_t i = 0; i < n; i++) {
        TRY(open_tree(rows, type, is_map ? JSON_OBJECT : JSON_ARRAY, &hits[i],
                      trees ? trees[i] : NULL, owners ? owners[i] : i, &found[i], err));
        if (has_pairs && found[i] && pairs_of(found[i]))
            found[i] = pairs_of(found[i]);
        slots[i] = (struct list_slot){ (uint32_t)total, found[i] ? found[i]->count : 0 };
        total += slots[i].size;
        if (!found[i] && !set_null(column, rows->arena, i))
            return error_nomem(err);
    }
    if (total > UINT32_MAX / 2)
        return error_set(err, E_LIMIT, "arrays of a batch have more than %u elements together",
                         UINT32_MAX / 2);
    struct values keys, values;
    if (!values_alloc(&keys, rows->arena, is_map ? total : 0) ||
        !values_alloc(&values, rows->arena, total))
        return error_nomem(err);
    for (uint32_t i = 0; i < n; i++) {
        for (uint32_t e = 0; e < slots[i].size; e++) {
            const struct json_value *key = NULL, *value = NULL;
            TRY(entry_of(rows, type, found[i], e, &key, &value, err));
            values_set(&values, slots[i].start + e, value, owners ? owners[i] : i);
            if (is_map)
                values_set(&keys, slots[i].start + e, key, owners ? owners[i] : i);
        }
    }
    if (is_map)
        TRY(value_make_column(rows, type->children[0], keys.hits, keys.trees, keys.owners,
                              (uint32_t)total, &column->children[0], err));
    return value_make_column(rows, type->children[is_map ? 1 : 0], values.hits, values.trees,
                             values.owners, (uint32_t)total, &column->children[is_map ? 1 : 0],
                             err);
}

static const struct json_value *member_of(const struct json_value *object, struct str name)
{
    for (uint32_t i = 0; object && i < object->count; i++)
        if (str_eq(object->members[i].name, name))
            return object->members[i].value;
    return NULL;
}

static enum code make_row(struct value_rows *rows, const struct type *type,
                          const struct json_hit *hits, const struct json_value *const *trees,
                          const uint32_t *owners, uint32_t n, struct column *column,
                          struct error *err)
{
    const struct json_value **objects = arena_array(rows->arena, const struct json_value *, n + 1);
    if (!objects)
        return error_nomem(err);
    for (uint32_t i = 0; i < n; i++) {
        TRY(open_tree(rows, type, JSON_OBJECT, &hits[i], trees ? trees[i] : NULL,
                      owners ? owners[i] : i, &objects[i], err));
        if (!objects[i] && !set_null(column, rows->arena, i))
            return error_nomem(err);
    }
    struct values fields;
    if (!values_alloc(&fields, rows->arena, n))
        return error_nomem(err);
    for (uint32_t f = 0; f < type->child_count; f++) {
        for (uint32_t i = 0; i < n; i++) {
            uint32_t owner = owners ? owners[i] : i;
            const struct json_value *value = member_of(objects[i], type->names[f]);
            values_set(&fields, i, value, owner);
            if (!value && objects[i] && rows->settings->fail_on_missing && !rows->reasons[owner])
                TRY(value_row_is_bad(rows, owner,
                                     arena_printf(rows->arena, "field \"" STR_FMT "\" is missing",
                                                  STR_ARG(type->names[f])),
                                     err));
        }
        TRY(value_make_column(rows, type->children[f], fields.hits, fields.trees, fields.owners, n,
                              &column->children[f], err));
    }
    return OK;
}

enum code value_make_column(struct value_rows *rows, const struct type *type,
                            const struct json_hit *hits, const struct json_value *const *trees,
                            const uint32_t *owners, uint32_t n, struct column **ret,
                            struct error *err)
{
    struct column *column = column_create(rows->arena, type, n);
    if (!column)
        return error_nomem(err);
    switch (type->id) {
    case TYPE_ARRAY:
    case TYPE_MAP:
        TRY(make_list(rows, type, hits, trees, owners, n, column, err));
        break;
    case TYPE_ROW:
        TRY(make_row(rows, type, hits, trees, owners, n, column, err));
        break;
    default:
        TRY(make_scalars(rows, type, hits, owners, n, column, err));
        break;
    }
    *ret = column;
    return OK;
}

/* A row whose fields were taken out of the message with it. */
static enum code make_taken_row(struct value_rows *rows, const struct type *type,
                                const struct value_slots *slots, const struct json_hit *hits,
                                struct column *column, struct error *err)
{
    uint32_t n = rows->count;
    const struct json_hit *own = hits + (size_t)slots->slot * n;
    for (uint32_t i = 0; i < n; i++) {
        if (own[i].kind == JSON_OBJECT)
            continue;
        if (!set_null(column, rows->arena, i))
            return error_nomem(err);
        if (!is_absent(&own[i]))
            TRY(bad_value(rows, i, type, &own[i], err));
    }
    for (uint32_t f = 0; f < type->child_count; f++) {
        const struct json_hit *field = hits + (size_t)slots->fields[f].slot * n;
        for (uint32_t i = 0; i < n && rows->settings->fail_on_missing; i++)
            if (field[i].kind == JSON_MISSING && own[i].kind == JSON_OBJECT && !rows->reasons[i])
                TRY(value_row_is_bad(rows, i,
                                     arena_printf(rows->arena, "field \"" STR_FMT "\" is missing",
                                                  STR_ARG(type->names[f])),
                                     err));
        TRY(value_make_taken(rows, type->children[f], &slots->fields[f], hits, &column->children[f],
                             err));
    }
    return OK;
}

enum code value_make_taken(struct value_rows *rows, const struct type *type,
                           const struct value_slots *slots, const struct json_hit *hits,
                           struct column **ret, struct error *err)
{
    uint32_t n = rows->count;
    if (!slots->fields)
        return value_make_column(rows, type, hits + (size_t)slots->slot * n, NULL, NULL, n, ret,
                                 err);
    struct column *column = column_create(rows->arena, type, n);
    if (!column)
        return error_nomem(err);
    *ret = column;
    return make_taken_row(rows, type, slots, hits, column, err);
}
