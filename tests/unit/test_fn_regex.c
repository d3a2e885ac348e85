/* test_fn_regex.c -- Java's regular expressions on PCRE2, and the functions that use them. */
#include "fn_call.h"

#include "expr/fn_regex.h"

/* --- the translation --------------------------------------------------------------------- */

/* What the first match of a pattern in a text is; "-" for none, "ERROR ..." */
static const char *first(const char *pattern, const char *text)
{
    static char result[256];
    struct arena *arena = arena_create();
    struct regex *regex = NULL;
    struct regex_run *run;
    void *scratch = NULL;
    struct error err = { 0 };
    size_t begin, end;
    bool found;
    if (regex_compile(str_of(pattern), REGEX_JIT, &regex, &err) != OK) {
        snprintf(result, sizeof result, "ERROR %.200s", err.message);
    } else if (regex_run_get(arena, &scratch, &run, &err) != OK ||
               regex_find(run, regex, str_of(text), 0, &found, &err) != OK) {
        snprintf(result, sizeof result, "ERROR %.200s", err.message);
    } else if (!found || !regex_group(run, 0, &begin, &end)) {
        snprintf(result, sizeof result, "-");
    } else {
        snprintf(result, sizeof result, "%.*s", (int)(end - begin), text + begin);
    }
    regex_destroy(regex);
    arena_destroy(arena);
    return result;
}

static void escapes(void)
{
    CHECK_STR(first("\\u4e16", "a世"), "世");
    CHECK_STR(first("\\uD83D\\uDE00+", "x😀😀"), "😀😀");
    CHECK_STR(first("\\x41\\x{42}\\0103", "xABC"), "ABC");
    CHECK_STR(first("\\t|\\e", "a\tb"), "\t");
    CHECK_STR(first("\\Qa.b\\E+", "a.bbb"), "a.bbb");
    CHECK_STR(first("\\Q[(", "x[("), "[(");
    CHECK_STR(first("(a)\\1", "baa"), "aa");
    CHECK_STR(first("(?<n>a)\\k<n>", "baa"), "aa");
    CHECK_STR(first("\\.\\-\\é", ".-é"), ".-é");
    CHECK_STR(first("\\cA", "x\001"), "\001");
    CHECK_STR(first("a{2}b{1,}c{0,3}", "aabbc"), "aabbc");
    CHECK_STR(first("a++b", "aab"), "aab");
    CHECK_STR(first("(?>a+)ab", "aaab"), "-");
    CHECK_STR(first("\\R", "a\r\nb"), "\r\n");
    CHECK_STR(first("^b$", "b\n"), "b");
    CHECK_STR(first("(?m)^b$", "a\nb\nc"), "b");
    CHECK_STR(first(".+", "ab\ncd"), "ab");
    CHECK_STR(first("(?s).+", "ab\ncd"), "ab\ncd");
    CHECK_STR(first("(?i)ABC", "xabc"), "abc");
    CHECK_STR(first("a(?i)b(?-i)c", "aBc"), "aBc");
    CHECK_STR(first("a(?i:b)c", "aBC"), "-");
    CHECK_STR(first("(?iu-sd:B)", "b"), "b");
    CHECK_STR(first("(?-di:a)", "A"), "-");
    CHECK_STR(first("(?x) a b # c\n [c d]", "abd"), "abd");
    CHECK_STR(first("\\w+", "é"), "-");
    CHECK_STR(first("(?U)\\w+", "é"), "é");
    CHECK_STR(first("(?<=a|bc)d", "bcd"), "d");
    CHECK_STR(first("a#b", "a#b"), "a#b");
    CHECK_STR(first("", "abc"), "");
}

