/* door.c -- the door's thread: it sleeps in poll() until somebody comes. */
#include "door/door_inner.h"

#include "base/arena.h"
#include "base/clock.h"
#include "base/memory.h"
#include "exec/exec.h"

#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    READ_BYTES = 8 << 10,
    HTTP_BACKLOG = 16,
    US_PER_MS = 1000,
    FDS_OWN = 3,           /* wake-up, socket, HTTP */
    ACCEPTS_MAX = 8,       /* between two looks at those who are here */
    ACCEPT_PAUSE_MS = 200, /* when there is no descriptor left for who comes */
};

static const double SMOOTH = 0.4; /* weight of the newest rate */

/* ---- connections ------------------------------------------------------------------------ */

static void close_conn(struct door *door, struct conn *conn)
{
    conn_let_go(door, conn);
    close(conn->fd);
    buf_done(&conn->in);
    buf_done(&conn->out);
    arena_destroy(conn->arena);
    mem_free(conn);
}

static void drop_conn(struct door *door, uint32_t at)
{
    close_conn(door, door->conns[at]);
    door->conns[at] = door->conns[--door->conn_count];
}

/* Is `a` to go rather than `b`?  Who waits for an answer is quiet by right. */
static bool goes_before(const struct conn *a, const struct conn *b)
{
    if ((a->state == CONN_ASKS) != (b->state == CONN_ASKS))
        return a->state == CONN_ASKS;
    return a->active_us < b->active_us;
}

static void make_room(struct door *door)
{
    uint32_t worst = 0;
    for (uint32_t i = 1; i < door->conn_count; i++)
        if (goes_before(door->conns[i], door->conns[worst]))
            worst = i;
    drop_conn(door, worst);
}

static bool add_conn(struct door *door, int fd, bool is_http)
{
    struct conn *conn = mem_zalloc(sizeof *conn);
    struct arena *arena = conn ? arena_create() : NULL;
    if (!arena) {
        mem_free(conn);
        close(fd);
        return false;
    }
    conn->fd = fd;
    conn->is_http = is_http;
    conn->arena = arena;
    conn->active_us = clock_monotonic_us();
    buf_init(&conn->in, REQUEST_BYTES_MAX);
    buf_init(&conn->out, ANSWER_BYTES_MAX);
    if (door->conn_count == CONNS_MAX)
        make_room(door);
    door->conns[door->conn_count++] = conn;
    return true;
}

/* Only the user, and root, may ask; the folder says so already. */
static bool is_welcome(int fd)
{
    struct ucred who;
    socklen_t size = sizeof who;
    return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &size) == 0 &&
           (who.uid == geteuid() || who.uid == 0);
}

/* False: there are no descriptors left. */
static bool accept_some(struct door *door, int listener, bool is_http)
{
    for (int i = 0; i < ACCEPTS_MAX; i++) {
        int fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd < 0)
            return errno != EMFILE && errno != ENFILE && errno != ENOBUFS && errno != ENOMEM;
        if (!is_http && !is_welcome(fd))
            close(fd);
        else if (!add_conn(door, fd, is_http))
            return false;
    }
    return true;
}

/* Takes what may be sent now; false: the other side is gone. */
static bool send_some(struct conn *conn, int64_t now_us)
{
    while (conn->sent < conn->out.size) {
        ssize_t n = send(conn->fd, conn->out.data + conn->sent, conn->out.size - conn->sent,
                         MSG_NOSIGNAL | MSG_DONTWAIT);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return errno == EAGAIN || errno == EWOULDBLOCK;
        conn->sent += (size_t)n;
        conn->active_us = now_us;
    }
    buf_clear(&conn->out);
    conn->sent = 0;
    return true;
}

/* A request out of what was read; false: there is no whole one. */
static bool take_request(struct door *door, struct conn *conn)
{
    if (conn->is_http)
        return conn_take_http(door, conn);
    size_t end = str_find_byte(buf_view(&conn->in), '\n');
    if (end == (size_t)-1) {
        if (conn->in.size < REQUEST_BYTES_MAX)
            return false;
        struct error err = { .code = OK };
        error_set(&err, E_LIMIT, "a request has %d bytes at most", REQUEST_BYTES_MAX - 1);
        answer_error(&conn->out, &err);
        conn->state = CONN_LEAVES;
        return true;
    }
    struct str line = str_trim(str_make(conn->in.data, end));
    if (line.size > 0)
        conn_ask(door, conn, line);
    memmove(conn->in.data, conn->in.data + end + 1, conn->in.size - end - 1);
    conn->in.size -= end + 1;
    return true;
}

/* False: it is over. */
static bool read_some(struct conn *conn, int64_t now_us)
{
    char piece[READ_BYTES];
    size_t room = MIN(sizeof piece, REQUEST_BYTES_MAX - conn->in.size);
    if (room == 0 || conn->has_ended)
        return true;
    ssize_t n = recv(conn->fd, piece, room, MSG_DONTWAIT);
    if (n < 0)
        return errno == EINTR || errno == EAGAIN || errno == EWOULDBLOCK;
    conn->has_ended = n == 0; /* it may still read what it has asked for */
    buf_put(&conn->in, piece, (size_t)n);
    if (n > 0)
        conn->active_us = now_us;
    return !conn->in.failed;
}

