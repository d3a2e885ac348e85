/* datefmt_java.h -- date patterns as Java understands them, compiled once.
 *
 * Two libraries with the same letters and different manners:
 *
 * DATEFMT_SIMPLE     java.text.SimpleDateFormat, lenient: parsing takes a prefix of the
 *                    text, month 13 rolls on.  With blink-dialect rule 35: a sign or a
 *                    blank inside a field is no match.  Every function of Blink.
 * DATEFMT_SIMPLE_RAW the same without rule 35, as the class really is.  Flink:
 *                    DATE_FORMAT(string, ..), FROM_UNIXTIME, UNIX_TIMESTAMP(string, ..),
 *                    TO_DATE(string, pattern), CONVERT_TZ.
 * DATEFMT_FORMATTER  java.time.format.DateTimeFormatter, resolver SMART: all of the text must
 *                    match.  Flink: TO_TIMESTAMP(string, pattern), TO_TIMESTAMP_LTZ(string, ..),
 *                    DATE_FORMAT(timestamp, ..).
 *
 * A compiled pattern is immutable and may be used by any thread.  Texts of months, days and
 * eras are English, weeks begin on Sunday, the calendar is the Gregorian one for all years. */
#pragma once

#include "base/base.h"
#include "base/error.h"
#include "base/str.h"
#include "types/zone.h"

enum datefmt_style { DATEFMT_SIMPLE, DATEFMT_SIMPLE_RAW, DATEFMT_FORMATTER };

struct datefmt;

/* E_DATA with a reason if the pattern is wrong (unknown letter, open quote). */
enum code datefmt_compile(struct arena *arena, struct str pattern, enum datefmt_style style,
                          const struct datefmt **ret, struct error *err);

/* Appends the text of an instant as seen in `zone`.  False: the pattern has a part that this value
 * does not have (FORMATTER only: a zone letter for a plain timestamp, see below); nothing is
 * appended then. */
bool datefmt_print(const struct datefmt *fmt, const struct zone *zone, struct zone_cursor *cursor,
                   int64_t utc_us, struct buf *out);
/* The same for a wall clock without zone (LocalDateTime): zone letters fail. */
bool datefmt_print_local(const struct datefmt *fmt, int64_t local_us, struct buf *out);

/* Reads text to an instant; without a zone in the text, `zone` is its zone.  False: no match, or
 * outside of the years 0001..9999. */
bool datefmt_parse(const struct datefmt *fmt, const struct zone *zone, struct zone_cursor *cursor,
                   struct str text, int64_t *ret_utc_us);
/* Reads text to a wall clock; a zone in the text is matched but not applied (FORMATTER), as
 * Flink's TO_TIMESTAMP does.  Missing fields are 1970-01-01 00:00:00. */
bool datefmt_parse_local(const struct datefmt *fmt, struct str text, int64_t *ret_local_us);

/* Flink's TO_TIMESTAMP(text, pattern): datefmt_parse_local, and where that fails the forms
 * "yyyy-m-d h:m:s[.f]" and "yyyy-m-d" all the same.  Cut to milliseconds. */
bool datefmt_parse_flink(const struct datefmt *fmt, struct str text, int64_t *ret_local_us);

/* Blink's TO_TIMESTAMP(text) and CAST(text AS TIMESTAMP): "yyyy-MM-dd HH:mm:ss", lenient, a
 * fraction behind it counts to the millisecond, any other tail is ignored. */
bool datefmt_parse_blink(const struct zone *zone, struct zone_cursor *cursor, struct str text,
                         int64_t *ret_utc_us);