static void classes(void)
{
    CHECK_STR(first("[a-c]+", "xabcd"), "abc");
    CHECK_STR(first("[^a-c]+", "abxyc"), "xy");
    CHECK_STR(first("[a-d[m-p]]+", "zcnpz"), "cnp");
    CHECK_STR(first("[a-z&&[def]]+", "abdefg"), "def");
    CHECK_STR(first("[a-z&&def]+", "abdefg"), "def");
    CHECK_STR(first("[a-z&&[^bc]]+", "bcadxb"), "adx");
    CHECK_STR(first("[a-z&&[^m-p]&&[^a]]+", "aabnbz"), "b");
    CHECK_STR(first("[^a-z&&[def]]+", "defabx"), "abx");
    CHECK_STR(first("[^a[bc]]+", "abcxyz"), "xyz");
    CHECK_STR(first("[]a]+", "x]a]"), "]a]");
    CHECK_STR(first("[a\\]b]+", "xa]b"), "a]b");
    CHECK_STR(first("[\\d\\-x]+", "a1-x"), "1-x");
    CHECK_STR(first("[a-]+", "x-a"), "-a");
    CHECK_STR(first("[\\Q^]\\E]+", "x]^"), "]^");
    CHECK_STR(first("[&]+", "a&&b"), "&&");
    CHECK_STR(first("[\\u4e00-\\u9fa5]+", "ab世界c"), "世界");
    CHECK_STR(first("[一-龥]+", "ab世界c"), "世界");
    CHECK_STR(first("\\p{Alpha}+", "1abÄ"), "ab");
    CHECK_STR(first("\\P{Alpha}+", "ab1Ä"), "1Ä");
    CHECK_STR(first("[\\p{Upper}\\p{Digit}]+", "abA1B"), "A1B");
    CHECK_STR(first("[^\\p{Punct}]+", ".,ab;"), "ab");
    CHECK_STR(first("\\p{L}+", "1aÄ世2"), "aÄ世");
    CHECK_STR(first("\\pL\\p{Lu}", "aB"), "aB");
    CHECK_STR(first("\\p{IsHan}+", "a世界b"), "世界");
    CHECK_STR(first("\\p{IsAlphabetic}+", "1äb"), "äb");
    CHECK_STR(first("\\p{script=Latin}+", "世ab"), "ab");
    CHECK_STR(first("\\p{InCJK_UNIFIED_IDEOGRAPHS}+", "a世界b"), "世界");
    CHECK_STR(first("\\P{InCJK Unified Ideographs}+", "世ab界"), "ab");
    CHECK_STR(first("\\p{block=Hiragana}", "aの"), "の");
    CHECK_STR(first("\\p{javaLowerCase}+", "Aäb"), "äb");
    CHECK_STR(first("\\p{ASCII}+", "世ab"), "ab");
    CHECK_STR(first("[\\P{ASCII}]+", "ab世"), "世");
}

static void wrong(void)
{
    CHECK_STR(first("a(b", "x"), "ERROR invalid regular expression: missing closing parenthesis "
                                 "near position 4");
    CHECK_STR(first("[a", "x"), "ERROR invalid regular expression: missing closing bracket at "
                                "position 3");
    CHECK_STR(first("a{x}", "x"), "ERROR invalid regular expression: illegal repetition at "
                                  "position 2");
    CHECK_STR(first("ab\\", "x"), "ERROR invalid regular expression: nothing behind the backslash "
                                  "at position 3");
    CHECK_STR(first("\\y", "x"), "ERROR invalid regular expression: unknown escape at position 1");
    CHECK_STR(first("[z-a]", "x"), "ERROR invalid regular expression: a range ends before it "
                                   "begins at position 2");
    CHECK_STR(first("\\u12", "x"), "ERROR invalid regular expression: \\u needs four hexadecimal "
                                   "digits at position 1");
    CHECK_STR(first("\\p{InAtlantean}", "x"), "ERROR invalid regular expression: unknown character "
                                              "block at position 1");
    /* What only PCRE2 knows. */
    static const char *const foreign[] = { "(*UTF)a", "(?R)",   "(?1)",      "(?|a)", "(?P<n>a)",
                                           "(?C1)a",  "(?#x)",  "\\Ka",      "\\Ca",  "\\g{1}",
                                           "(?(1)a)", "\\N{x}", "[[:alpha:", "\\o{1}" };
    for (size_t i = 0; i < countof(foreign); i++)
        if (!CHECK(strncmp(first(foreign[i], "a"), "ERROR ", 6) == 0))
            printf("    %s\n", foreign[i]);
    char deep[700];
    memset(deep, '[', 600);
    deep[600] = '\0';
    CHECK(strncmp(first(deep, "a"), "ERROR ", 6) == 0);
    memset(deep, '(', 600);
    CHECK(strncmp(first(deep, "a"), "ERROR ", 6) == 0);
}

