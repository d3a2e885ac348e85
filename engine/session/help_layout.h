/* help_layout.h -- how `weir help` is laid out: names on the left, wrapped texts beside them. */
#pragma once

#include "connector/options.h"

void help_put_blanks(struct buf *out, size_t n);
/* Words from `column` on, further lines indented to `indent`. */
void help_put_wrapped(struct buf *out, size_t column, size_t indent, struct str text);
void help_put_entry(struct buf *out, struct str name, struct str text);
/* The same with a text of several parts, which is given back. */
void help_put_entry_done(struct buf *out, struct str name, struct buf *text);
void help_put_option(struct buf *out, const struct option_spec *spec);
/* Those of the table that have a text, and are not in `known`, which was listed before. */
void help_put_options(struct buf *out, const struct option_spec *specs,
                      const struct option_spec *known);
/* The names of those without a text, as one entry. */
void help_put_bare_options(struct buf *out, const struct option_spec *specs, struct str name,
                           const char *text);
