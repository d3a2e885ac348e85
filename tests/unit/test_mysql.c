/* test_mysql.c -- what the MySQL connector makes of texts, without a server: addresses, literals,
 * folds of keys, errors, ranges of a scan. */
#include "base/arena.h"
#include "mysql/mysql_fault.h"
#include "mysql/mysql_fold.h"
#include "mysql/mysql_literal.h"
#include "mysql/mysql_scan.h"
#include "mysql/mysql_settings.h"
#include "support/check.h"
#include "types/value.h"

#include <math.h>

static struct arena *arena;
static struct error error;

/* --- addresses --------------------------------------------------------------------------- */

/* "endpoint database user | name=value ..." or "!" and the message. */
static void url(const char *text, const char *want)
{
    struct mysql_url parsed;
    enum code code = mysql_url_parse(arena, str_of(text), &parsed, &error);
    if (*want == '!') {
        CHECK_INT(code, E_OPTION);
        CHECK_STR(error.message, want + 1);
        return;
    }
    struct buf out;
    buf_init(&out, 1 << 16);
    CHECK_INT(code, OK);
    buf_printf(&out, STR_FMT " %s %s |", STR_ARG(parsed.endpoint),
               parsed.database ? parsed.database : "-", parsed.user ? parsed.user : "-");
    for (uint32_t i = 0; i < parsed.property_count; i++)
        buf_printf(&out, " " STR_FMT "=" STR_FMT, STR_ARG(parsed.properties[i].name),
                   STR_ARG(parsed.properties[i].value));
    CHECK_STR(buf_cstr(&out), want);
    buf_done(&out);
}

static void addresses(void)
{
    url("jdbc:mysql://h:3307/db", "h:3307 db - |");
    url(" jdbc:mysql://h ", "h:3306 - - |");
    url("mysql://h/", "h:3306 - - |");
    url("JDBC:MariaDB://h/db?", "h:3306 db - |");
    url("jdbc:mysql:replication://a:1,b , c:3/db", "a:1,b:3306,c:3 db - |");
    url("jdbc:mysql://[::1]:3307,[fe80::2]/db", "[::1]:3307,[fe80::2]:3306 db - |");
    url("jdbc:mysql://me@h/a%20b%2Fc", "h:3306 a b/c me |");
    url("jdbc:mysql://h/db?useSSL=true&x&&user=you&y=a%3Db%26c%zz",
        "h:3306 db you | useSSL=true x= user=you y=a=b&c%zz");
    url("jdbc:mysql://h?a=1&A=2", "h:3306 - - | A=2");
}

static void what_is_no_address(void)
{
    url("", "!cannot use the url: it does not begin with jdbc:mysql://");
    url("h:3306/db", "!cannot use the url: it does not begin with jdbc:mysql://");
    url("jdbc:postgresql://h/db", "!cannot use the url: it does not begin with jdbc:mysql://");
    url("jdbc:mysql:h/db", "!cannot use the url: it does not begin with jdbc:mysql://");
    url("jdbc:mysql:///db", "!cannot use the url: it names no host");
    url("jdbc:mysql://h,/db", "!cannot use the url: it names no host");
    url("jdbc:mysql://address=(host=h)/db", "!cannot use the url: it names no host");
    url("jdbc:mysql://h:x/db", "!cannot use the url: a port is no number");
    url("jdbc:mysql://h:70000/db", "!cannot use the url: there is no such port");
    url("jdbc:mysql://h:0/db", "!cannot use the url: there is no such port");
    url("jdbc:mysql://[::1/db", "!cannot use the url: an address in brackets has no end");
    url("jdbc:mysql://[::1]x/db", "!cannot use the url: a host is no host");
    url("jdbc:mysql://h/d%00b", "!cannot use the url: it has a NUL in it");
    url("jdbc:mysql://me:secret@h/db",
        "!cannot use the url: it holds a password, which has an option of its own");
    url("jdbc:mysql://h/db?Password=secret",
        "!cannot use the url: it holds a password, which has an option of its own");
}

/* --- options ----------------------------------------------------------------------------- */

