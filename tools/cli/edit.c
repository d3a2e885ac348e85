/* edit.c -- see edit.h: the terminal, and the loop from bytes to keys to a drawn text. */
#include "cli/edit_inner.h"

#include "base/memory.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

enum {
    READ_BYTES = 64 << 10,
    OUT_BYTES_MAX = 64 << 20,
    BELOW_BYTES_MAX = 1 << 20,
    ESCAPE_MS = 50, /* after ESC: what has not come by then is no sequence */
    COLUMNS_DEFAULT = 80,
    ROWS_DEFAULT = 24,
};

static volatile sig_atomic_t resized;

static void on_resize(int number)
{
    (void)number;
    resized = 1;
}

/* ---- life ------------------------------------------------------------------------------------ */

bool edit_is_possible(int in_fd, int out_fd)
{
    const char *term = getenv("TERM");
    return term && *term && strcmp(term, "dumb") != 0 && isatty(in_fd) == 1 && isatty(out_fd) == 1;
}

static void measure(const struct edit *e, uint32_t *ret_columns, uint32_t *ret_rows)
{
    struct winsize size = { 0 };
    bool known = ioctl(e->config.out_fd, TIOCGWINSZ, &size) == 0;
    *ret_columns = known && size.ws_col > 0 ? size.ws_col : COLUMNS_DEFAULT;
    *ret_rows = known && size.ws_row > 0 ? size.ws_row : ROWS_DEFAULT;
}

struct edit *edit_create(const struct edit_config *config)
{
    struct edit *e = mem_zalloc(sizeof *e);
    struct arena *arena = e ? arena_create() : NULL;
    if (!arena) {
        mem_free(e);
        return NULL;
    }
    uint32_t columns, rows;
    e->config = *config;
    e->arena = arena;
    measure(e, &columns, &rows);
    edit_text_init(&e->text);
    edit_text_init(&e->search.shown);
    edit_keys_init(&e->keys);
    edit_history_open(&e->history, config->history, config->is_secret);
    edit_screen_init(&e->screen, config->prompt, columns, rows, config->has_color);
    edit_look_init(&e->look);
    buf_init(&e->menu.typed, EDIT_TEXT_BYTES_MAX);
    buf_init(&e->search.pattern, BELOW_BYTES_MAX);
    buf_init(&e->draft, EDIT_TEXT_BYTES_MAX);
    buf_init(&e->out, OUT_BYTES_MAX);
    buf_init(&e->below, BELOW_BYTES_MAX);
    buf_init(&e->below_styles, BELOW_BYTES_MAX);
    return e;
}

void edit_destroy(struct edit *e)
{
    if (!e)
        return;
    edit_text_done(&e->text);
    edit_text_done(&e->search.shown);
    edit_keys_done(&e->keys);
    edit_history_close(&e->history);
    edit_screen_done(&e->screen);
    edit_look_done(&e->look);
    buf_done(&e->menu.typed);
    buf_done(&e->search.pattern);
    buf_done(&e->draft);
    buf_done(&e->out);
    buf_done(&e->below);
    buf_done(&e->below_styles);
    arena_destroy(e->arena);
    mem_free(e);
}

/* ---- the terminal ---------------------------------------------------------------------------- */

static void flush(struct edit *e)
{
    size_t at = 0;
    while (at < e->out.size) {
        ssize_t n = write(e->config.out_fd, e->out.data + at, e->out.size - at);
        if (n < 0 && errno == EAGAIN) {
            struct pollfd ready = { .fd = e->config.out_fd, .events = POLLOUT };
            poll(&ready, 1, -1);
            continue;
        }
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            break;
        at += (size_t)n;
    }
    buf_clear(&e->out);
}

/* Keys come one by one and unechoed, also those that would be signals; output stays as it is. */
static bool begin_raw(struct edit *e)
{
    if (tcgetattr(e->config.in_fd, &e->cooked) != 0)
        return false;
    struct termios raw = e->cooked;
    raw.c_iflag &= ~(tcflag_t)(BRKINT | ICRNL | INLCR | IGNCR | INPCK | ISTRIP | IXON);
    raw.c_lflag &= ~(tcflag_t)(ICANON | ECHO | ISIG | IEXTEN);
    raw.c_cc[VMIN] = 1;
    raw.c_cc[VTIME] = 0;
    if (tcsetattr(e->config.in_fd, TCSADRAIN, &raw) != 0)
        return false;
    e->is_raw = true;
    buf_text(&e->out, "\x1b[?2004h"); /* pastes come in brackets */
    return true;
}

static void end_raw(struct edit *e)
{
    if (!e->is_raw)
        return;
    buf_text(&e->out, "\x1b[?2004l");
    flush(e);
    tcsetattr(e->config.in_fd, TCSADRAIN, &e->cooked);
    e->is_raw = false;
}

static void resize(struct edit *e)
{
    uint32_t columns, rows;
    measure(e, &columns, &rows);
    resized = 0;
    if (columns != e->screen.columns || rows != e->screen.rows)
        edit_screen_resize(&e->screen, columns, rows, &e->out);
}

/* Ctrl-Z: as for any program; the text is there again when it goes on. */
static void suspend(struct edit *e)
{
    edit_screen_leave(&e->screen, &e->out);
    end_raw(e);
    raise(SIGTSTP);
    begin_raw(e);
    resize(e);
}

/* ---- drawing --------------------------------------------------------------------------------- */

