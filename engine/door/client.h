/* client.h -- the other side of the door: running jobs by name.
 *
 * E_USAGE stands for wrong use (no job of that name, something that the job does not have), E_IO for
 * a job that does not answer.  Errors name what is running. */
#pragma once

#include "base/error.h"
#include "base/str.h"
#include "door/request.h"

struct client;

enum { CLIENT_ANSWER_MS = 10 * 1000 /* for an answer that takes no time by itself */ };

enum code client_open(struct str name, struct client **ret, struct error *err) WEIR_CHECKED;
void client_close(struct client *client); /* NULL is fine */

enum code client_send(struct client *client, const struct request *request,
                      struct error *err) WEIR_CHECKED;
/* The next line, without its end; it lives until the next call.  E_RETRY: not within the time;
 * E_CANCELLED: the job has closed the door. */
enum code client_next(struct client *client, int64_t timeout_ms, struct str *ret,
                      struct error *err) WEIR_CHECKED;
/* Has the next line come already? */
bool client_has_line(const struct client *client);
/* Sends and takes the line that answers. */
enum code client_ask(struct client *client, const struct request *request, int64_t timeout_ms,
                     struct str *ret, struct error *err) WEIR_CHECKED;
/* The process of the job; 0: not known here. */
int client_process(const struct client *client);
/* Has the process of the job gone?  Waits for it. */
bool client_wait_for_end(struct client *client, int64_t timeout_ms);

/* Names of running jobs, in order; sockets that jobs have left behind are cleared away. */
enum code client_list(struct arena *arena, struct str **ret, uint32_t *ret_count,
                      struct error *err) WEIR_CHECKED;
