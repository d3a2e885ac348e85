/* guess.c -- see guess.h.
 *
 * Every message is put into one tree of shapes: what was seen of each field, and what holds all of
 * it.  A format is tried when the messages before it look like its own. */
#include "session/guess.h"

#include "base/utf8.h"
#include "sql/print.h"
#include "types/time.h"

#include <cjson/cJSON.h>
#include <stdio.h>
#include <stdlib.h>

enum {
    DEPTH_MAX = 16,   /* deeper values are text */
    FIELDS_MAX = 512, /* of an object */
    CSV_FIELDS_MAX = 256,
};

/* Milliseconds and seconds from 2001-09-09 to 2033-05-18. */
static const double MS_FROM = 1e12, MS_TO = 2e12, S_FROM = 1e9, S_TO = 2e9;

enum kind {
    KIND_NONE, /* nothing but NULL */
    KIND_BOOLEAN,
    KIND_BIGINT,
    KIND_DOUBLE,
    KIND_DATE,
    KIND_TIMESTAMP,
    KIND_INSTANT, /* with a zone */
    KIND_STRING,
    KIND_ARRAY,
    KIND_ROW,
};

struct shape;
struct shape_field {
    struct str name;
    struct shape *shape;
};

struct shape {
    enum kind kind;
    uint32_t seen;   /* values that are not NULL */
    double min, max; /* of numbers */
    bool has_t;      /* times written with a T */
    bool has_blank;  /* and with a blank */
    struct shape_field *fields;
    uint32_t field_count, field_cap;
    struct shape *element;
};

struct work {
    struct arena *arena;
    struct error *err;
};

/* ---- shapes ----------------------------------------------------------------------------------- */

static enum code shape_create(struct work *w, struct shape **ret)
{
    *ret = arena_zalloc(w->arena, sizeof **ret);
    return *ret ? OK : error_nomem(w->err);
}

static void widen(struct shape *s, enum kind kind)
{
    bool numbers = (s->kind == KIND_BIGINT || s->kind == KIND_DOUBLE) &&
                   (kind == KIND_BIGINT || kind == KIND_DOUBLE);
    if (s->kind == KIND_NONE || s->kind == kind)
        s->kind = kind;
    else
        s->kind = numbers ? KIND_DOUBLE : KIND_STRING;
}

static enum kind kind_of_number(double value)
{
    bool whole = value >= -9.2e18 && value <= 9.2e18 && value == (double)(int64_t)value;
    return whole ? KIND_BIGINT : KIND_DOUBLE;
}

static void add_number(struct shape *s, double value)
{
    s->min = s->seen == 0 ? value : MIN(s->min, value);
    s->max = s->seen == 0 ? value : MAX(s->max, value);
    widen(s, kind_of_number(value));
}

static void add_text(struct shape *s, struct str text)
{
    struct time_stamp stamp;
    if (text.size < 10 || !time_parse_stamp(text, &stamp)) {
        widen(s, KIND_STRING);
        return;
    }
    s->has_t = s->has_t || (text.size > 10 && text.data[10] == 'T');
    s->has_blank = s->has_blank || (text.size > 10 && text.data[10] == ' ');
    widen(s, text.size == 10 ? KIND_DATE : stamp.has_offset ? KIND_INSTANT : KIND_TIMESTAMP);
}

/* *ret NULL: there are enough of them. */
static enum code field_of(struct work *w, struct shape *s, struct str name, struct shape **ret)
{
    *ret = NULL;
    for (uint32_t i = 0; i < s->field_count; i++)
        if (str_eq(s->fields[i].name, name)) {
            *ret = s->fields[i].shape;
            return OK;
        }
    if (s->field_count >= FIELDS_MAX)
        return OK;
    struct shape_field field = { .name = arena_str(w->arena, name) };
    if (!field.name.data)
        return error_nomem(w->err);
    TRY(shape_create(w, &field.shape));
    if (!ARENA_PUSH(w->arena, s->fields, s->field_count, s->field_cap, field))
        return error_nomem(w->err);
    *ret = field.shape;
    return OK;
}

