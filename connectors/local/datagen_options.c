/* datagen_options.c -- 'fields.NAME.kind', '.min', '.length' and so on to generators.
 *
 * Names go down into nested types: fields.a.element.max, fields.m.key.length,
 * fields.r.x.min.  An option that nobody asked for is misspelt or does not go with
 * its type, and is an error at its place. */
#include "local/datagen.h"

#include "base/nearest.h"
#include "base/number.h"

#include <float.h>
#include <math.h>
#include <stdio.h>

enum {
    TEXT_LENGTH = 100,
    LIST_LENGTH = 3,
    LENGTH_MAX = 16 << 20,
    MONTHS_MAX = 120000,
};

struct reading {
    struct arena *arena;
    const struct options *options;
    bool *is_used; /* one an option */
    bool failed;   /* out of memory in get(), which has no other way to say so */
};

static const struct option *get(struct reading *r, const char *name, const char *what)
{
    char *key = arena_printf(r->arena, "fields.%s.%s", name, what);
    r->failed = r->failed || !key;
    const struct option *o = key ? options_find(r->options, key) : NULL;
    if (o)
        r->is_used[o - r->options->items] = true;
    return o;
}

/* The place of what is wrong with a field: the first of two options that is given. */
static enum code wrong_field(struct reading *r, const char *name, const char *what,
                             const char *other, struct error *err)
{
    const struct option *o = get(r, name, what);
    option_locate(err, o ? o : get(r, name, other));
    return E_OPTION;
}

static enum code wrong(const struct option *o, const char *wants, struct error *err)
{
    error_set(err, E_OPTION, "option \"" STR_FMT "\" must be %s, but is \"" STR_FMT "\"",
              STR_ARG(o->key), wants, STR_ARG(o->value));
    option_locate(err, o);
    return E_OPTION;
}

static enum code read_i64(struct reading *r, const char *name, const char *what, int64_t *ret,
                          struct error *err)
{
    const struct option *o = get(r, name, what);
    if (!o)
        return OK;
    struct str text = str_trim(o->value);
    return number_parse_i64(text.data, text.size, ret) ? OK : wrong(o, "a whole number", err);
}

static enum code read_real(struct reading *r, const char *name, const char *what, double *ret,
                           struct error *err)
{
    const struct option *o = get(r, name, what);
    if (!o)
        return OK;
    struct str text = str_trim(o->value);
    bool ok;
    double value = number_parse_double(text.data, text.size, &ok);
    if (!ok || !isfinite(value))
        return wrong(o, "a number", err);
    *ret = value;
    return OK;
}

/* `low` and `high` are what the ends are called. */
static enum code check_order(struct reading *r, const char *name, const char *low, const char *high,
                             bool is_ordered, struct error *err)
{
    if (is_ordered)
        return OK;
    error_set(err, E_OPTION, "the smallest value of field \"%s\" is above its largest", name);
    return wrong_field(r, name, high, low, err);
}

static enum code read_range(struct reading *r, const char *name, int64_t low, int64_t high,
                            struct generator *g, struct error *err)
{
    g->min = low;
    g->max = high;
    TRY(read_i64(r, name, "min", &g->min, err));
    TRY(read_i64(r, name, "max", &g->max, err));
    if (g->min < low || g->max > high) {
        error_set(err, E_OPTION, "the range of field \"%s\" is wider than its type", name);
        return wrong_field(r, name, g->max > high ? "max" : "min", "min", err);
    }
    return check_order(r, name, "min", "max", g->min <= g->max, err);
}

static enum code read_real_range(struct reading *r, const char *name, double low, double high,
                                 struct generator *g, struct error *err)
{
    g->min_real = low;
    g->max_real = high;
    TRY(read_real(r, name, "min", &g->min_real, err));
    TRY(read_real(r, name, "max", &g->max_real, err));
    return check_order(r, name, "min", "max", g->min_real <= g->max_real, err);
}

/* A range that goes past the type is cut to it. */
static enum code read_decimal_range(struct reading *r, const char *name, struct generator *g,
                                    struct error *err)
{
    double limit = pow(10, g->type->precision - g->type->scale) - pow(10, -g->type->scale);
    TRY(read_real_range(r, name, -limit, limit, g, err));
    g->min_real = fmax(g->min_real, -limit);
    g->max_real = fmin(g->max_real, limit);
    return OK;
}

static enum code read_length(struct reading *r, const char *name, int64_t fallback, int64_t limit,
                             struct generator *g, struct error *err)
{
    int64_t length = fallback;
    const struct option *o = get(r, name, "length");
    TRY(read_i64(r, name, "length", &length, err));
    if (o && (length < 1 || length > MIN(limit, (int64_t)LENGTH_MAX)))
        return wrong(o, "a length that the type of the field has", err);
    if (length > LENGTH_MAX)
        return error_set(err, E_LIMIT, "field \"%s\" is longer than can be generated", name);
    g->length = (uint32_t)length;
    return OK;
}

