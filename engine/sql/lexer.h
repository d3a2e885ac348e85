/* lexer.h -- text to tokens, and tokens in the form the grammar wants.
 *
 * Two steps.  sql_lex() (grammar/lexer.re) cuts the text into tokens, a token being a
 * code of the grammar (TK_...) and a span; it copies and decodes nothing.  The token
 * stream (tokens.c) looks up to three tokens ahead and decides which words are keywords
 * here and which are names, because an LALR(1) grammar cannot. */
#pragma once

#include "base/base.h"
#include "base/error.h"
#include "base/str.h"

struct sql_token {
    struct span span;
    int code; /* TK_... of the generated sql.h; 0 at the end of the text; negative: an error */
};

/* Why a token is none.  Values of sql_token.code. */
enum {
    LEX_BAD_CHARACTER = -1,
    LEX_OPEN_STRING = -2,      /* the text ends inside of '...' */
    LEX_OPEN_NAME = -3,        /* the same for `...` */
    LEX_OPEN_COMMENT = -4,     /* and for a comment */
    LEX_EMPTY_NAME = -5,       /* `` */
    LEX_DOUBLE_QUOTES = -6,    /* "..." */
    LEX_WIDE_PUNCTUATION = -7, /* a full-width or typographic sign for an ASCII one */
    LEX_BAD_NUMBER = -8,       /* 12abc */
    LEX_DOUBLE_EQUALS = -9,    /* == */
    LEX_AMPERSANDS = -10,      /* && */
    LEX_STRAY_BACKSLASH = -11,
    LEX_OPEN_PARENTHESIS = -12, /* of MATCH_RECOGNIZE */
};

/* A name in backquotes; the stream makes it a TK_ID.  Larger than any token of the grammar. */
enum { LEX_QUOTED_NAME = 1000 };

struct sql_lexer {
    const char *text; /* text[size] is NUL */
    uint32_t size;
    uint32_t at;
    bool in_hint; /* between the hint opener and its end, where the latter is a token */
};

/* One token; white space and comments are skipped. */
struct sql_token sql_lex(struct sql_lexer *lexer);

/* The ASCII sign for a LEX_WIDE_PUNCTUATION, as text for people. */
const char *sql_lex_narrow(struct str character);

/* Spelling of a keyword's token ("SELECT"), or NULL if it is none. */
const char *sql_keyword_text(int code);
/* The i-th keyword, NULL past the end; sorted. */
const char *sql_keyword_at(uint32_t i);
/* TK_ID if the word is no keyword. */
int sql_keyword_code(struct str word);

enum { SQL_LOOKAHEAD = 3 };

struct sql_tokens {
    struct sql_lexer lexer;
    struct sql_token ring[SQL_LOOKAHEAD + 1]; /* raw tokens, the next one first */
    int filled;
    int prev;        /* code last given out, TK_SEMICOLON at the start */
    int before_prev; /* and the one before */
};

void sql_tokens_init(struct sql_tokens *tokens, const char *text, uint32_t size);
struct sql_token sql_tokens_next(struct sql_tokens *tokens);

/* May this word never stand for a name without quotes? */
bool sql_keyword_is_reserved(int code);
