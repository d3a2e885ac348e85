/* mask.c -- see mask.h. */
#include "session/mask.h"

#include "connector/options.h"

static bool is_key_char(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '-' || c == '.';
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* Behind the key that ends at `at`: where its value begins; 0 if there is none. */
static size_t value_begin(const char *text, size_t size, size_t at, char *ret_sign)
{
    if (at < size && (text[at] == '\'' || text[at] == '"' || text[at] == '`'))
        at++;
    while (at < size && is_blank(text[at]))
        at++;
    if (at == size || (text[at] != '=' && text[at] != ':'))
        return 0;
    *ret_sign = text[at++];
    while (at < size && (*ret_sign == '=' ? is_blank(text[at]) : text[at] == ' '))
        at++;
    return at < size && text[at] != '\n' ? at : 0;
}

/* A quoted value ends at its quote, two of which stand for one; a bare one behind `:` at the end of
 * the line, behind `=` in front of what may follow it. */
static size_t value_end(const char *text, size_t size, size_t at, char sign)
{
    char quote = text[at];
    if (quote == '\'' || quote == '"') {
        for (at++; at < size; at++) {
            if (text[at] == '\\' && quote == '"' && at + 1 < size)
                at++;
            else if (text[at] == quote && at + 1 < size && text[at + 1] == quote)
                at++;
            else if (text[at] == quote)
                return at;
        }
        return size;
    }
    while (at < size && text[at] != '\n' &&
           (sign == ':' || !(is_blank(text[at]) || strchr(",;'\"&)}", text[at]))))
        at++;
    return at;
}

/* The password of an address at `://`: user:PASSWORD@host. False: it has none. */
static bool url_secret(const char *text, size_t size, size_t at, size_t *ret_begin, size_t *ret_end)
{
    size_t colon = 0, end = 0;
    if (size - at < 3 || memcmp(text + at, "://", 3) != 0)
        return false;
    for (size_t i = at + 3; i < size && (unsigned char)text[i] > ' ' && !strchr("'\"/?", text[i]);
         i++) {
        if (text[i] == ':' && colon == 0)
            colon = i;
        if (text[i] == '@')
            end = i;
    }
    *ret_begin = colon + 1;
    *ret_end = end;
    return colon > 0 && end > colon + 1 && text[colon + 1] != '$';
}

/* Finds the next value to star at or behind *at; false if there is none. */
static bool next_secret(const char *text, size_t size, size_t *at, size_t *ret_begin)
{
    for (size_t i = *at; i < size;) {
        if (url_secret(text, size, i, ret_begin, at))
            return true;
        if (!is_key_char(text[i])) {
            i++;
            continue;
        }
        size_t end = i;
        while (end < size && is_key_char(text[end]))
            end++;
        char sign;
        size_t begin;
        if (options_is_secret(NULL, str_make(text + i, end - i)) &&
            (begin = value_begin(text, size, end, &sign)) > 0) {
            size_t inside = begin + (text[begin] == '\'' || text[begin] == '"');
            *at = value_end(text, size, begin, sign);
            /* `${env:NAME}` says where the secret is, not what. */
            if (inside + 1 < size && text[inside] == '$' && text[inside + 1] == '{') {
                i = MAX(*at, end);
                continue;
            }
            *ret_begin = inside;
            return true;
        }
        i = end;
    }
    return false;
}

bool mask_is_needed(struct str text)
{
    size_t at = 0, begin;
    return next_secret(text.data, text.size, &at, &begin);
}

void mask_secrets(char *text, size_t size)
{
    size_t at = 0, begin;
    while (next_secret(text, size, &at, &begin))
        if (at > begin)
            memset(text + begin, '*', at - begin);
}