static enum code read_bounded_length(struct reading *r, const char *name, struct generator *g,
                                     struct error *err)
{
    bool is_fixed = g->type->id == TYPE_CHAR || g->type->id == TYPE_BINARY;
    bool is_unbounded = g->type->precision == TYPE_UNBOUNDED;
    if (is_fixed) {
        g->length = (uint32_t)g->type->precision;
        return g->length <= LENGTH_MAX ? OK
                                       : error_set(err, E_LIMIT, "field \"%s\" is too long", name);
    }
    TRY(read_length(r, name, is_unbounded ? TEXT_LENGTH : g->type->precision, g->type->precision, g,
                    err));
    const struct option *o = get(r, name, "var-len");
    return !o || option_parse_bool(o->value, &g->has_var_length) ? OK
                                                                 : wrong(o, "true or false", err);
}

static enum code read_max_past(struct reading *r, const char *name, struct generator *g,
                               struct error *err)
{
    const struct option *o = get(r, name, "max-past");
    return !o || option_parse_duration_ms(o->value, &g->max_past_ms) ? OK
                                                                     : wrong(o, "a duration", err);
}

static enum code unsupported(struct reading *r, const char *name, const struct type *type,
                             const char *kind, struct error *err)
{
    struct buf text;
    buf_init(&text, 1024);
    type_print(&text, type);
    error_set(err, E_UNSUPPORTED, "field \"%s\" of type %s cannot be of kind %s", name,
              buf_cstr(&text), kind);
    buf_done(&text);
    (void)wrong_field(r, name, "kind", "kind", err);
    return E_UNSUPPORTED;
}

static enum code read_random(struct reading *r, const char *name, struct generator *g,
                             struct error *err);

static enum code read_children(struct reading *r, const char *name, struct generator *g,
                               struct error *err)
{
    static const char *const map_parts[] = { "key", "value" };
    const struct type *type = g->type;
    g->children = arena_array(r->arena, struct generator, type->child_count + 1);
    if (!g->children)
        return error_nomem(err);
    if (type->id != TYPE_ROW)
        TRY(read_length(r, name, LIST_LENGTH, LENGTH_MAX, g, err));
    for (uint32_t i = 0; i < type->child_count; i++) {
        struct str part = type->id == TYPE_ROW   ? type->names[i]
                          : type->id == TYPE_MAP ? str_of(map_parts[i])
                                                 : STR("element");
        char *child = arena_printf(r->arena, "%s." STR_FMT, name, STR_ARG(part));
        if (!child)
            return error_nomem(err);
        g->children[i].type = type->children[i];
        TRY(read_random(r, child, &g->children[i], err));
    }
    return OK;
}

static enum code read_random(struct reading *r, const char *name, struct generator *g,
                             struct error *err)
{
    TRY(read_real(r, name, "null-rate", &g->null_rate, err));
    if (!(g->null_rate >= 0 && g->null_rate <= 1)) {
        error_set(err, E_OPTION, "the null rate of field \"%s\" is not within 0 and 1", name);
        return wrong_field(r, name, "null-rate", "null-rate", err);
    }
    switch (g->type->id) {
    case TYPE_BOOLEAN:
        g->max = 1;
        return OK;
    case TYPE_TINYINT:
        return read_range(r, name, INT8_MIN, INT8_MAX, g, err);
    case TYPE_SMALLINT:
        return read_range(r, name, INT16_MIN, INT16_MAX, g, err);
    case TYPE_INT:
        return read_range(r, name, INT32_MIN, INT32_MAX, g, err);
    case TYPE_BIGINT:
    case TYPE_INTERVAL_DAY:
        return read_range(r, name, INT64_MIN, INT64_MAX, g, err);
    case TYPE_INTERVAL_MONTH:
        return read_range(r, name, 0, MONTHS_MAX, g, err);
    case TYPE_FLOAT:
        return read_real_range(r, name, (double)FLT_TRUE_MIN, (double)FLT_MAX, g, err);
    case TYPE_DOUBLE:
        return read_real_range(r, name, DBL_TRUE_MIN, DBL_MAX, g, err);
    case TYPE_DECIMAL:
        return read_decimal_range(r, name, g, err);
    case TYPE_CHAR:
    case TYPE_VARCHAR:
    case TYPE_BINARY:
    case TYPE_VARBINARY:
        return read_bounded_length(r, name, g, err);
    case TYPE_TIMESTAMP:
    case TYPE_TIMESTAMP_LTZ:
        return read_max_past(r, name, g, err);
    case TYPE_DATE:
    case TYPE_TIME:
        g->kind = GENERATE_NOW;
        return OK;
    case TYPE_ARRAY:
    case TYPE_MAP:
    case TYPE_ROW:
        return read_children(r, name, g, err);
    case TYPE_NULL:
        break;
    }
    return unsupported(r, name, g->type, "random", err);
}

