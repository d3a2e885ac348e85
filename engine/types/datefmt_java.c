/* datefmt_java.c -- compiling patterns.  Printing is in datefmt_print.c, the entry points
 * for parsing in datefmt_parse.c, the parsers in datefmt_simple.c and
 * datefmt_formatter.c. */
#include "types/datefmt_internal.h"

#include "base/arena.h"
#include "types/time.h"

const char *const datefmt_months[12] = { "January",   "February", "March",    "April",
                                         "May",       "June",     "July",     "August",
                                         "September", "October",  "November", "December" };
const char *const datefmt_days[7] = { "Sunday",   "Monday", "Tuesday", "Wednesday",
                                      "Thursday", "Friday", "Saturday" };

/* ---- compiling ---- */

struct compiler {
    struct arena *arena;
    enum datefmt_style style;
    struct str pattern;
    struct datefmt_item *items;
    uint32_t count;
    uint32_t cap;
    struct error *err;
};

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static enum code bad(struct compiler *c, const char *reason)
{
    return error_set(c->err, E_DATA, "date pattern \"%.*s\" is wrong: %s",
                     (int)MIN(c->pattern.size, 120), c->pattern.data, reason);
}

static enum code push(struct compiler *c, struct datefmt_item item)
{
    return ARENA_PUSH(c->arena, c->items, c->count, c->cap, item) ? OK : error_nomem(c->err);
}

static enum code push_literal(struct compiler *c, struct str literal)
{
    return push(c, (struct datefmt_item){ .literal = literal });
}

/* 'text' from the quote at *at on; two quotes are one, inside and outside. */
static enum code compile_quoted(struct compiler *c, size_t *at)
{
    struct str p = c->pattern;
    size_t i = *at + 1;
    if (i < p.size && p.data[i] == '\'') {
        *at = i + 1;
        return push_literal(c, str_make(p.data + i, 1));
    }
    for (size_t start = i; i < p.size; i++) {
        if (p.data[i] != '\'')
            continue;
        bool twice = i + 1 < p.size && p.data[i + 1] == '\'';
        if (i + twice > start)
            TRY(push_literal(c, str_make(p.data + start, i - start + twice)));
        if (!twice) {
            *at = i + 1;
            return OK;
        }
        start = ++i + 1;
    }
    return bad(c, "a quote is not closed");
}

bool datefmt_number_form(char letter, uint16_t count, struct datefmt_number *ret)
{
    switch (letter) {
    case 'u':
    case 'y':
    case 'Y':
        if (count == 2)
            *ret = (struct datefmt_number){ 2, 2, DATEFMT_NOT_NEGATIVE };
        else
            *ret = (struct datefmt_number){ count, 19,
                                            count < 4 ? DATEFMT_NORMAL : DATEFMT_EXCEEDS_PAD };
        return count <= 19;
    case 'M':
    case 'L':
    case 'Q':
    case 'q':
    case 'd':
    case 'h':
    case 'H':
    case 'k':
    case 'K':
    case 'm':
    case 's':
    case 'w':
    case 'e':
    case 'c':
        *ret = count == 1 ? (struct datefmt_number){ 1, 19, DATEFMT_NORMAL }
                          : (struct datefmt_number){ 2, 2, DATEFMT_NOT_NEGATIVE };
        return count <= 2;
    case 'D':
        *ret = count == 1 ? (struct datefmt_number){ 1, 19, DATEFMT_NORMAL }
                          : (struct datefmt_number){ count, 3, DATEFMT_NOT_NEGATIVE };
        return count <= 3;
    case 'F':
    case 'W':
        *ret = (struct datefmt_number){ 1, 19, DATEFMT_NORMAL };
        return count == 1;
    case 'S':
        *ret = (struct datefmt_number){ count, count, DATEFMT_NOT_NEGATIVE };
        return count <= 9;
    case 'A':
    case 'n':
    case 'N':
        *ret = (struct datefmt_number){ count, 19, DATEFMT_NOT_NEGATIVE };
        return count <= 19;
    default:
        return false;
    }
}

/* Letters of DateTimeFormatter that stand for a text, and how many of them may be. */
static bool is_formatter_text(char letter, uint16_t count)
{
    switch (letter) {
    case 'G':
    case 'E':
    case 'M':
    case 'L':
    case 'Q':
    case 'q':
    case 'e':
    case 'X':
    case 'x':
    case 'Z':
        return count <= 5;
    case 'c':
        return count <= 5 && count != 2;
    case 'a':
        return count == 1;
    case 'z':
        return count <= 4;
    case 'O':
        return count == 1 || count == 4;
    case 'V':
        return count == 2;
    default:
        return false;
    }
}

