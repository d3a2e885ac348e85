/* test_local_topic.c -- topics as files: T.ndjson and T.records.ndjson. */
#include "local/local.h"
#include "test_local_support.h"

struct topic {
    struct fixture f;
    char *folder;
};

/* A Blink table with key, message, topic, partition and offset. */
static void topic_begin(struct topic *t, const char *name, bool blink)
{
    fixture_begin(&t->f);
    t->folder = make_folder(t->f.arena);
    t->f.table.data_dir = str_of(t->folder);
    t->f.table.blink = blink;
    fixture_option(&t->f, blink || !strchr(name, '*') ? "topic" : "topic-pattern", name);
}

static void topic_end(struct topic *t)
{
    remove_folder(t->f.arena, t->folder);
    fixture_end(&t->f);
}

static void put(struct topic *t, const char *name, const char *content)
{
    write_file(path_in(t->f.arena, t->folder, name), str_of(content));
}

static const char *content(struct topic *t, const char *name)
{
    return read_file(t->f.arena, path_in(t->f.arena, t->folder, name));
}

static void put_part(struct buf *out, struct str part)
{
    if (part.data)
        buf_str(out, part);
    else
        buf_text(out, "NULL");
}

/* "topic-partition@offset time/type key=value headers" a line. */
static void put_record(struct buf *out, struct source *s, const struct records *r, uint32_t i)
{
    struct str name = s->kind->split_name(s, r->splits[i]);
    buf_printf(out, STR_FMT "@%lld %lld/%d ", STR_ARG(name), (long long)r->offsets[i],
               (long long)r->timestamps_ms[i], r->timestamp_types[i]);
    put_part(out, r->keys[i]);
    buf_char(out, '=');
    put_part(out, r->values[i]);
    if (r->headers) {
        struct text_style style = { .mode = TEXT_DISPLAY };
        buf_char(out, ' ');
        text_print_cell(out, r->headers, i, &style);
    }
    buf_char(out, '\n');
}

static const char *poll_all(struct topic *t, struct source *s, struct polled *p, bool headers,
                            uint32_t polls)
{
    const struct type *map = type_make_map(t->f.arena, &type_string, &type_bytes);
    enum poll_state state = POLL_MORE;
    enum code code = OK;
    struct buf out;
    buf_init(&out, 1 << 24);
    while (code == OK && state != POLL_END && polls-- > 0) {
        p->records.want_headers = headers;
        p->records.headers = headers ? column_create(p->records.arena, map, p->records.cap) : NULL;
        code = s->kind->poll(s, &p->records, &state, &t->f.err);
        for (uint32_t i = 0; i < p->records.count && code == OK; i++)
            put_record(&out, s, &p->records, i);
        arena_reset(p->records.arena);
    }
    const char *text = code == OK ? arena_cstr(t->f.arena, buf_view(&out))
                                  : arena_printf(t->f.arena, "failed: %s", t->f.err.message);
    buf_done(&out);
    return text;
}

static const char *read_topic(struct topic *t, uint32_t cap, bool headers)
{
    struct source_open open = { .table = &t->f.table, .bad_rows = &t->f.bad_rows };
    struct source *s;
    if (connector_local_topic.source->open(&open, &s, &t->f.err) != OK)
        return arena_printf(t->f.arena, "refused: %s", t->f.err.message);
    struct polled p;
    polled_begin(&p, cap);
    const char *text = poll_all(t, s, &p, headers, UINT32_MAX);
    s->kind->close(s);
    polled_end(&p);
    return text;
}

/* Do all records of the topic have a time? */
static bool is_timed(struct topic *t)
{
    const struct source_kind *kind = connector_local_topic.source;
    struct source_open open = { .table = &t->f.table, .until_end = true };
    struct source *s = NULL;
    bool all = false;
    if (CHECK_INT(kind->open(&open, &s, &t->f.err), OK)) {
        CHECK_INT(kind->is_timed(s, &all, &t->f.err), OK);
        kind->close(s);
    }
    return all;
}

static void plain(void)
{
    struct topic t;
    topic_begin(&t, "t", true);
    CHECK(strstr(read_topic(&t, 2, false), "/t.ndjson\": No such file or directory") != NULL);
    put(&t, "t.ndjson", "");
    CHECK_STR(read_topic(&t, 2, false), "");
    CHECK(is_timed(&t));
    put(&t, "t.ndjson", "{\"a\": 1}\r\n\nnot json");
    CHECK_STR(read_topic(&t, 2, true), "t-0@0 1500000000123/0 NULL={\"a\": 1}\r {}\n"
                                       "t-0@1 1500000000123/0 NULL= {}\n"
                                       "t-0@2 1500000000123/0 NULL=not json {}\n");
    CHECK(!is_timed(&t));
    topic_end(&t);
}

