/* remote_wait.h -- what the threads of this folder wait with: conditions with a limit on the
 * monotonic clock, an event that the engine can poll, and pauses that grow. */
#pragma once

#include "base/error.h"
#include "base/str.h"

#include <pthread.h>

/* A lock and the condition that goes with it. */
struct remote_gate {
    pthread_mutex_t lock;
    pthread_cond_t changed;
};

void remote_gate_init(struct remote_gate *gate);
void remote_gate_done(struct remote_gate *gate);
/* Waits, with the lock held, for a signal, at most until clock_monotonic_us() is limit_us
 * (INT64_MAX: no limit).  May also return for no reason. */
void remote_gate_wait(struct remote_gate *gate, int64_t limit_us);

/* Starts a thread that takes no signals; "MySQL" and "sink" make its name. */
enum code remote_thread_start(pthread_t *ret, const char *system, const char *role,
                              void *(*run)(void *), void *arg, struct error *err) WEIR_CHECKED;

/* An eventfd that does not block. */
enum code remote_event_create(int *ret, struct error *err) WEIR_CHECKED;
void remote_event_set(int fd);
void remote_event_clear(int fd);

/* The pause before attempt `attempt` + 2: 100 ms, doubled each time up to 5 s, of which up to half
 * is left to chance, so that many clients do not come back in step. */
int64_t remote_pause_us(uint32_t attempt);

/* What the engine may be told: E_RETRY and no code at all become E_IO. */
enum code remote_final_code(struct error *err);
