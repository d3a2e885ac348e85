/* http.c -- see http.h; what its files are is said in http_client.h. */
#include "http/http.h"

#include "base/clock.h"
#include "base/memory.h"
#include "http/http_client.h"

#include <pthread.h>

enum { CONNECT_TIMEOUT_MS = 3000, TIMEOUT_MS = 60000 };
#define REPLY_BYTES_MAX (UINT64_C(64) << 20)
#define URL_BYTES_MAX (UINT64_C(1) << 20)

/* --- making and ending ----------------------------------------------------------------- */

static CURLcode library_state;

static void start_library(void)
{
    library_state = curl_global_init(CURL_GLOBAL_ALL);
}

/* A missing string stays missing. */
static bool copy(struct http_client *c, struct str *text)
{
    if (!text->data)
        return true;
    *text = arena_str(c->arena, *text);
    return text->data != NULL;
}

static enum code copy_settings(struct http_client *c, const struct http_settings *settings,
                               struct error *err)
{
    struct http_settings *set = &c->settings;
    *set = *settings;
    struct str *headers = arena_array(c->arena, struct str, MAX(set->header_count, 1));
    bool ok = headers && copy(c, &set->endpoints) && copy(c, &set->path_prefix) &&
              copy(c, &set->username) && copy(c, &set->password) && copy(c, &set->bearer) &&
              copy(c, &set->ca_file) && copy(c, &set->fingerprint);
    for (uint32_t i = 0; i < set->header_count && ok; i++) {
        headers[i] = settings->headers[i];
        ok = copy(c, &headers[i]);
    }
    set->headers = headers;
    set->connect_timeout_ms =
        settings->connect_timeout_ms > 0 ? settings->connect_timeout_ms : CONNECT_TIMEOUT_MS;
    set->timeout_ms = settings->timeout_ms > 0 ? settings->timeout_ms : TIMEOUT_MS;
    if (set->max_reply_bytes == 0)
        set->max_reply_bytes = REPLY_BYTES_MAX;
    return ok ? OK : error_nomem(err);
}

static enum code set_up(struct http_client *c, const struct http_settings *settings,
                        struct error *err)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, start_library);
    if (library_state != CURLE_OK)
        return error_set(err, E_IO, "could not start the HTTP client: %s",
                         curl_easy_strerror(library_state));
    c->arena = arena_create();
    c->easy = curl_easy_init();
    c->multi = curl_multi_init();
    if (!c->arena || !c->easy || !c->multi)
        return error_nomem(err);
    TRY(copy_settings(c, settings, err));
    TRY(http_read_endpoints(c, err));
    TRY(http_set_up_calls(c, err));
    return http_set_up_tls(c, err);
}

enum code http_client_create(const struct http_settings *settings, struct http_client **ret,
                             struct error *err)
{
    struct http_client *c = mem_zalloc(sizeof *c);
    if (!c)
        return error_nomem(err);
    buf_init(&c->url, URL_BYTES_MAX);
    buf_init(&c->packed, INT32_MAX);
    buf_init(&c->reply, SIZE_MAX); /* limited by max_reply_bytes */
    buf_init(&c->content_type, URL_BYTES_MAX);
    enum code code = set_up(c, settings, err);
    if (code != OK) {
        http_client_destroy(c);
        return code;
    }
    *ret = c;
    return OK;
}

enum code http_settings_check(const struct http_settings *settings, struct error *err)
{
    struct http_client *c;
    TRY(http_client_create(settings, &c, err));
    http_client_destroy(c);
    return OK;
}

void http_client_destroy(struct http_client *c)
{
    if (!c)
        return;
    curl_easy_cleanup(c->easy);
    if (c->multi)
        curl_multi_cleanup(c->multi);
    curl_slist_free_all(c->headers);
    buf_done(&c->url);
    buf_done(&c->packed);
    buf_done(&c->reply);
    buf_done(&c->content_type);
    arena_destroy(c->arena);
    mem_free(c);
}

void http_client_interrupt(struct http_client *c)
{
    atomic_store(&c->is_interrupted, true);
    curl_multi_wakeup(c->multi);
}

const char *http_client_endpoint(const struct http_client *c)
{
    return c->endpoints[c->current].name;
}

uint32_t http_client_endpoint_count(const struct http_client *c)
{
    return c->endpoint_count;
}

/* --- calls ----------------------------------------------------------------------------- */

static struct str find_header(struct http_client *c, const char *name)
{
    struct curl_header *header;
    return curl_easy_header(c->easy, name, 0, CURLH_HEADER, -1, &header) == CURLHE_OK
               ? str_of(header->value)
               : STR("");
}

static enum code take_reply(struct http_client *c, struct http_reply *ret, struct error *err)
{
    long status = 0;
    const char *type = NULL;
    curl_off_t after_s = 0;
    curl_easy_getinfo(c->easy, CURLINFO_RESPONSE_CODE, &status);
    curl_easy_getinfo(c->easy, CURLINFO_CONTENT_TYPE, &type);
    curl_easy_getinfo(c->easy, CURLINFO_RETRY_AFTER, &after_s);
    buf_clear(&c->content_type);
    if (type)
        buf_text(&c->content_type, type);
    buf_cstr(&c->content_type);
    buf_cstr(&c->reply);
    TRY(buf_check(&c->content_type, err));
    TRY(buf_check(&c->reply, err));
    *ret = (struct http_reply){
        .status = (int)status,
        .body = buf_view(&c->reply),
        .content_type = buf_view(&c->content_type),
        .location = find_header(c, "Location"),
        .retry_after_ms = after_s > 0 && after_s < INT32_MAX ? (int64_t)after_s * 1000 : -1,
    };
    return OK;
}

/* Each endpoint once, beginning with the one that answered last. */
static enum code try_endpoints(struct http_client *c, struct error *err)
{
    int64_t limit_us = clock_monotonic_us() + c->settings.timeout_ms * 1000;
    for (uint32_t tried = 1;; tried++) {
        enum code code = http_attempt(c, limit_us, err);
        if (code != E_RETRY)
            return code;
        c->current = (c->current + 1) % c->endpoint_count;
        if (tried == c->endpoint_count || c->has_taken || c->request->is_once ||
            clock_monotonic_us() >= limit_us)
            return code;
    }
}

enum code http_call_in_pieces(struct http_client *c, const struct http_request *request,
                              http_piece take, void *self, struct http_reply *ret,
                              struct error *err)
{
    c->request = request;
    c->take = take;
    c->take_self = self;
    c->has_taken = false;
    TRY(http_prepare(c, err));
    TRY(try_endpoints(c, err));
    return take_reply(c, ret, err);
}

enum code http_call(struct http_client *c, const struct http_request *request,
                    struct http_reply *ret, struct error *err)
{
    return http_call_in_pieces(c, request, NULL, NULL, ret, err);
}
