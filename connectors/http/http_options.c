/* http_options.c -- see http_options.h. */
#include "http/http_options.h"

static const char header_prefix[] = "http.header.";

/* A missing or empty option is missing. */
static struct str get(const struct options *options, const char *name)
{
    struct str text = options_get(options, name);
    return text.size > 0 ? text : (struct str){ NULL, 0 };
}

static bool names_header(struct str key, struct str *ret_name)
{
    size_t size = sizeof header_prefix - 1;
    if (key.size <= size || !str_ieq(str_make(key.data, size), str_of(header_prefix)))
        return false;
    *ret_name = str_make(key.data + size, key.size - size);
    return true;
}

static bool is_token(struct str name)
{
    for (size_t i = 0; i < name.size; i++) {
        char c = name.data[i];
        bool is_letter = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
        if (!is_letter && (c == 0 || !strchr("!#$%&'*+-.^_`|~", c)))
            return false;
    }
    return true;
}

/* A line break would make a header, or a request, of its own out of a value. */
static enum code check_value(const struct option *option, struct error *err)
{
    struct str value = option ? str_trim(option->value) : STR("");
    for (size_t i = 0; i < value.size; i++)
        if ((unsigned char)value.data[i] < 0x20 || value.data[i] == 0x7f) {
            error_set(err, E_OPTION, "option \"" STR_FMT "\" cannot hold control characters",
                      STR_ARG(option->key));
            option_locate(err, option);
            return E_OPTION;
        }
    return OK;
}

static enum code read_headers(struct http_settings *settings, const struct options *options,
                              struct arena *arena, struct error *err)
{
    struct str *headers = arena_array(arena, struct str, options->count + 1);
    if (!headers)
        return error_nomem(err);
    uint32_t count = 0;
    for (uint32_t i = 0; i < options->count; i++) {
        const struct option *option = &options->items[i];
        struct str name;
        if (!names_header(option->key, &name))
            continue;
        if (!is_token(name)) {
            error_set(err, E_OPTION, "\"" STR_FMT "\" is no name of a header of HTTP",
                      STR_ARG(name));
            if (option->key_span.size > 0)
                error_locate(err, option->key_span);
            return E_OPTION;
        }
        TRY(check_value(option, err));
        char *line = arena_printf(arena, STR_FMT ": " STR_FMT, STR_ARG(name),
                                  STR_ARG(str_trim(option->value)));
        if (!line)
            return error_nomem(err);
        headers[count++] = str_of(line);
    }
    settings->headers = headers;
    settings->header_count = count;
    return OK;
}

enum code http_read_options(struct http_settings *settings, const struct options *options,
                            struct arena *arena, struct error *err)
{
    TRY(read_headers(settings, options, arena, err));
    settings->bearer = get(options, "http.bearer-token");
    settings->connect_timeout_ms = options_duration_ms(options, "http.connect-timeout");
    settings->timeout_ms = options_duration_ms(options, "http.timeout");
    settings->compresses = options_bool(options, "http.compression");
    settings->accepts_gzip = settings->compresses;
    settings->ca_file = get(options, "ssl.ca-file");
    settings->skips_verification = !options_bool(options, "ssl.verify");
    settings->fingerprint = get(options, "ssl.fingerprint");
    settings->fingerprint_option = options_find(options, "ssl.fingerprint");
    TRY(check_value(options_find(options, "http.bearer-token"), err));
    if (!settings->bearer.data || !settings->username.data)
        return OK;
    error_set(err, E_OPTION, "a user and a bearer token cannot be sent at once");
    option_locate(err, options_find(options, "http.bearer-token"));
    return E_OPTION;
}
