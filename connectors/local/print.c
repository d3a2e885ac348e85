/* print.c -- 'connector' = 'print': rows to standard output, as Flink's print shows
 * them: "+I[1, abc]", all four kinds of change.
 *
 * Values look as Java's toString() of the classes that Flink hands out: a LocalDateTime
 * has a T and leaves zero seconds out, an Instant ends in Z, bytes are a list of signed
 * numbers, and a row within a row has a kind of its own. */
#include "local/local.h"

#include "base/memory.h"
#include "base/number.h"
#include "local/file_out.h"
#include "types/column.h"
#include "types/decimal.h"
#include "types/time.h"
#include "types/zone.h"

#include <unistd.h>

static const struct option_spec options[] = {
    LOCAL_NAME_OPTIONS,
    { "print-identifier", OPTION_TEXT, false, NULL, NULL, "A word in front of each row." },
    { "standard-error", OPTION_BOOL, false, "false", NULL,
      "Print to standard error instead of standard output?" },
    { "sink.parallelism", OPTION_INT, false, NULL, NULL, "Accepted; printing is done by one." },
    { 0 },
};

struct print_sink {
    struct sink base;
    struct file_out out;
    struct str identifier; /* borrowed from the options */
    const struct zone *zone;
    struct zone_cursor cursor;
};

static void put_value(struct print_sink *s, const struct column *column, uint32_t row);

/* HH:mm[:ss[.fff[fff]]] behind what is there. */
static void put_clock(struct buf *out, int64_t us_of_day, bool has_seconds)
{
    int64_t seconds = us_of_day / TIME_US_PER_SECOND, fraction = us_of_day % TIME_US_PER_SECOND;
    buf_printf(out, "%02d:%02d", (int)(seconds / 3600), (int)(seconds / 60 % 60));
    if (seconds % 60 == 0 && fraction == 0 && !has_seconds)
        return;
    buf_printf(out, ":%02d", (int)(seconds % 60));
    if (fraction % 1000 != 0)
        buf_printf(out, ".%06d", (int)fraction);
    else if (fraction != 0)
        buf_printf(out, ".%03d", (int)(fraction / 1000));
}

static void put_date(struct buf *out, int64_t days)
{
    char text[TIME_TEXT_MAX];
    buf_put(out, text, time_print_date((int32_t)days, text));
}

static void put_timestamp(struct print_sink *s, const struct type *type, int64_t us)
{
    bool is_instant = type->id == TYPE_TIMESTAMP_LTZ && !type->blink_instant;
    if (type->blink_instant)
        us = zone_utc_to_local_us(s->zone, &s->cursor, us);
    put_date(&s->out.buf, time_floor_div(us, TIME_US_PER_DAY));
    buf_char(&s->out.buf, 'T');
    put_clock(&s->out.buf, time_floor_mod(us, TIME_US_PER_DAY), is_instant);
    if (is_instant)
        buf_char(&s->out.buf, 'Z');
}

/* Period.toString() and Duration.toString() */
static void put_months(struct buf *out, int64_t months)
{
    buf_char(out, 'P');
    if (months / 12 != 0)
        buf_printf(out, "%lldY", (long long)(months / 12));
    if (months % 12 != 0)
        buf_printf(out, "%lldM", (long long)(months % 12));
    if (months == 0)
        buf_text(out, "0D");
}

static void put_duration(struct buf *out, int64_t us)
{
    int64_t hours = us / TIME_US_PER_HOUR, minutes = us % TIME_US_PER_HOUR / TIME_US_PER_MINUTE;
    int64_t rest = us % TIME_US_PER_MINUTE;
    buf_text(out, "PT");
    if (hours != 0)
        buf_printf(out, "%lldH", (long long)hours);
    if (minutes != 0)
        buf_printf(out, "%lldM", (long long)minutes);
    if (rest == 0 && us != 0)
        return;
    int64_t size = rest < 0 ? -rest : rest;
    buf_printf(out, "%s%lld", rest < 0 ? "-" : "", (long long)(size / TIME_US_PER_SECOND));
    if (size % TIME_US_PER_SECOND != 0) {
        buf_printf(out, ".%06lld", (long long)(size % TIME_US_PER_SECOND));
        while (out->size > 0 && out->data[out->size - 1] == '0')
            out->size--;
    }
    buf_char(out, 'S');
}

static void put_bytes(struct buf *out, struct str bytes)
{
    buf_char(out, '[');
    for (size_t i = 0; i < bytes.size; i++) {
        if (i > 0)
            buf_text(out, ", ");
        buf_i64(out, (signed char)bytes.data[i]);
    }
    buf_char(out, ']');
}

