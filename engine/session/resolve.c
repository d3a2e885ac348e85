/* resolve.c -- see resolve.h. */
#include "session/resolve.h"

#include "base/nearest.h"

#include <stdio.h>

enum { SPEC_TABLES_MAX = 8 };

const struct option_spec resolve_common_specs[] = {
    { "connector", OPTION_TEXT, false, NULL, NULL, "The connector (Flink)." },
    { "type", OPTION_TEXT, false, NULL, NULL, "The connector (Blink)." },
    { "on-error", OPTION_ENUM, false, NULL, "skip|fail|route",
      "What becomes of a bad row: left out and counted, the end of the job, or sent to the "
      "dead-letter table." },
    { "dead-letter-table", OPTION_TEXT, false, NULL, NULL,
      "Table that takes bad rows, with on-error = route." },
    { "late-table", OPTION_TEXT, false, NULL, NULL,
      "Sources: table that takes rows whose window was over when they came, in the form of dead "
      "letters." },
    { "sink.upsert-materialize", OPTION_ENUM, false, NULL, "auto|none|force",
      "For this table, what table.exec.sink.upsert-materialize is for all." },
    { "property-version", OPTION_TEXT, false, NULL, NULL, "Accepted, without effect." },
    { "scan.parallelism", OPTION_INT, false, NULL, NULL, "Accepted, without effect." },
    { "sink.parallelism", OPTION_INT, false, NULL, NULL, "Accepted, without effect." },
    { NULL, OPTION_TEXT, false, NULL, NULL, NULL },
};

const struct option_spec resolve_format_specs[] = {
    { "format", OPTION_TEXT, false, NULL, NULL,
      "Format of the value; see weir help formats." },
    { "value.format", OPTION_TEXT, false, NULL, NULL, "The same as format." },
    { NULL, OPTION_TEXT, false, NULL, NULL, NULL },
};

const struct option_spec resolve_key_format_specs[] = {
    { "key.format", OPTION_TEXT, false, NULL, NULL, "Format of the key." },
    { "key.fields", OPTION_TEXT, false, NULL, NULL,
      "Columns of the key, separated by semicolons." },
    { "key.fields-prefix", OPTION_TEXT, false, NULL, NULL,
      "Beginning of the key columns' names that the key format does not see." },
    { "value.fields-include", OPTION_ENUM, false, "ALL", "ALL|EXCEPT_KEY",
      "Whether the value holds the key columns too." },
    { NULL, OPTION_TEXT, false, NULL, NULL, NULL },
};

const char resolve_rest_hint[] = "`...` says that a profile gives it: use --profile FILE.yaml, or "
                                 "--profile local to run without servers.";

/* A table while its options are put together. */
struct build {
    struct resolver *resolver;
    const struct catalog_table *table;
    struct str declared; /* connector as the job names it */
    struct span declared_span;
    const struct connector *connector;
    struct option *items;
    uint32_t count, cap;
    bool has_rest;
    const char *on_error; /* and whence */
    struct span on_error_span;
    struct str dead_letter;
    struct str late_table;
};

const struct option *resolve_declared(const struct catalog_table *table)
{
    const struct option *type = NULL;
    for (uint32_t i = 0; i < table->option_count; i++) {
        if (str_iis(table->options[i].key, "connector"))
            return &table->options[i];
        if (str_iis(table->options[i].key, "type"))
            type = &table->options[i];
    }
    return type;
}

/* ---- profile entries ------------------------------------------------------------------ */

static const struct profile_entry *find_entry(const struct profile_entry *items, uint32_t count,
                                              struct str name)
{
    for (uint32_t i = 0; i < count; i++)
        if (str_eq(items[i].name, name))
            return &items[i];
    for (uint32_t i = 0; i < count; i++)
        if (str_ieq(items[i].name, name))
            return &items[i];
    return NULL;
}

