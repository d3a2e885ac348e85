/* scope.c -- which column a name means.
 *
 * Names are matched exactly first, then without case (blink-dialect R-18).  A path
 * is tried as column, then as alias.column; what is left of it are fields of a ROW. */
#include "bind/binder.h"
#include "base/nearest.h"

bool scope_add(struct binder *b, struct scope *scope, struct str qualifier, struct str name,
               const struct type *type, uint32_t column)
{
    struct scope_item item = {
        .qualifier = qualifier, .name = name, .type = type, .column = column
    };
    return ARENA_PUSH(b->arena, scope->items, scope->count, scope->cap, item);
}

/* Index of the one match, -1 none, -2 several. */
static int find(const struct scope *scope, const struct str *qualifier, struct str name)
{
    for (int pass = 0; pass < 2; pass++) {
        int found = -1;
        for (uint32_t i = 0; i < scope->count; i++) {
            const struct scope_item *item = &scope->items[i];
            if (qualifier ? !str_ieq(item->qualifier, *qualifier) : item->qualified_only)
                continue;
            bool same = pass == 0 ? str_eq(item->name, name) : str_ieq(item->name, name);
            if (same)
                found = found == -1 ? (int)i : -2;
        }
        if (found != -1)
            return found;
    }
    return -1;
}

static bool has_qualifier(const struct scope *scope, struct str qualifier)
{
    for (uint32_t i = 0; i < scope->count; i++)
        if (str_ieq(scope->items[i].qualifier, qualifier))
            return true;
    return false;
}

static void suggest(const struct scope *scope, struct str name, struct error *err)
{
    enum { MOST = 256 };
    struct str names[MOST];
    size_t n = 0;
    for (uint32_t i = 0; i < scope->count && n < MOST; i++) {
        bool seen = false;
        for (size_t k = 0; k < n && !seen; k++)
            seen = str_eq(names[k], scope->items[i].name);
        if (!seen)
            names[n++] = scope->items[i].name;
    }
    int at = nearest_of(name, names, n);
    if (at >= 0)
        error_hint(err, "Perhaps you meant \"" STR_FMT "\".", STR_ARG(names[at]));
}

static enum code no_field(const struct expr *e, const struct ast_name *of,
                          const struct ast_name *field, struct error *err)
{
    struct buf type;
    buf_init(&type, 512);
    type_print(&type, e->type);
    error_at(err, E_TYPE, field->span, "\"" STR_FMT "\" is %s and has no field \"" STR_FMT "\"",
             STR_ARG(of->text), buf_cstr(&type), STR_ARG(field->text));
    buf_done(&type);
    return E_TYPE;
}

/* "t" where FROM calls the table otherwise. */
void scope_hint_tables(const struct scope *scope, struct error *err)
{
    for (uint32_t i = 0; i < scope->count; i++)
        if (scope->items[i].qualifier.size > 0) {
            error_hint(err, "FROM has \"" STR_FMT "\".", STR_ARG(scope->items[i].qualifier));
            return;
        }
}

/* An unknown name may be one of what has errors itself: then nobody hears of it. */
static enum code not_found(const struct scope *scope, struct error *err)
{
    err->is_told = scope->has_gap;
    return E_NAME;
}

/* Does the path begin with something of this scope? */
static bool is_inner(const struct scope *scope, const struct ast_names *path)
{
    return (path->count > 1 && has_qualifier(scope, path->items[0].text)) ||
           find(scope, NULL, path->items[0].text) != -1;
}

/* `has_gap`: of the scope that the path is not in. */
static enum code resolve_outer(struct binder *b, const struct scope *outer, bool has_gap,
                               const struct ast_names *path, struct expr **ret, struct error *err)
{
    if (outer->outer && !is_inner(outer, path))
        return bind_unsupported(path->span, "a column of a query two levels further out", err);
    enum code code = scope_resolve(b, outer, path, ret, err);
    if (code == E_NAME && has_gap && !has_qualifier(outer, path->items[0].text))
        err->is_told = true;
    TRY(code);
    *ret = plan_shift_columns(b->arena, *ret, 0, OUTER_COLUMNS);
    return *ret ? OK : error_nomem(err);
}

enum code scope_resolve(struct binder *b, const struct scope *scope, const struct ast_names *path,
                        struct expr **ret, struct error *err)
{
    const struct ast_name *first = &path->items[0];
    if (scope && scope->outer && !is_inner(scope, path))
        return resolve_outer(b, scope->outer, scope->has_gap, path, ret, err);
    if (!scope || scope->count == 0) {
        b->lacks_from = !scope || !scope->has_gap;
        error_at(err, E_NAME, path->span,
                 "column \"" STR_FMT "\" cannot be used here: there is no table to read it from",
                 STR_ARG(first->text));
        if (scope && !scope->outer)
            error_hint(err, "FROM names the table; a string stands in single quotes: '" STR_FMT "'.",
                       STR_ARG(first->text));
        return scope ? not_found(scope, err) : E_NAME;
    }
    /* A name with a dot is alias.column first, and column.field where there is no such alias. */
    uint32_t used = 1;
    int at = -1;
    if (path->count > 1 && has_qualifier(scope, first->text)) {
        at = find(scope, &first->text, path->items[1].text);
        used = at == -1 ? 1 : 2;
    }
    if (at == -1)
        at = find(scope, NULL, first->text);
    if (at == -1 && path->count > 1) {
        /* alias.column, or catalog.database.alias.column */
        for (uint32_t q = 0; q + 1 < path->count && at == -1; q++) {
            if (!has_qualifier(scope, path->items[q].text))
                continue;
            at = find(scope, &path->items[q].text, path->items[q + 1].text);
            used = q + 2;
            if (at == -1) {
                error_at(err, E_NAME, path->items[q + 1].span,
                         "column \"" STR_FMT "\" does not exist in \"" STR_FMT "\"",
                         STR_ARG(path->items[q + 1].text), STR_ARG(path->items[q].text));
                suggest(scope, path->items[q + 1].text, err);
                return E_NAME;
            }
        }
        if (at == -1) {
            error_at(err, E_NAME, first->span, "table or column \"" STR_FMT
                     "\" does not exist here",
                     STR_ARG(first->text));
            scope_hint_tables(scope, err);
            return not_found(scope, err);
        }
    }
    if (at == -1) {
        error_at(err, E_NAME, first->span, "column \"" STR_FMT "\" does not exist",
                 STR_ARG(first->text));
        suggest(scope, first->text, err);
        return not_found(scope, err);
    }
    if (at == -2) {
        error_at(err, E_NAME, path->span, "column \"" STR_FMT "\" is ambiguous",
                 STR_ARG(path->items[used - 1].text));
        error_hint(err, "Put the name of its table and a dot in front of it.");
        return E_NAME;
    }
    const struct scope_item *item = &scope->items[at];
    if (bind_is_failed(item->type)) {
        error_at(err, E_NAME, path->span, "the definition of column \"" STR_FMT "\" has an error",
                 STR_ARG(item->name));
        err->is_told = true;
        return E_NAME;
    }
    struct expr *e = expr_column(b->arena, item->column, item->type, path->span);
    if (!e)
        return error_nomem(err);
    for (; used < path->count; used++) {
        struct expr *args[2] = { e, expr_string(b->arena, path->items[used].text,
                                                path->items[used].span) };
        if (!args[1])
            return error_nomem(err);
        if (e->type->id != TYPE_ROW)
            return no_field(e, &path->items[used - 1], &path->items[used], err);
        TRY(bind_operator(b, "FIELD", args, 2, path->span, &e, err));
    }
    *ret = e;
    return OK;
}
