/* ast_statement.h -- the syntax tree of statements; the second half of ast.h, which
 * includes it and says what holds for all nodes. */
#pragma once

#include "sql/ast.h"

enum ast_column_form { COLUMN_PHYSICAL, COLUMN_COMPUTED, COLUMN_METADATA };

struct ast_column_def {
    struct ast_node node;
    enum ast_column_form form;
    struct ast_name name;
    struct ast_type *type; /* NULL for a computed column, and in CREATE TABLE t (a, b) AS ... */
    struct ast_node *expr; /* COLUMN_COMPUTED */
    struct ast_text metadata_key; /* METADATA FROM 'key' */
    bool is_virtual;
    bool header; /* Blink: taken from the message header */
    bool primary_key;
    bool unique;
    bool not_enforced;
    struct ast_text comment;
};

struct ast_watermark {
    struct ast_node node;
    struct ast_name name;    /* Blink: WATERMARK wk FOR ...; may be absent */
    struct ast_names column; /* dotted for a nested field */
    struct ast_node *expr;   /* Blink: the call WITHOFFSET(column, n) */
};

enum ast_key_kind { KEY_PRIMARY, KEY_UNIQUE, KEY_INDEX, KEY_UNIQUE_INDEX };

struct ast_key {
    struct ast_node node;
    enum ast_key_kind what;
    struct ast_name name; /* CONSTRAINT name, or the name of an index; may be absent */
    struct ast_names columns;
    bool not_enforced;
    bool enforced; /* ENFORCED was written, which Flink refuses */
};

enum ast_like_mode { LIKE_INCLUDING, LIKE_EXCLUDING, LIKE_OVERWRITING };

struct ast_like_option {
    struct ast_node node;
    enum ast_like_mode mode;
    struct ast_name feature; /* ALL, OPTIONS, WATERMARKS, ... */
};

struct ast_like_table {
    struct ast_node node;
    struct ast_names path;
    struct ast_list options; /* struct ast_like_option */
};

struct ast_create_table {
    struct ast_node node;
    bool temporary;
    bool system;
    bool or_replace;
    bool if_not_exists;
    struct ast_names path;
    bool has_elements;          /* a list in parentheses was written */
    struct ast_list columns;    /* struct ast_column_def */
    struct ast_list watermarks; /* struct ast_watermark */
    struct ast_list keys;       /* struct ast_key */
    bool period;                /* PERIOD FOR SYSTEM_TIME */
    struct span period_span;
    struct ast_text comment;
    bool distributed;
    struct ast_name distribution; /* HASH or RANGE; may be absent */
    struct ast_names distributed_by;
    int64_t buckets; /* 0: not given */
    struct ast_names partitioned_by;
    bool has_with;
    struct span with_span;
    struct ast_list options;     /* struct ast_option */
    struct ast_like_table *like; /* or NULL */
    struct ast_query *query;     /* CREATE TABLE ... AS; or NULL */
};

struct ast_create_view {
    struct ast_node node;
    bool temporary;
    bool or_replace;
    bool if_not_exists;
    struct ast_names path;
    struct ast_names columns; /* may be empty */
    struct ast_text comment;
    struct ast_query *query;
};

struct ast_create_function {
    struct ast_node node;
    bool temporary;
    bool system;
    bool if_not_exists;
    struct ast_names path;
    struct ast_text implementation; /* the class */
    struct ast_name language;       /* JAVA, SCALA, PYTHON; may be absent */
    struct ast_list jars;           /* AST_LITERAL strings */
};

/* AST_CREATE_CATALOG and AST_CREATE_DATABASE. */
struct ast_create_catalog {
    struct ast_node node;
    bool if_not_exists;
    struct ast_names path;
    struct ast_text comment;
    struct ast_list options;
};

/* What CREATE, DROP, ALTER, USE and SHOW speak about. */
enum ast_object {
    OBJECT_TABLE,
    OBJECT_VIEW,
    OBJECT_FUNCTION,
    OBJECT_DATABASE,
    OBJECT_CATALOG,
    OBJECT_MODULES, /* USE MODULES only */
};

struct ast_use {
    struct ast_node node;
    enum ast_object object; /* CATALOG, DATABASE (also a bare USE x), MODULES */
    struct ast_names path;  /* MODULES: a list */
};

struct ast_drop {
    struct ast_node node;
    enum ast_object object;
    bool temporary;
    bool system;
    bool if_exists;
    bool cascade;
    struct ast_names path;
};

enum ast_alter_action {
    ALTER_RENAME,        /* TO new_path */
    ALTER_RENAME_COLUMN, /* column TO new_column */
    ALTER_SET,           /* SET (options) */
    ALTER_RESET,         /* RESET (keys) */
    ALTER_AS,            /* ALTER VIEW v AS query */
};

