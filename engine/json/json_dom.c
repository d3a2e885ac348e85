/* json_dom.c -- parsing into the tree, and the tree as text.
 *
 * A plain recursive descent, bounded by JSON_DEPTH_MAX.  Equal names are found through a small hash
 * table once an object has many members, so that a hostile document cannot make it quadratic. */
#include "json/json_dom.h"

#include "base/arena.h"
#include "base/hash.h"
#include "base/number.h"
#include "base/utf8.h"
#include "json/json_unescape.h"
#include "json/json_write.h"

#include <stdlib.h>
#include <string.h>

struct parser {
    struct arena *arena;
    const char *p;
    const char *end;
    unsigned flags;
    uint32_t depth;
    bool is_nomem;
};

static void skip_blanks(struct parser *in)
{
    while (in->p < in->end && (*in->p == ' ' || *in->p == '\n' || *in->p == '\t' || *in->p == '\r'))
        in->p++;
}

/* The content of the string at in->p, which is its opening quote. */
static bool read_string(struct parser *in, struct str *ret, bool *ret_escaped)
{
    const char *begin = ++in->p;
    bool escaped = false;
    while (in->p < in->end && *in->p != '"') {
        if ((uint8_t)*in->p < 0x20 && !(in->flags & JSON_ACCEPT_CONTROL))
            return false;
        size_t n = 1;
        if (*in->p == '\\') {
            n = json_escape_size(in->p, (size_t)(in->end - in->p));
            escaped = true;
            if (n == 0)
                return false;
        }
        in->p += n;
    }
    if (in->p >= in->end)
        return false;
    *ret = str_make(begin, (size_t)(in->p - begin));
    *ret_escaped = escaped;
    in->p++;
    return !(in->flags & JSON_REFUSE_BAD_UTF8) || utf8_valid(ret->data, ret->size);
}

static bool decode_string(struct arena *arena, struct str raw, bool escaped, struct str *ret)
{
    if (escaped) {
        char *out = arena_alloc(arena, raw.size);
        if (!out)
            return false;
        raw.size = json_unescape(raw.data, raw.size, out, NULL, NULL);
        raw.data = out;
    }
    *ret = utf8_repair(arena, raw);
    return ret->data != NULL;
}

enum code json_dom_string(struct arena *arena, const struct json_value *value, struct str *ret,
                          struct error *err)
{
    if (!decode_string(arena, value->raw, value->kind == JSON_STRING_ESCAPED, ret))
        return error_nomem(err);
    return OK;
}

static const char *skip_digits(const char *p, const char *end)
{
    while (p < end && *p >= '0' && *p <= '9')
        p++;
    return p;
}

static bool read_number(struct parser *in, struct json_value *value)
{
    const char *begin = in->p;
    const char *first = begin + (*begin == '-');
    const char *p = skip_digits(first, in->end);
    if (p == first || (*first == '0' && p - first > 1))
        return false;
    value->kind = JSON_INTEGER;
    if (p < in->end && *p == '.') {
        first = p + 1;
        p = skip_digits(first, in->end);
        value->kind = JSON_NUMBER;
        if (p == first)
            return false;
    }
    if (p < in->end && (*p == 'e' || *p == 'E')) {
        first = p + 1;
        if (first < in->end && (*first == '+' || *first == '-'))
            first++;
        p = skip_digits(first, in->end);
        value->kind = JSON_NUMBER;
        if (p == first)
            return false;
    }
    in->p = p;
    return true;
}

static bool read_word(struct parser *in, struct json_value *value)
{
    static const struct {
        struct str text;
        enum json_kind kind;
    } words[] = { { { "true", 4 }, JSON_TRUE },
                  { { "false", 5 }, JSON_FALSE },
                  { { "null", 4 }, JSON_NULL } };
    struct str rest = { in->p, (size_t)(in->end - in->p) };
    for (size_t i = 0; i < countof(words); i++) {
        if (str_starts(rest, words[i].text)) {
            value->kind = words[i].kind;
            in->p += words[i].text.size;
            return true;
        }
    }
    return false;
}

static struct json_value *read_value(struct parser *in);

static bool read_items(struct parser *in, struct json_value *value)
{
    uint32_t cap = 0;
    skip_blanks(in);
    if (in->p < in->end && *in->p == ']') {
        in->p++;
        return true;
    }
    for (;;) {
        struct json_value *item = read_value(in);
        if (!item)
            return false;
        if (!ARENA_PUSH(in->arena, value->items, value->count, cap, item)) {
            in->is_nomem = true;
            return false;
        }
        skip_blanks(in);
        if (in->p >= in->end || (*in->p != ',' && *in->p != ']'))
            return false;
        if (*in->p++ == ']')
            return true;
    }
}

struct names {
    uint32_t *table; /* member number + 1 */
    uint32_t mask;
};

