/* args.c -- see args.h.  One table of commands and one of options; options may stand on
 * both sides of a command's operands. */
#include "cli/args.h"
#include "cli/set_file.h"

#include "base/nearest.h"
#include "base/number.h"
#include "door/request.h"
#include "door/where.h"

enum { TIMEOUT_S_MAX = 1000000 };

enum {
    FOR_PROMPT = 1 << COMMAND_PROMPT,
    FOR_RUN = 1 << COMMAND_RUN,
    FOR_CHECK = 1 << COMMAND_CHECK,
    FOR_EXPLAIN = 1 << COMMAND_EXPLAIN,
    FOR_TEST = 1 << COMMAND_TEST,
    FOR_TEXT = 1 << COMMAND_TEXT,
    FOR_SCRIPT = 1 << COMMAND_SCRIPT,
    FOR_PS = 1 << COMMAND_PS,
    FOR_STOP = 1 << COMMAND_STOP,
    FOR_SNAPSHOT = 1 << COMMAND_SNAPSHOT,
    FOR_METRICS = 1 << COMMAND_METRICS,
    FOR_WHY = 1 << COMMAND_WHY,
    FOR_TAP = 1 << COMMAND_TAP,
    FOR_RUNNING = FOR_PS | FOR_STOP | FOR_SNAPSHOT | FOR_METRICS | FOR_WHY | FOR_TAP,
    FOR_JOBS = FOR_PROMPT | FOR_RUN | FOR_CHECK | FOR_EXPLAIN | FOR_TEXT | FOR_SCRIPT,
    FOR_PLANS = FOR_JOBS | FOR_TEST,
};

enum option_id {
    OPTION_PROFILE,
    OPTION_DATA,
    OPTION_UNTIL_END,
    OPTION_PARALLELISM,
    OPTION_SET,
    OPTION_SET_FROM,
    OPTION_OUTPUT,
    OPTION_DIALECT,
    OPTION_FORMAT,
    OPTION_KEYS,
    OPTION_ANALYZE,
    OPTION_DIFF,
    OPTION_SYNTAX,
    OPTION_SHUFFLE,
    OPTION_SEED,
    OPTION_NAME,
    OPTION_METRICS,
    OPTION_TIMEOUT,
    OPTION_ROWS,
    OPTION_VERSION,
    OPTION_HELP,
    OPTION_TEXT_SHORT,
    OPTION_FILE_SHORT,
};

static const struct option_name {
    const char *name;
    enum option_id id;
    const char *value; /* what the value is called; NULL: it has none */
    unsigned commands; /* that take it; 0: it is a command itself */
} options[] = {
    { "--profile", OPTION_PROFILE, "NAME|FILE.yaml", FOR_PLANS },
    { "--data", OPTION_DATA, "DIR", FOR_JOBS },
    { "--until-end", OPTION_UNTIL_END, NULL, FOR_JOBS },
    { "--parallelism", OPTION_PARALLELISM, "N", FOR_JOBS },
    { "--set", OPTION_SET, "KEY=VALUE", FOR_PLANS },
    { "--set-from", OPTION_SET_FROM, "FILE", FOR_PLANS },
    { "--output", OPTION_OUTPUT, "MODE", FOR_JOBS },
    { "--dialect", OPTION_DIALECT, "blink|flink", FOR_PLANS },
    { "--format", OPTION_FORMAT, "text|json|...", FOR_EXPLAIN | FOR_CHECK | FOR_TEST | FOR_RUNNING },
    { "--shuffle", OPTION_SHUFFLE, NULL, FOR_TEST },
    { "--seed", OPTION_SEED, "N", FOR_TEST },
    { "--keys", OPTION_KEYS, "COLUMN=N", FOR_EXPLAIN },
    { "--analyze", OPTION_ANALYZE, NULL, FOR_EXPLAIN },
    { "--diff", OPTION_DIFF, "OLD.sql", FOR_EXPLAIN },
    { "--syntax", OPTION_SYNTAX, NULL, FOR_CHECK },
    { "--name", OPTION_NAME, "NAME", FOR_RUN },
    { "--metrics", OPTION_METRICS, "PORT", FOR_RUN },
    { "--timeout", OPTION_TIMEOUT, "SECONDS", FOR_STOP | FOR_SNAPSHOT },
    { "--rows", OPTION_ROWS, "N", FOR_TAP },
    { "--version", OPTION_VERSION, NULL, 0 },
    { "--help", OPTION_HELP, NULL, 0 },
    { "-h", OPTION_HELP, NULL, 0 },
    { "-c", OPTION_TEXT_SHORT, "'SQL; SQL;'", 0 },
    { "-f", OPTION_FILE_SHORT, "FILE.sql", 0 },
};

