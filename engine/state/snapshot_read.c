/* snapshot_read.c -- reading a snapshot; see snapshot.h and snapshot_inner.h.
 *
 * Opening reads the file once from end to end, checks it, and remembers where the
 * records of each operator lie; after that blocks are read again as they are asked for,
 * one at a time, so that a large snapshot does not need its size in memory. */
#include "state/snapshot_inner.h"

#include "base/memory.h"
#include "state/row.h"
#include "state/shape.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

/* Blocks of one operator that follow each other. */
struct section {
    uint64_t operator_id;
    uint64_t offset, end;
    uint64_t chain; /* before its first block */
};

struct state_reader {
    char *path;
    int fd;
    uint32_t worker, workers;
    uint64_t size; /* of the file */
    uint64_t epoch;
    struct buf job;
    struct section *sections;
    uint32_t section_count, section_cap;
    /* Where it stands: a section of the operator, a block of the section, a record of the block. */
    uint64_t operator_id;
    uint32_t section;
    uint64_t offset; /* of the next block */
    uint64_t chain;
    struct buf block;
    size_t at;
    uint64_t left; /* records of the block */
    struct error error; /* of state_reader_next() */
    /* state_reader_translate() */
    uint64_t wanted_id, saved_id;
    struct state_recode *recode;
    bool recodes; /* the section's records */
};

static enum code bad(const struct state_reader *r, uint64_t offset, const char *what,
                     struct error *err)
{
    return error_set(err, E_DATA, "snapshot \"%s\" is damaged at byte %llu: %s", r->path,
                     (unsigned long long)offset, what);
}

static enum code read_at(const struct state_reader *r, uint64_t offset, void *data, size_t size,
                         const char *what, struct error *err)
{
    char *at = data;
    if (offset > r->size || size > r->size - offset)
        return bad(r, offset, what, err);
    while (size > 0) {
        ssize_t n = pread(r->fd, at, size, (off_t)offset);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return error_set(err, E_IO, "cannot read snapshot \"%s\": %s", r->path,
                             strerror(errno));
        if (n == 0)
            return bad(r, offset, "it became shorter while it was read", err);
        at += n;
        offset += (uint64_t)n;
        size -= (size_t)n;
    }
    return OK;
}

static enum code read_buf(const struct state_reader *r, uint64_t offset, size_t size,
                          struct buf *buf, const char *what, struct error *err)
{
    buf_clear(buf);
    if (offset > r->size || size > r->size - offset)
        return bad(r, offset, what, err);
    if (!buf_reserve(buf, size))
        return error_nomem(err);
    if (size > 0)
        TRY(read_at(r, offset, buf->data, size, what, err));
    buf->size = size;
    return OK;
}

/* --- the check of the whole --------------------------------------------------------------- */

static enum code read_header(struct state_reader *r, uint64_t *ret_offset, struct error *err)
{
    struct snapshot_header header;
    uint64_t hash;
    if (r->size < sizeof header.magic)
        return error_set(err, E_DATA, "\"%s\" is no snapshot of weir: it has %llu bytes", r->path,
                         (unsigned long long)r->size);
    TRY(read_at(r, 0, &header.magic, sizeof header.magic, "the header is cut off", err));
    if (header.magic != SNAPSHOT_MAGIC)
        return error_set(err, E_DATA, "\"%s\" is no snapshot of weir: it begins with other bytes",
                         r->path);
    TRY(read_at(r, 0, &header, sizeof header, "the header is cut off", err));
    if (header.version != SNAPSHOT_VERSION)
        return error_set(err, E_DATA, "snapshot \"%s\" was written by %s weir, in version %u of the "
                         "format; this one reads version %d", r->path,
                         header.version < SNAPSHOT_VERSION ? "an older" : "a newer",
                         header.version, SNAPSHOT_VERSION);
    if (header.job_size > SNAPSHOT_JOB_MAX)
        return bad(r, 0, "the header is wrong", err);
    uint64_t offset = sizeof header;
    TRY(read_buf(r, offset, header.job_size, &r->job, "the header is cut off", err));
    offset += header.job_size;
    TRY(read_at(r, offset, &hash, sizeof hash, "the header is cut off", err));
    r->chain = hash_bytes(r->job.data, r->job.size, hash_bytes(&header, sizeof header, 0));
    if (hash != r->chain)
        return bad(r, 0, "the header's checksum is wrong", err);
    r->epoch = header.epoch;
    *ret_offset = offset + sizeof hash;
    return OK;
}

