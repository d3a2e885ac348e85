/* click_address.c -- the options that say where a table is.
 *
 *     clickhouse://HOST:PORT[,HOST:PORT]/DATABASE    also jdbc:clickhouse://, ch://, http://, https://
 *
 * Without a port it is 8123, with TLS 8443.  Parameters behind a question mark are those of JDBC that
 * say how to connect; settings of the server are options of their own (properties.NAME). */
#include "clickhouse/click_server.h"

#include "base/arena.h"
#include "http/http_options.h"

struct address {
    struct str hosts, database, query;
    bool has_tls;
};

/* --- the url ------------------------------------------------------------------------------- */

static bool take_prefix(struct str *text, const char *prefix)
{
    size_t size = strlen(prefix);
    if (text->size < size || !str_ieq(str_make(text->data, size), str_of(prefix)))
        return false;
    *text = str_make(text->data + size, text->size - size);
    return true;
}

/* Cuts the text at the first `byte`; what is behind it is returned. */
static struct str cut_at(struct str *text, char byte)
{
    size_t at = str_find_byte(*text, byte);
    if (at == (size_t)-1)
        return STR("");
    struct str rest = str_make(text->data + at + 1, text->size - at - 1);
    text->size = at;
    return rest;
}

static struct address split(struct str url)
{
    struct address a = { .has_tls = false };
    take_prefix(&url, "jdbc:");
    if (take_prefix(&url, "https://"))
        a.has_tls = true;
    else if (!take_prefix(&url, "clickhouse://") && !take_prefix(&url, "ch://"))
        take_prefix(&url, "http://");
    /* clickhouse:http://... of newer drivers */
    if (take_prefix(&url, "clickhouse:") || take_prefix(&url, "ch:")) {
        if (take_prefix(&url, "https://"))
            a.has_tls = true;
        else if (!take_prefix(&url, "http://"))
            take_prefix(&url, "//");
    }
    a.hosts = url;
    a.query = cut_at(&a.hosts, '?');
    a.database = cut_at(&a.hosts, '/');
    while (a.database.size > 0 && a.database.data[a.database.size - 1] == '/')
        a.database.size--;
    return a;
}

static enum code bad_url(const struct table_def *table, const char *what, struct str shown,
                         struct error *err)
{
    error_set(err, E_OPTION, "option \"url\" of table \"" STR_FMT "\" %s \"" STR_FMT "\"",
              STR_ARG(table->name), what, STR_ARG(shown));
    option_locate(err, options_find(table->options, "url"));
    return E_OPTION;
}

static enum code read_parameters(const struct table_def *table, struct address *a,
                                 struct http_settings *http, struct error *err)
{
    struct str rest = a->query;
    while (rest.size > 0) {
        struct str pair = rest;
        rest = cut_at(&pair, '&');
        struct str key = pair, value = cut_at(&key, '=');
        if (str_iis(key, "ssl"))
            a->has_tls = a->has_tls || str_iis(value, "true") || str_is(value, "1");
        else if (str_iis(key, "user"))
            http->username = value;
        else if (str_iis(key, "password"))
            http->password = value;
        else if (str_iis(key, "database"))
            a->database = value;
        else {
            bad_url(table, "has the unknown parameter", key, err);
            error_hint(err,
                       "A setting of the server is an option of its own: "
                       "'properties." STR_FMT "' = '...'.",
                       STR_ARG(key));
            return E_OPTION;
        }
    }
    return OK;
}

static bool has_port(struct str host)
{
    size_t bracket = str_find_byte(host, ']');
    size_t from = bracket == (size_t)-1 ? 0 : bracket;
    return str_find_byte(str_make(host.data + from, host.size - from), ':') != (size_t)-1;
}

static enum code read_hosts(const struct table_def *table, const struct address *a,
                            struct arena *arena, struct click_target *ret, struct error *err)
{
    struct str rest = a->hosts;
    struct buf list;
    buf_init(&list, 1 << 16);
    while (rest.size > 0) {
        struct str host = rest;
        rest = cut_at(&host, ',');
        host = str_trim(host);
        if (str_find_byte(host, '@') != (size_t)-1)
            host = STR(""); /* a user and a password have options of their own */
        if (host.size == 0) {
            buf_clear(&list);
            break;
        }
        buf_printf(&list, "%s%s" STR_FMT "%s", list.size > 0 ? ";" : "",
                   a->has_tls ? "https://" : "http://", STR_ARG(host),
                   has_port(host) ? ""
                   : a->has_tls   ? ":8443"
                                  : ":8123");
        if (!ret->endpoint.data)
            ret->endpoint = host;
    }
    enum code code = buf_check(&list, err);
    ret->http.endpoints = code == OK ? arena_str(arena, buf_view(&list)) : STR("");
    buf_done(&list);
    TRY(code);
    if (!ret->http.endpoints.data)
        return error_nomem(err);
    if (ret->http.endpoints.size > 0)
        return OK;
    error_set(err, E_OPTION, "option \"url\" of table \"" STR_FMT "\" is no address of ClickHouse",
              STR_ARG(table->name));
    error_hint(err,
               "It looks like 'clickhouse://HOST:8123/DATABASE'; user and password are options "
               "of their own.");
    option_locate(err, options_find(table->options, "url"));
    return E_OPTION;
}

