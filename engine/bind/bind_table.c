/* bind_table.c -- a table of the catalog as source or sink: its connector, which
 * columns come from where, and the scan that all readers of it in a job share. */
#include "bind/binder.h"
#include "base/nearest.h"

/* The connector the DDL names, before any profile: decides how columns are meant. */
static const struct connector *declared_connector(const struct catalog_table *table)
{
    for (uint32_t i = 0; i < table->option_count; i++)
        if (str_iis(table->options[i].key, "connector") || str_iis(table->options[i].key, "type"))
            return connector_find(table->options[i].value);
    return NULL;
}

static bool is_stored(const struct catalog_column *column, bool as_sink)
{
    return column->form == COLUMN_STORED ||
           (column->form == COLUMN_META && !(as_sink && column->is_virtual));
}

uint32_t bind_stored_fields(const struct catalog_table *table, bool as_sink, struct field *ret)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < table->column_count; i++)
        if (is_stored(&table->columns[i], as_sink))
            ret[n++] = (struct field){ table->columns[i].name, table->columns[i].type };
    return n;
}

static enum code wrong_position(const struct catalog_column *column, uint32_t at,
                                const char *expected, struct error *err)
{
    error_at(err, E_TYPE, column->span,
             "column %u of a Blink Kafka table is %s, and \"" STR_FMT "\" has another type", at + 1,
             expected, STR_ARG(column->name));
    error_hint(err, "The columns are messageKey VARBINARY, message VARBINARY, topic VARCHAR, "
                    "partition INT, offset BIGINT, in this order.");
    return E_TYPE;
}

/* A Blink Kafka source fills its columns by position. */
static enum code blink_source_column(const struct catalog_column *column, uint32_t at,
                                     enum meta *ret, struct error *err)
{
    static const struct {
        enum meta meta;
        const char *text;
    } places[] = {
        { META_KEY_BYTES, "the message key (VARBINARY)" },
        { META_VALUE_BYTES, "the message (VARBINARY)" },
        { META_TOPIC, "the topic (VARCHAR)" },
        { META_PARTITION, "the partition (INT)" },
        { META_OFFSET, "the offset (BIGINT)" },
    };
    if (at >= countof(places))
        return error_at(err, E_TYPE, column->span,
                        "a Blink Kafka table has five columns of its own; write \"" STR_FMT
                        "\" as a computed column",
                        STR_ARG(column->name));
    const struct type *t = column->type;
    bool fits = at < 2    ? type_phys(t) == PHYS_VIEW
                : at == 2 ? type_is_string(t)
                : at == 3 ? t->id == TYPE_INT
                          : t->id == TYPE_BIGINT;
    if (!fits)
        return wrong_position(column, at, places[at].text, err);
    *ret = places[at].meta;
    return OK;
}

/* A Blink Kafka sink writes its first key column as key and its first other column as value. */
static enum code blink_sink_column(const struct catalog_table *table,
                                   const struct catalog_column *column, uint32_t at,
                                   const enum meta *before, enum meta *ret, struct error *err)
{
    if (type_phys(column->type) != PHYS_VIEW)
        return error_at(err, E_TYPE, column->span,
                        "a Blink Kafka sink writes bytes, and \"" STR_FMT "\" is neither VARBINARY "
                        "nor VARCHAR",
                        STR_ARG(column->name));
    bool single = table->column_count == 1;
    bool key = table->key_count > 0 ? column->in_key : at == 0 && !single;
    *ret = key ? META_KEY_BYTES : META_VALUE_BYTES;
    for (uint32_t i = 0; i < at; i++)
        if (before[i] == *ret)
            return error_at(err, E_TYPE, column->span,
                            "a Blink Kafka sink has one %s column, and \"" STR_FMT
                            "\" is another one",
                            key ? "key" : "message", STR_ARG(column->name));
    return OK;
}

/* Names of metadata, for the one that was meant. */
struct known_metas {
    struct str names[48];
    size_t count;
};

