/* datagen.c -- 'connector' = 'datagen': rows out of nothing, at a rate.
 *
 * The rate is kept by the monotonic clock: a poll makes as many rows as are due, and
 * where none is, a timer makes the wake-up fd readable when the next one will be.
 * Everything ends with 'number-of-rows', or with the shortest sequence.  A position
 * is the number of rows made. */
#include "local/datagen.h"

#include "base/clock.h"
#include "base/hash.h"
#include "base/memory.h"
#include "base/number.h"
#include "local/local.h"

#include <errno.h>
#include <string.h>
#include <sys/random.h>
#include <sys/timerfd.h>
#include <unistd.h>

static const struct option_spec options[] = {
    LOCAL_NAME_OPTIONS,
    { "rows-per-second", OPTION_INT, false, "10000", NULL, "Rows per second." },
    { "number-of-rows", OPTION_INT, false, NULL, NULL,
      "How many rows there are; without it they do not end." },
    { "seed", OPTION_INT, false, NULL, NULL,
      "The same seed makes the same rows; without it they differ from run to run." },
    { "scan.parallelism", OPTION_INT, false, NULL, NULL, "Accepted; one makes the rows." },
    { "fields.*", OPTION_TEXT, false, NULL, NULL,
      "fields.NAME.kind is random or sequence; random has min, max, max-past, length, var-len "
      "and null-rate, sequence has start and end." },
    { 0 },
};

struct datagen_source {
    struct source base;
    const struct table_def *table;
    struct arena *arena;
    struct generator *generators;
    uint64_t seed;
    int64_t rows_max;
    int64_t rows_per_second;
    int64_t made;         /* all rows, also those of earlier runs */
    int64_t started_made; /* of them, those before this run */
    int64_t started_us;   /* monotonic */
    int timer_fd;
};

static const struct source_kind datagen_kind;

static void datagen_close(struct source *base)
{
    struct datagen_source *s = (struct datagen_source *)base;
    if (!s)
        return;
    if (s->timer_fd >= 0)
        close(s->timer_fd);
    arena_destroy(s->arena);
    mem_free(s);
}

static enum code prepare(struct datagen_source *s, const struct source_open *open,
                         struct error *err)
{
    const struct options *o = s->table->options;
    s->arena = arena_create();
    if (!s->arena)
        return error_nomem(err);
    TRY(generators_read(s->arena, s->table, &s->generators, err));
    s->rows_max = generators_rows_max(s->generators, s->table->schema->count);
    if (options_has(o, "number-of-rows"))
        s->rows_max = MIN(s->rows_max, options_int(o, "number-of-rows"));
    s->rows_per_second =
        options_has(o, "rows-per-second") ? options_int(o, "rows-per-second") : 10000;
    if (options_has(o, "seed"))
        s->seed = hash_u64((uint64_t)options_int(o, "seed"), 1);
    else if (getrandom(&s->seed, sizeof s->seed, 0) != (ssize_t)sizeof s->seed)
        s->seed = hash_u64((uint64_t)clock_monotonic_us(), 2);
    if (open->resume_count > 0 &&
        !number_parse_i64(open->resume[0].position.data, open->resume[0].position.size, &s->made))
        return error_set(err, E_DATA, "position \"" STR_FMT "\" is no number of rows",
                         STR_ARG(open->resume[0].position));
    s->started_made = s->made;
    s->started_us = clock_monotonic_us();
    s->timer_fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
    if (s->timer_fd < 0)
        return error_set(err, E_IO, "could not make a timer: %s", strerror(errno));
    return OK;
}

static enum code datagen_open(const struct source_open *open, struct source **ret,
                              struct error *err)
{
    struct datagen_source *s = mem_zalloc(sizeof *s);
    if (!s)
        return error_nomem(err);
    s->base.kind = &datagen_kind;
    s->table = open->table;
    s->timer_fd = -1;
    enum code code = prepare(s, open, err);
    if (code != OK) {
        datagen_close(&s->base);
        return code;
    }
    *ret = &s->base;
    return OK;
}

/* Rows of this run that may exist after so many microseconds: the first one is due at once. */
static int64_t rows_due(const struct datagen_source *s, int64_t elapsed_us)
{
    int128 due = (int128)elapsed_us * s->rows_per_second / 1000000 + 1;
    return due > INT64_MAX ? INT64_MAX : (int64_t)due;
}

static enum code wait_for_next(struct datagen_source *s, int64_t elapsed_us, struct error *err)
{
    enum { WAIT_MIN_US = 1000 };
    int64_t made = s->made - s->started_made;
    int128 due_us = ((int128)made * 1000000 + s->rows_per_second - 1) / s->rows_per_second;
    int64_t wait_us = (int64_t)MAX(due_us - elapsed_us, (int128)WAIT_MIN_US);
    struct itimerspec when = {
        .it_value = { .tv_sec = wait_us / 1000000, .tv_nsec = wait_us % 1000000 * 1000 },
    };
    if (timerfd_settime(s->timer_fd, 0, &when, NULL) != 0)
        return error_set(err, E_IO, "could not set a timer: %s", strerror(errno));
    return OK;
}

