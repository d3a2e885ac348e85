/* test_local_filesystem.c -- files, folders and standard streams as tables. */
#include "local/local.h"
#include "test_local_support.h"

#include <fcntl.h>
#include <poll.h>

/* A table of one raw column over a path. */
static void lines_of(struct fixture *f, const char *path, const char *format)
{
    fixture_begin(f);
    fixture_column(f, "m", &type_string);
    fixture_option(f, "path", path);
    fixture_option(f, "format", format);
}

struct reading {
    struct source *source;
    struct polled polled;
    enum poll_state state;
    struct buf text; /* "offset:line\n" of everything read */
};

static enum code reading_begin(struct reading *r, struct fixture *f, uint32_t cap,
                               const struct split_position *resume, uint32_t resume_count)
{
    struct source_open open = {
        .table = &f->table,
        .bad_rows = &f->bad_rows,
        .resume = resume,
        .resume_count = resume_count,
    };
    polled_begin(&r->polled, cap);
    buf_init(&r->text, 1 << 28);
    r->state = POLL_MORE;
    r->source = NULL;
    return connector_filesystem.source->open(&open, &r->source, &f->err);
}

static enum code reading_poll(struct reading *r, struct fixture *f)
{
    struct records *records = &r->polled.records;
    TRY(r->source->kind->poll(r->source, records, &r->state, &f->err));
    for (uint32_t i = 0; i < records->count; i++) {
        buf_printf(&r->text, "%u/%lld:", records->splits[i], (long long)records->offsets[i]);
        buf_str(&r->text, records->values[i]);
        buf_char(&r->text, '\n');
    }
    arena_reset(records->arena);
    return OK;
}

static void reading_end(struct reading *r)
{
    if (r->source)
        r->source->kind->close(r->source);
    polled_end(&r->polled);
    buf_done(&r->text);
}

/* All of it at once; what came out, or the error. */
static const char *read_all(struct fixture *f, uint32_t cap)
{
    struct reading r;
    enum code code = reading_begin(&r, f, cap, NULL, 0);
    while (code == OK && r.state != POLL_END)
        code = reading_poll(&r, f);
    const char *text = code == OK ? arena_cstr(f->arena, buf_view(&r.text))
                                  : arena_printf(f->arena, "failed: %s", f->err.message);
    reading_end(&r);
    return text;
}

static const char *read_content(struct fixture *f, struct str content, const char *format)
{
    lines_of(f, NULL, format);
    char *folder = make_folder(f->arena);
    char *path = path_in(f->arena, folder, "in.x");
    f->items[0].value = str_of(path);
    write_file(path, content);
    const char *text = read_all(f, 3);
    remove_folder(f->arena, folder);
    return text;
}

static void lines(void)
{
    struct fixture f;
    CHECK_STR(read_content(&f, STR("a\nbc\r\n\nd"), "raw"), "0/0:a\n0/1:bc\n0/2:\n0/3:d\n");
    fixture_end(&f);
    CHECK_STR(read_content(&f, STR(""), "raw"), "");
    fixture_end(&f);
    CHECK_STR(read_content(&f, STR("\n"), "raw"), "0/0:\n");
    fixture_end(&f);
    CHECK_STR(read_content(&f, STR("{}\n \t\r\n\n[]\n"), "json"), "0/0:{}\n0/3:[]\n");
    fixture_end(&f);
    CHECK_STR(read_content(&f, STR("a,\"b\nc\nd\",e\n\n1,5\",2\n\"x"), "csv"),
              "0/0:a,\"b\nc\nd\",e\n0/2:1,5\",2\n0/3:\"x\n");
    fixture_end(&f);
}

