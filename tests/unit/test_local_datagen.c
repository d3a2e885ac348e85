/* test_local_datagen.c -- datagen, print and blackhole. */
#include "local/local.h"
#include "test_local_support.h"

#include <fcntl.h>
#include <poll.h>

static void one_column(struct fixture *f, const struct type *type)
{
    fixture_begin(f);
    fixture_column(f, "a", type);
    fixture_option(f, "rows-per-second", "1000000000");
    fixture_option(f, "number-of-rows", "50");
    fixture_option(f, "seed", "1");
}

/* All rows; in one call or, with `step`, in pieces with a snapshot between them. */
static const char *generate(struct fixture *f, uint32_t step)
{
    struct split_position *at = NULL;
    uint32_t count = 0;
    struct buf out;
    buf_init(&out, 1 << 24);
    enum code code = connector_datagen.check(&f->table, false, &f->err);
    enum poll_state state = POLL_MORE;
    struct source *s = NULL;
    while (code == OK && state != POLL_END) {
        struct source_open open = { .table = &f->table, .resume = at, .resume_count = count };
        struct batch *batch = NULL;
        if (!s)
            code = connector_datagen.source->open(&open, &s, &f->err);
        if (code == OK)
            code = s->kind->poll_rows(s, f->arena, step ? step : 1024, &batch, &state, &f->err);
        for (uint32_t i = 0; code == OK && batch && i < batch->count; i++)
            put_row(&out, batch->columns, batch->column_count, i, zone_utc);
        if (code == OK && step) {
            code = s->kind->tell(s, f->arena, &at, &count, &f->err);
            s->kind->close(s);
            s = NULL;
        }
    }
    if (s)
        s->kind->close(s);
    const char *text = code == OK ? arena_cstr(f->arena, buf_view(&out))
                                  : arena_printf(f->arena, "failed: %s", f->err.message);
    buf_done(&out);
    return text;
}

static uint32_t count_lines(const char *text)
{
    uint32_t n = 0;
    for (; *text; text++)
        n += *text == '\n';
    return n;
}

static void sequences(void)
{
    struct fixture f;
    one_column(&f, &type_bigint);
    fixture_option(&f, "fields.a.kind", "sequence");
    fixture_option(&f, "fields.a.start", "-2");
    fixture_option(&f, "fields.a.end", "2");
    fixture_column(&f, "s", &type_string);
    fixture_option(&f, "fields.s.kind", "sequence");
    fixture_option(&f, "fields.s.start", "10");
    fixture_option(&f, "fields.s.end", "1000");
    CHECK_STR(generate(&f, 0), "-2|10\n-1|11\n0|12\n1|13\n2|14\n");
    CHECK_STR(generate(&f, 2), "-2|10\n-1|11\n0|12\n1|13\n2|14\n");
    f.items[5].value = STR("-3");
    CHECK_STR(generate(&f, 0), "failed: the smallest value of field \"a\" is above its largest");
    f.options.count = 5;
    CHECK_STR(generate(&f, 0), "failed: field \"a\" is a sequence and needs the option "
                               "\"fields.a.end\"");
    fixture_end(&f);
}

/* The same rows however they are cut, and others with another seed. */
static void repeatable(void)
{
    struct fixture f;
    one_column(&f, &type_bigint);
    struct str names[] = { STR("x"), STR("y") };
    struct type decimal = { .id = TYPE_DECIMAL, .precision = 8, .scale = 2 };
    const struct type *fields[] = { &type_int, &type_string };
    const struct type *row = type_make_row(f.arena, fields, names, 2);
    fixture_column(&f, "s", &type_string);
    fixture_column(&f, "d", &type_double);
    fixture_column(&f, "dec", &decimal);
    fixture_column(&f, "arr", type_make_array(f.arena, row));
    fixture_column(&f, "m", type_make_map(f.arena, &type_int, &type_boolean));
    fixture_column(&f, "ts", &type_timestamp3);
    fixture_column(&f, "dt", &type_date);
    fixture_option(&f, "fields.s.null-rate", "0.3");
    fixture_option(&f, "fields.s.length", "7");
    fixture_option(&f, "fields.s.var-len", "true");
    fixture_option(&f, "fields.arr.element.y.length", "2");
    fixture_option(&f, "fields.arr.element.x.max", "9");
    fixture_option(&f, "fields.arr.element.x.min", "0");
    fixture_option(&f, "fields.ts.max-past", "1 min");
    const char *all = generate(&f, 0);
    CHECK_INT(count_lines(all), 50);
    CHECK_STR(generate(&f, 7), all);
    CHECK(strstr(all, "|NULL|") != NULL);
    CHECK(strstr(all, "|2017-07-14\n") != NULL);
    f.items[2].value = STR("2");
    CHECK(strcmp(generate(&f, 0), all) != 0);
    fixture_end(&f);
}

static void ranges(void)
{
    struct fixture f;
    one_column(&f, &type_int);
    fixture_option(&f, "fields.a.min", "5");
    fixture_option(&f, "fields.a.max", "6");
    const char *text = generate(&f, 0);
    CHECK(strstr(text, "5\n") && strstr(text, "6\n"));
    CHECK_INT(strspn(text, "56\n"), strlen(text));
    f.items[1].value = STR("0");
    CHECK_STR(generate(&f, 0), "");
    fixture_end(&f);
    one_column(&f, &type_string);
    CHECK_INT(strlen(generate(&f, 0)), 50 * 101);
    fixture_end(&f);
}

