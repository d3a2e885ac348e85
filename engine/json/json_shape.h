/* json_shape.h -- what the extractor has learnt about how its documents look.  Internal to json/.
 *
 * A shape is a document with its scalar values cut out: literal text, value, literal text, value,
 * ..., literal text up to the end.  Shapes share beginnings, so they form a trie: a node is a
 * literal with the value behind it, `next` the nodes that may follow, `alternative` another
 * literal at the same place.  A leaf is a literal that ends the document.
 *
 * Why a match proves that the document is well-formed: a well-formed document stays one when any
 * of its scalars is replaced by another well-formed scalar.  The literals are compared byte by
 * byte with those of a document that was parsed, and the values are scanned with the full grammar.
 * What follows a number is a literal too, so a number ends where the scan says.  (Only where a
 * scalar is all of a document does it matter of which kind it is; no shape is made of those.)
 *
 * Inside a string that holds JSON the literals are the raw, escaped text: equal raw text decodes to
 * equal text.  A string value at level L (L boundaries were crossed as strings) stands between
 * quotes that are escaped L times, that is, 2^L - 1 backslashes and a quote.  Values whose raw text
 * has other escapes are decoded one by one.
 *
 * A match only ever says yes; everything else goes to the walk. */
#pragma once

#include "base/base.h"

struct json_extract;
struct json_hit;

enum { JSON_SHAPE_LEVEL_MAX = 2, JSON_LITERAL_HEAD = 32 };

/* --- the tape: what a walk saw ---------------------------------------------- */

enum json_tape_op {
    JSON_TAPE_VALUE, /* a scalar, [begin, end) with its quotes */
    JSON_TAPE_OPEN,  /* a container that fills slots begins at `begin` */
    JSON_TAPE_CLOSE, /* and ends at `begin`; kind says which */
    JSON_TAPE_ENTER, /* the content of a string that is read as a document begins */
    JSON_TAPE_LEAVE, /* and ends */
    JSON_TAPE_CLEAR, /* a key came again: slots of `state` are missing again */
};

struct json_tape_entry {
    uint32_t begin, end; /* in the raw document */
    uint32_t state;
    uint8_t op;
    uint8_t kind;  /* enum json_kind */
    uint8_t level; /* of the document it stands in */
};

struct json_tape {
    struct json_tape_entry *entries; /* owned */
    uint32_t count, cap;
    bool is_on;     /* record */
    bool is_spoilt; /* nothing can be learnt from this document */
    uint32_t end;   /* where the first complete value of the raw document ends */
};

/* --- the trie --------------------------------------------------------------- */

/* What to do once the value behind a literal was found good. */
struct json_shape_event {
    uint32_t offset; /* from the begin of the literal */
    uint32_t state;
    uint8_t op; /* JSON_TAPE_OPEN, CLOSE, ENTER, LEAVE, CLEAR */
    uint8_t kind;
    uint8_t level;
};

/* Why a node is not matched in the shortest way. */
enum {
    JSON_SHAPE_LEAF = 1 << 0,     /* the literal ends the document */
    JSON_SHAPE_LONG = 1 << 1,     /* the literal is longer than its head */
    JSON_SHAPE_EVENTS = 1 << 2,   /* there is something to do besides filling one slot */
    JSON_SHAPE_SKIP = 1 << 3,     /* the value fills no slot */
    JSON_SHAPE_BY_STATE = 1 << 4, /* the value fills the slots that its state says */
    JSON_SHAPE_FRACTION = 1 << 5, /* the value was seen with a fraction or an exponent */
};

/* Two cache lines of what the match needs, then the rest. */
struct json_shape_node {
    uint8_t head[JSON_LITERAL_HEAD];      /* first bytes of the literal, zeros behind */
    uint8_t head_mask[JSON_LITERAL_HEAD]; /* 0xFF where head has a byte */

    struct json_shape_node *next;        /* first of the nodes that may follow, or NULL */
    struct json_shape_node *alternative; /* another literal at the same place, or NULL */
    uint32_t size;                       /* of the literal */
    uint32_t slot;                       /* that the value fills */
    uint32_t quote;                      /* opening and closing quote at this level */
    uint32_t quote_mask;
    uint8_t quote_size;
    uint8_t level;
    uint8_t flags; /* JSON_SHAPE_*; 0 is the fast case */
    uint8_t unused;
    uint32_t state;  /* of the value */
    uint32_t credit; /* times it matched as an alternative */
    uint16_t event_count;

    const char *literal; /* all of it */
    const struct json_shape_event *events;
    const uint32_t *missing; /* leaf: slots that nothing on the way fills */
    uint32_t missing_count;
};

struct json_shapes {
    struct arena *arena;           /* nodes, literals, events */
    struct json_shape_node *first; /* alternatives of the begin of a document */
    uint32_t count;                /* of nodes */
    uint32_t streak;               /* documents in a row that took first alternatives only */
    bool is_off;                   /* by json_extract_set_learning */

    /* Policy: see json_shape.c. */
    uint32_t tokens;
    uint32_t asleep;      /* documents to let pass without looking */
    uint32_t sleep_next;  /* length of the next sleep */
    uint64_t window_docs; /* documents and matches since the last look at the rate */
    uint64_t window_hits;
    bool is_full;
};

bool json_shapes_init(struct json_shapes *shapes) __attribute__((warn_unused_result));
void json_shapes_done(struct json_shapes *shapes);

/* Whether the walk of this document should be recorded. */
bool json_shapes_wants(struct json_extract *x);
/* Turns the tape of a good document into nodes; quietly does nothing where it cannot. */
void json_shapes_learn(struct json_extract *x, const char *data, size_t size);
/* Once per window of documents: forgets, sleeps, or goes on. */
void json_shapes_review(struct json_extract *x);

/* Runs the events of a node; `literal` is where it begins in the document.  False: out of memory
 * or text that does not decode, so the walk has to look. */
bool json_shape_run_events(struct json_extract *x, const struct json_shape_node *node,
                           const char *literal);
/* A string value at a level above 0 that has other escapes: finds its end and decodes it.  NULL if
 * the walk has to look. */
const char *json_shape_decode_value(struct json_extract *x, const char *begin, const char *end,
                                    uint32_t level, struct json_hit *ret);
bool json_tape_put(struct json_tape *tape, struct json_tape_entry entry)
    __attribute__((warn_unused_result));