static enum code know(struct known_metas *known, struct arena *arena, const char *prefix,
                      const char *name, struct error *err)
{
    char *full = arena_printf(arena, "%s%s", prefix, name);
    if (!full)
        return error_nomem(err);
    if (known->count < countof(known->names))
        known->names[known->count++] = str_of(full);
    return OK;
}

static enum code read_only(const struct catalog_column *column, const char *owner, const char *name,
                           struct error *err)
{
    return error_at(err, E_OPTION, column->span,
                    "metadata \"" STR_FMT "\" of %s \"%s\" cannot be written; declare "
                    "the column VIRTUAL",
                    STR_ARG(column->meta_key), owner, name);
}

/* METADATA FROM 'name' of the connector, or 'value.name' of the format. */
static enum code metadata_column(struct binder *b, const struct catalog_column *column,
                                 const struct connector *connector, const struct format *format,
                                 bool as_sink, enum meta *ret,
                                 const struct format_meta **ret_format,
                                 const struct type **ret_type, struct error *err)
{
    struct known_metas known = { .count = 0 };
    for (const struct meta_spec *spec = connector->metas; spec && spec->name; spec++) {
        if (str_is(column->meta_key, spec->name)) {
            if (as_sink && !spec->writable)
                return read_only(column, "connector", connector->name, err);
            *ret = spec->meta;
            *ret_type = spec->type;
            return OK;
        }
        TRY(know(&known, b->arena, "", spec->name, err));
    }
    struct str key = column->meta_key;
    struct str rest = str_starts(key, STR("value.")) ? str_make(key.data + 6, key.size - 6) : STR("");
    for (const struct format_meta *meta = format ? format->metas : NULL; meta && meta->name;
         meta++) {
        if (str_is(rest, meta->name)) {
            if (as_sink)
                return read_only(column, "format", format->name, err);
            *ret_format = meta;
            *ret_type = meta->type;
            return OK;
        }
        TRY(know(&known, b->arena, "value.", meta->name, err));
    }
    if (rest.size > 0 && format)
        error_at(err, E_OPTION, column->span, "format \"%s\" has no metadata \"" STR_FMT "\"",
                 format->name, STR_ARG(rest));
    else
        error_at(err, E_OPTION, column->span, "connector \"%s\" has no metadata \"" STR_FMT "\"",
                 connector->name, STR_ARG(key));
    int at = nearest_of(key, known.names, known.count);
    if (at >= 0)
        error_hint(err, "Perhaps you meant \"" STR_FMT "\".", STR_ARG(known.names[at]));
    return E_OPTION;
}

static enum code check_prefix(const struct options *options, struct span span, struct error *err)
{
    const struct option *prefix = options_find(options, "key.fields-prefix");
    if (!prefix || prefix->value.size == 0 ||
        str_iis(options_get(options, "value.fields-include"), "EXCEPT_KEY"))
        return OK;
    error_at(err, E_OPTION, prefix->key_span.size > 0 ? prefix->key_span : span,
             "\"key.fields-prefix\" is for columns that are in the key alone");
    error_hint(err, "'value.fields-include' = 'EXCEPT_KEY' says that they are.");
    return E_OPTION;
}

/* A key has a format and columns, or it is not read at all. */
static enum code check_key_options(const struct options *options, struct span span,
                                   struct error *err)
{
    const struct option *fields = options_find(options, "key.fields");
    const struct option *format = options_find(options, "key.format");
    if (fields && !format)
        return error_at(err, E_OPTION, fields->key_span.size > 0 ? fields->key_span : span,
                        "\"key.fields\" needs the option \"key.format\"");
    if (format && !fields)
        return error_at(err, E_OPTION, format->key_span.size > 0 ? format->key_span : span,
                        "\"key.format\" needs the option \"key.fields\", which names the columns "
                        "of the key");
    return check_prefix(options, span, err);
}

