/* session.c -- see session.h: what a session is made of, and how it speaks. */
#include "session/session_core.h"

#include "base/clock.h"
#include "base/memory.h"
#include "exec/exec.h"
#include "session/mask.h"
#include "sql/diag.h"
#include "types/zone.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum { SOURCE_LIMIT = 256 << 20, MESSAGE_LIMIT = 1 << 20, MESSAGE_ROOM = 8 << 10 };

void session_register_connectors(const struct connector *const *list)
{
    connector_register(list);
}

/* ---- speaking ---- */

/* The text that a position is in. */
static const struct session_piece *piece_of(const struct session *s, uint32_t offset)
{
    for (uint32_t i = s->piece_count; i > 0; i--)
        if (offset >= s->pieces[i - 1].offset)
            return &s->pieces[i - 1];
    return NULL;
}

struct buf *session_message(struct session *s)
{
    buf_clear(&s->message);
    return &s->message;
}

void session_say(struct session *s)
{
    s->is_out_of_memory = s->is_out_of_memory || s->message.failed;
    console_say(&s->console, buf_view(&s->message));
}

/* The source without its secrets: itself, or a copy in *copy. */
static struct str masked(struct session *s, struct str source, struct buf *copy)
{
    buf_init(copy, SOURCE_LIMIT);
    if (!mask_is_needed(source))
        return source;
    buf_str(copy, source);
    if (copy->failed) { /* rather no line than one with a secret in it */
        s->is_out_of_memory = true;
        return STR("");
    }
    mask_secrets(copy->data, copy->size);
    return buf_view(copy);
}

static void draw(struct session *s, const char *label, const struct error *err, struct str name,
                 struct str source)
{
    struct buf copy;
    struct buf *text = session_message(s);
    struct error shown = *err;
    source = masked(s, source, &copy);
    if (shown.has_span && shown.span.offset > source.size)
        shown.has_span = false;
    if (label)
        diag_print_as(text, label, &shown, name, source);
    else
        diag_print(text, &shown, name, source);
    buf_done(&copy);
    session_say(s);
}

/* An error whose position counts from the beginning of session->source. */
static void draw_here(struct session *s, const char *label, const struct error *err)
{
    struct error shown = *err;
    if (shown.has_span && shown.span.offset > s->source.size)
        shown.has_span = false;
    const struct session_piece *piece =
        shown.has_span ? piece_of(s, shown.span.offset)
                       : (s->piece_count > 0 ? &s->pieces[s->piece_count - 1] : NULL);
    struct str source = buf_view(&s->source);
    if (piece && s->separately) {
        source = str_make(s->source.data + piece->offset, piece->size);
        if (shown.has_span)
            shown.span.offset -= piece->offset;
    }
    draw(s, label, &shown, piece && shown.has_span ? piece->name : STR(""), source);
}

static enum session_status status_of(enum code code)
{
    switch (code) {
    case E_USAGE:
        return SESSION_USAGE;
    case E_SYNTAX:
    case E_NAME:
    case E_TYPE:
    case E_PLAN:
    case E_UNSUPPORTED:
    case E_OPTION:
    case E_LIMIT:
        return SESSION_REFUSED;
    default:
        return SESSION_FAILED;
    }
}

enum session_status session_report(struct session *s, const struct error *err)
{
    draw_here(s, NULL, err);
    return status_of(err->code);
}

enum session_status session_report_failed(struct session *s, const struct error *err)
{
    draw_here(s, NULL, err);
    return SESSION_FAILED;
}

static enum session_status worse(enum session_status a, enum code code)
{
    enum session_status b = status_of(code);
    return a == SESSION_REFUSED || b == SESSION_REFUSED ? SESSION_REFUSED : b;
}

enum session_status session_findings_status(const struct session *s, enum code code)
{
    enum session_status status = SESSION_OK;
    for (uint32_t i = 0; i < s->findings.count; i++)
        if (!s->findings.items[i].is_warning)
            status = worse(status, s->findings.items[i].error.code);
    return code == OK || status != SESSION_OK ? status : status_of(code);
}

