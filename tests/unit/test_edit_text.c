/* test_edit_text.c -- the text being edited: places, changes and the way back. */
#include "cli/edit_text.h"
#include "support/check.h"

static struct edit_text t;

/* The text with | where the cursor is. */
static void set(const char *marked)
{
    struct str s = str_of(marked);
    size_t at = str_find_byte(s, '|');
    struct buf text;
    edit_text_done(&t);
    edit_text_init(&t);
    buf_init(&text, 1 << 16);
    buf_put(&text, s.data, at);
    buf_put(&text, s.data + at + 1, s.size - at - 1);
    edit_text_set(&t, buf_view(&text));
    edit_text_move_to(&t, at);
    buf_done(&text);
}

static const char *shown(void)
{
    static char out[512];
    struct str s = edit_text_view(&t);
    if (s.size + 2 > sizeof out)
        return "too long";
    memcpy(out, s.data ? s.data : "", t.cursor);
    out[t.cursor] = '|';
    memcpy(out + t.cursor + 1, s.data ? s.data + t.cursor : "", s.size - t.cursor);
    out[s.size + 1] = '\0';
    return out;
}

static void type(const char *text)
{
    for (; *text; text++)
        edit_text_insert(&t, str_make(text, 1), true);
}

static void what_is_put_in(void)
{
    set("ab|c");
    edit_text_insert(&t, STR("x\r\ny\rz\x01\x7f\x1b[\xff\t"), false);
    CHECK_STR(shown(), "abx\ny\nz[\xEF\xBF\xBD\t|c");
    edit_text_set(&t, STR("new"));
    CHECK_STR(shown(), "new|");
    CHECK(!edit_text_undo(&t));
    set("abcdef|");
    edit_text_replace(&t, 1, 3, STR("-"));
    CHECK_STR(shown(), "a-|def");
}

static void characters(void)
{
    /* a, e with an accent that combines, a wide one, a line feed. */
    set("ae\xCC\x81\xE4\xB8\xAD\n|");
    edit_text_move(&t, EDIT_CHARACTER, true);
    CHECK_STR(shown(), "ae\xCC\x81\xE4\xB8\xAD|\n");
    edit_text_move(&t, EDIT_CHARACTER, true);
    CHECK_STR(shown(), "ae\xCC\x81|\xE4\xB8\xAD\n");
    edit_text_move(&t, EDIT_CHARACTER, true);
    CHECK_STR(shown(), "a|e\xCC\x81\xE4\xB8\xAD\n");
    edit_text_move(&t, EDIT_CHARACTER, false);
    CHECK_STR(shown(), "ae\xCC\x81|\xE4\xB8\xAD\n");
    edit_text_delete(&t, EDIT_CHARACTER, true, false);
    CHECK_STR(shown(), "a|\xE4\xB8\xAD\n");
    edit_text_delete(&t, EDIT_CHARACTER, false, false);
    CHECK_STR(shown(), "a|\n");
    set("|");
    edit_text_move(&t, EDIT_CHARACTER, true);
    edit_text_delete(&t, EDIT_CHARACTER, true, false);
    edit_text_delete(&t, EDIT_CHARACTER, false, false);
    CHECK_STR(shown(), "|");
    set("a\n\xCC\x81|"); /* a mark with nothing to mark */
    edit_text_move(&t, EDIT_CHARACTER, true);
    CHECK_STR(shown(), "a\n|\xCC\x81");
    edit_text_move_to(&t, 3); /* inside of it */
    CHECK_STR(shown(), "a\n|\xCC\x81");
}

static void words(void)
{
    set("SELECT a_1, b|");
    edit_text_move(&t, EDIT_WORD, true);
    edit_text_move(&t, EDIT_WORD, true);
    CHECK_STR(shown(), "SELECT |a_1, b");
    edit_text_move(&t, EDIT_WORD, false);
    CHECK_STR(shown(), "SELECT a_1|, b");
    edit_text_move(&t, EDIT_LINE, true);
    CHECK_STR(shown(), "|SELECT a_1, b");
    edit_text_move(&t, EDIT_ALL, false);
    edit_text_delete(&t, EDIT_BLANK, true, true);
    edit_text_delete(&t, EDIT_BLANK, true, true);
    CHECK_STR(shown(), "SELECT |");
    edit_text_paste_cut(&t); /* both in their order */
    CHECK_STR(shown(), "SELECT a_1, b|");
    set("x |select FROM");
    edit_text_change_case(&t, EDIT_UPPER);
    edit_text_change_case(&t, EDIT_LOWER);
    CHECK_STR(shown(), "x SELECT from|");
    set("|  aBC");
    edit_text_change_case(&t, EDIT_CAPITAL);
    CHECK_STR(shown(), "  Abc|");
    edit_text_change_case(&t, EDIT_UPPER);
    CHECK_STR(shown(), "  Abc|");
}

