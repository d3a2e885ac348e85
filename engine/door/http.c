/* http.c -- see http.h. */
#include "door/http.h"

/* The line without its end and, in *rest, what follows; .data NULL: there is no whole line. */
static struct str take_line(struct str text, struct str *rest)
{
    size_t end = str_find_byte(text, '\n');
    if (end == (size_t)-1)
        return (struct str){ NULL, 0 };
    *rest = str_make(text.data + end + 1, text.size - end - 1);
    return str_make(text.data, end > 0 && text.data[end - 1] == '\r' ? end - 1 : end);
}

static bool is_complete(struct str data)
{
    struct str rest = data, line;
    while ((line = take_line(rest, &rest)).data)
        if (line.size == 0)
            return true;
    return false;
}

/* The word in front of the first blank; *rest what follows it. */
static struct str take_word(struct str text, struct str *rest)
{
    size_t end = str_find_byte(text, ' ');
    if (end == (size_t)-1)
        end = text.size;
    size_t taken = MIN(end + 1, text.size);
    *rest = str_make(text.data + taken, text.size - taken);
    return str_make(text.data, end);
}

enum http_what http_read(struct str data, bool *ret_head_only)
{
    struct str rest;
    *ret_head_only = false;
    struct str line = take_line(data, &rest);
    if (!line.data || !is_complete(data))
        return HTTP_MORE;
    struct str method = take_word(line, &line);
    struct str target = take_word(line, &line);
    if (!str_starts(line, STR("HTTP/1.")) || target.size == 0)
        return HTTP_BAD;
    *ret_head_only = str_is(method, "HEAD");
    if (!str_is(method, "GET") && !*ret_head_only)
        return HTTP_NO_METHOD;
    size_t query = str_find_byte(target, '?');
    if (query != (size_t)-1)
        target.size = query;
    if (str_is(target, "/metrics"))
        return HTTP_METRICS;
    if (str_is(target, "/status"))
        return HTTP_STATUS;
    return str_is(target, "/") ? HTTP_INDEX : HTTP_NOT_FOUND;
}

void http_put(struct buf *out, const char *status, const char *type, struct str body,
              bool head_only)
{
    buf_printf(out, "HTTP/1.1 %s\r\nContent-Type: %s\r\nContent-Length: %zu\r\n", status, type,
               body.size);
    buf_text(out, "Cache-Control: no-store\r\nConnection: close\r\n\r\n");
    if (!head_only)
        buf_str(out, body);
}
