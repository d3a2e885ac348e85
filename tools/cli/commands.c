/* commands.c -- see commands.h. */
#include "cli/commands.h"

#include "base/nearest.h"
#include "cli/commands_file.h"
#include "cli/commands_jobs.h"
#include "cli/edit.h"
#include "cli/write_all.h"

enum { TEXT_BYTES_MAX = 64 << 10 };

/* ---- speaking -------------------------------------------------------------------------------- */

void commands_say(const struct commands *self, struct buf *text)
{
    (void)write_all(self->err_fd, buf_view(text)); /* nobody is left to be told */
    buf_done(text);
}

static void say_text(const struct commands *self, const char *message)
{
    struct buf text;
    buf_init(&text, TEXT_BYTES_MAX);
    buf_text(&text, message);
    commands_say(self, &text);
}

/* ---- the commands ---------------------------------------------------------------------------- */

struct str commands_unquote(struct str text)
{
    bool is_quoted = text.size > 1 && (text.data[0] == '\'' || text.data[0] == '"') &&
                     text.data[text.size - 1] == text.data[0];
    return is_quoted ? str_make(text.data + 1, text.size - 2) : text;
}

static void leave(struct commands *self, struct str arguments)
{
    (void)arguments;
    self->leaves = true;
}

static void edit(struct commands *self, struct str arguments)
{
    (void)arguments;
    self->wants_editor = true;
}

/* At a prompt, that is what to do there; `help commands` is on the program. */
static void help(struct commands *self, struct str arguments)
{
    commands_help(self->session, arguments.size > 0 ? arguments : STR("prompt"), true);
}

/* \peek NAME [ROWS] */
static void peek(struct commands *self, struct str arguments)
{
    enum { ROWS = 10, ROWS_MAX = 10000 };
    size_t at = arguments.size;
    uint32_t rows = 0, unit = 1;
    while (at > 0 && arguments.data[at - 1] >= '0' && arguments.data[at - 1] <= '9') {
        uint32_t digit = (uint32_t)(arguments.data[--at] - '0');
        rows = MIN(rows + digit * unit, (uint32_t)ROWS_MAX);
        unit = MIN(unit * 10, (uint32_t)ROWS_MAX);
    }
    bool has_rows = at > 0 && at < arguments.size && arguments.data[at - 1] == ' ';
    struct str name =
        commands_unquote(str_trim(has_rows ? str_make(arguments.data, at) : arguments));
    if (name.size == 0)
        say_text(self, "ERROR:  \\peek needs a topic, a table or a file\n");
    else
        session_peek(self->session, name, has_rows ? rows : ROWS, &self->proposed);
}

/* Words of a command as a C string; empty: NULL. */
static const char *word_of(struct str text, char *out, size_t size)
{
    if (text.size == 0 || text.size >= size)
        return NULL;
    memcpy(out, text.data, text.size);
    out[text.size] = '\0';
    return out;
}

/* False, and said: the text is too long to be one. */
static bool fits(struct commands *self, struct str text, size_t size)
{
    if (text.size < size)
        return true;
    say_text(self, "ERROR:  what stands behind the command is too long\n");
    return false;
}

/* With a value the setting is set, without one it is reset. */
static void set_or_reset(struct commands *self, const char *key, struct str value)
{
    char text[256];
    if (fits(self, value, sizeof text))
        session_set(self->session, key, word_of(value, text, sizeof text));
}

static void mode(struct commands *self, struct str arguments)
{
    set_or_reset(self, "weir.output", arguments);
}

static void until(struct commands *self, struct str arguments)
{
    set_or_reset(self, "weir.result.until", arguments);
}

static void rows(struct commands *self, struct str arguments)
{
    set_or_reset(self, "weir.result.rows", arguments);
}

static void timing(struct commands *self, struct str arguments)
{
    bool is_on = !str_iis(session_setting(self->session, "weir.summary"), "none");
    bool on = arguments.size == 0 ? !is_on : str_iis(arguments, "on");
    if (arguments.size > 0 && !on && !str_iis(arguments, "off")) {
        say_text(self, "ERROR:  \\timing is on or off\n");
        return;
    }
    if (session_set(self->session, "weir.summary", on ? "text" : "none") != SESSION_OK)
        return;
    say_text(self, on ? "what a query has read and written, and its time, are said\n"
                      : "what a query has read and written is not said\n");
}

static void wide(struct commands *self, struct str arguments)
{
    (void)arguments;
    struct str mode = session_setting(self->session, "weir.output");
    bool is_on = str_iis(mode, "line");
    char *before = self->mode_before;
    if (!is_on && !word_of(mode, before, sizeof self->mode_before))
        *before = '\0';
    const char *next = !is_on ? "line" : *before ? before : NULL;
    if (session_set(self->session, "weir.output", next) == SESSION_OK)
        say_text(self, is_on ? "rows are lines again\n" : "a line a column\n");
}

