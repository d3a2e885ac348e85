/* json_path_steps.h -- the list that the path parsers fill.  Internal to json/. */
#pragma once

#include "json/json_path.h"

struct json_steps {
    struct arena *arena;
    struct json_step *steps;
    uint32_t count;
    uint32_t cap;
};

enum code json_steps_push(struct json_steps *list, struct json_step step,
                          struct error *err) WEIR_CHECKED;
/* Makes the path; sets is_general only. */
void json_steps_finish(const struct json_steps *list, struct json_path *ret);
