/* mysql_conn.c -- see mysql_conn.h.
 *
 * The library's calls are used in their non-blocking form and waited for here, beside an event: so
 * interrupt() ends even a greeting that does not come.  Only the look-up of a host's name
 * blocks. */
#include "mysql/mysql_conn.h"

#include "base/clock.h"
#include "base/memory.h"
#include "base/number.h"
#include "mysql/mysql_fault.h"
#include "remote/remote_wait.h"

#include <mysql.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    CELLS_MAX = 4096, /* MySQL's limit of columns */
    PACKET_MIN = 1 << 16,
    REPLY_BYTES_MAX = 64 << 20, /* of a row: what a server says it has may be anything */
    FULL_PACKET = 0xffffff,
    SERVER_LOST = 2013,    /* in the middle of an answer */
    WRITE_SILENCE_S = 600, /* how long the server may wait for a scan that waits for the job */
};

struct mysql_conn {
    const struct mysql_settings *settings;
    MYSQL *mysql; /* NULL: not connected */
    MYSQL_RES *result;
    MYSQL_FIELD *fields;
    struct str *cells; /* of the row read last */
    uint32_t field_count;
    uint32_t host; /* the one that is tried first */
    uint32_t named_row;
    uint64_t max_packet;
    int64_t limit_us; /* on the monotonic clock; INT64_MAX: none */
    int wake_fd;
    atomic_bool is_interrupted;
};

/* --- waiting --------------------------------------------------------------------------- */

/* -1: there is no limit. */
static int time_left_ms(const struct mysql_conn *c)
{
    if (c->limit_us == INT64_MAX)
        return -1;
    return (int)MAX((c->limit_us - clock_monotonic_us()) / 1000, 0);
}

void mysql_conn_limit(struct mysql_conn *c, int64_t ms)
{
    c->limit_us = ms > 0 ? clock_monotonic_us() + ms * 1000 : INT64_MAX;
}

static int wait_for(struct mysql_conn *c, int status)
{
    struct pollfd ready[2] = {
        { .fd = mysql_get_socket(c->mysql) },
        { .fd = c->wake_fd, .events = POLLIN },
    };
    if (status & MYSQL_WAIT_READ)
        ready[0].events |= POLLIN;
    if (status & MYSQL_WAIT_WRITE)
        ready[0].events |= POLLOUT;
    if (status & MYSQL_WAIT_EXCEPT)
        ready[0].events |= POLLPRI;
    int timeout_ms = status & MYSQL_WAIT_TIMEOUT ? (int)mysql_get_timeout_value_ms(c->mysql) : -1;
    int left_ms = time_left_ms(c);
    if (left_ms >= 0 && (timeout_ms < 0 || left_ms < timeout_ms))
        timeout_ms = left_ms;
    int n = atomic_load(&c->is_interrupted) ? 0 : poll(ready, 2, timeout_ms);
    if (n <= 0 || atomic_load(&c->is_interrupted))
        return MYSQL_WAIT_TIMEOUT;
    int got = 0;
    if (ready[0].revents & (POLLIN | POLLHUP | POLLERR))
        got |= MYSQL_WAIT_READ;
    if (ready[0].revents & (POLLOUT | POLLHUP | POLLERR))
        got |= MYSQL_WAIT_WRITE;
    if (ready[0].revents & POLLPRI)
        got |= MYSQL_WAIT_EXCEPT;
    return got & (status | MYSQL_WAIT_TIMEOUT);
}

/* --- errors ---------------------------------------------------------------------------- */

static void disconnect(struct mysql_conn *c)
{
    if (c->result) {
        /* Reading the rest of the rows, which freeing does, could take for ever. */
        shutdown(mysql_get_socket(c->mysql), SHUT_RDWR);
        mysql_free_result(c->result);
        c->result = NULL;
    }
    if (c->mysql)
        mysql_close(c->mysql);
    c->mysql = NULL;
}

static const char *host_name(const struct mysql_conn *c)
{
    return c->settings->url.hosts[c->host].name;
}

/* The library calls it a lost server when an answer is too large for it.  A server that was really lost
 * behind that much is asked again too. */
static bool is_too_large(const struct mysql_conn *c, unsigned number)
{
    return number == SERVER_LOST && c->mysql->net.max_packet > REPLY_BYTES_MAX - FULL_PACKET;
}

