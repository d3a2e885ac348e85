/* help_layout.h -- how `weir help` is laid out: names on the left, wrapped texts beside them. */
#pragma once

#include "connector/options.h"

/* Of a screen; 0: there is none, and lines are as wide as they are in the reference. */
void help_set_columns(uint32_t columns);
/* Is each line of a text as it is no wider? */
bool help_fits(struct str text);

void help_put_blanks(struct buf *out, size_t n);
/* Words from `column` on, further lines indented to `indent`. */
void help_put_wrapped(struct buf *out, size_t column, size_t indent, struct str text);
/* A line, or more of them on a narrow screen. */
void help_put_line(struct buf *out, const char *form, ...) WEIR_PRINTF(2, 3);
void help_put_entry(struct buf *out, struct str name, struct str text);
/* A line of a form or an example; where it is too wide it goes on further to the right. */
void help_put_code(struct buf *out, struct str line);
/* The same with a text of several parts, which is given back. */
void help_put_entry_done(struct buf *out, struct str name, struct buf *text);
void help_put_option(struct buf *out, const struct option_spec *spec);
/* Those of the table that have a text, and are not in `known`, which was listed before. */
void help_put_options(struct buf *out, const struct option_spec *specs,
                      const struct option_spec *known);
/* The names of those without a text, as one entry. */
void help_put_bare_options(struct buf *out, const struct option_spec *specs, struct str name,
                           const char *text);
