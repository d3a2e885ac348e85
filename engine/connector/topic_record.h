/* topic_record.h -- lines of T.records.ndjson: a message with its parts as JSON.
 *
 *   {"key": str|null, "value": str|object|null, "partition": n, "offset": n,
 *    "timestamp": ms, "headers": {..}}
 *
 * All members may be absent.  A value that is an object (or an array, or a number)
 * is its text as written. */
#pragma once

#include "connector/connector.h"
#include "json/json_extract.h"

struct topic_record {
    struct str key;   /* .data NULL: none */
    struct str value; /* the same */
    int32_t partition;
    bool has_offset;
    bool has_timestamp;
    int64_t offset;
    int64_t timestamp_ms;
    struct json_hit headers; /* JSON_OBJECT, or JSON_MISSING */
};

struct topic_records; /* reads them */

enum code topic_records_create(struct topic_records **ret, struct error *err) WEIR_CHECKED;
void topic_records_destroy(struct topic_records *reader); /* NULL is fine */

/* Reads n lines.  reasons[i] is NULL, or says what is wrong with line i.  What the records point to
 * lives in the lines and in `arena`. */
enum code topic_records_parse(struct topic_records *reader, struct arena *arena,
                              const struct str *lines, uint32_t n, struct topic_record *records,
                              const char **reasons, struct error *err) WEIR_CHECKED;

/* Header i of the column is that of record i; the children are made in `arena`. */
enum code topic_records_headers(struct arena *arena, const struct topic_record *records, uint32_t n,
                                struct column *headers, struct error *err) WEIR_CHECKED;

/* Appends one line.  The texts must be UTF-8. */
struct topic_record_out {
    struct str key;
    struct str value;
    bool has_timestamp;
    int64_t timestamp_ms;
    const struct column *headers; /* MAP<STRING, BYTES>; NULL: none */
    uint32_t headers_row;
};
void topic_record_write(struct buf *out, const struct topic_record_out *record);
/* Its parts: up to the value, the value, and what follows, without the line feed. */
void topic_record_write_head(struct buf *out, const struct topic_record_out *record);
void topic_record_write_value(struct buf *out, struct str value);
void topic_record_write_tail(struct buf *out, const struct topic_record_out *record);
