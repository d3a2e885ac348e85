/* kafka_conf.c -- see kafka_conf.h.
 *
 * Order of what counts: weir's defaults, then the profile, then the job; within
 * one of them the order as written.  A property may be spelled "properties.NAME",
 * and in Blink, in extraConfig and in profiles also NAME.
 *
 * Values of secrets never get into a message: librdkafka's own complaint, which
 * quotes the value, is only passed on for properties that are none. */
#include <librdkafka/rdkafka.h>

#include "kafka/kafka_conf.h"

#include "base/memory.h"
#include "base/number.h"
#include "kafka/kafka.h"
#include "kafka/kafka_props.h"

struct builder {
    const struct table_def *table;
    rd_kafka_conf_t *conf; /* owned until handed out */
    enum kafka_role role;
    struct kafka_stores stores;
    const struct option *option; /* the one that is read */
    bool without_brokers;        /* nobody is to be connected to */
};

struct setting {
    const char *name;
    const char *value;
};

/* Fetches are small and the queue is kept short (kafka_gate.c): what is decoded while it is still
 * in the cache costs less than what was fetched long ago.  Checksums are left to TCP, as librdkafka
 * does by default. */
static const struct setting consumer_defaults[] = {
    { "client.id", "weir" },
    { "queued.min.messages", "1000000" },
    { "queued.max.messages.kbytes", "65536" },
    { "fetch.max.bytes", "2097152" },
    { "fetch.message.max.bytes", "2097152" },
    { "fetch.error.backoff.ms", "200" },
    { "isolation.level", "read_uncommitted" }, /* as Java's consumer, which Flink takes over */
    { "reconnect.backoff.max.ms", "2000" },
    { "topic.metadata.refresh.interval.ms", "60000" },
};

/* Nothing is given up while brokers are away: no message times out. */
static const struct setting producer_defaults[] = {
    { "client.id", "weir" },
    { "enable.idempotence", "true" },
    { "message.timeout.ms", "0" },
    { "linger.ms", "20" },
    { "batch.num.messages", "10000" },
    { "batch.size", "1000000" },
    { "partitioner", "murmur2_random" }, /* the same partition as Java for the same key */
    { "reconnect.backoff.max.ms", "2000" },
    { "queue.buffering.max.messages", "0" }, /* the sink keeps its own limits */
    { "queue.buffering.max.kbytes", "2147483647" },
};

/* Decisions that an option cannot change. */
static const struct setting consumer_fixed[] = {
    { "enable.auto.commit", "false" },
    { "enable.auto.offset.store", "false" },
    { "auto.offset.reset", "error" }, /* the source decides, and says so */
    { "allow.auto.create.topics", "false" },
    /* No group is joined; but so long the client keeps a commit that has no coordinator, and its
     * end waits for that. */
    { "session.timeout.ms", "4000" },
    { "heartbeat.interval.ms", "1000" },
};

enum code kafka_conf_set(rd_kafka_conf_t *conf, const char *name, const char *value,
                         struct error *err)
{
    char why[256];
    if (rd_kafka_conf_set(conf, name, value, why, sizeof why) == RD_KAFKA_CONF_OK)
        return OK;
    return error_set(err, E_INTERNAL, "cannot configure the Kafka client: \"%s\"", name);
}

static enum code set_all(rd_kafka_conf_t *conf, const struct setting *settings, size_t count,
                         struct error *err)
{
    for (size_t i = 0; i < count; i++)
        TRY(kafka_conf_set(conf, settings[i].name, settings[i].value, err));
    return OK;
}

/* --- finding properties among the options -------------------------------------------- */

static const struct str properties_prefix = { "properties.", 11 };

/* Is the key one of the connector's own, by its whole name? */
static bool is_own_option(struct str key)
{
    for (const struct option_spec *s = kafka_options; s->name; s++) {
        struct str name = str_of(s->name);
        if (s->type == OPTION_TEXT && s->help == NULL)
            return false; /* the Kafka properties stand at the end of the table */
        if (str_ieq(name, key))
            return true;
    }
    return false;
}

