/* peek.c -- \peek: the first messages of a topic, a file or a table, and what would read them.
 *
 * A name is that of a table, else a file where there is one, else a topic, which the profile's
 * options for Kafka are for.  A table is read from its beginning, whatever it says itself. */
#include "session/session_core.h"

#include "base/utf8.h"
#include "session/sample.h"
#include "sql/print.h"
#include "types/time.h"
#include "types/zone.h"

#include <stdio.h>
#include <sys/stat.h>

enum {
    WAIT_MS = 5000,
    OPTIONS_MAX = 64,
    NAME_MAX_BYTES = 200,
    COLUMNS = 5,
};

struct peek {
    struct session *session;
    struct arena *arena;
    struct job job;
    struct str name;
    struct catalog_table table;
    struct option options[OPTIONS_MAX];
    struct buf with; /* as SQL, for the proposal of what is no table yet */
    struct buf *ret_table;
};

/* ---- which table ------------------------------------------------------------------------------ */

static void add_option(struct peek *p, struct str key, struct str value)
{
    if (p->table.option_count < OPTIONS_MAX)
        p->options[p->table.option_count++] = (struct option){ .key = key, .value = value };
}

static bool begins_with(struct str key, struct str prefix)
{
    return key.size >= prefix.size && str_ieq(str_make(key.data, prefix.size), prefix);
}

/* Where reading begins and ends. */
static bool is_start_option(struct str key)
{
    return begins_with(key, STR("scan.startup")) || begins_with(key, STR("startup")) ||
           begins_with(key, STR("startTime")) || begins_with(key, STR("scan.bounded"));
}

/* A file or a folder: devices and pipes may have no end, or no beginning. */
static bool is_file(struct str name)
{
    struct stat stat_of;
    char path[4096];
    if (name.size == 0 || name.size >= sizeof path)
        return false;
    memcpy(path, name.data, name.size);
    path[name.size] = '\0';
    return stat(path, &stat_of) == 0 && (S_ISREG(stat_of.st_mode) || S_ISDIR(stat_of.st_mode));
}

static void choose_file(struct peek *p)
{
    add_option(p, STR("connector"), STR("filesystem"));
    add_option(p, STR("path"), p->name);
    add_option(p, STR("format"), STR("raw"));
    buf_text(&p->with, "\n    'connector' = 'filesystem', 'path' = ");
    print_string(&(struct printer){ .out = &p->with }, p->name);
}

static void choose_topic(struct peek *p)
{
    add_option(p, STR("connector"), STR("kafka"));
    add_option(p, STR("topic"), p->name);
    add_option(p, STR("scan.startup.mode"), STR("earliest-offset"));
    buf_text(&p->with, "\n    'connector' = 'kafka', 'topic' = ");
    print_string(&(struct printer){ .out = &p->with }, p->name);
}

static void choose_table(struct peek *p, const struct catalog_table *table)
{
    p->table = *table;
    p->table.columns = NULL;
    p->table.column_count = p->table.option_count = p->table.key_count = 0;
    p->table.watermark = NULL;
    p->table.options = p->options;
    for (uint32_t i = 0; i < table->option_count; i++) {
        const struct option *o = &table->options[i];
        if (!is_start_option(o->key))
            add_option(p, o->key, o->value);
    }
    const struct option *declared = resolve_declared(table);
    const struct connector *c = declared ? connector_find(declared->value) : NULL;
    if (c && c->family == FAMILY_TOPIC)
        add_option(p, table->blink ? STR("startupMode") : STR("scan.startup.mode"),
                   table->blink ? STR("EARLIEST") : STR("earliest-offset"));
}

static enum code make_def(struct peek *p, struct resolved_table *resolved, struct table_def *def,
                          struct error *err)
{
    struct schema *schema = arena_zalloc(p->arena, sizeof *schema);
    struct options *options = arena_zalloc(p->arena, sizeof *options);
    const struct option_spec **specs = arena_array(p->arena, const struct option_spec *, 2);
    if (!schema || !options || !specs)
        return error_nomem(err);
    TRY(resolve_table(&p->job.resolver, &p->table, resolved, err));
    specs[0] = resolved->connector->options;
    *options = (struct options){ .items = resolved->options,
                                 .count = resolved->option_count,
                                 .specs = specs };
    *def = (struct table_def){ .name = p->table.name,
                               .schema = schema,
                               .options = options,
                               .blink = p->table.blink,
                               .zone = p->job.env.zone,
                               .clock = &p->session->clock,
                               .data_dir = resolved->data_dir };
    return OK;
}

