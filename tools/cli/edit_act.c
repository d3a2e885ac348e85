/* edit_act.c -- what the keys of the line editor do. */
#include "cli/edit_inner.h"

void edit_beep(struct edit *e)
{
    buf_char(&e->out, '\a');
}

/* ---- history --------------------------------------------------------------------------------- */

static void show_entry(struct edit *e, uint32_t at)
{
    bool is_entry = e->at < e->history.count;
    struct str text = edit_text_view(&e->text);
    /* What was changed is not lost: it is the new text. */
    if (!is_entry || !str_eq(text, e->history.items[e->at])) {
        buf_clear(&e->draft);
        buf_str(&e->draft, text);
    }
    e->at = at;
    edit_text_set(&e->text, at < e->history.count ? e->history.items[at] : buf_view(&e->draft));
}

static void older(struct edit *e)
{
    if (e->at > 0)
        show_entry(e, e->at - 1);
    else
        edit_beep(e);
}

static void newer(struct edit *e)
{
    if (e->at < e->history.count)
        show_entry(e, e->at + 1);
    else
        edit_beep(e);
}

struct str edit_ghost(const struct edit *e)
{
    struct str text = edit_text_view(&e->text);
    if (text.size == 0 || e->text.cursor != text.size || !e->config.has_color || e->menu.is_open)
        return (struct str){ NULL, 0 };
    struct str entry = edit_history_that_begins(&e->history, text);
    if (!entry.data)
        return entry;
    return str_make(entry.data + text.size, entry.size - text.size);
}

/* To the right; at the end of the text what is shown there is taken. */
static void right(struct edit *e, enum edit_unit unit)
{
    struct str ghost = edit_ghost(e);
    if (ghost.size > 0)
        edit_text_insert(&e->text, ghost, false);
    else
        edit_text_move(&e->text, unit, false);
}

static void up(struct edit *e)
{
    if (e->menu.is_open)
        edit_menu_next(e, true);
    else if (!edit_text_up(&e->text))
        older(e);
}

static void down(struct edit *e)
{
    if (e->menu.is_open)
        edit_menu_next(e, false);
    else if (!edit_text_down(&e->text))
        newer(e);
}

/* ---- single keys ----------------------------------------------------------------------------- */

static enum edit_step enter(struct edit *e)
{
    if (e->menu.is_open && e->menu.chosen >= 0) { /* that is what it is for */
        edit_menu_close(e);
        return EDIT_STEP_ON;
    }
    edit_menu_close(e);
    if (e->config.is_complete(edit_text_view(&e->text)))
        return EDIT_STEP_ENTER;
    edit_text_insert(&e->text, STR("\n"), false);
    return EDIT_STEP_ON;
}

static enum edit_step control(struct edit *e, char letter)
{
    struct edit_text *t = &e->text;
    switch (letter) {
    case 'a':
        edit_text_move(t, EDIT_LINE, true);
        break;
    case 'b':
        edit_text_move(t, EDIT_CHARACTER, true);
        break;
    case 'c':
        return EDIT_STEP_CANCEL;
    case 'd':
        if (t->bytes.size == 0)
            return EDIT_STEP_LEAVE;
        edit_text_delete(t, EDIT_CHARACTER, false, false);
        break;
    case 'e':
        right(e, EDIT_LINE);
        break;
    case 'f':
        right(e, EDIT_CHARACTER);
        break;
    case 'k':
        edit_text_cut_line(t);
        break;
    case 'l':
        return EDIT_STEP_CLEAR;
    case 'n':
        down(e);
        break;
    case 'p':
        up(e);
        break;
    case 'r':
        edit_search_open(e);
        break;
    case 't':
        edit_text_swap(t);
        break;
    case 'u':
        edit_text_delete(t, EDIT_LINE, true, true);
        break;
    case 'w':
        edit_text_delete(t, EDIT_BLANK, true, true);
        break;
    case 'y':
        edit_text_paste_cut(t);
        break;
    case 'z':
        return EDIT_STEP_SUSPEND;
    case '_':
        if (!edit_text_undo(t))
            edit_beep(e);
        break;
    default:
        edit_beep(e);
    }
    return EDIT_STEP_ON;
}

