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
    BOX_LINES = 4, /* rules and names */
    ROWS_MIN = 3,
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
    live->has_keys = keys_begin(STDIN_FILENO);
}

int64_t live_interval_ms(const struct live *live)
{
    return live->has_keys ? MIN(KEYS_MS, live->interval_us / 1000) : live->interval_us / 1000;
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

static uint32_t page_rows(const struct live *live, struct size size, uint32_t counter_lines)
{
    uint32_t used = BOX_LINES + counter_lines + 2 + (live->has_keys ? 1 : 0);
    return size.lines > used + ROWS_MIN ? size.lines - used : ROWS_MIN;
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
        live->first = live->first + page < rows ? live->first + page : live->first;
        break;
    case KEY_PREVIOUS:
        live->first -= MIN(live->first, (uint64_t)page);
        break;
    case KEY_FIRST:
        live->first = 0;
        break;
    case KEY_LAST:
        break;
    case KEY_SWITCH:
        live->result = results > 0 ? (live->result + 1) % results : 0;
        live->first = 0;
        break;
    case KEY_QUIT:
        session_stop(live->session);
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

/* Bytes of a colour at the beginning of the text: ESC [ ... m; 0: there is none. */
static size_t colour_size(struct str text)
{
    size_t end = text.size > 0 && text.data[0] == '\033' ? str_find_byte(text, 'm') : (size_t)-1;
    return end == (size_t)-1 ? 0 : end + 1;
}

/* Lines that are too wide end at the last column but one: a full line makes some terminals wrap. */
static void put_cut(struct buf *out, struct str lines, uint32_t columns)
{
    while (lines.size > 0) {
        size_t end = MIN(str_find_byte(lines, '\n'), lines.size);
        size_t at = 0, width = 0;
        while (at < end) {
            uint32_t c;
            size_t n = colour_size(str_make(lines.data + at, end - at));
            if (n == 0) {
                n = utf8_decode(lines.data + at, end - at, &c);
                width += utf8_code_point_width(c);
            }
            if (columns > 1 && width > columns - 1) {
                buf_text(out, "\033[0m");
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
    uint32_t page = page_rows(live, size, counter_lines);
    uint64_t last = rows > page ? rows - page : 0;
    if (live->at_end || live->first > last)
        live->first = last;
    renderer_page(live->renderer, live->result, live->first, page, out);
    uint64_t to = MIN(rows, live->first + page);
    if (rows > page)
        buf_printf(out, "rows %llu to %llu of %llu", (unsigned long long)live->first + 1,
                   (unsigned long long)to, (unsigned long long)rows);
    else
        buf_printf(out, "%llu row%s", (unsigned long long)rows, rows == 1 ? "" : "s");
    uint32_t results = renderer_result_count(live->renderer);
    if (results > 1)
        buf_printf(out, ", result %u of %u", live->result + 1, results);
    buf_char(out, '\n');
}

static void draw(struct live *live, const struct exec_stats *stats, int64_t now_us)
{
    struct size size = terminal_size(live);
    struct buf counters, lines;
    buf_init(&counters, AREA_LIMIT);
    buf_init(&lines, AREA_LIMIT);
    uint32_t counter_lines = 0;
    if (live->counts)
        counter_lines = put_operators(live, &counters, MAX(size.lines / 2, ROWS_MIN));
    if (live->renderer)
        put_page(live, &lines, size, counter_lines);
    buf_str(&lines, buf_view(&counters));
    progress_put(&live->progress, &lines, stats, live->zone, now_us, size.columns);
    if (live->has_keys)
        buf_text(&lines, "\nq ends it, space shows operators, n next page, p previous, g first, "
                         "G last");
    struct buf *area = session_message(live->session);
    put_cut(area, buf_view(&lines), size.columns);
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
    for (enum key key; live->has_keys && (key = keys_next(STDIN_FILENO)) != KEY_NONE;)
        pressed = take_key(live, key, page_rows(live, terminal_size(live), 0)) || pressed;
    if (now_us - live->begun_us < QUIET_US)
        return;
    if (pressed || now_us - live->drawn_us >= live->interval_us)
        draw(live, stats, now_us);
}
