/* table_function.c -- see table_function.h. */
#include "expr/table_function.h"

#include "expr/call.h"
#include "expr/fn_regex.h"

/* A row of the output, while there is room. */
static inline void add_row(struct table_rows *out, uint32_t parent, uint64_t item)
{
    out->parents[out->count] = parent;
    out->ordinals[out->count++] = (int32_t)MIN(item + 1, (uint64_t)INT32_MAX);
}

static inline uint32_t row_of(const struct table_run *run, uint32_t i)
{
    return run->sel ? run->sel[i] : i;
}

static enum code wrong_form(const struct table_call *call, const struct table_function *f,
                            struct error *err)
{
    error_at(err, E_TYPE, call->span, "%s does not accept these arguments", f->name);
    error_hint(err, "The form is %s.", f->signature);
    return E_TYPE;
}

static enum code coerce(struct table_call *call, uint32_t i, const struct type *type,
                        struct error *err)
{
    if (type_equal(call->args[i]->type, type))
        return OK;
    return expr_coerce(call->env, call->args[i], type, &call->args[i], err);
}

static void one_column(struct table_call *call, const struct type *type)
{
    call->types[0] = type;
    call->names[0] = STR("f0");
    call->column_count = 1;
}

/* --- UNNEST ------------------------------------------------------------------------------ */

static enum code unnest_resolve(struct table_call *call, struct error *err)
{
    if (call->arg_count != 1)
        return wrong_form(call, &table_function_unnest, err);
    const struct type *t = call->args[0]->type;
    if (t->id == TYPE_MAP) {
        static const char *const names[] = { "KEY", "VALUE" };
        for (int i = 0; i < 2; i++) {
            call->types[i] = t->children[i];
            call->names[i] = str_of(names[i]);
        }
        call->column_count = 2;
        return OK;
    }
    if (t->id != TYPE_ARRAY) {
        struct buf text;
        buf_init(&text, 512);
        type_print(&text, t);
        error_at(err, E_TYPE, call->span, "UNNEST needs an ARRAY or a MAP, and this is %s",
                 buf_cstr(&text));
        buf_done(&text);
        return E_TYPE;
    }
    const struct type *element = t->children[0];
    if (element->id != TYPE_ROW) {
        one_column(call, element);
        return OK;
    }
    if (element->child_count > TABLE_FUNCTION_COLUMNS_MAX)
        return error_at(err, E_LIMIT, call->span, "UNNEST of rows with more than %d fields",
                        TABLE_FUNCTION_COLUMNS_MAX);
    for (uint32_t i = 0; i < element->child_count; i++) {
        call->types[i] = element->children[i];
        call->names[i] = element->names[i];
    }
    call->column_count = element->child_count;
    return OK;
}

static enum code unnest_kernel(const struct table_run *run, struct table_place *place,
                               uint32_t most, struct table_rows *out, struct error *err)
{
    const struct column *lists = run->args[0];
    /* A NULL among rows gives no row (Flink), one among values a NULL. */
    bool rows = lists->type->id == TYPE_ARRAY && lists->type->children[0]->id == TYPE_ROW;
    uint32_t *elements = arena_array(run->arena, uint32_t, MAX(most, 1));
    if (!elements)
        return error_nomem(err);
    for (; place->row < run->n; place->row++, place->item = 0) {
        uint32_t row = row_of(run, place->row);
        if (!column_is_valid(lists, row))
            continue;
        struct list_slot slot = COLUMN_AT(lists, struct list_slot, row);
        for (; place->item < slot.size && out->count < most; place->item++) {
            uint32_t element = slot.start + (uint32_t)place->item;
            if (rows && !column_is_valid(lists->children[0], element))
                continue;
            elements[out->count] = element;
            add_row(out, place->row, place->item);
        }
        if (place->item < slot.size)
            break;
    }
    uint32_t n = 0;
    for (uint32_t k = 0; k < lists->child_count; k++) {
        struct column *c = column_gather(run->arena, lists->children[k], elements, out->count);
        if (!c)
            return error_nomem(err);
        for (uint32_t f = 0; rows && f < c->child_count; f++)
            out->columns[n++] = c->children[f];
        if (!rows)
            out->columns[n++] = c;
    }
    return OK;
}

const struct table_function table_function_unnest = {
    "UNNEST", DIALECT_BOTH, "UNNEST(array | map) [WITH ORDINALITY]",
    "A row for each element of an array or entry of a map.", unnest_resolve, unnest_kernel
};

