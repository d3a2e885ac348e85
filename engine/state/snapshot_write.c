/* snapshot_write.c -- writing a snapshot; see snapshot.h and snapshot_inner.h. */
#include "state/snapshot_inner.h"

#include "base/memory.h"
#include "state/shape.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

struct state_writer {
    char *path, *new_path;
    int fd; /* -1: closed */
    bool committed;
    bool is_made; /* the file under new_path is ours */
    uint64_t bytes;
    uint64_t records;
    uint64_t chain;
    struct snapshot_block block; /* the open one */
    struct buf buf;              /* its bytes */
    const struct state_shape *(*shape_of)(const void *cx, uint64_t operator_id);
    const void *shape_cx;
    const struct state_shape *shape; /* of the operator; NULL: anything */
    uint64_t looked_at;          /* its tables, a bit each, of which a record was looked at */
};

static enum code io_error(const struct state_writer *w, const char *what, struct error *err)
{
    return error_set(err, E_IO, "cannot %s snapshot \"%s\": %s", what, w->new_path,
                     strerror(errno));
}

static enum code write_all(struct state_writer *w, const void *data, size_t size,
                           struct error *err)
{
    const char *at = data;
    while (size > 0) {
        ssize_t n = write(w->fd, at, size);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return io_error(w, "write", err);
        at += n;
        size -= (size_t)n;
        w->bytes += (uint64_t)n;
    }
    return OK;
}

static enum code write_header(struct state_writer *w, uint64_t epoch, struct str job,
                              struct error *err)
{
    if (job.size > SNAPSHOT_JOB_MAX)
        return error_set(err, E_LIMIT, "the job's name in snapshot \"%s\" is longer than %d bytes",
                         w->path, SNAPSHOT_JOB_MAX);
    struct snapshot_header header = { SNAPSHOT_MAGIC, SNAPSHOT_VERSION, (uint32_t)job.size,
                                      epoch };
    w->chain = hash_bytes(job.data, job.size, hash_bytes(&header, sizeof header, 0));
    TRY(write_all(w, &header, sizeof header, err));
    TRY(write_all(w, job.data, job.size, err));
    return write_all(w, &w->chain, sizeof w->chain, err);
}

