/* mistake_value.c -- operators, constants and calls as other SQLs have them. */
#include "sql/mistake.h"

#include "base/nearest.h"

#include "sql.h"

static bool double_colon(const struct sql_around *a, struct error *err)
{
    bool first = now(a).code == TK_COLON && code_after(a, 0) == TK_COLON;
    bool second = now(a).code == TK_COLON && code_before(a, 0) == TK_COLON;
    if (!first && !second)
        return false;
    int value = second ? 1 : 0, type = first ? 1 : 0;
    struct sql_token begin = second ? a->before[0] : now(a);
    error_at(err, E_SYNTAX, (struct span){ begin.span.offset, 2 }, "there is no operator \"::\"");
    struct str x = STR("x"), t = STR("type");
    if (code_before(a, value) == TK_STRING ||
        (is_word(a, a->before[value]) && code_before(a, value + 1) != TK_DOT))
        x = sql_token_str(a, a->before[value]);
    if (type < a->after_count && is_word(a, a->after[type]))
        t = sql_token_str(a, a->after[type]);
    if (x.size + t.size < 100)
        error_hint(err, "Write CAST(" STR_FMT " AS " STR_FMT ").", STR_ARG(x), STR_ARG(t));
    return true;
}

static bool two_signs(const struct sql_around *a, struct error *err)
{
    static const struct {
        int left, right;
        const char *text, *hint;
    } signs[] = {
        { TK_LE, TK_GT, "<=>", "Write a IS NOT DISTINCT FROM b." },
        { TK_MINUS, TK_GT, "->", "Write JSON_VALUE(text, '$.key')." },
        { TK_GT, TK_GT, ">>", NULL },
        { TK_LT, TK_LT, "<<", NULL },
        { TK_EQ, TK_LT, "=<", "Write <=." },
        { TK_STAR, TK_STAR, "**", "Write POWER(a, b)." },
    };
    for (size_t i = 0; i < countof(signs); i++) {
        if (code_before(a, 0) != signs[i].left || now(a).code != signs[i].right ||
            !touches(a->before[0], now(a)))
            continue;
        error_at(err, E_SYNTAX, join_spans(a->before[0], now(a)), "there is no operator \"%s\"",
                 signs[i].text);
        if (signs[i].hint)
            error_hint(err, "%s", signs[i].hint);
        return true;
    }
    return false;
}

static const struct foreign operators[] = {
    { "ILIKE", "Write LOWER(text) LIKE 'pattern'." },
    { "REGEXP", "Write REGEXP(text, 'pattern')." },
    { "RLIKE", "Write REGEXP(text, 'pattern')." },
    { "GLOB", "Write text LIKE 'pattern'." },
    { "DIV", "Write FLOOR(a / b)." },
    { "MOD", "Write MOD(a, b)." },
    { "XOR", "Write (a) <> (b)." },
    { "ISNULL", "Write IS NULL." },
    { "NOTNULL", "Write IS NOT NULL." },
};

/* The word itself, or, where it was taken for an alias, the one behind it. */
static bool word_operator(const struct sql_around *a, struct error *err)
{
    for (int i = 0; i < 2; i++) {
        struct sql_token token = i == 0 ? now(a) : a->before[0];
        int behind = i == 0 ? code_before(a, 0) : code_before(a, 1);
        if (behind == 0 || behind == TK_SELECT || behind == TK_COMMA || behind == TK_LP)
            continue;
        for (size_t k = 0; k < countof(operators); k++)
            if (sql_token_is(a, token, operators[k].word)) {
                error_at(err, E_SYNTAX, token.span, "there is no operator %s", operators[k].word);
                error_hint(err, "%s", operators[k].hint);
                return true;
            }
    }
    return false;
}

static bool interval_number(const struct sql_around *a, struct error *err)
{
    if (!sql_token_is(a, a->before[0], "INTERVAL") ||
        (now(a).code != TK_INTEGER && now(a).code != TK_DECIMAL))
        return false;
    struct str n = sql_token_str(a, now(a)), unit = STR("SECOND");
    if (a->after_count > 0 && is_word(a, a->after[0]))
        unit = sql_token_str(a, a->after[0]);
    if (unit.size > 3 && (unit.data[unit.size - 1] | 0x20) == 's') /* MINUTES */
        unit.size--;
    error_at(err, E_SYNTAX, now(a).span, "the value of an interval stands in quotes");
    error_hint(err, "Write INTERVAL '" STR_FMT "' " STR_FMT ".", STR_ARG(n), STR_ARG(unit));
    return true;
}

/* INTERVAL '5 minutes' */
static bool interval_unit(const struct sql_around *a, struct error *err)
{
    if (code_before(a, 0) != TK_STRING || !sql_token_is(a, a->before[1], "INTERVAL"))
        return false;
    struct str text = sql_token_str(a, a->before[0]);
    text = str_trim(str_make(text.data + 1, text.size - 2));
    size_t digits = 0, letters;
    while (digits < text.size && text.data[digits] >= '0' && text.data[digits] <= '9')
        digits++;
    struct str unit = str_trim(str_make(text.data + digits, text.size - digits));
    for (letters = 0; letters < unit.size; letters++)
        if ((unit.data[letters] | 0x20) < 'a' || (unit.data[letters] | 0x20) > 'z')
            break;
    error_at(err, E_SYNTAX, a->before[0].span, "INTERVAL has no unit behind the quotes");
    if (digits > 0 && unit.size > 1 && letters == unit.size && unit.size < 20) {
        if ((unit.data[unit.size - 1] | 0x20) == 's')
            unit.size--;
        char upper[20];
        for (size_t i = 0; i < unit.size; i++)
            upper[i] = (char)(unit.data[i] & ~0x20);
        error_hint(err, "Write INTERVAL '%.*s' %.*s.", (int)digits, text.data, (int)unit.size,
                   upper);
    } else {
        error_hint(err, "Such as INTERVAL '5' MINUTE.");
    }
    return true;
}

