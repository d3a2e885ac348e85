/* http_call.c -- one attempt at one endpoint.
 *
 * The transfer runs in a multi handle although it is alone there, because that can be woken: an
 * interrupt ends it at once, whatever it waits for. */
#include "http/http_client.h"

#include "base/clock.h"

#include <string.h>

enum {
    HEADER_BYTES_MAX = 256 << 10, /* of a reply */
    LOOK_MS = 1000,               /* curl's own timers come before */
    SEND_BYTES = 512 << 10,       /* of a large body at once */
};

/* --- callbacks ----------------------------------------------------------------------- */

static enum code fail(struct http_client *c, enum code code)
{
    c->failed = code;
    return code;
}

/* A line, with its end. */
static size_t on_header(char *data, size_t size, size_t count, void *self)
{
    struct http_client *c = self;
    c->has_head = size * count > 0 && (data[0] == '\r' || data[0] == '\n');
    c->header_bytes += size * count;
    if (c->header_bytes <= HEADER_BYTES_MAX)
        return size * count;
    fail(c, error_set(&c->failure, E_LIMIT, "the reply of %s has headers of more than %d bytes",
                      http_client_endpoint(c), HEADER_BYTES_MAX));
    return 0;
}

static bool is_success(const struct http_client *c)
{
    long status = 0;
    curl_easy_getinfo(c->easy, CURLINFO_RESPONSE_CODE, &status);
    return status >= 200 && status < 300;
}

static enum code collect(struct http_client *c, struct str piece)
{
    if (piece.size > c->settings.max_reply_bytes - c->reply.size)
        return error_set(&c->failure, E_LIMIT, "the reply of %s is larger than %llu bytes",
                         http_client_endpoint(c), (unsigned long long)c->settings.max_reply_bytes);
    buf_str(&c->reply, piece);
    return buf_check(&c->reply, &c->failure);
}

static size_t on_piece(char *data, size_t size, size_t count, void *self)
{
    struct http_client *c = self;
    struct str piece = str_make(data, size * count);
    if (c->take && is_success(c)) {
        c->has_taken = true;
        fail(c, c->take(c->take_self, piece, &c->failure));
    } else {
        fail(c, collect(c, piece));
    }
    return c->failed == OK ? piece.size : CURL_WRITEFUNC_ERROR;
}

/* --- what came of it ------------------------------------------------------------------- */

/* TLS against a port that speaks something else, or no version in common. */
static bool is_no_partner(const char *reason)
{
    return strstr(reason, "wrong version number") || strstr(reason, "packet length too long") ||
           strstr(reason, "alert");
}

static enum code code_of(CURLcode wrong, const char *reason)
{
    switch (wrong) {
    case CURLE_OUT_OF_MEMORY:
        return E_NOMEM;
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_CONNECT:
    case CURLE_OPERATION_TIMEDOUT:
    case CURLE_GOT_NOTHING:
    case CURLE_SEND_ERROR:
    case CURLE_RECV_ERROR:
    case CURLE_PARTIAL_FILE:
        return E_RETRY;
    case CURLE_SSL_CONNECT_ERROR: /* also a connection that is lost meanwhile */
        return is_no_partner(reason) ? E_IO : E_RETRY;
    default:
        return E_IO;
    }
}

static enum code judge(struct http_client *c, CURLcode wrong, struct error *err)
{
    if (c->failed != OK) {
        if (err)
            *err = c->failure;
        return c->failed;
    }
    if (wrong == CURLE_OK && c->has_head)
        return OK;
    if (wrong == CURLE_OK) /* curl takes headers that are cut off for all there are */
        return error_set(err, E_RETRY, "could not reach %s: its reply was cut off",
                         http_client_endpoint(c));
    const char *reason = c->reason[0] ? c->reason : curl_easy_strerror(wrong);
    enum code code = code_of(wrong, reason);
    long number = 0;
    if (code == E_NOMEM)
        return error_nomem(err);
    if (wrong == CURLE_COULDNT_CONNECT &&
        curl_easy_getinfo(c->easy, CURLINFO_OS_ERRNO, &number) == CURLE_OK && number != 0)
        reason = strerror((int)number);
    return error_set(err, code,
                     code == E_RETRY ? "could not reach %s: %s" : "cannot talk to %s: %s",
                     http_client_endpoint(c), reason);
}

/* --- the attempt ----------------------------------------------------------------------- */

static enum code cancelled(struct error *err)
{
    return error_set(err, E_CANCELLED, "a call was interrupted");
}

