/* complete.c -- see complete.h: finds the statement and the word that is typed, decides what it is
 * a part of, and collects what fits.
 *
 * All of this goes by tokens, not by the tree: what is typed rarely parses. */
#include "session/complete_inner.h"

#include "agg/agg_over.h"
#include "base/memory.h"
#include "base/utf8.h"
#include "door/client.h"
#include "expr/function.h"
#include "expr/table_function.h"
#include "session/help_sql.h"
#include "session/help_topics.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

enum { FILES_MAX = 2000, PATH_BYTES = 4096 };

const char *complete_kind_name(enum complete_kind kind)
{
    static const char *const names[COMPLETE_KINDS] = {
        [COMPLETE_KEYWORD] = "keyword",   [COMPLETE_TABLE] = "table",
        [COMPLETE_VIEW] = "view",         [COMPLETE_COLUMN] = "column",
        [COMPLETE_FUNCTION] = "function", [COMPLETE_TYPE] = "type",
        [COMPLETE_SETTING] = "setting",   [COMPLETE_OPTION] = "option",
        [COMPLETE_VALUE] = "value",       [COMPLETE_CONNECTOR] = "connector",
        [COMPLETE_FORMAT] = "format",     [COMPLETE_FILE] = "file",
        [COMPLETE_FOLDER] = "folder",     [COMPLETE_COMMAND] = "command",
        [COMPLETE_TOPIC] = "topic",       [COMPLETE_JOB] = "job",
    };
    return names[kind];
}

/* ---- offering -------------------------------------------------------------------------------- */

static bool has_inside(struct str text, struct str part)
{
    for (size_t i = 1; i + part.size <= text.size; i++)
        if (str_ieq(str_make(text.data + i, part.size), part))
            return true;
    return false;
}

static bool is_offered(const struct complete_item *items, uint32_t count, struct str label)
{
    for (uint32_t i = 0; i < count; i++)
        if (str_eq(items[i].label, label))
            return true;
    return false;
}

void complete_offer(struct completer *c, enum complete_kind kind, struct str label, struct str text,
                    struct str help)
{
    struct completion *out = c->out;
    struct complete_item item = { text, label, help, kind };
    bool begins =
        label.size >= c->word.size && str_ieq(str_make(label.data, c->word.size), c->word);
    if (!text.data || !label.data) {
        c->failed = true;
    } else if (begins) {
        if (!is_offered(out->items, out->count, label) &&
            !ARENA_PUSH(c->arena, out->items, out->count, out->cap, item))
            c->failed = true;
    } else if (c->word.size > 1 && has_inside(label, c->word)) {
        if (!is_offered(c->others, c->other_count, label) &&
            !ARENA_PUSH(c->arena, c->others, c->other_count, c->other_cap, item))
            c->failed = true;
    }
}

static struct str make_text(struct completer *c, struct buf *text)
{
    struct str ret = arena_str(c->arena, buf_view(text));
    if (text->failed)
        ret.data = NULL;
    buf_done(text);
    return ret;
}

static void put_quoted(struct buf *out, char quote, struct str text)
{
    buf_char(out, quote);
    for (size_t i = 0; i < text.size; i++) {
        if (text.data[i] == quote)
            buf_char(out, quote);
        buf_char(out, text.data[i]);
    }
}

void complete_offer_string(struct completer *c, enum complete_kind kind, struct str label,
                           const char *behind, struct str help)
{
    struct buf text;
    buf_init(&text, 1 << 20);
    put_quoted(&text, '\'', label);
    buf_text(&text, behind);
    complete_offer(c, kind, label, make_text(c, &text), help);
}

static bool is_plain_name(struct str name)
{
    for (size_t i = 0; i < name.size; i++) {
        unsigned char b = (unsigned char)name.data[i];
        bool letter = (b >= 'a' && b <= 'z') || (b >= 'A' && b <= 'Z') || b == '_' || b >= 0x80;
        if (!letter && (i == 0 || !(b >= '0' && b <= '9')))
            return false;
    }
    return name.size > 0 && !sql_keyword_is_reserved(sql_keyword_code(name));
}

