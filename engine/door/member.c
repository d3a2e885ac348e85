/* member.c -- see member.h. */
#include "door/member.h"

#include "plan/plan.h"
#include "types/text.h"

#include <inttypes.h>

static void separate(struct buf *out)
{
    char last = out->size > 0 ? out->data[out->size - 1] : '\n';
    if (last != '{' && last != '[' && last != '\n')
        buf_text(out, ", ");
}

static void put_key(struct buf *out, const char *key)
{
    separate(out);
    buf_printf(out, "\"%s\": ", key);
}

void member_open(struct buf *out)
{
    separate(out);
    buf_char(out, '{');
}

void member_close(struct buf *out)
{
    buf_char(out, '}');
}

void member_end(struct buf *out)
{
    buf_text(out, "}\n");
}

void member_text(struct buf *out, const char *key, struct str text)
{
    put_key(out, key);
    if (text.data)
        text_put_json_string(out, text);
    else
        buf_text(out, "null");
}

void member_count(struct buf *out, const char *key, uint64_t value)
{
    put_key(out, key);
    buf_printf(out, "%" PRIu64, value);
}

void member_known(struct buf *out, const char *key, int64_t value)
{
    put_key(out, key);
    if (value < 0)
        buf_text(out, "null");
    else
        buf_printf(out, "%" PRId64, value);
}

void member_flag(struct buf *out, const char *key, bool value)
{
    put_key(out, key);
    buf_text(out, value ? "true" : "false");
}

void member_number(struct buf *out, const char *key, double value)
{
    put_key(out, key);
    buf_printf(out, "%.1f", value);
}

void member_seconds(struct buf *out, const char *key, int64_t us)
{
    put_key(out, key);
    buf_printf(out, "%.3f", (double)us / 1e6);
}

void member_operator(struct buf *out, const char *key, const struct plan *plan)
{
    put_key(out, key);
    buf_printf(out, "\"%s#%u\"", plan_kind_name(plan->kind), plan->id);
}

void member_list(struct buf *out, const char *key)
{
    put_key(out, key);
    buf_char(out, '[');
}
