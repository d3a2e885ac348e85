/* test_edit_keys.c -- keys out of bytes, whole and in pieces. */
#include "cli/edit_keys.h"
#include "support/check.h"

static const char *const names[] = {
    [EDIT_KEY_ENTER] = "Enter",
    [EDIT_KEY_ALT_ENTER] = "Alt-Enter",
    [EDIT_KEY_TAB] = "Tab",
    [EDIT_KEY_BACK_TAB] = "BackTab",
    [EDIT_KEY_BACKSPACE] = "Backspace",
    [EDIT_KEY_ALT_BACKSPACE] = "Alt-Backspace",
    [EDIT_KEY_DELETE] = "Delete",
    [EDIT_KEY_WORD_DELETE] = "WordDelete",
    [EDIT_KEY_ESCAPE] = "Esc",
    [EDIT_KEY_UP] = "Up",
    [EDIT_KEY_DOWN] = "Down",
    [EDIT_KEY_LEFT] = "Left",
    [EDIT_KEY_RIGHT] = "Right",
    [EDIT_KEY_WORD_LEFT] = "WordLeft",
    [EDIT_KEY_WORD_RIGHT] = "WordRight",
    [EDIT_KEY_HOME] = "Home",
    [EDIT_KEY_END] = "End",
    [EDIT_KEY_PAGE_UP] = "PageUp",
    [EDIT_KEY_PAGE_DOWN] = "PageDown",
};

static void put(struct buf *out, const struct edit_key *key)
{
    if (out->size > 0)
        buf_char(out, ' ');
    switch (key->kind) {
    case EDIT_KEY_TEXT:
        buf_str(out, key->text);
        break;
    case EDIT_KEY_PASTE:
        buf_printf(out, "<" STR_FMT ">", STR_ARG(key->text));
        break;
    case EDIT_KEY_CTRL:
    case EDIT_KEY_ALT:
        buf_printf(out, "%s-%c", key->kind == EDIT_KEY_CTRL ? "Ctrl" : "Alt", key->letter);
        break;
    default:
        buf_text(out, names[key->kind]);
    }
}

/* The keys of these bytes, which come in pieces of `piece`; quiet at the end if `quiet`. */
static const char *in_pieces(const char *bytes, size_t size, size_t piece, bool quiet)
{
    static struct buf out;
    struct edit_keys keys;
    struct edit_key key;
    buf_init(&out, 1 << 16);
    edit_keys_init(&keys);
    for (size_t at = 0; at < size; at += piece) {
        edit_keys_feed(&keys, bytes + at, MIN(piece, size - at));
        while (edit_keys_next(&keys, false, &key))
            put(&out, &key);
    }
    while (quiet && edit_keys_next(&keys, true, &key))
        put(&out, &key);
    edit_keys_done(&keys);
    static char text[1024];
    strncpy(text, buf_cstr(&out), sizeof text - 1);
    buf_done(&out);
    return text;
}

static void check(const char *bytes, const char *want)
{
    for (size_t piece = 1; piece <= 9; piece += 2)
        CHECK_STR(in_pieces(bytes, strlen(bytes), piece, true), want);
}

static void signs(void)
{
    check("aB1\xE4\xB8\xAD\xF0\x9F\x98\x80", "a B 1 \xE4\xB8\xAD \xF0\x9F\x98\x80");
    check("\x01\x05\x1f\x1d\x04", "Ctrl-a Ctrl-e Ctrl-_ Ctrl-] Ctrl-d");
    CHECK_STR(in_pieces("\0", 1, 1, false), "Ctrl-@");
    check("\r\t\x7f\x08\n", "Enter Tab Backspace Backspace Enter");
    check("\x1b\r\x1b\x7f\x1b"
          "b\x1b"
          "F",
          "Alt-Enter Alt-Backspace Alt-b Alt-F");
}

static void sequences(void)
{
    check("\x1b[A\x1b[B\x1b[C\x1b[D\x1bOA\x1bOD\x1b[H\x1bOF",
          "Up Down Right Left Up Left Home End");
    check("\x1b[1~\x1b[4~\x1b[7~\x1b[8~\x1b[3~\x1b[5~\x1b[6~\x1b[2~",
          "Home End Home End Delete PageUp PageDown");
    check("\x1b[1;5C\x1b[1;5D\x1b[1;3D\x1b[3;5~\x1b[1;2C\x1b[Z",
          "WordRight WordLeft WordLeft WordDelete Right BackTab");
    check("\x1b[13;3u\x1b[13u\x1b[27;3;13~\x1bOM", "Alt-Enter Enter Alt-Enter Enter");
    /* Not ours: reports, function keys, what never was one. */
    check("\x1b[24;80Rx\x1b[?1;2cy\x1b[15~z\x1b[[Aw\x1b[1\x01v", "x y z w Ctrl-a v");
    check("\x1b[99999999999999999999;;;;;;~a", "a");
}

static void escape_alone(void)
{
    CHECK_STR(in_pieces("\x1b", 1, 1, false), "");
    CHECK_STR(in_pieces("\x1b", 1, 1, true), "Esc");
    CHECK_STR(in_pieces("\x1b[", 2, 1, true), "Alt-[");
    CHECK_STR(in_pieces("\x1b\x1b[A", 4, 1, true), "Esc Up");
    CHECK_STR(in_pieces("\x1b[1;", 4, 1, false), "");
}

static void malformed(void)
{
#define R "\xEF\xBF\xBD"
    check("a\xFF"
          "b\xC3(",
          "a " R " b " R " (");
    check("\xE4\xB8"
          "a",
          R " a");
    CHECK_STR(in_pieces("\xE4\xB8", 2, 1, false), "");
    CHECK_STR(in_pieces("\xE4\xB8", 2, 1, true), R);
}

static void pastes(void)
{
    check("a\x1b[200~SELECT 1;\n\x1b[A\t'\x1b[20\x1b[201~b", "a <SELECT 1;\n\x1b[A\t'\x1b[20> b");
    check("\x1b[200~\x1b[201~\r", "<> Enter");
    /* It may stop for a while in the middle. */
    CHECK_STR(in_pieces("\x1b[200~ab\x1b", 9, 3, true), "");
    CHECK_STR(in_pieces("\x1b[201~x", 7, 7, true), "x");
}

int main(void)
{
    RUN(signs);
    RUN(sequences);
    RUN(escape_alone);
    RUN(malformed);
    RUN(pastes);
    return check_failed != 0;
}