/* The name of the property that an option stands for; .data NULL if it stands for none. */
static struct str property_of(const struct table_def *table, const struct option *o)
{
    struct str key = o->key;
    if (key.size > properties_prefix.size &&
        str_ieq(str_make(key.data, properties_prefix.size), properties_prefix))
        return str_make(key.data + properties_prefix.size, key.size - properties_prefix.size);
    bool bare = (table->blink || o->from_profile) &&
                (str_iis(key, "bootstrap.servers") || str_iis(key, "group.id") ||
                 (!is_own_option(key) && kafka_prop_is_known(key)));
    return bare ? key : (struct str){ NULL, 0 };
}

/* Takes the next k=v of extraConfig. */
static bool next_extra(struct str *rest, struct str *ret_name, struct str *ret_value)
{
    while (rest->size > 0) {
        size_t end = str_find_byte(*rest, ';');
        struct str pair = str_make(rest->data, end == (size_t)-1 ? rest->size : end);
        size_t used = MIN(pair.size + 1, rest->size);
        *rest = str_make(rest->data + used, rest->size - used);
        size_t equals = str_find_byte(pair, '=');
        struct str name = str_trim(str_make(pair.data, MIN(equals, pair.size)));
        if (name.size == 0)
            continue;
        *ret_name = name;
        *ret_value = equals == (size_t)-1
                         ? STR("")
                         : str_trim(str_make(pair.data + equals + 1, pair.size - equals - 1));
        return true;
    }
    return false;
}

static bool is_extra(const struct option *o)
{
    return str_iis(o->key, "extraConfig");
}

struct str kafka_property(const struct table_def *table, const char *name)
{
    struct str found = { NULL, 0 };
    for (int own = 0; own < 2; own++) {
        for (uint32_t i = 0; i < table->options->count; i++) {
            const struct option *o = &table->options->items[i];
            if (o->from_profile != (own == 0))
                continue;
            if (is_extra(o)) {
                struct str rest = o->value, key, value;
                while (next_extra(&rest, &key, &value))
                    if (str_is(key, name))
                        found = value;
            } else if (str_iis(property_of(table, o), name)) {
                found = str_trim(o->value);
            }
        }
    }
    return found;
}

struct str kafka_brokers(const struct table_def *table)
{
    return kafka_property(table, "bootstrap.servers");
}

struct str kafka_group(const struct table_def *table)
{
    struct str group = kafka_property(table, "group.id");
    return group.size > 0 ? group : (struct str){ NULL, 0 };
}

/* --- setting them -------------------------------------------------------------------- */

static enum code unknown_property(const struct builder *b, struct str name, struct error *err)
{
    error_set(err, E_OPTION, "there is no Kafka property \"" STR_FMT "\"", STR_ARG(name));
    char storage[128];
    struct str best = kafka_prop_nearest(name, storage, sizeof storage);
    if (best.data)
        error_hint(err, "Perhaps you meant \"" STR_FMT "\".", STR_ARG(best));
    const struct option *o = b->option;
    if (o && !o->from_profile && o->key_span.size > 0)
        error_locate(err, o->key_span);
    return E_OPTION;
}

static enum code set_raw(struct builder *b, struct str name, const char *target, struct str value,
                         struct error *err)
{
    char text[128];
    if (name.size >= sizeof text)
        return unknown_property(b, name, err);
    kafka_prop_lower(name, text);
    char *copy = mem_alloc(value.size + 1);
    if (!copy)
        return error_nomem(err);
    memcpy(copy, value.data ? value.data : "", value.size);
    copy[value.size] = '\0';
    char why[256];
    rd_kafka_conf_res_t result =
        rd_kafka_conf_set(b->conf, target ? target : text, copy, why, sizeof why);
    mem_free(copy);
    if (result == RD_KAFKA_CONF_OK)
        return OK;
    if (result == RD_KAFKA_CONF_UNKNOWN)
        return unknown_property(b, name, err);
    error_set(err, E_OPTION, "Kafka property \"" STR_FMT "\" cannot have this value",
              STR_ARG(name));
    if (!options_is_secret(b->table->options, name))
        error_detail(err, "%s.", why);
    return E_OPTION;
}

