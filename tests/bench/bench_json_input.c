/* bench_json_input.c -- see bench_json_input.h. */
#include "bench_json_input.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { MESSAGE_MAX = 1024, PADDING = 128 };

static uint64_t next_random(uint64_t *state)
{
    uint64_t x = (*state += 0x9E3779B97F4A7C15u);
    x = (x ^ x >> 30) * 0xBF58476D1CE4E5B9u;
    x = (x ^ x >> 27) * 0x94D049BB133111EBu;
    return x ^ x >> 31;
}

static const char *pick(uint64_t *state, const char *const *words, size_t count)
{
    return words[next_random(state) % count];
}

struct member {
    const char *name;
    char value[MESSAGE_MAX];
};

/* Appends to a text of n bytes; the messages fit by far, so what does not fit is a bug. */
static size_t __attribute__((format(printf, 3, 4))) put(char *out, size_t n, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    int size = vsnprintf(out + n, n < MESSAGE_MAX ? MESSAGE_MAX - n : 0, fmt, args);
    va_end(args);
    if (size < 0 || n + (size_t)size >= MESSAGE_MAX)
        abort();
    return n + (size_t)size;
}

static size_t put_object(char *out, const struct member *members, const int *order, int count,
                         const char *extra)
{
    size_t n = 0;
    for (int i = 0; i < count; i++)
        n = put(out, n, "%s\"%s\":%s", i > 0 ? "," : "{", members[order[i]].name,
                members[order[i]].value);
    return put(out, n, "%s%s}", extra[0] ? "," : "", extra);
}

/* One of eight orders; the first is 0, 1, 2, ... */
static void choose_order(int *order, int count, unsigned which)
{
    for (int i = 0; i < count; i++)
        order[i] = which & 4 ? (i + (int)which) % count : (i * (which & 2 ? count - 1 : 1)) % count;
    if (which & 1) {
        int last = order[count - 1];
        order[count - 1] = order[0];
        order[0] = last;
    }
}

static size_t escape(char *out, const char *in, size_t size)
{
    size_t n = 0;
    out[n++] = '"';
    for (size_t i = 0; i < size; i++) {
        if (in[i] == '"' || in[i] == '\\')
            out[n++] = '\\';
        out[n++] = in[i];
    }
    out[n++] = '"';
    return n;
}

static size_t make_message(char *out, enum bench_input input, uint64_t *rng)
{
    static const char *const targets[] = { "shape", "template", "ppt", "video" };
    static const char *const actions[] = { "move", "mouse", "add", "audio", "match", "delete" };
    static const char *const subs[] = {
        "over", "start", "pause", "drop:wrong", "drop:correct", ""
    };
    int order[8];
    char extra[64] = "";
    unsigned which = input == BENCH_SHUFFLED ? (unsigned)(next_random(rng) % 8) : 0;
    if (input == BENCH_UNIQUE)
        snprintf(extra, sizeof(extra), "\"x%08" PRIx64 "\":0", next_random(rng) & 0xFFFFFFFF);

    struct member inner[] = { { "target_id", "" },
                              { "target_type", "" },
                              { "action", "" },
                              { "sub_action", "" },
                              { "page_index", "" } };
    snprintf(inner[0].value, sizeof(inner[0].value), "\"%s_%" PRIu64 "\"", pick(rng, targets, 4),
             next_random(rng) % 100000000);
    snprintf(inner[1].value, sizeof(inner[1].value), "\"%s\"", pick(rng, targets, 4));
    snprintf(inner[2].value, sizeof(inner[2].value), "\"%s\"", pick(rng, actions, 6));
    snprintf(inner[3].value, sizeof(inner[3].value), "\"%s\"", pick(rng, subs, 6));
    snprintf(inner[4].value, sizeof(inner[4].value), "%" PRIu64, next_random(rng) % 120);

    struct member msg[] = { { "msgtype", "" }, { "msg_data", "" } };
    snprintf(msg[0].value, sizeof(msg[0].value), "\"%" PRIu64 "\"", 100 + next_random(rng) % 50);
    choose_order(order, 5, which);
    put_object(msg[1].value, inner, order, 5, "");

    struct member data[] = { { "userid", "" }, { "roomid", "" }, { "timestamp", "" },
                             { "role", "" },   { "msgid", "" },  { "msg", "" } };
    snprintf(data[0].value, sizeof(data[0].value), "%" PRIu64, next_random(rng) % 90000000 + 1000);
    snprintf(data[1].value, sizeof(data[1].value), "%" PRIu64, next_random(rng) % 9000000 + 100000);
    snprintf(data[2].value, sizeof(data[2].value), "%" PRIu64,
             1596702949000 + next_random(rng) % 100000000);
    snprintf(data[3].value, sizeof(data[3].value), "%" PRIu64, next_random(rng) % 3);
    snprintf(data[4].value, sizeof(data[4].value), "%" PRIu64, 300 + next_random(rng) % 20);
    choose_order(order, 2, 0);
    put_object(data[5].value, msg, order, 2, extra);

    char body[MESSAGE_MAX];
    choose_order(order, 6, which);
    size_t body_size = put_object(body, data, order, 6, "");
    size_t n =
        put(out, 0,
            "{\"createTime\":\"2020-08-06 %02d:%02d:%02d\",\"data\":", (int)(next_random(rng) % 24),
            (int)(next_random(rng) % 60), (int)(next_random(rng) % 60));
    if (input == BENCH_STRING) {
        n += escape(out + n, body, body_size);
    } else {
        memcpy(out + n, body, body_size);
        n += body_size;
    }
    out[n++] = '}';
    return n;
}

void bench_messages_make(struct bench_messages *messages, enum bench_input input, size_t count,
                         uint64_t seed)
{
    messages->bytes = malloc(count * MESSAGE_MAX + PADDING);
    messages->offsets = malloc((count + 1) * sizeof(*messages->offsets));
    if (!messages->bytes || !messages->offsets) {
        fprintf(stderr, "out of memory\n");
        exit(1);
    }
    messages->count = count;
    messages->total_bytes = 0;
    for (size_t i = 0; i < count; i++) {
        messages->offsets[i] = messages->total_bytes;
        messages->total_bytes +=
            make_message(messages->bytes + messages->total_bytes, input, &seed);
    }
    messages->offsets[count] = messages->total_bytes;
    memset(messages->bytes + messages->total_bytes, 0, PADDING);
}

void bench_messages_free(struct bench_messages *messages)
{
    free(messages->bytes);
    free(messages->offsets);
}

const char *bench_input_name(enum bench_input input)
{
    static const char *const names[BENCH_INPUTS] = { "data an object", "data a string",
                                                     "eight shapes", "no shape twice" };
    return names[input];
}

double bench_cpu_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec * 1e9 + (double)now.tv_nsec;
}