/* --- the other options --------------------------------------------------------------------- */

static struct str either(const struct options *options, const char *a, const char *b)
{
    struct str value = options_get(options, a);
    return value.size > 0 ? value : options_get(options, b);
}

static enum code missing(const struct table_def *table, const char *option, struct error *err)
{
    error_set(err, E_OPTION, "table \"" STR_FMT "\" needs the option \"%s\" to reach ClickHouse",
              STR_ARG(table->name), option);
    error_hint(err, "It may stand in WITH (...) or in the profile.");
    return E_OPTION;
}

static enum code make_path(const struct options *options, struct click_target *ret,
                           struct arena *arena, struct error *err)
{
    struct buf path;
    buf_init(&path, 1 << 16);
    buf_text(&path, "/?database=");
    http_put_escaped(&path, ret->database);
    if (ret->http.accepts_gzip)
        buf_text(&path, "&enable_http_compression=1");
    for (uint32_t i = 0; i < options->count; i++) {
        struct str name = options->items[i].key;
        if (!take_prefix(&name, "properties.") || name.size == 0)
            continue;
        buf_char(&path, '&');
        http_put_escaped(&path, name);
        buf_char(&path, '=');
        http_put_escaped(&path, options->items[i].value);
    }
    enum code code = buf_check(&path, err);
    ret->path = code == OK ? arena_str(arena, buf_view(&path)) : STR("");
    buf_done(&path);
    TRY(code);
    return ret->path.data ? OK : error_nomem(err);
}

const char *click_lack(const struct table_def *table, bool as_sink)
{
    (void)as_sink;
    if (str_trim(options_get(table->options, "url")).size == 0)
        return "url";
    return either(table->options, "tableName", "table-name").size > 0 ? NULL : "tableName";
}

static enum code read_target(const struct table_def *table, struct str url, struct arena *arena,
                             struct click_target *ret, struct error *err)
{
    const struct options *options = table->options;
    *ret = (struct click_target){ .job_name = table->name };
    ret->http.endpoints_option = options_find(options, "url");
    ret->table = either(options, "tableName", "table-name");
    struct address address = split(url);
    TRY(read_parameters(table, &address, &ret->http, err));
    TRY(read_hosts(table, &address, arena, ret, err));
    ret->database = options_has(options, "database-name") || address.database.size == 0
                        ? options_get(options, "database-name")
                        : address.database;
    struct str user = either(options, "userName", "username");
    if (user.size > 0)
        ret->http.username = user;
    if (options_get(options, "password").size > 0)
        ret->http.password = options_get(options, "password");
    if (ret->http.password.size > 0 && ret->http.username.size == 0)
        ret->http.username = STR("default");
    TRY(http_read_options(&ret->http, options, arena, err));
    return make_path(options, ret, arena, err);
}

enum code click_target_read(const struct table_def *table, struct arena *arena,
                            struct click_target *ret, struct error *err)
{
    const char *option = click_lack(table, false);
    if (option)
        return missing(table, option, err);
    return read_target(table, str_trim(options_get(table->options, "url")), arena, ret, err);
}

/* The sign is no column of the rows that it is the sign of. */
static enum code check_sign(const struct table_def *table, struct error *err)
{
    struct str sign = options_get(table->options, "sink.sign-column");
    const struct schema *schema = table->schema;
    for (uint32_t i = 0; i < schema->key_count && sign.size > 0; i++)
        if (str_eq(schema->fields[schema->key[i]].name, sign)) {
            error_set(err, E_OPTION,
                      "column \"" STR_FMT "\" of the primary key is the one that ClickHouse "
                      "tells deletes by",
                      STR_ARG(sign));
            option_locate(err, options_find(table->options, "sink.sign-column"));
            return E_OPTION;
        }
    return OK;
}

enum code click_check(const struct table_def *table, bool as_sink, struct error *err)
{
    struct click_target target;
    struct str url = str_trim(options_get(table->options, "url"));
    struct arena *arena = arena_create();
    if (!arena)
        return error_nomem(err);
    /* One that is missing says nothing of the others. */
    enum code code = read_target(table, url.size > 0 ? url : STR("localhost"), arena, &target, err);
    if (code == OK)
        code = http_settings_check(&target.http, err);
    if (code == OK && as_sink)
        code = check_sign(table, err);
    arena_destroy(arena);
    return code;
}

void click_describe(const struct table_def *table, struct buf *out)
{
    const struct options *options = table->options;
    struct address address = split(str_trim(options_get(options, "url")));
    bool is_given = options_has(options, "database-name") || address.database.size == 0;
    struct str database = is_given ? options_get(options, "database-name") : address.database;
    struct str name = either(options, "tableName", "table-name");
    buf_printf(out, "table=" STR_FMT "." STR_FMT, STR_ARG(database), STR_ARG(name));
    if (address.hosts.size > 0 && str_find_byte(address.hosts, '@') == (size_t)-1)
        buf_printf(out, " endpoint=" STR_FMT, STR_ARG(address.hosts));
}
