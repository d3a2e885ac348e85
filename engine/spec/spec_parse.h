/* spec_parse.h -- a test file as cases and statements.
 *
 * The statements are ours, not SQL's, but end in `;`, and are cut into tokens by the same
 * lexer: comments, strings and names in backquotes are those of a job.  Values are SQL
 * expressions; here it is only checked that they are some, since their types are those of
 * the tables of the job. */
#pragma once

#include "base/arena.h"
#include "base/error.h"
#include "types/batch.h"

enum {
    SPEC_MAX_TEXT_BYTES = 16 << 20, /* larger texts are E_LIMIT */
    SPEC_MAX_COUNT = 1000000000,
};

enum spec_kind {
    SPEC_SET,
    SPEC_JOB,
    SPEC_PROFILE,
    SPEC_FEED,
    SPEC_TABLE,
    SPEC_MOCK,
    SPEC_TICK,
    SPEC_EXPECT,
    SPEC_END, /* END OF INPUT */
    SPEC_RESTART,
};

/* How rows are given. */
enum spec_form {
    FORM_NOTHING,
    FORM_VALUES,   /* a value a column; or one alone: the message */
    FORM_CHANGES,  /* the same behind a kind of change */
    FORM_MESSAGES, /* texts as they are carried */
    FORM_RECORDS,  /* JSON: key, value, partition, offset, timestamp, headers */
    FORM_FILE,
};

enum spec_want { WANT_CHANGES, WANT_ROWS, WANT_NOTHING, WANT_SKIPPED, WANT_LATE, WANT_ERROR };
enum spec_order { ORDER_OPEN, ORDER_ORDERED, ORDER_UNORDERED };
enum spec_mock { MOCK_DELAY, MOCK_FAIL, MOCK_AWAY, MOCK_BACK };

struct spec_text {
    struct str text;
    struct span span;
};

struct spec_cell {
    struct span span; /* of the expression */
    bool is_any;      /* whatever */
};

struct spec_line {
    struct span span;
    enum change change; /* CHANGE_INSERT where none is given */
    struct spec_cell *cells;
    uint32_t count;
};

struct spec_statement {
    enum spec_kind kind;
    struct span span; /* without the `;` */
    struct spec_text table;
    uint32_t result;           /* EXPECT result 2: 2; 0: not said */
    struct spec_text *columns; /* in parentheses behind the table; NULL: none */
    uint32_t column_count;
    int64_t partition; /* -1: not said */
    enum spec_form form;
    struct spec_line *lines; /* FORM_VALUES, FORM_CHANGES */
    uint32_t line_count;
    /* FORM_MESSAGES, FORM_RECORDS: each; FORM_FILE, JOB, PROFILE, WANT_ERROR, TICK TO: one; SET: key
     * and value. */
    struct spec_text *texts;
    uint32_t text_count;
    enum spec_want want;
    enum spec_order order;
    bool has_tolerance;
    double tolerance; /* FLOAT and DOUBLE may be that far off */
    enum spec_mock mock;
    int64_t count; /* WANT_SKIPPED, WANT_LATE, MOCK_FAIL */
    int64_t us;    /* TICK without TO, MOCK_DELAY */
};

struct spec_case {
    struct str name;
    struct span span; /* of its name; a file without TEST: size 0 */
    bool is_ordered;  /* it is about an order: not shuffled */
    struct spec_statement *statements;
    uint32_t count;
};

struct spec_script {
    struct str text;                /* with a NUL behind it */
    struct spec_statement *prelude; /* in front of the first TEST: each case begins with it */
    uint32_t prelude_count;
    struct spec_case *cases;
    uint32_t case_count;
};

/* All of it lives in the arena.  E_SYNTAX and others carry the place in the text. */
enum code spec_parse(struct arena *arena, struct str text, struct spec_script **ret,
                     struct error *err) WEIR_CHECKED;