/* The member with that name, or NULL. */
static struct json_member *find_member(struct parser *in, struct json_value *value,
                                       struct names *names, struct str name)
{
    enum { FEW = 16 };
    if (value->count < FEW) {
        for (uint32_t i = 0; i < value->count; i++) {
            if (str_eq(value->members[i].name, name))
                return &value->members[i];
        }
        return NULL;
    }
    if (!names->table || value->count > names->mask / 2) {
        uint32_t size = names->table ? (names->mask + 1) * 2 : FEW * 4;
        names->table = arena_array(in->arena, uint32_t, size);
        if (!names->table) {
            in->is_nomem = true;
            return NULL;
        }
        names->mask = size - 1;
        for (uint32_t i = 0; i < value->count; i++) {
            struct str old = value->members[i].name;
            uint64_t at = hash_bytes(old.data, old.size, 0) & names->mask;
            while (names->table[at])
                at = (at + 1) & names->mask;
            names->table[at] = i + 1;
        }
    }
    uint64_t at = hash_bytes(name.data, name.size, 0) & names->mask;
    for (; names->table[at]; at = (at + 1) & names->mask) {
        struct json_member *member = &value->members[names->table[at] - 1];
        if (str_eq(member->name, name))
            return member;
    }
    names->table[at] = value->count + 1; /* the caller appends it */
    return NULL;
}

static bool read_members(struct parser *in, struct json_value *value)
{
    struct names names = { .table = NULL };
    uint32_t cap = 0;
    skip_blanks(in);
    if (in->p < in->end && *in->p == '}') {
        in->p++;
        return true;
    }
    for (;;) {
        struct json_member member;
        struct str raw;
        bool escaped;
        skip_blanks(in);
        if (in->p >= in->end || *in->p != '"' || !read_string(in, &raw, &escaped))
            return false;
        skip_blanks(in);
        if (in->p >= in->end || *in->p++ != ':')
            return false;
        member.value = read_value(in);
        if (!member.value)
            return false;
        if (!decode_string(in->arena, raw, escaped, &member.name)) {
            in->is_nomem = true;
            return false;
        }
        struct json_member *old = find_member(in, value, &names, member.name);
        if (old)
            old->value = member.value;
        else if (in->is_nomem ||
                 !ARENA_PUSH(in->arena, value->members, value->count, cap, member)) {
            in->is_nomem = true;
            return false;
        }
        skip_blanks(in);
        if (in->p >= in->end || (*in->p != ',' && *in->p != '}'))
            return false;
        if (*in->p++ == '}')
            return true;
    }
}

static struct json_value *read_value(struct parser *in)
{
    skip_blanks(in);
    if (in->p >= in->end)
        return NULL;
    struct json_value *value = arena_new(in->arena, struct json_value);
    if (!value) {
        in->is_nomem = true;
        return NULL;
    }
    const char *begin = in->p;
    bool is_good;
    if (*begin == '"') {
        bool escaped;
        is_good = read_string(in, &value->raw, &escaped);
        value->kind = is_good && escaped ? JSON_STRING_ESCAPED : JSON_STRING;
        return is_good ? value : NULL;
    }
    if (*begin == '{' || *begin == '[') {
        if (in->depth >= JSON_DEPTH_MAX)
            return NULL;
        in->depth++;
        in->p++;
        value->kind = *begin == '{' ? JSON_OBJECT : JSON_ARRAY;
        is_good = *begin == '{' ? read_members(in, value) : read_items(in, value);
        in->depth--;
    } else if (*begin == '-' || (*begin >= '0' && *begin <= '9')) {
        is_good = read_number(in, value);
    } else {
        is_good = read_word(in, value);
    }
    value->raw = str_make(begin, (size_t)(in->p - begin));
    return is_good ? value : NULL;
}

/* What may stand behind the root; see root_scalar_ends() in json_kernel.h. */
static bool root_ends(struct parser *in, enum json_kind kind)
{
    if (in->p < in->end && kind < JSON_STRING) {
        char c = *in->p;
        bool is_blank = c == ' ' || c == '\n' || c == '\t' || c == '\r';
        bool is_letter = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
                         (c >= 'A' && c <= 'Z') || c == '_' || c == '$' || (c & 0x80);
        if (kind == JSON_INTEGER || kind == JSON_NUMBER ? !is_blank : is_letter)
            return false;
    }
    skip_blanks(in);
    return !(in->flags & JSON_REFUSE_TAIL) || in->p == in->end;
}

enum code json_dom_parse(struct arena *arena, struct str text, unsigned flags,
                         struct json_value **ret, struct error *err)
{
    struct parser in = {
        .arena = arena,
        .p = text.data,
        .end = text.data + text.size,
        .flags = flags,
    };
    struct json_value *value = text.size > 0 ? read_value(&in) : NULL;
    if (in.is_nomem)
        return error_nomem(err);
    *ret = value && root_ends(&in, value->kind) ? value : NULL;
    return OK;
}

