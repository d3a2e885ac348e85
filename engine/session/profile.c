/* profile.c -- see profile.h.  libfyaml reads the YAML; this file walks its nodes, which
 * never go deeper than the form in profile.h, so aliases cannot blow up.
 *
 * Everything kept is copied into the arena, the YAML document is gone afterwards. */
#include <libfyaml.h>

#include "session/profile.h"

#include "base/nearest.h"
#include "base/utf8.h"
#include "session/profile_pairs.h"
#include "session/profile_value.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { OPTION_DEPTH_MAX = 8 };

struct reader {
    struct arena *arena;
    struct profile *profile;
    struct str folder;
    struct error *err;
};

const char *profile_on_error(struct str text)
{
    static const char *const choices[] = { "skip", "fail", "route" };
    for (size_t i = 0; i < countof(choices); i++)
        if (str_iis(str_trim(text), choices[i]))
            return choices[i];
    return NULL;
}

/* ---- positions --------------------------------------------------------------------- */

static struct span clip_span(struct str text, size_t from, size_t to)
{
    from = MIN(from, text.size);
    to = MIN(MAX(to, from), text.size);
    return (struct span){ (uint32_t)from, (uint32_t)(to - from) };
}

/* Mappings have no token of their own: the first key stands for them. */
static struct span node_span(struct reader *r, struct fy_node *node, int depth)
{
    if (node && fy_node_get_type(node) == FYNT_SCALAR) {
        struct fy_token *token = fy_node_get_scalar_token(node);
        const struct fy_mark *start = token ? fy_token_start_mark(token) : NULL;
        const struct fy_mark *end = token ? fy_token_end_mark(token) : NULL;
        if (start && end)
            return clip_span(r->profile->text, start->input_pos, end->input_pos);
    } else if (node && fy_node_get_type(node) == FYNT_MAPPING && depth < OPTION_DEPTH_MAX) {
        void *at = NULL;
        struct fy_node_pair *pair = fy_node_mapping_iterate(node, &at);
        if (pair)
            return node_span(r, fy_node_pair_key(pair), depth + 1);
    } else if (node && fy_node_get_type(node) == FYNT_SEQUENCE && depth < OPTION_DEPTH_MAX) {
        void *at = NULL;
        return node_span(r, fy_node_sequence_iterate(node, &at), depth + 1);
    }
    return (struct span){ 0, 0 };
}

static void locate(struct reader *r, struct fy_node *node)
{
    struct span span = node_span(r, node, 0);
    if (span.size > 0)
        error_locate(r->err, span);
}

/* ---- scalars ------------------------------------------------------------------------ */

/* Copied; a key without a value reads as an empty text. */
static enum code read_plain(struct reader *r, struct fy_node *node, struct str what,
                            struct str *ret)
{
    size_t size = 0;
    const char *data = "";
    if (node) {
        if (fy_node_get_type(node) != FYNT_SCALAR || fy_node_is_alias(node)) {
            error_set(r->err, E_OPTION, STR_FMT " must be a single value", STR_ARG(what));
            locate(r, node);
            return E_OPTION;
        }
        data = fy_node_get_scalar(node, &size);
        if (!data) {
            data = "";
            size = 0;
        }
    }
    struct str copy = arena_str(r->arena, str_make(data, size));
    if (!copy.data)
        return error_nomem(r->err);
    *ret = copy;
    return OK;
}

static enum code read_value(struct reader *r, struct fy_node *node, struct str what,
                            struct str *ret)
{
    struct str text;
    TRY(read_plain(r, node, what, &text));
    enum code code = profile_expand(r->arena, text, r->folder, ret, r->err);
    if (code != OK)
        locate(r, node);
    return code;
}

static enum code read_key(struct reader *r, struct fy_node_pair *pair, struct str *ret)
{
    struct fy_node *key = fy_node_pair_key(pair);
    TRY(read_plain(r, key, STR("a key"), ret));
    if (ret->size > 0)
        return OK;
    error_set(r->err, E_OPTION, "a key is empty");
    locate(r, fy_node_pair_value(pair));
    return E_OPTION;
}

static enum code want_mapping(struct reader *r, struct fy_node *node, struct str what)
{
    if (node && fy_node_get_type(node) == FYNT_MAPPING)
        return OK;
    error_set(r->err, E_OPTION, "\"" STR_FMT "\" must be a mapping of keys and values",
              STR_ARG(what));
    locate(r, node);
    return E_OPTION;
}

