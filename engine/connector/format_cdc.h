/* format_cdc.h -- what the files of debezium-json, canal-json and maxwell-json share.
 *
 * format_cdc.c         the options, the dialects, rows to messages
 * format_cdc_decode.c  messages to rows
 *
 * All three say in a member what happened, and hold images of the row in two others: as
 * it was and as it is. */
#pragma once

#include "connector/format_json.h"

enum cdc_old {
    CDC_OLD_WHOLE,   /* the old image is the whole row (Debezium) */
    CDC_OLD_CHANGED, /* a member that is not there has not changed (Maxwell) */
    CDC_OLD_OR_NULL, /* the same, and null means that too (Canal) */
};

struct cdc_dialect {
    const struct format *format;
    const char *op;                                        /* the member that says what happened */
    const char *insert, *snapshot, *update, *delete, *ddl; /* what it says; NULL: nothing */
    const char *old_name, *new_name;
    enum cdc_old old;
    bool is_list;      /* both are arrays of images */
    bool deletes_old;  /* the deleted row is the old image, else the new one */
    const char *verbs; /* for errors: "c, r, u and d" */
    /* How a row is written: [0] inserts, [1] deletes; the second ones are without NULLs. */
    const char *head[2], *short_head[2], *tail[2], *short_tail[2];
};

extern const struct cdc_dialect cdc_debezium, cdc_canal, cdc_maxwell;

/* Debezium's 'schema-include': the message is in the member "payload". */
bool cdc_has_payload(const struct cdc_dialect *dialect, const struct format_open *open);

enum code cdc_open_decoder(const struct cdc_dialect *dialect, const struct format_open *open,
                           struct decoder **ret, struct error *err) WEIR_CHECKED;