static void keep_store(struct kafka_stores *stores, struct str name, struct str value)
{
    const struct {
        const char *name;
        struct str *place;
    } parts[] = {
        { "ssl.truststore.location", &stores->truststore_location },
        { "ssl.truststore.type", &stores->truststore_type },
        { "ssl.truststore.password", &stores->truststore_password },
        { "ssl.keystore.location", &stores->keystore_location },
        { "ssl.keystore.type", &stores->keystore_type },
        { "ssl.keystore.password", &stores->keystore_password },
    };
    for (size_t i = 0; i < countof(parts); i++)
        if (str_iis(name, parts[i].name))
            *parts[i].place = value;
}

static enum code apply(struct builder *b, struct str name, struct str value, struct error *err)
{
    const struct kafka_prop *prop = kafka_prop_find(name);
    if (!prop)
        return set_raw(b, name, NULL, value, err);
    switch (prop->use) {
    case PROP_OWN:
    case PROP_IGNORED:
        return OK;
    case PROP_SET:
        return set_raw(b, name, prop->target, value, err);
    case PROP_REFUSED:
        error_set(err, E_UNSUPPORTED, "Kafka property \"" STR_FMT "\" cannot be used",
                  STR_ARG(name));
        error_detail(err, "%s", prop->reason);
        return E_UNSUPPORTED;
    case PROP_STORE:
        keep_store(&b->stores, name, value);
        return OK;
    case PROP_ENDPOINT:
        return set_raw(b, name, NULL, value.size > 0 ? value : STR("none"), err);
    case PROP_JAAS:
        return kafka_jaas_apply(value, b->conf, err);
    }
    return OK;
}

static enum code apply_option(struct builder *b, const struct option *o, struct error *err)
{
    struct str name, value;
    if (is_extra(o)) {
        struct str rest = o->value;
        while (next_extra(&rest, &name, &value))
            TRY(apply(b, name, value, err));
        return OK;
    }
    name = property_of(b->table, o);
    return name.data ? apply(b, name, str_trim(o->value), err) : OK;
}

static enum code apply_options(struct builder *b, struct error *err)
{
    for (int own = 0; own < 2; own++) {
        for (uint32_t i = 0; i < b->table->options->count; i++) {
            const struct option *o = &b->table->options->items[i];
            if (o->from_profile != (own == 0))
                continue;
            b->option = o;
            enum code code = apply_option(b, o, err);
            if (code != OK) {
                option_locate(err, o);
                return code;
            }
        }
    }
    return OK;
}

/* An idempotent producer wants all replicas to confirm, retries, and few requests under way.  As
 * Java's, it gives way to a job that asks for something else, unless that asks for both. */
static enum code settle_idempotence(struct builder *b, struct error *err)
{
    if (kafka_property(b->table, "enable.idempotence").size > 0)
        return OK;
    struct str acks = kafka_property(b->table, "acks");
    struct str retries = kafka_property(b->table, "retries");
    struct str in_flight = kafka_property(b->table, "max.in.flight.requests.per.connection");
    int64_t count = 0;
    bool gives_way = str_is(acks, "0") || str_is(acks, "1") || str_is(retries, "0") ||
                     (number_parse_i64(in_flight.data, in_flight.size, &count) && count > 5);
    return gives_way ? kafka_conf_set(b->conf, "enable.idempotence", "false", err) : OK;
}

static enum code apply_identity(struct builder *b, bool probing, struct error *err)
{
    struct str brokers = kafka_brokers(b->table);
    if (b->without_brokers)
        brokers = STR("");
    if (brokers.size > 0)
        TRY(set_raw(b, STR("bootstrap.servers"), NULL, brokers, err));
    else if (!probing) {
        error_set(err, E_OPTION, "table \"" STR_FMT "\" needs the option \"%s\"",
                  STR_ARG(b->table->name),
                  b->table->blink ? "bootstrap.servers" : "properties.bootstrap.servers");
        error_detail(err, "It names the brokers, such as 'broker1:9092,broker2:9092'.");
        return E_OPTION;
    }
    if (b->role != KAFKA_CONSUMER)
        return OK;
    /* The client wants a name even where no group is joined and nothing is committed. */
    struct str group = kafka_group(b->table);
    return set_raw(b, STR("group.id"), NULL, group.size > 0 ? group : STR("weir-without-group"),
                   err);
}

