/* plan_shape_inner.h -- what plan_shape.c and plan_shape_agg.c share: shapes put together a table
 * at a time.  Whether memory sufficed shows at the end. */
#pragma once

#include "plan/plan_shape.h"

struct shaping {
    struct plan_meanings *m;
    const struct plan *node;
    const bool *const *wanted; /* by input and column */
    struct state_shape *out;
    uint32_t cap; /* of its tables */
    bool failed;
};
struct part_list {
    struct shape_part *items;
    uint32_t count, cap;
};

/* What the columns of an input mean. */
static inline const uint64_t *shaping_in(const struct shaping *s, uint32_t input)
{
    return s->m->of[s->node->inputs[input]->id].columns;
}

void shaping_part(struct shaping *s, struct part_list *list, uint64_t meaning,
                  const struct type *type, struct str name);
/* A value that an operator of this kind always has. */
void shaping_word(struct shaping *s, struct part_list *list, const char *word,
                  const struct type *type);
/* A column of an input; one that nobody reads holds nothing. */
void shaping_column(struct shaping *s, struct part_list *list, uint32_t input, uint32_t column);
void shaping_row(struct shaping *s, struct part_list *list, uint32_t input); /* all of them */
/* Columns that are read in any case. */
void shaping_keys(struct shaping *s, struct part_list *list, uint32_t input,
                  const uint32_t *columns, uint32_t count);
/* `table` has what is not given: `last` 0 is `first`, `meaning` tells tables of one name apart. */
void shaping_table(struct shaping *s, struct shape_table table, const char *name,
                   struct part_list keys, struct part_list values);
/* Records that are not to be taken apart. */
void shaping_raw(struct shaping *s, uint32_t id, const char *name);

void shaping_group(struct shaping *s, const struct plan_group *group);
void shaping_windows(struct shaping *s, const struct plan_window *window);
void shaping_session_rows(struct shaping *s, const struct plan_assign *assign);
void shaping_over(struct shaping *s, const struct plan_over *over);
