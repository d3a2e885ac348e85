/* test_door_request.c -- lines of the door: requests, HTTP heads, answers. */
#include "base/arena.h"
#include "door/http.h"
#include "door/member.h"
#include "door/reply.h"
#include "door/request.h"
#include "support/check.h"

static struct arena *arena;
static struct buf out;

static void requests_are_read_as_they_are_written(void)
{
    static const struct request requests[] = {
        { .ask = ASK_STATUS },
        { .ask = ASK_STATUS, .brief = true },
        { .ask = ASK_PLAN },
        { .ask = ASK_METRICS },
        { .ask = ASK_WHY, .watch_ms = 0, .what = STR("a\"b") },
        { .ask = ASK_EXPLAIN, .watch_ms = 60000, .is_json = true },
        { .ask = ASK_EXPLAIN, .watch_ms = 1, .columns = 80, .color = true },
        { .ask = ASK_SAMPLE, .rows = 1000000, .what = STR("group#5") },
        { .ask = ASK_STOP },
        { .ask = ASK_SNAPSHOT },
    };
    for (size_t i = 0; i < countof(requests); i++) {
        struct error err = { .code = OK };
        struct request got = { 0 };
        buf_clear(&out);
        request_write(&out, &requests[i]);
        CHECK(out.data[out.size - 1] == '\n');
        CHECK_INT(request_parse(arena, str_make(out.data, out.size - 1), &got, &err), OK);
        CHECK_INT(got.ask, requests[i].ask);
        CHECK_INT(got.brief, requests[i].brief);
        CHECK(str_eq(got.what, requests[i].what));
        CHECK_INT(got.is_json, requests[i].is_json);
        CHECK_INT(got.columns, requests[i].columns);
        CHECK_INT(got.color, requests[i].color);
        if (got.ask == ASK_SAMPLE)
            CHECK_INT(got.rows, requests[i].rows);
        if (got.ask == ASK_WHY || got.ask == ASK_EXPLAIN)
            CHECK_INT(got.watch_ms, requests[i].watch_ms);
    }
}

static void wrong_requests_have_a_reason(void)
{
    static const char *const wrong[] = {
        "",
        "{",
        "null",
        "[]",
        "{}",
        "{\"ask\": null}",
        "{\"ask\": \"\"}",
        "{\"ask\": \"plan\"} x",
        "{\"ask\": \"plan\", \"ask\": \"none\"}",
        "{\"ask\": \"sample\", \"rows\": 0}",
        "{\"ask\": \"sample\", \"rows\": 1000001}",
        "{\"ask\": \"sample\", \"rows\": 1.5}",
        "{\"ask\": \"sample\", \"rows\": \"1\"}",
        "{\"ask\": \"why\", \"watch_ms\": -1}",
        "{\"ask\": \"why\", \"watch_ms\": 99999999999999999999}",
        "{\"ask\": \"why\", \"sink\": 1}",
        "{\"ask\": \"explain\", \"format\": \"dot\"}",
        "{\"ask\": \"explain\", \"columns\": 10001}",
    };
    for (size_t i = 0; i < countof(wrong); i++) {
        struct error err = { .code = OK };
        struct request got;
        CHECK_INT(request_parse(arena, str_of(wrong[i]), &got, &err), E_DATA);
        CHECK(err.message[0] != '\0');
    }
}

static int read_head(const char *text)
{
    bool head_only;
    return (int)http_read(str_of(text), &head_only) + (head_only ? 100 : 0);
}

#define HOST "Host: localhost:9090\r\n\r\n"

static void heads_of_http(void)
{
    CHECK_INT(read_head(""), HTTP_MORE);
    CHECK_INT(read_head("GET /metrics HTTP/1.1\r\nHost: x\r\n"), HTTP_MORE);
    CHECK_INT(read_head("GET /metrics HTTP/1.1\r\nHost: x\r\n\r"), HTTP_MORE);
    CHECK_INT(read_head("GET /metrics HTTP/1.1\r\n" HOST), HTTP_METRICS);
    CHECK_INT(read_head("GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n"), HTTP_FOREIGN);
    CHECK_INT(read_head("GET /metrics HTTP/1.1\r\n\r\n"), HTTP_BAD);
    CHECK_INT(read_head("GET /status HTTP/1.0\n\n"), HTTP_STATUS);
    CHECK_INT(read_head("HEAD /metrics?a=b HTTP/1.1\r\n" HOST), HTTP_METRICS + 100);
    CHECK_INT(read_head("GET / HTTP/1.1\r\n" HOST), HTTP_INDEX);
    CHECK_INT(read_head("GET /x HTTP/1.1\r\n" HOST), HTTP_NOT_FOUND);
    CHECK_INT(read_head("DELETE /metrics HTTP/1.1\r\n" HOST), HTTP_NO_METHOD);
    CHECK_INT(read_head("GET /metrics HTTP/2\r\n\r\n"), HTTP_BAD);
    CHECK_INT(read_head("GET  HTTP/1.1\r\n\r\n"), HTTP_BAD);
    CHECK_INT(read_head("\r\n"), HTTP_BAD);
}

