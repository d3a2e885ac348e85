/* table_format.c -- from the options of a table to its decoders and encoders.
 *
 * Which columns the key format has is said by their origin (ORIGIN_KEY); the value
 * format has those of ORIGIN_VALUE and, unless 'value.fields-include' is
 * EXCEPT_KEY, those of the key too.  Decoders tell the columns they fill; a column
 * that both fill is the value's.  Encoders take batches of the whole table, so
 * where the format has only some of its columns a thin encoder in front picks
 * them. */
#include "connector/connector.h"

#include "base/memory.h"

struct format_columns {
    struct schema schema;     /* what the format sees */
    const uint32_t *columns;  /* of the table */
    const struct span *spans; /* of the columns in the job */
    const bool *needed;
    const struct format_meta *const *metas;
};

static struct str format_name(const struct table_def *table, bool key, const char **ret_prefix,
                              const char **ret_option)
{
    *ret_prefix = key ? "key." : "value.";
    *ret_option = key ? "key.format" : "value.format";
    struct str name = options_get(table->options, *ret_option);
    if (key || name.data)
        return name;
    *ret_prefix = "";
    *ret_option = "format";
    return options_get(table->options, "format");
}

const struct format *table_format(const struct table_def *table, bool key)
{
    const char *prefix, *option;
    struct str name = format_name(table, key, &prefix, &option);
    return name.data ? format_find(name) : NULL;
}

void table_put_formats(const struct table_def *table, struct buf *out)
{
    const struct format *key = table_format(table, true), *value = table_format(table, false);
    if (key)
        buf_printf(out, " key.format=%s", key->name);
    if (value)
        buf_printf(out, " format=%s", value->name);
}

static bool is_in_format(const struct table_def *table, bool key, bool with_key, uint32_t column)
{
    switch (table->origins ? table->origins[column] : ORIGIN_VALUE) {
    case ORIGIN_VALUE:
        return !key;
    case ORIGIN_KEY:
        return key || with_key;
    case ORIGIN_FORMAT:
        return !key;
    case ORIGIN_META:
        break;
    }
    return false;
}

static void add_column(const struct table_def *table, int column, uint32_t *order, uint32_t *count)
{
    for (uint32_t i = 0; i < *count; i++)
        if (order[i] == (uint32_t)column)
            return;
    if (column >= 0 && (uint32_t)column < table->schema->count)
        order[(*count)++] = (uint32_t)column;
}

/* Columns of a key go as 'key.fields', or else the PRIMARY KEY, names them: in csv that is what
 * counts.  All others go as in the table. */
static void order_columns(const struct table_def *table, bool key, uint32_t *order)
{
    const struct schema *schema = table->schema;
    uint32_t count = 0;
    struct str list = key ? options_get(table->options, "key.fields") : STR("");
    bool by_table_key = key && list.size == 0;
    while (list.size > 0) {
        size_t end = str_find_byte(list, ';');
        struct str name = str_trim(str_make(list.data, MIN(end, list.size)));
        list = end == (size_t)-1 ? STR("") : str_make(list.data + end + 1, list.size - end - 1);
        add_column(table, name.size > 0 ? schema_find(schema, name) : -1, order, &count);
    }
    for (uint32_t i = 0; by_table_key && i < schema->key_count; i++)
        add_column(table, (int)schema->key[i], order, &count);
    for (uint32_t i = 0; i < schema->count; i++)
        add_column(table, (int)i, order, &count);
}