void complete_offer_name(struct completer *c, enum complete_kind kind, struct str name,
                         struct str help)
{
    if (!c->in_name && is_plain_name(name)) {
        complete_offer(c, kind, name, name, help);
        return;
    }
    struct buf text;
    buf_init(&text, 1 << 20);
    put_quoted(&text, '`', name);
    buf_char(&text, '`');
    complete_offer(c, kind, name, make_text(c, &text), help);
}

void complete_offer_word(struct completer *c, enum complete_kind kind, struct str word,
                         const char *behind, struct str help)
{
    struct buf text;
    if (c->in_name || c->in_string)
        return;
    buf_init(&text, 1 << 16);
    for (size_t i = 0; i < word.size; i++) {
        char b = word.data[i];
        buf_char(&text, c->lower && b >= 'A' && b <= 'Z' ? (char)(b + 32) : b);
    }
    size_t label_size = text.size;
    buf_text(&text, behind);
    struct str whole = make_text(c, &text);
    complete_offer(c, kind, str_make(whole.data, whole.data ? label_size : 0), whole, help);
}

void complete_offer_tables(struct completer *c)
{
    const struct catalog *catalog = c->session->catalog;
    complete_with_tables(c);
    for (uint32_t i = 0; catalog_table_at(catalog, i); i++)
        complete_offer_name(c, COMPLETE_TABLE, catalog_table_at(catalog, i)->name, STR(""));
    for (uint32_t i = 0; catalog_view_at(catalog, i); i++)
        complete_offer_name(c, COMPLETE_VIEW, catalog_view_at(catalog, i)->name, STR(""));
}

/* ---- files ----------------------------------------------------------------------------------- */

static void offer_file(struct completer *c, struct str folder, const char *name, const char *real)
{
    char path[PATH_BYTES];
    struct stat info;
    int n = snprintf(path, sizeof path, "%s%s", real, name);
    if (n <= 0 || (size_t)n >= sizeof path || stat(path, &info) != 0)
        return;
    struct buf label;
    buf_init(&label, PATH_BYTES);
    buf_str(&label, folder);
    buf_text(&label, name);
    bool is_folder = S_ISDIR(info.st_mode);
    if (is_folder)
        buf_char(&label, '/');
    struct str text = make_text(c, &label);
    if (c->in_string || str_find_byte(text, ' ') != (size_t)-1)
        complete_offer_string(c, is_folder ? COMPLETE_FOLDER : COMPLETE_FILE, text,
                              is_folder ? "" : "'", STR(""));
    else
        complete_offer(c, is_folder ? COMPLETE_FOLDER : COMPLETE_FILE, text, text, STR(""));
}

static int compare_items(const void *a, const void *b)
{
    const struct complete_item *x = a, *y = b;
    return str_compare(x->label, y->label);
}

void complete_offer_files(struct completer *c)
{
    char real[PATH_BYTES];
    struct str folder = c->word;
    while (folder.size > 0 && folder.data[folder.size - 1] != '/')
        folder.size--;
    struct str last = str_make(c->word.data + folder.size, c->word.size - folder.size);
    const char *home = getenv("HOME");
    bool at_home = home && str_starts(folder, STR("~/"));
    int n = snprintf(real, sizeof real, "%s" STR_FMT, at_home ? home : "",
                     (int)(folder.size - at_home), folder.data + at_home);
    if (n < 0 || (size_t)n >= sizeof real)
        return;
    DIR *dir = opendir(*real ? real : ".");
    struct dirent *entry;
    uint32_t first = c->out->count;
    for (uint32_t i = 0; dir && i < FILES_MAX && (entry = readdir(dir)) != NULL; i++) {
        struct str name = str_of(entry->d_name);
        if (str_is(name, ".") || str_is(name, "..") || !utf8_valid(name.data, name.size) ||
            (name.data[0] == '.' && last.size == 0))
            continue;
        if (str_starts(name, last))
            offer_file(c, folder, entry->d_name, real);
    }
    if (dir)
        closedir(dir);
    if (c->out->count > first)
        qsort(c->out->items + first, c->out->count - first, sizeof c->out->items[0], compare_items);
}