static void long_lines(void)
{
    enum { LONG = 700000 };
    struct fixture f;
    struct buf content;
    buf_init(&content, 1 << 24);
    buf_text(&content, "first\n");
    for (int i = 0; i < LONG; i++)
        buf_char(&content, (char)('a' + i % 26));
    buf_text(&content, "\nlast\n");
    CHECK_STR(read_content(&f, buf_view(&content), "raw") + LONG + 14, "\n0/2:last\n");
    CHECK_INT(f.bad_count, 0);
    fixture_end(&f);

    lines_of(&f, NULL, "raw");
    char *folder = make_folder(f.arena);
    char *path = path_in(f.arena, folder, "in.x");
    f.items[0].value = str_of(path);
    fixture_option(&f, "source.max-line-bytes", "600000");
    write_file(path, buf_view(&content));
    CHECK_STR(read_all(&f, 100), "0/0:first\n0/2:last\n");
    CHECK_INT(f.bad_count, 1);
    CHECK_STR(f.bad[0], "line is longer than 600000 bytes");
    CHECK_INT(f.bad_offsets[0], 1);
    f.items[2].value = STR("4");
    CHECK_STR(read_all(&f, 100), "0/2:last\n");
    CHECK_INT(f.bad_count, 3);
    f.bad_answer = E_DATA;
    CHECK_STR(read_all(&f, 100), "failed: a bad row is the end");
    remove_folder(f.arena, folder);
    buf_done(&content);
    fixture_end(&f);
}

/* Lines of all lengths around the size of a block, read with a small array. */
static void block_ends(void)
{
    struct fixture f;
    struct buf content, want;
    buf_init(&content, 1 << 26);
    buf_init(&want, 1 << 26);
    uint32_t random = 1;
    for (int i = 0; i < 3000; i++) {
        random = random * 1664525u + 1013904223u;
        uint32_t size = random >> 8;
        size = i % 500 == 499 ? size % 300000 : size % 700;
        buf_printf(&want, "0/%d:", i);
        for (uint32_t k = 0; k < size; k++) {
            buf_char(&content, (char)('a' + (i + (int)k) % 26));
            buf_char(&want, (char)('a' + (i + (int)k) % 26));
        }
        buf_char(&content, '\n');
        buf_char(&want, '\n');
    }
    lines_of(&f, NULL, "raw");
    char *folder = make_folder(f.arena);
    char *path = path_in(f.arena, folder, "in.x");
    f.items[0].value = str_of(path);
    write_file(path, buf_view(&content));
    CHECK(strcmp(read_all(&f, 7), buf_cstr(&want)) == 0);
    CHECK(strcmp(read_all(&f, 512), buf_cstr(&want)) == 0);
    remove_folder(f.arena, folder);
    buf_done(&content);
    buf_done(&want);
    fixture_end(&f);
}

static void folders(void)
{
    struct fixture f;
    lines_of(&f, NULL, "raw");
    char *folder = make_folder(f.arena);
    f.items[0].value = str_of(folder);
    CHECK_STR(read_all(&f, 2), "");
    write_file(path_in(f.arena, folder, "b.txt"), STR("b1\nb2\nb3\n"));
    write_file(path_in(f.arena, folder, "a.txt"), STR("a1\n"));
    write_file(path_in(f.arena, folder, ".hidden"), STR("no\n"));
    write_file(path_in(f.arena, folder, "_tmp"), STR("no\n"));
    CHECK_INT(mkdir(path_in(f.arena, folder, "c"), 0777), 0);
    write_file(path_in(f.arena, folder, "c/d.txt"), STR("d1\n"));
    CHECK_STR(read_all(&f, 2), "0/0:a1\n1/0:b1\n1/1:b2\n1/2:b3\n2/0:d1\n");
    fixture_option(&f, "source.path.regex-pattern", ".*/b.*");
    CHECK_STR(read_all(&f, 2), "0/0:b1\n0/1:b2\n0/2:b3\n");
    remove_folder(f.arena, folder);
    CHECK(strncmp(read_all(&f, 2), "failed: could not open \"", 24) == 0);
    CHECK(strstr(f.err.message, "No such file or directory") != NULL);
    fixture_end(&f);
}

