/* session_core.h -- inside of the session: what its files share. */
#pragma once

#include "catalog/catalog.h"
#include "base/clock.h"
#include "bind/bind.h"
#include "session/console.h"
#include "session/dialect.h"
#include "session/findings.h"
#include "session/profile.h"
#include "session/render.h"
#include "session/resolve.h"
#include "session/session.h"
#include "session/setting.h"

#include <stdatomic.h>

struct ast_names;
struct ast_node;
struct ast_script;
struct ast_show;
struct ast_describe;
struct ast_drop;
struct ast_set;
struct ast_reset;
struct ast_use;
struct door;
struct exec;

/* A text given to the session; all of them stand behind each other in session->source, so that
 * every position of the catalog stays good. */
struct session_piece {
    struct str name;
    uint32_t offset;
    uint32_t size;
};

struct session {
    struct session_config config;
    struct arena *arena; /* catalog, settings, profile */
    struct console console;
    struct catalog *catalog;
    struct settings settings;
    struct profile *profile; /* NULL: none */
    struct dialect_signs signs;
    struct clock clock;
    struct buf source; /* all texts */
    struct session_piece *pieces;
    uint32_t piece_count, piece_cap;
    bool separately;     /* errors are shown in their piece alone */
    struct arena **kept; /* of texts that the catalog points into */
    uint32_t kept_count, kept_cap;
    struct error *warned; /* so that no warning is said twice */
    uint32_t warned_count, warned_cap;
    bool is_finding; /* errors and warnings of a file are gathered, and said in the end */
    struct findings findings;
    struct buf message;    /* what is being said; has room before it is needed */
    bool is_out_of_memory; /* found out where no error could be answered */
    bool mute;             /* check: nothing but errors and warnings is printed */
    bool explains;         /* what there is to say of the plan is said below it */
    uint32_t job_count;    /* run so far */
    int64_t begun_us;      /* monotonic */
    int64_t cpu_us;        /* accounted for in summaries so far */
    bool offers_door;      /* what runs can be asked what it does */
    /* Read by signal handlers, and by the thread of the door. */
    _Atomic(struct exec *) exec; /* what runs now */
    atomic_int stopped;
};

/* ---- session.c ---- */

/* Prints the error and answers the status it stands for. */
enum session_status session_report(struct session *s, const struct error *err);
/* The same for an error of a running job. */
enum session_status session_report_failed(struct session *s, const struct error *err);
void session_warn(void *self, const struct error *warning);
/* An error of a file behind which binding goes on: see bind_hooks.found. */
void session_found(void *self, const struct error *err);
/* Says all that was found in a file, `code` being what came of it; `counts`: and how much it is,
 * else only where there are several errors. */
enum session_status session_report_findings(struct session *s, enum code code, bool counts);
enum session_status session_findings_status(const struct session *s, enum code code);
/* An empty buffer for a message, and the way to say what is in it. */
struct buf *session_message(struct session *s);
void session_say(struct session *s);
/* Puts a text behind the others. */
enum code session_add_source(struct session *s, struct str name, struct str text,
                             struct error *err) WEIR_CHECKED;
/* Takes the last text away again (nothing points into it any more). */
void session_drop_source(struct session *s);
/* Of the terminal that results go to, as it is now; 0: they go to none. */
uint32_t session_columns(const struct session *s);
/* How results are printed now. */
enum code session_render_options(struct session *s, struct render_options *ret,
                                 struct error *err) WEIR_CHECKED;
enum code session_put_setting(struct session *s, enum setting_level level,
                              const struct option *pair, struct error *err) WEIR_CHECKED;

/* ---- job.c: INSERTs and SELECTs from binding to the summary ---- */

struct job {
    struct session *session;
    struct arena *arena;
    struct bind_env env;
    const char *dialect_reason;
    struct bind_hooks hooks;
    struct resolver resolver;
    struct binder *binder;
    uint32_t insert_count;
    uint32_t select_count;
    const struct plan_job *plan;           /* that runs, for whom asks at the door */
    const struct session_explain *analyze; /* what is printed is not the results of SELECTs, which
                                              nobody sees, but the plan; NULL: it is not */
};

/* Settles dialect, time zone and clock from the settings as they are now. */
enum code job_begin(struct job *job, struct session *s, struct arena *arena, bool is_run,
                    struct error *err) WEIR_CHECKED;
bool job_is_statement(const struct ast_node *node); /* INSERT, a query, a statement set, ... */
bool job_is_create_as(const struct ast_node *node); /* ... CREATE TABLE ... AS */
enum code job_add(struct job *job, const struct ast_node *node, struct error *err) WEIR_CHECKED;
enum code job_plan(struct job *job, struct plan_job **ret, struct error *err) WEIR_CHECKED;
/* Memory for the state of all its operators; 0: no limit. */
uint64_t job_state_limit(const struct session *s);
/* Runs it; errors are printed. */
enum session_status job_run(struct job *job, struct plan_job *plan);

/* ---- job_door.c ---- */

/* *ret stays NULL where the job cannot, or is not to be asked. */
enum code job_open_door(struct job *job, const struct plan_job *plan, struct door **ret,
                        struct error *err) WEIR_CHECKED;

/* ---- script.c ---- */

/* A statement that is no part of a job: DDL, SHOW, EXPLAIN ... `job` binds DDL; NULL for SET. */
enum code script_statement(struct session *s, struct job *job, const struct ast_node *node,
                           struct error *err) WEIR_CHECKED;
/* E_UNSUPPORTED, naming the statement. */
enum code script_unsupported(const struct ast_node *node, struct error *err);

/* ---- explain.c ---- */

enum code explain_statement(struct session *s, const struct ast_node *node,
                            struct error *err) WEIR_CHECKED;
bool explain_is_analyze(const struct ast_node *node);
/* EXPLAIN ANALYZE: runs the statement; errors are printed. */
enum session_status explain_analyze(struct session *s, const struct ast_node *node);
struct plan_text_options explain_text_options(const struct session *s);
enum code explain_print(struct session *s, const struct plan_job *plan,
                        const struct session_explain *options, struct error *err) WEIR_CHECKED;

/* ---- show.c, show_create.c ---- */

enum code show_statement(struct session *s, const struct ast_show *node,
                         struct error *err) WEIR_CHECKED;
enum code show_describe(struct session *s, const struct ast_describe *node,
                        struct error *err) WEIR_CHECKED;
enum code show_settings(struct session *s, struct str key, struct error *err) WEIR_CHECKED;
/* Whose name ends the path; E_NAME for another catalog or database. */
enum code show_object_name(const struct ast_names *path, struct str *ret,
                           struct error *err) WEIR_CHECKED;
/* E_NAME, with what was probably meant.  `what`: "table", "view", or both. */
enum code show_unknown_object(struct session *s, struct str name, struct span span,
                              const char *what, struct error *err);
enum code show_jobs(struct session *s, struct error *err) WEIR_CHECKED; /* show_jobs.c */
void show_put_create_table(struct buf *out, const struct catalog_table *table);
void show_put_create_view(struct buf *out, const struct catalog_view *view);
