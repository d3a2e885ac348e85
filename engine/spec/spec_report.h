/* spec_report.h -- outcomes of cases as text, TAP 13 or JUnit's XML. */
#pragma once

#include "spec/spec.h"
#include "spec/spec_case.h"

struct spec_outcome {
    struct str file;
    struct str name; /* of the case; empty: the file is one */
    enum spec_result result;
    struct str details; /* lines; empty where it is met */
    int64_t wall_us;
};

struct spec_report {
    enum spec_format format;
    bool is_terminal;
    bool is_stopped; /* cases are missing that were to come */
    struct arena *arena;
    struct spec_outcome *outcomes;
    uint32_t count, cap;
};

/* Keeps a copy of an outcome, and appends what can be said already. */
enum code spec_report_add(struct spec_report *report, const struct spec_outcome *outcome,
                          struct buf *out, struct error *err) WEIR_CHECKED;
void spec_report_end(struct spec_report *report, struct buf *out);
