/* help.c -- `weir help`: everything it knows comes from the tables that also check and
 * run: settings, connectors, formats, functions. */
#include "session/session_core.h"

#include "agg/agg_over.h"
#include "base/nearest.h"
#include "expr/function.h"
#include "expr/table_function.h"
#include "session/help_function.h"
#include "session/help_keys.h"
#include "session/help_layout.h"
#include "session/help_sql.h"
#include "session/help_test.h"
#include "session/help_text.h"
#include "session/help_topics.h"

static const char commands[] =
    "weir run FILE.sql         run all INSERTs and SELECTs of a file as one job\n"
    "weir check FILE.sql       everything that is wrong with it; --syntax: only read it;\n"
    "                          --format text|json|sarif\n"
    "weir explain FILE.sql     show the plan, the state it keeps and what bounds it, and warnings;\n"
    "                          --keys user_id=2e6: how many values a column has, to add the state\n"
    "                          up; --analyze runs the job, but shows no results: what its\n"
    "                          operators have done; --diff OLD.sql says what a change does to\n"
    "                          them and to their state, as text or json;\n"
    "                          --format text|json|dot|mermaid|flink: flink is the form\n"
    "                          of Flink's EXPLAIN, but the plan is weir's, and columns without an\n"
    "                          alias are called as in the sink\n"
    "weir test PATH...         tests beside jobs, without any server; --shuffle tries other orders\n"
    "                          and restarts, --seed N the same ones again; --format\n"
    "                          text|tap|junit; see weir help test\n"
    "weir                      a prompt; also reads statements from standard input\n"
    "weir -c 'SQL; SQL;'       statements one after the other\n"
    "weir -f FILE.sql          the same from a file\n"
    "weir ps [NAME]            running jobs; of one: sources, sinks, operators\n"
    "weir stop NAME            ask a running job to stop, and wait until it has ended; --timeout SECONDS\n"
    "weir snapshot NAME        ask it for a checkpoint now, and wait for it; --timeout SECONDS\n"
    "weir metrics NAME         its counters, as Prometheus reads them\n"
    "weir explain --analyze NAME\n"
    "                          the plan of a running job with what its operators do\n"
    "weir why NAME [SINK]      what holds a sink up: an idle partition, a filter, a server ...\n"
    "weir tap NAME OPERATOR    rows that an operator gives on, as JSON; --rows N (10)\n"
    "weir help [TOPIC]         this; commands, sql, functions, types, connectors, formats,\n"
    "                          settings, output, prompt, keys, profiles, dialects, test, or the\n"
    "                          name of one of them\n"
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
    "  --set-from FILE           settings from a file, a line each: the list of processes (ps) shows\n"
    "                            what --set says to everybody\n"
    "  --output MODE             how a SELECT is printed; see weir help output\n"
    "  --dialect blink|flink     instead of what the file looks like\n"
    "  --name NAME               of run: what ps, stop and the like call the job; else its file's\n"
    "  --metrics PORT            of run: http://127.0.0.1:PORT/metrics for Prometheus; 0: any port\n"
    "  --format text|json        of ps, why, tap, stop, snapshot and metrics: json for scripts\n"
    "\n"
    "Status: 0 all well, 1 wrong use of the command line, 2 the job is refused, 3 it failed\n"
    "while running, 4 an expectation of weir test was not met, 130 ended at once by a second\n"
    "interrupt.\n";

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
    "  tsv             a header and a line a row, with tabs between; NULL is \\N\n"
    "  markdown        a table of Markdown\n"
    "  line            a line a column, for wide rows\n"
    "  changelog-json  {\"op\": \"+I\", \"data\": {...}} a change; op is +I, -U, +U or -D; with\n"
    "                  \"statement\": n where the job has several SELECTs\n"
    "\n"
    "csv, tsv, markdown, line and jsonl print rows as they come where rows are only added, and\n"
    "the end result of a query that updates or deletes rows.\n";

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
        help_put_entry_done(out, str_of(c->name), &text);
    }
}