static void put_scalar(struct print_sink *s, const struct column *column, uint32_t row)
{
    struct buf *out = &s->out.buf;
    const struct type *type = column->type;
    char text[NUMBER_DOUBLE_MAX];
    switch (type->id) {
    case TYPE_BOOLEAN:
        buf_text(out, COLUMN_AT(column, uint8_t, row) ? "true" : "false");
        break;
    case TYPE_TINYINT:
        buf_i64(out, COLUMN_AT(column, int8_t, row));
        break;
    case TYPE_SMALLINT:
        buf_i64(out, COLUMN_AT(column, int16_t, row));
        break;
    case TYPE_INT:
        buf_i64(out, COLUMN_AT(column, int32_t, row));
        break;
    case TYPE_BIGINT:
        buf_i64(out, COLUMN_AT(column, int64_t, row));
        break;
    case TYPE_FLOAT:
        buf_put(out, text, number_print_java_float(COLUMN_AT(column, float, row), text));
        break;
    case TYPE_DOUBLE:
        buf_put(out, text, number_print_java_double(COLUMN_AT(column, double, row), text));
        break;
    case TYPE_DECIMAL:
        decimal_put(out,
                    type_phys(type) == PHYS_I128 ? COLUMN_AT(column, int128, row)
                                                 : (int128)COLUMN_AT(column, int64_t, row),
                    type->scale);
        break;
    case TYPE_CHAR:
    case TYPE_VARCHAR:
        buf_str(out, view_str(COLUMN_AT(column, struct view, row)));
        break;
    case TYPE_BINARY:
    case TYPE_VARBINARY:
        put_bytes(out, view_str(COLUMN_AT(column, struct view, row)));
        break;
    case TYPE_DATE:
        put_date(out, COLUMN_AT(column, int32_t, row));
        break;
    case TYPE_TIME:
        put_clock(out, COLUMN_AT(column, int32_t, row) * TIME_US_PER_MS, false);
        break;
    case TYPE_TIMESTAMP:
    case TYPE_TIMESTAMP_LTZ:
        put_timestamp(s, type, COLUMN_AT(column, int64_t, row));
        break;
    case TYPE_INTERVAL_MONTH:
        put_months(out, COLUMN_AT(column, int64_t, row));
        break;
    case TYPE_INTERVAL_DAY:
        put_duration(out, COLUMN_AT(column, int64_t, row));
        break;
    case TYPE_NULL:
    case TYPE_ARRAY: /* put elsewhere */
    case TYPE_MAP:
    case TYPE_ROW:
        break;
    }
}

static void put_list(struct print_sink *s, const struct column *column, uint32_t row)
{
    struct list_slot slot = COLUMN_AT(column, struct list_slot, row);
    bool is_map = column->type->id == TYPE_MAP;
    buf_char(&s->out.buf, is_map ? '{' : '[');
    for (uint32_t i = 0; i < slot.size; i++) {
        if (i > 0)
            buf_text(&s->out.buf, ", ");
        put_value(s, column->children[0], slot.start + i);
        if (is_map) {
            buf_char(&s->out.buf, '=');
            put_value(s, column->children[1], slot.start + i);
        }
    }
    buf_char(&s->out.buf, is_map ? '}' : ']');
}

static void put_fields(struct print_sink *s, enum change change, struct column *const *columns,
                       uint32_t count, uint32_t row)
{
    buf_text(&s->out.buf, change_names[change]);
    buf_char(&s->out.buf, '[');
    for (uint32_t i = 0; i < count; i++) {
        if (i > 0)
            buf_text(&s->out.buf, ", ");
        put_value(s, columns[i], row);
    }
    buf_char(&s->out.buf, ']');
}

static void put_value(struct print_sink *s, const struct column *column, uint32_t row)
{
    if (!column_is_valid(column, row))
        buf_text(&s->out.buf, "null");
    else if (column->type->id == TYPE_ROW)
        put_fields(s, CHANGE_INSERT, column->children, column->child_count, row & column->mask);
    else if (column->type->id == TYPE_ARRAY || column->type->id == TYPE_MAP)
        put_list(s, column, row);
    else
        put_scalar(s, column, row);
}

/* ---- the sink ---- */

static const struct sink_kind print_kind;

static void print_close(struct sink *base)
{
    struct print_sink *s = (struct print_sink *)base;
    if (!s)
        return;
    file_out_close(&s->out);
    mem_free(s);
}

static enum code print_open(const struct sink_open *open, struct sink **ret, struct error *err)
{
    struct print_sink *s = mem_zalloc(sizeof *s);
    if (!s)
        return error_nomem(err);
    s->base.kind = &print_kind;
    s->identifier = options_get(open->table->options, "print-identifier");
    s->zone = open->table->zone ? open->table->zone : zone_utc;
    enum code code = file_out_open(&s->out, STR("-"), FILE_OUT_APPEND, 0, err);
    if (code != OK) {
        print_close(&s->base);
        return code;
    }
    if (options_bool(open->table->options, "standard-error"))
        s->out.fd = STDERR_FILENO;
    *ret = &s->base;
    return OK;
}

static enum code print_write(struct sink *base, const struct batch *in, struct error *err)
{
    struct print_sink *s = (struct print_sink *)base;
    for (uint32_t i = 0; i < in->selected; i++) {
        uint32_t row = batch_row(in, i);
        if (s->identifier.size > 0) {
            buf_str(&s->out.buf, s->identifier);
            buf_text(&s->out.buf, "> ");
        }
        put_fields(s, batch_change(in, row), in->columns, in->column_count, row);
        buf_char(&s->out.buf, '\n');
        if (s->out.buf.size >= FILE_OUT_BYTES)
            TRY(file_out_drain(&s->out, err));
    }
    return file_out_drain(&s->out, err);
}

static enum code print_flush_start(struct sink *base, struct error *err)
{
    return file_out_drain(&((struct print_sink *)base)->out, err);
}

static enum code print_flush_poll(struct sink *base, bool *ret_done, struct error *err)
{
    (void)base;
    (void)err;
    *ret_done = true;
    return OK;
}

static int print_wake_fd(struct sink *base)
{
    (void)base;
    return -1;
}

static const struct sink_kind print_kind = {
    .open = print_open,
    .write = print_write,
    .flush_start = print_flush_start,
    .flush_poll = print_flush_poll,
    .wake_fd = print_wake_fd,
    .close = print_close,
};

static unsigned sink_modes(const struct table_def *table)
{
    (void)table;
    return SINK_APPEND | SINK_RETRACT;
}

static bool is_shown(const struct table_def *table)
{
    (void)table;
    return true;
}

const struct connector connector_print = {
    .name = "print",
    .summary = "rows and their changes on standard output",
    .family = FAMILY_EMBEDDED,
    .options = options,
    .sink = &print_kind,
    .sink_modes = sink_modes,
    .is_shown = is_shown,
};