static const char records_text[] =
    "{\"key\": \"k\\n\", \"value\": \"v\\u4e2d\", \"partition\": 2, \"timestamp\": 5}\n"
    "{\"value\": {\"a\" : [1, 2]}, \"partition\": 2, \"timestamp\": 6, \"headers\": {\"h\": \"x\","
    " \"n\": null, \"o\": {}}}\n"
    "\n"
    "{\"key\": null, \"value\": null, \"offset\": 10, \"timestamp\": 7}\n"
    "{\"timestamp\": 8}\n"
    "{\"value\": \"\", \"partition\": 2, \"timestamp\": -1}\n";

static const char records_read[] = "t-2@0 5/1 k\n=v\xE4\xB8\xAD {}\n"
                                   "t-2@1 6/1 NULL={\"a\" : [1, 2]} {h=x'78', n=NULL, o=x'7b7d'}\n"
                                   "t-0@10 7/1 NULL=NULL {}\n"
                                   "t-0@1 8/1 NULL=NULL {}\n"
                                   "t-2@2 -1/1 NULL= {}\n";

static void records(void)
{
    struct topic t;
    topic_begin(&t, "t", true);
    put(&t, "t.records.ndjson", records_text);
    CHECK_STR(read_topic(&t, 100, true), records_read);
    CHECK_STR(read_topic(&t, 1, true), records_read);
    CHECK_INT(t.f.bad_count, 0);
    CHECK(is_timed(&t));
    put(&t, "t.ndjson", "");
    CHECK_STR(read_topic(&t, 100, true), records_read);
    put(&t, "t.ndjson", "x\n");
    CHECK(strstr(read_topic(&t, 100, true), "topic \"t\" has two files") != NULL);
    topic_end(&t);
}

static void broken_records(void)
{
    struct topic t;
    topic_begin(&t, "t", true);
    put(&t, "t.records.ndjson",
        "{\"value\": \"a\"}\n{\n[]\n{\"partition\": -1}\n{\"offset\": \"x\"}\n"
        "{\"headers\": 1}\n{\"timestamp\": 1.5}\n{} x\n{\"value\": \"b\"}\n");
    CHECK_STR(read_topic(&t, 4, true), "t-0@0 1500000000123/0 NULL=a {}\n"
                                       "t-0@1 1500000000123/0 NULL=b {}\n");
    CHECK_INT(t.f.bad_count, 7);
    CHECK_STR(t.f.bad[0], "line 2: line is not JSON");
    CHECK_STR(t.f.bad[1], "line 3: line is no JSON object");
    CHECK_STR(t.f.bad[2], "line 4: \"partition\" is no partition number");
    CHECK_STR(t.f.bad[3], "line 5: \"offset\" is no offset");
    CHECK_STR(t.f.bad[4], "line 6: \"headers\" is no object");
    CHECK_STR(t.f.bad[5], "line 7: \"timestamp\" is no number of milliseconds");
    CHECK_STR(t.f.bad[6], "line 8: line is not JSON");
    CHECK_INT(t.f.bad_offsets[6], 7);
    topic_end(&t);
}

static void several_topics(void)
{
    struct topic t;
    topic_begin(&t, "b; a;b", false);
    put(&t, "a.ndjson", "1\n");
    put(&t, "b.ndjson", "2\n");
    put(&t, "ab1.records.ndjson", "{\"value\": \"3\"}\n");
    const char *listed = "b-0@0 1500000000123/0 NULL=2\na-0@0 1500000000123/0 NULL=1\n";
    CHECK_STR(read_topic(&t, 10, false), listed);
    t.f.items[0] = (struct option){ .key = STR("topicPattern"), .value = STR("a|a\\w\\d") };
    CHECK_STR(read_topic(&t, 10, false),
              "a-0@0 1500000000123/0 NULL=1\nab1-0@0 1500000000123/0 NULL=3\n");
    t.f.items[0].value = STR("z+");
    CHECK(strstr(read_topic(&t, 10, false), "is a topic that matches \"z+\"") != NULL);
    t.f.items[0].value = STR("(");
    CHECK(strstr(read_topic(&t, 10, false), "topic pattern \"(\" cannot be read") != NULL);
    t.f.items[0] = (struct option){ .key = STR("topic"), .value = STR("../a") };
    CHECK_STR(read_topic(&t, 10, false), "refused: \"../a\" is no name for a topic");
    t.f.options.count = 0;
    CHECK_STR(read_topic(&t, 10, false), "refused: table \"t\" needs the option \"topic\"");
    topic_end(&t);
}