static enum code read_pairs(struct reader *r, struct fy_node *mapping, struct profile_pairs *ret)
{
    enum code code = profile_pairs(r->arena, mapping, ret, r->err);
    if (code != OK)
        locate(r, ret->culprit);
    return code;
}

/* What YAML takes for null, too. */
static bool is_empty(struct fy_node *node)
{
    static const char *const nulls[] = { "", "~", "null", "Null", "NULL" };
    if (!node)
        return true;
    if (fy_node_get_type(node) != FYNT_SCALAR || fy_node_get_style(node) != FYNS_PLAIN)
        return false;
    size_t size = 0;
    const char *data = fy_node_get_scalar(node, &size);
    for (size_t i = 0; i < countof(nulls); i++)
        if (str_is(str_make(data ? data : "", data ? size : 0), nulls[i]))
            return true;
    return false;
}

static enum code unknown_key(struct reader *r, struct fy_node_pair *pair, struct str key,
                             const char *where, const char *const *known)
{
    error_set(r->err, E_OPTION, "%s has no key \"" STR_FMT "\"", where, STR_ARG(key));
    struct nearest nearest;
    nearest_begin(&nearest, key);
    char list[256];
    size_t used = 0;
    for (; *known; known++) {
        nearest_add(&nearest, str_of(*known));
        int n = snprintf(list + used, sizeof list - used, "%s%s", used ? ", " : "", *known);
        used = MIN(used + (size_t)MAX(n, 0), sizeof list - 1);
    }
    error_detail(r->err, "Its keys are %s.", list);
    struct str best = nearest_end(&nearest);
    if (best.data)
        error_hint(r->err, "Perhaps you meant \"" STR_FMT "\".", STR_ARG(best));
    locate(r, fy_node_pair_key(pair));
    return E_OPTION;
}

/* ---- defaults ------------------------------------------------------------------------ */

static enum code push_default(struct reader *r, struct option pair, struct fy_node *node)
{
    TRY(read_value(r, node, pair.key, &pair.value));
    pair.value_span = node_span(r, node, 0);
    struct profile *p = r->profile;
    return ARENA_PUSH(r->arena, p->defaults, p->default_count, p->default_cap, pair)
               ? OK
               : error_nomem(r->err);
}

static enum code add_default(struct reader *r, const char *setting, struct fy_node *node)
{
    return push_default(r, (struct option){ .key = str_of(setting) }, node);
}

static enum code read_on_error(struct reader *r, struct fy_node *node, const char **ret)
{
    struct str text;
    TRY(read_value(r, node, STR("\"on-error\""), &text));
    *ret = profile_on_error(text);
    if (*ret)
        return OK;
    error_set(r->err, E_OPTION, "\"on-error\" cannot be \"" STR_FMT "\"", STR_ARG(text));
    error_detail(r->err, "Possible values: skip, fail, route.");
    locate(r, node);
    return E_OPTION;
}

/* "10s", or a mapping with one key. */
static enum code read_one_of(struct reader *r, struct fy_node *node, const char *where,
                             const char *key, const char *setting)
{
    if (!node || fy_node_get_type(node) != FYNT_MAPPING)
        return add_default(r, setting, node);
    const char *const known[] = { key, NULL };
    struct profile_pairs pairs;
    TRY(read_pairs(r, node, &pairs));
    for (uint32_t i = 0; i < pairs.count; i++) {
        struct fy_node_pair *pair = pairs.items[i];
        struct str name;
        TRY(read_key(r, pair, &name));
        if (!str_iis(name, key))
            return unknown_key(r, pair, name, where, known);
        TRY(add_default(r, setting, profile_pair_value(pair)));
    }
    return OK;
}

static enum code read_checkpoint(struct reader *r, struct fy_node *node)
{
    return read_one_of(r, node, "\"checkpoint\"", "interval", "weir.checkpoint.interval");
}

static enum code read_state(struct reader *r, struct fy_node *node)
{
    return read_one_of(r, node, "\"state\"", "dir", "weir.state.dir");
}

