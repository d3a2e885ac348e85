/* save.c -- see save.h. */
#include "exec/save.h"

#include "base/memory.h"
#include "exec/exec.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

/* Records of the job file: table, then what key and value are. */
enum {
    RECORD_WORKERS = 1,  /* -: number */
    RECORD_SOURCE = 2,   /* table NUL split: position */
    RECORD_SKIP = 3,     /* table: rows */
    RECORD_SINK = 4,     /* table: position */
    RECORD_OPERATOR = 5, /* id: kept_state_put() */
};

struct save {
    char *dir;
    char *job;
    const struct exec_hooks *hooks;
    struct arena *arena;     /* of what was found */
    int lock_fd;
    uint64_t newest;         /* number */
    uint64_t found;          /* number of the snapshot that is gone on from; 0: none */
    uint64_t kept;           /* the last complete one, as this run goes on */
    uint32_t workers;        /* that wrote it; 0: the job had no state */
    bool has_workers;        /* it says so */
    struct state_reader **readers; /* of the workers' files, checked; NULL when all is taken back */
    struct save_source *sources;
    uint32_t source_count, source_cap;
    struct save_sink *sinks;
    uint32_t sink_count, sink_cap;
    const struct kept_state **operators;
    uint32_t operator_count, operator_cap;
};

static enum code fail(struct error *err, const char *what, const char *path)
{
    return error_set(err, E_IO, "could not %s \"%s\": %s", what, path, strerror(errno));
}

/* --- names --------------------------------------------------------------------------- */

static char *job_path(const struct save *s, struct arena *arena, uint64_t epoch)
{
    return arena_printf(arena, "%s/snapshot-%llu.job", s->dir, (unsigned long long)epoch);
}

static char *worker_path(const struct save *s, struct arena *arena, uint64_t epoch,
                         uint32_t worker)
{
    return arena_printf(arena, "%s/snapshot-%llu.worker-%u", s->dir, (unsigned long long)epoch,
                        worker);
}

/* The number of a file of ours, 0 for others; *ret_whole: it completes a snapshot.  Nobody counts up
 * to the numbers that have none behind them. */
static uint64_t number_of(const char *name, bool *ret_whole)
{
    static const char head[] = "snapshot-";
    if (strncmp(name, head, sizeof head - 1) != 0)
        return 0;
    char *end;
    errno = 0;
    unsigned long long n = strtoull(name + sizeof head - 1, &end, 10);
    if (errno != 0 || n > INT64_MAX || *end != '.')
        return 0;
    *ret_whole = strcmp(end, ".job") == 0;
    return n;
}

/* --- reading the job file ------------------------------------------------------------- */

static struct save_source *source_named(struct save *s, struct str table)
{
    for (uint32_t i = 0; i < s->source_count; i++)
        if (str_eq(s->sources[i].table, table))
            return &s->sources[i];
    struct save_source source = { .table = arena_str(s->arena, table) };
    if (!source.table.data ||
        !ARENA_PUSH(s->arena, s->sources, s->source_count, s->source_cap, source))
        return NULL;
    return &s->sources[s->source_count - 1];
}

static bool add_position(struct save *s, const struct state_record *record)
{
    size_t nul = str_find_byte(record->key, '\0');
    if (nul == (size_t)-1)
        return true;
    struct save_source *source = source_named(s, str_make(record->key.data, nul));
    if (!source)
        return false;
    struct split_position *items =
        arena_grow(s->arena, source->items, source->count * sizeof *items,
                   (source->count + 1) * sizeof *items);
    if (!items)
        return false;
    source->items = items;
    struct split_position *p = &items[source->count];
    p->split = arena_str(s->arena, str_make(record->key.data + nul + 1,
                                            record->key.size - nul - 1));
    p->position = arena_str(s->arena, record->value);
    if (!p->split.data || !p->position.data)
        return false;
    source->count++;
    return true;
}

static uint64_t number_in(struct str bytes)
{
    uint64_t n = 0;
    memcpy(&n, bytes.data, MIN(bytes.size, sizeof n));
    return n;
}

