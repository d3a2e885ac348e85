/* dialect.h -- is this text Blink or Flink?  Told from the signs that only one of the
 * two writes, all over the file. */
#pragma once

#include "base/arena.h"
#include "expr/expr.h"

struct ast_script;
struct sql_broken;

/* The first of each sign, over everything read so far. */
struct dialect_signs {
    bool has_type;      /* a WITH with the key `type` */
    bool has_connector; /* a WITH with the key `connector` */
    bool has_withoffset;
    bool has_as_of_proctime; /* FOR SYSTEM_TIME AS OF PROCTIME() */
    struct str type_table;   /* whose WITH it is */
    struct span type_span;   /* of the key */
    struct span connector_span;
    struct span withoffset_span;
    struct span as_of_span;
};

/* Adds the signs of a script. */
void dialect_read(struct dialect_signs *signs, const struct ast_script *script);

/* Adds the signs of a statement that could not be read: those of its text. */
void dialect_guess(struct dialect_signs *signs, const struct sql_broken *statement);

/* E_PLAN, naming the two lines, if both kinds of WITH occur. */
enum code dialect_check(const struct dialect_signs *signs, struct str source,
                        struct error *err) WEIR_CHECKED;

/* What the signs say, and why in a few words (arena); NULL reason when out of memory. */
enum dialect dialect_decide(const struct dialect_signs *signs, struct str source,
                            struct arena *arena, const char **ret_reason);
