/* help_sql.h -- what `weir help` knows about SQL itself: statements, clauses, windows, joins. */
#pragma once

#include "base/str.h"

struct help_sql {
    const char *names;   /* of the topic, separated by "|", the one that is listed first */
    const char *group;   /* "statements", "clauses", "windows", "joins" */
    const char *summary; /* one line */
    const char *syntax;  /* lines of the form */
    const char *text;    /* what one has to know; wrapped when it is printed; may be NULL */
    const char *example; /* whole statements that can be parsed, each with its ";" */
};

/* NULL past the end. */
const struct help_sql *help_sql_at(uint32_t i);
/* By any of its names, whatever the case; NULL: no topic. */
const struct help_sql *help_sql_find(struct str name);
/* The name that is listed; static. */
struct str help_sql_name(const struct help_sql *topic);

void help_put_sql_topics(struct buf *out);
/* Those of one group: "windows"; false: there is no such group. */
bool help_put_sql_group(struct buf *out, struct str group);
/* False: there is no such topic. */
bool help_put_sql(struct buf *out, struct str name);
