/* complete_inner.h -- inside of completion: what its files share. */
#pragma once

#include "session/complete.h"
#include "session/session_core.h"
#include "sql/scan.h"

/* A token of the statement that is typed; comments are left out. */
struct complete_token {
    struct str text;
    size_t at; /* in the whole text */
    enum sql_scan_kind kind;
};

struct complete_tokens {
    struct complete_token *items;
    uint32_t count, cap;
};

struct completer {
    struct session *session;
    struct arena *arena;
    struct completion *out;
    struct str text; /* all of it, a NUL behind it */
    size_t begin;    /* of the statement */
    size_t cursor;
    struct complete_tokens tokens; /* of the whole statement, also behind the cursor */
    uint32_t here;                 /* the tokens before the one that is typed */
    bool in_string;                /* ... which is a string */
    bool in_name;                  /* ... or a name in backquotes */
    struct str word;               /* what is typed of it, without the quote */
    bool lower;                    /* keywords are written so */
    struct complete_item *others;  /* that have the word in them, but do not begin so */
    uint32_t other_count, other_cap;
    bool failed; /* no memory */
};

/* ---- complete.c ---- */

/* Offers it if its label begins as the word, or has it in it.  The strings live in the arena or are
 * static. */
void complete_offer(struct completer *c, enum complete_kind kind, struct str label, struct str text,
                    struct str help);
/* The same, put in as `label` with what may be needed around: quotes of a string. */
void complete_offer_string(struct completer *c, enum complete_kind kind, struct str label,
                           const char *behind, struct str help);
/* A name of a table or column: in backquotes if it has to be. */
void complete_offer_name(struct completer *c, enum complete_kind kind, struct str name,
                         struct str help);
/* In the case that the others are written in. */
void complete_offer_word(struct completer *c, enum complete_kind kind, struct str word,
                         const char *behind, struct str help);
/* Files whose path begins as the word; in a string with quotes. */
void complete_offer_files(struct completer *c);
void complete_offer_tables(struct completer *c);

/* Appends the tokens of a text (a NUL behind it) that begins a statement, up to its `;`; answers where
 * that ends. */
size_t complete_read_tokens(struct completer *c, struct str text, size_t begin,
                            struct complete_tokens *ret);

static inline const struct complete_token *complete_token_at(const struct complete_tokens *t,
                                                             uint32_t i)
{
    static const struct complete_token none = { .kind = SCAN_END };
    return i < t->count ? &t->items[i] : &none;
}
static inline bool complete_is(const struct complete_tokens *t, uint32_t i, const char *text)
{
    const struct complete_token *token = complete_token_at(t, i);
    return token->kind != SCAN_STRING && token->kind != SCAN_QUOTED_NAME &&
           str_iis(token->text, text);
}
/* The `(` in which token `at` stands, not before `begin`; UINT32_MAX: none. */
uint32_t complete_find_open(const struct complete_tokens *t, uint32_t begin, uint32_t at);
/* Behind the bracket that closes the one at `open`, or the end. */
uint32_t complete_skip(const struct complete_tokens *t, uint32_t open);
/* A string or a name without its quotes; other tokens as they are. */
struct str complete_unquote(struct completer *c, const struct complete_token *token);
bool complete_is_name(const struct complete_token *token);

/* ---- complete_option.c: true if the place is one of options, whatever was found ---- */

bool complete_options(struct completer *c);

/* ---- complete_scope.c ---- */

/* Columns that can be named at token `here`; of one table of the statement if a qualifier is
 * given. */
void complete_columns(struct completer *c, struct str qualifier);
/* Columns of the table that is made here. */
void complete_own_columns(struct completer *c);
/* Is a table's name expected, behind the comma of a FROM? */
bool complete_is_in_from(const struct completer *c);
/* Tables that WITH declares. */
void complete_with_tables(struct completer *c);

/* ---- complete_word.c: keywords, functions, and what the grammar wants ---- */

void complete_words(struct completer *c);