/* Everything that can be done for a connection now; false: it is to be closed. */
static bool serve(struct door *door, struct conn *conn, short events, int64_t now_us)
{
    /* What was asked by one that has left is done, but it waits for nothing any more. */
    if (events & (POLLERR | POLLNVAL) || (events & POLLHUP && !(events & POLLIN)))
        return false;
    if (events & POLLIN && !read_some(conn, now_us))
        return false;
    conn_go_on(door, conn, now_us);
    while (conn->state == CONN_ASKS && conn->out.size == 0 && take_request(door, conn)) {
        if (conn->out.failed)
            return false;
        if (!send_some(conn, now_us))
            return false;
    }
    if (conn->out.failed || !send_some(conn, now_us))
        return false;
    if (conn->has_ended && conn->state == CONN_ASKS)
        conn->state = CONN_LEAVES; /* all it has asked is answered */
    return conn->state != CONN_LEAVES || conn->out.size > 0;
}

/* Has somebody been here for nothing for too long? */
static bool is_stale(const struct conn *conn, int64_t now_us)
{
    int64_t quiet_ms = (now_us - conn->active_us) / US_PER_MS;
    if (conn->out.size > 0)
        return quiet_ms >= STUCK_MS_MAX;
    return conn->state == CONN_ASKS && quiet_ms >= QUIET_MS_MAX;
}

/* ---- the loop --------------------------------------------------------------------------- */

static int64_t timeout_of(const struct conn *conn, int64_t now_us)
{
    int64_t bound_ms = conn->out.size > 0 ? STUCK_MS_MAX : QUIET_MS_MAX;
    int64_t left_ms = bound_ms - (now_us - conn->active_us) / US_PER_MS;
    if (conn->out.size == 0 && (conn->state == CONN_SAVES || conn->state == CONN_TAPS))
        left_ms = TICK_MS;
    if (conn->out.size == 0 && conn->state == CONN_WATCHES)
        left_ms = (conn->due_us - now_us) / US_PER_MS + 1;
    return MAX(left_ms, 0);
}

static short events_of(const struct conn *conn)
{
    /* One that has gone is heard of even while nothing is read: as POLLHUP. */
    if (conn->out.size > 0)
        return POLLOUT;
    return conn->in.size < REQUEST_BYTES_MAX && !conn->has_ended ? POLLIN : 0;
}

static void *run_door(void *self)
{
    struct door *door = self;
    bool crowded = false;
    while (!atomic_load(&door->closing)) {
        struct pollfd fds[FDS_OWN + CONNS_MAX];
        int64_t now_us = clock_monotonic_us();
        int64_t timeout_ms = crowded ? ACCEPT_PAUSE_MS : INT64_MAX;
        fds[0] = (struct pollfd){ .fd = door->wake_fd, .events = POLLIN };
        fds[1] = (struct pollfd){ .fd = crowded ? -1 : door->socket.fd, .events = POLLIN };
        fds[2] = (struct pollfd){ .fd = crowded ? -1 : door->http_fd, .events = POLLIN };
        uint32_t n = door->conn_count;
        for (uint32_t i = 0; i < n; i++) {
            fds[FDS_OWN + i] =
                (struct pollfd){ .fd = door->conns[i]->fd, .events = events_of(door->conns[i]) };
            timeout_ms = MIN(timeout_ms, timeout_of(door->conns[i], now_us));
        }
        int ready = poll(fds, FDS_OWN + n, timeout_ms == INT64_MAX ? -1 : (int)timeout_ms);
        if (ready < 0)
            continue; /* EINTR: all signals are blocked here, but a debugger has its own */
        now_us = clock_monotonic_us();
        for (uint32_t i = n; i > 0;
             i--) /* downwards: the last one takes the place of one that goes */
            if (!serve(door, door->conns[i - 1], fds[FDS_OWN + i - 1].revents, now_us) ||
                is_stale(door->conns[i - 1], now_us))
                drop_conn(door, i - 1);
        crowded = false;
        if (fds[1].revents & POLLIN)
            crowded = !accept_some(door, door->socket.fd, false);
        if (fds[2].revents & POLLIN)
            crowded = !accept_some(door, door->http_fd, true) || crowded;
    }
    return NULL;
}

/* ---- life --------------------------------------------------------------------------------- */