static const struct option_spec specs[] = {
    { "url", OPTION_TEXT, false, NULL, NULL, "" },
    { "table-name", OPTION_TEXT, false, NULL, NULL, "" },
    { "username", OPTION_TEXT, false, NULL, NULL, "" },
    { "password", OPTION_SECRET, false, NULL, NULL, "" },
    { "scan.partition.column", OPTION_TEXT, false, NULL, NULL, "" },
    { "scan.partition.num", OPTION_INT, false, NULL, NULL, "" },
    { "scan.partition.lower-bound", OPTION_INT, false, NULL, NULL, "" },
    { "scan.partition.upper-bound", OPTION_INT, false, NULL, NULL, "" },
    { "excludeUpdateColumns", OPTION_TEXT, false, NULL, NULL, "" },
    { "properties.*", OPTION_TEXT, false, NULL, NULL, "" },
    { 0 },
};

/* A table with the columns id BIGINT and name STRING; options in pairs, NULL at the end. */
static const struct table_def *table_with(const char *const *pairs)
{
    static const struct option_spec *tables[] = { specs, NULL };
    static const struct field fields[] = { { { "id", 2 }, &type_bigint },
                                           { { "name", 4 }, &type_string } };
    static const struct schema schema = { .fields = fields, .count = 2 };
    struct table_def *table = arena_new(arena, struct table_def);
    struct options *options = arena_new(arena, struct options);
    struct option *items = arena_array(arena, struct option, 16);
    for (; pairs[0]; pairs += 2)
        items[options->count++] =
            (struct option){ .key = str_of(pairs[0]), .value = str_of(pairs[1]) };
    options->items = items;
    options->specs = tables;
    *table = (struct table_def){
        .name = STR("t"), .schema = &schema, .options = options, .zone = zone_utc
    };
    return table;
}

static void settings(const char *address, const char *name, enum mysql_tls tls, uint32_t io_s,
                     const char *table)
{
    const char *const pairs[] = { "url", address, "table-name", name, "username", "me", NULL };
    struct mysql_settings *s;
    if (!CHECK_INT(mysql_settings_create(table_with(pairs), &s, &error), OK))
        return;
    CHECK_INT(s->tls, tls);
    CHECK_INT(s->io_s, io_s);
    CHECK_STR(s->table, table);
    mysql_settings_destroy(s);
}

static void what_the_options_say(void)
{
    settings("mysql://h/d", "t", MYSQL_TLS_OFF, 60, "`t`");
    settings("mysql://h/d?socketTimeout=1500", "shop.t", MYSQL_TLS_OFF, 2, "`shop`.`t`");
    settings("mysql://h/d?useSSL=true", "a`b", MYSQL_TLS_VERIFIES, 60, "`a``b`");
    settings("mysql://h/d?useSSL=false", "`a.b`", MYSQL_TLS_OFF, 60, "`a.b`");
    settings("mysql://h/d?useSSL=true&verifyServerCertificate=false", "t", MYSQL_TLS_TRUSTS, 60,
             "`t`");
    settings("mysql://h/d?sslMode=REQUIRED", "t", MYSQL_TLS_TRUSTS, 60, "`t`");
    settings("mysql://h/d?sslMode=verify-full", "t", MYSQL_TLS_VERIFIES, 60, "`t`");
    settings("mysql://h/d?sslMode=VERIFY_CA", "t", MYSQL_TLS_VERIFIES, 60, "`t`");
}

static void refused(const char *const *pairs, const char *want)
{
    struct mysql_settings *s;
    CHECK_INT(mysql_settings_create(table_with(pairs), &s, &error), E_OPTION);
    CHECK_STR(error.message, want);
}

static void what_options_cannot_say(void)
{
    refused((const char *const[]){ "table-name", "t", NULL }, "table \"t\" needs the option \"url\"");
    refused((const char *const[]){ "url", "mysql://h", NULL },
            "table \"t\" needs the option \"table-name\"");
    refused((const char *const[]){ "url", "mysql://h", "table-name", "t", NULL },
            "table \"t\" needs the option \"username\"");
    refused((const char *const[]){ "url", "mysql://me@h?sslMode=maybe", "table-name", "t", NULL },
            "property \"sslMode\" of the url is \"maybe\"");
    refused(
        (const char *const[]){ "url", "mysql://me@h?socketTimeout=1s", "table-name", "t", NULL },
        "property \"socketTimeout\" of the url is no number of milliseconds");
    refused((const char *const[]){ "url", "mysql://me@h", "properties.serverSslCert", "file:/a.jks",
                                   "table-name", "t", NULL },
            "property \"serverSslCert\" of the url is a key store of Java");
}