/* Any bytes are a pattern or an error. */
static void random_patterns(void)
{
    static const char *const pieces[] = { "[",   "]",   "(",   ")",   "\\",  "&&", "^", "-",
                                          "a",   "z",   "{1}", "{",   "*",   "+",  "?", "?<n>",
                                          "(?i", "\\p", "{L}", "\\Q", "\\E", "|",  "é", "\\x",
                                          "4",   "#",   "\\u", ":",   "=",   ".",  "$", "\xFF" };
    uint64_t random = 88172645463325252u;
    int good = 0;
    for (int n = 0; n < 4000; n++) {
        char pattern[256] = "";
        size_t size = 0;
        for (int i = 0; i < 10; i++) {
            random ^= random << 13;
            random ^= random >> 7;
            random ^= random << 17;
            const char *piece = pieces[random % countof(pieces)];
            memcpy(pattern + size, piece, strlen(piece) + 1);
            size += strlen(piece);
        }
        good += strncmp(first(pattern, "aéz]-^&4"), "ERROR ", 6) != 0;
    }
    CHECK(good > 20);
}

/* --- the functions ------------------------------------------------------------------------- */

static void regexp(void)
{
    CHECK_STR(BOTH("REGEXP", "'100-200", "'(\\d+)"), "TRUE");
    CHECK_STR(BOTH("REGEXP", "'abc-def", "'(\\d+)"), "FALSE");
    CHECK_STR(BOTH("REGEXP", "'a", "'"), "FALSE");
    CHECK_STR(BOTH("REGEXP", "~", "'(\\d+)"), "NULL");
    CHECK_STR(BOTH("REGEXP", "'100-200", "~"), "NULL");
    CHECK_STR(BLINK("REGEXP", "'100-200", "'("), "FALSE");
    CHECK_STR(FLINK("REGEXP", "'100-200", "='("),
              "ERROR invalid regular expression: missing closing parenthesis near position 2");
    /* Invalid UTF-8 is searched as U+FFFD. */
    CHECK_STR(BOTH("REGEXP", "'a\xFFz", "'a\\x{FFFD}z"), "TRUE");
}

static void extract(void)
{
    CHECK_STR(BOTH("REGEXP_EXTRACT", "'foothebar", "'foo(.*?)(bar)", "#2"), "bar");
    CHECK_STR(BOTH("REGEXP_EXTRACT", "'foothebar", "'foo(.*?)(bar)", "#0"), "foothebar");
    CHECK_STR(BOTH("REGEXP_EXTRACT", "'foothebar", "'foo(.*?)(bar)", "#1"), "the");
    CHECK_STR(BOTH("REGEXP_EXTRACT", "'foothebar", "'foo([\\w]+)", "#1"), "thebar");
    CHECK_STR(BOTH("REGEXP_EXTRACT", "'foothebar", "'foo([\\d]+)", "#1"), "NULL");
    CHECK_STR(BOTH("REGEXP_EXTRACT", "~", "'foo(.*?)(bar)", "#2"), "NULL");
    CHECK_STR(BOTH("REGEXP_EXTRACT", "'foothebar", "'foo(.*?)(bar)"), "foothebar");
    CHECK_STR(BOTH("REGEXP_EXTRACT", "'b", "'(a)?b", "#1"), "NULL");
    CHECK_STR(BLINK("REGEXP_EXTRACT", "'b", "'(a)?b", "#7"), "NULL");
    CHECK_STR(FLINK("REGEXP_EXTRACT", "'b", "='(a)?b", "=#7"),
              "ERROR the regular expression has no group 7");
    CHECK_STR(BLINK("REGEXP_EXTRACT", "'b", "'(", "#0"), "NULL");
    CHECK_STR(BOTH("REGEXP_SUBSTR", "'Steven Jones and Stephen", "'Ste(v|ph)en"), "Steven");
    CHECK_STR(BOTH("REGEXP_SUBSTR", "'Mary had a little lamb", "'Ste(v|ph)en"), "NULL");

    CHECK_STR(BOTH("REGEXP_EXTRACT_ALL", "'100-200, 300-400", "'[a-z]", "#0"), "[]");
    CHECK_STR(BOTH("REGEXP_EXTRACT_ALL", "'abcdeabde", "'(abcdeabde)|([a-z]*)", "#2"), "[NULL, ]");
    CHECK_STR(BOTH("REGEXP_EXTRACT_ALL", "'abcdeabde", "'ab((c)|(.?))de", "#2"), "[c, NULL]");
    CHECK_STR(BOTH("REGEXP_EXTRACT_ALL", "'abcdeabde", "'(ab)([a-z]+)(e)", "#2"), "[cdeabd]");
    CHECK_STR(BOTH("REGEXP_EXTRACT_ALL", "'abcdeabde", "'", "#0"), "[, , , , , , , , , ]");
    CHECK_STR(BOTH("REGEXP_EXTRACT_ALL", "'100-200, 300-400", "'(\\d+)-(\\d+)", "#0"),
              "[100-200, 300-400]");
    CHECK_STR(BOTH("REGEXP_EXTRACT_ALL", "'100-200, 300-400", "'(\\d+)-(\\d+)"), "[100, 300]");
    CHECK_STR(BOTH("REGEXP_EXTRACT_ALL", "'100-200, 300-400", "'(\\d+).*", "#1"), "[100]");
    CHECK_STR(BLINK("REGEXP_EXTRACT_ALL", "'abcdeabde", "'abcdeabde"), "NULL");
    CHECK_STR(BLINK("REGEXP_EXTRACT_ALL", "'abcdeabde", "'(abcdeabde)", "#-1"), "NULL");
    CHECK_STR(BLINK("REGEXP_EXTRACT_ALL", "'abcdeabde", "'("), "NULL");
}