static enum code read_defaults(struct reader *r, struct fy_node *node)
{
    static const char *const known[] = { "dialect",  "time-zone",   "parallelism", "checkpoint", "state",
                                         "on-error", "dead-letter", "late-table",  NULL };
    if (is_empty(node))
        return OK;
    TRY(want_mapping(r, node, STR("defaults")));
    struct profile_pairs pairs;
    TRY(read_pairs(r, node, &pairs));
    for (uint32_t i = 0; i < pairs.count; i++) {
        struct fy_node_pair *pair = pairs.items[i];
        struct str key;
        TRY(read_key(r, pair, &key));
        struct fy_node *value = profile_pair_value(pair);
        if (str_iis(key, "dialect"))
            TRY(add_default(r, "weir.dialect", value));
        else if (str_iis(key, "time-zone"))
            TRY(add_default(r, "table.local-time-zone", value));
        else if (str_iis(key, "parallelism"))
            TRY(add_default(r, "parallelism.default", value));
        else if (str_iis(key, "checkpoint"))
            TRY(read_checkpoint(r, value));
        else if (str_iis(key, "state"))
            TRY(read_state(r, value));
        else if (str_iis(key, "on-error"))
            TRY(read_on_error(r, value, &r->profile->on_error));
        else if (str_iis(key, "dead-letter"))
            TRY(read_value(r, value, STR("\"dead-letter\""), &r->profile->dead_letter));
        else if (str_iis(key, "late-table"))
            TRY(read_value(r, value, STR("\"late-table\""), &r->profile->late_table));
        else
            return unknown_key(r, pair, key, "\"defaults\"", known);
    }
    return OK;
}

/* prefix and key, with a dot between them. */
static enum code join_keys(struct reader *r, struct str prefix, struct str *key)
{
    if (prefix.size == 0)
        return OK;
    *key = str_of(arena_printf(r->arena, STR_FMT "." STR_FMT, STR_ARG(prefix), STR_ARG(*key)));
    return key->data ? OK : error_nomem(r->err);
}

static enum code too_deep(struct reader *r, struct fy_node_pair *pair)
{
    error_set(r->err, E_LIMIT, "options are nested too deeply");
    locate(r, fy_node_pair_key(pair));
    return E_LIMIT;
}

/* What SET would say, under any name that SET knows. */
static enum code read_settings(struct reader *r, struct fy_node *node, struct str prefix, int depth)
{
    if (is_empty(node))
        return OK;
    TRY(want_mapping(r, node, STR("settings")));
    struct profile_pairs pairs;
    TRY(read_pairs(r, node, &pairs));
    for (uint32_t i = 0; i < pairs.count; i++) {
        struct fy_node_pair *pair = pairs.items[i];
        struct option setting = { .key_span = node_span(r, fy_node_pair_key(pair), 0) };
        TRY(read_key(r, pair, &setting.key));
        TRY(join_keys(r, prefix, &setting.key));
        struct fy_node *value = profile_pair_value(pair);
        if (!value || fy_node_get_type(value) != FYNT_MAPPING)
            TRY(push_default(r, setting, value));
        else if (depth == OPTION_DEPTH_MAX)
            return too_deep(r, pair);
        else
            TRY(read_settings(r, value, setting.key, depth + 1));
    }
    return OK;
}

/* ---- connectors and tables ------------------------------------------------------------- */

static enum code read_options(struct reader *r, struct fy_node *node, struct str prefix,
                              struct profile_entry *entry, int depth)
{
    struct profile_pairs pairs;
    TRY(read_pairs(r, node, &pairs));
    for (uint32_t i = 0; i < pairs.count; i++) {
        struct fy_node_pair *pair = pairs.items[i];
        struct str key;
        TRY(read_key(r, pair, &key));
        struct fy_node *value = profile_pair_value(pair);
        TRY(join_keys(r, prefix, &key));
        if (prefix.size > 0) {
            /* an option of the connector, whatever it is called */
        } else if (str_iis(key, "on-error")) {
            TRY(read_on_error(r, value, &entry->on_error));
            continue;
        } else if (str_iis(key, "dead-letter") || str_iis(key, "dead-letter-table")) {
            TRY(read_value(r, value, STR("\"dead-letter\""), &entry->dead_letter));
            continue;
        } else if (str_iis(key, "late-table")) {
            TRY(read_value(r, value, STR("\"late-table\""), &entry->late_table));
            continue;
        }
        if (value && fy_node_get_type(value) == FYNT_MAPPING) {
            if (depth == OPTION_DEPTH_MAX)
                return too_deep(r, pair);
            TRY(read_options(r, value, key, entry, depth + 1));
            continue;
        }
        struct option option = { .key = key, .from_profile = true };
        TRY(read_value(r, value, key, &option.value));
        option.key_span = node_span(r, fy_node_pair_key(pair), 0);
        option.value_span = node_span(r, value, 0);
        if (!ARENA_PUSH(r->arena, entry->options, entry->count, entry->cap, option))
            return error_nomem(r->err);
    }
    return OK;
}

