/* gen_jobs.c -- writes messages like those the published jobs read, for the jobs with state.
 *
 *   gen_jobs SHAPE --dir DIR --count N [--keys N] [--seed S] [--rate MESSAGES_PER_SECOND]
 *            [--disorder MS] [--size BYTES] [--files N] [--matches N]
 *
 *   SHAPE       class_performance, lessons, av_quality, registrations (two topics, in turn) or
 *               consultants
 *   --dir       each topic is DIR/TOPIC.ndjson
 *   --files     each topic is a folder DIR/TOPIC of so many files, one behind the other in time: read
 *               in turn or side by side, the same messages are late
 *   --count     messages, of all topics together
 *   --keys      different keys they are about, drawn evenly (100000)
 *   --rate      event time goes by so many messages a second (20000)
 *   --disorder  an event time lies up to so many milliseconds back (200)
 *   --size      bytes of a message on average, without its line feed (300)
 *   --matches   lessons: pairs that the self-join of the job finds for a key on average (2)
 *
 * What a message has beside the members that a job reads is padding of letters. */
#include "support/gen.h"

#include <stdlib.h>

enum { files_max = 16, topics_max = 2 };

static const int64_t first_ms = 1596702949000; /* 2020-08-06 16:35:49 in Shanghai */
static const int64_t shanghai_ms = 8 * 3600 * 1000;
static const int64_t day_ms = 24 * 3600 * 1000;

struct options {
    uint64_t count;
    uint64_t keys;
    uint64_t seed;
    uint64_t rate;
    uint64_t disorder_ms;
    uint64_t size_bytes;
    uint64_t files;
    uint64_t matches;
    const char *dir;
};

struct generator {
    struct options options;
    struct gen_random random;
};

/* One kind of message; `ms` is its event time.  Leaves the last brace and the padding to others. */
typedef char *put_message(struct generator *gen, char *at, uint32_t key, int64_t ms);

#define PICK(random, array) \
    ((array)[gen_below((random), (uint32_t)(sizeof(array) / sizeof((array)[0])))])

/* --- members: `head` is what stands before the value --------------------------------------- */

static char *put_number(char *at, const char *head, uint64_t number)
{
    at = gen_put_text(at, head);
    return gen_put_number(at, number);
}

static char *put_text(char *at, const char *head, const char *text)
{
    at = gen_put_text(at, head);
    at = gen_put_text(at, text);
    *at++ = '"';
    return at;
}

static char *put_time(char *at, const char *head, int64_t ms, bool millis)
{
    at = gen_put_text(at, head);
    at = gen_put_time(at, ms, shanghai_ms, millis);
    *at++ = '"';
    return at;
}

/* --- messages ------------------------------------------------------------------------------- */

/* What the signal ETL writes: a key is a student and one of the seven operations. */
static char *put_class_performance(struct generator *gen, char *at, uint32_t key, int64_t ms)
{
    static const struct {
        const char *event, *target_type, *action, *sub_action;
    } operations[] = {
        { "STUDENT_MOVE_PICTURE", "shape", "move", "" },
        { "STUDENT_HOVER_PICTURE", "shape", "mouse", "over" },
        { "STUDENT_LINE_DRAW", "shape", "add", "" },
        { "STUDENT_AUDIO_PLAY", "template", "audio", "start" },
        { "STUDENT_AUDIO_PAUSE", "template", "audio", "pause" },
        { "STUDENT_MATCH_WRONG", "template", "match", "drop:wrong" },
        { "STUDENT_MATCH_CORRECT", "template", "match", "drop:correct" },
    };
    uint32_t student = key / 7;
    uint32_t operation = key % 7;
    at = put_time(at, "{ \"messageCreateTime\": \"", ms, true);
    at = put_number(at, ",\"timeStamp\": ", (uint64_t)ms);
    at = put_time(at, ",\"messageTimeStamp\": \"", ms - 20 - gen_below(&gen->random, 400), true);
    at = put_number(at, ",\"userId\": ", 80000000 + student);
    at = put_number(at, ",\"roomId\": ", 2300000 + student / 10);
    at = GEN_PUT(at, ",\"role\": 2,\"msgId\": 305,\"msgType\": 116");
    at = put_text(at, ",\"targetType\": \"", operations[operation].target_type);
    at = put_text(at, ",\"action\": \"", operations[operation].action);
    at = put_text(at, ",\"subAction\": \"", operations[operation].sub_action);
    at = put_number(at, ",\"pageIndex\": ", gen_below(&gen->random, 60));
    return put_text(at, ",\"event\": \"", operations[operation].event);
}