static const char *refusal(const char *key, const char *value)
{
    static char text[512];
    struct fixture f;
    one_column(&f, &type_tinyint);
    fixture_option(&f, key, value);
    snprintf(text, sizeof text, "%s", generate(&f, 0));
    if (f.err.hint[0])
        snprintf(text + strlen(text), sizeof text - strlen(text), " %s", f.err.hint);
    fixture_end(&f);
    return text;
}

static void refused(void)
{
    CHECK_STR(refusal("fields.a.max", "128"),
              "failed: the range of field \"a\" is wider than its type");
    CHECK_STR(refusal("fields.a.max", "x"),
              "failed: option \"fields.a.max\" must be a whole number, but is \"x\"");
    CHECK_STR(refusal("fields.a.kind", "rnd"),
              "failed: option \"fields.a.kind\" must be random or sequence, but is \"rnd\"");
    CHECK_STR(refusal("fields.a.length", "3"),
              "failed: option \"fields.a.length\" fits no column of table \"t\"");
    CHECK_STR(refusal("fields.a.maxx", "3"),
              "failed: option \"fields.a.maxx\" fits no column of table \"t\" Perhaps you meant "
              "\"fields.a.max\".");
    CHECK_STR(refusal("fields.a.null-rate", "2"),
              "failed: the null rate of field \"a\" is not within 0 and 1");
    CHECK_STR(refusal("rows-per-second", "0"),
              "failed: option \"rows-per-second\" must be at least 1");
}

/* Slow enough that the second row is not due yet. */
static void rate(void)
{
    struct fixture f;
    one_column(&f, &type_int);
    f.items[0].value = STR("20");
    f.items[1].value = STR("3");
    struct source_open open = { .table = &f.table };
    struct source *s;
    enum poll_state state = POLL_MORE;
    uint32_t rows = 0, waits = 0;
    int64_t start_us = clock_monotonic_us();
    CHECK_INT(connector_datagen.source->open(&open, &s, &f.err), OK);
    while (state != POLL_END && waits < 10000) {
        struct batch *batch = NULL;
        CHECK_INT(s->kind->poll_rows(s, f.arena, 1024, &batch, &state, &f.err), OK);
        rows += batch ? batch->count : 0;
        if (state == POLL_IDLE) {
            struct pollfd ready = { .fd = s->kind->wake_fd(s), .events = POLLIN };
            CHECK_INT(poll(&ready, 1, 5000), 1);
            waits++;
        }
    }
    CHECK_INT(rows, 3);
    CHECK(waits >= 2);
    CHECK(clock_monotonic_us() - start_us >= 99000);
    s->kind->close(s);
    fixture_end(&f);
}

/* ---- print ---- */

/* What a sink writes to a descriptor. */
static const char *printed(struct fixture *f, const struct batch *batch, int fd)
{
    char *folder = make_folder(f->arena);
    char *path = path_in(f->arena, folder, "out");
    int saved = dup(fd), file = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    CHECK(file >= 0 && dup2(file, fd) == fd);
    enum code code = sink_once(f, connector_print.sink, SINK_RETRACT, batch);
    CHECK_INT(dup2(saved, fd), fd);
    close(saved);
    close(file);
    CHECK_INT(code, OK);
    const char *text = read_file(f->arena, path);
    remove_folder(f->arena, folder);
    return text;
}

static void printing(void)
{
    struct fixture f;
    fixture_begin(&f);
    fixture_column(&f, "i", &type_int);
    fixture_column(&f, "s", &type_string);
    fixture_column(&f, "t", &type_timestamp6);
    fixture_column(&f, "l", &type_timestamp_ltz3);
    fixture_column(&f, "b", &type_bytes);
    fixture_column(&f, "d", &type_double);
    fixture_column(&f, "tm", &type_time);
    struct rows rows = rows_make(&f, 4);
    for (uint32_t i = 0; i < 4; i++) {
        rows.changes[i] = (uint8_t)i;
        set_number(&rows, 0, i, i);
    }
    set_text(&rows, 1, 0, STR("abc"));
    set_number(&rows, 2, 0, 1500000000000000);
    set_number(&rows, 2, 1, 1500000060000000);
    set_number(&rows, 2, 2, 1500000000123400);
    set_number(&rows, 3, 0, 1500000060000000);
    set_text(&rows, 4, 0, STR("\x01\xFF"));
    set_double(&rows, 5, 0, 100);
    set_number(&rows, 6, 0, 36000000);
    const char *want = "+I[0, abc, 2017-07-14T02:40, 2017-07-14T02:41:00Z, [1, -1], 100.0, 10:00]\n"
                       "-U[1, null, 2017-07-14T02:41, null, null, null, null]\n"
                       "+U[2, null, 2017-07-14T02:40:00.123400, null, null, null, null]\n"
                       "-D[3, null, null, null, null, null, null]\n";
    CHECK_STR(printed(&f, rows.batch, STDOUT_FILENO), want);
    fixture_option(&f, "print-identifier", "me");
    fixture_option(&f, "standard-error", "true");
    uint32_t selection[] = { 3 };
    rows.batch->selection = selection;
    rows.batch->selected = 1;
    CHECK_STR(printed(&f, rows.batch, STDERR_FILENO),
              "me> -D[3, null, null, null, null, null, null]\n");
    CHECK_INT(connector_print.sink_modes(&f.table), SINK_APPEND | SINK_RETRACT);
    CHECK_INT(sink_once(&f, connector_blackhole.sink, SINK_RETRACT, rows.batch), OK);
    fixture_end(&f);
}

int main(void)
{
    RUN(sequences);
    RUN(repeatable);
    RUN(ranges);
    RUN(refused);
    RUN(rate);
    RUN(printing);
    return check_failed != 0;
}
