/* mysql_url.h -- the address of a database as JDBC's users write it:
 *
 *     jdbc:mysql://host:3306,other:3306/database?useSSL=true&socketTimeout=60000
 *     jdbc:mariadb:failover://host/database      mysql://[::1]:3306/database
 *
 * Several hosts are tried in their order.  A password has an option of its own, which is never
 * printed; one in the URL is refused. */
#pragma once

#include "base/arena.h"
#include "base/error.h"
#include "base/str.h"

enum { MYSQL_URL_HOSTS_MAX = 32, MYSQL_URL_PORT = 3306 };

struct mysql_host {
    const char *name; /* without the brackets of an IPv6 address */
    uint16_t port;
};

struct mysql_property {
    struct str name, value;
};

/* Texts live in the arena, with a NUL behind them. */
struct mysql_url {
    struct mysql_host hosts[MYSQL_URL_HOSTS_MAX];
    uint32_t host_count;
    const char *database; /* NULL: none */
    const char *user;     /* NULL: none */
    struct mysql_property *properties;
    uint32_t property_count, property_cap;
    struct str endpoint; /* "host:3306,other:3306": for messages, nothing secret */
};

/* E_OPTION: no address, or one with a password. */
enum code mysql_url_parse(struct arena *arena, struct str text, struct mysql_url *ret,
                          struct error *err) WEIR_CHECKED;
/* Adds a property, or replaces the one of that name. */
enum code mysql_url_set(struct arena *arena, struct mysql_url *url, struct str name,
                        struct str value, struct error *err) WEIR_CHECKED;
/* By name, without case; .data is NULL if it was not given. */
struct str mysql_url_get(const struct mysql_url *url, const char *name);
