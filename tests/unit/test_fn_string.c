/* test_fn_string.c -- string functions, LIKE and hashes.
 *
 * Most expectations are those of Flink's own tests (ScalarFunctionsTest, StringFunctionsITCase);
 * the ones for Blink are the examples of its documentation and the rules of its dialect. */
#include "fn_call.h"

static void concat(void)
{
    CHECK_STR(FLINK("CONCAT", "'AA", "'BB", "'CC", "'---"), "AABBCC---");
    CHECK_STR(FLINK("CONCAT", "'xx", "~"), "NULL");
    CHECK_STR(FLINK("CONCAT", "'a"), "a");
    CHECK_STR(BLINK("CONCAT", "'a", "~", "'b", "'"), "ab");
    CHECK_STR(BLINK("CONCAT", "~", "~"), "NULL");
    CHECK_STR(BLINK("CONCAT", "'", "~"), "");
    CHECK_STR(BLINK("CONCAT", "'id:", "#305", "'/", "##-7", "'/", "%1.5"), "id:305/-7/1.5");
    CHECK_STR(FLINK("CONCAT", "'id:", "#305"),
              "ERROR function CONCAT does not accept (STRING, INT)");
    CHECK_STR(BOTH("||", "'ab", "'cd"), "abcd");
    CHECK_STR(BOTH("||", "'ab", "~"), "NULL");

    CHECK_STR(FLINK("CONCAT_WS", "~", "'AA"), "NULL");
    CHECK_STR(BLINK("CONCAT_WS", "~", "'Jack", "'Harry"), "JackHarry");
    CHECK_STR(BOTH("CONCAT_WS", "'~~~~", "'AA"), "AA");
    CHECK_STR(BOTH("CONCAT_WS", "'~", "~", "'AA", "'BB", "'", "~", "'CC"), "AA~BB~~CC");
    CHECK_STR(BOTH("CONCAT_WS", "'~", "~", "~"), "");

    CHECK_STR(BOTH("REPEAT", "'This", "#2"), "ThisThis");
    CHECK_STR(BOTH("REPEAT", "'This", "#0"), "");
    CHECK_STR(BOTH("REPEAT", "'This", "#-1"), "");
    CHECK_STR(BOTH("REPEAT", "'", "#2000000000"), "");
    CHECK_STR(BOTH("REPEAT", "~", "#2"), "NULL");
    CHECK(strncmp(BOTH("REPEAT", "'abc", "#2000000000"), "ERROR a text of 6000000000 bytes", 32) ==
          0);
}

/* All sizes of pieces, constant and not: the strides must not spill. */
static void concat_sizes(void)
{
    char piece[2][200], want[2000];
    for (int a = 0; a < 150; a += 1) {
        for (int b = 0; b < 150; b += a % 7 + 1) {
            memset(piece, 0, sizeof piece);
            piece[0][0] = piece[1][0] = '\'';
            for (int i = 0; i < a; i++)
                piece[0][i + 1] = (char)('a' + i % 26);
            for (int i = 0; i < b; i++)
                piece[1][i + 1] = (char)('A' + i % 26);
            char constant[202];
            snprintf(constant, sizeof constant, "=%s", piece[1]);
            snprintf(want, sizeof want, "%s-%s%s-%s", piece[0] + 1, piece[1] + 1, piece[1] + 1,
                     piece[0] + 1);
            if (!CHECK_STR(BLINK("CONCAT", piece[0], "='-", constant, piece[1], "='-", piece[0]),
                           want))
                return;
        }
    }
}

static void letter_case(void)
{
    CHECK_STR(BOTH("UPPER", "'This is a test String."), "THIS IS A TEST STRING.");
    CHECK_STR(BOTH("LOWER", "'This is a TEST String.[]@`{"), "this is a test string.[]@`{");
    CHECK_STR(BOTH("UPPER", "'stra\xC3\x9F"
                            "e \xC3\xA4"),
              "STRASSE \xC3\x84");
    CHECK_STR(BOTH("LOWER", "'\xC3\x84\xC3\x96"), "\xC3\xA4\xC3\xB6");
    CHECK_STR(BOTH("UPPER", "~"), "NULL");
    CHECK_STR(BOTH("INITCAP", "'ab"), "Ab");
    CHECK_STR(BOTH("INITCAP", "'a B"), "A B");
    CHECK_STR(BOTH("INITCAP", "'fLinK"), "Flink");
    CHECK_STR(BOTH("INITCAP", "'This is a test String."), "This Is A Test String.");
    CHECK_STR(BOTH("INITCAP", "'1ab x-y"), "1ab X-Y");
    CHECK_STR(BOTH("REVERSE", "'==ABDIQA"), "AQIDBA==");
    CHECK_STR(BOTH("REVERSE", "'a\xE4\xB8\x96z"), "z\xE4\xB8\x96"
                                                  "a");
    CHECK_STR(BOTH("REVERSE", "'"), "");
}

