/* edit_history.c -- see edit_history.h. */
#include "cli/edit_history.h"

#include "base/memory.h"
#include "cli/write_all.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    FILE_BYTES_MAX = 64 << 20, /* read at most */
    FILE_BYTES_CUT = 8 << 20,  /* a longer file is cut ... */
    FILE_LINES_CUT = 2 * EDIT_HISTORY_MAX,
    SEEN_MAX = 256,
    TRIES_MAX = 10,
};

/* ---- lines of the file ----------------------------------------------------------------------- */

static void put_line(struct buf *out, struct str text)
{
    for (size_t i = 0; i < text.size; i++) {
        if (text.data[i] == '\n')
            buf_text(out, "\\n");
        else if (text.data[i] == '\\')
            buf_text(out, "\\\\");
        else
            buf_char(out, text.data[i]);
    }
    buf_char(out, '\n');
}

static void put_entry(struct buf *out, struct str line)
{
    for (size_t i = 0; i < line.size; i++) {
        if (line.data[i] != '\\' || i + 1 == line.size) {
            buf_char(out, line.data[i]);
            continue;
        }
        i++;
        buf_char(out, line.data[i] == 'n' ? '\n' : line.data[i]);
    }
}

/* ---- entries --------------------------------------------------------------------------------- */

static void drop_oldest(struct edit_history *h, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++)
        mem_free((char *)h->items[i].data);
    memmove(h->items, h->items + n, (h->count - n) * sizeof h->items[0]);
    h->count -= n;
}

/* In memory. False: it is not kept. */
static bool keep(struct edit_history *h, struct str text)
{
    if (str_trim(text).size == 0 || (h->count > 0 && str_eq(h->items[h->count - 1], text)))
        return false;
    if (h->count == EDIT_HISTORY_MAX)
        drop_oldest(h, EDIT_HISTORY_MAX / 10);
    if (h->count == h->cap) {
        uint32_t cap = h->cap ? h->cap * 2 : 256;
        struct str *grown = mem_realloc(h->items, cap * sizeof *grown);
        if (!grown)
            return false;
        h->items = grown;
        h->cap = cap;
    }
    char *copy = mem_alloc(text.size);
    if (!copy)
        return false;
    memcpy(copy, text.data, text.size);
    h->items[h->count++] = str_make(copy, text.size);
    return true;
}

/* ---- the file -------------------------------------------------------------------------------- */

/* The folders that the file stands in. */
static void make_folders(const char *path)
{
    char *copy = mem_strdup(path);
    for (char *at = copy ? strchr(copy + 1, '/') : NULL; at; at = strchr(at + 1, '/')) {
        *at = '\0';
        mkdir(copy, 0700);
        *at = '/';
    }
    mem_free(copy);
}

static bool is_same_file(int fd, const char *path)
{
    struct stat open_one, named;
    return fstat(fd, &open_one) == 0 && stat(path, &named) == 0 &&
           open_one.st_ino == named.st_ino && open_one.st_dev == named.st_dev;
}

