/* topic_keys.c -- see topic_keys.h.
 *
 * A line is a record cut where its value stands: the part before, a tab, the part behind (JSON has
 * no tab outside of escapes).  A value that is missing is there as null; a message with nothing to
 * keep is an empty line. */
#include "local/topic_keys.h"

#include "base/utf8.h"
#include "local/line_reader.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

enum { LINES = 256 };

/* ---- writing ---- */

enum code topic_keys_open(struct topic_keys *k, char *path,
                          const struct topic_keys_position *resume, struct error *err)
{
    k->path = path;
    if (!resume || resume->bytes == 0) {
        k->rows = resume ? resume->rows : 0;
        unlink(path); /* of a run that was killed */
        return OK;
    }
    k->rows = resume->rows;
    k->first = resume->first;
    k->is_open = true;
    k->stays = true;
    return file_out_open(&k->out, str_of(path), FILE_OUT_RESUME, resume->bytes, err);
}

static bool has_more(const struct topic_record_out *r)
{
    return r->key.data || !r->value.data || r->has_timestamp ||
           (r->headers && column_is_valid(r->headers, r->headers_row));
}

enum code topic_keys_add(struct topic_keys *k, const struct topic_record_out *record,
                         struct error *err)
{
    uint64_t row = k->rows++;
    bool keeps = has_more(record);
    if (!k->is_open) {
        if (!keeps)
            return OK;
        TRY(file_out_open(&k->out, str_of(k->path), FILE_OUT_REPLACE, 0, err));
        k->is_open = true;
        k->first = row;
    }
    if (keeps) {
        struct topic_record_out part = *record;
        if (part.key.data && !utf8_valid(part.key.data, part.key.size))
            part.key = (struct str){ NULL, 0 }; /* a record has no place for it either */
        topic_record_write_head(&k->out.buf, &part);
        if (!part.value.data)
            buf_text(&k->out.buf, "null");
        buf_char(&k->out.buf, '\t');
        topic_record_write_tail(&k->out.buf, &part);
    }
    buf_char(&k->out.buf, '\n');
    return k->out.buf.size >= FILE_OUT_BYTES ? file_out_drain(&k->out, err) : OK;
}

enum code topic_keys_sync(struct topic_keys *k, struct error *err)
{
    return k->is_open ? file_out_sync(&k->out, err) : OK;
}

enum code topic_keys_tell(struct topic_keys *k, struct topic_keys_position *ret, struct error *err)
{
    *ret = (struct topic_keys_position){ .rows = k->rows, .first = k->first };
    k->stays = true;
    if (!k->is_open)
        return OK;
    TRY(file_out_drain(&k->out, err));
    ret->bytes = k->out.length;
    return OK;
}

void topic_keys_close(struct topic_keys *k)
{
    if (!k->is_open)
        return;
    file_out_close(&k->out);
    if (!k->stays)
        unlink(k->path);
    k->is_open = false;
}

/* ---- reading ---- */

/* Lines one by one; the bytes of a line live until the next one is asked for. */
struct lines {
    int fd;
    struct line_reader *reader;
    struct arena *arena;
    struct str items[LINES];
    uint32_t at, count;
    enum line_state state;
};

static void lines_close(struct lines *l)
{
    line_reader_destroy(l->reader);
    arena_destroy(l->arena);
    if (l->fd >= 0)
        close(l->fd);
}

static enum code lines_open(struct lines *l, const char *path, struct error *err)
{
    l->state = LINES_MORE;
    l->fd = open(path, O_RDONLY | O_CLOEXEC);
    if (l->fd < 0)
        return error_set(err, E_IO, "could not open \"%s\": %s", path, strerror(errno));
    if (!(l->arena = arena_create()))
        return error_nomem(err);
    struct line_options options = {
        .path = path,
        .fd = l->fd,
        .size = -1,
        .line_bytes_max = INT64_MAX,
        .keeps_cr = true,
    };
    return line_reader_create(&options, (struct line_position){ 0, 0 }, &l->reader, err);
}

/* .data NULL: there are no more. */
static enum code lines_next(struct lines *l, struct str *ret, struct error *err)
{
    *ret = (struct str){ NULL, 0 };
    if (l->at == l->count) {
        arena_reset(l->arena);
        l->at = l->count = 0;
        if (l->state == LINES_MORE)
            TRY(line_reader_fill(l->reader, l->arena, l->items, NULL, LINES, &l->count, &l->state,
                                 err));
        if (l->count == 0)
            return OK;
    }
    *ret = l->items[l->at++];
    if (!ret->data)
        ret->data = "";
    return OK;
}

static void write_record(struct buf *out, struct str value, struct str kept)
{
    size_t tab = str_find_byte(kept, '\t');
    if (tab == (size_t)-1) {
        topic_record_write(out, &(struct topic_record_out){ .value = value });
        return;
    }
    struct str head = str_make(kept.data, tab);
    buf_str(out, head);
    if (!str_ends(head, STR("\"value\": null")))
        topic_record_write_value(out, value);
    buf_str(out, str_make(kept.data + tab + 1, kept.size - tab - 1));
    buf_char(out, '\n');
}

static enum code move(struct topic_keys *k, struct lines *plain, struct lines *kept,
                      struct file_out *out, struct error *err)
{
    for (uint64_t row = 0;; row++) {
        struct str value, more = { NULL, 0 };
        TRY(lines_next(plain, &value, err));
        if (!value.data)
            return file_out_drain(out, err);
        if (k->is_open && row >= k->first)
            TRY(lines_next(kept, &more, err));
        write_record(&out->buf, value, more);
        if (out->buf.size >= FILE_OUT_BYTES)
            TRY(file_out_drain(out, err));
    }
}

enum code topic_keys_move(struct topic_keys *k, const char *plain_path, struct file_out *out,
                          struct error *err)
{
    struct lines plain = { .fd = -1 }, kept = { .fd = -1 };
    enum code code = lines_open(&plain, plain_path, err);
    if (code == OK && k->is_open)
        code = file_out_drain(&k->out, err);
    if (code == OK && k->is_open)
        code = lines_open(&kept, k->path, err);
    if (code == OK)
        code = move(k, &plain, &kept, out, err);
    k->stays = false; /* a snapshot from before finds all of it in the records */
    lines_close(&plain);
    lines_close(&kept);
    return code;
}
