/* render_lines.h -- inside of render*.c: rows as lines of text, in the forms that are no boxes. */
#pragma once

#include "session/render_inner.h"

/* What stands above the rows: names, or nothing. */
void render_head(const struct result *result, struct buf *out);
/* A row in the renderer's mode; `number` counts from 1. */
void render_row(const struct result *result, const char *cells, uint64_t number, struct buf *out);
void render_object(const struct result *result, const char *cells, struct buf *out);
void render_change(const struct result *result, enum change change, const char *cells,
                   struct buf *out);