/* --- literals ---------------------------------------------------------------------------- */

static void put(const struct value *value, const char *want)
{
    struct mysql_writer writer = { .zone = zone_utc };
    struct column *column = value_to_column(arena, value, 1);
    struct buf out;
    buf_init(&out, 1 << 16);
    enum code code = mysql_put_cell(&writer, &out, STR("c"), column, 0, &error);
    if (*want == '!') {
        CHECK_INT(code, E_DATA);
        CHECK_STR(error.message, want + 1);
    } else {
        CHECK_INT(code, OK);
        CHECK_STR(buf_cstr(&out), want);
    }
    buf_done(&out);
}

static void text(const char *data, size_t size, const char *want)
{
    put(&(struct value){ .type = &type_string, .str = str_make(data, size) }, want);
}

static void integer(const struct type *type, int64_t value, const char *want)
{
    put(&(struct value){ .type = type, .i64 = value }, want);
}

static void real(const struct type *type, double value, const char *want)
{
    put(&(struct value){ .type = type, .f64 = value }, want);
}

#define TEXT(literal, want) text("" literal, sizeof(literal) - 1, want)

static void literals(void)
{
    static const struct type decimal = { .id = TYPE_DECIMAL, .precision = 20, .scale = 2 };
    TEXT("", "''");
    TEXT("plain ü", "'plain ü'");
    TEXT("it's", "'it''s'");
    TEXT("''", "''''''");
    TEXT("a\\", "_utf8mb4 x'615c'");
    TEXT("a\0'", "_utf8mb4 x'610027'");
    TEXT("\n", "_utf8mb4 x'0a'");
    put(&(struct value){ .type = &type_bytes, .str = STR("\0\xff'") }, "x'00ff27'");
    put(&(struct value){ .type = &type_bytes, .str = STR("") }, "x''");
    put(&(struct value){ .type = &type_int, .is_null = true }, "NULL");
    integer(&type_boolean, 1, "1");
    integer(&type_tinyint, -128, "-128");
    integer(&type_smallint, 7, "7");
    integer(&type_int, INT32_MIN, "-2147483648");
    integer(&type_bigint, INT64_MIN, "-9223372036854775808");
    integer(&type_date, 19723, "'2024-01-01'");
    integer(&type_time, 36000123, "'10:00:00'");
    integer(&type_timestamp3, INT64_C(1704103200123000), "'2024-01-01 10:00:00.123'");
    integer(&type_timestamp6, INT64_C(1704103200123456), "'2024-01-01 10:00:00.123456'");
    integer(&type_timestamp_ltz3, INT64_C(1704103200123000), "'2024-01-01 10:00:00.123'");
    put(&(struct value){ .type = &decimal, .i128 = -150 }, "-1.50");
    real(&type_double, 0.1, "0.1");
    real(&type_double, 1e10, "1.0E10");
    real(&type_float, 1.1, "1.1");
    real(&type_double, (double)NAN, "!column \"c\": MySQL has no NaN");
    real(&type_double, -(double)INFINITY, "!column \"c\": MySQL has no -Infinity");
}

static void names(void)
{
    struct buf out;
    buf_init(&out, 1 << 16);
    mysql_put_name(&out, STR("a`b'c\\"));
    CHECK_STR(buf_cstr(&out), "`a``b'c\\`");
    buf_done(&out);
}

/* --- folds --------------------------------------------------------------------------------- */

static void fold(const char *key, enum mysql_compare compare, const char *want)
{
    struct buf out;
    buf_init(&out, 1 << 16);
    CHECK_INT(mysql_put_fold(&out, str_of(key), compare), want != NULL);
    if (want)
        CHECK_STR(buf_cstr(&out), want);
    buf_done(&out);
}