static void redirect(struct commands *self, struct str arguments)
{
    char path[4096];
    arguments = commands_unquote(arguments);
    if (fits(self, arguments, sizeof path))
        session_redirect(self->session, word_of(arguments, path, sizeof path));
}

/* \d: what there is; \d NAME: its columns. */
static void describe(struct commands *self, struct str arguments)
{
    struct buf text;
    buf_init(&text, TEXT_BYTES_MAX);
    if (arguments.size == 0)
        buf_text(&text, "SHOW TABLES; SHOW VIEWS;");
    else
        buf_printf(&text, "DESCRIBE " STR_FMT ";", STR_ARG(arguments));
    if (!text.failed)
        session_execute(self->session, STR("-"), buf_view(&text), true);
    buf_done(&text);
}

static void clear_screen(struct commands *self, struct str arguments)
{
    (void)arguments;
    if (edit_is_possible(self->err_fd, self->err_fd))
        say_text(self, "\033[H\033[2J");
}

static void list_commands(struct commands *self, struct str arguments)
{
    (void)arguments;
    struct buf text;
    buf_init(&text, TEXT_BYTES_MAX);
    for (const struct command_entry *e = command_entries; e->name; e++) {
        struct buf name;
        buf_init(&name, TEXT_BYTES_MAX);
        buf_printf(&name, "%s %s", e->name, e->arguments);
        session_help_put(self->session, &text, str_trim(buf_view(&name)), e->help);
        buf_done(&name);
    }
    commands_say(self, &text);
}

const struct command_entry command_entries[] = {
    { "\\?", "", "this list", list_commands,
      "The beginning of a name is enough where no other command begins so.", NULL },
    { "\\d", "[TABLE]", "tables and views, or the columns of one", describe,
      "As SHOW TABLES and SHOW VIEWS, or as DESCRIBE.", "\\d orders" },
    { "\\e", "", "edits the last statement with $EDITOR", edit,
      "$VISUAL or else $EDITOR; what it leaves is shown at the prompt, and runs with Enter. Alt-E "
      "does it with the text at the prompt.",
      NULL },
    { "\\h", "[TOPIC]", "help; topics are sql, functions, connectors, settings ...", help,
      "Without a topic it says how to begin.", "\\h TUMBLE" },
    { "\\i", "FILE.sql", "runs the statements of a file here, one after the other", command_include,
      "As if they were typed: tables are there afterwards, an INSERT runs until its sources end. "
      "\\run makes one job of the whole file, which goes on in the background.",
      "\\i tables.sql" },
    { "\\jobs", "[NAME]", "jobs that run, or one of them", command_jobs,
      "All jobs of this user, as weir ps lists them; of one its sources, sinks and operators.",
      "\\jobs orders" },
    { "\\log", "NAME", "the last that a job of \\run has said", command_log, NULL, "\\log orders" },
    { "\\mode", "[MODE]", "how results are printed: weir help output; without one as at first",
      mode, "As SET 'weir.output' = 'MODE'.", "\\mode csv" },
    { "\\o", "[FILE]", "results go into a file; without one to the screen again", redirect,
      "The file is replaced. \\mode says in which form.", "\\o result.csv" },
    { "\\peek", "TOPIC|TABLE|FILE [ROWS]", "first messages, and the table that would read them",
      peek,
      "A name is that of a table, else of a file, else of a topic. Reads from the beginning, 10 "
      "messages if ROWS does not say another number, and guesses format and columns from them: Up "
      "brings the CREATE TABLE to the prompt.",
      "\\peek orders 100" },
    { "\\q", "", "leaves; so do quit, exit and Ctrl-D on an empty line", leave,
      "Jobs of \\run go on.", NULL },
    { "\\rows", "[N]", "queries end after so many rows; without one never", rows,
      "As SET 'weir.result.rows' = 'N'.", "\\rows 100" },
    { "\\run", "FILE.sql [NAME]", "runs a file as a job in the background", command_run_file,
      "With the profile and the settings that this prompt was started with. It goes on when the "
      "prompt is left; \\jobs, \\why, \\tap, \\log and \\stop ask for it by NAME, else by the name "
      "of its file.",
      "\\run orders.sql" },
    { "\\stop", "NAME", "stops a running job, drained", command_stop,
      "It writes what it has read, and ends.", "\\stop orders" },
    { "\\tap", "NAME OPERATOR [ROWS]", "rows that an operator of a job lets out", command_tap,
      "As JSON, 10 if ROWS does not say another number; \\jobs NAME lists the operators. Ctrl-C "
      "ends it.",
      "\\tap orders calc#2 5" },
    { "\\timing", "[on|off]", "is it said what a query has read and how long it took?", timing,
      "Without a word it is the other one from now on.", "\\timing off" },
    { "\\until", "[TIME]", "queries end after so long, such as 30s; without one never", until,
      "As SET 'weir.result.until' = 'TIME'.", "\\until 30s" },
    { "\\why", "NAME [SINK]", "what holds a running job up", command_why,
      "Walks from a sink back to the sources and names the first thing that keeps rows from it.",
      "\\why orders" },
    { "\\x", "", "a line a column, for wide rows; once more: as before", wide, "As \\mode line.",
      NULL },
    { "clear", "", "clears the screen, as Ctrl-L does", clear_screen, NULL, NULL },
    { "help", "[TOPIC]", "the same as \\h", help, NULL, "help kafka" },
    { NULL, NULL, NULL, NULL, NULL, NULL },
};

