/* parse.c -- see parse.h.
 *
 * The loop between the token stream and the generated parser.  Before each token the
 * parser's state stack is noted, so that a refused token can be explained (see the end of
 * grammar/sql.y); the stack is short, and noting it costs little beside the parse.
 *
 * The last statement's ";" is supplied if it is missing, so the grammar knows only
 * statements that end in one. */
#include "sql/parse.h"

#include "base/arena.h"
#include "base/memory.h"
#include "base/utf8.h"
#include "sql/build.h"
#include "sql/parse_error.h"

#include "sql.h"

/* The generated parser. */
void *sql_parserAlloc(void *(*alloc)(size_t));
void sql_parserFree(void *parser, void (*release)(void *));
void sql_parser(void *parser, int code, struct sql_token token, struct build *cx);

enum { MAX_OPEN = 64 };

struct run {
    struct build build;
    struct sql_tokens tokens;
    void *parser;
    struct sql_token previous;
    struct sql_states *states; /* before the current token */
    struct sql_states *previous_states;
    uint32_t open[MAX_OPEN]; /* offsets of the parentheses that are open */
    uint32_t depth;
};

static void note_parenthesis(struct run *run, struct sql_token token)
{
    if (token.code == TK_LP) {
        if (run->depth < MAX_OPEN)
            run->open[run->depth] = token.span.offset;
        run->depth++;
    } else if (token.code == TK_RP && run->depth > 0) {
        run->depth--;
    } else if (token.code == TK_SEMICOLON) {
        run->depth = 0;
    }
}

static enum code refused(struct run *run, struct sql_token token, bool at_end)
{
    struct sql_refusal refusal = {
        .text = run->build.script->text,
        .token = token,
        .at_end = at_end,
        .states = run->states,
        .previous = run->previous,
        .previous_states = run->previous_states,
        .has_open = run->depth > 0 && run->depth <= MAX_OPEN,
    };
    if (refusal.has_open)
        refusal.open = run->open[run->depth - 1];
    return sql_refuse(&refusal, run->build.err);
}

/* One token into the parser.  `at_end` marks the ";" that the text did not have. */
static enum code feed(struct run *run, struct sql_token token, bool at_end)
{
    struct sql_states *spare = run->previous_states;
    run->previous_states = run->states;
    run->states = spare;
    spare->n = sql_parser_snapshot(run->parser, spare->states, SQL_MAX_STATES);

    sql_parser(run->parser, token.code, token, &run->build);
    if (run->build.code != OK)
        return run->build.code;
    if (run->build.refused)
        return refused(run, token, at_end);
    note_parenthesis(run, token);
    run->build.end = token.span.offset + token.span.size;
    run->previous = token;
    return OK;
}

static enum code feed_all(struct run *run, int first)
{
    struct str text = run->build.script->text;
    if (first != 0)
        TRY(feed(run, (struct sql_token){ .code = first }, false));
    for (;;) {
        struct sql_token token = sql_tokens_next(&run->tokens);
        if (token.code < 0)
            return sql_refuse_lexed(text, token, run->build.err);
        if (token.code == 0)
            break;
        TRY(feed(run, token, false));
    }
    struct span end = { run->build.end, 0 };
    if (run->previous.code != TK_SEMICOLON)
        TRY(feed(run, (struct sql_token){ .span = end, .code = TK_SEMICOLON }, true));
    return feed(run, (struct sql_token){ .span = end }, true);
}

/* `first` is 0, TK_PARSE_EXPR or TK_PARSE_TYPE. */
static enum code parse(struct arena *arena, struct str text, int first, struct build *ret,
                       struct error *err)
{
    if (text.size > SQL_MAX_TEXT_BYTES)
        return error_set(err, E_LIMIT, "text is longer than %d bytes", (int)SQL_MAX_TEXT_BYTES);
    size_t bad = utf8_valid_prefix(text.data, text.size);
    if (bad < text.size)
        return error_at(err, E_SYNTAX, (struct span){ (uint32_t)bad, 1 },
                        "text is not UTF-8: unexpected byte 0x%02X",
                        (unsigned)(unsigned char)text.data[bad]);

    struct ast_script *script = arena_new(arena, struct ast_script);
    struct run *run = mem_zalloc(sizeof *run);
    struct sql_states *states = mem_array(2, sizeof *states);
    void *parser = sql_parserAlloc(mem_alloc);
    enum code code = E_NOMEM;
    if (!script || !run || !states || !parser)
        goto done;
    script->text = arena_str(arena, text);
    if (!script->text.data)
        goto done;

    run->build = (struct build){
        .arena = arena,
        .text = script->text.data,
        .err = err,
        .script = script,
    };
    run->states = &states[0];
    run->previous_states = &states[1];
    run->parser = parser;
    sql_tokens_init(&run->tokens, script->text.data, (uint32_t)text.size);
    code = feed_all(run, first);
    *ret = run->build;
done:
    if (parser)
        sql_parserFree(parser, mem_free);
    mem_free(states);
    mem_free(run);
    return code == E_NOMEM ? error_nomem(err) : code;
}

enum code sql_parse(struct arena *arena, struct str text, struct ast_script **ret,
                    struct error *err)
{
    struct build build;
    TRY(parse(arena, text, 0, &build, err));
    *ret = build.script;
    return OK;
}

enum code sql_parse_expr(struct arena *arena, struct str text, struct ast_node **ret,
                         struct error *err)
{
    struct build build;
    TRY(parse(arena, text, TK_PARSE_EXPR, &build, err));
    *ret = build.result;
    return OK;
}

enum code sql_parse_type(struct arena *arena, struct str text, struct ast_type **ret,
                         struct error *err)
{
    struct build build;
    TRY(parse(arena, text, TK_PARSE_TYPE, &build, err));
    *ret = (struct ast_type *)build.result;
    return OK;
}

/* ---- completeness ------------------------------------------------------------------------ */

/* Walks the tokens: a ";" ends a statement unless a statement set is open, which is from BEGIN
 * (STATEMENT SET) or SET BEGIN to an END behind a ";". */
static bool is_complete(struct sql_lexer *lexer)
{
    bool complete = true, in_set = false;
    int before = TK_SEMICOLON, last = TK_SEMICOLON;
    for (;;) {
        struct sql_token token = sql_lex(lexer);
        if (token.code == 0)
            return complete;
        if (token.code == LEX_OPEN_STRING || token.code == LEX_OPEN_NAME ||
            token.code == LEX_OPEN_COMMENT)
            return false;
        if (last == TK_BEGIN && token.code == TK_STATEMENT && before == TK_SEMICOLON)
            in_set = true;
        if (token.code == TK_BEGIN && last == TK_SET && before == TK_STATEMENT)
            in_set = true;
        if (token.code == TK_END && last == TK_SEMICOLON)
            in_set = false;
        complete = token.code == TK_SEMICOLON && !in_set;
        before = last;
        last = token.code;
    }
}

bool sql_statement_complete(struct str text)
{
    if (text.size > SQL_MAX_TEXT_BYTES)
        return true; /* sql_parse() says why not */
    char *copy = mem_alloc(text.size + 1);
    if (!copy)
        return true;
    if (text.size > 0)
        memcpy(copy, text.data, text.size);
    copy[text.size] = '\0';
    struct sql_lexer lexer = { .text = copy, .size = (uint32_t)text.size };
    bool complete = is_complete(&lexer);
    mem_free(copy);
    return complete;
}
