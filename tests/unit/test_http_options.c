/* test_http_options.c -- options of tables behind HTTP become settings of a client. */
#include "http/http_options.h"

#include "remote/remote_options.h"
#include "support/check.h"

static const struct option_spec specs[] = { HTTP_OPTIONS, { 0 } };
static const struct option_spec *const tables[] = { specs, NULL };
static struct option items[8];
static struct options options = { .items = items, .specs = tables };
static struct http_settings settings;
static struct error error;
static struct arena *arena;

static void begin(void)
{
    options.count = 0;
    settings = (struct http_settings){ .connect_timeout_ms = 0 };
    error = (struct error){ .code = OK };
}

static void give(const char *key, const char *value)
{
    uint32_t i = options.count++;
    items[i] = (struct option){
        .key = str_of(key),
        .value = str_of(value),
        .key_span = { 10 * (i + 1), 3 },
    };
}

static void nothing_is_said_by_default(void)
{
    begin();
    CHECK_INT(http_read_options(&settings, &options, arena, &error), OK);
    CHECK(!settings.bearer.data && !settings.ca_file.data && !settings.fingerprint.data);
    CHECK_INT(settings.header_count, 0);
    CHECK_INT(settings.connect_timeout_ms, 3000);
    CHECK_INT(settings.timeout_ms, 60000);
    CHECK(!settings.skips_verification && !settings.compresses && !settings.accepts_gzip);
}

static void all_of_it_is_taken(void)
{
    begin();
    give("http.header.X-Tenant", " a: b ");
    give("HTTP.Header.X-Second", "");
    give("http.bearer-token", "t0ken");
    give("http.connect-timeout", "500ms");
    give("http.timeout", "2 min");
    give("http.compression", "true");
    give("ssl.verify", "false");
    give("ssl.ca-file", "ca.pem");
    CHECK_INT(http_read_options(&settings, &options, arena, &error), OK);
    CHECK_INT(settings.header_count, 2);
    CHECK(str_is(settings.headers[0], "X-Tenant: a: b"));
    CHECK(str_is(settings.headers[1], "X-Second: "));
    CHECK(str_is(settings.bearer, "t0ken") && str_is(settings.ca_file, "ca.pem"));
    CHECK_INT(settings.connect_timeout_ms, 500);
    CHECK_INT(settings.timeout_ms, 120000);
    CHECK(settings.compresses && settings.accepts_gzip && settings.skips_verification);
    CHECK(options_is_secret(&options, STR("http.header.X-Tenant")));
    CHECK(options_is_secret(&options, STR("http.bearer-token")));
}

static void what_cannot_be_is_refused(void)
{
    begin();
    give("http.header.Two Words", "x");
    CHECK_INT(http_read_options(&settings, &options, arena, &error), E_OPTION);
    CHECK_STR(error.message, "\"Two Words\" is no name of a header of HTTP");
    CHECK_INT(error.span.offset, 10);
    begin();
    give("http.bearer-token", "t0ken");
    settings.username = STR("me");
    CHECK_INT(http_read_options(&settings, &options, arena, &error), E_OPTION);
    CHECK_STR(error.message, "a user and a bearer token cannot be sent at once");
}

int main(void)
{
    arena = arena_create();
    RUN(nothing_is_said_by_default);
    RUN(all_of_it_is_taken);
    RUN(what_cannot_be_is_refused);
    arena_destroy(arena);
    return check_failed != 0;
}