static void trim(void)
{
    CHECK_STR(BOTH("TRIM", "' This is a test String. "), "This is a test String.");
    CHECK_STR(BOTH("TRIM", "='TRAILING", "' x "), " x");
    CHECK_STR(BOTH("TRIM", "='LEADING", "' x "), "x ");
    CHECK_STR(BOTH("TRIM", "='BOTH", "'abc", "'abcddcba"), "dd");
    CHECK_STR(BOTH("TRIM", "='BOTH", "'abd", "'abcddcba"), "cddc");
    CHECK_STR(BOTH("TRIM", "='BOTH", "'开心", "'心情开开心心"), "情");
    CHECK_STR(BOTH("TRIM", "='LEADING", "'e", "'example"), "xample");
    CHECK_STR(BOTH("TRIM", "='TRAILING", "'e", "'example"), "exampl");
    CHECK_STR(BOTH("TRIM", "='BOTH", "'xyz", "'example"), "example");
    CHECK_STR(BOTH("TRIM", "'    "), "");
    CHECK_STR(BOTH("TRIM", "='BOTH", "'", "' a "), " a ");
    CHECK_STR(BOTH("LTRIM", "'This is a", "'This "), "a");
    CHECK_STR(BOTH("LTRIM", "'abcddcba", "'abd"), "cddcba");
    CHECK_STR(BOTH("LTRIM", "'心情开开心心", "'开心"), "情开开心心");
    CHECK_STR(BOTH("LTRIM", "'abcddcba", "~"), "NULL");
    CHECK_STR(BOTH("RTRIM", "'This is a test String.", "'String. "), "This is a tes");
    CHECK_STR(BOTH("RTRIM", "'abcddcba", "'abc"), "abcdd");
    CHECK_STR(BOTH("RTRIM", "'心情开开心心", "'开心"), "心情");
    CHECK_STR(BOTH("BTRIM", "'  ab  "), "ab");
    CHECK_STR(BOTH("BTRIM", "'xxabxx", "'x"), "ab");
    /* A cut-off character is one that no set has. */
    CHECK_STR(BOTH("RTRIM", "'a\xE4\xB8", "'\xE4\xB8\x96"), "a\xE4\xB8");
}

static void pad(void)
{
    CHECK_STR(BOTH("LPAD", "'a", "#1", "'??"), "a");
    CHECK_STR(BOTH("LPAD", "'a", "#2", "'??"), "?a");
    CHECK_STR(BOTH("LPAD", "'a", "#5", "'??"), "????a");
    CHECK_STR(BOTH("LPAD", "'a", "~i", "'??"), "NULL");
    CHECK_STR(BOTH("LPAD", "'hi", "#1", "'??"), "h");
    CHECK_STR(BOTH("LPAD", "'", "#30", "'??"), "??????????????????????????????");
    CHECK_STR(BOTH("LPAD", "'111", "#-2", "'??"), "NULL");
    CHECK_STR(BOTH("LPAD", "'⎨⎨", "#1", "'??"), "⎨");
    CHECK_STR(BOTH("LPAD", "'äääääääää", "#2", "'??"), "ää");
    CHECK_STR(BOTH("LPAD", "'äääääääää", "#10", "'??"), "?äääääääää");
    CHECK_STR(BOTH("LPAD", "'ab", "#5", "'"), "NULL");
    CHECK_STR(BOTH("LPAD", "'äää", "#13", "'12345"), "1234512345äää");
    CHECK_STR(BOTH("LPAD", "'ab", "#0", "'x"), "");
    CHECK_STR(BOTH("RPAD", "'a", "#5", "'??"), "a????");
    CHECK_STR(BOTH("RPAD", "'üö", "#1", "'??"), "ü");
    CHECK_STR(BOTH("RPAD", "'äää", "#13", "'12345"), "äää1234512345");
    /* Java counts UTF-16 units. */
    CHECK_STR(BOTH("LPAD", "'\xF0\x9F\x98\x80", "#3", "'x"), "x\xF0\x9F\x98\x80");
    CHECK_STR(BOTH("LPAD", "'\xF0\x9F\x98\x80", "#1", "'x"), "?");
}

static void parts(void)
{
    static const char f0[] = "'This is a test String.";
    CHECK_STR(BOTH("SUBSTRING", f0, "#2"), "his is a test String.");
    CHECK_STR(BOTH("SUBSTRING", f0, "#2", "#5"), "his i");
    CHECK_STR(BOTH("SUBSTRING", f0, "#-2"), "g.");
    CHECK_STR(BOTH("SUBSTRING", f0, "#-2", "#1"), "g");
    CHECK_STR(BOTH("SUBSTRING", f0, "#-2", "#0"), "");
    CHECK_STR(BOTH("SUBSTR", f0, "#100", "#10"), "");
    CHECK_STR(BOTH("SUBSTR", f0, "#2", "#-1"), "NULL");
    CHECK_STR(BOTH("SUBSTR", f0, "#2", "~i"), "NULL");
    CHECK_STR(BOTH("SUBSTR", f0, "#0", "#3"), "Thi");
    CHECK_STR(BOTH("SUBSTR", f0, "#-100", "#3"), "");
    CHECK_STR(BOTH("SUBSTR", "'1世3", "#1", "#2"), "1世");
    CHECK_STR(BOTH("SUBSTR", "'1世3", "#-2"), "世3");
    CHECK_STR(BOTH("SUBSTR", "'abc", "##9223372036854775807", "##9223372036854775807"), "");
    CHECK_STR(BOTH("SUBSTR", "'abc", "##-9223372036854775808"), "");
    CHECK_STR(BOTH("LEFT", f0, "#2"), "Th");
    CHECK_STR(BOTH("LEFT", f0, "#100"), "This is a test String.");
    CHECK_STR(BOTH("LEFT", f0, "#-2"), "");
    CHECK_STR(BOTH("RIGHT", f0, "#2"), "g.");
    CHECK_STR(BOTH("RIGHT", f0, "#100"), "This is a test String.");
    CHECK_STR(BOTH("RIGHT", f0, "#0"), "");
    CHECK_STR(BOTH("RIGHT", "'a世界", "#1"), "界");

    CHECK_STR(BOTH("OVERLAY", "'xxxxxtest", "'xxxx", "#6"), "xxxxxxxxx");
    CHECK_STR(BOTH("OVERLAY", "'xxxxxtest", "'xxxx", "#6", "#2"), "xxxxxxxxxst");
    CHECK_STR(BOTH("OVERLAY", "'123456789", "'It", "#-1", "#4"), "123456789");
    CHECK_STR(BOTH("OVERLAY", "'123456789", "'abc", "#100", "#2"), "123456789");
    CHECK_STR(BOTH("OVERLAY", "'123456789", "'abc", "#2", "#100"), "1abc");
    CHECK_STR(BOTH("OVERLAY", "'123456789", "'abc", "#2", "#-1"), "1abc");
    CHECK_STR(BOTH("OVERLAY", f0, "'It", "#1", "#4"), "It is a test String.");

    CHECK_STR(BOTH("REPLACE", f0, "' ", "'_"), "This_is_a_test_String.");
    CHECK_STR(BOTH("REPLACE", f0, "'i", "'"), "Ths s a test Strng.");
    CHECK_STR(BOTH("REPLACE", "'ababab", "'abab", "'z"), "zab");
    CHECK_STR(BOTH("REPLACE", "'abc", "'", "'-"), "-a-b-c-");
    CHECK_STR(BOTH("REPLACE", "'abc", "'x", "'-"), "abc");
    CHECK_STR(BOTH("REPLACE", "'abc", "~", "'-"), "NULL");
}