struct ast_alter {
    struct ast_node node;
    enum ast_object object;
    bool if_exists;
    struct ast_names path;
    enum ast_alter_action action;
    struct ast_names new_path;
    struct ast_name column;
    struct ast_name new_column;
    struct ast_list options; /* struct ast_option; RESET: key only */
    struct ast_query *query;
};

/* SET 'k' = 'v' and SET k = v; a bare SET (show all) has no key. */
struct ast_set {
    struct ast_node node;
    struct ast_text key;
    struct ast_text value; /* absent: SET 'k' */
};

struct ast_reset {
    struct ast_node node;
    struct ast_text key; /* absent: all */
};

struct ast_insert {
    struct ast_node node;
    bool execute; /* EXECUTE INSERT */
    bool overwrite;
    struct ast_names path;
    struct ast_list hints;
    struct ast_list partition; /* AST_BINARY with op =, or AST_COLUMN for a dynamic one */
    bool has_partition;
    struct ast_names columns; /* may be empty */
    struct ast_query *query;  /* VALUES too */
    struct ast_name conflict; /* what ON CONFLICT DO says; may be absent */
};

/* EXECUTE STATEMENT SET BEGIN ... END and BEGIN STATEMENT SET; ... END. */
struct ast_statement_set {
    struct ast_node node;
    bool execute;               /* the form with EXECUTE in front */
    struct ast_list statements; /* struct ast_insert */
};

struct ast_plan {
    struct ast_node node;
    bool compile; /* COMPILE PLAN 'file' [IF NOT EXISTS] FOR stmt; else EXECUTE PLAN 'file' */
    bool if_not_exists;
    struct ast_text file;
    struct ast_node *statement; /* or NULL */
};

enum {
    EXPLAIN_ESTIMATED_COST = 1,
    EXPLAIN_CHANGELOG_MODE = 2,
    EXPLAIN_JSON_EXECUTION_PLAN = 4,
    EXPLAIN_PLAN_ADVICE = 8,
    EXPLAIN_ANALYZE = 16,
};

struct ast_explain {
    struct ast_node node;
    bool plan_for;    /* EXPLAIN PLAN FOR */
    unsigned details; /* of EXPLAIN_... */
    struct ast_node *statement;
};

/* What SHOW lists. */
#define AST_SHOWS(X)                                                                               \
    X(SHOW_TABLES, "TABLES")                                                                       \
    X(SHOW_VIEWS, "VIEWS")                                                                         \
    X(SHOW_FUNCTIONS, "FUNCTIONS")                                                                 \
    X(SHOW_USER_FUNCTIONS, "USER FUNCTIONS")                                                       \
    X(SHOW_CATALOGS, "CATALOGS")                                                                   \
    X(SHOW_DATABASES, "DATABASES")                                                                 \
    X(SHOW_CURRENT_CATALOG, "CURRENT CATALOG")                                                     \
    X(SHOW_CURRENT_DATABASE, "CURRENT DATABASE")                                                   \
    X(SHOW_CREATE_TABLE, "CREATE TABLE")                                                           \
    X(SHOW_CREATE_VIEW, "CREATE VIEW")                                                             \
    X(SHOW_CREATE_CATALOG, "CREATE CATALOG")                                                       \
    X(SHOW_COLUMNS, "COLUMNS")                                                                     \
    X(SHOW_PARTITIONS, "PARTITIONS")                                                               \
    X(SHOW_MODULES, "MODULES")                                                                     \
    X(SHOW_FULL_MODULES, "FULL MODULES")                                                           \
    X(SHOW_JARS, "JARS")                                                                           \
    X(SHOW_JOBS, "JOBS")

enum ast_show_kind {
#define X(name, text) name,
    AST_SHOWS(X)
#undef X
};

struct ast_show {
    struct ast_node node;
    enum ast_show_kind what;
    struct ast_names path; /* of CREATE TABLE x, COLUMNS FROM x, TABLES FROM db; may be empty */
    bool negated;          /* NOT LIKE */
    bool ignore_case;      /* ILIKE */
    struct ast_text like;  /* may be absent */
};

struct ast_describe {
    struct ast_node node;
    enum ast_object object; /* OBJECT_TABLE, or CATALOG, DATABASE, FUNCTION when written */
    bool extended;
    struct ast_names path;
};

struct ast_update {
    struct ast_node node;
    struct ast_names path;
    struct ast_list assignments; /* AST_BINARY with op =, left AST_COLUMN */
    struct ast_node *where;      /* or NULL */
};

struct ast_delete {
    struct ast_node node;
    struct ast_names path;
    struct ast_node *where; /* or NULL */
};

struct ast_truncate {
    struct ast_node node;
    struct ast_names path;
};

struct ast_analyze {
    struct ast_node node;
    struct ast_names path;
    bool all_columns; /* FOR ALL COLUMNS */
    struct ast_names columns;
};

const char *ast_show_text(enum ast_show_kind what); /* "CREATE TABLE" */
