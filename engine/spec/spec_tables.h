/* spec_tables.h -- the tables of a job under test: in memory, in place of their connectors.
 *
 * They live as long as the case, over restarts of the job.  A source hands out what was
 * put into its list, in that order; a position in the list is where a restart goes on.  A
 * look-up answers by the clock, which the driver moves.  A sink keeps every change. */
#pragma once

#include "connector/topic_record.h"
#include "exec/exec.h"
#include "session/session.h"

struct spec_row {
    enum change change;
    struct value *values; /* one a column of the table */
};

/* What a source is to give: a message, or a row for tables without formats. */
struct spec_input {
    struct topic_record record;
    struct spec_row row;
    int32_t partition;
    uint32_t split; /* of the source, once it is there */
};

struct spec_split {
    int32_t partition;
    struct str name; /* "orders-2" */
    int64_t next_offset;
    uint32_t waiting; /* rows that the driver has, but has not put into the list yet */
};

struct spec_source {
    const struct plan_scan *scan;
    struct spec_source *also; /* the same table, read with other options; NULL: no more */
    bool takes_records;       /* else rows */
    struct spec_split *splits;
    uint32_t split_count, split_cap;
    struct spec_input *inputs; /* all that was put there, in the order it is read */
    uint32_t input_count, input_cap;
    uint32_t read;          /* of them, by the job that runs */
    uint64_t skipped, late; /* of the runs that are over */
};

struct spec_sink {
    const struct plan_sink *plan;
    bool is_keyed; /* a row replaces the one of its key */
    struct spec_row *changes;
    uint32_t change_count, change_cap;
    uint32_t seen; /* of them, by the last EXPECT */
    uint64_t skipped;
};

struct spec_question;

struct spec_lookup {
    struct str name; /* several look-ups of one table are one */
    const struct schema *schema;
    const struct catalog_table *table;
    struct spec_row *rows;
    uint32_t row_count, row_cap;
    int64_t delay_us;
    int64_t failures_left; /* tries that get no answer */
    bool is_away;
    struct spec_question *first, **tail; /* without an answer */
};

struct spec_tables {
    struct arena *arena;
    struct clock *clock;
    struct spec_source *sources;
    uint32_t source_count;
    struct spec_sink *sinks;
    uint32_t sink_count;
    struct spec_lookup *lookups;
    uint32_t lookup_count;
    struct exec_tables exec; /* for exec_options */
    uint32_t batch_rows;     /* a source gives at most so many at once */
    bool input_has_ended;
    bool hurries; /* the job stops: delayed answers come at once */
    bool is_out_of_memory;
};

/* The tables of a plan, empty. */
enum code spec_tables_create(struct arena *arena, const struct session_job *job,
                             struct spec_tables **ret, struct error *err) WEIR_CHECKED;
/* The job starts (again): what was asked is asked anew. */
void spec_tables_start(struct spec_tables *tables);

/* By name, without case; NULL if there is none.  Sources: the first of those of the table.
 * Sinks: `result` counts from 1, 0: a table. */
struct spec_source *spec_tables_source(struct spec_tables *tables, struct str name);
struct spec_lookup *spec_tables_lookup(struct spec_tables *tables, struct str name);
struct spec_sink *spec_tables_sink(struct spec_tables *tables, struct str name, uint32_t result);

/* The split of a partition, made if it is not there, of this source and those behind it, for all of
 * which it has the same number. False when out of memory. */
bool spec_source_split(struct spec_tables *tables, struct spec_source *source, int32_t partition,
                       uint32_t *ret);
/* So many rows more (or less) are on their way. */
void spec_source_wait(struct spec_source *source, uint32_t split, int32_t rows);
/* Puts an input where the job will read it, also of those behind it. False when out of memory. */
bool spec_source_put(struct spec_tables *tables, struct spec_source *source,
                     const struct spec_input *input);

/* What the sink's table holds: rows in the order they came to be. */
enum code spec_sink_rows(const struct spec_sink *sink, uint32_t changes, struct arena *arena,
                         const struct spec_row ***ret, uint32_t *ret_count,
                         struct error *err) WEIR_CHECKED;

/* For exec_hooks: where the rows of a SELECT go. */
enum code spec_tables_open_result(struct spec_tables *tables, const struct plan_sink *plan,
                                  struct sink **ret, struct error *err) WEIR_CHECKED;

/* Rows as a batch; `at` gives the i-th of the list. NULL when out of memory. */
struct batch *spec_rows_to_batch(struct arena *arena, const struct schema *schema,
                                 const struct spec_row *(*at)(const void *list, uint32_t i),
                                 const void *list, uint32_t n) WEIR_CHECKED;

/* The whole table is asked for: a question that waits like others, but has no keys.  NULL when out
 * of memory. */
struct spec_question *spec_lookup_ask_all(struct spec_tables *tables,
                                          struct spec_lookup *lookup) WEIR_CHECKED;
/* Is it time to answer it?  A try that fails puts that off. */
bool spec_lookup_may_answer(const struct spec_tables *tables, struct spec_lookup *lookup,
                            struct spec_question *question);
void spec_lookup_forget(struct spec_lookup *lookup, struct spec_question *question);
/* When the next answer is due; INT64_MAX: none is. */
int64_t spec_tables_due_us(const struct spec_tables *tables);

/* spec_sink.c */
enum code spec_sink_open(void *self, const struct sink_open *open, struct sink **ret,
                         struct error *err) WEIR_CHECKED;
/* spec_lookup.c */
enum code spec_lookup_open(void *self, const struct lookup_open *open, struct lookup **ret,
                           struct error *err) WEIR_CHECKED;
