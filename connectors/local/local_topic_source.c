/* local_topic_source.c -- reads topics from their files.
 *
 * The files of a table are read one after the other, each to the size it had when
 * the source opened.  A split is a partition of a topic; it comes into being with
 * its first record.  In T.ndjson every line is a message of partition 0, also an
 * empty one, byte for byte.  In T.records.ndjson a line says where it belongs, and
 * one that cannot be read is a bad row.
 *
 * Offsets that a line does not give count from 0 within the partition.  A time that
 * it does not give is the clock's, with timestamp type 0 ("none"); a given one has
 * type 1.  Positions are per file: bytes, lines, and for records "partition=next
 * offset" of every partition seen. */
#include "local/local_topic.h"

#include "base/clock.h"
#include "base/memory.h"
#include "base/number.h"
#include "local/line_reader.h"
#include "local/local.h"
#include "local/open_files.h"
#include "local/topic_files.h"
#include "connector/topic_record.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { LINE_BYTES_MAX = 64 << 20 };

struct split {
    uint32_t file;
    int32_t partition;
    int64_t lines; /* seen: the offset of the next record that does not say one */
    char *name;    /* "topic-3" */
};

struct topic_source {
    struct source base;
    const struct table_def *table;
    struct source_share share; /* of the files */
    struct bad_rows *bad_rows;
    struct arena *arena;
    struct topic_file *files;
    struct line_position *at; /* one a file, while it is not the open one */
    uint32_t file_count;
    uint32_t known_files; /* of which open_files was told */
    uint32_t current;
    int fd;
    struct line_reader *reader;
    struct topic_records *records;
    struct split *splits;
    uint32_t split_count;
    uint32_t split_cap;
    uint32_t last_split;
};

/* ---- splits ---- */

/* Partitions of a topic are few, and neighbours mostly of one, so a search from the last one will
 * do. */
static enum code find_split(struct topic_source *s, uint32_t file, int32_t partition, uint32_t *ret,
                            struct error *err)
{
    if (s->last_split < s->split_count && s->splits[s->last_split].file == file &&
        s->splits[s->last_split].partition == partition) {
        *ret = s->last_split;
        return OK;
    }
    uint32_t i = 0;
    while (i < s->split_count && (s->splits[i].file != file || s->splits[i].partition != partition))
        i++;
    if (i == s->split_count) {
        struct split split = { .file = file, .partition = partition };
        split.name =
            arena_printf(s->arena, STR_FMT "-%d", STR_ARG(s->files[file].topic), partition);
        if (!split.name || !ARENA_PUSH(s->arena, s->splits, s->split_count, s->split_cap, split))
            return error_nomem(err);
    }
    s->last_split = i;
    *ret = i;
    return OK;
}

/* ---- opening and closing ---- */

static void topic_source_close(struct source *base)
{
    struct topic_source *s = (struct topic_source *)base;
    if (!s)
        return;
    line_reader_destroy(s->reader);
    if (s->fd >= 0)
        close(s->fd);
    for (uint32_t i = 0; i < s->known_files; i++)
        open_files_remove(&s->files[i].stat);
    topic_records_destroy(s->records);
    arena_destroy(s->arena);
    mem_free(s);
}

static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

static enum code bad_position(const struct split_position *from, struct error *err)
{
    return error_set(err, E_DATA, "position \"" STR_FMT "\" of \"" STR_FMT "\" is none",
                     STR_ARG(from->position), STR_ARG(from->split));
}

static struct str next_word(struct str *text)
{
    *text = str_trim(*text);
    size_t blank = str_find_byte(*text, ' ');
    struct str word = str_make(text->data, blank == (size_t)-1 ? text->size : blank);
    *text = str_make(text->data + word.size, text->size - word.size);
    return word;
}

static enum code resume_file(struct topic_source *s, uint32_t file,
                             const struct split_position *from, struct error *err)
{
    struct str rest = from->position;
    struct str bytes = next_word(&rest), lines = next_word(&rest);
    struct line_position at;
    if (!number_parse_i64(bytes.data, bytes.size, &at.bytes) ||
        !number_parse_i64(lines.data, lines.size, &at.lines) || at.bytes < 0 || at.lines < 0)
        return bad_position(from, err);
    s->at[file] = at;
    for (struct str word = next_word(&rest); word.size > 0; word = next_word(&rest)) {
        size_t sign = str_find_byte(word, '=');
        int64_t partition, offset;
        uint32_t split;
        if (sign == (size_t)-1 || !number_parse_i64(word.data, sign, &partition) ||
            !number_parse_i64(word.data + sign + 1, word.size - sign - 1, &offset) ||
            partition < 0 || partition > INT32_MAX)
            return bad_position(from, err);
        TRY(find_split(s, file, (int32_t)partition, &split, err));
        s->splits[split].lines = offset;
    }
    return OK;
}