static enum code add_json(struct work *w, struct shape *s, const cJSON *value, int depth);

static enum code add_object(struct work *w, struct shape *s, const cJSON *object, int depth)
{
    widen(s, KIND_ROW);
    for (const cJSON *child = object->child; child; child = child->next) {
        struct shape *field;
        struct str name = str_of(child->string ? child->string : "");
        if (name.size == 0 || utf8_has_control(name)) /* no name that can be written */
            continue;
        TRY(field_of(w, s, name, &field));
        if (field)
            TRY(add_json(w, field, child, depth + 1));
    }
    return OK;
}

static enum code add_array(struct work *w, struct shape *s, const cJSON *array, int depth)
{
    widen(s, KIND_ARRAY);
    if (!s->element)
        TRY(shape_create(w, &s->element));
    for (const cJSON *child = array->child; child; child = child->next)
        TRY(add_json(w, s->element, child, depth + 1));
    return OK;
}

static enum code add_json(struct work *w, struct shape *s, const cJSON *value, int depth)
{
    if (cJSON_IsNull(value))
        return OK;
    if (cJSON_IsBool(value))
        widen(s, KIND_BOOLEAN);
    else if (cJSON_IsNumber(value))
        add_number(s, value->valuedouble);
    else if (cJSON_IsString(value))
        add_text(s, str_of(value->valuestring));
    else if (depth >= DEPTH_MAX)
        widen(s, KIND_STRING);
    else if (cJSON_IsArray(value))
        TRY(add_array(w, s, value, depth));
    else
        TRY(add_object(w, s, value, depth));
    s->seen++;
    return OK;
}

/* ---- formats ---------------------------------------------------------------------------------- */

static cJSON *parse(struct str text)
{
    const char *end = NULL;
    cJSON *root = text.data ? cJSON_ParseWithLengthOpts(text.data, text.size, &end, false) : NULL;
    if (root && str_trim(str_make(end, text.size - (size_t)(end - text.data))).size > 0) {
        cJSON_Delete(root); /* something behind it */
        return NULL;
    }
    return root;
}

static const cJSON *member(const cJSON *object, const char *name)
{
    return cJSON_IsObject(object) ? cJSON_GetObjectItemCaseSensitive(object, name) : NULL;
}

/* Formats whose rows stand inside of an envelope. */
static const struct envelope {
    const char *format;
    const char *option;   /* further one; NULL: none */
    const char *outer;    /* member that holds all of it; NULL: none */
    const char *marks[2]; /* members that it has */
    const char *rows[2];  /* members with the row, or with an array of rows */
} envelopes[] = {
    { "debezium-json",
      "'debezium-json.schema-include' = 'true'",
      "payload",
      { "op", "source" },
      { "after", "before" } },
    { "debezium-json", NULL, NULL, { "op", "after" }, { "after", "before" } },
    { "debezium-json", NULL, NULL, { "op", "before" }, { "after", "before" } },
    { "ogg-json", NULL, NULL, { "op_type", "after" }, { "after", "before" } },
    { "ogg-json", NULL, NULL, { "op_type", "before" }, { "after", "before" } },
    { "changelog-json", NULL, NULL, { "op", "data" }, { "data", NULL } },
    { "canal-json", NULL, NULL, { "isDdl", "data" }, { "data", NULL } },
    { "canal-json", NULL, NULL, { "pkNames", "data" }, { "data", NULL } },
    { "maxwell-json", NULL, NULL, { "type", "data" }, { "data", NULL } },
};

