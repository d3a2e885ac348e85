/* set_file.c -- see set_file.h. */
#include "cli/set_file.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

enum { FILE_BYTES_MAX = 1 << 20, PIECE_BYTES = 8 << 10 };

static enum code read_all(const char *path, int fd, struct buf *text, struct error *err)
{
    for (;;) {
        char piece[PIECE_BYTES];
        ssize_t n = read(fd, piece, sizeof piece);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return error_set(err, E_USAGE, "could not read \"%s\": %s", path, strerror(errno));
        if (n == 0)
            return buf_check(text, err);
        buf_put(text, piece, (size_t)n);
    }
}

static bool says_nothing(struct str line)
{
    line = str_trim(line);
    return line.size == 0 || line.data[0] == '#';
}

enum code set_file_read(const char *path, struct buf *text, struct session_pair *sets,
                        uint32_t *count, uint32_t count_max, struct error *err)
{
    bool is_stdin = strcmp(path, "-") == 0;
    int fd = is_stdin ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return error_set(err, E_USAGE, "could not open \"%s\": %s", path, strerror(errno));
    buf_init(text, FILE_BYTES_MAX);
    enum code code = read_all(path, fd, text, err);
    if (!is_stdin)
        close(fd);
    TRY(code);
    struct str rest = buf_view(text);
    bool has_lines = str_find_byte(rest, '\0') == (size_t)-1;
    for (uint32_t number = 1; rest.size > 0; number++) {
        size_t end = str_find_byte(rest, has_lines ? '\n' : '\0');
        end = end == (size_t)-1 ? rest.size : end;
        struct str one = str_make(rest.data, end);
        rest = str_make(rest.data + MIN(end + 1, rest.size), rest.size - MIN(end + 1, rest.size));
        if (has_lines && says_nothing(one))
            continue;
        size_t equals = str_find_byte(one, '=');
        if (equals == (size_t)-1 || equals == 0)
            return error_set(err, E_USAGE, "%s %u of \"%s\" is not KEY=VALUE",
                             has_lines ? "line" : "setting", number, path);
        if (*count == count_max)
            return error_set(err, E_USAGE, "there are more than %u --set", count_max);
        sets[(*count)++] = (struct session_pair){
            str_trim(str_make(one.data, equals)),
            str_trim(str_make(one.data + equals + 1, one.size - equals - 1)),
        };
    }
    return OK;
}
