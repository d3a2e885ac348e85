/* edit_keys.c -- see edit_keys.h. */
#include "cli/edit_keys.h"

#include "base/utf8.h"
#include "cli/edit_text.h"

enum {
    SEQUENCE_BYTES_MAX = 64,
    ESC = 0x1B,
    PARAMETERS_MAX = 4,
    /* A modifier of xterm is 1 plus these. */
    WITH_ALT = 2,
    WITH_CTRL = 4,
};

static const char paste_end[] = "\x1b[201~";

void edit_keys_init(struct edit_keys *keys)
{
    *keys = (struct edit_keys){ 0 };
    buf_init(&keys->input, 2 * EDIT_TEXT_BYTES_MAX);
    buf_init(&keys->paste, EDIT_TEXT_BYTES_MAX);
}

void edit_keys_done(struct edit_keys *keys)
{
    buf_done(&keys->input);
    buf_done(&keys->paste);
}

void edit_keys_feed(struct edit_keys *keys, const char *data, size_t size)
{
    if (keys->at > 0) {
        memmove(keys->input.data, keys->input.data + keys->at, keys->input.size - keys->at);
        keys->input.size -= keys->at;
        keys->at = 0;
    }
    buf_put(&keys->input, data, size);
}

bool edit_keys_is_waiting(const struct edit_keys *keys)
{
    return !keys->is_pasting && keys->at < keys->input.size;
}

/* What a step makes of the bytes at hand. */
enum step { STEP_KEY, STEP_NONE /* used, but no key */, STEP_MORE };

static enum step plain(enum edit_key_kind kind, struct edit_key *ret)
{
    ret->kind = kind;
    return STEP_KEY;
}

static enum step with_letter(enum edit_key_kind kind, char letter, struct edit_key *ret)
{
    ret->letter = letter;
    return plain(kind, ret);
}

/* ---- sequences ------------------------------------------------------------------------------- */

/* The sequence ESC [ PARAMETERS FINAL, or ESC O FINAL. */
struct sequence {
    uint32_t parameters[PARAMETERS_MAX];
    uint32_t count;
    char final;
};

static enum step arrow(const struct sequence *s, enum edit_key_kind kind, enum edit_key_kind word,
                       struct edit_key *ret)
{
    uint32_t modifiers = s->count > 1 && s->parameters[1] > 0 ? s->parameters[1] - 1 : 0;
    return plain(modifiers & (WITH_ALT | WITH_CTRL) ? word : kind, ret);
}

static enum step numbered(struct edit_keys *keys, const struct sequence *s, struct edit_key *ret)
{
    uint32_t modifiers = s->count > 1 && s->parameters[1] > 0 ? s->parameters[1] - 1 : 0;
    switch (s->parameters[0]) {
    case 1:
    case 7:
        return plain(EDIT_KEY_HOME, ret);
    case 4:
    case 8:
        return plain(EDIT_KEY_END, ret);
    case 3:
        return plain(modifiers & (WITH_ALT | WITH_CTRL) ? EDIT_KEY_WORD_DELETE : EDIT_KEY_DELETE,
                     ret);
    case 5:
        return plain(EDIT_KEY_PAGE_UP, ret);
    case 6:
        return plain(EDIT_KEY_PAGE_DOWN, ret);
    case 200:
        keys->is_pasting = true;
        buf_clear(&keys->paste);
        return STEP_NONE;
    case 27: /* xterm's modifyOtherKeys: 27 ; modifier ; code */
        if (s->count > 2 && s->parameters[2] == 13)
            return plain(modifiers ? EDIT_KEY_ALT_ENTER : EDIT_KEY_ENTER, ret);
        return STEP_NONE;
    default:
        return STEP_NONE;
    }
}

static enum step named(struct edit_keys *keys, const struct sequence *s, struct edit_key *ret)
{
    switch (s->final) {
    case 'A':
        return plain(EDIT_KEY_UP, ret);
    case 'B':
        return plain(EDIT_KEY_DOWN, ret);
    case 'C':
        return arrow(s, EDIT_KEY_RIGHT, EDIT_KEY_WORD_RIGHT, ret);
    case 'D':
        return arrow(s, EDIT_KEY_LEFT, EDIT_KEY_WORD_LEFT, ret);
    case 'H':
        return plain(EDIT_KEY_HOME, ret);
    case 'F':
        return plain(EDIT_KEY_END, ret);
    case 'Z':
        return plain(EDIT_KEY_BACK_TAB, ret);
    case 'M': /* Enter of the number pad, as ESC O M */
        return plain(EDIT_KEY_ENTER, ret);
    case 'u': /* CSI u: code ; modifier */
        if (s->parameters[0] == 13)
            return plain(s->count > 1 && s->parameters[1] > 1 ? EDIT_KEY_ALT_ENTER : EDIT_KEY_ENTER,
                         ret);
        return s->parameters[0] == 27 ? plain(EDIT_KEY_ESCAPE, ret) : STEP_NONE;
    case '~':
        return numbered(keys, s, ret);
    default:
        return STEP_NONE;
    }
}