/* ---- finding --------------------------------------------------------------------------------- */

/* The line without blanks and semicolons, cut behind its first word. */
static struct str first_word(struct str line, struct str *ret_rest)
{
    line = str_trim(line);
    while (line.size > 0 && line.data[line.size - 1] == ';')
        line = str_trim(str_make(line.data, line.size - 1));
    size_t end = 0;
    while (end < line.size && line.data[end] != ' ' && line.data[end] != '\t')
        end++;
    *ret_rest = str_trim(str_make(line.data + end, line.size - end));
    return str_make(line.data, end);
}

static bool is_leaving(struct str word)
{
    return str_iis(word, "quit") || str_iis(word, "exit");
}

bool commands_take(struct str line)
{
    struct str rest;
    struct str word = first_word(line, &rest);
    return (word.size > 0 && word.data[0] == '\\') || str_iis(word, "help") ||
           ((is_leaving(word) || str_iis(word, "clear")) && rest.size == 0);
}

/* The command of that name, or the only one that begins so.  *ret_many: there are several. */
static const struct command_entry *find(struct str word, bool *ret_many)
{
    const struct command_entry *found = NULL;
    *ret_many = false;
    for (const struct command_entry *e = command_entries; e->name; e++)
        if (str_iis(word, e->name))
            return e;
    for (const struct command_entry *e = command_entries; e->name && word.size > 1; e++) {
        if (e->name[0] != '\\' || !str_starts(str_of(e->name), word))
            continue;
        *ret_many = found != NULL;
        if (found)
            return NULL;
        found = e;
    }
    return found;
}

static void refuse(struct commands *self, struct str word, bool many)
{
    struct buf text;
    struct nearest nearest;
    buf_init(&text, TEXT_BYTES_MAX);
    if (many) {
        buf_printf(&text,
                   "ERROR:  several commands begin with \"" STR_FMT "\"\nHINT: ", STR_ARG(word));
        for (const struct command_entry *e = command_entries; e->name; e++)
            if (str_starts(str_of(e->name), word))
                buf_printf(&text, " %s", e->name);
        buf_char(&text, '\n');
        commands_say(self, &text);
        return;
    }
    buf_printf(&text, "ERROR:  there is no command \"" STR_FMT "\"\n", STR_ARG(word));
    nearest_begin(&nearest, word);
    for (const struct command_entry *e = command_entries; e->name; e++)
        if (strlen(e->name) > 2) /* of two signs each is near to each */
            nearest_add(&nearest, str_of(e->name));
    struct str best = nearest_end(&nearest);
    if (best.data)
        buf_printf(&text, "HINT:  Perhaps you meant \"" STR_FMT "\".\n", STR_ARG(best));
    else
        buf_text(&text, "HINT:  \\? lists the commands, help explains, \\q leaves.\n");
    commands_say(self, &text);
}

enum session_status commands_help(struct session *session, struct str topic, bool at_prompt)
{
    struct buf form;
    const struct command_entry *entry = NULL;
    topic = str_trim(topic);
    for (const struct command_entry *e = command_entries; e->name && !entry; e++)
        if (str_iis(topic, e->name) && *e->name == '\\')
            entry = e;
    for (const struct command_entry *e = command_entries; e->name && !entry; e++)
        if (*e->name == '\\' && strlen(e->name) > 2 && str_iis(topic, e->name + 1) &&
            (at_prompt || !session_has_help(topic)))
            entry = e;
    if (!entry)
        return session_help(session, topic);
    buf_init(&form, 1 << 12);
    buf_printf(&form, "%s %s", entry->name, entry->arguments);
    enum session_status status = session_help_entry(session, str_trim(buf_view(&form)), entry->help,
                                                    entry->more, entry->example);
    buf_done(&form);
    return status;
}

void commands_run(struct commands *self, struct str line)
{
    struct str rest;
    struct str word = first_word(line, &rest);
    bool many = false;
    if (is_leaving(word)) {
        leave(self, rest);
        return;
    }
    const struct command_entry *entry = find(word, &many);
    if (entry)
        entry->run(self, rest);
    else
        refuse(self, word, many);
}