enum code json_dom_of_hit(struct arena *arena, const struct json_hit *hit, unsigned flags,
                          struct json_value **ret, struct error *err)
{
    struct str text = { hit->data, hit->size };
    if (hit->kind == JSON_OBJECT || hit->kind == JSON_ARRAY)
        return json_dom_parse(arena, text, flags & ~(unsigned)JSON_REFUSE_TAIL, ret, err);
    if (hit->kind == JSON_MISSING) {
        *ret = NULL;
        return OK;
    }
    struct json_value *value = arena_new(arena, struct json_value);
    if (!value)
        return error_nomem(err);
    value->kind = (enum json_kind)hit->kind;
    value->raw = text;
    *ret = value;
    return OK;
}

/* --- text ------------------------------------------------------------------- */

static void write_raw(const struct json_value *value, struct buf *out)
{
    bool is_string = value->kind == JSON_STRING || value->kind == JSON_STRING_ESCAPED;
    if (value->raw.data) {
        if (is_string)
            buf_char(out, '"');
        buf_str(out, value->raw);
        if (is_string)
            buf_char(out, '"');
        return;
    }
    /* A computed value: an array or object of others. */
    bool is_object = value->kind == JSON_OBJECT;
    buf_char(out, is_object ? '{' : '[');
    for (uint32_t i = 0; i < value->count; i++) {
        if (i > 0)
            buf_char(out, ',');
        if (is_object) {
            json_write_string(out, value->members[i].name);
            buf_char(out, ':');
        }
        write_raw(is_object ? value->members[i].value : value->items[i], out);
    }
    buf_char(out, is_object ? '}' : ']');
}

enum code json_dom_write_raw(const struct json_value *value, struct buf *out, struct error *err)
{
    write_raw(value, out);
    return buf_check(out, err);
}

struct writer {
    struct arena *arena;
    enum json_fraction fraction;
    bool sort_members;
    struct buf *out;
    bool is_nomem;
};

/* Java compares strings by UTF-16 units: code points past U+FFFF, which are surrogates there, come
 * before U+E000..U+FFFF. */
static int compare_utf16(struct str a, struct str b)
{
    size_t n = MIN(a.size, b.size);
    for (size_t i = 0; i < n; i++) {
        uint8_t x = (uint8_t)a.data[i];
        uint8_t y = (uint8_t)b.data[i];
        if (x == y)
            continue;
        if (x >= 0xEE && y >= 0xEE && (x >= 0xF0) != (y >= 0xF0))
            return x >= 0xF0 ? -1 : 1;
        return x < y ? -1 : 1;
    }
    return a.size < b.size ? -1 : a.size > b.size;
}

static int compare_members(const void *a, const void *b)
{
    return compare_utf16(((const struct json_member *)a)->name,
                         ((const struct json_member *)b)->name);
}

static void write_value(struct writer *w, const struct json_value *value)
{
    struct buf *out = w->out;
    struct str text;
    switch (value->kind) {
    case JSON_MISSING:
    case JSON_NULL:
        buf_text(out, "null");
        return;
    case JSON_TRUE:
        buf_text(out, "true");
        return;
    case JSON_FALSE:
        buf_text(out, "false");
        return;
    case JSON_INTEGER:
    case JSON_NUMBER:
        json_number_write(value->raw, value->kind, w->fraction, true, out);
        return;
    case JSON_STRING:
    case JSON_STRING_ESCAPED:
        if (json_dom_string(w->arena, value, &text, NULL) != OK)
            w->is_nomem = true;
        else
            json_write_string(out, text);
        return;
    case JSON_ARRAY:
        buf_char(out, '[');
        for (uint32_t i = 0; i < value->count; i++) {
            if (i > 0)
                buf_char(out, ',');
            write_value(w, value->items[i]);
        }
        buf_char(out, ']');
        return;
    case JSON_OBJECT:
        break;
    }
    const struct json_member *members = value->members;
    if (w->sort_members && value->count > 1) {
        struct json_member *sorted = arena_array(w->arena, struct json_member, value->count);
        if (!sorted) {
            w->is_nomem = true;
            return;
        }
        memcpy(sorted, members, value->count * sizeof(*sorted));
        qsort(sorted, value->count, sizeof(*sorted), compare_members);
        members = sorted;
    }
    buf_char(out, '{');
    for (uint32_t i = 0; i < value->count; i++) {
        if (i > 0)
            buf_char(out, ',');
        json_write_string(out, members[i].name);
        buf_char(out, ':');
        write_value(w, members[i].value);
    }
    buf_char(out, '}');
}

enum code json_dom_write(struct arena *arena, const struct json_value *value,
                         enum json_fraction fraction, bool sort_members, struct buf *out,
                         struct error *err)
{
    struct writer w = { arena, fraction, sort_members, out, false };
    write_value(&w, value);
    if (w.is_nomem)
        return error_nomem(err);
    return buf_check(out, err);
}
