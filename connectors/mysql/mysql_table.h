/* mysql_table.h -- the table as the database has it: do the columns of the job exist, and how are
 * those that are asked by compared? */
#pragma once

#include "mysql/mysql_conn.h"

enum mysql_compare {
    MYSQL_EXACT,    /* equal values have one text: numbers, times, binaries */
    MYSQL_PADDED,   /* bytes, but blanks at the end count or do not: *_bin */
    MYSQL_FOLDED,   /* letters without case, perhaps without accents */
    MYSQL_PECULIAR, /* anything may be equal to anything */
};

/* A column of the job's table in the database. */
struct mysql_column {
    enum mysql_compare compare; /* with a key of the job's type */
};

/* *ret: one for each column of the schema, in the arena.  A table or column that is missing is
 * REMOTE_FATAL with the nearest name. */
enum remote_outcome mysql_table_check(struct mysql_conn *conn, const struct mysql_settings *s,
                                      const struct schema *schema, struct arena *arena,
                                      struct mysql_column **ret, struct error *err);
/* How a column of that type and collation (data NULL: none) compares with a key of `key`. */
enum mysql_compare mysql_compare_of(const struct type *key, struct str type, struct str collation);
