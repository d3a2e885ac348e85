/* local_table.h -- tables of DIR/tables.sqlite, which stand for those of MySQL, HBase,
 * Elasticsearch and ClickHouse under the local profile.
 *
 * local_table.c         the connector
 * local_table_open.c    the database, and the table in it
 * local_table_refuse.c  what the database knows of a table and the job does not
 * local_table_value.c   values to SQLite and back
 * local_table_sink.c    writing
 * local_table_source.c  scanning
 * local_table_lookup.c  asking by key */
#pragma once

#include <sqlite3.h>

#include "base/arena.h"
#include "connector/connector.h"
#include "connector/format_value.h"
#include "types/zone.h"

/* How the system that is stood for takes a row whose key is there already. */
enum table_manner {
    TABLE_APPEND,  /* there are no keys */
    TABLE_UPSERT,  /* columns are overwritten, but for the excluded ones */
    TABLE_MERGE,   /* columns are overwritten where the new value is not NULL */
    TABLE_REPLACE, /* the old row goes, with all columns it had */
};

/* A column in SQLite: one of the table's, or a field of one that is a family of HBase. */
struct table_column {
    char *name; /* as in the database */
    const struct type *type;
    uint32_t column; /* of the schema */
    int field;       /* of its ROW; -1: the column itself */
    bool is_key;
    bool is_not_null;
    bool is_excluded; /* from updates */
};

struct local_table {
    struct arena *arena;
    sqlite3 *db;
    char *path;                  /* of the database, for messages */
    char *name;                  /* of the table */
    const struct table_def *def; /* borrowed */
    struct table_column *columns;
    uint32_t count;
    uint32_t key_count;
    enum table_manner manner;
    bool is_hbase;
    bool ignores_deletes;
    struct value_settings values; /* for nested types, which are JSON */
};

/* What the table is called in the database; empty: nothing says it. */
struct str local_table_name(const struct table_def *def);
/* Is the table there already, with constraints that the job does not declare?  Opens the database,
 * and makes none. */
bool local_table_may_refuse(const struct table_def *def);
/* Is the column a family of HBase, a ROW whose fields are columns of the database? */
bool local_table_is_family(const struct table_def *def, uint32_t column);
/* The manner of a table with a key. */
enum table_manner local_table_manner(const struct table_def *def);
/* Opens the database, making what is missing; adds columns where the system has no fixed ones. */
enum code local_table_open(const struct table_def *def, struct local_table **ret,
                           struct error *err) WEIR_CHECKED;
void local_table_close(struct local_table *table); /* NULL is fine */

/* E_RETRY where the database is busy, E_DATA where a row is refused, E_IO otherwise. */
enum code local_table_fail(const struct local_table *table, const char *doing, struct error *err);
enum code local_table_prepare(const struct local_table *table, struct str sql, sqlite3_stmt **ret,
                              struct error *err) WEIR_CHECKED;
/* "a ""quoted"" name" */
void local_table_put_name(struct buf *out, const char *name);
/* "a", "b": all columns, for SELECT and INSERT. */
void local_table_put_names(struct buf *out, const struct local_table *table);

/* Binds a cell; text that had to be made lives in `scratch` until the statement is reset. */
enum code local_table_bind(struct local_table *table, sqlite3_stmt *stmt, int parameter,
                           const struct type *type, const struct column *column, uint32_t row,
                           struct arena *scratch, struct error *err) WEIR_CHECKED;

/* Rows read from SQLite on their way to become a batch. */
struct table_rows {
    struct local_table *table;
    struct arena *arena;
    struct column **cells; /* one a table_column; nested ones as text */
    uint32_t count;
    uint32_t cap;
};
enum code table_rows_begin(struct table_rows *rows, struct local_table *table, struct arena *arena,
                           uint32_t cap, struct error *err) WEIR_CHECKED;
/* Takes the row that the statement (SELECT of all columns) stands on. */
enum code table_rows_add(struct table_rows *rows, sqlite3_stmt *stmt,
                         struct error *err) WEIR_CHECKED;
/* A batch with all columns of the schema. */
enum code table_rows_end(struct table_rows *rows, struct batch **ret,
                         struct error *err) WEIR_CHECKED;

extern const struct source_kind local_table_source;
extern const struct sink_kind local_table_sink;
extern const struct lookup_kind local_table_lookup;