static enum code build(struct builder *b, bool probing, struct error *err)
{
    bool consumer = b->role == KAFKA_CONSUMER;
    if (consumer)
        TRY(set_all(b->conf, consumer_defaults, countof(consumer_defaults), err));
    else
        TRY(set_all(b->conf, producer_defaults, countof(producer_defaults), err));
    TRY(apply_options(b, err));
    TRY(kafka_stores_apply(&b->stores, probing, b->conf, err));
    TRY(apply_identity(b, probing, err));
    if (!consumer)
        return settle_idempotence(b, err);
    return set_all(b->conf, consumer_fixed, countof(consumer_fixed), err);
}

static enum code make(struct builder *b, bool probing, rd_kafka_conf_t **ret, struct error *err)
{
    b->conf = rd_kafka_conf_new();
    enum code code = build(b, probing, err);
    if (code != OK) {
        rd_kafka_conf_destroy(b->conf);
        return code;
    }
    *ret = b->conf;
    return OK;
}

enum code kafka_conf_build(const struct table_def *table, enum kafka_role role, bool probing,
                           rd_kafka_conf_t **ret, struct error *err)
{
    struct builder b = { .table = table, .role = role };
    return make(&b, probing, ret, err);
}

/* --- do they go together? ---------------------------------------------------------------- */

static bool says_nothing(struct str name)
{
    static const char *const names[] = { "bootstrap.servers", "group.id", "auto.offset.reset" };
    for (size_t i = 0; i < countof(names); i++)
        if (str_iis(name, names[i]))
            return true;
    return name.size == 0;
}

/* The place of the property that librdkafka's message names, or of the only one there is. */
static void locate_property(const struct table_def *table, const char *why, struct error *err)
{
    const struct option *found = NULL;
    uint32_t count = 0;
    for (uint32_t i = 0; i < table->options->count; i++) {
        const struct option *o = &table->options->items[i];
        struct str name = property_of(table, o);
        if (says_nothing(name) && !is_extra(o))
            continue;
        count++;
        if (name.size > 0 && memmem(why, strlen(why), name.data, name.size)) {
            option_locate(err, o);
            return;
        }
        found = o;
    }
    if (count == 1)
        option_locate(err, found);
}

static bool has_properties(const struct table_def *table)
{
    for (uint32_t i = 0; i < table->options->count; i++)
        if (is_extra(&table->options->items[i]) ||
            !says_nothing(property_of(table, &table->options->items[i])))
            return true;
    return false;
}

/* What librdkafka would say of properties beside errors is said when the job runs. */
static void ignore_log(const rd_kafka_t *rk, int level, const char *facility, const char *text)
{
    (void)rk, (void)level, (void)facility, (void)text;
}

enum code kafka_conf_try(const struct table_def *table, enum kafka_role role, struct error *err)
{
    rd_kafka_conf_t *conf;
    char why[512];
    struct builder b = { .table = table, .role = role, .without_brokers = true };
    TRY(make(&b, true, &conf, err));
    if (!has_properties(table)) {
        rd_kafka_conf_destroy(conf);
        return OK;
    }
    /* Certificates are read by who connects. */
    enum code code = kafka_conf_set(conf, "security.protocol", "plaintext", err);
    rd_kafka_conf_set_log_cb(conf, ignore_log);
    bool is_consumer = role == KAFKA_CONSUMER;
    rd_kafka_t *rk = NULL;
    if (code == OK)
        rk = rd_kafka_new(is_consumer ? RD_KAFKA_CONSUMER : RD_KAFKA_PRODUCER, conf, why,
                          sizeof why);
    if (rk) {
        rd_kafka_destroy_flags(rk, RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE);
        return OK;
    }
    rd_kafka_conf_destroy(conf); /* a client would own it */
    TRY(code);
    error_set(err, E_OPTION, "the Kafka properties of table \"" STR_FMT "\" do not go together",
              STR_ARG(table->name));
    error_detail(err, "%s.", why);
    locate_property(table, why, err);
    return E_OPTION;
}