static void translate_and_elt(void)
{
    CHECK_STR(BOTH("TRANSLATE", "~", "'abc", "'123"), "NULL");
    CHECK_STR(BOTH("TRANSLATE", "'www.apache.org", "~", "'123"), "www.apache.org");
    CHECK_STR(BOTH("TRANSLATE", "'www.apache.org", "'abc", "~"), "www.phe.org");
    CHECK_STR(BOTH("TRANSLATE", "'www.apache.org", "'", "'123"), "www.apache.org");
    CHECK_STR(BOTH("TRANSLATE", "'www.apache.org", "'abcde", "'123"), "www.1p13h.org");
    CHECK_STR(BOTH("TRANSLATE", "'www.apache.org", "'abcde.", "'123"), "www1p13horg");
    CHECK_STR(BOTH("TRANSLATE", "'www.apache.org", "'abcae", "'12345"), "www.1p13h5.org");
    CHECK_STR(BOTH("TRANSLATE", "'www.apache.org", "'...", "'123"), "www1apache1org");
    CHECK_STR(BOTH("TRANSLATE", "'翻译test，测试", "'翻译测试test，",
                   "'测试翻译tset。"),
              "测试tset。翻译");
    CHECK_STR(BOTH("TRANSLATE", "'翻译test，测试", "'翻译测试test，", "'test翻译  "),
              "te翻译 翻st");
    CHECK_STR(
        BOTH("TRANSLATE", "'www.\xF0\x9F\x98\x80.org", "'.\xF0\x9F\x98\x80", "'\xF0\x9F\x98\x80."),
        "www\xF0\x9F\x98\x80.\xF0\x9F\x98\x80org");

    CHECK_STR(BOTH("ELT", "~i", "'a", "'b"), "NULL");
    CHECK_STR(BOTH("ELT", "#1", "'scala", "'java"), "scala");
    CHECK_STR(BOTH("ELT", "#2", "'a", "'b"), "b");
    CHECK_STR(BOTH("ELT", "#1", "'a", "~"), "a");
    CHECK_STR(BOTH("ELT", "#2", "'a", "~"), "NULL");
    CHECK_STR(BOTH("ELT", "#0", "'a"), "NULL");
    CHECK_STR(BOTH("ELT", "#4", "'a", "'b", "'c"), "NULL");
    CHECK_STR(BOTH("ELT", "##9223372036854775807", "'a"), "NULL");
    CHECK_STR(FLINK("ELT", "'x", "'3"), "ERROR function ELT does not accept (STRING, STRING)");
}

static void find(void)
{
    CHECK_STR(BOTH("CHAR_LENGTH", "'This is a test String."), "22");
    CHECK_STR(BOTH("CHARACTER_LENGTH", "'世界"), "2");
    CHECK_STR(BOTH("OCTET_LENGTH", "'世界"), "6");
    CHECK_STR(BOTH("POSITION", "'test", "'xxxtest"), "4");
    CHECK_STR(BOTH("POSITION", "'testx", "'xxxtest"), "0");
    CHECK_STR(BOTH("POSITION", "'aa", "'aaads"), "1");
    CHECK_STR(BOTH("POSITION", "'界", "'世界"), "2");
    CHECK_STR(BOTH("POSITION", "'", "'abc"), "1");
    CHECK_STR(BOTH("LOCATE", "'aa", "'aaads", "#2"), "2");
    CHECK_STR(BOTH("LOCATE", "'aa", "'aaads", "#3"), "0");
    CHECK_STR(BOTH("LOCATE", "'a", "'世a界a", "#3"), "4");
    CHECK_STR(BOTH("LOCATE", "'a", "'a", "##9223372036854775807"), "0");
    CHECK_STR(BOTH("INSTR", "'Corporate Floor", "'or", "#3", "#2"), "14");
    CHECK_STR(BOTH("INSTR", "'Corporate Floor", "'or", "#-3", "#2"), "2");
    CHECK_STR(BOTH("INSTR", "'Tech on the net", "'e"), "2");
    CHECK_STR(BOTH("INSTR", "'Tech on the net", "'e", "#1", "#2"), "11");
    CHECK_STR(BOTH("INSTR", "'Tech on the net", "'e", "#1", "#3"), "14");
    CHECK_STR(BOTH("INSTR", "'Tech on the net", "'e", "#-3", "#2"), "2");
    CHECK_STR(BOTH("INSTR", "'myteststring", "'st"), "5");
    CHECK_STR(BOTH("INSTR", "'aaaa", "'aa", "#1", "#3"), "3");
    CHECK_STR(BOTH("INSTR", "'世aa界aa", "'aa", "#-1", "#2"), "2");
    CHECK_STR(BOTH("INSTR", "'abc", "'", "#-1"), "4");
    CHECK_STR(BOTH("INSTR", "'abc", "'c", "#0"), "0");
    CHECK_STR(BOTH("INSTR", "'abc", "'c", "##-9223372036854775808"), "0");
    CHECK_STR(BOTH("INSTR", "~", "'e"), "NULL");
    CHECK_STR(BLINK("INSTR", "'abc", "'c", "#1", "#0"), "NULL");
    CHECK_STR(FLINK("INSTR", "'abc", "'c", "#1", "#0"),
              "ERROR occurrence 0 of INSTR is not positive");
    CHECK_STR(BOTH("STARTSWITH", "'SparkSQL", "'Spark"), "TRUE");
    CHECK_STR(BOTH("STARTSWITH", "'SparkSQL", "'"), "TRUE");
    CHECK_STR(BOTH("STARTSWITH", "'S", "'Spark"), "FALSE");
    CHECK_STR(BOTH("ENDSWITH", "'SparkSQL", "'SQL"), "TRUE");
    CHECK_STR(BOTH("ENDSWITH", "x'010203", "x'0203"), "TRUE");
    CHECK_STR(BOTH("ENDSWITH", "x'010203", "x'0102"), "FALSE");
}

