/* edit_text.c -- see edit_text.h. */
#include "cli/edit_text.h"

#include "base/memory.h"
#include "base/utf8.h"

enum { CHANGES_MAX = 10000, TAB_COLUMNS = 4 };

void edit_text_init(struct edit_text *t)
{
    *t = (struct edit_text){ .column = -1 };
    buf_init(&t->bytes, EDIT_TEXT_BYTES_MAX);
    buf_init(&t->cut, EDIT_TEXT_BYTES_MAX);
    buf_init(&t->change_bytes, 4u * EDIT_TEXT_BYTES_MAX);
}

void edit_text_done(struct edit_text *t)
{
    buf_done(&t->bytes);
    buf_done(&t->cut);
    buf_done(&t->change_bytes);
    mem_free(t->changes);
    *t = (struct edit_text){ 0 };
}

/* ---- changes --------------------------------------------------------------------------------- */

static void forget_changes(struct edit_text *t)
{
    t->count = t->done = 0;
    buf_clear(&t->change_bytes);
}

/* Changes that were undone cannot be done again once there is another one. */
static void forget_undone(struct edit_text *t)
{
    while (t->count > t->done) {
        const struct edit_change *c = &t->changes[--t->count];
        t->change_bytes.size -= c->removed + c->inserted;
    }
}

static bool has_room(struct edit_text *t)
{
    if (t->count < t->cap)
        return true;
    if (t->cap >= CHANGES_MAX)
        return false;
    uint32_t cap = t->cap ? t->cap * 2 : 64;
    struct edit_change *grown = mem_realloc(t->changes, cap * sizeof *grown);
    if (!grown)
        return false;
    t->changes = grown;
    t->cap = cap;
    return true;
}

/* Without memory for it, or after very many, there is no way back from here. */
static void note_change(struct edit_text *t, struct edit_change change, struct str inserted)
{
    forget_undone(t);
    if (!has_room(t)) {
        forget_changes(t);
        if (!has_room(t))
            return;
    }
    if (!buf_reserve(&t->change_bytes, change.removed + change.inserted)) {
        forget_changes(t);
        return;
    }
    change.joined = change.joined && t->count > 0;
    buf_put(&t->change_bytes, t->bytes.data + change.at, change.removed);
    buf_str(&t->change_bytes, inserted);
    t->changes[t->count++] = change;
    t->done = t->count;
}

/* [at, at + removed) gives way to `text`, which is clean. False: no memory. */
static bool splice(struct edit_text *t, size_t at, size_t removed, struct str text)
{
    size_t tail = t->bytes.size - at - removed;
    if (text.size > removed && !buf_reserve(&t->bytes, text.size - removed)) {
        t->bytes.failed = t->bytes.is_over = false;
        t->failed = true;
        return false;
    }
    if (tail > 0)
        memmove(t->bytes.data + at + text.size, t->bytes.data + at + removed, tail);
    if (text.size > 0)
        memcpy(t->bytes.data + at, text.data, text.size);
    t->bytes.size = at + text.size + tail;
    return true;
}

static void change(struct edit_text *t, struct edit_change c, struct str text)
{
    c.cursor = t->cursor;
    c.inserted = text.size;
    if (c.removed == 0 && c.inserted == 0)
        return;
    /* Room first, so that what is noted is done. */
    if (text.size > c.removed && !buf_reserve(&t->bytes, text.size - c.removed)) {
        t->bytes.failed = t->bytes.is_over = false;
        t->failed = true;
        return;
    }
    note_change(t, c, text);
    if (splice(t, c.at, c.removed, text))
        t->cursor = c.at + text.size;
    t->column = -1;
}

void edit_text_rest(struct edit_text *t)
{
    t->cut_grows = false;
    t->column = -1;
    if (t->done > 0)
        t->changes[t->done - 1].typed = false;
}

/* The bytes of change i - 1 lie in front of those of change i. */
static size_t bytes_of(const struct edit_text *t, uint32_t i)
{
    size_t at = t->change_bytes.size;
    for (uint32_t k = t->count; k > i; k--)
        at -= t->changes[k - 1].removed + t->changes[k - 1].inserted;
    return at;
}

