/* pattern.c -- see pattern.h.
 *
 * What patterns of names use of Java's syntax is also POSIX's extended one but for
 * escapes, classes and groups that do not capture, which are rewritten; what POSIX
 * lacks (looking around, lazy repeats, \p) is refused with its name, never read as
 * something else. */
#include "connector/pattern.h"

#include "base/memory.h"

#include <regex.h>

struct name_pattern {
    regex_t regex;
};

/* A pattern on its way. */
struct translation {
    const char *what;
    struct str p;
    size_t at;
    struct buf *out;
};

static char peek(const struct translation *t, size_t ahead)
{
    return t->at + ahead < t->p.size ? t->p.data[t->at + ahead] : '\0';
}

static enum code refuse(const struct translation *t, const char *part, struct error *err)
{
    return error_set(err, E_OPTION, "%s \"" STR_FMT "\" has %s, which is not supported", t->what,
                     STR_ARG(t->p), part);
}

static bool is_letter_or_digit(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool is_one_of(char c, const char *set)
{
    return c != '\0' && strchr(set, c);
}

static const char *members_of(char letter)
{
    return is_one_of(letter, "dD") ? "0-9" : is_one_of(letter, "wW") ? "A-Za-z0-9_" : " \t\n\v\f\r";
}

/* ---- classes ---- */

/* What means something else in POSIX's classes wherever it stands; these go to where they do not. */
enum { HAS_CLOSE = 1, HAS_OPEN = 2, HAS_CARET = 4, HAS_DASH = 8 };

static unsigned special_of(char c)
{
    return c == ']'   ? HAS_CLOSE
           : c == '[' ? HAS_OPEN
           : c == '^' ? HAS_CARET
           : c == '-' ? HAS_DASH
                      : 0;
}

/* A character of a class; t->at is behind it. */
static enum code class_char(struct translation *t, char *ret, struct error *err)
{
    char c = peek(t, 0), next = peek(t, 1);
    if (c == '&' && next == '&')
        return refuse(t, "an intersection of classes", err);
    if (c == '[')
        return refuse(t, "a class inside of a class", err);
    if (c == '\\' && is_one_of(next, "DWS"))
        return refuse(t, "a negated class inside of a class", err);
    if (c == '\\' && is_letter_or_digit(next))
        return refuse(t, "a class such as \\p{..}", err);
    t->at += c == '\\' && next ? 2 : 1;
    *ret = c == '\\' && next ? next : c;
    return OK;
}

static enum code put_member(struct translation *t, struct buf *members, unsigned *specials,
                            struct error *err)
{
    char first, last;
    if (peek(t, 0) == '\\' && is_one_of(peek(t, 1), "dws")) {
        buf_text(members, members_of(peek(t, 1)));
        t->at += 2;
        return OK;
    }
    TRY(class_char(t, &first, err));
    if (peek(t, 0) != '-' || !peek(t, 1) || is_one_of(peek(t, 1), "[]")) {
        *specials |= special_of(first);
        if (!special_of(first))
            buf_char(members, first);
        return OK;
    }
    t->at++;
    TRY(class_char(t, &last, err));
    if (special_of(first) || special_of(last))
        return refuse(t, "a range of signs", err);
    buf_char(members, first);
    buf_char(members, '-');
    buf_char(members, last);
    return OK;
}

static void put_class(struct translation *t, bool is_negated, struct str members, unsigned specials)
{
    if (!is_negated && members.size == 0 && specials == HAS_CARET) {
        buf_text(t->out, "\\^");
        return;
    }
    bool caret_first = (specials & HAS_CARET) && members.size == 0 &&
                       !(specials & (HAS_CLOSE | HAS_OPEN)) && !is_negated;
    buf_text(t->out, is_negated ? "[^" : "[");
    buf_text(t->out, specials & HAS_CLOSE ? "]" : "");
    buf_str(t->out, members);
    buf_text(t->out, specials & HAS_OPEN ? "[" : "");
    buf_text(t->out, caret_first ? "-^" : specials & HAS_CARET ? "^" : "");
    buf_text(t->out, specials & HAS_DASH && !caret_first ? "-" : "");
    buf_char(t->out, ']');
}

static enum code translate_class(struct translation *t, struct error *err)
{
    struct buf members;
    unsigned specials = 0;
    t->at++;
    bool is_negated = peek(t, 0) == '^';
    t->at += is_negated;
    buf_init(&members, 1 << 16);
    enum code code = OK;
    /* A bracket in front closes nothing. */
    for (bool is_first = true; code == OK && (is_first || peek(t, 0) != ']'); is_first = false)
        code =
            t->at >= t->p.size
                ? error_set(err, E_OPTION, "%s \"" STR_FMT "\" cannot be read: a class has no end",
                            t->what, STR_ARG(t->p))
                : put_member(t, &members, &specials, err);
    t->at++;
    if (code == OK)
        code = buf_check(&members, err);
    if (code == OK)
        put_class(t, is_negated, buf_view(&members), specials);
    buf_done(&members);
    return code;
}

/* ---- the rest ---- */

static enum code translate_escape(struct translation *t, struct error *err)
{
    char c = peek(t, 1);
    t->at += 2;
    if (is_one_of(c, "dDwWsS")) {
        buf_text(t->out, is_one_of(c, "DWS") ? "[^" : "[");
        buf_text(t->out, members_of(c));
        buf_char(t->out, ']');
        return OK;
    }
    if (is_letter_or_digit(c))
        return refuse(t, "an escape such as \\p{..}, \\b or \\1", err);
    if (!c || is_one_of(c, ".[]{}()*+?^$|\\"))
        buf_char(t->out, '\\'); /* the others would mean something with it: \< */
    if (c)
        buf_char(t->out, c);
    return OK;
}

static enum code translate_part(struct translation *t, struct error *err)
{
    char c = peek(t, 0), next = peek(t, 1);
    if (c == '\\')
        return translate_escape(t, err);
    if (c == '[')
        return translate_class(t, err);
    if (c == '(' && next == '?' && peek(t, 2) != ':')
        return refuse(t, "a group that looks around or has a name", err);
    if (is_one_of(c, "*+?}") && is_one_of(next, "?+"))
        return refuse(t, "a lazy or possessive repeat", err);
    t->at += c == '(' && next == '?' ? 3 : 1;
    buf_char(t->out, c);
    return OK;
}

static enum code translate(const char *what, struct str p, struct buf *out, struct error *err)
{
    struct translation t = { .what = what, .p = p, .out = out };
    buf_text(out, "^(");
    while (t.at < p.size)
        TRY(translate_part(&t, err));
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
