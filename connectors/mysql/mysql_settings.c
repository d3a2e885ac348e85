/* mysql_settings.c -- see mysql_settings.h.
 *
 * Of the properties of JDBC's drivers those count that say something about the connection; others
 * (rewriteBatchedStatements, characterEncoding ...) tune a driver that is not here. */
#include "mysql/mysql_settings.h"

#include "base/memory.h"
#include "base/number.h"
#include "mysql/mysql_literal.h"
#include "types/zone.h"

#include <stdio.h>

enum { CONNECT_S = 3, IO_S = 60, IO_MAX_S = 24 * 3600, LOCK_WAIT_MAX_S = 20 };

struct str mysql_option(const struct table_def *table, const char *rds, const char *jdbc)
{
    struct str value = options_get(table->options, rds);
    return value.data ? value : options_get(table->options, jdbc);
}

static enum code missing(const struct table_def *table, const char *option, struct error *err)
{
    error_set(err, E_OPTION, "table \"" STR_FMT "\" needs the option \"%s\"", STR_ARG(table->name),
              option);
    error_hint(err, "It may stand in WITH or in the profile.");
    return E_OPTION;
}

/* --- properties ------------------------------------------------------------------------ */

/* A property stands in the url, or is an option of its own. */
static enum code wrong_property(const struct mysql_settings *s, const char *name, struct error *err)
{
    char full[64];
    snprintf(full, sizeof full, "properties.%s", name);
    const struct option *option = options_find(s->options, full);
    option_locate(err, option ? option : options_find(s->options, "url"));
    return E_OPTION;
}

static bool is_on(const struct mysql_url *url, const char *name, bool otherwise)
{
    struct str value = mysql_url_get(url, name);
    return value.data ? str_iis(value, "true") || str_is(value, "1") : otherwise;
}

/* A time limit in milliseconds, in whole seconds; 0 is JDBC's word for none. */
static enum code read_seconds(const struct mysql_settings *s, const char *name, uint32_t otherwise,
                              uint32_t *ret, struct error *err)
{
    struct str value = mysql_url_get(&s->url, name);
    int64_t ms = 0;
    if (value.data && (!number_parse_i64(value.data, value.size, &ms) || ms < 0)) {
        error_set(err, E_OPTION, "property \"%s\" of the url is no number of milliseconds", name);
        return wrong_property(s, name, err);
    }
    *ret = ms > 0 ? (uint32_t)MIN((ms + 999) / 1000, (int64_t)IO_MAX_S) : otherwise;
    return OK;
}

static enum code read_tls(struct mysql_settings *s, struct error *err)
{
    static const struct {
        const char *name;
        enum mysql_tls tls;
    } modes[] = {
        { "DISABLED", MYSQL_TLS_OFF },         { "disable", MYSQL_TLS_OFF },
        { "PREFERRED", MYSQL_TLS_OFF },        { "REQUIRED", MYSQL_TLS_TRUSTS },
        { "trust", MYSQL_TLS_TRUSTS },         { "VERIFY_CA", MYSQL_TLS_VERIFIES },
        { "verify-ca", MYSQL_TLS_VERIFIES },   { "VERIFY_IDENTITY", MYSQL_TLS_VERIFIES },
        { "verify-full", MYSQL_TLS_VERIFIES },
    };
    struct str mode = mysql_url_get(&s->url, "sslMode");
    if (is_on(&s->url, "useSSL", false) || is_on(&s->url, "requireSSL", false))
        s->tls = is_on(&s->url, "verifyServerCertificate", true) &&
                         !is_on(&s->url, "trustServerCertificate", false)
                     ? MYSQL_TLS_VERIFIES
                     : MYSQL_TLS_TRUSTS;
    for (size_t i = 0; mode.data && i < countof(modes); i++)
        if (str_iis(mode, modes[i].name)) {
            s->tls = modes[i].tls;
            return OK;
        }
    if (!mode.data)
        return OK;
    error_set(err, E_OPTION, "property \"sslMode\" of the url is \"" STR_FMT "\"", STR_ARG(mode));
    error_hint(err, "It may be DISABLED, REQUIRED or VERIFY_IDENTITY.");
    return wrong_property(s, "sslMode", err);
}

/* The file of the first of the properties that is there; "file:/ca.pem" is /ca.pem. */
static enum code read_file(struct mysql_settings *s, const char *const *names, const char **ret,
                           struct error *err)
{
    for (; *names; names++) {
        struct str value = mysql_url_get(&s->url, *names);
        if (!value.data || value.size == 0)
            continue;
        struct str path = value;
        if (str_starts(path, STR("file://")))
            path = str_make(path.data + 7, path.size - 7);
        else if (str_starts(path, STR("file:")))
            path = str_make(path.data + 5, path.size - 5);
        if (str_ends(path, STR(".jks")) || str_ends(path, STR(".p12"))) {
            error_set(err, E_OPTION, "property \"%s\" of the url is a key store of Java", *names);
            error_hint(err, "Certificates and keys are read from PEM files.");
            return wrong_property(s, *names, err);
        }
        *ret = arena_cstr(s->arena, path);
        return *ret ? OK : error_nomem(err);
    }
    return OK;
}