static void folds(void)
{
    fold("12", MYSQL_EXACT, "12");
    fold("'A '", MYSQL_EXACT, "'A '");
    fold("'A '", MYSQL_PADDED, "'A'");
    fold("'Ä  '", MYSQL_PADDED, "'Ä'");
    fold("'A b  '", MYSQL_FOLDED, "'a b'");
    fold("('A ','b')", MYSQL_FOLDED, "('a','b')");
    fold("'张三'", MYSQL_FOLDED, "'张三'");
    fold("'ä'", MYSQL_FOLDED, NULL);
    fold("_utf8mb4 x'5c'", MYSQL_FOLDED, NULL);
    fold("_utf8mb4 x'5c'", MYSQL_PADDED, NULL);
    fold("_utf8mb4 x'5c'", MYSQL_EXACT, "_utf8mb4 x'5c'");
    fold("'a'", MYSQL_PECULIAR, NULL);
}

static void compare(const struct type *key, const char *type, const char *collation,
                    enum mysql_compare want)
{
    CHECK_INT(mysql_compare_of(key, str_of(type), str_of(collation)), want);
}

static void how_columns_compare(void)
{
    compare(&type_int, "int(11)", NULL, MYSQL_EXACT);
    compare(&type_int, "varchar(9)", "utf8mb4_general_ci", MYSQL_EXACT);
    compare(&type_string, "int(11)", NULL, MYSQL_PECULIAR);
    compare(&type_string, "varchar(9)", "utf8mb4_bin", MYSQL_PADDED);
    compare(&type_string, "longtext", "utf8mb4_nopad_bin", MYSQL_PADDED);
    compare(&type_string, "enum('a')", "utf8mb4_general_ci", MYSQL_FOLDED);
    compare(&type_string, "varchar(9)", "utf8mb4_0900_ai_ci", MYSQL_FOLDED);
    compare(&type_string, "varchar(9)", "utf8mb4_danish_ci", MYSQL_PECULIAR);
    compare(&type_string, "varchar(9)", "latin1_german2_ci", MYSQL_PECULIAR);
    compare(&type_string, "varbinary(9)", NULL, MYSQL_EXACT);
    compare(&type_string, "json", NULL, MYSQL_PECULIAR);
    compare(&type_bytes, "varbinary(9)", NULL, MYSQL_EXACT);
    compare(&type_bytes, "varchar(9)", "utf8mb4_bin", MYSQL_PECULIAR);
}

static void sets_of_folds(void)
{
    struct mysql_folds f;
    CHECK_INT(mysql_folds_begin(&f, arena, 100, &error), OK);
    for (uint32_t i = 0; i < 100; i++)
        CHECK(mysql_folds_add(&f, str_of(arena_printf(arena, "k%u", i)), i * 3));
    CHECK(!mysql_folds_add(&f, STR("k7"), 1));
    CHECK_INT(mysql_folds_find(&f, STR("k7")), 21);
    CHECK_INT(mysql_folds_find(&f, STR("k100")), -1);
}

/* --- errors -------------------------------------------------------------------------------- */

static void errors(void)
{
    CHECK_INT(mysql_outcome(1062, "23000", "Duplicate entry"), REMOTE_REFUSED);
    CHECK_INT(mysql_outcome(1213, "40001", "Deadlock found"), REMOTE_AWAY);
    CHECK_INT(mysql_outcome(1146, "42S02", "Table doesn't exist"), REMOTE_FATAL);
    CHECK_INT(mysql_outcome(2013, "HY000", "Lost connection"), REMOTE_AWAY);
    CHECK_INT(mysql_outcome(2026, "HY000", "SSL connection error: Certificate verify failed"),
              REMOTE_FATAL);
    CHECK_INT(mysql_outcome(2026, "HY000", "SSL connection error: connection reset"), REMOTE_AWAY);
    CHECK_INT(mysql_outcome(2026, "HY000",
                            "TLS/SSL error: SSL is required, but the server does not support it"),
              REMOTE_FATAL);
    CHECK_INT(mysql_outcome(9999, "22007", "new words for bad data"), REMOTE_REFUSED);
    CHECK_INT(mysql_outcome(9999, "HY000", "whatever"), REMOTE_FAILED);
    CHECK_INT(mysql_outcome(1030, "HY000",
                            "Got error 28 \"No space left on device\" from storage "
                            "engine InnoDB"),
              REMOTE_AWAY);
    CHECK_INT(mysql_outcome(1030, "HY000", "Got error 168 from storage engine"), REMOTE_FAILED);
    CHECK_INT(mysql_outcome(3, "HY000",
                            "Error writing file './x' (errno: 28 \"No space left on "
                            "device\")"),
              REMOTE_AWAY);
}