static enum code open_new(struct state_writer *w, const char *path, struct error *err)
{
    struct buf name;
    buf_init(&name, SIZE_MAX);
    buf_text(&name, path);
    buf_text(&name, ".new");
    w->path = mem_strdup(path);
    w->new_path = name.failed ? NULL : mem_strdup(buf_cstr(&name));
    buf_done(&name);
    if (!w->path || !w->new_path)
        return error_nomem(err);
    w->fd = open(w->new_path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    if (w->fd < 0)
        return io_error(w, "create", err);
    w->is_made = true;
    return OK;
}

enum code state_writer_create(const char *path, uint64_t epoch, struct str job,
                              struct state_writer **ret, struct error *err)
{
    struct state_writer *w = mem_zalloc(sizeof *w);
    if (!w)
        return error_nomem(err);
    w->fd = -1;
    buf_init(&w->buf, UINT32_MAX);
    enum code code = open_new(w, path, err);
    if (code == OK)
        code = write_header(w, epoch, job, err);
    if (code != OK) {
        state_writer_destroy(w);
        return code;
    }
    *ret = w;
    return OK;
}

static enum code write_block(struct state_writer *w, struct error *err)
{
    w->block.size = (uint32_t)w->buf.size;
    w->block.chain = w->chain = snapshot_chain(&w->block, w->buf.data, w->chain);
    TRY(write_all(w, &w->block, sizeof w->block, err));
    TRY(write_all(w, w->buf.data, w->buf.size, err));
    w->records += w->block.records;
    w->block.records = 0;
    buf_clear(&w->buf);
    return OK;
}

static enum code end_block(struct state_writer *w, struct error *err)
{
    return w->block.records > 0 ? write_block(w, err) : OK;
}

void state_writer_shapes(struct state_writer *w,
                         const struct state_shape *(*shape_of)(const void *cx, uint64_t operator_id),
                         const void *cx)
{
    w->shape_of = shape_of;
    w->shape_cx = cx;
}

enum code state_writer_begin(struct state_writer *w, uint64_t operator_id, struct error *err)
{
    TRY(end_block(w, err));
    w->block = (struct snapshot_block){ .kind = BLOCK_RECORDS, .operator_id = operator_id };
    w->shape = w->shape_of ? w->shape_of(w->shape_cx, operator_id) : NULL;
    w->looked_at = 0;
    return OK;
}

static enum code check_shape(struct state_writer *w, uint32_t table_id, struct str key,
                             struct str value, struct error *err)
{
    const struct shape_table *table = state_shape_table(w->shape, table_id);
    uint64_t bit = table ? (uint64_t)1 << ((uint64_t)(table - w->shape->tables) % 64) : 0;
    if (table && w->looked_at & bit)
        return OK;
    w->looked_at |= bit;
    if (table && shape_table_holds(table, key, value))
        return OK;
    return error_set(err, E_INTERNAL, "a record of table %u (" STR_FMT ") for snapshot \"%s\" is not "
                     "made of what it should be", table_id,
                     STR_ARG(table ? table->name : STR("unknown")), w->path);
}

enum code state_writer_put(struct state_writer *w, uint32_t table_id, struct str key,
                           struct str value, struct error *err)
{
    if (w->block.kind != BLOCK_RECORDS)
        return error_set(err, E_INTERNAL, "a record without an operator for snapshot \"%s\"",
                         w->path);
    if (key.size + value.size > UINT32_MAX / 2)
        return error_set(err, E_LIMIT, "a value of %zu bytes is too long for snapshot \"%s\"",
                         key.size + value.size, w->path);
    if (w->shape)
        TRY(check_shape(w, table_id, key, value, err));
    if (w->buf.size >= SNAPSHOT_BLOCK_BYTES)
        TRY(write_block(w, err));
    uint32_t head[3] = { table_id, (uint32_t)key.size, (uint32_t)value.size };
    if (!buf_reserve(&w->buf, sizeof head + key.size + value.size))
        return buf_check(&w->buf, err);
    buf_put(&w->buf, head, sizeof head);
    buf_str(&w->buf, key);
    buf_str(&w->buf, value);
    w->block.records++;
    return OK;
}

/* A rename is on the disk when the folder is. */
static enum code sync_folder(struct state_writer *w, struct error *err)
{
    const char *slash = strrchr(w->path, '/');
    struct str folder = !slash            ? STR(".")
                        : slash == w->path ? STR("/")
                                           : str_make(w->path, (size_t)(slash - w->path));
    struct buf name;
    buf_init(&name, SIZE_MAX);
    buf_str(&name, folder);
    enum code code = OK;
    const char *text = buf_cstr(&name);
    int fd = name.failed ? -1 : open(text, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (name.failed)
        code = error_nomem(err);
    else if (fd < 0 || fsync(fd) != 0)
        code = error_set(err, E_IO, "cannot sync folder \"%s\" of snapshot \"%s\": %s", text,
                         w->path, strerror(errno));
    if (fd >= 0)
        close(fd);
    buf_done(&name);
    return code;
}

enum code state_writer_commit(struct state_writer *w, uint64_t *ret_bytes, struct error *err)
{
    TRY(end_block(w, err));
    w->block = (struct snapshot_block){ .kind = BLOCK_END, .records = w->records };
    TRY(write_block(w, err));
    if (fsync(w->fd) != 0)
        return io_error(w, "sync", err);
    int fd = w->fd;
    w->fd = -1;
    if (close(fd) != 0)
        return io_error(w, "close", err);
    if (rename(w->new_path, w->path) != 0)
        return io_error(w, "rename", err);
    w->committed = true;
    TRY(sync_folder(w, err));
    *ret_bytes = w->bytes;
    return OK;
}

void state_writer_destroy(struct state_writer *w)
{
    if (!w)
        return;
    if (w->fd >= 0)
        close(w->fd);
    if (w->is_made && !w->committed)
        (void)unlink(w->new_path);
    buf_done(&w->buf);
    mem_free(w->path);
    mem_free(w->new_path);
    mem_free(w);
}