static enum code read_properties(struct mysql_settings *s, struct error *err)
{
    static const char *const ca[] = { "serverSslCert", "trustCertificateKeyStoreUrl", "sslCA",
                                      "ssl-ca", NULL };
    static const char *const cert[] = { "clientCertificateKeyStoreUrl", "keyStore", "sslCert",
                                        "ssl-cert", NULL };
    static const char *const key[] = { "sslKey", "ssl-key", NULL };
    TRY(read_seconds(s, "connectTimeout", CONNECT_S, &s->connect_s, err));
    TRY(read_seconds(s, "socketTimeout", IO_S, &s->io_s, err));
    /* The server gives up waiting for a lock before we give up waiting for the server: else a
     * statement that we send again may still be under way there. */
    s->lock_wait_s = MAX(MIN(s->io_s / 2, (uint32_t)LOCK_WAIT_MAX_S), 1);
    TRY(read_tls(s, err));
    TRY(read_file(s, ca, &s->ca_file, err));
    TRY(read_file(s, cert, &s->cert_file, err));
    TRY(read_file(s, key, &s->key_file, err));
    if (s->cert_file && !s->key_file)
        s->key_file = s->cert_file; /* one file for both */
    struct str session = mysql_url_get(&s->url, "sessionVariables");
    if (session.size > 0)
        s->session = session.data;
    return OK;
}

/* --- options --------------------------------------------------------------------------- */

static enum code copy_option(struct mysql_settings *s, struct str value, const char **ret,
                             struct error *err)
{
    if (!value.data)
        return OK;
    *ret = arena_cstr(s->arena, value);
    return *ret ? OK : error_nomem(err);
}

/* `shop`.`orders` of shop.orders; a name in backticks is one name. */
static enum code quote_table(struct mysql_settings *s, struct error *err)
{
    struct buf text;
    struct str rest = s->name;
    size_t dot;
    buf_init(&text, 1 << 16);
    bool is_quoted = rest.size > 2 && rest.data[0] == '`' && rest.data[rest.size - 1] == '`';
    if (is_quoted)
        rest = str_make(rest.data + 1, rest.size - 2);
    else if ((dot = str_find_byte(rest, '.')) != (size_t)-1) {
        mysql_put_name(&text, str_make(rest.data, dot));
        buf_char(&text, '.');
        rest = str_make(rest.data + dot + 1, rest.size - dot - 1);
    }
    mysql_put_name(&text, rest);
    enum code code = buf_check(&text, err);
    if (code == OK && !(s->table = arena_cstr(s->arena, buf_view(&text))))
        code = error_nomem(err);
    buf_done(&text);
    return code;
}

/* properties.useSSL = 'true' and the like. */
static enum code add_properties(const struct table_def *table, struct mysql_settings *s,
                                struct error *err)
{
    static const char prefix[] = "properties.";
    size_t size = sizeof prefix - 1;
    for (uint32_t i = 0; i < table->options->count; i++) {
        const struct option *o = &table->options->items[i];
        if (o->key.size <= size || !str_iis(str_make(o->key.data, size), prefix))
            continue;
        struct str name = str_make(o->key.data + size, o->key.size - size);
        TRY(mysql_url_set(s->arena, &s->url, name, o->value, err));
    }
    return OK;
}

static enum code read_all(const struct table_def *table, struct mysql_settings *s,
                          struct error *err)
{
    struct str url = mysql_option(table, "url", "url");
    struct str name = mysql_option(table, "tableName", "table-name");
    struct str user = mysql_option(table, "userName", "username");
    struct str zone = mysql_option(table, "timeZone", "timeZone");
    enum code code = url.size > 0 ? mysql_url_parse(s->arena, url, &s->url, err) : OK;
    if (code != OK) {
        option_locate(err, options_find(table->options, "url"));
        return code;
    }
    s->options = table->options;
    TRY(add_properties(table, s, err));
    s->name = arena_str(s->arena, name);
    if (!s->name.data)
        return error_nomem(err);
    s->user = s->url.user;
    s->database = s->url.database;
    TRY(copy_option(s, user, &s->user, err));
    TRY(copy_option(s, mysql_option(table, "password", "password"), &s->password, err));
    s->zone = table->zone;
    code = zone.size > 0 ? zone_load(s->arena, zone, &s->zone, err) : OK;
    if (code != OK) {
        option_locate(err, options_find(table->options, "timeZone"));
        return code;
    }
    TRY(quote_table(s, err));
    return read_properties(s, err);
}

static const char *lack(const struct table_def *table, const struct mysql_settings *s)
{
    bool is_rds = table->blink;
    if (mysql_option(table, "url", "url").size == 0)
        return "url";
    if (s->name.size == 0)
        return is_rds ? "tableName" : "table-name";
    return s->user ? NULL : is_rds ? "userName" : "username";
}

static enum code read_settings(const struct table_def *table, struct mysql_settings **ret,
                               struct error *err)
{
    struct arena *arena = arena_create();
    struct mysql_settings *s = arena ? arena_new(arena, struct mysql_settings) : NULL;
    if (!s) {
        arena_destroy(arena);
        return error_nomem(err);
    }
    s->arena = arena;
    enum code code = read_all(table, s, err);
    if (code != OK) {
        arena_destroy(arena);
        return code;
    }
    *ret = s;
    return OK;
}

enum code mysql_settings_create(const struct table_def *table, struct mysql_settings **ret,
                                struct error *err)
{
    struct mysql_settings *s;
    TRY(read_settings(table, &s, err));
    const char *option = lack(table, s);
    if (option) {
        mysql_settings_destroy(s);
        return missing(table, option, err);
    }
    *ret = s;
    return OK;
}

enum code mysql_settings_check(const struct table_def *table, struct error *err)
{
    struct mysql_settings *s;
    TRY(read_settings(table, &s, err));
    mysql_settings_destroy(s);
    return OK;
}

const char *mysql_settings_lack(const struct table_def *table, bool as_sink)
{
    (void)as_sink;
    struct mysql_settings *s;
    if (read_settings(table, &s, NULL) != OK)
        return NULL;
    const char *option = lack(table, s);
    mysql_settings_destroy(s);
    return option;
}

void mysql_settings_destroy(struct mysql_settings *settings)
{
    if (settings)
        arena_destroy(settings->arena);
}