static void lines(void)
{
    set("SELECT a,\nb\n  FROM ta|ble");
    CHECK(edit_text_up(&t));
    CHECK_STR(shown(), "SELECT a,\nb|\n  FROM table");
    CHECK(edit_text_up(&t)); /* the column is kept over a short line */
    CHECK_STR(shown(), "SELECT a,|\nb\n  FROM table");
    CHECK(!edit_text_up(&t));
    CHECK(edit_text_down(&t));
    CHECK(edit_text_down(&t));
    CHECK_STR(shown(), "SELECT a,\nb\n  FROM ta|ble");
    CHECK(!edit_text_down(&t));
    set("\xE4\xB8\xAD\xE4\xB8\xAD\nabc|");
    CHECK(edit_text_up(&t)); /* not into a wide character */
    CHECK_STR(shown(), "\xE4\xB8\xAD|\xE4\xB8\xAD\nabc");
    set("\tx\n1234|5");
    CHECK(edit_text_up(&t));
    CHECK_STR(shown(), "\t|x\n12345");
}

static void cutting(void)
{
    set("one|two\nthree");
    edit_text_cut_line(&t);
    CHECK_STR(shown(), "one|\nthree");
    edit_text_cut_line(&t); /* the line feed, put to it */
    CHECK_STR(shown(), "one|three");
    edit_text_paste_cut(&t);
    CHECK_STR(shown(), "onetwo\n|three");
    edit_text_delete(&t, EDIT_LINE, false, true); /* a new cut: there was something in between */
    edit_text_paste_cut(&t);
    edit_text_paste_cut(&t);
    CHECK_STR(shown(), "onetwo\nthreethree|");
    set("a|b");
    edit_text_swap(&t);
    CHECK_STR(shown(), "ba|");
    edit_text_swap(&t);
    CHECK_STR(shown(), "ab|");
    set("a|\nb");
    edit_text_swap(&t);
    CHECK_STR(shown(), "a|\nb");
}

static void the_way_back(void)
{
    set("|");
    type("select a");
    edit_text_delete(&t, EDIT_WORD, true, true);
    CHECK_STR(shown(), "select |");
    edit_text_undo(&t);
    CHECK_STR(shown(), "select a|");
    edit_text_undo(&t); /* a word at a time, with the blank in front */
    CHECK_STR(shown(), "select|");
    edit_text_redo(&t);
    CHECK_STR(shown(), "select a|");
    edit_text_undo(&t);
    edit_text_undo(&t);
    CHECK_STR(shown(), "|");
    CHECK(!edit_text_undo(&t));
    CHECK(edit_text_redo(&t));
    CHECK(edit_text_redo(&t));
    CHECK(edit_text_redo(&t));
    CHECK(!edit_text_redo(&t));
    CHECK_STR(shown(), "select |");
    edit_text_undo(&t);
    type("!");
    CHECK(!edit_text_redo(&t)); /* another change: what was undone is gone */
    edit_text_replace_all(&t, STR("other"));
    edit_text_undo(&t);
    CHECK_STR(shown(), "select a!|");
    edit_text_move(&t, EDIT_CHARACTER, true);
    type("?");
    edit_text_undo(&t); /* not joined with what was typed elsewhere */
    CHECK_STR(shown(), "select a|!");
}

/* Random steps, then all the way back and forth. */
static void random_steps(void)
{
    static const char *const pieces[] = { "a", " ", "\n", "x y", "\xE4\xB8\xAD", "\xCC\x81", "" };
    uint64_t state = 88172645463325252u;
    for (int round = 0; round < 200; round++) {
        struct buf end;
        set("start|");
        for (int i = 0; i < 60; i++) {
            state ^= state << 13, state ^= state >> 7, state ^= state << 17;
            enum edit_unit unit = (enum edit_unit)(state >> 8) % 5;
            struct str piece = str_of(pieces[(state >> 16) % countof(pieces)]);
            switch (state % 9) {
            case 0:
            case 1:
            case 2:
                edit_text_insert(&t, piece, state >> 20 & 1);
                break;
            case 3:
                edit_text_move(&t, unit, state >> 20 & 1);
                break;
            case 4:
                edit_text_delete(&t, unit == EDIT_ALL ? EDIT_WORD : unit, state >> 20 & 1,
                                 state >> 21 & 1);
                break;
            case 5:
                edit_text_paste_cut(&t);
                break;
            case 6:
                edit_text_swap(&t);
                break;
            case 7:
                if (state >> 20 & 1 ? !edit_text_up(&t) : !edit_text_down(&t))
                    edit_text_change_case(&t, (enum edit_case)(state >> 21) % 3);
                break;
            default:
                edit_text_undo(&t);
            }
            CHECK(t.cursor <= t.bytes.size);
        }
        while (edit_text_redo(&t)) {
        }
        buf_init(&end, 1 << 20);
        buf_str(&end, edit_text_view(&t));
        while (edit_text_undo(&t)) {
        }
        CHECK_SPAN(t.bytes.data, t.bytes.size, "start");
        while (edit_text_redo(&t)) {
        }
        CHECK(str_eq(edit_text_view(&t), buf_view(&end)));
        buf_done(&end);
    }
}

int main(void)
{
    edit_text_init(&t);
    RUN(what_is_put_in);
    RUN(characters);
    RUN(words);
    RUN(lines);
    RUN(cutting);
    RUN(the_way_back);
    RUN(random_steps);
    edit_text_done(&t);
    return check_failed != 0;
}