static enum code read_sequence(struct reading *r, const char *name, struct generator *g,
                               struct error *err)
{
    static const char *const ends[] = { "start", "end" };
    int64_t *values[] = { &g->min, &g->max };
    bool is_text = type_is_string(g->type) || type_is_binary(g->type);
    if (!is_text && !type_is_numeric(g->type))
        return unsupported(r, name, g->type, "sequence", err);
    for (size_t i = 0; i < countof(ends); i++) {
        if (!get(r, name, ends[i])) {
            error_set(err, E_OPTION,
                      "field \"%s\" is a sequence and needs the option \"fields.%s.%s\"", name,
                      name, ends[i]);
            return wrong_field(r, name, "kind", "kind", err);
        }
        TRY(read_i64(r, name, ends[i], values[i], err));
    }
    g->kind = GENERATE_SEQUENCE;
    return check_order(r, name, "start", "end", g->min <= g->max, err);
}

static enum code read_field(struct reading *r, const struct field *field, struct generator *g,
                            struct error *err)
{
    const char *name = arena_cstr(r->arena, field->name);
    if (!name)
        return error_nomem(err);
    g->type = field->type;
    const struct option *kind = get(r, name, "kind");
    if (!kind || str_iis(str_trim(kind->value), "random"))
        return read_random(r, name, g, err);
    if (str_iis(str_trim(kind->value), "sequence"))
        return read_sequence(r, name, g, err);
    return wrong(kind, "random or sequence", err);
}

static enum code unused_option(const struct table_def *table, const struct option *o,
                               struct error *err)
{
    static const char *const parts[] = { "kind",    "min",   "max", "max-past", "length",
                                         "var-len", "start", "end", "null-rate" };
    size_t last = o->key.size;
    while (last > 0 && o->key.data[last - 1] != '.')
        last--;
    struct str name = str_make(o->key.data + 7, last > 8 ? last - 8 : 0);
    struct str part = str_make(o->key.data + last, o->key.size - last);
    error_set(err, E_OPTION, "option \"" STR_FMT "\" fits no column of table \"" STR_FMT "\"",
              STR_ARG(o->key), STR_ARG(table->name));
    bool is_part = false;
    struct nearest nearest;
    nearest_begin(&nearest, part);
    for (size_t i = 0; i < countof(parts); i++) {
        is_part = is_part || str_iis(part, parts[i]);
        nearest_add(&nearest, str_of(parts[i]));
    }
    if (is_part) {
        nearest_begin(&nearest, name);
        for (uint32_t i = 0; i < table->schema->count; i++)
            nearest_add(&nearest, table->schema->fields[i].name);
    }
    struct str best = nearest_end(&nearest);
    if (best.data && !str_ieq(best, is_part ? name : part))
        error_hint(err, "Perhaps you meant \"fields." STR_FMT "." STR_FMT "\".",
                   STR_ARG(is_part ? best : name), STR_ARG(is_part ? part : best));
    if (o->key_span.size > 0)
        error_locate(err, o->key_span);
    return E_OPTION;
}

enum code generators_read(struct arena *arena, const struct table_def *table,
                          struct generator **ret, struct error *err)
{
    const struct schema *schema = table->schema;
    struct generator *generators = arena_array(arena, struct generator, schema->count + 1);
    struct reading r = {
        .arena = arena,
        .options = table->options,
        .is_used = arena_array(arena, bool, table->options->count + 1),
    };
    if (!generators || !r.is_used)
        return error_nomem(err);
    for (uint32_t i = 0; i < schema->count; i++) {
        enum code code = read_field(&r, &schema->fields[i], &generators[i], err);
        if (code != OK) {
            table_locate_column(table, i, err);
            return code;
        }
    }
    if (r.failed)
        return error_nomem(err);
    for (uint32_t i = 0; i < table->options->count; i++) {
        const struct option *o = &table->options->items[i];
        bool is_field = o->key.size > 7 && str_iis(str_make(o->key.data, 7), "fields.");
        /* Of a key given twice only the last is asked for. */
        if (is_field && !r.is_used[i]) {
            char *key = arena_cstr(arena, o->key);
            if (!key)
                return error_nomem(err);
            if (!r.is_used[options_find(table->options, key) - table->options->items])
                return unused_option(table, o, err);
        }
    }
    *ret = generators;
    return OK;
}

int64_t generators_rows_max(const struct generator *generators, uint32_t count)
{
    uint64_t rows = INT64_MAX;
    for (uint32_t i = 0; i < count; i++)
        if (generators[i].kind == GENERATE_SEQUENCE)
            rows = MIN(rows, (uint64_t)generators[i].max - (uint64_t)generators[i].min + 1);
    return rows == 0 ? INT64_MAX : (int64_t)rows;
}
