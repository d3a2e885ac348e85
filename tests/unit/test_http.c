/* test_http.c -- what the client of REST servers sends, takes and survives, against a server in
 * this program that follows a script. */
#include "http/http.h"

#include "base/clock.h"
#include "base/memory.h"
#include "support/check.h"
#include "support/loopback.h"

#include <stdio.h>
#include <stdlib.h>
#include <zlib.h>

static struct loopback *server, *other;
static struct error error;
static struct http_reply reply;

#define OK_REPLY "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 5\r\n\r\nhello"
#define STEP(text, end)                                                                            \
    {                                                                                              \
        STR(text), LOOPBACK_##end                                                                  \
    }

static const struct loopback_step ok_steps[] = { STEP(OK_REPLY, KEEP) };

static void use(const struct loopback_step *steps, uint32_t count)
{
    error = (struct error){ .code = OK };
    reply = (struct http_reply){ .status = -1 };
    loopback_script(server, steps, count);
}
#define USE(...)                                                                                   \
    static const struct loopback_step steps_[] = { __VA_ARGS__ };                                  \
    use(steps_, sizeof steps_ / sizeof steps_[0])

static struct http_client *client_of(struct http_settings settings)
{
    struct http_client *client = NULL;
    if (!settings.endpoints.data)
        settings.endpoints = str_of(server->address);
    CHECK_INT(http_client_create(&settings, &client, &error), OK);
    return client;
}

static struct http_client *plain_client(void)
{
    return client_of((struct http_settings){ .timeout_ms = 20000 });
}

static enum code call(struct http_client *client, const char *method, const char *path,
                      const char *body)
{
    struct http_request request = {
        .method = method,
        .path = str_of(path),
        .body = str_of(body),
        .content_type = body ? "application/json" : NULL,
        .accept = "application/json",
    };
    return http_call(client, &request, &reply, &error);
}

static bool has(const char *text, const char *part)
{
    return strstr(text, part) != NULL;
}

/* An address where nobody listens. */
static const char *dead_address(void)
{
    static char address[32];
    struct loopback *gone = loopback_start();
    snprintf(address, sizeof address, "%s", gone->address);
    loopback_stop(gone);
    return address;
}

/* --- what goes over the wire ------------------------------------------------------------- */

static void a_call_is_answered(void)
{
    use(ok_steps, 1);
    static const struct str headers[] = { { "X-Weir: yes", 11 } };
    struct http_client *client = client_of((struct http_settings){
        .path_prefix = STR("/es/"),
        .username = STR("me"),
        .password = STR("secret"),
        .headers = headers,
        .header_count = 1,
    });
    CHECK_INT(call(client, "GET", "/t1/multiget?row=a%2Fb", NULL), OK);
    CHECK_INT(reply.status, 200);
    CHECK_STR(reply.body.data, "hello");
    CHECK_INT(reply.body.size, 5);
    CHECK_SPAN(reply.content_type.data, reply.content_type.size, "text/plain");
    CHECK_INT(reply.retry_after_ms, -1);
    const char *sent = loopback_last(server);
    CHECK(strncmp(sent, "GET /es/t1/multiget?row=a%2Fb HTTP/1.1\r\n", 40) == 0);
    CHECK(has(sent, "\r\nAuthorization: Basic bWU6c2VjcmV0\r\n"));
    CHECK(has(sent, "\r\nX-Weir: yes\r\n"));
    CHECK(has(sent, "\r\nAccept: application/json\r\n"));
    CHECK(has(sent, "\r\nUser-Agent: weir/"));
    CHECK(!has(sent, "Accept-Encoding"));
    CHECK_STR(http_client_endpoint(client), server->address);
    CHECK_INT(http_client_endpoint_count(client), 1);
    http_client_destroy(client);
}