/* "tableName" and "table-name", "properties.group.id" and "group.id" say the same. */
static size_t put_canonical(struct str key, char *out, size_t room)
{
    struct str properties = STR("properties.");
    if (key.size > properties.size && str_ieq(str_make(key.data, properties.size), properties))
        key = str_make(key.data + properties.size, key.size - properties.size);
    size_t n = 0;
    for (size_t i = 0; i < key.size && n < room; i++) {
        char c = key.data[i];
        if (c == '-' || c == '_')
            continue;
        out[n++] = c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
    }
    return n;
}

static bool is_same_key(struct str a, struct str b)
{
    char left[256], right[256];
    if (a.size >= sizeof left || b.size >= sizeof right)
        return str_ieq(a, b);
    size_t left_size = put_canonical(a, left, sizeof left);
    size_t right_size = put_canonical(b, right, sizeof right);
    return left_size == right_size && memcmp(left, right, left_size) == 0;
}

static const struct option *given(const struct build *b, struct str key)
{
    for (uint32_t i = 0; i < b->count; i++)
        if (is_same_key(b->items[i].key, key))
            return &b->items[i];
    return NULL;
}

static enum code push(struct build *b, struct option option, struct error *err)
{
    return ARENA_PUSH(b->resolver->arena, b->items, b->count, b->cap, option) ? OK
                                                                              : error_nomem(err);
}

/* Adds what an entry has and nobody before it has said.  NULL is fine.  `of`: only options that this
 * table of them has; NULL: all. */
static enum code add_entry(struct build *b, const struct profile_entry *entry,
                           const struct option_spec *of, struct error *err)
{
    if (!entry)
        return OK;
    uint32_t before = b->count; /* an entry may give `a-b` and `a_b`; both are its own */
    for (uint32_t i = 0; i < entry->count; i++) {
        bool taken = of && !option_specs_have(of, entry->options[i].key);
        for (uint32_t k = 0; k < before && !taken; k++)
            taken = is_same_key(b->items[k].key, entry->options[i].key);
        if (taken)
            continue;
        struct option option = entry->options[i];
        option.key_span = (struct span){ 0, 0 };
        option.value_span = (struct span){ 0, 0 };
        TRY(push(b, option, err));
    }
    if (!b->on_error)
        b->on_error = entry->on_error;
    if (b->dead_letter.size == 0)
        b->dead_letter = entry->dead_letter;
    if (b->late_table.size == 0)
        b->late_table = entry->late_table;
    return OK;
}

static const struct option *name_given(const struct build *b)
{
    if (!b->connector->name_option)
        return NULL;
    const struct option *option = given(b, str_of(b->connector->name_option));
    for (const char *const *alias = b->connector->name_option_aliases; !option && alias && *alias;
         alias++)
        option = given(b, str_of(*alias));
    return option;
}

/* The entry for the connector under another of its names, if no nearer one is there. */
static const struct profile_entry *entry_by_alias(const struct profile *profile,
                                                  const struct connector *connector)
{
    for (uint32_t i = 0; i < profile->connector_count; i++)
        if (connector_find(profile->connectors[i].name) == connector)
            return &profile->connectors[i];
    return NULL;
}

static enum code add_profile(struct build *b, struct error *err)
{
    const struct profile *p = b->resolver->profile;
    if (!p)
        return OK;
    const struct profile_entry *by_name = find_entry(p->tables, p->table_count, b->table->name);
    TRY(add_entry(b, by_name, NULL, err));
    const struct option *topic = name_given(b);
    const struct profile_entry *by_topic =
        topic ? find_entry(p->tables, p->table_count, str_trim(topic->value)) : NULL;
    if (by_topic != by_name)
        TRY(add_entry(b, by_topic, NULL, err));
    const struct profile_entry *declared =
        find_entry(p->connectors, p->connector_count, b->declared);
    const struct profile_entry *own =
        find_entry(p->connectors, p->connector_count, str_of(b->connector->name));
    TRY(add_entry(b, declared, NULL, err));
    if (own != declared)
        TRY(add_entry(b, own, NULL, err));
    if (!declared && !own)
        TRY(add_entry(b, entry_by_alias(p, b->connector), NULL, err));
    if (b->connector->kin) {
        struct str kin = str_of(b->connector->kin);
        const struct profile_entry *entry = find_entry(p->connectors, p->connector_count, kin);
        TRY(add_entry(b, entry ? entry : entry_by_alias(p, connector_find(kin)),
                      b->connector->options, err));
    }
    if (!b->on_error)
        b->on_error = p->on_error;
    if (b->dead_letter.size == 0)
        b->dead_letter = p->dead_letter;
    if (b->late_table.size == 0)
        b->late_table = p->late_table;
    return OK;
}

