/* connector.h -- what a connector promises, and what it may rely on.
 *
 * A connector joins one outside system to the engine: a constant struct connector
 * with a name, its options as a table, and one table of functions per role it
 * plays (source, sink, lookup).  A role it does not play is NULL.  It sees base,
 * types, json and connector; never plans or operators.
 *
 * The engine owns the threads.  The functions of one instance are called by one
 * thread at a time.  Nothing here blocks, except open() up to the connector's own
 * timeout: who has nothing to give says so, and makes its wake-up fd readable when
 * that changes.  Threads of a library end inside the connector.
 *
 * Errors: E_RETRY is a promise that the same call has done nothing and may succeed
 * later; the engine waits (visibly) and calls again.  Any other code stops the job.
 * A server that is away is no error of open(): sources and sinks start, report
 * themselves through status() and recover.  What can never work (unknown topic with
 * auto-creation off, refused credentials, a missing file) is an error with place
 * and reason. */
#pragma once

#include "connector/format.h"

struct clock;

/* Where a column of the table comes from, decided when the table is bound. */
enum column_origin {
    ORIGIN_VALUE,          /* the format of the value (or the row itself) */
    ORIGIN_KEY,            /* the format of the key */
    ORIGIN_META,           /* `meta` of the record */
    ORIGIN_FORMAT,         /* `format_meta` of the format of the value */
};
enum meta {
    META_NONE,
    META_KEY_BYTES,        /* Blink messageKey */
    META_VALUE_BYTES,      /* Blink message */
    META_TOPIC,
    META_PARTITION,
    META_OFFSET,
    META_TIMESTAMP,        /* milliseconds */
    META_TIMESTAMP_TYPE,
    META_LEADER_EPOCH,
    META_HEADERS,          /* MAP<STRING, BYTES> */
    META_FILE_PATH,
    META_FILE_NAME,
    META_FILE_SIZE,
    META_FILE_TIME,
};
struct meta_spec {         /* METADATA FROM 'name' of a connector; ends with NULL */
    const char *name;
    enum meta meta;
    const struct type *type;
    bool writable;
};

/* A table as its connector sees it: physical and metadata columns, no computed ones. */
struct table_def {
    struct str name;
    const struct schema *schema;        /* declared order */
    const struct span *spans;           /* of its columns in the job; NULL: not known */
    const enum column_origin *origins;  /* one a column */
    const enum meta *metas;             /* META_NONE unless ORIGIN_META */
    const struct format_meta *const *format_metas; /* NULL unless ORIGIN_FORMAT; or no array */
    const bool *needed;                 /* sources: columns that the plan reads */
    const struct options *options;
    bool blink;
    const struct zone *zone;            /* session time zone */
    bool keeps_ms;                      /* Blink: sinks that write whole seconds write more */
    const struct clock *clock;
    struct str data_dir;                /* --data of the local profile; empty without */
};

static inline void table_locate_column(const struct table_def *table, uint32_t column,
                                       struct error *err)
{
    if (table->spans && table->spans[column].size > 0)
        error_locate(err, table->spans[column]);
}

/* --- sources ------------------------------------------------------------------ */

/* Records as they came: parallel arrays that the engine gives, `cap` long.  The source fills
 * [0, count).  Bytes stay valid until `arena` is reset: a source registers its release there
 * (arena_on_reset). */
struct records {
    struct arena *arena;
    uint32_t cap;
    uint32_t count;
    struct str *values;     /* data NULL: no value */
    struct str *keys;       /* data NULL: no key; filled if wanted */
    uint32_t *splits;       /* index of the split each record came from */
    int64_t *offsets;
    int64_t *timestamps_ms; /* INT64_MIN: none */
    uint8_t *timestamp_types; /* 0 none, 1 create time, 2 log append time */
    struct column *headers; /* MAP<STRING, BYTES>, a row a record: if wanted, the source makes it */
    /* What the plan needs; a source may leave out the rest. */
    bool want_keys, want_headers, want_timestamps;
};

enum poll_state {
    POLL_MORE, /* call again at once */
    POLL_IDLE, /* nothing now; wait for the wake-up fd */
    POLL_END,  /* bounded, and all of it was handed out (with this call or before) */
};

/* How far a split has been read, as printable text that open() understands. */
struct split_position {
    struct str split;       /* "topic-3", a file name: stable over restarts */
    struct str position;    /* "1200" = next offset to read */
};

/* What event time waits for. */
enum split_state {
    SPLIT_JOINS,  /* counts from its first record on */
    SPLIT_COUNTS, /* counts from the start: there are records to come, though none may be there */
    SPLIT_ENDED,  /* bounded, and all of it was handed out */
};

