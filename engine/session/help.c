/* help.c -- `weir help`: everything it knows comes from the tables that also check and
 * run: settings, connectors, formats, functions. */
#include "session/session_core.h"

#include "agg/agg_over.h"
#include "base/nearest.h"
#include "base/utf8.h"
#include "expr/function.h"
#include "expr/table_function.h"

enum { NAME_COLUMNS = 34, TEXT_COLUMNS = 96 };

static const char commands[] =
    "weir run FILE.sql         run all INSERTs and SELECTs of a file as one job\n"
    "weir check FILE.sql       read, resolve and plan it; --syntax: only read it\n"
    "weir explain FILE.sql     show the plan; --format text|json|dot|mermaid\n"
    "weir                      a prompt; also reads statements from standard input\n"
    "weir -c 'SQL; SQL;'       statements one after the other\n"
    "weir -f FILE.sql          the same from a file\n"
    "weir help [TOPIC]         this; commands, functions, connectors, formats, settings,\n"
    "                          output, or the name of one of them\n"
    "weir --version\n"
    "\n"
    "FILE may be - for standard input. Options stand before or behind the file:\n"
    "  --profile NAME|FILE.yaml  what the job does not say itself: connections, defaults;\n"
    "                            local: files and SQLite instead of every server\n"
    "  --data DIR                folder of the local profile\n"
    "  --until-end               read sources to their present end, then stop\n"
    "  --parallelism N           workers, that is threads; else as many as the largest source\n"
    "                            has files or partitions, at most one a core\n"
    "  --set KEY=VALUE           a setting, before and above SET and the profile\n"
    "  --output MODE             how a SELECT is printed; see weir help output\n"
    "  --dialect blink|flink     instead of what the file looks like\n"
    "\n"
    "Status: 0 all well, 1 wrong use of the command line, 2 the job is refused, 3 it failed\n"
    "while running, 130 ended at once by a second interrupt.\n";

static const char output_modes[] =
    "--output MODE, or SET 'weir.output': how the result of a SELECT is printed.\n"
    "\n"
    "  table           a box with the end result; the default on a terminal\n"
    "  tableau         a box that grows: every change as it comes, op first; the default\n"
    "                  otherwise\n"
    "  csv             a header and a line a row, quoted as RFC 4180 says; NULL is empty,\n"
    "                  the empty string is \"\"\n"
    "  json            an array of objects with the end result\n"
    "  jsonl           an object a line\n"
    "  changelog-json  {\"op\": \"+I\", \"data\": {...}} a change; op is +I, -U, +U or -D; with\n"
    "                  \"statement\": n where the job has several SELECTs\n"
    "\n"
    "csv and jsonl print rows as they come where rows are only added, and the end result of\n"
    "a query that updates or deletes rows.\n";

/* ---- layout ---------------------------------------------------------------------------------- */

static void put_blanks(struct buf *out, size_t n)
{
    for (size_t i = 0; i < n; i++)
        buf_char(out, ' ');
}

/* Words from `column` on, further lines indented to `indent`. */
static void put_wrapped(struct buf *out, size_t column, size_t indent, struct str text)
{
    bool first = true;
    while (text.size > 0) {
        size_t end = str_find_byte(text, ' ');
        struct str word = str_make(text.data, MIN(end, text.size));
        size_t width = utf8_width(word);
        if (!first && column + 1 + width > TEXT_COLUMNS) {
            buf_char(out, '\n');
            put_blanks(out, indent);
            column = indent;
        } else if (!first) {
            buf_char(out, ' ');
            column++;
        }
        buf_str(out, word);
        column += width;
        first = false;
        size_t taken = MIN(word.size + 1, text.size);
        text = str_make(text.data + taken, text.size - taken);
    }
    buf_char(out, '\n');
}

static void put_entry(struct buf *out, struct str name, struct str text)
{
    buf_text(out, "  ");
    buf_str(out, name);
    size_t column = 2 + utf8_width(name);
    if (column + 2 > NAME_COLUMNS) {
        buf_char(out, '\n');
        column = 0;
    }
    put_blanks(out, NAME_COLUMNS - column);
    put_wrapped(out, NAME_COLUMNS, NAME_COLUMNS, text);
}

