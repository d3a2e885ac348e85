/* findings.h -- what is wrong with a file: all its errors and warnings, in the order of the text,
 * as sentences for people, as JSON or as SARIF.
 *
 * JSON is one object, which only ever gets more members:
 *
 *     {"file": "job.sql", "errors": 1, "warnings": 0, "findings": [
 *       {"file": "job.sql", "line": 2, "column": 8, "end_line": 2, "end_column": 13,
 *        "severity": "error", "code": "name", "message": "...", "detail": "...", "hint": "..."}]}
 *
 * Lines and columns count from 1, columns in characters; end_column is the one behind the last.
 * All four are null where a finding has no place, detail and hint where there is none.  Codes:
 * syntax, name, type, plan, unsupported, option, limit, data, io, internal. */
#pragma once

#include "base/arena.h"
#include "base/error.h"
#include "base/str.h"

enum { FINDINGS_MAX = 1000, FINDINGS_SHOWN = 50 };

enum findings_format {
    FINDINGS_TEXT,
    FINDINGS_JSON,
    FINDINGS_SARIF, /* 2.1.0 */
};

struct finding {
    struct error error;
    bool is_warning;
};

struct findings {
    struct finding *items;
    uint32_t count, cap;
    uint32_t errors, warnings; /* those above FINDINGS_MAX are only counted */
};

/* What is_told already, and what says the same of the same place as one before, is not taken.
 * False: out of memory. */
bool findings_add(struct findings *f, struct arena *arena, const struct error *err,
                  bool is_warning) WEIR_CHECKED;
/* Is there one of the same place and words? */
bool findings_have(const struct findings *f, const struct error *err);
/* By place; what has none comes last. */
void findings_sort(struct findings *f);

/* "text", "json", "sarif"; false: none of them. */
bool findings_format_find(struct str name, enum findings_format *ret);
/* `name` is the file, `source` its text. */
void findings_put_json(struct buf *out, const struct findings *f, struct str name,
                       struct str source);
void findings_put_sarif(struct buf *out, const struct findings *f, struct str name,
                        struct str source);
/* "3 errors, 2 warnings". */
void findings_put_counts(struct buf *out, const struct findings *f);