struct source_status {
    int64_t lag_rows;       /* behind the end, all splits; -1 unknown */
    const char *waiting_for; /* "broker 127.0.0.1:9092" while away, else NULL; static or owned */
    int64_t waiting_since_us; /* monotonic */
};

/* Which splits are one worker's: each split has a number that stays its own over restarts (the place
 * of a file, a partition). */
struct source_share {
    uint32_t worker, workers;
};
static inline bool source_share_has(const struct source_share *share, uint64_t split)
{
    return !share || split % share->workers == share->worker;
}

struct source_open {
    const struct table_def *table;
    bool until_end;         /* read what is there at the start, then POLL_END */
    const struct split_position *resume; /* these win over start options; NULL: none */
    uint32_t resume_count;
    bool commit_offsets;    /* the engine will call committed() */
    bool while_running;     /* rows are under way: open() asks no server, the first read does */
    struct bad_rows *bad_rows; /* over-long lines and the like */
    const struct source_share *share; /* kinds that share; NULL: all splits. Positions of other
                                         workers' splits may be in `resume`: they are not ours. */
};

struct source {             /* connectors put it first in a struct of their own */
    const struct source_kind *kind;
};

struct source_kind {
    enum code (*open)(const struct source_open *open, struct source **ret, struct error *err);

    /* One of the two.  poll: raw records for the formats.  poll_rows: ready columns (datagen,
     * values, tables): *ret stays NULL when there are none. */
    enum code (*poll)(struct source *s, struct records *out, enum poll_state *ret_state,
                      struct error *err);
    enum code (*poll_rows)(struct source *s, struct arena *arena, uint32_t max_rows,
                           struct batch **ret, enum poll_state *ret_state, struct error *err);

    /* Readable when POLL_IDLE may be over; -1: ask every 50 ms. */
    int (*wake_fd)(struct source *s);
    /* Splits known so far: they only grow.  Name of split i, for messages and positions. */
    uint32_t (*split_count)(struct source *s);
    struct str (*split_name)(struct source *s, uint32_t split);
    /* Topic name and partition number of split i, for metadata columns; a source without such
     * things gives its path and 0. */
    struct str (*split_topic)(struct source *s, uint32_t split);
    int32_t (*split_partition)(struct source *s, uint32_t split);

    /* Whether event time waits for a split. Optional: SPLIT_JOINS. */
    enum split_state (*split_state)(struct source *s, uint32_t split);
    /* Rows of a split behind its end; -1: unknown.  For people; asks no server. Optional. */
    int64_t (*split_lag)(struct source *s, uint32_t split);

    /* Positions after everything handed out so far (strings in `arena`). */
    enum code (*tell)(struct source *s, struct arena *arena, struct split_position **ret,
                      uint32_t *ret_count, struct error *err);
    /* Everything up to these positions is safe in the sinks: commit it outside.  `last`: the job
     * stops, wait (bounded) until the commit is confirmed. Optional. */
    enum code (*committed)(struct source *s, const struct split_position *positions,
                           uint32_t count, bool last, struct error *err);
    /* Bounded sources: does every record carry a time of its own?  Several such sources are merged
     * by it. Asked once, before the first poll. Optional: no. */
    enum code (*is_timed)(struct source *s, bool *ret, struct error *err);
    /* Does the table's source come to POLL_END, with source_open.until_end or without? Asked when a
     * job is planned; the options are checked. Optional: it does. */
    bool (*ends)(const struct table_def *table, bool until_end);
    bool shares; /* understands source_open.share: an instance a worker, each with its splits */
    /* With shares: how many splits there are now, for the number of workers.  Asked before anything
     * is opened; may ask a server for a second. *ret 0: it did not answer.  What is wrong with the
     * table open() says: it counts as one.  Optional: one.  Not with is_timed: one worker alone
     * merges by time, and without being told it stays so. */
    enum code (*count_splits)(const struct table_def *table, uint32_t *ret, struct error *err);
    /* With shares: is there a split that is ours, as far as is known now? */
    bool (*has_splits)(struct source *s);
    void (*status)(struct source *s, struct source_status *ret); /* optional */
    void (*close)(struct source *s); /* NULL is fine */
};

/* --- sinks -------------------------------------------------------------------- */

enum sink_mode {
    SINK_APPEND = 1 << 0,  /* inserts only */
    SINK_UPSERT = 1 << 1,  /* keyed: no -U; the last write of a key wins */
    SINK_RETRACT = 1 << 2, /* takes all four kinds */
};