/* The same with a text of several parts, which is given back. */
static void put_entry_done(struct buf *out, struct str name, struct buf *text)
{
    out->failed = out->failed || text->failed;
    put_entry(out, name, str_trim(buf_view(text)));
    buf_done(text);
}

static const char *type_name(enum option_type type)
{
    switch (type) {
    case OPTION_INT:
        return "number";
    case OPTION_BOOL:
        return "true|false";
    case OPTION_DURATION:
        return "duration";
    case OPTION_BYTES:
        return "size";
    case OPTION_SECRET:
        return "secret";
    case OPTION_TEXT:
    case OPTION_ENUM:
        break;
    }
    return "";
}

static void put_option(struct buf *out, const struct option_spec *spec)
{
    struct buf text;
    buf_init(&text, 1 << 16);
    if (spec->required)
        buf_text(&text, "Required. ");
    buf_text(&text, spec->help ? spec->help : "");
    if (spec->type == OPTION_ENUM && spec->choices)
        buf_printf(&text, " One of %s.", spec->choices);
    else if (*type_name(spec->type))
        buf_printf(&text, " (%s)", type_name(spec->type));
    if (spec->fallback && *spec->fallback)
        buf_printf(&text, " Default: %s.", spec->fallback);
    put_entry_done(out, str_of(spec->name), &text);
}

static bool has_option(const struct option_spec *specs, const char *name)
{
    for (; specs && specs->name; specs++)
        if (strcmp(specs->name, name) == 0)
            return true;
    return false;
}

/* `known`: a table that was listed before. */
static void put_options(struct buf *out, const struct option_spec *specs,
                        const struct option_spec *known)
{
    for (; specs && specs->name; specs++)
        if (!has_option(known, specs->name) && strncmp(specs->name, "weir.test.", 10) != 0)
            put_option(out, specs);
}

/* ---- topics ---------------------------------------------------------------------------------- */

static bool is_hidden(const struct connector *c)
{
    return strncmp(c->name, "local-", 6) == 0;
}

static void put_connectors(struct buf *out)
{
    buf_text(out, "Connectors; weir help NAME lists the options of one.\n\n");
    for (uint32_t i = 0; connector_at(i); i++) {
        const struct connector *c = connector_at(i);
        if (is_hidden(c))
            continue;
        struct buf text;
        buf_init(&text, 1 << 16);
        buf_text(&text, c->summary ? c->summary : "");
        const char *const roles[] = { c->source ? "source" : NULL, c->sink ? "sink" : NULL,
                                      c->lookup ? "lookup" : NULL };
        const char *between = " (";
        for (size_t k = 0; k < countof(roles); k++) {
            if (!roles[k])
                continue;
            buf_printf(&text, "%s%s", between, roles[k]);
            between = ", ";
        }
        if (between[0] == ',')
            buf_char(&text, ')');
        else
            buf_text(&text, " (only with the local profile)");
        put_entry_done(out, str_of(c->name), &text);
    }
}

static void put_connector(struct buf *out, const struct connector *c)
{
    buf_printf(out, "%s: %s\n", c->name, c->summary ? c->summary : "a connector");
    if (c->aliases && *c->aliases) {
        buf_text(out, "Also called");
        for (const char *const *alias = c->aliases; *alias; alias++)
            buf_printf(out, "%s %s", alias == c->aliases ? "" : ",", *alias);
        buf_char(out, '\n');
    }
    const char *roles = c->source && c->sink ? "read and written"
                        : c->source          ? "read"
                        : c->sink            ? "written"
                                             : NULL;
    if (roles)
        buf_printf(out, "Tables can be %s%s.\n", roles, c->lookup ? ", and looked up in" : "");
    if (c->missing)
        buf_printf(out, "Not in this build: %s.\n", c->missing);
    buf_text(out, "\nOptions:\n");
    put_options(out, c->options, NULL);
    if (c->has_formats)
        put_options(out, resolve_format_specs, c->options);
    if (c->has_key_format)
        put_options(out, resolve_key_format_specs, c->options);
    put_options(out, resolve_common_specs + 2, c->options);
    if (!c->metas)
        return;
    buf_text(out, "\nMetadata columns:\n");
    for (const struct meta_spec *meta = c->metas; meta->name; meta++) {
        struct buf text;
        buf_init(&text, 1 << 12);
        type_print(&text, meta->type);
        if (!meta->writable)
            buf_text(&text, ", read only");
        put_entry_done(out, str_of(meta->name), &text);
    }
}