bool edit_text_undo(struct edit_text *t)
{
    edit_text_rest(t);
    if (t->done == 0)
        return false;
    bool joined;
    do {
        const struct edit_change *c = &t->changes[t->done - 1];
        struct str removed = { t->change_bytes.data + bytes_of(t, t->done - 1), c->removed };
        if (!splice(t, c->at, c->inserted, removed))
            return false;
        t->cursor = c->cursor;
        joined = c->joined;
        t->done--;
    } while (joined && t->done > 0);
    return true;
}

bool edit_text_redo(struct edit_text *t)
{
    edit_text_rest(t);
    if (t->done == t->count)
        return false;
    do {
        const struct edit_change *c = &t->changes[t->done];
        struct str inserted = { t->change_bytes.data + bytes_of(t, t->done) + c->removed,
                                c->inserted };
        if (!splice(t, c->at, c->removed, inserted))
            return false;
        t->cursor = c->at + c->inserted;
        t->done++;
    } while (t->done < t->count && t->changes[t->done].joined);
    return true;
}

/* ---- putting in ------------------------------------------------------------------------------ */

/* Well-formed, line feeds alone, no controls. */
static void put_clean(struct buf *out, struct str text)
{
    for (size_t i = 0; i < text.size;) {
        uint32_t code_point;
        size_t n = utf8_decode(text.data + i, text.size - i, &code_point);
        if (code_point == '\r') {
            if (i + 1 == text.size || text.data[i + 1] != '\n')
                buf_char(out, '\n');
        } else if (code_point == '\n' || code_point == '\t' ||
                   (code_point >= 0x20 && code_point != 0x7F &&
                    !(code_point >= 0x80 && code_point < 0xA0) && code_point != 0x2028 &&
                    code_point != 0x2029)) {
            char bytes[4];
            buf_put(out, bytes, utf8_encode(code_point, bytes));
        }
        i += n;
    }
}

static void replace(struct edit_text *t, size_t from, size_t to, struct str text, bool joined)
{
    struct buf clean;
    buf_init(&clean, EDIT_TEXT_BYTES_MAX);
    put_clean(&clean, text);
    if (clean.failed)
        t->failed = true;
    else
        change(t, (struct edit_change){ .at = from, .removed = to - from, .joined = joined },
               buf_view(&clean));
    buf_done(&clean);
}

void edit_text_set(struct edit_text *t, struct str text)
{
    edit_text_rest(t);
    t->bytes.size = 0;
    t->cursor = 0;
    replace(t, 0, 0, text, false);
    forget_changes(t);
}

void edit_text_replace_all(struct edit_text *t, struct str text)
{
    edit_text_rest(t);
    replace(t, 0, t->bytes.size, text, false);
}

void edit_text_replace(struct edit_text *t, size_t from, size_t to, struct str text)
{
    edit_text_rest(t);
    replace(t, from, to, text, false);
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\n';
}

void edit_text_insert(struct edit_text *t, struct str text, bool typed)
{
    t->cut_grows = false;
    /* A word that is typed is undone at once, not its letters one by one. */
    bool joins = false;
    if (typed && text.size > 0 && t->done > 0 && t->done == t->count) {
        const struct edit_change *last = &t->changes[t->done - 1];
        joins = last->typed && last->at + last->inserted == t->cursor && last->inserted > 0 &&
                !(is_blank(text.data[0]) && !is_blank(t->bytes.data[t->cursor - 1]));
    }
    replace(t, t->cursor, t->cursor, text, joins);
    if (t->done > 0 && t->done == t->count)
        t->changes[t->done - 1].typed = typed;
}

/* ---- places ---------------------------------------------------------------------------------- */

/* Behind the character at `at`, with the marks that combine with it. */
static size_t next_character(struct str s, size_t at)
{
    uint32_t code_point;
    if (at >= s.size)
        return s.size;
    bool is_feed = s.data[at] == '\n' || s.data[at] == '\t';
    at += utf8_decode(s.data + at, s.size - at, &code_point);
    while (!is_feed && at < s.size && s.data[at] != '\n' && s.data[at] != '\t') {
        size_t n = utf8_decode(s.data + at, s.size - at, &code_point);
        if (utf8_code_point_width(code_point) > 0)
            break;
        at += n;
    }
    return at;
}

