/* test_session_render.c -- every output mode, and the rows that are kept for the end. */
#include "base/memory.h"
#include "plan/plan.h"
#include "session/render.h"
#include "session/render_store.h"
#include "support/check.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static struct arena *arena;
static struct error err;
static int out_fd;

/* What was written since the last call. */
static const char *written(void)
{
    static char text[8192];
    lseek(out_fd, 0, SEEK_SET);
    ssize_t n = read(out_fd, text, sizeof text - 1);
    text[n > 0 ? n : 0] = '\0';
    if (ftruncate(out_fd, 0) == 0)
        lseek(out_fd, 0, SEEK_SET);
    return text;
}

struct change_row {
    enum change change;
    int64_t n;        /* 0: NULL */
    const char *text; /* NULL: NULL */
};

static struct batch *make_batch(const struct change_row *rows, uint32_t count)
{
    struct batch *batch = batch_create(arena, 2, count);
    uint8_t *changes = arena_alloc(arena, MAX(count, 1));
    batch->columns[0] = column_create(arena, &type_bigint, count);
    batch->columns[1] = column_create(arena, &type_string, count);
    CHECK(column_need_valid(batch->columns[0], arena) &&
          column_need_valid(batch->columns[1], arena));
    for (uint32_t i = 0; i < count; i++) {
        changes[i] = (uint8_t)rows[i].change;
        COLUMN_OUT(batch->columns[0], int64_t)[i] = rows[i].n;
        if (rows[i].n == 0)
            column_set_null(batch->columns[0], i);
        COLUMN_OUT(batch->columns[1], struct view)[i] = view_of(str_of(rows[i].text));
        if (!rows[i].text)
            column_set_null(batch->columns[1], i);
    }
    batch->changes = changes;
    return batch;
}

static enum code show(const struct render_options *options, unsigned changes,
                      const struct change_row *rows, uint32_t count)
{
    static const struct field fields[] = { { { "n", 1 }, &type_bigint },
                                           { { "s", 1 }, &type_string } };
    static const struct schema schema = { .fields = fields, .count = 2 };
    struct console console;
    console_init(&console, out_fd, STDERR_FILENO);
    struct renderer *renderer = renderer_create(&console, options);
    struct plan_sink plan = { .def = { .schema = &schema }, .statement = 1 };
    plan.base.changes = changes;
    struct sink *sink = NULL;
    enum code code = renderer ? renderer_open(renderer, &plan, &sink, &err) : E_NOMEM;
    struct batch *batch = make_batch(rows, count);
    if (code == OK)
        code = sink->kind->write(sink, batch, &err);
    if (code == OK)
        code = renderer_finish(renderer, &err);
    renderer_destroy(renderer);
    console_done(&console);
    return code;
}

static void show_mode(enum render_mode mode, unsigned changes, const struct change_row *rows,
                      uint32_t count)
{
    struct render_options options = { .mode = mode, .select_count = 1 };
    CHECK_INT(show(&options, changes, rows, count), OK);
}

static const struct change_row inserts[] = {
    { CHANGE_INSERT, 1, "a,b" },
    { CHANGE_INSERT, 0, "" },
    { CHANGE_INSERT, 22, NULL },
};
static const struct change_row changes[] = {
    { CHANGE_INSERT, 1, "a" },        { CHANGE_INSERT, 2, "b" },       { CHANGE_INSERT, 3, "c" },
    { CHANGE_UPDATE_BEFORE, 2, "b" }, { CHANGE_UPDATE_AFTER, 2, "B" }, { CHANGE_DELETE, 1, "a" },
};

static void modes_of_inserts(void)
{
    show_mode(RENDER_TABLE, CHANGES_INSERT, inserts, 3);
    CHECK_STR(written(), "+--------+--------+\n"
                         "|      n | s      |\n"
                         "+--------+--------+\n"
                         "|      1 | a,b    |\n"
                         "| <NULL> |        |\n"
                         "|     22 | <NULL> |\n"
                         "+--------+--------+\n");
    show_mode(RENDER_CSV, CHANGES_INSERT, inserts, 3);
    CHECK_STR(written(), "n,s\n1,\"a,b\"\n,\"\"\n22,\n");
    show_mode(RENDER_JSONL, CHANGES_INSERT, inserts, 3);
    CHECK_STR(written(), "{\"n\": 1, \"s\": \"a,b\"}\n"
                         "{\"n\": null, \"s\": \"\"}\n"
                         "{\"n\": 22, \"s\": null}\n");
    show_mode(RENDER_JSON, CHANGES_INSERT, inserts, 1);
    CHECK_STR(written(), "[\n  {\"n\": 1, \"s\": \"a,b\"}\n]\n");
    show_mode(RENDER_JSON, CHANGES_INSERT, inserts, 0);
    CHECK_STR(written(), "[]\n");
}

