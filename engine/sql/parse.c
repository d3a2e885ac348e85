/* parse.c -- see parse.h.
 *
 * The loop between the token stream and the generated parser.  Before each token the
 * parser's state stack is noted, so that a refused token can be explained (see the end of
 * grammar/sql.y); the stack is short, and noting it costs little beside the parse.
 *
 * The last statement's ";" is supplied if it is missing, so the grammar knows only
 * statements that end in one.
 *
 * sql_parse_all() begins anew behind a statement with an error, with an empty parser; recover.c
 * says where that is.  A statement set with an error is read again, its INSERTs one by one. */
#include "sql/parse.h"

#include "base/arena.h"
#include "base/memory.h"
#include "base/utf8.h"
#include "sql/build.h"
#include "sql/parse_error.h"
#include "sql/recover.h"

#include "sql.h"

/* The generated parser. */
void *sql_parserAlloc(void *(*alloc)(size_t));
void sql_parserFree(void *parser, void (*release)(void *));
void sql_parser(void *parser, int code, struct sql_token token, struct build *cx);

enum { MAX_OPEN = 64, MAX_BROKEN = 1000 };

struct run {
    struct build build;
    struct sql_tokens tokens;
    void *parser;
    struct sql_token previous;
    struct sql_states *states; /* before the current token */
    struct sql_states *previous_states;
    uint32_t open[MAX_OPEN]; /* offsets of the parentheses that are open */
    uint32_t depth;
    uint32_t begin;       /* of the statement that is being read, with what stands before it */
    uint32_t words;       /* tokens of it so far */
    uint32_t next;        /* where the next one begins, if a ";" is all that is missing; or 0 */
    struct sql_token now; /* fed or refused last */
    bool in_set;          /* reading a statement set one by one */
    bool has_held;        /* its error, in case that none of its INSERTs has one */
    struct error held;
    struct sql_broken held_statement;
    uint32_t broken_count;
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
        .begin = run->begin,
        .words = run->words,
        .rest = &run->tokens,
    };
    if (refusal.has_open)
        refusal.open = run->open[run->depth - 1];
    enum code code = sql_refuse(&refusal, run->build.err);
    run->next = refusal.next;
    return code;
}

/* One token into the parser.  `at_end` marks the ";" that the text did not have. */
static enum code feed(struct run *run, struct sql_token token, bool at_end)
{
    struct sql_states *spare = run->previous_states;
    run->previous_states = run->states;
    run->states = spare;
    spare->n = sql_parser_snapshot(run->parser, spare->states, SQL_MAX_STATES);

    uint32_t count = run->build.script->statements.count;
    run->now = token;
    sql_parser(run->parser, token.code, token, &run->build);
    if (run->build.script->statements.count != count) { /* noticed one token later */
        run->begin = run->build.end;
        run->words = 0;
    }
    if (run->build.code != OK)
        return run->build.code;
    if (run->build.refused)
        return refused(run, token, at_end);
    note_parenthesis(run, token);
    run->build.end = token.span.offset + token.span.size;
    run->previous = token;
    run->words++;
    return OK;
}

/* Is this the END of a statement set that is read one by one? */
static bool ends_set(struct run *run, struct sql_token token)
{
    bool is_first = run->previous.code == 0 || run->previous.code == TK_SEMICOLON;
    return run->in_set && is_first && token.code == TK_END;
}

static enum code refused_lexed(struct run *run, struct sql_token token)
{
    /* A statement that is complete is taken into the script at the next token: here is one. */
    if (run->previous.code == TK_SEMICOLON)
        TRY(feed(run, run->previous, false));
    run->now = token;
    struct sql_refusal refusal = { .text = run->build.script->text,
                                   .token = token,
                                   .begin = run->begin };
    return sql_refuse_lexed(&refusal, run->build.err);
}

static enum code feed_all(struct run *run, int first)
{
    if (first != 0)
        TRY(feed(run, (struct sql_token){ .code = first }, false));
    for (;;) {
        struct sql_token token = sql_tokens_next(&run->tokens);
        if (token.code < 0)
            return refused_lexed(run, token);
        if (token.code == 0)
            break;
        if (ends_set(run, token))
            run->in_set = false;
        else
            TRY(feed(run, token, false));
    }
    struct span end = { run->build.end, 0 };
    if (run->previous.code != TK_SEMICOLON)
        TRY(feed(run, (struct sql_token){ .span = end, .code = TK_SEMICOLON }, true));
    return feed(run, (struct sql_token){ .span = end }, true);
}

