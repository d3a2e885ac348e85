/* help_topics.h -- texts of `weir help` that stand on their own: what to do at a prompt, types of
 * columns, profiles, dialects. */
#pragma once

#include "base/base.h"

/* What `weir help` lists, such as "functions"; NULL past the end. */
const char *help_topic_at(uint32_t i);

extern const char help_prompt[];
extern const char help_types[];
extern const char help_profile[];
extern const char help_dialects[];