struct sink_status {
    int64_t pending_rows;    /* taken but not confirmed */
    const char *waiting_for; /* as in source_status */
    int64_t waiting_since_us;
    const char *guarantee;   /* for EXPLAIN: "at-least-once", "idempotent by key" */
};

struct sink_open {
    const struct table_def *table;
    enum sink_mode mode;     /* what the plan will send: one of the modes offered */
    struct bad_rows *bad_rows;
    bool resume;             /* continue after a snapshot instead of replacing */
    struct str resume_position; /* what tell() gave then */
    /* What is good to know before the job starts; said during open(). NULL: nobody listens. */
    void (*warn)(void *self, const struct error *warning);
    void *warn_self;
};
static inline void sink_warn(const struct sink_open *open, const struct error *warning)
{
    if (open->warn)
        open->warn(open->warn_self, warning);
}

struct sink {
    const struct sink_kind *kind;
};

struct sink_kind {
    enum code (*open)(const struct sink_open *open, struct sink **ret, struct error *err);

    /* Takes the selected rows of `in` for delivery, all or -- with E_RETRY -- none.  Rows that can
     * never be written are reported to bad_rows and left out.  `in` is borrowed for the call.  No row
     * has NULL in a column that is NOT NULL or of the primary key (but a message's key), except that
     * a delete by key may have it outside of the key. */
    enum code (*write)(struct sink *s, const struct batch *in, struct error *err);

    /* flush_start: everything written so far shall become safe; flush_poll: is it?  One flush is
     * under way at a time; writes may go on in between and belong to the next one. */
    enum code (*flush_start)(struct sink *s, struct error *err);
    enum code (*flush_poll)(struct sink *s, bool *ret_done, struct error *err);
    /* Readable when a write refused with E_RETRY or a flush may go on; -1: ask every 50 ms. */
    int (*wake_fd)(struct sink *s);

    /* Exactly once (later): bundle what was written as epoch, then make it visible or drop it;
     * recover settles what a crashed run left. All four or none. */
    enum code (*prepare)(struct sink *s, uint64_t epoch, struct error *err);
    enum code (*commit)(struct sink *s, uint64_t epoch, struct error *err);
    enum code (*abort)(struct sink *s, uint64_t epoch, struct error *err);
    enum code (*recover)(struct sink *s, uint64_t decided_epoch, struct error *err);

    /* For a snapshot: where this sink stands (a file's length); optional. */
    enum code (*tell)(struct sink *s, struct buf *out, struct error *err);
    bool parallel; /* several instances may write one table: one a worker */
    /* Optional, both: asked after each write, in how many milliseconds tick() is to be called if
     * nothing else is until then; -1: not at all. */
    int64_t (*tick_ms)(struct sink *s);
    enum code (*tick)(struct sink *s, struct error *err);
    void (*status)(struct sink *s, struct sink_status *ret); /* optional */
    void (*close)(struct sink *s); /* NULL is fine; what was not flushed may be lost */
};

/* --- look-ups: the far side of a lookup join ----------------------------------- */

struct lookup_open {
    const struct table_def *table;
    const uint32_t *key_columns; /* of the schema, the ones asked by */
    uint32_t key_count;
};
struct lookup {
    const struct lookup_kind *kind;
};
struct lookup_kind {
    /* Can the table be asked by these columns?  Asked when the job is planned, behind the connector's
     * check(). Optional: it can. */
    enum code (*check)(const struct lookup_open *open, struct error *err);
    enum code (*open)(const struct lookup_open *open, struct lookup **ret, struct error *err);
    /* Asks for the selected rows of `keys` (one column a key column).  Returns at once; the answer
     * comes under `ticket`. E_RETRY: too many under way. */
    enum code (*submit)(struct lookup *l, const struct batch *keys, uint64_t ticket,
                        struct error *err);
    /* The next finished answer: rows of the table and, per row, which key row it answers.
     * *ret_rows NULL: none finished. */
    enum code (*poll)(struct lookup *l, struct arena *arena, uint64_t *ret_ticket,
                      struct batch **ret_rows, const uint32_t **ret_key_row, struct error *err);
    int (*wake_fd)(struct lookup *l);
    void (*status)(struct lookup *l, struct source_status *ret); /* whom it waits for; optional */
    void (*close)(struct lookup *l);
};

/* --- the connector -------------------------------------------------------------- */

/* How the local profile replaces a connector. */
enum connector_family {
    FAMILY_EMBEDDED, /* files, print, datagen: stays as it is */
    FAMILY_TOPIC,    /* DIR/T.ndjson */
    FAMILY_TABLE,    /* a table of DIR/tables.sqlite */
};

