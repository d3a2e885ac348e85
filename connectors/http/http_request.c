/* http_request.c -- what a call sends: method, headers, and the body, compressed where that pays. */
#include "http/http_client.h"

#include <zlib.h>

enum {
    PACK_FROM_BYTES = 8192, /* below, compressing costs more than it saves */
    GZIP_WINDOW = 15 + 16,  /* in zlib's words */
};

/* A line break would make a header, or a request, of its own out of a value. */
static bool is_clean(struct str text)
{
    for (size_t i = 0; i < text.size; i++)
        if ((unsigned char)text.data[i] < 0x20 || text.data[i] == 0x7f)
            return false;
    return true;
}

/* "Name: " and its value; "Name:" alone keeps curl from sending that header. */
static enum code add_header(struct http_client *c, const char *name, struct str value,
                            struct error *err)
{
    if (!is_clean(value))
        return error_set(err, E_OPTION, "a header of HTTP cannot hold control characters");
    struct buf line;
    buf_init(&line, 1 << 20);
    buf_text(&line, name);
    buf_str(&line, value);
    enum code code = buf_check(&line, err);
    struct curl_slist *headers = code == OK ? curl_slist_append(c->headers, buf_cstr(&line)) : NULL;
    buf_done(&line);
    if (!headers)
        return code == OK ? error_nomem(err) : code;
    c->headers = headers;
    return OK;
}

static enum code add_standing_headers(struct http_client *c, struct error *err)
{
    const struct http_settings *set = &c->settings;
    for (uint32_t i = 0; i < set->header_count; i++)
        TRY(add_header(c, "", set->headers[i], err));
    if (set->bearer.data)
        TRY(add_header(c, "Authorization: Bearer ", set->bearer, err));
    if (c->request->accept)
        TRY(add_header(c, "Accept: ", str_of(c->request->accept), err));
    else
        TRY(add_header(c, "Accept:", STR(""), err));
    return add_header(c, "Expect:", STR(""), err); /* it would cost a round trip, or a second */
}

/* Both lie in memory that nobody changes. */
static int deflate_part(z_stream *z, struct str part, int flush)
{
    z->next_in = (Bytef *)(uintptr_t)part.data;
    z->avail_in = (uInt)part.size;
    return part.size > 0 ? deflate(z, flush) : Z_OK;
}

static enum code pack(struct http_client *c, struct str head, struct str body, bool *ret_packed,
                      struct error *err)
{
    z_stream z = { 0 };
    uint64_t size = (uint64_t)head.size + body.size;
    *ret_packed = false;
    buf_clear(&c->packed);
    if (!c->settings.compresses || body.size < PACK_FROM_BYTES || size > INT32_MAX)
        return OK;
    if (deflateInit2(&z, Z_BEST_SPEED, Z_DEFLATED, GZIP_WINDOW, 8, Z_DEFAULT_STRATEGY) != Z_OK)
        return error_nomem(err);
    size_t bound = deflateBound(&z, (uLong)size);
    bool has_room = buf_reserve(&c->packed, bound);
    if (has_room) {
        z.next_out = (Bytef *)c->packed.data;
        z.avail_out = (uInt)bound;
        *ret_packed = deflate_part(&z, head, Z_NO_FLUSH) == Z_OK &&
                      deflate_part(&z, body, Z_FINISH) == Z_STREAM_END;
        c->packed.size = z.total_out;
    }
    deflateEnd(&z);
    return has_room ? OK : error_nomem(err);
}

/* Head and body one after the other, as much as there is room for. */
static size_t on_send(char *to, size_t size, size_t count, void *self)
{
    struct http_client *c = self;
    struct str parts[] = { c->request->head, c->request->body };
    uint64_t from = c->sent;
    size_t room = size * count, done = 0;
    for (size_t i = 0; i < countof(parts); i++) {
        uint64_t skipped = MIN(from, parts[i].size);
        size_t n = MIN(room - done, parts[i].size - (size_t)skipped);
        if (n > 0)
            memcpy(to + done, parts[i].data + skipped, n);
        from -= skipped;
        done += n;
    }
    c->sent += done;
    return done;
}

/* From the start again: on a connection that had been closed meanwhile. */
static int on_seek(void *self, curl_off_t offset, int origin)
{
    struct http_client *c = self;
    if (origin != SEEK_SET || offset < 0)
        return CURL_SEEKFUNC_FAIL;
    c->sent = (uint64_t)offset;
    return CURL_SEEKFUNC_OK;
}

static enum code set_parts(struct http_client *c, struct error *err)
{
    HTTP_SET(c, CURLOPT_POSTFIELDS, NULL);
    HTTP_SET(c, CURLOPT_POSTFIELDSIZE_LARGE,
             (curl_off_t)(c->request->head.size + c->request->body.size));
    HTTP_SET(c, CURLOPT_READFUNCTION, on_send);
    HTTP_SET(c, CURLOPT_READDATA, c);
    HTTP_SET(c, CURLOPT_SEEKFUNCTION, on_seek);
    HTTP_SET(c, CURLOPT_SEEKDATA, c);
    return OK;
}

static enum code set_body(struct http_client *c, struct error *err)
{
    struct str head = c->request->head, body = c->request->body;
    const char *type = c->request->content_type;
    bool is_packed;
    TRY(pack(c, head, body, &is_packed, err));
    if (is_packed) {
        TRY(add_header(c, "Content-Encoding: gzip", STR(""), err));
        body = buf_view(&c->packed);
    }
    TRY(add_header(c, type ? "Content-Type: " : "Content-Type:", str_of(type ? type : ""), err));
    HTTP_SET(c, CURLOPT_POST, 1L);
    if (head.size > 0 && !is_packed)
        return set_parts(c, err);
    HTTP_SET(c, CURLOPT_POSTFIELDS, body.data ? body.data : "");
    HTTP_SET(c, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)body.size);
    return OK;
}

enum code http_prepare(struct http_client *c, struct error *err)
{
    const char *method = c->request->method;
    bool has_body = c->request->body.data || strcmp(method, "PUT") == 0 ||
                    strcmp(method, "POST") == 0 || strcmp(method, "PATCH") == 0;
    if (!is_clean(c->request->path) || memchr(c->request->path.data, ' ', c->request->path.size))
        return error_set(err, E_INTERNAL, "a path of HTTP is not escaped");
    curl_slist_free_all(c->headers);
    c->headers = NULL;
    TRY(add_standing_headers(c, err));
    HTTP_SET(c, CURLOPT_HTTPGET, 1L); /* forgets the body of the call before, and NOBODY */
    if (has_body)
        TRY(set_body(c, err));
    else if (strcmp(method, "HEAD") == 0)
        HTTP_SET(c, CURLOPT_NOBODY, 1L);
    HTTP_SET(c, CURLOPT_CUSTOMREQUEST, method);
    HTTP_SET(c, CURLOPT_HTTPHEADER, c->headers);
    return OK;
}

void http_put_escaped(struct buf *out, struct str text)
{
    static const char digits[] = "0123456789ABCDEF";
    for (size_t i = 0; i < text.size; i++) {
        unsigned char byte = (unsigned char)text.data[i];
        bool is_plain = (byte >= '0' && byte <= '9') || (byte >= 'A' && byte <= 'Z') ||
                        (byte >= 'a' && byte <= 'z') || byte == '-' || byte == '_' || byte == '.' ||
                        byte == '~';
        if (is_plain) {
            buf_char(out, (char)byte);
        } else {
            char escaped[3] = { '%', digits[byte >> 4], digits[byte & 15] };
            buf_put(out, escaped, sizeof escaped);
        }
    }
}