static bool is_ours(const struct topic_source *s, uint32_t file)
{
    return source_share_has(&s->share, file);
}

static void pass_over_others(struct topic_source *s)
{
    while (s->current < s->file_count && !is_ours(s, s->current))
        s->current++;
}

static enum code resume(struct topic_source *s, const struct source_open *open, struct error *err)
{
    for (uint32_t i = 0; i < open->resume_count; i++) {
        const struct split_position *from = &open->resume[i];
        uint32_t f = 0;
        while (f < s->file_count && !str_is(from->split, base_name(s->files[f].path)))
            f++;
        if (f == s->file_count)
            return error_set(err, E_IO, "cannot go on reading \"" STR_FMT "\": it is gone",
                             STR_ARG(from->split));
        if (is_ours(s, f))
            TRY(resume_file(s, f, from, err));
    }
    return OK;
}

static enum code prepare(struct topic_source *s, const struct source_open *open, struct error *err)
{
    s->arena = arena_create();
    if (!s->arena)
        return error_nomem(err);
    TRY(topic_files_find(s->arena, s->table, &s->files, &s->file_count, err));
    s->at = arena_array(s->arena, struct line_position, s->file_count);
    if (!s->at)
        return error_nomem(err);
    for (uint32_t i = 0; i < s->file_count; i++) {
        TRY(open_files_add(&s->files[i].stat, err));
        s->known_files++;
        if (s->files[i].is_records && !s->records)
            TRY(topic_records_create(&s->records, err));
    }
    TRY(resume(s, open, err));
    pass_over_others(s);
    return OK;
}

static enum code topic_source_open(const struct source_open *open, struct source **ret,
                                   struct error *err)
{
    struct topic_source *s = mem_zalloc(sizeof *s);
    if (!s)
        return error_nomem(err);
    s->base.kind = &local_topic_source;
    s->table = open->table;
    s->bad_rows = open->bad_rows;
    s->share = open->share ? *open->share : (struct source_share){ .workers = 1 };
    s->fd = -1;
    enum code code = prepare(s, open, err);
    if (code != OK) {
        topic_source_close(&s->base);
        return code;
    }
    *ret = &s->base;
    return OK;
}

/* ---- reading ---- */

static enum code open_current(struct topic_source *s, struct error *err)
{
    const struct topic_file *file = &s->files[s->current];
    s->fd = open(file->path, O_RDONLY | O_CLOEXEC);
    if (s->fd < 0)
        return error_set(err, E_IO, "could not open \"%s\": %s", file->path, strerror(errno));
    posix_fadvise(s->fd, 0, 0, POSIX_FADV_SEQUENTIAL);
    struct line_options lines = {
        .path = file->path,
        .fd = s->fd,
        .size = (int64_t)file->stat.st_size,
        .line_bytes_max = LINE_BYTES_MAX,
        .keeps_cr = true,
        .skips_blank_lines = file->is_records,
        .bad_rows = s->bad_rows,
    };
    enum code code = line_reader_create(&lines, s->at[s->current], &s->reader, err);
    if (code != OK) {
        close(s->fd);
        s->fd = -1;
    }
    return code;
}

static void close_current(struct topic_source *s)
{
    s->at[s->current] = line_reader_tell(s->reader);
    line_reader_destroy(s->reader);
    s->reader = NULL;
    close(s->fd);
    s->fd = -1;
    s->current++;
    pass_over_others(s);
}

static int64_t clock_ms(const struct topic_source *s)
{
    if (!s->table->clock)
        return INT64_MIN;
    int64_t us = clock_now_us(s->table->clock);
    return us / 1000 - (us % 1000 < 0);
}