static enum code add_operator(struct save *s, const struct state_record *record,
                              struct error *err)
{
    struct kept_state *kept = arena_new(s->arena, struct kept_state);
    if (!kept)
        return error_nomem(err);
    TRY(kept_state_get(s->arena, number_in(record->key), record->value, kept, err));
    return ARENA_PUSH(s->arena, s->operators, s->operator_count, s->operator_cap, kept)
               ? OK
               : error_nomem(err);
}

static bool add_record(struct save *s, const struct state_record *record)
{
    switch (record->table_id) {
    case RECORD_WORKERS:
        s->workers = (uint32_t)number_in(record->value);
        s->has_workers = true;
        return true;
    case RECORD_SOURCE:
        return add_position(s, record);
    case RECORD_SKIP: {
        struct save_source *source = source_named(s, record->key);
        if (source) /* one worker passes over rows; the others have none to pass over */
            source->skip = MAX(source->skip, number_in(record->value));
        return source != NULL;
    }
    case RECORD_SINK: {
        struct save_sink sink = { arena_str(s->arena, record->key),
                                  arena_str(s->arena, record->value) };
        return sink.table.data && sink.position.data &&
               ARENA_PUSH(s->arena, s->sinks, s->sink_count, s->sink_cap, sink);
    }
    default:
        return true;
    }
}

static void close_readers(struct save *s)
{
    for (uint32_t w = 0; s->readers && w < s->workers; w++)
        state_reader_close(s->readers[w]);
    s->readers = NULL;
}

static void forget(struct save *s)
{
    close_readers(s);
    s->sources = NULL;
    s->sinks = NULL;
    s->operators = NULL;
    s->source_count = s->source_cap = s->sink_count = s->sink_cap = 0;
    s->operator_count = s->operator_cap = 0;
    s->workers = 0;
    s->has_workers = false;
    arena_reset(s->arena);
}

static enum code another_job(const struct save *s, struct str name, struct error *err)
{
    error_set(err, E_OPTION, "the state directory \"%s\" holds snapshots of job \"" STR_FMT
              "\", and this is job \"%s\"", s->dir, STR_ARG(name), s->job);
    error_hint(err, "Each job needs a directory of its own. If it is the same job under a new "
               "name, SET 'weir.job.name' = '" STR_FMT "' says so.", STR_ARG(name));
    return E_OPTION;
}

/* Opening a file checks all of it, so each is opened once, here, for all that it is read for. */
static enum code open_worker_files(struct save *s, struct arena *scratch, uint64_t epoch,
                                   struct error *err)
{
    s->readers = arena_array(s->arena, struct state_reader *, MAX(s->workers, 1));
    if (!s->readers)
        return error_nomem(err);
    for (uint32_t w = 0; w < s->workers; w++) {
        char *path = worker_path(s, scratch, epoch, w);
        if (!path)
            return error_nomem(err);
        TRY(state_reader_open(path, 0, 1, &s->readers[w], err));
        if (state_reader_epoch(s->readers[w]) != epoch)
            return error_set(err, E_DATA, "\"%s\" is of another snapshot", path);
    }
    return OK;
}

/* Reads snapshot `epoch`, and looks whether all of its files are whole. */
static enum code load(struct save *s, struct arena *scratch, uint64_t epoch, struct error *err)
{
    forget(s);
    char *path = job_path(s, scratch, epoch);
    struct state_reader *reader;
    if (!path)
        return error_nomem(err);
    TRY(state_reader_open(path, 0, 1, &reader, err));
    enum code code = OK;
    struct str job = state_reader_job(reader);
    if (!str_is(job, s->job))
        code = another_job(s, job, err);
    if (code == OK && state_reader_seek(reader, STATE_OPERATOR_JOB)) {
        struct state_record record;
        while (code == OK && state_reader_next(reader, &record))
            if (record.table_id == RECORD_OPERATOR)
                code = add_operator(s, &record, err);
            else if (!add_record(s, &record))
                code = error_nomem(err);
        if (code == OK)
            code = state_reader_check(reader, err);
    }
    if (code == OK && !s->has_workers)
        code = error_set(err, E_DATA, "\"%s\" does not say how many workers wrote it", path);
    state_reader_close(reader);
    return code == OK ? open_worker_files(s, scratch, epoch, err) : code;
}

