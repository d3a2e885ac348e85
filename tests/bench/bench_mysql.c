/* bench_mysql.c -- what a bare client of MySQL reaches: the limits that bench_mysql.py measures weir
 * against.
 *
 *     bench_mysql HOST PORT DATABASE upsert ROWS   statements of 1,000 rows that overwrite by key
 *     bench_mysql HOST PORT DATABASE lookup KEYS   IN-lists of 500 keys, one after the other
 *
 * Prints rows (keys) a second. The table is `bench`, as the script makes it; rows are those of its jobs. */
#include <mysql.h>

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { ROWS_A_STATEMENT = 1000, KEYS_A_STATEMENT = 500, STATEMENT_BYTES = 1 << 20 };

static char text[STATEMENT_BYTES];
static size_t size;

static void __attribute__((format(printf, 1, 2))) put(const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    size += (size_t)vsnprintf(text + size, sizeof text - size, fmt, args);
    va_end(args);
}

static double now_s(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void run(MYSQL *mysql)
{
    if (mysql_real_query(mysql, text, size) == 0)
        return;
    fprintf(stderr, "%s\n", mysql_error(mysql));
    exit(1);
}

static void upsert(MYSQL *mysql, long first, long count)
{
    size = 0;
    put("INSERT INTO bench (id,name,amount,at) VALUES ");
    for (long id = first; id < first + count; id++)
        put("%s(%ld,'user number %ld',%ld.%02ld,'2024-01-01 10:00:00.123')", id > first ? "," : "",
            id, id, id / 100, id % 100);
    put(" ON DUPLICATE KEY UPDATE name=VALUES(name),amount=VALUES(amount),at=VALUES(at)");
    run(mysql);
}

static void look_up(MYSQL *mysql, long first, long count, long keys)
{
    size = 0;
    put("SELECT id,name,amount,at FROM bench WHERE id IN (");
    for (long i = first; i < first + count; i++)
        put("%s%ld", i > first ? "," : "", i * 7919 % keys);
    put(")");
    run(mysql);
    MYSQL_RES *result = mysql_store_result(mysql);
    if (!result || mysql_num_rows(result) != (my_ulonglong)count) {
        fprintf(stderr, "not all keys were found\n");
        exit(1);
    }
    mysql_free_result(result);
}

int main(int argc, char **argv)
{
    if (argc != 6)
        return 1;
    MYSQL *mysql = mysql_init(NULL);
    long count = strtol(argv[5], NULL, 10);
    int looks_up = strcmp(argv[4], "lookup") == 0;
    long step = looks_up ? KEYS_A_STATEMENT : ROWS_A_STATEMENT;
    if (!mysql || !mysql_real_connect(mysql, argv[1], "weir", "weir", argv[3],
                                      (unsigned)strtoul(argv[2], NULL, 10), NULL, 0)) {
        fprintf(stderr, "%s\n", mysql ? mysql_error(mysql) : "out of memory");
        return 1;
    }
    double begin = now_s();
    for (long i = 0; i < count; i += step) {
        long n = count - i < step ? count - i : step;
        if (looks_up)
            look_up(mysql, i, n, count);
        else
            upsert(mysql, i, n);
    }
    printf("%.0f\n", (double)count / (now_s() - begin));
    mysql_close(mysql);
    return 0;
}
