/* elastic_json.h -- a look at replies without a tree: members and elements one after the other.
 *
 *     struct es_json j;
 *     struct str name;
 *     es_json_begin(&j, reply);
 *     if (es_json_enter(&j, '{'))
 *         while (es_json_member(&j, &name))
 *             ... read or skip the value ...
 *     if (j.is_bad) ...
 *
 * Nothing is copied and nothing is allocated.  A reply is not trusted: what is malformed where it was
 * looked at makes the cursor bad, after which nothing is found any more.  What is skipped is only
 * measured: whoever uses the span of a value checks it. */
#pragma once

#include "base/str.h"

struct es_json {
    const char *at, *end;
    bool is_bad;
};

void es_json_begin(struct es_json *j, struct str text);

/* The first byte of the value at hand ('{', '[', '"', 't', '-' ...); 0: there is none. */
char es_json_peek(struct es_json *j);
/* Goes into an object or array; false, with the value skipped, where it is something else. */
bool es_json_enter(struct es_json *j, char open);
/* The next member or element, whose value is then at hand and must be read or skipped; false: the
 * end, which is left behind. The name is as it stands, escapes and all. */
bool es_json_member(struct es_json *j, struct str *ret_name);
bool es_json_element(struct es_json *j);

/* Each takes the value at hand, whatever it is. */
struct str es_json_skip(struct es_json *j); /* its bytes, as they stand */
/* What stands between the quotes, escapes and all; data NULL where it is no string. */
struct str es_json_text(struct es_json *j);
bool es_json_int(struct es_json *j, int64_t *ret); /* false: no integer */
bool es_json_is_true(struct es_json *j);

/* Appends the text with its escapes decoded; what is no escape stays as it stands. */
void es_json_put_decoded(struct buf *out, struct str text);
/* Enters the object at hand and stops at the value of a member; false: none (all is skipped). */
bool es_json_find(struct es_json *j, const char *name);
