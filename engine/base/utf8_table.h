/* utf8_table.h -- inside of utf8*.c: case mappings and widths. */
#pragma once

#include "base/base.h"

/* Code points first, first + step, ... last map to themselves plus delta. Sorted. */
struct utf8_case {
    uint32_t first;
    uint32_t last;
    int32_t step;
    int32_t delta;
};

/* Code points whose upper case is longer; unused places are 0. Sorted. */
struct utf8_special {
    uint32_t code_point;
    uint32_t to[3];
};

struct utf8_range {
    uint32_t first;
    uint32_t last;
};

extern const struct utf8_case utf8_case_upper[];
extern const size_t utf8_case_upper_count;
extern const struct utf8_case utf8_case_lower[];
extern const size_t utf8_case_lower_count;
extern const struct utf8_special utf8_special_upper[];
extern const size_t utf8_special_upper_count;
extern const struct utf8_range utf8_zero_width[];
extern const size_t utf8_zero_width_count;
extern const struct utf8_range utf8_double_width[];
extern const size_t utf8_double_width_count;
