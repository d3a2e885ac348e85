/* edit_external.c -- a text in $EDITOR: through a file that only its owner can read. */
#include "cli/edit.h"

#include "cli/write_all.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { PATH_BYTES = 4096, READ_BYTES = 64 << 10 };

extern char **environ;

static enum code make_file(char *path, struct str text, struct error *err)
{
    const char *folder = getenv("TMPDIR");
    snprintf(path, PATH_BYTES, "%s/weir-XXXXXX.sql", folder && *folder ? folder : "/tmp");
    int fd = mkostemps(path, 4, O_CLOEXEC);
    if (fd < 0)
        return error_set(err, E_USAGE, "could not make the file \"%s\": %s", path, strerror(errno));
    bool is_cut = text.size > 0 && text.data[text.size - 1] != '\n';
    bool written = write_all(fd, text) && (!is_cut || write_all(fd, STR("\n")));
    if (close(fd) != 0 || !written) {
        unlink(path);
        return error_set(err, E_USAGE, "could not write the file \"%s\"", path);
    }
    return OK;
}

static enum code read_file(const char *path, struct buf *ret, struct error *err)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return error_set(err, E_USAGE, "could not read the file \"%s\" again: %s", path,
                         strerror(errno));
    for (;;) {
        char piece[READ_BYTES];
        ssize_t n = read(fd, piece, sizeof piece);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            break;
        buf_put(ret, piece, (size_t)n);
    }
    close(fd);
    while (ret->size > 0 && ret->data[ret->size - 1] == '\n')
        ret->size--;
    return buf_check(ret, err);
}

/* With the signals as a program expects them.  The editor's words are split by the shell. */
static int start(const char *editor, const char *path, pid_t *ret)
{
    char command[PATH_BYTES];
    snprintf(command, sizeof command, "%s \"$1\"", editor);
    char *arguments[] = { "sh", "-c", command, "sh", (char *)path, NULL };
    posix_spawnattr_t attributes;
    sigset_t defaults, none;
    sigfillset(&defaults);
    sigemptyset(&none);
    posix_spawnattr_init(&attributes);
    posix_spawnattr_setsigdefault(&attributes, &defaults);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK);
    int failed = posix_spawn(ret, "/bin/sh", NULL, &attributes, arguments, environ);
    posix_spawnattr_destroy(&attributes);
    return failed;
}

static enum code run(const char *path, struct error *err)
{
    const char *visual = getenv("VISUAL"), *editor = getenv("EDITOR");
    if (visual && *visual)
        editor = visual;
    if (!editor || !*editor)
        editor = "vi";
    /* Ctrl-C there is the editor's. */
    struct sigaction ignore = { .sa_handler = SIG_IGN }, interrupt, quit;
    sigaction(SIGINT, &ignore, &interrupt);
    sigaction(SIGQUIT, &ignore, &quit);
    pid_t child = 0;
    int status = 0;
    int failed = start(editor, path, &child);
    while (failed == 0 && waitpid(child, &status, 0) < 0)
        if (errno != EINTR)
            failed = errno;
    sigaction(SIGINT, &interrupt, NULL);
    sigaction(SIGQUIT, &quit, NULL);
    if (failed != 0)
        return error_set(err, E_USAGE, "could not start the editor \"%s\": %s", editor,
                         strerror(failed));
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
        return OK;
    error_set(err, E_USAGE, "the editor \"%s\" has failed; the text is as it was", editor);
    error_hint(err, "The variables VISUAL and EDITOR say which editor is used.");
    return E_USAGE;
}

enum code edit_externally(struct str text, struct buf *ret, struct error *err)
{
    char path[PATH_BYTES];
    TRY(make_file(path, text, err));
    enum code code = run(path, err);
    if (code == OK)
        code = read_file(path, ret, err);
    unlink(path);
    return code;
}
