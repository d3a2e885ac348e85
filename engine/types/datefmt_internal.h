/* datefmt_internal.h -- inside of datefmt_*.c: a compiled pattern. */
#pragma once

#include "types/datefmt_java.h"

/* FORMATTER: how a field is written as a number. */
enum datefmt_sign { DATEFMT_NORMAL, DATEFMT_NOT_NEGATIVE, DATEFMT_EXCEEDS_PAD };
struct datefmt_number {
    int32_t min;
    int32_t max;
    enum datefmt_sign sign;
};

/* What a field is when it is read. */
enum datefmt_kind { DATEFMT_AS_NUMBER, DATEFMT_AS_NAME, DATEFMT_AS_ZONE };

/* A literal (letter 0), an optional section ('[' or ']', FORMATTER only), or a field. */
struct datefmt_item {
    char letter;
    enum datefmt_kind kind;
    uint16_t count; /* how often the letter was written */
    struct str literal;
    /* SIMPLE: a number follows at once, so take exactly `count` characters. */
    bool is_fixed;
    /* FORMATTER, numbers: digits that the numbers behind this one need; -1: fixed width. */
    int16_t subsequent;
    struct datefmt_number form; /* FORMATTER, numbers */
    uint32_t section_end;       /* '[': index of its ']' */
};

struct datefmt {
    enum datefmt_style style;
    uint32_t count;
    const struct datefmt_item *items;
    size_t print_max; /* bytes that any text needs at most */
};

/* False: the letter stands for a text, a zone or nothing, or there are too many of it. */
bool datefmt_number_form(char letter, uint16_t count, struct datefmt_number *ret);

extern const char *const datefmt_months[12];
extern const char *const datefmt_days[7]; /* Sunday first */

/* Matches one of `count` names (whole, or their first `letters` if that is not 0); the longest
 * wins.  The index, or -1; *ret_size says how many bytes. */
int datefmt_match_name(const char *const *names, int count, size_t letters, bool ignore_case,
                       struct str text, size_t *ret_size);

/* A zone in a text: an offset, or a name that means the zone that is asked with. */
struct datefmt_offset {
    bool is_set;
    int32_t seconds;
};

/* The two parsers: local time as written, and the offset if there was one. */
bool datefmt_parse_simple(const struct datefmt *fmt, const struct zone *zone, struct str text,
                          int64_t *ret_local_us, struct datefmt_offset *ret_offset);
bool datefmt_parse_formatter(const struct datefmt *fmt, const struct zone *zone, struct str text,
                             int64_t *ret_local_us, struct datefmt_offset *ret_offset);

/* Names of zones in texts: "UTC", "GMT", abbreviations of `zone` and well-known ones. Bytes used,
 * 0 if there is none. */
size_t datefmt_match_zone_name(const struct zone *zone, struct str text,
                               struct datefmt_offset *ret);