/* Lines [first, out->count) are messages as they stand. */
static enum code take_plain(struct topic_source *s, struct records *out, uint32_t first,
                            struct error *err)
{
    if (first == out->count)
        return OK;
    uint32_t split;
    TRY(find_split(s, s->current, 0, &split, err));
    int64_t now_ms = clock_ms(s);
    for (uint32_t i = first; i < out->count; i++) {
        out->keys[i] = (struct str){ NULL, 0 };
        out->splits[i] = split;
        out->timestamps_ms[i] = now_ms;
        out->timestamp_types[i] = 0;
    }
    s->splits[split].lines = out->offsets[out->count - 1] + 1;
    return OK;
}

static enum code report(struct topic_source *s, const struct records *out, uint32_t i,
                        const char *reason, struct error *err)
{
    char text[160];
    snprintf(text, sizeof text, "line %lld: %s", (long long)out->offsets[i] + 1, reason);
    struct bad_row bad = {
        .reason = str_of(text),
        .raw = out->values[i],
        .place = str_of(s->files[s->current].path),
        .offset = out->offsets[i],
        .record = i,
    };
    return bad_row_report(s->bad_rows, &bad, err);
}

/* Lines [first, out->count) are read as records, which take their places. */
static enum code take_records(struct topic_source *s, struct records *out, uint32_t first,
                              struct error *err)
{
    uint32_t n = out->count - first, kept = 0;
    struct topic_record *records = arena_alloc(out->arena, sizeof *records * (size_t)MAX(n, 1));
    const char **reasons = arena_array(out->arena, const char *, MAX(n, 1));
    if (!records || !reasons)
        return error_nomem(err);
    TRY(topic_records_parse(s->records, out->arena, out->values + first, n, records, reasons, err));
    int64_t now_ms = clock_ms(s);
    for (uint32_t i = 0; i < n; i++) {
        if (reasons[i]) {
            TRY(report(s, out, first + i, reasons[i], err));
            continue;
        }
        const struct topic_record *record = &records[i];
        uint32_t split, at = first + kept;
        TRY(find_split(s, s->current, record->partition, &split, err));
        int64_t line = s->splits[split].lines++;
        int64_t offset = record->has_offset ? record->offset : line;
        out->values[at] = record->value;
        out->keys[at] = record->key;
        out->splits[at] = split;
        out->offsets[at] = offset;
        out->timestamps_ms[at] = record->has_timestamp ? record->timestamp_ms : now_ms;
        out->timestamp_types[at] = record->has_timestamp;
        records[kept++] = *record;
    }
    out->count = first + kept;
    if (out->headers && out->want_headers)
        TRY(topic_records_headers(out->arena, records, kept, out->headers, err));
    return OK;
}

/* Every record has a map, most of them an empty one; made here if the engine did not. */
static enum code begin_headers(struct records *out, struct error *err)
{
    if (!out->want_headers)
        return OK;
    if (!out->headers)
        out->headers = column_create(out->arena, &topic_headers_type, out->cap);
    if (!out->headers)
        return error_nomem(err);
    memset(out->headers->values, 0, sizeof(struct list_slot) * out->cap);
    return topic_records_headers(out->arena, NULL, 0, out->headers, err);
}

static enum code topic_source_poll(struct source *base, struct records *out,
                                   enum poll_state *ret_state, struct error *err)
{
    struct topic_source *s = (struct topic_source *)base;
    out->count = 0;
    TRY(begin_headers(out, err));
    while (s->current < s->file_count) {
        if (!s->reader)
            TRY(open_current(s, err));
        bool is_records = s->files[s->current].is_records;
        uint32_t first = out->count;
        enum line_state state;
        TRY(line_reader_fill(s->reader, out->arena, out->values, out->offsets, out->cap,
                             &out->count, &state, err));
        TRY(is_records ? take_records(s, out, first, err) : take_plain(s, out, first, err));
        if (state == LINES_END)
            close_current(s);
        /* One file a call, so that headers are those of one; and never a call without a row
         * while there are some. */
        if (out->count > 0)
            break;
    }
    if (out->headers)
        out->headers->count = out->count;
    *ret_state = s->current == s->file_count ? POLL_END : POLL_MORE;
    return OK;
}

static int topic_source_wake_fd(struct source *base)
{
    (void)base;
    return -1;
}

static uint32_t topic_source_split_count(struct source *base)
{
    return ((struct topic_source *)base)->split_count;
}

static struct str topic_source_split_name(struct source *base, uint32_t split)
{
    return str_of(((struct topic_source *)base)->splits[split].name);
}

