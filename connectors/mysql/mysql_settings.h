/* mysql_settings.h -- what the options of a table of "rds" or "jdbc" say, once and for all: who is
 * asked, as whom, how, and which table. */
#pragma once

#include "connector/connector.h"
#include "mysql/mysql_url.h"

enum mysql_tls {
    MYSQL_TLS_OFF,
    MYSQL_TLS_TRUSTS,   /* encrypted, to whoever answers: only if the job says so */
    MYSQL_TLS_VERIFIES, /* certificate and host name */
};

struct mysql_settings {
    struct arena *arena; /* owned; of all that is here */
    const struct options *options; /* of the table */
    struct mysql_url url;
    const char *user, *password, *database; /* NULL: none */
    struct str name;                        /* of the table as the job has it: for messages */
    const char *table;                      /* quoted: `shop`.`orders` */
    const struct zone *zone;  /* of the wall clocks in the database that are instants here */
    uint32_t connect_s, io_s; /* time limits: of connecting, of a silence */
    uint32_t lock_wait_s;
    enum mysql_tls tls;
    const char *ca_file, *cert_file, *key_file; /* PEM; NULL: none */
    const char *session;                        /* "time_zone='+08:00'"; NULL: nothing */
};

/* What a server is not needed for: E_OPTION, with the place, where an option says what cannot be.  The
 * ones that mysql_settings_lack() names may be missing. */
enum code mysql_settings_check(const struct table_def *table, struct error *err) WEIR_CHECKED;
/* The option without which no server can be asked; NULL: none. */
const char *mysql_settings_lack(const struct table_def *table, bool as_sink);
/* E_OPTION: an option that is needed is missing, or one says what cannot be. */
enum code mysql_settings_create(const struct table_def *table, struct mysql_settings **ret,
                                struct error *err) WEIR_CHECKED;
void mysql_settings_destroy(struct mysql_settings *settings); /* NULL is fine */

/* The option by the name that the dialect has for it: rds and jdbc differ. */
struct str mysql_option(const struct table_def *table, const char *rds, const char *jdbc);
