/* error.c -- filling in struct error.  Texts that do not fit are cut, never lost
 * as a whole: a cut sentence still helps, and no path here allocates. */
#include "base/error.h"

#include <stdio.h>
#include <string.h>

/* vsnprintf may cut a UTF-8 sequence in half; drop the torn tail. */
static void format(char *out, size_t cap, const char *fmt, va_list args)
{
    int n = vsnprintf(out, cap, fmt, args);
    if (n < 0 || (size_t)n < cap)
        return;
    size_t end = cap - 1;
    size_t start = end;
    while (start > 0 && ((unsigned char)out[start - 1] & 0xC0) == 0x80)
        start--;
    if (start > 0 && (unsigned char)out[start - 1] >= 0xC0)
        out[start - 1] = '\0';
}

static void reset(struct error *err, enum code code)
{
    err->code = code;
    err->has_span = err->is_told = false;
    err->span = (struct span){ 0, 0 };
    err->message[0] = err->detail[0] = err->hint[0] = err->trail[0] = '\0';
}

enum code error_set(struct error *err, enum code code, const char *fmt, ...)
{
    if (err) {
        char text[sizeof err->message]; /* arguments may point into *err */
        va_list args;
        va_start(args, fmt);
        format(text, sizeof text, fmt, args);
        va_end(args);
        reset(err, code);
        memcpy(err->message, text, sizeof text);
    }
    return code;
}

enum code error_at(struct error *err, enum code code, struct span span, const char *fmt, ...)
{
    if (err) {
        char text[sizeof err->message];
        va_list args;
        va_start(args, fmt);
        format(text, sizeof text, fmt, args);
        va_end(args);
        reset(err, code);
        memcpy(err->message, text, sizeof text);
        err->has_span = true;
        err->span = span;
    }
    return code;
}

enum code error_nomem(struct error *err)
{
    return error_set(err, E_NOMEM, "out of memory");
}

void error_locate(struct error *err, struct span span)
{
    if (err && !err->has_span) {
        err->has_span = true;
        err->span = span;
    }
}

void error_detail(struct error *err, const char *fmt, ...)
{
    if (!err)
        return;
    va_list args;
    va_start(args, fmt);
    format(err->detail, sizeof err->detail, fmt, args);
    va_end(args);
}

void error_hint(struct error *err, const char *fmt, ...)
{
    if (!err)
        return;
    va_list args;
    va_start(args, fmt);
    format(err->hint, sizeof err->hint, fmt, args);
    va_end(args);
}

void error_while(struct error *err, const char *fmt, ...)
{
    if (!err)
        return;
    size_t used = strlen(err->trail);
    if (used + 2 >= sizeof err->trail)
        return;
    if (used > 0) {
        err->trail[used++] = '\n';
        err->trail[used] = '\0';
    }
    va_list args;
    va_start(args, fmt);
    format(err->trail + used, sizeof err->trail - used, fmt, args);
    va_end(args);
}

const char *error_code_text(enum code code)
{
    switch (code) {
    case OK:
        return "no error";
    case E_BEGIN_:
        break;
#define X(name, text)                                                                              \
    case name:                                                                                     \
        return text;
        ERROR_CODES(X)
#undef X
    }
    return "unknown error";
}
