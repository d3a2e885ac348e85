/* hbase_table.c -- see hbase_table.h. */
#include "hbase/hbase_table.h"

#include <stdlib.h>

/* --- errors ---------------------------------------------------------------------------- */

static enum code missing_option(const struct table_def *def, const char *option, struct error *err)
{
    error_set(err, E_OPTION, "table \"" STR_FMT "\" needs the option \"%s\"", STR_ARG(def->name),
              option);
    error_hint(err, "It may stand in WITH or in the profile.");
    return E_OPTION;
}

static enum code wrong_type(const struct table_def *def, const struct field *field,
                            const struct type *type, const char *reason, struct error *err)
{
    struct buf text;
    buf_init(&text, 1024);
    type_print(&text, type);
    error_set(err, E_TYPE, "column \"" STR_FMT "\" of table \"" STR_FMT "\": %s %s",
              STR_ARG(field->name), STR_ARG(def->name), buf_cstr(&text), reason);
    buf_done(&text);
    table_locate_column(def, (uint32_t)(field - def->schema->fields), err);
    return E_TYPE;
}

/* --- types ----------------------------------------------------------------------------- */

static enum code check_type(const struct hbase_table *t, const struct field *field,
                            const struct type *type, struct error *err)
{
    if (type->child_count > 0 || type->id == TYPE_NULL)
        return wrong_type(t->def, field, type, "cannot be a cell of HBase", err);
    if (!t->is_flink || t->as_text || !type_is_timestamp(type) || type->precision <= 3)
        return OK;
    wrong_type(t->def, field, type, "has a finer time than HBase's tables", err);
    error_hint(err, "They have milliseconds: declare it with a precision of 0 to 3.");
    return E_TYPE;
}

/* --- the row key ----------------------------------------------------------------------- */

static enum code add_key(struct hbase_table *t, uint32_t column, struct error *err)
{
    const struct field *field = &t->def->schema->fields[column];
    if (field->type->id == TYPE_ROW)
        return wrong_type(t->def, field, field->type, "cannot be a row key of HBase", err);
    t->keys[t->key_count++] = column;
    return check_type(t, field, field->type, err);
}

/* Without a primary key it is the first column that is no family. */
static enum code find_keys(struct hbase_table *t, struct error *err)
{
    const struct schema *schema = t->def->schema;
    t->keys = arena_array(t->arena, uint32_t, schema->count + 1);
    if (!t->keys)
        return error_nomem(err);
    for (uint32_t i = 0; i < schema->key_count; i++)
        TRY(add_key(t, schema->key[i], err));
    for (uint32_t i = 0; i < schema->count && t->key_count == 0; i++)
        if (schema->fields[i].type->id != TYPE_ROW)
            TRY(add_key(t, i, err));
    if (t->key_count > 1 && t->is_flink) {
        error_set(err, E_PLAN, "table \"" STR_FMT "\" has a primary key of several columns",
                  STR_ARG(t->def->name));
        error_hint(err, "A row key of HBase is one column: concatenate them to one.");
        return E_PLAN;
    }
    if (t->key_count > 0)
        return OK;
    error_set(err, E_PLAN, "table \"" STR_FMT "\" has no row key", STR_ARG(t->def->name));
    error_hint(err, "It is the column that is no ROW, and ROW columns are column families.");
    return E_PLAN;
}

static bool is_key(const struct hbase_table *t, uint32_t column)
{
    for (uint32_t i = 0; i < t->key_count; i++)
        if (t->keys[i] == column)
            return true;
    return false;
}

/* --- cells ----------------------------------------------------------------------------- */

static enum code name_cell(struct hbase_table *t, struct hbase_cell *cell, struct str family,
                           struct str qualifier, struct error *err)
{
    char *name = arena_printf(t->arena, STR_FMT ":" STR_FMT, STR_ARG(family), STR_ARG(qualifier));
    if (!name)
        return error_nomem(err);
    cell->name = str_of(name);
    cell->family = str_make(name, family.size);
    return OK;
}

static enum code add_family(struct hbase_table *t, uint32_t column, struct error *err)
{
    const struct field *field = &t->def->schema->fields[column];
    if (str_find_byte(field->name, ':') != (size_t)-1) {
        error_set(err, E_NAME, "column family \"" STR_FMT "\" cannot have a colon",
                  STR_ARG(field->name));
        table_locate_column(t->def, column, err);
        return E_NAME;
    }
    for (uint32_t f = 0; f < field->type->child_count; f++) {
        struct hbase_cell *cell = &t->cells[t->cell_count++];
        *cell = (struct hbase_cell){
            .type = field->type->children[f],
            .column = column,
            .field = (int)f,
        };
        TRY(check_type(t, field, cell->type, err));
        TRY(name_cell(t, cell, field->name, field->type->names[f], err));
    }
    return OK;
}

static enum code add_cell(struct hbase_table *t, uint32_t column, struct error *err)
{
    const struct field *field = &t->def->schema->fields[column];
    struct hbase_cell *cell = &t->cells[t->cell_count++];
    *cell = (struct hbase_cell){
        .type = field->type,
        .column = column,
        .field = -1,
        .is_key = is_key(t, column),
    };
    if (t->is_flink) {
        wrong_type(t->def, field, field->type, "is neither the row key nor a column family", err);
        error_hint(err, "Only one column is no ROW: the row key.");
        return E_TYPE;
    }
    TRY(check_type(t, field, field->type, err));
    return name_cell(t, cell, t->family, field->name, err);
}

static int compare_cells(const void *a, const void *b)
{
    return str_compare(((const struct hbase_cell *)a)->name, ((const struct hbase_cell *)b)->name);
}

