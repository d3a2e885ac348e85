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
    bool has_open;                 /* a "(" is not closed */
    uint32_t open;                 /* its offset */
    uint32_t begin;                /* of the statement, with what stands before it */
    uint32_t words;                /* tokens of the statement before it */
    const struct sql_tokens *rest; /* behind the refused token */
    uint32_t
        next; /* set: where a statement begins, if there is but a ";" missing before it; or 0 */
};

enum { SQL_BEFORE = 6, SQL_AFTER = 6 };

/* What stands around a refused token. */
struct sql_around {
    struct sql_refusal *refusal;
    struct sql_token
        before[SQL_BEFORE]; /* of the statement, as sql_lex() gives them; the last first */
    int before_count;
    struct sql_token after[SQL_AFTER]; /* in the form of the grammar, up to a ";" or an error */
    int after_count;
    struct sql_token opener; /* the one in front of the innermost open "("; code 0: none */
    int clause;              /* the last clause of this query, as sql_clause_rank() counts them */
};

/* Mistakes that have a text of their own (mistake.c): false: it is none of them. */
bool sql_find_mistake(const struct sql_around *around, struct error *err);
/* Does an open string begin with the last quote of 'it's'? */
bool sql_find_quote(const struct sql_around *around, struct error *err);
/* A small change with which the text would be read (repair.c); false: none is clearly it. */
bool sql_find_repair(const struct sql_around *around, struct error *err);

struct str sql_token_str(const struct sql_around *around, struct sql_token token);
bool sql_token_is(const struct sql_around *around, struct sql_token token, const char *word);
/* SELECT 1, FROM 2 ... in the order in which they stand in a query; 0: none. */
int sql_clause_rank(int code);
/* "GROUP BY", "a name", "\"(\"": how people say it; NULL for what nobody says. */
const char *sql_token_text(int code);

enum code sql_refuse(struct sql_refusal *refusal, struct error *err);
enum code sql_refuse_lexed(struct sql_refusal *refusal, struct error *err);
/* A string or a name in backquotes that is not closed. */
enum code sql_refuse_open(bool is_name, uint32_t offset, struct error *err);

/* Questions to the tables of the generated parser (grammar/sql.y). */
int sql_parser_snapshot(void *parser, uint16_t *states, int cap);
bool sql_parser_accepts(const uint16_t *states, int n, int token);
/* Puts a token on a stack of states, without running an action: its new size, 0 if the token is
 * refused. There is room for SQL_MAX_STATES. */
int sql_parser_shift(uint16_t *states, int n, int token);
/* How many of the tokens would be taken, one after the other (parse_error.c). */
int sql_parser_consumes(const uint16_t *states, int n, const int *tokens, int count);
int sql_parser_token_count(void);
bool sql_parser_token_is_soft(int token);
