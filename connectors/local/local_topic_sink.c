/* local_topic_sink.c -- writes a topic to its file.
 *
 * Values go to T.ndjson, a line each, behind what is there.  A sink whose deletes
 * are tombstones (upsert-kafka) writes T.records.ndjson, where keys and missing
 * values have a place; so does one that finds a topic begun in that form.
 *
 * A value with a line feed has no place in T.ndjson.  If the file had something in
 * it before this run, that is an error; otherwise what this run has written to it
 * moves to T.records.ndjson, with the keys (topic_keys.h), and the sink goes on there; so does a
 * start from a snapshot that is older than the move.
 *
 * With upsert-kafka's sink.buffer-flush.* records wait for later ones of their key, as they do in
 * front of a broker. */
#include "local/local_topic.h"

#include "base/memory.h"
#include "base/number.h"
#include "base/utf8.h"
#include "local/file_out.h"
#include "local/line_reader.h"
#include "local/local.h"
#include "local/topic_files.h"
#include "local/topic_keys.h"
#include "connector/topic_fold.h"
#include "connector/topic_record.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum manner {
    MANNER_VALUES,     /* inserts and updates are messages, the rest is left out */
    MANNER_TOMBSTONES, /* deletes are messages without value */
    MANNER_ENCODED,    /* the format writes all kinds of changes */
};

struct topic_sink {
    struct sink base;
    struct arena *arena;
    struct file_out out;
    struct bad_rows *bad_rows;
    enum manner manner;
    bool is_records;
    bool was_begun;         /* T.ndjson had something in it before this run */
    struct topic_keys keys; /* kept while lines may become records */
    char *plain_path;
    char *records_path;
    char *keys_path;
    struct encoder *value; /* NULL: value_column has the bytes */
    struct encoder *key;   /* the same with key_column */
    int value_column;      /* -1: none */
    int key_column;
    int timestamp_column;
    int headers_column;
    struct buf value_text; /* of one row */
    struct buf key_text;
    struct topic_fold *fold; /* owned; NULL: records do not wait */
    struct buf record;       /* that is to wait */
};

/* ---- opening ---- */

static void topic_sink_close(struct sink *base)
{
    struct topic_sink *s = (struct topic_sink *)base;
    if (!s)
        return;
    if (s->value)
        s->value->kind->close(s->value);
    if (s->key)
        s->key->kind->close(s->key);
    file_out_close(&s->out);
    topic_keys_close(&s->keys);
    topic_fold_destroy(s->fold);
    buf_done(&s->value_text);
    buf_done(&s->key_text);
    buf_done(&s->record);
    arena_destroy(s->arena);
    mem_free(s);
}

static void find_columns(struct topic_sink *s, const struct table_def *table)
{
    for (uint32_t i = 0; i < table->schema->count; i++) {
        if (!table->origins || table->origins[i] != ORIGIN_META)
            continue;
        int *column = table->metas[i] == META_VALUE_BYTES ? &s->value_column
                      : table->metas[i] == META_KEY_BYTES ? &s->key_column
                      : table->metas[i] == META_TIMESTAMP ? &s->timestamp_column
                      : table->metas[i] == META_HEADERS   ? &s->headers_column
                                                          : NULL;
        if (column)
            *column = (int)i;
    }
}

static enum manner manner_of(const struct topic_sink *s, const struct sink_open *open)
{
    const struct table_def *table = open->table;
    if (s->value_column >= 0 || table->blink)
        return MANNER_VALUES;
    struct str asked = options_get(table->options, LOCAL_CONNECTOR_OPTION);
    if (str_iis(asked, "upsert-kafka"))
        return MANNER_TOMBSTONES;
    const struct format *format = table_format(table, false);
    if (format && (format->carries & CARRIES_DELETE) != 0)
        return MANNER_ENCODED;
    return open->mode == SINK_UPSERT ? MANNER_TOMBSTONES : MANNER_VALUES;
}

static bool has_content(const char *path)
{
    struct stat found;
    return stat(path, &found) == 0 && found.st_size > 0;
}

static bool has_file(const char *path)
{
    struct stat found;
    return stat(path, &found) == 0;
}

