/* complete_scope.c -- which tables a statement reads where the cursor stands, and their columns.
 *
 * A query is a run of tokens between brackets, or the whole statement; of a UNION the part in which
 * the cursor stands.  Its FROM names tables, views, tables of WITH, and subqueries, whose columns
 * are what their own SELECT gives. */
#include "session/complete_inner.h"

enum { DEPTH_MAX = 8 };

/* Columns with their types where they are known. */
struct columns {
    struct completer *c;
    struct complete_item *items; /* label: the name, help: the type */
    uint32_t count, cap;
};

/* Tokens [begin, end) of `t`. */
struct query {
    const struct complete_tokens *t;
    uint32_t begin, end;
    uint32_t depth; /* of looking through views and subqueries */
};

/* What stands in FROM. */
struct range {
    struct str alias;
    struct columns columns;
};

static void add_column(struct columns *columns, struct str name, struct str type)
{
    struct complete_item item = { .label = name, .help = type };
    if (!ARENA_PUSH(columns->c->arena, columns->items, columns->count, columns->cap, item))
        columns->c->failed = true;
}

static void add_all(struct columns *to, const struct columns *from)
{
    for (uint32_t i = 0; i < from->count; i++)
        add_column(to, from->items[i].label, from->items[i].help);
}

/* ---- queries --------------------------------------------------------------------------------- */

static bool is_set_operation(const struct complete_tokens *t, uint32_t i)
{
    return complete_is(t, i, "UNION") || complete_is(t, i, "INTERSECT") ||
           complete_is(t, i, "EXCEPT") || complete_is(t, i, "MINUS");
}

/* The query around token `here`; the smallest one. */
static struct query query_at(const struct complete_tokens *t, uint32_t here)
{
    struct query q = { .t = t, .begin = 0, .end = t->count };
    uint32_t at = here;
    for (;;) {
        uint32_t open = complete_find_open(t, 0, at);
        if (open == UINT32_MAX)
            break;
        if (complete_is(t, open + 1, "SELECT") || complete_is(t, open + 1, "WITH")) {
            q.begin = open + 1;
            q.end = complete_skip(t, open);
            q.end -= q.end > q.begin && t->items[q.end - 1].kind == SCAN_CLOSE;
            break;
        }
        at = open;
    }
    for (uint32_t i = q.begin; i < q.end; i++) {
        if (t->items[i].kind == SCAN_OPEN)
            i = complete_skip(t, i) - 1;
        else if (is_set_operation(t, i) && i < here)
            q.begin = i + 1;
        else if (is_set_operation(t, i))
            q.end = i;
    }
    return q;
}

static void columns_of_query(struct query q, struct columns *ret);

/* Of a table that WITH declares: name [(a, b)] AS ( query ). */
static bool columns_of_with(struct query q, struct str name, struct columns *ret)
{
    const struct complete_tokens *t = q.t;
    for (uint32_t i = 1; i + 2 < t->count; i++) {
        if (!str_ieq(complete_unquote(ret->c, &t->items[i]), name) ||
            !(complete_is(t, i - 1, "WITH") || complete_is(t, i - 1, ",")))
            continue;
        uint32_t as = i + 1;
        if (t->items[as].kind == SCAN_OPEN)
            as = complete_skip(t, as);
        if (!complete_is(t, as, "AS") || complete_token_at(t, as + 1)->kind != SCAN_OPEN)
            continue;
        for (uint32_t k = i + 2; k < as; k++)
            if (complete_is_name(&t->items[k]))
                add_column(ret, complete_unquote(ret->c, &t->items[k]), STR(""));
        uint32_t end = complete_skip(t, as + 1);
        if (ret->count == 0 && !(ret->c->here > as && ret->c->here < end))
            columns_of_query((struct query){ t, as + 2, end - 1, q.depth + 1 }, ret);
        return true;
    }
    return false;
}

static struct str type_text(struct columns *columns, const struct type *type)
{
    struct buf text;
    buf_init(&text, 1 << 16);
    if (type)
        type_print(&text, type);
    struct str ret = arena_str(columns->c->arena, buf_view(&text));
    buf_done(&text);
    return ret.data ? ret : STR("");
}

