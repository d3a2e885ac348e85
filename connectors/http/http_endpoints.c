/* http_endpoints.c -- "http://a:8080;https://b/prefix" as addresses.
 *
 * An address holds no user and no password: errors and EXPLAIN print addresses. */
#include "connector/options.h"
#include "http/http_client.h"

/* A part of the URL in the client's arena; "" where it has none. */
static enum code get_part(struct http_client *c, CURLU *url, CURLUPart part, unsigned flags,
                          const char **ret, struct error *err)
{
    char *text = NULL;
    *ret = "";
    CURLUcode wrong = curl_url_get(url, part, &text, flags);
    if (wrong == CURLUE_OUT_OF_MEMORY)
        return error_nomem(err);
    if (wrong == CURLUE_OK) {
        *ret = arena_cstr(c->arena, str_of(text));
        curl_free(text);
    }
    return *ret ? OK : error_nomem(err);
}

static enum code refuse(const char *reason, struct error *err)
{
    error_set(err, E_OPTION, "cannot use an endpoint: %s", reason);
    error_hint(err, "Endpoints look like \"http://host:port\", with ';' between several.");
    return E_OPTION;
}

static struct str without_slash(struct str path)
{
    while (path.size > 0 && path.data[path.size - 1] == '/')
        path.size--;
    return path;
}

static enum code read_parts(struct http_client *c, CURLU *url, struct http_endpoint *ret,
                            struct error *err)
{
    const char *scheme, *user, *password, *host, *port, *path, *query, *fragment;
    TRY(get_part(c, url, CURLUPART_SCHEME, 0, &scheme, err));
    TRY(get_part(c, url, CURLUPART_USER, 0, &user, err));
    TRY(get_part(c, url, CURLUPART_PASSWORD, 0, &password, err));
    TRY(get_part(c, url, CURLUPART_HOST, 0, &host, err));
    TRY(get_part(c, url, CURLUPART_PORT, CURLU_DEFAULT_PORT, &port, err));
    TRY(get_part(c, url, CURLUPART_PATH, 0, &path, err));
    TRY(get_part(c, url, CURLUPART_QUERY, 0, &query, err));
    TRY(get_part(c, url, CURLUPART_FRAGMENT, 0, &fragment, err));
    if (*user || *password)
        return refuse("it holds a user or a password, which have options of their own", err);
    if (strcmp(scheme, "http") != 0 && strcmp(scheme, "https") != 0)
        return refuse("it is neither http nor https", err);
    if (!*host || *query || *fragment)
        return refuse("it is no address of a server", err);
    struct str folder = without_slash(str_of(path));
    struct str prefix = without_slash(c->settings.path_prefix);
    bool needs_slash = prefix.size > 0 && prefix.data[0] != '/';
    ret->name = arena_printf(c->arena, "%s:%s", host, port);
    if (!ret->name)
        return error_nomem(err);
    ret->base = arena_printf(c->arena, "%s://%s" STR_FMT "%s" STR_FMT, scheme, ret->name,
                             STR_ARG(folder), needs_slash ? "/" : "", STR_ARG(prefix));
    return ret->base ? OK : error_nomem(err);
}

static enum code read_endpoint(struct http_client *c, struct str text, struct http_endpoint *ret,
                               struct error *err)
{
    const char *full =
        arena_printf(c->arena, "%s" STR_FMT,
                     memmem(text.data, text.size, "://", 3) ? "" : "http://", STR_ARG(text));
    CURLU *url = curl_url();
    if (!full || !url) {
        curl_url_cleanup(url);
        return error_nomem(err);
    }
    CURLUcode wrong = curl_url_set(url, CURLUPART_URL, full, CURLU_NON_SUPPORT_SCHEME);
    enum code code = wrong == CURLUE_OK              ? read_parts(c, url, ret, err)
                     : wrong == CURLUE_OUT_OF_MEMORY ? error_nomem(err)
                                                     : refuse("it is no address of a server", err);
    curl_url_cleanup(url);
    return code;
}

static enum code read_all(struct http_client *c, struct error *err)
{
    struct str text = c->settings.endpoints;
    uint32_t cap = 0;
    for (size_t at = 0; at < text.size;) {
        size_t end = at;
        while (end < text.size && text.data[end] != ';' && text.data[end] != ',')
            end++;
        struct str one = str_trim(str_make(text.data + at, end - at));
        at = end + 1;
        if (one.size == 0)
            continue;
        struct http_endpoint endpoint;
        TRY(read_endpoint(c, one, &endpoint, err));
        if (!ARENA_PUSH(c->arena, c->endpoints, c->endpoint_count, cap, endpoint))
            return error_nomem(err);
    }
    return c->endpoint_count > 0 ? OK : refuse("there is none", err);
}

enum code http_read_endpoints(struct http_client *c, struct error *err)
{
    enum code code = read_all(c, err);
    if (code == E_OPTION)
        option_locate(err, c->settings.endpoints_option);
    return code;
}
