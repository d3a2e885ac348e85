/* test_local_faults.c -- formats and local connectors when memory runs out.
 *
 * Each scenario runs again and again, the n-th allocation failing, until a run needs
 * fewer than n: it must end well or with E_NOMEM, and leave nothing behind. */
#include "base/memory.h"
#include "local/local.h"
#include "test_local_support.h"

enum { ROUNDS_MAX = 20000 };

struct scenario {
    struct fixture f;
    char *folder;
    char *path;
    struct batch *batch;
};

typedef enum code run_scenario(struct scenario *s);

/* Failing is switched off while the fixture is made and after the run. */
static void walk(struct scenario *s, run_scenario *run)
{
    uint64_t n = 1;
    for (bool pending = false; !pending && n < ROUNDS_MAX; n++) {
        s->f.bad_count = 0;
        mem_fail_at(n);
        enum code code = run(s);
        pending = mem_fail_pending();
        mem_fail_at(0);
        if (pending)
            CHECK_INT(code, OK);
        else if (code != OK && !CHECK_INT(code, E_NOMEM))
            break;
    }
    CHECK(n > 5 && n < ROUNDS_MAX);
}

static void begin(struct scenario *s)
{
    memset(s, 0, sizeof *s);
    fixture_begin(&s->f);
    s->folder = make_folder(s->f.arena);
    s->path = path_in(s->f.arena, s->folder, "file.json");
    s->f.table.data_dir = str_of(s->folder);
}

static void end(struct scenario *s)
{
    remove_folder(s->f.arena, s->folder);
    fixture_end(&s->f);
}

/* ---- reading ---- */

static enum code decode_all(struct scenario *s, const struct records *r, struct decoder *decoder)
{
    struct decoded got;
    return decoder->kind->decode(decoder, r->arena, r->values, r->count, &got, &s->f.err);
}

static enum code poll_and_decode(struct scenario *s, struct source *source, struct decoder *decoder,
                                 struct records *r)
{
    enum poll_state state = POLL_MORE;
    while (state != POLL_END) {
        struct split_position *at;
        uint32_t count;
        r->headers = NULL;
        TRY(source->kind->poll(source, r, &state, &s->f.err));
        if (decoder)
            TRY(decode_all(s, r, decoder));
        TRY(source->kind->tell(source, r->arena, &at, &count, &s->f.err));
        arena_reset(r->arena);
    }
    return OK;
}

static enum code read_with(struct scenario *s, const struct source_kind *kind)
{
    static struct polled p;
    struct source_open open = { .table = &s->f.table, .bad_rows = &s->f.bad_rows };
    struct source *source = NULL;
    struct decoder *decoder = NULL;
    const uint32_t *columns;
    uint32_t count;
    struct arena *arena = arena_create();
    polled_begin(&p, 4);
    p.records.want_headers = true;
    enum code code = arena && p.records.arena ? OK : E_NOMEM;
    if (code == OK)
        code = table_open_decoder(&s->f.table, false, &s->f.bad_rows, arena, &decoder, &columns,
                                  &count, &s->f.err);
    if (code == OK)
        code = kind->open(&open, &source, &s->f.err);
    if (code == OK)
        code = poll_and_decode(s, source, decoder, &p.records);
    if (source)
        kind->close(source);
    if (decoder)
        decoder->kind->close(decoder);
    polled_end(&p);
    arena_destroy(arena);
    return code;
}

static enum code read_files(struct scenario *s)
{
    return read_with(s, connector_filesystem.source);
}

static enum code read_topics(struct scenario *s)
{
    return read_with(s, connector_local_topic.source);
}

static void json_columns(struct fixture *f)
{
    struct str *names = arena_array(f->arena, struct str, 2);
    const struct type **fields = arena_array(f->arena, const struct type *, 2);
    names[0] = STR("x");
    names[1] = STR("y");
    fields[0] = &type_int;
    fields[1] = &type_string;
    const struct type *row = type_make_row(f->arena, fields, names, 2);
    fixture_column(f, "id", &type_int);
    fixture_column(f, "s", &type_string);
    fixture_column(f, "a", type_make_array(f->arena, row));
    fixture_column(f, "m", type_make_map(f->arena, &type_string, &type_bytes));
}

