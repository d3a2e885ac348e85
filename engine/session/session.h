/* session.h -- statements from start to end: settings, profile, catalog, and running.
 *
 * A session prints by itself: results on one descriptor, errors, warnings and the closing
 * summary on the other.  What its functions answer is the status that the program ends
 * with.  One thread uses a session; session_stop() may be called from a signal handler. */
#pragma once

#include "base/error.h"
#include "base/str.h"

struct bind_env;
struct clock;
struct connector;
struct plan_job;
struct session;

enum session_status {
    SESSION_OK = 0,
    SESSION_USAGE = 1,   /* wrong use of the command line */
    SESSION_REFUSED = 2, /* syntax, names, types, plan, options */
    SESSION_FAILED = 3,  /* it failed while running */
};

struct session_pair {
    struct str key;
    struct str value;
};

struct session_config {
    int out_fd;
    int err_fd;
    bool out_is_terminal;
    bool err_is_terminal; /* progress may be shown */
    bool no_colours;      /* none are, and no line that only says how far a job is */
    uint32_t columns;     /* of that terminal */
    const char *dialect;  /* NULL: not given; so for the next ones */
    const char *profile;  /* a name or a file */
    const char *data_dir;
    const char *output;
    const char *parallelism;
    bool until_end;
    struct buf *said; /* takes errors and warnings in place of err_fd; NULL: nothing does */
    const char *name;       /* session_run(): what the job is called; NULL: as its file */
    bool has_metrics;       /* ... and whether its metrics are offered over HTTP */
    uint16_t metrics_port;  /* 0: any */
    const struct session_pair *sets; /* --set */
    uint32_t set_count;
};

/* The connectors of this build; NULL-terminated, static. Before the first session. */
void session_register_connectors(const struct connector *const *list);

/* What is wrong with the configuration is printed too; *ret is set if the answer is SESSION_OK.
 * The configuration and what it points to is borrowed for the life of the session. */
enum session_status session_create(const struct session_config *config, struct session **ret);
void session_destroy(struct session *s); /* NULL is fine */

/* A file as one job, which `weir ps` and the like can ask (door.h). `name` is what errors call it. */
enum session_status session_run(struct session *s, struct str name, struct str text);
/* Somebody else runs the job: what it is, and what the settings say of running it.  Lives as long
 * as the session. */
struct session_job {
    const struct plan_job *plan;
    const struct bind_env *env;
    struct clock *clock; /* that the plan goes by; may be moved */
    uint64_t state_limit_bytes;
};
/* A file planned as one job.  What is wrong with it is said. */
enum session_status session_plan(struct session *s, struct str name, struct str text,
                                 struct session_job *ret);
/* Says why that job failed, with its place in the file. */
void session_say_failed(struct session *s, const struct error *err);

/* Binds and plans everything, or, with syntax_only, reads it.  `format`: text (on the descriptor of
 * errors), json, sarif (on that of results): see session/findings.h. */
enum session_status session_check(struct session *s, struct str name, struct str text,
                                  bool syntax_only, struct str format);
/* What `weir explain` is asked for besides the job. */
struct session_explain {
    struct str format;               /* text, json, dot, mermaid, flink */
    const struct session_pair *keys; /* --keys COLUMN=N: how many values columns have */
    uint32_t key_count;
    bool analyze; /* runs the job, and says what each operator has done */
    struct str old_name, old_text; /* --diff: the job as it was; data NULL: none */
};
enum session_status session_explain(struct session *s, struct str name, struct str text,
                                    const struct session_explain *options);

/* Statements one after the other, up to the first that fails; the catalog and the settings stay
 * for the next call.  Positions in errors count from the text of the first call, or, with
 * `separately` (a prompt), from this one. */
enum session_status session_execute(struct session *s, struct str name, struct str text,
                                    bool separately);

/* Explains a topic on the results' descriptor; an empty one lists the topics.  SESSION_USAGE: there
 * is no such topic. */
enum session_status session_help(struct session *s, struct str topic);
bool session_has_help(struct str topic);
/* Appends an entry of a list, wrapped for the screen that results go to. */
void session_help_put(const struct session *s, struct buf *out, struct str name, const char *text);
/* Help on what the caller knows more of; more and example may be NULL. */
enum session_status session_help_entry(struct session *s, struct str form, const char *summary,
                                       const char *more, const char *example);

const struct session_config *session_config_of(const struct session *s);

/* A setting for the statements to come, as SET; value NULL: as RESET.  What is wrong is said, also
 * that one of the command line stands above it. */
enum session_status session_set(struct session *s, const char *key, const char *value);
/* The value in force; .data NULL: none. Good until the next statement. */
struct str session_setting(struct session *s, const char *key);
/* Results go into a file from now on (it is replaced); NULL: to where they went at first. */
enum session_status session_redirect(struct session *s, const char *path);

/* Shows the first messages of a table, a file or a topic (the first of these that there is), and the
 * CREATE TABLE that would read them. */
enum session_status session_peek(struct session *s, struct str name, uint32_t rows_max,
                                 struct buf *ret_table); /* gets that, too; NULL: nobody wants it */

/* Asks for a drained stop: what runs ends after what it has read, nothing else is begun. Only
 * writes what a signal handler may. */
void session_stop(struct session *s);
bool session_is_stopped(const struct session *s);
/* A prompt goes on after a stop. */
void session_go_on(struct session *s);