struct connector {
    const char *name;                  /* 'connector' = '...' of Flink */
    const char *const *aliases; /* other names: Blink types, versions; NULL-terminated or NULL */
    const char *summary;               /* one line for help */
    /* Another connector to the same system: of its entry in a profile, what this one has options
     * for counts too, behind the own entry. NULL: none. */
    const char *kin;
    enum connector_family family;
    const char *name_option;           /* what names the topic or table: "topic", "tableName" */
    const char *const *name_option_aliases; /* "table-name", "index" ...; NULL-terminated or NULL */
    const struct option_spec *options; /* ends with a NULL name; formats add theirs */
    const struct meta_spec *metas;     /* NULL: no metadata columns */
    bool has_formats;                  /* understands 'format', 'value.format' */
    bool has_key_format;               /* understands 'key.format', 'key.fields' */
    bool key_of_message;               /* Blink: the primary key is the message's key, may be NULL */
    /* Is the topic a table by key: the PRIMARY KEY is the key of the message, a message replaces
     * the one of its key, and one without value deletes it?  NULL: no. */
    bool (*is_keyed)(const struct table_def *table);
    const char *default_format;        /* when has_formats and none is given; NULL: must be given */
    const struct source_kind *source;  /* NULL: cannot be read */
    const struct sink_kind *sink;      /* NULL: cannot be written */
    const struct lookup_kind *lookup;  /* NULL: cannot be asked */
    const char *missing;               /* why a role that the system has is NULL in this build */

    /* The change kinds this table can take as a sink: SINK_* ORed (a key may matter). */
    unsigned (*sink_modes)(const struct table_def *table);
    /* Of what is written in SINK_UPSERT, does the table show just the last row of each key, so that
     * rows before it need not be written?  (Not if NULLs leave what was there, deletes are ignored,
     * or anybody sees each change.) NULL: no. */
    bool (*keeps_last)(const struct table_def *table);
    /* What writing a row again does, for EXPLAIN: as in sink_status, static. NULL: "at-least-once". */
    const char *(*guarantee)(const struct table_def *table, enum sink_mode mode);
    /* Does somebody see the rows as they come (on standard output)?  NULL: no. */
    bool (*is_shown)(const struct table_def *table);
    /* All that open() would refuse without having asked a server: what options and columns say
     * together, each with its place.  What lacks() names may be missing. Optional. */
    enum code (*check)(const struct table_def *table, bool as_sink, struct error *err);
    /* The option that says where the system is, or who asks, and that neither the job nor a profile
     * gives: open() will miss it. NULL: none. Optional. */
    const char *(*lacks)(const struct table_def *table, bool as_sink);
    /* What EXPLAIN prints behind the name: "topic=orders". Optional; secrets never. */
    void (*describe)(const struct table_def *table, struct buf *out);
};

/* The registry: built by the program from what was compiled in. */
void connector_register(const struct connector *const *list); /* NULL-terminated, static */
const struct connector *connector_find(struct str name);      /* name or alias, without case */
const struct connector *connector_at(uint32_t i);

/* Does a table come to an end? */
static inline bool connector_ends(const struct connector *connector,
                                  const struct table_def *table, bool until_end)
{
    return !connector->source->ends || connector->source->ends(table, until_end);
}

/* Refuses an option of a format that stands with another prefix than the option that names the
 * format: with 'value.format' = 'json' it is 'value.json.x', not 'json.x'. */
enum code table_check_format_options(const struct table_def *table,
                                     struct error *err) WEIR_CHECKED;

/* Opens the decoder / encoder that the options name for a table ('format', 'value.format',
 * 'key.format', 'key.fields', 'value.fields-include', 'key.fields-prefix'); a NULL result means
 * that the table has no columns of that kind. `ret_columns` maps the format's columns to the
 * table's (count = schema of the format). */
enum code table_open_decoder(const struct table_def *table, bool key, struct bad_rows *bad_rows,
                             struct arena *arena, struct decoder **ret,
                             const uint32_t **ret_columns, uint32_t *ret_count,
                             struct error *err) WEIR_CHECKED;
enum code table_open_encoder(const struct table_def *table, bool key, struct arena *arena,
                             struct encoder **ret, struct error *err) WEIR_CHECKED;
const struct format *table_format(const struct table_def *table, bool key);
/* For describe(): " key.format=raw format=json", as far as the table has them. */
void table_put_formats(const struct table_def *table, struct buf *out);
static inline bool connector_is_keyed(const struct connector *c, const struct table_def *table)
{
    return c->is_keyed && c->is_keyed(table);
}
