/* complete_option.c -- options in WITH (...) and settings behind SET: keys, then their values. */
#include "session/complete_inner.h"

/* A list of options, as far as it is there. */
struct list {
    uint32_t begin;       /* behind its bracket */
    struct str key;       /* of the value that is typed; .data NULL: a key is typed */
    struct str connector; /* .data NULL: not known yet */
    struct str format, key_format;
    bool is_bare; /* keys are written without quotes */
    bool has_pairs;
};

/* The text from token i to j, without the quotes of a single string. */
static struct str words(struct completer *c, uint32_t i, uint32_t j)
{
    if (i >= j)
        return STR("");
    const struct complete_token *first = &c->tokens.items[i], *last = &c->tokens.items[j - 1];
    if (i + 1 == j)
        return complete_unquote(c, first);
    return str_make(first->text.data, last->at + last->text.size - first->at);
}

static bool is_key(struct str key, const char *name)
{
    return str_iis(key, name);
}

static void note_pair(struct completer *c, struct list *list, uint32_t key, uint32_t equals,
                      uint32_t end)
{
    struct str name = words(c, key, equals), value = words(c, equals + 1, end);
    list->has_pairs = true;
    list->is_bare = c->tokens.items[key].kind != SCAN_STRING;
    if (is_key(name, "connector") || (is_key(name, "type") && !list->connector.data))
        list->connector = value;
    else if (is_key(name, "format") || is_key(name, "value.format"))
        list->format = value;
    else if (is_key(name, "key.format"))
        list->key_format = value;
}

/* Reads the pairs of the list; the one that is typed is left out. */
static void read_pairs(struct completer *c, struct list *list)
{
    const struct complete_tokens *t = &c->tokens;
    uint32_t key = list->begin, equals = UINT32_MAX, end = complete_skip(t, list->begin - 1);
    for (uint32_t i = list->begin; i <= end && i <= t->count; i++) {
        bool ends = i == t->count || complete_is(t, i, ",") || t->items[i].kind == SCAN_CLOSE;
        if (complete_is(t, i, "=") && equals == UINT32_MAX)
            equals = i;
        if (!ends)
            continue;
        if (equals != UINT32_MAX && equals > key && equals + 1 < i &&
            !(c->here >= key && c->here < i))
            note_pair(c, list, key, equals, i);
        key = i + 1;
        equals = UINT32_MAX;
    }
}

/* Is a key typed, or the value of which? */
static void find_place(struct completer *c, struct list *list)
{
    const struct complete_tokens *t = &c->tokens;
    uint32_t key = list->begin;
    for (uint32_t i = list->begin; i < c->here; i++) {
        if (complete_is(t, i, ","))
            key = i + 1;
        if (complete_is(t, i, "=") && i > key) {
            list->key = words(c, key, i);
            key = UINT32_MAX;
        }
        if (complete_is(t, i, ","))
            list->key = (struct str){ NULL, 0 };
    }
    if (list->key.data || key == UINT32_MAX || key >= c->here || c->in_string)
        return;
    /* A key without quotes that has dots and dashes in it is several tokens. */
    size_t from = t->items[key].at;
    c->out->from = from;
    c->word = str_make(c->text.data + from, c->cursor - from);
}

/* ---- keys ------------------------------------------------------------------------------------ */

static bool is_given(struct completer *c, const struct list *list, const char *name)
{
    const struct complete_tokens *t = &c->tokens;
    uint32_t end = complete_skip(t, list->begin - 1);
    for (uint32_t i = list->begin; i < end; i++)
        if (i != c->here && complete_is(t, i + 1, "=") &&
            str_iis(complete_unquote(c, &t->items[i]), name))
            return true;
    return false;
}

static bool is_equals_behind(const struct completer *c)
{
    return complete_is(&c->tokens, c->here + 1, "=");
}

static void offer_key(struct completer *c, const struct list *list, enum complete_kind kind,
                      struct str name, const char *help)
{
    bool is_prefix = name.size > 0 && name.data[name.size - 1] == '*';
    if (is_prefix)
        name.size--;
    const char *equals = is_equals_behind(c) ? "" : " = '";
    bool bare = !c->in_string && (c->word.size > 0 || (list && list->is_bare));
    if (!bare) {
        struct buf behind;
        buf_init(&behind, 64);
        buf_printf(&behind, "%s%s", is_prefix ? "" : "'", is_prefix ? "" : equals);
        complete_offer_string(c, kind, name, buf_cstr(&behind), str_of(help ? help : ""));
        buf_done(&behind);
        return;
    }
    const char *text = arena_printf(c->arena, STR_FMT "%s", STR_ARG(name), is_prefix ? "" : equals);
    complete_offer(c, kind, name, str_of(text), str_of(help ? help : ""));
}

