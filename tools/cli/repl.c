/* repl.c -- see repl.h.
 *
 * Input is cut into lines.  Lines collect until they end a statement; what is complete is
 * executed when no further line is there already, so that a script from a pipe is read in
 * large pieces and somebody at a terminal gets an answer after each line. */
#include "cli/repl.h"

#include "cli/commands.h"

#include "sql/parse.h"

#include <errno.h>
#include <poll.h>
#include <unistd.h>

enum { READ_BYTES = 64 << 10 };

struct reader {
    struct repl *repl;
    struct commands commands;
    struct buf input;   /* read, not yet cut into lines */
    struct buf pending; /* lines of statements that were not executed */
    size_t complete;    /* of pending: up to here it is whole statements */
    bool ended;
    bool interrupted; /* by a signal, while waiting for input */
};

static void say(const struct reader *r, const char *text)
{
    ssize_t ignored = write(r->repl->err_fd, text, strlen(text));
    (void)ignored;
}

static bool is_fresh(const struct reader *r)
{
    return str_trim(buf_view(&r->pending)).size == 0;
}

/* Waits for more input; false at its end. */
static bool read_more(struct reader *r)
{
    struct pollfd ready = { .fd = r->repl->in_fd, .events = POLLIN };
    r->interrupted = false;
    for (;;) {
        if (poll(&ready, 1, -1) < 0) {
            if (errno != EINTR)
                return false;
            r->interrupted = true;
            return true;
        }
        if (!buf_reserve(&r->input, READ_BYTES))
            return false;
        ssize_t n = read(r->repl->in_fd, r->input.data + r->input.size, READ_BYTES);
        if (n > 0) {
            r->input.size += (size_t)n;
            return true;
        }
        if (n == 0 || (errno != EINTR && errno != EAGAIN))
            return false;
    }
}

static void drop_front(struct buf *buf, size_t n)
{
    memmove(buf->data, buf->data + n, buf->size - n);
    buf->size -= n;
}

static enum session_status execute(struct reader *r, size_t size)
{
    struct repl *repl = r->repl;
    struct str text = str_make(r->pending.data, size);
    enum session_status status =
        session_execute(repl->session, STR("-"), text, repl->is_interactive);
    drop_front(&r->pending, size);
    r->complete = 0;
    return status;
}

/* ---- the loop -------------------------------------------------------------------------------- */

/* Takes one line of the input; false if there is none. */
static bool take_line(struct reader *r, struct str *ret)
{
    size_t end = str_find_byte(buf_view(&r->input), '\n');
    if (end == (size_t)-1 && !(r->ended && r->input.size > 0))
        return false;
    *ret = str_make(r->input.data, end == (size_t)-1 ? r->input.size : end + 1);
    return true;
}

static void add_line(struct reader *r, struct str line)
{
    bool may_end = str_find_byte(line, ';') != (size_t)-1;
    buf_str(&r->pending, line);
    drop_front(&r->input, line.size);
    struct str rest = str_make(r->pending.data + r->complete, r->pending.size - r->complete);
    if (may_end && !r->pending.failed && sql_statement_complete(rest))
        r->complete = r->pending.size;
}

static void forget(struct reader *r)
{
    buf_clear(&r->pending);
    buf_clear(&r->input);
    r->complete = 0;
    say(r, "\n");
}

static enum session_status fail_long(struct reader *r)
{
    say(r, "ERROR:  a statement is too long, or there is no memory for it\n");
    buf_clear(&r->pending);
    buf_clear(&r->input);
    return SESSION_REFUSED;
}

/* Reads what can be read and runs what is complete, once.  *ret_leave: \q or the end. */
static enum session_status turn(struct reader *r, bool *ret_leave)
{
    struct repl *repl = r->repl;
    struct str line;
    while (take_line(r, &line)) {
        struct str rest = str_make(r->pending.data + r->complete, r->pending.size - r->complete);
        if (str_trim(rest).size == 0 && commands_take(line)) {
            if (r->complete > 0)
                break; /* first what stands before it */
            commands_run(&r->commands, line);
            *ret_leave = r->commands.leaves;
            drop_front(&r->input, line.size);
            if (!repl->is_interactive)
                buf_char(&r->pending, '\n'); /* lines are counted on */
            if (*ret_leave)
                return SESSION_OK;
            continue;
        }
        add_line(r, line);
        if (r->pending.failed)
            return fail_long(r);
    }
    if (r->complete > 0)
        return execute(r, r->complete);
    if (!r->ended) {
        if (repl->is_interactive) {
            repl->ready();
            session_go_on(repl->session);
            say(r, is_fresh(r) ? "weir> " : "   -> ");
        }
        r->ended = !read_more(r);
        if (r->interrupted && repl->is_interactive)
            forget(r);
        else if (r->input.failed)
            return fail_long(r);
        return SESSION_OK;
    }
    *ret_leave = true;
    if (repl->is_interactive || is_fresh(r))
        return SESSION_OK;
    return execute(r, r->pending.size);
}

enum session_status repl_run(struct repl *repl)
{
    struct reader r = {
        .repl = repl,
        .commands = { .session = repl->session, .err_fd = repl->err_fd },
    };
    buf_init(&r.input, SQL_MAX_TEXT_BYTES);
    buf_init(&r.pending, SQL_MAX_TEXT_BYTES);
    enum session_status status = SESSION_OK;
    bool leave = false;
    while (!leave && (status == SESSION_OK || repl->is_interactive) &&
           (repl->is_interactive || !session_is_stopped(repl->session)))
        status = turn(&r, &leave);
    if (repl->is_interactive)
        say(&r, r.ended ? "\n" : "");
    buf_done(&r.input);
    buf_done(&r.pending);
    return repl->is_interactive ? SESSION_OK : status;
}