static void split(void)
{
    static const char f38[] = "'AQIDBA==";
    CHECK_STR(BOTH("SPLIT_INDEX", f38, "'I", "#0"), "AQ");
    CHECK_STR(BOTH("SPLIT_INDEX", f38, "'I", "#1"), "DBA==");
    CHECK_STR(BOTH("SPLIT_INDEX", f38, "'I", "#2"), "NULL");
    CHECK_STR(BOTH("SPLIT_INDEX", f38, "'I", "#-1"), "NULL");
    CHECK_STR(BOTH("SPLIT_INDEX", f38, "~", "#0"), "NULL");
    CHECK_STR(BOTH("SPLIT_INDEX", f38, "#73", "#0"), "AQ");
    CHECK_STR(BOTH("SPLIT_INDEX", f38, "#256", "#0"), "NULL");
    CHECK_STR(BOTH("SPLIT_INDEX", f38, "#0", "#0"), "NULL");
    CHECK_STR(BOTH("SPLIT_INDEX", "'Test", "'e", "#1"), "st");
    CHECK_STR(BOTH("SPLIT_INDEX", "'a,,b,", "',", "#1"), "");
    CHECK_STR(BOTH("SPLIT_INDEX", "'a,,b,", "',", "#3"), "");
    CHECK_STR(BOTH("SPLIT_INDEX", "'a,,b,", "',", "#4"), "NULL");
    CHECK_STR(BOTH("SPLIT_INDEX", "'", "',", "#0"), "NULL");
    CHECK_STR(BOTH("SPLIT_INDEX", "'ab de\tfg", "'", "#2"), "fg");
    CHECK_STR(BOTH("SPLIT_INDEX",
                   "'a\xC3\xBF"
                   "b",
                   "#255", "#1"),
              "b");
    CHECK_STR(BOTH("SPLIT", "'a,b,,c,", "',"), "[a, b, , c, ]");
    CHECK_STR(BOTH("SPLIT", "'ab-!-cd-!-ef", "'-!-"), "[ab, cd, ef]");
    CHECK_STR(BOTH("SPLIT", "'a世c", "'"), "[a, 世, c]");
    CHECK_STR(BOTH("SPLIT", "'", "',"), "[]");
    CHECK_STR(BOTH("SPLIT", "'a", "~"), "NULL");
    CHECK_STR(BLINK("KEYVALUE", "'k1=v1;k2=v2", "';", "'=", "'k2"), "v2");
    CHECK_STR(BLINK("KEYVALUE", "'k1:v1,k2:v2", "',", "':", "'k3"), "NULL");
    CHECK_STR(BLINK("KEYVALUE", "'k1=v=1;", "';", "'=", "'k1"), "v=1");
    CHECK_STR(BLINK("KEYVALUE", "'k1==v1;;k2==v2", "';;", "'==", "'k2"), "v2");
    CHECK_STR(BLINK("KEYVALUE", "'k1=v1 k2=v2", "~", "'=", "'k2"), "v2");
    CHECK_STR(BLINK("KEYVALUE", "~", "';", "'=", "'k2"), "NULL");
    CHECK_STR(BLINK("KEYVALUE", "'k1", "';", "'=", "'k1"), "NULL");
    CHECK_STR(FLINK("KEYVALUE", "'k1", "';", "'=", "'k1"), "NO SUCH FUNCTION");
}

static void codes(void)
{
    CHECK_STR(BOTH("ASCII", "'efg"), "101");
    CHECK_STR(BOTH("ASCII", "'"), "0");
    CHECK_STR(BOTH("CHR", "#97"), "a");
    CHECK_STR(BOTH("CHR", "#353"), "a");
    CHECK_STR(BOTH("CHR", "#-1"), "");
    CHECK_STR(BOTH("CHR", "#228"), "ä");
    CHECK_STR(BOTH("HEX", "#100"), "64");
    CHECK_STR(BOTH("HEX", "#0"), "0");
    CHECK_STR(BOTH("HEX", "#-1"), "FFFFFFFFFFFFFFFF");
    CHECK_STR(BOTH("HEX", "'ö"), "C3B6");
    CHECK_STR(BOTH("HEX", "'hello,world"), "68656C6C6F2C776F726C64");
    CHECK_STR(BOTH("HEX", "~"), "NULL");
    CHECK_STR(BOTH("UNHEX", "'466C696E6b"), "Flink");
    CHECK_STR(BOTH("UNHEX", "'z"), "NULL");
    CHECK_STR(BOTH("UNHEX", "'4"), ""); /* a zero byte */
    CHECK_STR(BOTH("UNHEX", "'"), "");
    CHECK_STR(BOTH("UNHEX", "'4z"), "NULL");
    CHECK_STR(BOTH("FROM_BASE64", "'aGVsbG8gd29ybGQ="), "hello world");
    CHECK_STR(BOTH("FROM_BASE64", "'5L2g5aW9"), "你好");
    CHECK_STR(BOTH("FROM_BASE64", "x'6147567362473867643239796247513D"), "hello world");
    CHECK_STR(BLINK("FROM_BASE64", "'a%b="), "NULL");
    CHECK_STR(FLINK("FROM_BASE64", "'a%b="), "ERROR text \"a%b=\" is not base64");
    CHECK_STR(BOTH("TO_BASE64", "'This is a test String."), "VGhpcyBpcyBhIHRlc3QgU3RyaW5nLg==");
    CHECK_STR(BOTH("TO_BASE64", "'"), "");
    CHECK_STR(BOTH("TO_BASE64", "x'01020304"), "AQIDBA==");
    CHECK_STR(BOTH("DECODE", "x'4142", "='UTF-8"), "AB");
    CHECK_STR(BOTH("DECODE", "x'FEFF00410042", "='UTF-16"), "AB");
    CHECK_STR(BOTH("DECODE", "x'FFFE41004200", "='utf-16"), "AB");
    CHECK_STR(BOTH("DECODE", "x'3DD800DE41", "='UTF-16LE"), "\xF0\x9F\x98\x80\xEF\xBF\xBD");
    CHECK_STR(BOTH("DECODE", "x'D83D0041", "='UTF-16BE"), "\xEF\xBF\xBD"
                                                          "A");
    CHECK_STR(BOTH("DECODE", "x'41E4", "='ISO-8859-1"), "Aä");
    CHECK_STR(BOTH("DECODE", "x'41E4", "='US-ASCII"), "A\xEF\xBF\xBD");
    CHECK_STR(BLINK("DECODE", "x'41E4", "='KOI"), "NULL");
    CHECK_STR(FLINK("DECODE", "x'41E4", "='KOI"), "ERROR unknown character set \"KOI\"");
    CHECK_STR(FLINK("DECODE", "x'41E4", "'KOI"), "ERROR unknown character set \"KOI\"");
    CHECK_STR(BOTH("ENCODE", "'Aä世", "='ISO-8859-1"), "A\xEF\xBF\xBD?");
    CHECK_STR(BOTH("ENCODE", "'AB", "='UTF-8"), "AB");
}

