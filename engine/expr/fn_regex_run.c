/* fn_regex_run.c -- see fn_regex.h: compiling and searching.
 *
 * PCRE2 is told that texts are valid UTF-8, so regex_text() must see to it; in return searches
 * that go on where another one ended do not check the text again and again.
 *
 * Bounds: MATCH_LIMIT counts backtracking (a few milliseconds at most), HEAP_KIB the memory of the
 * interpreter, STACK_BYTES that of machine code.  A pattern whose machine code runs out of stack
 * is tried once more by the interpreter.
 *
 * Patterns that are not constant go through a direct-mapped cache of CACHE_SLOTS entries. */
#define PCRE2_CODE_UNIT_WIDTH 8
#include "expr/fn_regex.h"

#include "base/hash.h"
#include "base/memory.h"
#include "base/utf8.h"

#include <pcre2.h>

enum {
    MATCH_LIMIT = 5000000,
    HEAP_KIB = 16 * 1024,
    STACK_FIRST = 32 * 1024,
    STACK_BYTES = 1024 * 1024,
    PATTERN_BYTES_MAX = 1 << 16,
    CACHE_SLOTS = 32,
    GROUPS_MAX = 1000,
};

struct regex {
    pcre2_code *code;
    uint32_t group_count;
    bool has_jit;
};

struct cached {
    struct regex *regex; /* NULL: not a pattern (see reason), or an empty slot */
    char *pattern;       /* owned; NULL: empty slot */
    size_t size;
    unsigned flags;
    struct error reason;
};

struct regex_run {
    pcre2_match_data *data;
    pcre2_match_context *context;
    pcre2_jit_stack *stack;
    uint32_t pair_count; /* of the last match */
    struct cached cache[CACHE_SLOTS];
};

/* --- compiling --------------------------------------------------------------------- */

void regex_destroy(struct regex *regex)
{
    if (!regex)
        return;
    pcre2_code_free(regex->code);
    mem_free(regex);
}

uint32_t regex_group_count(const struct regex *regex)
{
    return regex->group_count;
}

static enum code pcre_wrong(int number, size_t offset, struct error *err)
{
    char text[160];
    if (number == PCRE2_ERROR_HEAP_FAILED || number == PCRE2_ERROR_NOMEMORY)
        return error_nomem(err);
    pcre2_get_error_message(number, (PCRE2_UCHAR *)text, sizeof text);
    return error_set(err, E_DATA, "invalid regular expression: %s near position %zu", text,
                     offset + 1);
}

/* `text` is in PCRE2's language. */
static enum code pcre_compile(struct str text, size_t shift, bool ucp, pcre2_code **ret,
                              struct error *err)
{
    pcre2_compile_context *context = pcre2_compile_context_create(NULL);
    int number;
    PCRE2_SIZE offset;
    if (!context)
        return error_nomem(err);
    /* Java's line ends, near enough: \r\n, \n, \r, NEL, LS, PS. */
    pcre2_set_newline(context, PCRE2_NEWLINE_ANY);
    *ret = pcre2_compile((PCRE2_SPTR)text.data, text.size,
                         PCRE2_UTF | PCRE2_NEVER_BACKSLASH_C | (ucp ? PCRE2_UCP : 0u), &number,
                         &offset, context);
    pcre2_compile_context_free(context);
    return *ret ? OK : pcre_wrong(number, offset > shift ? offset - shift : 0, err);
}

static enum code compile(struct str pattern, unsigned flags, struct buf *text, struct regex *regex,
                         struct error *err)
{
    bool is_whole = flags & REGEX_WHOLE;
    bool ucp;
    if (pattern.size > PATTERN_BYTES_MAX)
        return error_set(err, E_DATA, "invalid regular expression: longer than %d bytes",
                         PATTERN_BYTES_MAX);
    if (!utf8_valid(pattern.data, pattern.size))
        return error_set(err, E_DATA, "invalid regular expression: not UTF-8");
    buf_text(text, is_whole ? "\\A(?:" : "");
    size_t shift = text->size;
    TRY(regex_translate(pattern, text, &ucp, err));
    buf_text(text, is_whole ? ")\\z" : "");
    TRY(buf_check(text, err));
    TRY(pcre_compile(text->size > 0 ? buf_view(text) : STR(""), shift, ucp, &regex->code, err));
    pcre2_pattern_info(regex->code, PCRE2_INFO_CAPTURECOUNT, &regex->group_count);
    if (regex->group_count > GROUPS_MAX)
        return error_set(err, E_DATA, "invalid regular expression: more than %d groups",
                         GROUPS_MAX);
    if (flags & REGEX_JIT)
        regex->has_jit = pcre2_jit_compile(regex->code, PCRE2_JIT_COMPLETE) == 0;
    return OK;
}

enum code regex_compile(struct str pattern, unsigned flags, struct regex **ret, struct error *err)
{
    struct regex *regex = mem_zalloc(sizeof *regex);
    struct buf text;
    if (!regex)
        return error_nomem(err);
    buf_init(&text, 16 * PATTERN_BYTES_MAX);
    enum code code = compile(pattern, flags, &text, regex, err);
    buf_done(&text);
    if (code != OK) {
        regex_destroy(regex);
        return code;
    }
    *ret = regex;
    return OK;
}