/* ---- tokens ---------------------------------------------------------------------------------- */

size_t complete_read_tokens(struct completer *c, struct str text, size_t begin,
                            struct complete_tokens *ret)
{
    struct sql_scan scan;
    sql_scan_init(&scan, text.data + begin, (uint32_t)(text.size - begin));
    for (;;) {
        struct sql_scan_token next = sql_scan_next(&scan);
        size_t at = begin + next.span.offset;
        if (next.kind == SCAN_END)
            return text.size;
        if (next.kind == SCAN_SEMICOLON)
            return at;
        struct complete_token token = { str_make(text.data + at, next.span.size), at, next.kind };
        if (!ARENA_PUSH(c->arena, ret->items, ret->count, ret->cap, token)) {
            c->failed = true;
            return text.size;
        }
    }
}

uint32_t complete_find_open(const struct complete_tokens *t, uint32_t begin, uint32_t at)
{
    uint32_t depth = 0;
    for (uint32_t i = MIN(at, t->count); i > begin; i--) {
        enum sql_scan_kind kind = t->items[i - 1].kind;
        if (kind == SCAN_CLOSE)
            depth++;
        else if (kind == SCAN_OPEN && depth-- == 0)
            return i - 1;
    }
    return UINT32_MAX;
}

uint32_t complete_skip(const struct complete_tokens *t, uint32_t open)
{
    uint32_t depth = 0;
    for (uint32_t i = open; i < t->count; i++) {
        depth += t->items[i].kind == SCAN_OPEN;
        depth -= t->items[i].kind == SCAN_CLOSE;
        if (depth == 0)
            return i + 1;
    }
    return t->count;
}

bool complete_is_name(const struct complete_token *token)
{
    return token->kind == SCAN_NAME || token->kind == SCAN_QUOTED_NAME;
}

struct str complete_unquote(struct completer *c, const struct complete_token *token)
{
    struct str s = token->text;
    bool is_open = token->kind == SCAN_OPEN_STRING || token->kind == SCAN_OPEN_NAME;
    if (s.size == 0 ||
        !(is_open || token->kind == SCAN_STRING || token->kind == SCAN_QUOTED_NAME) ||
        (s.data[0] != '\'' && s.data[0] != '`'))
        return s;
    struct buf text;
    buf_init(&text, 1 << 20);
    for (size_t i = 1; i + !is_open < s.size; i++) {
        buf_char(&text, s.data[i]);
        i += s.data[i] == s.data[0]; /* two quotes are one */
    }
    return make_text(c, &text);
}

/* ---- commands of the prompt ------------------------------------------------------------------ */

static bool is_word_end(char b)
{
    return b == ' ' || b == '\t' || b == '\n' || b == '\0' || b == ';';
}

static const struct complete_command *find_command(const struct complete_command *commands,
                                                   struct str name)
{
    for (const struct complete_command *e = commands; e && e->name; e++)
        if (str_iis(name, e->name))
            return e;
    for (const struct complete_command *e = commands; e && e->name && name.size > 1; e++)
        if (e->name[0] == '\\' && str_starts(str_of(e->name), name))
            return e; /* a beginning of the name is enough */
    return NULL;
}

/* Could the line that begins here be a command? */
static bool is_command(const struct complete_command *commands, struct str rest)
{
    size_t n = 0;
    while (n < rest.size && !is_word_end(rest.data[n]))
        n++;
    struct str word = str_make(rest.data, n);
    return commands && n > 0 && (word.data[0] == '\\' || find_command(commands, word));
}