static void put_formats(struct buf *out)
{
    buf_text(out, "Formats; weir help NAME lists the options of one.\n\n");
    for (uint32_t i = 0; format_at(i); i++)
        put_entry(out, str_of(format_at(i)->name),
                  str_of(format_at(i)->summary ? format_at(i)->summary : ""));
}

static void put_format(struct buf *out, const struct format *f)
{
    buf_printf(out, "%s: %s\n", f->name, f->summary ? f->summary : "a format");
    if (f->carries != CARRIES_INSERT)
        buf_text(out, "It says what becomes of a row: +I, -U, +U and -D.\n");
    if (!f->options || !f->options->name) {
        buf_text(out, "\nIt has no options.\n");
        return;
    }
    buf_text(out, "\nOptions, also with value. or key. in front:\n");
    put_options(out, f->options, NULL);
    if (!f->metas)
        return;
    buf_text(out, "\nMetadata columns, with value. in front:\n");
    for (const struct format_meta *meta = f->metas; meta->name; meta++) {
        struct buf text;
        buf_init(&text, 1 << 12);
        type_print(&text, meta->type);
        buf_text(&text, ", read only");
        put_entry_done(out, str_of(meta->name), &text);
    }
}

static void put_settings(struct buf *out)
{
    buf_text(out, "Settings: SET 'key' = 'value', --set key=value, or the profile.\n\n");
    put_options(out, setting_specs, NULL);
    buf_text(out, "\nOther names:\n");
    const char *alias, *name;
    for (uint32_t i = 0; setting_alias_at(i, &alias, &name); i++)
        put_entry(out, str_of(alias), str_of(name));
    buf_text(out, "\nAccepted, without effect:\n");
    put_options(out, setting_ignored, NULL);
}

/* ---- functions ------------------------------------------------------------------------------- */

static bool is_first_of_name(uint32_t at)
{
    for (uint32_t i = 0; i < at; i++)
        if (strcmp(function_at(i)->name, function_at(at)->name) == 0 &&
            strcmp(function_at(i)->category, function_at(at)->category) == 0)
            return false;
    return true;
}

static void put_category(struct buf *out, const char *category)
{
    struct buf names;
    buf_init(&names, 1 << 18);
    for (uint32_t i = 0; function_at(i); i++)
        if (strcmp(function_at(i)->category, category) == 0 && is_first_of_name(i))
            buf_printf(&names, "%s%s", names.size > 0 ? ", " : "", function_at(i)->name);
    buf_printf(out, "%s\n  ", category);
    put_wrapped(out, 2, 2, buf_view(&names));
    buf_char(out, '\n');
    out->failed = out->failed || names.failed;
    buf_done(&names);
}

/* A line of names; `name_of` gives the i-th, NULL past the end, names that occur twice one after the
 * other. */
static void put_names(struct buf *out, const char *category, const char *(*name_of)(uint32_t i))
{
    struct buf names;
    buf_init(&names, 1 << 16);
    for (uint32_t i = 0; name_of(i); i++)
        if (i == 0 || strcmp(name_of(i - 1), name_of(i)) != 0)
            buf_printf(&names, "%s%s", names.size > 0 ? ", " : "", name_of(i));
    buf_printf(out, "%s\n  ", category);
    put_wrapped(out, 2, 2, buf_view(&names));
    buf_char(out, '\n');
    out->failed = out->failed || names.failed;
    buf_done(&names);
}

static const char *aggregate_name(uint32_t i)
{
    const struct agg_function *f = agg_function_at(i);
    return f ? f->name : NULL;
}

static const char *over_name(uint32_t i)
{
    const struct agg_function *f = agg_over_function_at(i);
    return f ? f->name : NULL;
}

static const char *table_function_name(uint32_t i)
{
    const struct table_function *f = table_function_at(i);
    return f ? f->name : NULL;
}

