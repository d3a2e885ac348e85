/* loopback.c -- see loopback.h. */
#include "support/loopback.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { REQUEST_MAX = 64 << 20, WAIT_S = 20 };

static void give_up(const char *what)
{
    perror(what);
    abort();
}

/* False: the test goes away. */
static bool wait_readable(struct loopback *s, int fd)
{
    struct pollfd fds[2] = { { .fd = s->stop_fd, .events = POLLIN },
                             { .fd = fd, .events = POLLIN } };
    while (poll(fds, 2, -1) < 0)
        ;
    return fds[0].revents == 0;
}

static size_t body_size(const struct buf *head)
{
    static const char name[] = "\ncontent-length:";
    for (size_t i = 0; i + sizeof name - 1 < head->size; i++)
        if (strncasecmp(head->data + i, name, sizeof name - 1) == 0)
            return strtoul(head->data + i + sizeof name - 1, NULL, 10);
    return 0;
}

/* The end of the head, 0: not there yet. */
static size_t head_size(const struct buf *in)
{
    const char *end = in->size > 0 ? memmem(in->data, in->size, "\r\n\r\n", 4) : NULL;
    return end ? (size_t)(end - in->data) + 4 : 0;
}

static bool is_complete(const struct buf *in)
{
    size_t head = head_size(in);
    return head > 0 && in->size >= head + body_size(in);
}

/* Clients of these tests wait for the reply before they send another request. */
static bool read_request(struct loopback *s, int fd, struct buf *in)
{
    char part[16384];
    buf_clear(in);
    while (!is_complete(in)) {
        if (!wait_readable(s, fd))
            return false;
        ssize_t n = read(fd, part, sizeof part);
        if (n <= 0)
            return false;
        buf_put(in, part, (size_t)n);
        buf_cstr(in);
    }
    return true;
}

/* What the script says; the bytes are in `out` then. */
static enum loopback_end next_step(struct loopback *s)
{
    struct loopback_step step = { STR(""), LOOPBACK_CLOSE };
    pthread_mutex_lock(&s->lock);
    if (s->step_count > 0)
        step = s->steps[s->requests < s->step_count ? s->requests : s->step_count - 1];
    buf_clear(&s->out);
    buf_str(&s->out, step.bytes);
    buf_clear(&s->last);
    buf_str(&s->last, buf_view(&s->in));
    s->requests++;
    pthread_cond_broadcast(&s->changed);
    pthread_mutex_unlock(&s->lock);
    return step.end;
}

/* The client may be gone before it has read all of it. */
static void send_all(struct loopback *s, int fd, struct str bytes)
{
    while (bytes.size > 0) {
        struct pollfd fds[2] = { { .fd = s->stop_fd, .events = POLLIN },
                                 { .fd = fd, .events = POLLOUT } };
        poll(fds, 2, -1);
        if (fds[0].revents != 0)
            return;
        ssize_t n = send(fd, bytes.data, bytes.size, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (n <= 0)
            return;
        bytes = str_make(bytes.data + n, bytes.size - (size_t)n);
    }
}

static void serve(struct loopback *s, int fd)
{
    char ignored;
    while (read_request(s, fd, &s->in)) {
        enum loopback_end end = next_step(s);
        send_all(s, fd, buf_view(&s->out));
        if (end == LOOPBACK_CLOSE)
            break;
        if (end == LOOPBACK_STALL && (!wait_readable(s, fd) || read(fd, &ignored, 1) <= 0))
            break;
    }
}

static void *run(void *self)
{
    struct loopback *s = self;
    while (wait_readable(s, s->listener)) {
        int fd = accept4(s->listener, NULL, NULL, SOCK_CLOEXEC);
        if (fd < 0)
            continue;
        pthread_mutex_lock(&s->lock);
        s->connections++;
        pthread_mutex_unlock(&s->lock);
        serve(s, fd);
        close(fd);
    }
    return NULL;
}

struct loopback *loopback_start(void)
{
    struct loopback *s = calloc(1, sizeof *s);
    struct sockaddr_in at = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t size = sizeof at;
    if (!s)
        give_up("loopback");
    s->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    s->stop_fd = eventfd(0, EFD_CLOEXEC);
    if (s->listener < 0 || s->stop_fd < 0 ||
        bind(s->listener, (struct sockaddr *)&at, sizeof at) != 0 || listen(s->listener, 8) != 0 ||
        getsockname(s->listener, (struct sockaddr *)&at, &size) != 0)
        give_up("loopback");
    s->port = ntohs(at.sin_port);
    snprintf(s->address, sizeof s->address, "127.0.0.1:%d", s->port);
    buf_init(&s->in, REQUEST_MAX);
    buf_init(&s->out, REQUEST_MAX);
    buf_init(&s->last, REQUEST_MAX);
    pthread_mutex_init(&s->lock, NULL);
    pthread_cond_init(&s->changed, NULL);
    if (pthread_create(&s->thread, NULL, run, s) != 0)
        give_up("loopback");
    return s;
}

void loopback_stop(struct loopback *s)
{
    eventfd_write(s->stop_fd, 1);
    pthread_join(s->thread, NULL);
    close(s->listener);
    close(s->stop_fd);
    buf_done(&s->in);
    buf_done(&s->out);
    buf_done(&s->last);
    pthread_cond_destroy(&s->changed);
    pthread_mutex_destroy(&s->lock);
    free(s);
}

void loopback_script(struct loopback *s, const struct loopback_step *steps, uint32_t count)
{
    pthread_mutex_lock(&s->lock);
    memcpy(s->steps, steps, count * sizeof *steps);
    s->step_count = count;
    s->requests = s->connections = 0;
    pthread_mutex_unlock(&s->lock);
}

uint32_t loopback_requests(struct loopback *s)
{
    pthread_mutex_lock(&s->lock);
    uint32_t count = s->requests;
    pthread_mutex_unlock(&s->lock);
    return count;
}

uint32_t loopback_connections(struct loopback *s)
{
    pthread_mutex_lock(&s->lock);
    uint32_t count = s->connections;
    pthread_mutex_unlock(&s->lock);
    return count;
}

void loopback_wait(struct loopback *s, uint32_t requests)
{
    struct timespec limit;
    clock_gettime(CLOCK_REALTIME, &limit);
    limit.tv_sec += WAIT_S;
    pthread_mutex_lock(&s->lock);
    while (s->requests < requests && pthread_cond_timedwait(&s->changed, &s->lock, &limit) == 0)
        ;
    pthread_mutex_unlock(&s->lock);
}

const char *loopback_last(struct loopback *s)
{
    pthread_mutex_lock(&s->lock);
    const char *text = buf_cstr(&s->last);
    pthread_mutex_unlock(&s->lock);
    return text;
}