static void columns_of_view(const struct catalog_view *view, uint32_t depth, struct columns *ret)
{
    for (uint32_t i = 0; view->columns && i < view->column_count; i++)
        add_column(ret, view->columns[i], STR(""));
    if (view->columns || !view->text)
        return;
    struct complete_tokens tokens = { 0 };
    complete_read_tokens(ret->c, str_of(view->text), 0, &tokens);
    columns_of_query((struct query){ &tokens, 0, tokens.count, depth + 1 }, ret);
}

static void columns_of_table(struct query q, struct str name, struct columns *ret)
{
    const struct catalog *catalog = ret->c->session->catalog;
    if (columns_of_with(q, name, ret))
        return;
    const struct catalog_table *table = catalog_find_table(catalog, name);
    const struct catalog_view *view = table ? NULL : catalog_find_view(catalog, name);
    for (uint32_t i = 0; table && i < table->column_count; i++)
        add_column(ret, table->columns[i].name, type_text(ret, table->columns[i].type));
    if (view)
        columns_of_view(view, q.depth, ret);
}

/* ---- FROM ------------------------------------------------------------------------------------ */

/* Behind [AS] alias [(a, b)]. */
static uint32_t read_alias(struct query q, uint32_t at, struct range *range)
{
    struct completer *c = range->columns.c;
    const struct complete_tokens *t = q.t;
    if (complete_is(t, at, "AS"))
        at++;
    if (at >= q.end || !complete_is_name(&t->items[at]) ||
        (t == &c->tokens && at == c->here && c->word.size > 0))
        return at;
    range->alias = complete_unquote(c, &t->items[at++]);
    if (at < q.end && t->items[at].kind == SCAN_OPEN) {
        uint32_t end = complete_skip(t, at);
        range->columns.count = 0;
        for (uint32_t i = at + 1; i < end; i++)
            if (complete_is_name(&t->items[i]))
                add_column(&range->columns, complete_unquote(c, &t->items[i]), STR(""));
        at = end;
    }
    return at;
}

/* TABLE( TUMBLE( TABLE t, ... ) ): the columns of t and those of the window. */
static void columns_of_call(struct query q, uint32_t begin, uint32_t end, struct columns *ret)
{
    for (uint32_t i = begin + 1; i + 1 < end; i++) {
        if (!complete_is(q.t, i, "TABLE") || !complete_is_name(complete_token_at(q.t, i + 1)))
            continue;
        columns_of_table(q, complete_unquote(ret->c, &q.t->items[i + 1]), ret);
        add_column(ret, STR("window_start"), STR("TIMESTAMP(3) NOT NULL"));
        add_column(ret, STR("window_end"), STR("TIMESTAMP(3) NOT NULL"));
        add_column(ret, STR("window_time"), STR("TIMESTAMP(3) NOT NULL"));
        return;
    }
}

/* One item of FROM at `at`; answers where it ends. */
static uint32_t read_range(struct query q, uint32_t at, struct range *range)
{
    const struct complete_tokens *t = q.t;
    struct completer *c = range->columns.c;
    while (complete_is(t, at, "LATERAL"))
        at++;
    if (at >= q.end)
        return at;
    if (t->items[at].kind == SCAN_OPEN) {
        uint32_t end = complete_skip(t, at);
        if (t != &c->tokens || c->here <= at || c->here >= end)
            columns_of_query((struct query){ t, at + 1, end - 1, q.depth + 1 }, &range->columns);
        return read_alias(q, end, range);
    }
    if (complete_token_at(t, at + 1)->kind == SCAN_OPEN) { /* TABLE(...), UNNEST(...) */
        uint32_t end = complete_skip(t, at + 1);
        columns_of_call(q, at + 1, end, &range->columns);
        return read_alias(q, end, range);
    }
    if (!complete_is_name(&t->items[at]))
        return at + 1;
    while (at + 2 < q.end && complete_is(t, at + 1, ".") && complete_is_name(&t->items[at + 2]))
        at += 2;
    if (t == &c->tokens && at == c->here && c->word.size > 0 && !complete_is(t, at + 1, "."))
        return at + 1; /* it is what is typed */
    range->alias = complete_unquote(c, &t->items[at]);
    columns_of_table(q, range->alias, &range->columns);
    at++;
    if (complete_is(t, at, "FOR")) { /* SYSTEM_TIME AS OF o.proctime: an alias comes behind it */
        while (at < q.end && !complete_is(t, at, "OF"))
            at++;
        at++;
        while (at + 2 < q.end && complete_is(t, at + 1, "."))
            at += 2;
        at++;
        if (at < q.end && t->items[at].kind == SCAN_OPEN)
            at = complete_skip(t, at);
    }
    return read_alias(q, at, range);
}

