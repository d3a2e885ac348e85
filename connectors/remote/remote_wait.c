/* remote_wait.c -- see remote_wait.h. */
#include "remote/remote_wait.h"

#include "base/clock.h"
#include "base/hash.h"

#include <errno.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

enum { PAUSE_FIRST_MS = 100, PAUSE_MAX_MS = 5000 };

void remote_gate_init(struct remote_gate *gate)
{
    pthread_condattr_t attr;
    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    pthread_mutex_init(&gate->lock, NULL);
    pthread_cond_init(&gate->changed, &attr);
    pthread_condattr_destroy(&attr);
}

void remote_gate_done(struct remote_gate *gate)
{
    pthread_cond_destroy(&gate->changed);
    pthread_mutex_destroy(&gate->lock);
}

void remote_gate_wait(struct remote_gate *gate, int64_t limit_us)
{
    if (limit_us == INT64_MAX) {
        pthread_cond_wait(&gate->changed, &gate->lock);
        return;
    }
    struct timespec limit = { .tv_sec = limit_us / 1000000, .tv_nsec = limit_us % 1000000 * 1000 };
    pthread_cond_timedwait(&gate->changed, &gate->lock, &limit);
}

enum code remote_thread_start(pthread_t *ret, const char *system, const char *role,
                              void *(*run)(void *), void *arg, struct error *err)
{
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int wrong = pthread_create(ret, NULL, run, arg);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (wrong)
        return error_set(err, E_LIMIT, "could not start a thread for %s: %s", system,
                         strerror(wrong));
    char name[16]; /* all that Linux takes */
    snprintf(name, sizeof name, "%.8s %s", system, role);
    pthread_setname_np(*ret, name);
    return OK;
}

enum code remote_event_create(int *ret, struct error *err)
{
    int fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (fd < 0)
        return error_set(err, E_LIMIT, "could not make an event: %s", strerror(errno));
    *ret = fd;
    return OK;
}

void remote_event_set(int fd)
{
    int ignored = eventfd_write(fd, 1); /* fails only when it is set already */
    (void)ignored;
}

void remote_event_clear(int fd)
{
    eventfd_t count;
    int ignored = eventfd_read(fd, &count); /* fails only when it is not set */
    (void)ignored;
}

int64_t remote_pause_us(uint32_t attempt)
{
    static atomic_uint_least64_t drawn;
    int64_t pause_us = (int64_t)MIN(PAUSE_FIRST_MS << MIN(attempt, 10u), PAUSE_MAX_MS) * 1000;
    uint64_t chance =
        hash_u64((uint64_t)clock_monotonic_us(), atomic_fetch_add(&drawn, 1) + (uint64_t)getpid());
    return pause_us - (int64_t)(chance % (uint64_t)(pause_us / 2 + 1));
}

enum code remote_final_code(struct error *err)
{
    if (err->code == OK || err->code == E_RETRY)
        err->code = E_IO;
    return err->code;
}