/* --- searching -------------------------------------------------------------------------- */

static void run_free(void *arg)
{
    struct regex_run *run = arg;
    for (size_t i = 0; i < CACHE_SLOTS; i++) {
        regex_destroy(run->cache[i].regex);
        mem_free(run->cache[i].pattern);
    }
    pcre2_match_data_free(run->data);
    pcre2_match_context_free(run->context);
    pcre2_jit_stack_free(run->stack);
}

enum code regex_run_get(struct arena *op_arena, void **scratch, struct regex_run **ret,
                        struct error *err)
{
    if (*scratch) {
        *ret = *scratch;
        return OK;
    }
    struct regex_run *run = arena_new(op_arena, struct regex_run);
    if (!run || !arena_on_reset(op_arena, run_free, run))
        return error_nomem(err);
    run->data = pcre2_match_data_create(GROUPS_MAX + 1, NULL);
    run->context = pcre2_match_context_create(NULL);
    run->stack = pcre2_jit_stack_create(STACK_FIRST, STACK_BYTES, NULL);
    if (!run->data || !run->context || !run->stack)
        return error_nomem(err);
    pcre2_set_match_limit(run->context, MATCH_LIMIT);
    pcre2_set_heap_limit(run->context, HEAP_KIB);
    pcre2_jit_stack_assign(run->context, NULL, run->stack);
    *scratch = run;
    *ret = run;
    return OK;
}

struct str regex_text(struct arena *arena, struct str text)
{
    return utf8_repair(arena, text);
}

enum code regex_find(struct regex_run *run, const struct regex *regex, struct str text, size_t from,
                     bool *ret_found, struct error *err)
{
    PCRE2_SPTR subject = (PCRE2_SPTR)text.data;
    int found = PCRE2_ERROR_JIT_STACKLIMIT;
    if (from > text.size) {
        *ret_found = false;
        return OK;
    }
    if (regex->has_jit)
        found = pcre2_jit_match(regex->code, subject, text.size, from, PCRE2_NO_UTF_CHECK,
                                run->data, run->context);
    if (found == PCRE2_ERROR_JIT_STACKLIMIT)
        found = pcre2_match(regex->code, subject, text.size, from,
                            PCRE2_NO_UTF_CHECK | PCRE2_NO_JIT, run->data, run->context);
    if (found == PCRE2_ERROR_NOMEMORY)
        return error_nomem(err);
    if (found < 0 && found != PCRE2_ERROR_NOMATCH) {
        error_set(err, E_LIMIT, "a regular expression takes too long");
        error_detail(err, "Searching a text of %zu bytes was given up after %d steps.", text.size,
                     MATCH_LIMIT);
        error_hint(err, "Repetitions inside of repetitions, as in (a+)+, are a common reason.");
        return E_LIMIT;
    }
    *ret_found = found > 0;
    run->pair_count = found > 0 ? (uint32_t)found : 0;
    return OK;
}

bool regex_group(const struct regex_run *run, uint32_t n, size_t *ret_begin, size_t *ret_end)
{
    const PCRE2_SIZE *pairs = pcre2_get_ovector_pointer(run->data);
    if (n >= run->pair_count || pairs[2 * n] == PCRE2_UNSET)
        return false;
    *ret_begin = pairs[2 * n];
    *ret_end = pairs[2 * n + 1];
    return true;
}

size_t regex_next(const struct regex_run *run, struct str text)
{
    const PCRE2_SIZE *pairs = pcre2_get_ovector_pointer(run->data);
    size_t end = pairs[1];
    if (pairs[0] < end)
        return end;
    /* Behind an empty match: one character on. */
    do
        end++;
    while (end < text.size && ((uint8_t)text.data[end] & 0xC0) == 0x80);
    return end;
}

enum code regex_run_compile(struct regex_run *run, struct str pattern, unsigned flags,
                            const struct regex **ret, const struct error **ret_reason,
                            struct error *err)
{
    uint64_t hash = hash_bytes(pattern.data, pattern.size, flags);
    struct cached *slot = &run->cache[hash % CACHE_SLOTS];
    if (!slot->pattern || slot->flags != flags ||
        !str_eq(str_make(slot->pattern, slot->size), pattern)) {
        char *copy = mem_alloc(pattern.size + 1);
        if (!copy)
            return error_nomem(err);
        if (pattern.size > 0)
            memcpy(copy, pattern.data, pattern.size);
        regex_destroy(slot->regex);
        mem_free(slot->pattern);
        *slot = (struct cached){ 0 };
        enum code code = regex_compile(pattern, flags, &slot->regex, &slot->reason);
        if (code != OK && code != E_DATA) {
            mem_free(copy);
            if (err)
                *err = slot->reason;
            return code;
        }
        slot->pattern = copy;
        slot->size = pattern.size;
        slot->flags = flags;
    }
    *ret = slot->regex;
    if (ret_reason)
        *ret_reason = &slot->reason;
    return OK;
}