struct ranges {
    struct range *items;
    uint32_t count, cap;
};

static void read_from(struct completer *c, struct query q, struct ranges *ret)
{
    const struct complete_tokens *t = q.t;
    bool in_from = false;
    if (q.depth > DEPTH_MAX)
        return;
    for (uint32_t i = q.begin; i < q.end;) {
        bool begins = complete_is(t, i, "FROM") || complete_is(t, i, "JOIN");
        if (begins || (in_from && complete_is(t, i, ","))) {
            struct range range = { .columns = { .c = c } };
            in_from = true;
            i = MAX(read_range(q, i + 1, &range), i + 1);
            if (!ARENA_PUSH(c->arena, ret->items, ret->count, ret->cap, range))
                c->failed = true;
        } else if (t->items[i].kind == SCAN_OPEN) {
            i = complete_skip(t, i);
        } else {
            if (complete_is(t, i, "WHERE") || complete_is(t, i, "GROUP") ||
                complete_is(t, i, "ORDER") || complete_is(t, i, "HAVING") ||
                complete_is(t, i, "LIMIT") || complete_is(t, i, "SELECT"))
                in_from = false;
            i++;
        }
    }
}

/* ---- SELECT ---------------------------------------------------------------------------------- */

static void columns_of_item(struct query q, uint32_t begin, uint32_t end, struct columns *ret)
{
    const struct complete_tokens *t = q.t;
    if (begin >= end)
        return;
    bool all = complete_is(t, end - 1, "*") && (end == begin + 1 || complete_is(t, end - 2, "."));
    if (all) {
        struct ranges ranges = { 0 };
        read_from(ret->c, q, &ranges);
        for (uint32_t i = 0; i < ranges.count; i++)
            if (end == begin + 1 ||
                str_ieq(ranges.items[i].alias, complete_unquote(ret->c, &t->items[begin])))
                add_all(ret, &ranges.items[i].columns);
        return;
    }
    const struct complete_token *last = &t->items[end - 1];
    bool named = complete_is_name(last) ||
                 (end - begin > 1 && complete_is(t, end - 2, "AS") && last->kind == SCAN_KEYWORD);
    if (named)
        add_column(ret, complete_unquote(ret->c, last), STR(""));
}

static void columns_of_query(struct query q, struct columns *ret)
{
    const struct complete_tokens *t = q.t;
    uint32_t at = q.begin;
    if (q.depth > DEPTH_MAX)
        return;
    while (at < q.end && !complete_is(t, at, "SELECT"))
        at = t->items[at].kind == SCAN_OPEN ? complete_skip(t, at) : at + 1;
    /* Of a UNION the first part gives the names. */
    for (uint32_t i = at; i < q.end; i++) {
        if (t->items[i].kind == SCAN_OPEN)
            i = complete_skip(t, i) - 1;
        else if (is_set_operation(t, i))
            q.end = i;
    }
    q.begin = at++;
    if (complete_is(t, at, "DISTINCT") || complete_is(t, at, "ALL"))
        at++;
    uint32_t begin = at;
    while (at <= q.end) {
        bool ends = at == q.end || complete_is(t, at, ",") || complete_is(t, at, "FROM");
        if (ends) {
            columns_of_item(q, begin, at, ret);
            begin = at + 1;
        }
        if (at == q.end || complete_is(t, at, "FROM"))
            return;
        at = t->items[at].kind == SCAN_OPEN ? complete_skip(t, at) : at + 1;
    }
}

/* ---- what is offered ------------------------------------------------------------------------- */

static void offer_all(struct completer *c, const struct columns *columns)
{
    for (uint32_t i = 0; i < columns->count; i++)
        complete_offer_name(c, COMPLETE_COLUMN, columns->items[i].label, columns->items[i].help);
}

/* INSERT INTO t ( ... */
static bool offer_columns_of_target(struct completer *c)
{
    const struct complete_tokens *t = &c->tokens;
    uint32_t open = complete_find_open(t, 0, c->here);
    if (open == UINT32_MAX || open < 2 || !complete_is_name(&t->items[open - 1]))
        return false;
    uint32_t name = open - 1;
    while (name >= 2 && complete_is(t, name - 1, "."))
        name -= 2;
    if (name < 1 || !(complete_is(t, name - 1, "INTO") || complete_is(t, name - 1, "OVERWRITE")))
        return false;
    struct columns columns = { .c = c };
    columns_of_table((struct query){ .t = t, .end = t->count },
                     complete_unquote(c, &t->items[open - 1]), &columns);
    offer_all(c, &columns);
    return true;
}