/* Marks the columns of 'key.fields'. */
static enum code key_fields(const struct options *options, const struct schema *schema,
                            enum column_origin *origins, struct error *err)
{
    struct str list = options_get(options, "key.fields");
    const struct option *given = options_find(options, "key.fields");
    while (list.size > 0) {
        size_t end = str_find_byte(list, ';');
        struct str name = str_trim(str_make(list.data, MIN(end, list.size)));
        list = end == (size_t)-1 ? STR("") : str_make(list.data + end + 1, list.size - end - 1);
        if (name.size == 0)
            continue;
        int at = schema_find(schema, name);
        if (at < 0) {
            error_set(err, E_OPTION,
                      "\"key.fields\" names \"" STR_FMT "\", and the table has no such column",
                      STR_ARG(name));
            struct nearest nearest;
            nearest_begin(&nearest, name);
            for (uint32_t i = 0; i < schema->count; i++)
                nearest_add(&nearest, schema->fields[i].name);
            struct str best = nearest_end(&nearest);
            if (best.data)
                error_hint(err, "Perhaps you meant \"" STR_FMT "\".", STR_ARG(best));
            option_locate(err, given);
            return E_OPTION;
        }
        if (origins[at] == ORIGIN_VALUE)
            origins[at] = ORIGIN_KEY;
    }
    return OK;
}

/* A key says nothing of updates, and where keys say which rows are replaced and deleted the value says
 * nothing of it either. */
static enum code check_insert_format(const struct table_def *def, bool key, struct error *err)
{
    const struct format *format = table_format(def, key);
    if (!format || format->carries == CARRIES_INSERT)
        return OK;
    error_set(err, E_OPTION,
              key ? "format \"%s\" says what is updated and deleted, and the key of a message in "
                    "table \"" STR_FMT "\" cannot"
                  : "format \"%s\" says itself what is updated and deleted, and in table \"" STR_FMT
                    "\" the keys of messages say it",
              format->name, STR_ARG(def->name));
    const struct option *given = options_find(def->options, key ? "key.format" : "value.format");
    option_locate(err, given || key ? given : options_find(def->options, "format"));
    return E_OPTION;
}

/* A topic that is a table by key has the PRIMARY KEY in the key of its messages. */
static enum code key_of_table(const struct catalog_table *table, const struct table_def *def,
                              enum column_origin *origins, struct error *err)
{
    const struct schema *schema = def->schema;
    const struct option *fields = options_find(def->options, "key.fields");
    if (fields)
        return error_at(err, E_OPTION, fields->key_span,
                        "table \"" STR_FMT "\" has no option \"key.fields\": its PRIMARY KEY is "
                        "the key of a message",
                        STR_ARG(table->name));
    for (int key = 0; key < 2; key++)
        TRY(check_insert_format(def, key, err));
    TRY(check_prefix(def->options, table->span, err));
    if (schema->key_count == 0) {
        error_at(err, E_OPTION, table->span,
                 "table \"" STR_FMT "\" needs a PRIMARY KEY: messages replace and delete rows by "
                 "it",
                 STR_ARG(table->name));
        error_hint(err, "PRIMARY KEY (...) NOT ENFORCED names the columns in the key of a message.");
        return E_OPTION;
    }
    for (uint32_t i = 0; i < schema->key_count; i++) {
        enum column_origin *origin = &origins[schema->key[i]];
        if (*origin != ORIGIN_VALUE)
            return error_at(err, E_OPTION, table->span,
                            "column \"" STR_FMT "\" of the PRIMARY KEY is metadata, and the key of "
                            "a message cannot hold it",
                            STR_ARG(schema->fields[schema->key[i]].name));
        *origin = ORIGIN_KEY;
    }
    return OK;
}

static enum code check_keys(const struct catalog_table *table, const struct connector *connector,
                            struct table_def *def, enum column_origin *origins, struct error *err)
{
    if (connector_is_keyed(connector, def))
        return key_of_table(table, def, origins, err);
    if (!connector->has_key_format)
        return OK;
    TRY(check_key_options(def->options, table->span, err));
    TRY(check_insert_format(def, true, err));
    return key_fields(def->options, def->schema, origins, err);
}

