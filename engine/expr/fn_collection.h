/* fn_collection.h -- functions of arrays, maps and rows: fn_collection.c has the table,
 * constructors and access, fn_array.c the functions of arrays, fn_map.c those of maps. */
#pragma once

#include "expr/list_build.h"

/* E_TYPE unless argument i is an ARRAY (a MAP); a bare NULL is neither. */
enum code collection_want(struct call *call, uint32_t i, enum type_id id,
                          struct error *err) WEIR_CHECKED;
/* Brings the array at `array` and the value at `element` to one element type. */
enum code collection_element(struct call *call, uint32_t array, uint32_t element,
                             const struct type **ret_element, struct error *err) WEIR_CHECKED;

/* fn_array.c */
enum code array_contains_resolve(struct call *call, struct error *err);
enum code array_position_resolve(struct call *call, struct error *err);
enum code array_remove_resolve(struct call *call, struct error *err);
enum code array_distinct_resolve(struct call *call, struct error *err);
enum code array_reverse_resolve(struct call *call, struct error *err);
enum code array_slice_resolve(struct call *call, struct error *err);
enum code array_sort_resolve(struct call *call, struct error *err);
enum code array_max_resolve(struct call *call, struct error *err);
enum code array_min_resolve(struct call *call, struct error *err);
enum code array_join_resolve(struct call *call, struct error *err);
enum code array_append_resolve(struct call *call, struct error *err);
enum code array_prepend_resolve(struct call *call, struct error *err);
/* fn_array_set.c */
enum code array_concat_resolve(struct call *call, struct error *err);
enum code array_union_resolve(struct call *call, struct error *err);
enum code array_except_resolve(struct call *call, struct error *err);
enum code array_intersect_resolve(struct call *call, struct error *err);

/* fn_map.c */
enum code map_keys_resolve(struct call *call, struct error *err);
enum code map_values_resolve(struct call *call, struct error *err);
enum code map_entries_resolve(struct call *call, struct error *err);
enum code map_from_arrays_resolve(struct call *call, struct error *err);
enum code map_union_resolve(struct call *call, struct error *err);
