/* csv_frame.h -- where a record of CSV ends.
 *
 * A line feed inside of a quoted field belongs to the field.  A quote opens a field
 * only at its beginning, and inside of one two quotes stand for one; so whether a
 * piece of text that ends at a line feed is a whole record can be told from its own
 * bytes.  Used by who cuts files into records, and told the same way as the decoder
 * reads them. */
#pragma once

#include "base/base.h"
#include "connector/options.h"

struct csv_frame {
    char delimiter;
    bool has_quote;
    char quote;
    bool has_escape;
    char escape;
    bool trims; /* blanks around a field are not of it; a quote behind them opens one */
};

static inline bool csv_is_blank(const struct csv_frame *frame, char c)
{
    return (c == ' ' || c == '\t') && c != frame->delimiter;
}

/* From 'csv.field-delimiter', 'csv.quote-character', 'csv.trim-spaces' and so on behind `prefix`. */
enum code csv_frame_read(const struct options *options, const char *prefix, struct csv_frame *ret,
                         struct error *err) WEIR_CHECKED;

/* Where the reader of a record is, as far as framing cares. */
enum csv_state {
    CSV_RECORD_START,
    CSV_FIELD_START,
    CSV_PLAIN,
    CSV_PLAIN_ESCAPE, /* behind an escape character */
    CSV_QUOTED,
    CSV_QUOTED_ESCAPE,
    CSV_QUOTE_AGAIN, /* behind a quote in a quoted field: its end, or the first of two */
};

enum csv_state csv_frame_scan(const struct csv_frame *frame, enum csv_state state, const char *data,
                              size_t size);

/* Does a line feed here belong to a field? */
static inline bool csv_state_is_open(enum csv_state state)
{
    return state == CSV_QUOTED || state == CSV_QUOTED_ESCAPE || state == CSV_PLAIN_ESCAPE;
}
