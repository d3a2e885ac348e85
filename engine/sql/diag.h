/* diag.h -- draws an error for people: message, line with caret, detail, hint.
 *
 *     ERROR:  column "pagee" does not exist (job.sql:1:8)
 *     LINE 1: SELECT pagee, count(*) FROM clicks GROUP BY pagee;
 *                    ^
 *     HINT:  Perhaps you meant "page".
 *     CONTEXT:  while planning view "v"
 *
 * The only place where spans become lines and columns. */
#pragma once

#include "base/error.h"
#include "base/str.h"

struct diag_place {
    uint32_t line;   /* from 1 */
    uint32_t column; /* from 1, in characters, not bytes */
    struct str text; /* of the line, without its end; borrowed from the source */
    uint32_t offset; /* of the position in that line, in bytes */
};

struct diag_place diag_locate(struct str source, uint32_t offset);

/* `name` is the file ("-" and "" mean none: then only line and column are said). */
void diag_print(struct buf *out, const struct error *err, struct str name, struct str source);

/* The same for something that is no error: "WARNING". */
void diag_print_as(struct buf *out, const char *label, const struct error *err, struct str name,
                   struct str source);