static const char lines[] =
    "{\"id\": 1, \"s\": \"x\\ny\", \"a\": [{\"x\": 1}, null], \"m\": {\"k\": \"aGk=\"}}\n"
    "[{\"id\": 2}, {\"id\": \"bad\"}]\n{\n{\"s\": {\"o\": [1.50]}, \"a\": [{\"y\": [1]}]}\n";

static void reading_json(void)
{
    struct scenario s;
    begin(&s);
    json_columns(&s.f);
    fixture_option(&s.f, "path", s.path);
    fixture_option(&s.f, "format", "json");
    write_file(s.path, str_of(lines));
    walk(&s, read_files);
    s.f.items[0].value = str_of(s.folder);
    walk(&s, read_files);
    CHECK_INT(s.f.bad_count, 2);
    end(&s);
}

static void reading_csv(void)
{
    struct scenario s;
    begin(&s);
    fixture_column(&s.f, "id", &type_int);
    fixture_column(&s.f, "s", &type_string);
    fixture_column(&s.f, "a", type_make_array(s.f.arena, &type_int));
    fixture_option(&s.f, "path", s.path);
    fixture_option(&s.f, "format", "csv");
    write_file(s.path, STR("1,\"a\"\"b\nc\",1;2\n2,x\nx,y,z\n3,,\n"));
    walk(&s, read_files);
    CHECK_INT(s.f.bad_count, 2);
    end(&s);
}

static void reading_topics(void)
{
    struct scenario s;
    begin(&s);
    json_columns(&s.f);
    fixture_option(&s.f, "topic-pattern", "t.*");
    fixture_option(&s.f, "format", "json");
    write_file(path_in(s.f.arena, s.folder, "t1.ndjson"), str_of(lines));
    write_file(path_in(s.f.arena, s.folder, "t2.records.ndjson"),
               STR("{\"value\": {\"id\": 1}, \"key\": \"a\\tb\", \"headers\": {\"h\": \"v\"}}\n"
                   "{\"value\": null, \"partition\": 3}\nbroken\n"));
    walk(&s, read_topics);
    end(&s);
}

/* ---- writing ---- */

static enum code write_files(struct scenario *s)
{
    return sink_once(&s->f, connector_filesystem.sink, SINK_APPEND, s->batch);
}

static enum code write_topics(struct scenario *s)
{
    return sink_once(&s->f, connector_local_topic.sink, SINK_UPSERT, s->batch);
}

static enum code write_tables(struct scenario *s)
{
    return sink_once(&s->f, connector_local_table.sink, SINK_UPSERT, s->batch);
}

static enum code print_rows(struct scenario *s)
{
    return sink_once(&s->f, connector_print.sink, SINK_RETRACT, s->batch);
}

static void two_rows(struct scenario *s)
{
    fixture_column(&s->f, "id", &type_int);
    fixture_column(&s->f, "s", &type_string);
    fixture_column(&s->f, "t", &type_timestamp3);
    struct rows rows = rows_make(&s->f, 3);
    for (uint32_t i = 0; i < 2; i++) {
        set_number(&rows, 0, i, i);
        set_text(&rows, 1, i, STR("a \"text\""));
        set_number(&rows, 2, i, 1500000000000000);
    }
    rows.changes[1] = CHANGE_DELETE;
    s->batch = rows.batch;
}

static void writing_files(void)
{
    struct scenario s;
    begin(&s);
    two_rows(&s);
    fixture_option(&s.f, "path", s.path);
    fixture_option(&s.f, "format", "changelog-json");
    walk(&s, write_files);
    s.f.items[0].value = str_of(path_in(s.f.arena, s.folder, "parts"));
    s.f.items[1].value = STR("csv");
    walk(&s, write_files);
    end(&s);
}

static void writing_topics(void)
{
    struct scenario s;
    begin(&s);
    two_rows(&s);
    s.f.origins[0] = ORIGIN_KEY;
    fixture_option(&s.f, "topic", "t");
    fixture_option(&s.f, "key.format", "json");
    fixture_option(&s.f, "value.format", "csv");
    fixture_option(&s.f, LOCAL_CONNECTOR_OPTION, "upsert-kafka");
    walk(&s, write_topics);
    end(&s);
}

