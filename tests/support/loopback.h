/* loopback.h -- a server of HTTP on 127.0.0.1 that follows a script, for tests of clients.
 *
 * One thread serves one connection at a time.  Each request is written down, then answered by the
 * next step of the script (the last one again and again). */
#pragma once

#include "base/str.h"

#include <pthread.h>

enum { LOOPBACK_STEPS_MAX = 16 };

enum loopback_end {
    LOOPBACK_KEEP,  /* the connection stays open for the next request */
    LOOPBACK_CLOSE, /* closed behind the bytes */
    LOOPBACK_STALL, /* nothing more is sent, until the client or the test goes away */
};
struct loopback_step {
    struct str bytes; /* of the reply, status line and all; lent until the next script */
    enum loopback_end end;
};

struct loopback {
    int port;
    int listener, stop_fd;
    pthread_t thread;
    /* The thread's: request and reply. They are kept, so that it takes no memory while a test makes
     * that fail. */
    struct buf in, out;
    pthread_mutex_t lock; /* guards the rest */
    pthread_cond_t changed;
    struct loopback_step steps[LOOPBACK_STEPS_MAX];
    uint32_t step_count, requests, connections;
    struct buf last;  /* the request read last: head and body */
    char address[32]; /* "127.0.0.1:PORT"; set once */
};

/* Ends the program when it fails: no test can go on. */
struct loopback *loopback_start(void);
void loopback_stop(struct loopback *server);
/* From now on; counts begin anew. */
void loopback_script(struct loopback *server, const struct loopback_step *steps, uint32_t count);
uint32_t loopback_requests(struct loopback *server);
uint32_t loopback_connections(struct loopback *server);
/* Waits, with a limit, until there were that many requests. */
void loopback_wait(struct loopback *server, uint32_t requests);
/* The request read last, until the next one; followed by a NUL. */
const char *loopback_last(struct loopback *server);