static void methods_and_bodies_are_as_asked_for(void)
{
    use(ok_steps, 1);
    struct http_client *client = client_of((struct http_settings){ .bearer = STR("t0k") });
    CHECK_INT(call(client, "PUT", "/a/../b", "{}"), OK);
    const char *sent = loopback_last(server);
    CHECK(strncmp(sent, "PUT /a/../b HTTP/1.1\r\n", 22) == 0);
    CHECK(has(sent, "\r\nContent-Type: application/json\r\n"));
    CHECK(has(sent, "\r\nContent-Length: 2\r\n"));
    CHECK(has(sent, "\r\nAuthorization: Bearer t0k\r\n"));
    CHECK(has(sent, "\r\n\r\n{}"));
    CHECK_INT(call(client, "POST", "/a", NULL), OK);
    sent = loopback_last(server);
    CHECK(strncmp(sent, "POST /a HTTP/1.1\r\n", 18) == 0);
    CHECK(has(sent, "\r\nContent-Length: 0\r\n"));
    CHECK(!has(sent, "Content-Type"));
    CHECK_INT(call(client, "DELETE", "/a", NULL), OK);
    sent = loopback_last(server);
    CHECK(strncmp(sent, "DELETE /a HTTP/1.1\r\n", 20) == 0);
    CHECK(!has(sent, "Content-Length"));
    CHECK_INT(loopback_connections(server), 1); /* they were kept alive */
    http_client_destroy(client);
}

static void a_head_has_no_body(void)
{
    USE(STEP("HTTP/1.1 404 Not Found\r\nContent-Length: 5\r\n\r\n", KEEP), STEP(OK_REPLY, KEEP));
    struct http_client *client = plain_client();
    CHECK_INT(call(client, "HEAD", "/index", NULL), OK);
    CHECK_INT(reply.status, 404);
    CHECK_INT(reply.body.size, 0);
    CHECK_STR(reply.body.data, "");
    CHECK_INT(call(client, "GET", "/", NULL), OK);
    CHECK_STR(reply.body.data, "hello");
    http_client_destroy(client);
}

static void a_large_body_does_not_wait_to_be_asked_for(void)
{
    use(ok_steps, 1);
    struct http_client *client = plain_client();
    size_t size = 3 << 20;
    char *body = mem_alloc(size + 1);
    memset(body, 'x', size);
    body[size] = 0;
    CHECK_INT(call(client, "POST", "/", body), OK);
    CHECK(!has(loopback_last(server), "Expect"));
    CHECK(!has(loopback_last(server), "Content-Encoding"));
    CHECK_INT(strlen(strstr(loopback_last(server), "\r\n\r\n") + 4), size);
    mem_free(body);
    http_client_destroy(client);
}

/* The body that came last, in gzip: its size. */
static size_t unpack(char *got, size_t size)
{
    const char *sent = loopback_last(server), *packed = strstr(sent, "\r\n\r\n") + 4;
    CHECK(has(sent, "\r\nContent-Encoding: gzip\r\n"));
    z_stream z = {
        .next_in = (Bytef *)(uintptr_t)packed,
        .avail_in = (uInt)(server->last.size - (size_t)(packed - sent)),
        .next_out = (Bytef *)got,
        .avail_out = (uInt)size,
    };
    CHECK_INT(inflateInit2(&z, 15 + 16), Z_OK);
    CHECK_INT(inflate(&z, Z_FINISH), Z_STREAM_END);
    inflateEnd(&z);
    return z.total_out;
}

static void a_large_body_may_be_compressed(void)
{
    use(ok_steps, 1);
    struct http_client *client = client_of((struct http_settings){ .compresses = true });
    CHECK_INT(call(client, "POST", "/", "small"), OK);
    CHECK(!has(loopback_last(server), "Content-Encoding"));
    static char body[20001], got[20001];
    memset(body, 'x', sizeof body - 1);
    CHECK_INT(call(client, "POST", "/", body), OK);
    CHECK_INT(unpack(got, sizeof got), sizeof body - 1);
    CHECK_MEM(got, body, sizeof body - 1);
    http_client_destroy(client);
}