void resolve_check_profile(const struct profile *profile,
                           void (*warn)(void *self, const struct error *warning), void *self)
{
    for (uint32_t i = 0; i < profile->connector_count; i++) {
        const struct profile_entry *entry = &profile->connectors[i];
        if (connector_find(entry->name))
            continue;
        struct error warning = { .code = OK };
        error_at(&warning, E_NAME, entry->span,
                 "there is no connector \"" STR_FMT "\" in this build", STR_ARG(entry->name));
        struct nearest nearest;
        nearest_begin(&nearest, entry->name);
        for (uint32_t k = 0; connector_at(k); k++)
            nearest_add(&nearest, str_of(connector_at(k)->name));
        struct str best = nearest_end(&nearest);
        if (best.data)
            error_hint(&warning, "Perhaps you meant \"" STR_FMT "\".", STR_ARG(best));
        warn(self, &warning);
    }
}

/* ---- WITH -------------------------------------------------------------------------------- */

static enum code missing_connector(const struct catalog_table *table, struct error *err)
{
    struct span span = table->with_span.size > 0 ? table->with_span : table->span;
    error_at(err, E_OPTION, span, "table \"" STR_FMT "\" does not say which connector it has",
             STR_ARG(table->name));
    error_hint(err, table->blink ? "Give the option type in WITH (...)."
                                 : "Give the option 'connector' in WITH (...).");
    return E_OPTION;
}

static enum code unknown_connector(struct build *b, struct error *err)
{
    error_set(err, E_OPTION, "there is no connector \"" STR_FMT "\"", STR_ARG(b->declared));
    struct nearest nearest;
    nearest_begin(&nearest, b->declared);
    char list[400];
    size_t used = 0;
    list[0] = '\0';
    for (uint32_t i = 0; connector_at(i); i++) {
        const struct connector *c = connector_at(i);
        nearest_add(&nearest, str_of(c->name));
        for (const char *const *alias = c->aliases; alias && *alias; alias++)
            nearest_add(&nearest, str_of(*alias));
        if (strncmp(c->name, "local-", 6) == 0)
            continue;
        int n = snprintf(list + used, sizeof list - used, "%s%s", used ? ", " : "", c->name);
        used = MIN(used + (size_t)MAX(n, 0), sizeof list - 1);
    }
    error_detail(err, "This build knows %s.", list);
    struct str best = nearest_end(&nearest);
    if (best.data)
        error_hint(err, "Perhaps you meant \"" STR_FMT "\".", STR_ARG(best));
    if (b->declared_span.size > 0)
        error_locate(err, b->declared_span);
    return E_OPTION;
}

static enum code take_on_error(struct build *b, const struct option *o, struct error *err)
{
    b->on_error = profile_on_error(o->value);
    b->on_error_span = o->value_span;
    if (b->on_error)
        return OK;
    error_set(err, E_OPTION,
              "option \"" STR_FMT "\" of table \"" STR_FMT "\" cannot be \"" STR_FMT "\"",
              STR_ARG(o->key), STR_ARG(b->table->name), STR_ARG(o->value));
    error_detail(err, "Possible values: skip, fail, route.");
    if (o->value_span.size > 0)
        error_locate(err, o->value_span);
    return E_OPTION;
}

static enum code take_with(struct build *b, struct error *err)
{
    b->has_rest = b->table->has_rest;
    for (uint32_t i = 0; i < b->table->option_count; i++) {
        const struct option *o = &b->table->options[i];
        if (str_is(o->value, "..."))
            b->has_rest = true;
        else if (str_iis(o->key, "on-error"))
            TRY(take_on_error(b, o, err));
        else if (str_iis(o->key, "dead-letter-table") || str_iis(o->key, "dead-letter"))
            b->dead_letter = str_trim(o->value);
        else if (str_iis(o->key, "late-table"))
            b->late_table = str_trim(o->value);
        else
            TRY(push(b, *o, err));
    }
    return OK;
}