/* ---- showing ---------------------------------------------------------------------------------- */

static bool is_stopped(void *self)
{
    return session_is_stopped(self);
}

/* Text where it is text, else \x and its bytes; a message without a value is a delete to many, so
 * that boxes show it. */
static struct str shown(struct arena *arena, struct str bytes, bool in_box)
{
    struct buf text;
    if (!bytes.data)
        return in_box ? STR("<NULL>") : bytes;
    buf_init(&text, bytes.size * 4 + 16);
    for (size_t i = 0, n; i < bytes.size; i += n) {
        uint32_t c;
        n = utf8_decode(bytes.data + i, bytes.size - i, &c);
        bool is_bytes = !utf8_valid(bytes.data + i, n);
        if (c == '\n')
            buf_text(&text, "\\n");
        else if (utf8_is_control(c) && !is_bytes)
            buf_printf(&text, "\\x%02x", c);
        else if (!is_bytes)
            buf_put(&text, bytes.data + i, n);
        for (size_t k = 0; is_bytes && k < n; k++)
            buf_printf(&text, "\\x%02x", (unsigned char)bytes.data[i + k]);
    }
    struct str copy = arena_str(arena, buf_view(&text));
    buf_done(&text);
    return copy;
}

static struct str time_text(struct peek *p, int64_t ms)
{
    char text[TIME_TEXT_MAX];
    if (ms == INT64_MIN)
        return (struct str){ NULL, 0 };
    size_t n = time_print_timestamp(zone_utc_to_local_us(p->job.env.zone, NULL, ms * 1000), 3,
                                    TIME_FRACTION_FIXED, ' ', text);
    return arena_str(p->arena, str_make(text, n));
}

static enum code print_rows(struct peek *p, const struct sample *sample, struct error *err)
{
    static const char *const titles[COLUMNS] = { "split", "offset", "timestamp", "key", "value" };
    struct str names[COLUMNS];
    struct render_options render;
    TRY(session_render_options(p->session, &render, err));
    struct str *cells = arena_array(p->arena, struct str, (size_t)MAX(sample->count, 1) * COLUMNS);
    if (!cells)
        return error_nomem(err);
    for (int c = 0; c < COLUMNS; c++)
        names[c] = str_of(titles[c]);
    bool in_box = render.mode == RENDER_TABLE || render.mode == RENDER_TABLEAU;
    for (uint32_t i = 0; i < sample->count; i++) {
        const struct sample_row *row = &sample->rows[i];
        struct str *at = &cells[(size_t)i * COLUMNS];
        char *offset = arena_printf(p->arena, "%lld", (long long)row->offset);
        if (!offset)
            return error_nomem(err);
        at[0] = row->split;
        at[1] = str_of(offset);
        at[2] = time_text(p, row->timestamp_ms);
        at[3] = shown(p->arena, row->message.key, in_box);
        at[4] = shown(p->arena, row->message.value, in_box);
        if ((row->message.key.data && !at[3].data) || (row->message.value.data && !at[4].data))
            return error_nomem(err);
    }
    return render_texts(&p->session->console, &render, names, COLUMNS, cells, sample->count, err);
}

/* The last part of a path or topic without its ending, as a name for a table. */
static struct str table_name(struct arena *arena, struct str name, bool is_path)
{
    char text[NAME_MAX_BYTES];
    size_t begin = 0, n = 0;
    for (size_t i = 0; i < name.size; i++)
        if (name.data[i] == '/')
            begin = i + 1;
    for (size_t i = begin; i < name.size && n < sizeof text; i++) {
        char c = name.data[i];
        if (c == '.' && is_path)
            break;
        bool is_word = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
                       (c >= '0' && c <= '9' && n > 0);
        text[n++] = is_word ? c : '_';
    }
    return n > 0 ? arena_str(arena, str_make(text, n)) : STR("t");
}