enum session_status session_report_findings(struct session *s, enum code code, bool counts)
{
    const struct findings *f = &s->findings;
    uint32_t errors = 0, warnings = 0;
    if (code == E_NOMEM)
        return SESSION_FAILED; /* said already */
    for (uint32_t i = 0; i < f->count; i++) {
        const struct finding *finding = &f->items[i];
        uint32_t *shown = finding->is_warning ? &warnings : &errors;
        if (*shown < FINDINGS_SHOWN)
            draw_here(s, finding->is_warning ? "WARNING" : NULL, &finding->error);
        *shown += *shown < FINDINGS_SHOWN;
    }
    if (f->errors > 0 && (counts || f->errors > 1)) {
        struct buf *line = session_message(s);
        findings_put_counts(line, f);
        if (errors < f->errors || warnings < f->warnings)
            buf_printf(line, "; the first %d are shown", FINDINGS_SHOWN);
        buf_char(line, '\n');
        session_say(s);
    }
    return session_findings_status(s, code);
}

void session_found(void *self, const struct error *err)
{
    struct session *s = self;
    if (!findings_add(&s->findings, s->arena, err, false))
        s->is_out_of_memory = true;
}

void session_warn(void *self, const struct error *warning)
{
    struct session *s = self;
    if (s->is_finding) {
        if (!findings_add(&s->findings, s->arena, warning, true))
            s->is_out_of_memory = true;
        return;
    }
    if (findings_have(&s->findings, warning))
        return;
    for (uint32_t i = 0; i < s->warned_count; i++) {
        const struct error *old = &s->warned[i];
        if (old->has_span == warning->has_span && old->span.offset == warning->span.offset &&
            strcmp(old->message, warning->message) == 0)
            return;
    }
    if (!ARENA_PUSH(s->arena, s->warned, s->warned_count, s->warned_cap, *warning))
        s->is_out_of_memory = true;
    draw_here(s, "WARNING", warning);
}

/* ---- texts ---- */

enum code session_add_source(struct session *s, struct str name, struct str text, struct error *err)
{
    if (text.size > (size_t)SOURCE_LIMIT - s->source.size)
        return error_set(err, E_LIMIT, "the texts of a session may have %d bytes together",
                         SOURCE_LIMIT);
    struct session_piece piece = { .name = arena_str(s->arena, name),
                                   .offset = (uint32_t)s->source.size,
                                   .size = (uint32_t)text.size };
    if (!piece.name.data)
        return error_nomem(err);
    buf_str(&s->source, text);
    TRY(buf_check(&s->source, err));
    return ARENA_PUSH(s->arena, s->pieces, s->piece_count, s->piece_cap, piece) ? OK
                                                                                : error_nomem(err);
}

void session_drop_source(struct session *s)
{
    s->piece_count--;
    s->source.size = s->pieces[s->piece_count].offset;
    /* Positions behind this one are used again by the next text. */
    uint32_t kept = 0;
    for (uint32_t i = 0; i < s->warned_count; i++)
        if (!s->warned[i].has_span || s->warned[i].span.offset < s->source.size)
            s->warned[kept++] = s->warned[i];
    s->warned_count = kept;
}

/* ---- settings ---- */

static void warn_in_profile(void *self, const struct error *warning)
{
    struct session *s = self;
    draw(s, "WARNING", warning, s->profile->path, s->profile->text);
}

enum code session_put_setting(struct session *s, enum setting_level level,
                              const struct option *pair, struct error *err)
{
    enum setting_kind kind;
    TRY(settings_put(&s->settings, level, pair, &kind, err));
    if (kind != SETTING_UNKNOWN)
        return OK;
    struct error warning = { .code = OK };
    error_set(&warning, E_OPTION, "setting \"" STR_FMT "\" is not known and has no effect",
              STR_ARG(pair->key));
    struct str best = setting_nearest(pair->key);
    if (best.data)
        error_hint(&warning, "Perhaps you meant \"" STR_FMT "\".", STR_ARG(best));
    if (pair->key_span.size > 0)
        error_locate(&warning, pair->key_span);
    if (level == SETTING_PROFILE)
        warn_in_profile(s, &warning);
    else
        session_warn(s, &warning);
    return OK;
}

