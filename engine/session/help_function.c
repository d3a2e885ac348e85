/* help_function.c -- what `weir help` says of functions; see help_function.h. */
#include "session/help_function.h"

#include "agg/agg_over.h"
#include "expr/function.h"
#include "expr/table_function.h"
#include "session/help_layout.h"
#include "session/help_rows.h"

static bool is_first_of_name(uint32_t at)
{
    for (uint32_t i = 0; i < at; i++)
        if (strcmp(function_at(i)->name, function_at(at)->name) == 0 &&
            strcmp(function_at(i)->category, function_at(at)->category) == 0)
            return false;
    return true;
}

static void put_category(struct buf *out, const char *category)
{
    struct buf names;
    buf_init(&names, 1 << 18);
    for (uint32_t i = 0; function_at(i); i++)
        if (strcmp(function_at(i)->category, category) == 0 && is_first_of_name(i))
            buf_printf(&names, "%s%s", names.size > 0 ? ", " : "", function_at(i)->name);
    buf_printf(out, "%s\n  ", category);
    help_put_wrapped(out, 2, 2, buf_view(&names));
    buf_char(out, '\n');
    out->failed = out->failed || names.failed;
    buf_done(&names);
}

/* A line of names; `name_of` gives the i-th, NULL past the end, names that occur twice one after the
 * other. */
static void put_names(struct buf *out, const char *category, const char *(*name_of)(uint32_t i))
{
    struct buf names;
    buf_init(&names, 1 << 16);
    for (uint32_t i = 0; name_of(i); i++)
        if (i == 0 || strcmp(name_of(i - 1), name_of(i)) != 0)
            buf_printf(&names, "%s%s", names.size > 0 ? ", " : "", name_of(i));
    buf_printf(out, "%s\n  ", category);
    help_put_wrapped(out, 2, 2, buf_view(&names));
    buf_char(out, '\n');
    out->failed = out->failed || names.failed;
    buf_done(&names);
}

static const char *aggregate_name(uint32_t i)
{
    const struct agg_function *f = agg_function_at(i);
    return f ? f->name : NULL;
}

static const char *over_name(uint32_t i)
{
    const struct agg_function *f = agg_over_function_at(i);
    return f ? f->name : NULL;
}

static const char *table_function_name(uint32_t i)
{
    const struct table_function *f = table_function_at(i);
    return f ? f->name : NULL;
}

void help_put_functions(struct buf *out)
{
    buf_text(out, "Functions and operators; weir help NAME explains one.\n\n");
    for (uint32_t i = 0; function_at(i); i++) {
        bool seen = false;
        for (uint32_t k = 0; k < i && !seen; k++)
            seen = strcmp(function_at(k)->category, function_at(i)->category) == 0;
        if (!seen)
            put_category(out, function_at(i)->category);
    }
    put_names(out, "aggregate", aggregate_name);
    put_names(out, "over", over_name);
    put_names(out, "table", table_function_name);
}

bool help_put_function_group(struct buf *out, struct str category)
{
    bool is_aggregate = str_iis(category, "aggregate") || str_iis(category, "aggregates");
    for (uint32_t i = 0; function_at(i); i++)
        if (str_iis(category, function_at(i)->category)) {
            put_category(out, function_at(i)->category);
            return true;
        }
    if (is_aggregate)
        put_names(out, "aggregate", aggregate_name);
    return is_aggregate;
}

static void put_signature(struct buf *out, const char *signature, const char *summary)
{
    help_put_code(out, str_of(signature));
    if (!summary)
        return;
    buf_text(out, "  ");
    help_put_wrapped(out, 2, 2, str_of(summary));
}

static void put_example(struct buf *out, const char *example, const char *result)
{
    struct buf line;
    buf_init(&line, 1 << 16);
    buf_printf(&line, "  Example: %s gives %s", example, result);
    out->failed = out->failed || line.failed;
    help_put_code(out, buf_view(&line));
    buf_done(&line);
}

static void put_dialects(struct buf *out, unsigned dialects)
{
    buf_printf(out, "  Dialects: %s\n",
               dialects == DIALECT_BOTH    ? "blink, flink"
               : dialects == DIALECT_BLINK ? "blink"
                                           : "flink");
}

static void put_more(struct buf *out, bool *found, struct str name, const char *signature,
                     const char *summary, const char *where, unsigned dialects)
{
    if (*found)
        buf_char(out, '\n');
    *found = true;
    put_signature(out, signature, summary);
    buf_text(out, "  ");
    help_put_wrapped(out, 2, 2, str_of(where));
    const struct help_rows *example = help_rows_find(name);
    if (example)
        put_example(out, example->query, example->result);
    put_dialects(out, dialects);
}

/* Functions over groups, over other rows, and those that give rows. */
bool help_put_row_function(struct buf *out, struct str name)
{
    bool found = false;
    const struct agg_function *f;
    const struct table_function *t;
    for (uint32_t i = 0; (f = agg_function_at(i)) != NULL; i++)
        if (str_iis(name, f->name))
            put_more(out, &found, name, f->signature, f->summary,
                     "An aggregate: with GROUP BY, in windows, with OVER; FILTER (WHERE ...) "
                     "behind it.",
                     f->dialects);
    for (uint32_t i = 0; (f = agg_over_function_at(i)) != NULL; i++)
        if (str_iis(name, f->name))
            put_more(out, &found, name, f->signature, f->summary,
                     "Takes OVER (PARTITION BY ... ORDER BY ...).", f->dialects);
    for (uint32_t i = 0; (t = table_function_at(i)) != NULL; i++)
        if (str_iis(name, t->name))
            put_more(out, &found, name, t->signature, t->summary,
                     t == &table_function_unnest
                         ? "In FROM: CROSS JOIN UNNEST(...) AS t (a), LEFT JOIN ... ON TRUE."
                         : "In FROM: , LATERAL TABLE(...) AS t (a), LEFT JOIN ... ON TRUE.",
                     t->dialects);
    return found;
}

bool help_put_function(struct buf *out, struct str name)
{
    bool found = false;
    for (uint32_t i = 0; function_at(i); i++) {
        const struct function *f = function_at(i);
        if (!str_iis(name, f->name))
            continue;
        if (found)
            buf_char(out, '\n');
        found = true;
        put_signature(out, f->signature ? f->signature : f->name, f->summary);
        if (f->example)
            put_example(out, f->example, f->result ? f->result : "NULL");
        put_dialects(out, f->dialects);
    }
    return found;
}