/* Behind ESC [.  *size: bytes of the whole sequence. */
static enum step control_sequence(struct edit_keys *keys, struct str in, size_t *size,
                                  struct edit_key *ret)
{
    struct sequence s = { .count = 1 };
    size_t at = 2;
    if (in.size > 2 && in.data[2] == '[') { /* function keys of the Linux console: ESC [ [ A */
        *size = 4;
        return in.size < 4 ? STEP_MORE : STEP_NONE;
    }
    for (; at < in.size; at++) {
        unsigned char c = (unsigned char)in.data[at];
        if (c >= 0x40 && c <= 0x7E)
            break;
        if (c < 0x20 || c > 0x7E || at > SEQUENCE_BYTES_MAX) { /* no sequence at all */
            *size = at;
            return STEP_NONE;
        }
        if (c == ';' && s.count < PARAMETERS_MAX)
            s.count++;
        else if (c >= '0' && c <= '9' && s.parameters[s.count - 1] < 1000000)
            s.parameters[s.count - 1] = s.parameters[s.count - 1] * 10 + (uint32_t)(c - '0');
    }
    if (at == in.size)
        return STEP_MORE;
    s.final = in.data[at];
    *size = at + 1;
    return named(keys, &s, ret);
}

static enum step escape(struct edit_keys *keys, struct str in, bool is_quiet, size_t *size,
                        struct edit_key *ret)
{
    if (in.size == 1) {
        *size = 1;
        return is_quiet ? plain(EDIT_KEY_ESCAPE, ret) : STEP_MORE;
    }
    char c = in.data[1];
    *size = 2;
    if (c == '[' || c == 'O') {
        struct sequence s = { .count = 1 };
        enum step step = STEP_MORE;
        if (c == '[') {
            step = control_sequence(keys, in, size, ret);
        } else if (in.size > 2) {
            *size = 3;
            s.final = in.data[2];
            step = named(keys, &s, ret);
        }
        if (step != STEP_MORE || !is_quiet)
            return step;
        *size = 2; /* Alt and a bracket, typed */
        return with_letter(EDIT_KEY_ALT, c, ret);
    }
    if (c == '\r' || c == '\n')
        return plain(EDIT_KEY_ALT_ENTER, ret);
    if (c == 0x7F || c == 0x08)
        return plain(EDIT_KEY_ALT_BACKSPACE, ret);
    if (c >= 0x20 && c < 0x7F)
        return with_letter(EDIT_KEY_ALT, c, ret);
    *size = 1; /* ESC, then something of its own */
    return plain(EDIT_KEY_ESCAPE, ret);
}

/* ---- bytes ----------------------------------------------------------------------------------- */

static enum step control(unsigned char c, struct edit_key *ret)
{
    switch (c) {
    case '\r':
    case '\n':
        return plain(EDIT_KEY_ENTER, ret);
    case '\t':
        return plain(EDIT_KEY_TAB, ret);
    case 0x7F:
    case 0x08:
        return plain(EDIT_KEY_BACKSPACE, ret);
    default:
        return with_letter(EDIT_KEY_CTRL, c >= 1 && c <= 26 ? (char)('a' + c - 1) : (char)('@' + c),
                           ret);
    }
}

/* How long the character that begins with this byte is; 1 for what begins none. */
static size_t announced(unsigned char c)
{
    return c >= 0xF0 && c < 0xF5 ? 4 : c >= 0xE0 ? (c < 0xF0 ? 3 : 1) : c >= 0xC2 ? 2 : 1;
}

static enum step character(struct str in, bool is_quiet, size_t *size, struct edit_key *ret)
{
    uint32_t code_point;
    *size = utf8_decode(in.data, in.size, &code_point);
    ret->text = str_make(in.data, *size);
    if (code_point == UTF8_REPLACEMENT) {
        if (*size == in.size && in.size < announced((unsigned char)in.data[0]) && !is_quiet)
            return STEP_MORE;
        ret->text = STR("\xEF\xBF\xBD");
    }
    return plain(EDIT_KEY_TEXT, ret);
}

/* Up to the closing bracket, of which a beginning may be all that is there. */
static bool paste(struct edit_keys *keys, struct edit_key *ret)
{
    struct str in = str_make(keys->input.data + keys->at, keys->input.size - keys->at);
    size_t end_size = sizeof paste_end - 1, at = 0;
    while (at < in.size && memcmp(in.data + at, paste_end, MIN(end_size, in.size - at)) != 0) {
        const char *next = memchr(in.data + at + 1, ESC, in.size - at - 1);
        at = next ? (size_t)(next - in.data) : in.size;
    }
    buf_put(&keys->paste, in.data, at);
    keys->at += at;
    if (in.size - at < end_size)
        return false;
    keys->at += end_size;
    keys->is_pasting = false;
    ret->kind = EDIT_KEY_PASTE;
    ret->text = buf_view(&keys->paste);
    return true;
}

bool edit_keys_next(struct edit_keys *keys, bool is_quiet, struct edit_key *ret)
{
    while (keys->at < keys->input.size) {
        struct str in = str_make(keys->input.data + keys->at, keys->input.size - keys->at);
        size_t size = 1;
        enum step step;
        *ret = (struct edit_key){ 0 };
        if (keys->is_pasting)
            return paste(keys, ret);
        unsigned char c = (unsigned char)in.data[0];
        if (c == ESC)
            step = escape(keys, in, is_quiet, &size, ret);
        else if (c < 0x20 || c == 0x7F)
            step = control(c, ret);
        else
            step = character(in, is_quiet, &size, ret);
        if (step == STEP_MORE)
            return false;
        keys->at += size;
        if (step == STEP_KEY)
            return true;
    }
    return false;
}
