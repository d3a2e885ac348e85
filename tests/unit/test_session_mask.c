/* test_session_mask.c -- secrets of every spelling are starred, and nothing moves. */
#include "session/mask.h"
#include "support/check.h"

static const char *mask(const char *text)
{
    static char copy[512];
    size_t size = strlen(text);
    memcpy(copy, text, size + 1);
    mask_secrets(copy, size);
    CHECK_INT(strlen(copy), size);
    CHECK_INT(mask_is_needed(str_of(text)), strcmp(copy, text) != 0);
    return copy;
}

static void in_sql(void)
{
    CHECK_STR(mask("WITH ('password' = 'hush', 'a' = 'b')"),
              "WITH ('password' = '****', 'a' = 'b')");
    CHECK_STR(mask("with (password='it''s', `accessKey` = 'k')"),
              "with (password='*****', `accessKey` = '*')");
    CHECK_STR(mask("'properties.sasl.jaas.config' =\n  'x password=\"y\";', 'a' = 'b'"),
              "'properties.sasl.jaas.config' =\n  '***************', 'a' = 'b'");
    CHECK_STR(mask("'url' = 'jdbc:mysql://h/d?user=u&password=hush&x=y'"),
              "'url' = 'jdbc:mysql://h/d?user=u&password=****&x=y'");
    CHECK_STR(
        mask("'url' = 'jdbc:mysql://u:hu:sh@h:3306/d', 'hosts' = 'http://me:x@a;http://b:80'"),
        "'url' = 'jdbc:mysql://u:*****@h:3306/d', 'hosts' = 'http://me:*@a;http://b:80'");
    CHECK_STR(mask("'url' = 'mysql://u@h:3306/d:@', 'x' = 'http://h:80/a@b', 'y' = '://:@'"),
              "'url' = 'mysql://u@h:3306/d:@', 'x' = 'http://h:80/a@b', 'y' = '://:@'");
    CHECK_STR(mask("'password' = 'never closed"), "'password' = '************");
}

static void in_yaml(void)
{
    CHECK_STR(mask("t: {password: hush, b: c}\nd: e"), "t: {password: ***********\nd: e");
    CHECK_STR(mask("  secret: \"a\\\"b\"\n  x: y"), "  secret: \"****\"\n  x: y");
    CHECK_STR(mask("password:\n  other: x"), "password:\n  other: x");
    CHECK_STR(mask("password: ${env:X}\ntoken: y"), "password: ${env:X}\ntoken: *");
    CHECK_STR(mask("{password: '${file:x}'}"), "{password: '${file:x}'}");
}

static void what_is_none(void)
{
    CHECK_STR(mask("SELECT token FROM t WHERE a = 'b'"), "SELECT token FROM t WHERE a = 'b'");
    CHECK_STR(mask("password"), "password");
    CHECK_STR(mask("password ="), "password =");
    CHECK_STR(mask(""), "");
}

int main(void)
{
    RUN(in_sql);
    RUN(in_yaml);
    RUN(what_is_none);
    return check_failed != 0;
}