static size_t one_code_point_back(struct str s, size_t at)
{
    do
        at--;
    while (at > 0 && ((unsigned char)s.data[at] & 0xC0) == 0x80);
    return at;
}

static size_t last_character(struct str s, size_t at)
{
    if (at == 0)
        return 0;
    at = one_code_point_back(s, at);
    while (at > 0) {
        uint32_t code_point;
        utf8_decode(s.data + at, s.size - at, &code_point);
        if (code_point == '\n' || code_point == '\t' || utf8_code_point_width(code_point) > 0)
            break;
        char before = s.data[at - 1];
        if (before == '\n' || before == '\t')
            break;
        at = one_code_point_back(s, at);
    }
    return at;
}

static bool is_word(struct str s, size_t at)
{
    unsigned char c = (unsigned char)s.data[at];
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
           c >= 0x80;
}

static bool is_dark(struct str s, size_t at)
{
    return !is_blank(s.data[at]);
}

/* Past what is not of the kind, then past what is. */
static size_t past(struct str s, size_t at, bool back, bool (*is_kind)(struct str s, size_t at))
{
    if (back) {
        while (at > 0 && !is_kind(s, at - 1))
            at--;
        while (at > 0 && is_kind(s, at - 1))
            at--;
        return at;
    }
    while (at < s.size && !is_kind(s, at))
        at++;
    while (at < s.size && is_kind(s, at))
        at++;
    return at;
}

static size_t line_begin(struct str s, size_t at)
{
    while (at > 0 && s.data[at - 1] != '\n')
        at--;
    return at;
}

static size_t line_end(struct str s, size_t at)
{
    while (at < s.size && s.data[at] != '\n')
        at++;
    return at;
}

size_t edit_text_step(const struct edit_text *t, enum edit_unit unit, bool back)
{
    struct str s = edit_text_view(t);
    switch (unit) {
    case EDIT_CHARACTER:
        return back ? last_character(s, t->cursor) : next_character(s, t->cursor);
    case EDIT_WORD:
        return past(s, t->cursor, back, is_word);
    case EDIT_BLANK:
        return past(s, t->cursor, back, is_dark);
    case EDIT_LINE:
        return back ? line_begin(s, t->cursor) : line_end(s, t->cursor);
    case EDIT_ALL:
        break;
    }
    return back ? 0 : s.size;
}

void edit_text_move(struct edit_text *t, enum edit_unit unit, bool back)
{
    edit_text_rest(t);
    t->cursor = edit_text_step(t, unit, back);
}

void edit_text_move_to(struct edit_text *t, size_t at)
{
    struct str s = edit_text_view(t);
    edit_text_rest(t);
    at = MIN(at, s.size);
    while (at > 0 && at < s.size && ((unsigned char)s.data[at] & 0xC0) == 0x80)
        at--;
    t->cursor = at;
}

/* ---- lines ----------------------------------------------------------------------------------- */

static size_t width_at(struct str s, size_t at, size_t column)
{
    uint32_t code_point;
    if (s.data[at] == '\t')
        return TAB_COLUMNS - column % TAB_COLUMNS;
    utf8_decode(s.data + at, s.size - at, &code_point);
    return utf8_code_point_width(code_point);
}

static size_t column_of(struct str s, size_t at)
{
    size_t column = 0;
    for (size_t i = line_begin(s, at); i < at; i = next_character(s, i))
        column += width_at(s, i, column);
    return column;
}

/* The place in the line that begins at `begin` where the column is, or its end. */
static size_t place_of(struct str s, size_t begin, size_t column)
{
    size_t at = begin, now = 0;
    while (at < s.size && s.data[at] != '\n') {
        size_t width = width_at(s, at, now);
        if (now + width > column)
            break;
        now += width;
        at = next_character(s, at);
    }
    return at;
}