static const struct command_name {
    const char *name;
    enum command command;
} commands[] = {
    { "run", COMMAND_RUN },   { "check", COMMAND_CHECK }, { "explain", COMMAND_EXPLAIN },
    { "test", COMMAND_TEST }, { "help", COMMAND_HELP },   { "ps", COMMAND_PS },
    { "stop", COMMAND_STOP }, { "snapshot", COMMAND_SNAPSHOT },
    { "metrics", COMMAND_METRICS },
    { "why", COMMAND_WHY },
    { "tap", COMMAND_TAP },
};

struct parser {
    struct args *args;
    bool has_command;
    const struct option_name *given[64]; /* options, to check them against the command */
    uint32_t given_count;
    uint32_t operand_count;
    struct error *err;
};

static enum code suggest(struct parser *p, struct str word, bool among_options)
{
    struct nearest nearest;
    nearest_begin(&nearest, word);
    for (size_t i = 0; among_options && i < countof(options); i++)
        nearest_add(&nearest, str_of(options[i].name));
    for (size_t i = 0; !among_options && i < countof(commands); i++)
        nearest_add(&nearest, str_of(commands[i].name));
    struct str best = nearest_end(&nearest);
    if (best.data)
        error_hint(p->err, "Perhaps you meant \"" STR_FMT "\".", STR_ARG(best));
    else
        error_hint(p->err, "weir help lists the commands and options.");
    return E_USAGE;
}

static enum code begin_command(struct parser *p, enum command command, const char *word)
{
    if (p->has_command)
        return error_set(p->err, E_USAGE, "\"%s\" is a second command", word);
    p->has_command = true;
    p->args->command = command;
    return OK;
}

/* KEY=VALUE of an option into a list. */
static enum code add_pair(struct parser *p, const char *option, const char *form,
                          const char *text, struct session_pair *list, uint32_t *count,
                          uint32_t count_max)
{
    const char *equals = strchr(text, '=');
    if (!equals || equals == text)
        return error_set(p->err, E_USAGE, "%s takes %s, not \"%s\"", option, form, text);
    if (*count == count_max)
        return error_set(p->err, E_USAGE, "there are more than %u %s", count_max, option);
    list[(*count)++] = (struct session_pair){ str_trim(str_make(text, (size_t)(equals - text))),
                                              str_trim(str_of(equals + 1)) };
    return OK;
}

static enum code take_set_file(struct parser *p, const char *path)
{
    struct args *args = p->args;
    if (args->set_file)
        return error_set(p->err, E_USAGE, "one file of settings is enough, and \"%s\" is another one",
                         path);
    args->set_file = path;
    return set_file_read(path, &args->set_text, args->sets, &args->config.set_count, ARGS_SETS_MAX,
                         p->err);
}

static enum code take_seed(struct parser *p, const char *text)
{
    int64_t seed;
    if (!number_parse_i64(text, strlen(text), &seed) || seed < 1)
        return error_set(p->err, E_USAGE, "--seed takes a number from 1 on, not \"%s\"", text);
    p->args->seed = (uint64_t)seed;
    return OK;
}

static enum code take_name(struct parser *p, const char *text)
{
    p->args->config.name = text;
    if (where_name_is_good(str_of(text)))
        return OK;
    error_set(p->err, E_USAGE, "\"%s\" is no name for a job", text);
    error_hint(p->err, "A name has at most %d letters, digits, '_', '-' and '.', and begins with a "
                       "letter or a digit.", WHERE_NAME_MAX);
    return E_USAGE;
}

static enum code take_port(struct parser *p, const char *text)
{
    int64_t port;
    if (!number_parse_i64(text, strlen(text), &port) || port < 0 || port > UINT16_MAX)
        return error_set(p->err, E_USAGE, "--metrics takes a port from 0 to %d, not \"%s\"",
                         UINT16_MAX, text);
    p->args->config.has_metrics = true;
    p->args->config.metrics_port = (uint16_t)port;
    return OK;
}

static enum code take_rows(struct parser *p, const char *text)
{
    int64_t rows;
    if (!number_parse_i64(text, strlen(text), &rows) || rows < 1 || rows > REQUEST_ROWS_MAX)
        return error_set(p->err, E_USAGE, "--rows takes a number from 1 to %d, not \"%s\"",
                         REQUEST_ROWS_MAX, text);
    p->args->rows = (uint32_t)rows;
    return OK;
}