/* Stops after each poll and goes on from where it stood. */
static void resuming(void)
{
    struct fixture f;
    lines_of(&f, NULL, "raw");
    char *folder = make_folder(f.arena);
    f.items[0].value = str_of(folder);
    write_file(path_in(f.arena, folder, "a"), STR("a1\na2\n\na4\na5"));
    write_file(path_in(f.arena, folder, "b"), STR("b1\r\nb2\n"));
    struct split_position *at = NULL;
    uint32_t count = 0;
    struct buf got;
    buf_init(&got, 1 << 20);
    enum poll_state state = POLL_MORE;
    while (state != POLL_END && got.size < 1000) {
        struct reading r;
        CHECK_INT(reading_begin(&r, &f, 2, at, count), OK);
        CHECK_INT(reading_poll(&r, &f), OK);
        buf_str(&got, buf_view(&r.text));
        state = r.state;
        CHECK_INT(r.source->kind->tell(r.source, f.arena, &at, &count, &f.err), OK);
        reading_end(&r);
    }
    CHECK_STR(buf_cstr(&got), "0/0:a1\n0/1:a2\n0/2:\n0/3:a4\n0/4:a5\n1/0:b1\n1/1:b2\n");
    CHECK_INT(count, 2);
    CHECK(str_is(at[1].position, "7 2"));

    /* What has become shorter, or is gone, cannot be gone on with. */
    struct reading r;
    write_file(path_in(f.arena, folder, "b"), STR("b1\n"));
    CHECK_INT(reading_begin(&r, &f, 2, at, count), OK);
    enum code code = OK;
    while (code == OK && r.state != POLL_END)
        code = reading_poll(&r, &f);
    CHECK_INT(code, E_IO);
    reading_end(&r);
    CHECK_INT(unlink(path_in(f.arena, folder, "b")), 0);
    CHECK_INT(reading_begin(&r, &f, 2, at, count), E_IO);
    reading_end(&r);
    at[0].position = STR("x");
    CHECK_INT(reading_begin(&r, &f, 2, at, 1), E_DATA);
    reading_end(&r);
    buf_done(&got);
    remove_folder(f.arena, folder);
    fixture_end(&f);
}

/* Lines of earlier polls stay what they are until their arena is reset. */
static void lines_live_with_their_arena(void)
{
    struct fixture f;
    lines_of(&f, NULL, "raw");
    char *folder = make_folder(f.arena);
    char *path = path_in(f.arena, folder, "in.x");
    f.items[0].value = str_of(path);
    struct buf content;
    buf_init(&content, 1 << 24);
    for (int i = 0; i < 100000; i++)
        buf_printf(&content, "line %d\n", i);
    write_file(path, buf_view(&content));
    buf_done(&content);
    struct reading r;
    CHECK_INT(reading_begin(&r, &f, 1, NULL, 0), OK);
    struct str kept[300];
    for (int i = 0; i < 300; i++) { /* without reset */
        r.polled.records.cap = i % 2 ? 512 : 1;
        CHECK_INT(r.source->kind->poll(r.source, &r.polled.records, &r.state, &f.err), OK);
        kept[i] = r.polled.values[0];
    }
    CHECK_SPAN(kept[0].data, kept[0].size, "line 0");
    CHECK_SPAN(kept[299].data, kept[299].size, "line 76438");
    r.source->kind->close(r.source); /* lines outlive even their source */
    r.source = NULL;
    CHECK_SPAN(kept[299].data, kept[299].size, "line 76438");
    reading_end(&r);
    remove_folder(f.arena, folder);
    fixture_end(&f);
}

static void standard_input(void)
{
    struct fixture f;
    int ends[2], saved = dup(STDIN_FILENO);
    CHECK_INT(pipe(ends), 0);
    CHECK_INT(dup2(ends[0], STDIN_FILENO), STDIN_FILENO);
    lines_of(&f, "-", "raw");
    struct reading r;
    CHECK_INT(reading_begin(&r, &f, 10, NULL, 0), OK);
    CHECK_INT(reading_poll(&r, &f), OK);
    CHECK_INT(r.state, POLL_IDLE);
    CHECK_INT(write(ends[1], "one\ntw", 6), 6);
    struct pollfd ready = { .fd = r.source->kind->wake_fd(r.source), .events = POLLIN };
    CHECK_INT(poll(&ready, 1, 0), 1);
    CHECK_INT(reading_poll(&r, &f), OK);
    CHECK_INT(r.state, POLL_MORE);
    CHECK_INT(reading_poll(&r, &f), OK);
    CHECK_INT(r.state, POLL_IDLE);
    CHECK_INT(write(ends[1], "o\nthree", 7), 7);
    CHECK_INT(close(ends[1]), 0);
    while (r.state != POLL_END)
        CHECK_INT(reading_poll(&r, &f), OK);
    CHECK_STR(buf_cstr(&r.text), "0/0:one\n0/1:two\n0/2:three\n");
    reading_end(&r);
    CHECK_INT(dup2(saved, STDIN_FILENO), STDIN_FILENO);
    close(saved);
    close(ends[0]);
    fixture_end(&f);
}

/* ---- sinks ---- */