static void offer_topics(struct completer *c)
{
    const char *topic;
    for (uint32_t i = 0; (topic = help_topic_at(i)) != NULL; i++)
        complete_offer(c, COMPLETE_TOPIC, str_of(topic), str_of(topic), STR(""));
    for (uint32_t i = 0; connector_at(i); i++)
        if (strncmp(connector_at(i)->name, "local-", 6) != 0)
            complete_offer(c, COMPLETE_CONNECTOR, str_of(connector_at(i)->name),
                           str_of(connector_at(i)->name), STR(""));
    for (uint32_t i = 0; format_at(i); i++)
        complete_offer(c, COMPLETE_FORMAT, str_of(format_at(i)->name), str_of(format_at(i)->name),
                       STR(""));
    if (c->word.size == 0)
        return;
    c->lower = str_ieq(c->word, c->word) && c->word.data[0] >= 'a';
    for (uint32_t i = 0; help_sql_at(i); i++)
        complete_offer(c, COMPLETE_TOPIC, str_of(help_sql_at(i)->group),
                       str_of(help_sql_at(i)->group), STR(""));
    for (uint32_t i = 0; help_sql_at(i); i++)
        complete_offer_word(c, COMPLETE_TOPIC, help_sql_name(help_sql_at(i)), "",
                            str_of(help_sql_at(i)->summary));
    for (uint32_t i = 0; function_at(i); i++)
        complete_offer_word(c, COMPLETE_FUNCTION, str_of(function_at(i)->name), "", STR(""));
    for (uint32_t i = 0; agg_function_at(i); i++)
        complete_offer_word(c, COMPLETE_FUNCTION, str_of(agg_function_at(i)->name), "", STR(""));
    for (uint32_t i = 0; agg_over_function_at(i); i++)
        complete_offer_word(c, COMPLETE_FUNCTION, str_of(agg_over_function_at(i)->name), "",
                            STR(""));
    for (uint32_t i = 0; table_function_at(i); i++)
        complete_offer_word(c, COMPLETE_FUNCTION, str_of(table_function_at(i)->name), "", STR(""));
    for (const struct option_spec *o = setting_specs; o->name; o++)
        complete_offer(c, COMPLETE_SETTING, str_of(o->name), str_of(o->name), STR(""));
}

static void offer_modes(struct completer *c)
{
    for (const struct option_spec *o = setting_specs; o->name; o++) {
        if (strcmp(o->name, "weir.output") != 0 || !o->choices)
            continue;
        struct str rest = str_of(o->choices);
        while (rest.size > 0) {
            size_t n = MIN(str_find_byte(rest, '|'), rest.size);
            complete_offer(c, COMPLETE_VALUE, str_make(rest.data, n), str_make(rest.data, n),
                           STR(""));
            rest = str_make(rest.data + n, rest.size - n);
            rest = str_make(rest.data + (rest.size > 0), rest.size - (rest.size > 0));
        }
    }
}

static void offer_commands(struct completer *c, const struct complete_command *commands)
{
    for (const struct complete_command *e = commands; e->name; e++)
        if (e->name[0] == '\\' || c->word.size > 0)
            complete_offer(c, COMPLETE_COMMAND, str_of(e->name), str_of(e->name), str_of(e->help));
}

static void offer_jobs(struct completer *c)
{
    struct str *names = NULL;
    uint32_t count = 0;
    if (client_list(c->arena, &names, &count, NULL) != OK)
        return;
    for (uint32_t i = 0; i < count; i++)
        complete_offer(c, COMPLETE_JOB, names[i], names[i], STR(""));
}

/* The n-th word of what a command takes: "FILE.sql", "[NAME]". */
static struct str argument_at(const char *arguments, uint32_t n)
{
    struct str rest = str_of(arguments);
    for (;;) {
        size_t end = MIN(str_find_byte(rest, ' '), rest.size);
        if (n-- == 0)
            return str_make(rest.data, end);
        end = MIN(end + 1, rest.size);
        rest = str_make(rest.data + end, rest.size - end);
    }
}

/* Words in small letters are meant as they are: [on|off]. */
static void offer_literals(struct completer *c, struct str argument)
{
    for (size_t at = 0; at < argument.size;) {
        size_t end = at;
        while (end < argument.size && argument.data[end] >= 'a' && argument.data[end] <= 'z')
            end++;
        struct str word = str_make(argument.data + at, end - at);
        char before = at > 0 ? argument.data[at - 1] : '|';
        if (word.size > 0 && (before == '[' || before == '|'))
            complete_offer(c, COMPLETE_VALUE, word, word, STR(""));
        at = end + 1;
    }
}

