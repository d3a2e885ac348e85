/* click_type.c -- see click_type.h.  A descent over NAME or NAME(ARGUMENT, ...). */
#include "clickhouse/click_type.h"

#include "base/arena.h"
#include "base/number.h"

enum { DEPTH_MAX = 16, NAMES_MAX = 65536, LENGTH_MAX = 1 << 24, WORD_MAX = 4096 };

struct parser {
    struct arena *arena;
    const struct zone *zone;
    const char *at, *end;
    struct error *err;
    enum code code;  /* of the first failure that is no matter of the text */
    bool is_unknown; /* not a type with values here */
};

static struct click_type *parse(struct parser *p, int depth);

/* --- tokens -------------------------------------------------------------------------------- */

static void skip_blanks(struct parser *p)
{
    while (p->at < p->end && *p->at == ' ')
        p->at++;
}

static bool take(struct parser *p, char c)
{
    skip_blanks(p);
    if (p->at == p->end || *p->at != c)
        return false;
    p->at++;
    return true;
}

static struct str take_word(struct parser *p)
{
    skip_blanks(p);
    const char *from = p->at;
    while (p->at < p->end &&
           ((*p->at >= '0' && *p->at <= '9') || (*p->at >= 'A' && *p->at <= 'Z') ||
            (*p->at >= 'a' && *p->at <= 'z') || *p->at == '_' || *p->at == '-'))
        p->at++;
    return str_make(from, (size_t)(p->at - from));
}

static bool take_number(struct parser *p, int64_t min, int64_t max, int64_t *ret)
{
    struct str word = take_word(p);
    return number_parse_i64(word.data, word.size, ret) && *ret >= min && *ret <= max;
}

static void no_memory(struct parser *p)
{
    if (p->code == OK)
        p->code = error_nomem(p->err);
}

/* Behind a backslash. */
static char unescape(char c)
{
    switch (c) {
    case 'b':
        return '\b';
    case 'f':
        return '\f';
    case 'n':
        return '\n';
    case 'r':
        return '\r';
    case 't':
        return '\t';
    case '0':
        return '\0';
    default:
        return c;
    }
}

/* 'text', with a backslash before what needs one, or a quote twice. */
static bool take_quoted(struct parser *p, struct str *ret)
{
    char text[WORD_MAX];
    size_t size = 0;
    if (!take(p, '\''))
        return false;
    while (p->at < p->end && size < sizeof text) {
        char c = *p->at++;
        if (c == '\'') {
            if (p->at == p->end || *p->at != '\'') {
                *ret = arena_str(p->arena, str_make(text, size));
                if (!ret->data)
                    no_memory(p);
                return ret->data != NULL;
            }
            p->at++;
        } else if (c == '\\' && p->at < p->end) {
            c = unescape(*p->at++);
        }
        text[size++] = c;
    }
    return false;
}

/* --- types with arguments ------------------------------------------------------------------ */

static struct click_type *fixed_string(struct parser *p, struct click_type *type)
{
    int64_t length;
    if (!take(p, '(') || !take_number(p, 1, LENGTH_MAX, &length) || !take(p, ')'))
        return NULL;
    type->kind = CLICK_FIXED;
    type->length = (uint32_t)length;
    return type;
}

static struct click_type *decimal(struct parser *p, struct click_type *type, struct str word)
{
    int64_t precision = str_is(word, "Decimal32") ? 9 : str_is(word, "Decimal64") ? 18 : 38, scale;
    if (!take(p, '('))
        return NULL;
    if (str_is(word, "Decimal") && (!take_number(p, 1, 76, &precision) || !take(p, ',')))
        return NULL;
    if (!take_number(p, 0, precision, &scale) || !take(p, ')'))
        return NULL;
    p->is_unknown = p->is_unknown || precision > 38;
    type->kind = CLICK_DECIMAL;
    type->bytes = precision <= 9 ? 4 : precision <= 18 ? 8 : 16;
    type->precision = (int32_t)precision;
    type->scale = (int32_t)scale;
    return type;
}

static struct click_type *enumeration(struct parser *p, struct click_type *type, uint8_t bytes)
{
    struct click_enum *names = NULL, one;
    uint32_t cap = 0;
    int64_t value, limit = bytes == 1 ? INT8_MAX : INT16_MAX;
    if (!take(p, '('))
        return NULL;
    do {
        if (type->name_count == NAMES_MAX || !take_quoted(p, &one.name) || !take(p, '=') ||
            !take_number(p, -limit - 1, limit, &value))
            return NULL;
        one.value = (int32_t)value;
        if (!ARENA_PUSH(p->arena, names, type->name_count, cap, one)) {
            no_memory(p);
            return NULL;
        }
    } while (take(p, ','));
    type->kind = CLICK_ENUM;
    type->bytes = bytes;
    type->names = names;
    return take(p, ')') ? type : NULL;
}