static void modes_of_changes(void)
{
    show_mode(RENDER_JSONL, CHANGES_ALL, changes, 6);
    CHECK_STR(written(), "{\"n\": 2, \"s\": \"B\"}\n{\"n\": 3, \"s\": \"c\"}\n");
    show_mode(RENDER_CSV, CHANGES_ALL, changes, 6);
    CHECK_STR(written(), "n,s\n2,B\n3,c\n");
    show_mode(RENDER_CHANGELOG_JSON, CHANGES_ALL, changes + 3, 3);
    CHECK_STR(written(), "{\"op\": \"-U\", \"data\": {\"n\": 2, \"s\": \"b\"}}\n"
                         "{\"op\": \"+U\", \"data\": {\"n\": 2, \"s\": \"B\"}}\n"
                         "{\"op\": \"-D\", \"data\": {\"n\": 1, \"s\": \"a\"}}\n");
    struct render_options several = { .mode = RENDER_CHANGELOG_JSON, .select_count = 2 };
    CHECK_INT(show(&several, CHANGES_ALL, changes, 1), OK);
    CHECK_STR(written(),
              "{\"op\": \"+I\", \"data\": {\"n\": 1, \"s\": \"a\"}, \"statement\": 1}\n");
}

static void cells_that_do_not_fit_a_line(void)
{
    static const struct change_row rows[] = {
        { CHANGE_INSERT, 1, "x\ny\t\x01\xff" },
        { CHANGE_INSERT, 2, "\xe5\xad\xa6\xe7\x94\x9f\xe5\xad\xa6\xe7\x94\x9f" }, /* 8 wide */
    };
    struct render_options options = { .mode = RENDER_TABLE, .select_count = 1 };
    CHECK_INT(show(&options, CHANGES_INSERT, rows, 1), OK);
    CHECK_STR(written(), "+---+-------------+\n"
                         "| n | s           |\n"
                         "+---+-------------+\n"
                         "| 1 | x\\ny\\t\\x01\xef\xbf\xbd |\n"
                         "+---+-------------+\n");
    options.column_width_max = 6;
    CHECK_INT(show(&options, CHANGES_INSERT, rows + 1, 1), OK);
    CHECK_STR(written(), "+---+-------+\n"
                         "| n | s     |\n"
                         "+---+-------+\n"
                         "| 2 | \xe5\xad\xa6... |\n"
                         "+---+-------+\n");
}

static void selected_rows_only(void)
{
    struct console console;
    console_init(&console, out_fd, STDERR_FILENO);
    struct render_options options = { .mode = RENDER_JSONL, .select_count = 1 };
    struct renderer *renderer = renderer_create(&console, &options);
    static const struct field field = { { "n", 1 }, &type_bigint };
    static const struct schema schema = { .fields = &field, .count = 1 };
    struct plan_sink plan = { .def = { .schema = &schema } };
    plan.base.changes = CHANGES_INSERT;
    struct sink *sink;
    CHECK_INT(renderer_open(renderer, &plan, &sink, &err), OK);
    static const uint32_t selection[] = { 2 };
    struct batch *batch = make_batch(inserts, 3);
    batch->selection = selection;
    batch->selected = 1;
    CHECK_INT(sink->kind->write(sink, batch, &err), OK);
    CHECK_STR(written(), "{\"n\": 22}\n");
    renderer_destroy(renderer);
    console_done(&console);
}

static struct str row_of(const char *text)
{
    static struct buf row;
    static bool is_begun;
    if (!is_begun)
        buf_init(&row, 1 << 16);
    is_begun = true;
    if (!text) {
        buf_done(&row);
        return STR("");
    }
    buf_clear(&row);
    render_put_cell(&row, str_of(text), false);
    return buf_view(&row);
}

static const char *contents(const struct render_store *store)
{
    static char text[4096];
    size_t size = 0;
    for (const struct render_row *row = store->first; row; row = row->next) {
        const char *at = row->bytes;
        struct str cell = render_next_cell(&at);
        size += (size_t)snprintf(text + size, sizeof text - size, STR_FMT " ", STR_ARG(cell));
    }
    text[size] = '\0';
    return text;
}

static void apply(struct render_store *store, enum change change, const char *text)
{
    CHECK_INT(render_store_apply(store, change, row_of(text), &err), OK);
}