static enum code read_entries(struct reader *r, struct fy_node *node, const char *what,
                              struct profile_entry **items, uint32_t *count, uint32_t *cap)
{
    if (is_empty(node))
        return OK;
    TRY(want_mapping(r, node, str_of(what)));
    struct profile_pairs pairs;
    TRY(read_pairs(r, node, &pairs));
    for (uint32_t i = 0; i < pairs.count; i++) {
        struct fy_node_pair *pair = pairs.items[i];
        struct profile_entry entry = { 0 };
        TRY(read_key(r, pair, &entry.name));
        entry.span = node_span(r, fy_node_pair_key(pair), 0);
        struct fy_node *value = profile_pair_value(pair);
        if (!is_empty(value)) {
            TRY(want_mapping(r, value, entry.name));
            TRY(read_options(r, value, STR(""), &entry, 0));
        }
        if (!ARENA_PUSH(r->arena, *items, *count, *cap, entry))
            return error_nomem(r->err);
    }
    return OK;
}

static enum code read_root(struct reader *r, struct fy_node *root)
{
    static const char *const known[] = { "defaults", "settings",   "connectors", "tables",
                                         "state",    "checkpoint", NULL };
    if (is_empty(root))
        return OK;
    struct profile *p = r->profile;
    if (fy_node_get_type(root) != FYNT_MAPPING) {
        error_set(r->err, E_OPTION,
                  "a profile is a mapping with the keys defaults, connectors "
                  "and tables");
        locate(r, root);
        return E_OPTION;
    }
    struct profile_pairs pairs;
    TRY(read_pairs(r, root, &pairs));
    for (uint32_t i = 0; i < pairs.count; i++) {
        struct fy_node_pair *pair = pairs.items[i];
        struct str key;
        TRY(read_key(r, pair, &key));
        struct fy_node *value = profile_pair_value(pair);
        if (str_starts(key, STR("x-")))
            continue; /* only holds what aliases stand for */
        if (str_iis(key, "defaults"))
            TRY(read_defaults(r, value));
        else if (str_iis(key, "settings"))
            TRY(read_settings(r, value, STR(""), 0));
        else if (str_iis(key, "connectors"))
            TRY(read_entries(r, value, "connectors", &p->connectors, &p->connector_count,
                             &p->connector_cap));
        else if (str_iis(key, "tables"))
            TRY(read_entries(r, value, "tables", &p->tables, &p->table_count, &p->table_cap));
        else if (str_iis(key, "state"))
            TRY(read_state(r, value));
        else if (str_iis(key, "checkpoint"))
            TRY(read_checkpoint(r, value));
        else
            return unknown_key(r, pair, key, "a profile", known);
    }
    return OK;
}

/* ---- the document ------------------------------------------------------------------------ */

static void quiet(struct fy_diag *diag, void *user, const char *text, size_t size)
{
    (void)diag, (void)user, (void)text, (void)size;
}

/* Line and column of libfyaml (from 1) to an offset. */
static size_t offset_of(struct str text, int line, int column)
{
    size_t at = 0;
    while (line > 1) {
        size_t end = str_find_byte(str_make(text.data + at, text.size - at), '\n');
        if (end == (size_t)-1)
            return text.size;
        at += end + 1;
        line--;
    }
    size_t line_size = str_find_byte(str_make(text.data + at, text.size - at), '\n');
    if (line_size == (size_t)-1)
        line_size = text.size - at;
    struct str rest = str_make(text.data + at, line_size);
    return at + utf8_offset(rest, column > 1 ? (size_t)column - 1 : 0);
}

static enum code yaml_error(struct fy_diag *diag, struct str text, struct error *err)
{
    void *at = NULL;
    struct fy_diag_error *first = fy_diag_errors_iterate(diag, &at);
    if (!first || !first->msg)
        return error_set(err, E_SYNTAX, "the profile is not valid YAML");
    size_t size = strlen(first->msg);
    while (size > 0 && (first->msg[size - 1] == '\n' || first->msg[size - 1] == '.'))
        size--;
    size_t offset = offset_of(text, first->line, first->column);
    return error_at(err, E_SYNTAX, clip_span(text, offset, offset + 1), "invalid YAML: %.*s",
                    (int)size, first->msg);
}

static bool is_only_comments(struct str text)
{
    while (text.size > 0) {
        size_t end = str_find_byte(text, '\n');
        size_t size = end == (size_t)-1 ? text.size : end;
        struct str line = str_trim(str_make(text.data, size));
        if (line.size > 0 && line.data[0] != '#')
            return false;
        size_t taken = MIN(size + 1, text.size);
        text = str_make(text.data + taken, text.size - taken);
    }
    return true;
}

