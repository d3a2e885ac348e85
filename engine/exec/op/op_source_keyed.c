/* op_source_keyed.c -- the messages of a topic that is a table by key (upsert-kafka), as
 * changes: one with a value is the new row of its key, one without deletes that row.
 *
 * A delete has the columns of the key and nothing else.  Columns that are in key and
 * value are the value's, as everywhere.  A message without a key, or with one that cannot
 * be read, belongs to no row: it is a bad row. */
#include "exec/op/op_source.h"

#include "types/concat.h"

enum { NO_ROW = UINT32_MAX };

/* What comes of the records of a poll. */
struct changes {
    struct records *records;
    struct decoded values, keys;
    uint32_t *key_row; /* row of the keys of each record; NO_ROW: none */
    uint32_t count;
    uint8_t *kinds;
    uint32_t *record;   /* of each change */
    uint32_t *value_at; /* row of the values; NO_ROW: a delete */
    bool is_even;       /* each record is a row, with its value and key at the same place */
};

static enum code report(struct op_source *op, uint32_t record, const char *reason,
                        struct error *err)
{
    struct bad_row bad = { .reason = str_of(reason), .offset = -1, .record = record };
    return bad_row_report(&op->bad_rows, &bad, err);
}

/* Decoders leave out records without value, or make a row of NULLs that is not looked at. */
static enum code decode_values(struct op_source *op, struct changes *c, struct error *err)
{
    struct records *r = c->records;
    c->values = (struct decoded){ .rows = r->count };
    if (op->value.decoder) /* else all columns are in the key */
        TRY(op->value.decoder->kind->decode(op->value.decoder, r->arena, r->values, r->count,
                                            &c->values, err));
    return OK;
}

static enum code decode_keys(struct op_source *op, struct changes *c, struct error *err)
{
    struct records *r = c->records;
    c->key_row = arena_array(r->arena, uint32_t, r->count + 1);
    if (!c->key_row)
        return error_nomem(err);
    memset(c->key_row, 0xFF, r->count * sizeof *c->key_row);
    TRY(op->key.decoder->kind->decode(op->key.decoder, r->arena, r->keys, r->count, &c->keys, err));
    for (uint32_t i = 0; i < c->keys.rows; i++)
        c->key_row[c->keys.record ? c->keys.record[i] : i] = i;
    for (uint32_t i = 0; i < r->count; i++)
        if (!r->keys[i].data) {
            c->key_row[i] = NO_ROW;
            TRY(report(op, i, "message has no key, and its row is told by the key", err));
        }
    return OK;
}

static uint32_t record_of(const struct decoded *values, uint32_t row)
{
    return values->record ? values->record[row] : row;
}

/* In the order of the records; those without a key are left out. */
static enum code list_changes(struct changes *c, struct error *err)
{
    struct records *r = c->records;
    uint32_t most = c->values.rows + r->count;
    c->kinds = arena_alloc(r->arena, most + 1);
    c->record = arena_array(r->arena, uint32_t, most + 1);
    c->value_at = arena_array(r->arena, uint32_t, most + 1);
    if (!c->kinds || !c->record || !c->value_at)
        return error_nomem(err);
    uint32_t at = 0;
    c->is_even = true;
    for (uint32_t i = 0; i < r->count; i++) {
        bool is_delete = !r->values[i].data, has_key = c->key_row[i] != NO_ROW;
        uint32_t end = at;
        while (end < c->values.rows && record_of(&c->values, end) == i)
            end++;
        for (uint32_t k = is_delete ? NO_ROW : at; has_key && (k == NO_ROW || k < end); k++) {
            c->kinds[c->count] = is_delete ? CHANGE_DELETE : CHANGE_UPDATE_AFTER;
            c->record[c->count] = i;
            c->value_at[c->count++] = k;
            c->is_even = c->is_even && !is_delete && k == i && c->key_row[i] == i;
            if (is_delete)
                break;
        }
        at = end;
    }
    c->is_even = c->is_even && c->count == r->count;
    return OK;
}