static void put_connector(struct buf *out, const struct connector *c)
{
    help_put_line(out, "%s: %s", c->name, c->summary ? c->summary : "a connector");
    if (c->aliases && *c->aliases) {
        struct buf names;
        buf_init(&names, 1 << 12);
        for (const char *const *alias = c->aliases; *alias; alias++)
            buf_printf(&names, "%s %s", alias == c->aliases ? "" : ",", *alias);
        help_put_line(out, "Also called%s", buf_cstr(&names));
        buf_done(&names);
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
    help_put_options(out, c->options, NULL);
    if (c->has_formats)
        help_put_options(out, resolve_format_specs, c->options);
    /* A table by key has its PRIMARY KEY for the fields. */
    for (const struct option_spec *s = resolve_key_format_specs; c->has_key_format && s->name; s++)
        if (!c->is_keyed || strcmp(s->name, "key.fields") != 0)
            help_put_option(out, s);
    help_put_options(out, resolve_common_specs + 2, c->options);
    help_put_bare_options(out, c->options, STR("(bare names)"),
                          "Properties of the client that profiles, and Blink, give without "
                          "\"properties.\":");
    if (!c->metas)
        return;
    buf_text(out, "\nMetadata columns:\n");
    for (const struct meta_spec *meta = c->metas; meta->name; meta++) {
        struct buf text;
        buf_init(&text, 1 << 12);
        type_print(&text, meta->type);
        if (!meta->writable)
            buf_text(&text, ", read only");
        help_put_entry_done(out, str_of(meta->name), &text);
    }
}

static void put_formats(struct buf *out)
{
    buf_text(out, "Formats; weir help NAME lists the options of one.\n\n");
    for (uint32_t i = 0; format_at(i); i++)
        help_put_entry(out, str_of(format_at(i)->name),
                       str_of(format_at(i)->summary ? format_at(i)->summary : ""));
}

static void put_format(struct buf *out, const struct format *f)
{
    help_put_line(out, "%s: %s", f->name, f->summary ? f->summary : "a format");
    if (f->carries != CARRIES_INSERT)
        buf_text(out, "It says what becomes of a row: +I, -U, +U and -D.\n");
    if (!f->options || !f->options->name) {
        buf_text(out, "\nIt has no options.\n");
        return;
    }
    buf_text(out, "\nOptions, also with value. or key. in front:\n");
    help_put_options(out, f->options, NULL);
    if (!f->metas)
        return;
    buf_text(out, "\nMetadata columns, with value. in front:\n");
    for (const struct format_meta *meta = f->metas; meta->name; meta++) {
        struct buf text;
        buf_init(&text, 1 << 12);
        type_print(&text, meta->type);
        buf_text(&text, ", read only");
        help_put_entry_done(out, str_of(meta->name), &text);
    }
}

static void put_settings(struct buf *out)
{
    buf_text(out, "Settings: SET 'key' = 'value', --set key=value, or the profile.\n\n");
    help_put_options(out, setting_specs, NULL);
    buf_text(out, "\nOther names:\n");
    const char *alias, *name;
    for (uint32_t i = 0; setting_alias_at(i, &alias, &name); i++)
        help_put_entry(out, str_of(alias), str_of(name));
    buf_text(out, "\nAccepted, without effect:\n");
    help_put_options(out, setting_ignored, NULL);
}

/* ---- finding --------------------------------------------------------------------------------- */

static bool put_setting(struct buf *out, struct str name)
{
    struct str main_name = setting_main_name(name);
    for (const struct option_spec *s = setting_specs; s->name; s++) {
        if (!str_iis(main_name, s->name))
            continue;
        buf_text(out, "Setting:\n");
        help_put_option(out, s);
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
            help_put_option(out, s);
            found = true;
        }
    }
    for (uint32_t i = 0; format_at(i); i++)
        for (const struct option_spec *s = format_at(i)->options; s && s->name; s++) {
            if (!str_iis(name, s->name))
                continue;
            buf_printf(out, "Option of format %s:\n", format_at(i)->name);
            help_put_option(out, s);
            found = true;
        }
    return found;
}

static const struct {
    const char *name;
    const char *text; /* or ... */
    void (*put)(struct buf *out);
} topics[] = {
    { "commands", commands, NULL },
    { "functions", NULL, help_put_functions },
    { "connectors", NULL, put_connectors },
    { "formats", NULL, put_formats },
    { "settings", NULL, put_settings },
    { "output", output_modes, NULL },
    { "sql", NULL, help_put_sql_topics },
    { "test", help_test, NULL },
    { "keys", help_keys, NULL },
    { "prompt", help_prompt, NULL },
    { "types", help_types, NULL },
    { "profiles", help_profile, NULL },
    { "dialects", help_dialects, NULL },
};

const char *help_topic_at(uint32_t i)
{
    return i < countof(topics) ? topics[i].name : NULL;
}

