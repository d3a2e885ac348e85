/* filesystem_source.c -- reads files line by line.
 *
 * Each file is a split.  They are found when the source opens, folders recursively
 * and in the order of their paths, without those whose name begins with a dot or an
 * underscore, and are read one after the other to the size they had then: what is
 * written while the job runs, perhaps by itself, is not its input.  Only one file is
 * open at a time. */
#include "local/filesystem.h"

#include "base/memory.h"
#include "local/line_reader.h"
#include "local/open_files.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <regex.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FOLDER_DEPTH_MAX = 32 };

struct file {
    char *path;
    struct stat stat;
    struct line_position at; /* while it is not the open one */
    bool is_ours;            /* and not another worker's */
};

struct file_source {
    struct source base;
    struct arena *arena; /* of files and paths */
    struct file *files;
    uint32_t file_count;
    uint32_t file_cap;
    uint32_t current; /* files before it are done */
    int fd;           /* of the current one; -1: not open */
    struct line_reader *reader;
    struct line_options lines; /* what is the same for all files */
    struct csv_frame frame;
    bool is_stdin;
};

static enum code fail(struct error *err, const char *what, const char *path)
{
    return error_set(err, E_IO, "could not %s \"%s\": %s", what, path, strerror(errno));
}

/* ---- finding the files ---- */

static enum code add_file(struct file_source *s, char *path, const struct stat *stat,
                          struct error *err)
{
    struct file file = { .path = path, .stat = *stat };
    if (!ARENA_PUSH(s->arena, s->files, s->file_count, s->file_cap, file))
        return error_nomem(err);
    /* Known from now on, so that a sink of this job does not cut it. */
    if (!S_ISREG(stat->st_mode))
        return OK;
    enum code code = open_files_add(stat, err);
    if (code != OK)
        s->file_count--;
    return code;
}

static enum code add_folder(struct file_source *s, const char *folder, const regex_t *pattern,
                            int depth, struct error *err);

static enum code add_entry(struct file_source *s, const char *folder, const char *name,
                           const regex_t *pattern, int depth, struct error *err)
{
    size_t size = strlen(folder);
    const char *slash = size > 0 && folder[size - 1] == '/' ? "" : "/";
    char *path = arena_printf(s->arena, "%s%s%s", folder, slash, name);
    if (!path)
        return error_nomem(err);
    struct stat found;
    if (stat(path, &found) != 0)
        return errno == ENOENT ? OK : fail(err, "look at", path);
    if (S_ISDIR(found.st_mode))
        return add_folder(s, path, pattern, depth + 1, err);
    if (!S_ISREG(found.st_mode) || (pattern && regexec(pattern, path, 0, NULL, 0) != 0))
        return OK;
    return add_file(s, path, &found, err);
}

static enum code add_folder(struct file_source *s, const char *folder, const regex_t *pattern,
                            int depth, struct error *err)
{
    if (depth > FOLDER_DEPTH_MAX)
        return error_set(err, E_LIMIT, "folder \"%s\" is nested more than %d levels deep", folder,
                         FOLDER_DEPTH_MAX);
    DIR *dir = opendir(folder);
    if (!dir)
        return fail(err, "open folder", folder);
    enum code code = OK;
    errno = 0;
    for (struct dirent *entry; code == OK && (entry = readdir(dir)); errno = 0)
        if (entry->d_name[0] != '.' && entry->d_name[0] != '_')
            code = add_entry(s, folder, entry->d_name, pattern, depth, err);
    if (code == OK && errno != 0)
        code = fail(err, "read folder", folder);
    closedir(dir);
    return code;
}

static int compare_files(const void *a, const void *b)
{
    return strcmp(((const struct file *)a)->path, ((const struct file *)b)->path);
}

static enum code compile_pattern(const struct options *options, regex_t *ret, bool *ret_has,
                                 struct error *err)
{
    struct str text = options_get(options, "source.path.regex-pattern");
    *ret_has = false;
    if (!text.data)
        return OK;
    struct buf whole;
    buf_init(&whole, 1 << 16);
    buf_printf(&whole, "^(" STR_FMT ")$", STR_ARG(text));
    const char *pattern = buf_cstr(&whole);
    enum code code = buf_check(&whole, err);
    int wrong = code == OK ? regcomp(ret, pattern, REG_EXTENDED | REG_NOSUB) : 0;
    buf_done(&whole);
    if (code != OK)
        return code;
    if (wrong != 0) {
        char reason[128];
        regerror(wrong, ret, reason, sizeof reason);
        error_set(err, E_OPTION,
                  "option \"source.path.regex-pattern\" is no regular expression: %s", reason);
        option_locate(err, options_find(options, "source.path.regex-pattern"));
        return E_OPTION;
    }
    *ret_has = true;
    return OK;
}