static enum code listen_http(struct door *door, struct error *err)
{
    if (door->config.http_port == DOOR_NO_HTTP)
        return OK;
    struct sockaddr_in address = { .sin_family = AF_INET,
                                   .sin_port = htons((uint16_t)door->config.http_port),
                                   .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t size = sizeof address;
    int yes = 1;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return error_set(err, E_USAGE, "could not make a socket for --metrics: %s",
                         strerror(errno));
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    if (bind(fd, (const struct sockaddr *)&address, sizeof address) != 0 ||
        listen(fd, HTTP_BACKLOG) != 0 || getsockname(fd, (struct sockaddr *)&address, &size) != 0) {
        error_set(err, E_USAGE, "could not listen on port %d for --metrics: %s",
                  door->config.http_port, strerror(errno));
        error_hint(err, "--metrics 0 takes any free port and says which.");
        close(fd);
        return E_USAGE;
    }
    door->http_fd = fd;
    door->http_port = ntohs(address.sin_port);
    return OK;
}

static void warn(struct door *door, struct error *err)
{
    door->config.hooks.warn(door->config.hooks.self, err);
}

/* The name it gets is told if it is another than the one it wanted. */
static enum code listen_here(struct door *door, struct error *err)
{
    const struct door_config *c = &door->config;
    TRY(where_open(true, &door->where, err));
    TRY(where_claim(&door->where, c->name, c->name_is_given, &door->name, &door->socket, err));
    TRY(buf_check(&door->name, err));
    if (str_eq(buf_view(&door->name), c->name))
        return OK;
    struct error told = { .code = OK };
    error_set(&told, E_NAME,
              "a job called \"" STR_FMT "\" is running already: this one is \"" STR_FMT "\"",
              STR_ARG(c->name), STR_ARG(buf_view(&door->name)));
    error_hint(&told, "--name gives it a name of its own.");
    warn(door, &told);
    return OK;
}

static enum code start_thread(struct door *door, struct error *err)
{
    sigset_t all, before;
    sigfillset(&all); /* signals are for the thread of the job */
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int failure = pthread_create(&door->thread, NULL, run_door, door);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (failure != 0)
        return error_set(err, E_LIMIT, "could not start a thread: %s", strerror(failure));
    door->has_thread = true;
    return OK;
}

static enum code open_door(struct door *door, struct error *err)
{
    TRY(listen_http(door, err));
    struct error problem = { .code = OK };
    enum code code = listen_here(door, &problem);
    if (code == E_USAGE) {
        *err = problem;
        return code;
    }
    if (code == OK || door->http_fd >= 0) {
        door->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
        enum code started = door->wake_fd < 0
                                ? error_set(&problem, E_IO, "could not create an event descriptor")
                                : start_thread(door, &problem);
        code = code == OK ? started : code;
    }
    if (code != OK) {
        error_detail(&problem, "The job runs, but weir ps, stop and the like do not find it.");
        warn(door, &problem);
    }
    return OK;
}

enum code door_open(const struct door_config *config, struct door **ret, struct error *err)
{
    struct door *door = mem_zalloc(sizeof *door);
    if (!door)
        return error_nomem(err);
    door->config = *config;
    door->where.fd = door->socket.fd = door->http_fd = door->wake_fd = -1;
    door->http_port = DOOR_NO_HTTP;
    door->begun_us = clock_now_us(&(struct clock){ .standing = false });
    atomic_store(&door->rate_us, clock_monotonic_us());
    buf_init(&door->name, 2 * WHERE_NAME_MAX);
    buf_init(&door->scratch, ANSWER_BYTES_MAX);
    enum code code = open_door(door, err);
    if (code != OK || !door->has_thread) {
        door_close(door);
        door = NULL;
    }
    *ret = door;
    return code;
}

void door_show(struct door *door, struct exec *exec)
{
    if (door)
        atomic_store(&door->exec, exec);
}

void door_progress(struct door *door, const struct exec_stats *stats)
{
    int64_t now_us = clock_monotonic_us();
    int64_t passed_us = door ? now_us - atomic_load(&door->rate_us) : 0;
    if (passed_us <= 0)
        return;
    uint64_t rows = 0;
    for (uint32_t i = 0; i < stats->source_count; i++)
        rows += stats->sources[i].rows;
    double rate = (double)(rows - door->rate_rows) * 1e6 / (double)passed_us;
    double before = atomic_load(&door->rate);
    bool is_first = door->rate_rows == 0;
    atomic_store(&door->rate, is_first ? rate : before + SMOOTH * (rate - before));
    atomic_store(&door->rate_us, now_us);
    door->rate_rows = rows;
}

void door_close(struct door *door)
{
    if (!door)
        return;
    where_release(&door->socket); /* first: a name that is free again has nobody who listens */
    if (door->has_thread) {
        uint64_t one = 1;
        atomic_store(&door->closing, true);
        ssize_t ignored = write(door->wake_fd, &one, sizeof one);
        (void)ignored;
        pthread_join(door->thread, NULL);
    }
    for (uint32_t i = 0; i < door->conn_count; i++) {
        conn_end(door->conns[i]);
        send_some(door->conns[i], 0);
        close_conn(door, door->conns[i]);
    }
    const int fds[] = { door->socket.fd, door->http_fd, door->wake_fd };
    for (size_t i = 0; i < countof(fds); i++)
        if (fds[i] >= 0)
            close(fds[i]);
    where_close(&door->where);
    buf_done(&door->name);
    buf_done(&door->scratch);
    mem_free(door);
}

struct str door_name(const struct door *door)
{
    return door ? buf_view(&door->name) : STR("");
}

int door_port(const struct door *door)
{
    return door ? door->http_port : DOOR_NO_HTTP;
}
