/* disk_faults.c -- loaded in front of the C library (LD_PRELOAD): what a program does to its snapshots
 * is counted, and at the n-th time it is killed, or told that it failed.
 *
 *   DISK_FAULTS_LOG    file that gets a byte a call
 *   DISK_FAULTS_AT     which call it is, from 1 on
 *   DISK_FAULTS_ERRNO  it fails with this; else the program is killed before it
 *
 * Counted are making, writing, syncing, renaming and removing files whose names have "snapshot-" in
 * them, and the syncing of a folder called "state". */
#undef _FILE_OFFSET_BITS /* open() and open64() are both stood in for */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

int open64(const char *path, int flags, ...);

static atomic_long calls;

static void *real(const char *name)
{
    void *function = dlsym(RTLD_NEXT, name);
    if (!function)
        abort();
    return function;
}

static long number(const char *name)
{
    const char *text = getenv(name);
    return text ? strtol(text, NULL, 10) : 0;
}

static void note(void)
{
    const char *log = getenv("DISK_FAULTS_LOG");
    FILE *file = log ? fopen(log, "a") : NULL;
    if (file) {
        fputc('.', file);
        fclose(file);
    }
}

/* Does the call that is about to be made fail? */
static bool fails(void)
{
    long at = atomic_fetch_add(&calls, 1) + 1;
    note();
    if (at != number("DISK_FAULTS_AT"))
        return false;
    int code = (int)number("DISK_FAULTS_ERRNO");
    if (code == 0)
        kill(getpid(), SIGKILL);
    errno = code;
    return true;
}

static bool is_snapshot(const char *path)
{
    return path && strstr(path, "snapshot-");
}

static bool is_snapshot_fd(int fd)
{
    char link[64], path[4096];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t n = readlink(link, path, sizeof path - 1);
    if (n <= 0)
        return false;
    path[n] = '\0';
    const char *slash = strrchr(path, '/');
    return is_snapshot(path) || (slash && strcmp(slash, "/state") == 0);
}

static int open_file(const char *path, int flags, mode_t mode)
{
    int (*open_it)(const char *, int, ...) = (int (*)(const char *, int, ...))real("open");
    if ((flags & O_CREAT) && is_snapshot(path) && fails())
        return -1;
    return open_it(path, flags, mode);
}

int open(const char *path, int flags, ...)
{
    va_list more;
    va_start(more, flags);
    mode_t mode = flags & O_CREAT ? va_arg(more, mode_t) : 0;
    va_end(more);
    return open_file(path, flags, mode);
}

int open64(const char *path, int flags, ...)
{
    va_list more;
    va_start(more, flags);
    mode_t mode = flags & O_CREAT ? va_arg(more, mode_t) : 0;
    va_end(more);
    return open_file(path, flags, mode);
}

ssize_t write(int fd, const void *data, size_t size)
{
    ssize_t (*write_it)(int, const void *, size_t) =
        (ssize_t(*)(int, const void *, size_t))real("write");
    return is_snapshot_fd(fd) && fails() ? -1 : write_it(fd, data, size);
}

int fsync(int fd)
{
    int (*sync_it)(int) = (int (*)(int))real("fsync");
    return is_snapshot_fd(fd) && fails() ? -1 : sync_it(fd);
}

int rename(const char *from, const char *to)
{
    int (*rename_it)(const char *, const char *) =
        (int (*)(const char *, const char *))real("rename");
    return is_snapshot(from) && fails() ? -1 : rename_it(from, to);
}

int unlinkat(int folder, const char *path, int flags)
{
    int (*unlink_it)(int, const char *, int) = (int (*)(int, const char *, int))real("unlinkat");
    return is_snapshot(path) && fails() ? -1 : unlink_it(folder, path, flags);
}
