/* where.c -- see where.h. */
#include "door/where.h"

#include "base/arena.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

enum { BACKLOG = 1024, COPIES_MAX = 999, OTHERS_WRITE = 022 };

static const char ending[] = ".sock";
static const char lock_name[] = ".lock";

/* ---- the folder ------------------------------------------------------------------------- */

static enum code fail(struct error *err, const char *what, const char *path)
{
    return error_set(err, E_IO, "could not %s \"%s\": %s", what, path, strerror(errno));
}

/* The folder above: nobody else may exchange what lies in it. */
static enum code check_above(int fd, const char *path, struct error *err)
{
    struct stat info;
    if (fstat(fd, &info) != 0)
        return fail(err, "look at", path);
    if (info.st_uid != geteuid() && info.st_uid != 0)
        return error_set(err, E_IO, "folder \"%s\" belongs to somebody else", path);
    if ((info.st_mode & OTHERS_WRITE) && !(info.st_mode & S_ISVTX))
        return error_set(err, E_IO, "others may write into folder \"%s\"", path);
    return OK;
}

static enum code check_folder(int fd, const char *path, struct error *err)
{
    struct stat info;
    if (fstat(fd, &info) != 0)
        return fail(err, "look at", path);
    if (info.st_uid != geteuid())
        return error_set(err, E_IO, "folder \"%s\" belongs to somebody else", path);
    if ((info.st_mode & 07777) != 0700 && fchmod(fd, 0700) != 0)
        return fail(err, "close to others the folder", path);
    return OK;
}