static enum edit_step alt(struct edit *e, char letter)
{
    struct edit_text *t = &e->text;
    switch (letter) {
    case 'b':
        edit_text_move(t, EDIT_WORD, true);
        break;
    case 'f':
        edit_text_move(t, EDIT_WORD, false);
        break;
    case 'd':
        edit_text_delete(t, EDIT_WORD, false, true);
        break;
    case 'u':
        edit_text_change_case(t, EDIT_UPPER);
        break;
    case 'l':
        edit_text_change_case(t, EDIT_LOWER);
        break;
    case 'c':
        edit_text_change_case(t, EDIT_CAPITAL);
        break;
    case 'p':
        older(e);
        break;
    case 'n':
        newer(e);
        break;
    case 'e':
    case 'E':
        return EDIT_STEP_EDITOR;
    case '<':
        edit_text_move(t, EDIT_ALL, true);
        break;
    case '>':
        edit_text_move(t, EDIT_ALL, false);
        break;
    case '_':
    case 'r':
        if (!edit_text_redo(t))
            edit_beep(e);
        break;
    default:
        edit_beep(e);
    }
    return EDIT_STEP_ON;
}

/* Keys that mean something to an open list; it closes for the others. */
static bool is_for_menu(const struct edit *e, const struct edit_key *key)
{
    switch (key->kind) {
    case EDIT_KEY_TAB:
    case EDIT_KEY_BACK_TAB:
    case EDIT_KEY_UP:
    case EDIT_KEY_DOWN:
    case EDIT_KEY_ESCAPE:
        return true;
    case EDIT_KEY_ENTER:
        return e->menu.chosen >= 0;
    case EDIT_KEY_CTRL:
        return key->letter == 'g' || key->letter == 'n' || key->letter == 'p';
    default:
        return false;
    }
}

static void escape(struct edit *e)
{
    if (e->menu.is_open)
        edit_menu_undo(e);
}

enum edit_step edit_act(struct edit *e, const struct edit_key *key)
{
    struct edit_text *t = &e->text;
    if (e->search.is_open)
        return edit_search_act(e, key);
    if (e->menu.is_open && !is_for_menu(e, key))
        edit_menu_close(e);
    switch (key->kind) {
    case EDIT_KEY_TEXT:
        edit_text_insert(t, key->text, true);
        break;
    case EDIT_KEY_PASTE:
        edit_text_insert(t, key->text, false);
        break;
    case EDIT_KEY_CTRL:
        if (key->letter == 'g') {
            escape(e);
            break;
        }
        return control(e, key->letter);
    case EDIT_KEY_ALT:
        return alt(e, key->letter);
    case EDIT_KEY_ENTER:
        return enter(e);
    case EDIT_KEY_ALT_ENTER:
        edit_text_insert(t, STR("\n"), false);
        break;
    case EDIT_KEY_TAB:
    case EDIT_KEY_BACK_TAB:
        edit_menu_next(e, key->kind == EDIT_KEY_BACK_TAB);
        break;
    case EDIT_KEY_BACKSPACE:
        edit_text_delete(t, EDIT_CHARACTER, true, false);
        break;
    case EDIT_KEY_ALT_BACKSPACE:
        edit_text_delete(t, EDIT_WORD, true, true);
        break;
    case EDIT_KEY_DELETE:
        edit_text_delete(t, EDIT_CHARACTER, false, false);
        break;
    case EDIT_KEY_WORD_DELETE:
        edit_text_delete(t, EDIT_WORD, false, true);
        break;
    case EDIT_KEY_ESCAPE:
        escape(e);
        break;
    case EDIT_KEY_UP:
        up(e);
        break;
    case EDIT_KEY_DOWN:
        down(e);
        break;
    case EDIT_KEY_LEFT:
        edit_text_move(t, EDIT_CHARACTER, true);
        break;
    case EDIT_KEY_RIGHT:
        right(e, EDIT_CHARACTER);
        break;
    case EDIT_KEY_WORD_LEFT:
        edit_text_move(t, EDIT_WORD, true);
        break;
    case EDIT_KEY_WORD_RIGHT:
        edit_text_move(t, EDIT_WORD, false);
        break;
    case EDIT_KEY_HOME:
        edit_text_move(t, EDIT_LINE, true);
        break;
    case EDIT_KEY_END:
        right(e, EDIT_LINE);
        break;
    case EDIT_KEY_PAGE_UP:
        older(e);
        break;
    case EDIT_KEY_PAGE_DOWN:
        newer(e);
        break;
    }
    return EDIT_STEP_ON;
}