static void resuming(void)
{
    struct topic t;
    topic_begin(&t, "t", true);
    put(&t, "t.records.ndjson", records_text);
    struct split_position *at = NULL;
    uint32_t count = 0;
    struct buf got;
    buf_init(&got, 1 << 20);
    for (int i = 0; i < 5; i++) {
        struct source_open open = {
            .table = &t.f.table, .bad_rows = &t.f.bad_rows, .resume = at, .resume_count = count
        };
        struct source *s;
        struct polled p;
        CHECK_INT(connector_local_topic.source->open(&open, &s, &t.f.err), OK);
        polled_begin(&p, 1);
        buf_text(&got, poll_all(&t, s, &p, true, 1));
        CHECK_INT(s->kind->tell(s, t.f.arena, &at, &count, &t.f.err), OK);
        s->kind->close(s);
        polled_end(&p);
    }
    CHECK_STR(buf_cstr(&got), records_read);
    CHECK(str_is(at[0].split, "t.records.ndjson"));
    CHECK(
        str_is(at[0].position, arena_printf(t.f.arena, "%zu 6 2=3 0=2", sizeof records_text - 1)));
    buf_done(&got);
    topic_end(&t);
}

/* ---- sinks ---- */

static void blink_sink(struct topic *t)
{
    topic_begin(t, "t", true);
    fixture_meta(&t->f, "messageKey", &type_bytes, META_KEY_BYTES);
    fixture_meta(&t->f, "message", &type_bytes, META_VALUE_BYTES);
}

static void writing_values(void)
{
    struct topic t;
    blink_sink(&t);
    put(&t, "t.ndjson", "old, without its line feed");
    struct rows rows = rows_make(&t.f, 5);
    const char *values[] = { "a", "b", "c", "d" };
    for (uint32_t i = 0; i < 4; i++) {
        set_text(&rows, 0, i, STR("k"));
        set_text(&rows, 1, i, str_of(values[i]));
        rows.changes[i] = (uint8_t)i;
    }
    CHECK_INT(sink_once(&t.f, connector_local_topic.sink, SINK_UPSERT, rows.batch), OK);
    CHECK_STR(content(&t, "t.ndjson"), "old, without its line feed\na\nc\n\n");
    CHECK_INT(sink_once(&t.f, connector_local_topic.sink, SINK_UPSERT, rows.batch), OK);
    CHECK_STR(content(&t, "t.ndjson"), "old, without its line feed\na\nc\n\na\nc\n\n");
    CHECK(content(&t, "t.records.ndjson") == NULL);
    topic_end(&t);
}

/* A value with a line feed moves the run to T.records.ndjson, with the keys that T.ndjson did not
 * have. */