/* *ret is -1, and the answer OK, if there is no such folder and none is to be made. */
static enum code open_folder(int at, const char *name, const char *path, bool make, int *ret,
                             struct error *err)
{
    if (make && mkdirat(at, name, 0700) != 0 && errno != EEXIST)
        return fail(err, "make the folder", path);
    *ret = openat(at, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (*ret >= 0 || (errno == ENOENT && !make))
        return OK;
    if (errno == ELOOP || errno == ENOTDIR)
        return error_set(err, E_IO, "\"%s\" is no folder, or a link to one", path);
    return fail(err, "open the folder", path);
}

/* The folder above; -1: there is none. */
static enum code open_above(bool make, char *path, size_t size, int *ret, struct error *err)
{
    const char *given = getenv("XDG_RUNTIME_DIR");
    if (given && given[0] == '/') { /* the specification: a relative one does not count */
        if ((size_t)snprintf(path, size, "%s", given) >= size)
            return error_set(err, E_LIMIT, "XDG_RUNTIME_DIR is too long");
        if (make && mkdir(path, 0700) != 0 && errno != EEXIST)
            return fail(err, "make the folder", path);
        *ret = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        return *ret >= 0 || (errno == ENOENT && !make) ? OK : fail(err, "open the folder", path);
    }
    snprintf(path, size, "/tmp/weir-%u", (unsigned)geteuid());
    return open_folder(AT_FDCWD, path, path, make, ret, err);
}

enum code where_open(bool make, struct where *ret, struct error *err)
{
    char above[WHERE_FOLDER_MAX - 8];
    int above_fd = -1;
    ret->fd = -1;
    TRY(open_above(make, above, sizeof above, &above_fd, err));
    snprintf(ret->folder, sizeof ret->folder, "%s/weir", above);
    if (above_fd < 0)
        return OK;
    enum code code = check_above(above_fd, above, err);
    if (code == OK)
        code = open_folder(above_fd, "weir", ret->folder, make, &ret->fd, err);
    close(above_fd);
    if (code == OK && ret->fd >= 0)
        code = check_folder(ret->fd, ret->folder, err);
    if (code != OK)
        where_close(ret);
    return code;
}

void where_close(struct where *where)
{
    if (where->fd >= 0)
        close(where->fd);
    where->fd = -1;
}

/* Held while a name is taken or given back. -1: it cannot be had. */
static int lock_folder(const struct where *where)
{
    int fd = openat(where->fd, lock_name, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd < 0)
        return -1;
    while (flock(fd, LOCK_EX) != 0) {
        if (errno == EINTR)
            continue;
        close(fd);
        return -1;
    }
    return fd;
}

/* ---- names ---------------------------------------------------------------------------------- */

static bool is_name_byte(unsigned char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_' || c == '.' || c >= 0x80;
}

bool where_name_is_good(struct str name)
{
    if (name.size == 0 || name.size > WHERE_NAME_MAX || name.data[0] == '.' || name.data[0] == '-')
        return false;
    for (size_t i = 0; i < name.size; i++)
        if (!is_name_byte((unsigned char)name.data[i]))
            return false;
    return true;
}

void where_name_of_file(struct buf *out, struct str file)
{
    size_t begin = file.size, end = file.size;
    if (str_is(file, "-")) {
        buf_text(out, "stdin");
        return;
    }
    while (begin > 0 && file.data[begin - 1] != '/')
        begin--;
    for (size_t i = end; i > begin + 1; i--)
        if (file.data[i - 1] == '.') {
            end = i - 1;
            break;
        }
    while (begin < end && (file.data[begin] == '.' || file.data[begin] == '-'))
        begin++;
    end = MIN(end, begin + WHERE_NAME_MAX);
    while (end > begin && end < file.size && ((unsigned char)file.data[end] & 0xC0) == 0x80)
        end--; /* no part of a character */
    if (begin == end)
        buf_text(out, "job");
    for (size_t i = begin; i < end; i++) {
        unsigned char c = (unsigned char)file.data[i];
        buf_char(out, is_name_byte(c) ? (char)c : '-');
    }
}

enum code where_address(const struct where *where, struct str name, struct sockaddr_un *ret,
                        struct error *err)
{
    *ret = (struct sockaddr_un){ .sun_family = AF_UNIX };
    size_t need = strlen(where->folder) + 1 + name.size + sizeof ending;
    if (need <= sizeof ret->sun_path) {
        snprintf(ret->sun_path, sizeof ret->sun_path, "%s/" STR_FMT "%s", where->folder,
                 STR_ARG(name), ending);
        return OK;
    }
    error_set(err, E_LIMIT,
              "\"%s/" STR_FMT "%s\" has %zu bytes, and the path of a socket at most %zu",
              where->folder, STR_ARG(name), ending, need - 1, sizeof ret->sun_path - 1);
    error_hint(err, "A shorter XDG_RUNTIME_DIR%s.",
               name.size > 16 ? ", or a shorter name with --name, helps" : " helps");
    return E_LIMIT;
}

/* ---- sockets -------------------------------------------------------------------------------- */

/* A descriptor, or -1 with the reason in errno; never waits. */
static int try_connect(const struct sockaddr_un *address)
{
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return -1;
    if (connect(fd, (const struct sockaddr *)address, sizeof *address) == 0)
        return fd;
    int saved = errno;
    close(fd);
    errno = saved;
    return -1;
}

/* Does a job listen there?  What is left of one that was killed is removed.  Under the lock. */
static bool is_taken(const struct sockaddr_un *address)
{
    int fd = try_connect(address);
    if (fd >= 0) {
        close(fd);
        return true;
    }
    if (errno == ENOENT)
        return false;
    return errno != ECONNREFUSED || unlink(address->sun_path) != 0; /* EAGAIN: it is busy */
}

static enum code listen_at(const struct sockaddr_un *address, struct where_socket *ret,
                           struct error *err)
{
    struct stat info;
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return error_set(err, E_IO, "could not make a socket: %s", strerror(errno));
    /* On Linux the mode of the descriptor is that of the file which bind() makes. */
    if (fchmod(fd, 0600) != 0 || bind(fd, (const struct sockaddr *)address, sizeof *address) != 0 ||
        listen(fd, BACKLOG) != 0 || lstat(address->sun_path, &info) != 0) {
        enum code code = fail(err, "listen at", address->sun_path);
        close(fd);
        return code;
    }
    *ret = (struct where_socket){ .fd = fd, .inode = info.st_ino, .address = *address };
    return OK;
}

static enum code claim_locked(const struct where *where, struct str name, bool exactly,
                              struct buf *ret_name, struct where_socket *ret, struct error *err)
{
    char copy[WHERE_NAME_MAX + 8];
    for (int n = 1; n <= COPIES_MAX; n++) {
        struct str tried = name;
        if (n > 1) {
            int size = snprintf(copy, sizeof copy, STR_FMT "-%d", STR_ARG(name), n);
            tried = str_make(copy, (size_t)size);
        }
        struct sockaddr_un address;
        TRY(where_address(where, tried, &address, err));
        if (!is_taken(&address)) {
            TRY(listen_at(&address, ret, err));
            buf_str(ret_name, tried);
            return OK;
        }
        if (exactly) {
            error_set(err, E_USAGE, "a job called \"" STR_FMT "\" is running", STR_ARG(name));
            error_hint(err, "weir ps lists the running jobs; weir stop " STR_FMT " ends it.",
                       STR_ARG(name));
            return E_USAGE;
        }
    }
    return error_set(err, E_LIMIT, "%d jobs called \"" STR_FMT "\" are running", COPIES_MAX,
                     STR_ARG(name));
}

enum code where_claim(const struct where *where, struct str name, bool exactly,
                      struct buf *ret_name, struct where_socket *ret, struct error *err)
{
    int lock = lock_folder(where);
    if (lock < 0)
        return fail(err, "lock the folder", where->folder);
    enum code code = claim_locked(where, name, exactly, ret_name, ret, err);
    close(lock);
    return code;
}

void where_release(const struct where_socket *socket)
{
    struct stat info;
    const char *path = socket->address.sun_path;
    if (socket->fd >= 0 && lstat(path, &info) == 0 && info.st_ino == socket->inode)
        unlink(path);
}

enum code where_connect(const struct where *where, struct str name, int *ret_fd, struct error *err)
{
    struct sockaddr_un address;
    TRY(where_address(where, name, &address, err));
    *ret_fd = try_connect(&address);
    if (*ret_fd >= 0)
        return OK;
    int reason = errno;
    if (reason == ECONNREFUSED) {
        int lock = lock_folder(where);
        bool taken = lock < 0 || is_taken(&address);
        if (lock >= 0)
            close(lock);
        if (taken) /* by one that has just begun */
            *ret_fd = try_connect(&address);
        if (*ret_fd >= 0)
            return OK;
    }
    if (reason == ENOENT || reason == ECONNREFUSED)
        return error_set(err, E_NAME, "no job called \"" STR_FMT "\" is running", STR_ARG(name));
    return error_set(err, E_IO, "could not reach job \"" STR_FMT "\": %s", STR_ARG(name),
                     reason == EAGAIN ? "it does not answer" : strerror(reason));
}

/* ---- list ----------------------------------------------------------------------------------- */

static int compare_names(const void *a, const void *b)
{
    return str_compare(*(const struct str *)a, *(const struct str *)b);
}

static enum code read_names(DIR *dir, struct arena *arena, struct str **ret, uint32_t *ret_count,
                            struct error *err)
{
    struct str *names = NULL;
    uint32_t count = 0, cap = 0;
    struct dirent *entry;
    while ((entry = readdir(dir)) != NULL) {
        struct str file = str_of(entry->d_name);
        if (file.data[0] == '.' || !str_ends(file, str_of(ending)))
            continue;
        struct str name = arena_str(arena, str_make(file.data, file.size - (sizeof ending - 1)));
        if (!name.data || !ARENA_PUSH(arena, names, count, cap, name))
            return error_nomem(err);
    }
    if (count > 0)
        qsort(names, count, sizeof *names, compare_names);
    *ret = names;
    *ret_count = count;
    return OK;
}

enum code where_list(const struct where *where, enum code (*each)(void *self, struct str name),
                     void *self, struct error *err)
{
    if (where->fd < 0)
        return OK;
    int fd = openat(where->fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *dir = fd >= 0 ? fdopendir(fd) : NULL;
    if (!dir) {
        enum code code = fail(err, "read the folder", where->folder);
        if (fd >= 0)
            close(fd);
        return code;
    }
    struct arena *arena = arena_create();
    struct str *names;
    uint32_t count = 0;
    enum code code = arena ? read_names(dir, arena, &names, &count, err) : error_nomem(err);
    closedir(dir);
    for (uint32_t i = 0; code == OK && i < count; i++)
        code = each(self, names[i]);
    arena_destroy(arena);
    return code;
}
