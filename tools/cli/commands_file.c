/* commands_file.c -- see commands_file.h. */
#include "cli/commands_file.h"

#include "sql/diag.h"
#include "sql/parse.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

enum { PATH_BYTES = 4096, READ_BYTES = 32 << 10, TEXT_BYTES_MAX = 64 << 10 };

static enum code read_all(const char *path, struct buf *ret, struct error *err)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return error_set(err, E_USAGE, "could not open \"%s\": %s", path, strerror(errno));
    ssize_t n;
    do {
        char piece[READ_BYTES];
        n = read(fd, piece, sizeof piece);
        if (n > 0)
            buf_put(ret, piece, (size_t)n);
    } while (n > 0 || (n < 0 && errno == EINTR));
    int failure = n < 0 ? errno : 0;
    close(fd);
    if (failure != 0)
        return error_set(err, E_USAGE, "could not read \"%s\": %s", path, strerror(failure));
    return buf_check(ret, err);
}

void command_include(struct commands *self, struct str arguments)
{
    char path[PATH_BYTES];
    struct buf text;
    struct error err = { .code = OK };
    struct str name = commands_unquote(arguments);
    buf_init(&text, SQL_MAX_TEXT_BYTES);
    if (name.size == 0)
        error_set(&err, E_USAGE, "it is \\i FILE.sql");
    else if (name.size >= sizeof path)
        error_set(&err, E_USAGE, "the name of the file is too long");
    else
        snprintf(path, sizeof path, STR_FMT, STR_ARG(name));
    if (err.code == OK && read_all(path, &text, &err) == OK) {
        struct str sql = buf_view(&text);
        size_t mark = str_starts(sql, STR("\xEF\xBB\xBF")) ? 3 : 0; /* of UTF-8, from editors */
        session_execute(self->session, name, str_make(sql.data + mark, sql.size - mark), true);
    } else {
        struct buf message;
        buf_init(&message, TEXT_BYTES_MAX);
        diag_print(&message, &err, STR(""), STR(""));
        commands_say(self, &message);
    }
    buf_done(&text);
}
