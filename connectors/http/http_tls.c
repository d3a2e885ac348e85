/* http_tls.c -- whom a client of https trusts.
 *
 * By default the system's authorities and the name in the certificate.  With a fingerprint the
 * certificate itself is what is known, and neither chain nor name matters; it is compared when a
 * connection has been made, before anything is sent over it. */
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include "connector/options.h"
#include "http/http_client.h"

static int hex_digit(char c)
{
    return c >= '0' && c <= '9'   ? c - '0'
           : c >= 'a' && c <= 'f' ? c - 'a' + 10
           : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                  : -1;
}

/* "AB:CD:..." or "abcd..." */
static bool read_fingerprint(struct str text, uint8_t ret[32])
{
    uint32_t digits = 0;
    for (size_t i = 0; i < text.size; i++) {
        int digit = hex_digit(text.data[i]);
        if (text.data[i] == ':' && digits % 2 == 0)
            continue;
        if (digit < 0 || digits == 64)
            return false;
        ret[digits / 2] = (uint8_t)(digits % 2 == 0 ? digit << 4 : ret[digits / 2] | digit);
        digits++;
    }
    return digits == 64;
}

static bool digest_of_pem(const char *pem, uint8_t ret[32])
{
    unsigned size = 0;
    BIO *bio = BIO_new_mem_buf(pem, -1);
    X509 *certificate = bio ? PEM_read_bio_X509(bio, NULL, NULL, NULL) : NULL;
    bool ok = certificate && X509_digest(certificate, EVP_sha256(), ret, &size) == 1 && size == 32;
    X509_free(certificate);
    BIO_free(bio);
    return ok;
}

/* The server's own certificate is the first of its chain. */
static bool is_known_certificate(const struct http_client *c)
{
    static const char name[] = "Cert:";
    struct curl_certinfo *info = NULL;
    uint8_t digest[32];
    if (curl_easy_getinfo(c->easy, CURLINFO_CERTINFO, &info) != CURLE_OK || !info ||
        info->num_of_certs < 1)
        return false;
    for (const struct curl_slist *line = info->certinfo[0]; line; line = line->next)
        if (strncmp(line->data, name, sizeof name - 1) == 0)
            return digest_of_pem(line->data + sizeof name - 1, digest) &&
                   memcmp(digest, c->fingerprint, sizeof digest) == 0;
    return false;
}

static int before_request(void *self, char *to, char *from, int to_port, int from_port)
{
    (void)to, (void)from, (void)to_port, (void)from_port;
    struct http_client *c = self;
    const char *scheme = NULL;
    long made = 0;
    /* A connection that is kept was looked at when it was made. */
    if (curl_easy_getinfo(c->easy, CURLINFO_NUM_CONNECTS, &made) == CURLE_OK && made == 0)
        return CURL_PREREQFUNC_OK;
    bool is_plain = curl_easy_getinfo(c->easy, CURLINFO_SCHEME, &scheme) == CURLE_OK && scheme &&
                    strcasecmp(scheme, "http") == 0;
    if (is_plain || is_known_certificate(c))
        return CURL_PREREQFUNC_OK;
    c->failed = error_set(&c->failure, E_IO, "cannot talk to %s: its certificate has another %s",
                          http_client_endpoint(c), "fingerprint than the one given");
    return CURL_PREREQFUNC_ABORT;
}

enum code http_set_up_tls(struct http_client *c, struct error *err)
{
    const struct http_settings *set = &c->settings;
    c->has_fingerprint = set->fingerprint.size > 0;
    if (c->has_fingerprint && !read_fingerprint(set->fingerprint, c->fingerprint)) {
        error_set(err, E_OPTION, "the fingerprint of a certificate is 64 hexadecimal digits");
        option_locate(err, set->fingerprint_option);
        return E_OPTION;
    }
    bool trusts = c->has_fingerprint || set->skips_verification;
    HTTP_SET(c, CURLOPT_SSL_VERIFYPEER, trusts ? 0L : 1L);
    HTTP_SET(c, CURLOPT_SSL_VERIFYHOST, trusts ? 0L : 2L);
    if (set->ca_file.size > 0)
        HTTP_SET(c, CURLOPT_CAINFO, set->ca_file.data);
    if (c->has_fingerprint) {
        HTTP_SET(c, CURLOPT_CERTINFO, 1L);
        HTTP_SET(c, CURLOPT_PREREQFUNCTION, before_request);
        HTTP_SET(c, CURLOPT_PREREQDATA, c);
    }
    return OK;
}