static void offer_specs(struct completer *c, const struct list *list,
                        const struct option_spec *specs, const char *prefix)
{
    for (; specs && specs->name; specs++) {
        if (strncmp(specs->name, "weir.test.", 10) == 0 || is_given(c, list, specs->name))
            continue;
        struct str name = str_of(specs->name);
        if (*prefix) {
            char *whole = arena_printf(c->arena, "%s%s", prefix, specs->name);
            if (!whole) {
                c->failed = true;
                return;
            }
            name = str_of(whole);
        }
        offer_key(c, list, COMPLETE_OPTION, name, specs->help);
    }
}

static bool begins(struct str text, const char *prefix)
{
    struct str p = str_of(prefix);
    return text.size >= p.size && str_ieq(str_make(text.data, p.size), p);
}

static void offer_keys(struct completer *c, const struct list *list)
{
    const struct connector *connector =
        list->connector.data ? connector_find(list->connector) : NULL;
    if (!connector) {
        if (list->connector.data)
            return;
        offer_key(c, list, COMPLETE_OPTION, STR("connector"), resolve_common_specs[0].help);
        if (!c->in_string && (!list->has_pairs || list->is_bare)) /* Blink's keys have no quotes */
            complete_offer(c, COMPLETE_OPTION, STR("type"),
                           is_equals_behind(c) ? STR("type") : STR("type = '"),
                           str_of(resolve_common_specs[1].help));
        return;
    }
    const struct format *format = list->format.data ? format_find(list->format) : NULL;
    if (!list->format.data && connector->has_formats && connector->default_format)
        format = format_find(str_of(connector->default_format));
    const struct format *key_format = list->key_format.data ? format_find(list->key_format) : NULL;
    offer_specs(c, list, connector->options, "");
    if (connector->has_formats) {
        offer_specs(c, list, resolve_format_specs, "");
        if (format)
            offer_specs(c, list, format->options, "");
        if (format && begins(c->word, "value."))
            offer_specs(c, list, format->options, "value.");
    }
    if (connector->has_key_format) {
        offer_specs(c, list, resolve_key_format_specs, "");
        if (key_format)
            offer_specs(c, list, key_format->options, "key.");
    }
    offer_specs(c, list, resolve_common_specs + 2, "");
}

/* ---- values ---------------------------------------------------------------------------------- */

static void offer_value(struct completer *c, enum complete_kind kind, struct str value,
                        const char *help)
{
    complete_offer_string(c, kind, value, "'", str_of(help ? help : ""));
}

static void offer_connectors(struct completer *c, bool with_aliases)
{
    for (uint32_t i = 0; connector_at(i); i++) {
        const struct connector *connector = connector_at(i);
        if (strncmp(connector->name, "local-", 6) == 0)
            continue;
        offer_value(c, COMPLETE_CONNECTOR, str_of(connector->name), connector->summary);
        for (const char *const *alias = connector->aliases; with_aliases && alias && *alias;
             alias++)
            offer_value(c, COMPLETE_CONNECTOR, str_of(*alias), connector->summary);
    }
}

static void offer_formats(struct completer *c)
{
    for (uint32_t i = 0; format_at(i); i++)
        offer_value(c, COMPLETE_FORMAT, str_of(format_at(i)->name), format_at(i)->summary);
}

static void offer_values_of(struct completer *c, const struct option_spec *spec)
{
    if (spec->type == OPTION_BOOL) {
        offer_value(c, COMPLETE_VALUE, STR("true"), spec->help);
        offer_value(c, COMPLETE_VALUE, STR("false"), spec->help);
    } else if (spec->choices) {
        struct str rest = str_of(spec->choices);
        while (rest.size > 0) {
            size_t n = MIN(str_find_byte(rest, '|'), rest.size);
            offer_value(c, COMPLETE_VALUE, str_make(rest.data, n), spec->help);
            n = MIN(n + 1, rest.size);
            rest = str_make(rest.data + n, rest.size - n);
        }
    } else if (spec->fallback && *spec->fallback && spec->type != OPTION_SECRET) {
        offer_value(c, COMPLETE_VALUE, str_of(spec->fallback), spec->help);
    }
}

static const struct option_spec *find_spec(const struct option_spec *specs, struct str key)
{
    for (; specs && specs->name; specs++)
        if (str_iis(key, specs->name))
            return specs;
    return NULL;
}

static struct str without_prefix(struct str key, const char *prefix)
{
    size_t n = strlen(prefix);
    return begins(key, prefix) ? str_make(key.data + n, key.size - n) : key;
}

