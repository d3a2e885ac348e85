/* check.c -- prints failed checks to standard error, in the form file:line that editors jump to.
 *
 * Strings are compared line by line: a multi-line result that differs in its tenth line shows
 * that line and not two screens of text.  Bytes that are no printable text are escaped, so a
 * stray carriage return or a broken UTF-8 sequence can be seen. */
#include "support/check.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

int check_failed;

/* The test function that runs now, and whether its name stands above its failures already. */
static const char *test_name;
static int test_name_is_printed;

static void failure_begin(const char *file, int line)
{
    check_failed++;
    if (test_name != NULL && !test_name_is_printed) {
        fprintf(stderr, "FAIL %s\n", test_name);
        test_name_is_printed = 1;
    }
    fprintf(stderr, "%s:%d: ", file, line);
}

static void print_bytes(const char *bytes, size_t size_bytes)
{
    fputc('"', stderr);
    for (size_t i = 0; i < size_bytes; i++) {
        unsigned char c = (unsigned char)bytes[i];
        if (c == '\n')
            fputs("\\n", stderr);
        else if (c == '"' || c == '\\')
            fprintf(stderr, "\\%c", c);
        else if (c < 0x20 || c == 0x7f)
            fprintf(stderr, "\\x%02x", c);
        else
            fputc(c, stderr); /* UTF-8 goes through as it is */
    }
    fputc('"', stderr);
}

/* Prints the line around `at`: at most 40 bytes before it and 60 after. */
static void print_around(const char *label, const char *bytes, size_t size_bytes, size_t at)
{
    size_t begin = at > 40 ? at - 40 : 0;
    size_t end = at + 60 < size_bytes ? at + 60 : size_bytes;
    for (size_t i = begin; i < at; i++) {
        if (bytes[i] == '\n')
            begin = i + 1;
    }
    fprintf(stderr, "    %s at the difference: %s", label, begin > 0 ? "..." : "");
    print_bytes(bytes + begin, end - begin);
    fprintf(stderr, "%s\n", end < size_bytes ? "..." : "");
}

static void print_difference(const char *got, size_t got_bytes, const char *want, size_t want_bytes)
{
    size_t at = 0;
    int line = 1;
    size_t line_begin = 0;
    while (at < got_bytes && at < want_bytes && got[at] == want[at]) {
        if (got[at] == '\n') {
            line++;
            line_begin = at + 1;
        }
        at++;
    }
    /* Values as a whole only where a reader can take them in. */
    if (got_bytes <= 2000 && want_bytes <= 2000) {
        fputs("    got  ", stderr);
        print_bytes(got, got_bytes);
        fputs("\n    want ", stderr);
        print_bytes(want, want_bytes);
        fputc('\n', stderr);
    }
    fprintf(stderr, "    first difference at byte %zu (line %d, byte %zu); lengths %zu and %zu\n",
            at, line, at - line_begin, got_bytes, want_bytes);
    if (got_bytes > 80 || want_bytes > 80) {
        print_around("got ", got, got_bytes, at);
        print_around("want", want, want_bytes, at);
    }
}

int check_true(int holds, const char *text, const char *file, int line)
{
    if (holds)
        return 1;
    failure_begin(file, line);
    fprintf(stderr, "does not hold: %s\n", text);
    return 0;
}

int check_int(int64_t got, int64_t want, const char *got_text, const char *want_text,
              const char *file, int line)
{
    if (got == want)
        return 1;
    failure_begin(file, line);
    fprintf(stderr, "%s is %" PRId64 ", not %" PRId64 " (%s)\n", got_text, got, want, want_text);
    return 0;
}

int check_str(const char *got, const char *want, const char *text, const char *file, int line)
{
    if (got == NULL || want == NULL) {
        if (got == want)
            return 1;
        failure_begin(file, line);
        fprintf(stderr, "%s: one of the strings is NULL\n    got  %s\n    want %s\n", text,
                got != NULL ? got : "NULL", want != NULL ? want : "NULL");
        return 0;
    }
    if (strcmp(got, want) == 0)
        return 1;
    failure_begin(file, line);
    fprintf(stderr, "%s differs\n", text);
    print_difference(got, strlen(got), want, strlen(want));
    return 0;
}

int check_mem(const void *got, size_t got_bytes, const void *want, size_t want_bytes,
              const char *text, const char *file, int line)
{
    if (got_bytes == want_bytes && (got_bytes == 0 || memcmp(got, want, got_bytes) == 0))
        return 1;
    failure_begin(file, line);
    fprintf(stderr, "%s differs\n", text);
    if (got != NULL && want != NULL)
        print_difference(got, got_bytes, want, want_bytes);
    return 0;
}

int check_span(const char *got, size_t got_bytes, const char *want, const char *text,
               const char *file, int line)
{
    /* An empty span may have no address. */
    return check_mem(got != NULL ? got : "", got_bytes, want, strlen(want), text, file, line);
}

void check_run(void (*fn)(void), const char *name)
{
    test_name = name;
    test_name_is_printed = 0;
    fn();
    test_name = NULL;
}