/* Open and locked; -1: it cannot be. */
static int open_locked(const char *path)
{
    for (int i = 0; i < TRIES_MAX; i++) {
        int fd = open(path, O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
        if (fd < 0 && errno == ENOENT) {
            make_folders(path);
            fd = open(path, O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
        }
        if (fd < 0)
            return -1;
        struct stat info;
        if (flock(fd, LOCK_EX) == 0 && is_same_file(fd, path)) {
            if (fstat(fd, &info) == 0 && S_ISREG(info.st_mode) && (info.st_mode & 077) != 0 &&
                fchmod(fd, 0600) != 0) {
                close(fd); /* somebody else's */
                return -1;
            }
            return fd;
        }
        close(fd); /* somebody has replaced it in between */
    }
    return -1;
}

static void append(const struct edit_history *h, struct str text)
{
    struct buf line;
    int fd = open_locked(h->path);
    if (fd < 0)
        return;
    buf_init(&line, 2 * EDIT_HISTORY_ENTRY_BYTES_MAX + 1);
    put_line(&line, text);
    if (!line.failed)
        write_all(fd, buf_view(&line));
    buf_done(&line);
    close(fd);
}

static void read_all(int fd, struct buf *out)
{
    enum { PIECE = 256 << 10 };
    for (;;) {
        if (!buf_reserve(out, PIECE))
            return;
        ssize_t n = read(fd, out->data + out->size, PIECE);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return;
        out->size += (size_t)n;
    }
}

/* Puts a shorter file in its place, whose last lines those in memory are. */
static void cut_file(const struct edit_history *h)
{
    struct buf name, text;
    buf_init(&name, 1 << 16);
    buf_init(&text, FILE_BYTES_MAX);
    buf_printf(&name, "%s.%ld", h->path, (long)getpid());
    uint32_t first = h->count;
    size_t bytes = 0;
    while (first > 0 && h->count - first < EDIT_HISTORY_MAX && bytes < FILE_BYTES_CUT / 2)
        bytes += h->items[--first].size;
    for (uint32_t i = first; i < h->count; i++)
        if (h->items[i].size <= EDIT_HISTORY_ENTRY_BYTES_MAX)
            put_line(&text, h->items[i]);
    const char *path = buf_cstr(&name);
    int fd = name.failed || text.failed
                 ? -1
                 : open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (fd >= 0) {
        bool written = write_all(fd, buf_view(&text));
        if (close(fd) != 0 || !written || rename(path, h->path) != 0)
            unlink(path);
    }
    buf_done(&name);
    buf_done(&text);
}

static void load(struct edit_history *h)
{
    struct buf content, entry;
    struct stat info;
    int fd = open_locked(h->path);
    if (fd < 0)
        return;
    buf_init(&content, FILE_BYTES_MAX);
    buf_init(&entry, FILE_BYTES_MAX);
    /* Of a file that is too long the end counts. */
    bool is_file = fstat(fd, &info) == 0 && S_ISREG(info.st_mode);
    if (is_file && info.st_size > FILE_BYTES_MAX / 2)
        lseek(fd, info.st_size - FILE_BYTES_MAX / 2, SEEK_SET);
    if (is_file)
        read_all(fd, &content);
    struct str rest = buf_view(&content);
    uint32_t lines = 0;
    while (rest.size > 0) {
        size_t end = str_find_byte(rest, '\n');
        if (end == (size_t)-1)
            break; /* a line that was not written to its end */
        buf_clear(&entry);
        put_entry(&entry, str_make(rest.data, end));
        if (!entry.failed)
            keep(h, buf_view(&entry));
        rest = str_make(rest.data + end + 1, rest.size - end - 1);
        lines++;
    }
    if (content.size > FILE_BYTES_CUT || lines > FILE_LINES_CUT)
        cut_file(h);
    buf_done(&content);
    buf_done(&entry);
    close(fd);
}

bool edit_history_path(struct buf *out)
{
    const char *own = getenv("WEIR_HISTORY");
    const char *state = getenv("XDG_STATE_HOME");
    const char *home = getenv("HOME");
    if (own && *own)
        buf_text(out, own);
    else if (state && *state)
        buf_printf(out, "%s/weir/history", state);
    else if (home && *home)
        buf_printf(out, "%s/.local/state/weir/history", home);
    else
        return false;
    return !out->failed;
}

void edit_history_open(struct edit_history *h, const char *path, bool (*is_secret)(struct str text))
{
    *h = (struct edit_history){ .is_secret = is_secret };
    h->path = path ? mem_strdup(path) : NULL;
    if (h->path)
        load(h);
}

void edit_history_close(struct edit_history *h)
{
    for (uint32_t i = 0; i < h->count; i++)
        mem_free((char *)h->items[i].data);
    mem_free(h->items);
    mem_free(h->path);
    *h = (struct edit_history){ 0 };
}

void edit_history_add(struct edit_history *h, struct str text)
{
    while (text.size > 0 && strchr(" \n\t", text.data[text.size - 1]))
        text.size--;
    if (keep(h, text) && h->path && text.size <= EDIT_HISTORY_ENTRY_BYTES_MAX &&
        !(h->is_secret && h->is_secret(text)))
        append(h, text);
}

/* ---- finding --------------------------------------------------------------------------------- */

struct str edit_history_that_begins(const struct edit_history *h, struct str text)
{
    for (uint32_t i = h->count; i > 0; i--)
        if (h->items[i - 1].size > text.size && str_starts(h->items[i - 1], text))
            return h->items[i - 1];
    return (struct str){ NULL, 0 };
}

static char fold(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
}

static bool find_part(struct str text, struct str part, size_t *ret_at)
{
    for (size_t i = 0; part.size <= text.size && i <= text.size - part.size; i++) {
        size_t n = 0;
        while (n < part.size && fold(text.data[i + n]) == fold(part.data[n]))
            n++;
        if (n == part.size) {
            *ret_at = i;
            return true;
        }
    }
    return false;
}

static bool has_whole(struct str text, struct str pattern, struct edit_match *ret)
{
    ret->size = pattern.size;
    return find_part(text, pattern, &ret->at);
}

static bool has_words(struct str text, struct str pattern, struct edit_match *ret)
{
    bool any = false;
    while ((pattern = str_trim(pattern)).size > 0) {
        size_t end = MIN(str_find_byte(pattern, ' '), pattern.size), at;
        if (!find_part(text, str_make(pattern.data, end), &at))
            return false;
        if (!any)
            *ret = (struct edit_match){ .at = at, .size = end };
        any = true;
        pattern = str_make(pattern.data + end, pattern.size - end);
    }
    return any;
}

/* The letters from `from` on; false if they are not there, or too far from each other. */
static bool letters_from(struct str text, size_t from, struct str pattern, size_t *ret_end)
{
    size_t at = from, letters = 0;
    for (size_t i = 0; i < pattern.size; i++) {
        if (pattern.data[i] == ' ')
            continue;
        while (at < text.size && fold(text.data[at]) != fold(pattern.data[i]))
            at++;
        if (at++ >= text.size)
            return false;
        letters++;
    }
    *ret_end = at;
    return letters > 1 && at - from <= 3 * letters;
}

static bool has_letters(struct str text, struct str pattern, struct edit_match *ret)
{
    size_t end;
    pattern = str_trim(pattern);
    for (size_t i = 0; i < text.size && pattern.size > 0; i++) {
        if (fold(text.data[i]) != fold(pattern.data[0]))
            continue;
        if (letters_from(text, i, pattern, &end)) {
            *ret = (struct edit_match){ .at = i, .size = end - i };
            return true;
        }
    }
    return false;
}

bool edit_history_search(const struct edit_history *h, struct str pattern, uint32_t n,
                         struct edit_match *ret)
{
    static bool (*const ways[])(struct str, struct str,
                                struct edit_match *) = { has_whole, has_words, has_letters };
    uint32_t seen[SEEN_MAX];
    uint32_t count = 0;
    for (size_t way = 0; way < countof(ways); way++) {
        for (uint32_t i = h->count; i > 0; i--) {
            struct edit_match match;
            bool is_new = ways[way](h->items[i - 1], pattern, &match);
            for (uint32_t k = 0; is_new && k < MIN(count, (uint32_t)SEEN_MAX); k++)
                is_new = !str_eq(h->items[seen[k]], h->items[i - 1]);
            if (!is_new)
                continue;
            match.index = i - 1;
            if (count == n) {
                *ret = match;
                return true;
            }
            if (count < SEEN_MAX)
                seen[count] = i - 1;
            count++;
        }
    }
    return false;
}
