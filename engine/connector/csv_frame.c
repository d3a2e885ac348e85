/* csv_frame.c -- see csv_frame.h.  Text without quotes and escapes, which is nearly
 * all of it, is passed over with memchr. */
#include "connector/csv_frame.h"

#include <stdio.h>
#include <string.h>

enum csv_state csv_frame_scan(const struct csv_frame *frame, enum csv_state state, const char *data,
                              size_t size)
{
    if (state == CSV_RECORD_START && size > 0 && !frame->trims &&
        (!frame->has_quote || !memchr(data, frame->quote, size)) &&
        (!frame->has_escape || !memchr(data, frame->escape, size)))
        return data[size - 1] == frame->delimiter ? CSV_FIELD_START : CSV_PLAIN;
    for (size_t i = 0; i < size; i++) {
        char c = data[i];
        bool is_quote = frame->has_quote && c == frame->quote;
        bool is_escape = frame->has_escape && c == frame->escape;
        switch (state) {
        case CSV_RECORD_START:
        case CSV_FIELD_START:
            if (is_quote) {
                state = CSV_QUOTED;
                break;
            }
            if (frame->trims && csv_is_blank(frame, c)) {
                state = CSV_FIELD_START;
                break;
            }
            state = CSV_PLAIN;
            /* fall through */
        case CSV_PLAIN:
            state = is_escape               ? CSV_PLAIN_ESCAPE
                    : c == frame->delimiter ? CSV_FIELD_START
                                            : CSV_PLAIN;
            break;
        case CSV_PLAIN_ESCAPE:
            state = CSV_PLAIN;
            break;
        case CSV_QUOTED:
            state = is_quote ? CSV_QUOTE_AGAIN : is_escape ? CSV_QUOTED_ESCAPE : CSV_QUOTED;
            break;
        case CSV_QUOTED_ESCAPE:
            state = CSV_QUOTED;
            break;
        case CSV_QUOTE_AGAIN:
            state = is_quote ? CSV_QUOTED : c == frame->delimiter ? CSV_FIELD_START : CSV_PLAIN;
            break;
        }
    }
    return state;
}

static struct str get(const struct options *options, const char *prefix, const char *name)
{
    char full[64];
    snprintf(full, sizeof full, "%scsv.%s", prefix, name);
    return options_get(options, full);
}

static enum code one_character(const struct options *options, const char *prefix, const char *name,
                               struct str text, char *ret, struct error *err)
{
    if (text.size == 1 && text.data[0] != '\n' && text.data[0] != '\r') {
        *ret = text.data[0];
        return OK;
    }
    char full[64];
    snprintf(full, sizeof full, "%scsv.%s", prefix, name);
    error_set(err, E_OPTION, "option \"%s\" must be one ASCII character, but is \"" STR_FMT "\"",
              full, STR_ARG(text));
    option_locate(err, options_find(options, full));
    return E_OPTION;
}

/* "\t" and "\u0001" as Java writes them, as Flink allows for the delimiter. */
static struct str unescape(struct str text, char *room)
{
    unsigned value = 0;
    if (text.size == 2 && text.data[0] == '\\') {
        static const char from[] = "tnrbf\\", to[] = "\t\n\r\b\f\\";
        const char *at = strchr(from, text.data[1]);
        if (at && text.data[1] != '\0') {
            *room = to[at - from];
            return str_make(room, 1);
        }
    } else if (text.size == 6 && text.data[0] == '\\' && text.data[1] == 'u') {
        for (size_t i = 2; i < 6; i++) {
            char c = text.data[i];
            unsigned digit = c >= '0' && c <= '9'   ? (unsigned)(c - '0')
                             : c >= 'a' && c <= 'f' ? (unsigned)(c - 'a') + 10
                             : c >= 'A' && c <= 'F' ? (unsigned)(c - 'A') + 10
                                                    : 16;
            if (digit == 16)
                return text;
            value = value * 16 + digit;
        }
        if (value < 0x80) {
            *room = (char)value;
            return str_make(room, 1);
        }
    }
    return text;
}

enum code csv_frame_read(const struct options *options, const char *prefix, struct csv_frame *ret,
                         struct error *err)
{
    struct csv_frame frame = { .delimiter = ',', .has_quote = true, .quote = '"' };
    char room;
    struct str text = get(options, prefix, "field-delimiter");
    if (text.data)
        TRY(one_character(options, prefix, "field-delimiter", unescape(text, &room),
                          &frame.delimiter, err));
    bool is_off = false;
    if (option_parse_bool(get(options, prefix, "disable-quote-character"), &is_off) && is_off)
        frame.has_quote = false;
    text = get(options, prefix, "quote-character");
    if (text.data && frame.has_quote)
        TRY(one_character(options, prefix, "quote-character", text, &frame.quote, err));
    text = get(options, prefix, "escape-character");
    if (text.data) {
        frame.has_escape = true;
        TRY(one_character(options, prefix, "escape-character", text, &frame.escape, err));
    }
    bool trims = false;
    frame.trims = option_parse_bool(get(options, prefix, "trim-spaces"), &trims) && trims;
    *ret = frame;
    return OK;
}