static void urls(void)
{
    static const char *const names[] = { "'HOST",     "'PATH", "'QUERY",     "'REF",
                                         "'PROTOCOL", "'FILE", "'AUTHORITY", "'USERINFO" };
    static const char *const vectors[][9] = {
        { "'http://userinfo@flink.apache.org/path?query=1#Ref", "flink.apache.org", "/path",
          "query=1", "Ref", "http", "/path?query=1", "userinfo@flink.apache.org", "userinfo" },
        { "'https://use%20r:pas%20s@example.com/dir%20/pa%20th.HTML?query=x%20y&q2=2#Ref%20two",
          "example.com", "/dir%20/pa%20th.HTML", "query=x%20y&q2=2", "Ref%20two", "https",
          "/dir%20/pa%20th.HTML?query=x%20y&q2=2", "use%20r:pas%20s@example.com",
          "use%20r:pas%20s" },
        { "'http://user:pass@host", "host", "", "NULL", "NULL", "http", "", "user:pass@host",
          "user:pass" },
        { "'http://user:pass@host/", "host", "/", "NULL", "NULL", "http", "/", "user:pass@host",
          "user:pass" },
        { "'http://user:pass@host/?#", "host", "/", "", "", "http", "/?", "user:pass@host",
          "user:pass" },
        { "'http://user:pass@host/file;param?query;p2", "host", "/file;param", "query;p2", "NULL",
          "http", "/file;param?query;p2", "user:pass@host", "user:pass" },
        { "'invalid://user:pass@host/file;param?query;p2", "NULL", "NULL", "NULL", "NULL", "NULL",
          "NULL", "NULL", "NULL" },
        { "'http://h:80/a/./b/../c/..", "h", "/a/", "NULL", "NULL", "http", "/a/", "h:80", "NULL" },
        { "'http://[::1]:8080/x", "[::1]", "/x", "NULL", "NULL", "http", "/x", "[::1]:8080",
          "NULL" },
        { "'http://h:8x/", "NULL", "NULL", "NULL", "NULL", "NULL", "NULL", "NULL", "NULL" },
        { "'no url", "NULL", "NULL", "NULL", "NULL", "NULL", "NULL", "NULL", "NULL" },
    };
    for (size_t v = 0; v < countof(vectors); v++)
        for (size_t i = 0; i < countof(names); i++)
            if (!CHECK_STR(BOTH("PARSE_URL", vectors[v][0], names[i]), vectors[v][i + 1]))
                printf("    %s %s\n", vectors[v][0], names[i]);
    CHECK_STR(BOTH("PARSE_URL", "'http://h/?query=1", "'QUERY", "'query"), "1");
    CHECK_STR(BOTH("PARSE_URL", "'http://h/?xq=0&q=1&q=2", "'QUERY", "'q"), "1");
    CHECK_STR(BOTH("PARSE_URL", "'http://h/?q=", "'QUERY", "'q"), "");
    CHECK_STR(BOTH("PARSE_URL", "'http://h/?q=1", "'HOST", "'q"), "NULL");
    CHECK_STR(BOTH("PARSE_URL", "'http://h/?q=1", "'host"), "NULL");
    CHECK_STR(BOTH("URL_ENCODE", "'https://a.b/c d?e=\xC3\xA4*~"),
              "https%3A%2F%2Fa.b%2Fc+d%3Fe%3D%C3%A4*%7E");
    CHECK_STR(BOTH("URL_DECODE", "'https%3A%2F%2Fa+b%C3%a4"), "https://a b\xC3\xA4");
    CHECK_STR(BOTH("URL_DECODE", "'a%F"), "NULL");
    CHECK_STR(BOTH("URL_DECODE", "'a%zz"), "NULL");
    CHECK_STR(BOTH("URL_DECODE", "'%FF"), "\xEF\xBF\xBD");
}

