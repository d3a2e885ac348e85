/* repl.c -- see repl.h.
 *
 * Input is cut into lines.  Lines collect until they end a statement; what is complete is
 * executed when no further line is there already, so that a script from a pipe is read in
 * large pieces and somebody at a terminal gets an answer after each line.
 *
 * Where the terminal can be drawn on, the line editor gives whole statements, which go the same
 * way; what then is still not complete is shown in the editor again. */
#include "cli/repl.h"

#include "cli/commands.h"
#include "cli/edit.h"
#include "cli/edit_history.h"
#include "session/mask.h"
#include "sql/parse.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

enum { READ_BYTES = 64 << 10, PATH_BYTES_MAX = 1 << 16 };

struct reader {
    struct repl *repl;
    struct commands commands;
    struct edit *edit;  /* NULL: plain lines */
    struct buf input;   /* read, not yet cut into lines */
    struct buf pending; /* lines of statements that were not executed */
    struct buf begun;   /* what the editor shows when it reads next */
    struct buf last;    /* what was executed last, for \e */
    size_t complete;    /* of pending: up to here it is whole statements */
    bool ended;
    bool interrupted; /* by a signal, while waiting for input */
};

static void say(const struct reader *r, const char *text)
{
    ssize_t ignored = write(r->repl->err_fd, text, strlen(text));
    (void)ignored;
}

static void say_error(const struct reader *r, const struct error *err)
{
    struct buf text;
    buf_init(&text, 1 << 12);
    buf_printf(&text, "ERROR:  %s\n", err->message);
    if (err->hint[0])
        buf_printf(&text, "HINT:  %s\n", err->hint);
    say(r, buf_cstr(&text));
    buf_done(&text);
}

static bool is_blank(struct str text)
{
    return str_trim(text).size == 0;
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
    buf_clear(&r->last);
    if (repl->is_interactive)
        buf_str(&r->last, text);
    drop_front(&r->pending, size);
    r->complete = 0;
    return status;
}

/* ---- plain lines ----------------------------------------------------------------------------- */

static bool is_over(const struct reader *r)
{
    return r->repl->is_interactive && r->repl->is_over();
}

