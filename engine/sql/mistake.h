/* mistake.h -- inside of mistake*.c: what they share.  A function of theirs looks for one mistake,
 * and says it if it is there. */
#pragma once

#include "sql/parse_error.h"

/* A word of another SQL, and what to do instead; NULL: nothing. */
struct foreign {
    const char *word;
    const char *hint;
};

static inline struct sql_token now(const struct sql_around *a)
{
    return a->refusal->token;
}

static inline int code_before(const struct sql_around *a, int i)
{
    return i < a->before_count ? a->before[i].code : 0;
}

static inline int code_after(const struct sql_around *a, int i)
{
    return i < a->after_count ? a->after[i].code : 0;
}

static inline bool touches(struct sql_token left, struct sql_token right)
{
    return left.span.offset + left.span.size == right.span.offset;
}

static inline bool accepts(const struct sql_around *a, int code)
{
    const struct sql_states *states = a->refusal->states;
    return sql_parser_accepts(states->states, states->n, code);
}

static inline struct span join_spans(struct sql_token first, struct sql_token last)
{
    return (struct span){ first.span.offset,
                          last.span.offset + last.span.size - first.span.offset };
}

static inline bool say(struct error *err, struct span span, const char *message, const char *hint)
{
    error_at(err, E_SYNTAX, span, "%s", message);
    if (hint)
        error_hint(err, "%s", hint);
    return true;
}

static inline bool is_word(const struct sql_around *a, struct sql_token token)
{
    unsigned char c = (unsigned char)a->refusal->text.data[token.span.offset];
    return token.code > 0 && token.span.size > 0 &&
           ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c >= 0x80);
}

/* mistake_table.c: statements, tables and their options; mistake_value.c: expressions. */
bool mistake_of_statement(const struct sql_around *a, struct error *err);
bool mistake_of_table(const struct sql_around *a, struct error *err);
bool mistake_of_value(const struct sql_around *a, struct error *err);