/* Opens the formats once, so that what they refuse is refused before anything runs. */
static enum code try_formats(struct binder *b, const struct table_def *def, bool as_sink,
                             struct span span, struct error *err)
{
    enum code code = table_check_format_options(def, err);
    for (int key = 0; key < 2 && code == OK; key++) {
        if (as_sink) {
            struct encoder *encoder = NULL;
            code = table_open_encoder(def, key, b->arena, &encoder, err);
            if (code == OK && encoder)
                encoder->kind->close(encoder);
        } else {
            struct decoder *decoder = NULL;
            const uint32_t *columns;
            uint32_t count;
            code = table_open_decoder(def, key, NULL, b->arena, &decoder, &columns, &count, err);
            if (code == OK && decoder)
                decoder->kind->close(decoder);
        }
    }
    if (code != OK)
        error_locate(err, span);
    return code;
}

/* What options and columns say together.  Each of the three may have an error of its own. */
static enum code check_table(struct binder *b, const struct catalog_table *table,
                             const struct connector *connector, bool raw_topic, bool as_sink,
                             struct table_def *def, enum column_origin *origins, struct error *err)
{
    uint32_t told = b->told;
    enum code codes[3] = { OK, OK, OK };
    for (size_t i = 0; i < countof(codes); i++) {
        if (i == 0)
            codes[i] = check_keys(table, connector, def, origins, err);
        else if (i == 1 && connector->has_formats && !raw_topic)
            codes[i] = try_formats(b, def, as_sink, table->span, err);
        else if (i == 2 && connector->check)
            codes[i] = connector->check(def, as_sink, err);
        if (codes[i] == OK)
            continue;
        error_locate(err, table->span);
        if (!bind_goes_on(b, codes[i], err))
            return codes[i];
    }
    return bind_end(b, told, OK, err);
}

enum code bind_table_def(struct binder *b, const struct catalog_table *table,
                         const struct resolved_table *resolved, bool as_sink,
                         struct table_def *ret, struct error *err)
{
    struct arena *arena = b->arena;
    uint32_t n = 0;
    for (uint32_t i = 0; i < table->column_count; i++)
        n += is_stored(&table->columns[i], as_sink);
    if (n == 0)
        return error_at(err, E_PLAN, table->span,
                        "table \"" STR_FMT "\" has no columns that can be %s", STR_ARG(table->name),
                        as_sink ? "written" : "read");
    struct field *fields = arena_array(arena, struct field, n);
    enum column_origin *origins = arena_array(arena, enum column_origin, n);
    enum meta *metas = arena_array(arena, enum meta, n);
    const struct format_meta **format_metas = arena_array(arena, const struct format_meta *, n);
    uint32_t *key = arena_array(arena, uint32_t, MAX(table->key_count, 1));
    uint32_t *position = arena_array(arena, uint32_t, table->column_count);
    struct span *spans = arena_array(arena, struct span, n);
    struct schema *schema = arena_new(arena, struct schema);
    struct options *options = arena_new(arena, struct options);
    const struct option_spec **specs = arena_array(arena, const struct option_spec *, 2);
    if (!fields || !origins || !metas || !format_metas || !key || !position || !spans || !schema ||
        !options || !specs)
        return error_nomem(err);
    specs[0] = resolved->connector->options;
    *options = (struct options){ .items = resolved->options,
                                 .count = resolved->option_count,
                                 .specs = specs };
    const struct table_def named = { .options = options };
    const struct format *format =
        resolved->connector->has_key_format ? table_format(&named, false) : NULL;

