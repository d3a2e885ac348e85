/* test_door_where.c -- names of jobs, and the folder of their sockets. */
#include "door/where.h"
#include "support/check.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

static char folder[64];

static const char *name_of(const char *file)
{
    static struct buf name;
    buf_done(&name);
    buf_init(&name, 256);
    where_name_of_file(&name, str_of(file));
    return buf_cstr(&name);
}

static void names_of_files(void)
{
    CHECK_STR(name_of("job.sql"), "job");
    CHECK_STR(name_of("/a.b/c/job.v2.sql"), "job.v2");
    CHECK_STR(name_of("job"), "job");
    CHECK_STR(name_of("-"), "stdin");
    CHECK_STR(name_of(".sql"), "sql");
    CHECK_STR(name_of("a/"), "job");
    CHECK_STR(name_of(""), "job");
    CHECK_STR(name_of("two words!.sql"), "two-words-");
    CHECK_STR(name_of("\xE8\xAF\xBE.sql"), "\xE8\xAF\xBE");
    char is_long[80] =
        "abcdefghi-abcdefghi-abcdefghi-abcdefghi-abcdefghi-abcdefghi-abc\xE8\xAF\xBE";
    CHECK_STR(name_of(is_long), "abcdefghi-abcdefghi-abcdefghi-abcdefghi-abcdefghi-abcdefghi-abc");
    static const char *const files[] = { "a.sql", "-", "--x.sql", "..", "a b", "/" };
    for (size_t i = 0; i < countof(files); i++)
        CHECK(where_name_is_good(str_of(name_of(files[i]))));
}

static struct where_socket claim(const char *name, bool exactly, enum code want,
                                 const char *want_name)
{
    struct where where;
    struct error err = { .code = OK };
    struct buf got;
    struct where_socket socket = { .fd = -1 };
    buf_init(&got, 256);
    if (CHECK_INT(where_open(true, &where, &err), OK)) {
        CHECK_INT(where_claim(&where, str_of(name), exactly, &got, &socket, &err), want);
        CHECK_STR(buf_cstr(&got), want_name);
    }
    where_close(&where);
    buf_done(&got);
    return socket;
}

static bool is_there(const char *name)
{
    struct where where;
    struct error err = { .code = OK };
    int fd = -1;
    enum code code = where_open(false, &where, &err);
    if (code == OK)
        code = where_connect(&where, str_of(name), &fd, &err);
    if (code == OK)
        close(fd);
    where_close(&where);
    CHECK(code == OK || code == E_NAME);
    return code == OK;
}

static enum code count_names(void *self, struct str name)
{
    (void)name;
    ++*(int *)self;
    return OK;
}

static int names_in_folder(void)
{
    struct where where;
    struct error err = { .code = OK };
    int n = 0;
    CHECK_INT(where_open(false, &where, &err), OK);
    CHECK_INT(where_list(&where, count_names, &n, &err), OK);
    where_close(&where);
    return n;
}

static void names_are_taken_once(void)
{
    CHECK_INT(names_in_folder(), 0);
    struct where_socket first = claim("a", false, OK, "a");
    struct where_socket second = claim("a", false, OK, "a-2");
    claim("a", true, E_USAGE, "");
    CHECK(is_there("a") && is_there("a-2") && !is_there("a-3"));
    CHECK_INT(names_in_folder(), 2);
    close(first.fd); /* as if its process had been killed */
    CHECK_INT(names_in_folder(), 2);
    first = claim("a", true, OK, "a");
    CHECK(is_there("a"));
    close(first.fd);
    CHECK(!is_there("a"));
    CHECK_INT(names_in_folder(), 1);
    where_release(&second);
    CHECK_INT(names_in_folder(), 0);
    close(second.fd);
}

static void only_the_own_socket_is_released(void)
{
    struct where_socket first = claim("a", true, OK, "a");
    unlink(first.address.sun_path); /* somebody cleans up */
    struct where_socket second = claim("a", true, OK, "a");
    where_release(&first);
    CHECK(is_there("a"));
    where_release(&second);
    CHECK(!is_there("a"));
    close(first.fd);
    close(second.fd);
}

static void a_busy_one_is_not_a_dead_one(void)
{
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    snprintf(address.sun_path, sizeof address.sun_path, "%s/weir/busy.sock", folder);
    int fds[8], listener = socket(AF_UNIX, SOCK_STREAM, 0);
    CHECK_INT(bind(listener, (struct sockaddr *)&address, sizeof address), 0);
    CHECK_INT(listen(listener, 0), 0);
    for (size_t i = 0; i < countof(fds); i++) { /* until nobody more is let in */
        fds[i] = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);
        (void)!connect(fds[i], (struct sockaddr *)&address, sizeof address);
    }
    struct where_socket other = claim("busy", false, OK, "busy-2");
    for (size_t i = 0; i < countof(fds); i++)
        close(fds[i]);
    close(listener);
    where_release(&other);
    close(other.fd);
    unlink(address.sun_path);
}

static void no_folder_is_no_job(void)
{
    struct where where;
    struct error err = { .code = OK };
    setenv("XDG_RUNTIME_DIR", "/not/there", 1);
    CHECK_INT(where_open(false, &where, &err), OK);
    CHECK_INT(where.fd, -1);
    CHECK_INT(where_open(true, &where, &err), E_IO);
    setenv("XDG_RUNTIME_DIR", "relative", 1); /* does not count */
    CHECK_INT(where_open(false, &where, &err), OK);
    CHECK(str_starts(str_of(where.folder), STR("/tmp/weir-")));
    where_close(&where);
    setenv("XDG_RUNTIME_DIR", folder, 1);
}

int main(void)
{
    snprintf(folder, sizeof folder, "/tmp/weir-where-XXXXXX");
    if (!CHECK(mkdtemp(folder) != NULL))
        return 1;
    setenv("XDG_RUNTIME_DIR", folder, 1);
    RUN(names_of_files);
    RUN(names_are_taken_once);
    RUN(only_the_own_socket_is_released);
    RUN(a_busy_one_is_not_a_dead_one);
    RUN(no_folder_is_no_job);
    char path[128];
    static const char *const left[] = { "weir/.lock" };
    for (size_t i = 0; i < countof(left); i++) {
        snprintf(path, sizeof path, "%s/%s", folder, left[i]);
        unlink(path);
    }
    snprintf(path, sizeof path, "%s/weir", folder);
    CHECK_INT(rmdir(path), 0);
    CHECK_INT(rmdir(folder), 0);
    return check_failed != 0;
}
