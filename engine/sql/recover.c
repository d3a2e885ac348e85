/* recover.c -- see recover.h.
 *
 * A statement ends at a ";" outside of strings, names and comments.  Two things are not what
 * they seem.  In an open bracket a ";" may stand for a comma (a INT; b INT), so there it counts
 * only in front of a word that begins a statement.  And where a quote is missing, the next
 * string begins where it should end, and everything behind it is turned inside out: the error
 * shows later, perhaps statements later.  A string over several lines is taken for the culprit if
 * there is a ";" at the end of one of them, or if what touches its end looks like the inside of
 * another one; then its first line is all that belongs to it. */
#include "sql/recover.h"

#include "sql/lexer.h"

#include "sql.h"

enum { MAX_HEAD = 12 };

struct walk {
    struct str text;
    struct sql_lexer lexer;
    struct sql_token head[MAX_HEAD]; /* the first tokens of the statement */
    int head_count;
    int depth; /* of brackets */
};

static struct str token_str(const struct walk *w, struct sql_token token)
{
    return str_make(w->text.data + token.span.offset, token.span.size);
}

static uint32_t token_end(struct sql_token token)
{
    return token.span.offset + token.span.size;
}

bool sql_starts_statement(int code)
{
    switch (code) {
    case TK_SELECT:
    case TK_WITH:
    case TK_VALUES:
    case TK_CREATE:
    case TK_INSERT:
    case TK_DROP:
    case TK_ALTER:
    case TK_SET:
    case TK_RESET:
    case TK_USE:
    case TK_EXECUTE:
    case TK_BEGIN:
    case TK_STATEMENT:
    case TK_EXPLAIN:
    case TK_SHOW:
    case TK_DESCRIBE:
    case TK_UPDATE:
    case TK_DELETE:
        return true;
    default:
        return false;
    }
}

/* ---- what statement it is ------------------------------------------------------------------ */

static int head_code(const struct walk *w, int i)
{
    return i < w->head_count ? w->head[i].code : 0;
}

static bool is_name(const struct walk *w, int i)
{
    if (i >= w->head_count)
        return false;
    if (w->head[i].code == LEX_QUOTED_NAME)
        return true;
    char c = w->text.data[w->head[i].span.offset];
    return w->head[i].code > 0 && ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
                                   (unsigned char)c >= 0x80);
}

/* The last part of a dotted name that begins at token i. */
static struct str name_at(const struct walk *w, int i)
{
    while (is_name(w, i) && head_code(w, i + 1) == TK_DOT && is_name(w, i + 2))
        i += 2;
    if (!is_name(w, i))
        return (struct str){ NULL, 0 };
    struct str name = token_str(w, w->head[i]);
    if (w->head[i].code == LEX_QUOTED_NAME) /* a doubled backquote in it is not undone */
        name = str_make(name.data + 1, name.size - 2);
    return name;
}

/* CREATE ... TABLE name; also where a word of that is misspelled. */
static void find_name(const struct walk *w, struct sql_broken *ret)
{
    enum { LAST = 5 };
    for (int i = 1; i < LAST; i++) {
        int code = head_code(w, i);
        if (code != TK_TABLE && code != TK_VIEW)
            continue;
        if (head_code(w, 0) != TK_CREATE && head_code(w, 0) != TK_ID)
            return;
        i++;
        if (head_code(w, i) == TK_IF)
            i += 2 + (head_code(w, i + 1) == TK_NOT);
        ret->creates = name_at(w, i);
        return;
    }
    if (head_code(w, 0) == TK_CREATE && is_name(w, 1))
        ret->creates = name_at(w, 2);
}

/* ... STATEMENT SET BEGIN INSERT ..., or BEGIN STATEMENT SET; INSERT ... */
static uint32_t find_set(const struct walk *w)
{
    enum { LAST = 6 };
    for (int i = 0; i < LAST; i++) {
        if (head_code(w, i) != TK_STATEMENT || head_code(w, i + 1) != TK_SET)
            continue;
        bool begins = head_code(w, i + 2) == TK_BEGIN ||
                      (i == 1 && head_code(w, 0) == TK_BEGIN && head_code(w, 3) == TK_SEMICOLON);
        return begins ? token_end(w->head[i + 2]) : 0;
    }
    return 0;
}

/* ---- where it ends ---------------------------------------------------------------------- */