/* ---- going on behind an error ---------------------------------------------------------- */

static enum code begin_anew(struct run *run, uint32_t at)
{
    sql_parserFree(run->parser, mem_free);
    if (!(run->parser = sql_parserAlloc(mem_alloc)))
        return E_NOMEM;
    struct str text = run->build.script->text;
    sql_tokens_init(&run->tokens, text.data, (uint32_t)text.size);
    run->tokens.lexer.at = at;
    run->build.code = OK;
    run->build.refused = false;
    run->build.end = at;
    run->previous = (struct sql_token){ .code = 0 };
    run->states->n = run->previous_states->n = 0;
    run->depth = 0;
    run->words = 0;
    run->next = 0;
    run->begin = at;
    return OK;
}

static void tell(struct run *run, const struct sql_listener *listener, const struct error *err,
                 const struct sql_broken *statement)
{
    run->broken_count++;
    run->has_held = false;
    listener->broken(listener->self, err, statement);
}

static void tell_held(struct run *run, const struct sql_listener *listener)
{
    if (run->has_held)
        tell(run, listener, &run->held, &run->held_statement);
    run->in_set = false;
}

static enum code go_on(struct run *run, const struct sql_listener *listener, struct error *err)
{
    struct sql_recovery r;
    struct str text = run->build.script->text;
    sql_recover(text, run->begin, run->now.span.offset, run->in_set, &r);
    if (r.has_open && r.open < run->now.span.offset)
        sql_refuse_open(r.open_is_name, r.open, err);
    else if (run->next > run->begin)
        r.resume = run->next;
    r.statement.span.size = r.resume - r.statement.span.offset;
    if (!run->in_set && r.set_body > 0 && run->now.span.offset >= r.set_body) {
        run->in_set = true;
        run->has_held = true;
        run->held = *err;
        run->held_statement = r.statement;
        return begin_anew(run, r.set_body);
    }
    tell(run, listener, err, &r.statement);
    return begin_anew(run, MAX(r.resume, run->begin + 1));
}

static enum code feed_statements(struct run *run, const struct sql_listener *listener)
{
    struct error err = { .code = OK };
    struct error *caller = run->build.err;
    run->build.err = &err;
    enum code code = OK;
    while (run->broken_count < MAX_BROKEN) {
        code = feed_all(run, 0);
        if (code == OK || code == E_NOMEM)
            break;
        if (run->has_held && !run->in_set) /* its END was passed */
            tell_held(run, listener);
        if ((code = go_on(run, listener, &err)) != OK)
            break;
    }
    tell_held(run, listener);
    run->build.err = caller;
    if (code != OK && caller)
        *caller = err;
    return code;
}

/* ---- a text ---------------------------------------------------------------------------- */

/* `first` is 0, TK_PARSE_EXPR or TK_PARSE_TYPE.  With a listener errors are told to it. */
static enum code parse(struct arena *arena, struct str text, int first,
                       const struct sql_listener *listener, struct build *ret, struct error *err)
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
    enum code code = E_NOMEM;
    if (!script || !run || !states || !(run->parser = sql_parserAlloc(mem_alloc)))
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
    sql_tokens_init(&run->tokens, script->text.data, (uint32_t)text.size);
    code = listener ? feed_statements(run, listener) : feed_all(run, first);
    *ret = run->build;
done:
    if (run && run->parser)
        sql_parserFree(run->parser, mem_free);
    mem_free(states);
    mem_free(run);
    return code == E_NOMEM ? error_nomem(err) : code;
}

enum code sql_parse(struct arena *arena, struct str text, struct ast_script **ret,
                    struct error *err)
{
    struct build build;
    TRY(parse(arena, text, 0, NULL, &build, err));
    *ret = build.script;
    return OK;
}

enum code sql_parse_all(struct arena *arena, struct str text, const struct sql_listener *listener,
                        struct ast_script **ret, struct error *err)
{
    struct build build;
    TRY(parse(arena, text, 0, listener, &build, err));
    *ret = build.script;
    return OK;
}

enum code sql_parse_expr(struct arena *arena, struct str text, struct ast_node **ret,
                         struct error *err)
{
    struct build build;
    TRY(parse(arena, text, TK_PARSE_EXPR, NULL, &build, err));
    *ret = build.result;
    return OK;
}

enum code sql_parse_type(struct arena *arena, struct str text, struct ast_type **ret,
                         struct error *err)
{
    struct build build;
    TRY(parse(arena, text, TK_PARSE_TYPE, NULL, &build, err));
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
