/* parse_error.h -- sentences for what the lexer and the parser refuse; used by parse.c. */
#pragma once

#include "sql/lexer.h"

enum { SQL_MAX_STATES = 3001 }; /* the parser's stack and its sentinel */

/* The parser's state stack before it saw a token. */
struct sql_states {
    uint16_t states[SQL_MAX_STATES];
    int n;
};

struct sql_refusal {
    struct str text;                 /* of the job */
    struct sql_token token;          /* the refused one */
    bool at_end;                     /* it is the end of the text */
    const struct sql_states *states; /* before it */
    struct sql_token previous;       /* the token before; code 0 if there is none */
    const struct sql_states *previous_states;
    bool has_open;  /* a "(" is not closed */
    uint32_t open;  /* its offset */
    uint32_t words; /* tokens of the statement before it */
    uint32_t next;  /* set: where a statement begins, if there is but a ";" missing before it; or 0 */
};

enum code sql_refuse(struct sql_refusal *refusal, struct error *err);
enum code sql_refuse_lexed(struct str text, struct sql_token token, struct error *err);
/* A string or a name in backquotes that is not closed. */
enum code sql_refuse_open(bool is_name, uint32_t offset, struct error *err);

/* Questions to the tables of the generated parser (grammar/sql.y). */
int sql_parser_snapshot(void *parser, uint16_t *states, int cap);
bool sql_parser_accepts(const uint16_t *states, int n, int token);
/* Puts a token on a stack of states, without running an action: its new size, 0 if the token is
 * refused. There is room for SQL_MAX_STATES. */
int sql_parser_shift(uint16_t *states, int n, int token);
int sql_parser_token_count(void);
bool sql_parser_token_is_soft(int token);