enum code profile_parse(struct arena *arena, struct str text, struct str folder,
                        struct profile *ret, struct error *err)
{
    struct error unwanted;
    err = err ? err : &unwanted;
    ret->text = text;
    size_t valid = utf8_valid_prefix(text.data, text.size);
    if (valid < text.size)
        return error_at(err, E_SYNTAX, clip_span(text, valid, valid + 1),
                        "the profile is not UTF-8");
    if (str_find_byte(text, '\0') != (size_t)-1)
        return error_set(err, E_SYNTAX, "the profile has a zero byte");
    struct fy_diag_cfg diag_cfg;
    fy_diag_cfg_default(&diag_cfg);
    diag_cfg.fp = NULL;
    diag_cfg.output_fn = quiet;
    diag_cfg.colorize = false;
    struct fy_diag *diag = fy_diag_create(&diag_cfg);
    if (!diag)
        return error_nomem(err);
    fy_diag_set_collect_errors(diag, true);
    struct fy_parse_cfg cfg = { .flags = FYPCF_COLLECT_DIAG | FYPCF_DISABLE_MMAP_OPT,
                                .diag = diag };
    enum code code = OK;
    if (!is_only_comments(text)) { /* libfyaml takes those for an error */
        struct fy_document *document = fy_document_build_from_string(&cfg, text.data, text.size);
        if (!document) {
            code = yaml_error(diag, text, err);
        } else {
            struct reader r = { arena, ret, folder, err };
            code = read_root(&r, fy_document_root(document));
            fy_document_destroy(document);
        }
    }
    fy_diag_destroy(diag);
    return code;
}

/* ---- finding it ----------------------------------------------------------------------------- */

static bool is_path(struct str name)
{
    return str_find_byte(name, '/') != (size_t)-1 || str_ends(name, STR(".yaml")) ||
           str_ends(name, STR(".yml"));
}

/* NULL in *ret: there is none. */
static enum code find_path(struct arena *arena, struct str name, const char **ret,
                           struct error *err)
{
    const char *home = getenv("XDG_CONFIG_HOME");
    const char *user = getenv("HOME");
    const char *places[3] = { arena_printf(arena, "./" STR_FMT ".yaml", STR_ARG(name)),
                              arena_printf(arena, "./" STR_FMT ".yml", STR_ARG(name)), NULL };
    uint32_t n = 2;
    if (home && *home)
        places[n++] = arena_printf(arena, "%s/weir/" STR_FMT ".yaml", home, STR_ARG(name));
    else if (user && *user)
        places[n++] = arena_printf(arena, "%s/.config/weir/" STR_FMT ".yaml", user, STR_ARG(name));
    *ret = NULL;
    for (uint32_t i = 0; i < n; i++) {
        if (!places[i])
            return error_nomem(err);
        if (!*ret && access(places[i], F_OK) == 0)
            *ret = places[i];
    }
    if (*ret)
        return OK;
    error_set(err, E_USAGE, "there is no profile \"" STR_FMT "\"", STR_ARG(name));
    error_detail(err, "It was looked for as %s, %s%s%s.", places[0], places[1], n == 3 ? ", " : "",
                 n == 3 ? places[2] : "");
    struct nearest nearest;
    nearest_begin(&nearest, name);
    nearest_add(&nearest, STR("local"));
    if (nearest_end(&nearest).data)
        error_hint(err, "Perhaps you meant the built-in profile \"local\".");
    return E_USAGE;
}

enum code profile_load(struct arena *arena, struct str name, struct profile **ret,
                       struct error *err)
{
    *ret = NULL;
    struct profile *profile = arena_new(arena, struct profile);
    if (!profile)
        return error_nomem(err);
    if (str_is(name, "local")) {
        profile->local = true;
        *ret = profile;
        return OK;
    }
    const char *path = arena_cstr(arena, name);
    if (!path)
        return error_nomem(err);
    if (!is_path(name))
        TRY(find_path(arena, name, &path, err));
    struct str text;
    enum code code = profile_read_file(arena, path, &text, err);
    if (code != OK) {
        error_while(err, "reading the profile");
        return code;
    }
    profile->path = str_of(path);
    profile->text = text;
    const char *slash = strrchr(path, '/');
    struct str folder = slash ? str_make(path, MAX((size_t)(slash - path), 1)) : STR("");
    *ret = profile;
    return profile_parse(arena, text, folder, profile, err);
}