static enum code run(struct http_client *c, CURLcode *ret, struct error *err)
{
    for (int running = 1, queued;;) {
        if (atomic_load(&c->is_interrupted))
            return cancelled(err);
        CURLMcode wrong = curl_multi_perform(c->multi, &running);
        const CURLMsg *message = curl_multi_info_read(c->multi, &queued);
        if (message && message->msg == CURLMSG_DONE) {
            *ret = message->data.result;
            return OK;
        }
        if (wrong == CURLM_OK)
            wrong = curl_multi_poll(c->multi, NULL, 0, LOOK_MS, NULL);
        if (wrong == CURLM_OUT_OF_MEMORY)
            return error_nomem(err);
        if (wrong != CURLM_OK)
            return error_set(err, E_INTERNAL, "the HTTP client failed: %s",
                             curl_multi_strerror(wrong));
    }
}

static enum code set_limits(struct http_client *c, int64_t limit_us, struct error *err)
{
    long left_ms = (long)MAX((limit_us - clock_monotonic_us()) / 1000, 1);
    HTTP_SET(c, CURLOPT_CONNECTTIMEOUT_MS, (long)MIN(c->settings.connect_timeout_ms, left_ms));
    HTTP_SET(c, CURLOPT_TIMEOUT_MS, c->take ? 0L : left_ms);
    HTTP_SET(c, CURLOPT_LOW_SPEED_LIMIT, c->take ? 1L : 0L);
    HTTP_SET(c, CURLOPT_LOW_SPEED_TIME,
             c->take ? (long)((c->settings.timeout_ms + 999) / 1000) : 0L);
    return OK;
}

enum code http_attempt(struct http_client *c, int64_t limit_us, struct error *err)
{
    c->failed = OK;
    c->header_bytes = 0;
    c->has_head = false;
    c->sent = 0;
    c->reason[0] = 0;
    buf_clear(&c->reply);
    buf_clear(&c->url);
    buf_text(&c->url, c->endpoints[c->current].base);
    buf_str(&c->url, c->request->path);
    TRY(buf_check(&c->url, err));
    HTTP_SET(c, CURLOPT_URL, buf_cstr(&c->url));
    HTTP_SET(c, CURLOPT_FRESH_CONNECT, c->request->is_once ? 1L : 0L);
    TRY(set_limits(c, limit_us, err));
    if (curl_multi_add_handle(c->multi, c->easy) != CURLM_OK)
        return error_nomem(err);
    CURLcode wrong = CURLE_OK;
    enum code code = run(c, &wrong, err);
    curl_multi_remove_handle(c->multi, c->easy);
    return code == OK ? judge(c, wrong, err) : code;
}

static enum code set_login(struct http_client *c, struct error *err)
{
    const struct http_settings *set = &c->settings;
    if (!set->username.data)
        return OK;
    HTTP_SET(c, CURLOPT_HTTPAUTH, (long)CURLAUTH_BASIC);
    HTTP_SET(c, CURLOPT_USERNAME, set->username.data);
    HTTP_SET(c, CURLOPT_PASSWORD, set->password.data ? set->password.data : "");
    return OK;
}

enum code http_set_up_calls(struct http_client *c, struct error *err)
{
    HTTP_SET(c, CURLOPT_NOSIGNAL, 1L);
    HTTP_SET(c, CURLOPT_PROXY, ""); /* whatever the environment says */
    HTTP_SET(c, CURLOPT_FOLLOWLOCATION, 0L);
    HTTP_SET(c, CURLOPT_PROTOCOLS_STR, "http,https");
    HTTP_SET(c, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    HTTP_SET(c, CURLOPT_UPLOAD_BUFFERSIZE, (long)SEND_BYTES);
    HTTP_SET(c, CURLOPT_PATH_AS_IS, 1L); /* ".." may be part of a key */
    HTTP_SET(c, CURLOPT_TCP_KEEPALIVE, 1L);
    HTTP_SET(c, CURLOPT_QUICK_EXIT, 1L); /* a name being looked up does not hold up an interrupt */
    HTTP_SET(c, CURLOPT_USERAGENT, "weir/" WEIR_VERSION);
    HTTP_SET(c, CURLOPT_ACCEPT_ENCODING, c->settings.accepts_gzip ? "gzip" : (char *)NULL);
    HTTP_SET(c, CURLOPT_ERRORBUFFER, c->reason);
    HTTP_SET(c, CURLOPT_HEADERFUNCTION, on_header);
    HTTP_SET(c, CURLOPT_HEADERDATA, c);
    HTTP_SET(c, CURLOPT_WRITEFUNCTION, on_piece);
    HTTP_SET(c, CURLOPT_WRITEDATA, c);
    return set_login(c, err);
}
