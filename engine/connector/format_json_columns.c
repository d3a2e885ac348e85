/* format_json_columns.c -- the columns of a table as paths into an object: what one pass
 * over the messages takes out, and the columns made of it.
 *
 * The fields of ROW columns are taken out with them, so that nothing is parsed again. */
#include "connector/format_json.h"

#include "base/arena.h"
#include "types/column.h"

enum {
    /* A ROW deeper than that, or in a schema with more fields, is read from its own text. */
    TAKEN_DEPTH_MAX = 8,
    TAKEN_FIELDS_MAX = 256,
};

struct adding {
    struct arena *arena;
    struct json_paths *paths;
    struct json_step steps[TAKEN_DEPTH_MAX + 1];
    uint32_t taken; /* slots so far */
};

enum code json_columns_path(struct json_paths *paths, const struct str *names, uint32_t count,
                            uint32_t *ret_slot, struct error *err)
{
    struct json_step steps[TAKEN_DEPTH_MAX] = { 0 };
    for (uint32_t i = 0; i < count; i++)
        steps[i] = (struct json_step){ .kind = JSON_STEP_KEY, .key = names[i] };
    struct json_path path = { .steps = steps, .count = count };
    return json_paths_add(paths, &path, ret_slot, err);
}

/* The path of a column or field, and those of its own fields; steps[0, depth) lead to it. */
static enum code add_value(struct adding *a, const struct type *type, uint32_t depth,
                           struct value_slots *ret, struct error *err)
{
    struct json_path path = { .steps = a->steps, .count = depth };
    a->taken++;
    TRY(json_paths_add(a->paths, &path, &ret->slot, err));
    if (type->id != TYPE_ROW || depth >= TAKEN_DEPTH_MAX || type->child_count == 0 ||
        a->taken + type->child_count > TAKEN_FIELDS_MAX)
        return OK;
    struct value_slots *fields = arena_array(a->arena, struct value_slots, type->child_count);
    if (!fields)
        return error_nomem(err);
    for (uint32_t f = 0; f < type->child_count; f++) {
        a->steps[depth] = (struct json_step){ .kind = JSON_STEP_KEY, .key = type->names[f] };
        TRY(add_value(a, type->children[f], depth + 1, &fields[f], err));
    }
    ret->fields = fields;
    return OK;
}

enum code json_columns_add(struct json_columns *columns, struct arena *arena,
                           struct json_paths *paths, const struct format_open *open,
                           const struct str *names, uint32_t depth, struct error *err)
{
    struct adding a = { .arena = arena, .paths = paths, .taken = json_paths_count(paths) };
    columns->schema = open->schema;
    columns->slots = arena_array(arena, struct value_slots, open->schema->count + 1);
    if (!columns->slots)
        return error_nomem(err);
    for (uint32_t i = 0; i < depth; i++)
        a.steps[i] = (struct json_step){ .kind = JSON_STEP_KEY, .key = names[i] };
    for (uint32_t c = 0; c < open->schema->count; c++) {
        const struct field *field = &open->schema->fields[c];
        columns->slots[c].slot = JSON_NO_SLOT;
        if (!format_is_needed(open, c) || (open->metas && open->metas[c]))
            continue;
        a.steps[depth] = (struct json_step){ .kind = JSON_STEP_KEY, .key = field->name };
        TRY(add_value(&a, field->type, depth + 1, &columns->slots[c], err));
    }
    return OK;
}

static enum code check_missing(struct value_rows *rows, const struct json_hit *hits,
                               struct error *err)
{
    for (uint32_t i = 0; i < rows->count; i++)
        if (hits[i].kind == JSON_MISSING && !rows->reasons[i])
            TRY(value_row_is_bad(rows, i,
                                 arena_printf(rows->arena, "field \"" STR_FMT "\" is missing",
                                              STR_ARG(rows->column)),
                                 err));
    return OK;
}

enum code json_columns_make(const struct json_columns *columns, struct value_rows *rows,
                            const struct json_hit *hits, struct column **ret, struct error *err)
{
    for (uint32_t c = 0; c < columns->schema->count; c++) {
        const struct value_slots *slots = &columns->slots[c];
        if (slots->slot == JSON_NO_SLOT)
            continue;
        rows->column = columns->schema->fields[c].name;
        if (rows->settings->fail_on_missing)
            TRY(check_missing(rows, hits + (size_t)slots->slot * rows->count, err));
        TRY(value_make_taken(rows, columns->schema->fields[c].type, slots, hits, &ret[c], err));
    }
    return OK;
}
