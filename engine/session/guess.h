/* guess.h -- what a topic or file holds, from some of its messages: the format, the columns,
 * and the CREATE TABLE that would read it. */
#pragma once

#include "base/arena.h"
#include "base/str.h"

struct guess_message {
    struct str key;   /* .data NULL: none */
    struct str value; /* .data NULL: none */
};

struct guess {
    const char *format; /* "json", "debezium-json", "csv", "raw" ... */
    uint32_t used;      /* messages that fit it */
    uint32_t empty;     /* messages without a value */
};

/* Appends a statement, "CREATE TABLE `name` (...) WITH (...);", to `out`.  `with` is what the
 * connector needs, such as "'connector' = 'kafka', 'topic' = 't'"; the format's options are added.
 * Types are those that hold every value seen; a field with values that no type holds together is
 * STRING.  The first field that looks like a time of the last decades gets a watermark.
 *
 * ret->format is "raw" if the messages have nothing in common. */
enum code guess_table(const struct guess_message *messages, uint32_t count, struct str name,
                      struct str with, struct buf *out, struct guess *ret,
                      struct error *err) WEIR_CHECKED;
