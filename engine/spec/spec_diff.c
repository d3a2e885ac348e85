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
    ROW_COLUMNS = 100, /* of longer rows it is said where they differ */
    STEP_CHARACTERS = 120,
    PREFIX_MIN = 20, /* characters that texts have in common, to say how many */
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
    line = str_trim(line);
    struct str shown = utf8_substring(line, 0, STEP_CHARACTERS);
    bool is_cut = end != (size_t)-1 || shown.size < line.size;
    buf_printf(run->report, STR_FMT ":%u: " STR_FMT "%s\n", STR_ARG(run->how->path), place.line,
               STR_ARG(str_trim(shown)), is_cut ? " ..." : "");
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
        buf_text(out, ", ");
        for (size_t n = utf8_width(buf_view(&cell)); n < t->widths[c]; n++)
            buf_char(out, ' ');
    }
    buf_text(out, ")\n");
    buf_done(&cell);
}

/* ---- long rows ---- */

/* Characters that two texts begin with. */
static uint32_t common_prefix(struct str a, struct str b)
{
    uint32_t n = 0, x, y;
    for (size_t i = 0, k = 0; i < a.size && k < b.size; n++) {
        i += MAX(utf8_decode(a.data + i, a.size - i, &x), 1);
        k += MAX(utf8_decode(b.data + k, b.size - k, &y), 1);
        if (x != y)
            break;
    }
    return n;
}

static bool cell_fits(const struct table *t, const struct spec_wanted *wanted,
                      const struct spec_row *got, uint32_t c)
{
    const struct spec_statement *s = t->step->statement;
    return wanted->any[c] || spec_value_equal(&wanted->values[c], &got->values[c],
                                              s->has_tolerance ? s->tolerance : 0);
}

static void put_column(const struct table *t, struct buf *out, const struct spec_wanted *wanted,
                       const struct spec_row *got, uint32_t c)
{
    const struct value *a = &wanted->values[c], *b = &got->values[c];
    buf_str(out, t->step->sink->plan->base.fields[c].name);
    if (a->is_null || b->is_null || !type_is_string(a->type))
        return;
    uint32_t n = common_prefix(a->str, b->str);
    if (n >= PREFIX_MIN)
        buf_printf(out, " from character %u on", n + 1);
}

/* A row that came in place of another, if they have a column in common and the line of it is long:
 * which columns differ. */
static void put_difference(const struct table *t, struct buf *out, const struct spec_wanted *wanted,
                           const struct spec_row *got)
{
    struct buf names;
    uint32_t n = 0;
    buf_init(&names, TEXT_LIMIT);
    for (uint32_t i = 0; i < t->step->column_count; i++) {
        uint32_t c = t->step->columns[i];
        if (cell_fits(t, wanted, got, c))
            continue;
        buf_text(&names, n++ > 0 ? ", " : "");
        put_column(t, &names, wanted, got, c);
    }
    if (n > 0 && n < t->step->column_count)
        buf_printf(out, "      differs: " STR_FMT "\n", STR_ARG(buf_view(&names)));
    buf_done(&names);
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
        size_t before = out->size;
        put_row(t, out, is_met(pair) ? ' ' : pair->wanted ? '-' : '+', pair);
        if (out->size - before > ROW_COLUMNS && i > 0 && !pair->wanted && !t->pairs[i - 1].got)
            put_difference(t, out, t->pairs[i - 1].wanted, pair->got);
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
