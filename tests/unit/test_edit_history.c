/* test_edit_history.c -- entries in memory and in the file, several writers, searching. */
#include "cli/edit_history.h"
#include "support/check.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static char folder[] = "/tmp/weir-history-XXXXXX";
static char path[256];

static bool has_password(struct str text)
{
    return str_starts(text, STR("PASSWORD"));
}

static void add(struct edit_history *h, const char *text)
{
    edit_history_add(h, str_of(text));
}

static void check_entries(const struct edit_history *h, const char *const *want, uint32_t count)
{
    CHECK_INT(h->count, count);
    for (uint32_t i = 0; i < count && i < h->count; i++)
        CHECK_SPAN(h->items[i].data, h->items[i].size, want[i]);
}

static void remembers(void)
{
    struct edit_history h;
    struct stat info;
    snprintf(path, sizeof path, "%s/deep/er/history", folder);
    edit_history_open(&h, path, has_password);
    add(&h, "SELECT 1;");
    add(&h, "SELECT 1;"); /* the same again */
    add(&h, " \n\t");
    add(&h, "CREATE TABLE t (\n  a STRING -- \\n\n);\n\n");
    add(&h, "PASSWORD\nx;");
    add(&h, "\\q");
    check_entries(&h,
                  (const char *[]){ "SELECT 1;", "CREATE TABLE t (\n  a STRING -- \\n\n);",
                                    "PASSWORD\nx;", "\\q" },
                  4);
    edit_history_close(&h);
    CHECK_INT(stat(path, &info), 0);
    CHECK_INT(info.st_mode & 0777, 0600);
    edit_history_open(&h, path, has_password);
    check_entries(
        &h, (const char *[]){ "SELECT 1;", "CREATE TABLE t (\n  a STRING -- \\n\n);", "\\q" }, 3);
    edit_history_close(&h);
}

static void without_a_file(void)
{
    struct edit_history h;
    edit_history_open(&h, NULL, NULL);
    add(&h, "a");
    check_entries(&h, (const char *[]){ "a" }, 1);
    edit_history_close(&h);
    edit_history_open(&h, "/proc/none/history", NULL);
    add(&h, "a");
    CHECK_INT(h.count, 1);
    edit_history_close(&h);
    edit_history_open(&h, "/dev/null", NULL);
    add(&h, "a");
    CHECK_INT(h.count, 1);
    edit_history_close(&h);
}

static void a_file_that_others_may_read(void)
{
    struct edit_history h;
    struct stat info;
    snprintf(path, sizeof path, "%s/open", folder);
    FILE *file = fopen(path, "w");
    fputs("old\ncut", file);
    fclose(file);
    chmod(path, 0644);
    edit_history_open(&h, path, NULL);
    check_entries(&h, (const char *[]){ "old" }, 1);
    edit_history_close(&h);
    CHECK_INT(stat(path, &info), 0);
    CHECK_INT(info.st_mode & 0777, 0600);
}

/* Processes that append while one of them cuts the file again and again: no entry is torn. */
static void several_writers(void)
{
    enum { WRITERS = 4, ENTRIES = 200 };
    snprintf(path, sizeof path, "%s/shared", folder);
    FILE *file = fopen(path, "w");
    for (int i = 0; i < 2 * EDIT_HISTORY_MAX + 10; i++)
        fprintf(file, "old %d\n", i);
    fclose(file);
    for (int w = 0; w < WRITERS; w++) {
        if (fork() > 0)
            continue;
        struct edit_history h;
        edit_history_open(&h, path, NULL);
        for (int i = 0; i < ENTRIES; i++) {
            char text[64];
            snprintf(text, sizeof text, "new %d\n%d", w, i);
            add(&h, text);
        }
        edit_history_close(&h);
        _exit(0);
    }
    for (int w = 0; w < WRITERS; w++)
        wait(NULL);
    struct edit_history h;
    edit_history_open(&h, path, NULL);
    int entries = 0, torn = 0, last[WRITERS] = { -1, -1, -1, -1 };
    for (uint32_t i = 0; i < h.count; i++) {
        char text[64] = "";
        int w, n;
        memcpy(text, h.items[i].data, MIN(h.items[i].size, sizeof text - 1));
        if (strncmp(text, "old ", 4) == 0)
            continue;
        w = text[4] - '0';
        n = (int)strtol(text + 6, NULL, 10);
        entries++;
        torn += w < 0 || w >= WRITERS || n != last[w] + 1;
        if (w >= 0 && w < WRITERS)
            last[w] = n;
    }
    CHECK_INT(entries, WRITERS * ENTRIES);
    CHECK_INT(torn, 0);
    CHECK(h.count <= EDIT_HISTORY_MAX);
    edit_history_close(&h);
}