/* Adds up the lines of records until their values are `length` bytes of lines. */
static enum code count_moved(struct line_reader *reader, struct topic_records *records,
                             struct arena *arena, int64_t length, int64_t *ret, struct error *err)
{
    enum { LINES = 256 };
    struct str lines[LINES];
    struct topic_record parsed[LINES];
    const char *reasons[LINES];
    enum line_state state = LINES_MORE;
    int64_t plain = 0;
    *ret = 0;
    while (state == LINES_MORE) {
        uint32_t count = 0;
        TRY(line_reader_fill(reader, arena, lines, NULL, LINES, &count, &state, err));
        TRY(topic_records_parse(records, arena, lines, count, parsed, reasons, err));
        for (uint32_t i = 0; i < count; i++) {
            if (plain >= length)
                return OK;
            plain += (int64_t)parsed[i].value.size + 1;
            *ret += (int64_t)lines[i].size + 1;
        }
        arena_reset(arena);
    }
    return OK;
}

static enum code open_lines(const char *path, int *ret_fd, struct line_reader **ret,
                            struct error *err)
{
    *ret_fd = open(path, O_RDONLY | O_CLOEXEC);
    if (*ret_fd < 0)
        return error_set(err, E_IO, "could not open \"%s\": %s", path, strerror(errno));
    struct line_options options = {
        .path = path,
        .fd = *ret_fd,
        .size = -1,
        .line_bytes_max = INT64_MAX,
        .keeps_cr = true,
    };
    return line_reader_create(&options, (struct line_position){ 0, 0 }, ret, err);
}

/* After the snapshot the lines were moved to the file of records: where in it do those end that the
 * snapshot stands for? */
static enum code find_moved(struct topic_sink *s, int64_t length, int64_t *ret, struct error *err)
{
    int fd = -1;
    struct line_reader *reader = NULL;
    struct topic_records *records = NULL;
    struct arena *arena = arena_create();
    enum code code = arena ? OK : error_nomem(err);
    if (code == OK)
        code = open_lines(s->records_path, &fd, &reader, err);
    if (code == OK)
        code = topic_records_create(&records, err);
    if (code == OK)
        code = count_moved(reader, records, arena, length, ret, err);
    topic_records_destroy(records);
    line_reader_destroy(reader);
    arena_destroy(arena);
    if (fd >= 0)
        close(fd);
    return code;
}

/* Can it come to records, and is there more to a message than its value?  JSON has no line feed. */
static bool keeps_keys(const struct topic_sink *s, const struct table_def *table)
{
    const struct format *format = table_format(table, false);
    return !s->is_records && !s->was_begun &&
           (s->value_column >= 0 || !format || !str_ends(str_of(format->name), STR("json"))) &&
           (s->key || s->key_column >= 0 || s->timestamp_column >= 0 || s->headers_column >= 0);
}

/* "lines 120 60 3 0": the form of the file, its length, and the position of the keys if they are
 * kept. */
static bool parse_position(struct str text, int64_t *numbers, uint32_t cap, uint32_t *ret_count,
                           struct str *ret_form)
{
    size_t blank = str_find_byte(text, ' ');
    *ret_form = str_make(text.data, MIN(blank, text.size));
    for (*ret_count = 0; blank != (size_t)-1 && *ret_count < cap; (*ret_count)++) {
        text = str_make(text.data + blank + 1, text.size - blank - 1);
        blank = str_find_byte(text, ' ');
        if (!number_parse_i64(text.data, MIN(blank, text.size), &numbers[*ret_count]))
            return false;
    }
    return *ret_count == 1 || *ret_count == cap;
}

static enum code resume_out(struct topic_sink *s, const struct sink_open *open, struct error *err)
{
    struct str position = open->resume_position, form;
    int64_t numbers[4];
    uint32_t count;
    if (!parse_position(position, numbers, countof(numbers), &count, &form))
        return error_set(err, E_DATA, "position \"" STR_FMT "\" of \"%s\" is none",
                         STR_ARG(position), s->plain_path);
    s->is_records = str_is(form, "records");
    if (!s->is_records && !has_file(s->plain_path) && has_file(s->records_path)) {
        s->is_records = true;
        TRY(find_moved(s, numbers[0], &numbers[0], err));
    }
    s->was_begun = str_is(form, "begun");
    if (count > 1 && keeps_keys(s, open->table)) {
        struct topic_keys_position keys = { numbers[1], (uint64_t)numbers[2],
                                            (uint64_t)numbers[3] };
        TRY(topic_keys_open(&s->keys, s->keys_path, &keys, err));
    }
    return file_out_open(&s->out, str_of(s->is_records ? s->records_path : s->plain_path),
                         FILE_OUT_RESUME, numbers[0], err);
}