/* What the library has to say about its last call. */
static enum remote_outcome failed(struct mysql_conn *c, struct error *err)
{
    unsigned number = mysql_errno(c->mysql);
    const char *text = mysql_error(c->mysql);
    enum remote_outcome outcome = mysql_outcome(number, mysql_sqlstate(c->mysql), text);
    size_t size;
    struct str words = str_of(text);
    c->named_row = mysql_named_row(words, &size);
    words.size = size;
    enum code code = outcome == REMOTE_REFUSED ? E_DATA : E_IO;
    error_set(err, code, "MySQL %s:%u: %.*s (error %u)", host_name(c),
              c->settings->url.hosts[c->host].port, (int)MIN(words.size, (size_t)400), words.data,
              number);
    if (is_too_large(c, number)) {
        error_set(err, E_IO, "MySQL %s:%u answers with more than %d bytes at once", host_name(c),
                  c->settings->url.hosts[c->host].port, REPLY_BYTES_MAX);
        outcome = REMOTE_FAILED;
    }
    if (number == MYSQL_REFUSED_LOGIN) /* the library's own words are about another buffer */
        error_set(
            err, E_IO,
            "MySQL %s:%u asks for a login that would tell the password to anybody who listens",
            host_name(c), c->settings->url.hosts[c->host].port);
    if (number == MYSQL_REFUSED_LOGIN)
        error_hint(err, "With sslMode=VERIFY_IDENTITY in the url it is told to that server alone.");
    if (number == 1045 || number == 1698)
        error_hint(err, "User and password may stand in WITH or in the profile.");
    if (mysql_ends_connection(number))
        disconnect(c);
    if (mysql_is_read_only(number))
        c->host = (c->host + 1) % c->settings->url.host_count;
    return outcome;
}

static enum remote_outcome no_memory(struct error *err)
{
    error_nomem(err);
    return REMOTE_FATAL;
}

/* --- connecting ------------------------------------------------------------------------ */

/* How the library may prove who we are.  It would do what the server asks for, which can be to be sent
 * the password as it is, or to ask a person at the terminal; the first is right where the server
 * is known by its certificate. */
static void restrict_logins(struct mysql_conn *c)
{
    const char *ways = c->settings->tls == MYSQL_TLS_VERIFIES
                           ? "mysql_native_password,caching_sha2_password,sha256_password,"
                             "client_ed25519,mysql_clear_password"
                           : "mysql_native_password,caching_sha2_password,sha256_password,"
                             "client_ed25519";
    mysql_optionsv(c->mysql, MARIADB_OPT_RESTRICTED_AUTH, ways);
}

static void set_options(struct mysql_conn *c)
{
    const struct mysql_settings *s = c->settings;
    my_bool on = 1, off = 0;
    unsigned none = 0; /* of this type: the library reads four bytes */
    unsigned long reply_bytes = REPLY_BYTES_MAX;
    unsigned tcp = MYSQL_PROTOCOL_TCP; /* the library would take "localhost" for a socket file */
    mysql_options(c->mysql, MYSQL_OPT_NONBLOCK, NULL);
    mysql_options(c->mysql, MYSQL_OPT_PROTOCOL, &tcp);
    mysql_options(c->mysql, MYSQL_SET_CHARSET_NAME, "utf8mb4");
    mysql_options(c->mysql, MYSQL_OPT_CONNECT_TIMEOUT, &s->connect_s);
    mysql_options(c->mysql, MYSQL_OPT_READ_TIMEOUT, &s->io_s);
    mysql_options(c->mysql, MYSQL_OPT_WRITE_TIMEOUT, &s->io_s);
    mysql_options(c->mysql, MYSQL_OPT_MAX_ALLOWED_PACKET, &reply_bytes);
    mysql_options(c->mysql, MYSQL_OPT_LOCAL_INFILE, &none); /* a server may ask for any file */
    restrict_logins(c);
    if (s->tls == MYSQL_TLS_OFF)
        return;
    mysql_options(c->mysql, MYSQL_OPT_SSL_ENFORCE, &on);
    mysql_options(c->mysql, MYSQL_OPT_SSL_VERIFY_SERVER_CERT,
                  s->tls == MYSQL_TLS_VERIFIES ? &on : &off);
    if (s->ca_file)
        mysql_options(c->mysql, MYSQL_OPT_SSL_CA, s->ca_file);
    if (s->cert_file)
        mysql_options(c->mysql, MYSQL_OPT_SSL_CERT, s->cert_file);
    if (s->key_file)
        mysql_options(c->mysql, MYSQL_OPT_SSL_KEY, s->key_file);
}