static enum code list_cells(struct hbase_table *t, struct error *err)
{
    const struct schema *schema = t->def->schema;
    bool writes_keys = options_bool(t->def->options, "writePkValue");
    uint32_t most = schema->count + 1;
    for (uint32_t i = 0; i < schema->count; i++)
        most += schema->fields[i].type->child_count;
    t->cells = arena_array(t->arena, struct hbase_cell, most);
    if (!t->cells)
        return error_nomem(err);
    for (uint32_t i = 0; i < schema->count; i++) {
        if (schema->fields[i].type->id == TYPE_ROW)
            TRY(add_family(t, i, err));
        else if (!is_key(t, i) || writes_keys)
            TRY(add_cell(t, i, err));
    }
    qsort(t->cells, t->cell_count, sizeof *t->cells, compare_cells);
    for (uint32_t i = 1; i < t->cell_count; i++)
        if (str_eq(t->cells[i].name, t->cells[i - 1].name)) {
            error_set(err, E_NAME, "table \"" STR_FMT "\" has two columns \"" STR_FMT "\"",
                      STR_ARG(t->def->name), STR_ARG(t->cells[i].name));
            table_locate_column(t->def, MAX(t->cells[i].column, t->cells[i - 1].column), err);
            return E_NAME;
        }
    return OK;
}

/* Blink's table of any columns: a row is a cell, whose qualifier is the second column. */
static enum code check_dynamic(const struct hbase_table *t, struct error *err)
{
    const struct schema *schema = t->def->schema;
    bool is_text = schema->count == 3 && t->key_count == 1;
    for (uint32_t i = 0; i < schema->count && is_text; i++)
        is_text = type_is_string(schema->fields[i].type);
    if (is_text)
        return OK;
    error_set(err, E_TYPE, "table \"" STR_FMT "\" cannot be a dynamic one", STR_ARG(t->def->name));
    error_hint(err, "With isDynamicTable a table has three VARCHAR columns: row key, qualifier and "
                    "value, of which the first is the primary key.");
    option_locate(err, options_find(t->def->options, "isDynamicTable"));
    return E_TYPE;
}

/* --- all of it --------------------------------------------------------------------------- */

static void read_options(struct hbase_table *t)
{
    const struct options *options = t->def->options;
    struct str name = options_get(options, "table-name");
    t->is_flink = !options_get(options, "rowkeyDelimiter").data;
    t->name = str_trim(name.size > 0 ? name : options_get(options, "tableName"));
    t->family = str_trim(options_get(options, "columnFamily"));
    t->delimiter = options_get(options, "rowkeyDelimiter");
    t->as_text = options_bool(options, "stringWriteMod");
    t->is_dynamic = options_bool(options, "isDynamicTable");
    t->skips_nulls = !t->is_flink || options_bool(options, "sink.ignore-null-value");
    if (t->is_flink)
        t->null_text = options_get(options, "null-string-literal");
}

static enum code read_table(struct hbase_table *t, struct error *err)
{
    read_options(t);
    TRY(find_keys(t, err));
    TRY(list_cells(t, err));
    return t->is_dynamic ? check_dynamic(t, err) : OK;
}

enum code hbase_table_read(const struct table_def *def, struct hbase_table **ret, struct error *err)
{
    struct arena *arena = arena_create();
    struct hbase_table *t = arena ? arena_new(arena, struct hbase_table) : NULL;
    if (!t) {
        arena_destroy(arena);
        return error_nomem(err);
    }
    t->arena = arena;
    t->def = def;
    enum code code = read_table(t, err);
    if (code != OK) {
        hbase_table_destroy(t);
        return code;
    }
    *ret = t;
    return OK;
}

void hbase_table_destroy(struct hbase_table *t)
{
    if (t)
        arena_destroy(t->arena);
}

bool hbase_table_find(const struct hbase_table *t, struct str name, uint32_t *at)
{
    if (*at < t->cell_count && str_eq(t->cells[*at].name, name))
        return true;
    uint32_t low = 0, high = t->cell_count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (str_compare(t->cells[middle].name, name) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    if (low == t->cell_count || !str_eq(t->cells[low].name, name))
        return false;
    *at = low;
    return true;
}

struct str hbase_endpoints(const struct options *options)
{
    struct str rest = str_trim(options_get(options, "rest.endpoints"));
    struct str blink = str_trim(options_get(options, "endPoint"));
    return rest.size > 0 ? rest : blink.size > 0 ? blink : (struct str){ NULL, 0 };
}

static bool is_flat(const struct hbase_table *t)
{
    for (uint32_t i = 0; i < t->cell_count; i++)
        if (t->cells[i].field < 0)
            return true;
    return false;
}

const char *hbase_table_lack(const struct hbase_table *t)
{
    if (t->name.size == 0)
        return t->is_flink ? "table-name" : "tableName";
    if (t->family.size == 0 && is_flat(t))
        return "columnFamily";
    return hbase_endpoints(t->def->options).size > 0 ? NULL : "rest.endpoints";
}

enum code hbase_table_need(const struct hbase_table *t, struct error *err)
{
    const struct options *options = t->def->options;
    const char *option = hbase_table_lack(t);
    if (!option)
        return OK;
    missing_option(t->def, option, err);
    if (strcmp(option, "rest.endpoints") != 0)
        return E_OPTION;
    if (options_has(options, "zkQuorum") || options_has(options, "zookeeper.quorum"))
        error_detail(err, "The addresses of ZooKeeper are not enough: weir talks to HBase's REST "
                          "server.");
    return E_OPTION;
}