static enum code check_field(struct compiler *c, char letter, uint16_t count)
{
    struct datefmt_number form;
    bool known = c->style == DATEFMT_FORMATTER
                     ? strchr("GuyDMLdQqYwWEecFahKkHmsSAnNVzOXxZ", letter) != NULL
                     : strchr("GyMdkHmsSEDFwWahKzZYuXL", letter) != NULL;
    char unknown[] = "letter \"?\" has no meaning";
    if (!known) {
        unknown[8] = letter;
        return bad(c, unknown);
    }
    bool fits = c->style != DATEFMT_FORMATTER
                    ? letter != 'X' || count <= 3
                    : datefmt_number_form(letter, count, &form) || is_formatter_text(letter, count);
    /* Padding to thousands of digits helps nobody. */
    if (!fits || count > 200) {
        char repeated[] = "letter \"?\" is repeated too often";
        repeated[8] = letter;
        return bad(c, repeated);
    }
    return OK;
}

static enum code push_field(struct compiler *c, char letter, uint16_t count)
{
    struct datefmt_item item = { .letter = letter, .count = count };
    TRY(check_field(c, letter, count));
    bool zone = strchr("zZXxOV", letter) != NULL;
    bool number = datefmt_number_form(letter, count, &item.form);
    if (c->style != DATEFMT_FORMATTER)
        number = !strchr("GaE", letter) && ((letter != 'M' && letter != 'L') || count <= 2);
    item.kind = zone ? DATEFMT_AS_ZONE : (number ? DATEFMT_AS_NUMBER : DATEFMT_AS_NAME);
    return push(c, item);
}

/* SIMPLE: numbers that touch have fixed widths. */
static void link_simple(struct datefmt_item *items, uint32_t count)
{
    for (uint32_t i = 0; i + 1 < count; i++)
        items[i].is_fixed = items[i + 1].letter && items[i + 1].kind == DATEFMT_AS_NUMBER;
}

/* FORMATTER: a number of varying width leaves the digits that the fixed ones behind it need. */
static void link_formatter(struct datefmt_item *items, uint32_t count)
{
    int64_t active = -1;
    for (uint32_t i = 0; i < count; i++) {
        struct datefmt_number form = items[i].form;
        if (!items[i].letter || items[i].kind != DATEFMT_AS_NUMBER || form.max == 0) {
            active = -1;
        } else if (active < 0) {
            active = i;
        } else if (form.min == form.max && form.sign == DATEFMT_NOT_NEGATIVE) {
            items[active].subsequent = (int16_t)(items[active].subsequent + form.max);
            items[i].subsequent = -1;
        } else {
            items[active].subsequent = -1;
            active = i;
        }
    }
}

/* Finds the ends of optional sections; one that is not closed ends with the pattern. */
static enum code link_sections(struct compiler *c)
{
    enum { DEPTH_MAX = 32 };
    uint32_t open[DEPTH_MAX];
    uint32_t depth = 0;
    for (uint32_t i = 0; i < c->count; i++) {
        if (c->items[i].letter == '[') {
            if (depth == DEPTH_MAX)
                return bad(c, "optional sections are nested too deep");
            open[depth++] = i;
        } else if (c->items[i].letter == ']') {
            if (depth == 0)
                return bad(c, "an optional section is closed that was not opened");
            c->items[open[--depth]].section_end = i;
        }
    }
    while (depth > 0) {
        c->items[open[--depth]].section_end = c->count;
        TRY(push(c, (struct datefmt_item){ .letter = ']' }));
    }
    return OK;
}

static size_t print_max(const struct datefmt_item *items, uint32_t count)
{
    size_t bytes = 0;
    for (uint32_t i = 0; i < count; i++)
        bytes += items[i].letter ? MAX(items[i].count, 24u) + 8 : items[i].literal.size;
    return bytes;
}

