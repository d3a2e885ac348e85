/* live.c -- see live.h. */
#include "session/live.h"

#include "base/clock.h"
#include "base/utf8.h"
#include "exec/exec.h"
#include "exec/view.h"
#include "session/keys.h"

#include <stdio.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum {
    QUIET_US = 500 * 1000, /* what is done by then needs no word */
    KEYS_MS = 100,
    BOX_LINES = 4,  /* rules and names */
    TEXT_LINES = 3, /* which rows, how far, the keys */
    ROWS_MIN = 3,
    KEYS_COLUMNS = 76, /* what they do in words takes so many */
    LINES_DEFAULT = 24,
    AREA_LIMIT = 4 << 20,
};

struct size {
    uint32_t lines, columns;
};

void live_begin(struct live *live, struct session *s, struct renderer *renderer, bool keeps_table,
                const struct zone *zone, uint32_t workers)
{
    int64_t now_us = clock_monotonic_us();
    *live = (struct live){ .session = s, .zone = zone, .begun_us = now_us };
    live->interval_us = settings_duration_ms(&s->settings, "weir.progress.interval") * 1000;
    progress_begin(&live->progress, workers, now_us);
    if (!keeps_table || !s->console.out_is_terminal || !s->console.err_is_terminal)
        return;
    live->renderer = renderer;
}

bool live_is_shown(const struct live *live)
{
    const struct session *s = live->session;
    return s->console.err_is_terminal && (live->renderer || !s->config.no_colours);
}

int64_t live_interval_ms(const struct live *live)
{
    return live->renderer ? MIN(KEYS_MS, live->interval_us / 1000) : live->interval_us / 1000;
}

static void count_operators(struct live *live, bool on)
{
    if (live->counts == on || !live->session->exec)
        return;
    live->counts = on;
    live->counting_us = clock_monotonic_us();
    exec_view_timing(live->session->exec, on);
}

void live_end(struct live *live)
{
    count_operators(live, false);
    console_progress(&live->session->console, STR(""));
    if (live->has_keys)
        keys_end();
    live->has_keys = false;
}

static struct size terminal_size(const struct live *live)
{
    struct winsize size;
    struct size ret = { .lines = LINES_DEFAULT, .columns = live->session->config.columns };
    if (ioctl(live->session->console.err_fd, TIOCGWINSZ, &size) != 0)
        return ret;
    if (size.ws_col > 0)
        ret.columns = size.ws_col;
    if (size.ws_row > 0)
        ret.lines = size.ws_row;
    return ret;
}

/* ---- keys ------------------------------------------------------------------------------------- */

static uint32_t page_rows(struct size size, uint32_t counter_lines)
{
    uint32_t used = BOX_LINES + counter_lines + TEXT_LINES;
    return size.lines > used + ROWS_MIN ? size.lines - used : ROWS_MIN;
}

/* Half of the screen, but so that some rows stay. */
static uint32_t operator_lines(struct size size)
{
    uint32_t used = BOX_LINES + ROWS_MIN + TEXT_LINES;
    uint32_t left = size.lines > used ? size.lines - used : 0;
    return MAX(MIN(size.lines / 2, left), 1);
}

static bool take_key(struct live *live, enum key key, uint32_t page)
{
    uint64_t rows = renderer_rows(live->renderer, live->result);
    uint32_t results = renderer_result_count(live->renderer);
    switch (key) {
    case KEY_SPACE:
        count_operators(live, !live->counts);
        break;
    case KEY_NEXT:
        live->first += live->first + page < rows ? page : 0;
        break;
    case KEY_PREVIOUS:
        live->first -= MIN(live->first, (uint64_t)page);
        break;
    case KEY_FIRST:
        live->first = 0;
        break;
    case KEY_LAST:
        break;
    case KEY_LEFT:
        live->column -= MIN(live->column, 1u);
        return true;
    case KEY_RIGHT:
        live->column += live->has_more;
        return true;
    case KEY_SWITCH:
        live->result = results > 0 ? (live->result + 1) % results : 0;
        live->first = live->column = 0;
        break;
    case KEY_QUIT:
        session_stop(live->session);
        return true;
    case KEY_BACK:
        live->session->console.area_lines = 0;
        return true;
    case KEY_NONE:
    case KEY_OTHER:
        return false;
    }
    if (key != KEY_SPACE)
        live->at_end = key == KEY_LAST;
    return true;
}

