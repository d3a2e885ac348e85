/* spec_case.h -- inside of the runner of tests: a case from its statements to its outcome.
 *
 * spec_settings.c  settings, and which job it is
 * spec_steps.c     statements, bound to the tables of the planned job
 * spec_feed.c      rows of a test as messages or rows of a source
 * spec_case.c      the job, started, driven and started again
 * spec_shuffle.c   input in other orders
 * spec_expect.c    what is expected, compared
 * spec_diff.c      what differs, shown */
#pragma once

#include "spec/spec_tables.h"
#include "spec/spec_value.h"

struct exec;

enum spec_result {
    SPEC_MET,
    SPEC_UNMET,   /* an expectation was not met */
    SPEC_REFUSED, /* the test or its job is wrong */
    SPEC_FAILED,  /* the job failed while running, and nobody expected it */
};

/* What a case is run with. */
struct spec_how {
    const struct session_config *config; /* of the command line */
    struct str path;                     /* of the test file, as given */
    const struct spec_script *script;
    const struct spec_case *which;
    uint64_t seed; /* of a shuffled run; 0: as it is written */
};

/* A row of an expectation: of all columns, of which some may be whatever. */
struct spec_wanted {
    enum change change;
    struct value *values;
    bool *any;
};

/* A statement that is ready to be done. */
struct spec_step {
    const struct spec_statement *statement;
    struct spec_source *source;
    struct spec_lookup *lookup;
    struct spec_sink *sink;
    struct spec_input *inputs; /* FEED */
    uint32_t input_count, input_cap;
    struct spec_row *rows; /* TABLE */
    uint32_t row_count, row_cap;
    struct spec_wanted *wanted; /* EXPECT */
    uint32_t wanted_count;
    uint32_t *columns; /* of the sink, that are compared */
    uint32_t column_count;
    int64_t until_us; /* TICK TO */
};

/* Rows of one partition that a shuffled run has yet to hand out. */
struct spec_queue {
    struct spec_source *source;
    uint32_t split;
    const struct spec_input **inputs;
    uint32_t count, cap, next;
};

struct spec_run {
    const struct spec_how *how;
    struct arena *arena;
    struct buf *report; /* why the case is not met, for people */
    struct buf said;    /* errors and warnings of the session */
    struct buf notes;   /* bad rows */
    struct session *session;
    struct session_job job;
    struct spec_tables *tables;
    struct spec_step *steps;
    uint32_t step_count, at;
    struct exec *exec;     /* while it runs, and after it, until the next one */
    const char *state_dir; /* owned folder; NULL: none */
    enum spec_result result;
    bool is_over;     /* nothing more is to be done */
    bool has_ended;   /* the job has, by itself */
    bool is_stopping; /* to be started again */
    bool is_ticking;
    int64_t tick_to_us;
    uint32_t tick_steps;
    struct spec_queue *queues; /* a shuffled block */
    uint32_t queue_count, queue_cap;
    uint64_t chance; /* state of the random sequence */
    uint32_t restarts_left;
};

/* Runs one case once.  What is to be said of it is appended to `report`. */
enum spec_result spec_case_run(const struct spec_how *how, struct buf *report);

/* Prints an error of the test file. */
void spec_report_error(struct spec_run *run, const struct error *err);

/* ---- spec_settings.c ---- */

/* Adds what the case sets to the configuration; *ret_job is the path of the job. */
enum code spec_settings_read(struct spec_run *run, struct session_config *config,
                             struct str *ret_job, struct error *err) WEIR_CHECKED;

/* ---- spec_steps.c ---- */

enum code spec_steps_bind(struct spec_run *run, struct error *err) WEIR_CHECKED;
struct spec_values spec_values_of(const struct spec_run *run);

/* ---- spec_feed.c ---- */

/* FEED: makes the inputs of the step. */
enum code spec_feed_bind(struct spec_run *run, struct spec_step *step,
                         struct error *err) WEIR_CHECKED;
/* TABLE: makes its rows. */
enum code spec_table_bind(struct spec_run *run, struct spec_step *step,
                          struct error *err) WEIR_CHECKED;
/* The columns that a statement names, else all, of the schema.  `table` is how it was declared, NULL
 * for a SELECT. */
enum code spec_columns_bind(struct spec_run *run, const struct spec_statement *s,
                            const struct schema *schema, const struct catalog_table *table,
                            uint32_t **ret, uint32_t *ret_count, struct error *err) WEIR_CHECKED;
/* E_TYPE unless a row has a value a column. */
enum code spec_check_width(const struct spec_statement *s, const struct spec_line *line,
                           const struct schema *schema, uint32_t columns, struct error *err);
/* Hands an input to its source, with the time it comes at. */
enum code spec_feed_put(struct spec_run *run, struct spec_source *source,
                        const struct spec_input *input, struct error *err) WEIR_CHECKED;

/* ---- spec_shuffle.c ---- */

/* Takes the FEEDs that stand behind each other, from run->at on, as one block. */
enum code spec_shuffle_begin(struct spec_run *run, struct error *err) WEIR_CHECKED;
/* Hands out some rows of the block; *ret is false when there are none. */
enum code spec_shuffle_step(struct spec_run *run, bool *ret, struct error *err) WEIR_CHECKED;
/* Is the job to be stopped here? */
bool spec_shuffle_stops(struct spec_run *run);

/* ---- spec_expect.c, spec_diff.c ---- */

/* Compares; what is not met is reported and makes run->result. */
enum code spec_expect(struct spec_run *run, const struct spec_step *step,
                      struct error *err) WEIR_CHECKED;

/* Lines of a comparison: expected and got, one of them NULL where there is only the other. */
struct spec_pair {
    const struct spec_wanted *wanted;
    const struct spec_row *got;
};
bool spec_row_fits(const struct spec_step *step, const struct spec_wanted *wanted,
                   const struct spec_row *got, bool with_change);
void spec_diff_print(struct spec_run *run, const struct spec_step *step,
                     const struct spec_pair *pairs, uint32_t count, bool with_change);
/* Opens a report: which statement, where, what it says. */
void spec_report_step(struct spec_run *run, const struct spec_step *step);