static void printf_function(void)
{
    CHECK_STR(BOTH("PRINTF", "'Hello World %d %s", "#100", "'days"), "Hello World 100 days");
    CHECK_STR(BOTH("PRINTF", "'%5d|%-5d|%05d|%+d|%,d|%(d", "#42", "#42", "#-42", "#42", "##1234567",
                   "#-5"),
              "   42|42   |-0042|+42|1,234,567|(5)");
    CHECK_STR(BOTH("PRINTF", "'%x %X %o %#x", "#-1", "##255", "#8", "#10"), "ffffffff FF 10 0xa");
    CHECK_STR(BOTH("PRINTF", "'%.2f %.0f %f %10.3f", "%1.005", "%2.5", "%1e10", "%-3.14159"),
              "1.01 3 10000000000.000000     -3.142");
    CHECK_STR(BOTH("PRINTF", "'%.3e %E %g %g %g", "%12345.678", "%0", "%0.0001", "%123456789",
                   "%0.00001"),
              "1.235e+04 0.000000E+00 0.000100000 1.23457e+08 1.00000e-05");
    CHECK_STR(BOTH("PRINTF", "'%.1f %.1f %.0f %.2f", "%0.25", "%0.96", "%0.4", "%0.001"),
              "0.3 1.0 0 0.00");
    CHECK_STR(BOTH("PRINTF", "'%2$s %1$s %<s %s", "'a", "'b"), "b a a a");
    CHECK_STR(BOTH("PRINTF", "'%s %S %b %c %% %n|", "~", "'ab", "?true", "#20320"),
              "null AB true 你 % \n|");
    CHECK_STR(BOTH("PRINTF", "'%.2s|%5s|%-5s|", "'abc", "'ä", "'x"), "ab|    ä|x    |");
    CHECK_STR(BOTH("PRINTF", "~", "#1"), "NULL");
    CHECK_STR(BOTH("PRINTF", "'%d", "'x"), "ERROR format \"%d\" of PRINTF needs a number");
    CHECK_STR(BOTH("PRINTF", "'%d", "%1.5"), "ERROR format \"%d\" of PRINTF needs an integer");
    CHECK_STR(BOTH("PRINTF", "'%d"), "ERROR format \"%d\" of PRINTF has no argument");
    CHECK_STR(BOTH("PRINTF", "'%"), "ERROR malformed format string of PRINTF: \"%\"");
    CHECK_STR(BOTH("PRINTF", "'%q", "#1"), "ERROR format \"%q\" of PRINTF is not known");
    CHECK_STR(BOTH("PRINTF", "'%99999999d", "#1"),
              "ERROR malformed format string of PRINTF: \"%99999999d\"");
}

static void questions(void)
{
    CHECK_STR(BOTH("IS_ALPHA", "'abc"), "TRUE");
    CHECK_STR(BOTH("IS_ALPHA", "'abc1"), "FALSE");
    CHECK_STR(BOTH("IS_ALPHA", "'"), "FALSE");
    CHECK_STR(BOTH("IS_ALPHA", "~"), "FALSE");
    CHECK_STR(BOTH("IS_ALPHA", "#1"), "FALSE");
    CHECK_STR(BOTH("IS_ALPHA", "'世äé"), "TRUE");
    CHECK_STR(BOTH("IS_ALPHA", "'世 "), "FALSE");
    CHECK_STR(BOTH("IS_DIGIT", "'123"), "TRUE");
    CHECK_STR(BOTH("IS_DIGIT", "'１２"), "TRUE");
    CHECK_STR(BOTH("IS_DIGIT", "'1.5"), "FALSE");
    CHECK_STR(BOTH("IS_DIGIT", "#1"), "TRUE");
    CHECK_STR(BOTH("IS_DIGIT", "~i"), "FALSE");
    CHECK_STR(BOTH("IS_DIGIT", "%1"), "FALSE");
    CHECK_STR(BLINK("IS_DIGITS", "'0"), "TRUE");
    CHECK_STR(BOTH("IS_DECIMAL", "'1"), "TRUE");
    CHECK_STR(BOTH("IS_DECIMAL", "'-11.4445e3"), "TRUE");
    CHECK_STR(BOTH("IS_DECIMAL", "'asd"), "FALSE");
    CHECK_STR(BOTH("IS_DECIMAL", "'"), "FALSE");
    CHECK_STR(BOTH("IS_DECIMAL", "~"), "FALSE");
    CHECK_STR(BOTH("IS_DECIMAL", "%1.5"), "TRUE");
    CHECK_STR(BOTH("HASH_CODE", "'abc"), "96354");
    CHECK_STR(BOTH("HASH_CODE", "'a"), "97");
    CHECK_STR(BOTH("HASH_CODE", "~"), "NULL");
    CHECK_STR(BOTH("HASH_CODE", "'\xF0\x9F\x98\x80"), "1772899");
}

static void hashes(void)
{
    CHECK_STR(BOTH("MD5", "'abc"), "900150983cd24fb0d6963f7d28e17f72");
    CHECK_STR(FLINK("MD5", "'"), "d41d8cd98f00b204e9800998ecf8427e");
    CHECK_STR(BLINK("MD5", "'"), "");
    CHECK_STR(BOTH("MD5", "'a"), "0cc175b9c0f1b6a831c399e269772661");
    CHECK_STR(BOTH("MD5", "~"), "NULL");
    CHECK_STR(BOTH("SHA1", "'test"), "a94a8fe5ccb19ba61c4c0873d391e987982fbbd3");
    CHECK_STR(BOTH("SHA224", "'test"), "90a3ed9e32b2aaf4c61c410eb925426119e1a9dc53d4286ade99a809");
    CHECK_STR(BOTH("SHA256", "'test"),
              "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08");
    CHECK_STR(BOTH("SHA384", "'test"),
              "768412320f7b0aa5812fce428dc4706b3cae50e02a64caa16a782249bfe8efc4"
              "b7ef1ccb126255d196047dfedf17a0a9");
    CHECK_STR(BOTH("SHA512", "'test"),
              "ee26b0dd4af7e749aa1a8ee3c10ae9923f618980772e473f8819a5d4940e0db2"
              "7ac185f8a0e1d5f84f88bc887fd67b143732c304cc5fa9ad8e6f57f50028a8ff");
    CHECK_STR(BOTH("SHA2", "'test", "#256"),
              "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08");
    CHECK_STR(BLINK("SHA2", "'test", "#100"), "NULL");
    CHECK_STR(FLINK("SHA2", "'test", "#100"), "ERROR SHA2 has no digest of 100 bits");
}

