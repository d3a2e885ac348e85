/* kafka_tls.c -- Java's way of naming keys, certificates and logins, for a client
 * that reads PEM and PKCS12.
 *
 * Stores are told apart by their first bytes where the type is not given, because
 * Java's own default type changed over time. */
#include <librdkafka/rdkafka.h>

#include "kafka/kafka_conf.h"

#include "base/memory.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

enum store_form { STORE_PEM, STORE_PKCS12, STORE_JKS, STORE_UNKNOWN };

static enum code set_text(rd_kafka_conf_t *conf, const char *name, struct str value,
                          struct error *err)
{
    char *copy = mem_alloc(value.size + 1);
    if (!copy)
        return error_nomem(err);
    memcpy(copy, value.data ? value.data : "", value.size);
    copy[value.size] = '\0';
    char why[256];
    rd_kafka_conf_res_t result = rd_kafka_conf_set(conf, name, copy, why, sizeof why);
    mem_free(copy);
    if (result == RD_KAFKA_CONF_OK)
        return OK;
    return error_set(err, E_OPTION, "cannot set \"%s\" of the Kafka client", name);
}

static enum code read_form(struct str location, struct str type, bool probing, enum store_form *ret,
                           struct error *err)
{
    *ret = str_iis(type, "PEM")      ? STORE_PEM
           : str_iis(type, "PKCS12") ? STORE_PKCS12
           : str_iis(type, "JKS")    ? STORE_JKS
                                     : STORE_UNKNOWN;
    if (*ret != STORE_UNKNOWN || probing)
        return OK;
    char path[4096];
    unsigned char head[16];
    if (location.size >= sizeof path)
        return error_set(err, E_OPTION, "the path of a key store is too long");
    memcpy(path, location.data, location.size);
    path[location.size] = '\0';
    FILE *file = fopen(path, "rb");
    if (!file)
        return error_set(err, E_IO, "could not open \"%s\": %s", path, strerror(errno));
    size_t n = fread(head, 1, sizeof head, file);
    fclose(file);
    if (n >= 4 && memcmp(head, "\xfe\xed\xfe\xed", 4) == 0)
        *ret = STORE_JKS;
    else if (n >= 2 && head[0] == 0x30 && head[1] >= 0x80)
        *ret = STORE_PKCS12;
    else
        *ret = STORE_PEM;
    return OK;
}

static enum code refuse_store(struct str location, const char *form, const char *hint,
                              struct error *err)
{
    error_set(err, E_OPTION, "cannot read \"" STR_FMT "\": it is a %s store", STR_ARG(location),
              form);
    error_hint(err, "%s", hint);
    return E_OPTION;
}

enum code kafka_stores_apply(const struct kafka_stores *stores, bool probing, rd_kafka_conf_t *conf,
                             struct error *err)
{
    enum store_form form;
    if (stores->truststore_location.size > 0) {
        TRY(read_form(stores->truststore_location, stores->truststore_type, probing, &form, err));
        if (form == STORE_JKS || form == STORE_PKCS12)
            return refuse_store(stores->truststore_location,
                                form == STORE_JKS ? "JKS trust" : "PKCS12 trust",
                                "Certificates are read as PEM: \"keytool -exportcert -rfc "
                                "-keystore STORE -alias NAME > ca.pem\" makes such a file.",
                                err);
        TRY(set_text(conf, "ssl.ca.location", stores->truststore_location, err));
    }
    if (stores->keystore_location.size == 0)
        return OK;
    TRY(read_form(stores->keystore_location, stores->keystore_type, probing, &form, err));
    if (form == STORE_JKS)
        return refuse_store(stores->keystore_location, "JKS key",
                            "Keys are read as PKCS12 or PEM: \"keytool -importkeystore "
                            "-srckeystore STORE -destkeystore key.p12 -deststoretype PKCS12\" "
                            "makes the former.",
                            err);
    if (form == STORE_PEM) {
        TRY(set_text(conf, "ssl.certificate.location", stores->keystore_location, err));
        TRY(set_text(conf, "ssl.key.location", stores->keystore_location, err));
        return OK;
    }
    TRY(set_text(conf, "ssl.keystore.location", stores->keystore_location, err));
    return stores->keystore_password.size > 0
               ? set_text(conf, "ssl.keystore.password", stores->keystore_password, err)
               : OK;
}

