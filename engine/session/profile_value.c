/* profile_value.c -- see profile_value.h.  Errors name the variable or the file, never
 * what is in it. */
#include "session/profile_value.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

enum code profile_read_file(struct arena *arena, const char *path, struct str *ret,
                            struct error *err)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return error_set(err, errno == ENOENT ? E_USAGE : E_IO, "could not open \"%s\": %s", path,
                         strerror(errno));
    struct buf text;
    buf_init(&text, PROFILE_FILE_MAX_BYTES);
    enum code code = OK;
    for (;;) {
        char piece[16 << 10];
        ssize_t n = read(fd, piece, sizeof piece);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            code = error_set(err, E_IO, "could not read \"%s\": %s", path, strerror(errno));
        if (n <= 0)
            break;
        buf_put(&text, piece, (size_t)n);
    }
    close(fd);
    if (code == OK && (code = buf_check(&text, err)) == E_LIMIT)
        error_set(err, E_LIMIT, "file \"%s\" is larger than %d bytes", path,
                  PROFILE_FILE_MAX_BYTES);
    if (code == OK) {
        struct str copy = arena_str(arena, buf_view(&text));
        if (copy.data)
            *ret = copy;
        else
            code = error_nomem(err);
    }
    buf_done(&text);
    return code;
}

static enum code put_variable(struct arena *arena, struct str name, struct buf *out,
                              struct error *err)
{
    char *copy = arena_cstr(arena, name);
    if (!copy)
        return error_nomem(err);
    const char *value = getenv(copy);
    if (!value)
        return error_set(err, E_OPTION, "environment variable \"" STR_FMT "\" is not set",
                         STR_ARG(name));
    buf_text(out, value);
    return OK;
}

static enum code put_file(struct arena *arena, struct str path, struct str folder, struct buf *out,
                          struct error *err)
{
    char *plain = arena_cstr(arena, path);
    if (!plain)
        return error_nomem(err);
    const char *chosen = plain;
    if (folder.size > 0 && plain[0] != '/') {
        char *beside = arena_printf(arena, STR_FMT "/%s", STR_ARG(folder), plain);
        if (!beside)
            return error_nomem(err);
        if (access(beside, F_OK) == 0)
            chosen = beside;
    }
    struct str text;
    enum code code = profile_read_file(arena, chosen, &text, err);
    if (code == E_USAGE && err)
        err->code = E_OPTION;
    if (code != OK)
        return code == E_USAGE ? E_OPTION : code;
    if (text.size > 0 && text.data[text.size - 1] == '\n')
        text.size--;
    if (text.size > 0 && text.data[text.size - 1] == '\r')
        text.size--;
    buf_str(out, text);
    return OK;
}

static enum code put_reference(struct arena *arena, struct str inside, struct str folder,
                               struct buf *out, struct error *err)
{
    if (str_starts(inside, STR("env:")) && inside.size > 4)
        return put_variable(arena, str_make(inside.data + 4, inside.size - 4), out, err);
    if (str_starts(inside, STR("file:")) && inside.size > 5)
        return put_file(arena, str_make(inside.data + 5, inside.size - 5), folder, out, err);
    error_set(err, E_OPTION, "\"${" STR_FMT "}\" refers to nothing", STR_ARG(inside));
    error_hint(err, "Write ${env:NAME} for a variable or ${file:PATH} for a file.");
    return E_OPTION;
}

enum code profile_expand(struct arena *arena, struct str text, struct str folder, struct str *ret,
                         struct error *err)
{
    struct buf out;
    buf_init(&out, PROFILE_FILE_MAX_BYTES);
    bool replaced = false;
    enum code code = OK;
    for (size_t i = 0; i < text.size && code == OK;) {
        if (text.data[i] != '$' || i + 1 == text.size || text.data[i + 1] != '{') {
            buf_char(&out, text.data[i++]);
            continue;
        }
        struct str rest = str_make(text.data + i + 2, text.size - i - 2);
        size_t end = str_find_byte(rest, '}');
        if (end == (size_t)-1) {
            code = error_set(err, E_OPTION, "\"${\" has no \"}\" behind it");
            break;
        }
        replaced = true;
        code = put_reference(arena, str_make(rest.data, end), folder, &out, err);
        i += 2 + end + 1;
    }
    if (code == OK)
        code = buf_check(&out, err);
    if (code == OK) {
        struct str copy = replaced ? arena_str(arena, buf_view(&out)) : text;
        if (replaced && !copy.data)
            code = error_nomem(err);
        else
            *ret = copy;
    }
    buf_done(&out);
    return code;
}
