/* test_http_tls.c -- whom the client of REST servers trusts: the system's authorities, a file of
 * its own, one certificate by its fingerprint, or anybody; against Python's server of https with a
 * certificate that is made here. */
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "http/http.h"

#include "support/check.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

/* Answers each request with the number of requests so far; ends with its standard input. */
static const char program[] =
    "import http.server, os, ssl, sys, threading\n"
    "class Handler(http.server.BaseHTTPRequestHandler):\n"
    "    protocol_version = 'HTTP/1.1'\n"
    "    count = 0\n"
    "    def do_GET(self):\n"
    "        Handler.count += 1\n"
    "        body = str(Handler.count).encode()\n"
    "        self.send_response(200)\n"
    "        self.send_header('Content-Length', str(len(body)))\n"
    "        self.end_headers()\n"
    "        self.wfile.write(body)\n"
    "    def log_message(self, *args):\n"
    "        pass\n"
    "class Server(http.server.ThreadingHTTPServer):\n"
    "    def handle_error(self, request, address):\n"
    "        pass\n"
    "server = Server(('127.0.0.1', 0), Handler)\n"
    "context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)\n"
    "context.load_cert_chain(sys.argv[1])\n"
    "server.socket = context.wrap_socket(server.socket, server_side=True,\n"
    "                                    do_handshake_on_connect=False)\n"
    "def wait_for_the_end():\n"
    "    sys.stdin.read()\n"
    "    os._exit(0)\n"
    "threading.Thread(target=wait_for_the_end, daemon=True).start()\n"
    "print(server.server_port, flush=True)\n"
    "server.serve_forever()\n";

static struct error error;
static char pem_path[256];
static char endpoint[64];    /* "https://127.0.0.1:PORT" */
static char fingerprint[65]; /* of the server's certificate */
static pid_t server_pid;
static int server_input;

/* --- the certificate and its server ---------------------------------------------------------- */

static int add_extension(X509 *certificate, int nid, const char *value)
{
    X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, NULL, nid, value);
    int ok = extension && X509_add_ext(certificate, extension, -1);
    X509_EXTENSION_free(extension);
    return ok;
}

static X509 *make_certificate(EVP_PKEY *key)
{
    X509 *c = X509_new();
    X509_NAME *name = X509_NAME_new();
    int ok = c && name && X509_set_version(c, 2) && ASN1_INTEGER_set(X509_get_serialNumber(c), 1) &&
             X509_gmtime_adj(X509_getm_notBefore(c), -86400) &&
             X509_gmtime_adj(X509_getm_notAfter(c), 86400) &&
             X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
                                        (const unsigned char *)"weir test", -1, -1, 0) &&
             X509_set_subject_name(c, name) && X509_set_issuer_name(c, name) &&
             X509_set_pubkey(c, key) && add_extension(c, NID_basic_constraints, "CA:TRUE") &&
             add_extension(c, NID_subject_alt_name, "IP:127.0.0.1") &&
             X509_sign(c, key, EVP_sha256());
    X509_NAME_free(name);
    CHECK(ok);
    return c;
}

/* Key and certificate, one behind the other, as both sides take them. */
static void write_pem(void)
{
    EVP_PKEY *key = EVP_EC_gen("P-256");
    X509 *certificate = make_certificate(key);
    unsigned char digest[32];
    unsigned size = 0;
    FILE *file = fopen(pem_path, "w");
    CHECK(file && PEM_write_PrivateKey(file, key, NULL, NULL, 0, NULL, NULL) &&
          PEM_write_X509(file, certificate));
    fclose(file);
    CHECK(X509_digest(certificate, EVP_sha256(), digest, &size) && size == sizeof digest);
    for (unsigned i = 0; i < size; i++)
        snprintf(fingerprint + (size_t)2 * i, 3, "%02x", digest[i]);
    X509_free(certificate);
    EVP_PKEY_free(key);
}

static int start_server(void)
{
    int input[2], output[2], port = 0;
    CHECK(pipe(input) == 0 && pipe(output) == 0);
    server_pid = fork();
    if (server_pid == 0) {
        dup2(input[0], 0);
        dup2(output[1], 1);
        close(input[1]);
        execlp("python3", "python3", "-c", program, pem_path, (char *)NULL);
        _exit(127);
    }
    close(input[0]);
    close(output[1]);
    server_input = input[1];
    FILE *from = fdopen(output[0], "r");
    char line[32] = "";
    if (from && fgets(line, sizeof line, from))
        port = (int)strtol(line, NULL, 10);
    fclose(from);
    snprintf(endpoint, sizeof endpoint, "https://127.0.0.1:%d", port);
    return CHECK(port > 0);
}