/* --- finding -------------------------------------------------------------------------- */

static int newest_first(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return x > y ? -1 : x < y;
}

static enum code list_numbers(struct save *s, struct arena *arena, uint64_t **ret,
                              uint32_t *ret_count, struct error *err)
{
    uint64_t *numbers = NULL;
    uint32_t count = 0, cap = 0;
    DIR *dir = opendir(s->dir);
    if (!dir)
        return fail(err, "open folder", s->dir);
    bool fits = true;
    for (struct dirent *entry; fits && (entry = readdir(dir));) {
        bool whole = false;
        uint64_t n = number_of(entry->d_name, &whole);
        s->newest = MAX(s->newest, n);
        if (n > 0 && whole)
            fits = ARENA_PUSH(arena, numbers, count, cap, n);
    }
    closedir(dir);
    if (!fits)
        return error_nomem(err);
    if (count > 1)
        qsort(numbers, count, sizeof *numbers, newest_first);
    *ret = numbers;
    *ret_count = count;
    return OK;
}

static void warn_damaged(const struct save *s, uint64_t epoch, uint64_t next,
                         const struct error *why)
{
    struct error warning = { .code = OK };
    error_set(&warning, E_DATA, "snapshot %llu in \"%s\" cannot be read; the job goes on from the "
              "one before it, %llu", (unsigned long long)epoch, s->dir, (unsigned long long)next);
    error_detail(&warning, "%s%s%s.", why->message, why->detail[0] ? ": " : "", why->detail);
    if (s->hooks->warn)
        s->hooks->warn(s->hooks->self, &warning);
}

/* What a run leaves that was killed in its first checkpoint; or somebody took the file that counts. */
static void warn_incomplete(const struct save *s)
{
    struct error warning = { .code = OK };
    if (s->newest == 0 || !s->hooks->warn)
        return;
    error_set(&warning, E_DATA, "no snapshot in \"%s\" is complete; the job starts from nothing",
              s->dir);
    error_detail(&warning, "There are parts of snapshot %llu, but no \"snapshot-%llu.job\", which is "
                 "written last.", (unsigned long long)s->newest, (unsigned long long)s->newest);
    s->hooks->warn(s->hooks->self, &warning);
}

static enum code find(struct save *s, struct arena *scratch, struct error *err)
{
    uint64_t *numbers;
    uint32_t count;
    TRY(list_numbers(s, scratch, &numbers, &count, err));
    struct error first = { .code = OK };
    for (uint32_t i = 0; i < count; i++) {
        struct error why = { .code = OK };
        enum code code = load(s, scratch, numbers[i], &why);
        if (code == OK) {
            s->found = s->kept = numbers[i];
            if (i > 0)
                warn_damaged(s, numbers[0], numbers[i], &first);
            return OK;
        }
        if (code == E_OPTION || code == E_NOMEM) {
            if (err)
                *err = why;
            return code;
        }
        if (i == 0)
            first = why;
    }
    if (count == 0) {
        warn_incomplete(s);
        return OK;
    }
    if (err)
        *err = first;
    error_while(err, "reading snapshot %llu, the only one there is",
                (unsigned long long)numbers[0]);
    error_hint(err, "Without a snapshot the job can only be started anew: with an empty state "
               "directory.");
    return first.code;
}

static enum code make_folder(const char *dir, struct error *err)
{
    char *path = mem_strdup(dir);
    if (!path)
        return error_nomem(err);
    enum code code = OK;
    for (char *slash = path; code == OK && slash;) {
        slash = strchr(slash + 1, '/');
        if (slash)
            *slash = '\0';
        if (*path && mkdir(path, 0777) != 0 && errno != EEXIST)
            code = fail(err, "make the state directory", path);
        if (slash)
            *slash = '/';
    }
    mem_free(path);
    return code;
}

