/* test_options.c -- options against their tables, and the nearest name. */
#include "base/nearest.h"
#include "test_local_support.h"

static const struct option_spec specs[] = {
    { "topic", OPTION_TEXT, false, NULL, NULL, "The topic." },
    { "scan.startup.mode", OPTION_ENUM, false, "earliest-offset",
      "earliest-offset|latest-offset|timestamp", "Where to begin." },
    { "batch.rows", OPTION_INT, false, "100", NULL, "Rows." },
    { "wait", OPTION_DURATION, false, "10 s", NULL, "Time." },
    { "room", OPTION_BYTES, false, "2mb", NULL, "Bytes." },
    { "on", OPTION_BOOL, false, "TRUE", NULL, "Switch." },
    { "pin", OPTION_SECRET, false, NULL, NULL, "Secret." },
    { "properties.*", OPTION_TEXT, false, NULL, NULL, "Others." },
    { "url", OPTION_TEXT, true, NULL, NULL, "The address." },
    { 0 },
};
static const struct option_spec *const tables[] = { specs, NULL };

static struct option items[8];
static struct options options = { .items = items, .specs = tables };

static void give(const char *key, const char *value)
{
    uint32_t i = options.count++;
    items[i] = (struct option){
        .key = str_of(key),
        .value = str_of(value),
        .key_span = { 10 * (i + 1), 3 },
        .value_span = { 10 * (i + 1) + 5, 4 },
    };
}

static void begin(void)
{
    options.count = 0;
    give("URL", "x");
}

static enum code check(struct error *err)
{
    return options_check(&options, STR("connector \"x\""), false, NULL, err);
}

static void values_and_fallbacks(void)
{
    begin();
    CHECK_INT(options_int(&options, "batch.rows"), 100);
    CHECK_INT(options_duration_ms(&options, "wait"), 10000);
    CHECK_INT(options_bytes(&options, "room"), 2 << 20);
    CHECK(options_bool(&options, "on"));
    CHECK(options_get(&options, "topic").data == NULL);
    CHECK(!options_has(&options, "batch.rows"));
    give("Batch.Rows", " -5 ");
    give("properties.a.b", "v");
    give("ON", "False");
    give("wait", "");
    CHECK_INT(options_int(&options, "batch.rows"), -5);
    CHECK_INT(options_find(&options, "batch.rows")->value_span.offset, 25);
    CHECK(str_is(options_get(&options, "properties.a.b"), "v"));
    CHECK(!options_bool(&options, "on"));
    give("batch.rows", "7");
    CHECK_INT(options_int(&options, "batch.rows"), 7);
}

static void accepted(void)
{
    struct error err;
    begin();
    give("scan.startup.mode", "Latest-Offset");
    give("properties.anything", "");
    CHECK_INT(check(&err), OK);
}

static void unknown_keys(void)
{
    struct error err;
    begin();
    give("topci", "t");
    CHECK_INT(check(&err), E_OPTION);
    CHECK_STR(err.message, "connector \"x\" has no option \"topci\"");
    CHECK_STR(err.hint, "Perhaps you meant \"topic\".");
    CHECK(err.has_span);
    CHECK_INT(err.span.offset, 20);
    struct str unknown = { NULL, 0 };
    CHECK_INT(options_check(&options, STR("x"), true, &unknown, &err), OK);
    CHECK(str_is(unknown, "topci"));

    begin();
    give("nothing.like.it", "t");
    CHECK_INT(check(&err), E_OPTION);
    CHECK_STR(err.hint, "");
    begin();
    give("properties.", "t");
    CHECK_INT(check(&err), E_OPTION);
}

static void wrong_values(void)
{
    struct error err;
    begin();
    give("scan.startup.mode", "earliest-ofset");
    CHECK_INT(check(&err), E_OPTION);
    CHECK_STR(err.message, "option \"scan.startup.mode\" of connector \"x\" cannot be "
                           "\"earliest-ofset\"");
    CHECK_STR(err.detail, "Possible values: earliest-offset, latest-offset, timestamp.");
    CHECK_STR(err.hint, "Perhaps you meant \"earliest-offset\".");
    CHECK_INT(err.span.offset, 25);
    static const char *const wrong[][2] = {
        { "batch.rows", "ten" }, { "wait", "10 parsec" }, { "room", "-1" },
        { "on", "yes" },         { "batch.rows", "" },
    };
    for (size_t i = 0; i < countof(wrong); i++) {
        begin();
        give(wrong[i][0], wrong[i][1]);
        CHECK_INT(check(&err), E_OPTION);
    }
    CHECK_STR(err.message, "option \"batch.rows\" of connector \"x\" must be a whole number, but "
                           "is \"\"");
}