static void stop_server(void)
{
    close(server_input);
    waitpid(server_pid, NULL, 0);
}

/* --- tests ----------------------------------------------------------------------------------- */

/* The body of two replies over one client, as "1 2"; or the message. */
static const char *ask_twice(struct http_settings settings)
{
    static char text[1024];
    struct http_client *client = NULL;
    struct http_request request = { .method = "GET", .path = STR("/") };
    struct http_reply reply;
    settings.endpoints = str_of(endpoint);
    error = (struct error){ .code = OK };
    enum code code = http_client_create(&settings, &client, &error);
    size_t used = 0;
    for (int i = 0; i < 2 && code == OK; i++) {
        code = http_call(client, &request, &reply, &error);
        if (code == OK)
            used += (size_t)snprintf(text + used, sizeof text - used, "%s" STR_FMT, i ? " " : "",
                                     STR_ARG(reply.body));
    }
    if (code != OK)
        snprintf(text, sizeof text, "%s", error.message);
    http_client_destroy(client);
    return text;
}

static void a_stranger_is_not_trusted(void)
{
    const char *text = ask_twice((struct http_settings){ 0 });
    CHECK_INT(error.code, E_IO);
    CHECK(strstr(text, "cannot talk to 127.0.0.1:") && strstr(text, "certificate"));
}

static void an_authority_may_be_named(void)
{
    CHECK_STR(ask_twice((struct http_settings){ .ca_file = str_of(pem_path) }), "1 2");
}

static void anybody_may_be_trusted(void)
{
    CHECK_STR(ask_twice((struct http_settings){ .skips_verification = true }), "3 4");
}

static void a_certificate_may_be_known(void)
{
    char colons[97]; /* the last colon goes */
    for (int i = 0; i < 32; i++)
        snprintf(colons + (size_t)3 * i, 4, "%c%c:", fingerprint[2 * i], fingerprint[2 * i + 1]);
    colons[95] = 0;
    CHECK_STR(ask_twice((struct http_settings){ .fingerprint = str_of(fingerprint) }), "5 6");
    CHECK_STR(ask_twice((struct http_settings){ .fingerprint = str_of(colons) }), "7 8");
}

static void another_one_is_sent_nothing(void)
{
    char other[65];
    memcpy(other, fingerprint, sizeof other);
    other[63] = other[63] == '0' ? '1' : '0';
    const char *text = ask_twice((struct http_settings){ .fingerprint = str_of(other) });
    CHECK_INT(error.code, E_IO);
    CHECK(strstr(text, "its certificate has another fingerprint than the one given") != NULL);
    CHECK_STR(ask_twice((struct http_settings){ .fingerprint = str_of(fingerprint) }), "9 10");
}

static void a_fingerprint_is_64_digits(void)
{
    static const char *const wrong[] = { "ab", "zz", "a:b:", NULL };
    char longer[67];
    for (int i = 0; wrong[i]; i++) {
        ask_twice((struct http_settings){ .fingerprint = str_of(wrong[i]) });
        CHECK_INT(error.code, E_OPTION);
    }
    snprintf(longer, sizeof longer, "%s0", fingerprint);
    CHECK_STR(ask_twice((struct http_settings){ .fingerprint = str_of(longer) }),
              "the fingerprint of a certificate is 64 hexadecimal digits");
}

int main(void)
{
    const char *folder = getenv("TMPDIR");
    signal(SIGPIPE, SIG_IGN);
    snprintf(pem_path, sizeof pem_path, "%s/weir-tls-XXXXXX", folder ? folder : "/tmp");
    int fd = mkstemp(pem_path);
    CHECK(fd >= 0);
    close(fd);
    write_pem();
    if (start_server()) {
        RUN(a_stranger_is_not_trusted);
        RUN(an_authority_may_be_named);
        RUN(anybody_may_be_trusted);
        RUN(a_certificate_may_be_known);
        RUN(another_one_is_sent_nothing);
        RUN(a_fingerprint_is_64_digits);
    }
    stop_server();
    unlink(pem_path);
    return check_failed != 0;
}
