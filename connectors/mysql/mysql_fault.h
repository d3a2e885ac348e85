/* mysql_fault.h -- what an error of the server or of its client library means for the rows under
 * way. */
#pragma once

#include "base/error.h"
#include "base/str.h"
#include "remote/remote.h"

/* The client library's: the server wants a login that we do not give it. */
enum { MYSQL_REFUSED_LOGIN = 5010 };

/* `state` is the SQLSTATE, five letters; `text` the server's words. */
enum remote_outcome mysql_outcome(unsigned number, const char *state, const char *text);
/* Is this server one that takes no writes (and another of the hosts may)? */
bool mysql_is_read_only(unsigned number);
/* The library's own errors: the connection is of no use any more. */
bool mysql_ends_connection(unsigned number);
/* "... at row 3": the row of the statement that the server names; 0: none.  *ret_size: bytes of the
 * text without those words. */
uint32_t mysql_named_row(struct str text, size_t *ret_size);