enum code filesystem_check_pattern(const struct options *options, struct error *err)
{
    regex_t pattern;
    bool has_pattern;
    TRY(compile_pattern(options, &pattern, &has_pattern, err));
    if (has_pattern)
        regfree(&pattern);
    return OK;
}

static enum code find_files(struct file_source *s, const struct options *options, struct error *err)
{
    struct str text = options_path(options);
    struct stat found;
    if (str_is(text, "-")) {
        s->is_stdin = true;
        if (fstat(STDIN_FILENO, &found) != 0)
            return fail(err, "read", "standard input");
        char *name = arena_cstr(s->arena, STR("-"));
        return name ? add_file(s, name, &found, err) : error_nomem(err);
    }
    char *path = arena_cstr(s->arena, text);
    if (!path)
        return error_nomem(err);
    if (stat(path, &found) != 0)
        return fail(err, "open", path);
    if (!S_ISDIR(found.st_mode))
        return add_file(s, path, &found, err);
    regex_t pattern;
    bool has_pattern;
    TRY(compile_pattern(options, &pattern, &has_pattern, err));
    enum code code = add_folder(s, path, has_pattern ? &pattern : NULL, 0, err);
    if (has_pattern)
        regfree(&pattern);
    if (code == OK && s->file_count > 1)
        qsort(s->files, s->file_count, sizeof *s->files, compare_files);
    return code;
}

/* ---- opening and closing ---- */

static void file_source_close(struct source *base)
{
    struct file_source *s = (struct file_source *)base;
    if (!s)
        return;
    line_reader_destroy(s->reader);
    if (s->fd > STDIN_FILENO)
        close(s->fd);
    for (uint32_t i = 0; i < s->file_count; i++)
        if (S_ISREG(s->files[i].stat.st_mode))
            open_files_remove(&s->files[i].stat);
    arena_destroy(s->arena);
    mem_free(s);
}

/* A file that was resumed from and is no longer there is an error: its rest would be lost. */
static enum code resume(struct file_source *s, const struct source_open *open, struct error *err)
{
    for (uint32_t i = 0; i < open->resume_count; i++) {
        const struct split_position *from = &open->resume[i];
        uint32_t f = 0;
        while (f < s->file_count && !str_is(from->split, s->files[f].path))
            f++;
        struct line_position at;
        if (!line_position_parse(from->position, &at))
            return error_set(err, E_DATA,
                             "position \"" STR_FMT "\" of file \"" STR_FMT "\" is none",
                             STR_ARG(from->position), STR_ARG(from->split));
        if (f == s->file_count)
            return error_set(err, E_IO, "cannot go on reading \"" STR_FMT "\": it is gone",
                             STR_ARG(from->split));
        s->files[f].at = at;
    }
    return OK;
}

static void pass_over_others(struct file_source *s)
{
    while (s->current < s->file_count && !s->files[s->current].is_ours)
        s->current++;
}

static enum code file_source_open(const struct source_open *open, struct source **ret,
                                  struct error *err)
{
    const struct options *options = open->table->options;
    const struct format *format = table_format(open->table, false);
    struct file_source *s = mem_zalloc(sizeof *s);
    if (!s)
        return error_nomem(err);
    s->base.kind = &filesystem_source;
    s->fd = -1;
    enum code code = E_NOMEM;
    s->arena = arena_create();
    if (!s->arena) {
        error_nomem(err);
        goto fail;
    }
    s->lines = (struct line_options){
        .line_bytes_max = options_bytes(options, "source.max-line-bytes"),
        .skips_blank_lines = format && format->skips_blank_lines,
        .bad_rows = open->bad_rows,
    };
    if (s->lines.line_bytes_max <= 0)
        s->lines.line_bytes_max = INT64_C(64) << 20;
    if (format && format->framing == FRAME_CSV) {
        code = csv_frame_read(options, "", &s->frame, err);
        if (code != OK)
            goto fail;
        s->lines.frame = &s->frame;
    }
    code = find_files(s, options, err);
    if (code == OK)
        code = resume(s, open, err);
    if (code != OK)
        goto fail;
    for (uint32_t i = 0; i < s->file_count; i++)
        s->files[i].is_ours = source_share_has(open->share, i);
    pass_over_others(s);
    *ret = &s->base;
    return OK;
fail:
    file_source_close(&s->base);
    return code;
}

/* ---- reading ---- */

static enum code open_current(struct file_source *s, struct error *err)
{
    struct file *file = &s->files[s->current];
    if (s->is_stdin) {
        s->fd = STDIN_FILENO;
    } else {
        s->fd = open(file->path, O_RDONLY | O_CLOEXEC);
        if (s->fd < 0)
            return fail(err, "open", file->path);
        posix_fadvise(s->fd, 0, 0, POSIX_FADV_SEQUENTIAL);
    }
    struct line_options lines = s->lines;
    lines.path = s->is_stdin ? "standard input" : file->path;
    lines.fd = s->fd;
    lines.is_pollable = !S_ISREG(file->stat.st_mode);
    lines.size = S_ISREG(file->stat.st_mode) ? (int64_t)file->stat.st_size : -1;
    return line_reader_create(&lines, file->at, &s->reader, err);
}

