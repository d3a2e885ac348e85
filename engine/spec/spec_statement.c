/* spec_statement.c -- one statement of a test file. */
#include "spec/spec_reader.h"

#include "base/number.h"
#include "connector/options.h"
#include "sql/parse.h"

#include "sql.h"

/* ---- rows ---- */

/* Where one statement's rows end: enough for a test, and less than what memory has. */
enum { ROWS_MAX = 1 << 20, CELLS_MAX = 4096 };

static enum code check_expression(struct spec_reader *r, struct span span)
{
    struct ast_node *ignored;
    struct str text = str_make(r->text.data + span.offset, span.size);
    struct arena *scratch = arena_create();
    if (!scratch)
        return error_nomem(r->err);
    enum code code = sql_parse_expr(scratch, text, &ignored, r->err);
    arena_destroy(scratch);
    if (code != OK && r->err->has_span)
        r->err->span.offset += span.offset;
    else if (code != OK)
        error_locate(r->err, span);
    return code;
}

/* One value, up to the comma or parenthesis behind it. */
static enum code read_cell(struct spec_reader *r, struct spec_cell *ret)
{
    struct span span = { r->token.span.offset, 0 };
    uint32_t depth = 0, tokens = 0;
    bool is_any = spec_is(r, "ANY");
    while (depth > 0 || (r->token.code != TK_COMMA && r->token.code != TK_RP)) {
        if (r->token.code == 0 || r->token.code == TK_SEMICOLON)
            return spec_refuse(r, "\")\"");
        if (r->token.code == LEX_BAD_NUMBER)
            return error_at(r->err, E_SYNTAX, r->token.span, "\"" STR_FMT "\" is no number",
                            STR_ARG(spec_token_text(r)));
        depth += r->token.code == TK_LP || r->token.code == TK_LB;
        depth -= depth > 0 && (r->token.code == TK_RP || r->token.code == TK_RB);
        tokens++;
        TRY(spec_next(r));
    }
    if (tokens == 0)
        return spec_refuse(r, "a value");
    span.size = r->last.offset + r->last.size - span.offset;
    *ret = (struct spec_cell){ .span = span, .is_any = is_any && tokens == 1 };
    return ret->is_any ? OK : check_expression(r, span);
}

static enum code take_change(struct spec_reader *r, struct spec_line *line)
{
    struct spec_text kind;
    TRY(spec_string(r, "'+I', '-U', '+U' or '-D'", &kind));
    for (int i = 0; i < 4; i++)
        if (str_is(kind.text, change_names[i])) {
            line->change = (enum change)i;
            return r->token.code == TK_COMMA ? spec_next(r) : spec_refuse(r, "a comma");
        }
    error_at(r->err, E_SYNTAX, kind.span, "\"" STR_FMT "\" is no kind of change",
             STR_ARG(kind.text));
    error_hint(r->err, "A change begins with '+I', '-U', '+U' or '-D'.");
    return E_SYNTAX;
}

static enum code read_line(struct spec_reader *r, bool has_change, struct spec_line *ret)
{
    uint32_t cap = 0;
    *ret = (struct spec_line){ .span = r->token.span };
    if (r->token.code != TK_LP)
        return spec_refuse(r, "a row in (...)");
    TRY(spec_next(r));
    if (has_change)
        TRY(take_change(r, ret));
    for (;;) {
        struct spec_cell cell;
        TRY(read_cell(r, &cell));
        if (ret->count == CELLS_MAX)
            return error_at(r->err, E_LIMIT, cell.span, "a row has at most %d values", CELLS_MAX);
        if (!ARENA_PUSH(r->arena, ret->cells, ret->count, cap, cell))
            return error_nomem(r->err);
        if (r->token.code == TK_RP)
            break;
        TRY(spec_next(r));
    }
    ret->span.size = r->token.span.offset + 1 - ret->span.offset;
    return spec_next(r);
}