/* Quality log of recorded lessons: a key is a student in a class room. */
static char *put_lesson(struct generator *gen, char *at, uint32_t key, int64_t ms)
{
    static const char *const other_events[] = { "PPT_LOAD", "PPT_FAIL", "VIDEO_START",
                                                "AUDIO_START" };
    /* n messages of a key make n^2 / 2 pairs in order, taken as Poisson. */
    double mean = (double)gen->options.count / (double)gen->options.keys;
    bool success = gen_unit(&gen->random) * mean * mean / 2 < (double)gen->options.matches;
    at = gen_put_text(at, "{\"classroom_id\":\"c");
    at = gen_put_hex(&(struct gen_random){ gen_mix(key) }, at, 15);
    at = gen_put_text(at, "\",\"user_type\":\"student\"");
    at = put_number(at, ",\"user_id\":", 80000000 + key);
    at = put_number(at, ",\"event_time\":", (uint64_t)ms + 30);
    at = put_text(at, ",\"event\":\"", "PPT");
    at = put_text(at, ",\"sub_event\":\"",
                  success ? "PPT_SUCCESS" : PICK(&gen->random, other_events));
    at = put_number(at, ",\"extra\":{\"data_time\":", (uint64_t)ms);
    at = put_number(at, ",\"msg\":{\"pptIndex\":", gen_below(&gen->random, 60));
    return GEN_PUT(at, "}}");
}

/* Sound and picture of live lessons: a key is a student on a channel. */
static char *put_av_quality(struct generator *gen, char *at, uint32_t key, int64_t ms)
{
    static const char *const events[] = { "heartbeat", "state", "stats" };
    at = put_number(at, "{\"classroom_id\":\"live-", 2300000 + key / 10);
    at = put_text(at, "\",\"user_type\":\"", gen_below(&gen->random, 10) > 0 ? "student" : "teacher");
    at = put_number(at, ",\"user_id\":", 80000000 + key);
    at = put_number(at, ",\"agora_channel_id\":", 5200000 + key / 10);
    at = put_text(at, ",\"event\":\"", PICK(&gen->random, events));
    at = put_number(at, ",\"agora_videoState\":{\"fr\":", gen_below(&gen->random, 30));
    at = put_number(at, ",\"uid\":", 80000000 + key / 2);
    at = put_number(at, "},\"agora_audioState\":{\"lost\":", gen_below(&gen->random, 100));
    at = put_number(at, ",\"uid\":", 80000000 + key / 2);
    return put_number(at, "},\"messageCreateTime\":", (uint64_t)ms);
}

/* Students as their accounts come and change: the channel that brought them, half of the time
 * another one. */
static char *put_student(struct generator *gen, char *at, uint32_t key, int64_t ms)
{
    uint64_t draw = gen_below(&gen->random, 2) == 0 ? key : gen_next(&gen->random);
    at = put_number(at, "{\"id\":\"", 10000000 + key);
    at = put_number(at, "\",\"channel_id\":\"", 1 + gen_mix(draw) % 2000);
    at = put_number(at, "\",\"school_id\":", gen_below(&gen->random, 500));
    return put_time(at, ",\"update_time\":\"", ms, false);
}