static enum remote_outcome connect_host(struct mysql_conn *c, struct error *err)
{
    const struct mysql_settings *s = c->settings;
    const struct mysql_host *host = &s->url.hosts[c->host];
    MYSQL *done = NULL;
    c->mysql = mysql_init(NULL);
    if (!c->mysql)
        return no_memory(err);
    set_options(c);
    int status = mysql_real_connect_start(&done, c->mysql, host->name, s->user, s->password,
                                          s->database, host->port, NULL, 0);
    while (status)
        status = mysql_real_connect_cont(&done, c->mysql, wait_for(c, status));
    if (done)
        return REMOTE_DONE;
    enum remote_outcome outcome = failed(c, err);
    disconnect(c);
    return outcome;
}

static enum remote_outcome read_max_packet(struct mysql_conn *c, struct error *err)
{
    const struct str *cells;
    int64_t bytes = 0;
    enum remote_outcome outcome = mysql_conn_query(c, STR("SELECT @@max_allowed_packet"), err);
    if (outcome == REMOTE_DONE)
        outcome = mysql_conn_next(c, &cells, err);
    if (outcome != REMOTE_DONE)
        return outcome;
    if (cells && cells[0].data)
        (void)number_parse_i64(cells[0].data, cells[0].size, &bytes);
    c->max_packet = (uint64_t)MAX(bytes, (int64_t)PACKET_MIN);
    while (cells && outcome == REMOTE_DONE)
        outcome = mysql_conn_next(c, &cells, err);
    return outcome;
}

/* NO_AUTO_VALUE_ON_ZERO: a 0 is a 0, also in a column that counts by itself. */
static enum remote_outcome begin_session(struct mysql_conn *c, struct error *err)
{
    struct buf sql;
    buf_init(&sql, 1 << 16);
    buf_text(&sql, "SET SESSION sql_mode = CONCAT(@@sql_mode, "
                   "',STRICT_TRANS_TABLES,NO_AUTO_VALUE_ON_ZERO'), autocommit = 1");
    enum remote_outcome outcome = mysql_conn_run(c, buf_view(&sql), err);
    if (outcome == REMOTE_DONE) {
        buf_clear(&sql);
        buf_printf(&sql, "SET SESSION innodb_lock_wait_timeout = %u, net_write_timeout = %d",
                   c->settings->lock_wait_s, WRITE_SILENCE_S);
        /* Servers that only speak MySQL's protocol may not have them. */
        outcome = mysql_conn_run(c, buf_view(&sql), err);
        if (c->mysql)
            outcome = REMOTE_DONE;
    }
    if (outcome == REMOTE_DONE && c->settings->session) {
        buf_clear(&sql);
        buf_printf(&sql, "SET SESSION %s", c->settings->session);
        outcome = mysql_conn_run(c, buf_view(&sql), err);
    }
    bool is_whole = !sql.failed;
    buf_done(&sql);
    if (!is_whole)
        return no_memory(err);
    return outcome == REMOTE_DONE ? read_max_packet(c, err) : outcome;
}

enum remote_outcome mysql_conn_ready(struct mysql_conn *c, bool *ret_is_new, struct error *err)
{
    *ret_is_new = false;
    if (c->mysql && c->result)
        disconnect(c); /* rows that nobody has read */
    if (c->mysql)
        return REMOTE_DONE;
    uint32_t hosts = c->settings->url.host_count;
    enum remote_outcome outcome = REMOTE_AWAY;
    for (uint32_t i = 0; i < hosts && outcome == REMOTE_AWAY; i++) {
        if (i > 0 && time_left_ms(c) == 0)
            break;
        outcome = connect_host(c, err);
        if (outcome == REMOTE_DONE)
            outcome = begin_session(c, err);
        if (outcome == REMOTE_AWAY)
            c->host = (c->host + 1) % hosts;
    }
    if (outcome != REMOTE_DONE)
        disconnect(c);
    *ret_is_new = outcome == REMOTE_DONE;
    return outcome == REMOTE_REFUSED ? REMOTE_FATAL : outcome;
}

