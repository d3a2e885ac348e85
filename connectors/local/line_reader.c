/* line_reader.c -- see line_reader.h.
 *
 * Unread bytes are data[start, end) of the current block.  A block is only ever
 * appended to: what was handed out of it lies before `start` and stays as it is.
 * When the room behind `end` gets short, the unfinished line at the end is copied
 * to the front of a new block.  A line that outgrows the limit is reported and
 * everything up to its line feed is dropped unread.
 *
 * A block is counted once by the reader and once by each arena that may hold lines
 * of it; a pool is counted by its reader and by each of its blocks. */
#include "local/line_reader.h"

#include "base/memory.h"
#include "base/number.h"

#include <errno.h>
#include <poll.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum {
    BLOCK_BYTES = 256 << 10,
    ROOM_BYTES_MIN = 4096, /* below it a new block pays */
    SPARE_BLOCKS = 4,
    RAW_BYTES_MAX = 1024, /* of an over-long line in its report */
};

struct block_pool {
    atomic_uint refs;
    struct block *_Atomic spares[SPARE_BLOCKS];
};

struct block {
    atomic_uint refs;
    struct block_pool *pool;
    size_t cap;
    char data[];
};

struct line_reader {
    struct line_options options;
    struct block_pool *pool;
    struct block *block; /* NULL before the first read */
    size_t start;
    size_t scanned; /* no line ends before it; start <= scanned <= end */
    size_t framed;  /* `frame` is the state there; start <= framed <= scanned */
    size_t end;
    enum csv_state frame;
    int64_t at_bytes; /* offset in the file of data[start] */
    int64_t number;   /* of the next line */
    bool is_at_end;   /* nothing is behind data[end) */
    bool is_skipping; /* inside an over-long line */
    bool is_lent;     /* the arena of this call holds the current block */
};

/* ---- blocks ---- */

static void pool_unref(struct block_pool *pool)
{
    if (atomic_fetch_sub(&pool->refs, 1) != 1)
        return;
    for (int i = 0; i < SPARE_BLOCKS; i++)
        mem_free(atomic_load(&pool->spares[i]));
    mem_free(pool);
}

static void block_unref(void *arg)
{
    struct block *block = arg;
    if (!block || atomic_fetch_sub(&block->refs, 1) != 1)
        return;
    struct block_pool *pool = block->pool;
    bool is_kept = false;
    for (int i = 0; i < SPARE_BLOCKS && !is_kept && block->cap == BLOCK_BYTES; i++) {
        struct block *none = NULL;
        is_kept = atomic_compare_exchange_strong(&pool->spares[i], &none, block);
    }
    if (!is_kept)
        mem_free(block);
    pool_unref(pool);
}

static struct block *block_get(struct block_pool *pool, size_t cap)
{
    struct block *block = NULL;
    for (int i = 0; i < SPARE_BLOCKS && !block && cap == BLOCK_BYTES; i++)
        block = atomic_exchange(&pool->spares[i], NULL);
    if (!block) {
        block = mem_alloc(sizeof *block + cap);
        if (!block)
            return NULL;
        block->pool = pool;
        block->cap = cap;
    }
    atomic_store(&block->refs, 1);
    atomic_fetch_add(&pool->refs, 1);
    return block;
}

/* ---- the reader ---- */

enum code line_reader_create(const struct line_options *options, struct line_position from,
                             struct line_reader **ret, struct error *err)
{
    if (from.bytes > 0) {
        if (options->is_pollable)
            return error_set(err, E_IO, "cannot go on in the middle of \"%s\": it is no file",
                             options->path);
        if (options->size >= 0 && from.bytes > options->size)
            return error_set(err, E_IO,
                             "cannot go on at byte %lld of \"%s\": it has only %lld bytes",
                             (long long)from.bytes, options->path, (long long)options->size);
        if (lseek(options->fd, from.bytes, SEEK_SET) < 0)
            return error_set(err, E_IO, "could not go to byte %lld of \"%s\": %s",
                             (long long)from.bytes, options->path, strerror(errno));
    }
    struct line_reader *reader = mem_zalloc(sizeof *reader);
    struct block_pool *pool = mem_zalloc(sizeof *pool);
    if (!reader || !pool) {
        mem_free(reader);
        mem_free(pool);
        return error_nomem(err);
    }
    atomic_store(&pool->refs, 1);
    reader->options = *options;
    reader->pool = pool;
    reader->at_bytes = from.bytes;
    reader->number = from.lines;
    *ret = reader;
    return OK;
}

