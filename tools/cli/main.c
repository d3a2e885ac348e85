/* main.c -- the program: command line, files, signals, status.
 *
 * The first SIGINT or SIGTERM asks for a drained stop, a SIGINT after that ends at once
 * with 130; what only looks at a job is ended by either.  SIGPIPE and SIGXFSZ are ignored: a
 * reader that has gone, and a file that may not grow, show as errors of write(). */
#include "cli/args.h"
#include "cli/client.h"
#include "cli/commands.h"
#include "cli/connectors.h"
#include "cli/repl.h"

#include "spec/spec.h"
#include "session/keys.h"
#include "sql/diag.h"
#include "sql/parse.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

/* As the build says; the defaults are for tools that read the file alone. */
#ifndef WEIR_VERSION
#define WEIR_VERSION "0.0.0"
#define WEIR_BUILD "unknown build"
#define WEIR_CONNECTORS "unknown"
#endif

enum { STATUS_INTERRUPTED = 130, COLUMNS_DEFAULT = 80 };

static struct session *volatile active; /* who hears of signals */
static volatile sig_atomic_t stops;     /* asked for so far */
static volatile sig_atomic_t is_ended;  /* by SIGTERM: a prompt too is left */
static bool err_is_terminal;

static void say(const char *text)
{
    ssize_t ignored = write(STDERR_FILENO, text, strlen(text));
    (void)ignored;
}

static void on_signal(int number)
{
    int saved = errno;
    if (stops > 0 && number == SIGINT) {
        keys_end();
        if (err_is_terminal)
            say("\n");
        _exit(STATUS_INTERRUPTED);
    }
    stops = 1;
    is_ended = is_ended || number == SIGTERM;
    if (active)
        session_stop(active);
    spec_stop();
    errno = saved;
}

static void forget_stops(void)
{
    stops = 0;
}

static bool prompt_is_over(void)
{
    return is_ended != 0;
}

/* Nothing is under way that a signal could leave half done. */
static bool only_looks(const struct args *args)
{
    return args->command == COMMAND_CHECK || args->command == COMMAND_HELP ||
           (args->command == COMMAND_EXPLAIN && !args->explain.analyze);
}

static void install_signals(const struct args *args)
{
    struct sigaction action = { .sa_handler = on_signal };
    signal(SIGPIPE, SIG_IGN);
    signal(SIGXFSZ, SIG_IGN);
    if (only_looks(args))
        return;
    sigemptyset(&action.sa_mask);
    /* Also where the shell had them ignored, as it does for jobs in the background. */
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
}

static int report(const struct error *err, enum session_status status)
{
    struct buf text;
    buf_init(&text, 64 << 10);
    diag_print(&text, err, STR(""), STR(""));
    say(buf_cstr(&text));
    buf_done(&text);
    return status;
}

static enum code read_text(const char *path, struct buf *out, struct error *err)
{
    bool is_stdin = strcmp(path, "-") == 0;
    int fd = is_stdin ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return error_set(err, E_USAGE, "could not open \"%s\": %s", path, strerror(errno));
    enum code code = OK;
    for (;;) {
        char piece[32 << 10];
        ssize_t n = read(fd, piece, sizeof piece);
        if (n < 0 && errno == EINTR && stops == 0)
            continue;
        if (n < 0)
            code = error_set(err, E_USAGE, "could not read \"%s\": %s", path, strerror(errno));
        if (n <= 0)
            break;
        buf_put(out, piece, (size_t)n);
    }
    if (!is_stdin)
        close(fd);
    return code == OK ? buf_check(out, err) : code;
}

static struct str without_mark(struct str text)
{
    static const char mark[] = "\xEF\xBB\xBF"; /* that some editors put in front of UTF-8 */
    if (!str_starts(text, STR("\xEF\xBB\xBF")))
        return text;
    return str_make(text.data + sizeof mark - 1, text.size - (sizeof mark - 1));
}

static int explain_file(struct session *s, struct str name, struct str text,
                        const struct args *args)
{
    struct session_explain options = args->explain;
    struct error err = { .code = OK };
    struct buf old;
    options.format = str_of(args->format ? args->format : "text");
    buf_init(&old, SQL_MAX_TEXT_BYTES);
    enum code code = OK;
    if (args->diff && (options.analyze || options.key_count > 0))
        code = error_set(&err, E_USAGE, "--diff goes with neither --analyze nor --keys");
    else if (args->diff && !str_is(options.format, "text") && !str_is(options.format, "json"))
        code = error_set(&err, E_USAGE, "--diff is for the formats text and json");
    if (args->diff && code == OK) {
        options.old_name = str_of(args->diff);
        code = read_text(args->diff, &old, &err);
        options.old_text = without_mark(str_of(buf_cstr(&old)));
    }
    int status =
        code == OK ? (int)session_explain(s, name, text, &options) : report(&err, SESSION_USAGE);
    buf_done(&old);
    return status;
}