static void store_takes_back_the_newest_equal_row(void)
{
    struct render_store store;
    render_store_init(&store, 0);
    apply(&store, CHANGE_INSERT, "a");
    apply(&store, CHANGE_INSERT, "b");
    apply(&store, CHANGE_INSERT, "a");
    apply(&store, CHANGE_DELETE, "a");
    CHECK_STR(contents(&store), "a b ");
    apply(&store, CHANGE_DELETE, "nobody");
    CHECK_STR(contents(&store), "a b ");
    apply(&store, CHANGE_UPDATE_AFTER, "c"); /* without its -U: a new row */
    CHECK_STR(contents(&store), "a b c ");
    render_store_done(&store);
}

static void update_keeps_its_place(void)
{
    struct render_store store;
    render_store_init(&store, 0);
    apply(&store, CHANGE_INSERT, "a");
    apply(&store, CHANGE_INSERT, "b");
    apply(&store, CHANGE_INSERT, "c");
    apply(&store, CHANGE_UPDATE_BEFORE, "a");
    apply(&store, CHANGE_UPDATE_AFTER, "A");
    CHECK_STR(contents(&store), "A b c ");
    apply(&store, CHANGE_UPDATE_BEFORE, "b");
    apply(&store, CHANGE_DELETE, "c"); /* the row behind the gap goes */
    apply(&store, CHANGE_UPDATE_AFTER, "B");
    CHECK_STR(contents(&store), "A B ");
    render_store_done(&store);
}

static void store_lets_the_oldest_go(void)
{
    struct render_store store;
    render_store_init(&store, 2);
    apply(&store, CHANGE_INSERT, "a");
    apply(&store, CHANGE_INSERT, "b");
    apply(&store, CHANGE_INSERT, "c");
    CHECK_STR(contents(&store), "b c ");
    CHECK_INT(store.dropped, 1);
    render_store_done(&store);
}

static void store_against_a_list(void)
{
    enum { STEPS = 20000, KEYS = 300 };
    struct render_store store;
    render_store_init(&store, 0);
    static int counts[KEYS];
    uint32_t state = 12345;
    uint64_t total = 0;
    for (int i = 0; i < STEPS; i++) {
        state = state * 1664525 + 1013904223;
        int key = (int)(state >> 16) % KEYS;
        char text[16];
        snprintf(text, sizeof text, "k%d", key);
        bool remove = state >> 8 & 1;
        apply(&store, remove ? CHANGE_DELETE : CHANGE_INSERT, text);
        if (!remove) {
            counts[key]++;
            total++;
        } else if (counts[key] > 0) {
            counts[key]--;
            total--;
        }
    }
    CHECK_INT(store.count, total);
    uint64_t walked = 0;
    for (const struct render_row *row = store.first; row; row = row->next)
        walked++;
    CHECK_INT(walked, total);
    render_store_done(&store);
}

static void texts(void)
{
    static const struct str names[] = { { "a", 1 }, { "b", 1 } };
    static const struct str cells[] = { { "x", 1 }, { NULL, 0 } };
    struct console console;
    console_init(&console, out_fd, STDERR_FILENO);
    struct render_options options = { .mode = RENDER_TABLEAU };
    CHECK_INT(render_texts(&console, &options, names, 2, cells, 1, &err), OK);
    CHECK_STR(written(), "+---+---+\n| a | b |\n+---+---+\n| x |   |\n+---+---+\n");
    options.mode = RENDER_JSON;
    CHECK_INT(render_texts(&console, &options, names, 2, cells, 1, &err), OK);
    CHECK_STR(written(), "[\n  {\"a\": \"x\", \"b\": null}\n]\n");
    console_done(&console);
}

static void a_reader_that_is_gone(void)
{
    signal(SIGPIPE, SIG_IGN);
    int ends[2];
    CHECK_INT(pipe(ends), 0);
    close(ends[0]);
    struct console console;
    console_init(&console, ends[1], STDERR_FILENO);
    buf_text(&console.out, "x");
    CHECK_INT(console_flush(&console, &err), E_CANCELLED);
    CHECK(console.out_broken && console_reader_is_gone(&console));
    buf_text(&console.out, "y");
    CHECK_INT(console_flush(&console, &err), E_CANCELLED);
    console_done(&console);
    close(ends[1]);
}

