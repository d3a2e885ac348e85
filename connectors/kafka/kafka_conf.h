/* kafka_conf.h -- from the options of a table to a configuration of librdkafka. */
#pragma once

#include "connector/connector.h"

struct rd_kafka_conf_s;

enum kafka_role { KAFKA_CONSUMER, KAFKA_PRODUCER };

/* weir's defaults for the role, then what the profile and the job say.  `probing`: only look
 * whether it would do; files are not opened, and brokers may be missing. */
enum code kafka_conf_build(const struct table_def *table, enum kafka_role role, bool probing,
                           struct rd_kafka_conf_s **ret, struct error *err) WEIR_CHECKED;

/* Do the properties go together?  librdkafka tells when a client is made: one without brokers is. */
enum code kafka_conf_try(const struct table_def *table, enum kafka_role role,
                         struct error *err) WEIR_CHECKED;

/* Sets one property that is weir's own decision; `name` and `value` are right by construction. */
enum code kafka_conf_set(struct rd_kafka_conf_s *conf, const char *name, const char *value,
                         struct error *err);

/* "127.0.0.1:9092" as the options say it, for messages; .data NULL if they do not. */
struct str kafka_brokers(const struct table_def *table);
/* The consumer group; .data NULL if there is none. */
struct str kafka_group(const struct table_def *table);

/* kafka_tls.c: parts of stores and of JAAS as the job gave them; empty where it did not. */
struct kafka_stores {
    struct str truststore_location, truststore_type, truststore_password;
    struct str keystore_location, keystore_type, keystore_password;
};
enum code kafka_stores_apply(const struct kafka_stores *stores, bool probing,
                             struct rd_kafka_conf_s *conf, struct error *err) WEIR_CHECKED;
enum code kafka_jaas_apply(struct str jaas, struct rd_kafka_conf_s *conf,
                           struct error *err) WEIR_CHECKED;