static const struct envelope *envelope_of(const cJSON *root)
{
    for (size_t i = 0; i < countof(envelopes); i++) {
        const struct envelope *e = &envelopes[i];
        const cJSON *inner = e->outer ? member(root, e->outer) : root;
        bool fits = member(inner, e->marks[0]) && member(inner, e->marks[1]);
        if (fits && strcmp(e->format, "maxwell-json") == 0)
            fits = cJSON_IsObject(member(inner, "data")) && member(inner, "table");
        if (fits)
            return e;
    }
    return NULL;
}

static enum code add_rows(struct work *w, struct shape *s, const struct envelope *e,
                          const cJSON *root)
{
    const cJSON *inner = e->outer ? member(root, e->outer) : root;
    for (size_t i = 0; i < countof(e->rows) && e->rows[i]; i++) {
        const cJSON *rows = member(inner, e->rows[i]);
        if (cJSON_IsObject(rows))
            TRY(add_json(w, s, rows, 0));
        for (const cJSON *row = cJSON_IsArray(rows) ? rows->child : NULL; row; row = row->next)
            if (cJSON_IsObject(row))
                TRY(add_json(w, s, row, 0));
    }
    return OK;
}

/* Objects of JSON; *ret NULL: something else. */
static enum code try_json(struct work *w, const struct guess_message *messages, uint32_t count,
                          struct guess *ret, const struct envelope **ret_envelope,
                          struct shape **ret_shape)
{
    *ret_envelope = NULL;
    TRY(shape_create(w, ret_shape));
    for (uint32_t i = 0; i < count; i++) {
        cJSON *root = parse(messages[i].value);
        const struct envelope *e = root ? envelope_of(root) : NULL;
        bool fits = cJSON_IsObject(root) && (ret->used == 0 || e == *ret_envelope);
        enum code code = OK;
        if (fits)
            code = e ? add_rows(w, *ret_shape, e, root) : add_json(w, *ret_shape, root, 0);
        cJSON_Delete(root);
        if (code != OK)
            return code;
        *ret_envelope = ret->used == 0 && fits ? e : *ret_envelope;
        ret->used += fits;
    }
    if (ret->used * 2 <= count - ret->empty || (*ret_shape)->field_count == 0)
        *ret_shape = NULL;
    return OK;
}

/* Fields of a record; quoted ones keep their quotes. */
static uint32_t cut(struct str text, char separator, struct str *fields)
{
    uint32_t n = 0;
    bool quoted = false;
    size_t begin = 0;
    text = str_trim(text);
    for (size_t i = 0; i <= text.size; i++) {
        if (i < text.size && text.data[i] == '"')
            quoted = !quoted;
        if (i < text.size && (quoted || text.data[i] != separator))
            continue;
        if (n < CSV_FIELDS_MAX)
            fields[n] = str_make(text.data + begin, i - begin);
        n++;
        begin = i + 1;
    }
    return n;
}

/* Written as a number; 007 and +86 are names. */
static void add_csv_number(struct shape *s, struct str text, double value)
{
    const char *digits = text.data[0] == '-' ? text.data + 1 : text.data;
    bool has_zeros = digits[0] == '0' && strspn(digits, "0123456789") > 1;
    if (text.data[0] == '+' || has_zeros) {
        widen(s, KIND_STRING);
        return;
    }
    add_number(s, value);
    if (strpbrk(text.data, ".eE"))
        widen(s, KIND_DOUBLE);
}

static void add_csv_field(struct shape *s, struct str text)
{
    char number[64], *end;
    if (text.size == 0)
        return;
    if (text.size < sizeof number) {
        memcpy(number, text.data, text.size);
        number[text.size] = '\0';
        double value = strtod(number, &end);
        bool is_number = *end == '\0' && strspn(number, "+-.0123456789eE") == text.size;
        if (is_number)
            add_csv_number(s, str_make(number, text.size), value);
        else if (str_iis(text, "true") || str_iis(text, "false"))
            widen(s, KIND_BOOLEAN);
        else
            add_text(s, text);
    } else {
        widen(s, KIND_STRING);
    }
    s->seen++;
}