static void count_and_position(void)
{
    CHECK_STR(BOTH("REGEXP_COUNT", "'hello world! Hello everyone!", "'Hello"), "1");
    CHECK_STR(BOTH("REGEXP_COUNT", "'abcabcabc", "'abcab"), "1");
    CHECK_STR(BOTH("REGEXP_COUNT", "'abcd", "'z"), "0");
    CHECK_STR(BOTH("REGEXP_COUNT", "'^abc", "'\\^abc"), "1");
    CHECK_STR(BOTH("REGEXP_COUNT", "'a*b*c*d", "'\\*"), "3");
    CHECK_STR(BOTH("REGEXP_COUNT", "'abc123xyz456", "'\\d"), "6");
    CHECK_STR(BOTH("REGEXP_COUNT", "'Helloworld! Hello everyone!", "'\\bHello\\b"), "1");
    CHECK_STR(BOTH("REGEXP_COUNT", "'世界", "'"), "3");
    CHECK_STR(BLINK("REGEXP_COUNT", "'a", "'("), "NULL");
    CHECK_STR(BOTH("REGEXP_INSTR", "'100-200, 300-400", "'[a-z]"), "0");
    CHECK_STR(BOTH("REGEXP_INSTR", "'Helloworld!  Hello everyone!", "'\\bHello\\b"), "14");
    CHECK_STR(BOTH("REGEXP_INSTR", "'a.b.c.d", "'\\."), "2");
    CHECK_STR(BOTH("REGEXP_INSTR", "'世😀x", "'x"), "4");
}

static void replace(void)
{
    CHECK_STR(BOTH("REGEXP_REPLACE", "'foobar", "'oo|ar", "'abc"), "fabcbabc");
    CHECK_STR(BOTH("REGEXP_REPLACE", "'foofar", "'^f", "'"), "oofar");
    CHECK_STR(BOTH("REGEXP_REPLACE", "'foobar", "'^f*.*r$", "'"), "");
    CHECK_STR(BOTH("REGEXP_REPLACE", "'foo1bar2", "'\\d", "'"), "foobar");
    CHECK_STR(BOTH("REGEXP_REPLACE", "'foobar", "'\\w", "'"), "");
    CHECK_STR(BOTH("REGEXP_REPLACE", "'fooobar", "'oo", "'$"), "f$obar");
    CHECK_STR(BOTH("REGEXP_REPLACE", "'foobar", "'oo", "'\\"), "f\\bar");
    CHECK_STR(BOTH("REGEXP_REPLACE", "~", "'oo|ar", "'"), "NULL");
    CHECK_STR(BOTH("REGEXP_REPLACE", "'foobar", "~", "'"), "NULL");
    CHECK_STR(BOTH("REGEXP_REPLACE", "'foobar", "'oo|ar", "~"), "NULL");
    /* Java looks for an empty match right behind a match that was not empty. */
    CHECK_STR(BOTH("REGEXP_REPLACE", "'aXb", "'X*", "'-"), "-a--b-");
    CHECK_STR(BOTH("REGEXP_REPLACE", "'世é", "'", "'-"), "-世-é-");
    CHECK_STR(BLINK("REGEXP_REPLACE", "'foobar", "'(", "'"), "NULL");
}

