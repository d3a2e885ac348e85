/* snapshot_inner.h -- how a snapshot lies in its file.
 *
 *   header   struct snapshot_header, then `job_size` bytes, then a hash of both
 *   blocks   struct snapshot_block, then `size` bytes of records of one operator
 *   end      a struct snapshot_block of kind BLOCK_END: no bytes, `chain` over all blocks
 *
 * A record is three 32-bit numbers (table, key size, value size) and the bytes.  All
 * numbers are little-endian.  Each block has a hash over its own head and bytes and the
 * hash of the block before (`chain`), so that blocks cannot be lost, doubled or swapped;
 * the chain of the end block stands for the whole file. */
#pragma once

#include "base/hash.h"
#include "state/snapshot.h"

enum {
    SNAPSHOT_VERSION = 2, /* 1: did not say what the state of an operator is made of */
    SNAPSHOT_BLOCK_BYTES = 256 << 10, /* a block is written when it has so many */
    SNAPSHOT_JOB_MAX = 1 << 20,
};
#define SNAPSHOT_MAGIC 0x70616E7372696577u /* "weirsnap" */

struct snapshot_header {
    uint64_t magic;
    uint32_t version;
    uint32_t job_size;
    uint64_t epoch;
};

enum { BLOCK_RECORDS = 1, BLOCK_END = 2 };

struct snapshot_block {
    uint32_t kind;
    uint32_t size;
    uint64_t operator_id;
    uint64_t records; /* in the block; in the file for the end block */
    uint64_t chain;
};

enum { RECORD_HEAD = 12 };

/* The chain of a block: over everything in front of `chain` and the bytes. */
static inline uint64_t snapshot_chain(const struct snapshot_block *b, const void *bytes,
                                      uint64_t before)
{
    uint64_t head = hash_bytes(b, offsetof(struct snapshot_block, chain), before);
    return hash_bytes(bytes, b->size, head);
}
