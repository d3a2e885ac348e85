/* client_print.h -- how answers of jobs are shown. */
#pragma once

#include "base/arena.h"
#include "base/str.h"

struct json_value;

/* A job in the list of `weir ps`; `status` is NULL if it does not answer. */
struct client_job {
    struct str name;
    int pid; /* 0: not known */
    const struct json_value *status;
};

enum { CLIENT_TEXT_MAX = 64 << 20 };

/* A line a job under a line of headings. */
void client_print_jobs(struct buf *out, struct arena *arena, const struct client_job *jobs,
                       uint32_t count);
/* Everything of one job: sources, sinks, operators. */
void client_print_job(struct buf *out, struct arena *arena, const struct json_value *status);

/* What holds each sink up. */
void client_print_why(struct buf *out, struct arena *arena, const struct json_value *reply);

/* "12 s", "3 min", "2.5 h" */
void client_print_duration(struct buf *out, double seconds);