/* ---- checks -------------------------------------------------------------------------------- */

static const struct option *find_plain(const struct build *b, const char *key)
{
    for (uint32_t i = 0; i < b->count; i++)
        if (str_iis(b->items[i].key, key))
            return &b->items[i];
    return NULL;
}

static enum code unknown_format(const struct option *o, const char *key, struct error *err)
{
    error_set(err, E_OPTION, "there is no format \"" STR_FMT "\" for \"%s\"", STR_ARG(o->value),
              key);
    struct nearest nearest;
    nearest_begin(&nearest, o->value);
    char list[256];
    size_t used = 0;
    list[0] = '\0';
    for (uint32_t i = 0; format_at(i); i++) {
        nearest_add(&nearest, str_of(format_at(i)->name));
        int n =
            snprintf(list + used, sizeof list - used, "%s%s", used ? ", " : "", format_at(i)->name);
        used = MIN(used + (size_t)MAX(n, 0), sizeof list - 1);
    }
    error_detail(err, "This build knows %s.", list);
    struct str best = nearest_end(&nearest);
    if (best.data)
        error_hint(err, "Perhaps you meant \"" STR_FMT "\".", STR_ARG(best));
    if (o->value_span.size > 0)
        error_locate(err, o->value_span);
    return E_OPTION;
}

/* The tables of the formats that the options name. */
static enum code take_formats(struct build *b, const struct option_spec **specs, uint32_t *count,
                              bool *ret_given, struct error *err)
{
    static const char *const keys[] = { "format", "value.format", "key.format" };
    const struct connector *c = b->connector;
    *ret_given = false;
    for (size_t i = 0; i < countof(keys); i++) {
        const struct option *o = find_plain(b, keys[i]);
        bool is_key = i == 2;
        if (!o || (is_key ? !c->has_key_format : !c->has_formats))
            continue;
        const struct format *format = format_find(o->value);
        if (!format)
            return unknown_format(o, keys[i], err);
        *ret_given = *ret_given || !is_key;
        bool seen = false;
        for (uint32_t k = 0; k < *count; k++)
            seen = seen || specs[k] == format->options;
        if (!seen && format->options)
            specs[(*count)++] = format->options;
    }
    return OK;
}

static bool needs_format(const struct build *b)
{
    if (!b->connector->has_formats ||
        (b->table->blink && b->connector->family == FAMILY_TOPIC)) /* columns by position */
        return false;
    for (uint32_t i = 0; i < b->table->column_count; i++)
        if (b->table->columns[i].form == COLUMN_STORED)
            return true;
    return false;
}

static enum code missing_format(struct build *b, struct error *err)
{
    struct span span = b->table->with_span.size > 0 ? b->table->with_span : b->table->span;
    error_at(err, E_OPTION, span, "table \"" STR_FMT "\" needs the option \"format\"",
             STR_ARG(b->table->name));
    error_detail(err, "Connector \"%s\" leaves the form of the rows to a format.",
                 b->connector->name);
    error_hint(err, "'format' = 'json' reads and writes a JSON object a row.");
    return E_OPTION;
}

/* The table of specs with fewer required ones: all (nothing is opened), or all but the topic or
 * table (the local profile needs no server). */
static const struct option_spec *relax(struct build *b, const struct option_spec *specs,
                                       bool keep_name)
{
    uint32_t n = 0;
    while (specs[n].name)
        n++;
    struct option_spec *copy = arena_array(b->resolver->arena, struct option_spec, n + 1);
    if (!copy)
        return NULL;
    memcpy(copy, specs, (n + 1) * sizeof *copy);
    for (uint32_t i = 0; i < n; i++)
        copy[i].required = copy[i].required && keep_name && b->connector->name_option &&
                           strcmp(copy[i].name, b->connector->name_option) == 0 && !name_given(b);
    return copy;
}