static struct batch *texts(struct fixture *f, const char *const *values, uint32_t count)
{
    struct rows rows = rows_make(f, count);
    for (uint32_t i = 0; i < count; i++)
        set_text(&rows, 0, i, str_of(values[i]));
    return rows.batch;
}

static void writing(void)
{
    struct fixture f;
    lines_of(&f, NULL, "raw");
    char *folder = make_folder(f.arena);
    char *path = path_in(f.arena, folder, "new/folder/out.txt");
    f.items[0].value = str_of(path);
    const char *values[] = { "a", "b c" };
    struct batch *batch = texts(&f, values, 2);
    CHECK_INT(sink_once(&f, connector_filesystem.sink, SINK_APPEND, batch), OK);
    CHECK_STR(read_file(f.arena, path), "a\nb c\n");
    uint32_t selection[] = { 1 };
    batch->selection = selection;
    batch->selected = 1;
    CHECK_INT(sink_once(&f, connector_filesystem.sink, SINK_APPEND, batch), OK);
    CHECK_STR(read_file(f.arena, path), "b c\n");
    CHECK_INT(sink_once(&f, connector_filesystem.sink, SINK_APPEND, NULL), OK);
    CHECK_STR(read_file(f.arena, path), "");

    char *parts = path_in(f.arena, folder, "parts");
    f.items[0].value = str_of(parts);
    CHECK_INT(sink_once(&f, connector_filesystem.sink, SINK_APPEND, batch), OK);
    CHECK_STR(read_file(f.arena, path_in(f.arena, parts, "part-0-0.raw")), "b c\n");

    f.items[0].value = str_of(path_in(f.arena, folder, "new/folder/out.txt/x.json"));
    CHECK_INT(sink_once(&f, connector_filesystem.sink, SINK_APPEND, batch), E_IO);
    f.items[0].value = STR("/dev/full");
    CHECK_INT(sink_once(&f, connector_filesystem.sink, SINK_APPEND, batch), E_IO);
    CHECK_STR(f.err.message, "could not write to \"/dev/full\": No space left on device");
    f.items[0].value = STR("/dev/null");
    CHECK_INT(sink_once(&f, connector_filesystem.sink, SINK_APPEND, batch), OK);
    remove_folder(f.arena, folder);
    fixture_end(&f);
}

static void continuing(void)
{
    struct fixture f;
    lines_of(&f, NULL, "raw");
    char *folder = make_folder(f.arena);
    char *path = path_in(f.arena, folder, "out.txt");
    f.items[0].value = str_of(path);
    const char *values[] = { "one", "two" };
    struct batch *batch = texts(&f, values, 2);
    struct sink_open open = { .table = &f.table, .mode = SINK_APPEND, .bad_rows = &f.bad_rows };
    struct sink *sink;
    struct buf at;
    buf_init(&at, 64);
    CHECK_INT(connector_filesystem.sink->open(&open, &sink, &f.err), OK);
    CHECK_INT(sink->kind->write(sink, batch, &f.err), OK);
    CHECK_INT(sink->kind->tell(sink, &at, &f.err), OK);
    CHECK_INT(sink->kind->write(sink, batch, &f.err), OK); /* behind the snapshot */
    sink->kind->close(sink);
    CHECK_STR(buf_cstr(&at), "8");

    open.resume = true;
    open.resume_position = buf_view(&at);
    CHECK_INT(connector_filesystem.sink->open(&open, &sink, &f.err), OK);
    CHECK_INT(sink->kind->write(sink, batch, &f.err), OK);
    sink->kind->close(sink);
    CHECK_STR(read_file(f.arena, path), "one\ntwo\none\ntwo\n");
    open.resume_position = STR("17");
    CHECK_INT(connector_filesystem.sink->open(&open, &sink, &f.err), E_IO);
    buf_done(&at);
    remove_folder(f.arena, folder);
    fixture_end(&f);
}

