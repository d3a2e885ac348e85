/* hbase_rows.c -- see hbase_rows.h. */
#include "hbase/hbase_rows.h"

#include "types/batch.h"

static enum code make_schema(const struct hbase_table *t, struct schema **ret, struct error *err)
{
    struct arena *arena = t->arena;
    struct schema *flat = arena_new(arena, struct schema);
    struct field *fields = arena_array(arena, struct field, t->key_count + t->cell_count + 1);
    if (!flat || !fields)
        return error_nomem(err);
    for (uint32_t i = 0; i < t->key_count; i++)
        fields[flat->count++] = t->def->schema->fields[t->keys[i]];
    for (uint32_t i = 0; i < t->cell_count; i++)
        fields[flat->count++] = (struct field){ t->cells[i].name, t->cells[i].type };
    flat->fields = fields;
    *ret = flat;
    return OK;
}

enum code hbase_layout_make(const struct hbase_table *t, struct hbase_layout *ret,
                            struct error *err)
{
    TRY(make_schema(t, &ret->schema, err));
    ret->table = t;
    ret->needed = arena_array(t->arena, bool, ret->schema->count + 1);
    if (!ret->needed)
        return error_nomem(err);
    for (uint32_t i = 0; i < ret->schema->count; i++) {
        const struct hbase_cell *cell = i < t->key_count ? NULL : &t->cells[i - t->key_count];
        ret->needed[i] =
            !cell || (!cell->is_key && (!t->def->needed || t->def->needed[cell->column]));
    }
    return OK;
}

/* --- rows ------------------------------------------------------------------------------ */

enum code hbase_rows_add(struct remote_rows *rows, const struct hbase_layout *layout,
                         struct str key, struct error *err)
{
    TRY(remote_rows_add(rows, err));
    enum code code = hbase_set_key(rows, layout->table, key, err);
    if (code == E_DATA)
        remote_rows_drop(rows);
    return code;
}

enum code hbase_rows_set(struct remote_rows *rows, const struct hbase_layout *layout,
                         struct hbase_wire cells, uint32_t *matched, struct error *err)
{
    const struct hbase_table *t = layout->table;
    struct hbase_wire_cell cell;
    uint32_t at = 0;
    bool has;
    for (;;) {
        TRY(hbase_wire_next_cell(&cells, &cell, &has, err));
        if (!has)
            return OK;
        if (!hbase_table_find(t, cell.column, &at))
            continue;
        ++*matched;
        if (!t->cells[at].is_key)
            TRY(hbase_set_value(rows, t, t->key_count + at, cell.value, err));
        at++; /* HBase gives cells in the order that the table's have here */
    }
}

static enum code join_families(const struct hbase_table *t, struct arena *arena,
                               const struct batch *flat, struct batch **ret, struct error *err)
{
    const struct schema *schema = t->def->schema;
    struct batch *batch = batch_create(arena, schema->count, flat->count);
    if (!batch)
        return error_nomem(err);
    for (uint32_t i = 0; i < schema->count; i++)
        if (schema->fields[i].type->id == TYPE_ROW &&
            !(batch->columns[i] = column_create(arena, schema->fields[i].type, flat->count)))
            return error_nomem(err);
    for (uint32_t i = 0; i < t->key_count; i++)
        batch->columns[t->keys[i]] = flat->columns[i];
    for (uint32_t i = 0; i < t->cell_count; i++) {
        const struct hbase_cell *cell = &t->cells[i];
        struct column *column = flat->columns[t->key_count + i];
        if (cell->field >= 0)
            batch->columns[cell->column]->children[cell->field] = column;
        else if (!cell->is_key)
            batch->columns[cell->column] = column;
    }
    *ret = batch;
    return OK;
}

enum code hbase_rows_end(struct remote_rows *rows, const struct hbase_layout *layout,
                         struct batch **ret, struct error *err)
{
    struct batch *flat;
    TRY(remote_rows_end(rows, &flat, err));
    return join_families(layout->table, rows->arena, flat, ret, err);
}
