/* http.c -- see http.h. */
#include "door/http.h"

#include <arpa/inet.h>

enum { ADDRESS_MAX = 64 };

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

/* --- whom it is for ------------------------------------------------------------------------------ */

static bool is_port(struct str text)
{
    for (size_t i = 0; i < text.size; i++)
        if (text.data[i] < '0' || text.data[i] > '9')
            return false;
    return true;
}

/* "name", "name:port", "[address]", "[address]:port": without the port, and what is left is not empty. */
static bool cut_port(struct str *host)
{
    bool is_bracketed = host->size > 0 && host->data[0] == '[';
    size_t end = str_find_byte(*host, is_bracketed ? ']' : ':');
    if (end == (size_t)-1)
        return !is_bracketed && host->size > 0;
    end += is_bracketed;
    struct str rest = str_make(host->data + end, host->size - end);
    host->size = end;
    return end > 0 && (rest.size == 0 ||
                       (rest.data[0] == ':' && is_port(str_make(rest.data + 1, rest.size - 1))));
}

/* By name, or by an address as it is written in full: a resolver might be asked for any other. */
static bool is_loopback(struct str host)
{
    char text[ADDRESS_MAX];
    struct in_addr four;
    if (!cut_port(&host) || host.size >= sizeof text)
        return false;
    memcpy(text, host.data, host.size);
    text[host.size] = '\0';
    if (inet_pton(AF_INET, text, &four) == 1)
        return ntohl(four.s_addr) >> 24 == IN_LOOPBACKNET;
    return str_ieq(host, STR("localhost")) || str_ieq(host, STR("localhost.")) ||
           str_is(host, "[::1]");
}

/* The one Host among the lines of a head; .data NULL: there is none.  False: these are no headers, or
 * there are two. */
static bool find_host(struct str head, struct str *ret)
{
    struct str line;
    *ret = (struct str){ NULL, 0 };
    while ((line = take_line(head, &head)).data && line.size > 0) {
        size_t colon = str_find_byte(line, ':');
        if (colon == (size_t)-1 || colon == 0)
            return false;
        struct str name = str_make(line.data, colon);
        if (str_trim(name).size != name.size)
            return false;
        if (!str_ieq(name, STR("Host")))
            continue;
        if (ret->data)
            return false;
        *ret = str_trim(str_make(line.data + colon + 1, line.size - colon - 1));
    }
    return true;
}

/* "http://host/path" as a proxy is asked: *target becomes the path, and *host what it says. */
static void cut_authority(struct str *target, struct str *host)
{
    struct str scheme = STR("http://");
    if (target->size < scheme.size || !str_ieq(str_make(target->data, scheme.size), scheme))
        return;
    struct str rest = str_make(target->data + scheme.size, target->size - scheme.size);
    size_t end = str_find_byte(rest, '/');
    end = end == (size_t)-1 ? rest.size : end;
    *host = str_make(rest.data, end);
    *target = end == rest.size ? STR("/") : str_make(rest.data + end, rest.size - end);
}

/* --- what it asks for ---------------------------------------------------------------------------- */

static enum http_what page_of(struct str target)
{
    size_t query = str_find_byte(target, '?');
    if (query != (size_t)-1)
        target.size = query;
    if (str_is(target, "/metrics"))
        return HTTP_METRICS;
    if (str_is(target, "/status"))
        return HTTP_STATUS;
    return str_is(target, "/") ? HTTP_INDEX : HTTP_NOT_FOUND;
}

enum http_what http_read(struct str data, bool *ret_head_only)
{
    struct str rest, host;
    *ret_head_only = false;
    struct str line = take_line(data, &rest);
    if (!line.data || !is_complete(data))
        return HTTP_MORE;
    struct str method = take_word(line, &line);
    struct str target = take_word(line, &line);
    if (!str_starts(line, STR("HTTP/1.")) || target.size == 0 || !find_host(rest, &host))
        return HTTP_BAD;
    *ret_head_only = str_is(method, "HEAD");
    if (!host.data && !str_is(line, "HTTP/1.0")) /* which did not know it */
        return HTTP_BAD;
    if (host.data && !is_loopback(host))
        return HTTP_FOREIGN;
    cut_authority(&target, &host);
    if (host.data && !is_loopback(host))
        return HTTP_FOREIGN;
    if (!str_is(method, "GET") && !*ret_head_only)
        return HTTP_NO_METHOD;
    return page_of(target);
}

void http_put(struct buf *out, const char *status, const char *type, struct str body,
              bool head_only)
{
    buf_printf(out, "HTTP/1.1 %s\r\nContent-Type: %s\r\nContent-Length: %zu\r\n", status, type,
               body.size);
    if (str_starts(str_of(status), STR("405 ")))
        buf_text(out, "Allow: GET, HEAD\r\n");
    buf_text(out, "X-Content-Type-Options: nosniff\r\nCache-Control: no-store\r\n"
                  "Connection: close\r\n\r\n");
    if (!head_only)
        buf_str(out, body);
}