uint64_t mysql_conn_max_packet(const struct mysql_conn *c)
{
    return c->max_packet;
}

uint32_t mysql_conn_named_row(const struct mysql_conn *c)
{
    return c->named_row;
}

bool mysql_conn_is_open(const struct mysql_conn *c)
{
    return c->mysql != NULL;
}

/* --- statements ------------------------------------------------------------------------ */

static enum remote_outcome send_statement(struct mysql_conn *c, struct str sql, struct error *err)
{
    int wrong = 0;
    c->named_row = 0;
    int status = mysql_real_query_start(&wrong, c->mysql, sql.data, sql.size);
    while (status)
        status = mysql_real_query_cont(&wrong, c->mysql, wait_for(c, status));
    return wrong ? failed(c, err) : REMOTE_DONE;
}

enum remote_outcome mysql_conn_run(struct mysql_conn *c, struct str sql, struct error *err)
{
    return send_statement(c, sql, err);
}

static enum remote_outcome no_rows(struct mysql_conn *c, struct error *err)
{
    disconnect(c);
    error_set(err, E_IO, "MySQL %s gave no rows to a query", host_name(c));
    return REMOTE_FAILED;
}

enum remote_outcome mysql_conn_query(struct mysql_conn *c, struct str sql, struct error *err)
{
    enum remote_outcome outcome = send_statement(c, sql, err);
    if (outcome != REMOTE_DONE)
        return outcome;
    c->result = mysql_use_result(c->mysql);
    if (!c->result)
        return mysql_errno(c->mysql) ? failed(c, err) : no_rows(c, err);
    c->field_count = MIN(mysql_num_fields(c->result), (unsigned)CELLS_MAX);
    c->fields = mysql_fetch_fields(c->result);
    return REMOTE_DONE;
}

enum remote_outcome mysql_conn_next(struct mysql_conn *c, const struct str **ret, struct error *err)
{
    MYSQL_ROW row = NULL;
    *ret = NULL;
    int status = mysql_fetch_row_start(&row, c->result);
    while (status)
        status = mysql_fetch_row_cont(&row, c->result, wait_for(c, status));
    if (!row) {
        bool is_end = mysql_errno(c->mysql) == 0;
        enum remote_outcome outcome = is_end ? REMOTE_DONE : failed(c, err);
        if (!is_end) {
            disconnect(c);
            return outcome;
        }
        mysql_free_result(c->result);
        c->result = NULL;
        return REMOTE_DONE;
    }
    const unsigned long *sizes = mysql_fetch_lengths(c->result);
    for (uint32_t i = 0; i < c->field_count; i++)
        c->cells[i] = str_make(row[i], row[i] ? sizes[i] : 0);
    *ret = c->cells;
    return REMOTE_DONE;
}

bool mysql_conn_is_bits(const struct mysql_conn *c, uint32_t column)
{
    return column < c->field_count && c->fields[column].type == MYSQL_TYPE_BIT;
}

void mysql_conn_end_rows(struct mysql_conn *c)
{
    if (c->result)
        disconnect(c);
}

/* --- the rest -------------------------------------------------------------------------- */

static void begin_library(void)
{
    mysql_server_init(0, NULL, NULL);
}

enum code mysql_conn_create(const struct mysql_settings *settings, struct mysql_conn **ret,
                            struct error *err)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, begin_library);
    struct mysql_conn *c = mem_zalloc(sizeof *c);
    if (!c)
        return error_nomem(err);
    c->settings = settings;
    c->wake_fd = -1;
    c->limit_us = INT64_MAX;
    c->cells = mem_array(CELLS_MAX, sizeof *c->cells);
    enum code code = c->cells ? remote_event_create(&c->wake_fd, err) : error_nomem(err);
    if (code != OK) {
        mysql_conn_destroy(c);
        return code;
    }
    *ret = c;
    return OK;
}

void mysql_conn_destroy(struct mysql_conn *c)
{
    if (!c)
        return;
    disconnect(c);
    if (c->wake_fd >= 0)
        close(c->wake_fd);
    mem_free(c->cells);
    mem_free(c);
}

void mysql_conn_interrupt(struct mysql_conn *c)
{
    atomic_store(&c->is_interrupted, true);
    remote_event_set(c->wake_fd);
}