/* SELECT is typed before FROM: until a table is named, it may be any. */
static void offer_columns_of_any(struct completer *c, struct str qualifier)
{
    const struct catalog *catalog = c->session->catalog;
    struct query q = { .t = &c->tokens, .end = c->tokens.count };
    struct columns columns = { .c = c };
    if (qualifier.data) {
        columns_of_table(q, qualifier, &columns);
    } else {
        for (uint32_t i = 0; catalog_table_at(catalog, i); i++)
            columns_of_table(q, catalog_table_at(catalog, i)->name, &columns);
        for (uint32_t i = 0; catalog_view_at(catalog, i); i++)
            columns_of_table(q, catalog_view_at(catalog, i)->name, &columns);
    }
    offer_all(c, &columns);
}

void complete_columns(struct completer *c, struct str qualifier)
{
    uint32_t range_count = 0;
    if (!qualifier.data && offer_columns_of_target(c))
        return;
    /* A subquery sees the tables of the queries around it too. */
    uint32_t here = c->here;
    for (uint32_t i = 0; i < DEPTH_MAX; i++) {
        struct query q = query_at(&c->tokens, here);
        struct ranges ranges = { 0 };
        read_from(c, q, &ranges);
        range_count += ranges.count;
        for (uint32_t k = 0; k < ranges.count; k++) {
            if (!qualifier.data || str_ieq(ranges.items[k].alias, qualifier))
                offer_all(c, &ranges.items[k].columns);
            if (!qualifier.data && ranges.items[k].alias.data)
                complete_offer_name(c, COMPLETE_TABLE, ranges.items[k].alias, STR(""));
        }
        uint32_t open = complete_find_open(&c->tokens, 0, here);
        while (open != UINT32_MAX && open + 1 > q.begin)
            open = complete_find_open(&c->tokens, 0, open);
        if (q.begin == 0 || open == UINT32_MAX)
            open = q.begin > 0 ? q.begin - 1 : UINT32_MAX;
        if (open == UINT32_MAX || q.begin == 0)
            break;
        here = open;
    }
    if (range_count == 0)
        offer_columns_of_any(c, qualifier);
}

void complete_own_columns(struct completer *c)
{
    const struct complete_tokens *t = &c->tokens;
    uint32_t open = 0;
    while (open < t->count && t->items[open].kind != SCAN_OPEN)
        open++;
    uint32_t end = complete_skip(t, open);
    for (uint32_t i = open + 1; i + 1 < end; i++) {
        bool begins = i == open + 1 || complete_is(t, i - 1, ",");
        if (t->items[i].kind == SCAN_OPEN)
            i = complete_skip(t, i) - 1;
        else if (begins && i != c->here && complete_is_name(&t->items[i]))
            complete_offer_name(c, COMPLETE_COLUMN, complete_unquote(c, &t->items[i]), STR(""));
    }
}

bool complete_is_in_from(const struct completer *c)
{
    const struct complete_tokens *t = &c->tokens;
    uint32_t depth = 0;
    for (uint32_t i = c->here; i > 0; i--) {
        enum sql_scan_kind kind = t->items[i - 1].kind;
        depth += kind == SCAN_CLOSE;
        if (kind == SCAN_OPEN && depth-- == 0)
            return false;
        if (depth == 0 && kind == SCAN_KEYWORD && !complete_is(t, i - 1, "AS"))
            return complete_is(t, i - 1, "FROM");
    }
    return false;
}

void complete_with_tables(struct completer *c)
{
    const struct complete_tokens *t = &c->tokens;
    for (uint32_t i = 1; i + 2 < t->count; i++) {
        bool begins = complete_is(t, i - 1, "WITH") || complete_is(t, i - 1, ",");
        if (!begins || !complete_is_name(&t->items[i]))
            continue;
        uint32_t as = t->items[i + 1].kind == SCAN_OPEN ? complete_skip(t, i + 1) : i + 1;
        if (complete_is(t, as, "AS") && complete_token_at(t, as + 1)->kind == SCAN_OPEN)
            complete_offer_name(c, COMPLETE_TABLE, complete_unquote(c, &t->items[i]), STR(""));
    }
}