static void cover(char *text, struct str secret)
{
    for (char *at;
         secret.size > 0 && (at = memmem(text, strlen(text), secret.data, secret.size));) {
        memset(at, '*', MIN(secret.size, (size_t)4));
        if (secret.size > 4)
            memmove(at + 4, at + secret.size, strlen(at + secret.size) + 1);
        else
            return; /* shorter ones would be found again among the stars */
    }
}

/* Secrets, and whatever a profile may have from a file or the environment, are not said. */
static void cover_secrets(const struct options *options, struct error *err)
{
    for (uint32_t i = 0; err && i < options->count; i++) {
        const struct option *o = &options->items[i];
        if (o->value.size < 3 || !options_is_secret(options, o->key))
            continue;
        cover(err->message, o->value);
        cover(err->detail, o->value);
        cover(err->hint, o->value);
    }
}

static void warn_unknown(struct build *b, struct str key)
{
    struct error warning = { .code = OK };
    error_set(&warning, E_OPTION, "connector \"%s\" has no option \"" STR_FMT "\"; it is ignored",
              b->connector->name, STR_ARG(key));
    const struct option *o = given(b, key);
    if (o && o->key_span.size > 0)
        error_locate(&warning, o->key_span);
    b->resolver->warn(b->resolver->self, &warning);
}

static bool is_local(const struct build *b)
{
    return b->resolver->profile && b->resolver->profile->local &&
           b->connector->family != FAMILY_EMBEDDED;
}

/* The topic or the table of the database: connectors would miss it when they open. */
static enum code check_name(struct build *b, struct error *err)
{
    const struct connector *c = b->connector;
    if (c->family == FAMILY_EMBEDDED || !c->name_option || name_given(b) ||
        given(b, STR("topic-pattern")))
        return OK;
    struct span span = b->table->with_span.size > 0 ? b->table->with_span : b->table->span;
    error_at(err, E_OPTION, span, "table \"" STR_FMT "\" needs the option \"%s\"",
             STR_ARG(b->table->name), c->name_option);
    if (b->has_rest)
        error_hint(err, "%s", resolve_rest_hint);
    return E_OPTION;
}

/* Each option of WITH.  With a listener all errors are told, and the last is the answer. */
static enum code check_given(struct build *b, const struct options *options, struct str what,
                             struct str *ret_unknown, struct error *err)
{
    enum code failed = OK;
    for (uint32_t i = 0; i < options->count; i++) {
        enum code code = options_check_one(options, &options->items[i], what, b->table->blink,
                                           ret_unknown, err);
        if (code == OK)
            continue;
        cover_secrets(options, err);
        if (!b->resolver->found || !err || !err->has_span)
            return code;
        error_while(err, "reading the options of table \"" STR_FMT "\"", STR_ARG(b->table->name));
        b->resolver->found(b->resolver->self, err);
        err->is_told = true;
        failed = code;
    }
    return failed;
}

static enum code check_options(struct build *b, struct error *err)
{
    const struct option_spec *specs[SPEC_TABLES_MAX + 1] = { NULL };
    uint32_t n = 0;
    const struct connector *c = b->connector;
    const struct option_spec *own = c->options;
    bool lenient_rest = b->has_rest && !b->resolver->is_run;
    if (own && (is_local(b) || lenient_rest) && !(own = relax(b, own, is_local(b))))
        return error_nomem(err);
    if (own)
        specs[n++] = own;
    specs[n++] = resolve_common_specs;
    if (c->has_formats)
        specs[n++] = resolve_format_specs;
    if (c->has_key_format)
        specs[n++] = resolve_key_format_specs;
    bool has_format;
    TRY(take_formats(b, specs, &n, &has_format, err));
    if (!has_format && needs_format(b) && c->default_format) {
        const struct format *format = format_find(str_of(c->default_format));
        if (format && format->options)
            specs[n++] = format->options;
        has_format = true;
        TRY(push(b,
                 (struct option){ .key = STR("format"),
                                  .value = str_of(c->default_format),
                                  .from_profile = true },
                 err));
    }

