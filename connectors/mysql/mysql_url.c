/* mysql_url.c -- see mysql_url.h. */
#include "mysql/mysql_url.h"

#include "base/number.h"

static enum code refuse(const char *reason, struct error *err)
{
    error_set(err, E_OPTION, "cannot use the url: %s", reason);
    error_hint(err, "An address looks like \"jdbc:mysql://host:3306/database\".");
    return E_OPTION;
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    char lower = (char)(c | 0x20);
    return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

/* %41 is A; a lone % stays. */
static enum code decode(struct arena *arena, struct str text, struct str *ret, struct error *err)
{
    struct str copy = arena_str(arena, text);
    if (!copy.data)
        return error_nomem(err);
    char *out = (char *)copy.data;
    size_t size = 0;
    for (size_t i = 0; i < text.size; i++) {
        int high = text.data[i] == '%' && i + 2 < text.size ? hex_digit(text.data[i + 1]) : -1;
        int low = high >= 0 ? hex_digit(text.data[i + 2]) : -1;
        if (low >= 0) {
            out[size++] = (char)(high * 16 + low);
            i += 2;
        } else {
            out[size++] = text.data[i];
        }
    }
    out[size] = '\0';
    if (memchr(out, '\0', size))
        return refuse("it has a NUL in it", err);
    *ret = str_make(out, size);
    return OK;
}

/* Cuts what stands before the first `byte` off the text; all of it if there is none. */
static struct str cut(struct str *text, char byte, bool *ret_found)
{
    size_t at = str_find_byte(*text, byte);
    *ret_found = at != (size_t)-1;
    if (!*ret_found)
        at = text->size;
    struct str before = str_make(text->data, at);
    size_t skip = MIN(at + 1, text->size);
    *text = str_make(text->data + skip, text->size - skip);
    return before;
}

/* "jdbc:mysql:", "jdbc:mariadb:failover:", "mysql:" with "//" behind. */
static bool cut_scheme(struct str *text)
{
    static const char *const schemes[] = { "mysql", "mariadb" };
    struct str rest = *text;
    if (rest.size > 5 && str_iis(str_make(rest.data, 5), "jdbc:"))
        rest = str_make(rest.data + 5, rest.size - 5);
    const char *slashes = memmem(rest.data, rest.size, "://", 3);
    if (!slashes)
        return false;
    bool has_mode;
    struct str scheme = str_make(rest.data, (size_t)(slashes - rest.data));
    struct str name = cut(&scheme, ':', &has_mode);
    for (size_t i = 0; i < countof(schemes); i++)
        if (str_iis(name, schemes[i])) {
            size_t skip = (size_t)(slashes - rest.data) + 3;
            *text = str_make(rest.data + skip, rest.size - skip);
            return true;
        }
    return false;
}

static enum code add_host(struct arena *arena, struct str text, struct mysql_url *url,
                          struct error *err)
{
    struct str name = text, port = STR("");
    const char *colon = memrchr(text.data, ':', text.size);
    if (text.size > 0 && text.data[0] == '[') {
        const char *end = memchr(text.data, ']', text.size);
        if (!end)
            return refuse("an address in brackets has no end", err);
        name = str_make(text.data + 1, (size_t)(end - text.data) - 1);
        port = str_make(end + 1, text.size - name.size - 2);
        if (port.size > 0 && port.data[0] != ':')
            return refuse("a host is no host", err);
    } else if (colon) {
        name = str_make(text.data, (size_t)(colon - text.data));
        port = str_make(colon, text.size - name.size);
    }
    int64_t number = MYSQL_URL_PORT;
    if (port.size > 1 && !number_parse_i64(port.data + 1, port.size - 1, &number))
        return refuse("a port is no number", err);
    if (number < 1 || number > UINT16_MAX)
        return refuse("there is no such port", err);
    if (name.size == 0 || memchr(name.data, '(', name.size) || memchr(name.data, '=', name.size))
        return refuse("it names no host", err);
    if (url->host_count == MYSQL_URL_HOSTS_MAX)
        return refuse("it has too many hosts", err);
    char *copy = arena_cstr(arena, name);
    if (!copy)
        return error_nomem(err);
    url->hosts[url->host_count++] = (struct mysql_host){ .name = copy, .port = (uint16_t)number };
    return OK;
}

static enum code read_hosts(struct arena *arena, struct str text, struct mysql_url *url,
                            struct error *err)
{
    bool found;
    const char *at = memrchr(text.data, '@', text.size);
    if (at) {
        struct str user = str_make(text.data, (size_t)(at - text.data));
        text = str_make(at + 1, text.size - user.size - 1);
        struct str decoded;
        if (memchr(user.data, ':', user.size))
            return refuse("it holds a password, which has an option of its own", err);
        TRY(decode(arena, user, &decoded, err));
        url->user = decoded.data;
    }
    do
        TRY(add_host(arena, str_trim(cut(&text, ',', &found)), url, err));
    while (found);
    return OK;
}

static enum code read_properties(struct arena *arena, struct str text, struct mysql_url *url,
                                 struct error *err)
{
    bool more = text.size > 0, has_value;
    while (more) {
        struct str name = cut(&text, '&', &more), value, decoded;
        value = name;
        name = str_trim(cut(&value, '=', &has_value));
        if (name.size == 0)
            continue;
        if (str_iis(name, "password"))
            return refuse("it holds a password, which has an option of its own", err);
        TRY(decode(arena, value, &decoded, err));
        TRY(mysql_url_set(arena, url, name, decoded, err));
    }
    return OK;
}

static enum code name_endpoint(struct arena *arena, struct mysql_url *url, struct error *err)
{
    const char *text = "";
    for (uint32_t i = 0; i < url->host_count && text; i++) {
        bool is_v6 = strchr(url->hosts[i].name, ':') != NULL;
        text = arena_printf(arena, "%s%s%s%s%s:%u", text, i > 0 ? "," : "", is_v6 ? "[" : "",
                            url->hosts[i].name, is_v6 ? "]" : "", url->hosts[i].port);
    }
    if (!text)
        return error_nomem(err);
    url->endpoint = str_of(text);
    return OK;
}

enum code mysql_url_parse(struct arena *arena, struct str text, struct mysql_url *ret,
                          struct error *err)
{
    bool has_database, has_properties;
    struct str rest = str_trim(text), decoded;
    *ret = (struct mysql_url){ .host_count = 0 };
    if (!cut_scheme(&rest))
        return refuse("it does not begin with jdbc:mysql://", err);
    struct str place = cut(&rest, '?', &has_properties), properties = rest;
    struct str hosts = cut(&place, '/', &has_database);
    TRY(read_hosts(arena, hosts, ret, err));
    TRY(decode(arena, place, &decoded, err));
    if (decoded.size > 0)
        ret->database = decoded.data;
    TRY(read_properties(arena, properties, ret, err));
    struct str user = mysql_url_get(ret, "user");
    if (user.data)
        ret->user = user.data;
    return name_endpoint(arena, ret, err);
}

static struct mysql_property *find(const struct mysql_url *url, struct str name)
{
    for (uint32_t i = 0; i < url->property_count; i++)
        if (str_ieq(url->properties[i].name, name))
            return &url->properties[i];
    return NULL;
}

enum code mysql_url_set(struct arena *arena, struct mysql_url *url, struct str name,
                        struct str value, struct error *err)
{
    struct mysql_property property = { arena_str(arena, name), arena_str(arena, value) };
    struct mysql_property *known = find(url, name);
    if (!property.name.data || !property.value.data)
        return error_nomem(err);
    if (known)
        *known = property;
    else if (!ARENA_PUSH(arena, url->properties, url->property_count, url->property_cap, property))
        return error_nomem(err);
    return OK;
}

struct str mysql_url_get(const struct mysql_url *url, const char *name)
{
    const struct mysql_property *property = find(url, str_of(name));
    return property ? property->value : (struct str){ NULL, 0 };
}