/* The accounts themselves: one in 50 is somebody's test, one message in five locks one. */
static char *put_account(struct generator *gen, char *at, uint32_t key, int64_t ms)
{
    static const char *const family[] = { "王", "李", "张", "刘", "陈", "杨", "赵", "黄" };
    static const char *const given[] = { "伟", "芳", "娜", "秀英", "敏", "静", "小丽", "子涵" };
    static const char *const tests[] = { "测试", "test", "DM_" };
    struct gen_random of_key = { gen_mix(key) };
    at = put_number(at, "{\"id\":\"", 10000000 + key);
    at = GEN_PUT(at, "\",\"name\":\"");
    if (gen_below(&of_key, 50) == 0)
        at = gen_put_text(at, PICK(&of_key, tests));
    at = gen_put_text(at, PICK(&of_key, family));
    at = gen_put_text(at, PICK(&of_key, given));
    int64_t age_ms = (int64_t)(gen_unit(&of_key) * 30 * (double)day_ms);
    at = put_time(at, "\",\"register_date_time\":\"", first_ms - age_ms, false);
    at = put_text(at, ",\"status\":\"", gen_below(&gen->random, 5) > 0 ? "NORMAL" : "LOCKED");
    return put_time(at, ",\"update_time\":\"", ms, false);
}

/* Orders, a key each, of 3000 consultants. */
static char *put_order(struct generator *gen, char *at, uint32_t key, int64_t ms)
{
    struct gen_random of_key = { gen_mix(key) };
    int64_t age_ms = (int64_t)(gen_unit(&of_key) * 30 * (double)day_ms);
    at = put_number(at, "{\"id\":\"", 40000000 + key);
    at = put_number(at, "\",\"cc_id\":\"", 7000 + gen_below(&of_key, 3000));
    at = put_number(at, "\",\"student_id\":\"", 10000000 + gen_below(&of_key, 1000000));
    uint32_t status = gen_below(&gen->random, 5);
    if (status >= 2)
        at = put_time(at, "\",\"confirm_date_time\":\"", first_ms - age_ms, false);
    else
        at = GEN_PUT(at, "\",\"confirm_date_time\":null");
    at = put_time(at, ",\"create_time\":\"", first_ms - age_ms - day_ms, false);
    at = put_time(at, ",\"update_time\":\"", ms, false);
    at = GEN_PUT(at, ",\"canceled_date_time\":null,\"apply_refund_date\":null");
    at = put_number(at, ",\"status\":\"", status < 3 ? status : 3);
    *at++ = '"';
    return at;
}

static const struct shape {
    const char *name;
    struct {
        const char *topic;
        put_message *put;
    } topics[topics_max];
} shapes[] = {
    { "class_performance", { { "timeline_analysis_student", put_class_performance } } },
    { "lessons", { { "qos_log", put_lesson } } },
    { "av_quality", { { "agora_record", put_av_quality } } },
    { "registrations",
      { { "uc_account-student", put_student }, { "uc_account-user", put_account } } },
    { "consultants", { { "data_pack_order_info", put_order } } },
};

static char *put_padding(struct generator *gen, char *at, size_t used)
{
    static const char head[] = ",\"trace\":\"";
    size_t target = gen->options.size_bytes - 30 + gen_below(&gen->random, 61);
    size_t fixed = used + sizeof(head) - 1 + 2;
    at = gen_put_text(at, head);
    at = gen_put_letters(&gen->random, at, target > fixed ? target - fixed : 0);
    return GEN_PUT(at, "\"}");
}