static void draw(struct edit *e, bool is_last)
{
    struct edit_search *search = &e->search;
    struct edit_text *text = search->is_open ? &search->shown : &e->text;
    struct edit_scene scene = {
        .text = edit_text_view(text), .cursor = text->cursor, .look = &e->look, .is_last = is_last
    };
    buf_clear(&e->below);
    buf_clear(&e->below_styles);
    if (search->is_open) {
        edit_search_put(e);
        scene.found_at = search->is_found ? search->match.at : 0;
        scene.found_size = search->is_found ? search->match.size : 0;
    } else if (e->menu.is_open) {
        edit_menu_put(e);
    } else if (!is_last) {
        scene.ghost = edit_ghost(e);
    }
    if (!e->below.failed && !e->below_styles.failed) {
        scene.below = buf_view(&e->below);
        scene.below_styles = buf_view(&e->below_styles);
    }
    edit_look_at(&e->look, scene.text, scene.cursor, e->config.is_command);
    edit_screen_draw(&e->screen, &scene, &e->out);
}

/* What was drawn stays; `mark` is put behind it. */
static void leave_behind(struct edit *e, const char *mark)
{
    e->menu.is_open = e->search.is_open = false;
    edit_text_move(&e->text, EDIT_ALL, false);
    draw(e, true);
    buf_text(&e->out, mark);
    edit_screen_leave(&e->screen, &e->out);
}

/* ---- the loop -------------------------------------------------------------------------------- */

enum input { INPUT_READ, INPUT_QUIET, INPUT_SIGNAL, INPUT_END };

static enum input wait_for_input(struct edit *e, const sigset_t *mask)
{
    struct pollfd ready = { .fd = e->config.in_fd, .events = POLLIN };
    struct timespec escape = { .tv_nsec = ESCAPE_MS * 1000000L };
    int n = ppoll(&ready, 1, edit_keys_is_waiting(&e->keys) ? &escape : NULL, mask);
    if (n == 0)
        return INPUT_QUIET;
    if (n < 0)
        return errno == EINTR ? INPUT_SIGNAL : INPUT_END;
    char bytes[READ_BYTES];
    ssize_t size = read(e->config.in_fd, bytes, sizeof bytes);
    if (size < 0 && (errno == EINTR || errno == EAGAIN))
        return INPUT_SIGNAL;
    if (size <= 0)
        return INPUT_END;
    edit_keys_feed(&e->keys, bytes, (size_t)size);
    return INPUT_READ;
}

static bool more_is_there(const struct edit *e)
{
    struct pollfd ready = { .fd = e->config.in_fd, .events = POLLIN };
    return poll(&ready, 1, 0) > 0;
}

static void cancel(struct edit *e)
{
    leave_behind(e, "^C");
    edit_text_set(&e->text, STR(""));
    e->at = e->history.count;
    buf_clear(&e->draft);
}

/* What the step asks of the terminal; false if reading is over. */
static bool take_step(struct edit *e, enum edit_step step, enum edit_result *ret)
{
    switch (step) {
    case EDIT_STEP_ON:
        return true;
    case EDIT_STEP_CANCEL:
        cancel(e);
        return true;
    case EDIT_STEP_SUSPEND:
        suspend(e);
        return true;
    case EDIT_STEP_CLEAR:
        edit_screen_clear(&e->screen, &e->out);
        return true;
    case EDIT_STEP_ENTER:
        *ret = EDIT_ENTERED;
        break;
    case EDIT_STEP_EDITOR:
        *ret = EDIT_TO_EDITOR;
        break;
    case EDIT_STEP_LEAVE:
        *ret = EDIT_LEFT;
        break;
    }
    return false;
}

static enum edit_result loop(struct edit *e, const sigset_t *mask)
{
    enum edit_result result = EDIT_LEFT;
    bool is_quiet = false;
    for (;;) {
        struct edit_key key;
        while (edit_keys_next(&e->keys, is_quiet, &key))
            if (!take_step(e, edit_act(e, &key), &result))
                return result;
        if (e->text.failed || e->keys.input.failed) {
            edit_beep(e); /* too long, or no memory */
            e->text.failed = false;
            if (e->keys.input.failed)
                buf_clear(&e->keys.input);
        }
        if (resized)
            resize(e);
        if (!more_is_there(e)) {
            draw(e, false);
            flush(e);
        }
        enum input input = e->config.is_over() ? INPUT_END : wait_for_input(e, mask);
        if (input == INPUT_END || (input == INPUT_SIGNAL && e->config.is_over()))
            return EDIT_LEFT;
        if (input == INPUT_SIGNAL && !resized)
            cancel(e);
        is_quiet = input == INPUT_QUIET;
    }
}

enum edit_result edit_read(struct edit *e, struct str initial, struct buf *ret)
{
    struct sigaction action = { .sa_handler = on_resize }, before;
    sigset_t blocked, mask;
    edit_text_set(&e->text, initial);
    e->at = e->history.count;
    buf_clear(&e->draft);
    e->menu.is_open = e->search.is_open = false;
    if (!begin_raw(e))
        return EDIT_LEFT;
    sigemptyset(&action.sa_mask);
    sigaction(SIGWINCH, &action, &before);
    sigemptyset(&blocked);
    sigaddset(&blocked, SIGWINCH); /* these come while it waits, and only then */
    sigaddset(&blocked, SIGINT);
    sigaddset(&blocked, SIGTERM);
    pthread_sigmask(SIG_BLOCK, &blocked, &mask);
    resized = 0;
    resize(e);
    enum edit_result result = loop(e, &mask);
    leave_behind(e, "");
    end_raw(e);
    pthread_sigmask(SIG_SETMASK, &mask, NULL);
    sigaction(SIGWINCH, &before, NULL);
    if (result == EDIT_ENTERED)
        edit_history_add(&e->history, edit_text_view(&e->text));
    buf_str(ret, edit_text_view(&e->text));
    return result;
}

void edit_remember(struct edit *e, struct str text)
{
    edit_history_add(&e->history, text);
}
