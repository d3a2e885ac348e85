/* resolve.h -- from the WITH list of a table to the connector that is really opened:
 * the profile's options added, everything checked, the local profile applied.
 *
 * What WITH says wins, except `...`, which says nothing; then the profile's options for
 * the table by its name, for the table by its topic, for the connector by the name the
 * job uses, and for the connector by its own name. */
#pragma once

#include "bind/bind.h"
#include "session/profile.h"

struct resolver {
    struct arena *arena;           /* results live here */
    const struct profile *profile; /* NULL: none */
    struct str data_dir;           /* --data; empty: the working directory */
    bool is_run;                   /* what `...` stands for has to be there */
    void (*warn)(void *self, const struct error *warning);
    /* Takes an error if there may be others: each wrong option is one.  NULL: the first ends it. */
    void (*found)(void *self, const struct error *err);
    void *self;
};

enum code resolve_table(struct resolver *resolver, const struct catalog_table *table,
                        struct resolved_table *ret, struct error *err) WEIR_CHECKED;

/* Warns of connectors in the profile that this build does not know. */
void resolve_check_profile(const struct profile *profile,
                           void (*warn)(void *self, const struct error *warning), void *self);

/* The name of the connector as WITH gives it; NULL if it gives none. */
const struct option *resolve_declared(const struct catalog_table *table);

/* What to do where `...` stands for an option that nobody gives. */
extern const char resolve_rest_hint[];

/* Options that a table may have whatever its connector is; ends with a NULL name. */
extern const struct option_spec resolve_common_specs[];
/* Those of connectors with formats, and with a format for keys. */
extern const struct option_spec resolve_format_specs[], resolve_key_format_specs[];