static enum code open_out(struct topic_sink *s, const struct sink_open *open, struct error *err)
{
    if (open->resume)
        return resume_out(s, open, err);
    s->was_begun = has_content(s->plain_path);
    s->is_records =
        s->manner == MANNER_TOMBSTONES || (!s->was_begun && has_content(s->records_path));
    if (keeps_keys(s, open->table))
        TRY(topic_keys_open(&s->keys, s->keys_path, NULL, err));
    return file_out_open(&s->out, str_of(s->is_records ? s->records_path : s->plain_path),
                         FILE_OUT_APPEND, 0, err);
}

static enum code prepare(struct topic_sink *s, const struct sink_open *open, struct error *err)
{
    const struct table_def *table = open->table;
    struct str topic;
    s->arena = arena_create();
    if (!s->arena)
        return error_nomem(err);
    TRY(topic_of_sink(table, &topic, err));
    TRY(topic_file_path(s->arena, table->data_dir, topic, false, &s->plain_path, err));
    TRY(topic_file_path(s->arena, table->data_dir, topic, true, &s->records_path, err));
    if (!(s->keys_path = arena_printf(s->arena, "%s.keys", s->plain_path)))
        return error_nomem(err);
    find_columns(s, table);
    if (s->value_column < 0) {
        TRY(table_open_encoder(table, false, s->arena, &s->value, err));
        if (!s->value)
            return error_set(err, E_PLAN, "table \"" STR_FMT "\" has no column for the message",
                             STR_ARG(table->name));
    }
    if (s->key_column < 0)
        TRY(table_open_encoder(table, true, s->arena, &s->key, err));
    s->manner = manner_of(s, open);
    if (s->manner == MANNER_TOMBSTONES)
        TRY(topic_fold_create(table, &s->fold, err));
    return open_out(s, open, err);
}

static enum code topic_sink_open(const struct sink_open *open, struct sink **ret, struct error *err)
{
    struct topic_sink *s = mem_zalloc(sizeof *s);
    if (!s)
        return error_nomem(err);
    s->base.kind = &local_topic_sink;
    s->bad_rows = open->bad_rows;
    s->value_column = s->key_column = s->timestamp_column = s->headers_column = -1;
    buf_init(&s->value_text, 1 << 30);
    buf_init(&s->key_text, 1 << 30);
    buf_init(&s->record, 1 << 30);
    enum code code = prepare(s, open, err);
    if (code != OK) {
        topic_sink_close(&s->base);
        return code;
    }
    *ret = &s->base;
    return OK;
}

/* ---- from lines to records ---- */

static enum code begin_records(struct topic_sink *s, struct error *err)
{
    if (s->was_begun) {
        error_set(err, E_DATA, "cannot write a message with a line feed in it to \"%s\"",
                  s->plain_path);
        error_detail(err,
                     "The file holds a message a line and had content before this run; "
                     "\"%s\" could hold such messages.",
                     s->records_path);
        return E_DATA;
    }
    TRY(file_out_drain(&s->out, err));
    file_out_close(&s->out);
    TRY(file_out_open(&s->out, str_of(s->records_path), FILE_OUT_APPEND, 0, err));
    TRY(topic_keys_move(&s->keys, s->plain_path, &s->out, err));
    s->is_records = true;
    topic_keys_close(&s->keys);
    s->keys.path = NULL;
    if (unlink(s->plain_path) != 0)
        return error_set(err, E_IO, "could not remove \"%s\": %s", s->plain_path, strerror(errno));
    return OK;
}

/* ---- writing ---- */