static void writing_line_feeds(void)
{
    struct topic t;
    blink_sink(&t);
    struct rows one = rows_make(&t.f, 1), two = rows_make(&t.f, 2);
    set_text(&one, 0, 0, STR("k"));
    set_text(&one, 1, 0, STR("plain \"q\""));
    set_text(&two, 0, 0, STR("k"));
    set_text(&two, 1, 0, STR("a\nb"));
    set_text(&two, 1, 1, STR("c"));
    struct sink_open open = { .table = &t.f.table, .mode = SINK_UPSERT, .bad_rows = &t.f.bad_rows };
    struct sink *sink;
    struct buf at;
    buf_init(&at, 64);
    CHECK_INT(connector_local_topic.sink->open(&open, &sink, &t.f.err), OK);
    CHECK_INT(sink->kind->write(sink, one.batch, &t.f.err), OK);
    CHECK_STR(content(&t, "t.ndjson"), "plain \"q\"\n");
    CHECK_INT(sink->kind->write(sink, two.batch, &t.f.err), OK);
    CHECK_INT(sink->kind->tell(sink, &at, &t.f.err), OK);
    sink->kind->close(sink);
    CHECK(content(&t, "t.ndjson") == NULL);
    const char *want = "{\"key\": \"k\", \"value\": \"plain \\\"q\\\"\"}\n"
                       "{\"key\": \"k\", \"value\": \"a\\nb\"}\n"
                       "{\"key\": null, \"value\": \"c\"}\n";
    CHECK_STR(content(&t, "t.records.ndjson"), want);
    CHECK_STR(read_topic(&t, 10, false), "t-0@0 1500000000123/0 k=plain \"q\"\n"
                                         "t-0@1 1500000000123/0 k=a\nb\n"
                                         "t-0@2 1500000000123/0 NULL=c\n");

    /* Later runs go on there. */
    CHECK_INT(sink_once(&t.f, connector_local_topic.sink, SINK_UPSERT, one.batch), OK);
    CHECK(content(&t, "t.ndjson") == NULL);
    CHECK(strlen(content(&t, "t.records.ndjson")) > strlen(want));
    open.resume = true;
    open.resume_position = buf_view(&at);
    CHECK_INT(connector_local_topic.sink->open(&open, &sink, &t.f.err), OK);
    sink->kind->close(sink);
    CHECK_STR(content(&t, "t.records.ndjson"), want);
    buf_done(&at);
    topic_end(&t);

    blink_sink(&t);
    put(&t, "t.ndjson", "begun\n");
    two = rows_make(&t.f, 1);
    set_text(&two, 1, 0, STR("a\nb"));
    CHECK_INT(sink_once(&t.f, connector_local_topic.sink, SINK_UPSERT, two.batch), E_DATA);
    CHECK_STR(content(&t, "t.ndjson"), "begun\n");
    topic_end(&t);
}

static void upserts(void)
{
    struct topic t;
    topic_begin(&t, "t", false);
    fixture_column(&t.f, "id", &type_int);
    fixture_column(&t.f, "s", &type_string);
    t.f.origins[0] = ORIGIN_KEY;
    fixture_option(&t.f, "key.format", "json");
    fixture_option(&t.f, "value.format", "json");
    fixture_option(&t.f, LOCAL_CONNECTOR_OPTION, "upsert-kafka");
    CHECK_INT(connector_local_topic.sink_modes(&t.f.table), SINK_APPEND | SINK_UPSERT);
    struct rows rows = rows_make(&t.f, 3);
    for (uint32_t i = 0; i < 3; i++) {
        set_number(&rows, 0, i, 7 + i);
        set_text(&rows, 1, i, STR("x"));
    }
    rows.changes[1] = CHANGE_UPDATE_AFTER;
    rows.changes[2] = CHANGE_DELETE;
    CHECK_INT(sink_once(&t.f, connector_local_topic.sink, SINK_UPSERT, rows.batch), OK);
    CHECK_STR(content(&t, "t.records.ndjson"),
              "{\"key\": \"{\\\"id\\\":7}\", \"value\": \"{\\\"id\\\":7,\\\"s\\\":\\\"x\\\"}\"}\n"
              "{\"key\": \"{\\\"id\\\":8}\", \"value\": \"{\\\"id\\\":8,\\\"s\\\":\\\"x\\\"}\"}\n"
              "{\"key\": \"{\\\"id\\\":9}\", \"value\": null}\n");
    CHECK(content(&t, "t.ndjson") == NULL);
    CHECK_STR(read_topic(&t, 10, false), "t-0@0 1500000000123/0 {\"id\":7}={\"id\":7,\"s\":\"x\"}\n"
                                         "t-0@1 1500000000123/0 {\"id\":8}={\"id\":8,\"s\":\"x\"}\n"
                                         "t-0@2 1500000000123/0 {\"id\":9}=NULL\n");
    fixture_option(&t.f, "value.fields-include", "EXCEPT_KEY");
    CHECK_INT(unlink(path_in(t.f.arena, t.folder, "t.records.ndjson")), 0);
    CHECK_INT(sink_once(&t.f, connector_local_topic.sink, SINK_UPSERT, rows.batch), OK);
    CHECK(strstr(content(&t, "t.records.ndjson"),
                 "{\"key\": \"{\\\"id\\\":7}\", \"value\": \"{\\\"s\\\":\\\"x\\\"}\"}") != NULL);
    topic_end(&t);
}