static bool is_what(const struct sql_around *a, struct error *err)
{
    if (code_before(a, 0) != TK_IS)
        return false;
    return say(err, now(a).span, "IS is followed by NULL, TRUE, FALSE or DISTINCT FROM",
               "Equality is written \"=\".");
}

static bool at_time_zone(const struct sql_around *a, struct error *err)
{
    if (now(a).code != TK_TIME || !sql_token_is(a, a->before[0], "AT"))
        return false;
    return say(err, join_spans(a->before[0], now(a)), "there is no AT TIME ZONE",
               "CONVERT_TZ(text, 'from zone', 'to zone') converts a time in a string.");
}

static bool array(const struct sql_around *a, struct error *err)
{
    if (now(a).code != TK_LB || !accepts(a, TK_ARRAY_START))
        return false;
    return say(err, now(a).span, "\"[\" begins no value", "Write ARRAY[...].");
}

/* CAST(a, INT), CAST(a INT) */
static bool comma_in_cast(const struct sql_around *a, struct error *err)
{
    if (!accepts(a, TK_AS) || (a->opener.code != TK_CAST && a->opener.code != TK_TRY_CAST))
        return false;
    struct str cast = sql_token_str(a, a->opener);
    if (is_word(a, now(a)) && code_after(a, 0) == TK_RP) {
        struct str type = sql_token_str(a, now(a));
        error_at(err, E_SYNTAX, now(a).span, "AS is missing in front of \"" STR_FMT "\"",
                 STR_ARG(type));
        return true;
    }
    if (now(a).code != TK_COMMA)
        return false;
    error_at(err, E_SYNTAX, now(a).span, "the type of a CAST stands behind AS, not a comma");
    error_hint(err, "Write " STR_FMT "(value AS type).", STR_ARG(cast));
    return true;
}

static bool near_one(const struct sql_around *a, struct sql_token token, const char *const *words,
                     size_t n, struct error *err)
{
    struct nearest nearest;
    nearest_begin(&nearest, sql_token_str(a, token));
    for (size_t i = 0; i < n; i++)
        nearest_add(&nearest, str_of(words[i]));
    struct str best = nearest_end(&nearest);
    if (!best.data)
        return false;
    struct str word = sql_token_str(a, token);
    error_at(err, E_SYNTAX, token.span, "syntax error at \"" STR_FMT "\"", STR_ARG(word));
    error_hint(err, "Perhaps you meant " STR_FMT ".", STR_ARG(best));
    return true;
}

/* CSAT(a AS INT), ARAY<INT>: only the word that is meant has such a form. */
static bool misspelled_form(const struct sql_around *a, struct error *err)
{
    static const char *const calls[] = { "CAST",     "TRY_CAST", "EXTRACT", "TRIM", "SUBSTRING",
                                         "POSITION", "OVERLAY",  "FLOOR",   "CEIL" };
    static const char *const types[] = { "ARRAY", "MAP", "ROW", "MULTISET" };
    int code = now(a).code;
    if ((code == TK_AS || code == TK_FROM || code == TK_FOR || code == TK_IN) &&
        a->opener.code == TK_ID)
        return near_one(a, a->opener, calls, countof(calls), err);
    if (code == TK_LT && code_before(a, 0) == TK_ID)
        return near_one(a, a->before[0], types, countof(types), err);
    return false;
}

/* 'connector = 'kafka' */
static bool quote_behind_key(const struct sql_around *a, struct error *err)
{
    struct str text = sql_token_str(a, a->before[0]);
    if (code_before(a, 0) != TK_STRING || !is_word(a, now(a)) || !touches(a->before[0], now(a)))
        return false;
    text = str_trim(str_make(text.data + 1, text.size - 2));
    if (text.size < 2 || text.data[text.size - 1] != '=')
        return false;
    struct str key = str_trim(str_make(text.data, text.size - 1));
    error_at(err, E_SYNTAX, (struct span){ a->before[0].span.offset, 1 }, "string is not closed");
    if (key.size < 100)
        error_hint(err, "Perhaps you meant '" STR_FMT "'.", STR_ARG(key));
    return true;
}

/* 'it's' */
static bool quote_in_string(const struct sql_around *a, struct error *err)
{
    if (code_before(a, 0) != TK_STRING || !is_word(a, now(a)) || !touches(a->before[0], now(a)))
        return false;
    return say(err, (struct span){ now(a).span.offset - 1, 1 }, "this quote ends the string",
               "A quote inside of a string is written twice: 'it''s'.");
}

bool sql_find_quote(const struct sql_around *a, struct error *err)
{
    if (code_before(a, 1) != TK_STRING || !is_word(a, a->before[0]) ||
        !touches(a->before[1], a->before[0]) || !touches(a->before[0], now(a)))
        return false;
    return say(err, (struct span){ a->before[0].span.offset - 1, 1 }, "this quote ends the string",
               "A quote inside of a string is written twice: 'it''s'.");
}

bool mistake_of_value(const struct sql_around *a, struct error *err)
{
    static bool (*const all[])(const struct sql_around *, struct error *) = {
        double_colon,  two_signs,       word_operator,    is_what,
        at_time_zone,  array,           interval_number,  interval_unit,
        comma_in_cast, misspelled_form, quote_behind_key, quote_in_string,
    };
    for (size_t i = 0; i < countof(all); i++)
        if (all[i](a, err))
            return true;
    return false;
}
