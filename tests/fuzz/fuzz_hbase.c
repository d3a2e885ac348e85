/* fuzz_hbase.c -- any bytes as a reply of HBase: a set of rows for a table with cells of all types.
 *
 * The first byte chooses how values are read. */
#include "base/arena.h"
#include "hbase/hbase.h"
#include "hbase/hbase_rows.h"
#include "types/zone.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct type decimal = { .id = TYPE_DECIMAL, .precision = 20, .scale = 4 };
static const struct field fields[] = {
    { { "k", 1 }, &type_int },    { { "l", 1 }, &type_string }, { { "a", 1 }, &type_boolean },
    { { "b", 1 }, &type_bigint }, { { "c", 1 }, &type_double }, { { "d", 1 }, &decimal },
    { { "e", 1 }, &type_date },   { { "f", 1 }, &type_string }, { { "g", 1 }, &type_timestamp3 },
    { { "h", 1 }, &type_bytes },  { { "i", 1 }, &type_time },
};
static const uint32_t key[] = { 0, 1 };

static struct hbase_table *open_table(uint8_t choice, struct table_def *def)
{
    static const struct option items[] = {
        { .key = { "columnFamily", 12 }, .value = { "", 0 } },
        { .key = { "stringWriteMod", 14 }, .value = { "true", 4 } },
    };
    static struct schema schema = { .fields = fields, .count = countof(fields), .key = key };
    static const struct option_spec *specs[2];
    static struct options options = { .items = items, .specs = specs };
    struct hbase_table *table;
    specs[0] = connector_cloudhbase.options;
    options.count = 1 + (choice & 1);
    schema.key_count = 1 + (choice >> 1 & 1);
    *def = (struct table_def){
        .name = STR("t"),
        .schema = &schema,
        .options = &options,
        .zone = zone_utc,
    };
    if (hbase_table_read(def, &table, NULL) != OK)
        abort();
    return table;
}

static void read_rows(const struct hbase_layout *layout, struct arena *arena, struct str reply)
{
    struct hbase_wire set = hbase_wire_of(reply), cells;
    struct remote_rows rows;
    struct batch *batch;
    struct str name;
    bool has = true;
    if (remote_rows_begin(&rows, arena, layout->schema, layout->needed, 0, NULL) != OK)
        abort();
    while (has && hbase_wire_next_row(&set, &name, &cells, &has, NULL) == OK && has) {
        uint32_t matched = 0;
        if (hbase_rows_add(&rows, layout, name, NULL) == OK &&
            hbase_rows_set(&rows, layout, cells, &matched, NULL) != OK)
            remote_rows_drop(&rows);
    }
    if (hbase_rows_end(&rows, layout, &batch, NULL) != OK)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct hbase_layout layout;
    struct table_def def;
    if (size < 1 || size > 1 << 16)
        return 0;
    struct arena *arena = arena_create();
    struct hbase_table *table = open_table(data[0], &def);
    if (hbase_layout_make(table, &layout, NULL) != OK)
        abort();
    read_rows(&layout, arena, str_make((const char *)data + 1, size - 1));
    hbase_table_destroy(table);
    arena_destroy(arena);
    return 0;
}