static enum code take_timeout(struct parser *p, const char *text)
{
    bool ok;
    double seconds = number_parse_double(text, strlen(text), &ok);
    if (!ok || !(seconds >= 0) || seconds > TIMEOUT_S_MAX)
        return error_set(p->err, E_USAGE, "--timeout takes seconds, not \"%s\"", text);
    p->args->timeout_ms = (int64_t)(seconds * 1000);
    return OK;
}

static enum code take_option(struct parser *p, const struct option_name *o, const char *value)
{
    struct args *args = p->args;
    struct session_config *c = &args->config;
    switch (o->id) {
    case OPTION_PROFILE:
        c->profile = value;
        break;
    case OPTION_DATA:
        c->data_dir = value;
        break;
    case OPTION_UNTIL_END:
        c->until_end = true;
        break;
    case OPTION_PARALLELISM:
        c->parallelism = value;
        break;
    case OPTION_SET:
        return add_pair(p, o->name, o->value, value, args->sets, &c->set_count, ARGS_SETS_MAX);
    case OPTION_SET_FROM:
        return take_set_file(p, value);
    case OPTION_OUTPUT:
        c->output = value;
        break;
    case OPTION_DIALECT:
        c->dialect = value;
        break;
    case OPTION_FORMAT:
        args->format = value;
        break;
    case OPTION_KEYS:
        return add_pair(p, o->name, o->value, value, args->keys, &args->explain.key_count,
                        ARGS_KEYS_MAX);
    case OPTION_DIFF:
        args->diff = value;
        break;
    case OPTION_ANALYZE:
        args->explain.analyze = true;
        break;
    case OPTION_SYNTAX:
        args->syntax_only = true;
        break;
    case OPTION_SHUFFLE:
        args->shuffle = true;
        break;
    case OPTION_SEED:
        return take_seed(p, value);
    case OPTION_NAME:
        return take_name(p, value);
    case OPTION_METRICS:
        return take_port(p, value);
    case OPTION_TIMEOUT:
        return take_timeout(p, value);
    case OPTION_ROWS:
        return take_rows(p, value);
    case OPTION_VERSION:
        return begin_command(p, COMMAND_VERSION, o->name);
    case OPTION_HELP: /* wins: whoever asks for help gets it */
        p->has_command = true;
        args->command = COMMAND_HELP;
        break;
    case OPTION_TEXT_SHORT:
        args->text = value;
        return begin_command(p, COMMAND_TEXT, o->name);
    case OPTION_FILE_SHORT:
        args->file = value;
        return begin_command(p, COMMAND_SCRIPT, o->name);
    }
    return OK;
}

/* argv[*at] begins with a dash; moves *at to the last word taken. */
static enum code read_option(struct parser *p, int argc, char **argv, int *at)
{
    const char *word = argv[*at];
    const char *equals = strncmp(word, "--", 2) == 0 ? strchr(word, '=') : NULL;
    struct str name = str_make(word, equals ? (size_t)(equals - word) : strlen(word));
    const struct option_name *o = NULL;
    for (size_t i = 0; i < countof(options) && !o; i++)
        if (str_is(name, options[i].name))
            o = &options[i];
    if (!o) {
        error_set(p->err, E_USAGE, "there is no option \"" STR_FMT "\"", STR_ARG(name));
        return suggest(p, name, true);
    }
    const char *value = NULL;
    if (o->value && equals)
        value = equals + 1;
    else if (o->value && *at + 1 < argc)
        value = argv[++*at];
    else if (o->value)
        return error_set(p->err, E_USAGE, "option %s needs a value: %s %s", o->name, o->name,
                         o->value);
    else if (equals)
        return error_set(p->err, E_USAGE, "option %s takes no value", o->name);
    if (p->given_count < countof(p->given))
        p->given[p->given_count++] = o;
    return take_option(p, o, value);
}

