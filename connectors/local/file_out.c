/* file_out.c -- see file_out.h.
 *
 * Files are opened with O_APPEND, so two tables of a job that name one file do not
 * write over each other.  Only regular files are cut, synced and measured. */
#include "local/file_out.h"

#include "base/memory.h"
#include "local/open_files.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { BUF_BYTES_MAX = 1 << 30 };

static enum code fail(struct error *err, const char *what, const char *path)
{
    return error_set(err, E_IO, "could not %s \"%s\": %s", what, path, strerror(errno));
}

enum code file_make_parents(const char *path, struct error *err)
{
    char *folder = mem_strdup(path);
    if (!folder)
        return error_nomem(err);
    enum code code = OK;
    for (char *slash = strchr(folder + 1, '/'); slash && code == OK;
         slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        if (mkdir(folder, 0777) != 0 && errno != EEXIST)
            code = fail(err, "make folder", folder);
        *slash = '/';
    }
    mem_free(folder);
    return code;
}

/* Opens the name anew where a source of this process reads what it stands for. */
static enum code open_replacing(struct file_out *f, struct error *err)
{
    struct stat old;
    if (stat(f->path, &old) == 0 && S_ISREG(old.st_mode) && open_files_has(&old)) {
        if (unlink(f->path) != 0)
            return fail(err, "replace", f->path);
    }
    f->fd = open(f->path, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0666);
    return f->fd < 0 ? fail(err, "create", f->path) : OK;
}

/* An unfinished last line of an earlier writer must not swallow the first one of ours. */
static enum code end_last_line(struct file_out *f, struct error *err)
{
    char last;
    if (f->length == 0)
        return OK;
    if (pread(f->fd, &last, 1, f->length - 1) != 1)
        return fail(err, "read", f->path);
    if (last != '\n')
        buf_char(&f->buf, '\n');
    return buf_check(&f->buf, err);
}

static enum code open_file(struct file_out *f, enum file_out_begin begin, int64_t length,
                           struct error *err)
{
    TRY(file_make_parents(f->path, err));
    if (begin == FILE_OUT_REPLACE) {
        TRY(open_replacing(f, err));
    } else {
        f->fd = open(f->path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
        if (f->fd < 0)
            return fail(err, "open", f->path);
    }
    f->owns_fd = true;
    struct stat now;
    if (fstat(f->fd, &now) != 0)
        return fail(err, "look at", f->path);
    f->is_regular = S_ISREG(now.st_mode);
    f->length = f->is_regular ? (int64_t)now.st_size : 0;
    if (!f->is_regular || begin == FILE_OUT_REPLACE)
        return OK;
    if (begin == FILE_OUT_APPEND)
        return end_last_line(f, err);
    if (f->length < length)
        return error_set(err, E_IO, "cannot go on at byte %lld of \"%s\": it has only %lld bytes",
                         (long long)length, f->path, (long long)f->length);
    if (ftruncate(f->fd, (off_t)length) != 0)
        return fail(err, "cut", f->path);
    f->length = length;
    return OK;
}

enum code file_out_open(struct file_out *f, struct str path, enum file_out_begin begin,
                        int64_t length, struct error *err)
{
    *f = (struct file_out){ .fd = -1 };
    buf_init(&f->buf, BUF_BYTES_MAX);
    bool is_stdout = str_is(path, "-");
    f->path = mem_alloc(path.size + sizeof "standard output");
    if (!f->path)
        return error_nomem(err);
    if (is_stdout) {
        memcpy(f->path, "standard output", sizeof "standard output");
        f->fd = STDOUT_FILENO;
        return OK;
    }
    memcpy(f->path, path.data, path.size);
    f->path[path.size] = '\0';
    enum code code = open_file(f, begin, length, err);
    if (code != OK)
        file_out_close(f);
    return code;
}

static enum code write_all(struct file_out *f, struct error *err)
{
    size_t done = 0;
    while (done < f->buf.size) {
        ssize_t put = write(f->fd, f->buf.data + done, f->buf.size - done);
        if (put >= 0) {
            done += (size_t)put;
        } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
            struct pollfd room = { .fd = f->fd, .events = POLLOUT };
            if (poll(&room, 1, -1) < 0 && errno != EINTR)
                return fail(err, "write to", f->path);
        } else if (errno != EINTR) {
            return fail(err, "write to", f->path);
        }
    }
    return OK;
}

enum code file_out_drain(struct file_out *f, struct error *err)
{
    TRY(buf_check(&f->buf, err));
    if (f->buf.size == 0)
        return OK;
    enum code code = write_all(f, err);
    if (code == OK)
        f->length += (int64_t)f->buf.size;
    else if (f->is_regular && ftruncate(f->fd, (off_t)f->length) != 0)
        error_detail(err, "The file may end in the middle of a line.");
    buf_clear(&f->buf);
    return code;
}

enum code file_out_sync(struct file_out *f, struct error *err)
{
    TRY(file_out_drain(f, err));
    if (f->is_regular && fdatasync(f->fd) != 0 && errno != EINVAL)
        return fail(err, "write to the disk", f->path);
    return OK;
}

void file_out_close(struct file_out *f)
{
    if (f->owns_fd && f->fd >= 0)
        close(f->fd);
    buf_done(&f->buf);
    mem_free(f->path);
    *f = (struct file_out){ .fd = -1 };
}