static void every_allocation_may_fail(void)
{
    for (enum render_mode mode = RENDER_TABLE; mode <= RENDER_CHANGELOG_JSON; mode++)
        for (uint64_t n = 1; !check_failed; n++) {
            struct render_options options = { .mode = mode, .select_count = 1,
                                              .screen_columns = 6 };
            struct console console;
            console_init(&console, out_fd, STDERR_FILENO);
            static const struct str names[] = { { "a", 1 } };
            static const struct str cells[] = { { "x\n", 2 }, { "yy", 2 }, { NULL, 0 } };
            mem_fail_at(n);
            enum code code = render_texts(&console, &options, names, 1, cells, 3, &err);
            bool unused = mem_fail_pending();
            mem_fail_at(0);
            console_done(&console);
            CHECK_INT(code, unused ? OK : E_NOMEM);
            written();
            if (unused)
                break;
        }
}

/* U+009B is ESC [ to some terminals. */
static void controls_do_not_reach_a_terminal(void)
{
    static const struct change_row rows[] = { { CHANGE_INSERT, 1, "a\xc2\x9b"
                                                                 "2J\033[31m" } };
    show_mode(RENDER_TABLE, CHANGES_INSERT, rows, 1);
    CHECK_STR(written(), "+---+-----------------+\n"
                         "| n | s               |\n"
                         "+---+-----------------+\n"
                         "| 1 | a\\x9b2J\\x1b[31m |\n"
                         "+---+-----------------+\n");
    show_mode(RENDER_LINE, CHANGES_INSERT, rows, 1);
    CHECK_STR(written(), "-- row 1\nn | 1\ns | a\\x9b2J\\x1b[31m\n");
    struct buf out;
    buf_init(&out, 100);
    console_put_safe(&out, STR("\xe5\xad\xa6\t\xc2\x9b\033c\x7f\n"));
    CHECK_STR(buf_cstr(&out), "\xe5\xad\xa6\t\\x9b\\x1bc\\x7f\n");
    buf_done(&out);
}

static void count_calls(void *self)
{
    ++*(int *)self;
}

static void enough_changes(void)
{
    int calls = 0;
    struct render_options options = { .mode = RENDER_JSONL, .select_count = 1, .changes_max = 3,
                                      .full = count_calls, .self = &calls };
    CHECK_INT(show(&options, CHANGES_ALL, changes, 6), OK);
    CHECK_STR(written(), "{\"n\": 1, \"s\": \"a\"}\n{\"n\": 2, \"s\": \"b\"}\n"
                         "{\"n\": 3, \"s\": \"c\"}\n");
    CHECK(calls > 0);
    /* The new values of a row whose old ones are gone still come. */
    options.changes_max = 4;
    calls = 0;
    CHECK_INT(show(&options, CHANGES_ALL, changes, 6), OK);
    CHECK_STR(written(), "{\"n\": 1, \"s\": \"a\"}\n{\"n\": 2, \"s\": \"B\"}\n"
                         "{\"n\": 3, \"s\": \"c\"}\n");
    CHECK(calls > 0);
    options.changes_max = 7;
    calls = 0;
    CHECK_INT(show(&options, CHANGES_ALL, changes, 6), OK);
    written();
    CHECK_INT(calls, 0);
}

/* On a terminal a box is no wider than that: texts are cut first, then columns left out. */
static void boxes_fit_the_screen(void)
{
    static const struct change_row rows[] = {
        { CHANGE_INSERT, 1, "short" },
        { CHANGE_INSERT, 22, "a text that is too long for it" },
    };
    struct render_options options = { .select_count = 1, .screen_columns = 30 };
    CHECK_INT(show(&options, CHANGES_INSERT, rows, 2), OK);
    CHECK_STR(written(), "+----+-----------------------+\n"
                         "|  n | s                     |\n"
                         "+----+-----------------------+\n"
                         "|  1 | short                 |\n"
                         "| 22 | a text that is too... |\n"
                         "+----+-----------------------+\n");
    options.screen_columns = 15;
    CHECK_INT(show(&options, CHANGES_INSERT, rows, 1), OK);
    CHECK_STR(written(), "+---+-------+\n"
                         "| n | s     |\n"
                         "+---+-------+\n"
                         "| 1 | short |\n"
                         "+---+-------+\n");
    CHECK_INT(show(&options, CHANGES_INSERT, rows, 2), OK);
    CHECK_STR(written(), "+----+-----+\n"
                         "|  n | ... |\n"
                         "+----+-----+\n"
                         "|  1 | ... |\n"
                         "| 22 | ... |\n"
                         "+----+-----+\n"
                         "1 of 2 columns; \\x, or --output line, shows all\n");
    for (options.screen_columns = 1; options.screen_columns < 12; options.screen_columns++)
        CHECK_INT(show(&options, CHANGES_INSERT, rows, 2), OK);
    written();
    /* A sign of two columns is not cut in two. */
    static const struct change_row wide[] = {
        { CHANGE_INSERT, 1, "\u5b66\u5b66\u5b66\u5b66\u5b66\u5b66\u5b66\u5b66" },
    };
    options.screen_columns = 21;
    CHECK_INT(show(&options, CHANGES_INSERT, wide, 1), OK);
    CHECK_STR(written(), "+---+---------------+\n"
                         "| n | s             |\n"
                         "+---+---------------+\n"
                         "| 1 | \u5b66\u5b66\u5b66\u5b66\u5b66... |\n"
                         "+---+---------------+\n");
}

