/* gen_signal.c -- writes the classroom signal messages that queries/signal_etl.sql reads, one a
 * line, on standard output.  Stand-alone: the C library only.
 *
 *   gen_signal --count N [--seed S] [--pass PERCENT] [--data object|string] [--mix clean|demo]
 *              [--size BYTES] [--counts FILE]
 *
 * The same options give the same bytes on every machine.
 *
 *   --pass    share of messages that one of the job's seven INSERTs takes (10)
 *   --data    is `data` an object, or a string that holds the object's text, escaped (object)
 *   --mix     clean: numbers are numbers, all fields there.  demo: in half of the messages numbers
 *             are strings, and about 6 % are what real topics have too: broken JSON, JSON of other
 *             shape, missing fields, blanks and other types, deep nesting, escapes and Chinese
 *   --size    average bytes of a message without its line feed (270); `target_id` is the padding,
 *             so this is met as far as its 8 to 600 bytes go
 *   --counts  writes to FILE what the job must find: one JSON object with the number of messages,
 *             of rows per event, and of odd messages per kind
 *
 * Which messages match is decided before a message is written, and nothing that is odd about a
 * message may put that in doubt: oddities that touch what the job filters by are only put on
 * messages that do not match anyway, or break the message as a whole. */
#include <inttypes.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum {
    out_bytes_max = 1 << 20,
    message_bytes_max = 1 << 15, /* the deepest nesting, escaped */
    pad_bytes_min = 8,
    pad_bytes_max = 600,
};

static const int64_t first_ms = 1596702949000; /* 2020-08-06 16:35:49 in Shanghai */
static const int64_t zone_offset_s = 8 * 3600;

/* One of the job's INSERTs: what it filters by, and the event it writes. */
struct event {
    const char *name;
    const char *target_id; /* NULL: any */
    const char *target_type;
    const char *action;
    const char *sub_action; /* NULL: any */
};

static const struct event events[] = {
    { "STUDENT_MOVE_PICTURE", NULL, "shape", "move", NULL },
    { "STUDENT_HOVER_PICTURE", NULL, "shape", "mouse", "over" },
    { "STUDENT_LINE_DRAW", NULL, "shape", "add", NULL },
    { "STUDENT_AUDIO_PLAY", NULL, "template", "audio", "start" },
    { "STUDENT_AUDIO_PAUSE", NULL, "template", "audio", "pause" },
    { "STUDENT_MATCH_WRONG", "match", "template", "match", "drop:wrong" },
    { "STUDENT_MATCH_CORRECT", "match", "template", "match", "drop:correct" },
};
enum { event_count = sizeof(events) / sizeof(events[0]) };

/* Actions of students that no INSERT of the job takes. */
static const struct event other_actions[] = {
    { "", NULL, "shape", "scale", "end" },
    { "", NULL, "shape", "mouse", "out" },
    { "", NULL, "shape", "remove", "" },
    { "", NULL, "template", "audio", "seek" },
    { "", NULL, "template", "video", "start" },
    { "", "match", "template", "match", "drag:start" },
    { "", NULL, "page", "turn", "next" },
    { "", NULL, "Shape", "move", "" }, /* another letter case is another type */
};
enum { other_action_count = sizeof(other_actions) / sizeof(other_actions[0]) };

enum odd {
    ODD_NOT,
    ODD_BROKEN,
    ODD_FOREIGN,
    ODD_MISSING,
    ODD_TYPES,
    ODD_DEEP,
    ODD_TEXT,
    ODD_COUNT,
};
static const char *const odd_names[] = { "ordinary",           "broken",    "foreign",
                                         "missing_fields",     "odd_types", "too_deep",
                                         "escapes_and_chinese" };
/* Of 1000 messages of the demo mix. */
static const unsigned odd_per_mille[] = { 0, 10, 10, 12, 12, 3, 13 };

struct options {
    uint64_t count;
    uint64_t seed;
    double pass_percent;
    size_t size_bytes;
    bool data_is_string;
    bool mix_is_demo;
    const char *counts_path;
};