static enum code report(struct topic_sink *s, uint32_t row, const char *reason, struct error *err)
{
    struct bad_row bad = {
        .reason = str_of(reason),
        .raw = buf_view(&s->value_text),
        .place = str_of(s->out.path),
        .offset = -1,
        .record = row,
    };
    return bad_row_report(s->bad_rows, &bad, err);
}

/* The bytes of one part of the message: a column's, or what the encoder makes.  .data NULL: none.
 * A reason why the row cannot be written goes to *ret_why. */
static enum code part_of(struct encoder *encoder, int column, const struct batch *in, uint32_t row,
                         struct buf *text, struct str *ret, struct error *why)
{
    *ret = (struct str){ NULL, 0 };
    if (column >= 0) {
        const struct column *c = in->columns[column];
        if (column_is_valid(c, row)) {
            *ret = view_str(COLUMN_AT(c, struct view, row));
            if (!ret->data)
                ret->data = "";
        }
        return OK;
    }
    if (!encoder)
        return OK;
    buf_clear(text);
    bool is_null = false;
    TRY(encoder->kind->encode(encoder, in, row, text, &is_null, why));
    TRY(buf_check(text, why));
    if (!is_null)
        *ret = str_make(text->data ? text->data : "", text->size);
    return OK;
}

static void fill_metas(const struct topic_sink *s, const struct batch *in, uint32_t row,
                       struct topic_record_out *record)
{
    if (s->timestamp_column >= 0) {
        const struct column *c = in->columns[s->timestamp_column];
        if (column_is_valid(c, row)) {
            int64_t us = COLUMN_AT(c, int64_t, row);
            record->has_timestamp = true;
            record->timestamp_ms = us / 1000 - (us % 1000 < 0);
        }
    }
    if (s->headers_column >= 0) {
        record->headers = in->columns[s->headers_column];
        record->headers_row = row;
    }
}

/* What waits goes to the file. */
static enum code put_folded(struct topic_sink *s, struct error *err)
{
    if (!s->fold)
        return OK;
    for (uint32_t i = 0; i < topic_fold_count(s->fold); i++)
        buf_str(&s->out.buf, topic_fold_at(s->fold, i).value);
    TRY(buf_check(&s->out.buf, err));
    topic_fold_clear(s->fold);
    return OK;
}

static enum code fold_record(struct topic_sink *s, const struct topic_record_out *record,
                             struct error *err)
{
    buf_clear(&s->record);
    topic_record_write(&s->record, record);
    TRY(buf_check(&s->record, err));
    struct topic_fold_entry entry = { .key = record->key, .value = buf_view(&s->record) };
    TRY(topic_fold_put(s->fold, &entry, err));
    return topic_fold_is_full(s->fold) ? put_folded(s, err) : OK;
}

static bool is_text(struct str part)
{
    return !part.data || utf8_valid(part.data, part.size);
}

static enum code put_record(struct topic_sink *s, const struct batch *in, uint32_t row,
                            struct str value, struct error *err)
{
    struct topic_record_out record = { .value = value };
    struct error why;
    enum code code = part_of(s->key, s->key_column, in, row, &s->key_text, &record.key, &why);
    if (code == E_DATA)
        return report(s, row, why.message, err);
    if (code != OK) {
        if (err)
            *err = why;
        return code;
    }
    if (!is_text(record.key) || !is_text(record.value))
        return report(s, row, "message is not UTF-8, and has no line of JSON for it", err);
    fill_metas(s, in, row, &record);
    if (s->fold && record.key.data)
        return fold_record(s, &record, err);
    topic_record_write(&s->out.buf, &record);
    return OK;
}

/* A key that cannot be written is no reason to leave out a line, which has none. */
static enum code keep_key(struct topic_sink *s, const struct batch *in, uint32_t row,
                          struct str value, struct error *err)
{
    struct topic_record_out record = { .value = value };
    struct error why;
    enum code code = part_of(s->key, s->key_column, in, row, &s->key_text, &record.key, &why);
    if (code != OK && code != E_DATA) {
        if (err)
            *err = why;
        return code;
    }
    fill_metas(s, in, row, &record);
    return topic_keys_add(&s->keys, &record, err);
}