static enum code pick_columns(const struct table_def *table, bool key, struct arena *arena,
                              struct format_columns *ret, struct error *err)
{
    uint32_t total = table->schema->count;
    bool with_key = !str_iis(options_get(table->options, "value.fields-include"), "EXCEPT_KEY");
    struct str prefix = key ? options_get(table->options, "key.fields-prefix") : STR("");
    struct field *fields = arena_array(arena, struct field, total);
    uint32_t *columns = arena_array(arena, uint32_t, total);
    bool *needed = arena_array(arena, bool, total);
    struct span *spans = arena_array(arena, struct span, total);
    const struct format_meta **metas = arena_array(arena, const struct format_meta *, total);
    uint32_t *order = arena_array(arena, uint32_t, total);
    if (!fields || !columns || !needed || !metas || !spans || !order)
        return error_nomem(err);
    order_columns(table, key, order);
    uint32_t count = 0;
    for (uint32_t at = 0; at < total; at++) {
        uint32_t i = order[at];
        if (!is_in_format(table, key, with_key, i))
            continue;
        struct field field = table->schema->fields[i];
        if (prefix.size > 0) {
            if (!str_starts(field.name, prefix)) {
                error_set(err, E_OPTION,
                          "key column \"" STR_FMT "\" does not begin with \"" STR_FMT
                          "\", which \"key.fields-prefix\" asks for",
                          STR_ARG(field.name), STR_ARG(prefix));
                table_locate_column(table, i, err);
                return E_OPTION;
            }
            field.name = str_make(field.name.data + prefix.size, field.name.size - prefix.size);
        }
        fields[count] = field;
        columns[count] = i;
        spans[count] = table->spans ? table->spans[i] : (struct span){ 0, 0 };
        needed[count] = !table->needed || table->needed[i];
        metas[count] = table->format_metas ? table->format_metas[i] : NULL;
        count++;
    }
    ret->schema = (struct schema){ .fields = fields, .count = count };
    ret->columns = columns;
    ret->spans = spans;
    ret->needed = needed;
    ret->metas = metas;
    return OK;
}

static enum code find_format(const struct table_def *table, bool key, const char **ret_prefix,
                             const struct format **ret, struct error *err)
{
    const char *option;
    struct str name = format_name(table, key, ret_prefix, &option);
    if (!name.data || name.size == 0)
        return error_set(err, E_OPTION, "table \"" STR_FMT "\" needs the option \"%s\"",
                         STR_ARG(table->name), option);
    const struct format *format = format_find(name);
    if (!format) {
        error_set(err, E_OPTION, "table \"" STR_FMT "\": there is no format \"" STR_FMT "\"",
                  STR_ARG(table->name), STR_ARG(name));
        option_locate(err, options_find(table->options, option));
        return E_OPTION;
    }
    *ret = format;
    return OK;
}

/* ---- which option names which format ---- */

static const char *role_of(struct str *key)
{
    static const char *const roles[] = { "value.", "key." };
    static const char *const names[] = { "value.format", "key.format" };
    for (size_t i = 0; i < countof(roles); i++) {
        struct str role = str_of(roles[i]);
        if (key->size <= role.size || !str_ieq(str_make(key->data, role.size), role))
            continue;
        *key = str_make(key->data + role.size, key->size - role.size);
        return names[i];
    }
    return "format";
}

enum code table_check_format_options(const struct table_def *table, struct error *err)
{
    const struct options *options = table->options;
    for (uint32_t i = 0; options && !table->blink && i < options->count; i++) {
        const struct option *o = &options->items[i];
        struct str rest = o->key;
        const char *names = role_of(&rest);
        size_t dot = str_find_byte(rest, '.');
        const struct format *format =
            dot == (size_t)-1 ? NULL : format_find(str_make(rest.data, dot));
        if (o->from_profile || !format || str_iis(options_get(options, names), format->name))
            continue;
        error_set(err, E_OPTION,
                  "option \"" STR_FMT "\" goes with '%s' = '%s', which the table does not have",
                  STR_ARG(o->key), names, format->name);
        if (str_iis(options_get(options, "format"), format->name))
            error_hint(err, "With 'format' it is \"" STR_FMT "\".", STR_ARG(rest));
        else if (str_iis(options_get(options, "value.format"), format->name))
            error_hint(err, "With 'value.format' it is \"value." STR_FMT "\".", STR_ARG(rest));
        option_locate(err, o);
        return E_OPTION;
    }
    return OK;
}