enum code datefmt_compile(struct arena *arena, struct str pattern, enum datefmt_style style,
                          const struct datefmt **ret, struct error *err)
{
    struct compiler c = { .arena = arena, .style = style, .err = err };
    c.pattern = arena_str(arena, pattern); /* literals point into it */
    struct datefmt *fmt = arena_new(arena, struct datefmt);
    if (!c.pattern.data || !fmt)
        return error_nomem(err);
    struct str p = c.pattern;
    for (size_t i = 0; i < p.size;) {
        size_t start = i;
        char letter = p.data[i];
        if (letter == '\'') {
            TRY(compile_quoted(&c, &i));
        } else if (is_letter(letter)) {
            while (i < p.size && p.data[i] == letter)
                i++;
            uint16_t count = (uint16_t)MIN(i - start, (size_t)UINT16_MAX);
            TRY(push_field(&c, letter, count));
        } else if (style == DATEFMT_FORMATTER && strchr("[]{}#", letter) && letter) {
            if (letter != '[' && letter != ']')
                return bad(&c, "the characters \"{\", \"}\" and \"#\" are reserved");
            i++;
            TRY(push(&c, (struct datefmt_item){ .letter = letter }));
        } else {
            while (i < p.size && !is_letter(p.data[i]) && p.data[i] != '\'' &&
                   (style != DATEFMT_FORMATTER || !p.data[i] || !strchr("[]{}#", p.data[i])))
                i++;
            TRY(push_literal(&c, str_make(p.data + start, i - start)));
        }
    }
    if (style == DATEFMT_FORMATTER) {
        TRY(link_sections(&c));
        link_formatter(c.items, c.count);
    } else {
        link_simple(c.items, c.count);
    }
    fmt->style = style;
    fmt->items = c.items;
    fmt->count = c.count;
    fmt->print_max = print_max(c.items, c.count);
    *ret = fmt;
    return OK;
}

/* ---- names ---- */

static bool starts_with(struct str text, const char *name, size_t size, bool ignore_case)
{
    if (text.size < size)
        return false;
    struct str start = str_make(text.data, size);
    return ignore_case ? str_ieq(start, str_make(name, size)) : str_eq(start, str_make(name, size));
}

int datefmt_match_name(const char *const *names, int count, size_t letters, bool ignore_case,
                       struct str text, size_t *ret_size)
{
    int found = -1;
    size_t best = 0;
    for (int i = 0; i < count; i++) {
        size_t size = strlen(names[i]);
        if (letters > 0)
            size = MIN(size, letters);
        if (size > best && starts_with(text, names[i], size, ignore_case)) {
            best = size;
            found = i;
        }
    }
    *ret_size = best;
    return found;
}

static const struct {
    const char *name;
    int32_t hours;
} known_zones[] = {
    { "EST", -5 }, { "EDT", -4 }, { "CST", -6 }, { "CDT", -5 },  { "MST", -7 },
    { "MDT", -6 }, { "PST", -8 }, { "PDT", -7 }, { "HST", -10 }, { "CET", 1 },
    { "CEST", 2 }, { "WET", 0 },  { "WEST", 1 }, { "EET", 2 },   { "EEST", 3 },
    { "MSK", 3 },  { "JST", 9 },  { "KST", 9 },  { "BST", 1 },   { "HKT", 8 },
};

size_t datefmt_match_zone_name(const struct zone *zone, struct str text, struct datefmt_offset *ret)
{
    size_t size = 0;
    while (size < text.size && is_letter(text.data[size]))
        size++;
    struct str word = str_make(text.data, size);
    if (str_iis(word, "UTC") || str_iis(word, "GMT") || str_iis(word, "UT") || str_is(word, "Z")) {
        *ret = (struct datefmt_offset){ true, 0 };
        return size;
    }
    if (size < 3)
        return 0;
    /* Its own abbreviations mean the zone itself; winter and summer of one year show both. */
    const int64_t samples[2] = { INT64_C(1578268800000000), INT64_C(1593993600000000) };
    for (size_t i = 0; i < countof(samples); i++) {
        char name[16];
        size_t n = zone_print_abbreviation(zone, samples[i], name);
        if (str_ieq(word, str_make(name, n))) {
            int64_t offset_us = zone_offset_at_utc_us(zone, NULL, samples[i]);
            *ret = (struct datefmt_offset){ true, (int32_t)(offset_us / TIME_US_PER_SECOND) };
            return size;
        }
    }
    for (size_t i = 0; i < countof(known_zones); i++) {
        if (str_iis(word, known_zones[i].name)) {
            *ret = (struct datefmt_offset){ true, known_zones[i].hours * 3600 };
            return size;
        }
    }
    return 0;
}