/* A job may read the file that it replaces. */
static void reading_what_is_written(void)
{
    struct fixture f;
    lines_of(&f, NULL, "raw");
    char *folder = make_folder(f.arena);
    char *path = path_in(f.arena, folder, "both.txt");
    f.items[0].value = str_of(path);
    write_file(path, STR("old1\nold2\n"));
    struct reading r;
    CHECK_INT(reading_begin(&r, &f, 1, NULL, 0), OK);
    CHECK_INT(reading_poll(&r, &f), OK);
    const char *values[] = { "new" };
    CHECK_INT(sink_once(&f, connector_filesystem.sink, SINK_APPEND, texts(&f, values, 1)), OK);
    while (r.state != POLL_END)
        CHECK_INT(reading_poll(&r, &f), OK);
    CHECK_STR(buf_cstr(&r.text), "0/0:old1\n0/1:old2\n");
    CHECK_STR(read_file(f.arena, path), "new\n");
    reading_end(&r);
    remove_folder(f.arena, folder);
    fixture_end(&f);
}

static void changes(void)
{
    struct fixture f;
    fixture_begin(&f);
    fixture_column(&f, "id", &type_int);
    fixture_option(&f, "path", "-");
    fixture_option(&f, "format", "changelog-json");
    CHECK_INT(connector_filesystem.sink_modes(&f.table), SINK_APPEND | SINK_RETRACT);
    f.schema.key_count = 1;
    CHECK_INT(connector_filesystem.sink_modes(&f.table), SINK_APPEND | SINK_UPSERT);
    char *folder = make_folder(f.arena);
    char *path = path_in(f.arena, folder, "out.ndjson");
    f.items[0].value = str_of(path);
    struct rows rows = rows_make(&f, 4);
    for (uint32_t i = 0; i < 4; i++) {
        set_number(&rows, 0, i, i);
        rows.changes[i] = (uint8_t)i;
    }
    CHECK_INT(sink_once(&f, connector_filesystem.sink, SINK_RETRACT, rows.batch), OK);
    CHECK_STR(read_file(f.arena, path),
              "{\"op\": \"+I\", \"data\": {\"id\": 0}}\n{\"op\": \"-U\", \"data\": {\"id\": 1}}\n"
              "{\"op\": \"+U\", \"data\": {\"id\": 2}}\n{\"op\": \"-D\", \"data\": {\"id\": 3}}\n");
    CHECK_INT(sink_once(&f, connector_filesystem.sink, SINK_UPSERT, rows.batch), OK);
    CHECK(strstr(read_file(f.arena, path), "-U") == NULL);
    f.items[1].value = STR("json");
    CHECK_INT(connector_filesystem.sink_modes(&f.table), SINK_APPEND);
    remove_folder(f.arena, folder);
    fixture_end(&f);
}

/* A row that the format has no text for is a bad row, and leaves nothing behind. */
static void bad_rows(void)
{
    struct fixture f;
    fixture_begin(&f);
    const struct type *map = type_make_map(f.arena, &type_string, &type_int);
    fixture_column(&f, "id", &type_int);
    fixture_column(&f, "m", map);
    char *folder = make_folder(f.arena);
    char *path = path_in(f.arena, folder, "out.json");
    fixture_option(&f, "path", path);
    fixture_option(&f, "format", "json");
    struct rows rows = rows_make(&f, 3);
    struct column *m = rows.batch->columns[1];
    m->children[0] = column_create(f.arena, &type_string, 1);
    m->children[1] = column_create(f.arena, &type_int, 1);
    CHECK(column_need_valid(m->children[0], f.arena));
    column_set_null(m->children[0], 0);
    COLUMN_OUT(m->children[1], int32_t)[0] = 7;
    for (uint32_t i = 0; i < 3; i++)
        set_number(&rows, 0, i, i);
    bit_set(m->valid, 1);
    COLUMN_OUT(m, struct list_slot)[1] = (struct list_slot){ 0, 1 };
    CHECK_INT(sink_once(&f, connector_filesystem.sink, SINK_APPEND, rows.batch), OK);
    CHECK_STR(read_file(f.arena, path), "{\"id\":0,\"m\":null}\n{\"id\":2,\"m\":null}\n");
    CHECK_INT(f.bad_count, 1);
    CHECK_INT(f.bad_records[0], 1);
    remove_folder(f.arena, folder);
    fixture_end(&f);
}

int main(void)
{
    RUN(lines);
    RUN(long_lines);
    RUN(block_ends);
    RUN(folders);
    RUN(resuming);
    RUN(lines_live_with_their_arena);
    RUN(standard_input);
    RUN(writing);
    RUN(continuing);
    RUN(reading_what_is_written);
    RUN(changes);
    RUN(bad_rows);
    return check_failed != 0;
}