static enum code read_lines(struct spec_reader *r, bool has_change, struct spec_statement *s)
{
    uint32_t cap = 0;
    for (;;) {
        struct spec_line line;
        TRY(read_line(r, has_change, &line));
        if (s->line_count == ROWS_MAX)
            return error_at(r->err, E_LIMIT, line.span, "a statement has at most %d rows",
                            ROWS_MAX);
        if (!ARENA_PUSH(r->arena, s->lines, s->line_count, cap, line))
            return error_nomem(r->err);
        if (r->token.code != TK_COMMA)
            return OK;
        TRY(spec_next(r));
    }
}

static enum code add_text(struct spec_reader *r, const char *expected, struct spec_statement *s,
                          uint32_t *cap)
{
    struct spec_text text;
    TRY(spec_string(r, expected, &text));
    return ARENA_PUSH(r->arena, s->texts, s->text_count, *cap, text) ? OK : error_nomem(r->err);
}

static enum code read_text(struct spec_reader *r, const char *expected, struct spec_statement *s)
{
    uint32_t cap = s->text_count;
    return add_text(r, expected, s, &cap);
}

static enum code read_texts(struct spec_reader *r, const char *expected, struct spec_statement *s)
{
    uint32_t cap = 0;
    TRY(add_text(r, expected, s, &cap));
    while (r->token.code == TK_COMMA) {
        TRY(spec_next(r));
        TRY(add_text(r, expected, s, &cap));
    }
    return OK;
}

static enum code read_columns(struct spec_reader *r, struct spec_statement *s)
{
    uint32_t cap = 0;
    if (r->token.code != TK_LP)
        return OK;
    do {
        struct spec_text name;
        TRY(spec_next(r));
        TRY(spec_name(r, "the name of a column", &name));
        if (!ARENA_PUSH(r->arena, s->columns, s->column_count, cap, name))
            return error_nomem(r->err);
    } while (r->token.code == TK_COMMA);
    return r->token.code == TK_RP ? spec_next(r) : spec_refuse(r, "\")\"");
}

/* ---- times ---- */

static enum code read_duration(struct spec_reader *r, int64_t *ret_us)
{
    struct span span = r->token.span;
    int64_t ms;
    if (r->token.code != TK_INTEGER && r->token.code != LEX_BAD_NUMBER)
        return spec_refuse(r, "a time as in 30 s");
    bool has_unit = r->token.code == LEX_BAD_NUMBER;
    TRY(spec_next(r));
    if (!has_unit) {
        if (r->token.code <= 0 || r->token.code == TK_SEMICOLON)
            return spec_refuse(r, "a unit (ms, s, min, h or d)");
        span.size = r->token.span.offset + r->token.span.size - span.offset;
        TRY(spec_next(r));
    }
    struct str text = str_make(r->text.data + span.offset, span.size);
    if (!option_parse_duration_ms(text, &ms) || ms < 0 || ms > INT64_MAX / 1000000) {
        error_at(r->err, E_SYNTAX, span, "\"" STR_FMT "\" is no time", STR_ARG(text));
        error_hint(r->err, "A time is a number and ms, s, min, h or d: 30 s.");
        return E_SYNTAX;
    }
    *ret_us = ms * 1000;
    return OK;
}

static enum code read_tick(struct spec_reader *r, struct spec_statement *s)
{
    bool is_until;
    TRY(spec_take(r, "TO", &is_until));
    return is_until ? read_text(r, "a time as in '2020-08-06T16:35:49Z'", s)
                    : read_duration(r, &s->us);
}

/* ---- statements ---- */

/* Messages and lines of a file have columns of their own. */
static enum code check_columns(struct spec_reader *r, const struct spec_statement *s)
{
    if (s->column_count == 0 || s->form == FORM_VALUES || s->form == FORM_CHANGES)
        return OK;
    return error_at(r->err, E_SYNTAX, s->columns[0].span,
                    "columns are named for VALUES%s, which are rows",
                    s->kind == SPEC_FEED ? " and CHANGES" : "");
}

