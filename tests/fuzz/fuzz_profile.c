/* fuzz_profile.c -- any text as a profile.
 *
 * An input is taken as it is; and, since random bytes are seldom YAML, as a list of
 * changes to one of the built-in profiles: the first byte picks it, each further three
 * bytes say where and what.  Besides crashes it is checked that what is refused has a
 * reason, and that a position lies in the text. */
#include "base/arena.h"
#include "session/profile.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *const samples[] = {
    "defaults:\n  dialect: blink\n  time-zone: Asia/Tokyo\n  checkpoint: {interval: 10s}\n"
    "  state: {dir: st}\n  on-error: route\n  dead-letter: bad\n",
    "connectors:\n  kafka: &k\n    bootstrap.servers: 'a:9092'\n    properties:\n"
    "      sasl: {mechanism: PLAIN}\n  kafka011: *k\ntables: {t: {password: \"${env:HOME}\"}}\n",
    "--- # comment\ntables:\n  ? t\n  : a: |\n      text\n      more\n    b: >-\n      folded\n"
    "    c: !!str 1\n...\n",
    "{defaults: {parallelism: 2}, tables: {\"t\\u0041\": {x: ~, y: ''}}}\n",
};

static void require(bool holds, const char *what)
{
    if (!holds) {
        fprintf(stderr, "does not hold: %s\n", what);
        abort();
    }
}

/* References to files are left out: a fuzzer has no business with this machine's. */
static bool is_harmless(const char *text, size_t size)
{
    return memmem(text, size, "${file", 6) == NULL;
}

static void parse(const char *text, size_t size)
{
    struct arena *arena = arena_create();
    require(arena != NULL, "memory");
    struct profile profile = { 0 };
    struct error err = { .code = OK };
    enum code code = profile_parse(arena, str_make(text, size), STR(""), &profile, &err);
    if (code != OK) {
        require(err.code == code && err.message[0] != '\0', "a refusal has a reason");
        require(!err.has_span || (size_t)err.span.offset + err.span.size <= size,
                "the position is in the text");
    }
    arena_destroy(arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    if (is_harmless((const char *)data, size))
        parse((const char *)data, size);
    char text[1024];
    const char *sample = samples[data[0] % countof(samples)];
    size_t length = strlen(sample);
    memcpy(text, sample, length);
    for (size_t i = 1; i + 3 <= size && i < 64; i += 3) {
        size_t at = (data[i] | (size_t)data[i + 1] << 8) % length;
        text[at] = (char)data[i + 2];
    }
    if (is_harmless(text, length))
        parse(text, length);
    return 0;
}
