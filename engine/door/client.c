/* client.c -- see client.h. */
#include "door/client.h"

#include "base/arena.h"
#include "base/clock.h"
#include "base/memory.h"
#include "base/nearest.h"
#include "door/where.h"

#include <errno.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { ANSWER_BYTES_MAX = 128 << 20, READ_BYTES = 64 << 10 };

struct client {
    int fd;
    pid_t pid;      /* of the job; 0: not known here */
    int process_fd; /* readable once it has ended; -1: the system has no such thing */
    struct buf in;
    size_t taken; /* of in, by the line before */
};

/* ---- who runs ----------------------------------------------------------------------------- */

struct listing {
    struct arena *arena;
    const struct where *where;
    struct str *names;
    uint32_t count, cap;
    struct error *err;
};

static enum code add_name(void *self, struct str name)
{
    struct listing *list = self;
    struct error unsaid;
    int fd;
    enum code code = where_connect(list->where, name, &fd, &unsaid);
    if (code == E_NAME || code == E_LIMIT)
        return OK; /* it has been killed, or none of ours made the name */
    if (code == OK)
        close(fd);
    struct str kept = arena_str(list->arena, name);
    return kept.data && ARENA_PUSH(list->arena, list->names, list->count, list->cap, kept)
               ? OK
               : error_nomem(list->err);
}

static enum code list_names(const struct where *where, struct arena *arena, struct str **ret,
                            uint32_t *ret_count, struct error *err)
{
    struct listing list = { .arena = arena, .where = where, .err = err };
    TRY(where_list(where, add_name, &list, err));
    *ret = list.names;
    *ret_count = list.count;
    return OK;
}

enum code client_list(struct arena *arena, struct str **ret, uint32_t *ret_count, struct error *err)
{
    struct where where;
    TRY(where_open(false, &where, err));
    enum code code = list_names(&where, arena, ret, ret_count, err);
    where_close(&where);
    return code;
}

/* What is running, and which of them may have been meant. */
static enum code fail_unknown(const struct where *where, struct str name, struct error *err)
{
    struct str *names = NULL;
    uint32_t count = 0;
    struct arena *arena = arena_create();
    if (!arena || list_names(where, arena, &names, &count, err) != OK) {
        arena_destroy(arena);
        return err ? err->code : E_IO;
    }
    struct buf text;
    struct nearest nearest;
    buf_init(&text, 600);
    nearest_begin(&nearest, name);
    for (uint32_t i = 0; i < count; i++) {
        buf_printf(&text, "%s\"" STR_FMT "\"", i > 0 ? ", " : "", STR_ARG(names[i]));
        nearest_add(&nearest, names[i]);
    }
    error_set(err, E_USAGE, "no job called \"" STR_FMT "\" is running", STR_ARG(name));
    struct str best = nearest_end(&nearest);
    if (count == 0)
        error_detail(err, "No job is running.");
    else
        error_detail(err, "Running: " STR_FMT "%s.", STR_ARG(buf_view(&text)),
                     text.failed ? ", ..." : "");
    if (best.data)
        error_hint(err, "Perhaps you meant \"" STR_FMT "\".", STR_ARG(best));
    buf_done(&text);
    arena_destroy(arena);
    return E_USAGE;
}

/* ---- a connection --------------------------------------------------------------------------- */

static bool is_name(struct str name)
{
    return name.size > 0 && name.data[0] != '.' && str_find_byte(name, '/') == (size_t)-1;
}

static enum code connect_to(struct str name, int *ret_fd, struct error *err)
{
    struct where where;
    TRY(where_open(false, &where, err));
    enum code code =
        where.fd >= 0 && is_name(name) ? where_connect(&where, name, ret_fd, err) : E_NAME;
    if (code == E_NAME || code == E_LIMIT)
        code = fail_unknown(&where, name, err);
    where_close(&where);
    return code;
}

static void find_process(struct client *client)
{
    struct ucred who;
    socklen_t size = sizeof who;
    client->process_fd = -1;
    if (getsockopt(client->fd, SOL_SOCKET, SO_PEERCRED, &who, &size) != 0 || who.pid <= 0)
        return;
    client->pid = who.pid;
    client->process_fd = (int)syscall(SYS_pidfd_open, who.pid, 0);
}

