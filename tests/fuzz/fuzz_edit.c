/* fuzz_edit.c -- bytes of a terminal: whatever comes, in whatever pieces, keys are the same, and a
 * text edited by them stays well formed with its cursor between two characters. */
#include "base/utf8.h"
#include "cli/edit_keys.h"
#include "cli/edit_text.h"

#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool holds, const char *what)
{
    if (holds)
        return;
    fprintf(stderr, "does not hold: %s\n", what);
    abort();
}

static void apply(struct edit_text *t, const struct edit_key *key)
{
    bool back = key->letter & 1;
    switch (key->kind) {
    case EDIT_KEY_TEXT:
    case EDIT_KEY_PASTE:
        require(utf8_valid(key->text.data, key->text.size) || key->kind == EDIT_KEY_PASTE,
                "a character is well formed");
        edit_text_insert(t, key->text, key->kind == EDIT_KEY_TEXT);
        break;
    case EDIT_KEY_CTRL:
        edit_text_delete(t, (enum edit_unit)(key->letter % 4), back, key->letter & 2);
        break;
    case EDIT_KEY_ALT:
        edit_text_move(t, (enum edit_unit)(key->letter % 5), back);
        break;
    case EDIT_KEY_UP:
        edit_text_up(t);
        break;
    case EDIT_KEY_DOWN:
        edit_text_down(t);
        break;
    case EDIT_KEY_HOME:
        edit_text_undo(t);
        break;
    case EDIT_KEY_END:
        edit_text_redo(t);
        break;
    case EDIT_KEY_LEFT:
        edit_text_move(t, EDIT_CHARACTER, true);
        break;
    case EDIT_KEY_TAB:
        edit_text_swap(t);
        break;
    case EDIT_KEY_DELETE:
        edit_text_cut_line(t);
        break;
    case EDIT_KEY_ENTER:
        edit_text_paste_cut(t);
        break;
    default:
        edit_text_change_case(t, EDIT_CAPITAL);
    }
    struct str s = edit_text_view(t);
    require(t->cursor <= s.size, "the cursor is in the text");
    require(t->cursor == s.size || ((unsigned char)s.data[t->cursor] & 0xC0) != 0x80,
            "the cursor is between two characters");
    require(utf8_valid(s.data, s.size), "the text is well formed");
}

/* Pasting a cut again and again doubles the text. */
enum { TEXT_BYTES_MAX = 1 << 20 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct edit_text t;
    struct edit_keys whole, pieces;
    struct edit_key a, b;
    if (size > 100000)
        return 0;
    edit_text_init(&t);
    edit_keys_init(&whole);
    edit_keys_init(&pieces);
    edit_keys_feed(&whole, (const char *)data, size);
    size_t at = 0;
    while (edit_keys_next(&whole, false, &a)) {
        while (!edit_keys_next(&pieces, false, &b)) {
            require(at < size, "pieces give as many keys as the whole");
            size_t n = MIN((size_t)data[at] % 7 + 1, size - at);
            edit_keys_feed(&pieces, (const char *)data + at, n);
            at += n;
        }
        require(a.kind == b.kind && a.letter == b.letter && str_eq(a.text, b.text),
                "pieces give the keys of the whole");
        if (t.bytes.size < TEXT_BYTES_MAX)
            apply(&t, &a);
    }
    while (edit_keys_next(&whole, true, &a)) {
    }
    require(whole.is_pasting || whole.at == whole.input.size,
            "when it is quiet, all bytes are used");
    edit_keys_done(&whole);
    edit_keys_done(&pieces);
    edit_text_done(&t);
    return 0;
}