/* ---- drawing ---------------------------------------------------------------------------------- */

/* Bytes of a colour at the beginning of the text: ESC [ 1;2 m; 0: there is none. */
static size_t colour_size(struct str text)
{
    size_t at = 2;
    if (!str_starts(text, STR("\033[")))
        return 0;
    while (at < text.size && strchr("0123456789;", text.data[at]))
        at++;
    return at < text.size && text.data[at] == 'm' ? at + 1 : 0;
}

/* Lines that are too wide end at the last column but one: a full line makes some terminals wrap. */
static void put_cut(struct buf *out, struct str lines, uint32_t columns, bool has_colours)
{
    uint32_t width_max = columns > 0 ? columns - 1 : 0;
    while (lines.size > 0) {
        size_t end = MIN(str_find_byte(lines, '\n'), lines.size);
        size_t at = 0, width = 0;
        while (at < end) {
            uint32_t c;
            size_t n = colour_size(str_make(lines.data + at, end - at));
            if (n == 0) {
                n = utf8_decode(lines.data + at, end - at, &c);
                width += utf8_code_point_width(c);
                if (utf8_is_control(c)) { /* of a name: it would move the cursor */
                    at += n;
                    continue;
                }
            }
            if (width > width_max) {
                buf_text(out, has_colours ? "\033[0m" : "");
                break;
            }
            buf_put(out, lines.data + at, n);
            at += n;
        }
        size_t taken = MIN(end + 1, lines.size);
        if (taken > end)
            buf_char(out, '\n');
        lines = str_make(lines.data + taken, lines.size - taken);
    }
}

static void put_bytes(struct buf *out, uint64_t bytes)
{
    if (bytes >= 10 * 1000 * 1000)
        buf_printf(out, " %7.0f MB", (double)bytes / 1e6);
    else
        buf_printf(out, " %7.0f kB", (double)bytes / 1e3);
}

static void put_operator(struct buf *out, const struct view_op *op, double seconds)
{
    char name[32];
    snprintf(name, sizeof name, "%s#%u", plan_kind_name(op->plan->kind), op->plan->id);
    buf_printf(out, "%-20s %12llu in %12llu out", name, (unsigned long long)op->rows_in,
               (unsigned long long)op->rows_out);
    buf_printf(out, " %5.1f %% CPU", seconds > 0 ? (double)op->busy_ns / seconds / 1e7 : 0.0);
    put_bytes(out, op->state_bytes);
    if (op->late > 0)
        buf_printf(out, " %llu late", (unsigned long long)op->late);
    if (op->waiting_for)
        buf_printf(out, " waits for %s", op->waiting_for);
    else if (op->waits)
        buf_text(out, " waits");
    buf_char(out, '\n');
}

/* Operators, sinks first as in EXPLAIN; their lines. */
static uint32_t put_operators(struct live *live, struct buf *out, uint32_t lines_max)
{
    struct exec_view view;
    struct error ignored = { .code = OK };
    struct arena *arena = arena_create();
    uint32_t lines = 0;
    if (arena && exec_view_in_hook(live->session->exec, arena, &view, &ignored) == OK) {
        double seconds = (double)(clock_monotonic_us() - live->counting_us) / 1e6;
        for (uint32_t i = view.op_count; i > 0 && lines < lines_max; i--, lines++) {
            if (lines + 1 == lines_max && i > 1) {
                buf_printf(out, "... and %u more: weir explain --analyze shows all\n", i);
                continue;
            }
            put_operator(out, &view.ops[i - 1], seconds);
        }
    }
    arena_destroy(arena);
    return lines;
}