/* --- the same row n times ------------------------------------------------------------------ */

static enum code repeat_resolve(struct table_call *call, struct error *err)
{
    if (call->arg_count < 1 || call->arg_count > TABLE_FUNCTION_COLUMNS_MAX)
        return wrong_form(call, &table_function_repeat, err);
    for (uint32_t i = 1; i < call->arg_count; i++) {
        call->types[i - 1] = call->args[i]->type;
        call->names[i - 1] = STR("f0");
    }
    call->column_count = call->arg_count - 1;
    return OK;
}

static enum code repeat_kernel(const struct table_run *run, struct table_place *place,
                               uint32_t most, struct table_rows *out, struct error *err)
{
    uint32_t *rows = arena_array(run->arena, uint32_t, MAX(most, 1));
    if (!rows)
        return error_nomem(err);
    for (; place->row < run->n; place->row++, place->item = 0) {
        uint32_t row = row_of(run, place->row);
        int64_t times =
            column_is_valid(run->args[0], row) ? COLUMN_AT(run->args[0], int64_t, row) : 0;
        for (; (int64_t)place->item < times && out->count < most; place->item++) {
            rows[out->count] = row;
            add_row(out, place->row, place->item);
        }
        if ((int64_t)place->item < times)
            break;
    }
    for (uint32_t c = 0; c < run->arg_count - 1; c++)
        if (!(out->columns[c] =
                  column_gather(run->arena, run->args[c + 1], rows, out->count)))
            return error_nomem(err);
    return OK;
}

const struct table_function table_function_repeat = {
    " REPEAT", DIALECT_BOTH, "REPEAT(n, columns ...)", "The row n times.", repeat_resolve,
    repeat_kernel
};

/* --- GENERATE_SERIES ----------------------------------------------------------------------- */

static const struct table_function functions[];
enum { SERIES, STRING_SPLIT, REGEXP_SPLIT };

static enum code series_resolve(struct table_call *call, struct error *err)
{
    if (call->arg_count != 2)
        return wrong_form(call, &functions[SERIES], err);
    for (uint32_t i = 0; i < 2; i++)
        TRY(coerce(call, i, &type_bigint, err));
    one_column(call, &type_bigint);
    return OK;
}

/* from, from + 1, ... to - 1 */
static enum code series_kernel(const struct table_run *run, struct table_place *place,
                               uint32_t most, struct table_rows *out, struct error *err)
{
    struct column *c = column_create(run->arena, &type_bigint, most);
    if (!c)
        return error_nomem(err);
    int64_t *values = COLUMN_OUT(c, int64_t);
    for (; place->row < run->n; place->row++, place->item = 0) {
        uint32_t row = row_of(run, place->row);
        if (!column_is_valid(run->args[0], row) || !column_is_valid(run->args[1], row))
            continue;
        int64_t from = COLUMN_AT(run->args[0], int64_t, row);
        int64_t to = COLUMN_AT(run->args[1], int64_t, row);
        uint64_t size = to > from ? (uint64_t)to - (uint64_t)from : 0;
        for (; place->item < size && out->count < most; place->item++) {
            values[out->count] = (int64_t)((uint64_t)from + place->item);
            add_row(out, place->row, place->item);
        }
        if (place->item < size)
            break;
    }
    c->count = out->count;
    out->columns[0] = c;
    return OK;
}

/* --- splitting texts ------------------------------------------------------------------------- */

static enum code split_resolve(struct table_call *call, struct error *err)
{
    if (call->arg_count != 2)
        return wrong_form(call, &functions[STRING_SPLIT], err);
    for (uint32_t i = 0; i < 2; i++)
        if (!type_is_string(call->args[i]->type))
            TRY(coerce(call, i, &type_string, err));
    one_column(call, &type_string);
    return OK;
}

/* The parts of one text; `item` of them have been given. */
struct splitter {
    struct str text, separator;
    const struct regex *regex; /* NULL: the separator as it is */
    struct regex_run *run;
    size_t at;
    bool done;
};