static int run_file(struct session *s, const struct args *args)
{
    struct buf content;
    buf_init(&content, SQL_MAX_TEXT_BYTES);
    struct error err = { .code = OK };
    if (read_text(args->file, &content, &err) != OK) {
        buf_done(&content);
        return report(&err, err.code == E_LIMIT ? SESSION_REFUSED : SESSION_USAGE);
    }
    struct str name = str_of(args->file);
    struct str text = without_mark(buf_view(&content));
    int status;
    if (args->command == COMMAND_RUN)
        status = session_run(s, name, text);
    else if (args->command == COMMAND_CHECK)
        status = session_check(s, name, text, args->syntax_only,
                               str_of(args->format ? args->format : "text"));
    else if (args->command == COMMAND_EXPLAIN)
        status = explain_file(s, name, text, args);
    else
        status = session_execute(s, name, text, false);
    buf_done(&content);
    return status;
}

static int run_prompt(struct session *s)
{
    struct repl repl = { .session = s,
                         .in_fd = STDIN_FILENO,
                         .err_fd = STDERR_FILENO,
                         .is_interactive = isatty(STDIN_FILENO) == 1,
                         .ready = forget_stops,
                         .is_over = prompt_is_over };
    if (repl.is_interactive)
        say("weir " WEIR_VERSION "; help explains, \\q leaves\n");
    return repl_run(&repl);
}

static int run_command(struct session *s, const struct args *args)
{
    switch (args->command) {
    case COMMAND_RUN:
    case COMMAND_CHECK:
    case COMMAND_EXPLAIN:
    case COMMAND_SCRIPT:
        return run_file(s, args);
    case COMMAND_TEXT:
        return session_execute(s, STR("-c"), str_of(args->text), false);
    case COMMAND_HELP:
        return commands_help(s, str_of(args->topic ? args->topic : ""), false);
    default:
        return run_prompt(s);
    }
}

static void look_at_terminals(struct session_config *config)
{
    const char *term = getenv("TERM");
    struct winsize size;
    config->out_fd = STDOUT_FILENO;
    config->err_fd = STDERR_FILENO;
    config->out_is_terminal = isatty(STDOUT_FILENO) == 1;
    err_is_terminal = isatty(STDERR_FILENO) == 1;
    config->err_is_terminal = err_is_terminal && !(term && strcmp(term, "dumb") == 0);
    config->no_colours = getenv("NO_COLOR") != NULL;
    config->columns = COLUMNS_DEFAULT;
    if (err_is_terminal && ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0)
        config->columns = size.ws_col;
}

static int run_tests(const struct args *args)
{
    static const char *const formats[] = {
        [SPEC_TEXT] = "text", [SPEC_TAP] = "tap", [SPEC_JUNIT] = "junit"
    };
    const char *term = getenv("TERM");
    struct spec_config config = {
        .session = &args->config,
        .paths = args->paths,
        .path_count = args->path_count,
        .shuffle = args->shuffle,
        .seed = args->seed > 0 ? args->seed : 1,
        .out_fd = STDOUT_FILENO,
        .err_fd = STDERR_FILENO,
        .is_terminal = isatty(STDOUT_FILENO) == 1 && !getenv("NO_COLOR") &&
                       !(term && strcmp(term, "dumb") == 0),
    };
    size_t i = 0;
    while (args->format && i < countof(formats) && strcmp(args->format, formats[i]) != 0)
        i++;
    if (i == countof(formats)) {
        struct error err = { .code = OK };
        error_set(&err, E_USAGE, "there is no format \"%s\" of results", args->format);
        error_hint(&err, "weir test knows text, tap and junit.");
        return report(&err, SESSION_USAGE);
    }
    config.format = (enum spec_format)i;
    return spec_run(&config);
}

/* Started without one of them, the first file that is opened would take its number, and then what is
 * meant for people.  This stands in for it, and cannot be read or written either. */
static void hold_standard_streams(void)
{
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
        if (fcntl(fd, F_GETFD) < 0) {
            int same = open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY);
            (void)same;
        }
}

int main(int argc, char **argv)
{
    static struct args args;
    struct error err = { .code = OK };
    hold_standard_streams();
    if (args_parse(argc, argv, &args, &err) != OK)
        return report(&err, SESSION_USAGE);
    if (args.command == COMMAND_VERSION) {
        printf("weir %s\nbuild:      %s\nconnectors: %s\n", WEIR_VERSION, WEIR_BUILD,
               WEIR_CONNECTORS);
        return fflush(stdout) == 0 ? SESSION_OK : SESSION_FAILED;
    }
    if (client_has(&args)) { /* signals end it, as they end any small program */
        if (client_command(&args, &err) == OK)
            return SESSION_OK;
        return report(&err, err.code == E_USAGE ? SESSION_USAGE : SESSION_FAILED);
    }
    connectors_register();
    install_signals(&args);
    if (args.command == COMMAND_TEST)
        return run_tests(&args);
    look_at_terminals(&args.config);
    struct session *session = NULL;
    int status = session_create(&args.config, &session);
    if (status != SESSION_OK)
        return status;
    active = session;
    if (stops > 0)
        session_stop(session);
    status = run_command(session, &args);
    active = NULL;
    session_destroy(session);
    return status;
}