void line_reader_destroy(struct line_reader *reader)
{
    if (!reader)
        return;
    block_unref(reader->block);
    pool_unref(reader->pool);
    mem_free(reader);
}

struct line_position line_reader_tell(const struct line_reader *reader)
{
    return (struct line_position){ reader->at_bytes, reader->number };
}

static void drop(struct line_reader *reader, size_t bytes)
{
    reader->start += bytes;
    reader->at_bytes += (int64_t)bytes;
    reader->scanned = MAX(reader->scanned, reader->start);
    reader->framed = reader->start;
    reader->frame = CSV_RECORD_START;
}

/* Moves on to a block with room behind the unread bytes. */
static enum code make_room(struct line_reader *reader, struct error *err)
{
    size_t unread = reader->end - reader->start;
    if (reader->block && reader->block->cap - reader->end >= ROOM_BYTES_MIN)
        return OK;
    size_t cap = BLOCK_BYTES;
    while (cap < unread * 2)
        cap *= 2;
    struct block *block = block_get(reader->pool, cap);
    if (!block)
        return error_nomem(err);
    if (unread > 0)
        memcpy(block->data, reader->block->data + reader->start, unread);
    block_unref(reader->block);
    reader->block = block;
    reader->scanned -= reader->start;
    reader->framed -= reader->start;
    reader->start = 0;
    reader->end = unread;
    reader->is_lent = false;
    return OK;
}

static enum code read_more(struct line_reader *reader, bool *ret_wait, struct error *err)
{
    *ret_wait = false;
    if (reader->options.is_pollable) {
        struct pollfd ready = { .fd = reader->options.fd, .events = POLLIN };
        if (poll(&ready, 1, 0) == 0) {
            *ret_wait = true;
            return OK;
        }
    }
    TRY(make_room(reader, err));
    size_t room = reader->block->cap - reader->end;
    if (reader->options.size >= 0) {
        int64_t left =
            reader->options.size - reader->at_bytes - (int64_t)(reader->end - reader->start);
        if (left <= 0) {
            reader->is_at_end = true;
            return OK;
        }
        room = MIN(room, (size_t)left);
    }
    for (;;) {
        ssize_t got = read(reader->options.fd, reader->block->data + reader->end, room);
        if (got > 0) {
            reader->end += (size_t)got;
            return OK;
        }
        if (got == 0) {
            reader->is_at_end = true;
            return OK;
        }
        if (errno == EAGAIN || errno == EWOULDBLOCK) {
            *ret_wait = true;
            return OK;
        }
        if (errno != EINTR)
            return error_set(err, E_IO, "could not read \"%s\": %s", reader->options.path,
                             strerror(errno));
    }
}

static enum code report_long(struct line_reader *reader, size_t size, struct error *err)
{
    char reason[96];
    snprintf(reason, sizeof reason, "line is longer than %lld bytes",
             (long long)reader->options.line_bytes_max);
    struct bad_row bad = {
        .reason = str_of(reason),
        .raw = str_make(reader->block->data + reader->start, MIN(size, (size_t)RAW_BYTES_MAX)),
        .place = str_of(reader->options.path),
        .offset = reader->number,
    };
    return bad_row_report(reader->options.bad_rows, &bad, err);
}

static bool is_blank(const char *data, size_t size)
{
    for (size_t i = 0; i < size; i++)
        if (data[i] != ' ' && data[i] != '\t' && data[i] != '\r')
            return false;
    return true;
}

/* The current block goes into the arena before the first line of it is handed out. */
static enum code lend(struct line_reader *reader, struct arena *arena, struct error *err)
{
    if (reader->is_lent)
        return OK;
    if (!arena_on_reset(arena, block_unref, reader->block))
        return error_nomem(err);
    atomic_fetch_add(&reader->block->refs, 1);
    reader->is_lent = true;
    return OK;
}

struct line_out {
    struct arena *arena;
    struct str *lines;
    int64_t *numbers;
    uint32_t cap;
    uint32_t count;
};

/* Takes the `size` bytes at the start, and `more` behind them, as one line. */
static enum code take(struct line_reader *reader, struct line_out *out, size_t size, size_t more,
                      struct error *err)
{
    const char *data = reader->block->data + reader->start;
    if (unlikely((int64_t)size > reader->options.line_bytes_max)) {
        TRY(report_long(reader, size, err));
        drop(reader, size + more);
        reader->number++;
        return OK;
    }
    size_t kept = size;
    if (!reader->options.keeps_cr && kept > 0 && data[kept - 1] == '\r')
        kept--;
    if (!reader->options.skips_blank_lines || !is_blank(data, kept)) {
        TRY(lend(reader, out->arena, err));
        out->lines[out->count] = str_make(data, kept);
        if (out->numbers)
            out->numbers[out->count] = reader->number;
        out->count++;
    }
    drop(reader, size + more);
    reader->number++;
    return OK;
}

