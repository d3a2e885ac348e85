/* format_rows.c -- the rows of a call to a decoder: which of them are bad, and the
 * result without these.  See format_value.h. */
#include "connector/format_value.h"

enum code value_rows_begin(struct value_rows *rows, struct arena *arena,
                           struct value_settings *settings, uint32_t count, struct error *err)
{
    *rows = (struct value_rows){
        .arena = arena,
        .settings = settings,
        .count = count,
        .reasons = arena_array(arena, const char *, count + 1),
    };
    return rows->reasons ? OK : error_nomem(err);
}

enum code value_row_is_bad(struct value_rows *rows, uint32_t row, const char *reason,
                           struct error *err)
{
    if (!reason)
        return error_nomem(err);
    if (!rows->reasons[row]) {
        rows->reasons[row] = reason;
        rows->bad_count++;
    }
    return OK;
}

static enum code report(const struct value_rows *rows, struct bad_rows *bad_rows,
                        const struct str *spans, const uint32_t *record, struct error *err)
{
    for (uint32_t i = 0; i < rows->count; i++) {
        if (!rows->reasons[i] || !*rows->reasons[i])
            continue;
        uint32_t span = record ? record[i] : i;
        struct bad_row bad = {
            .reason = str_of(rows->reasons[i]),
            .raw = spans[span],
            .offset = -1,
            .record = span,
        };
        TRY(bad_row_report(bad_rows, &bad, err));
    }
    return OK;
}

enum code value_rows_finish(struct value_rows *rows, struct bad_rows *bad_rows,
                            const struct str *spans, const uint32_t *record, uint32_t column_count,
                            uint8_t *changes, struct decoded *out, struct error *err)
{
    out->rows = rows->count;
    out->record = record;
    out->changes = changes;
    if (rows->bad_count == 0)
        return OK;
    if (!rows->settings->ignore_errors) /* else only whole messages are bad, and it is wished so */
        TRY(report(rows, bad_rows, spans, record, err));
    uint32_t *kept = arena_array(rows->arena, uint32_t, rows->count + 1);
    uint32_t *kept_record = arena_array(rows->arena, uint32_t, rows->count + 1);
    if (!kept || !kept_record)
        return error_nomem(err);
    uint32_t count = 0;
    for (uint32_t i = 0; i < rows->count; i++) {
        if (rows->reasons[i])
            continue;
        if (changes)
            changes[count] = changes[i];
        kept_record[count] = record ? record[i] : i;
        kept[count++] = i;
    }
    for (uint32_t c = 0; c < column_count; c++) {
        if (!out->columns[c])
            continue;
        out->columns[c] = column_gather(rows->arena, out->columns[c], kept, count);
        if (!out->columns[c])
            return error_nomem(err);
    }
    out->rows = count;
    out->record = kept_record;
    return OK;
}
