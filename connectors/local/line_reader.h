/* line_reader.h -- lines of a file as spans of the blocks they were read into.
 *
 * The bytes of a line are never copied unless the line lies across the end of a
 * block: a block lives until its reader has left it and every arena that was given
 * lines of it is reset.  Blocks go back to a small pool, so a reader that keeps up
 * uses the same few for ever.  One thread at a time; blocks may be released by
 * another. */
#pragma once

#include "connector/connector.h"
#include "connector/csv_frame.h"

struct line_options {
    const char *path;       /* for messages; borrowed for the life of the reader */
    int fd;                 /* borrowed */
    bool is_pollable;       /* a pipe or a terminal: reading may have to wait */
    int64_t size;           /* read to this offset; -1: to the end */
    int64_t line_bytes_max; /* longer lines are bad rows */
    bool keeps_cr;          /* otherwise CR LF is a line feed too */
    bool skips_blank_lines;
    const struct csv_frame *frame; /* quoted line feeds do not end a record; NULL: they do */
    struct bad_rows *bad_rows;
};

enum line_state {
    LINES_MORE, /* the array is full */
    LINES_WAIT, /* nothing to read now; only if pollable */
    LINES_END,
};

struct line_reader;

/* Where a reader stands: the bytes and the lines before the next one. */
struct line_position {
    int64_t bytes;
    int64_t lines;
};

enum code line_reader_create(const struct line_options *options, struct line_position from,
                             struct line_reader **ret, struct error *err) WEIR_CHECKED;
void line_reader_destroy(struct line_reader *reader); /* NULL is fine */

/* Fills lines[*count .. cap) and numbers (of the line in its file, from 0; may be NULL), moving
 * *count.  The bytes live until `arena` is reset. */
enum code line_reader_fill(struct line_reader *reader, struct arena *arena, struct str *lines,
                           int64_t *numbers, uint32_t cap, uint32_t *count,
                           enum line_state *ret_state, struct error *err) WEIR_CHECKED;

/* After the last line handed out. */
struct line_position line_reader_tell(const struct line_reader *reader);

/* "1200 17", as line_position_parse() reads it. */
char *line_position_print(struct arena *arena, struct line_position at) WEIR_CHECKED;
bool line_position_parse(struct str text, struct line_position *ret) WEIR_CHECKED;