enum code client_open(struct str name, struct client **ret, struct error *err)
{
    int fd;
    TRY(connect_to(name, &fd, err));
    struct client *client = mem_zalloc(sizeof *client);
    if (!client) {
        close(fd);
        return error_nomem(err);
    }
    client->fd = fd;
    find_process(client);
    buf_init(&client->in, ANSWER_BYTES_MAX);
    *ret = client;
    return OK;
}

void client_close(struct client *client)
{
    if (!client)
        return;
    close(client->fd);
    if (client->process_fd >= 0)
        close(client->process_fd);
    buf_done(&client->in);
    mem_free(client);
}

int client_process(const struct client *client)
{
    return (int)client->pid;
}

/* ---- lines ---------------------------------------------------------------------------------- */

/* False: the time is over. An interrupted wait ends, too: the caller may want to leave. */
static bool wait_for(int fd, short events, int64_t due_us)
{
    struct pollfd state = { .fd = fd, .events = events };
    int64_t left_us = due_us - clock_monotonic_us();
    return poll(&state, 1, (int)MAX((left_us + 999) / 1000, 0)) > 0;
}

static enum code fail_late(struct error *err)
{
    return error_set(err, E_RETRY, "the job does not answer");
}

enum code client_send(struct client *client, const struct request *request, struct error *err)
{
    struct buf line;
    buf_init(&line, REQUEST_BYTES_MAX);
    request_write(&line, request);
    enum code code = buf_check(&line, err);
    int64_t due_us = clock_monotonic_us() + CLIENT_ANSWER_MS * 1000LL;
    for (size_t sent = 0; code == OK && sent < line.size;) {
        ssize_t n = send(client->fd, line.data + sent, line.size - sent, MSG_NOSIGNAL);
        if (n > 0)
            sent += (size_t)n;
        else if (errno != EAGAIN && errno != EINTR)
            code = error_set(err, E_CANCELLED, "the job has ended");
        else if (!wait_for(client->fd, POLLOUT, due_us))
            code = fail_late(err);
    }
    buf_done(&line);
    return code;
}

enum code client_next(struct client *client, int64_t timeout_ms, struct str *ret, struct error *err)
{
    int64_t due_us = clock_monotonic_us() + timeout_ms * 1000;
    struct buf *in = &client->in;
    if (client->taken > 0) {
        memmove(in->data, in->data + client->taken, in->size - client->taken);
        in->size -= client->taken;
        client->taken = 0;
    }
    for (size_t seen = 0;;) {
        size_t end = str_find_byte(str_make(in->data + seen, in->size - seen), '\n');
        if (end != (size_t)-1) {
            *ret = str_make(in->data, seen + end);
            client->taken = seen + end + 1;
            return OK;
        }
        seen = in->size;
        if (!buf_reserve(in, READ_BYTES))
            return buf_check(in, err);
        ssize_t n = recv(client->fd, in->data + in->size, READ_BYTES, 0);
        if (n > 0)
            in->size += (size_t)n;
        else if (n == 0 || (errno != EAGAIN && errno != EINTR))
            return error_set(err, E_CANCELLED, "the job has ended");
        else if (!wait_for(client->fd, POLLIN, due_us))
            return fail_late(err);
    }
}

bool client_has_line(const struct client *client)
{
    struct str rest = buf_view(&client->in);
    rest = str_make(rest.data + client->taken, rest.size - client->taken);
    return str_find_byte(rest, '\n') != (size_t)-1;
}

enum code client_ask(struct client *client, const struct request *request, int64_t timeout_ms,
                     struct str *ret, struct error *err)
{
    TRY(client_send(client, request, err));
    return client_next(client, timeout_ms, ret, err);
}

bool client_wait_for_end(struct client *client, int64_t timeout_ms)
{
    int64_t due_us = clock_monotonic_us() + timeout_ms * 1000;
    if (client->process_fd >= 0)
        return wait_for(client->process_fd, POLLIN, due_us);
    /* As good as it gets: until its door is shut. */
    char piece[512];
    for (;;) {
        ssize_t n = recv(client->fd, piece, sizeof piece, 0);
        if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR))
            return true;
        if (n < 0 && !wait_for(client->fd, POLLIN, due_us))
            return false;
    }
}