/* Rows `at` of a column, NULL for NO_ROW. */
static struct column *rows_of(struct arena *arena, const struct type *type,
                              const struct column *from, const uint32_t *at, uint32_t n)
{
    uint32_t *rows = arena_array(arena, uint32_t, n + 1);
    bool has_none = false;
    if (!from || from->count == 0)
        return column_create_null(arena, type, n);
    if (!rows)
        return NULL;
    for (uint32_t i = 0; i < n; i++) {
        has_none = has_none || at[i] == NO_ROW;
        rows[i] = at[i] == NO_ROW ? 0 : at[i];
    }
    struct column *c = column_gather(arena, from, rows, n);
    if (!c || !has_none)
        return c;
    if (column_is_constant(c) && !(c = column_concat(arena, &c, 1)))
        return NULL;
    if (!column_need_valid(c, arena))
        return NULL;
    for (uint32_t i = 0; i < n; i++)
        if (at[i] == NO_ROW)
            column_set_null(c, i);
    return c;
}

static enum code put_values(struct op_source *op, const struct changes *c, struct batch *out,
                            struct error *err)
{
    for (uint32_t k = 0; k < op->value.column_count; k++) {
        uint32_t at = op->value.columns[k];
        if (c->is_even)
            out->columns[at] = c->values.columns[k];
        else if (c->values.columns[k] &&
                 !(out->columns[at] = rows_of(out->arena, c->values.columns[k]->type,
                                              c->values.columns[k], c->value_at, c->count)))
            return error_nomem(err);
    }
    return OK;
}

/* A column of the key: of the key where the value has it not, and of deletes. */
static enum code put_keys(struct op_source *op, const struct changes *c, struct batch *out,
                          struct error *err)
{
    for (uint32_t k = 0; k < op->key.column_count && c->is_even; k++)
        if (!out->columns[op->key.columns[k]])
            out->columns[op->key.columns[k]] = c->keys.columns[k];
    if (c->is_even)
        return OK;
    uint32_t *rows = arena_array(out->arena, uint32_t, c->count + 1);
    uint32_t *both = arena_array(out->arena, uint32_t, c->count + 1);
    if (!rows || !both)
        return error_nomem(err);
    for (uint32_t i = 0; i < c->count; i++) {
        rows[i] = c->key_row[c->record[i]];
        both[i] = c->value_at[i] == NO_ROW ? c->count + i : i;
    }
    for (uint32_t k = 0; k < op->key.column_count; k++) {
        uint32_t at = op->key.columns[k];
        struct column *from = c->keys.columns[k], *made = NULL;
        if (!from || !(made = rows_of(out->arena, from->type, from, rows, c->count))) {
            if (from)
                return error_nomem(err);
            continue;
        }
        if (out->columns[at]) {
            struct column *parts[2] = { out->columns[at], made };
            struct column *all = column_concat(out->arena, parts, 2);
            made = all ? column_gather(out->arena, all, both, c->count) : NULL;
        }
        if (!(out->columns[at] = made))
            return error_nomem(err);
    }
    return OK;
}

enum code op_source_keyed_batch(struct op_source *op, struct batch **ret,
                                const uint32_t **ret_record, struct error *err)
{
    struct arena *arena = op->records.arena;
    const struct table_def *def = &op->plan->def;
    struct changes c = { .records = &op->records };
    TRY(decode_keys(op, &c, err));
    TRY(decode_values(op, &c, err));
    TRY(list_changes(&c, err));
    struct batch *out = batch_create(arena, def->schema->count, c.count);
    if (!out)
        return error_nomem(err);
    TRY(put_values(op, &c, out, err));
    TRY(put_keys(op, &c, out, err));
    for (uint32_t i = 0; i < def->schema->count; i++) {
        const struct type *type = def->schema->fields[i].type;
        if (def->origins[i] == ORIGIN_META && def->needed[i]) {
            struct column *meta = op_source_meta_column(op, def->metas[i], type);
            out->columns[i] =
                !meta || c.is_even ? meta : column_gather(arena, meta, c.record, c.count);
        } else if (!out->columns[i]) {
            out->columns[i] = column_create_null(arena, type, c.count);
        }
        if (!out->columns[i])
            return error_nomem(err);
    }
    out->changes = c.kinds;
    *ret = out;
    *ret_record = c.record;
    return OK;
}
