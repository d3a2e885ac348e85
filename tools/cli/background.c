/* background.c -- see background.h. */
#include "cli/background.h"

#include "door/client.h"
#include "door/where.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { WORDS_MAX = 32, PATIENCE_MS = 5000, LOOK_MS = 20 };

enum code background_log(struct str name, char *ret, size_t size, struct error *err)
{
    struct where where;
    if (!where_name_is_good(name))
        return error_set(err, E_USAGE, "\"" STR_FMT "\" is no name of a job", STR_ARG(name));
    TRY(where_open(true, &where, err));
    int n = snprintf(ret, size, "%s/" STR_FMT ".log", where.folder, STR_ARG(name));
    where_close(&where);
    return n > 0 && (size_t)n < size ? OK
                                     : error_set(err, E_LIMIT, "the path of the log is too long");
}

struct words {
    struct arena *arena;
    const char *items[WORDS_MAX + 1];
    uint32_t count;
    bool failed;
};

static void add(struct words *w, const char *word)
{
    if (!word || w->count == WORDS_MAX)
        w->failed = true;
    else
        w->items[w->count++] = word;
}

static void add_option(struct words *w, const char *option, const char *value)
{
    if (!value)
        return;
    add(w, option);
    add(w, value);
}

static void add_words(struct words *w, const struct session_config *config, struct str file,
                      const char *name)
{
    add(w, "weir");
    add(w, "run");
    add_option(w, "--name", name);
    add_option(w, "--profile", config->profile);
    add_option(w, "--data", config->data_dir);
    add_option(w, "--dialect", config->dialect);
    add_option(w, "--parallelism", config->parallelism);
    if (config->until_end)
        add(w, "--until-end");
    if (config->set_count > 0)
        add_option(w, "--set-from", "-");
    add(w, "--"); /* the file may be called as an option is */
    add(w, arena_cstr(w->arena, file));
}

/* Settings may be secrets: they come over standard input, since everybody may read the arguments of a
 * process.  A file that has no name, and where there are no settings the one that is always empty. */
static enum code open_settings(const struct session_config *config, int *ret, struct error *err)
{
    struct buf text;
    if (config->set_count == 0) {
        *ret = open("/dev/null", O_RDONLY | O_CLOEXEC);
        return *ret >= 0
                   ? OK
                   : error_set(err, E_IO, "could not open \"/dev/null\": %s", strerror(errno));
    }
    buf_init(&text, 1 << 20);
    for (uint32_t i = 0; i < config->set_count; i++) {
        buf_printf(&text, STR_FMT "=" STR_FMT, STR_ARG(config->sets[i].key),
                   STR_ARG(config->sets[i].value));
        buf_char(&text, '\0');
    }
    enum code code = buf_check(&text, err);
    int fd = code == OK ? memfd_create("weir-settings", MFD_CLOEXEC) : -1;
    if (code == OK && (fd < 0 || write(fd, text.data, text.size) != (ssize_t)text.size ||
                       lseek(fd, 0, SEEK_SET) != 0))
        code = error_set(err, E_IO, "could not hand settings on: %s", strerror(errno));
    buf_done(&text);
    if (code != OK && fd >= 0)
        close(fd);
    *ret = fd;
    return code;
}

/* In the child: everything to the log, and no signal of this terminal. */
_Noreturn static void become(const struct words *w, int settings, int log)
{
    setsid();
    if (dup2(settings, STDIN_FILENO) < 0 || dup2(log, STDOUT_FILENO) < 0 ||
        dup2(log, STDERR_FILENO) < 0)
        _exit(1);
    execv("/proc/self/exe", (char *const *)(uintptr_t)w->items);
    _exit(1);
}

static bool can_be_asked(const char *name)
{
    struct client *client = NULL;
    struct error unsaid = { .code = OK };
    bool is_there = client_open(str_of(name), &client, &unsaid) == OK;
    client_close(client);
    return is_there;
}

static void wait_for_start(struct background *b)
{
    for (int waited = 0; waited < PATIENCE_MS; waited += LOOK_MS) {
        int status;
        if (waitpid(b->pid, &status, WNOHANG) == b->pid) {
            b->ended = true;
            b->status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
            return;
        }
        if (can_be_asked(b->name))
            return;
        poll(NULL, 0, LOOK_MS);
    }
}

static enum code start(const struct session_config *config, struct str file, struct arena *arena,
                       struct background *b, struct error *err)
{
    int settings = -1;
    struct words w = { .arena = arena };
    TRY(background_log(str_of(b->name), b->log, sizeof b->log, err));
    if (can_be_asked(b->name)) {
        error_set(err, E_USAGE, "a job \"%s\" runs already", b->name);
        error_hint(err, "\\run FILE NAME gives it another name.");
        return E_USAGE;
    }
    add_words(&w, config, file, b->name);
    if (w.failed)
        return error_nomem(err);
    while (waitpid(-1, NULL, WNOHANG) > 0) /* jobs from here that have ended since */
        continue;
    int log = open(b->log, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (log < 0)
        return error_set(err, E_IO, "could not write \"%s\": %s", b->log, strerror(errno));
    enum code code = open_settings(config, &settings, err);
    b->pid = code == OK ? fork() : -1;
    if (b->pid == 0)
        become(&w, settings, log);
    close(log);
    TRY(code);
    close(settings);
    if (b->pid < 0)
        return error_set(err, E_IO, "could not start a process: %s", strerror(errno));
    wait_for_start(b);
    return OK;
}

enum code background_start(const struct session_config *config, struct str file, struct str name,
                           struct background *ret, struct error *err)
{
    *ret = (struct background){ .pid = 0 };
    struct buf made;
    buf_init(&made, WHERE_NAME_MAX + 8);
    if (name.size > 0)
        buf_str(&made, name);
    else
        where_name_of_file(&made, file);
    enum code code = buf_check(&made, err);
    if (code == OK)
        snprintf(ret->name, sizeof ret->name, "%s", buf_cstr(&made));
    buf_done(&made);
    TRY(code);
    struct arena *arena = arena_create();
    if (!arena)
        return error_nomem(err);
    code = start(config, file, arena, ret, err);
    arena_destroy(arena);
    return code;
}
