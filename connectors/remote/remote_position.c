/* remote_position.c -- how far a scan is, as text; see remote_parcel.h. */
#include "base/arena.h"
#include "base/number.h"
#include "remote/remote_parcel.h"

enum { POSITION_BYTES_MAX = 64 << 20 };

static bool is_handed_out(const struct remote_scan *s, uint32_t range)
{
    const struct scan_range *r = &s->ranges[range];
    bool is_out = s->out.arena && s->out.range == range &&
                  (s->out_rows < s->out.row_count || s->out_bad < s->out.bad_count);
    return r->is_read && r->waiting == 0 && !is_out;
}

static void put_range(const struct remote_scan *s, uint32_t range, struct buf *out)
{
    const struct scan_range *r = &s->ranges[range];
    if (is_handed_out(s, range)) {
        buf_text(out, "end");
        return;
    }
    buf_printf(out, "%llu", (unsigned long long)r->rows);
    if (r->mark.size > 0) {
        buf_char(out, ' ');
        buf_str(out, buf_view(&r->mark));
    }
}

static void put_ranges(const struct remote_scan *s, struct buf *out)
{
    uint32_t done = 0;
    while (done < s->range_count && is_handed_out(s, done))
        done++;
    buf_str(out, s->parted_by);
    buf_printf(out, " %u", done);
    for (uint32_t i = done; i < s->range_count; i++)
        if (s->ranges[i].rows > 0 || is_handed_out(s, i)) {
            buf_printf(out, " %u:", i);
            put_range(s, i, out);
        }
}

enum code remote_position_write(struct remote_scan *s, struct arena *arena, struct str *ret,
                                struct error *err)
{
    struct buf text;
    buf_init(&text, POSITION_BYTES_MAX);
    pthread_mutex_lock(&s->gate.lock);
    if (s->range_count == 1)
        put_range(s, 0, &text);
    else
        put_ranges(s, &text);
    pthread_mutex_unlock(&s->gate.lock);
    enum code code = buf_check(&text, err);
    if (code == OK) {
        *ret = arena_str(arena, buf_view(&text));
        code = ret->data ? OK : error_nomem(err);
    }
    buf_done(&text);
    return code;
}

/* --- reading ------------------------------------------------------------------------------- */

/* What stands before the next `end`, which is taken too. */
static struct str take_until(struct str *rest, char end)
{
    size_t at = MIN(str_find_byte(*rest, end), rest->size);
    struct str part = str_make(rest->data, at);
    *rest = str_make(rest->data + MIN(at + 1, rest->size), rest->size - MIN(at + 1, rest->size));
    return part;
}

static bool read_number(struct str text, uint64_t limit, uint64_t *ret)
{
    int64_t number;
    if (!number_parse_i64(text.data, text.size, &number) || number < 0 || (uint64_t)number > limit)
        return false;
    *ret = (uint64_t)number;
    return true;
}

/* Without an order only a range that is at its end is told from one that is not. */
static bool read_rows(const struct remote_scan *s, struct str text, struct scan_range *r)
{
    uint64_t rows;
    if (str_is(text, "end")) {
        r->is_read = true;
        return true;
    }
    if (!read_number(text, INT64_MAX, &rows))
        return !s->resumes;
    r->rows = s->resumes ? rows : 0;
    return true;
}

static bool read_ranges(struct remote_scan *s, struct str position)
{
    uint64_t done, number;
    struct str rest = position;
    if (!str_eq(take_until(&rest, ' '), s->parted_by))
        return true; /* other ranges: all of them are read */
    if (!read_number(take_until(&rest, ' '), s->range_count, &done))
        return false;
    for (uint32_t i = 0; i < done; i++)
        s->ranges[i].is_read = true;
    while (rest.size > 0) {
        struct str one = take_until(&rest, ' ');
        if (!read_number(take_until(&one, ':'), s->range_count - 1, &number) ||
            !read_rows(s, one, &s->ranges[number]))
            return false;
    }
    return true;
}

static enum code read_single(struct remote_scan *s, struct str position, bool *ret,
                             struct error *err)
{
    struct str rest = position;
    struct scan_range *r = &s->ranges[0];
    *ret = read_rows(s, take_until(&rest, ' '), r);
    if (*ret && s->resumes)
        buf_str(&r->mark, rest);
    return buf_check(&r->mark, err);
}

enum code remote_position_read(struct remote_scan *s, struct str position, struct error *err)
{
    bool is_good = true;
    if (s->range_count > 1)
        is_good = read_ranges(s, position);
    else
        TRY(read_single(s, position, &is_good, err));
    if (is_good)
        return OK;
    return error_set(err, E_DATA, "position \"" STR_FMT "\" is no number of rows",
                     STR_ARG(position));
}
