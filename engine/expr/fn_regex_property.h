/* fn_regex_property.h -- \p{..} of Java's regular expressions in PCRE2's words: POSIX names, blocks
 * (for which PCRE2 has no names: they become ranges), scripts and categories.  The tables of
 * fn_regex_java.c, which is the only one to include it. */
#pragma once

#include "base/str.h"

struct named {
    const char *name;
    const char *text; /* for inside of brackets */
};

static const struct named posix_names[] = {
    { "Lower", "lower" }, { "Upper", "upper" }, { "Alpha", "alpha" },   { "Digit", "digit" },
    { "Alnum", "alnum" }, { "Punct", "punct" }, { "Graph", "graph" },   { "Print", "print" },
    { "Blank", "blank" }, { "Cntrl", "cntrl" }, { "XDigit", "xdigit" }, { "Space", "space" },
};

/* Names that PCRE2 spells otherwise, by its property. */
static const struct named property_names[] = {
    { "LC", "L&" },
    { "javaLowerCase", "Ll" },
    { "javaUpperCase", "Lu" },
    { "javaTitleCase", "Lt" },
    { "javaAlphabetic", "Alphabetic" },
    { "javaIdeographic", "Ideographic" },
    { "javaLetter", "L" },
    { "javaDigit", "Nd" },
    { "javaSpaceChar", "Z" },
    { "javaISOControl", "Cc" },
    { "javaMirrored", "Bidi_Mirrored" },
    { "IsLetter", "L" },
    { "IsPunctuation", "P" },
    { "IsControl", "Cc" },
    { "IsDigit", "Nd" },
    { "IsTitlecase", "Lt" },
};

struct range {
    const char *name;
    uint32_t from, to;
};

static const struct range ranges[] = {
    { "ASCII", 0x0, 0x7F },
    { "ALL", 0x0, 0x10FFFF },
    { "L1", 0x0, 0xFF },
    { "InBasicLatin", 0x0, 0x7F },
    { "InLatin1Supplement", 0x80, 0xFF },
    { "InLatinExtendedA", 0x100, 0x17F },
    { "InLatinExtendedB", 0x180, 0x24F },
    { "InGreek", 0x370, 0x3FF },
    { "InCyrillic", 0x400, 0x4FF },
    { "InHebrew", 0x590, 0x5FF },
    { "InArabic", 0x600, 0x6FF },
    { "InThai", 0xE00, 0xE7F },
    { "InGeneralPunctuation", 0x2000, 0x206F },
    { "InArrows", 0x2190, 0x21FF },
    { "InMathematicalOperators", 0x2200, 0x22FF },
    { "InCJKSymbolsandPunctuation", 0x3000, 0x303F },
    { "InHiragana", 0x3040, 0x309F },
    { "InKatakana", 0x30A0, 0x30FF },
    { "InBopomofo", 0x3100, 0x312F },
    { "InCJKUnifiedIdeographsExtensionA", 0x3400, 0x4DBF },
    { "InCJKUnifiedIdeographs", 0x4E00, 0x9FFF },
    { "InHangulSyllables", 0xAC00, 0xD7AF },
    { "InCJKCompatibilityIdeographs", 0xF900, 0xFAFF },
    { "InHalfwidthandFullwidthForms", 0xFF00, 0xFFEF },
    { "InEmoticons", 0x1F600, 0x1F64F },
    { "InCJKUnifiedIdeographsExtensionB", 0x20000, 0x2A6DF },
};

static const char *find_name(const struct named *names, size_t n, struct str name)
{
    for (size_t i = 0; i < n; i++)
        if (str_is(name, names[i].name))
            return names[i].text;
    return NULL;
}

/* Blocks are found without case, blanks, `_` and `-`. */
static const struct range *find_block(struct str name)
{
    char plain[64];
    size_t n = 0;
    for (size_t i = 0; i < name.size; i++)
        if (name.data[i] != ' ' && name.data[i] != '_' && name.data[i] != '-' && n < sizeof plain)
            plain[n++] = name.data[i];
    for (size_t i = 0; i < countof(ranges); i++)
        if (str_iis(str_make(plain, n), ranges[i].name))
            return &ranges[i];
    return NULL;
}

static bool strip(struct str *name, const char *prefix)
{
    struct str p = str_of(prefix);
    if (name->size <= p.size || !str_ieq(str_make(name->data, p.size), p))
        return false;
    *name = str_make(name->data + p.size, name->size - p.size);
    return true;
}

/* Appends \p{name}, or its opposite, in a form for inside of brackets.  False: no such block;
 * other names are left to PCRE2. */
static inline bool put_property(struct str name, bool negated, struct buf *out)
{
    const char *text = find_name(posix_names, countof(posix_names), name);
    if (text) {
        buf_printf(out, "[:%s%s:]", negated ? "^" : "", text);
        return true;
    }
    struct str block = name;
    bool is_block = strip(&block, "block=") || strip(&block, "blk=");
    char prefixed[72];
    if (is_block) {
        size_t size = MIN(block.size, sizeof prefixed - 2);
        memcpy(prefixed, "In", 2);
        memcpy(prefixed + 2, block.data, size);
        block = str_make(prefixed, size + 2);
    }
    const struct range *range = find_block(block);
    if (range) {
        if (!negated)
            buf_printf(out, "\\x{%X}-\\x{%X}", range->from, range->to);
        if (negated && range->from > 0)
            buf_printf(out, "\\x{0}-\\x{%X}", range->from - 1);
        if (negated && range->to < 0x10FFFF)
            buf_printf(out, "\\x{%X}-\\x{10FFFF}", range->to + 1);
        return true;
    }
    if (is_block || (name.size > 2 && memcmp(name.data, "In", 2) == 0))
        return false;
    text = find_name(property_names, countof(property_names), name);
    buf_text(out, negated ? "\\P{" : "\\p{");
    if (text) {
        buf_text(out, text);
    } else if (strip(&name, "script=") || strip(&name, "sc=")) {
        buf_text(out, "sc:");
        buf_str(out, name);
    } else {
        if (!strip(&name, "general_category="))
            if (!strip(&name, "gc="))
                strip(&name, "Is");
        buf_str(out, name);
    }
    buf_char(out, '}');
    return true;
}