/* Waits for more input; false at its end. */
static bool wait_and_read(struct reader *r, const sigset_t *mask)
{
    struct pollfd ready = { .fd = r->repl->in_fd, .events = POLLIN };
    for (;;) {
        if (is_over(r))
            return false;
        if (ppoll(&ready, 1, NULL, mask) < 0) {
            if (errno != EINTR)
                return false;
            r->interrupted = true;
            return !is_over(r);
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

/* Signals come while it waits, so that none is missed in between. */
static bool read_plain(struct reader *r)
{
    sigset_t blocked, mask;
    sigemptyset(&blocked);
    sigaddset(&blocked, SIGINT);
    sigaddset(&blocked, SIGTERM);
    r->interrupted = false;
    pthread_sigmask(SIG_BLOCK, &blocked, &mask);
    bool is_read = wait_and_read(r, &mask);
    pthread_sigmask(SIG_SETMASK, &mask, NULL);
    return is_read;
}

/* ---- the editor ------------------------------------------------------------------------------ */

/* The rest of the text that begins with the first line; {NULL, 0} behind the last one. */
static bool next_line(struct str *rest, struct str *ret)
{
    if (rest->size == 0)
        return false;
    size_t end = str_find_byte(*rest, '\n');
    *ret = str_make(rest->data, end == (size_t)-1 ? rest->size : end + 1);
    *rest = str_make(rest->data + ret->size, rest->size - ret->size);
    return true;
}

/* Commands and whole statements, and nothing begun behind them. */
static bool is_complete(struct str text)
{
    struct str begun = str_make(text.data, 0), line;
    while (next_line(&text, &line)) {
        begun.size += line.size;
        bool is_done =
            is_blank(str_make(begun.data, begun.size - line.size)) && commands_take(line);
        if (!is_done && str_find_byte(line, ';') != (size_t)-1)
            is_done = sql_statement_complete(begun);
        if (is_done)
            begun = str_make(text.data, 0);
    }
    return is_blank(begun) || sql_statement_complete(begun);
}

static bool is_command(struct str line)
{
    return commands_take(line);
}

static enum code complete(void *self, struct str text, size_t cursor, struct arena *arena,
                          struct completion *ret, struct error *err)
{
    enum { COMMANDS_MAX = 64 };
    static struct complete_command list[COMMANDS_MAX + 1];
    struct reader *r = self;
    uint32_t count = 0;
    for (const struct command_entry *e = command_entries; e->name && count < COMMANDS_MAX; e++)
        list[count++] = (struct complete_command){ e->name, e->arguments, e->help };
    return session_complete(r->repl->session, text, cursor, list, arena, ret, err);
}

static void open_editor(struct reader *r)
{
    struct repl *repl = r->repl;
    struct buf path;
    buf_init(&path, PATH_BYTES_MAX);
    struct edit_config config = { .in_fd = repl->in_fd,
                                  .out_fd = repl->err_fd,
                                  .has_color = !getenv("NO_COLOR"),
                                  .prompt = "weir> ",
                                  .history = edit_history_path(&path) ? buf_cstr(&path) : NULL,
                                  .is_secret = mask_is_needed,
                                  .is_command = is_command,
                                  .is_complete = is_complete,
                                  .is_over = repl->is_over,
                                  .complete = complete,
                                  .self = r };
    if (repl->is_interactive && edit_is_possible(repl->in_fd, repl->err_fd))
        r->edit = edit_create(&config);
    buf_done(&path);
}

/* The text as $EDITOR leaves it, to be shown at the prompt; plain lines are as if they were typed. */
static void edit_text(struct reader *r, struct str text)
{
    struct buf edited;
    struct error err = { .code = OK };
    buf_init(&edited, SQL_MAX_TEXT_BYTES);
    if (edit_externally(text, &edited, &err) != OK) {
        say_error(r, &err);
        buf_clear(&edited);
        buf_str(&edited, text);
    }
    if (r->edit) {
        buf_clear(&r->begun);
        buf_str(&r->begun, buf_view(&edited));
    } else if (err.code == OK && !is_blank(buf_view(&edited))) {
        buf_char(&edited, '\n');
        say(r, buf_cstr(&edited));
        buf_str(&edited, buf_view(&r->input));
        buf_clear(&r->input);
        buf_str(&r->input, buf_view(&edited));
    }
    buf_done(&edited);
}

/* What was begun is shown in the editor, and comes back complete; false at the end. */
static bool read_edited(struct reader *r)
{
    struct buf text;
    buf_init(&text, SQL_MAX_TEXT_BYTES);
    /* Comments alone are no beginning of a statement. */
    if (!sql_statement_complete(buf_view(&r->pending)))
        buf_str(&r->begun, buf_view(&r->pending));
    buf_clear(&r->pending);
    while (r->begun.size > 0 && r->begun.data[r->begun.size - 1] == '\n')
        r->begun.size--;
    enum edit_result result = edit_read(r->edit, buf_view(&r->begun), &text);
    buf_clear(&r->begun);
    if (result == EDIT_TO_EDITOR)
        edit_text(r, buf_view(&text));
    buf_char(&text, '\n');
    if (result == EDIT_ENTERED)
        buf_str(&r->input, buf_view(&text));
    buf_done(&text);
    return result != EDIT_LEFT;
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

/* Runs the command in the first line of the input. */
static void run_command(struct reader *r, struct str line)
{
    commands_run(&r->commands, line);
    drop_front(&r->input, line.size);
    if (!r->repl->is_interactive)
        buf_char(&r->pending, '\n'); /* lines are counted on */
    if (r->commands.wants_editor && r->repl->is_interactive)
        edit_text(r, buf_view(&r->last));
    else if (r->commands.wants_editor)
        say(r, "ERROR:  \\e needs a terminal\n");
    r->commands.wants_editor = false;
    struct str proposed = str_trim(buf_view(&r->commands.proposed));
    if (r->edit && proposed.size > 0) {
        edit_remember(r->edit, proposed);
        say(r, "-- Up brings it to the prompt\n");
    }
    buf_clear(&r->commands.proposed);
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

static enum session_status read_more(struct reader *r)
{
    struct repl *repl = r->repl;
    r->interrupted = false;
    if (repl->is_interactive) {
        repl->ready();
        session_go_on(repl->session);
    }
    if (r->edit) {
        r->ended = !read_edited(r);
    } else {
        if (repl->is_interactive)
            say(r, is_blank(buf_view(&r->pending)) ? "weir> " : "   -> ");
        r->ended = !read_plain(r);
    }
    if (r->interrupted && repl->is_interactive)
        forget(r);
    else if (r->input.failed)
        return fail_long(r);
    return SESSION_OK;
}

/* Reads what can be read and runs what is complete, once.  *ret_leave: \q or the end. */
static enum session_status turn(struct reader *r, bool *ret_leave)
{
    struct repl *repl = r->repl;
    struct str line;
    while (take_line(r, &line)) {
        struct str rest = str_make(r->pending.data + r->complete, r->pending.size - r->complete);
        if (is_blank(rest) && commands_take(line)) {
            if (r->complete > 0)
                break; /* first what stands before it */
            run_command(r, line);
            *ret_leave = r->commands.leaves;
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
    if (!r->ended)
        return read_more(r);
    *ret_leave = true;
    if (repl->is_interactive || is_blank(buf_view(&r->pending)))
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
    buf_init(&r.begun, SQL_MAX_TEXT_BYTES);
    buf_init(&r.last, SQL_MAX_TEXT_BYTES);
    buf_init(&r.commands.proposed, SQL_MAX_TEXT_BYTES);
    open_editor(&r);
    enum session_status status = SESSION_OK;
    bool leave = false;
    while (!leave && (status == SESSION_OK || repl->is_interactive) &&
           (repl->is_interactive ? !repl->is_over() : !session_is_stopped(repl->session)))
        status = turn(&r, &leave);
    if (repl->is_interactive && !r.edit)
        say(&r, r.ended ? "\n" : "");
    edit_destroy(r.edit);
    buf_done(&r.input);
    buf_done(&r.pending);
    buf_done(&r.begun);
    buf_done(&r.last);
    buf_done(&r.commands.proposed);
    return repl->is_interactive ? SESSION_OK : status;
}
