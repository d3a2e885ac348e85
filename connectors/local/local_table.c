/* local_table.c -- "local-table": what the local profile binds tables of databases
 * to.  They keep their options, of which those count that name the table or say how
 * rows are written, and LOCAL_CONNECTOR_OPTION, which says whose manners to take. */
#include "local/local.h"

#include "local/local_table.h"

static const struct option_spec options[] = {
    { "tableName", OPTION_TEXT, false, NULL, NULL, "The table." },
    { "table-name", OPTION_TEXT, false, NULL, NULL, "The table." },
    { "index", OPTION_TEXT, false, NULL, NULL, "The index, which is a table here." },
    { LOCAL_CONNECTOR_OPTION, OPTION_TEXT, false, NULL, NULL,
      "The connector that the job asked for." },
    { "*", OPTION_TEXT, false, NULL, NULL, "Options of that connector." },
    { 0 },
};

static const char *const name_aliases[] = { "table-name", "index", NULL };

/* The row key of HBase is there even if it is not declared as the primary key. */
static unsigned sink_modes(const struct table_def *table)
{
    struct str system = options_get(table->options, LOCAL_CONNECTOR_OPTION);
    if (str_iis(system, "cloudhbase") ||
        (system.size >= 5 && str_iis(str_make(system.data, 5), "hbase")))
        return SINK_APPEND | SINK_UPSERT;
    return table->schema->key_count > 0 ? SINK_APPEND | SINK_UPSERT : SINK_APPEND;
}

static bool keeps_last(const struct table_def *table)
{
    enum table_manner manner = local_table_manner(table);
    return table->schema->key_count > 0 && (manner == TABLE_UPSERT || manner == TABLE_REPLACE) &&
           !options_bool(table->options, "ignoreDelete") &&
           str_trim(options_get(table->options, "excludeUpdateColumns")).size == 0 &&
           !local_table_may_refuse(table);
}

/* HBase's row key is one, declared or not. */
static const char *guarantee(const struct table_def *table, enum sink_mode mode)
{
    bool has_key = table->schema->key_count > 0 || (sink_modes(table) & SINK_UPSERT);
    (void)mode;
    return has_key && local_table_manner(table) != TABLE_APPEND ? "idempotent by key"
                                                                : "at-least-once";
}

static void describe(const struct table_def *table, struct buf *out)
{
    struct str name = local_table_name(table);
    if (name.size == 0)
        return;
    buf_text(out, "table=");
    buf_str(out, name);
}

const struct connector connector_local_table = {
    .name = "local-table",
    .summary = "tables in the SQLite file of the local profile",
    .family = FAMILY_EMBEDDED,
    .name_option = "tableName",
    .name_option_aliases = name_aliases,
    .options = options,
    .source = &local_table_source,
    .sink = &local_table_sink,
    .lookup = &local_table_lookup,
    .sink_modes = sink_modes,
    .keeps_last = keeps_last,
    .guarantee = guarantee,
    .describe = describe,
};