static void close_current(struct file_source *s)
{
    struct file *file = &s->files[s->current];
    file->at = line_reader_tell(s->reader);
    line_reader_destroy(s->reader);
    s->reader = NULL;
    if (s->fd > STDIN_FILENO)
        close(s->fd);
    s->fd = -1;
    s->current++;
    pass_over_others(s);
}

static enum code file_source_poll(struct source *base, struct records *out,
                                  enum poll_state *ret_state, struct error *err)
{
    struct file_source *s = (struct file_source *)base;
    out->count = 0;
    enum line_state state = LINES_END;
    while (out->count < out->cap && s->current < s->file_count && state == LINES_END) {
        if (!s->reader) {
            enum code code = open_current(s, err);
            if (code != OK) {
                if (s->fd > STDIN_FILENO)
                    close(s->fd);
                s->fd = -1;
                return code;
            }
        }
        uint32_t first = out->count;
        TRY(line_reader_fill(s->reader, out->arena, out->values, out->offsets, out->cap,
                             &out->count, &state, err));
        for (uint32_t i = first; i < out->count; i++)
            out->splits[i] = s->current;
        if (state == LINES_END)
            close_current(s);
    }
    for (uint32_t i = 0; i < out->count; i++) {
        out->keys[i] = (struct str){ NULL, 0 };
        out->timestamps_ms[i] = INT64_MIN;
        out->timestamp_types[i] = 0;
    }
    if (s->current == s->file_count)
        *ret_state = POLL_END;
    else
        *ret_state = state == LINES_WAIT && out->count == 0 ? POLL_IDLE : POLL_MORE;
    return OK;
}

static int file_source_wake_fd(struct source *base)
{
    struct file_source *s = (struct file_source *)base;
    return s->current < s->file_count ? s->fd : -1;
}

static uint32_t file_source_split_count(struct source *base)
{
    return ((struct file_source *)base)->file_count;
}

static struct str file_source_split_name(struct source *base, uint32_t split)
{
    return str_of(((struct file_source *)base)->files[split].path);
}

static int32_t file_source_split_partition(struct source *base, uint32_t split)
{
    (void)base;
    (void)split;
    return 0;
}

static enum code file_source_count_splits(const struct table_def *table, uint32_t *ret,
                                          struct error *err)
{
    struct source_open open = { .table = table };
    struct source *source = NULL;
    struct error unsaid = { .code = OK };
    enum code code = file_source_open(&open, &source, &unsaid);
    if (code == E_NOMEM)
        return error_nomem(err);
    *ret = code == OK ? MAX(file_source_split_count(source), 1) : 1;
    file_source_close(source);
    return OK;
}

static bool file_source_has_splits(struct source *base)
{
    const struct file_source *s = (const struct file_source *)base;
    return s->current < s->file_count;
}

static enum split_state file_source_split_state(struct source *base, uint32_t split)
{
    return split < ((struct file_source *)base)->current ? SPLIT_ENDED : SPLIT_JOINS;
}

static enum code file_source_tell(struct source *base, struct arena *arena,
                                  struct split_position **ret, uint32_t *ret_count,
                                  struct error *err)
{
    struct file_source *s = (struct file_source *)base;
    struct split_position *positions = arena_array(arena, struct split_position, s->file_count);
    if (!positions)
        return error_nomem(err);
    uint32_t n = 0;
    for (uint32_t i = 0; i < s->file_count; i++) {
        if (!s->files[i].is_ours)
            continue;
        struct line_position at =
            s->reader && i == s->current ? line_reader_tell(s->reader) : s->files[i].at;
        char *text = line_position_print(arena, at);
        struct str name = arena_str(arena, str_of(s->files[i].path));
        if (!text || !name.data)
            return error_nomem(err);
        positions[n++] = (struct split_position){ .split = name, .position = str_of(text) };
    }
    *ret = positions;
    *ret_count = n;
    return OK;
}

const struct source_kind filesystem_source = {
    .open = file_source_open,
    .poll = file_source_poll,
    .wake_fd = file_source_wake_fd,
    .split_count = file_source_split_count,
    .split_name = file_source_split_name,
    .split_topic = file_source_split_name,
    .split_partition = file_source_split_partition,
    .split_state = file_source_split_state,
    .tell = file_source_tell,
    .shares = true,
    .count_splits = file_source_count_splits,
    .has_splits = file_source_has_splits,
    .close = file_source_close,
};
