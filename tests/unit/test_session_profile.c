/* test_session_profile.c -- the form of profiles, references in them, and where errors
 * stand. */
#include "base/memory.h"
#include "session/profile.h"
#include "support/check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static struct arena *arena;
static struct profile profile;
static struct error err;

static enum code parse(const char *text)
{
    profile = (struct profile){ 0 };
    err = (struct error){ .code = OK };
    return profile_parse(arena, str_of(text), STR(""), &profile, &err);
}

/* The text that the error points to, up to the end of its line. */
static const char *place(const char *text)
{
    static char shown[64];
    if (!err.has_span)
        return "nowhere";
    snprintf(shown, sizeof shown, "%.*s", (int)strcspn(text + err.span.offset, "\n"),
             text + err.span.offset);
    return shown;
}

#define CHECK_REFUSED(text, want, where)                                                           \
    do {                                                                                           \
        CHECK(parse(text) != OK);                                                                  \
        CHECK_STR(err.message, want);                                                              \
        CHECK_STR(place(text), where);                                                             \
    } while (0)

static const char *option(const struct profile_entry *entry, const char *key)
{
    static char text[128];
    for (uint32_t i = 0; i < entry->count; i++)
        if (str_is(entry->options[i].key, key)) {
            snprintf(text, sizeof text, STR_FMT, STR_ARG(entry->options[i].value));
            return text;
        }
    return NULL;
}

static void all_parts(void)
{
    CHECK_INT(parse("defaults:\n"
                    "  dialect: blink\n"
                    "  time-zone: Asia/Tokyo\n"
                    "  parallelism: 2\n"
                    "  checkpoint: 10s\n"
                    "  state: {dir: st}\n"
                    "  on-error: route\n"
                    "  dead-letter: bad\n"
                    "connectors:\n"
                    "  kafka:\n"
                    "    bootstrap.servers: \"a:9092\"\n"
                    "    properties: {sasl: {mechanism: PLAIN}, acks: 1}\n"
                    "    on-error: skip\n"
                    "tables:\n"
                    "  t: {password: x, dead-letter: other}\n"
                    "  empty:\n"),
              OK);
    CHECK_INT(profile.default_count, 5);
    CHECK(str_is(profile.defaults[0].key, "weir.dialect"));
    CHECK(str_is(profile.defaults[3].key, "weir.checkpoint.interval"));
    CHECK(str_is(profile.defaults[3].value, "10s"));
    CHECK(str_is(profile.defaults[4].key, "weir.state.dir"));
    CHECK_STR(profile.on_error, "route");
    CHECK(str_is(profile.dead_letter, "bad"));
    CHECK_INT(profile.connector_count, 1);
    CHECK_STR(option(&profile.connectors[0], "bootstrap.servers"), "a:9092");
    CHECK_STR(option(&profile.connectors[0], "properties.sasl.mechanism"), "PLAIN");
    CHECK_STR(option(&profile.connectors[0], "properties.acks"), "1");
    CHECK_STR(option(&profile.connectors[0], "on-error"), NULL);
    CHECK_STR(profile.connectors[0].on_error, "skip");
    CHECK(profile.connectors[0].options[0].from_profile);
    CHECK_INT(profile.table_count, 2);
    CHECK(str_is(profile.tables[0].dead_letter, "other"));
    CHECK_INT(profile.tables[1].count, 0);
}

static void nothing_is_fine(void)
{
    CHECK_INT(parse(""), OK);
    CHECK_INT(parse("# only a comment\n"), OK);
    CHECK_INT(parse("defaults:\nconnectors:\ntables: {}\n"), OK);
    CHECK_INT(parse("---\n"), OK);
}

static void other_places_of_state_and_checkpoint(void)
{
    CHECK_INT(parse("state: {dir: s}\ncheckpoint: {interval: 3s}\n"), OK);
    CHECK_INT(profile.default_count, 2);
    CHECK(str_is(profile.defaults[0].value, "s"));
    CHECK(str_is(profile.defaults[1].value, "3s"));
}

static void what_is_refused(void)
{
    CHECK_REFUSED("default: {}\n", "a profile has no key \"default\"", "default: {}");
    CHECK_STR(err.hint, "Perhaps you meant \"defaults\".");
    CHECK_REFUSED("defaults:\n  zone: UTC\n", "\"defaults\" has no key \"zone\"", "zone: UTC");
    CHECK_REFUSED("state: {folder: s}\n", "\"state\" has no key \"folder\"", "folder: s}");
    CHECK_REFUSED("defaults: [a]\n", "\"defaults\" must be a mapping of keys and values", "a]");
    CHECK_REFUSED("tables:\n  t: yes\n", "\"t\" must be a mapping of keys and values", "yes");
    CHECK_REFUSED("tables: {t: {a: [1, 2]}}\n", "a must be a single value", "1, 2]}}");
    CHECK_REFUSED("tables: {t: {on-error: retry}}\n", "\"on-error\" cannot be \"retry\"",
                  "retry}}");
    CHECK_REFUSED("- a\n", "a profile is a mapping with the keys defaults, connectors and tables",
                  "a");
    CHECK_REFUSED("defaults: {dialect: \"${env:NO_SUCH_VARIABLE_HERE}\"}\n",
                  "environment variable \"NO_SUCH_VARIABLE_HERE\" is not set",
                  "${env:NO_SUCH_VARIABLE_HERE}\"}");
    CHECK_REFUSED("defaults:\n  dialect: ${env\n", "\"${\" has no \"}\" behind it", "${env");
    CHECK_REFUSED("defaults: {dialect: \"${X}\"}\n", "\"${X}\" refers to nothing", "${X}\"}");
    CHECK_REFUSED("defaults: {dialect: \"${env:}\"}\n", "\"${env:}\" refers to nothing",
                  "${env:}\"}");
    CHECK_REFUSED("a: \xff\n", "the profile is not UTF-8", "\xff");
}