struct signal {
    int64_t create_ms;
    int64_t action_ms;
    uint32_t userid;
    uint32_t roomid;
    uint32_t page_index;
    unsigned role;
    unsigned msgid;
    unsigned msgtype;
    const struct event *action;
    const char *sub_action;
    const char *target_id; /* NULL: padding of pad_bytes */
    size_t pad_bytes;
    bool numbers_are_strings;
};

struct generator {
    struct options options;
    uint64_t random_state;
    uint64_t message_bytes; /* so far, without line feeds */
    int64_t now_ms;
    int64_t prefix_s; /* the second that create_prefix stands for */
    char create_prefix[32];
    uint64_t event_rows[event_count];
    uint64_t odd_messages[ODD_COUNT];
};

static char out[out_bytes_max];
static size_t out_used;

static uint64_t next_random(struct generator *gen) /* splitmix64 */
{
    uint64_t z = gen->random_state += 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

static uint32_t below(struct generator *gen, uint32_t limit)
{
    return (uint32_t)(((next_random(gen) >> 32) * limit) >> 32);
}

static void out_flush(void)
{
    if (fwrite(out, 1, out_used, stdout) != out_used) {
        perror("gen_signal: could not write to standard output");
        exit(1);
    }
    out_used = 0;
}

/* Writers: each puts its text at `at` and returns the end. */

#define PUT(at, literal) put_bytes((at), (literal), sizeof(literal) - 1)

static inline char *put_bytes(char *at, const char *bytes, size_t size_bytes)
{
    memcpy(at, bytes, size_bytes);
    return at + size_bytes;
}

static inline char *put_text(char *at, const char *text)
{
    return put_bytes(at, text, strlen(text));
}

static inline char *put_number(char *at, uint64_t number)
{
    char digits[20];
    size_t n = sizeof(digits);
    do {
        digits[--n] = (char)('0' + number % 10);
        number /= 10;
    } while (number > 0);
    return put_bytes(at, digits + n, sizeof(digits) - n);
}

static inline char *put_value(char *at, uint64_t number, bool as_string)
{
    if (as_string)
        *at++ = '"';
    at = put_number(at, number);
    if (as_string)
        *at++ = '"';
    return at;
}

__attribute__((format(printf, 2, 3))) static char *put_format(char *at, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    int n = vsnprintf(at, 4096, format, args);
    va_end(args);
    return at + (n > 0 ? n : 0);
}

static char *put_create_time(struct generator *gen, char *at, int64_t ms)
{
    int64_t second = ms / 1000;
    unsigned millis = (unsigned)(ms % 1000);
    if (second != gen->prefix_s) {
        time_t local = (time_t)(second + zone_offset_s);
        struct tm tm;
        gmtime_r(&local, &tm);
        strftime(gen->create_prefix, sizeof(gen->create_prefix), "%Y-%m-%d %H:%M:%S", &tm);
        gen->prefix_s = second;
    }
    at = put_bytes(at, gen->create_prefix, 19);
    *at++ = '.';
    *at++ = (char)('0' + millis / 100);
    *at++ = (char)('0' + millis / 10 % 10);
    *at++ = (char)('0' + millis % 10);
    return at;
}

/* An identifier as the drawing board makes them: a word and hexadecimal digits. */
static char *put_pad(struct generator *gen, char *at, size_t pad_bytes)
{
    static const char digits[] = "0123456789abcdef";
    size_t n = pad_bytes < 4 ? pad_bytes : 4;
    at = put_bytes(at, "obj-", n);
    while (n < pad_bytes) {
        uint64_t bits = next_random(gen);
        for (int i = 0; i < 16 && n < pad_bytes; i++, n++) {
            *at++ = digits[bits & 15];
            bits >>= 4;
        }
    }
    return at;
}

static char *put_msg_data(struct generator *gen, char *at, const struct signal *s)
{
    at = PUT(at, "{\"target_id\":\"");
    at = s->target_id != NULL ? put_text(at, s->target_id) : put_pad(gen, at, s->pad_bytes);
    at = PUT(at, "\",\"target_type\":\"");
    at = put_text(at, s->action->target_type);
    at = PUT(at, "\",\"action\":\"");
    at = put_text(at, s->action->action);
    at = PUT(at, "\",\"sub_action\":\"");
    at = put_text(at, s->sub_action);
    at = PUT(at, "\",\"page_index\":");
    at = put_value(at, s->page_index, s->numbers_are_strings);
    *at++ = '}';
    return at;
}

static char *put_data(struct generator *gen, char *at, const struct signal *s)
{
    at = PUT(at, "{\"userid\":");
    at = put_value(at, s->userid, s->numbers_are_strings);
    at = PUT(at, ",\"roomid\":");
    at = put_value(at, s->roomid, s->numbers_are_strings);
    at = PUT(at, ",\"timestamp\":");
    at = put_value(at, (uint64_t)s->action_ms, s->numbers_are_strings);
    at = PUT(at, ",\"role\":");
    at = put_value(at, s->role, s->numbers_are_strings);
    at = PUT(at, ",\"msgid\":");
    at = put_value(at, s->msgid, s->numbers_are_strings);
    at = PUT(at, ",\"msg\":{\"msgtype\":\"");
    at = put_number(at, s->msgtype);
    at = PUT(at, "\",\"msg_data\":");
    at = put_msg_data(gen, at, s);
    at = PUT(at, "}}");
    return at;
}

/* `data`, the finished text, around it the outer object. */
static char *put_message(struct generator *gen, char *at, int64_t create_ms, const char *data,
                         size_t data_bytes)
{
    at = PUT(at, "{\"createTime\":\"");
    at = put_create_time(gen, at, create_ms);
    at = PUT(at, "\",\"data\":");
    if (gen->options.data_is_string) {
        *at++ = '"';
        for (size_t i = 0; i < data_bytes; i++) {
            if (data[i] == '"' || data[i] == '\\' || data[i] == '\t')
                *at++ = '\\';
            *at++ = data[i] == '\t' ? 't' : data[i];
        }
        *at++ = '"';
    } else {
        at = put_bytes(at, data, data_bytes);
    }
    *at++ = '}';
    return at;
}

static char *put_broken(struct generator *gen, char *begin, char *end)
{
    switch (below(gen, 4)) {
    case 0: /* nothing at all */
        return begin;
    case 1: { /* two messages that ran into each other, the first one cut */
        size_t bytes = (size_t)(end - begin);
        memmove(begin + bytes / 2, begin, bytes);
        return end + bytes / 2;
    }
    case 2: /* no JSON from the start */
        begin[0] = '<';
        return end;
    default: /* cut, at the least the last brace */
        return end - 1 - below(gen, (uint32_t)(end - begin - 1));
    }
}

static char *put_foreign(struct generator *gen, char *at)
{
    uint64_t number = next_random(gen) % 1000000;
    switch (below(gen, 7)) {
    case 0:
        return put_format(at, "{\"heartbeat\": %" PRIu64 ", \"node\": \"gw-%u\"}", number,
                          below(gen, 16));
    case 1:
        return put_format(at, "[1, \"two\", {\"three\": %" PRIu64 "}, null]", number);
    case 2:
        return put_format(at, "%" PRIu64, number);
    case 3:
        return PUT(at, "null");
    case 4:
        return PUT(at, "\"ping\"");
    case 5:
        return put_format(at, "{\"createTime\":\"\",\"data\":[%" PRIu64 ",{}]}", number);
    default:
        return put_format(at,
                          "{\"level\":\"info\",\"msg\":{\"msgtype\":\"116\"},"
                          "\"data\":\"roomid %" PRIu64 " opened\"}",
                          number);
    }
}

/* `data` with one member left out, each time something the job needs for a match. */
static char *put_missing(struct generator *gen, char *at, const struct signal *s)
{
    switch (below(gen, 5)) {
    case 0:
        return PUT(at, "{}");
    case 1:
        return put_format(at, "{\"userid\":%u,\"roomid\":%u,\"role\":2,\"msgid\":305}", s->userid,
                          s->roomid);
    case 2:
        return put_format(at,
                          "{\"userid\":%u,\"roomid\":%u,\"timestamp\":%" PRId64
                          ",\"role\":2,\"msgid\":305,\"msg\":{\"msgtype\":\"116\"}}",
                          s->userid, s->roomid, s->action_ms);
    case 3:
        return put_format(at,
                          "{\"userid\":%u,\"roomid\":%u,\"timestamp\":%" PRId64
                          ",\"role\":2,\"msgid\":305,\"msg\":{\"msgtype\":\"116\",\"msg_data\":"
                          "{\"target_id\":\"match\",\"target_type\":\"template\","
                          "\"action\":\"match\",\"page_index\":%u}}}",
                          s->userid, s->roomid, s->action_ms, s->page_index);
    default:
        return put_format(at,
                          "{\"userid\":%u,\"roomid\":%u,\"timestamp\":%" PRId64
                          ",\"msgid\":305,\"msg\":{\"msgtype\":\"116\",\"msg_data\":"
                          "{\"target_id\":\"obj-1\",\"target_type\":\"shape\","
                          "\"action\":\"move\",\"sub_action\":\"\",\"page_index\":%u}}}",
                          s->userid, s->roomid, s->action_ms, s->page_index);
    }
}

/* Values of types and forms that nobody promised, and another order of members.  What the job
 * filters by is as `s` says, so such a message may match; the values then show up as NULL. */
static char *put_odd_types(struct generator *gen, char *at, const struct signal *s)
{
    static const char *const values[] = {
        "\"\"",     "null",    "true",   "\" 12 \"", "3.75",
        "1.5e3",    "\"abc\"", "{}",     "[]",       "-7",
        "\"12.7\"", "1e400",   "\"９\"", "[1,[2]]",  "123456789012345678901234567890"
    };
    enum { value_count = sizeof(values) / sizeof(values[0]) };
    const char *userid = values[below(gen, value_count)];
    const char *roomid = values[below(gen, value_count)];
    const char *time = values[below(gen, value_count)];
    const char *page_index = values[below(gen, value_count)];
    at = put_format(at,
                    "{ \"userid\" : %s,\t\"roomid\": %s, \"timestamp\": %s, \"role\": %u, "
                    "\"msgid\": %u, \"extra\": [true, false, null, {\"msgid\": 305}], ",
                    userid, roomid, time, s->role, s->msgid);
    at = put_format(at,
                    "\"msg\": {\"msgtype\": %u, \"msg_data\": {\"page_index\": %s, "
                    "\"sub_action\": \"%s\", \"action\": \"%s\", \"target_type\": \"%s\", "
                    "\"target_id\": \"%s\"}}}",
                    s->msgtype, page_index, s->sub_action, s->action->action,
                    s->action->target_type, s->target_id != NULL ? s->target_id : "");
    return at;
}

/* An ordinary message that does not match, with an array in it nested 65 to 4064 deep. */
static char *put_deep(struct generator *gen, char *at, const struct signal *s)
{
    uint32_t depth = 65 + below(gen, 4000);
    char *end = put_data(gen, at, s) - 1; /* over the last brace */
    end = PUT(end, ",\"path\":");
    memset(end, '[', depth);
    end += depth;
    memset(end, ']', depth);
    end += depth;
    *end++ = '}';
    return end;
}

static const char *const odd_texts[] = {
    "图形-三角形",
    "\\u56fe\\u5f62\\u002d\\u5706",
    "line\\nfeed\\tand \\\"quotes\\\" and \\\\ and \\/",
    "\\ud83d\\ude00 smile",
    "😀 raw",
    "control \\u0001 and \\u001f",
    "圖片／右上角　全形",
};
enum { odd_text_count = sizeof(odd_texts) / sizeof(odd_texts[0]) };

static void choose_action(struct generator *gen, struct signal *s, bool matches)
{
    s->role = 2;
    s->msgid = 305;
    s->msgtype = 116;
    s->action = &events[below(gen, event_count)];
    if (!matches) {
        switch (below(gen, 8)) {
        case 0:
        case 1:
        case 2: /* the teacher does the same */
            s->role = 1 + 3 * below(gen, 2);
            break;
        case 3:
        case 4: /* another message */
            s->msgid = 300 + below(gen, 5);
            break;
        case 5: /* another kind of it */
            s->msgtype = 100 + below(gen, 16);
            break;
        default:
            s->action = &other_actions[below(gen, other_action_count)];
            break;
        }
    }
    static const char *const free_sub_actions[] = { "", "start", "end", "drag" };
    s->sub_action = s->action->sub_action;
    if (s->sub_action == NULL)
        s->sub_action = free_sub_actions[below(gen, 4)];
    s->target_id = s->action->target_id;
}

static void choose_signal(struct generator *gen, struct signal *s, bool matches)
{
    gen->now_ms += below(gen, 8);
    s->create_ms = gen->now_ms;
    s->action_ms = gen->now_ms - 20 - below(gen, 400);
    s->userid = 80000000 + below(gen, 40000);
    s->roomid = 2300000 + below(gen, 4000);
    s->page_index = below(gen, 60);
    s->numbers_are_strings = gen->options.mix_is_demo && below(gen, 2) == 1;
    choose_action(gen, s, matches);

    /* The padding brings the average back to what was asked for, with some scatter. */
    int64_t target = (int64_t)gen->options.size_bytes - 24 + below(gen, 49);
    int64_t fixed = 235 + (int64_t)strlen(s->action->target_type) +
                    (int64_t)strlen(s->action->action) + (int64_t)strlen(s->sub_action) +
                    (s->numbers_are_strings ? 12 : 0) + (gen->options.data_is_string ? 44 : 0);
    int64_t done = (int64_t)(gen->odd_messages[ODD_NOT] * gen->options.size_bytes);
    int64_t debt = done - (int64_t)gen->message_bytes;
    int64_t pad = target - fixed + debt;
    s->pad_bytes = pad < pad_bytes_min   ? pad_bytes_min
                   : pad > pad_bytes_max ? pad_bytes_max
                                         : (size_t)pad;
}

static enum odd choose_odd(struct generator *gen)
{
    if (!gen->options.mix_is_demo)
        return ODD_NOT;
    unsigned at = below(gen, 1000);
    for (int odd = ODD_BROKEN; odd < ODD_COUNT; odd++) {
        if (at < odd_per_mille[odd])
            return (enum odd)odd;
        at -= odd_per_mille[odd];
    }
    return ODD_NOT;
}

static void write_message(struct generator *gen)
{
    static char data[message_bytes_max / 2];
    if (sizeof(out) - out_used < message_bytes_max)
        out_flush();
    char *begin = out + out_used;
    char *end;

    enum odd odd = choose_odd(gen);
    bool matches = (double)(next_random(gen) >> 11) * 0x1p-53 * 100 < gen->options.pass_percent;
    /* A broken message may well have been one that matches: it is lost all the same. */
    bool loses = odd == ODD_FOREIGN || odd == ODD_MISSING || odd == ODD_DEEP;
    struct signal s;
    choose_signal(gen, &s, matches && !loses);

    if (odd == ODD_FOREIGN) {
        end = put_foreign(gen, begin);
    } else {
        char *data_end;
        if (odd == ODD_TEXT && s.target_id == NULL)
            s.target_id = odd_texts[below(gen, odd_text_count)];
        if (odd == ODD_MISSING)
            data_end = put_missing(gen, data, &s);
        else if (odd == ODD_TYPES)
            data_end = put_odd_types(gen, data, &s);
        else if (odd == ODD_DEEP)
            data_end = put_deep(gen, data, &s);
        else
            data_end = put_data(gen, data, &s);
        end = put_message(gen, begin, s.create_ms, data, (size_t)(data_end - data));
        if (odd == ODD_BROKEN)
            end = put_broken(gen, begin, end);
    }

    gen->odd_messages[odd]++;
    if (odd == ODD_NOT)
        gen->message_bytes += (uint64_t)(end - begin);
    if (matches && !loses && odd != ODD_BROKEN)
        gen->event_rows[s.action - events]++;
    *end++ = '\n';
    out_used += (size_t)(end - begin);
}

static bool write_counts(const struct generator *gen)
{
    FILE *file = fopen(gen->options.counts_path, "w");
    if (file == NULL) {
        fprintf(stderr, "gen_signal: could not open \"%s\": ", gen->options.counts_path);
        perror(NULL);
        return false;
    }
    uint64_t rows = 0;
    for (int i = 0; i < event_count; i++)
        rows += gen->event_rows[i];
    fprintf(file, "{\"messages\": %" PRIu64 ", \"rows\": %" PRIu64 ", \"events\": {",
            gen->options.count, rows);
    for (int i = 0; i < event_count; i++)
        fprintf(file, "%s\"%s\": %" PRIu64, i > 0 ? ", " : "", events[i].name, gen->event_rows[i]);
    fprintf(file, "}, \"kinds\": {");
    for (int i = 0; i < ODD_COUNT; i++)
        fprintf(file, "%s\"%s\": %" PRIu64, i > 0 ? ", " : "", odd_names[i], gen->odd_messages[i]);
    fprintf(file, "}}\n");
    bool failed = ferror(file) != 0;
    failed |= fclose(file) != 0;
    if (failed)
        fprintf(stderr, "gen_signal: could not write \"%s\"\n", gen->options.counts_path);
    return !failed;
}

static bool parse_uint(const char *text, uint64_t max, uint64_t *ret)
{
    char *end;
    if (*text < '0' || *text > '9')
        return false;
    unsigned long long number = strtoull(text, &end, 10);
    if (*end != '\0' || number > max)
        return false;
    *ret = number;
    return true;
}

/* Sets one option; false if its value is none. */
static bool set_option(struct options *options, const char *name, const char *value, bool *known)
{
    uint64_t number;
    *known = true;
    if (strcmp(name, "--count") == 0)
        return parse_uint(value, UINT64_MAX / 4096, &options->count);
    if (strcmp(name, "--seed") == 0)
        return parse_uint(value, UINT64_MAX, &options->seed);
    if (strcmp(name, "--size") == 0) {
        bool good = parse_uint(value, 100000, &number);
        if (good)
            options->size_bytes = number;
        return good;
    }
    if (strcmp(name, "--pass") == 0) {
        char *end;
        options->pass_percent = strtod(value, &end);
        return *value != '\0' && *end == '\0' && options->pass_percent >= 0 &&
               options->pass_percent <= 100;
    }
    if (strcmp(name, "--data") == 0) {
        options->data_is_string = strcmp(value, "string") == 0;
        return options->data_is_string || strcmp(value, "object") == 0;
    }
    if (strcmp(name, "--mix") == 0) {
        options->mix_is_demo = strcmp(value, "demo") == 0;
        return options->mix_is_demo || strcmp(value, "clean") == 0;
    }
    if (strcmp(name, "--counts") == 0) {
        options->counts_path = value;
        return *value != '\0';
    }
    *known = false;
    return false;
}

int main(int argc, char **argv)
{
    static struct generator gen = { .options = { .pass_percent = 10, .size_bytes = 270 },
                                    .now_ms = first_ms,
                                    .prefix_s = -1 };
    for (int i = 1; i < argc; i += 2) {
        bool known;
        if (i + 1 < argc && set_option(&gen.options, argv[i], argv[i + 1], &known))
            continue;
        if (i + 1 < argc && known)
            fprintf(stderr, "gen_signal: \"%s\" is no value for %s\n", argv[i + 1], argv[i]);
        else
            fprintf(stderr,
                    "gen_signal: unknown option, or one without value: %s\n"
                    "usage: gen_signal --count N [--seed S] [--pass PERCENT] "
                    "[--data object|string] [--mix clean|demo] [--size BYTES] "
                    "[--counts FILE]\n",
                    argv[i]);
        return 1;
    }
    gen.random_state = gen.options.seed * 0x2545f4914f6cdd1du + 1;
    for (uint64_t i = 0; i < gen.options.count; i++)
        write_message(&gen);
    out_flush();
    if (fflush(stdout) != 0) {
        perror("gen_signal: could not write to standard output");
        return 1;
    }
    return gen.options.counts_path != NULL && !write_counts(&gen);
}
