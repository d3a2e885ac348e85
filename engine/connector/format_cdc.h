/* format_cdc.h -- what the files of debezium-json, canal-json, maxwell-json and ogg-json share.
 *
 * format_cdc.c         the options, the dialects, rows to messages
 * format_cdc_decode.c  messages to rows
 *
 * All four say in a member what happened, and hold images of the row in two others: as
 * it was and as it is. */
#pragma once

#include "connector/format_json.h"

enum cdc_old {
    CDC_OLD_WHOLE,   /* the old image is the whole row (Debezium, Oracle GoldenGate) */
    CDC_OLD_CHANGED, /* a member that is not there has not changed (Canal, Maxwell) */
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

extern const struct cdc_dialect cdc_debezium, cdc_canal, cdc_maxwell, cdc_ogg;

/* format_meta.unit_us of times that are texts: as GoldenGate has them when it wrote
 * (2020-05-13T13:39:35.766000) and when it happened (2020-05-13 13:39:35.766000). */
enum { CDC_WRITTEN_TEXT = -1, CDC_EVENT_TEXT = -2 };

/* Debezium's 'schema-include': the message is in the member "payload". */
bool cdc_has_payload(const struct cdc_dialect *dialect, const struct format_open *open);

enum code cdc_open_decoder(const struct cdc_dialect *dialect, const struct format_open *open,
                           struct decoder **ret, struct error *err) WEIR_CHECKED;
