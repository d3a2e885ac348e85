/* member.h -- JSON objects written member by member; commas are put where they are needed. */
#pragma once

#include "base/str.h"

struct plan;

/* An object: an element of the list it is in, or the whole. */
void member_open(struct buf *out);
void member_close(struct buf *out);
/* Closes the object that is the whole line. */
void member_end(struct buf *out);

/* .data NULL is null. */
void member_text(struct buf *out, const char *key, struct str text);
void member_count(struct buf *out, const char *key, uint64_t value);
/* One below 0 is not known: null. */
void member_known(struct buf *out, const char *key, int64_t value);
void member_flag(struct buf *out, const char *key, bool value);
void member_number(struct buf *out, const char *key, double value);
void member_seconds(struct buf *out, const char *key, int64_t us);
/* "group#5" */
void member_operator(struct buf *out, const char *key, const struct plan *plan);
/* A list begins; a ']' ends it. */
void member_list(struct buf *out, const char *key);