static enum code propose(struct peek *p, const struct sample *sample, struct error *err)
{
    struct console *console = &p->session->console;
    struct guess guess;
    struct guess_message *messages = arena_array(p->arena, struct guess_message, sample->count);
    if (!messages)
        return error_nomem(err);
    for (uint32_t i = 0; i < sample->count; i++)
        messages[i] = sample->rows[i].message;
    struct buf *out = &console->out;
    TRY(console_flush(console, err));
    struct buf table;
    buf_init(&table, 1 << 20);
    enum code code = buf_check(&p->with, err);
    if (code == OK)
        code = guess_table(messages, sample->count, table_name(p->arena, p->name, is_file(p->name)),
                           buf_view(&p->with), &table, &guess, err);
    if (code == OK) {
        buf_printf(out, "-- %s: fits %u of %u message%s\n", guess.format, guess.used, sample->count,
                   sample->count == 1 ? "" : "s");
        buf_str(out, buf_view(&table));
        if (p->ret_table)
            buf_str(p->ret_table, buf_view(&table));
        code = console_flush(console, err);
    }
    buf_done(&table);
    return code;
}

static enum code peek_in(struct peek *p, uint32_t rows_max, struct error *err)
{
    struct session *s = p->session;
    const struct catalog_table *table = catalog_find_table(s->catalog, p->name);
    struct resolved_table resolved;
    struct table_def def;
    struct sample sample;
    TRY(job_begin(&p->job, s, p->arena, true, err));
    p->table = (struct catalog_table){ .name = p->name, .options = p->options };
    if (table)
        choose_table(p, table);
    else if (is_file(p->name))
        choose_file(p);
    else
        choose_topic(p);
    TRY(make_def(p, &resolved, &def, err));
    if (!resolved.connector->source || !resolved.connector->source->poll) {
        error_set(err, E_UNSUPPORTED, "tables of connector \"%s\" have no messages",
                  resolved.connector->name);
        error_hint(err, "SELECT * FROM " STR_FMT " LIMIT %u shows rows of it.", STR_ARG(p->name),
                   rows_max);
        return E_UNSUPPORTED;
    }
    enum code code = sample_read(resolved.connector, &def, rows_max, WAIT_MS, is_stopped, s,
                                 p->arena, &sample, err);
    if (code == E_OPTION && !table && !s->profile && err->hint[0] == '\0' &&
        strstr(err->message, "bootstrap.servers"))
        error_hint(err, "A profile gives it: weir --profile FILE.yaml, with connectors: {kafka: "
                        "{properties.bootstrap.servers: ...}}.");
    TRY(code);
    if (sample.waiting_for[0])
        console_sayf(&s->console, "WARNING:  %s did not answer in %d s\n", sample.waiting_for,
                     WAIT_MS / 1000);
    if (sample.count == 0) {
        console_sayf(&s->console, "\"" STR_FMT "\" has no messages%s\n", STR_ARG(p->name),
                     sample.ended ? "" : " so far");
        return OK;
    }
    TRY(print_rows(p, &sample, err));
    return table ? console_flush(&s->console, err) : propose(p, &sample, err);
}

enum session_status session_peek(struct session *s, struct str name, uint32_t rows_max,
                                 struct buf *ret_table)
{
    struct error err = { .code = OK };
    struct arena *arena = arena_create();
    struct peek *p = arena ? arena_zalloc(arena, sizeof *p) : NULL;
    if (!p) {
        arena_destroy(arena);
        return session_report(s, (error_nomem(&err), &err));
    }
    p->session = s;
    p->arena = arena;
    p->name = name;
    p->ret_table = ret_table;
    buf_init(&p->with, 1 << 16);
    enum code code = peek_in(p, MAX(rows_max, 1), &err);
    buf_done(&p->with);
    arena_destroy(arena);
    return code == OK ? SESSION_OK : session_report(s, &err);
}