static void str_to_map(void)
{
    CHECK_STR(BOTH("STR_TO_MAP", "'k1=v1,k2=v2"), "{k1=v1, k2=v2}");
    CHECK_STR(BOTH("STR_TO_MAP", "'k1:v1;k2: v2", "';", "':"), "{k1=v1, k2= v2}");
    CHECK_STR(BOTH("STR_TO_MAP", "'k1$$v1|k2$$ v2", "'\\|", "'\\$\\$"), "{k1=v1, k2= v2}");
    CHECK_STR(BOTH("STR_TO_MAP", "'k1=v1,k2,,k3=a=b,,"), "{k1=v1, k2=NULL, =NULL, k3=a=b}");
    CHECK_STR(BOTH("STR_TO_MAP", "'a=1,b=2,a=3"), "{a=3, b=2}");
    CHECK_STR(BOTH("STR_TO_MAP", "'"), "{}");
    CHECK_STR(BOTH("STR_TO_MAP", "',,,"), "{}");
    CHECK_STR(BOTH("STR_TO_MAP", "~"), "NULL");
    CHECK_STR(BOTH("STR_TO_MAP", "'a1b2", "'", "'\\d"), "{a=NULL, =, b=NULL}");
    CHECK_STR(BLINK("STR_TO_MAP", "'a", "'(", "'="), "NULL");
    CHECK_STR(FLINK("STR_TO_MAP", "'a", "='(", "='="),
              "ERROR invalid regular expression: missing closing parenthesis near position 2");
    /* Enough keys to make the table grow. */
    char text[2000] = "'", want[2400] = "{";
    for (int i = 0; i < 100; i++) {
        snprintf(text + strlen(text), sizeof text - strlen(text), "k%d=%d,", i, i);
        snprintf(want + strlen(want), sizeof want - strlen(want), "k%d=%d%s", i, i,
                 i < 99 ? ", " : "}");
    }
    CHECK_STR(BOTH("STR_TO_MAP", text), want);
}

static void similar(void)
{
    static const char f0[] = "'This is a test String.";
    CHECK_STR(BOTH("SIMILAR", f0, "'_*"), "TRUE");
    CHECK_STR(BOTH("SIMILAR", f0, "'This (is)? a (test)+ Strin_*"), "TRUE");
    CHECK_STR(BOTH("SIMILAR", "'*_This is", "'&*&__*", "'&"), "TRUE");
    CHECK_STR(BOTH("SIMILAR", "'abc", "'abc"), "TRUE");
    CHECK_STR(BOTH("SIMILAR", "'abcd", "'abc"), "FALSE");
    CHECK_STR(BOTH("SIMILAR", "'abc", "'a%"), "TRUE");
    CHECK_STR(BOTH("SIMILAR", "'abc", "'(b|d)%"), "FALSE");
    CHECK_STR(BOTH("SIMILAR", "'a.c", "'a.c"), "TRUE");
    CHECK_STR(BOTH("SIMILAR", "'abc", "'a.c"), "TRUE");
    CHECK_STR(BOTH("SIMILAR", "'a5z", "'[[:ALPHA:]][0-9][^a-y]"), "TRUE");
    CHECK_STR(BOTH("SIMILAR", "'ab", "'a|ab"), "TRUE");
    CHECK_STR(BOTH("SIMILAR", "'aab", "'a{2}b"), "TRUE");
    CHECK_STR(BOTH("SIMILAR", "~", "'a"), "NULL");
    CHECK_STR(BLINK("SIMILAR", "'a", "'["), "NULL");
    CHECK_STR(FLINK("SIMILAR", "'a", "='["),
              "ERROR invalid SIMILAR pattern: missing closing bracket");
}