static void like(void)
{
    static const char f0[] = "'This is a test String.";
    CHECK_STR(BOTH("LIKE", f0, "'Th_s%"), "TRUE");
    CHECK_STR(BOTH("LIKE", f0, "'%is a%"), "TRUE");
    CHECK_STR(BOTH("LIKE", "'abcxxxdef", "'abcx%"), "TRUE");
    CHECK_STR(BOTH("LIKE", "'abcxxxdef", "'%%def"), "TRUE");
    CHECK_STR(BOTH("LIKE", "'abcxxxdef", "'abcxxxdef"), "TRUE");
    CHECK_STR(BOTH("LIKE", "'abcxxxdef", "'%xdef"), "TRUE");
    CHECK_STR(BOTH("LIKE", "'abcxxxdef", "'abc%def%"), "TRUE");
    CHECK_STR(BOTH("LIKE", "'abcxxxdef", "'%abc%def"), "TRUE");
    CHECK_STR(BOTH("LIKE", "'abcxxxdef", "'%abc%def%"), "TRUE");
    CHECK_STR(BOTH("LIKE", "'abcxxxdef", "'abdxxxdef"), "FALSE");
    CHECK_STR(BOTH("LIKE", "'abcxxxdef", "'%xqef"), "FALSE");
    CHECK_STR(BOTH("LIKE", "'abcxxxdef", "'abc%qef%"), "FALSE");
    CHECK_STR(BOTH("LIKE", "'abcxxxdef", "'%abc%qef"), "FALSE");
    CHECK_STR(BOTH("LIKE", "'abcxxxdef", "'abc%qef"), "FALSE");
    CHECK_STR(BOTH("LIKE", "'aba", "'ab%ba"), "FALSE"); /* the two must not overlap */
    CHECK_STR(BOTH("LIKE", "'", "'"), "TRUE");
    CHECK_STR(BOTH("LIKE", "'", "'%"), "TRUE");
    CHECK_STR(BOTH("LIKE", "'", "'_"), "FALSE");
    CHECK_STR(BOTH("LIKE", "'世", "'_"), "TRUE");
    CHECK_STR(BOTH("LIKE", "'世界", "'_"), "FALSE");
    CHECK_STR(BOTH("LIKE", "'\n", "'_"), "TRUE");
    CHECK_STR(BOTH("LIKE", "'a\nb", "'a%b"), "TRUE");
    CHECK_STR(BOTH("LIKE", "'xx世y世z", "'%_y_z"), "TRUE");
    CHECK_STR(BOTH("LIKE", "'abcabd", "'%a_d"), "TRUE");
    CHECK_STR(BOTH("LIKE", "'abcabd", "'%__"), "TRUE");
    CHECK_STR(BOTH("LIKE", "'abcabd", "'%_______%"), "FALSE");
    CHECK_STR(BOTH("LIKE", "'abcabd", "'_b%_b_"), "TRUE");
    CHECK_STR(BOTH("LIKE", "'a.c", "'a.c"), "TRUE");
    CHECK_STR(BOTH("LIKE", "'abc", "'a.c"), "FALSE");
    CHECK_STR(BOTH("LIKE", "~", "'a"), "NULL");
    CHECK_STR(BOTH("LIKE", "'a", "~"), "NULL");
    CHECK_STR(BOTH("LIKE", "'%This", "'&%Th_s%", "'&"), "TRUE");
    CHECK_STR(BOTH("LIKE", "'xThis", "'&%Th_s%", "'&"), "FALSE");
    CHECK_STR(BOTH("LIKE", f0, "'Th_s%", "'&"), "TRUE");
    CHECK_STR(BOTH("LIKE", "'a&b", "'a&&b", "'&"), "TRUE");
    CHECK_STR(FLINK("LIKE", "'ab", "=' &b", "='&"),
              "ERROR invalid LIKE pattern: the escape stands before another character");
    CHECK_STR(FLINK("LIKE", "'ab", "='a", "='&&"),
              "ERROR invalid LIKE pattern: the escape is not one character");
    CHECK_STR(BLINK("LIKE", "'ab", "'&b", "'&"), "NULL");
    CHECK_STR(BOTH("LIKE", "'abababababababababababababababababababababab",
                   "'%a%b%a%b%a%b%a%b%a%b%a%b%a%b%a%b%c"),
              "FALSE");
}

/* blink-dialect R-6 */
static void like_backslash(void)
{
    CHECK_STR(BLINK("LIKE", "'DM_x", "'DM\\_%"), "TRUE");
    CHECK_STR(BLINK("LIKE", "'DM_x", "'DM\\\\_%"), "TRUE");
    CHECK_STR(BLINK("LIKE", "'DMax", "'DM\\_%"), "FALSE");
    CHECK_STR(BLINK("LIKE", "'DMax", "'DM\\\\_%"), "FALSE");
    CHECK_STR(BLINK("LIKE", "'a\\b", "'a\\\\b"), "TRUE");
    CHECK_STR(BLINK("LIKE", "'a\\b", "'a\\b"), "TRUE");
    CHECK_STR(BLINK("LIKE", "'a%", "'a\\%"), "TRUE");
    CHECK_STR(BLINK("LIKE", "'ab", "'a\\%"), "FALSE");
    CHECK_STR(BLINK("LIKE", "'a\\", "'a\\"), "TRUE");
    fn_like_literal = true;
    CHECK_STR(BLINK("LIKE", "'DM_x", "'DM\\_%"), "FALSE");
    CHECK_STR(BLINK("LIKE", "'DM\\_x", "'DM\\_%"), "TRUE");
    fn_like_literal = false;
    CHECK_STR(FLINK("LIKE", "'DM_x", "'DM\\_%"), "FALSE");
    CHECK_STR(FLINK("LIKE", "'DM\\xy", "'DM\\_%"), "TRUE");
}