static void named(const char *words, uint32_t want, size_t want_size)
{
    size_t size;
    CHECK_INT(mysql_named_row(str_of(words), &size), want);
    CHECK_INT(size, want_size);
}

static void rows_that_are_named(void)
{
    named("Data too long for column 'v' at row 12", 12, 28);
    named("at row 3", 0, 8);
    named(" at row 3", 3, 0);
    named("Duplicate entry ' at row 3' for key", 0, 35);
    named("x at row 99999999999999999999", 0, 29);
    named("x at row ", 0, 9);
    named("", 0, 0);
}

/* --- ranges -------------------------------------------------------------------------------- */

static void ranges(int64_t num, int64_t lower, int64_t upper, const char *want)
{
    struct mysql_ranges r = { .num = num, .lower = lower, .upper = upper };
    struct buf out;
    buf_init(&out, 1 << 16);
    for (int64_t i = 0; i < num; i++) {
        int64_t first, last;
        mysql_range_at(&r, i, &first, &last);
        buf_printf(&out, "%s%lld..%lld", i > 0 ? " " : "", (long long)first, (long long)last);
    }
    CHECK_STR(buf_cstr(&out), want);
    buf_done(&out);
}

static void ranges_of_a_scan(void)
{
    ranges(1, 5, 5, "5..5");
    ranges(3, 1, 10, "1..4 5..7 8..10");
    ranges(2, -3, 0, "-3..-2 -1..0");
    ranges(4, 1, 6, "1..2 3..4 5..5 6..6");
    ranges(2, INT64_MIN, INT64_MAX, "-9223372036854775808..-1 0..9223372036854775807");
}

static void read_ranges(const char *const *pairs, const char *want)
{
    struct mysql_ranges r;
    enum code code = mysql_read_ranges(table_with(pairs), &r, &error);
    CHECK_INT(code, want ? E_OPTION : OK);
    if (want)
        CHECK_STR(error.message, want);
}

static void options_of_ranges(void)
{
    read_ranges((const char *const[]){ NULL }, NULL);
    read_ranges((const char *const[]){ "scan.partition.column", "ID", "scan.partition.num", "2",
                                       "scan.partition.lower-bound", "1",
                                       "scan.partition.upper-bound", "1", NULL },
                NULL);
    read_ranges((const char *const[]){ "scan.partition.num", "2", NULL },
                "option \"scan.partition.num\" needs \"scan.partition.column\" too");
    read_ranges((const char *const[]){ "scan.partition.column", "name", "scan.partition.num", "2",
                                       "scan.partition.lower-bound", "1",
                                       "scan.partition.upper-bound", "1", NULL },
                "option \"scan.partition.column\" names no column with numbers");
    read_ranges((const char *const[]){ "scan.partition.column", "id", "scan.partition.num", "2",
                                       "scan.partition.lower-bound", "2",
                                       "scan.partition.upper-bound", "1", NULL },
                "option \"scan.partition.lower-bound\" is larger than "
                "\"scan.partition.upper-bound\"");
}

int main(void)
{
    arena = arena_create();
    RUN(addresses);
    RUN(what_is_no_address);
    RUN(what_the_options_say);
    RUN(what_options_cannot_say);
    RUN(literals);
    RUN(names);
    RUN(folds);
    RUN(how_columns_compare);
    RUN(sets_of_folds);
    RUN(errors);
    RUN(rows_that_are_named);
    RUN(ranges_of_a_scan);
    RUN(options_of_ranges);
    arena_destroy(arena);
    return check_failed != 0;
}
