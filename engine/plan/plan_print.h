/* plan_print.h -- inside of plan printing: the words for a node, shared by the forms. */
#pragma once

#include "plan/plan.h"

/* "calc#3" */
void plan_print_id(struct buf *out, const struct plan *node);
/* What the operator does, without line feeds of its own: table and connector, condition, columns ... */
void plan_print_details(struct buf *out, const struct plan *node);
/* The same for the kinds in plan_print_node.c. */
void plan_print_stateful(struct buf *out, const struct plan *node);
/* Text with its control characters as \n, \t or \u001f, so that names and strings that hold them do not
 * break the line. */
void plan_print_one_line(struct buf *out, struct str text);
/* "I,UB,UA,D" */
void plan_print_changes(struct buf *out, unsigned changes);
/* The kinds that come and, where they differ, those that leave: "I→I,UA" */
void plan_print_changes_of(struct buf *out, const struct plan *node);
/* Whether updates can be seen: "", " updates=unseen", and of a group that leaves them out
 * " updates=folded". */
const char *plan_updates_text(const struct plan *node);
/* Line of the job text that the node comes from; 0: unknown. */
uint32_t plan_line(const struct plan *node, struct str job_text);