/* Record by record, since state_reader_next() looks at no size again. */
static bool records_fit(struct str bytes, uint64_t records)
{
    for (; records > 0; records--) {
        uint32_t head[3];
        if (bytes.size < RECORD_HEAD)
            return false;
        memcpy(head, bytes.data, RECORD_HEAD);
        uint64_t size = RECORD_HEAD + (uint64_t)head[1] + head[2];
        if (size > bytes.size)
            return false;
        bytes.data += size;
        bytes.size -= size;
    }
    return bytes.size == 0;
}

/* The block at `offset` into *head and r->block, its chain checked against r->chain. */
static enum code read_block(struct state_reader *r, uint64_t offset, struct snapshot_block *head,
                            struct error *err)
{
    TRY(read_at(r, offset, head, sizeof *head, "it ends before its end mark", err));
    if (head->kind != BLOCK_RECORDS && head->kind != BLOCK_END)
        return bad(r, offset, "this is no block", err);
    TRY(read_buf(r, offset + sizeof *head, head->size, &r->block, "a block is cut off", err));
    if (snapshot_chain(head, r->block.data, r->chain) != head->chain)
        return bad(r, offset, "the checksum of a block is wrong", err);
    if (head->kind == BLOCK_RECORDS && !records_fit(buf_view(&r->block), head->records))
        return bad(r, offset, "the records of a block do not fit it", err);
    r->chain = head->chain;
    return OK;
}

static enum code add_block(struct state_reader *r, const struct snapshot_block *head,
                           uint64_t offset, uint64_t chain, struct error *err)
{
    uint64_t end = offset + sizeof *head + head->size;
    struct section *last = r->section_count > 0 ? &r->sections[r->section_count - 1] : NULL;
    if (last && last->operator_id == head->operator_id) {
        last->end = end;
        return OK;
    }
    if (r->section_count == r->section_cap) {
        uint32_t cap = MAX(r->section_cap * 2, 8);
        struct section *more = mem_realloc(r->sections, cap * sizeof *more);
        if (!more)
            return error_nomem(err);
        r->sections = more;
        r->section_cap = cap;
    }
    r->sections[r->section_count++] = (struct section){ head->operator_id, offset, end, chain };
    return OK;
}

static enum code check_blocks(struct state_reader *r, uint64_t offset, struct error *err)
{
    struct snapshot_block head;
    uint64_t records = 0;
    for (;;) {
        uint64_t chain = r->chain;
        TRY(read_block(r, offset, &head, err));
        if (head.kind == BLOCK_END)
            break;
        TRY(add_block(r, &head, offset, chain, err));
        records += head.records;
        offset += sizeof head + head.size;
    }
    if (head.records != records || head.size != 0)
        return bad(r, offset, "the end mark is wrong", err);
    if (offset + sizeof head != r->size)
        return bad(r, offset + sizeof head, "there is something behind its end mark", err);
    return OK;
}

/* --- the public side ---------------------------------------------------------------------- */

static enum code open_file(struct state_reader *r, const char *path, struct error *err)
{
    struct stat info;
    if (!(r->path = mem_strdup(path)))
        return error_nomem(err);
    r->fd = open(path, O_RDONLY | O_CLOEXEC);
    if (r->fd < 0 || fstat(r->fd, &info) != 0)
        return error_set(err, E_IO, "cannot open snapshot \"%s\": %s", path, strerror(errno));
    if (!S_ISREG(info.st_mode))
        return error_set(err, E_DATA, "\"%s\" is no snapshot of weir: it is no file", path);
    r->size = (uint64_t)info.st_size;
    return OK;
}

enum code state_reader_open(const char *path, uint32_t worker, uint32_t workers,
                            struct state_reader **ret, struct error *err)
{
    struct state_reader *r = mem_zalloc(sizeof *r);
    if (!r)
        return error_nomem(err);
    r->fd = -1;
    r->worker = worker;
    r->workers = workers;
    buf_init(&r->job, SNAPSHOT_JOB_MAX);
    buf_init(&r->block, UINT32_MAX);
    uint64_t offset = 0;
    enum code code = open_file(r, path, err);
    if (code == OK)
        code = read_header(r, &offset, err);
    if (code == OK)
        code = check_blocks(r, offset, err);
    if (code != OK) {
        state_reader_close(r);
        return code;
    }
    r->section = r->section_count;
    *ret = r;
    return OK;
}

