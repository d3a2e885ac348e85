/* pattern.c -- see pattern.h.
 *
 * What patterns of names use of Java's syntax is also POSIX's extended one but for the
 * classes \d, \w and \s and groups that do not capture, which are rewritten; what POSIX
 * lacks (looking around, lazy repeats, \p) is refused with its name, never read as
 * something else. */
#include "connector/pattern.h"

#include "base/memory.h"

#include <regex.h>

struct name_pattern {
    regex_t regex;
};

/* A part of Java's syntax that POSIX has not; NULL if there is none at `at`. */
static const char *foreign_at(struct str p, size_t at, bool in_class)
{
    char c = p.data[at], next = at + 1 < p.size ? p.data[at + 1] : '\0';
    char third = at + 2 < p.size ? p.data[at + 2] : '\0';
    if (in_class)
        return c == '\\' && strchr("pPbBAzZGQE", next) && next ? "a class such as \\p{..}"
               : c == '&' && next == '&'                       ? "an intersection of classes"
                                                               : NULL;
    if (c == '\\' && next && strchr("pPbBAzZGQEkR123456789", next))
        return "an escape such as \\p{..}, \\b or \\1";
    if (c == '(' && next == '?' && third != ':')
        return "a group that looks around or has a name";
    if ((c == '*' || c == '+' || c == '?' || c == '}') && (next == '?' || next == '+'))
        return "a lazy or possessive repeat";
    return NULL;
}

static void put_class(struct buf *out, char letter, bool in_class)
{
    bool negated = letter == 'D' || letter == 'W' || letter == 'S';
    const char *members = letter == 'd' || letter == 'D'   ? "0-9"
                          : letter == 'w' || letter == 'W' ? "A-Za-z0-9_"
                                                           : " \t\n\v\f\r";
    if (!in_class)
        buf_text(out, negated ? "[^" : "[");
    buf_text(out, members);
    if (!in_class)
        buf_char(out, ']');
}

static enum code translate(const char *what, struct str p, struct buf *out, struct error *err)
{
    bool in_class = false;
    size_t class_start = 0;
    buf_text(out, "^(");
    for (size_t i = 0; i < p.size; i++) {
        const char *foreign = foreign_at(p, i, in_class);
        char c = p.data[i], next = i + 1 < p.size ? p.data[i + 1] : '\0';
        if (!foreign && in_class && c == '\\' && next && strchr("DWS", next))
            foreign = "a negated class inside of a class";
        if (foreign)
            return error_set(err, E_OPTION, "%s \"" STR_FMT "\" has %s, which is not supported",
                             what, STR_ARG(p), foreign);
        if (c == '\\' && next && strchr("dDwWsS", next)) {
            put_class(out, next, in_class);
            i++;
        } else if (c == '\\' && next && in_class) {
            buf_char(out, next); /* POSIX knows no escape in there */
            i++;
        } else if (c == '\\' && next) {
            buf_char(out, '\\');
            buf_char(out, next);
            i++;
        } else if (!in_class && c == '(' && next == '?') {
            buf_char(out, '(');
            i += 2;
        } else {
            if (!in_class && c == '[') {
                in_class = true;
                class_start = i;
            } else if (in_class && c == ']' && i > class_start + 1) {
                in_class = false;
            }
            buf_char(out, c);
        }
    }
    buf_text(out, ")$");
    return buf_check(out, err);
}

enum code name_pattern_compile(const char *what, struct str pattern, struct name_pattern **ret,
                               struct error *err)
{
    struct name_pattern *compiled = mem_zalloc(sizeof *compiled);
    if (!compiled)
        return error_nomem(err);
    struct buf posix;
    buf_init(&posix, 1 << 16);
    enum code code = translate(what, pattern, &posix, err);
    int wrong = 0;
    if (code == OK) {
        const char *text = buf_cstr(&posix);
        code = buf_check(&posix, err);
        if (code == OK)
            wrong = regcomp(&compiled->regex, text, REG_EXTENDED | REG_NOSUB);
    }
    buf_done(&posix);
    if (wrong != 0) {
        char reason[128];
        regerror(wrong, &compiled->regex, reason, sizeof reason);
        code = error_set(err, E_OPTION, "%s \"" STR_FMT "\" cannot be read: %s", what,
                         STR_ARG(pattern), reason);
    }
    if (code != OK) {
        mem_free(compiled);
        return code;
    }
    *ret = compiled;
    return OK;
}

bool name_pattern_matches(const struct name_pattern *pattern, const char *name)
{
    return regexec(&pattern->regex, name, 0, NULL, 0) == 0;
}

void name_pattern_destroy(struct name_pattern *pattern)
{
    if (!pattern)
        return;
    regfree(&pattern->regex);
    mem_free(pattern);
}
