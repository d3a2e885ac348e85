/* scan.h -- a text that may be unfinished, cut into tokens for people: what a prompt colours,
 * which brackets belong together, whether a quote is open, and what may be typed next.
 *
 * Unlike the stream that the parser reads, it gives comments too, and looks into the parts that
 * the parser takes as they are.  Words are told apart as the parser would: a keyword where it is
 * one, a name elsewhere.  Nothing is an error here; what the lexer does not know is SCAN_BAD. */
#pragma once

#include "sql/lexer.h"

enum sql_scan_kind {
    SCAN_END,
    SCAN_KEYWORD,
    SCAN_NAME,
    SCAN_QUOTED_NAME, /* `...` */
    SCAN_STRING,
    SCAN_NUMBER,
    SCAN_COMMENT,
    SCAN_OPEN,  /* ( or [ */
    SCAN_CLOSE, /* ) or ] */
    SCAN_SEMICOLON,
    SCAN_SIGN, /* other punctuation */
    SCAN_BAD,
    SCAN_OPEN_STRING, /* the text ends inside; these take the rest of it */
    SCAN_OPEN_NAME,
    SCAN_OPEN_COMMENT,
};

struct sql_scan_token {
    struct span span;
    enum sql_scan_kind kind;
};

struct sql_scan {
    struct sql_lexer lexer;    /* every token */
    struct sql_tokens refined; /* keywords told from names, behind or at the same place */
    struct sql_token refined_next;
    struct sql_scan_token next; /* behind the comment that was given out */
    bool has_next;
    uint32_t at; /* up to here everything was given out */
};

/* The text is UTF-8, at most 4 GiB, text[size] is NUL; borrowed. */
void sql_scan_init(struct sql_scan *scan, const char *text, uint32_t size);
struct sql_scan_token sql_scan_next(struct sql_scan *scan);

/* ---- what may come next ---- */

struct sql_expect {
    struct buf *text;
    uint32_t size;            /* of the text that was given */
    struct sql_tokens tokens; /* behind all but the last few tokens ... */
    uint16_t states[3001];    /* ... and the parser's stack there */
    int state_count;          /* 0: refused before */
};

struct sql_expected {
    bool name; /* of a column, a table, a function ... */
    bool string;
    bool expression;
    bool type;
    bool statement; /* one begins here */
};

/* `text` ends where something shall be typed: what stands behind the last statement's end, up to
 * there.  It is borrowed while it is asked about, and used: words are appended to it and taken
 * away again. */
void sql_expect_begin(struct sql_expect *expect, struct buf *text);
/* False if the text has an error already. */
bool sql_expect_kinds(struct sql_expect *expect, struct sql_expected *ret);
/* Would the parser take these words ("GROUP BY") there, as keywords?  Not longer than 40 bytes. */
bool sql_expect_words(struct sql_expect *expect, struct str words);