static struct str nearest_topic(struct str topic)
{
    struct nearest nearest;
    nearest_begin(&nearest, topic);
    for (size_t i = 0; i < countof(topics); i++)
        nearest_add(&nearest, str_of(topics[i].name));
    for (uint32_t i = 0; help_sql_at(i); i++) {
        nearest_add(&nearest, help_sql_name(help_sql_at(i)));
        nearest_add(&nearest, str_of(help_sql_at(i)->group));
    }
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

/* "weir help run": what is said of that command, and the options of all.  False: there is none. */
static bool put_command(struct buf *out, struct str topic)
{
    static const char options[] = "\nFILE may be -";
    struct str text = str_of(commands);
    const char *behind = strstr(commands, options);
    struct buf found;
    buf_init(&found, 1 << 16);
    while (text.size > 0 && text.data < behind) {
        struct str entry = help_next_entry(&text);
        struct str name = str_make(entry.data, MIN(str_find_byte(entry, ' '), entry.size));
        struct str rest = str_make(entry.data + MIN(name.size + 1, entry.size),
                                   entry.size - MIN(name.size + 1, entry.size));
        if (str_ieq(str_make(rest.data, MIN(str_find_byte(rest, ' '), rest.size)), topic))
            buf_printf(&found, STR_FMT "\n", STR_ARG(entry));
    }
    bool is_found = found.size > 0;
    if (is_found) {
        help_put_text(out, buf_cstr(&found));
        help_put_text(out, behind);
    }
    out->failed = out->failed || found.failed;
    buf_done(&found);
    return is_found;
}

static bool put_listed(struct buf *out, struct str topic)
{
    for (size_t i = 0; i < countof(topics); i++) {
        struct str name = str_of(topics[i].name);
        bool is_plural = str_ends(name, STR("s"));
        struct str singular = str_make(name.data, name.size - is_plural);
        if (!str_ieq(topic, name) && !str_ieq(topic, singular))
            continue;
        if (topics[i].text)
            help_put_text(out, topics[i].text);
        else
            topics[i].put(out);
        return true;
    }
    return false;
}

static bool put_topic(struct buf *out, struct str topic)
{
    if (put_listed(out, topic))
        return true;
    if (put_command(out, topic)) {
        if (help_sql_find(topic)) /* EXPLAIN is a statement, too */
            buf_char(out, '\n');
        help_put_sql(out, topic);
        return true;
    }
    bool found = help_put_sql(out, topic);
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
    found = help_put_function(out, topic) || found;
    found = help_put_row_function(out, topic) || found;
    found = put_setting(out, topic) || found;
    return found || put_option_of_all(out, topic) || help_put_sql_group(out, topic) ||
           help_put_function_group(out, topic);
}

static enum session_status flush(struct session *s)
{
    struct error err = { .code = OK };
    if (console_flush(&s->console, &err) == OK || s->console.out_broken)
        return SESSION_OK;
    return session_report(s, &err);
}

enum session_status session_help(struct session *s, struct str topic)
{
    topic = str_trim(topic);
    help_set_columns(session_columns(s));
    if (topic.size == 0)
        topic = STR("commands");
    if (!put_topic(&s->console.out, topic)) {
        struct error err = { .code = OK };
        error_set(&err, E_USAGE, "there is no help on \"" STR_FMT "\"", STR_ARG(topic));
        struct str best = nearest_topic(topic);
        if (best.data)
            error_hint(&err, "Perhaps you meant \"" STR_FMT "\".", STR_ARG(best));
        else
            error_hint(&err, "Topics are commands, sql, functions, types, connectors, formats, "
                             "settings, output, keys, profiles and dialects, and the names of each "
                             "of them.");
        return session_report(s, &err);
    }
    return flush(s);
}

bool session_has_help(struct str topic)
{
    struct buf ignored;
    buf_init(&ignored, 1 << 20);
    bool found = put_topic(&ignored, str_trim(topic));
    buf_done(&ignored);
    return found;
}

void session_help_put(const struct session *s, struct buf *out, struct str name, const char *text)
{
    help_set_columns(session_columns(s));
    help_put_entry(out, name, str_of(text));
}

enum session_status session_help_entry(struct session *s, struct str form, const char *summary,
                                       const char *more, const char *example)
{
    struct buf *out = &s->console.out;
    help_set_columns(session_columns(s));
    buf_printf(out, STR_FMT "\n  ", STR_ARG(form));
    help_put_wrapped(out, 2, 2, str_of(summary));
    if (more) {
        buf_text(out, "  ");
        help_put_wrapped(out, 2, 2, str_of(more));
    }
    if (example)
        buf_printf(out, "  Example: %s\n", example);
    return flush(s);
}
