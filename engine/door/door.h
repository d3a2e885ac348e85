/* door.h -- a door into a running job: it answers who asks what the job is doing.
 *
 * A thread of its own sleeps until somebody comes, to a socket of the user (where.h) or, over
 * HTTP, to a port of this machine alone.  Requests and answers are lines of JSON (request.h,
 * answer.h); HTTP has GET /metrics and GET /status.  Nobody who asks can hold the job up: lines,
 * answers and connections have bounds, and whoever does not read is let go. */
#pragma once

#include "base/error.h"
#include "base/str.h"
#include "plan/plan.h"

struct door;
struct exec;
struct exec_stats;
struct exec_view;
struct zone;

enum { DOOR_NO_HTTP = -1, DOOR_ANY_PORT = 0 };

/* How a plan is to look. */
struct door_form {
    bool is_json;
    uint32_t columns; /* of the terminal that it is for; 0: none */
    bool color;
};

/* Called on the door's thread, but for warn(), which is called by door_open(). */
struct door_hooks {
    void *self;
    /* Asks for a drained stop. */
    void (*stop)(void *self);
    /* The plan with what its operators have done; `earlier`, from which rates count, may be NULL.
     * Optional. */
    enum code (*explain)(void *self, const struct exec_view *now, const struct exec_view *earlier,
                         const struct door_form *form, struct buf *out, struct error *err);
    /* What is not offered, or offered otherwise than expected. */
    void (*warn)(void *self, const struct error *warning);
};

/* Everything is borrowed until door_close(). */
struct door_config {
    struct str name;      /* of the job: good (where.h) */
    bool name_is_given;   /* nothing else will do */
    struct str file;      /* as it was given to the command */
    struct str version;   /* of weir */
    struct str state_dir; /* .size 0: none */
    int http_port;        /* or DOOR_NO_HTTP, DOOR_ANY_PORT */
    const struct plan_job *plan;
    struct str job_text;
    const struct zone *zone; /* in which times are told */
    struct door_hooks hooks;
};

/* Before the job's tables are opened.  What cannot be offered is told to warn(), and *ret may
 * be NULL; E_USAGE only where somebody asked for it: the name is taken, or the port. */
enum code door_open(const struct door_config *config, struct door **ret,
                    struct error *err) WEIR_CHECKED;
/* What can be looked at from now on, and until door_close(). NULL as door is fine, here and below. */
void door_show(struct door *door, struct exec *exec);
/* About once a second, on the thread of the job: for the rate. */
void door_progress(struct door *door, const struct exec_stats *stats);
/* Whoever waits hears that the job has ended.  Before exec_destroy(). */
void door_close(struct door *door);

/* How clients call the job; empty where it has no socket. */
struct str door_name(const struct door *door);
/* DOOR_NO_HTTP: none. */
int door_port(const struct door *door);