/* Patterns that never end are given up. */
static void hostile(void)
{
    static const char text[] = "'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!";
    int64_t begin_us = clock_monotonic_us();
    CHECK_STR(BLINK("REGEXP_EXTRACT", text, "'^(a+)+$"), "NULL");
    CHECK_STR(FLINK("REGEXP_EXTRACT", text, "'^(a+)+$"),
              "ERROR a regular expression takes too long");
    CHECK_STR(BLINK("REGEXP_COUNT", text, "='(a|aa)+$"), "NULL");
    CHECK_STR(BLINK("REGEXP", text, "'(a*)*b"), "FALSE");
    CHECK(clock_monotonic_us() - begin_us < 20 * TIME_US_PER_SECOND);
    /* A long text that needs many steps, but not too many. */
    static char lines[60000];
    lines[0] = '\'';
    for (size_t i = 1; i + 1 < sizeof lines; i++)
        lines[i] = i % 100 ? 'x' : '\n';
    CHECK_STR(BOTH("REGEXP", lines, "'x+\\d"), "FALSE");
    CHECK_STR(BOTH("REGEXP", lines, "'(?s)^.*x.*\\z"), "TRUE");
}

/* More patterns than the cache has places, and back again. */
static void many_patterns(void)
{
    struct arena *arena = arena_create();
    struct bind_env env = { .arena = arena, .dialect = DIALECT_FLINK, .zone = zone_utc };
    enum { ROWS = 600 };
    struct column *columns[2] = { column_create(arena, &type_string, ROWS),
                                  column_create(arena, &type_string, ROWS) };
    struct expr *args[2] = { expr_column(arena, 0, &type_string, (struct span){ 0 }),
                             expr_column(arena, 1, &type_string, (struct span){ 0 }) };
    struct error err = { 0 };
    struct expr *e;
    struct program *p;
    struct column *out;
    for (uint32_t i = 0; i < ROWS; i++) {
        COLUMN_OUT(columns[0], struct view)
        [i] = view_of(str_of(arena_printf(arena, "number %u", i % 97)));
        COLUMN_OUT(columns[1], struct view)
        [i] = view_of(str_of(arena_printf(arena, i % 10 ? "^number %u$" : "^number (%u$", i % 89)));
    }
    CHECK_INT(function_bind_name(&env, STR("REGEXP"), args, 2, (struct span){ 0 }, &e, &err), OK);
    CHECK_INT(program_create(arena, &e, 1, NULL, &p, &err), OK);
    program_begin(p, arena, columns, ROWS);
    CHECK_INT(program_column(p, 0, &(struct rows){ .n = ROWS }, &out, &err), OK);
    for (uint32_t i = 0; i < ROWS; i++)
        if (!CHECK_INT(COLUMN_AT(out, uint8_t, i), i % 10 && i % 97 == i % 89))
            break;
    arena_destroy(arena);
}

static void out_of_memory(void)
{
    for (uint64_t n = 1; n < 300; n++) {
        struct arena *arena = arena_create(), *op = arena_create();
        struct bind_env env = { .arena = arena, .dialect = DIALECT_BLINK, .zone = zone_utc };
        struct value text, pattern;
        struct error err = { 0 };
        struct expr *e;
        struct program *p;
        struct column *out;
        fn_parse(arena, "'a1,b2\xFF", &text);
        fn_parse(arena, "'([a-z&&[^c]])\\d", &pattern);
        struct column *columns[2] = { fn_column(arena, &text), fn_column(arena, &pattern) };
        struct expr *args[2] = { expr_column(arena, 0, text.type, (struct span){ 0 }),
                                 n % 2 ? expr_column(arena, 1, text.type, (struct span){ 0 })
                                       : expr_literal(arena, &pattern, (struct span){ 0 }) };
        mem_fail_at(n / 2 + 1);
        enum code code = function_bind_name(&env, STR("REGEXP_EXTRACT_ALL"), args, 2,
                                            (struct span){ 0 }, &e, &err);
        if (code == OK)
            code = program_create(op, &e, 1, NULL, &p, &err);
        if (code == OK) {
            program_begin(p, op, columns, FN_ROWS);
            code = program_column(p, 0, &(struct rows){ .n = FN_ROWS }, &out, &err);
        }
        bool pending = mem_fail_pending();
        mem_fail_at(0);
        if (pending)
            CHECK_INT(code, OK);
        else if (code != OK)
            CHECK_INT(code, E_NOMEM);
        arena_destroy(op);
        arena_destroy(arena);
    }
}

int main(void)
{
    RUN(escapes);
    RUN(classes);
    RUN(wrong);
    RUN(random_patterns);
    RUN(regexp);
    RUN(extract);
    RUN(count_and_position);
    RUN(replace);
    RUN(str_to_map);
    RUN(similar);
    RUN(hostile);
    RUN(many_patterns);
    RUN(out_of_memory);
    return check_failed != 0;
}
