/* hbase_table.h -- what the definition of a table says about rows of HBase: which columns are the row
 * key, which cell each other column is, and how values are written.
 *
 * Two shapes are known.  Flink's has a ROW a column family, and one column that is the key. Blink's
 * is flat: the columns of the primary key are the key, all others are cells of one family
 * (`columnFamily`).  Both may be mixed where a family is named. */
#pragma once

#include "connector/connector.h"

/* A cell of a row, and the column (or field of a ROW) that it is. */
struct hbase_cell {
    struct str name;   /* "family:qualifier" */
    struct str family; /* of the name */
    const struct type *type;
    uint32_t column; /* of the schema */
    int field;       /* of that column, a ROW; -1: the column itself */
    bool is_key;     /* a copy of a key column (writePkValue), which is never read */
};

struct hbase_table {
    struct arena *arena; /* owned */
    const struct table_def *def;
    struct str name; /* "orders", "space:orders"; empty: not said */
    uint32_t *keys;  /* columns that make the row key, in the order of the key */
    uint32_t key_count;
    struct hbase_cell *cells; /* in the order of HBase: by family and qualifier */
    uint32_t cell_count;
    struct str family;    /* `columnFamily`; empty: not said */
    struct str delimiter; /* between the columns of a key of several */
    struct str null_text; /* what a NULL text is; data NULL: a NULL is never written */
    bool skips_nulls;     /* a NULL has no cell; else it is null_text, or an empty cell */
    bool as_text;         /* all values, and the key, are text */
    bool is_dynamic;      /* columns are key, qualifier and value */
    bool is_flink;
};

/* The shape alone, for checks: what it cannot be is an error, but a missing option is not. */
enum code hbase_table_read(const struct table_def *def, struct hbase_table **ret,
                           struct error *err) WEIR_CHECKED;
void hbase_table_destroy(struct hbase_table *table); /* NULL is fine */
/* The first of them that is missing; NULL: none. */
const char *hbase_table_lack(const struct hbase_table *table);
/* The options without which no row can be read or written. */
enum code hbase_table_need(const struct hbase_table *table, struct error *err) WEIR_CHECKED;

/* Which cell has the name; *at is where it is probably, and then is.  False: none. */
bool hbase_table_find(const struct hbase_table *table, struct str name, uint32_t *at);

/* Does a later row of a key say all that an earlier one did? */
static inline bool hbase_table_keeps_last(const struct hbase_table *table)
{
    return !table->skips_nulls && !table->is_dynamic;
}

/* Addresses of REST servers as the options have them; data NULL: none. */
struct str hbase_endpoints(const struct options *options);

/* Row keys that HBase does not take. */
enum { HBASE_KEY_BYTES_MAX = 32767 };
