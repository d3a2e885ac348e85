/* edit_menu.c -- completion with Tab: first what all candidates have in common, then a list of them
 * with their kinds, then one after the other. */
#include "cli/edit_inner.h"

#include "base/utf8.h"

#include <stdio.h>

enum { ROWS_MAX = 8, LABEL_COLUMNS_MAX = 36 };

static void put_chosen(struct edit *e, struct str text)
{
    struct edit_menu *m = &e->menu;
    edit_text_replace(&e->text, m->at, m->at + m->size, text);
    m->size = e->text.cursor - m->at;
}

void edit_menu_close(struct edit *e)
{
    e->menu.is_open = false;
}

void edit_menu_undo(struct edit *e)
{
    if (e->menu.chosen >= 0)
        put_chosen(e, buf_view(&e->menu.typed));
    e->menu.is_open = false;
}

static char fold(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
}

/* How much all candidates have in common, in whole characters. */
static size_t common_size(const struct completion *list)
{
    struct str first = list->items[0].text;
    size_t size = first.size;
    for (uint32_t i = 1; i < list->count; i++) {
        struct str other = list->items[i].text;
        size_t n = 0;
        while (n < size && n < other.size && fold(first.data[n]) == fold(other.data[n]))
            n++;
        size = n;
    }
    while (size > 0 && size < first.size && ((unsigned char)first.data[size] & 0xC0) == 0x80)
        size--;
    return size;
}

static bool begins_as_typed(struct str text, struct str typed)
{
    return text.size >= typed.size && str_ieq(str_make(text.data, typed.size), typed);
}

/* Is there nothing but blanks in front of the cursor in its line? */
static bool is_indenting(const struct edit *e)
{
    struct str s = edit_text_view(&e->text);
    size_t at = e->text.cursor;
    while (at > 0 && (s.data[at - 1] == ' ' || s.data[at - 1] == '\t'))
        at--;
    return at > 0 && s.data[at - 1] == '\n';
}

static void open_menu(struct edit *e)
{
    struct edit_menu *m = &e->menu;
    struct error err = { .code = OK };
    arena_reset(e->arena);
    m->list = (struct completion){ 0 };
    m->chosen = -1;
    if (e->config.complete(e->config.self, edit_text_view(&e->text), e->text.cursor, e->arena,
                           &m->list, &err) != OK ||
        m->list.count == 0) {
        if (is_indenting(e))
            edit_text_insert(&e->text, STR("    "), false);
        else
            edit_beep(e);
        return;
    }
    m->at = m->list.from;
    m->size = m->list.to - m->list.from;
    struct str typed = str_make(e->text.bytes.data + m->at, m->size);
    size_t common = common_size(&m->list);
    struct str first = m->list.items[0].text;
    bool extends = common > typed.size && begins_as_typed(first, typed);
    if (m->list.count == 1 || extends)
        put_chosen(e, m->list.count == 1 ? first : str_make(first.data, common));
    buf_clear(&m->typed);
    buf_put(&m->typed, e->text.bytes.data + m->at, m->size);
    m->is_open = m->list.count > 1;
}

void edit_menu_next(struct edit *e, bool back)
{
    struct edit_menu *m = &e->menu;
    if (!m->is_open) {
        if (!back)
            open_menu(e);
        return;
    }
    int64_t count = m->list.count;
    m->chosen =
        m->chosen < 0 ? (back ? count - 1 : 0) : (m->chosen + (back ? count - 1 : 1)) % count;
    put_chosen(e, m->list.items[m->chosen].text);
}

/* ---- showing --------------------------------------------------------------------------------- */

static void put(struct edit *e, struct str text, enum edit_style style)
{
    buf_str(&e->below, text);
    for (size_t i = 0; i < text.size; i++)
        buf_char(&e->below_styles, (char)style);
}

static void put_blanks(struct edit *e, size_t n, enum edit_style style)
{
    while (n-- > 0)
        put(e, STR(" "), style);
}

static void put_cell(struct edit *e, uint32_t i, size_t label_columns, size_t kind_columns)
{
    const struct complete_item *item = &e->menu.list.items[i];
    bool chosen = (int64_t)i == e->menu.chosen;
    struct str label = utf8_fitting(item->label, label_columns);
    struct str kind = str_of(complete_kind_name(item->kind));
    put(e, chosen ? STR("> ") : STR("  "), EDIT_PLAIN);
    put(e, label, chosen ? EDIT_CHOSEN : EDIT_PLAIN);
    put_blanks(e, label_columns - utf8_width(label) + 1, EDIT_PLAIN);
    put(e, kind, EDIT_DIM);
    put_blanks(e, kind_columns - kind.size + 1, EDIT_PLAIN);
}

void edit_menu_put(struct edit *e)
{
    const struct completion *list = &e->menu.list;
    size_t label_columns = 1, kind_columns = 1;
    for (uint32_t i = 0; i < list->count; i++) {
        label_columns = MAX(label_columns, utf8_width(list->items[i].label));
        kind_columns = MAX(kind_columns, strlen(complete_kind_name(list->items[i].kind)));
    }
    label_columns = MIN(label_columns, (size_t)LABEL_COLUMNS_MAX);
    label_columns = MIN(label_columns, MAX(e->screen.columns, kind_columns + 8) - kind_columns - 4);
    uint32_t cell = (uint32_t)(label_columns + kind_columns + 4);
    uint32_t across = MAX(e->screen.columns / cell, 1);
    uint32_t rows = (list->count + across - 1) / across;
    uint32_t height = MIN(rows, MIN((uint32_t)ROWS_MAX, MAX(e->screen.rows / 2, 2) - 1));
    uint32_t row = e->menu.chosen < 0 ? 0 : (uint32_t)e->menu.chosen / across;
    uint32_t first = row >= height ? row - height + 1 : 0;
    for (uint32_t r = first; r < first + height; r++) {
        for (uint32_t i = r * across; i < MIN((r + 1) * across, list->count); i++)
            put_cell(e, i, label_columns, kind_columns);
        put(e, STR("\n"), EDIT_PLAIN);
    }
    if (e->menu.chosen >= 0 && list->items[e->menu.chosen].help.size > 0) {
        edit_put_below(e, list->items[e->menu.chosen].help, EDIT_DIM);
    } else if (rows > height) {
        char text[64];
        uint32_t shown = MIN((first + height) * across, list->count) - first * across;
        int n = snprintf(text, sizeof text, "  and %u more", list->count - shown);
        edit_put_below(e, str_make(text, (size_t)n), EDIT_DIM);
    }
}

void edit_put_below(struct edit *e, struct str text, enum edit_style style)
{
    for (size_t i = 0; i < text.size; i++)
        put(e, text.data[i] == '\n' ? STR(" ") : str_make(text.data + i, 1), style);
    put(e, STR("\n"), EDIT_PLAIN);
}
