/* reply.h -- what a job has answered, taken apart. */
#pragma once

#include "base/error.h"
#include "base/str.h"

struct arena;
struct json_value;

/* A line into the arena (it is borrowed, too).  An answer that is an error is one: E_USAGE where the
 * request was wrong, else E_IO. */
enum code reply_read(struct arena *arena, struct str line, const struct json_value **ret,
                     struct error *err) WEIR_CHECKED;
/* Is it the last line of a sample, and no row of it? */
bool reply_is_answer(const struct json_value *reply);

/* Members of an object; what is missing, null or of another kind is the empty text, the number
 * given, false, an empty list. */
struct str reply_text(struct arena *arena, const struct json_value *object, const char *key);
int64_t reply_count(const struct json_value *object, const char *key, int64_t otherwise);
double reply_number(const struct json_value *object, const char *key, double otherwise);
bool reply_flag(const struct json_value *object, const char *key);
uint32_t reply_list(const struct json_value *object, const char *key,
                    struct json_value *const **ret);