/* Larger than what is sent at once, with a body that tells where it is. */
static void a_head_stands_in_front_of_the_body(void)
{
    USE(STEP(OK_REPLY, KEEP), STEP("", CLOSE), STEP(OK_REPLY, KEEP));
    struct http_client *client = plain_client();
    size_t size = 1 << 20;
    char *all = mem_alloc(size + 6);
    memcpy(all, "head: ", 6);
    for (size_t i = 0; i < size; i++)
        all[6 + i] = (char)('a' + i % 26 + i / 4099 % 3);
    struct http_request request = {
        .method = "POST", .path = STR("/"), .head = STR("head: "), .body = str_make(all + 6, size)
    };
    for (int i = 0; i < 2; i++) { /* the second is cut off, and sent again from the start */
        CHECK_INT(http_call(client, &request, &reply, &error), OK);
        const char *sent = loopback_last(server), *body = strstr(sent, "\r\n\r\n") + 4;
        CHECK(has(sent, "\r\nContent-Length: 1048582\r\n"));
        CHECK_INT(server->last.size - (size_t)(body - sent), size + 6);
        CHECK_MEM(body, all, size + 6);
    }
    CHECK_INT(loopback_requests(server), 3);
    request.body = (struct str){ NULL, 0 };
    CHECK_INT(http_call(client, &request, &reply, &error), OK);
    CHECK_STR(strstr(loopback_last(server), "\r\n\r\n") + 4, "head: ");
    CHECK_INT(call(client, "POST", "/", "alone"), OK);
    CHECK_STR(strstr(loopback_last(server), "\r\n\r\n") + 4, "alone");
    mem_free(all);
    http_client_destroy(client);
}

static void both_are_compressed_as_one(void)
{
    use(ok_steps, 1);
    struct http_client *client = client_of((struct http_settings){ .compresses = true });
    static char body[20000], got[20010];
    memset(body, 'x', sizeof body);
    struct http_request request = { .method = "POST",
                                    .path = STR("/"),
                                    .head = STR("head: "),
                                    .body = str_make(body, sizeof body) };
    CHECK_INT(http_call(client, &request, &reply, &error), OK);
    CHECK_INT(unpack(got, sizeof got), sizeof body + 6);
    CHECK_MEM(got, "head: xxx", 9);
    CHECK_MEM(got + 6, body, sizeof body);
    http_client_destroy(client);
}

static void replies_come_in_chunks_and_compressed(void)
{
    /* gzip of "hello", made by zlib */
    USE(STEP(
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nhel\r\n2\r\nlo\r\n0\r\n\r\n",
            KEEP),
        STEP("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 25\r\n\r\n"
             "\x1f\x8b\x08\0\0\0\0\0\0\x03\xcb\x48\xcd\xc9\xc9\x07\0\x86\xa6\x10\x36\x05\0\0\0",
             KEEP));
    struct http_client *client = client_of((struct http_settings){ .accepts_gzip = true });
    CHECK_INT(call(client, "GET", "/", NULL), OK);
    CHECK_STR(reply.body.data, "hello");
    CHECK(has(loopback_last(server), "\r\nAccept-Encoding: gzip\r\n"));
    CHECK_INT(call(client, "GET", "/", NULL), OK);
    CHECK_STR(reply.body.data, "hello");
    http_client_destroy(client);
}

static void statuses_are_answers(void)
{
    USE(STEP("HTTP/1.1 503 Busy\r\nRetry-After: 7\r\nContent-Length: 4\r\n\r\nbusy", KEEP),
        STEP("HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n",
             KEEP),
        STEP(OK_REPLY, KEEP));
    struct http_client *client = plain_client();
    CHECK_INT(call(client, "GET", "/", NULL), OK);
    CHECK_INT(reply.status, 503);
    CHECK_STR(reply.body.data, "busy");
    CHECK_INT(reply.retry_after_ms, 7000);
    CHECK_INT(call(client, "GET", "/", NULL), OK);
    CHECK_INT(reply.status, 302); /* and nobody has gone there */
    CHECK_INT(call(client, "GET", "/", NULL), OK);
    CHECK_INT(reply.status, 200);
    http_client_destroy(client);
}

static void text_is_escaped(void)
{
    struct buf out;
    buf_init(&out, 1000);
    http_put_escaped(&out, str_make("aZ09-_.~ /?&=%+\0\xff", 17));
    CHECK_STR(buf_cstr(&out), "aZ09-_.~%20%2F%3F%26%3D%25%2B%00%FF");
    buf_done(&out);
}