static struct str topic_source_split_topic(struct source *base, uint32_t split)
{
    struct topic_source *s = (struct topic_source *)base;
    return s->files[s->splits[split].file].topic;
}

static int32_t topic_source_split_partition(struct source *base, uint32_t split)
{
    return ((struct topic_source *)base)->splits[split].partition;
}

static enum code print_position(struct topic_source *s, uint32_t file, struct buf *out,
                                struct error *err)
{
    struct line_position at =
        s->reader && file == s->current ? line_reader_tell(s->reader) : s->at[file];
    buf_printf(out, "%lld %lld", (long long)at.bytes, (long long)at.lines);
    for (uint32_t i = 0; i < s->split_count && s->files[file].is_records; i++)
        if (s->splits[i].file == file)
            buf_printf(out, " %d=%lld", s->splits[i].partition,
                       (long long)s->splits[i].lines);
    return buf_check(out, err);
}

static enum code topic_source_tell(struct source *base, struct arena *arena,
                                   struct split_position **ret, uint32_t *ret_count,
                                   struct error *err)
{
    struct topic_source *s = (struct topic_source *)base;
    struct split_position *positions = arena_array(arena, struct split_position, s->file_count);
    if (!positions)
        return error_nomem(err);
    struct buf text;
    buf_init(&text, 64 << 20);
    enum code code = OK;
    uint32_t n = 0;
    for (uint32_t i = 0; i < s->file_count && code == OK; i++) {
        if (!is_ours(s, i))
            continue;
        buf_clear(&text);
        code = print_position(s, i, &text, err);
        if (code != OK)
            break;
        positions[n].split = arena_str(arena, str_of(base_name(s->files[i].path)));
        positions[n].position = arena_str(arena, buf_view(&text));
        if (!positions[n].split.data || !positions[n].position.data)
            code = error_nomem(err);
        n++;
    }
    buf_done(&text);
    if (code != OK)
        return code;
    *ret = positions;
    *ret_count = n;
    return OK;
}

/* ---- do all records have a time? ---- */

static enum code ignore_bad_row(struct bad_rows *self, const struct bad_row *row, struct error *err)
{
    (void)self;
    (void)row;
    (void)err;
    return OK;
}

static enum code scan(struct topic_source *s, struct records *out, bool *ret, struct error *err)
{
    enum poll_state state = POLL_MORE;
    bool all = true;
    while (state != POLL_END && all) {
        TRY(topic_source_poll(&s->base, out, &state, err));
        for (uint32_t i = 0; i < out->count && all; i++)
            all = out->timestamp_types[i] != 0;
        arena_reset(out->arena);
    }
    *ret = all;
    return OK;
}

/* Reads the files once more, from their beginning, with a source of its own. */
static enum code topic_source_is_timed(struct source *base, bool *ret, struct error *err)
{
    enum { ROWS = 256 };
    struct str values[ROWS], keys[ROWS];
    uint32_t splits[ROWS];
    int64_t offsets[ROWS], timestamps_ms[ROWS];
    uint8_t timestamp_types[ROWS];
    struct bad_rows bad_rows = { .report = ignore_bad_row };
    const struct table_def *table = ((struct topic_source *)base)->table;
    struct source_open open = { .table = table, .until_end = true, .bad_rows = &bad_rows };
    struct records out = {
        .cap = ROWS,
        .values = values,
        .keys = keys,
        .splits = splits,
        .offsets = offsets,
        .timestamps_ms = timestamps_ms,
        .timestamp_types = timestamp_types,
    };
    struct source *source;
    TRY(topic_source_open(&open, &source, err));
    out.arena = arena_create();
    enum code code =
        out.arena ? scan((struct topic_source *)source, &out, ret, err) : error_nomem(err);
    arena_destroy(out.arena);
    topic_source_close(source);
    return code;
}

static bool topic_source_has_splits(struct source *base)
{
    const struct topic_source *s = (const struct topic_source *)base;
    return s->current < s->file_count;
}

const struct source_kind local_topic_source = {
    .open = topic_source_open,
    .poll = topic_source_poll,
    .wake_fd = topic_source_wake_fd,
    .split_count = topic_source_split_count,
    .split_name = topic_source_split_name,
    .split_topic = topic_source_split_topic,
    .split_partition = topic_source_split_partition,
    .tell = topic_source_tell,
    .is_timed = topic_source_is_timed,
    .shares = true,
    .has_splits = topic_source_has_splits,
    .close = topic_source_close,
};