/* Whether the line feed at `at` ends a record of CSV, and not a line inside of a field. */
static bool ends_record(struct line_reader *reader, size_t at)
{
    const char *data = reader->block->data;
    const struct csv_frame *frame = reader->options.frame;
    enum csv_state state =
        csv_frame_scan(frame, reader->frame, data + reader->framed, at - reader->framed);
    if (!csv_state_is_open(state))
        return true;
    reader->frame = csv_frame_scan(frame, state, data + at, 1);
    reader->framed = at + 1;
    return false;
}

/* Takes whole lines of the block while there is room for them. */
static enum code take_lines(struct line_reader *reader, struct line_out *out, struct error *err)
{
    while (out->count < out->cap && reader->scanned < reader->end) {
        const char *data = reader->block->data;
        const char *feed = memchr(data + reader->scanned, '\n', reader->end - reader->scanned);
        if (!feed) {
            reader->scanned = reader->end;
            return OK;
        }
        size_t at = (size_t)(feed - data);
        if (unlikely(reader->is_skipping)) {
            drop(reader, at + 1 - reader->start);
            reader->number++;
            reader->is_skipping = false;
            continue;
        }
        if (reader->options.frame && !ends_record(reader, at)) {
            reader->scanned = at + 1;
            continue;
        }
        TRY(take(reader, out, at - reader->start, 1, err));
    }
    return OK;
}

/* What is left is longer than any line may be: reports and forgets it. */
static enum code skip_long(struct line_reader *reader, struct error *err)
{
    size_t unread = reader->end - reader->start;
    if (!reader->is_skipping) {
        if ((int64_t)unread <= reader->options.line_bytes_max)
            return OK;
        TRY(report_long(reader, unread, err));
        reader->is_skipping = true;
    }
    drop(reader, unread);
    return OK;
}

/* Where line after line is pushed on without end, as with the quote of a CSV field that is never
 * closed, the rest is given as it stands at the end of the file. */
static enum code take_last(struct line_reader *reader, struct line_out *out, struct error *err)
{
    size_t unread = reader->end - reader->start;
    if (unread == 0)
        return OK;
    if (reader->is_skipping) {
        drop(reader, unread);
        return OK;
    }
    if (reader->block->data[reader->end - 1] == '\n')
        return take(reader, out, unread - 1, 1, err);
    return take(reader, out, unread, 0, err);
}

static enum code fill(struct line_reader *reader, struct line_out *out, enum line_state *ret_state,
                      struct error *err)
{
    for (;;) {
        TRY(take_lines(reader, out, err));
        if (out->count == out->cap) {
            *ret_state = LINES_MORE;
            return OK;
        }
        if (reader->is_at_end) {
            TRY(take_last(reader, out, err));
            *ret_state = LINES_END;
            return OK;
        }
        TRY(skip_long(reader, err));
        bool wait;
        TRY(read_more(reader, &wait, err));
        if (wait) {
            *ret_state = LINES_WAIT;
            return OK;
        }
    }
}

enum code line_reader_fill(struct line_reader *reader, struct arena *arena, struct str *lines,
                           int64_t *numbers, uint32_t cap, uint32_t *count,
                           enum line_state *ret_state, struct error *err)
{
    struct line_out out = {
        .arena = arena,
        .lines = lines,
        .numbers = numbers,
        .cap = cap,
        .count = *count,
    };
    reader->is_lent = false;
    enum code code = fill(reader, &out, ret_state, err);
    *count = out.count;
    return code;
}

/* ---- positions ---- */

char *line_position_print(struct arena *arena, struct line_position at)
{
    return arena_printf(arena, "%lld %lld", (long long)at.bytes, (long long)at.lines);
}

bool line_position_parse(struct str text, struct line_position *ret)
{
    size_t blank = str_find_byte(text, ' ');
    struct line_position at;
    if (blank == (size_t)-1 || !number_parse_i64(text.data, blank, &at.bytes) ||
        !number_parse_i64(text.data + blank + 1, text.size - blank - 1, &at.lines) ||
        at.bytes < 0 || at.lines < 0)
        return false;
    *ret = at;
    return true;
}