static void nothing_is_smuggled_into_a_request(void)
{
    use(ok_steps, 1);
    static const struct str headers[] = { { "X: a\r\nY: b", 10 } };
    struct http_client *client =
        client_of((struct http_settings){ .headers = headers, .header_count = 1 });
    CHECK_INT(call(client, "GET", "/", NULL), E_OPTION);
    CHECK_STR(error.message, "a header of HTTP cannot hold control characters");
    http_client_destroy(client);
    client = plain_client();
    CHECK_INT(call(client, "GET", "/a b", NULL), E_INTERNAL);
    CHECK_INT(call(client, "GET", "/a\r\nX: y", NULL), E_INTERNAL);
    CHECK_INT(loopback_requests(server), 0);
    http_client_destroy(client);
}

static void the_environment_names_no_proxy(void)
{
    use(ok_steps, 1);
    setenv("http_proxy", dead_address(), 1);
    setenv("ALL_PROXY", dead_address(), 1);
    struct http_client *client = plain_client();
    CHECK_INT(call(client, "GET", "/", NULL), OK);
    http_client_destroy(client);
    unsetenv("http_proxy");
    unsetenv("ALL_PROXY");
}

/* --- endpoints ------------------------------------------------------------------------------ */

static void check_endpoints(const char *text, const char *want)
{
    struct http_client *client = NULL;
    struct http_settings settings = { .endpoints = str_of(text) };
    error = (struct error){ .code = OK };
    enum code code = http_client_create(&settings, &client, &error);
    CHECK_INT(code, *want == '!' ? E_OPTION : OK);
    if (code == OK)
        CHECK_STR(http_client_endpoint(client), want);
    else
        CHECK_STR(error.message, want + 1);
    http_client_destroy(client);
}

static void endpoints_are_addresses(void)
{
    check_endpoints("a", "a:80");
    check_endpoints("a:8080", "a:8080");
    check_endpoints("http://a:8080/", "a:8080");
    check_endpoints(" https://b/c/ ; http://d", "b:443");
    check_endpoints(";,http://[::1]:9200,", "[::1]:9200");
    check_endpoints("", "!cannot use an endpoint: there is none");
    check_endpoints(" ; ", "!cannot use an endpoint: there is none");
    check_endpoints("ftp://a", "!cannot use an endpoint: it is neither http nor https");
    check_endpoints("file:///etc/passwd", "!cannot use an endpoint: it is neither http nor https");
    check_endpoints("http://a b", "!cannot use an endpoint: it is no address of a server");
    check_endpoints("http://a:99999", "!cannot use an endpoint: it is no address of a server");
    check_endpoints("http://a/?q=1", "!cannot use an endpoint: it is no address of a server");
    check_endpoints("http://me:secret@a", "!cannot use an endpoint: it holds a user or a password, "
                                          "which have options of their own");
}

static void the_next_endpoint_is_tried(void)
{
    char endpoints[96];
    USE(STEP("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\ncut", CLOSE));
    loopback_script(other, ok_steps, 1);
    snprintf(endpoints, sizeof endpoints, "http://%s;http://%s,http://%s", dead_address(),
             server->address, other->address);
    struct http_client *client =
        client_of((struct http_settings){ .endpoints = str_of(endpoints) });
    CHECK_INT(http_client_endpoint_count(client), 3);
    CHECK_INT(call(client, "GET", "/", NULL), OK);
    CHECK_STR(reply.body.data, "hello"); /* and nothing of the reply that was cut off */
    CHECK_STR(http_client_endpoint(client), other->address);
    CHECK_INT(call(client, "GET", "/", NULL), OK); /* who answers is asked again */
    CHECK_INT(loopback_requests(server), 1);
    CHECK_INT(loopback_requests(other), 2);
    CHECK_INT(loopback_connections(other), 1);
    http_client_destroy(client);
}

static void nobody_there_is_said_without_secrets(void)
{
    char want[128];
    struct http_client *client = client_of((struct http_settings){
        .endpoints = str_of(dead_address()),
        .username = STR("me"),
        .password = STR("secret"),
    });
    CHECK_INT(call(client, "GET", "/", NULL), E_RETRY);
    snprintf(want, sizeof want, "could not reach %s: Connection refused",
             http_client_endpoint(client));
    CHECK_STR(error.message, want);
    http_client_destroy(client);
}

/* --- faults ---------------------------------------------------------------------------------- */