/* As many fields, two at least, in each message; *ret NULL: something else. */
static enum code try_csv(struct work *w, const struct guess_message *messages, uint32_t count,
                         char separator, struct guess *ret, struct shape **ret_shape)
{
    struct str *fields = arena_array(w->arena, struct str, CSV_FIELDS_MAX);
    struct shape *shape;
    uint32_t width = 0;
    if (!fields)
        return error_nomem(w->err);
    TRY(shape_create(w, &shape));
    *ret_shape = NULL;
    ret->used = 0;
    for (uint32_t i = 0; i < count; i++) {
        struct str value = messages[i].value;
        if (value.size == 0)
            continue;
        uint32_t n = cut(value, separator, fields);
        if (n < 2 || n > CSV_FIELDS_MAX || (width > 0 && n != width))
            return OK;
        width = n;
        for (uint32_t k = 0; k < n; k++) {
            char name[16];
            snprintf(name, sizeof name, "c%u", k + 1);
            struct shape *field;
            TRY(field_of(w, shape, str_of(name), &field));
            add_csv_field(field, fields[k]);
        }
        ret->used++;
    }
    *ret_shape = ret->used > 0 ? shape : NULL;
    return OK;
}

/* ---- the statement ---------------------------------------------------------------------------- */

static void put_name(struct buf *out, struct str name)
{
    struct printer printer = { .out = out };
    struct ast_name word = { .text = name };
    print_name(&printer, &word);
}

/* Of all fields together: one way to write a time. */
struct times {
    bool iso;
};

static void find_times(const struct shape *s, struct times *times)
{
    bool is_time = s->kind == KIND_TIMESTAMP || s->kind == KIND_INSTANT;
    times->iso = times->iso || (is_time && s->has_t);
    for (uint32_t i = 0; i < s->field_count; i++)
        find_times(s->fields[i].shape, times);
    if (s->element)
        find_times(s->element, times);
}

static void put_type(struct buf *out, const struct shape *s, const struct times *times)
{
    static const char *const names[] = { [KIND_NONE] = "STRING",
                                         [KIND_BOOLEAN] = "BOOLEAN",
                                         [KIND_BIGINT] = "BIGINT",
                                         [KIND_DOUBLE] = "DOUBLE",
                                         [KIND_DATE] = "DATE",
                                         [KIND_TIMESTAMP] = "TIMESTAMP(3)",
                                         [KIND_INSTANT] = "TIMESTAMP_LTZ(3)",
                                         [KIND_STRING] = "STRING" };
    bool is_time = s->kind == KIND_TIMESTAMP || s->kind == KIND_INSTANT;
    if (s->kind == KIND_ARRAY) {
        buf_text(out, "ARRAY<");
        put_type(out, s->element, times);
        buf_char(out, '>');
    } else if (s->kind == KIND_ROW && s->field_count == 0) {
        buf_text(out, "MAP<STRING, STRING>");
    } else if (s->kind == KIND_ROW) {
        buf_text(out, "ROW<");
        for (uint32_t i = 0; i < s->field_count; i++) {
            buf_text(out, i > 0 ? ", " : "");
            put_name(out, s->fields[i].name);
            buf_char(out, ' ');
            put_type(out, s->fields[i].shape, times);
        }
        buf_char(out, '>');
    } else {
        buf_text(out, is_time && times->iso && s->has_blank ? "STRING" : names[s->kind]);
    }
}

static bool has_field(const struct shape *s, const char *name)
{
    for (uint32_t i = 0; i < s->field_count; i++)
        if (str_iis(s->fields[i].name, name))
            return true;
    return false;
}