static void writing_tables(void)
{
    struct scenario s;
    begin(&s);
    two_rows(&s);
    s.f.schema.key_count = 1;
    fixture_option(&s.f, "tableName", "t");
    fixture_option(&s.f, LOCAL_CONNECTOR_OPTION, "rds");
    walk(&s, write_tables);
    CHECK_INT(s.f.bad_count, 1);
    end(&s);
}

static void printing(void)
{
    struct scenario s;
    begin(&s);
    two_rows(&s);
    uint32_t none[1] = { 0 };
    s.batch->selection = none; /* what is printed is not the point */
    s.batch->selected = 0;
    struct sink_open open = { .table = &s.f.table, .mode = SINK_RETRACT };
    struct sink *sink;
    mem_fail_at(1);
    CHECK_INT(connector_print.sink->open(&open, &sink, &s.f.err), E_NOMEM);
    mem_fail_at(2);
    CHECK_INT(connector_print.sink->open(&open, &sink, &s.f.err), E_NOMEM);
    mem_fail_at(0);
    CHECK_INT(print_rows(&s), OK);
    end(&s);
}

/* ---- tables and generated rows ---- */

static enum code poll_rows(struct scenario *s, const struct source_kind *kind)
{
    struct source_open open = { .table = &s->f.table, .bad_rows = &s->f.bad_rows };
    struct source *source = NULL;
    enum poll_state state = POLL_MORE;
    struct arena *arena = arena_create();
    enum code code = arena ? kind->open(&open, &source, &s->f.err) : E_NOMEM;
    while (code == OK && state != POLL_END) {
        struct batch *batch;
        code = kind->poll_rows(source, arena, 2, &batch, &state, &s->f.err);
        arena_reset(arena);
    }
    if (source)
        kind->close(source);
    arena_destroy(arena);
    return code;
}

static enum code scan_table(struct scenario *s)
{
    return poll_rows(s, connector_local_table.source);
}

static enum code generate(struct scenario *s)
{
    enum code code = connector_datagen.check(&s->f.table, false, &s->f.err);
    return code == OK ? poll_rows(s, connector_datagen.source) : code;
}

static enum code ask(struct scenario *s)
{
    uint32_t keys[] = { 0 };
    struct lookup_open open = { .table = &s->f.table, .key_columns = keys, .key_count = 1 };
    struct lookup *l = NULL;
    struct batch only_key = *s->batch;
    only_key.column_count = 1;
    struct arena *arena = arena_create();
    enum code code = arena ? connector_local_table.lookup->open(&open, &l, &s->f.err) : E_NOMEM;
    if (code == OK)
        code = l->kind->submit(l, &only_key, 1, &s->f.err);
    if (code == OK) {
        uint64_t ticket;
        struct batch *rows;
        const uint32_t *key_row;
        code = l->kind->poll(l, arena, &ticket, &rows, &key_row, &s->f.err);
    }
    if (l)
        l->kind->close(l);
    arena_destroy(arena);
    return code;
}

static void reading_tables(void)
{
    struct scenario s;
    begin(&s);
    two_rows(&s);
    fixture_column(&s.f, "n", type_make_array(s.f.arena, &type_int));
    fixture_option(&s.f, "tableName", "t");
    struct rows rows = rows_make(&s.f, 3);
    set_number(&rows, 0, 0, 1);
    CHECK_INT(sink_once(&s.f, connector_local_table.sink, SINK_APPEND, rows.batch), OK);
    walk(&s, scan_table);
    walk(&s, ask);
    end(&s);
}

static void generating(void)
{
    struct scenario s;
    begin(&s);
    json_columns(&s.f);
    fixture_option(&s.f, "number-of-rows", "3");
    fixture_option(&s.f, "rows-per-second", "1000000000");
    fixture_option(&s.f, "fields.id.kind", "sequence");
    fixture_option(&s.f, "fields.id.start", "1");
    fixture_option(&s.f, "fields.id.end", "9");
    fixture_option(&s.f, "fields.s.null-rate", "0.5");
    walk(&s, generate);
    end(&s);
}

int main(void)
{
    RUN(reading_json);
    RUN(reading_csv);
    RUN(reading_topics);
    RUN(writing_files);
    RUN(writing_topics);
    RUN(writing_tables);
    RUN(printing);
    RUN(reading_tables);
    RUN(generating);
    return check_failed != 0;
}