static enum code next_part(struct splitter *s, struct str *ret, struct error *err)
{
    size_t begin = (size_t)-1, end = 0;
    if (s->regex) {
        bool found;
        TRY(regex_find(s->run, s->regex, s->text, s->at, &found, err));
        if (found && (!regex_group(s->run, 0, &begin, &end) || end == begin))
            begin = (size_t)-1; /* an empty match splits nothing */
    } else if (s->separator.size > 0) {
        const char *hit = s->text.size - s->at >= s->separator.size
                              ? memmem(s->text.data + s->at, s->text.size - s->at,
                                       s->separator.data, s->separator.size)
                              : NULL;
        if (hit) {
            begin = (size_t)(hit - s->text.data);
            end = begin + s->separator.size;
        }
    }
    s->done = begin == (size_t)-1;
    size_t to = s->done ? s->text.size : begin;
    *ret = str_make(s->text.data + s->at, to - s->at);
    s->at = s->done ? s->text.size : end;
    return OK;
}

static enum code begin_split(const struct table_run *run, uint32_t row, bool by_regex,
                             struct splitter *s, struct error *err)
{
    *s = (struct splitter){ .text = view_str(COLUMN_AT(run->args[0], struct view, row)),
                            .separator = view_str(COLUMN_AT(run->args[1], struct view, row)) };
    if (!by_regex)
        return OK;
    const struct error *reason;
    TRY(regex_run_get(run->op_arena, run->scratch, &s->run, err));
    TRY(regex_run_compile(s->run, s->separator, 0, &s->regex, &reason, err));
    if (!s->regex)
        return error_set(err, E_DATA, "\"" STR_FMT "\" is not a regular expression: %s",
                         STR_ARG(s->separator), reason ? reason->message : "");
    s->text = regex_text(run->arena, s->text);
    return s->text.data ? OK : error_nomem(err);
}

static enum code split_rows(const struct table_run *run, struct table_place *place,
                            uint32_t most, struct table_rows *out, bool by_regex,
                            struct error *err)
{
    struct column *c = column_create(run->arena, &type_string, most);
    if (!c)
        return error_nomem(err);
    for (; place->row < run->n; place->row++, place->item = 0) {
        uint32_t row = row_of(run, place->row);
        if (!column_is_valid(run->args[0], row) || !column_is_valid(run->args[1], row))
            continue;
        struct splitter s;
        TRY(begin_split(run, row, by_regex, &s, err));
        /* A row that was interrupted is split again up to where it was. */
        for (uint64_t item = 0; !s.done; item++) {
            if (item >= place->item && out->count == most) {
                c->count = out->count;
                out->columns[0] = c;
                return OK;
            }
            struct str part;
            TRY(next_part(&s, &part, err));
            if (item < place->item)
                continue;
            COLUMN_OUT(c, struct view)[out->count] = view_of(part);
            add_row(out, place->row, item);
            place->item = item + 1;
        }
    }
    c->count = out->count;
    out->columns[0] = c;
    return OK;
}

static enum code split_kernel(const struct table_run *run, struct table_place *place,
                              uint32_t most, struct table_rows *out, struct error *err)
{
    return split_rows(run, place, most, out, false, err);
}

static enum code regexp_split_kernel(const struct table_run *run, struct table_place *place,
                                     uint32_t most, struct table_rows *out, struct error *err)
{
    return split_rows(run, place, most, out, true, err);
}

/* --- the registry ------------------------------------------------------------------------------ */

static const struct table_function functions[] = {
    [SERIES] = { "GENERATE_SERIES", DIALECT_BOTH, "GENERATE_SERIES(from, to)",
                 "The numbers from `from` up to the one before `to`, a row each.", series_resolve,
                 series_kernel },
    [STRING_SPLIT] = { "STRING_SPLIT", DIALECT_BOTH, "STRING_SPLIT(text, separator)",
                       "The parts of a text between separators, a row each.", split_resolve,
                       split_kernel },
    [REGEXP_SPLIT] = { "REGEXP_SPLIT", DIALECT_BOTH, "REGEXP_SPLIT(text, pattern)",
                       "The parts of a text between matches of a regular expression, a row each.",
                       split_resolve, regexp_split_kernel },
};

const struct table_function *table_function_at(uint32_t i)
{
    if (i < countof(functions))
        return &functions[i];
    return i == countof(functions) ? &table_function_unnest : NULL;
}

const struct table_function *table_function_find(struct str name, enum dialect dialect)
{
    for (size_t i = 0; i < countof(functions); i++)
        if (functions[i].dialects & dialect && str_iis(name, functions[i].name))
            return &functions[i];
    return NULL;
}
