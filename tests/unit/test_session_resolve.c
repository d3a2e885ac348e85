/* test_session_resolve.c -- from WITH and a profile to what is really opened. */
#include "session/resolve.h"
#include "support/check.h"

#include <stdio.h>

static struct arena *arena;
static struct error err;
static struct error warning;
static struct resolved_table resolved;

/* ---- connectors as the real ones declare them ---- */

static const struct option_spec broker_options[] = {
    { "topic", OPTION_TEXT, true, NULL, NULL, "The topic." },
    { "servers", OPTION_TEXT, true, NULL, NULL, "The servers." },
    { "group-id", OPTION_TEXT, false, NULL, NULL, "The group." },
    { "password", OPTION_SECRET, false, NULL, NULL, "The password." },
    { "batch", OPTION_INT, false, "10", NULL, "Rows." },
    { "properties.*", OPTION_TEXT, false, NULL, NULL, "The rest." },
    { NULL, OPTION_TEXT, false, NULL, NULL, NULL },
};
static const struct option_spec any_options[] = {
    { "*", OPTION_TEXT, false, NULL, NULL, "All." },
    { NULL, OPTION_TEXT, false, NULL, NULL, NULL },
};
static const struct option_spec file_options[] = {
    { "path", OPTION_TEXT, true, NULL, NULL, "The file." },
    { NULL, OPTION_TEXT, false, NULL, NULL, NULL },
};
static const char *const broker_aliases[] = { "broker010", "broker011", NULL };
static const char *const store_aliases[] = { "rds", NULL };
static const char *const store_names[] = { "table-name", NULL };
static const struct connector broker = { .name = "broker",
                                         .aliases = broker_aliases,
                                         .family = FAMILY_TOPIC,
                                         .name_option = "topic",
                                         .options = broker_options,
                                         .has_formats = true,
                                         .has_key_format = true };
static const struct connector store = { .name = "store",
                                        .aliases = store_aliases,
                                        .family = FAMILY_TABLE,
                                        .name_option = "tableName",
                                        .name_option_aliases = store_names,
                                        .options = any_options };
static const struct connector file = {
    .name = "file", .options = file_options, .has_formats = true, .default_format = "csv"
};
static const struct connector local_topic = { .name = "local-topic", .options = any_options };
static const struct connector local_table = { .name = "local-table", .options = any_options };
static const struct connector keyed = { .name = "keyed-broker",
                                        .kin = "broker",
                                        .family = FAMILY_TOPIC,
                                        .options = broker_options + 1, /* no topic */
                                        .has_formats = true };
static const struct connector *const connectors[] = { &broker, &store,       &file,
                                                      &keyed,  &local_topic, &local_table, NULL };

/* ---- asking ---- */

static void keep_warning(void *self, const struct error *w)
{
    (void)self;
    warning = *w;
}

/* `with`: "key=value|key=value"; `...` is the placeholder. */
static enum code resolve(const char *with, bool blink, const char *yaml, bool is_run)
{
    static struct catalog_column column;
    column = (struct catalog_column){ .name = STR("a"), .type = &type_int };
    struct option options[16];
    struct catalog_table table = { .name = STR("t"),
                                   .columns = &column,
                                   .column_count = 1,
                                   .options = options,
                                   .blink = blink,
                                   .with_span = { 30, 4 } };
    for (const char *at = with; *at;) {
        size_t size = strcspn(at, "|");
        const char *equals = memchr(at, '=', size);
        if (equals)
            options[table.option_count++] = (struct option){
                .key = str_make(at, (size_t)(equals - at)),
                .value = str_make(equals + 1, size - (size_t)(equals - at) - 1),
                .key_span = { (uint32_t)(at - with), 1 },
                .value_span = { (uint32_t)(equals + 1 - with), 1 },
            };
        else
            table.has_rest = true;
        at += size + (at[size] == '|');
    }
    static struct profile profile;
    profile = (struct profile){ 0 };
    err = warning = (struct error){ .code = OK };
    if (yaml && strcmp(yaml, "local") == 0)
        profile.local = true;
    else if (yaml)
        CHECK_INT(profile_parse(arena, str_of(yaml), STR(""), &profile, &err), OK);
    struct resolver resolver = { .arena = arena,
                                 .profile = yaml ? &profile : NULL,
                                 .data_dir = STR("d"),
                                 .is_run = is_run,
                                 .warn = keep_warning };
    resolved = (struct resolved_table){ 0 };
    return resolve_table(&resolver, &table, &resolved, &err);
}