static void write_messages(struct generator *gen, const struct shape *shape,
                           struct gen_file outs[topics_max][files_max])
{
    const struct options *options = &gen->options;
    uint32_t topics = shape->topics[1].put != NULL ? 2 : 1;
    for (uint64_t i = 0; i < options->count; i++) {
        uint32_t topic = (uint32_t)(i % topics);
        struct gen_file *out = &outs[topic][i * options->files / options->count];
        int64_t ms = first_ms + (int64_t)(i * 1000 / options->rate) -
                     gen_below(&gen->random, (uint32_t)options->disorder_ms + 1);
        char *begin = gen_begin(out);
        char *end = shape->topics[topic].put(gen, begin,
                                             gen_below(&gen->random, (uint32_t)options->keys), ms);
        end = put_padding(gen, end, (size_t)(end - begin));
        gen_end_line(out, end);
    }
}

static bool set_option(struct options *options, const char *name, const char *value)
{
    static const struct {
        const char *name;
        uint64_t min, max;
        size_t offset;
    } numbers[] = {
        { "--count", 0, UINT64_MAX / 100000, offsetof(struct options, count) },
        { "--keys", 1, UINT32_MAX / 2, offsetof(struct options, keys) },
        { "--seed", 0, UINT64_MAX, offsetof(struct options, seed) },
        { "--rate", 1, 1000000000, offsetof(struct options, rate) },
        { "--disorder", 0, 1000000000, offsetof(struct options, disorder_ms) },
        { "--size", 100, GEN_LINE_BYTES_MAX / 2, offsetof(struct options, size_bytes) },
        { "--files", 1, files_max, offsetof(struct options, files) },
        { "--matches", 0, 1000, offsetof(struct options, matches) },
    };
    if (strcmp(name, "--dir") == 0) {
        options->dir = value;
        return true;
    }
    for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
        if (strcmp(name, numbers[i].name) == 0) {
            uint64_t number;
            if (!gen_parse_uint(value, numbers[i].max, &number) || number < numbers[i].min)
                return false;
            memcpy((char *)options + numbers[i].offset, &number, sizeof(number));
            return true;
        }
    return false;
}

static const struct shape *find_shape(const char *name)
{
    for (size_t i = 0; i < sizeof(shapes) / sizeof(shapes[0]); i++)
        if (strcmp(name, shapes[i].name) == 0)
            return &shapes[i];
    return NULL;
}

int main(int argc, char **argv)
{
    static struct generator gen = { .options = { .keys = 100000,
                                                 .rate = 20000,
                                                 .disorder_ms = 200,
                                                 .size_bytes = 300,
                                                 .files = 1,
                                                 .matches = 2 } };
    static struct gen_file outs[topics_max][files_max];
    static char paths[topics_max][files_max][4096];
    const struct shape *shape = argc > 1 ? find_shape(argv[1]) : NULL;
    bool good = shape != NULL && argc % 2 == 0;
    for (int i = 2; good && i < argc; i += 2)
        good = set_option(&gen.options, argv[i], argv[i + 1]);
    if (!good || gen.options.dir == NULL) {
        fprintf(stderr, "usage: gen_jobs class_performance|lessons|av_quality|registrations|"
                        "consultants --dir DIR --count N [--keys N] [--seed S] [--rate N] "
                        "[--disorder MS] [--size BYTES] [--files N] [--matches N]\n");
        return 1;
    }
    gen_seed(&gen.random, gen.options.seed);
    for (uint32_t t = 0; t < topics_max && shape->topics[t].put != NULL; t++)
        for (uint64_t f = 0; f < gen.options.files; f++) {
            char *path = paths[t][f];
            if (gen.options.files == 1)
                snprintf(path, sizeof(paths[t][f]), "%s/%s.ndjson", gen.options.dir,
                         shape->topics[t].topic);
            else
                snprintf(path, sizeof(paths[t][f]), "%s/%s/%d.ndjson", gen.options.dir,
                         shape->topics[t].topic, (int)f);
            gen_open(&outs[t][f], path);
        }
    write_messages(&gen, shape, outs);
    for (uint32_t t = 0; t < topics_max && shape->topics[t].put != NULL; t++)
        for (uint64_t f = 0; f < gen.options.files; f++)
            gen_close(&outs[t][f]);
    return 0;
}
