/* nearest.h -- which of the known names somebody may have meant.
 *
 * Candidates are added one by one; the answer is a name only if it is clearly the
 * nearest: at most three edits away, at most half of the word, and fewer than three
 * names as near, of which the one with the longer common beginning wins.  Case does
 * not count as an edit. (PostgreSQL's rule, parse_relation.c) */
#pragma once

#include "base/base.h"
#include "base/str.h"

/* Insertions, deletions, replacements and swaps of neighbours that lead from a to b, with ASCII
 * letters compared without case; distance_max + 1 if it takes more than distance_max.  Names
 * longer than 63 bytes are never near. */
uint32_t nearest_distance(struct str a, struct str b, uint32_t distance_max);

struct nearest {
    struct str wanted; /* borrowed */
    struct str best;   /* borrowed from the candidates */
    uint32_t distance;
    uint32_t ties;     /* names at that distance */
};

void nearest_begin(struct nearest *n, struct str wanted);
void nearest_add(struct nearest *n, struct str candidate);
/* .data is NULL if there is no clear answer. */
struct str nearest_end(const struct nearest *n);
/* The same over a list: index of the clear answer, or -1. */
int nearest_of(struct str wanted, const struct str *candidates, size_t n);
