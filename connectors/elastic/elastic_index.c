/* elastic_index.c -- see elastic_index.h. */
#include "elastic/elastic_index.h"

#include "base/clock.h"
#include "elastic/elastic_doc.h"
#include "types/datefmt_java.h"
#include "types/time.h"

/* Whole numbers of Blink's LONG are seconds; above this, the year 5138, milliseconds. */
#define SECONDS_MAX INT64_C(100000000000)

/* --- reading the options --------------------------------------------------------------- */

static enum code refuse(const struct table_def *def, const char *option, struct error *err)
{
    option_locate(err, options_find(def->options, option));
    return E_OPTION;
}

static enum code find_column(const struct table_def *def, struct str name, const char *option,
                             uint32_t *ret, struct error *err)
{
    int column = schema_find(def->schema, name);
    if (column >= 0) {
        *ret = (uint32_t)column;
        return OK;
    }
    error_set(err, E_OPTION, "the index follows column \"" STR_FMT "\", which the table has not",
              STR_ARG(name));
    return refuse(def, option, err);
}

static bool is_now(struct str name)
{
    char text[32];
    size_t size = 0;
    for (size_t i = 0; i < name.size && size < sizeof text - 1; i++)
        if (name.data[i] != ' ' && name.data[i] != '\t')
            text[size++] = name.data[i];
    struct str packed = str_make(text, size);
    return str_is(packed, "now()") || str_is(packed, "NOW()") ||
           str_is(packed, "current_timestamp") || str_is(packed, "CURRENT_TIMESTAMP");
}

static const char *default_pattern(const struct type *type)
{
    switch (type->id) {
    case TYPE_DATE:
        return "yyyy_MM_dd";
    case TYPE_TIME:
        return "HH_mm_ss";
    case TYPE_TIMESTAMP:
        return "yyyy_MM_dd_HH_mm_ss";
    case TYPE_TIMESTAMP_LTZ:
        return "yyyy_MM_dd_HH_mm_ssX";
    default:
        return NULL;
    }
}

static bool names_index(const struct type *type)
{
    return type_is_string(type) || type->id == TYPE_TINYINT || type->id == TYPE_INT ||
           type->id == TYPE_BIGINT || default_pattern(type);
}

static enum code compile(struct es_index *index, const struct table_def *def, struct str pattern,
                         struct arena *arena, struct error *err)
{
    if (datefmt_compile(arena, pattern, DATEFMT_FORMATTER, &index->format, err) == OK)
        return OK;
    return refuse(def, "index", err);
}

/* What stands between the braces. */
static enum code read_pattern(struct es_index *index, const struct table_def *def,
                              struct str pattern, struct arena *arena, struct error *err)
{
    size_t bar = str_find_byte(pattern, '|');
    bool has_format = bar != (size_t)-1;
    struct str name = has_format ? str_make(pattern.data, bar) : pattern;
    struct str format =
        has_format ? str_make(pattern.data + bar + 1, pattern.size - bar - 1) : STR("");
    if (has_format && is_now(name)) {
        index->kind = ES_INDEX_NOW;
        return compile(index, def, format.size > 0 ? format : STR("yyyy_MM_dd_HH_mm_ss"), arena,
                       err);
    }
    TRY(find_column(def, name, "index", &index->column, err));
    const struct type *type = def->schema->fields[index->column].type;
    if (!names_index(type) || (has_format && !default_pattern(type))) {
        error_set(err, E_TYPE, "column \"" STR_FMT "\" has a type that cannot %s", STR_ARG(name),
                  has_format ? "be formatted as a time" : "be a part of an index's name");
        refuse(def, "index", err);
        return E_TYPE;
    }
    index->kind = has_format ? ES_INDEX_TIME : ES_INDEX_COLUMN;
    if (has_format)
        return compile(index, def, format.size > 0 ? format : str_of(default_pattern(type)), arena,
                       err);
    return OK;
}

static enum code read_flink(struct es_index *index, const struct table_def *def, struct str name,
                            struct arena *arena, struct error *err)
{
    size_t open = str_find_byte(name, '{');
    if (open == (size_t)-1)
        return OK;
    struct str rest = str_make(name.data + open + 1, name.size - open - 1);
    size_t close = str_find_byte(rest, '}');
    if (close == (size_t)-1 || close == 0) {
        error_set(err, E_OPTION, "the pattern of index \"" STR_FMT "\" has no end", STR_ARG(name));
        return refuse(def, "index", err);
    }
    index->prefix = str_make(name.data, open);
    index->suffix = str_make(rest.data + close + 1, rest.size - close - 1);
    if (str_find_byte(index->suffix, '{') != (size_t)-1) {
        error_set(err, E_OPTION, "index \"" STR_FMT "\" has more than one pattern", STR_ARG(name));
        return refuse(def, "index", err);
    }
    return read_pattern(index, def, str_make(rest.data, close), arena, err);
}