static void put_functions(struct buf *out)
{
    buf_text(out, "Functions and operators; weir help NAME explains one.\n\n");
    for (uint32_t i = 0; function_at(i); i++) {
        bool seen = false;
        for (uint32_t k = 0; k < i && !seen; k++)
            seen = strcmp(function_at(k)->category, function_at(i)->category) == 0;
        if (!seen)
            put_category(out, function_at(i)->category);
    }
    put_names(out, "aggregate", aggregate_name);
    put_names(out, "over", over_name);
    put_names(out, "table", table_function_name);
}

static void put_signature(struct buf *out, const char *signature, const char *summary)
{
    buf_printf(out, "%s\n", signature);
    if (!summary)
        return;
    buf_text(out, "  ");
    put_wrapped(out, 2, 2, str_of(summary));
}

static void put_dialects(struct buf *out, unsigned dialects)
{
    buf_printf(out, "  Dialects: %s\n",
               dialects == DIALECT_BOTH    ? "blink, flink"
               : dialects == DIALECT_BLINK ? "blink"
                                           : "flink");
}

static void put_more(struct buf *out, bool *found, const char *signature, const char *summary,
                     const char *where, unsigned dialects)
{
    if (*found)
        buf_char(out, '\n');
    *found = true;
    put_signature(out, signature, summary);
    buf_printf(out, "  %s\n", where);
    put_dialects(out, dialects);
}

/* Functions over groups, over other rows, and those that give rows. */
static bool put_row_function(struct buf *out, struct str name)
{
    bool found = false;
    const struct agg_function *f;
    const struct table_function *t;
    for (uint32_t i = 0; (f = agg_function_at(i)) != NULL; i++)
        if (str_iis(name, f->name))
            put_more(out, &found, f->signature, f->summary,
                     "An aggregate: with GROUP BY, in windows, with OVER; FILTER (WHERE ...) "
                     "behind it.",
                     f->dialects);
    for (uint32_t i = 0; (f = agg_over_function_at(i)) != NULL; i++)
        if (str_iis(name, f->name))
            put_more(out, &found, f->signature, f->summary,
                     "Takes OVER (PARTITION BY ... ORDER BY ...).", f->dialects);
    for (uint32_t i = 0; (t = table_function_at(i)) != NULL; i++)
        if (str_iis(name, t->name))
            put_more(out, &found, t->signature, t->summary,
                     t == &table_function_unnest
                         ? "In FROM: CROSS JOIN UNNEST(...) AS t (a), LEFT JOIN ... ON TRUE."
                         : "In FROM: , LATERAL TABLE(...) AS t (a), LEFT JOIN ... ON TRUE.",
                     t->dialects);
    return found;
}

static bool put_function(struct buf *out, struct str name)
{
    bool found = false;
    for (uint32_t i = 0; function_at(i); i++) {
        const struct function *f = function_at(i);
        if (!str_iis(name, f->name))
            continue;
        if (found)
            buf_char(out, '\n');
        found = true;
        put_signature(out, f->signature ? f->signature : f->name, f->summary);
        if (f->example)
            buf_printf(out, "  Example: %s gives %s\n", f->example, f->result ? f->result : "NULL");
        put_dialects(out, f->dialects);
    }
    return found;
}

/* ---- finding --------------------------------------------------------------------------------- */

static bool put_setting(struct buf *out, struct str name)
{
    struct str main_name = setting_main_name(name);
    for (const struct option_spec *s = setting_specs; s->name; s++) {
        if (!str_iis(main_name, s->name))
            continue;
        buf_text(out, "Setting:\n");
        put_option(out, s);
        return true;
    }
    if (setting_kind(name) != SETTING_IGNORED)
        return false;
    buf_printf(out, "Setting \"" STR_FMT "\" is accepted and has no effect.\n", STR_ARG(name));
    return true;
}

static bool put_option_of_all(struct buf *out, struct str name)
{
    bool found = false;
    for (uint32_t i = 0; connector_at(i); i++) {
        const struct connector *c = connector_at(i);
        for (const struct option_spec *s = c->options; !is_hidden(c) && s && s->name; s++) {
            if (!str_iis(name, s->name))
                continue;
            buf_printf(out, "Option of connector %s:\n", c->name);
            put_option(out, s);
            found = true;
        }
    }
    for (uint32_t i = 0; format_at(i); i++)
        for (const struct option_spec *s = format_at(i)->options; s && s->name; s++) {
            if (!str_iis(name, s->name))
                continue;
            buf_printf(out, "Option of format %s:\n", format_at(i)->name);
            put_option(out, s);
            found = true;
        }
    return found;
}

