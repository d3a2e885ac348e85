/* elastic_json.c -- see elastic_json.h. */
#include "elastic/elastic_json.h"

#include "base/number.h"
#include "base/utf8.h"

void es_json_begin(struct es_json *j, struct str text)
{
    *j = (struct es_json){ .at = text.data, .end = text.data + text.size };
}

static bool fail(struct es_json *j)
{
    j->is_bad = true;
    j->at = j->end;
    return false;
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\n' || c == '\t' || c == '\r';
}

char es_json_peek(struct es_json *j)
{
    while (j->at < j->end && is_blank(*j->at))
        j->at++;
    return j->at < j->end ? *j->at : '\0';
}

/* Past the string whose opening quote is at hand. */
static bool skip_string(struct es_json *j)
{
    for (const char *at = j->at + 1; at < j->end; at++) {
        if (*at == '"') {
            j->at = at + 1;
            return true;
        }
        if (*at == '\\')
            at++;
    }
    return fail(j);
}

/* Past brackets and all that is between them; their kinds are not compared. */
static bool skip_nested(struct es_json *j)
{
    uint64_t depth = 0;
    while (j->at < j->end) {
        char c = *j->at;
        if (c == '"') {
            if (!skip_string(j))
                return false;
            continue;
        }
        j->at++;
        if (c == '{' || c == '[')
            depth++;
        else if ((c == '}' || c == ']') && --depth == 0)
            return true;
    }
    return fail(j);
}

static bool skip_word(struct es_json *j)
{
    const char *begin = j->at;
    while (j->at < j->end && !is_blank(*j->at) && !strchr(",]}:[{\"", *j->at))
        j->at++;
    return j->at > begin ? true : fail(j);
}

struct str es_json_skip(struct es_json *j)
{
    char c = es_json_peek(j);
    const char *begin = j->at;
    bool is_good = c == '"' ? skip_string(j) : c == '{' || c == '[' ? skip_nested(j) : skip_word(j);
    return is_good ? str_make(begin, (size_t)(j->at - begin)) : (struct str){ NULL, 0 };
}

bool es_json_enter(struct es_json *j, char open)
{
    if (es_json_peek(j) != open) {
        es_json_skip(j);
        return false;
    }
    j->at++;
    return true;
}

/* False: the closing bracket, which is left behind. */
static bool next(struct es_json *j, char close)
{
    char c = es_json_peek(j);
    if (c == ',') {
        j->at++;
        c = es_json_peek(j);
    }
    if (c == close) {
        j->at++;
        return false;
    }
    return c != '\0' ? true : fail(j);
}

bool es_json_member(struct es_json *j, struct str *ret_name)
{
    if (!next(j, '}'))
        return false;
    *ret_name = es_json_text(j);
    if (!ret_name->data || es_json_peek(j) != ':')
        return fail(j);
    j->at++;
    return true;
}

bool es_json_element(struct es_json *j)
{
    return next(j, ']');
}

struct str es_json_text(struct es_json *j)
{
    bool is_text = es_json_peek(j) == '"';
    struct str span = es_json_skip(j);
    if (!is_text || !span.data)
        return (struct str){ NULL, 0 };
    return str_make(span.data + 1, span.size - 2);
}

bool es_json_int(struct es_json *j, int64_t *ret)
{
    struct str span = es_json_skip(j);
    return span.data && number_parse_i64(span.data, span.size, ret);
}

bool es_json_is_true(struct es_json *j)
{
    return str_is(es_json_skip(j), "true");
}

static bool hex4(const char *at, uint32_t *ret)
{
    uint32_t value = 0;
    for (int i = 0; i < 4; i++) {
        char c = at[i];
        uint32_t digit = c >= '0' && c <= '9'   ? (uint32_t)(c - '0')
                         : c >= 'a' && c <= 'f' ? (uint32_t)(c - 'a') + 10
                         : c >= 'A' && c <= 'F' ? (uint32_t)(c - 'A') + 10
                                                : 16;
        if (digit > 15)
            return false;
        value = value << 4 | digit;
    }
    *ret = value;
    return true;
}

static void put_code_point(struct buf *out, uint32_t code)
{
    char text[4];
    buf_put(out, text, utf8_encode(code, text));
}

/* A \u escape, or two that are a pair; bytes taken. */
static size_t put_unicode(struct buf *out, struct str text)
{
    uint32_t code, low;
    if (text.size < 6 || !hex4(text.data + 2, &code)) {
        buf_char(out, text.data[0]);
        return 1;
    }
    bool is_pair = code >= 0xD800 && code < 0xDC00 && text.size >= 12 && text.data[6] == '\\' &&
                   text.data[7] == 'u' && hex4(text.data + 8, &low) && low >= 0xDC00 &&
                   low < 0xE000;
    put_code_point(out, is_pair ? 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00) : code);
    return is_pair ? 12 : 6;
}

void es_json_put_decoded(struct buf *out, struct str text)
{
    static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
    for (size_t i = 0; i < text.size;) {
        const char *escape = text.data[i] == '\\' && i + 1 < text.size && text.data[i + 1]
                                 ? strchr(from, text.data[i + 1])
                                 : NULL;
        if (text.data[i] == '\\' && i + 1 < text.size && text.data[i + 1] == 'u') {
            i += put_unicode(out, str_make(text.data + i, text.size - i));
        } else if (escape) {
            buf_char(out, to[escape - from]);
            i += 2;
        } else {
            buf_char(out, text.data[i++]);
        }
    }
}

bool es_json_find(struct es_json *j, const char *name)
{
    struct str found;
    if (!es_json_enter(j, '{'))
        return false;
    while (es_json_member(j, &found)) {
        if (str_is(found, name))
            return true;
        es_json_skip(j);
    }
    return false;
}
