/* spec_diff.c -- rows that differ, as lines: "-" was expected, "+" came, cells one below the
 * other. */
#include "spec/spec_case.h"

#include "base/memory.h"
#include "base/utf8.h"
#include "plan/plan.h"
#include "sql/diag.h"

enum {
    CONTEXT_ROWS = 3,  /* that are as expected, around those that are not */
    CELL_COLUMNS = 40, /* to which cells are padded */
    LINES_MAX = 200,
    TEXT_LIMIT = 1 << 20,
};

void spec_report_step(struct spec_run *run, const struct spec_step *step)
{
    const struct spec_statement *s = step->statement;
    struct str text = run->how->script->text;
    struct diag_place place = diag_locate(text, s->span.offset);
    struct str line = str_make(text.data + s->span.offset, s->span.size);
    size_t end = str_find_byte(line, '\n');
    if (end != (size_t)-1)
        line.size = end;
    buf_printf(run->report, STR_FMT ":%u: " STR_FMT "%s\n", STR_ARG(run->how->path), place.line,
               STR_ARG(str_trim(line)), end != (size_t)-1 ? " ..." : "");
}

/* ---- cells ---- */

struct table {
    struct spec_run *run;
    const struct spec_step *step;
    const struct spec_pair *pairs;
    uint32_t count;
    bool with_change;
    uint32_t columns; /* the change, if there is one, and those that are compared */
    size_t *widths;
};

static void put_change(struct buf *out, enum change change)
{
    buf_printf(out, "'%s'", change_names[change]);
}

static void put_cell(const struct table *t, struct buf *out, const struct spec_pair *pair, bool got,
                     uint32_t column)
{
    const struct zone *zone = t->run->job.env->zone;
    if (t->with_change && column == 0) {
        put_change(out, got ? pair->got->change : pair->wanted->change);
        return;
    }
    uint32_t c = t->step->columns[column - t->with_change];
    if (!got && pair->wanted->any[c])
        buf_text(out, "ANY");
    else
        spec_value_print(out, got ? &pair->got->values[c] : &pair->wanted->values[c], zone);
}

static bool is_met(const struct spec_pair *pair)
{
    return pair->wanted && pair->got;
}

/* Lines far from any difference are left out. */
static bool is_shown(const struct table *t, uint32_t at)
{
    uint32_t from = at > CONTEXT_ROWS ? at - CONTEXT_ROWS : 0;
    for (uint32_t i = from; i < t->count && i <= at + CONTEXT_ROWS; i++)
        if (!is_met(&t->pairs[i]))
            return true;
    return false;
}

static void measure(struct table *t)
{
    struct buf cell;
    buf_init(&cell, TEXT_LIMIT);
    for (uint32_t i = 0; i < t->count; i++)
        for (uint32_t c = 0; is_shown(t, i) && c < t->columns; c++) {
            buf_clear(&cell);
            put_cell(t, &cell, &t->pairs[i], t->pairs[i].got != NULL, c);
            t->widths[c] = MAX(t->widths[c], MIN(utf8_width(buf_view(&cell)), CELL_COLUMNS));
        }
    buf_done(&cell);
}

static void put_row(const struct table *t, struct buf *out, char sign, const struct spec_pair *pair)
{
    struct buf cell;
    buf_init(&cell, TEXT_LIMIT);
    buf_printf(out, "  %c (", sign);
    for (uint32_t c = 0; c < t->columns; c++) {
        buf_clear(&cell);
        put_cell(t, &cell, pair, pair->got != NULL, c);
        buf_str(out, buf_view(&cell));
        if (c + 1 == t->columns)
            break;
        buf_char(out, ',');
        for (size_t n = utf8_width(buf_view(&cell)); n <= t->widths[c]; n++)
            buf_char(out, ' ');
    }
    buf_text(out, ")\n");
    buf_done(&cell);
}

/* ---- all of it ---- */

static void put_pairs(const struct table *t, struct buf *out)
{
    uint32_t hidden = 0, lines = 0;
    for (uint32_t i = 0; i < t->count; i++) {
        const struct spec_pair *pair = &t->pairs[i];
        if (!is_shown(t, i)) {
            hidden++;
            continue;
        }
        if (hidden > 0)
            buf_printf(out, "    ... %u as expected\n", hidden);
        hidden = 0;
        if (++lines > LINES_MAX) {
            buf_printf(out, "    ... and %u more lines\n", t->count - i);
            return;
        }
        put_row(t, out, is_met(pair) ? ' ' : pair->wanted ? '-' : '+', pair);
    }
    if (hidden > 0)
        buf_printf(out, "    ... %u as expected\n", hidden);
}

void spec_diff_print(struct spec_run *run, const struct spec_step *step,
                     const struct spec_pair *pairs, uint32_t count, bool with_change)
{
    struct table t = { .run = run,
                       .step = step,
                       .pairs = pairs,
                       .count = count,
                       .with_change = with_change,
                       .columns = step->column_count + with_change };
    t.widths = arena_array(run->arena, size_t, MAX(t.columns, 1));
    if (!t.widths)
        return;
    measure(&t);
    put_pairs(&t, run->report);
}