/* --- JAAS ---------------------------------------------------------------------------- */

/* The value of `name` in: module required name="value" other=value; */
static bool jaas_value(struct str jaas, const char *name, struct buf *out)
{
    size_t size = strlen(name);
    for (size_t i = 0; i + size < jaas.size; i++) {
        bool begins = i > 0 && (jaas.data[i - 1] == ' ' || jaas.data[i - 1] == '\t' ||
                                jaas.data[i - 1] == '\n' || jaas.data[i - 1] == '\r');
        if (!begins || memcmp(jaas.data + i, name, size) != 0)
            continue;
        size_t at = i + size;
        while (at < jaas.size && jaas.data[at] == ' ')
            at++;
        if (at >= jaas.size || jaas.data[at] != '=')
            continue;
        at++;
        while (at < jaas.size && jaas.data[at] == ' ')
            at++;
        char quote = at < jaas.size && (jaas.data[at] == '"' || jaas.data[at] == '\'')
                         ? jaas.data[at++]
                         : '\0';
        for (; at < jaas.size; at++) {
            char c = jaas.data[at];
            if (quote ? c == quote : c == ' ' || c == ';' || c == '\n' || c == '\t')
                return true;
            if (c == '\\' && at + 1 < jaas.size)
                c = jaas.data[++at];
            buf_char(out, c);
        }
        return quote == '\0';
    }
    return false;
}

static bool contains(struct str text, const char *word)
{
    return text.size > 0 && memmem(text.data, text.size, word, strlen(word)) != NULL;
}

struct jaas_pair {
    const char *from;
    const char *to;
    bool required;
};

static enum code take_jaas(struct str jaas, const struct jaas_pair *pairs, size_t count,
                           rd_kafka_conf_t *conf, struct error *err)
{
    struct buf value;
    buf_init(&value, 1 << 16);
    enum code code = OK;
    for (size_t i = 0; i < count && code == OK; i++) {
        buf_clear(&value);
        if (jaas_value(jaas, pairs[i].from, &value)) {
            code = buf_check(&value, err);
            if (code == OK)
                code = set_text(conf, pairs[i].to, buf_view(&value), err);
        } else if (pairs[i].required) {
            code = error_set(err, E_OPTION,
                             "Kafka property \"sasl.jaas.config\" has no value for \"%s\"",
                             pairs[i].from);
        }
    }
    buf_done(&value);
    return code;
}

enum code kafka_jaas_apply(struct str jaas, rd_kafka_conf_t *conf, struct error *err)
{
    static const struct jaas_pair login[] = {
        { "username", "sasl.username", true },
        { "password", "sasl.password", true },
    };
    static const struct jaas_pair kerberos[] = {
        { "principal", "sasl.kerberos.principal", false },
        { "keyTab", "sasl.kerberos.keytab", false },
        { "serviceName", "sasl.kerberos.service.name", false },
    };
    if (contains(jaas, "PlainLoginModule") || contains(jaas, "ScramLoginModule"))
        return take_jaas(jaas, login, countof(login), conf, err);
    if (contains(jaas, "Krb5LoginModule"))
        return take_jaas(jaas, kerberos, countof(kerberos), conf, err);
    error_set(err, E_UNSUPPORTED,
              "Kafka property \"sasl.jaas.config\" names a login module that "
              "is not known");
    error_hint(err, "PlainLoginModule, ScramLoginModule and Krb5LoginModule are; for other "
                    "mechanisms set the properties sasl.* of librdkafka.");
    return E_UNSUPPORTED;
}
