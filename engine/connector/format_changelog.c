/* format_changelog.c -- the format changelog-json: {"op": "+I", "data": {...}}.
 *
 * op is +I, -U, +U or -D; data is the row as in the format json.  Reading and
 * writing carry every kind of change; which of them arrive is the plan's business. */
#include "connector/format_json.h"

#include "base/memory.h"

struct changelog_encoder {
    struct encoder base;
    struct json_row_writer *writer;
};

static enum code open_decoder(const struct format_open *open, struct decoder **ret,
                              struct error *err)
{
    return json_open_decoder(open, true, ret, err);
}

static enum code encode(struct encoder *e, const struct batch *batch, uint32_t row, struct buf *out,
                        bool *ret_null, struct error *err)
{
    *ret_null = false;
    buf_text(out, "{\"op\": \"");
    buf_text(out, change_names[batch_change(batch, row)]);
    buf_text(out, "\", \"data\": ");
    TRY(json_row_write(((struct changelog_encoder *)e)->writer, batch, row, out, err));
    buf_char(out, '}');
    return buf_check(out, err);
}

static void close_encoder(struct encoder *e)
{
    if (!e)
        return;
    json_row_writer_destroy(((struct changelog_encoder *)e)->writer);
    mem_free(e);
}

static const struct encoder_kind encoder_kind = {
    .encode = encode,
    .close = close_encoder,
};

static enum code open_encoder(const struct format_open *open, struct encoder **ret,
                              struct error *err)
{
    struct changelog_encoder *e = mem_zalloc(sizeof *e);
    if (!e)
        return error_nomem(err);
    e->base.kind = &encoder_kind;
    enum code code = json_row_writer_create(open, "changelog-json", true, &e->writer, err);
    if (code != OK) {
        mem_free(e);
        return code;
    }
    *ret = &e->base;
    return OK;
}

const struct format format_changelog_json = {
    .name = "changelog-json",
    .summary = "an object {\"op\": \"+I\", \"data\": {...}} a message: all kinds of changes",
    .options = changelog_json_options,
    .carries = CARRIES_ALL,
    .framing = FRAME_LINES,
    .skips_blank_lines = true,
    .open_decoder = open_decoder,
    .open_encoder = open_encoder,
};
