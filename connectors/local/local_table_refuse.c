/* local_table_refuse.c -- can a table that is there already refuse a row that the job takes for a
 * good one?
 *
 * Tables made by weir take whatever the DDL allows.  One that somebody else made may have a CHECK,
 * a NOT NULL or a UNIQUE that the job does not know; then the last row of a key may be refused,
 * and the one before it is what the table shows.  So none of them may be left out. */
#include "local/local_table.h"

#include <stdio.h>
#include <unistd.h>

/* NOT NULL that the DDL does not say. */
static const char has_hidden_null[] =
    "SELECT name FROM pragma_table_info(?1) WHERE \"notnull\" AND pk = 0";
static const char has_constraint[] =
    "SELECT 1 FROM sqlite_master WHERE tbl_name = ?1 COLLATE NOCASE AND (type = 'trigger' OR"
    " sql LIKE '%UNIQUE%' OR sql LIKE '%CHECK%' OR sql LIKE '%REFERENCES%' OR sql LIKE '%STRICT%')";

static bool is_declared_not_null(const struct table_def *def, const char *name)
{
    for (uint32_t i = 0; i < def->schema->count; i++)
        if (str_ieq(def->schema->fields[i].name, str_of(name)))
            return def->schema->fields[i].type->not_null;
    return false;
}

/* True as well where the database does not answer. */
static bool finds(sqlite3 *db, const char *sql, struct str name, const struct table_def *known)
{
    sqlite3_stmt *stmt = NULL;
    bool found = sqlite3_prepare_v2(db, sql, -1, &stmt, NULL) != SQLITE_OK ||
                 sqlite3_bind_text(stmt, 1, name.data, (int)name.size, SQLITE_STATIC) != SQLITE_OK;
    while (!found) {
        int step = sqlite3_step(stmt);
        if (step == SQLITE_DONE)
            break;
        found = step != SQLITE_ROW || !known ||
                !is_declared_not_null(known, (const char *)sqlite3_column_text(stmt, 0));
    }
    sqlite3_finalize(stmt);
    return found;
}

bool local_table_may_refuse(const struct table_def *def)
{
    struct str dir = def->data_dir.size > 0 ? def->data_dir : STR(".");
    struct str name = local_table_name(def);
    char path[4096];
    int size = snprintf(path, sizeof path, STR_FMT "/tables.sqlite", STR_ARG(dir));
    if (size < 0 || (size_t)size >= sizeof path)
        return true;
    if (access(path, F_OK) != 0)
        return false;
    sqlite3 *db = NULL;
    bool may = sqlite3_open_v2(path, &db, SQLITE_OPEN_READONLY, NULL) != SQLITE_OK ||
               finds(db, has_hidden_null, name, def) || finds(db, has_constraint, name, NULL);
    sqlite3_close(db);
    return may;
}