static void put_page(struct live *live, struct buf *out, struct size size, uint32_t counter_lines)
{
    uint64_t rows = renderer_rows(live->renderer, live->result);
    uint32_t page = live->page = page_rows(size, counter_lines);
    uint64_t last = rows > page ? rows - page : 0;
    if (live->at_end || live->first > last)
        live->first = last;
    struct render_page shown = { .first = live->first,
                                 .rows = page,
                                 .columns = MAX(size.columns, 2) - 1, /* as put_cut() has it */
                                 .first_column = live->column };
    renderer_page(live->renderer, live->result, &shown, out);
    live->column = shown.first_column;
    live->has_more = shown.first_column + shown.columns_shown < shown.column_count;
    uint64_t to = MIN(rows, live->first + page);
    if (rows > page)
        buf_printf(out, "rows %llu to %llu of %llu", (unsigned long long)live->first + 1,
                   (unsigned long long)to, (unsigned long long)rows);
    else
        buf_printf(out, "%llu row%s", (unsigned long long)rows, rows == 1 ? "" : "s");
    if (shown.columns_shown < shown.column_count)
        buf_printf(out, ", columns %u to %u of %u (left, right)", live->column + 1,
                   live->column + shown.columns_shown, shown.column_count);
    uint32_t results = renderer_result_count(live->renderer);
    if (results > 1)
        buf_printf(out, ", result %u of %u (tab)", live->result + 1, results);
    buf_char(out, '\n');
}

/* The last lines: what is higher than the screen could not be taken away again. */
static struct str lines_that_fit(struct str lines, uint32_t count)
{
    for (size_t i = lines.size; i > 0; i--)
        if (lines.data[i - 1] == '\n' && --count == 0)
            return str_make(lines.data + i, lines.size - i);
    return lines;
}

/* From the background a line is enough; what stood there before may have scrolled away. */
static bool look_for_background(struct live *live)
{
    struct console *console = &live->session->console;
    bool is_behind = !keys_is_in_front(console->err_fd);
    if (is_behind != live->is_behind)
        console->area_lines = 0;
    return live->is_behind = is_behind;
}

static void draw(struct live *live, const struct exec_stats *stats, int64_t now_us)
{
    bool has_page = !look_for_background(live) && live->renderer;
    struct size size = terminal_size(live);
    struct buf counters, lines;
    buf_init(&counters, AREA_LIMIT);
    buf_init(&lines, AREA_LIMIT);
    uint32_t counter_lines = 0;
    if (live->counts && has_page)
        counter_lines = put_operators(live, &counters, operator_lines(size));
    if (has_page)
        put_page(live, &lines, size, counter_lines);
    buf_str(&lines, buf_view(&counters));
    progress_put(&live->progress, &lines, stats, live->zone, now_us, size.columns);
    if (live->has_keys && has_page)
        buf_text(&lines,
                 size.columns < KEYS_COLUMNS
                     ? "\nq end, space operators, n p g G page"
                     : "\nq ends it, space shows operators, n next page, p previous, g first, "
                       "G last");
    struct buf *area = session_message(live->session);
    put_cut(area, lines_that_fit(buf_view(&lines), size.lines), size.columns,
            live->session->console.has_colours);
    if (!lines.failed && !counters.failed && !area->failed)
        console_progress(&live->session->console, buf_view(area));
    buf_done(&counters);
    buf_done(&lines);
    live->drawn_us = now_us;
}

void live_progress(struct live *live, const struct exec_stats *stats)
{
    int64_t now_us = clock_monotonic_us();
    bool pressed = false;
    if (now_us - live->begun_us < QUIET_US)
        return;
    if (live->renderer && !live->has_keys && live->drawn_us == 0)
        live->has_keys = keys_begin(STDIN_FILENO);
    for (enum key key; live->has_keys && (key = keys_next(STDIN_FILENO)) != KEY_NONE;)
        pressed = take_key(live, key, MAX(live->page, 1)) || pressed;
    if (pressed || now_us - live->drawn_us >= live->interval_us)
        draw(live, stats, now_us);
}