    const struct connector *declared = declared_connector(table);
    bool raw_topic = table->blink && declared && declared->family == FAMILY_TOPIC;
    uint32_t at = 0;
    for (uint32_t i = 0; i < table->column_count; i++) {
        const struct catalog_column *column = &table->columns[i];
        if (!is_stored(column, as_sink))
            continue;
        position[i] = at;
        spans[at] = column->span;
        fields[at] = (struct field){ column->name, column->type };
        if (raw_topic) {
            origins[at] = ORIGIN_META;
            TRY(as_sink ? blink_sink_column(table, column, at, metas, &metas[at], err)
                        : blink_source_column(column, at, &metas[at], err));
        } else if (column->form == COLUMN_META) {
            TRY(metadata_column(b, column, resolved->connector, format, as_sink, &metas[at],
                                &format_metas[at], &fields[at].type, err));
            origins[at] = format_metas[at] ? ORIGIN_FORMAT : ORIGIN_META;
        } else {
            origins[at] = ORIGIN_VALUE;
        }
        at++;
    }
    for (uint32_t i = 0; i < table->key_count; i++)
        key[i] = position[table->key[i]];
    *schema = (struct schema){ .fields = fields,
                               .count = n,
                               .key = table->key_count > 0 ? key : NULL,
                               .key_count = table->key_count };
    *ret = (struct table_def){ .name = table->name,
                               .schema = schema,
                               .spans = spans,
                               .origins = origins,
                               .metas = metas,
                               .format_metas = format_metas,
                               .options = options,
                               .blink = table->blink,
                               .zone = b->env.zone,
                               .keeps_ms = b->hooks->keeps_ms,
                               .clock = b->hooks->clock,
                               .data_dir = resolved->data_dir };
    return check_table(b, table, resolved->connector, raw_topic, as_sink, ret, origins, err);
}

/* `table` with the options of an OPTIONS hint in front of its own. */
enum code bind_hinted_table(struct binder *b, const struct catalog_table **table,
                            const struct ast_list *hints, struct error *err)
{
    for (uint32_t i = 0; hints && i < hints->count; i++) {
        const struct ast_hint *hint = (const struct ast_hint *)hints->items[i];
        if (!str_iis(hint->name.text, "OPTIONS")) {
            struct error warning = { .code = OK };
            error_at(&warning, E_PLAN, hint->node.span, "hint \"" STR_FMT "\" is ignored",
                     STR_ARG(hint->name.text));
            b->hooks->warn(b->hooks->self, &warning);
            continue;
        }
        struct catalog_table *copy = arena_new(b->arena, struct catalog_table);
        uint32_t most = (*table)->option_count + hint->options.count;
        struct option *options = arena_array(b->arena, struct option, MAX(most, 1));
        if (!copy || !options)
            return error_nomem(err);
        *copy = **table;
        memcpy(options, copy->options, copy->option_count * sizeof *options);
        uint32_t n = copy->option_count;
        for (uint32_t k = 0; k < hint->options.count; k++) {
            const struct ast_option *o = (const struct ast_option *)hint->options.items[k];
            uint32_t at = 0;
            while (at < n && !str_ieq(options[at].key, o->key))
                at++;
            options[at] = (struct option){ .key = o->key,
                                           .value = o->value,
                                           .key_span = o->key_span,
                                           .value_span = o->value_span };
            n = MAX(n, at + 1);
        }
        copy->options = options;
        copy->option_count = n;
        *table = copy;
    }
    return OK;
}

static unsigned source_changes(const struct connector *connector, const struct table_def *def)
{
    const struct format *format = table_format(def, false);
    unsigned changes = CHANGES_INSERT;
    if (connector_is_keyed(connector, def))
        return CHANGES_UPDATE_AFTER | CHANGES_DELETE;
    if (format && format->carries & CARRIES_DELETE)
        changes = CHANGES_ALL;
    return changes;
}