static uint32_t line_end(struct str text, uint32_t at)
{
    while (at < text.size && text.data[at] != '\n')
        at++;
    return at;
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

/* Is there a ";" at the end of a line in it? */
static bool has_statement_end(struct str text)
{
    for (size_t i = 0; i < text.size; i++) {
        if (text.data[i] != ';')
            continue;
        size_t k = i + 1;
        while (k < text.size && is_blank(text.data[k]))
            k++;
        if (k < text.size && text.data[k] == '\n')
            return true;
    }
    return false;
}

/* Does what stands behind a string look like the inside of one? */
static bool goes_into_text(const struct walk *w, uint32_t end)
{
    static const char outside[] = " \t\r\n,;)]=<>|+-*/:";
    return end < w->text.size && !strchr(outside, w->text.data[end]);
}

static bool is_culprit(const struct walk *w, struct sql_token token)
{
    if (token.code == LEX_OPEN_STRING || token.code == LEX_OPEN_NAME)
        return true;
    if (token.code != TK_STRING && token.code != LEX_QUOTED_NAME)
        return false;
    struct str text = token_str(w, token);
    bool breaks = memchr(text.data, '\n', text.size) != NULL;
    return breaks && (token.code == LEX_QUOTED_NAME || goes_into_text(w, token_end(token)) ||
                      has_statement_end(text));
}

/* Reading goes on behind the first line of what is not closed: at its last ";", if it ends in one. */
static void leave_open(struct walk *w, struct sql_token token, struct sql_recovery *ret)
{
    uint32_t end = line_end(w->text, token.span.offset);
    uint32_t at = end;
    while (at > token.span.offset && is_blank(w->text.data[at - 1]))
        at--;
    bool ends = w->text.data[at - 1] == ';';
    w->lexer.at = ends ? at - 1 : end;
    w->depth = ends ? 0 : w->depth;
    if (ret->has_open)
        return;
    ret->has_open = true;
    ret->open_is_name = token.code == LEX_OPEN_NAME || token.code == LEX_QUOTED_NAME;
    ret->open = token.span.offset;
}

static bool next_starts(const struct walk *w, bool in_set)
{
    struct sql_lexer ahead = w->lexer;
    struct sql_token token = sql_lex(&ahead);
    return token.code == 0 || sql_starts_statement(token.code) || (in_set && token.code == TK_END);
}

static bool is_key(const struct walk *w, struct sql_token token, const char *key)
{
    struct str text = token_str(w, token);
    if (token.code == TK_STRING && text.size > 2)
        text = str_make(text.data + 1, text.size - 2);
    return str_iis(text, key);
}

static void note_sign(struct walk *w, struct sql_token before, struct sql_token token,
                      struct sql_broken *ret)
{
    if (token.code == TK_EQ && ret->type_key.size == 0 && is_key(w, before, "type"))
        ret->type_key = before.span;
    if (token.code == TK_EQ && ret->connector_key.size == 0 && is_key(w, before, "connector"))
        ret->connector_key = before.span;
    if (token.code == TK_ID && ret->withoffset.size == 0 && is_key(w, token, "WITHOFFSET"))
        ret->withoffset = token.span;
}

static uint32_t find_end(struct walk *w, uint32_t error, bool in_set, struct sql_recovery *ret)
{
    struct sql_token before = { .code = 0 };
    for (;;) {
        struct sql_token token = sql_lex(&w->lexer);
        note_sign(w, before, token, &ret->statement);
        before = token;
        if (w->head_count < MAX_HEAD && token.code != 0)
            w->head[w->head_count++] = token;
        if (is_culprit(w, token)) {
            leave_open(w, token, ret);
            error = MIN(error, token.span.offset);
            continue;
        }
        switch (token.code) {
        case 0:
        case LEX_OPEN_COMMENT:
            return (uint32_t)w->text.size;
        case TK_LP:
        case TK_LB:
            w->depth++;
            break;
        case TK_RP:
        case TK_RB:
            w->depth -= w->depth > 0;
            break;
        case TK_SEMICOLON:
            if (token.span.offset >= error && (w->depth == 0 || next_starts(w, in_set)))
                return token_end(token);
            break;
        default:
            break;
        }
    }
}

void sql_recover(struct str text, uint32_t begin, uint32_t error, bool in_set,
                 struct sql_recovery *ret)
{
    struct walk w = { .text = text,
                      .lexer = { .text = text.data, .size = (uint32_t)text.size, .at = begin } };
    *ret = (struct sql_recovery){ .set_body = 0 };
    ret->resume = find_end(&w, error, in_set, ret);
    uint32_t first = w.head_count > 0 ? w.head[0].span.offset : begin;
    ret->statement.span = (struct span){ first, ret->resume - first };
    find_name(&w, &ret->statement);
    ret->set_body = find_set(&w);
}
