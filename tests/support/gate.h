/* gate.h -- 'connector' = 'gate': tables whose rows, silences and refusals a test decides
 * while a job runs on other threads.
 *
 * Tables are told apart by their names, eight at most; they exist from the first call that names
 * them until gate_reset(), which only a test without a running job may call.  As a source: records
 * of JSON or whatever the format says, in 'splits' partitions, "NAME-0" ...  As a sink: counts.  As a
 * look-up: no key has a row. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct connector;
extern const struct connector connector_gate;

void gate_put(const char *table, uint32_t split, const char *record);
void gate_end(const char *table);                   /* the source ends behind what it has */
void gate_shut(const char *table, bool shut);       /* sinks refuse, look-ups do not answer */
void gate_wait_for(const char *table, const char *whom); /* says that it waits; NULL: no more */
uint64_t gate_written(const char *table);           /* rows that the sink took */
void gate_reset(void);
