/* test_session_setting.c -- who wins, what is refused, and other names. */
#include "session/setting.h"
#include "support/check.h"

#include <stdio.h>

static struct arena *arena;
static struct settings settings;
static struct error err;

static enum code put(enum setting_level level, const char *key, const char *value,
                     enum setting_kind *ret_kind)
{
    enum setting_kind ignored;
    struct option pair = { .key = str_of(key), .value = str_of(value) };
    err = (struct error){ .code = OK };
    return settings_put(&settings, level, &pair, ret_kind ? ret_kind : &ignored, &err);
}

static const char *get(const char *name)
{
    static char text[128];
    struct str value = settings_get(&settings, name);
    snprintf(text, sizeof text, STR_FMT, STR_ARG(value));
    return value.data ? text : NULL;
}

static void begin(void)
{
    settings = (struct settings){ .arena = arena };
}

static void command_line_over_set_over_profile_over_default(void)
{
    begin();
    CHECK_STR(get("weir.summary"), "text");
    CHECK_INT(put(SETTING_PROFILE, "weir.summary", "none", NULL), OK);
    CHECK_STR(get("weir.summary"), "none");
    CHECK_INT(put(SETTING_SET, "weir.summary", "json", NULL), OK);
    CHECK_STR(get("weir.summary"), "json");
    CHECK_INT(put(SETTING_COMMAND, "weir.summary", "text", NULL), OK);
    CHECK_INT(put(SETTING_SET, "weir.summary", "none", NULL), OK);
    CHECK_STR(get("weir.summary"), "text");
}

static void the_last_of_a_level_counts_under_any_name(void)
{
    begin();
    CHECK_INT(put(SETTING_SET, "table.local-time-zone", "UTC", NULL), OK);
    CHECK_INT(put(SETTING_SET, "BLINK.JOB.TIMEZONE", "Asia/Tokyo", NULL), OK);
    CHECK_STR(get("table.local-time-zone"), "Asia/Tokyo");
    CHECK_INT(settings.count, 1);
}

static void reset_takes_back_only_what_set_gave(void)
{
    begin();
    CHECK_INT(put(SETTING_PROFILE, "weir.output", "csv", NULL), OK);
    CHECK_INT(put(SETTING_SET, "weir.output", "json", NULL), OK);
    CHECK_INT(put(SETTING_SET, "pipeline.name", "x", NULL), OK);
    settings_reset(&settings, STR("WEIR.output"));
    CHECK_STR(get("weir.output"), "csv");
    CHECK_STR(get("pipeline.name"), "x");
    settings_reset(&settings, (struct str){ NULL, 0 });
    CHECK_STR(get("pipeline.name"), NULL);
    CHECK_STR(get("weir.output"), "csv");
}

static void kinds(void)
{
    begin();
    enum setting_kind kind;
    CHECK_INT(put(SETTING_SET, "weir.clock", "2020-08-06T16:35:49Z", &kind), OK);
    CHECK_INT(kind, SETTING_KNOWN);
    CHECK_INT(put(SETTING_SET, "table.optimizer.agg-phase-strategy", "AUTO", &kind), OK);
    CHECK_INT(kind, SETTING_IGNORED);
    CHECK_INT(put(SETTING_SET, "blink.minibatch.size", "10", &kind), OK);
    CHECK_INT(kind, SETTING_IGNORED);
    CHECK_INT(put(SETTING_SET, "my.own", "1", &kind), OK);
    CHECK_INT(kind, SETTING_UNKNOWN);
    CHECK_INT(setting_kind(STR("table.")), SETTING_UNKNOWN); /* the prefix alone is no key */
}

static void wrong_values(void)
{
    static const struct {
        const char *key, *value;
    } wrong[] = {
        { "weir.clok", "x" },
        { "weir.summary", "xml" },
        { "weir.clock", "noon" },
        { "weir.checkpoint.interval", "0 s" },
        { "weir.checkpoint.interval", "-1" },
        { "execution.checkpointing.interval", "soon" },
        { "table.local-time-zone", "Mars/Olympus" },
        { "table.local-time-zone", "../../etc/passwd" },
        { "parallelism.default", "0" },
        { "parallelism.default", "two" },
        { "sql-client.display.max-column-width", "3" },
        { "sql-client.execution.max-table-result.rows", "0" },
    };
    for (size_t i = 0; i < countof(wrong); i++) {
        begin();
        CHECK_INT(put(SETTING_SET, wrong[i].key, wrong[i].value, NULL), E_OPTION);
        CHECK(err.message[0] != '\0');
        CHECK_INT(settings.count, 0);
    }
    put(SETTING_SET, "weir.summary", "jsno", NULL);
    CHECK_STR(err.message, "setting \"weir.summary\" cannot be \"jsno\"");
    CHECK_STR(err.hint, "Perhaps you meant \"json\".");
    put(SETTING_SET, "weir.clok", "x", NULL);
    CHECK_STR(err.hint, "Perhaps you meant \"weir.clock\".");
}

static void errors_stand_at_the_value(void)
{
    begin();
    enum setting_kind kind;
    struct option pair = {
        .key = STR("weir.clock"), .value = STR("x"), .key_span = { 4, 12 }, .value_span = { 19, 3 }
    };
    err = (struct error){ .code = OK };
    CHECK_INT(settings_put(&settings, SETTING_SET, &pair, &kind, &err), E_OPTION);
    CHECK(err.has_span);
    CHECK_INT(err.span.offset, 19);
    pair.key = STR("weir.clok");
    err = (struct error){ .code = OK };
    CHECK_INT(settings_put(&settings, SETTING_SET, &pair, &kind, &err), E_OPTION);
    CHECK_INT(err.span.offset, 4);
}

static void typed_getters(void)
{
    begin();
    CHECK_INT(settings_duration_ms(&settings, "weir.checkpoint.interval"), 5000);
    CHECK_INT(put(SETTING_SET, "weir.checkpoint.interval", "2 min", NULL), OK);
    CHECK_INT(settings_duration_ms(&settings, "weir.checkpoint.interval"), 120000);
    CHECK_INT(settings_int(&settings, "parallelism.default"), 0); /* nobody says: see job.c */
    CHECK_INT(settings_int(&settings, "sql-client.display.max-column-width"), 0);
}

static void every_default_is_a_value(void)
{
    for (const struct option_spec *s = setting_specs; s->name; s++) {
        begin();
        if (s->fallback && put(SETTING_SET, s->name, s->fallback, NULL) != OK)
            CHECK_STR(s->name, "a setting whose default is accepted");
        CHECK(s->help && s->help[0]);
    }
    const char *alias, *name;
    for (uint32_t i = 0; setting_alias_at(i, &alias, &name); i++)
        CHECK_INT(setting_kind(str_of(alias)), SETTING_KNOWN);
}

int main(void)
{
    arena = arena_create();
    RUN(command_line_over_set_over_profile_over_default);
    RUN(the_last_of_a_level_counts_under_any_name);
    RUN(reset_takes_back_only_what_set_gave);
    RUN(kinds);
    RUN(wrong_values);
    RUN(errors_stand_at_the_value);
    RUN(typed_getters);
    RUN(every_default_is_a_value);
    arena_destroy(arena);
    return check_failed != 0;
}
