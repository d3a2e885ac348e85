/* mysql_conn.h -- a connection to MySQL or MariaDB, over MariaDB Connector/C; the only folder that
 * includes it, and with mysql_conn.c the only file.
 *
 * A connection belongs to one thread; interrupt() may come from any.  Every call has a limit in
 * time: that of connecting, or of a silence while a statement is under way.  It is made when it is
 * needed: whoever calls mysql_conn_ready() before a statement gets a connection that was checked,
 * to the first of the hosts that answers, after each loss.
 *
 * The session has a strict sql_mode (what does not fit is refused, not cut), commits each statement
 * by itself, and keeps the server's own time zone: wall clocks are sent and read as they are, in
 * DATETIME and TIMESTAMP columns alike, so that any client sees what was sent.  A job that wants
 * the instants of TIMESTAMP columns under another zone says sessionVariables=time_zone='+08:00'. */
#pragma once

#include "mysql/mysql_settings.h"
#include "remote/remote.h"

struct mysql_conn;

/* The settings are borrowed. */
enum code mysql_conn_create(const struct mysql_settings *settings, struct mysql_conn **ret,
                            struct error *err) WEIR_CHECKED;
void mysql_conn_destroy(struct mysql_conn *conn); /* NULL is fine */
/* The statement under way ends at once, and so do all later ones, with REMOTE_AWAY. */
void mysql_conn_interrupt(struct mysql_conn *conn);

/* All calls from now on have this time in all; what is under way then ends as if the server were away.
 * 0: no limit. */
enum { MYSQL_OPEN_MS = 3000 }; /* what the one try has while a job is opened */
void mysql_conn_limit(struct mysql_conn *conn, int64_t ms);

/* REMOTE_DONE: there is a session.  *ret_is_new: it has just begun. */
enum remote_outcome mysql_conn_ready(struct mysql_conn *conn, bool *ret_is_new, struct error *err);
uint64_t mysql_conn_max_packet(const struct mysql_conn *conn); /* bytes of a statement */

/* A statement without rows.  REMOTE_REFUSED: E_DATA, and mysql_conn_named_row() is the row of the
 * statement, from 1, that the server names; 0: none. */
enum remote_outcome mysql_conn_run(struct mysql_conn *conn, struct str sql, struct error *err);
uint32_t mysql_conn_named_row(const struct mysql_conn *conn);
bool mysql_conn_is_open(const struct mysql_conn *conn);

/* A statement with rows, which are read one by one, all of them or until mysql_conn_end_rows(). */
enum remote_outcome mysql_conn_query(struct mysql_conn *conn, struct str sql, struct error *err);
/* *ret: the cells of the next row, until the next call (data NULL: NULL); NULL at the end. */
enum remote_outcome mysql_conn_next(struct mysql_conn *conn, const struct str **ret,
                                    struct error *err);
/* Does the cell hold the bits of a BIT column, high byte first? */
bool mysql_conn_is_bits(const struct mysql_conn *conn, uint32_t column);
/* Gives up the rest of the rows; needed only before the end, which closes the connection. */
void mysql_conn_end_rows(struct mysql_conn *conn);