static void move_to_line(struct edit_text *t, size_t begin)
{
    struct str s = edit_text_view(t);
    int64_t column = t->column >= 0 ? t->column : (int64_t)column_of(s, t->cursor);
    edit_text_rest(t);
    t->cursor = place_of(s, begin, (size_t)column);
    t->column = column;
}

bool edit_text_up(struct edit_text *t)
{
    struct str s = edit_text_view(t);
    size_t begin = line_begin(s, t->cursor);
    if (begin == 0)
        return false;
    move_to_line(t, line_begin(s, begin - 1));
    return true;
}

bool edit_text_down(struct edit_text *t)
{
    struct str s = edit_text_view(t);
    size_t end = line_end(s, t->cursor);
    if (end == s.size)
        return false;
    move_to_line(t, end + 1);
    return true;
}

/* ---- taking away ----------------------------------------------------------------------------- */

static void cut(struct edit_text *t, size_t from, size_t to, bool back)
{
    struct str s = str_make(t->bytes.data + from, to - from);
    bool grows = t->cut_grows;
    if (!grows)
        buf_clear(&t->cut);
    if (buf_reserve(&t->cut, s.size) && s.size > 0) {
        size_t at = back ? 0 : t->cut.size;
        memmove(t->cut.data + at + s.size, t->cut.data + at, t->cut.size - at);
        memcpy(t->cut.data + at, s.data, s.size);
        t->cut.size += s.size;
    }
    t->cut.failed = false;
    edit_text_rest(t);
    change(t, (struct edit_change){ .at = from, .removed = to - from }, STR(""));
    t->cut_grows = true;
}

void edit_text_delete(struct edit_text *t, enum edit_unit unit, bool back, bool cuts)
{
    size_t other = edit_text_step(t, unit, back);
    size_t from = MIN(other, t->cursor), to = MAX(other, t->cursor);
    if (cuts) {
        cut(t, from, to, back);
        return;
    }
    edit_text_rest(t);
    change(t, (struct edit_change){ .at = from, .removed = to - from }, STR(""));
}

void edit_text_cut_line(struct edit_text *t)
{
    size_t end = line_end(edit_text_view(t), t->cursor);
    cut(t, t->cursor, end > t->cursor ? end : MIN(end + 1, t->bytes.size), false);
}

void edit_text_paste_cut(struct edit_text *t)
{
    edit_text_insert(t, buf_view(&t->cut), false);
}

void edit_text_swap(struct edit_text *t)
{
    struct str s = edit_text_view(t);
    size_t end = s.size > 0 && (t->cursor == s.size || s.data[t->cursor] == '\n')
                     ? t->cursor
                     : next_character(s, t->cursor);
    size_t middle = last_character(s, end);
    size_t begin = last_character(s, middle);
    if (begin == middle || s.data[begin] == '\n' || s.data[middle] == '\n')
        return;
    struct buf swapped;
    buf_init(&swapped, EDIT_TEXT_BYTES_MAX);
    buf_put(&swapped, s.data + middle, end - middle);
    buf_put(&swapped, s.data + begin, middle - begin);
    if (!swapped.failed)
        edit_text_replace(t, begin, end, buf_view(&swapped));
    buf_done(&swapped);
}

void edit_text_change_case(struct edit_text *t, enum edit_case how)
{
    struct str s = edit_text_view(t);
    size_t end = past(s, t->cursor, false, is_word);
    size_t begin = t->cursor;
    while (begin < end && !is_word(s, begin))
        begin++;
    size_t first = how == EDIT_CAPITAL ? next_character(s, begin) : begin;
    struct buf changed;
    buf_init(&changed, EDIT_TEXT_BYTES_MAX);
    if (how == EDIT_UPPER)
        utf8_put_upper(&changed, str_make(s.data + begin, end - begin));
    else if (how == EDIT_CAPITAL && begin < end)
        utf8_put_upper(&changed, str_make(s.data + begin, first - begin));
    if (how != EDIT_UPPER && first < end)
        utf8_put_lower(&changed, str_make(s.data + first, end - first));
    if (!changed.failed && begin < end)
        edit_text_replace(t, begin, end, buf_view(&changed));
    else if (begin == end)
        edit_text_move_to(t, end);
    buf_done(&changed);
}
