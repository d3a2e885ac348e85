/* recover.h -- where reading goes on behind a statement with a syntax error; used by parse.c. */
#pragma once

#include "sql/parse.h"

struct sql_recovery {
    struct sql_broken statement; /* span from its first token to `resume` */
    uint32_t resume;   /* where the next statement begins; the size of the text: nowhere */
    uint32_t set_body; /* where the first INSERT of a statement set begins; 0: it is none */
    bool has_open;     /* a string or a quoted name is not closed, and the error came of it */
    bool open_is_name;
    uint32_t open; /* its offset */
};

/* The statement begins at `begin`; its error is at `error`.  `in_set`: END is a statement too. */
void sql_recover(struct str text, uint32_t begin, uint32_t error, bool in_set,
                 struct sql_recovery *ret);

/* Does a statement begin with this word? */
bool sql_starts_statement(int code);
