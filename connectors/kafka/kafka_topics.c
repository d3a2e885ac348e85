/* kafka_topics.c -- which topics a table stands for.
 *
 * Patterns are Java's in the job.  What topic patterns use of them is also POSIX's
 * extended syntax but for the classes \d, \w and \s and groups that do not capture,
 * which are rewritten; what POSIX lacks (looking around, lazy repeats, \p) is
 * refused with its name, never read as something else. */
#include "kafka/kafka.h"

#include "base/memory.h"

#include <regex.h>

enum { TOPIC_BYTES_MAX = 249 }; /* Kafka's own limit */

static bool topic_is_legal(struct str name)
{
    if (name.size == 0 || name.size > TOPIC_BYTES_MAX || str_is(name, ".") || str_is(name, ".."))
        return false;
    for (size_t i = 0; i < name.size; i++) {
        char c = name.data[i];
        bool ok = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                  c == '.' || c == '_' || c == '-';
        if (!ok)
            return false;
    }
    return true;
}

static enum code add_topic(struct arena *arena, struct str name, struct str **names,
                           uint32_t *count, uint32_t *cap, const struct option *option,
                           struct error *err)
{
    if (!topic_is_legal(name)) {
        error_set(err, E_OPTION, "\"" STR_FMT "\" cannot be the name of a Kafka topic",
                  (int)MIN(name.size, (size_t)60), name.data);
        error_detail(err,
                     "Names have up to %d of the characters a-z, A-Z, 0-9, \".\", \"_\" and "
                     "\"-\".",
                     TOPIC_BYTES_MAX);
        kafka_locate(err, option);
        return E_OPTION;
    }
    for (uint32_t i = 0; i < *count; i++)
        if (str_eq((*names)[i], name))
            return OK; /* named twice is read once */
    struct str copy = arena_str(arena, name);
    if (!copy.data || !ARENA_PUSH(arena, *names, *count, *cap, copy))
        return error_nomem(err);
    return OK;
}

enum code kafka_topics_read(const struct table_def *table, struct arena *arena,
                            struct kafka_topics *ret, struct error *err)
{
    const struct option *list = options_find(table->options, "topic");
    const struct option *pattern = kafka_option(table, "topic-pattern", "topicPattern");
    if (!list && !pattern) {
        error_set(err, E_OPTION, "table \"" STR_FMT "\" needs the option \"topic\"",
                  STR_ARG(table->name));
        error_detail(err, "It names the topic, or several of them.");
        return E_OPTION;
    }
    if (list && pattern) {
        error_set(err, E_OPTION, "\"topic\" and \"" STR_FMT "\" exclude each other",
                  STR_ARG(pattern->key));
        kafka_locate(err, pattern);
        return E_OPTION;
    }
    if (pattern) {
        *ret = (struct kafka_topics){ .pattern = str_trim(pattern->value) };
        return OK;
    }
    char separator = table->blink ? ',' : ';';
    struct str *names = NULL;
    uint32_t count = 0, cap = 0;
    for (struct str rest = list->value; rest.size > 0;) {
        size_t end = MIN(str_find_byte(rest, separator), rest.size);
        TRY(add_topic(arena, str_trim(str_make(rest.data, end)), &names, &count, &cap, list, err));
        size_t used = MIN(end + 1, rest.size);
        rest = str_make(rest.data + used, rest.size - used);
    }
    if (count == 0)
        return add_topic(arena, STR(""), &names, &count, &cap, list, err);
    *ret = (struct kafka_topics){ .names = names, .count = count };
    return OK;
}

/* --- patterns ------------------------------------------------------------------------ */

struct kafka_pattern {
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

static enum code translate(struct str p, struct buf *out, struct error *err)
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
            return error_set(err, E_OPTION,
                             "topic pattern \"" STR_FMT "\" has %s, which is not supported",
                             STR_ARG(p), foreign);
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

enum code kafka_pattern_compile(struct str pattern, struct kafka_pattern **ret, struct error *err)
{
    struct kafka_pattern *compiled = mem_zalloc(sizeof *compiled);
    if (!compiled)
        return error_nomem(err);
    struct buf posix;
    buf_init(&posix, 1 << 16);
    enum code code = translate(pattern, &posix, err);
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
        code = error_set(err, E_OPTION, "topic pattern \"" STR_FMT "\" cannot be read: %s",
                         STR_ARG(pattern), reason);
    }
    if (code != OK) {
        mem_free(compiled);
        return code;
    }
    *ret = compiled;
    return OK;
}

bool kafka_pattern_matches(const struct kafka_pattern *pattern, const char *topic)
{
    return regexec(&pattern->regex, topic, 0, NULL, 0) == 0;
}

void kafka_pattern_destroy(struct kafka_pattern *pattern)
{
    if (!pattern)
        return;
    regfree(&pattern->regex);
    mem_free(pattern);
}
