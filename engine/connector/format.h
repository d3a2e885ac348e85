/* format.h -- between bytes and columns.
 *
 * A format knows nothing of who carries the bytes: a decoder turns an array of
 * spans (message values, message keys, lines) into columns, an encoder appends
 * one row as bytes.  Formats live in this folder, one file each, and are listed
 * in format.c. */
#pragma once

#include "connector/options.h"
#include "types/batch.h"
#include "types/schema.h"

struct json_counted; /* json/json_count.h */
struct zone;

/* What a bad row is reported to; the engine decides by `on-error` whether it is skipped and
 * counted, routed, or the end (then bad_row_report returns the error). */
struct bad_row {
    struct str reason;      /* a sentence part: 'column "n": cannot read "abc" as INT' */
    struct str raw;         /* the bytes as they came; may be empty */
    struct str place;       /* "topic-3" or a file; empty: the caller fills it from `record` */
    int64_t offset;         /* in that place; -1: unknown */
    uint32_t record;        /* decoders: index of the span; sinks: row of the batch */
};
struct bad_rows {
    enum code (*report)(struct bad_rows *self, const struct bad_row *row, struct error *err);
    bool goes_on; /* a bad row is left out, and the job goes on: what it stood for counts again */
};
static inline enum code bad_row_report(struct bad_rows *rows, const struct bad_row *row,
                                       struct error *err)
{
    return rows->report(rows, row, err);
}

/* A column METADATA FROM 'value.NAME': something beside the row in what the format reads. */
struct format_meta {
    const char *name;
    const struct type *type;
    const char *path;   /* how the format finds it: its own business */
    int64_t unit_us;    /* a number of these since 1970 is read as the time; 0: read as it is;
                         * below: the format's business */
};

/* What both directions are opened with; everything is borrowed for the life of the format. */
struct format_open {
    const struct schema *schema;   /* just the columns this format fills or writes */
    const bool *needed;            /* decoders: columns the plan reads; NULL: all */
    const struct format_meta *const *metas; /* decoders: one a column, NULL: of the row; or NULL */
    const struct span *spans;      /* of the schema's columns in the job; NULL: not known */
    const struct options *options; /* of the table */
    const char *prefix;            /* before option names: "value." or "key." or "" */
    bool blink;                    /* Blink dialect: timestamps without Z in the session zone ... */
    const struct zone *zone;       /* session time zone */
    struct bad_rows *bad_rows;     /* decoders */
};

struct decoded {
    uint32_t rows;
    struct column **columns;       /* one a schema column; NULL where not needed */
    const uint32_t *record;        /* span each row came from; NULL: row i is span i */
    const uint8_t *changes;        /* enum change a row; NULL: all inserts */
};

struct decoder {
    const struct decoder_kind *kind;
};
struct decoder_kind {
    /* Decodes n spans; a span with data NULL is a NULL value (tombstone): formats decide.
     * Bad spans are reported and left out. Columns live in `arena` and may point into the spans. */
    enum code (*decode)(struct decoder *d, struct arena *arena, const struct str *spans,
                        uint32_t n, struct decoded *ret, struct error *err);
    void (*close)(struct decoder *d);
    /* Optional, for people who look at the job: which of the paths of the columns into the spans are
     * found.  False: there is none of that number. */
    bool (*path)(const struct decoder *d, uint32_t number, struct json_counted *ret);
    /* Optional, for formats whose updates are two spans: may this one be the old row, and the next
     * span the new one? */
    bool (*is_half)(const struct decoder *d, struct str span);
};

struct encoder {
    const struct encoder_kind *kind;
};
struct encoder_kind {
    /* Appends one row.  *ret_null becomes true (and nothing is appended) where the format writes
     * "no value": a tombstone, or a NULL key. E_DATA: this row cannot be written (bad row). */
    enum code (*encode)(struct encoder *e, const struct batch *batch, uint32_t row,
                        struct buf *out, bool *ret_null, struct error *err);
    /* Text before the first row of a file (csv header); optional. */
    void (*head)(struct encoder *e, struct buf *out);
    void (*close)(struct encoder *e);
};

enum framing {
    FRAME_LINES, /* a record a line; lines never hold a line feed */
    FRAME_CSV,   /* a record a line, but a quoted field may hold line feeds */
};

/* Change kinds a format can carry. */
enum {
    CARRIES_INSERT = 1 << 0,
    CARRIES_UPDATE_BEFORE = 1 << 1,
    CARRIES_UPDATE_AFTER = 1 << 2,
    CARRIES_DELETE = 1 << 3,
    CARRIES_ALL = 15,
};

struct format {
    const char *name;                  /* "json" */
    const char *summary;
    const struct option_spec
        *options; /* with names as after the prefix: "json.ignore-parse-errors" */
    unsigned carries;                  /* of both directions */
    bool is_whole; /* carries changes: an update comes as -U and +U, a delete with all of its row */
    const struct format_meta *metas;   /* read only; ends with a NULL name; NULL: none */
    enum framing framing;
    bool skips_blank_lines;            /* in files */
    enum code (*open_decoder)(const struct format_open *open, struct decoder **ret,
                              struct error *err); /* NULL: cannot read */
    enum code (*open_encoder)(const struct format_open *open, struct encoder **ret,
                              struct error *err); /* NULL: cannot write */
};

const struct format *format_find(struct str name); /* without case; NULL */
const struct format *format_at(uint32_t i);
