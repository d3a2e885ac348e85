/* show_create.c -- SHOW CREATE TABLE and VIEW: the definition as SQL that can be run
 * again, except for secrets, which are starred. */
#include "session/session_core.h"

static void put_escaped(struct buf *out, struct str name)
{
    for (size_t i = 0; i < name.size; i++) {
        if (name.data[i] == '`')
            buf_char(out, '`');
        buf_char(out, name.data[i]);
    }
}

static void put_name(struct buf *out, struct str name)
{
    buf_char(out, '`');
    put_escaped(out, name);
    buf_char(out, '`');
}

static void put_path(struct buf *out, struct str name)
{
    buf_text(out, "`default_catalog`.`default_database`.");
    put_name(out, name);
}

static void put_string(struct buf *out, struct str text)
{
    buf_char(out, '\'');
    for (size_t i = 0; i < text.size; i++) {
        if (text.data[i] == '\'')
            buf_char(out, '\'');
        buf_char(out, text.data[i]);
    }
    buf_char(out, '\'');
}

static void put_column(struct buf *out, const struct catalog_column *c)
{
    buf_text(out, "  ");
    put_name(out, c->name);
    buf_char(out, ' ');
    if (c->form == COLUMN_EXPR) {
        buf_printf(out, "AS %s", c->text);
    } else {
        type_print(out, c->type);
        if (c->type->not_null)
            buf_text(out, " NOT NULL");
    }
    if (c->form == COLUMN_META) {
        buf_text(out, " METADATA");
        if (!str_eq(c->meta_key, c->name)) {
            buf_text(out, " FROM ");
            put_string(out, c->meta_key);
        }
        if (c->is_virtual)
            buf_text(out, " VIRTUAL");
    }
    if (c->comment.data) {
        buf_text(out, " COMMENT ");
        put_string(out, c->comment);
    }
}

static void put_key(struct buf *out, const struct catalog_table *table)
{
    buf_text(out, ",\n  CONSTRAINT `PK");
    for (uint32_t i = 0; i < table->key_count; i++) {
        buf_char(out, '_');
        put_escaped(out, table->columns[table->key[i]].name);
    }
    buf_char(out, '`');
    buf_text(out, " PRIMARY KEY (");
    for (uint32_t i = 0; i < table->key_count; i++) {
        buf_text(out, i > 0 ? ", " : "");
        put_name(out, table->columns[table->key[i]].name);
    }
    buf_text(out, ") NOT ENFORCED");
}

static void put_blink_key(struct buf *out, const struct catalog_table *table)
{
    buf_text(out, ",\n  PRIMARY KEY (");
    for (uint32_t i = 0; i < table->key_count; i++) {
        buf_text(out, i > 0 ? ", " : "");
        put_name(out, table->columns[table->key[i]].name);
    }
    buf_char(out, ')');
}

static void put_option(struct buf *out, const struct catalog_table *table, const struct option *o)
{
    const struct option *declared = resolve_declared(table);
    const struct connector *connector = declared ? connector_find(declared->value) : NULL;
    const struct option_spec *specs[2] = { connector ? connector->options : NULL, NULL };
    struct options options = { .items = table->options,
                               .count = table->option_count,
                               .specs = specs };
    if (table->blink)
        put_name(out, o->key);
    else
        put_string(out, o->key);
    buf_text(out, " = ");
    put_string(out, options_is_secret(&options, o->key) ? STR("****") : o->value);
}

void show_put_create_table(struct buf *out, const struct catalog_table *table)
{
    buf_text(out, table->temporary ? "CREATE TEMPORARY TABLE " : "CREATE TABLE ");
    put_path(out, table->name);
    buf_text(out, " (\n");
    for (uint32_t i = 0; i < table->column_count; i++) {
        buf_text(out, i > 0 ? ",\n" : "");
        put_column(out, &table->columns[i]);
    }
    if (table->watermark) {
        buf_text(out, ",\n  WATERMARK FOR ");
        put_name(out, table->columns[table->watermark->column].name);
        buf_printf(out, " AS %s", table->watermark->text);
    }
    if (table->key_count > 0) {
        if (table->blink)
            put_blink_key(out, table);
        else
            put_key(out, table);
    }
    buf_text(out, "\n)");
    if (table->option_count > 0 || table->has_rest) {
        buf_text(out, "\nWITH (\n");
        for (uint32_t i = 0; i < table->option_count; i++) {
            buf_text(out, i > 0 ? ",\n  " : "  ");
            put_option(out, table, &table->options[i]);
        }
        if (table->has_rest)
            buf_text(out, table->option_count > 0 ? ",\n  ..." : "  ...");
        buf_text(out, "\n)");
    }
}

void show_put_create_view(struct buf *out, const struct catalog_view *view)
{
    buf_text(out, view->temporary ? "CREATE TEMPORARY VIEW " : "CREATE VIEW ");
    put_path(out, view->name);
    if (view->columns) {
        buf_text(out, " (");
        for (uint32_t i = 0; i < view->column_count; i++) {
            buf_text(out, i > 0 ? ", " : "");
            put_name(out, view->columns[i]);
        }
        buf_char(out, ')');
    }
    buf_printf(out, " AS %s", view->text);
}
