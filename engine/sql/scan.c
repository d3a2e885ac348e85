/* scan.c -- see scan.h.
 *
 * Two walks over the text: the lexer gives every token, the parser's stream says which words are
 * keywords.  The stream takes some stretches as one token, so it is asked only about a token that
 * it has too. */
#include "sql/scan.h"

#include "sql.h"

void sql_scan_init(struct sql_scan *scan, const char *text, uint32_t size)
{
    *scan = (struct sql_scan){ .lexer = { .text = text, .size = size } };
    sql_tokens_init(&scan->refined, text, size);
    scan->refined_next = sql_tokens_next(&scan->refined);
}

/* Is the word a keyword to the parser? */
static bool is_keyword(struct sql_scan *scan, struct sql_token token)
{
    while (scan->refined_next.code != 0 && scan->refined_next.span.offset < token.span.offset &&
           scan->refined_next.span.offset + scan->refined_next.span.size <= token.span.offset)
        scan->refined_next = sql_tokens_next(&scan->refined);
    struct sql_token same = scan->refined_next;
    return same.span.offset == token.span.offset && same.span.size == token.span.size &&
           same.code > 0 && same.code != TK_ID;
}

static bool begins_word(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || (unsigned char)c >= 0x80;
}

static enum sql_scan_kind kind_of(struct sql_scan *scan, struct sql_token token)
{
    switch (token.code) {
    case 0:
        return SCAN_END;
    case LEX_OPEN_STRING:
        return SCAN_OPEN_STRING;
    case LEX_OPEN_NAME:
        return SCAN_OPEN_NAME;
    case LEX_OPEN_COMMENT:
        return SCAN_OPEN_COMMENT;
    case LEX_QUOTED_NAME:
        return SCAN_QUOTED_NAME;
    case TK_STRING:
    case TK_BINARY:
        return SCAN_STRING;
    case TK_INTEGER:
    case TK_DECIMAL:
    case TK_DOUBLE:
        return SCAN_NUMBER;
    case TK_LP:
    case TK_LB:
        return SCAN_OPEN;
    case TK_RP:
    case TK_RB:
        return SCAN_CLOSE;
    case TK_SEMICOLON:
        return SCAN_SEMICOLON;
    default:
        break;
    }
    if (token.code < 0)
        return SCAN_BAD;
    if (!begins_word(scan->lexer.text[token.span.offset]))
        return SCAN_SIGN;
    if (token.code == TK_ID || !is_keyword(scan, token))
        return SCAN_NAME;
    return SCAN_KEYWORD;
}

/* The next comment of a stretch between two tokens: blanks and comments are all there is. */
static bool next_comment(const char *text, uint32_t at, uint32_t end, struct span *ret)
{
    while (at < end && text[at] != '-' && text[at] != '/')
        at++;
    if (at == end)
        return false;
    uint32_t begin = at;
    if (text[at] == '/' && at + 1 < end && text[at + 1] == '*') {
        at += 2;
        while (at < end && !(text[at - 1] == '*' && text[at] == '/' && at - begin > 2))
            at++;
        at = MIN(at + 1, end);
    } else {
        while (at < end && text[at] != '\n')
            at++;
    }
    *ret = (struct span){ begin, at - begin };
    return true;
}

struct sql_scan_token sql_scan_next(struct sql_scan *scan)
{
    if (!scan->has_next) {
        struct sql_token token = sql_lex(&scan->lexer);
        scan->next = (struct sql_scan_token){ token.span, kind_of(scan, token) };
        scan->has_next = true;
    }
    struct span comment;
    if (next_comment(scan->lexer.text, scan->at, scan->next.span.offset, &comment)) {
        scan->at = comment.offset + comment.size;
        return (struct sql_scan_token){ comment, SCAN_COMMENT };
    }
    scan->has_next = false;
    scan->at = scan->next.span.offset + scan->next.span.size;
    return scan->next;
}
