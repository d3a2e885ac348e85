/* fuzz_sql.c -- any bytes as a job.
 *
 * The parser must answer with a tree or an error sentence.  What it takes must survive
 * printing: the printed text parses, gives an equal tree, and prints the same again.
 *
 * Reading on behind errors must find none where there is none, begin with the first one, come
 * forward each time, and read the same statements if there is none. */
#include "sql/parse.h"

#include "base/arena.h"
#include "sql/diag.h"

#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void fail(const char *what, struct str input, struct str printed)
{
    fprintf(stderr, "%s\n--- input\n%.*s\n--- printed\n%.*s\n", what, STR_ARG(input),
            STR_ARG(printed));
    abort();
}

/* 1 GB: a limit of the buffer, not of the input. */
static void print(struct buf *out, const struct ast_script *script, unsigned flags)
{
    buf_init(out, (size_t)1 << 30);
    ast_print_script(out, script, flags);
    if (out->failed)
        abort();
}

static void round_trip(struct arena *arena, const struct ast_script *script, struct str input,
                       unsigned flags)
{
    struct buf first, second;
    struct ast_script *again;
    struct error err;
    print(&first, script, flags);
    if (sql_parse(arena, buf_view(&first), &again, &err) != OK) {
        /* Parentheses around every operator may be too deep where the source was not. */
        if (err.code == E_LIMIT) {
            buf_done(&first);
            return;
        }
        fail(err.message, input, buf_view(&first));
    }
    if (!ast_script_equal(script, again))
        fail("printing changed the tree", input, buf_view(&first));
    print(&second, again, flags);
    if (!str_eq(buf_view(&first), buf_view(&second)))
        fail("printing is not stable", input, buf_view(&second));
    buf_done(&second);
    buf_done(&first);
}

static bool spans_fit(void *cx, const struct ast_node *node)
{
    const struct span *outer = cx;
    if ((uint64_t)node->span.offset + node->span.size > (uint64_t)outer->offset + outer->size)
        abort();
    struct span inner = { 0, outer->offset + outer->size };
    return ast_each_child(node, spans_fit, &inner);
}

struct heard {
    const struct error *first; /* NULL: none is expected */
    size_t size;
    uint32_t count;
    uint32_t end; /* of the last statement */
};

static void hear(void *self, const struct error *err, const struct sql_broken *statement)
{
    struct heard *h = self;
    uint64_t end = (uint64_t)statement->span.offset + statement->span.size;
    bool fits = err->message[0] != '\0' && err->has_span && end <= h->size && end >= h->end &&
                (uint64_t)err->span.offset + err->span.size <= h->size;
    if (!h->first || !fits)
        abort();
    h->count++;
    h->end = (uint32_t)end;
}

/* `err` NULL: the text is fine. */
static void read_on(struct arena *arena, struct str text, const struct ast_script *whole,
                    const struct error *err)
{
    struct heard heard = { .first = err, .size = text.size };
    struct sql_listener listener = { &heard, hear };
    struct ast_script *script;
    struct error other;
    if (sql_parse_all(arena, text, &listener, &script, &other) != OK) {
        if (!err || strcmp(err->message, other.message) != 0)
            abort();
        return;
    }
    if ((heard.count > 0) != (err != NULL) || (whole && !ast_script_equal(whole, script)))
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str text = str_make((const char *)data, size);
    struct arena *arena = arena_create();
    struct ast_script *script;
    struct error err;
    if (!arena)
        return 0;
    if (sql_parse(arena, text, &script, &err) == OK) {
        struct span all = { 0, (uint32_t)size };
        for (uint32_t i = 0; i < script->statements.count; i++)
            spans_fit(&all, script->statements.items[i]);
        round_trip(arena, script, text, 0);
        round_trip(arena, script, text, AST_PRINT_PARENS);
        read_on(arena, text, script, NULL);
    } else {
        struct buf out;
        buf_init(&out, 1 << 20);
        diag_print(&out, &err, STR("fuzz"), text);
        if (out.failed || err.message[0] == '\0' || err.span.offset > size)
            abort();
        buf_done(&out);
        read_on(arena, text, NULL, &err);
    }
    sql_statement_complete(text);
    arena_destroy(arena);
    return 0;
}
