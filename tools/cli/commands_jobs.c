/* commands_jobs.c -- see commands_jobs.h: what `weir ps`, `why`, `tap` and `stop` do, from the
 * prompt, and \\run, which starts a job behind it. */
#include "cli/commands_jobs.h"

#include "cli/args.h"
#include "cli/background.h"
#include "cli/client.h"
#include "session/console.h"
#include "sql/diag.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { WORDS = 3, WORD_MAX = 4096, TEXT_MAX = 64 << 10, LOG_BYTES = 8 << 10, TAP_ROWS = 10 };

struct words {
    char text[WORDS][WORD_MAX];
    uint32_t count;
};

/* False: there are too many, or one is too long. */
static bool cut(struct str arguments, struct words *ret)
{
    *ret = (struct words){ .count = 0 };
    for (struct str rest = str_trim(arguments); rest.size > 0;) {
        size_t end = 0;
        char quote = rest.data[0] == '\'' || rest.data[0] == '"' ? rest.data[0] : '\0';
        while (quote && ++end < rest.size && rest.data[end] != quote)
            ;
        while (end < rest.size && rest.data[end] != ' ' && rest.data[end] != '\t')
            end++;
        struct str word = commands_unquote(str_make(rest.data, end));
        if (ret->count == WORDS || word.size >= WORD_MAX)
            return false;
        memcpy(ret->text[ret->count++], word.data, word.size);
        rest = str_trim(str_make(rest.data + end, rest.size - end));
    }
    return true;
}

static void say_error(struct commands *self, const struct error *err)
{
    struct buf text;
    buf_init(&text, TEXT_MAX);
    diag_print(&text, err, STR(""), STR(""));
    commands_say(self, &text);
}

static void misused(struct commands *self, const char *form)
{
    struct buf text;
    buf_init(&text, TEXT_MAX);
    buf_printf(&text, "ERROR:  it is %s\n", form);
    commands_say(self, &text);
}

static bool is_stopped(void *self)
{
    return session_is_stopped(((struct commands *)self)->session);
}

/* As the command line does it. */
static void ask(struct commands *self, enum command command, const struct words *words,
                uint32_t rows)
{
    static struct args args;
    struct error err = { .code = OK };
    args = (struct args){ .command = command,
                          .job = words->count > 0 ? words->text[0] : NULL,
                          .part = words->count > 1 ? words->text[1] : NULL,
                          .rows = rows,
                          .timeout_ms = -1,
                          .is_stopped = is_stopped,
                          .self = self };
    if (client_command(&args, &err) != OK)
        say_error(self, &err);
}

void command_jobs(struct commands *self, struct str arguments)
{
    struct words words;
    if (!cut(arguments, &words) || words.count > 1)
        misused(self, "\\jobs [NAME]");
    else
        ask(self, COMMAND_PS, &words, 0);
}

void command_why(struct commands *self, struct str arguments)
{
    struct words words;
    if (!cut(arguments, &words) || words.count == 0 || words.count > 2)
        misused(self, "\\why NAME [SINK]");
    else
        ask(self, COMMAND_WHY, &words, 0);
}

void command_tap(struct commands *self, struct str arguments)
{
    struct words words;
    char *end = NULL;
    bool fits = cut(arguments, &words) && words.count >= 2;
    unsigned long rows = fits && words.count == 3 ? strtoul(words.text[2], &end, 10) : TAP_ROWS;
    if (!fits || (end && (*end != '\0' || rows == 0 || rows > UINT32_MAX)))
        misused(self, "\\tap NAME OPERATOR [ROWS]");
    else
        ask(self, COMMAND_TAP, &words, (uint32_t)rows);
}

void command_stop(struct commands *self, struct str arguments)
{
    struct words words;
    if (!cut(arguments, &words) || words.count != 1)
        misused(self, "\\stop NAME");
    else
        ask(self, COMMAND_STOP, &words, 0);
}

/* The last lines of a log. */
static void show_log(struct commands *self, const char *path)
{
    struct buf text;
    char bytes[LOG_BYTES];
    buf_init(&text, TEXT_MAX);
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    off_t size = fd >= 0 ? lseek(fd, 0, SEEK_END) : 0;
    off_t from = size > LOG_BYTES ? size - LOG_BYTES : 0;
    ssize_t n = fd >= 0 ? pread(fd, bytes, sizeof bytes, from) : -1;
    if (fd >= 0)
        close(fd);
    if (n < 0) {
        buf_printf(&text, "ERROR:  there is no log \"%s\"\n", path);
    } else {
        struct str shown = str_make(bytes, (size_t)n);
        size_t line = from > 0 ? str_find_byte(shown, '\n') : (size_t)-1;
        if (line != (size_t)-1)
            shown = str_make(shown.data + line + 1, shown.size - line - 1);
        console_put_safe(&text, shown);
    }
    commands_say(self, &text);
}

void command_log(struct commands *self, struct str arguments)
{
    struct words words;
    char path[BACKGROUND_PATH_MAX];
    struct error err = { .code = OK };
    if (!cut(arguments, &words) || words.count != 1)
        misused(self, "\\log NAME");
    else if (background_log(str_of(words.text[0]), path, sizeof path, &err) != OK)
        say_error(self, &err);
    else
        show_log(self, path);
}

void command_run_file(struct commands *self, struct str arguments)
{
    struct words words;
    struct background job;
    struct error err = { .code = OK };
    if (!cut(arguments, &words) || words.count == 0 || words.count > 2) {
        misused(self, "\\run FILE.sql [NAME]");
        return;
    }
    struct str name = words.count > 1 ? str_of(words.text[1]) : STR("");
    if (background_start(session_config_of(self->session), str_of(words.text[0]), name, &job,
                         &err) != OK) {
        say_error(self, &err);
        return;
    }
    struct buf text;
    buf_init(&text, TEXT_MAX);
    if (job.ended) {
        show_log(self, job.log);
        buf_printf(&text, "job \"%s\" has ended with status %d\n", job.name, job.status);
    } else {
        buf_printf(&text, "job \"%s\" runs (process %d); \\jobs, \\why, \\log, \\stop %s\n",
                   job.name, job.pid, job.name);
    }
    commands_say(self, &text);
}
