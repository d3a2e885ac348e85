/* render_fit.c -- see render_fit.h. */
#include "session/render_fit.h"

enum {
    TEXT_MIN = 12, /* a column of texts is left out rather than narrower than this */
    FRAME = 3,     /* of a column: a line and two blanks */
    GAP = 3 + FRAME,
};

static uint32_t width_at(const struct render_fit *fit, uint32_t i, uint32_t level)
{
    return fit->is_text[i] ? MIN(fit->natural[i], level) : fit->natural[i];
}

static uint64_t least(const struct render_fit *fit, uint32_t i)
{
    return (uint64_t)width_at(fit, i, TEXT_MIN) + FRAME;
}

/* What a line takes, without the cells of texts wider than that. */
static uint64_t line_width(const struct render_fit *fit, const struct render_box *box,
                           uint32_t level)
{
    uint64_t width = 1;
    for (uint32_t i = 0; i < box->column_count; i++) {
        if (!box->hidden[i])
            width += (uint64_t)width_at(fit, i, level) + FRAME;
        else if (i == 0 || !box->hidden[i - 1])
            width += GAP;
    }
    return width;
}

/* At least one column is shown, even if it is too wide. */
static uint32_t show_from(const struct render_fit *fit, struct render_box *box)
{
    uint32_t n = box->column_count, first = MIN(fit->first, n - 1), to = first;
    uint64_t used = 1 + (uint64_t)(first > 0 ? GAP : 0);
    for (; to < n; to++) {
        uint64_t behind = to + 1 < n ? GAP : 0;
        if (to > first && used + least(fit, to) + behind > fit->columns)
            break;
        used += least(fit, to);
    }
    for (uint32_t i = 0; i < n; i++)
        box->hidden[i] = i < first || i >= to;
    return to - first;
}

static uint32_t show_ends(const struct render_fit *fit, struct render_box *box)
{
    uint32_t n = box->column_count, from = 0, to = n;
    uint64_t used = 1 + GAP;
    for (bool left = true; from < to; left = !left) {
        uint32_t next = left ? from : to - 1;
        if (from > 0 && used + least(fit, next) > fit->columns)
            break;
        used += least(fit, next);
        from += left;
        to -= !left;
    }
    for (uint32_t i = 0; i < n; i++)
        box->hidden[i] = i >= from && i < to;
    return n - (to - from);
}

/* The widest that texts may be so that a line fits. */
static uint32_t find_level(const struct render_fit *fit, const struct render_box *box)
{
    uint32_t low = 1, high = 1;
    for (uint32_t i = 0; i < box->column_count; i++)
        high = MAX(high, fit->natural[i]);
    while (low < high) {
        uint32_t middle = high - (high - low) / 2;
        if (line_width(fit, box, middle) <= fit->columns)
            low = middle;
        else
            high = middle - 1;
    }
    return low;
}

uint32_t render_fit(const struct render_fit *fit, struct render_box *box)
{
    uint32_t n = box->column_count, shown = n, level = UINT32_MAX;
    for (uint32_t i = 0; i < n; i++)
        box->hidden[i] = false;
    bool fits = fit->columns == 0 || line_width(fit, box, UINT32_MAX) <= fit->columns;
    if (!fits && n > 0) {
        if (line_width(fit, box, TEXT_MIN) > fit->columns)
            shown = fit->from_both_ends ? show_ends(fit, box) : show_from(fit, box);
        level = find_level(fit, box);
    }
    for (uint32_t i = 0; i < n; i++)
        box->widths[i] = width_at(fit, i, level);
    box->is_cut = !fits;
    return shown;
}