enum code table_open_decoder(const struct table_def *table, bool key, struct bad_rows *bad_rows,
                             struct arena *arena, struct decoder **ret,
                             const uint32_t **ret_columns, uint32_t *ret_count, struct error *err)
{
    struct format_columns picked;
    TRY(pick_columns(table, key, arena, &picked, err));
    if (picked.schema.count == 0) {
        *ret = NULL;
        *ret_columns = NULL;
        *ret_count = 0;
        return OK;
    }
    const char *prefix;
    const struct format *format;
    TRY(find_format(table, key, &prefix, &format, err));
    if (!format->open_decoder)
        return error_set(err, E_UNSUPPORTED, "format \"%s\" cannot be read", format->name);
    struct schema *schema = arena_new(arena, struct schema);
    struct format_open *open = arena_new(arena, struct format_open);
    if (!schema || !open)
        return error_nomem(err);
    *schema = picked.schema;
    *open = (struct format_open){
        .schema = schema,
        .needed = picked.needed,
        .spans = picked.spans,
        .metas = picked.metas,
        .options = table->options,
        .prefix = prefix,
        .blink = table->blink,
        .zone = table->zone,
        .bad_rows = bad_rows,
    };
    struct decoder *decoder;
    TRY(format->open_decoder(open, &decoder, err));
    *ret = decoder;
    *ret_columns = picked.columns;
    *ret_count = picked.schema.count;
    return OK;
}

/* ---- an encoder that sees some of the columns ---- */

struct picking_encoder {
    struct encoder base;
    struct encoder *inner;   /* owned */
    const uint32_t *columns; /* borrowed from the arena of the table */
    struct column **lent;    /* same; what the inner encoder sees */
    uint32_t count;
};

static enum code picking_encode(struct encoder *e, const struct batch *batch, uint32_t row,
                                struct buf *out, bool *ret_null, struct error *err)
{
    struct picking_encoder *p = (struct picking_encoder *)e;
    struct batch lent = *batch;
    for (uint32_t i = 0; i < p->count; i++)
        p->lent[i] = batch->columns[p->columns[i]];
    lent.columns = p->lent;
    lent.column_count = p->count;
    return p->inner->kind->encode(p->inner, &lent, row, out, ret_null, err);
}

static void picking_head(struct encoder *e, struct buf *out)
{
    struct picking_encoder *p = (struct picking_encoder *)e;
    if (p->inner->kind->head)
        p->inner->kind->head(p->inner, out);
}

static void picking_close(struct encoder *e)
{
    struct picking_encoder *p = (struct picking_encoder *)e;
    if (!p)
        return;
    p->inner->kind->close(p->inner);
    mem_free(p);
}

static const struct encoder_kind picking_kind = {
    .encode = picking_encode,
    .head = picking_head,
    .close = picking_close,
};

static bool is_whole_table(const struct format_columns *picked, const struct schema *schema)
{
    for (uint32_t i = 0; i < picked->schema.count; i++)
        if (picked->columns[i] != i)
            return false;
    return picked->schema.count == schema->count;
}

enum code table_open_encoder(const struct table_def *table, bool key, struct arena *arena,
                             struct encoder **ret, struct error *err)
{
    struct format_columns picked;
    TRY(pick_columns(table, key, arena, &picked, err));
    if (picked.schema.count == 0) {
        *ret = NULL;
        return OK;
    }
    const char *prefix;
    const struct format *format;
    TRY(find_format(table, key, &prefix, &format, err));
    if (!format->open_encoder)
        return error_set(err, E_UNSUPPORTED, "format \"%s\" cannot be written", format->name);
    struct schema *schema = arena_new(arena, struct schema);
    struct format_open *open = arena_new(arena, struct format_open);
    struct column **lent = arena_array(arena, struct column *, picked.schema.count);
    if (!schema || !open || !lent)
        return error_nomem(err);
    *schema = picked.schema;
    *open = (struct format_open){
        .schema = schema,
        .spans = picked.spans,
        .options = table->options,
        .prefix = prefix,
        .blink = table->blink,
        .zone = table->zone,
    };
    struct encoder *inner;
    TRY(format->open_encoder(open, &inner, err));
    if (is_whole_table(&picked, table->schema)) {
        *ret = inner;
        return OK;
    }
    struct picking_encoder *p = mem_zalloc(sizeof *p);
    if (!p) {
        inner->kind->close(inner);
        return error_nomem(err);
    }
    p->base.kind = &picking_kind;
    p->inner = inner;
    p->columns = picked.columns;
    p->lent = lent;
    p->count = picked.schema.count;
    *ret = &p->base;
    return OK;
}