static void offer_values(struct completer *c, const struct list *list)
{
    struct str key = list->key;
    if (is_key(key, "connector") || is_key(key, "type")) {
        offer_connectors(c, is_key(key, "type"));
        return;
    }
    if (is_key(key, "format") || is_key(key, "value.format") || is_key(key, "key.format")) {
        offer_formats(c);
        return;
    }
    const struct connector *connector =
        list->connector.data ? connector_find(list->connector) : NULL;
    const struct format *format = list->format.data ? format_find(list->format) : NULL;
    const struct format *key_format = list->key_format.data ? format_find(list->key_format) : NULL;
    const struct option_spec *tables[] = {
        connector ? connector->options : NULL,
        resolve_key_format_specs,
        resolve_common_specs,
    };
    const struct option_spec *spec = NULL;
    for (size_t i = 0; i < countof(tables) && !spec; i++)
        spec = find_spec(tables[i], key);
    if (!spec && format)
        spec = find_spec(format->options, without_prefix(key, "value."));
    if (!spec && key_format)
        spec = find_spec(key_format->options, without_prefix(key, "key."));
    if (is_key(key, "path")) {
        if (c->in_string)
            complete_offer_files(c);
    } else if (is_key(key, "dead-letter-table") || is_key(key, "late-table")) {
        const struct catalog *catalog = c->session->catalog;
        for (uint32_t i = 0; catalog_table_at(catalog, i); i++)
            offer_value(c, COMPLETE_TABLE, catalog_table_at(catalog, i)->name, NULL);
    } else if (spec) {
        offer_values_of(c, spec);
    }
}

/* ---- settings -------------------------------------------------------------------------------- */

static void offer_settings(struct completer *c)
{
    for (const struct option_spec *o = setting_specs; o->name; o++) {
        struct str name = str_of(o->name);
        bool is_set = complete_is(&c->tokens, 0, "SET");
        bool is_prefix = name.data[name.size - 1] == '*';
        name.size -= is_prefix;
        const char *behind = is_prefix ? "" : !is_set || is_equals_behind(c) ? "'" : "' = '";
        complete_offer_string(c, COMPLETE_SETTING, name, behind, str_of(o->help ? o->help : ""));
    }
}

static void complete_set(struct completer *c)
{
    const struct complete_tokens *t = &c->tokens;
    uint32_t equals = 1;
    while (equals < c->here && !complete_is(t, equals, "="))
        equals++;
    if (equals < c->here) {
        struct str key = setting_main_name(words(c, 1, equals));
        const struct option_spec *spec = find_spec(setting_specs, key);
        if (spec && c->here == equals + 1)
            offer_values_of(c, spec);
        return;
    }
    if (c->here > 1 && !c->in_string) { /* a key without quotes is several tokens */
        c->out->from = t->items[1].at;
        c->word = str_make(c->text.data + c->out->from, c->cursor - c->out->from);
    }
    offer_settings(c);
}

/* What the options of a table that is there already say: for OPTIONS hints. */
static void note_table(const struct catalog_table *table, struct list *list)
{
    const struct option *connector = resolve_declared(table);
    if (connector)
        list->connector = connector->value;
    list->has_pairs = true;
    for (uint32_t i = 0; i < table->option_count; i++) {
        const struct option *o = &table->options[i];
        if (is_key(o->key, "format") || is_key(o->key, "value.format"))
            list->format = o->value;
        else if (is_key(o->key, "key.format"))
            list->key_format = o->value;
    }
}

/* The table in front of the hint whose OPTIONS begin at `open`; NULL: it is none. */
static const struct catalog_table *hinted_table(struct completer *c, uint32_t open)
{
    const struct complete_tokens *t = &c->tokens;
    if (!complete_is(t, open - 1, "OPTIONS"))
        return NULL;
    for (uint32_t i = open - 1; i > 1; i--)
        if (complete_is(t, i - 1, "/*+"))
            return catalog_find_table(c->session->catalog, complete_unquote(c, &t->items[i - 2]));
    return NULL;
}

bool complete_options(struct completer *c)
{
    const struct complete_tokens *t = &c->tokens;
    if (c->here > 0 && (complete_is(t, 0, "SET") || complete_is(t, 0, "RESET"))) {
        complete_set(c);
        return true;
    }
    uint32_t open = complete_find_open(t, 0, c->here);
    if (open == UINT32_MAX || open == 0)
        return false;
    struct list list = { .begin = open + 1 };
    const struct catalog_table *hinted = hinted_table(c, open);
    if (hinted)
        note_table(hinted, &list);
    else if (!complete_is(t, open - 1, "WITH") || !complete_is(t, 0, "CREATE"))
        return false;
    read_pairs(c, &list);
    find_place(c, &list);
    if (list.key.data)
        offer_values(c, &list);
    else
        offer_keys(c, &list);
    return true;
}
