/* console.c -- see console.h. */
#include "session/console.h"

#include "base/utf8.h"

#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

enum { OUT_LIMIT = 1 << 30, LINE_MAX_BYTES = 8 << 10 };

void console_init(struct console *console, int out_fd, int err_fd)
{
    *console = (struct console){ .out_fd = out_fd, .err_fd = err_fd };
    buf_init(&console->out, OUT_LIMIT);
}

void console_done(struct console *console)
{
    console_progress(console, STR(""));
    buf_done(&console->out);
}

/* All of it, waiting where the descriptor does not block by itself; 0 or an errno. */
static int write_all(int fd, const char *data, size_t size)
{
    while (size > 0) {
        ssize_t n = write(fd, data, size);
        if (n > 0) {
            data += n;
            size -= (size_t)n;
        } else if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
            struct pollfd ready = { .fd = fd, .events = POLLOUT };
            poll(&ready, 1, -1);
        } else if (n < 0 && errno != EINTR) {
            return errno;
        }
    }
    return 0;
}

enum code console_flush(struct console *console, struct error *err)
{
    TRY(buf_check(&console->out, err));
    if (console->out.size == 0)
        return OK;
    if (console->out_is_terminal)
        console_progress(console, STR(""));
    int failure = console->out_broken
                      ? EPIPE
                      : write_all(console->out_fd, console->out.data, console->out.size);
    if (failure == 0)
        console->out_bytes += console->out.size;
    buf_clear(&console->out);
    if (failure == EPIPE) {
        console->out_broken = true;
        return error_set(err, E_CANCELLED, "the reader of the results is gone");
    }
    if (failure != 0)
        return error_set(err, E_IO, "could not write the results to standard output: %s",
                         strerror(failure));
    return OK;
}

enum code console_spill(struct console *console, struct error *err)
{
    if (console->out.size < CONSOLE_OUT_BYTES)
        return buf_check(&console->out, err);
    return console_flush(console, err);
}

bool console_reader_is_gone(struct console *console)
{
    struct pollfd state = { .fd = console->out_fd, .events = 0 };
    if (poll(&state, 1, 0) == 1 && (state.revents & POLLERR))
        console->out_broken = true;
    return console->out_broken;
}

/* Bytes of a control that is not to be shown, at the beginning of the text; 0: there is none. */
static size_t control_size(struct str text, uint32_t *ret)
{
    unsigned char c = (unsigned char)text.data[0];
    *ret = c;
    if (c < 0x80)
        return utf8_is_control(c) && c != '\n' && c != '\t';
    size_t n = utf8_decode(text.data, text.size, ret);
    return utf8_is_control(*ret) ? n : 0;
}

void console_put_safe(struct buf *out, struct str text)
{
    for (size_t i = 0; i < text.size;) {
        uint32_t c;
        size_t n = control_size(str_make(text.data + i, text.size - i), &c);
        if (n > 0)
            buf_printf(out, "\\x%02x", c);
        else
            buf_char(out, text.data[i]);
        i += MAX(n, (size_t)1);
    }
}

static void say_piece(struct console *console, const char *data, size_t size)
{
    if (console->said)
        buf_put(console->said, data, size);
    else if (size > 0)
        write_all(console->err_fd, data, size);
}

/* Without memory of its own: it also says that there is none. */
void console_say(struct console *console, struct str text)
{
    size_t begin = 0;
    console_progress(console, STR(""));
    for (size_t i = 0; i < text.size;) {
        uint32_t c;
        size_t n = control_size(str_make(text.data + i, text.size - i), &c);
        if (n == 0) {
            i++;
            continue;
        }
        char escape[16];
        int size = snprintf(escape, sizeof escape, "\\x%02x", (unsigned)c);
        say_piece(console, text.data + begin, i - begin);
        say_piece(console, escape, (size_t)size);
        begin = i += n;
    }
    say_piece(console, text.data + begin, text.size - begin);
}

void console_sayf(struct console *console, const char *fmt, ...)
{
    char line[LINE_MAX_BYTES];
    va_list args;
    va_start(args, fmt);
    int n = vsnprintf(line, sizeof line, fmt, args);
    va_end(args);
    if (n > 0)
        console_say(console, str_make(line, MIN((size_t)n, sizeof line - 1)));
}

/* To the beginning of the area, which is written over line by line so that nothing flickers. */
static void put_area(struct buf *out, const struct console *console, struct str lines)
{
    buf_char(out, '\r');
    if (console->area_lines > 1)
        buf_printf(out, "\033[%uA", console->area_lines - 1);
    while (lines.size > 0) {
        size_t end = MIN(str_find_byte(lines, '\n'), lines.size);
        buf_str(out, str_make(lines.data, end));
        buf_text(out, "\033[K");
        size_t taken = MIN(end + 1, lines.size);
        if (taken > end)
            buf_text(out, "\r\n");
        lines = str_make(lines.data + taken, lines.size - taken);
    }
    buf_text(out, "\033[J");
}

void console_progress(struct console *console, struct str lines)
{
    if (!console->err_is_terminal || (lines.size == 0 && console->area_lines == 0))
        return;
    struct buf out;
    buf_init(&out, OUT_LIMIT);
    put_area(&out, console, lines);
    if (!out.failed) {
        write_all(console->err_fd, out.data, out.size);
        console->area_lines = lines.size > 0;
        for (size_t i = 0; i < lines.size; i++)
            console->area_lines += lines.data[i] == '\n';
    }
    buf_done(&out);
}