static enum code read_operand(struct parser *p, const char *word)
{
    if (!p->has_command) {
        for (size_t i = 0; i < countof(commands); i++)
            if (strcmp(word, commands[i].name) == 0)
                return begin_command(p, commands[i].command, word);
        error_set(p->err, E_USAGE, "there is no command \"%s\"", word);
        if (str_ends(str_of(word), STR(".sql"))) {
            error_hint(p->err, "weir run %s runs the file.", word);
            return E_USAGE;
        }
        return suggest(p, str_of(word), false);
    }
    p->operand_count++;
    switch (p->args->command) {
    case COMMAND_RUN:
    case COMMAND_CHECK:
    case COMMAND_EXPLAIN:
        if (p->operand_count > 1)
            return error_set(p->err, E_USAGE, "one file is enough, and \"%s\" is another one",
                             word);
        p->args->file = word;
        return OK;
    case COMMAND_HELP:
        if (p->operand_count > 1)
            return error_set(p->err, E_USAGE, "help is about one topic, and \"%s\" is another one",
                             word);
        p->args->topic = word;
        return OK;
    case COMMAND_PS:
    case COMMAND_STOP:
    case COMMAND_SNAPSHOT:
    case COMMAND_METRICS:
        if (p->operand_count > 1)
            return error_set(p->err, E_USAGE, "one job is enough, and \"%s\" is another one",
                             word);
        p->args->job = word;
        return OK;
    case COMMAND_WHY:
    case COMMAND_TAP:
        if (p->operand_count > 2)
            return error_set(p->err, E_USAGE, "\"%s\" is too much", word);
        *(p->operand_count == 1 ? &p->args->job : &p->args->part) = word;
        return OK;
    case COMMAND_TEST:
        if (p->args->path_count == ARGS_PATHS_MAX)
            return error_set(p->err, E_USAGE, "there are more than %d paths", ARGS_PATHS_MAX);
        p->args->paths[p->args->path_count++] = word;
        return OK;
    default:
        return error_set(p->err, E_USAGE, "\"%s\" is too much", word);
    }
}

static const char *command_text(enum command command)
{
    for (size_t i = 0; i < countof(commands); i++)
        if (commands[i].command == command)
            return commands[i].name;
    return command == COMMAND_TEXT     ? "-c"
           : command == COMMAND_SCRIPT ? "-f"
           : command == COMMAND_PROMPT ? "the prompt"
                                       : "--version";
}

static enum code check_together(struct parser *p)
{
    struct args *args = p->args;
    for (uint32_t i = 0; i < p->given_count; i++) {
        const struct option_name *o = p->given[i];
        if (o->commands != 0 && !(o->commands & 1u << args->command) &&
            args->command != COMMAND_HELP)
            return error_set(p->err, E_USAGE, "option %s is not for %s", o->name,
                             command_text(args->command));
    }
    bool wants_job = (FOR_RUNNING & ~(unsigned)FOR_PS) >> args->command & 1;
    if (wants_job && !args->job) {
        error_set(p->err, E_USAGE, "%s needs the name of a job", command_text(args->command));
        error_hint(p->err, "weir ps lists the running jobs.");
        return E_USAGE;
    }
    if (args->command == COMMAND_TAP && !args->part) {
        error_set(p->err, E_USAGE, "tap needs an operator of the job");
        error_hint(p->err, "weir ps %s lists them: weir tap %s group#4.", args->job, args->job);
        return E_USAGE;
    }
    bool wants_file = args->command == COMMAND_RUN || args->command == COMMAND_CHECK ||
                      args->command == COMMAND_EXPLAIN;
    if (wants_file && !args->file) {
        error_set(p->err, E_USAGE, "%s needs a file", command_text(args->command));
        error_hint(p->err, "weir %s FILE.sql, or - for standard input.",
                   command_text(args->command));
        return E_USAGE;
    }
    if (args->command == COMMAND_TEST && args->path_count == 0) {
        error_set(p->err, E_USAGE, "test needs a file or a folder");
        error_hint(p->err, "weir test PATH... runs test files, and all *.test.sql in folders.");
        return E_USAGE;
    }
    if (args->seed > 0 && !args->shuffle)
        return error_set(p->err, E_USAGE, "--seed is for --shuffle");
    if (args->set_file && args->file && strcmp(args->set_file, "-") == 0 &&
        strcmp(args->file, "-") == 0)
        return error_set(p->err, E_USAGE,
                         "standard input cannot be both the file and that of --set-from");
    return OK;
}

enum code args_parse(int argc, char **argv, struct args *ret, struct error *err)
{
    *ret = (struct args){ .command = COMMAND_PROMPT, .timeout_ms = -1, .rows = REQUEST_ROWS_DEFAULT };
    ret->config.sets = ret->sets;
    ret->explain.keys = ret->keys;
    struct parser p = { .args = ret, .err = err };
    bool only_operands = false;
    for (int i = 1; i < argc; i++) {
        const char *word = argv[i];
        if (!only_operands && strcmp(word, "--") == 0)
            only_operands = true;
        else if (!only_operands && word[0] == '-' && word[1] != '\0')
            TRY(read_option(&p, argc, argv, &i));
        else
            TRY(read_operand(&p, word));
    }
    return check_together(&p);
}