static enum code read_blink(struct es_index *index, const struct table_def *def,
                            struct arena *arena, struct error *err)
{
    struct str name = str_trim(options_get(def->options, "indexField"));
    struct str interval = options_get(def->options, "indexInterval");
    if (!options_bool(def->options, "dynamicIndex"))
        return OK;
    if (name.size == 0) {
        error_set(err, E_OPTION, "dynamicIndex needs the column to follow, indexField");
        return refuse(def, "dynamicIndex", err);
    }
    TRY(find_column(def, name, "indexField", &index->column, err));
    const struct type *type = def->schema->fields[index->column].type;
    if (type->id != TYPE_BIGINT && !default_pattern(type)) {
        error_set(err, E_TYPE, "indexField can be a TIMESTAMP, a DATE or a BIGINT");
        refuse(def, "indexField", err);
        return E_TYPE;
    }
    index->kind = ES_INDEX_TIME;
    index->refuses_null = true;
    const char *pattern = str_iis(interval, "m")   ? "yyyyMM"
                          : str_iis(interval, "w") ? "yyyyMMW"
                                                   : "yyyyMMdd";
    return datefmt_compile(arena, str_of(pattern), DATEFMT_SIMPLE, &index->format, err);
}

enum code es_index_read(struct es_index *ret, const struct table_def *def, struct arena *arena,
                        struct error *err)
{
    struct str name = str_trim(options_get(def->options, "index"));
    *ret = (struct es_index){ .prefix = name, .zone = def->zone, .clock = def->clock };
    if (name.size == 0) {
        error_set(err, E_OPTION, "table \"" STR_FMT "\" needs option \"index\"",
                  STR_ARG(def->name));
        error_hint(err, "It may stand in WITH or in the profile.");
        return E_OPTION;
    }
    return def->blink ? read_blink(ret, def, arena, err) : read_flink(ret, def, name, arena, err);
}

/* --- a row's index ---------------------------------------------------------------------- */

static bool put_time(struct es_index *index, const struct column *column, uint32_t row,
                     struct buf *out)
{
    int64_t us;
    switch (column->type->id) {
    case TYPE_DATE:
        us = COLUMN_AT(column, int32_t, row) * TIME_US_PER_DAY;
        break;
    case TYPE_TIME:
        us = COLUMN_AT(column, int32_t, row) * TIME_US_PER_MS;
        break;
    case TYPE_TIMESTAMP:
        us = COLUMN_AT(column, int64_t, row);
        break;
    case TYPE_BIGINT:
        us = COLUMN_AT(column, int64_t, row);
        if (__builtin_mul_overflow(us, us > SECONDS_MAX ? TIME_US_PER_MS : TIME_US_PER_SECOND,
                                   &us) ||
            !time_us_in_range(us))
            return false;
        return datefmt_print(index->format, index->zone, &index->cursor, us, out);
    default:
        return datefmt_print(index->format, index->zone, &index->cursor,
                             COLUMN_AT(column, int64_t, row), out);
    }
    return datefmt_print_local(index->format, us, out);
}

static enum code put_variable(struct es_index *index, const struct batch *batch, uint32_t row,
                              struct buf *out, struct error *err)
{
    if (index->kind == ES_INDEX_NOW) {
        int64_t us = zone_utc_to_local_us(index->zone, &index->cursor, clock_now_us(index->clock));
        return datefmt_print_local(index->format, us, out)
                   ? OK
                   : error_set(err, E_DATA, "the index's pattern asks for a zone");
    }
    const struct column *column = batch->columns[index->column];
    if (!column_is_valid(column, row)) {
        if (index->refuses_null)
            return error_set(err, E_DATA, "the column that the index follows is NULL");
        buf_text(out, "null");
        return OK;
    }
    if (index->kind == ES_INDEX_TIME)
        return put_time(index, column, row, out)
                   ? OK
                   : error_set(err, E_DATA, "the time that the index follows cannot be formatted");
    if (column->type->id == TYPE_DATE) /* Flink's own number of it */
        buf_i64(out, COLUMN_AT(column, int32_t, row));
    else
        es_put_plain(out, column, row);
    return OK;
}

enum code es_index_put(struct es_index *index, const struct batch *batch, uint32_t row,
                       struct buf *out, struct error *err)
{
    buf_str(out, index->prefix);
    if (index->kind == ES_INDEX_FIXED)
        return OK;
    TRY(put_variable(index, batch, row, out, err));
    buf_str(out, index->suffix);
    return OK;
}