static enum code make_batch(struct datagen_source *s, struct arena *arena, uint32_t n,
                            struct batch **ret, struct error *err)
{
    uint32_t columns = s->table->schema->count;
    struct batch *batch = batch_create(arena, columns, n);
    if (!batch)
        return error_nomem(err);
    int64_t now_us = s->table->clock ? clock_now_us(s->table->clock) : 0;
    for (uint32_t c = 0; c < columns; c++)
        TRY(generator_make_column(&s->generators[c], arena, hash_u64(c, s->seed), s->made, n,
                                  now_us, &batch->columns[c], err));
    s->made += n;
    *ret = batch;
    return OK;
}

static enum code datagen_poll_rows(struct source *base, struct arena *arena, uint32_t max_rows,
                                   struct batch **ret, enum poll_state *ret_state,
                                   struct error *err)
{
    struct datagen_source *s = (struct datagen_source *)base;
    uint64_t ticks;
    if (read(s->timer_fd, &ticks, sizeof ticks) < 0)
        ticks = 0; /* the timer has not run out; that is fine */
    *ret = NULL;
    int64_t left = s->rows_max - s->made;
    if (left <= 0) {
        *ret_state = POLL_END;
        return OK;
    }
    int64_t elapsed_us = clock_monotonic_us() - s->started_us;
    int64_t due = rows_due(s, elapsed_us) - (s->made - s->started_made);
    if (due <= 0) {
        *ret_state = POLL_IDLE;
        return wait_for_next(s, elapsed_us, err);
    }
    uint32_t n = (uint32_t)MIN(MIN(due, left), (int64_t)max_rows);
    TRY(make_batch(s, arena, n, ret, err));
    *ret_state = s->made >= s->rows_max ? POLL_END : POLL_MORE;
    return OK;
}

static int datagen_wake_fd(struct source *base)
{
    return ((struct datagen_source *)base)->timer_fd;
}

static uint32_t datagen_split_count(struct source *base)
{
    (void)base;
    return 1;
}

static struct str datagen_split_name(struct source *base, uint32_t split)
{
    (void)base;
    (void)split;
    return STR("datagen");
}

static int32_t datagen_split_partition(struct source *base, uint32_t split)
{
    (void)base;
    (void)split;
    return 0;
}

static enum code datagen_tell(struct source *base, struct arena *arena, struct split_position **ret,
                              uint32_t *ret_count, struct error *err)
{
    struct datagen_source *s = (struct datagen_source *)base;
    struct split_position *position = arena_new(arena, struct split_position);
    char *text = arena_printf(arena, "%lld", (long long)s->made);
    if (!position || !text)
        return error_nomem(err);
    *position = (struct split_position){ .split = STR("datagen"), .position = str_of(text) };
    *ret = position;
    *ret_count = 1;
    return OK;
}

/* fields.NAME.kind */
static bool is_kind(struct str key)
{
    static const size_t head = sizeof "fields." - 1, tail = sizeof ".kind" - 1;
    return key.size > head + tail && str_iis(str_make(key.data, head), "fields.") &&
           str_iis(str_make(key.data + key.size - tail, tail), ".kind");
}

/* With a number of rows or a sequence, whoever asks. */
static bool ends(const struct table_def *table, bool until_end)
{
    (void)until_end;
    const struct options *given = table->options;
    bool ended = options_has(given, "number-of-rows");
    for (uint32_t i = 0; i < given->count && !ended; i++)
        ended = is_kind(given->items[i].key) &&
                str_iis(str_trim(given->items[i].value), "sequence");
    return ended;
}

static const struct source_kind datagen_kind = {
    .open = datagen_open,
    .poll_rows = datagen_poll_rows,
    .wake_fd = datagen_wake_fd,
    .split_count = datagen_split_count,
    .split_name = datagen_split_name,
    .split_topic = datagen_split_name,
    .split_partition = datagen_split_partition,
    .tell = datagen_tell,
    .ends = ends,
    .close = datagen_close,
};

static enum code check_at_least(const struct table_def *table, const char *name, int64_t least,
                                struct error *err)
{
    const struct option *o = options_find(table->options, name);
    if (!o || options_int(table->options, name) >= least)
        return OK;
    error_set(err, E_OPTION, "option \"%s\" must be at least %lld", name, (long long)least);
    option_locate(err, o);
    return E_OPTION;
}

static enum code check(const struct table_def *table, bool as_sink, struct error *err)
{
    if (as_sink)
        return OK; /* refused for having no sink */
    TRY(check_at_least(table, "rows-per-second", 1, err));
    TRY(check_at_least(table, "number-of-rows", 0, err));
    struct arena *arena = arena_create();
    if (!arena)
        return error_nomem(err);
    struct generator *generators;
    enum code code = generators_read(arena, table, &generators, err);
    arena_destroy(arena);
    return code;
}

static void describe(const struct table_def *table, struct buf *out)
{
    struct str rows = options_get(table->options, "number-of-rows");
    buf_text(out, "rows=");
    buf_str(out, rows.data ? rows : STR("unbounded"));
}

const struct connector connector_datagen = {
    .name = "datagen",
    .summary = "random and sequential rows, at a rate",
    .family = FAMILY_EMBEDDED,
    .options = options,
    .source = &datagen_kind,
    .check = check,
    .describe = describe,
};