static void required(void)
{
    struct error err;
    options.count = 0;
    CHECK_INT(check(&err), E_OPTION);
    CHECK_STR(err.message, "connector \"x\" needs the option \"url\"");
    CHECK_STR(err.detail, "The address.");
}

static void formats_behind_roles(void)
{
    const struct option_spec *const with_json[] = { specs, format_find(STR("json"))->options,
                                                    NULL };
    struct error err;
    begin();
    options.specs = with_json;
    give("value.json.ignore-parse-errors", "true");
    give("json.fail-on-missing-field", "false");
    CHECK_INT(check(&err), OK);
    CHECK(options_bool(&options, "value.json.ignore-parse-errors"));
    CHECK(!options_bool(&options, "key.json.ignore-parse-errors"));
    give("key.json.ignore-parse-error", "true");
    CHECK_INT(check(&err), E_OPTION);
    CHECK_STR(err.hint, "Perhaps you meant \"key.json.ignore-parse-errors\".");
    begin();
    give("value.topic", "t");
    CHECK_INT(check(&err), E_OPTION);
    options.specs = tables;
}

static void secrets(void)
{
    CHECK(options_is_secret(&options, STR("pin")));
    CHECK(options_is_secret(&options, STR("properties.sasl.jaas.config")));
    CHECK(options_is_secret(&options, STR("Password")));
    CHECK(options_is_secret(NULL, STR("my.accessKey.x")));
    CHECK(!options_is_secret(&options, STR("topic")));
}

static void durations_and_sizes(void)
{
    int64_t n = -1;
    CHECK(option_parse_duration_ms(STR("7"), &n) && n == 7);
    CHECK(option_parse_duration_ms(STR(" 5 min "), &n) && n == 300000);
    CHECK(option_parse_duration_ms(STR("2days"), &n) && n == 172800000);
    CHECK(option_parse_duration_ms(STR("1500us"), &n) && n == 1);
    CHECK(option_parse_duration_ms(STR("9223372036854775807"), &n) && n == OPTION_DURATION_MS_MAX);
    CHECK(!option_parse_duration_ms(STR("s"), &n));
    CHECK(!option_parse_duration_ms(STR("9223372036854775807 d"), &n));
    CHECK(option_parse_bytes(STR("64 kb"), &n) && n == 65536);
    CHECK(option_parse_bytes(STR("1G"), &n) && n == 1 << 30);
    CHECK(!option_parse_bytes(STR("1.5mb"), &n));
}

static void nearest_names(void)
{
    CHECK_INT(nearest_distance(STR("abc"), STR("acb"), 3), 1);
    CHECK_INT(nearest_distance(STR("kitten"), STR("sitting"), 3), 3);
    CHECK_INT(nearest_distance(STR("kitten"), STR("sitting"), 2), 3);
    CHECK_INT(nearest_distance(STR(""), STR("ab"), 3), 2);
    CHECK_INT(nearest_distance(STR("TOPIC"), STR("topic"), 3), 0);
    struct nearest n;
    nearest_begin(&n, STR("cat"));
    nearest_add(&n, STR("car"));
    nearest_add(&n, STR("cab"));
    CHECK(str_is(nearest_end(&n), "car")); /* of two, the first */
    nearest_add(&n, STR("bat"));
    CHECK(nearest_end(&n).data == NULL); /* of three, none */
    nearest_add(&n, STR("cat "));
    nearest_begin(&n, STR("x"));
    nearest_add(&n, STR("y"));
    CHECK(nearest_end(&n).data == NULL); /* everything is near to one letter */
}

int main(void)
{
    RUN(values_and_fallbacks);
    RUN(accepted);
    RUN(unknown_keys);
    RUN(wrong_values);
    RUN(required);
    RUN(formats_behind_roles);
    RUN(secrets);
    RUN(durations_and_sizes);
    RUN(nearest_names);
    return check_failed != 0;
}