/* Key columns with a prefix of their own in the table. */
static void key_prefixes(void)
{
    struct topic t;
    topic_begin(&t, "t", false);
    fixture_column(&t.f, "k_id", &type_int);
    fixture_column(&t.f, "id", &type_int);
    t.f.origins[0] = ORIGIN_KEY;
    fixture_option(&t.f, "key.format", "json");
    fixture_option(&t.f, "value.format", "json");
    fixture_option(&t.f, "key.fields-prefix", "k_");
    fixture_option(&t.f, "value.fields-include", "EXCEPT_KEY");
    struct decoder *decoder;
    const uint32_t *columns;
    uint32_t count;
    struct str span = STR("{\"id\": 7, \"k_id\": 8}");
    for (int key = 0; key < 2; key++) {
        struct decoded got;
        CHECK_INT(table_open_decoder(&t.f.table, key, &t.f.bad_rows, t.f.arena, &decoder, &columns,
                                     &count, &t.f.err),
                  OK);
        CHECK_INT(count, 1);
        CHECK_INT(columns[0], key ? 0 : 1);
        CHECK_INT(decoder->kind->decode(decoder, t.f.arena, &span, 1, &got, &t.f.err), OK);
        CHECK_INT(COLUMN_AT(got.columns[0], int32_t, 0), 7);
        decoder->kind->close(decoder);
    }
    t.f.items[3].value = STR("x_");
    CHECK_INT(table_open_decoder(&t.f.table, true, &t.f.bad_rows, t.f.arena, &decoder, &columns,
                                 &count, &t.f.err),
              E_OPTION);
    t.f.items[1].value = STR("jsn");
    CHECK_INT(table_open_decoder(&t.f.table, true, &t.f.bad_rows, t.f.arena, &decoder, &columns,
                                 &count, &t.f.err),
              E_OPTION);
    topic_end(&t);
}

static void appends_and_changelogs(void)
{
    struct topic t;
    topic_begin(&t, "t", false);
    fixture_column(&t.f, "id", &type_int);
    fixture_option(&t.f, "format", "json");
    CHECK_INT(connector_local_topic.sink_modes(&t.f.table), SINK_APPEND);
    struct rows rows = rows_make(&t.f, 2);
    set_number(&rows, 0, 0, 7);
    set_number(&rows, 0, 1, 8);
    CHECK_INT(sink_once(&t.f, connector_local_topic.sink, SINK_APPEND, rows.batch), OK);
    CHECK_STR(content(&t, "t.ndjson"), "{\"id\":7}\n{\"id\":8}\n");
    t.f.items[1].value = STR("changelog-json");
    CHECK_INT(connector_local_topic.sink_modes(&t.f.table), SINK_APPEND | SINK_RETRACT);
    rows.changes[1] = CHANGE_DELETE;
    CHECK_INT(sink_once(&t.f, connector_local_topic.sink, SINK_RETRACT, rows.batch), OK);
    CHECK_STR(content(&t, "t.ndjson"),
              "{\"id\":7}\n{\"id\":8}\n{\"op\": \"+I\", \"data\": {\"id\": 7}}\n"
              "{\"op\": \"-D\", \"data\": {\"id\": 8}}\n");
    t.f.items[0].value = STR("a;b");
    CHECK_INT(sink_once(&t.f, connector_local_topic.sink, SINK_APPEND, rows.batch), E_OPTION);
    topic_end(&t);
}

static void what_is_no_text(void)
{
    struct topic t;
    blink_sink(&t);
    put(&t, "t.records.ndjson", "{}\n");
    struct rows rows = rows_make(&t.f, 2);
    set_text(&rows, 1, 0, STR("\xFF"));
    set_text(&rows, 1, 1, STR("x"));
    CHECK_INT(sink_once(&t.f, connector_local_topic.sink, SINK_UPSERT, rows.batch), OK);
    CHECK_STR(content(&t, "t.records.ndjson"), "{}\n{\"key\": null, \"value\": \"x\"}\n");
    CHECK_INT(t.f.bad_count, 1);
    CHECK_INT(t.f.bad_records[0], 0);
    topic_end(&t);
}

int main(void)
{
    RUN(plain);
    RUN(records);
    RUN(broken_records);
    RUN(several_topics);
    RUN(resuming);
    RUN(writing_values);
    RUN(writing_line_feeds);
    RUN(upserts);
    RUN(key_prefixes);
    RUN(appends_and_changelogs);
    RUN(what_is_no_text);
    return check_failed != 0;
}
