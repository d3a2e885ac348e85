/* spec.c -- see spec.h: files, their cases, and what is said of them. */
#include "spec/spec.h"

#include "base/clock.h"
#include "spec/spec_file.h"
#include "spec/spec_report.h"
#include "sql/diag.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <unistd.h>

enum { SHUFFLED_RUNS = 10, REPORT_LIMIT = 16 << 20 };

static volatile sig_atomic_t stopped;

void spec_stop(void)
{
    stopped = 1;
}

bool spec_is_stopped(void)
{
    return stopped != 0;
}

struct runner {
    const struct spec_config *config;
    struct arena *arena; /* paths and outcomes */
    struct spec_report report;
    struct buf out;
    uint32_t results[SPEC_FAILED + 1];
};

static void write_out(struct runner *r)
{
    for (size_t at = 0; at < r->out.size;) {
        ssize_t n = write(r->config->out_fd, r->out.data + at, r->out.size - at);
        if (n < 0 && errno != EINTR)
            break; /* nobody reads it any more */
        at += n > 0 ? (size_t)n : 0;
    }
    buf_clear(&r->out);
}

static int say_error(const struct spec_config *config, const struct error *err, int status)
{
    struct buf text;
    buf_init(&text, 64 << 10);
    diag_print(&text, err, STR(""), STR(""));
    ssize_t ignored = write(config->err_fd, text.data, text.size);
    (void)ignored;
    buf_done(&text);
    return status;
}

static enum code add(struct runner *r, struct spec_outcome *outcome, const struct buf *details,
                     struct error *err)
{
    outcome->details = details->size > 0 ? buf_view(details) : STR("");
    r->results[outcome->result]++;
    TRY(spec_report_add(&r->report, outcome, &r->out, err));
    write_out(r);
    return OK;
}

/* As it is written, and then in other orders, up to the first that is not met. */
static enum spec_result run_case(struct runner *r, struct spec_how *how, struct buf *details)
{
    how->seed = 0;
    enum spec_result result = spec_case_run(how, details);
    if (!r->config->shuffle || how->which->is_ordered)
        return result;
    for (uint32_t i = 0; i < SHUFFLED_RUNS && result == SPEC_MET; i++) {
        how->seed = r->config->seed + i;
        result = spec_case_run(how, details);
    }
    if (result != SPEC_MET && how->seed > 0)
        buf_printf(details,
                   "shuffled with seed %" PRIu64 "; again: weir test " STR_FMT
                   " --shuffle --seed %" PRIu64 "\n",
                   how->seed, STR_ARG(how->path), how->seed);
    return result;
}

static enum code run_cases(struct runner *r, struct str path, const struct spec_script *script,
                           struct error *err)
{
    struct buf details;
    enum code code = OK;
    buf_init(&details, REPORT_LIMIT);
    for (uint32_t i = 0; i < script->case_count && code == OK && !stopped; i++) {
        struct spec_how how = {
            .config = r->config->session, .path = path, .script = script, .which = &script->cases[i]
        };
        int64_t begun_us = clock_monotonic_us();
        buf_clear(&details);
        struct spec_outcome outcome = { .file = path, .name = script->cases[i].name };
        outcome.result = run_case(r, &how, &details);
        outcome.wall_us = clock_monotonic_us() - begun_us;
        if (!stopped)
            code = add(r, &outcome, &details, err);
    }
    buf_done(&details);
    return code;
}

static enum code refuse_file(struct runner *r, struct str path, struct str text,
                             const struct error *why, struct error *err)
{
    struct buf details;
    buf_init(&details, REPORT_LIMIT);
    diag_print(&details, why, path, text);
    struct spec_outcome outcome = { .file = path, .name = STR(""), .result = SPEC_REFUSED };
    enum code code = add(r, &outcome, &details, err);
    buf_done(&details);
    return code;
}

static enum code run_file(struct runner *r, struct str path, struct error *err)
{
    struct error why = { .code = OK };
    struct spec_script *script = NULL;
    struct str text = STR("");
    struct arena *arena = arena_create();
    if (!arena)
        return error_nomem(err);
    enum code code = spec_file_read(arena, path, &text, &why);
    if (code == OK)
        code = spec_parse(arena, text, &script, &why);
    if (code == OK && script->case_count == 0)
        code = error_set(&why, E_PLAN, "there is no case in this file");
    code = code == OK ? run_cases(r, path, script, err) : refuse_file(r, path, text, &why, err);
    arena_destroy(arena);
    return code;
}

static int status_of(const struct runner *r)
{
    return stopped                        ? SPEC_STATUS_STOPPED
           : r->results[SPEC_REFUSED] > 0 ? SESSION_REFUSED
           : r->results[SPEC_FAILED] > 0  ? SESSION_FAILED
           : r->results[SPEC_UNMET] > 0   ? SPEC_STATUS_UNMET
                                          : SESSION_OK;
}

static enum code run_all(struct runner *r, const struct spec_paths *paths, struct error *err)
{
    for (uint32_t i = 0; i < paths->count && !stopped; i++)
        TRY(run_file(r, paths->items[i], err));
    r->report.is_stopped = stopped;
    spec_report_end(&r->report, &r->out);
    TRY(buf_check(&r->out, err));
    write_out(r);
    return OK;
}

int spec_run(const struct spec_config *config)
{
    struct error err = { .code = OK };
    struct runner r = { .config = config };
    struct spec_paths paths = { .count = 0 };
    if (!(r.arena = arena_create()))
        return say_error(config, (error_nomem(&err), &err), SESSION_FAILED);
    buf_init(&r.out, REPORT_LIMIT);
    r.report = (struct spec_report){ .format = config->format,
                                     .is_terminal = config->is_terminal,
                                     .arena = r.arena };
    enum code code = OK;
    for (uint32_t i = 0; i < config->path_count && code == OK; i++)
        code = spec_paths_add(r.arena, &paths, config->paths[i], &err);
    int status;
    if (code != OK)
        status = say_error(config, &err, SESSION_USAGE);
    else if (run_all(&r, &paths, &err) != OK)
        status = say_error(config, &err, SESSION_FAILED);
    else
        status = status_of(&r);
    buf_done(&r.out);
    arena_destroy(r.arena);
    return status;
}