static enum code lock(struct save *s, struct arena *scratch, struct error *err)
{
    char *path = arena_printf(scratch, "%s/lock", s->dir);
    if (!path)
        return error_nomem(err);
    s->lock_fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    if (s->lock_fd < 0)
        return fail(err, "create", path);
    if (flock(s->lock_fd, LOCK_EX | LOCK_NB) == 0)
        return OK;
    if (errno != EWOULDBLOCK)
        return fail(err, "lock", path);
    error_set(err, E_IO, "the state directory \"%s\" is in use by another run of weir", s->dir);
    return E_IO;
}

enum code save_open(const char *dir, struct str job, const struct exec_hooks *hooks,
                    struct save **ret, struct error *err)
{
    struct save *s = mem_zalloc(sizeof *s);
    if (!s)
        return error_nomem(err);
    s->lock_fd = -1;
    s->hooks = hooks;
    s->dir = mem_strdup(dir);
    s->arena = arena_create();
    struct arena *scratch = arena_create();
    char *name = mem_alloc(job.size + 1);
    enum code code = OK;
    if (!s->dir || !s->arena || !scratch || !name) {
        mem_free(name);
        code = error_nomem(err);
    } else {
        memcpy(name, job.data, job.size);
        name[job.size] = '\0';
        s->job = name;
        code = make_folder(dir, err);
    }
    if (code == OK)
        code = lock(s, scratch, err);
    if (code == OK)
        code = find(s, scratch, err);
    arena_destroy(scratch);
    if (code != OK) {
        save_close(s);
        return code;
    }
    *ret = s;
    return OK;
}

void save_close(struct save *s)
{
    if (!s)
        return;
    if (s->lock_fd >= 0)
        close(s->lock_fd);
    close_readers(s);
    arena_destroy(s->arena);
    mem_free(s->dir);
    mem_free(s->job);
    mem_free(s);
}

/* --- what was found ------------------------------------------------------------------- */

bool save_found(const struct save *s)
{
    return s && s->found > 0;
}

uint64_t save_newest(const struct save *s)
{
    return s->newest;
}

const struct save_source *save_source_of(const struct save *s, struct str table)
{
    for (uint32_t i = 0; s && i < s->source_count; i++)
        if (str_eq(s->sources[i].table, table))
            return &s->sources[i];
    return NULL;
}

const struct save_sink *save_sink_of(const struct save *s, struct str table)
{
    for (uint32_t i = 0; s && i < s->sink_count; i++)
        if (str_eq(s->sinks[i].table, table))
            return &s->sinks[i];
    return NULL;
}

const struct kept_state *const *save_operators(const struct save *s, uint32_t *ret_count)
{
    *ret_count = s->operator_count;
    return s->operators;
}

const struct save_source *save_sources(const struct save *s, uint32_t *ret_count)
{
    *ret_count = s->source_count;
    return s->sources;
}

static enum code restore_from(const struct save *s, struct state_reader *reader, struct op *op,
                              bool single, struct error *err)
{
    if (single)
        state_reader_serve(reader, 0, 1);
    else
        state_reader_serve(reader, op->worker->index, op->worker->count);
    enum code code = OK;
    if (state_reader_seek(reader, op->plan->state_id))
        code = op->kind->restore(op, reader, err);
    if (code == OK)
        code = state_reader_check(reader, err);
    if (code != OK)
        error_while(err, "taking %s#%u back from snapshot %llu", plan_kind_name(op->plan->kind),
                    op->plan->id, (unsigned long long)s->found);
    return code;
}

enum code save_restore(struct save *s, struct op *op, uint64_t saved_id,
                       struct state_recode *recode, bool single, struct error *err)
{
    for (uint32_t w = 0; w < s->workers; w++) {
        state_reader_translate(s->readers[w], op->plan->state_id, saved_id, recode);
        TRY(restore_from(s, s->readers[w], op, single, err));
    }
    return OK;
}

void save_restored(struct save *s)
{
    close_readers(s);
}

/* --- writing -------------------------------------------------------------------------- */

