/* expect.c -- what may be typed next; see scan.h.
 *
 * The tokens of the text are put on a stack of the parser's states, without its actions.  Which
 * words are keywords depends on up to three tokens behind them, so the last ones are looked at
 * anew together with each candidate. */
#include "sql/parse_error.h"
#include "sql/scan.h"

#include "sql.h"

enum { WORDS_BYTES_MAX = 40, LOOKAHEAD = SQL_LOOKAHEAD + 1 };

_Static_assert(countof(((struct sql_expect *)0)->states) == SQL_MAX_STATES, "room for the stack");

static uint32_t count_tokens(const char *text, uint32_t size)
{
    struct sql_tokens tokens;
    uint32_t count = 0;
    sql_tokens_init(&tokens, text, size);
    for (;;) {
        struct sql_token token = sql_tokens_next(&tokens);
        if (token.code <= 0)
            return count;
        count++;
    }
}

void sql_expect_begin(struct sql_expect *expect, struct buf *text)
{
    expect->text = text;
    expect->size = (uint32_t)text->size;
    expect->states[0] = 0;
    expect->state_count = 1;
    if (!buf_reserve(text, WORDS_BYTES_MAX + 8)) {
        expect->state_count = 0;
        return;
    }
    text->data[text->size] = '\0';
    uint32_t count = count_tokens(text->data, expect->size);
    sql_tokens_init(&expect->tokens, text->data, expect->size);
    for (uint32_t i = LOOKAHEAD; i < count && expect->state_count > 0; i++) {
        struct sql_token token = sql_tokens_next(&expect->tokens);
        expect->state_count = sql_parser_shift(expect->states, expect->state_count, token.code);
    }
}

/* The text with words behind it, walked up to those words. */
struct walk {
    struct sql_tokens tokens;
    uint16_t states[SQL_MAX_STATES];
    int count;
    struct sql_token next; /* the first of the words */
};

static bool walk(struct sql_expect *expect, struct str words, struct walk *ret)
{
    struct buf *text = expect->text;
    if (expect->state_count == 0)
        return false;
    char *at = text->data + expect->size;
    at[0] = ' ';
    memcpy(at + 1, words.data, words.size);
    at[words.size + 1] = '\0';
    ret->tokens = expect->tokens;
    ret->tokens.lexer.size = expect->size + (uint32_t)words.size + 1;
    ret->count = expect->state_count;
    memcpy(ret->states, expect->states, (size_t)ret->count * sizeof ret->states[0]);
    for (;;) {
        ret->next = sql_tokens_next(&ret->tokens);
        if (ret->next.code <= 0)
            return false;
        if (ret->next.span.offset > expect->size)
            return true;
        ret->count = sql_parser_shift(ret->states, ret->count, ret->next.code);
        if (ret->count == 0)
            return false;
    }
}

bool sql_expect_kinds(struct sql_expect *expect, struct sql_expected *ret)
{
    struct walk walked;
    *ret = (struct sql_expected){ 0 };
    if (!walk(expect, STR("name_"), &walked))
        return false;
#define ACCEPTS(code) sql_parser_accepts(walked.states, walked.count, (code))
    ret->name = ACCEPTS(TK_ID);
    ret->string = ACCEPTS(TK_STRING);
    ret->expression = ret->name && ret->string && ACCEPTS(TK_CASE) && ACCEPTS(TK_CAST);
    ret->type = ret->name && !ret->expression && ACCEPTS(TK_MAP_START) && ACCEPTS(TK_ARRAY_START);
    ret->statement = ACCEPTS(TK_CREATE) && ACCEPTS(TK_INSERT) && ACCEPTS(TK_DROP);
#undef ACCEPTS
    return true;
}

bool sql_expect_words(struct sql_expect *expect, struct str words)
{
    struct walk walked;
    if (words.size > WORDS_BYTES_MAX || !walk(expect, words, &walked))
        return false;
    /* Where a name fits, so does every soft keyword: that says nothing. */
    if (walked.next.code == TK_ID || (sql_parser_token_is_soft(walked.next.code) &&
                                      sql_parser_accepts(walked.states, walked.count, TK_ID)))
        return false;
    for (struct sql_token token = walked.next; token.code != 0;
         token = sql_tokens_next(&walked.tokens)) {
        if (token.code < 0)
            return false;
        walked.count = sql_parser_shift(walked.states, walked.count, token.code);
        if (walked.count == 0)
            return false;
    }
    return true;
}
