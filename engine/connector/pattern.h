/* pattern.h -- patterns of names in options: topics, databases, tables.
 *
 * They are regular expressions of Java, and match a name as a whole. */
#pragma once

#include "base/base.h"
#include "base/error.h"
#include "base/str.h"

struct name_pattern; /* compiled; immutable */

/* `what` names the pattern in errors: "topic pattern".  E_OPTION for what cannot be read. */
enum code name_pattern_compile(const char *what, struct str pattern, struct name_pattern **ret,
                               struct error *err) WEIR_CHECKED;
bool name_pattern_matches(const struct name_pattern *pattern, const char *name);
void name_pattern_destroy(struct name_pattern *pattern); /* NULL is fine */
