/* snapshot.h -- what leaves an operator: records of (operator, table, key, value).
 *
 * A snapshot is one file: a header with the format's version, sections of records, and
 * a checksum over each block and the whole.  It is written beside its final name,
 * synced and renamed, so a file under that name is complete.  Besides operators the
 * job itself writes records (source positions, sink positions, watermarks).
 *
 * Whoever reads knows the number of workers: records carry key bytes whose leading values
 * give a hash, and state_reader_owns() says whether that key is this worker's.
 * Bytes are checked before they are believed: E_DATA names the file and what is wrong. */
#pragma once

#include "base/arena.h"
#include "base/str.h"

struct state_writer;
struct state_reader;
struct state_recode; /* state/shape.h */
struct state_shape;

enum { STATE_OPERATOR_JOB = 0 }; /* records of the job itself */

struct state_record {
    uint64_t operator_id;
    uint32_t table_id;
    struct str key, value; /* good until the next call */
};

/* Makes `path`.new; `epoch` and `job` (the job's identity) go into the header. */
enum code state_writer_create(const char *path, uint64_t epoch, struct str job,
                              struct state_writer **ret, struct error *err) WEIR_CHECKED;
/* What the records of operators are to be made of (NULL: anything): the first one of each table is
 * looked at, so that no snapshot says of itself what is not so. */
void state_writer_shapes(struct state_writer *w,
                         const struct state_shape *(*shape_of)(const void *cx, uint64_t operator_id),
                         const void *cx);
/* Records of one operator follow each other: begin says whose. */
enum code state_writer_begin(struct state_writer *w, uint64_t operator_id, struct error *err)
    WEIR_CHECKED;
enum code state_writer_put(struct state_writer *w, uint32_t table_id, struct str key,
                           struct str value, struct error *err) WEIR_CHECKED;
/* Checksum, fsync, rename to `path`, fsync of the folder. */
enum code state_writer_commit(struct state_writer *w, uint64_t *ret_bytes, struct error *err)
    WEIR_CHECKED;
void state_writer_destroy(struct state_writer *w); /* NULL is fine; uncommitted: removes .new */

/* Checks the whole file before it answers. `worker` of `workers` is whose records are wanted. */
enum code state_reader_open(const char *path, uint32_t worker, uint32_t workers,
                            struct state_reader **ret, struct error *err) WEIR_CHECKED;
void state_reader_close(struct state_reader *r); /* NULL is fine */
/* From now on it reads for that worker: one open (and checked) file serves all of them. */
void state_reader_serve(struct state_reader *r, uint32_t worker, uint32_t workers);
uint64_t state_reader_epoch(const struct state_reader *r);
struct str state_reader_job(const struct state_reader *r);
/* The i-th operator that has records (the job itself is none), 0 past the end. */
uint64_t state_reader_operator(const struct state_reader *r, uint32_t i);
/* From now on the records of that operator are those that `saved_id` has, turned by `recode` (NULL:
 * as they are). */
void state_reader_translate(struct state_reader *r, uint64_t operator_id, uint64_t saved_id,
                            struct state_recode *recode);
/* Goes to the records of one operator: false if it has none. */
bool state_reader_seek(struct state_reader *r, uint64_t operator_id);
/* The next record of that operator; false at their end, or when the file could not be read again. */
bool state_reader_next(struct state_reader *r, struct state_record *ret);
/* OK, or why state_reader_next() ended before the end: ask after the last record. */
enum code state_reader_check(const struct state_reader *r, struct error *err) WEIR_CHECKED;
bool state_reader_owns(const struct state_reader *r, uint64_t hash);
