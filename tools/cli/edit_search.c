/* edit_search.c -- Ctrl-R: the entry of the history that has what is typed in it. */
#include "cli/edit_inner.h"

void edit_search_open(struct edit *e)
{
    struct edit_search *s = &e->search;
    s->is_open = true;
    s->is_found = false;
    s->n = 0;
    buf_clear(&s->pattern);
    edit_text_set(&s->shown, edit_text_view(&e->text));
    edit_text_move_to(&s->shown, e->text.cursor);
}

/* Shows the n-th match, or, if there is none, what was shown before. */
static bool look(struct edit *e)
{
    struct edit_search *s = &e->search;
    struct edit_match match;
    s->is_found = s->pattern.size > 0 &&
                  edit_history_search(&e->history, buf_view(&s->pattern), s->n, &match);
    if (!s->is_found)
        return false;
    s->match = match;
    edit_text_set(&s->shown, e->history.items[match.index]);
    edit_text_move_to(&s->shown, match.at);
    return true;
}

static void look_further(struct edit *e, bool back)
{
    struct edit_search *s = &e->search;
    uint32_t before = s->n;
    if (back && s->n == 0) {
        edit_beep(e);
        return;
    }
    s->n = back ? s->n - 1 : s->is_found ? s->n + 1 : 0;
    if (!look(e)) { /* that was the last one */
        s->n = before;
        if (s->pattern.size > 0)
            look(e);
        edit_beep(e);
    }
}

static void change(struct edit *e, struct str more)
{
    struct edit_search *s = &e->search;
    for (size_t i = 0; i < more.size; i++)
        if ((unsigned char)more.data[i] >= 0x20)
            buf_char(&s->pattern, more.data[i]);
    s->n = 0;
    if (!look(e) && s->pattern.size > 0)
        edit_beep(e);
}

static void shorten(struct edit *e)
{
    struct buf *pattern = &e->search.pattern;
    while (pattern->size > 0 && ((unsigned char)pattern->data[--pattern->size] & 0xC0) == 0x80) {
    }
    change(e, STR(""));
}

/* The entry is the text now. */
static void take(struct edit *e)
{
    struct edit_search *s = &e->search;
    s->is_open = false;
    if (!s->is_found)
        return;
    edit_text_replace_all(&e->text, edit_text_view(&s->shown));
    edit_text_move_to(&e->text, s->shown.cursor);
    e->at = s->match.index;
}

enum edit_step edit_search_act(struct edit *e, const struct edit_key *key)
{
    switch (key->kind) {
    case EDIT_KEY_TEXT:
    case EDIT_KEY_PASTE:
        change(e, key->text);
        return EDIT_STEP_ON;
    case EDIT_KEY_BACKSPACE:
        shorten(e);
        return EDIT_STEP_ON;
    case EDIT_KEY_UP:
        look_further(e, false);
        return EDIT_STEP_ON;
    case EDIT_KEY_DOWN:
        look_further(e, true);
        return EDIT_STEP_ON;
    case EDIT_KEY_ESCAPE:
    case EDIT_KEY_TAB:
        take(e);
        return EDIT_STEP_ON;
    case EDIT_KEY_CTRL:
        if (key->letter == 'r' || key->letter == 's') {
            look_further(e, key->letter == 's');
            return EDIT_STEP_ON;
        }
        if (key->letter == 'g' || key->letter == 'c') {
            e->search.is_open = false;
            return EDIT_STEP_ON;
        }
        break;
    default:
        break;
    }
    take(e); /* any other key goes to the text */
    return edit_act(e, key);
}

void edit_search_put(struct edit *e)
{
    struct edit_search *s = &e->search;
    struct buf line;
    buf_init(&line, 1 << 20);
    buf_text(&line, "search: ");
    buf_str(&line, buf_view(&s->pattern));
    buf_text(&line, s->is_found || s->pattern.size == 0 ? "_" : "_  (there is no such statement)");
    edit_put_below(e, buf_view(&line), EDIT_DIM);
    buf_done(&line);
}