static enum code read_feed(struct spec_reader *r, struct spec_statement *s)
{
    static const char *const forms[] = { "VALUES", "CHANGES", "MESSAGES", "RECORDS", "FROM", NULL };
    bool has_partition;
    uint32_t form;
    TRY(spec_name(r, "the name of a table", &s->table));
    TRY(read_columns(r, s));
    TRY(spec_take(r, "PARTITION", &has_partition));
    if (has_partition)
        TRY(spec_count(r, "the number of a partition", &s->partition));
    TRY(spec_choose(r, forms, &form));
    s->form = FORM_VALUES + (enum spec_form)form;
    TRY(check_columns(r, s));
    switch (s->form) {
    case FORM_MESSAGES:
        return read_texts(r, "a message in '...'", s);
    case FORM_RECORDS:
        return read_texts(r, "a record in '{...}'", s);
    case FORM_FILE:
        return read_text(r, "the name of a file in '...'", s);
    default:
        return read_lines(r, s->form == FORM_CHANGES, s);
    }
}

static enum code read_table(struct spec_reader *r, struct spec_statement *s)
{
    static const char *const forms[] = { "VALUES", "FROM", "NOTHING", NULL };
    uint32_t form;
    TRY(spec_name(r, "the name of a table", &s->table));
    TRY(read_columns(r, s));
    TRY(spec_choose(r, forms, &form));
    s->form = form == 0 ? FORM_VALUES : form == 1 ? FORM_FILE : FORM_NOTHING;
    TRY(check_columns(r, s));
    return form == 0   ? read_lines(r, false, s)
           : form == 1 ? read_text(r, "the name of a file in '...'", s)
                       : OK;
}

static enum code read_mock(struct spec_reader *r, struct spec_statement *s)
{
    static const char *const words[] = { "DELAY", "FAIL", "AWAY", "BACK", NULL };
    uint32_t word;
    TRY(spec_name(r, "the name of a table", &s->table));
    TRY(spec_choose(r, words, &word));
    s->mock = (enum spec_mock)word;
    if (s->mock == MOCK_DELAY)
        return read_duration(r, &s->us);
    if (s->mock != MOCK_FAIL)
        return OK;
    TRY(spec_count(r, "a number", &s->count));
    return spec_want_word(r, s->count == 1 && spec_is(r, "TIME") ? "TIME" : "TIMES");
}

static enum code read_counted(struct spec_reader *r, enum spec_want want, struct spec_statement *s)
{
    s->want = want;
    TRY(spec_count(r, "a number", &s->count));
    TRY(spec_want_word(r, "FROM"));
    return spec_name(r, "the name of a table", &s->table);
}

static enum code read_tolerance(struct spec_reader *r, struct spec_statement *s)
{
    bool given;
    TRY(spec_take(r, "WITHIN", &given));
    if (!given)
        return OK;
    s->has_tolerance = true;
    struct str text = spec_token_text(r);
    bool is_number =
        r->token.code == TK_INTEGER || r->token.code == TK_DECIMAL || r->token.code == TK_DOUBLE;
    bool ok = false;
    if (is_number)
        s->tolerance = number_parse_double(text.data, text.size, &ok);
    return ok ? spec_next(r) : spec_refuse(r, "a number as in 0.001");
}

/* How rows are compared may stand on both sides of what they are: UNORDERED CHANGES, CHANGES
 * UNORDERED. */
static enum code read_order(struct spec_reader *r, struct spec_statement *s)
{
    bool is_ordered, is_unordered;
    TRY(read_tolerance(r, s));
    TRY(spec_take(r, "ORDERED", &is_ordered));
    TRY(spec_take(r, "UNORDERED", &is_unordered));
    if (is_ordered || is_unordered)
        s->order = is_ordered ? ORDER_ORDERED : ORDER_UNORDERED;
    return read_tolerance(r, s);
}

static enum code read_rows_wanted(struct spec_reader *r, struct spec_statement *s)
{
    static const char *const wants[] = { "CHANGES", "ROWS", "NOTHING", NULL };
    uint32_t want;
    bool is_empty = false;
    if (r->token.code == TK_INTEGER) {
        int64_t number;
        struct span span = r->token.span;
        TRY(spec_count(r, "the number of a result", &number));
        if (number == 0)
            return error_at(r->err, E_SYNTAX, span, "results are counted from 1 on");
        s->result = (uint32_t)number;
        s->table.span.size = r->last.offset + r->last.size - s->table.span.offset;
    }
    TRY(read_columns(r, s));
    TRY(read_order(r, s));
    TRY(spec_choose(r, wants, &want));
    s->want = (enum spec_want)want;
    if (s->want == WANT_NOTHING)
        return OK;
    TRY(read_order(r, s));
    if (s->want == WANT_ROWS)
        TRY(spec_take(r, "NOTHING", &is_empty));
    return is_empty ? OK : read_lines(r, s->want == WANT_CHANGES, s);
}