static void a_reply_may_be_cut_anywhere(void)
{
    struct http_client *client = plain_client();
    static struct loopback_step step = { .end = LOOPBACK_CLOSE };
    size_t whole = sizeof OK_REPLY - 1;
    for (size_t size = 0; size < whole; size++) {
        step.bytes = str_make(OK_REPLY, size);
        use(&step, 1);
        if (!CHECK_INT(call(client, "GET", "/", NULL), E_RETRY))
            printf("cut behind %zu bytes: %s\n", size, error.message);
    }
    step.bytes = str_make(OK_REPLY, whole);
    use(&step, 1);
    CHECK_INT(call(client, "GET", "/", NULL), OK);
    CHECK_STR(reply.body.data, "hello");
    http_client_destroy(client);
}

static void what_is_not_http_never_works(void)
{
    USE(STEP("SSH-2.0-OpenSSH_9.2\r\nhello hello hello hello", CLOSE));
    struct http_client *client = plain_client();
    CHECK_INT(call(client, "GET", "/", NULL), E_IO);
    CHECK(has(error.message, "cannot talk to 127.0.0.1:"));
    http_client_destroy(client);
}

static void silence_has_a_limit(void)
{
    USE(STEP("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhel", STALL));
    struct http_client *client = client_of((struct http_settings){ .timeout_ms = 100 });
    CHECK_INT(call(client, "GET", "/", NULL), E_RETRY);
    CHECK(has(error.message, "could not reach 127.0.0.1:"));
    CHECK(has(error.message, "timed out"));
    http_client_destroy(client);
}

static void a_reply_may_be_too_large(void)
{
    USE(STEP(OK_REPLY, KEEP), STEP("HTTP/1.1 200 OK\r\n\r\nhello1", CLOSE), STEP(OK_REPLY, KEEP));
    struct http_client *client = client_of((struct http_settings){ .max_reply_bytes = 5 });
    CHECK_INT(call(client, "GET", "/", NULL), OK);
    CHECK_INT(call(client, "GET", "/", NULL), E_LIMIT);
    CHECK(has(error.message, "is larger than 5 bytes"));
    CHECK_INT(call(client, "GET", "/", NULL), OK);
    http_client_destroy(client);
}

static void so_may_its_headers(void)
{
    struct buf text;
    buf_init(&text, 8 << 20);
    buf_text(&text, "HTTP/1.1 200 OK\r\n");
    for (int i = 0; i < 30000; i++)
        buf_printf(&text, "X-Header-%d: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\r\n", i);
    buf_text(&text, "Content-Length: 0\r\n\r\n");
    struct loopback_step step = { buf_view(&text), LOOPBACK_CLOSE };
    use(&step, 1);
    struct http_client *client = plain_client();
    CHECK_INT(call(client, "GET", "/", NULL), E_LIMIT);
    CHECK(has(error.message, "has headers of more than 262144 bytes"));
    http_client_destroy(client);
    use(ok_steps, 1);
    buf_done(&text);
}

static void *interrupt_when_asked(void *client)
{
    loopback_wait(server, 1);
    http_client_interrupt(client);
    return NULL;
}

static void a_call_can_be_interrupted(void)
{
    USE(STEP("", STALL));
    struct http_client *client = plain_client();
    pthread_t thread;
    int64_t begun_us = clock_monotonic_us();
    CHECK_INT(pthread_create(&thread, NULL, interrupt_when_asked, client), 0);
    CHECK_INT(call(client, "GET", "/", NULL), E_CANCELLED);
    CHECK(clock_monotonic_us() - begun_us < 10000000);
    pthread_join(thread, NULL);
    CHECK_INT(call(client, "GET", "/", NULL), E_CANCELLED);
    http_client_destroy(client);
    http_client_destroy(NULL);
}

/* --- in pieces ----------------------------------------------------------------------------- */

struct taken {
    uint64_t bytes;
    enum code answer;
};

static enum code take(void *self, struct str piece, struct error *err)
{
    struct taken *taken = self;
    taken->bytes += piece.size;
    return taken->answer == OK ? OK : error_set(err, taken->answer, "enough");
}

static enum code call_in_pieces(struct http_client *client, struct taken *taken)
{
    struct http_request request = { .method = "GET", .path = STR("/") };
    return http_call_in_pieces(client, &request, take, taken, &reply, &error);
}