static struct click_type *instant(struct parser *p, struct click_type *type, bool has_digits)
{
    int64_t digits = 0;
    struct str zone = { NULL, 0 };
    bool is_open = take(p, '(');
    type->kind = has_digits ? CLICK_TIME64 : CLICK_TIME;
    type->bytes = has_digits ? 8 : 4;
    if (has_digits && (!is_open || !take_number(p, 0, 9, &digits)))
        return NULL;
    if (is_open && (!has_digits || take(p, ',')) && !take_quoted(p, &zone))
        return NULL;
    if (is_open && !take(p, ')'))
        return NULL;
    type->precision = (int32_t)digits;
    type->zone = p->zone;
    type->cursor = arena_new(p->arena, struct zone_cursor);
    if (!type->cursor)
        no_memory(p);
    /* A zone that this machine does not know makes a column that cannot be used. */
    if (zone.data && p->code == OK && zone_load(p->arena, zone, &type->zone, NULL) != OK)
        p->is_unknown = true;
    return p->code == OK ? type : NULL;
}

/* Types that are written as what they hold. */
static struct click_type *wrapped(struct parser *p, bool makes_nullable, int depth)
{
    if (!take(p, '('))
        return NULL;
    struct click_type *type = parse(p, depth + 1);
    if (!type || !take(p, ')'))
        return NULL;
    type->is_nullable = type->is_nullable || makes_nullable;
    return type;
}

/* SimpleAggregateFunction(sum, Type) is written as the type. */
static struct click_type *simple_aggregate(struct parser *p, int depth)
{
    if (!take(p, '(') || take_word(p).size == 0 || !take(p, ','))
        return NULL;
    struct click_type *type = parse(p, depth + 1);
    return type && take(p, ')') ? type : NULL;
}

static struct click_type *collection(struct parser *p, struct click_type *type, int count,
                                     int depth)
{
    type->kind = count == 1 ? CLICK_ARRAY : CLICK_MAP;
    for (int i = 0; i < count; i++) {
        if (!take(p, i == 0 ? '(' : ','))
            return NULL;
        type->children[i] = parse(p, depth + 1);
        if (!type->children[i])
            return NULL;
    }
    return take(p, ')') ? type : NULL;
}

/* --- all ----------------------------------------------------------------------------------- */

static const struct plain {
    const char *name;
    enum click_kind kind;
    uint8_t bytes;
    bool is_signed;
} plain_types[] = {
    { "Int8", CLICK_INT, 1, true },       { "Int16", CLICK_INT, 2, true },
    { "Int32", CLICK_INT, 4, true },      { "Int64", CLICK_INT, 8, true },
    { "Int128", CLICK_INT, 16, true },    { "UInt8", CLICK_INT, 1, false },
    { "UInt16", CLICK_INT, 2, false },    { "UInt32", CLICK_INT, 4, false },
    { "UInt64", CLICK_INT, 8, false },    { "Bool", CLICK_BOOL, 1, false },
    { "Float32", CLICK_FLOAT, 4, true },  { "Float64", CLICK_FLOAT, 8, true },
    { "String", CLICK_STRING, 0, false }, { "UUID", CLICK_UUID, 16, false },
    { "Date", CLICK_DATE, 2, false },     { "Date32", CLICK_DATE32, 4, true },
};

static struct click_type *parse_word(struct parser *p, struct click_type *type, struct str word,
                                     int depth)
{
    for (size_t i = 0; i < countof(plain_types); i++)
        if (str_is(word, plain_types[i].name)) {
            type->kind = plain_types[i].kind;
            type->bytes = plain_types[i].bytes;
            type->is_signed = plain_types[i].is_signed;
            return type;
        }
    if (str_is(word, "FixedString"))
        return fixed_string(p, type);
    if (str_is(word, "Decimal") || str_is(word, "Decimal32") || str_is(word, "Decimal64") ||
        str_is(word, "Decimal128"))
        return decimal(p, type, word);
    if (str_is(word, "Enum8") || str_is(word, "Enum16"))
        return enumeration(p, type, str_is(word, "Enum8") ? 1 : 2);
    if (str_is(word, "DateTime") || str_is(word, "DateTime64"))
        return instant(p, type, str_is(word, "DateTime64"));
    if (str_is(word, "Nullable") || str_is(word, "LowCardinality"))
        return wrapped(p, str_is(word, "Nullable"), depth);
    if (str_is(word, "SimpleAggregateFunction"))
        return simple_aggregate(p, depth);
    if (str_is(word, "Array") || str_is(word, "Map"))
        return collection(p, type, str_is(word, "Array") ? 1 : 2, depth);
    return NULL;
}

static struct click_type *parse(struct parser *p, int depth)
{
    skip_blanks(p);
    const char *from = p->at;
    if (depth > DEPTH_MAX)
        return NULL;
    struct click_type *type = arena_new(p->arena, struct click_type);
    if (!type) {
        no_memory(p);
        return NULL;
    }
    type = parse_word(p, type, take_word(p), depth);
    if (!type)
        return NULL;
    type->text = arena_str(p->arena, str_make(from, (size_t)(p->at - from)));
    if (!type->text.data)
        no_memory(p);
    return p->code == OK ? type : NULL;
}

enum code click_type_parse(struct arena *arena, struct str text, const struct zone *zone,
                           const struct click_type **ret, struct error *err)
{
    struct parser p = {
        .arena = arena,
        .zone = zone,
        .at = text.data,
        .end = text.data + text.size,
        .err = err,
    };
    struct click_type *type = parse(&p, 0);
    if (p.code != OK)
        return p.code;
    *ret = type && p.at == p.end && !p.is_unknown ? type : NULL;
    return OK;
}