void state_reader_close(struct state_reader *r)
{
    if (!r)
        return;
    if (r->fd >= 0)
        close(r->fd);
    buf_done(&r->job);
    buf_done(&r->block);
    mem_free(r->sections);
    mem_free(r->path);
    mem_free(r);
}

void state_reader_serve(struct state_reader *r, uint32_t worker, uint32_t workers)
{
    r->worker = worker;
    r->workers = workers;
}

uint64_t state_reader_epoch(const struct state_reader *r)
{
    return r->epoch;
}

struct str state_reader_job(const struct state_reader *r)
{
    return buf_view(&r->job);
}

static bool seen_before(const struct state_reader *r, uint32_t section)
{
    for (uint32_t i = 0; i < section; i++)
        if (r->sections[i].operator_id == r->sections[section].operator_id)
            return true;
    return false;
}

uint64_t state_reader_operator(const struct state_reader *r, uint32_t i)
{
    for (uint32_t s = 0; s < r->section_count; s++) {
        /* The job's own records, operator 0, are no operator's. */
        if (r->sections[s].operator_id == STATE_OPERATOR_JOB || seen_before(r, s))
            continue;
        if (i-- == 0)
            return r->sections[s].operator_id;
    }
    return 0;
}

/* The first section of the operator from `section` on. */
static bool enter_section(struct state_reader *r, uint32_t section)
{
    while (section < r->section_count && r->sections[section].operator_id != r->operator_id)
        section++;
    r->section = section;
    r->left = 0;
    if (section == r->section_count)
        return false;
    r->offset = r->sections[section].offset;
    r->chain = r->sections[section].chain;
    return true;
}

void state_reader_translate(struct state_reader *r, uint64_t operator_id, uint64_t saved_id,
                            struct state_recode *recode)
{
    r->wanted_id = operator_id;
    r->saved_id = saved_id;
    r->recode = recode;
}

bool state_reader_seek(struct state_reader *r, uint64_t operator_id)
{
    bool translated = operator_id != STATE_OPERATOR_JOB && operator_id == r->wanted_id;
    r->operator_id = translated ? r->saved_id : operator_id;
    r->recodes = translated && r->recode;
    r->error.code = OK;
    return enter_section(r, 0);
}

static bool next_block(struct state_reader *r)
{
    struct snapshot_block head;
    if (r->section >= r->section_count || r->error.code != OK)
        return false;
    if (r->offset == r->sections[r->section].end && !enter_section(r, r->section + 1))
        return false;
    if (read_block(r, r->offset, &head, &r->error) != OK)
        return false;
    r->offset += sizeof head + head.size;
    r->at = 0;
    r->left = head.records;
    return true;
}

static bool next_record(struct state_reader *r, struct state_record *ret)
{
    while (r->left == 0)
        if (!next_block(r))
            return false;
    uint32_t head[3];
    const char *data = r->block.data + r->at;
    memcpy(head, data, RECORD_HEAD);
    data += RECORD_HEAD;
    *ret = (struct state_record){ r->operator_id, head[0], { data, head[1] },
                                  { data + head[1], head[2] } };
    r->at += RECORD_HEAD + (size_t)head[1] + head[2];
    r->left--;
    return true;
}

bool state_reader_next(struct state_reader *r, struct state_record *ret)
{
    bool kept = true;
    do {
        if (!next_record(r, ret))
            return false;
        if (r->recodes && state_recode_record(r->recode, &ret->table_id, &ret->key, &ret->value,
                                              &kept, &r->error) != OK) {
            r->left = 0;
            return false;
        }
    } while (!kept);
    return true;
}

enum code state_reader_check(const struct state_reader *r, struct error *err)
{
    if (r->error.code != OK && err)
        *err = r->error;
    return r->error.code;
}

bool state_reader_owns(const struct state_reader *r, uint64_t hash)
{
    return state_worker(hash, r->workers) == r->worker;
}
