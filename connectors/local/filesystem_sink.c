/* filesystem_sink.c -- writes rows to a file, a line each.
 *
 * A path that ends in an extension is the file, any other a folder in which the
 * sink writes part-0-0.EXTENSION; what is there already stays what it is.  The file
 * is replaced at the start, or, after a snapshot, cut to the length it had then.
 * Each write() ends with the bytes handed to the system, so that whoever reads the
 * file sees a row as soon as it is there; a flush also waits for the disk. */
#include "local/filesystem.h"

#include "base/arena.h"
#include "base/memory.h"
#include "base/number.h"
#include "local/file_out.h"

#include <sys/stat.h>

struct file_sink {
    struct sink base;
    struct arena *arena; /* of the encoder's description */
    struct encoder *encoder;
    struct file_out out;
    struct bad_rows *bad_rows;
    enum sink_mode mode;
};

static bool has_extension(struct str path)
{
    size_t start = path.size;
    while (start > 0 && path.data[start - 1] != '/')
        start--;
    for (size_t i = start + 1; i + 1 < path.size; i++)
        if (path.data[i] == '.')
            return true;
    return false;
}

/* The file that `path` stands for. */
static enum code resolve(struct arena *arena, struct str path, struct str extension,
                         struct str *ret, struct error *err)
{
    char *name = arena_cstr(arena, path);
    if (!name)
        return error_nomem(err);
    struct stat found;
    bool exists = stat(name, &found) == 0;
    bool is_file = str_is(path, "-") || (exists ? !S_ISDIR(found.st_mode) : has_extension(path));
    if (is_file) {
        *ret = path;
        return OK;
    }
    const char *slash = path.data[path.size - 1] == '/' ? "" : "/";
    name = arena_printf(arena, STR_FMT "%spart-0-0." STR_FMT, STR_ARG(path), slash,
                        STR_ARG(extension));
    if (!name)
        return error_nomem(err);
    *ret = str_of(name);
    return OK;
}

static struct str extension_of(const struct table_def *table)
{
    const struct format *format = table_format(table, false);
    if (!format || str_ends(str_of(format->name), STR("json")))
        return STR("json");
    return str_of(format->name);
}

static void file_sink_close(struct sink *base)
{
    struct file_sink *s = (struct file_sink *)base;
    if (!s)
        return;
    if (s->encoder)
        s->encoder->kind->close(s->encoder);
    file_out_close(&s->out);
    arena_destroy(s->arena);
    mem_free(s);
}

static enum code open_out(struct file_sink *s, const struct sink_open *open, struct error *err)
{
    struct str path;
    TRY(resolve(s->arena, options_path(open->table->options), extension_of(open->table),
                &path, err));
    int64_t length = 0;
    if (open->resume &&
        !number_parse_i64(open->resume_position.data, open->resume_position.size, &length))
        return error_set(err, E_DATA, "position \"" STR_FMT "\" of file \"" STR_FMT "\" is none",
                         STR_ARG(open->resume_position), STR_ARG(path));
    TRY(file_out_open(&s->out, path, open->resume ? FILE_OUT_RESUME : FILE_OUT_REPLACE, length,
                      err));
    if (s->encoder->kind->head && s->out.length == 0)
        s->encoder->kind->head(s->encoder, &s->out.buf);
    return OK;
}

static enum code file_sink_open(const struct sink_open *open, struct sink **ret, struct error *err)
{
    struct file_sink *s = mem_zalloc(sizeof *s);
    if (!s)
        return error_nomem(err);
    s->base.kind = &filesystem_sink;
    s->bad_rows = open->bad_rows;
    s->mode = open->mode;
    s->arena = arena_create();
    enum code code = s->arena ? OK : error_nomem(err);
    if (code == OK)
        code = table_open_encoder(open->table, false, s->arena, &s->encoder, err);
    if (code == OK && !s->encoder)
        code = error_set(err, E_PLAN, "table \"" STR_FMT "\" has no columns to write",
                         STR_ARG(open->table->name));
    if (code == OK)
        code = open_out(s, open, err);
    if (code != OK) {
        file_sink_close(&s->base);
        return code;
    }
    *ret = &s->base;
    return OK;
}

static enum code report(struct file_sink *s, uint32_t row, const struct error *why,
                        struct error *err)
{
    struct bad_row bad = {
        .reason = str_of(why->message),
        .place = str_of(s->out.path),
        .offset = -1,
        .record = row,
    };
    return bad_row_report(s->bad_rows, &bad, err);
}

static enum code write_row(struct file_sink *s, const struct batch *in, uint32_t row,
                           struct error *err)
{
    size_t before = s->out.buf.size;
    bool is_null = false;
    struct error why;
    enum code code = s->encoder->kind->encode(s->encoder, in, row, &s->out.buf, &is_null, &why);
    if (code == OK) {
        buf_char(&s->out.buf, '\n'); /* a row that the format has no text for is an empty line */
        return buf_check(&s->out.buf, err);
    }
    s->out.buf.size = before;
    if (code == E_DATA)
        return report(s, row, &why, err);
    if (err)
        *err = why;
    return code;
}

static enum code file_sink_write(struct sink *base, const struct batch *in, struct error *err)
{
    struct file_sink *s = (struct file_sink *)base;
    for (uint32_t i = 0; i < in->selected; i++) {
        uint32_t row = batch_row(in, i);
        if (s->mode == SINK_UPSERT && batch_change(in, row) == CHANGE_UPDATE_BEFORE)
            continue;
        TRY(write_row(s, in, row, err));
        if (s->out.buf.size >= FILE_OUT_BYTES)
            TRY(file_out_drain(&s->out, err));
    }
    return file_out_drain(&s->out, err);
}

static enum code file_sink_flush_start(struct sink *base, struct error *err)
{
    return file_out_sync(&((struct file_sink *)base)->out, err);
}

static enum code file_sink_flush_poll(struct sink *base, bool *ret_done, struct error *err)
{
    (void)base;
    (void)err;
    *ret_done = true;
    return OK;
}

static int file_sink_wake_fd(struct sink *base)
{
    (void)base;
    return -1;
}

static enum code file_sink_tell(struct sink *base, struct buf *out, struct error *err)
{
    struct file_sink *s = (struct file_sink *)base;
    TRY(file_out_drain(&s->out, err));
    buf_i64(out, s->out.length);
    return buf_check(out, err);
}

static void file_sink_status(struct sink *base, struct sink_status *ret)
{
    (void)base;
    *ret = (struct sink_status){ .guarantee = "at-least-once" };
}

const struct sink_kind filesystem_sink = {
    .open = file_sink_open,
    .write = file_sink_write,
    .flush_start = file_sink_flush_start,
    .flush_poll = file_sink_flush_poll,
    .wake_fd = file_sink_wake_fd,
    .tell = file_sink_tell,
    .status = file_sink_status,
    .close = file_sink_close,
};