/* Commands as help has them: with their backslash. */
static void offer_command_topics(struct completer *c, const struct complete_command *commands)
{
    for (const struct complete_command *e = commands; e->name; e++)
        if (e->name[0] == '\\' && c->word.size > 0)
            complete_offer(c, COMPLETE_COMMAND, str_of(e->name), str_of(e->name), str_of(e->help));
}

static void offer_argument(struct completer *c, const struct complete_command *commands,
                           struct str argument, bool is_first)
{
    struct buf text;
    buf_init(&text, 1 << 12);
    buf_str(&text, argument);
    const char *words = buf_cstr(&text);
    if (strstr(words, "FILE"))
        complete_offer_files(c);
    if (strstr(words, "TABLE"))
        complete_offer_tables(c);
    if (strcmp(words, "[TOPIC]") == 0) {
        offer_topics(c);
        offer_command_topics(c, commands);
    }
    if (strstr(words, "MODE"))
        offer_modes(c);
    if (strstr(words, "NAME") && is_first)
        offer_jobs(c);
    if (strstr(words, "COMMAND"))
        offer_commands(c, commands);
    offer_literals(c, argument);
    buf_done(&text);
}

/* Where the word in front of the cursor begins; it may stand in quotes that are still open. */
static size_t begin_of_word(struct completer *c, size_t begin)
{
    size_t from = begin;
    char quote = '\0';
    for (size_t i = begin; i < c->cursor; i++) {
        char b = c->text.data[i];
        if (quote) {
            quote = b == quote ? '\0' : quote;
        } else if (is_word_end(b)) {
            from = i + 1;
        } else if (i == from && (b == '\'' || b == '"')) {
            quote = b;
        }
    }
    c->in_string = quote != '\0';
    return from;
}

/* The command line in [begin, cursor). */
static void complete_command_line(struct completer *c, const struct complete_command *commands,
                                  size_t begin)
{
    size_t name_end = begin, from = begin_of_word(c, begin);
    while (name_end < c->cursor && !is_word_end(c->text.data[name_end]))
        name_end++;
    c->out->from = from;
    c->out->to = c->cursor;
    size_t typed = from + c->in_string;
    c->word = str_make(c->text.data + typed, c->cursor - typed);
    if (name_end == c->cursor) {
        offer_commands(c, commands);
        return;
    }
    const struct complete_command *e =
        find_command(commands, str_make(c->text.data + begin, name_end - begin));
    uint32_t n = 0;
    for (size_t i = name_end + 1; i < from; i++)
        n += is_word_end(c->text.data[i]) && !is_word_end(c->text.data[i - 1]);
    if (e)
        offer_argument(c, commands, argument_at(e->arguments, n), n == 0);
}

/* ---- the statement --------------------------------------------------------------------------- */

static bool is_lower(struct str word)
{
    bool lower = false;
    for (size_t i = 0; i < word.size; i++) {
        if (word.data[i] >= 'A' && word.data[i] <= 'Z')
            return false;
        lower = lower || (word.data[i] >= 'a' && word.data[i] <= 'z');
    }
    return lower;
}