static const char *value(const char *key)
{
    static char text[128];
    struct options options = { .items = resolved.options, .count = resolved.option_count };
    const struct option *o = options_find(&options, key);
    if (!o)
        return NULL;
    snprintf(text, sizeof text, STR_FMT, STR_ARG(o->value));
    return text;
}

#define FULL "connector=broker|topic=x|servers=s|format=json"

static void plain(void)
{
    CHECK_INT(resolve(FULL "|json.ignore-parse-errors=true|value.fields-include=EXCEPT_KEY", false,
                      NULL, true),
              OK);
    CHECK(resolved.connector == &broker);
    CHECK_STR(value("topic"), "x");
    CHECK(str_is(resolved.data_dir, "d"));
    CHECK(resolved.on_error == NULL);
}

static void unknown_names(void)
{
    CHECK_INT(resolve("connector=borker", false, NULL, true), E_OPTION);
    CHECK_STR(err.hint, "Perhaps you meant \"broker\".");
    CHECK_INT(resolve("topic=x", false, NULL, true), E_OPTION);
    CHECK_STR(err.message, "table \"t\" does not say which connector it has");
    CHECK_INT(resolve(FULL "|topik=x", false, NULL, true), E_OPTION);
    CHECK_STR(err.hint, "Perhaps you meant \"topic\".");
    CHECK_INT(resolve("connector=broker|topic=x|servers=s|format=jsn", false, NULL, true),
              E_OPTION);
    CHECK_STR(err.hint, "Perhaps you meant \"json\".");
    /* An option of a format that the table does not have. */
    CHECK_INT(resolve(FULL "|csv.field-delimiter=;", false, NULL, true), E_OPTION);
    CHECK_INT(resolve(FULL "|batch=many", false, NULL, true), E_OPTION);
    CHECK_INT(err.span.offset, strlen(FULL "|batch="));
}

static void blink_only_warns_of_unknown_keys(void)
{
    CHECK_INT(resolve("type=broker011|topic=x|servers=s|shards=3", true, NULL, true), OK);
    CHECK_STR(warning.message, "connector \"broker\" has no option \"shards\"; it is ignored");
    CHECK_INT(resolve("type=broker011|topic=x|servers=s|batch=many", true, NULL, true), E_OPTION);
}

static void formats(void)
{
    CHECK_INT(resolve("connector=broker|topic=x|servers=s", false, NULL, true), E_OPTION);
    CHECK_STR(err.message, "table \"t\" needs the option \"format\"");
    /* A Blink topic has its columns by position. */
    CHECK_INT(resolve("type=broker|topic=x|servers=s", true, NULL, true), OK);
    CHECK_STR(value("format"), NULL);
    CHECK_INT(resolve("connector=file|path=p|csv.field-delimiter=;", false, NULL, true), OK);
    CHECK_STR(value("format"), "csv");
    CHECK_INT(resolve("connector=broker|topic=x|servers=s|value.format=json|key.format=raw", false,
                      NULL, true),
              OK);
}

static void on_error(void)
{
    CHECK_INT(resolve(FULL "|on-error=Skip", false, NULL, true), OK);
    CHECK_STR(resolved.on_error, "skip");
    CHECK_STR(value("on-error"), NULL); /* not the connector's business */
    CHECK_INT(resolve(FULL "|on-error=route", false, NULL, true), E_OPTION);
    CHECK_INT(resolve(FULL "|on-error=route|dead-letter-table=bad", false, NULL, true), OK);
    CHECK(str_is(resolved.dead_letter, "bad"));
    CHECK_INT(resolve(FULL "|on-error=ignore", false, NULL, true), E_OPTION);
    CHECK_INT(resolve(FULL, false, "defaults: {on-error: skip}\n", true), OK);
    CHECK_STR(resolved.on_error, "skip");
    CHECK_INT(resolve(FULL "|on-error=fail", false,
                      "defaults: {on-error: skip}\ntables: {t: {on-error: route, dead-letter: b}}",
                      true),
              OK);
    CHECK_STR(resolved.on_error, "fail");
}

