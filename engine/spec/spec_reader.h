/* spec_reader.h -- inside of the parser of tests: spec_parse.c reads words and files,
 * spec_statement.c the statements. */
#pragma once

#include "spec/spec_parse.h"
#include "sql/lexer.h"

struct spec_reader {
    struct arena *arena;
    struct str text;
    struct sql_lexer lexer;
    struct sql_token token; /* at hand */
    struct span last;       /* of the token before it */
    bool has_begun;         /* something that is no SET, JOB or PROFILE has, of this case */
    struct error *err;
};

struct str spec_token_text(const struct spec_reader *r);
enum code spec_next(struct spec_reader *r) WEIR_CHECKED;
/* Is the token at hand this word, without case and not in backquotes? */
bool spec_is(const struct spec_reader *r, const char *word);
/* Reads it if it is. */
enum code spec_take(struct spec_reader *r, const char *word, bool *ret) WEIR_CHECKED;
enum code spec_want_word(struct spec_reader *r, const char *word) WEIR_CHECKED;
/* Reads one of the words (NULL ends the list); E_SYNTAX names them all, and the nearest. */
enum code spec_choose(struct spec_reader *r, const char *const *words, uint32_t *ret) WEIR_CHECKED;
enum code spec_string(struct spec_reader *r, const char *expected,
                      struct spec_text *ret) WEIR_CHECKED;
enum code spec_name(struct spec_reader *r, const char *expected,
                    struct spec_text *ret) WEIR_CHECKED;
enum code spec_count(struct spec_reader *r, const char *expected, int64_t *ret) WEIR_CHECKED;
/* E_SYNTAX: "X expected, not ...". */
enum code spec_refuse(struct spec_reader *r, const char *expected);

/* A statement up to its `;`. ret->span begins where it does. */
enum code spec_read_statement(struct spec_reader *r, struct spec_statement *ret) WEIR_CHECKED;
