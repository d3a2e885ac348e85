/* json_extract.h -- all paths of a set out of each document, in one pass and without a tree.
 *
 * The result is a hit per slot and document: a span of the document's own bytes and what it is.
 * json_text.h makes values of them.  Spans point into the document, or, where a string holding
 * JSON had to be decoded or a general path computed something, into scratch memory of the
 * extractor that lives until json_extract_reset().
 *
 * Well-formedness of the whole document up to the end of its first complete value is always
 * checked; a malformed one has no hits at all.  The last of several equal keys wins at every
 * level.  Documents nest at most JSON_DEPTH_MAX deep (Jackson's limit); deeper is malformed.
 * Invalid UTF-8 inside strings is kept in the span (json_text puts U+FFFD), unless the set was
 * made with JSON_REFUSE_BAD_UTF8.
 *
 * An extractor learns the shapes of the documents it sees, within bounded memory, and checks a
 * document of a known shape against it literally instead of parsing it.  What is found never
 * depends on what was learnt.  An extractor belongs to one thread; the set of paths is shared. */
#pragma once

#include "base/base.h"
#include "base/error.h"
#include "base/str.h"
#include "json/json_path.h"

#define JSON_DEPTH_MAX 1000u

enum json_kind {
    JSON_MISSING,
    JSON_NULL,
    JSON_TRUE,
    JSON_FALSE,
    JSON_INTEGER,        /* the digits, with an optional minus sign: JSON's grammar */
    JSON_NUMBER,         /* a number with a fraction or an exponent, as it stands */
    JSON_STRING,         /* what stands between the quotes; has no escapes */
    JSON_STRING_ESCAPED, /* what stands between the quotes; has escapes (all of them valid) */
    JSON_OBJECT,         /* from brace to brace, as it stands */
    JSON_ARRAY,
};

struct json_hit {
    const char *data; /* never NULL, not even for JSON_MISSING */
    uint32_t size;
    uint8_t kind;       /* enum json_kind */
    uint8_t maybe_utf8; /* 0: a JSON_STRING of which every byte is known to be ASCII */
    uint16_t unused;
};

struct json_extract;

enum code json_extract_create(const struct json_paths *paths, struct json_extract **ret,
                              struct error *err) WEIR_CHECKED;
void json_extract_destroy(struct json_extract *x); /* NULL is fine */

/* One document.  `hits` has room for json_paths_count() hits.  *ret_ok tells whether the document
 * was well-formed; if not, all hits are JSON_MISSING.  Fails for lack of memory only. */
enum code json_extract_run(struct json_extract *x, const char *data, size_t size,
                           struct json_hit *hits, bool *ret_ok, struct error *err) WEIR_CHECKED;

/* n documents; hits[slot * n + i] is slot's hit in docs[i], and ret_ok[i] whether docs[i] was
 * well-formed (ret_ok may be NULL).  An empty document (also data == NULL) is malformed. */
enum code json_extract_batch(struct json_extract *x, const struct str *docs, size_t n,
                             struct json_hit *hits, bool *ret_ok, struct error *err) WEIR_CHECKED;

/* Lets the scratch memory of former runs go: call it once per batch of rows. */
void json_extract_reset(struct json_extract *x);

struct json_extract_stats {
    uint64_t documents;
    uint64_t malformed;
    uint64_t by_shape; /* answered by a learnt shape */
    uint64_t learnt;   /* documents learnt from */
    uint64_t general;  /* evaluations over a DOM */
    uint32_t shape_nodes;
    size_t shape_bytes;
};
void json_extract_stats(const struct json_extract *x, struct json_extract_stats *ret);

/* Which machine code runs ("sse2", "avx2", "avx512"), and the choice of it for tests: false if
 * the processor cannot run it.  WEIR_JSON_SIMD in the environment chooses at the start. */
const char *json_extract_simd(void);
bool json_extract_set_simd(const char *name) WEIR_CHECKED;
void json_extract_set_learning(struct json_extract *x, bool on);