/* A watermark for the first field that is a time; else nothing. */
static void put_watermark(struct buf *out, const struct shape *s, const struct times *times)
{
    const char *name = !has_field(s, "event_time") ? "event_time" : "row_time";
    bool is_free = !has_field(s, name);
    for (uint32_t i = 0; i < s->field_count; i++) {
        const struct shape *field = s->fields[i].shape;
        bool is_count = is_free && field->kind == KIND_BIGINT;
        bool is_ms = is_count && field->min >= MS_FROM && field->max < MS_TO;
        bool is_s = is_count && field->min >= S_FROM && field->max < S_TO;
        bool is_time = (field->kind == KIND_TIMESTAMP || field->kind == KIND_INSTANT) &&
                       !(times->iso && field->has_blank);
        if (is_ms || is_s) {
            buf_printf(out, ",\n    %s AS TO_TIMESTAMP_LTZ(", name);
            put_name(out, s->fields[i].name);
            buf_printf(out, ", %d),\n    WATERMARK FOR %s AS %s - INTERVAL '5' SECOND",
                       is_ms ? 3 : 0, name, name);
            return;
        }
        if (is_time) {
            buf_text(out, ",\n    WATERMARK FOR ");
            put_name(out, s->fields[i].name);
            buf_text(out, " AS ");
            put_name(out, s->fields[i].name);
            buf_text(out, " - INTERVAL '5' SECOND");
            return;
        }
    }
}

static void put_table(struct buf *out, struct str name, struct str with, const char *format,
                      const char *option, const struct shape *s)
{
    struct times times = { .iso = false };
    if (s)
        find_times(s, &times);
    buf_text(out, "CREATE TABLE ");
    put_name(out, name);
    buf_text(out, " (\n");
    for (uint32_t i = 0; s && i < s->field_count; i++) {
        buf_text(out, i > 0 ? ",\n    " : "    ");
        put_name(out, s->fields[i].name);
        buf_char(out, ' ');
        put_type(out, s->fields[i].shape, &times);
    }
    if (s)
        put_watermark(out, s, &times);
    else
        buf_text(out, "    message STRING");
    buf_printf(out, "\n) WITH (" STR_FMT ",\n    'format' = '%s'", STR_ARG(with), format);
    if (option)
        buf_printf(out, ", %s", option);
    bool is_json = strstr(format, "json") != NULL;
    if (times.iso && is_json)
        buf_printf(out, ", '%s.timestamp-format.standard' = 'ISO-8601'", format);
    buf_text(out, ");\n");
}

static enum code guess_in(struct work *w, const struct guess_message *messages, uint32_t count,
                          struct str name, struct str with, struct buf *out, struct guess *ret)
{
    static const char separators[] = ",;\t|";
    struct shape *shape;
    const struct envelope *envelope;
    for (uint32_t i = 0; i < count; i++)
        ret->empty += messages[i].value.size == 0;
    TRY(try_json(w, messages, count, ret, &envelope, &shape));
    if (shape) {
        ret->format = envelope ? envelope->format : "json";
        put_table(out, name, with, ret->format, envelope ? envelope->option : NULL, shape);
        return OK;
    }
    for (size_t i = 0; i + 1 < sizeof separators; i++) {
        char option[64];
        TRY(try_csv(w, messages, count, separators[i], ret, &shape));
        if (!shape)
            continue;
        snprintf(option, sizeof option, "'csv.field-delimiter' = '%s'",
                 separators[i] == '\t' ? "\\t" : (char[]){ separators[i], '\0' });
        ret->format = "csv";
        put_table(out, name, with, "csv", i > 0 ? option : NULL, shape);
        return OK;
    }
    ret->format = "raw";
    ret->used = count - ret->empty;
    put_table(out, name, with, "raw", NULL, NULL);
    return OK;
}

enum code guess_table(const struct guess_message *messages, uint32_t count, struct str name,
                      struct str with, struct buf *out, struct guess *ret, struct error *err)
{
    struct work w = { .arena = arena_create(), .err = err };
    *ret = (struct guess){ .format = "raw" };
    if (!w.arena)
        return error_nomem(err);
    enum code code = guess_in(&w, messages, count, name, with, out, ret);
    arena_destroy(w.arena);
    return code == OK ? buf_check(out, err) : code;
}