static enum code put_command(struct session *s, const char *option, struct str key,
                             struct str value, struct error *err)
{
    struct option pair = { .key = key, .value = value };
    enum code code = session_put_setting(s, SETTING_COMMAND, &pair, err);
    if (code == E_OPTION && err)
        err->code = code = E_USAGE;
    if (code != OK)
        error_while(err, "reading the option %s", option);
    return code;
}

static enum code read_command_line(struct session *s, struct error *err)
{
    const struct session_config *c = &s->config;
    for (uint32_t i = 0; i < c->set_count; i++)
        TRY(put_command(s, "--set", c->sets[i].key, c->sets[i].value, err));
    if (c->dialect)
        TRY(put_command(s, "--dialect", STR("weir.dialect"), str_of(c->dialect), err));
    if (c->output)
        TRY(put_command(s, "--output", STR("weir.output"), str_of(c->output), err));
    if (c->parallelism)
        TRY(put_command(s, "--parallelism", STR("parallelism.default"), str_of(c->parallelism),
                        err));
    return OK;
}

static enum session_status report_in_profile(struct session *s, const struct profile *profile,
                                             struct error *err)
{
    draw(s, NULL, err, profile ? profile->path : STR(""), profile ? profile->text : STR(""));
    return status_of(err->code);
}

static enum session_status read_profile(struct session *s)
{
    struct error err = { .code = OK };
    struct profile *profile = NULL;
    if (!s->config.profile)
        return SESSION_OK;
    if (profile_load(s->arena, str_of(s->config.profile), &profile, &err) != OK)
        return report_in_profile(s, profile, &err);
    s->profile = profile;
    for (uint32_t i = 0; i < profile->default_count; i++)
        if (session_put_setting(s, SETTING_PROFILE, &profile->defaults[i], &err) != OK)
            return report_in_profile(s, profile, &err);
    resolve_check_profile(profile, warn_in_profile, s);
    return SESSION_OK;
}

enum session_status session_set(struct session *s, const char *key, const char *value)
{
    struct error err = { .code = OK };
    struct option pair = { .key = str_of(key) };
    if (!value) {
        settings_reset(&s->settings, pair.key);
        return SESSION_OK;
    }
    pair.value = arena_str(s->arena, str_of(value));
    enum code code =
        pair.value.data ? session_put_setting(s, SETTING_SET, &pair, &err) : error_nomem(&err);
    if (code != OK)
        return session_report(s, &err);
    const struct setting_value *counts = settings_find(&s->settings, key);
    if (!counts || counts->level != SETTING_COMMAND)
        return SESSION_OK;
    console_sayf(&s->console, "ERROR:  \"%s\" was given on the command line, which counts\n", key);
    return SESSION_REFUSED;
}

const struct session_config *session_config_of(const struct session *s)
{
    return &s->config;
}

struct str session_setting(struct session *s, const char *key)
{
    return settings_get(&s->settings, key);
}

enum session_status session_redirect(struct session *s, const char *path)
{
    struct error err = { .code = OK };
    int fd = path ? open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666) : s->config.out_fd;
    if (path && fd < 0) {
        error_set(&err, E_IO, "could not open \"%s\": %s", path, strerror(errno));
        return session_report(s, &err);
    }
    if (s->console.out_fd != s->config.out_fd)
        close(s->console.out_fd);
    s->console.out_fd = fd;
    s->console.out_broken = false;
    s->console.out_is_terminal = !path && s->config.out_is_terminal;
    s->console.has_colours =
        s->console.out_is_terminal && s->console.err_is_terminal && !s->config.no_colours;
    return SESSION_OK;
}