static void pages_of_http(void)
{
    buf_clear(&out);
    http_put(&out, "200 OK", "text/plain", STR("abc"), false);
    CHECK_STR(buf_cstr(&out), "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 3\r\n"
                              "X-Content-Type-Options: nosniff\r\n"
                              "Cache-Control: no-store\r\nConnection: close\r\n\r\nabc");
    buf_clear(&out);
    http_put(&out, "200 OK", "text/plain", STR("abc"), true);
    CHECK(str_ends(buf_view(&out), STR("\r\n\r\n")));
}

static void answers_are_read_as_they_are_written(void)
{
    const struct json_value *reply, *item;
    struct json_value *const *list = NULL;
    struct error err = { .code = OK };
    buf_clear(&out);
    member_open(&out);
    member_flag(&out, "ok", true);
    member_text(&out, "text", STR("a\"\n\xC3\xA4"));
    member_text(&out, "none", (struct str){ NULL, 0 });
    member_count(&out, "count", 12);
    member_known(&out, "lag", -1);
    member_number(&out, "rate", 2.25);
    member_seconds(&out, "took_s", 1500);
    member_list(&out, "items");
    member_open(&out);
    member_count(&out, "x", 1);
    member_close(&out);
    member_open(&out);
    member_close(&out);
    buf_char(&out, ']');
    member_end(&out);
    CHECK_STR(buf_cstr(&out),
              "{\"ok\": true, \"text\": \"a\\\"\\n\xC3\xA4\", \"none\": null, \"count\": 12, "
              "\"lag\": null, \"rate\": 2.2, \"took_s\": 0.002, \"items\": [{\"x\": 1}, {}]}\n");
    if (!CHECK_INT(reply_read(arena, buf_view(&out), &reply, &err), OK))
        return;
    CHECK(reply_is_answer(reply));
    struct str text = reply_text(arena, reply, "text");
    CHECK_SPAN(text.data, text.size, "a\"\n\xC3\xA4");
    CHECK_INT(reply_text(arena, reply, "none").size, 0);
    CHECK_INT(reply_text(arena, reply, "count").size, 0);
    CHECK_INT(reply_count(reply, "count", -1), 12);
    CHECK_INT(reply_count(reply, "lag", -1), -1);
    CHECK_INT(reply_count(reply, "rate", -1), -1);
    CHECK(reply_number(reply, "rate", 0) > 2.1);
    CHECK(!reply_flag(reply, "count"));
    CHECK_INT(reply_list(reply, "text", &list), 0);
    CHECK_INT(reply_list(reply, "items", &list), 2);
    item = list[0];
    CHECK_INT(reply_count(item, "x", -1), 1);
    CHECK(!reply_is_answer(item));
    CHECK_INT(reply_count(NULL, "x", -1), -1);
}

static void errors_come_back_as_errors(void)
{
    const struct json_value *reply;
    struct error err = { .code = OK };
    CHECK_INT(reply_read(arena,
                         STR("{\"ok\": false, \"wrong_use\": true, \"error\": \"%s\", "
                             "\"hint\": \"h\"}"),
                         &reply, &err),
              E_USAGE);
    CHECK_STR(err.message, "%s");
    CHECK_STR(err.hint, "h");
    CHECK_INT(reply_read(arena, STR("{\"ok\": false, \"error\": \"e\"}"), &reply, &err), E_IO);
    CHECK_INT(reply_read(arena, STR("what"), &reply, &err), E_IO);
}

int main(void)
{
    arena = arena_create();
    buf_init(&out, 1 << 20);
    if (!CHECK(arena != NULL))
        return 1;
    RUN(requests_are_read_as_they_are_written);
    RUN(wrong_requests_have_a_reason);
    RUN(heads_of_http);
    RUN(pages_of_http);
    RUN(answers_are_read_as_they_are_written);
    RUN(errors_come_back_as_errors);
    buf_done(&out);
    arena_destroy(arena);
    return check_failed != 0;
}
