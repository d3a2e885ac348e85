/* fn_string_url.c -- URL_ENCODE, URL_DECODE, PARSE_URL.
 *
 * The first two are java.net.URLEncoder and URLDecoder with UTF-8; PARSE_URL takes URLs apart as
 * java.net.URL does (protocols http, https, ftp, file), dot segments of the path included.  What
 * is no URL is NULL. */
#include "expr/fn_string.h"

#include "base/number.h"
#include "base/utf8.h"

/* --- URL_ENCODE, URL_DECODE ------------------------------------------------------ */

static void url_encode(struct buf *buf, struct str s)
{
    static const char hex[] = "0123456789ABCDEF";
    for (size_t i = 0; i < s.size; i++) {
        uint8_t c = (uint8_t)s.data[i];
        bool is_plain = (uint8_t)((c | 0x20) - 'a') < 26 || (uint8_t)(c - '0') < 10 || c == '.' ||
                        c == '-' || c == '*' || c == '_';
        if (is_plain)
            buf_char(buf, (char)c);
        else if (c == ' ')
            buf_char(buf, '+');
        else
            buf_put(buf, (char[]){ '%', hex[c >> 4], hex[c & 15] }, 3);
    }
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool url_decode(struct buf *buf, struct str s)
{
    for (size_t i = 0; i < s.size; i++) {
        if (s.data[i] == '+') {
            buf_char(buf, ' ');
        } else if (s.data[i] != '%') {
            buf_char(buf, s.data[i]);
        } else {
            int high = s.size - i > 2 ? hex_digit(s.data[i + 1]) : -1;
            int low = s.size - i > 2 ? hex_digit(s.data[i + 2]) : -1;
            if (high < 0 || low < 0)
                return false;
            buf_char(buf, (char)(high << 4 | low));
            i += 2;
        }
    }
    return true;
}

STRING_KERNEL(url_encode_kernel)
{
    struct text_room room = { .arena = cx->arena };
    struct view *to = COLUMN_OUT(out, struct view);
    enum code code = OK;
    struct buf buf;
    buf_init(&buf, STRING_BYTES_MAX);
    ROWS_EACH(rows, i)
    {
        url_encode(&buf, arg_str(call, 0, i));
        code = string_take(&room, &buf, &to[i], err);
        if (code != OK)
            break;
    }
    buf_done(&buf);
    return code;
}

STRING_KERNEL(url_decode_kernel)
{
    struct text_room room = { .arena = cx->arena };
    struct view *to = COLUMN_OUT(out, struct view);
    enum code code = OK;
    struct buf buf;
    buf_init(&buf, STRING_BYTES_MAX);
    ROWS_EACH(rows, i)
    {
        bool is_good = url_decode(&buf, arg_str(call, 0, i));
        if (is_good || buf.failed) {
            code = string_take(&room, &buf, &to[i], err);
            if (code == OK) { /* the bytes need not be UTF-8 */
                struct str text = utf8_repair(cx->arena, view_str(to[i]));
                to[i] = view_of(text);
                code = text.data ? OK : error_nomem(err);
            }
        } else {
            buf_clear(&buf);
            code = kernel_null(cx, out, i, err);
        }
        if (code != OK)
            break;
    }
    buf_done(&buf);
    return code;
}

enum code url_encode_resolve(struct call *call, struct error *err)
{
    TRY(call_arity(call, 1, 1, err));
    TRY(call_coerce_string(call, 0, err));
    return call_set(call, &type_string, url_encode_kernel, 0);
}

enum code url_decode_resolve(struct call *call, struct error *err)
{
    TRY(call_arity(call, 1, 1, err));
    TRY(call_coerce_string(call, 0, err));
    return call_set(call, &type_string, url_decode_kernel, 0);
}

/* --- PARSE_URL ---------------------------------------------------------------------- */

/* .data == NULL: not there. */
struct url {
    struct str protocol, authority, userinfo, host, query, ref;
    struct str path;       /* as written */
    bool path_needs_slash; /* one is put before it */
};

static struct str str_from(struct str s, size_t at)
{
    return str_make(s.data + at, s.size - at);
}

/* host[:port], or [IPv6 address][:port]. */
static bool parse_host(struct str s, struct str *ret)
{
    size_t end;
    *ret = s;
    if (s.size > 0 && s.data[0] == '[') {
        end = str_find_byte(s, ']');
        if (end == (size_t)-1 || end < 3)
            return false;
        end++;
        if (end == s.size)
            return true;
        if (s.data[end] != ':')
            return false;
    } else {
        end = str_find_byte(s, ':');
        if (end == (size_t)-1)
            return true;
    }
    struct str port = str_from(s, end + 1);
    int64_t number;
    *ret = str_make(s.data, end);
    return port.size == 0 ||
           (number_parse_i64(port.data, port.size, &number) && number >= -1 && number <= INT32_MAX);
}

static bool parse_authority(struct str authority, struct url *url)
{
    struct str host = authority;
    size_t at = str_find_byte(authority, '@');
    url->authority = authority;
    if (at != (size_t)-1) {
        host = str_from(authority, at + 1);
        if (str_find_byte(host, '@') != (size_t)-1) {
            url->host = STR("");
            return true;
        }
        url->userinfo = str_make(authority.data, at);
    }
    return parse_host(host, &url->host);
}

static bool parse_url(struct str s, struct url *url)
{
    static const char *const protocols[] = { "http", "https", "ftp", "file" };
    *url = (struct url){ 0 };
    while (s.size > 0 && (uint8_t)s.data[s.size - 1] <= ' ')
        s.size--;
    while (s.size > 0 && (uint8_t)s.data[0] <= ' ')
        s = str_from(s, 1);
    if (s.size >= 4 && str_ieq(str_make(s.data, 4), STR("url:")))
        s = str_from(s, 4);
    size_t colon = str_find_byte(s, ':');
    if (colon == (size_t)-1)
        return false;
    for (size_t i = 0; i < countof(protocols); i++)
        if (str_iis(str_make(s.data, colon), protocols[i]))
            url->protocol = str_of(protocols[i]);
    if (!url->protocol.data)
        return false;
    s = str_from(s, colon + 1);

    size_t at = str_find_byte(s, '#');
    if (at != (size_t)-1) {
        url->ref = str_from(s, at + 1);
        s.size = at;
    }
    at = str_find_byte(s, '?');
    if (at != (size_t)-1) {
        url->query = str_from(s, at + 1);
        s.size = at;
    }
    url->host = STR("");
    bool is_unc = s.size >= 4 && memcmp(s.data, "////", 4) == 0;
    if (!is_unc && s.size >= 2 && memcmp(s.data, "//", 2) == 0) {
        s = str_from(s, 2);
        at = str_find_byte(s, '/');
        at = at == (size_t)-1 ? s.size : at;
        if (!parse_authority(str_make(s.data, at), url))
            return false;
        s = str_from(s, at);
    }
    url->path = s;
    url->path_needs_slash = s.size > 0 && s.data[0] != '/' && url->authority.data;
    return true;
}

/* Takes dots out of the path in buf, from byte `begin` on, in the way of java.net.URL. */
static void remove_dots(struct buf *buf, size_t begin)
{
#define CUT(from, to) (memmove(path + (from), path + (to), size - (to)), size -= (to) - (from))
    char *path = buf->data + begin;
    size_t size = buf->size - begin;
    size_t at, slash;
    while ((at = string_find(str_make(path, size), STR("/./"), 0)) != (size_t)-1)
        CUT(at, at + 2);
    for (at = 0; (at = string_find(str_make(path, size), STR("/../"), at)) != (size_t)-1;) {
        slash = (size_t)-1;
        for (size_t k = 0; k < at; k++)
            if (path[k] == '/')
                slash = k;
        if (slash != (size_t)-1 && string_find(str_make(path, size), STR("/../"), slash) != 0) {
            CUT(slash, at + 3);
            at = 0;
        } else {
            at += 3;
        }
    }
    while (size >= 3 && memcmp(path + size - 3, "/..", 3) == 0) {
        at = string_find(str_make(path, size), STR("/.."), 0);
        slash = (size_t)-1;
        for (size_t k = 0; k < at; k++)
            if (path[k] == '/')
                slash = k;
        if (slash == (size_t)-1)
            break;
        size = slash + 1;
    }
    if (size > 2 && memcmp(path, "./", 2) == 0)
        CUT(0, 2);
    if (size >= 2 && memcmp(path + size - 2, "/.", 2) == 0)
        size--;
    buf->size = begin + size;
#undef CUT
}

static void put_path(struct buf *buf, const struct url *url)
{
    size_t begin = buf->size;
    if (url->path_needs_slash)
        buf_char(buf, '/');
    buf_str(buf, url->path);
    if (!buf->failed && buf->size > begin)
        remove_dots(buf, begin);
}

/* The value of key= in a query; false if it is not there. */
static bool query_value(struct str query, struct str key, struct str *ret)
{
    for (size_t at = 0;;) {
        struct str rest = str_from(query, at);
        if (rest.size > key.size && str_starts(rest, key) && rest.data[key.size] == '=') {
            struct str value = str_from(rest, key.size + 1);
            size_t end = str_find_byte(value, '&');
            *ret = str_make(value.data, end == (size_t)-1 ? value.size : end);
            return true;
        }
        size_t next = str_find_byte(rest, '&');
        if (next == (size_t)-1)
            return false;
        at += next + 1;
    }
}

/* Appends the part, or is false if there is none. */
static bool put_part(struct buf *buf, const struct url *url, struct str part)
{
    const struct {
        const char *name;
        struct str value;
    } simple[] = {
        { "HOST", url->host },
        { "QUERY", url->query },
        { "REF", url->ref },
        { "PROTOCOL", url->protocol },
        { "AUTHORITY", url->authority },
        { "USERINFO", url->userinfo },
    };
    for (size_t i = 0; i < countof(simple); i++) {
        if (str_is(part, simple[i].name)) {
            buf_str(buf, simple[i].value);
            return simple[i].value.data != NULL;
        }
    }
    if (!str_is(part, "PATH") && !str_is(part, "FILE"))
        return false;
    put_path(buf, url);
    if (str_is(part, "FILE") && url->query.data) {
        buf_char(buf, '?');
        buf_str(buf, url->query);
    }
    return true;
}

STRING_KERNEL(parse_url_kernel)
{
    struct text_room room = { .arena = cx->arena };
    struct view *to = COLUMN_OUT(out, struct view);
    enum code code = OK;
    struct buf buf;
    buf_init(&buf, STRING_BYTES_MAX);
    ROWS_EACH(rows, i)
    {
        struct url url;
        struct str part = arg_str(call, 1, i), value;
        bool found = parse_url(arg_str(call, 0, i), &url);
        if (found && call->arg_count == 3) {
            found = str_is(part, "QUERY") && url.query.data &&
                    query_value(url.query, arg_str(call, 2, i), &value);
            if (found)
                buf_str(&buf, value);
        } else if (found) {
            found = put_part(&buf, &url, part);
        }
        code = found ? string_take(&room, &buf, &to[i], err) : kernel_null(cx, out, i, err);
        if (code != OK)
            break;
    }
    buf_done(&buf);
    return code;
}

enum code parse_url_resolve(struct call *call, struct error *err)
{
    TRY(call_arity(call, 2, 3, err));
    TRY(string_coerce(call, 0, call->arg_count - 1, err));
    return call_set(call, &type_string, parse_url_kernel, 0);
}
