/* open_files.c -- see open_files.h.  A short array under a lock: a job reads a
 * handful of files at a time. */
#include "local/open_files.h"

#include "base/memory.h"

#include <pthread.h>

struct entry {
    dev_t device;
    ino_t inode;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct entry *entries;
static size_t count;
static size_t cap;

enum code open_files_add(const struct stat *file, struct error *err)
{
    enum code code = OK;
    pthread_mutex_lock(&lock);
    if (count == cap) {
        size_t wanted = cap ? cap * 2 : 8;
        struct entry *grown = mem_realloc(entries, wanted * sizeof *entries);
        if (grown) {
            entries = grown;
            cap = wanted;
        } else {
            code = error_nomem(err);
        }
    }
    if (code == OK)
        entries[count++] = (struct entry){ file->st_dev, file->st_ino };
    pthread_mutex_unlock(&lock);
    return code;
}

static size_t find(const struct stat *file)
{
    size_t i = 0;
    while (i < count && (entries[i].device != file->st_dev || entries[i].inode != file->st_ino))
        i++;
    return i;
}

void open_files_remove(const struct stat *file)
{
    pthread_mutex_lock(&lock);
    size_t i = find(file);
    if (i < count)
        entries[i] = entries[--count];
    if (count == 0) {
        mem_free(entries);
        entries = NULL;
        cap = 0;
    }
    pthread_mutex_unlock(&lock);
}

bool open_files_has(const struct stat *file)
{
    pthread_mutex_lock(&lock);
    bool has = find(file) < count;
    pthread_mutex_unlock(&lock);
    return has;
}