    char what[96];
    snprintf(what, sizeof what, "connector \"%s\"", c->name);
    struct options options = { .items = b->items, .count = b->count, .specs = specs };
    struct str unknown = { NULL, 0 };
    TRY(check_given(b, &options, str_of(what), &unknown, err));
    enum code code = options_check_required(&options, str_of(what), err);
    if (code != OK) {
        cover_secrets(&options, err);
        struct span span = b->table->with_span.size > 0 ? b->table->with_span : b->table->span;
        if (err && !err->has_span && err->trail[0] == '\0') {
            error_locate(err, span); /* something that is missing */
            if (b->has_rest)
                error_hint(err, "%s", resolve_rest_hint);
        }
        return code;
    }
    if (unknown.data)
        warn_unknown(b, unknown);
    if (!lenient_rest)
        TRY(check_name(b, err));
    return has_format || !needs_format(b) ? OK : missing_format(b, err);
}

static enum code check_on_error(struct build *b, struct error *err)
{
    if (!b->on_error || strcmp(b->on_error, "route") != 0 || b->dead_letter.size > 0)
        return OK;
    struct span span = b->on_error_span.size > 0 ? b->on_error_span : b->table->span;
    error_at(err, E_OPTION, span,
             "bad rows of table \"" STR_FMT "\" are routed, and nothing says where to",
             STR_ARG(b->table->name));
    error_hint(err, "Name a table: 'dead-letter-table' = '...' in WITH, or dead-letter in the "
                    "profile.");
    return E_OPTION;
}

/* ---- the local profile ---------------------------------------------------------------------- */

static enum code make_local(struct build *b, struct error *err)
{
    const char *name = b->connector->family == FAMILY_TOPIC ? "local-topic" : "local-table";
    const struct connector *local = connector_find(str_of(name));
    if (!local)
        return error_at(err, E_UNSUPPORTED, b->table->span,
                        "this build has no \"%s\", which the local profile needs for table "
                        "\"" STR_FMT "\"",
                        name, STR_ARG(b->table->name));
    TRY(push(b,
             (struct option){
                 .key = STR("weir.local.connector"), .value = b->declared, .from_profile = true },
             err));
    b->connector = local;
    return OK;
}

static enum code find_connector(struct build *b, struct error *err)
{
    const struct option *declared = resolve_declared(b->table);
    const struct profile *p = b->resolver->profile;
    if (declared) {
        b->declared = str_trim(declared->value);
        b->declared_span = declared->value_span;
    } else if (p) {
        const struct profile_entry *entry = find_entry(p->tables, p->table_count, b->table->name);
        for (uint32_t i = 0; entry && i < entry->count; i++)
            if (str_iis(entry->options[i].key, "connector") ||
                str_iis(entry->options[i].key, "type"))
                b->declared = str_trim(entry->options[i].value);
    }
    if (!b->declared.data || b->declared.size == 0)
        return missing_connector(b->table, err);
    b->connector = connector_find(b->declared);
    if (!b->connector)
        return unknown_connector(b, err);
    return OK;
}

enum code resolve_table(struct resolver *resolver, const struct catalog_table *table,
                        struct resolved_table *ret, struct error *err)
{
    struct build b = { .resolver = resolver, .table = table };
    TRY(find_connector(&b, err));
    TRY(take_with(&b, err));
    TRY(add_profile(&b, err));
    if (!find_plain(&b, "connector"))
        TRY(push(&b,
                 (struct option){ .key = STR("connector"),
                                  .value = str_of(b.connector->name),
                                  .from_profile = true },
                 err));
    TRY(check_options(&b, err));
    TRY(check_on_error(&b, err));
    if (is_local(&b))
        TRY(make_local(&b, err));
    *ret = (struct resolved_table){ .connector = b.connector,
                                    .options = b.items,
                                    .option_count = b.count,
                                    .data_dir = resolver->data_dir,
                                    .on_error = b.on_error,
                                    .dead_letter = b.dead_letter,
                                    .late_table = b.late_table };
    if (ret->data_dir.size == 0)
        ret->data_dir = STR(".");
    return OK;
}