static enum code write_row(struct topic_sink *s, const struct batch *in, uint32_t row,
                           bool is_tombstone, struct error *err)
{
    struct str value = { NULL, 0 };
    struct error why;
    if (!is_tombstone) {
        enum code code = part_of(s->value, s->value_column, in, row, &s->value_text, &value, &why);
        if (code == E_DATA)
            return report(s, row, why.message, err);
        if (code != OK) {
            if (err)
                *err = why;
            return code;
        }
    }
    if (!s->is_records && value.size > 0 && memchr(value.data, '\n', value.size))
        TRY(begin_records(s, err));
    if (s->is_records)
        return put_record(s, in, row, value, err);
    buf_str(&s->out.buf, value);
    buf_char(&s->out.buf, '\n');
    return s->keys.path ? keep_key(s, in, row, value, err) : OK;
}

static enum code topic_sink_write(struct sink *base, const struct batch *in, struct error *err)
{
    struct topic_sink *s = (struct topic_sink *)base;
    for (uint32_t i = 0; i < in->selected; i++) {
        uint32_t row = batch_row(in, i);
        enum change change = batch_change(in, row);
        bool is_tombstone = false;
        if (s->manner != MANNER_ENCODED) {
            if (change == CHANGE_UPDATE_BEFORE ||
                (change == CHANGE_DELETE && s->manner == MANNER_VALUES))
                continue;
            is_tombstone = change == CHANGE_DELETE;
        }
        TRY(write_row(s, in, row, is_tombstone, err));
        if (s->out.buf.size >= FILE_OUT_BYTES)
            TRY(file_out_drain(&s->out, err));
    }
    return file_out_drain(&s->out, err);
}

static enum code topic_sink_flush_start(struct sink *base, struct error *err)
{
    struct topic_sink *s = (struct topic_sink *)base;
    TRY(put_folded(s, err));
    TRY(topic_keys_sync(&s->keys, err));
    return file_out_sync(&s->out, err);
}

static enum code topic_sink_flush_poll(struct sink *base, bool *ret_done, struct error *err)
{
    (void)base;
    (void)err;
    *ret_done = true;
    return OK;
}

static int topic_sink_wake_fd(struct sink *base)
{
    (void)base;
    return -1;
}

static enum code topic_sink_tell(struct sink *base, struct buf *out, struct error *err)
{
    struct topic_sink *s = (struct topic_sink *)base;
    TRY(put_folded(s, err));
    TRY(file_out_drain(&s->out, err));
    buf_text(out, s->is_records ? "records " : s->was_begun ? "begun " : "lines ");
    buf_i64(out, s->out.length);
    if (s->keys.path) {
        struct topic_keys_position keys;
        TRY(topic_keys_tell(&s->keys, &keys, err));
        buf_printf(out, " %" PRId64 " %" PRIu64 " %" PRIu64, keys.bytes, keys.rows, keys.first);
    }
    return buf_check(out, err);
}

static int64_t topic_sink_tick_ms(struct sink *base)
{
    const struct topic_sink *s = (struct topic_sink *)base;
    return s->fold ? topic_fold_due_ms(s->fold) : -1;
}

static enum code topic_sink_tick(struct sink *base, struct error *err)
{
    struct topic_sink *s = (struct topic_sink *)base;
    if (!s->fold || topic_fold_due_ms(s->fold) != 0)
        return OK;
    TRY(put_folded(s, err));
    return file_out_drain(&s->out, err);
}

static void topic_sink_status(struct sink *base, struct sink_status *ret)
{
    const struct topic_sink *s = (struct topic_sink *)base;
    *ret = (struct sink_status){
        .pending_rows = s->fold ? topic_fold_count(s->fold) : 0,
        .guarantee = "at-least-once",
    };
}

const struct sink_kind local_topic_sink = {
    .open = topic_sink_open,
    .write = topic_sink_write,
    .flush_start = topic_sink_flush_start,
    .flush_poll = topic_sink_flush_poll,
    .wake_fd = topic_sink_wake_fd,
    .tell = topic_sink_tell,
    .tick_ms = topic_sink_tick_ms,
    .tick = topic_sink_tick,
    .status = topic_sink_status,
    .close = topic_sink_close,
};