static void a_reply_is_taken_in_pieces(void)
{
    struct buf text;
    buf_init(&text, 8 << 20);
    buf_printf(&text, "HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n", 1 << 20);
    for (int i = 0; i < 1 << 16; i++)
        buf_text(&text, "0123456789abcdef");
    struct loopback_step steps[] = {
        { buf_view(&text), LOOPBACK_KEEP },
        { buf_view(&text), LOOPBACK_KEEP },
        STEP("HTTP/1.1 500 Oh\r\nContent-Length: 3\r\n\r\nwhy", KEEP),
        { str_make(text.data, text.size - 1), LOOPBACK_CLOSE },
    };
    char endpoints[96];
    snprintf(endpoints, sizeof endpoints, "%s;%s", server->address, other->address);
    use(steps, 4);
    loopback_script(other, ok_steps, 1);
    struct http_client *client =
        client_of((struct http_settings){ .max_reply_bytes = 100, .endpoints = str_of(endpoints) });
    struct taken taken = { 0 };
    CHECK_INT(call_in_pieces(client, &taken), OK);
    CHECK_INT(taken.bytes, 1 << 20);
    CHECK_INT(reply.body.size, 0);
    taken = (struct taken){ .answer = E_DATA };
    CHECK_INT(call_in_pieces(client, &taken), E_DATA);
    CHECK_STR(error.message, "enough");
    taken = (struct taken){ 0 };
    CHECK_INT(call_in_pieces(client, &taken), OK);
    CHECK_INT(reply.status, 500);
    CHECK_STR(reply.body.data, "why");
    CHECK_INT(taken.bytes, 0);
    CHECK_INT(call_in_pieces(client, &taken), E_RETRY); /* the rest is not to be had elsewhere */
    CHECK_INT(loopback_requests(other), 0);
    http_client_destroy(client);
    use(ok_steps, 1);
    buf_done(&text);
}

/* --- when memory runs out ------------------------------------------------------------------ */

static enum code run_job(void)
{
    struct http_client *client = NULL;
    struct http_settings settings = { .endpoints = str_of(server->address), .compresses = true };
    static char body[20001];
    memset(body, 'x', sizeof body - 1);
    TRY(http_client_create(&settings, &client, &error));
    enum code code = call(client, "POST", "/", body);
    http_client_destroy(client);
    return code;
}

static void want_of_memory_is_an_error(void)
{
    uint64_t n = 1;
    use(ok_steps, 1);
    CHECK_INT(run_job(), OK); /* the server's buffers have their size */
    for (bool pending = false; !pending && n < 1000; n++) {
        mem_fail_at(n);
        enum code code = run_job();
        pending = mem_fail_pending();
        mem_fail_at(0);
        CHECK_INT(code, pending ? OK : E_NOMEM);
    }
    CHECK(n > 5 && n < 1000);
}

int main(void)
{
    server = loopback_start();
    other = loopback_start();
    RUN(a_call_is_answered);
    RUN(methods_and_bodies_are_as_asked_for);
    RUN(a_head_has_no_body);
    RUN(a_large_body_does_not_wait_to_be_asked_for);
    RUN(a_large_body_may_be_compressed);
    RUN(a_head_stands_in_front_of_the_body);
    RUN(both_are_compressed_as_one);
    RUN(replies_come_in_chunks_and_compressed);
    RUN(statuses_are_answers);
    RUN(text_is_escaped);
    RUN(nothing_is_smuggled_into_a_request);
    RUN(the_environment_names_no_proxy);
    RUN(endpoints_are_addresses);
    RUN(the_next_endpoint_is_tried);
    RUN(nobody_there_is_said_without_secrets);
    RUN(a_reply_may_be_cut_anywhere);
    RUN(what_is_not_http_never_works);
    RUN(silence_has_a_limit);
    RUN(a_reply_may_be_too_large);
    RUN(so_may_its_headers);
    RUN(a_call_can_be_interrupted);
    RUN(a_reply_is_taken_in_pieces);
    RUN(want_of_memory_is_an_error);
    loopback_stop(server);
    loopback_stop(other);
    return check_failed != 0;
}
