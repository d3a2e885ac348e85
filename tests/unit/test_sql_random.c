/* test_sql_random.c -- random sentences of the grammar itself.
 *
 * The parser's own tables say which tokens may come next; walking them at random gives
 * statements that nobody would write and all of which are SQL.  Their text must parse (but
 * for words that stand where the lexer's look-ahead cannot allow them), print to something
 * that parses to an equal tree, print the same again, and parse into nodes that lie within
 * their parents.  Seeds are fixed, so a failure comes back; WEIR_SEED and WEIR_ROUNDS go
 * further. */
#include "sql/build.h"
#include "sql/parse.h"
#include "sql/parse_error.h"

#include "base/memory.h"
#include "support/check.h"
#include "test_sql_files.h"

#include "sql.h"

void *sql_parserAlloc(void *(*alloc)(size_t));
void sql_parserFree(void *parser, void (*release)(void *));
void sql_parser(void *parser, int code, struct sql_token token, struct build *cx);

enum { TEXT_BYTES = 1 << 15, MAX_TOKENS = 400 };

static uint64_t state;

static uint32_t below(uint32_t n)
{
    state = state * 6364136223846793005u + 1442695040888963407u; /* Knuth's MMIX */
    return (uint32_t)(state >> 33) % n;
}

static const char *one_of(const char *const *texts, size_t n)
{
    return texts[below((uint32_t)n)];
}

/* How a token may be written, or NULL for those that are no part of a text. */
static const char *spelling(int code)
{
    static const char *const names[] = {
        "a",         "b",
        "t",         "col1",
        "level",     "`select`",
        "value",     "key",
        "date",      "f",
        "offset",    "row",
        "DAY",       "MINUTE",
        "FIRST",     "ONLY",
        "HASH",      "TABLES",
        "CURRENT",   "CHANGELOG_MODE",
        "INT",       "SECOND",
        "MONTH",     "YEAR",
        "VARCHAR",   "DOUBLE",
        "TIMESTAMP", "comment",
        "window",    "timestampadd",
        "SUBSTRING", "`SUBSTRING`",
        "over",      "current_date",
        "`a``b`",    "\xE6\xB5\x8B",
    };
    static const char *const strings[] = { "'1'", "'it''s'", "''", "_UTF16'x'", "'1-2'", "'$.a'" };
    static const char *const integers[] = { "1", "0", "42", "007" };
    static const struct {
        int code;
        const char *text;
    } others[] = {
        { TK_DECIMAL, "1.5" },
        { TK_DOUBLE, "2e3" },
        { TK_BINARY, "X'0f'" },
        { TK_SEMICOLON, ";" },
        { TK_COMMA, "," },
        { TK_DOT, "." },
        { TK_LP, "(" },
        { TK_RP, ")" },
        { TK_LB, "[" },
        { TK_RB, "]" },
        { TK_STAR, "*" },
        { TK_PLUS, "+" },
        { TK_MINUS, "-" },
        { TK_SLASH, "/" },
        { TK_PERCENT, "%" },
        { TK_CONCAT, "||" },
        { TK_EQ, "=" },
        { TK_NE, "<>" },
        { TK_LT, "<" },
        { TK_LE, "<=" },
        { TK_GT, ">" },
        { TK_GE, ">=" },
        { TK_ARROW, "=>" },
        { TK_COLON, ":" },
        { TK_ELLIPSIS, "..." },
        { TK_HINT_BEGIN, "/*+" },
        { TK_HINT_END, "*/" },
        { TK_NOT_LA, "NOT" },
        { TK_WITH_LA, "WITH" },
        { TK_WITHOUT_LA, "WITHOUT" },
        { TK_ARRAY_START, "ARRAY" },
        { TK_ROW_START, "ROW" },
        { TK_MULTISET_START, "MULTISET" },
        { TK_TIME_LIT, "TIME" },
        { TK_INTERVAL_TYPE, "INTERVAL" },
        { TK_RAW_PARENS, "( A B+ )" },
        { TK_SET_RAW, "a.b = c" },
    };
    if (code == TK_ID)
        return one_of(names, countof(names));
    if (code == TK_STRING)
        return one_of(strings, countof(strings));
    if (code == TK_INTEGER)
        return one_of(integers, countof(integers));
    for (size_t i = 0; i < countof(others); i++)
        if (others[i].code == code)
            return others[i].text;
    return sql_keyword_text(code);
}

struct walk {
    void *parser;
    struct build build;
    struct sql_states states;
    char text[TEXT_BYTES];
    size_t used;
};

static int choose(struct walk *walk, bool closing)
{
    /* What brings a long sentence to its end. */
    static const int closers[] = {
        TK_SEMICOLON, TK_HINT_END, TK_RP, TK_END,  TK_RB,     TK_GT, TK_INTEGER, TK_STRING,
        TK_ID,        TK_FROM,     TK_AS, TK_THEN, TK_SELECT, TK_BY, TK_ON,      TK_NULL,
    };
    const struct sql_states *states = &walk->states;
    for (size_t i = 0; closing && i < countof(closers); i++)
        if (sql_parser_accepts(states->states, states->n, closers[i]))
            return closers[i];
    int candidates[400], n = 0;
    bool name = sql_parser_accepts(states->states, states->n, TK_ID);
    for (int code = 1; code < sql_parser_token_count() && n < (int)countof(candidates); code++) {
        bool usual = !(name && sql_parser_token_is_soft(code)) || below(4) == 0;
        bool empty = walk->used == 0 && code == TK_SEMICOLON;
        if (usual && !empty && sql_parser_accepts(states->states, states->n, code) &&
            spelling(code))
            candidates[n++] = code;
    }
    return n > 0 ? candidates[below((uint32_t)n)] : 0;
}