static const char *found(struct edit_history *h, const char *pattern, uint32_t n)
{
    static char text[64];
    struct edit_match m;
    if (!edit_history_search(h, str_of(pattern), n, &m))
        return NULL;
    snprintf(text, sizeof text, "%u:" STR_FMT, m.index, (int)m.size, h->items[m.index].data + m.at);
    return text;
}

static void searching(void)
{
    struct edit_history h;
    edit_history_open(&h, NULL, NULL);
    add(&h, "SELECT name\nFROM orders;");
    add(&h, "SELECT orders FROM names;");
    add(&h, "SELECT 1;");
    add(&h, "SELECT name\nFROM orders;");
    add(&h, "SET x;");
    CHECK_STR(found(&h, "from", 0), "3:FROM");
    CHECK_STR(found(&h, "from", 1), "1:FROM"); /* the first is the same as the fourth */
    CHECK_STR(found(&h, "from", 2), NULL);
    CHECK_STR(found(&h, "orders from", 0), "1:orders FROM"); /* as it is before word by word */
    CHECK_STR(found(&h, "orders from", 1), "3:orders");
    CHECK_STR(found(&h, "slct", 0), "3:SELECT");
    CHECK_STR(found(&h, "slct", 2), "1:SELECT");
    CHECK_STR(found(&h, "sx", 0), "4:SET x");
    CHECK_STR(found(&h, "sd", 0), NULL); /* too far from each other */
    CHECK_STR(found(&h, "zzz", 0), NULL);
    struct str begin = edit_history_that_begins(&h, STR("SELECT "));
    CHECK_SPAN(begin.data, begin.size, "SELECT name\nFROM orders;");
    begin = edit_history_that_begins(&h, STR("SET x;"));
    CHECK(begin.data == NULL);
    edit_history_close(&h);
}

static void where_it_is(void)
{
    struct buf out;
    buf_init(&out, 1 << 12);
    setenv("WEIR_HISTORY", "/own/file", 1);
    setenv("XDG_STATE_HOME", "/state", 1);
    setenv("HOME", "/home/me", 1);
    CHECK(edit_history_path(&out));
    CHECK_STR(buf_cstr(&out), "/own/file");
    setenv("WEIR_HISTORY", "", 1);
    buf_clear(&out);
    CHECK(edit_history_path(&out));
    CHECK_STR(buf_cstr(&out), "/state/weir/history");
    unsetenv("XDG_STATE_HOME");
    buf_clear(&out);
    CHECK(edit_history_path(&out));
    CHECK_STR(buf_cstr(&out), "/home/me/.local/state/weir/history");
    unsetenv("HOME");
    CHECK(!edit_history_path(&out));
    buf_done(&out);
}

int main(void)
{
    char command[300];
    if (!CHECK(mkdtemp(folder) != NULL))
        return 1;
    RUN(remembers);
    RUN(without_a_file);
    RUN(a_file_that_others_may_read);
    RUN(several_writers);
    RUN(searching);
    RUN(where_it_is);
    snprintf(command, sizeof command, "rm -rf %s", folder);
    return system(command) != 0 || check_failed != 0;
}