static void many_rows_on_a_screen(void)
{
    static const struct change_row rows[] = {
        { CHANGE_INSERT, 1, "a" },   { CHANGE_INSERT, 2, "b" },    { CHANGE_INSERT, 3, "c" },
        { CHANGE_INSERT, 4, "long" }, { CHANGE_INSERT, 12345, "e" },
    };
    struct render_options options = { .select_count = 1, .screen_columns = 80, .rows_shown = 3 };
    CHECK_INT(show(&options, CHANGES_INSERT, rows, 5), OK);
    CHECK_STR(written(), "+-------+---+\n"
                         "|     n | s |\n"
                         "+-------+---+\n"
                         "|     1 | a |\n"
                         "|     2 | b |\n"
                         "|   ... | . |\n"
                         "| 12345 | e |\n"
                         "+-------+---+\n"
                         "3 of 5 rows; SET 'weir.table.rows' = '0' shows all\n");
    options.rows_shown = 5;
    CHECK_INT(show(&options, CHANGES_INSERT, rows + 3, 2), OK);
    CHECK_STR(written(), "+-------+------+\n"
                         "|     n | s    |\n"
                         "+-------+------+\n"
                         "|     4 | long |\n"
                         "| 12345 | e    |\n"
                         "+-------+------+\n");
    options = (struct render_options){ .select_count = 1, .rows_shown = 1 }; /* no terminal */
    CHECK_INT(show(&options, CHANGES_INSERT, rows, 2), OK);
    CHECK_STR(written(), "+---+---+\n| n | s |\n+---+---+\n| 1 | a |\n| 2 | b |\n+---+---+\n");
}

/* DESCRIBE and its like lose nothing. */
static void texts_go_on_in_further_lines(void)
{
    static const struct str names[] = { { "name", 4 }, { "text", 4 } };
    struct str cells[] = { STR("a"), STR("AS TO_TIMESTAMP_LTZ(milliseconds, 3)"),
                           STR("b"), STR("none") };
    struct console console;
    console_init(&console, out_fd, STDERR_FILENO);
    struct render_options options = { .mode = RENDER_TABLE, .screen_columns = 34 };
    CHECK_INT(render_texts(&console, &options, names, 2, cells, 2, &err), OK);
    CHECK_STR(written(), "+------+-------------------------+\n"
                         "| name | text                    |\n"
                         "+------+-------------------------+\n"
                         "| a    | AS TO_TIMESTAMP_LTZ(mil |\n"
                         "|      | liseconds, 3)           |\n"
                         "| b    | none                    |\n"
                         "+------+-------------------------+\n");
    cells[1] = STR("words that are broken at blanks");
    options.screen_columns = 28;
    CHECK_INT(render_texts(&console, &options, names, 2, cells, 1, &err), OK);
    CHECK_STR(written(), "+------+-------------------+\n"
                         "| name | text              |\n"
                         "+------+-------------------+\n"
                         "| a    | words that are    |\n"
                         "|      | broken at blanks  |\n"
                         "+------+-------------------+\n");
    console_done(&console);
}

int main(void)
{
    char path[] = "/tmp/weir-render-XXXXXX";
    out_fd = mkstemp(path);
    unlink(path);
    arena = arena_create();
    RUN(modes_of_inserts);
    RUN(modes_of_changes);
    RUN(cells_that_do_not_fit_a_line);
    RUN(controls_do_not_reach_a_terminal);
    RUN(enough_changes);
    RUN(selected_rows_only);
    RUN(store_takes_back_the_newest_equal_row);
    RUN(update_keeps_its_place);
    RUN(store_lets_the_oldest_go);
    RUN(store_against_a_list);
    RUN(texts);
    RUN(boxes_fit_the_screen);
    RUN(many_rows_on_a_screen);
    RUN(texts_go_on_in_further_lines);
    RUN(a_reader_that_is_gone);
    RUN(every_allocation_may_fail);
    row_of(NULL);
    arena_destroy(arena);
    return check_failed != 0;
}