static const struct {
    const char *name;
    const char *text; /* or ... */
    void (*put)(struct buf *out);
} topics[] = {
    { "commands", commands, NULL },         { "functions", NULL, put_functions },
    { "connectors", NULL, put_connectors }, { "formats", NULL, put_formats },
    { "settings", NULL, put_settings },     { "output", output_modes, NULL },
};

static struct str nearest_topic(struct str topic)
{
    struct nearest nearest;
    nearest_begin(&nearest, topic);
    for (size_t i = 0; i < countof(topics); i++)
        nearest_add(&nearest, str_of(topics[i].name));
    for (uint32_t i = 0; connector_at(i); i++) {
        nearest_add(&nearest, str_of(connector_at(i)->name));
        for (const char *const *alias = connector_at(i)->aliases; alias && *alias; alias++)
            nearest_add(&nearest, str_of(*alias));
    }
    for (uint32_t i = 0; format_at(i); i++)
        nearest_add(&nearest, str_of(format_at(i)->name));
    for (uint32_t i = 0; function_at(i); i++)
        nearest_add(&nearest, str_of(function_at(i)->name));
    for (uint32_t i = 0; agg_function_at(i); i++)
        nearest_add(&nearest, str_of(agg_function_at(i)->name));
    for (uint32_t i = 0; agg_over_function_at(i); i++)
        nearest_add(&nearest, str_of(agg_over_function_at(i)->name));
    for (uint32_t i = 0; table_function_at(i); i++)
        nearest_add(&nearest, str_of(table_function_at(i)->name));
    for (const struct option_spec *s = setting_specs; s->name; s++)
        nearest_add(&nearest, str_of(s->name));
    return nearest_end(&nearest);
}

/* "weir help run" asks for what stands there of all of them. */
static bool is_command(struct str topic)
{
    static const char *const names[] = { "run", "check", "explain", "help" };
    for (size_t i = 0; i < countof(names); i++)
        if (str_ieq(topic, str_of(names[i])))
            return true;
    return false;
}

static bool put_topic(struct buf *out, struct str topic)
{
    if (is_command(topic)) {
        buf_text(out, commands);
        return true;
    }
    for (size_t i = 0; i < countof(topics); i++) {
        struct str name = str_of(topics[i].name);
        struct str singular = str_make(name.data, name.size - 1);
        if (!str_ieq(topic, name) && !str_ieq(topic, singular))
            continue;
        if (topics[i].text)
            buf_text(out, topics[i].text);
        else
            topics[i].put(out);
        return true;
    }
    bool found = false;
    const struct connector *connector = connector_find(topic);
    if (connector && !is_hidden(connector)) {
        put_connector(out, connector);
        found = true;
    }
    const struct format *format = format_find(topic);
    if (format) {
        put_format(out, format);
        found = true;
    }
    found = put_function(out, topic) || found;
    found = put_row_function(out, topic) || found;
    found = put_setting(out, topic) || found;
    return found || put_option_of_all(out, topic);
}

enum session_status session_help(struct session *s, struct str topic)
{
    topic = str_trim(topic);
    if (topic.size == 0)
        topic = STR("commands");
    if (!put_topic(&s->console.out, topic)) {
        struct error err = { .code = OK };
        error_set(&err, E_USAGE, "there is no help on \"" STR_FMT "\"", STR_ARG(topic));
        struct str best = nearest_topic(topic);
        if (best.data)
            error_hint(&err, "Perhaps you meant \"" STR_FMT "\".", STR_ARG(best));
        else
            error_hint(&err, "Topics are commands, functions, connectors, formats, settings and "
                             "output, and the names of each of them.");
        return session_report(s, &err);
    }
    struct error err = { .code = OK };
    if (console_flush(&s->console, &err) == OK || s->console.out_broken)
        return SESSION_OK;
    return session_report(s, &err);
}