/* Which token is typed, and what of it. False: nothing can be said there. */
static bool find_word(struct completer *c)
{
    struct complete_tokens *t = &c->tokens;
    c->here = 0;
    while (c->here < t->count && t->items[c->here].at + t->items[c->here].text.size < c->cursor)
        c->here++;
    c->out->from = c->out->to = c->cursor;
    c->word = STR("");
    const struct complete_token *token = complete_token_at(t, c->here);
    size_t end = token->at + token->text.size;
    if (token->kind == SCAN_END || token->at >= c->cursor)
        return true;
    size_t skipped = 0;
    switch (token->kind) {
    case SCAN_OPEN_STRING:
    case SCAN_STRING:
        if (token->kind == SCAN_STRING && c->cursor == end)
            break;
        c->in_string = true;
        skipped = 1;
        break;
    case SCAN_OPEN_NAME:
    case SCAN_QUOTED_NAME:
        if (token->kind == SCAN_QUOTED_NAME && c->cursor == end)
            break;
        c->in_name = true;
        skipped = 1;
        break;
    case SCAN_NAME:
    case SCAN_KEYWORD:
        break;
    case SCAN_NUMBER:
    case SCAN_BAD:
        return false;
    default:
        c->here++; /* behind a sign */
        return true;
    }
    if (skipped == 0 && !complete_is_name(token) && token->kind != SCAN_KEYWORD) {
        c->here++; /* behind a string */
        return true;
    }
    c->out->from = token->at;
    /* A quote that is there already is replaced too. */
    c->out->to = skipped && end == c->cursor + 1 && token->kind != SCAN_OPEN_STRING &&
                         token->kind != SCAN_OPEN_NAME
                     ? end
                     : c->cursor;
    c->word = str_make(c->text.data + token->at + skipped, c->cursor - token->at - skipped);
    return true;
}

static bool in_comment(struct completer *c)
{
    struct sql_scan scan;
    sql_scan_init(&scan, c->text.data + c->begin, (uint32_t)(c->text.size - c->begin));
    for (;;) {
        struct sql_scan_token token = sql_scan_next(&scan);
        size_t at = c->begin + token.span.offset, end = at + token.span.size;
        if (token.kind == SCAN_END || at >= c->cursor)
            return false;
        bool is_comment = token.kind == SCAN_COMMENT || token.kind == SCAN_OPEN_COMMENT;
        bool closed = token.kind == SCAN_COMMENT && c->text.data[at + 1] == '*';
        if (is_comment && (closed ? c->cursor < end : c->cursor <= end))
            return true;
    }
}

static void complete_statement(struct completer *c)
{
    if (in_comment(c) || !find_word(c))
        return;
    struct complete_tokens *t = &c->tokens;
    c->lower = c->word.size > 0 ? is_lower(c->word)
                                : t->count > 0 && c->here > 0 && is_lower(t->items[0].text);
    if (complete_options(c) || c->in_string)
        return;
    complete_words(c);
}

/* The statement or command in which the cursor stands. */
static void find_and_complete(struct completer *c, const struct complete_command *commands)
{
    size_t at = 0;
    bool begins_line = true;
    for (;;) {
        while (at < c->text.size && at < c->cursor && strchr(" \t\n", c->text.data[at])) {
            begins_line = begins_line || c->text.data[at] == '\n';
            at++;
        }
        struct str rest = str_make(c->text.data + at, c->text.size - at);
        size_t end;
        if (begins_line && is_command(commands, rest)) {
            end = at + MIN(str_find_byte(rest, '\n'), rest.size);
            if (c->cursor <= end) {
                complete_command_line(c, commands, at);
                return;
            }
            at = end;
            continue;
        }
        c->begin = at;
        c->tokens.count = 0;
        end = complete_read_tokens(c, c->text, at, &c->tokens);
        if (c->cursor <= end) {
            complete_statement(c);
            return;
        }
        at = end + 1;
        begins_line = false;
    }
}

static void add_others(struct completer *c)
{
    /* Only where nothing begins so: else what all have in common would be lost. */
    for (uint32_t i = 0; c->out->count < c->other_count && i < c->other_count; i++)
        if (!ARENA_PUSH(c->arena, c->out->items, c->out->count, c->out->cap, c->others[i]))
            c->failed = true;
}

enum code session_complete(struct session *s, struct str text, size_t cursor,
                           const struct complete_command *commands, struct arena *arena,
                           struct completion *ret, struct error *err)
{
    *ret = (struct completion){ .from = cursor, .to = cursor };
    struct completer *c = arena_new(arena, struct completer);
    if (!c)
        return error_nomem(err);
    *c = (struct completer){ .session = s, .arena = arena, .out = ret };
    c->text = arena_str(arena, text);
    c->cursor = MIN(cursor, text.size);
    if (!c->text.data)
        return error_nomem(err);
    find_and_complete(c, commands);
    if (ret->count == 0)
        add_others(c);
    return c->failed ? error_nomem(err) : OK;
}