static bool at_end(const struct spec_reader *r)
{
    return r->token.code == 0 || r->token.code == TK_SEMICOLON;
}

static enum code read_expect(struct spec_reader *r, struct spec_statement *s)
{
    TRY(spec_name(r, "a table, SKIPPED, LATE or ERROR", &s->table));
    if (spec_is(r, "FROM") && (str_iis(s->table.text, "skipped") || str_iis(s->table.text, "late")))
        return spec_refuse(r, "a number");
    if (r->token.code == TK_INTEGER && str_iis(s->table.text, "skipped"))
        return read_counted(r, WANT_SKIPPED, s);
    if (r->token.code == TK_INTEGER && str_iis(s->table.text, "late"))
        return read_counted(r, WANT_LATE, s);
    if (str_iis(s->table.text, "error") && (r->token.code == TK_STRING || at_end(r))) {
        s->want = WANT_ERROR;
        return read_text(r, "what the error says, in '...',", s);
    }
    return read_rows_wanted(r, s);
}

static enum code read_set(struct spec_reader *r, struct spec_statement *s)
{
    uint32_t cap = 0;
    TRY(add_text(r, "the name of a setting in '...'", s, &cap));
    if (r->token.code != TK_EQ)
        return spec_refuse(r, "\"=\"");
    TRY(spec_next(r));
    return add_text(r, "a value in '...'", s, &cap);
}

/* Statements of the job itself. */
static enum code check_language(struct spec_reader *r)
{
    static const char *const words[] = { "CREATE", "INSERT", "SELECT", "WITH",  "BEGIN",
                                         "USE",    "DROP",   "VALUES", "UPDATE" };
    for (uint32_t i = 0; i < countof(words); i++) {
        if (!spec_is(r, words[i]))
            continue;
        error_at(r->err, E_SYNTAX, r->token.span, "%s is for the job, not for its test", words[i]);
        error_hint(r->err,
                   "A test feeds the tables of its job (FEED) and says what it expects of them "
                   "(EXPECT): see weir help test.");
        return E_SYNTAX;
    }
    return OK;
}

enum code spec_read_statement(struct spec_reader *r, struct spec_statement *ret)
{
    static const char *const words[] = { "SET",  "JOB",    "PROFILE", "FEED",    "TABLE", "MOCK",
                                         "TICK", "EXPECT", "END",     "RESTART", "TEST",  NULL };
    uint32_t word;
    struct span span = r->token.span;
    TRY(check_language(r));
    TRY(spec_choose(r, words, &word));
    ret->kind = (enum spec_kind)word;
    bool is_setting = ret->kind <= SPEC_PROFILE;
    if (is_setting && r->has_begun) {
        error_at(r->err, E_SYNTAX, span, "%s has to stand in front of what the case does",
                 words[word]);
        error_hint(r->err, "A case begins with its job and settings, and then feeds it.");
        return E_SYNTAX;
    }
    r->has_begun = r->has_begun || !is_setting;
    switch (ret->kind) {
    case SPEC_SET:
        return read_set(r, ret);
    case SPEC_JOB:
        return read_text(r, "the name of a file in '...'", ret);
    case SPEC_PROFILE:
        return read_text(r, "the name of a profile in '...'", ret);
    case SPEC_FEED:
        return read_feed(r, ret);
    case SPEC_TABLE:
        return read_table(r, ret);
    case SPEC_MOCK:
        return read_mock(r, ret);
    case SPEC_TICK:
        return read_tick(r, ret);
    case SPEC_EXPECT:
        return read_expect(r, ret);
    case SPEC_END:
        TRY(spec_want_word(r, "OF"));
        return spec_want_word(r, "INPUT");
    case SPEC_RESTART:
        return OK;
    }
    return error_set(r->err, E_INTERNAL, "a statement that cannot be");
}