static void invalid_yaml(void)
{
    const char *text = "defaults:\n  dialect: [blink\n  x: y\n";
    CHECK_INT(parse(text), E_SYNTAX);
    CHECK(err.has_span);
    CHECK(strncmp(err.message, "invalid YAML: ", 14) == 0);
    CHECK_INT(parse("a: 1\na: 2\n"), E_SYNTAX);
    CHECK_INT(parse("a: *nobody\n") != OK, 1);
    CHECK_INT(parse("a: &a [*a]\n") != OK, 1);
}

static void deep_nesting_ends(void)
{
    char text[4096] = "tables: {t: ";
    size_t size = strlen(text);
    for (int i = 0; i < 200; i++)
        size += (size_t)snprintf(text + size, sizeof text - size, "{k%d: ", i);
    size += (size_t)snprintf(text + size, sizeof text - size, "x");
    for (int i = 0; i < 201; i++)
        size += (size_t)snprintf(text + size, sizeof text - size, "}");
    snprintf(text + size, sizeof text - size, "}\n");
    CHECK(parse(text) != OK);
}

static void references(void)
{
    char folder[] = "/tmp/weir-profile-XXXXXX";
    CHECK(mkdtemp(folder) != NULL);
    char path[128], text[512];
    snprintf(path, sizeof path, "%s/secret", folder);
    FILE *file = fopen(path, "w");
    CHECK(file && fputs("p w\n", file) >= 0 && fclose(file) == 0);
    setenv("WEIR_TEST_VARIABLE", "v", 1);
    snprintf(text, sizeof text,
             "tables: {t: {a: 'x${env:WEIR_TEST_VARIABLE}y${file:%s}', b: '$'}}\n", path);
    CHECK_INT(parse(text), OK);
    CHECK_STR(option(&profile.tables[0], "a"), "xvyp w");
    CHECK_STR(option(&profile.tables[0], "b"), "$");
    /* Relative to the profile's folder. */
    profile = (struct profile){ 0 };
    CHECK_INT(profile_parse(arena, STR("tables: {t: {a: '${file:secret}'}}"), str_of(folder),
                            &profile, &err),
              OK);
    CHECK_STR(option(&profile.tables[0], "a"), "p w");
    CHECK_INT(profile_parse(arena, STR("tables: {t: {a: '${file:none}'}}"), str_of(folder),
                            &profile, &err),
              E_OPTION);
    unlink(path);
    rmdir(folder);
}

static void finding(void)
{
    struct profile *found = &profile;
    err = (struct error){ .code = OK };
    CHECK_INT(profile_load(arena, STR("local"), &found, &err), OK);
    CHECK(found && found->local);
    setenv("XDG_CONFIG_HOME", "/nowhere", 1);
    CHECK_INT(profile_load(arena, STR("no-such-profile"), &found, &err), E_USAGE);
    CHECK(found == NULL);
    CHECK_INT(profile_load(arena, STR("no/such.yaml"), &found, &err), E_USAGE);
    CHECK_INT(profile_load(arena, STR("/"), &found, &err), E_IO);
}

static void every_allocation_may_fail(void)
{
    const char *text = "defaults: {dialect: blink, on-error: skip}\n"
                       "tables: {t: {a: {b: '${env:WEIR_TEST_VARIABLE}'}}, u: {c: d}}\n";
    for (uint64_t n = 1;; n++) {
        struct arena *own = arena_create();
        if (!CHECK(own != NULL))
            return;
        struct profile read = { 0 };
        mem_fail_at(n);
        enum code code = profile_parse(own, str_of(text), STR(""), &read, &err);
        bool unused = mem_fail_pending();
        mem_fail_at(0);
        arena_destroy(own);
        CHECK_INT(code, unused ? OK : E_NOMEM);
        if (unused || check_failed)
            return;
    }
}

int main(void)
{
    arena = arena_create();
    RUN(all_parts);
    RUN(nothing_is_fine);
    RUN(other_places_of_state_and_checkpoint);
    RUN(what_is_refused);
    RUN(invalid_yaml);
    RUN(deep_nesting_ends);
    RUN(references);
    RUN(finding);
    RUN(every_allocation_may_fail);
    arena_destroy(arena);
    return check_failed != 0;
}
