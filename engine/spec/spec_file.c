/* spec_file.c -- see spec_file.h. */
#include "spec/spec_file.h"

#include "spec/spec_value.h"
#include "types/value.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FILE_BYTES_MAX = 64 << 20, DEPTH_MAX = 64 };

/* ---- reading ---- */

static enum code read_all(int fd, const char *path, struct buf *out, struct error *err)
{
    for (;;) {
        char piece[32 << 10];
        ssize_t n = read(fd, piece, sizeof piece);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return error_set(err, E_IO, "could not read \"%s\": %s", path, strerror(errno));
        if (n == 0)
            return buf_check(out, err);
        buf_put(out, piece, (size_t)n);
    }
}

enum code spec_file_read(struct arena *arena, struct str path, struct str *ret, struct error *err)
{
    char *name = arena_cstr(arena, path);
    if (!name)
        return error_nomem(err);
    int fd = open(name, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return error_set(err, E_IO, "could not open \"%s\": %s", name, strerror(errno));
    struct buf content;
    buf_init(&content, FILE_BYTES_MAX);
    enum code code = read_all(fd, name, &content, err);
    close(fd);
    if (code == OK) {
        *ret = arena_str(arena, content.size > 0 ? buf_view(&content) : STR(""));
        if (!ret->data)
            code = error_nomem(err);
    }
    buf_done(&content);
    struct str mark = STR("\xEF\xBB\xBF"); /* that some editors put in front of UTF-8 */
    if (code == OK && str_starts(*ret, mark))
        *ret = str_make(ret->data + mark.size, ret->size - mark.size);
    return code;
}

struct str spec_file_path(struct arena *arena, struct str beside, struct str name)
{
    size_t folder = beside.size;
    while (folder > 0 && beside.data[folder - 1] != '/')
        folder--;
    if (folder == 0 || (name.size > 0 && name.data[0] == '/'))
        return arena_str(arena, name.data ? name : STR(""));
    return str_of(arena_printf(arena, STR_FMT STR_FMT, (int)folder, beside.data, STR_ARG(name)));
}

enum code spec_file_lines(struct arena *arena, struct str beside, struct str name, struct str **ret,
                          uint32_t *ret_count, struct error *err)
{
    struct str path = spec_file_path(arena, beside, name), text;
    struct str *lines = NULL;
    uint32_t n = 0, cap = 0;
    if (!path.data)
        return error_nomem(err);
    TRY(spec_file_read(arena, path, &text, err));
    /* A message may end in CR; not in a file whose first line does. */
    size_t first = str_find_byte(text, '\n');
    bool is_dos = first != (size_t)-1 && first > 0 && text.data[first - 1] == '\r';
    for (size_t at = 0; at < text.size;) {
        struct str rest = str_make(text.data + at, text.size - at);
        size_t end = str_find_byte(rest, '\n');
        struct str line = str_make(rest.data, end == (size_t)-1 ? rest.size : end);
        at += line.size + 1;
        if (is_dos && str_ends(line, STR("\r")))
            line.size--;
        if (str_trim(line).size > 0 && !ARENA_PUSH(arena, lines, n, cap, line))
            return error_nomem(err);
    }
    *ret = lines;
    *ret_count = n;
    return OK;
}

/* ---- JSON lines as rows ---- */

static enum code refuse_row(struct bad_rows *self, const struct bad_row *row, struct error *err)
{
    (void)self;
    return error_set(err, E_DATA, "line %u: " STR_FMT, row->record + 1, STR_ARG(row->reason));
}

static enum code take_rows(struct arena *arena, const struct schema *schema,
                           const struct decoded *decoded, struct spec_row *rows, struct error *err)
{
    for (uint32_t r = 0; r < decoded->rows; r++) {
        rows[r].values = arena_array(arena, struct value, MAX(schema->count, 1));
        if (!rows[r].values)
            return error_nomem(err);
        for (uint32_t c = 0; c < schema->count; c++)
            if (!value_from_column(decoded->columns[c], r, arena, &rows[r].values[c]))
                return error_nomem(err);
    }
    return OK;
}

enum code spec_file_rows(struct arena *arena, const struct zone *zone, const struct schema *schema,
                         const struct str *lines, uint32_t n, struct spec_row **ret,
                         uint32_t *ret_count, struct error *err)
{
    const struct format *json = format_find(STR("json"));
    const struct option_spec *specs[] = { json->options, NULL };
    struct options options = { .specs = specs };
    struct bad_rows bad_rows = { .report = refuse_row };
    struct format_open open = {
        .schema = schema, .options = &options, .prefix = "", .zone = zone, .bad_rows = &bad_rows
    };
    struct decoder *decoder;
    struct decoded decoded = { .rows = 0 };
    struct spec_row *rows = NULL;
    TRY(json->open_decoder(&open, &decoder, err));
    enum code code = decoder->kind->decode(decoder, arena, lines, n, &decoded, err);
    if (code == OK && !(rows = arena_array(arena, struct spec_row, MAX(decoded.rows, 1))))
        code = error_nomem(err);
    if (code == OK)
        code = take_rows(arena, schema, &decoded, rows, err);
    for (uint32_t r = 0; code == OK && r < decoded.rows; r++)
        for (uint32_t c = 0; code == OK && c < schema->count; c++)
            if (!spec_value_copy(arena, &rows[r].values[c], &rows[r].values[c]))
                code = error_nomem(err);
    decoder->kind->close(decoder);
    if (code != OK)
        return code;
    *ret = rows;
    *ret_count = decoded.rows;
    return OK;
}

/* ---- finding tests ---- */

static int by_name(const void *a, const void *b)
{
    return str_compare(*(const struct str *)a, *(const struct str *)b);
}

static enum code add_path(struct arena *arena, struct spec_paths *paths, const char *path,
                          struct error *err)
{
    struct str copy = arena_str(arena, str_of(path));
    if (!copy.data || !ARENA_PUSH(arena, paths->items, paths->count, paths->cap, copy))
        return error_nomem(err);
    return OK;
}

static enum code search(struct arena *arena, struct spec_paths *paths, const char *folder,
                        uint32_t depth, struct error *err)
{
    DIR *dir = opendir(folder);
    if (!dir)
        return error_set(err, E_USAGE, "could not open \"%s\": %s", folder, strerror(errno));
    enum code code = OK;
    for (struct dirent *entry; code == OK && (entry = readdir(dir)) != NULL;) {
        struct stat status;
        if (entry->d_name[0] == '.')
            continue;
        bool slash = str_ends(str_of(folder), STR("/"));
        char *path = strcmp(folder, ".") == 0
                         ? arena_cstr(arena, str_of(entry->d_name))
                         : arena_printf(arena, "%s%s%s", folder, slash ? "" : "/", entry->d_name);
        if (!path)
            code = error_nomem(err);
        else if (lstat(path, &status) != 0) /* a link to a folder may lead back here */
            continue;
        else if (S_ISDIR(status.st_mode) && depth < DEPTH_MAX)
            code = search(arena, paths, path, depth + 1, err);
        else if (!S_ISDIR(status.st_mode) && str_ends(str_of(entry->d_name), STR(".test.sql")))
            code = add_path(arena, paths, path, err);
    }
    closedir(dir);
    return code;
}

/* A folder and a file of it: once is enough. */
static void drop_known(struct spec_paths *paths, uint32_t before)
{
    uint32_t n = before;
    for (uint32_t i = before; i < paths->count; i++) {
        bool is_known = false;
        for (uint32_t k = 0; k < before; k++)
            is_known = is_known || str_eq(paths->items[k], paths->items[i]);
        if (!is_known)
            paths->items[n++] = paths->items[i];
    }
    paths->count = n;
}

enum code spec_paths_add(struct arena *arena, struct spec_paths *paths, const char *path,
                         struct error *err)
{
    struct stat status;
    if (stat(path, &status) != 0) {
        error_set(err, E_USAGE, "could not open \"%s\": %s", path, strerror(errno));
        error_hint(err,
                   "weir test takes test files, and folders in which it looks for *.test.sql.");
        return E_USAGE;
    }
    uint32_t before = paths->count;
    if (!S_ISDIR(status.st_mode)) {
        TRY(add_path(arena, paths, path, err));
        drop_known(paths, before);
        return OK;
    }
    TRY(search(arena, paths, path, 0, err));
    if (paths->count == before)
        return error_set(err, E_USAGE, "there is no *.test.sql in \"%s\"", path);
    qsort(paths->items + before, paths->count - before, sizeof *paths->items, by_name);
    drop_known(paths, before);
    return OK;
}

/* ---- folders for snapshots ---- */

enum code spec_folder_create(struct arena *arena, const char **ret, struct error *err)
{
    /* Memory, where the system has a folder for that: snapshots of tests outlive nothing. */
    const char *where = getenv("TMPDIR");
    if (!where || !*where)
        where = access("/dev/shm", W_OK | X_OK) == 0 ? "/dev/shm" : "/tmp";
    char *path = arena_printf(arena, "%s/weir-test-XXXXXX", where);
    if (!path)
        return error_nomem(err);
    if (!mkdtemp(path))
        return error_set(err, E_IO, "could not make a folder for snapshots: %s", strerror(errno));
    *ret = path;
    return OK;
}

static int remove_one(const char *path, const struct stat *status, int type, struct FTW *at)
{
    (void)status, (void)type, (void)at;
    return remove(path);
}

void spec_folder_remove(const char *path)
{
    if (path)
        nftw(path, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}