static void who_wins(void)
{
    const char *yaml = "connectors:\n"
                       "  broker: {servers: of-connector, group-id: of-connector, batch: 1}\n"
                       "  broker011: {servers: of-alias, batch: 2}\n"
                       "tables:\n"
                       "  x: {batch: 3}\n"
                       "  t: {batch: 4}\n";
    CHECK_INT(resolve("type=broker011|topic=x", true, yaml, true), OK);
    CHECK_STR(value("servers"), "of-alias");
    CHECK_STR(value("group-id"), "of-connector");
    CHECK_STR(value("batch"), "4");
    CHECK_INT(resolve("type=broker010|topic=x|batch=5", true, yaml, true), OK);
    CHECK_STR(value("servers"), "of-connector");
    CHECK_STR(value("batch"), "5");
    /* By the topic, if nothing is said of the table. */
    CHECK_INT(resolve("type=broker|topic=x", true,
                      "connectors: {broker: {servers: s}}\ntables: {x: {batch: 3}}\n", true),
              OK);
    CHECK_STR(value("batch"), "3");
    /* Two spellings of a key are one. */
    CHECK_INT(resolve("type=broker|topic=x|servers=s|groupId=mine", true,
                      "connectors: {broker: {group-id: theirs, properties.GROUP_ID: theirs}}\n",
                      true),
              OK);
    CHECK_STR(value("group-id"), NULL);
    CHECK_STR(value("properties.GROUP_ID"), NULL);
    /* The only entry, under another alias. */
    CHECK_INT(resolve("type=broker|topic=x", true, "connectors: {broker011: {servers: s}}\n", true),
              OK);
    CHECK_STR(value("servers"), "s");
}

static void kin_gives_what_is_known(void)
{
    CHECK_INT(resolve("connector=keyed-broker|format=json", false,
                      "connectors:\n"
                      "  keyed-broker: {batch: 1}\n"
                      "  broker011: {servers: s, batch: 2, topic: x, properties.a: b}\n",
                      true),
              OK);
    CHECK_STR(value("servers"), "s");
    CHECK_STR(value("batch"), "1");
    CHECK_STR(value("properties.a"), "b");
    CHECK_STR(value("topic"), NULL);
}

static void dots_say_nothing(void)
{
    const char *yaml = "connectors: {broker: {servers: s}}\n";
    CHECK_INT(resolve("type=broker|topic=x|servers=...", true, yaml, true), OK);
    CHECK_STR(value("servers"), "s");
    CHECK_INT(resolve("type=broker|topic=x|...", true, yaml, true), OK);
    CHECK_INT(resolve("type=broker|topic=x|...", true, NULL, false), OK); /* check */
    CHECK_INT(resolve("type=broker|topic=x|...", true, NULL, true), E_OPTION);
    CHECK(strstr(err.hint, "--profile") != NULL);
    CHECK_INT(resolve("type=broker|topic=x", true, NULL, false), E_OPTION);
}

static void local_parts(void)
{
    CHECK_INT(resolve("type=broker011|topic=x|...", true, "local", true), OK);
    CHECK(resolved.connector == &local_topic);
    CHECK_STR(value("weir.local.connector"), "broker011");
    CHECK_INT(resolve("type=broker011|...", true, "local", true), E_OPTION);
    CHECK_INT(resolve("connector=store|table-name=x", false, "local", true), OK);
    CHECK(resolved.connector == &local_table);
    CHECK_INT(resolve("connector=file|path=p|format=csv", false, "local", true), OK);
    CHECK(resolved.connector == &file);
    /* What the job says is checked all the same. */
    CHECK_INT(resolve(FULL "|topik=x", false, "local", true), E_OPTION);
}

static void secrets_are_covered(void)
{
    CHECK_INT(resolve(FULL "|password=hush-hush|batch=hush-hush", false, NULL, true), E_OPTION);
    CHECK_STR(err.message,
              "option \"batch\" of connector \"broker\" must be a whole number, but is "
              "\"****\"");
}

int main(void)
{
    arena = arena_create();
    connector_register(connectors);
    RUN(plain);
    RUN(unknown_names);
    RUN(blink_only_warns_of_unknown_keys);
    RUN(formats);
    RUN(on_error);
    RUN(who_wins);
    RUN(kin_gives_what_is_known);
    RUN(dots_say_nothing);
    RUN(local_parts);
    RUN(secrets_are_covered);
    arena_destroy(arena);
    return check_failed != 0;
}