/* A scan that has only columns, for a table with errors: what reads it is bound, and fails. */
static enum code stand_in(struct binder *b, const struct catalog_table *table, struct span span,
                          struct plan_scan **ret, struct error *err)
{
    static const struct options no_options = { .count = 0 };
    static const struct connector no_connector = { .name = "none" };
    struct plan_scan *scan = (struct plan_scan *)bind_node(
        b, PLAN_SCAN, sizeof(struct plan_scan), table->column_count, 0, span);
    struct schema *schema = arena_new(b->arena, struct schema);
    if (!scan || !schema)
        return error_nomem(err);
    scan->base.field_count = bind_stored_fields(table, false, scan->base.fields);
    scan->base.bounded = false;
    scan->table = table;
    scan->connector = &no_connector;
    *schema = (struct schema){ .fields = scan->base.fields, .count = scan->base.field_count };
    scan->def =
        (struct table_def){ .name = table->name, .schema = schema, .options = &no_options };
    scan->watermark = table->watermark;
    struct scan_entry entry = { table, scan, NULL, true };
    if (!ARENA_PUSH(b->arena, b->scans, b->scan_count, b->scan_cap, entry))
        return error_nomem(err);
    *ret = scan;
    return plan_derive(b->arena, &scan->base) ? OK : error_nomem(err);
}

enum code bind_scan(struct binder *b, const struct catalog_table *table,
                    const struct ast_list *hints, struct span span, struct plan_scan **ret,
                    struct error *err)
{
    const struct catalog_table *named = table;
    TRY(bind_hinted_table(b, &table, hints, err));
    for (uint32_t i = 0; table == named && i < b->scan_count; i++)
        if (b->scans[i].table == table) {
            b->told += b->scans[i].failed;
            *ret = b->scans[i].scan;
            return OK;
        }
    struct resolved_table resolved = { 0 };
    enum code code = b->hooks->resolve_table(b->hooks->self, table, false, &resolved, err);
    if (code != OK) {
        error_locate(err, span);
        error_while(err, "reading from table \"" STR_FMT "\"", STR_ARG(table->name));
        return bind_goes_on(b, code, err) ? stand_in(b, table, span, ret, err) : code;
    }
    if (table->failed) {
        b->told++;
        return stand_in(b, table, span, ret, err);
    }
    struct table_def def;
    if (!resolved.connector->source)
        code = error_at(err, E_PLAN, span,
                        "table \"" STR_FMT "\" cannot be read: connector \"%s\" is no source%s%s",
                        STR_ARG(table->name), resolved.connector->name,
                        resolved.connector->missing ? ": " : "",
                        resolved.connector->missing ? resolved.connector->missing : "");
    else
        code = bind_table_def(b, table, &resolved, false, &def, err);
    if (code != OK)
        return bind_goes_on(b, code, err) ? stand_in(b, table, span, ret, err) : code;
    struct plan *plan =
        bind_node(b, PLAN_SCAN, sizeof(struct plan_scan), def.schema->count, 0, span);
    if (!plan)
        return error_nomem(err);
    memcpy(plan->fields, def.schema->fields, def.schema->count * sizeof *plan->fields);
    plan->bounded = connector_ends(resolved.connector, &def, false);
    plan->changes = source_changes(resolved.connector, &def);
    struct plan_scan *scan = (struct plan_scan *)plan;
    scan->table = table;
    scan->connector = resolved.connector;
    scan->def = def;
    scan->watermark = table->watermark;
    scan->on_error = resolved.on_error ? resolved.on_error : table->blink ? "skip" : "fail";
    if (resolved.late_table.size > 0)
        TRY(bind_dead_letter(b, table, resolved.late_table, span, &scan->late_sink, err));
    plan->before = true; /* until the optimizer knows better */
    if (!plan_derive(b->arena, plan))
        return error_nomem(err);
    if (resolved.dead_letter.size > 0)
        TRY(bind_dead_letter(b, table, resolved.dead_letter, span, &scan->dead_letter_sink, err));
    struct scan_entry entry = { table, scan, NULL, false };
    if (!ARENA_PUSH(b->arena, b->scans, b->scan_count, b->scan_cap, entry))
        return error_nomem(err);
    *ret = scan;
    return OK;
}