uint32_t session_columns(const struct session *s)
{
    struct winsize size;
    if (!s->console.out_is_terminal)
        return 0;
    bool is_known = ioctl(s->console.out_fd, TIOCGWINSZ, &size) == 0 && size.ws_col > 0;
    return is_known ? size.ws_col : s->config.columns;
}

enum code session_render_options(struct session *s, struct render_options *ret, struct error *err)
{
    struct str output = settings_get(&s->settings, "weir.output");
    if (!output.data) {
        output = settings_get(&s->settings, "sql-client.execution.result-mode");
        if (str_iis(output, "changelog"))
            output = STR("tableau");
    }
    *ret = (struct render_options){
        .mode = s->console.out_is_terminal ? RENDER_TABLE : RENDER_TABLEAU,
        .select_count = 1,
        .column_width_max =
            (uint32_t)settings_int(&s->settings, "sql-client.display.max-column-width"),
        .rows_max =
            (uint64_t)settings_int(&s->settings, "sql-client.execution.max-table-result.rows"),
        .rows_shown = (uint64_t)settings_int(&s->settings, "weir.table.rows"),
        .screen_columns = session_columns(s),
    };
    uint32_t width_max = (uint32_t)settings_int(&s->settings, "weir.table.width");
    if (width_max > 0 && ret->screen_columns > 0)
        ret->screen_columns = width_max;
    ret->mode_is_given = output.data != NULL;
    if (output.data && !render_mode_find(str_trim(output), &ret->mode))
        return error_set(err, E_OPTION, "there is no output mode \"" STR_FMT "\"", STR_ARG(output));
    return OK;
}

/* ---- life ---- */

enum session_status session_create(const struct session_config *config, struct session **ret)
{
    struct session *s = mem_zalloc(sizeof *s);
    struct arena *arena = s ? arena_create() : NULL;
    if (!arena) {
        mem_free(s);
        return SESSION_FAILED;
    }
    s->config = *config;
    s->arena = arena;
    s->begun_us = clock_monotonic_us();
    console_init(&s->console, config->out_fd, config->err_fd);
    s->console.said = config->said;
    s->console.out_is_terminal = config->out_is_terminal;
    s->console.err_is_terminal = config->err_is_terminal;
    s->console.has_colours =
        config->out_is_terminal && config->err_is_terminal && !config->no_colours;
    buf_init(&s->source, SOURCE_LIMIT);
    buf_init(&s->message, MESSAGE_LIMIT);
    s->settings.arena = arena;
    s->catalog = catalog_create(arena);
    struct error err = { .code = OK };
    enum session_status status = SESSION_OK;
    if (!buf_reserve(&s->message, MESSAGE_ROOM) || !s->catalog)
        status = session_report(s, (error_nomem(&err), &err));
    else if (read_command_line(s, &err) != OK)
        status = session_report(s, &err);
    else
        status = read_profile(s);
    if (status != SESSION_OK) {
        session_destroy(s);
        return status;
    }
    if (config->data_dir && !(s->profile && s->profile->local))
        console_sayf(&s->console, "WARNING:  --data has no effect without --profile local\n");
    *ret = s;
    return SESSION_OK;
}

void session_destroy(struct session *s)
{
    if (!s)
        return;
    session_redirect(s, NULL);
    console_done(&s->console);
    buf_done(&s->source);
    buf_done(&s->message);
    for (uint32_t i = 0; i < s->kept_count; i++)
        arena_destroy(s->kept[i]);
    arena_destroy(s->arena);
    mem_free(s);
}

void session_stop(struct session *s)
{
    s->stopped = 1;
    struct exec *exec = s->exec;
    if (exec)
        exec_stop(exec);
}

bool session_is_stopped(const struct session *s)
{
    return s->stopped != 0;
}

void session_go_on(struct session *s)
{
    s->stopped = 0;
}