/* The matcher against the definition, on all short texts and patterns of a small alphabet. */
static bool like_slow(const char *p, const char *s)
{
    if (!*p)
        return !*s;
    if (*p == '%')
        return like_slow(p + 1, s) || (*s && like_slow(p, s + 1));
    return *s && (*p == '_' || *p == *s) && like_slow(p + 1, s + 1);
}

static void like_exhaustive(void)
{
    static const char letters[] = "ab%_";
    uint32_t wrong = 0;
    for (unsigned np = 0; np <= 5; np++) {
        for (unsigned code = 0; code<1u << (2 * np); code += np> 4 ? 3 : 1) {
            char pattern[8] = "'", text[8] = "'";
            for (unsigned i = 0; i < np; i++)
                pattern[1 + i] = letters[code >> (2 * i) & 3];
            pattern[1 + np] = '\0';
            for (unsigned t = 0; t < 31 && !wrong; t += 1) {
                unsigned n = t < 1 ? 0 : t < 3 ? 1 : t < 7 ? 2 : t < 15 ? 3 : 4;
                for (unsigned i = 0; i < n; i++)
                    text[1 + i] = letters[(t + 1) >> i & 1];
                text[1 + n] = '\0';
                const char *want = like_slow(pattern + 1, text + 1) ? "TRUE" : "FALSE";
                wrong += !CHECK_STR(FLINK("LIKE", text, pattern), want);
                if (wrong)
                    printf("    %s LIKE %s\n", text, pattern);
            }
        }
    }
}

static void uuids(void)
{
    char *a = BOTH("UUID", "=~"); /* takes no argument */
    CHECK(strncmp(a, "ERROR function UUID takes no arguments", 38) == 0);
    struct arena *arena = arena_create();
    struct bind_env env = { .arena = arena, .dialect = DIALECT_FLINK, .zone = zone_utc };
    struct error err = { 0 };
    struct expr *e;
    struct program *p;
    struct column *out;
    CHECK_INT(function_bind_name(&env, STR("uuid"), NULL, 0, (struct span){ 0 }, &e, &err), OK);
    CHECK(e->kind == EXPR_CALL && (e->flags & CALL_VOLATILE));
    CHECK_INT(program_create(arena, &e, 1, NULL, &p, &err), OK);
    program_begin(p, arena, NULL, 200);
    CHECK_INT(program_column(p, 0, &(struct rows){ .n = 200 }, &out, &err), OK);
    for (uint32_t i = 0; i < 200; i++) {
        struct view v = COLUMN_AT(out, struct view, i);
        bool is_good = v.size == 36 && v.data[8] == '-' && v.data[13] == '-' && v.data[14] == '4' &&
                       v.data[18] == '-' && strchr("89ab", v.data[19]) && v.data[23] == '-';
        if (!CHECK(is_good))
            break;
        if (i > 0 && !CHECK(!view_eq(v, COLUMN_AT(out, struct view, i - 1))))
            break;
    }
    arena_destroy(arena);
}

/* Every allocation of some calls fails once: an error, never a crash. */
static void out_of_memory(void)
{
    static const struct {
        const char *name;
        const char *args[5];
        uint32_t n;
    } calls[] = {
        { "CONCAT", { "'a", "#5", "'c" }, 3 },
        { "UPPER", { "'\xC3\xA4" }, 1 },
        { "LPAD", { "'ä", "#50", "'x" }, 3 },
        { "REPLACE", { "'aba", "'b", "'cc" }, 3 },
        { "SPLIT", { "'a,b", "'," }, 2 },
        { "LIKE", { "'abc", "'a_%" }, 2 },
        { "PRINTF", { "'%5d", "#1" }, 2 },
        { "PARSE_URL", { "'http://a/b", "'PATH" }, 2 },
        { "MD5", { "'abc" }, 1 },
        { "TRANSLATE", { "'abc", "'b", "'x" }, 3 },
        { "IS_ALPHA", { "'\xC3\xA4" }, 1 },
        { "FROM_BASE64", { "'QUJD" }, 1 },
    };
    struct arena *keep = arena_create(); /* so that the suite's own memory is warm */
    for (size_t c = 0; c < countof(calls); c++) {
        for (uint64_t n = 1; n < 200; n++) {
            struct arena *arena = arena_create(), *op = arena_create();
            struct bind_env env = { .arena = arena, .dialect = DIALECT_BLINK, .zone = zone_utc };
            struct expr *args[5], *e;
            struct column *columns[5];
            struct error err = { 0 };
            for (uint32_t i = 0; i < calls[c].n; i++) {
                struct value value;
                fn_parse(arena, calls[c].args[i], &value);
                args[i] = expr_column(arena, i, value.type, (struct span){ 0 });
                columns[i] = fn_column(arena, &value);
            }
            mem_fail_at(n);
            enum code code = function_bind_name(&env, str_of(calls[c].name), args, calls[c].n,
                                                (struct span){ 0 }, &e, &err);
            struct program *p;
            struct column *out;
            if (code == OK)
                code = program_create(op, &e, 1, NULL, &p, &err);
            if (code == OK) {
                program_begin(p, op, columns, FN_ROWS);
                code = program_column(p, 0, &(struct rows){ .n = FN_ROWS }, &out, &err);
            }
            bool pending = mem_fail_pending();
            mem_fail_at(0);
            arena_destroy(op);
            arena_destroy(arena);
            if (pending) {
                CHECK_INT(code, OK);
                break;
            }
            if (code != OK && !CHECK_INT(code, E_NOMEM))
                printf("    %s: %s\n", calls[c].name, err.message);
        }
    }
    arena_destroy(keep);
}

int main(void)
{
    RUN(concat);
    RUN(concat_sizes);
    RUN(letter_case);
    RUN(trim);
    RUN(pad);
    RUN(parts);
    RUN(translate_and_elt);
    RUN(find);
    RUN(split);
    RUN(codes);
    RUN(urls);
    RUN(printf_function);
    RUN(questions);
    RUN(hashes);
    RUN(like);
    RUN(like_backslash);
    RUN(like_exhaustive);
    RUN(uuids);
    RUN(out_of_memory);
    return check_failed != 0;
}