enum code save_writer(struct save *s, uint64_t epoch, uint32_t worker, struct state_writer **ret,
                      struct error *err)
{
    char name[64];
    snprintf(name, sizeof name, "/snapshot-%llu.worker-%u", (unsigned long long)epoch, worker);
    size_t size = strlen(s->dir);
    char *path = mem_alloc(size + sizeof name);
    if (!path)
        return error_nomem(err);
    memcpy(path, s->dir, size);
    memcpy(path + size, name, strlen(name) + 1);
    enum code code = state_writer_create(path, epoch, str_of(s->job), ret, err);
    mem_free(path);
    return code;
}

static struct str number_bytes(const uint64_t *n)
{
    return str_make((const char *)n, sizeof *n);
}

static enum code put_source(struct state_writer *w, struct buf *key, const struct save_source *source,
                            struct error *err)
{
    for (uint32_t i = 0; i < source->count; i++) {
        buf_clear(key);
        buf_str(key, source->table);
        buf_char(key, '\0');
        buf_str(key, source->items[i].split);
        TRY(buf_check(key, err));
        TRY(state_writer_put(w, RECORD_SOURCE, buf_view(key), source->items[i].position, err));
    }
    return source->skip > 0 || source->count == 0
               ? state_writer_put(w, RECORD_SKIP, source->table, number_bytes(&source->skip), err)
               : OK;
}

static enum code put_operator(struct state_writer *w, struct buf *text,
                              const struct kept_state *kept, struct error *err)
{
    buf_clear(text);
    kept_state_put(text, kept);
    TRY(buf_check(text, err));
    return state_writer_put(w, RECORD_OPERATOR, number_bytes(&kept->id), buf_view(text), err);
}

static enum code put_all(struct state_writer *w, struct buf *key, const struct save_job *job,
                         struct error *err)
{
    TRY(state_writer_begin(w, STATE_OPERATOR_JOB, err));
    uint64_t workers = job->workers;
    TRY(state_writer_put(w, RECORD_WORKERS, STR("workers"), number_bytes(&workers), err));
    for (uint32_t i = 0; i < job->source_count; i++)
        TRY(put_source(w, key, &job->sources[i], err));
    for (uint32_t i = 0; i < job->sink_count; i++)
        if (job->sinks[i].position.data)
            TRY(state_writer_put(w, RECORD_SINK, job->sinks[i].table, job->sinks[i].position, err));
    for (uint32_t i = 0; i < job->operator_count; i++)
        TRY(put_operator(w, key, job->operators[i], err));
    return OK;
}

/* Files of all snapshots but two go; one that cannot be removed does no harm. */
static void let_go(const struct save *s, uint64_t keep, uint64_t keep_too)
{
    DIR *dir = opendir(s->dir);
    if (!dir)
        return;
    int fd = dirfd(dir);
    for (int round = 0; round < 2; round++) { /* what makes them complete first */
        rewinddir(dir);
        for (struct dirent *entry; (entry = readdir(dir));) {
            bool whole = false;
            uint64_t n = number_of(entry->d_name, &whole);
            if (n > 0 && n != keep && n != keep_too && n <= keep && (whole || round == 1))
                (void)unlinkat(fd, entry->d_name, 0);
        }
    }
    closedir(dir);
}

enum code save_finish(struct save *s, const struct save_job *job, struct error *err)
{
    struct arena *scratch = arena_create();
    struct state_writer *w = NULL;
    struct buf key;
    buf_init(&key, 1 << 28);
    char *path = scratch ? job_path(s, scratch, job->epoch) : NULL;
    enum code code =
        path ? state_writer_create(path, job->epoch, str_of(s->job), &w, err) : error_nomem(err);
    if (code == OK)
        code = put_all(w, &key, job, err);
    uint64_t bytes;
    if (code == OK)
        code = state_writer_commit(w, &bytes, err);
    state_writer_destroy(w);
    buf_done(&key);
    arena_destroy(scratch);
    if (code != OK)
        return code;
    let_go(s, job->epoch, s->kept);
    s->kept = job->epoch;
    return OK;
}
