/* kafka_props.h -- the properties of Kafka's Java clients, and what becomes of them. */
#pragma once

#include "base/base.h"
#include "base/str.h"

enum kafka_prop_use {
    PROP_SET,      /* librdkafka has it, under `target` */
    PROP_OWN,      /* weir reads it itself, elsewhere */
    PROP_IGNORED,  /* means nothing outside of Java, or weir decides it */
    PROP_REFUSED,  /* cannot be had; `reason` says why */
    PROP_JAAS,     /* user and password in Java's own notation */
    PROP_STORE,    /* a part of a key or trust store, see kafka_tls.c */
    PROP_ENDPOINT, /* ssl.endpoint.identification.algorithm: empty is "none" */
};

struct kafka_prop {
    const char *name; /* Java's; one that ends in '*' stands for all with that prefix */
    enum kafka_prop_use use;
    const char *target; /* librdkafka's name */
    const char *reason; /* a sentence */
};

/* Names are found without case, as keys of Blink's WITH are; the clients know lower case only. */
void kafka_prop_lower(struct str name, char *out /* > name.size */);

/* Properties that librdkafka knows by the same name are not in the table: NULL. */
const struct kafka_prop *kafka_prop_find(struct str name);
/* Is it a property at all, Java's or librdkafka's? */
bool kafka_prop_is_known(struct str name);
/* The known name that is clearly nearest; .data NULL if there is none.  `storage` keeps it. */
struct str kafka_prop_nearest(struct str name, char *storage, size_t storage_bytes);