/* One token more; false when the sentence cannot go on. */
static bool step(struct walk *walk, bool closing, int *ret)
{
    walk->states.n = sql_parser_snapshot(walk->parser, walk->states.states, SQL_MAX_STATES);
    int code = choose(walk, closing);
    const char *text = code ? spelling(code) : NULL;
    if (!text || walk->used + strlen(text) + 2 > TEXT_BYTES)
        return false;
    struct sql_token token = {
        .span = { (uint32_t)walk->used, (uint32_t)strlen(text) },
        .code = code,
    };
    walk->used += (size_t)snprintf(walk->text + walk->used, TEXT_BYTES - walk->used, "%s ", text);
    sql_parser(walk->parser, code, token, &walk->build);
    walk->build.end = token.span.offset + token.span.size;
    *ret = code;
    return walk->build.code == OK && !walk->build.refused;
}

static bool walk_grammar(struct walk *walk, int limit)
{
    struct arena *arena = arena_create();
    struct ast_script *script = arena ? arena_new(arena, struct ast_script) : NULL;
    bool whole = false;
    walk->parser = sql_parserAlloc(mem_alloc);
    walk->build = (struct build){ .arena = arena, .text = walk->text, .script = script };
    walk->used = 0;
    walk->text[0] = '\0';
    for (int n = 0, code; script && walk->parser && n < MAX_TOKENS && !whole; n++) {
        if (!step(walk, n > limit, &code))
            break;
        /* Inside of a statement set a semicolon is not the end. */
        walk->states.n = sql_parser_snapshot(walk->parser, walk->states.states, SQL_MAX_STATES);
        whole = code == TK_SEMICOLON &&
                sql_parser_accepts(walk->states.states, walk->states.n, TK_CREATE);
    }
    sql_parserFree(walk->parser, mem_free);
    arena_destroy(arena);
    return whole;
}

static bool lies_within(void *cx, const struct ast_node *node)
{
    const struct span *outer = cx;
    struct span span = node->span;
    return span.offset + span.size <= outer->offset + outer->size &&
           ast_each_child(node, lies_within, &(struct span){ 0, span.offset + span.size });
}

static bool survives(struct arena *arena, const struct ast_script *script, unsigned flags,
                     struct error *err)
{
    struct ast_script *again;
    struct buf first, second;
    buf_init(&first, FILE_LIMIT);
    buf_init(&second, FILE_LIMIT);
    ast_print_script(&first, script, flags);
    bool ok = !first.failed && sql_parse(arena, buf_view(&first), &again, err) == OK &&
              ast_script_equal(script, again);
    if (ok)
        ast_print_script(&second, again, flags);
    ok = ok && str_eq(buf_view(&first), buf_view(&second));
    if (!ok)
        printf("    printed: %s\n    %s\n", buf_cstr(&first), err->message);
    buf_done(&second);
    buf_done(&first);
    return ok;
}

static void test_random_sentences(void)
{
    const char *seed_text = getenv("WEIR_SEED"), *rounds_text = getenv("WEIR_ROUNDS");
    uint64_t seed = seed_text ? strtoull(seed_text, NULL, 10) : 1;
    uint64_t rounds = rounds_text ? strtoull(rounds_text, NULL, 10) : 4000;
    int whole = 0, parsed = 0;
    struct walk *walk = mem_alloc(sizeof *walk);
    if (!CHECK(walk != NULL))
        return;
    for (uint64_t i = 0; i < rounds; i++) {
        state = seed + i;
        below(2);
        if (!walk_grammar(walk, 5 + (int)below(60)))
            continue;
        whole++;
        struct arena *arena = arena_create();
        struct ast_script *script;
        struct error err = { 0 };
        if (!CHECK(arena != NULL))
            break;
        if (sql_parse(arena, str_make(walk->text, walk->used), &script, &err) == OK) {
            struct span all = { 0, (uint32_t)walk->used };
            bool within = true;
            for (uint32_t k = 0; k < script->statements.count; k++)
                within = within && lies_within(&all, script->statements.items[k]);
            parsed++;
            if (!CHECK(within) || !CHECK(survives(arena, script, 0, &err)) ||
                !CHECK(survives(arena, script, AST_PRINT_PARENS, &err)))
                printf("    seed %llu: %s\n", (unsigned long long)(seed + i), walk->text);
        }
        arena_destroy(arena);
    }
    mem_free(walk);
    printf("  %d sentences, %d of them parse\n", whole, parsed);
    CHECK(whole > (int)(rounds / 4));
    CHECK(parsed > whole - whole / 50); /* the rest: LEFT as a name, WITH ROW (...) */
}

int main(void)
{
    RUN(test_random_sentences);
    return check_failed != 0;
}
