/* json_filter.h -- the filters of Jayway paths: [?(@.price < 10 && @.name == 'x')].
 * Internal to json/. */
#pragma once

#include "json/json_dom.h"
#include "json/json_path.h"

struct arena;

/* Reads a filter from the text behind "[?"; *ret_size is how much of it was used, up to and with
 * the closing parenthesis. */
enum code json_filter_parse(struct arena *arena, struct str text, const struct json_filter **ret,
                            size_t *ret_size, struct error *err) WEIR_CHECKED;

/* Whether the value passes. */
enum code json_filter_accepts(struct arena *arena, const struct json_filter *filter,
                              const struct json_value *value, bool *ret,
                              struct error *err) WEIR_CHECKED;
