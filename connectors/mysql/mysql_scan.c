/* mysql_scan.c -- a table of MySQL, read once from its first row to its last, in the order of the
 * primary key where the job declares one.
 *
 * Rows come as they are fetched; the server waits while the job is slow.  With scan.partition.* a few
 * ranges are read at the same time, each over a connection of its own; as in Flink rows outside of
 * the bounds, and those with NULL, are in no range. */
#include "mysql/mysql_scan.h"

#include "base/memory.h"
#include "mysql/mysql_literal.h"
#include "mysql/mysql_read.h"
#include "mysql/mysql_table.h"
#include "remote/remote_scan.h"
#include "remote/remote_wait.h"
#include "types/batch.h"

/* A server that sorts a large table is silent for long before the first row. */
enum { SILENCE_S = 600, LANES_MAX = 4 };

/* What one thread reads with. */
struct lane {
    struct mysql_conn *conn; /* owned */
    struct mysql_reader reader;
    bool is_checked;
    struct arena *arena; /* owned; of the check */
    struct buf sql;
};

struct mysql_scan {
    struct mysql_settings *settings; /* owned, with its arena */
    const struct schema *schema;     /* borrowed */
    const bool *needed;              /* borrowed; NULL: all columns */
    struct mysql_ranges ranges;
    struct str select, order;
    struct lane lanes[LANES_MAX];
    uint32_t lane_count;
};

/* --- ranges ---------------------------------------------------------------------------------- */

static enum code wrong_range(const struct table_def *table, const char *option, struct error *err)
{
    option_locate(err, options_find(table->options, option));
    return E_OPTION;
}

enum code mysql_read_ranges(const struct table_def *table, struct mysql_ranges *ret,
                            struct error *err)
{
    static const char *const names[] = { "scan.partition.column", "scan.partition.num",
                                         "scan.partition.lower-bound",
                                         "scan.partition.upper-bound" };
    const struct options *o = table->options;
    const struct option *first = NULL;
    *ret = (struct mysql_ranges){ .num = 0 };
    for (size_t i = 0; i < countof(names); i++)
        if (options_has(o, names[i]) && !first)
            first = options_find(o, names[i]);
    if (!first)
        return OK;
    for (size_t i = 0; i < countof(names); i++)
        if (!options_has(o, names[i])) {
            error_set(err, E_OPTION, "option \"" STR_FMT "\" needs \"%s\" too", STR_ARG(first->key),
                      names[i]);
            if (first->key_span.size > 0)
                error_locate(err, first->key_span);
            return E_OPTION;
        }
    int column = schema_find(table->schema, str_trim(options_get(o, names[0])));
    ret->num = options_int(o, names[1]);
    ret->lower = options_int(o, names[2]);
    ret->upper = options_int(o, names[3]);
    if (column < 0 || !type_is_numeric(table->schema->fields[column].type)) {
        error_set(err, E_OPTION, "option \"%s\" names no column with numbers", names[0]);
        return wrong_range(table, names[0], err);
    }
    if (ret->num < 1) {
        error_set(err, E_OPTION, "option \"%s\" must be at least 1", names[1]);
        return wrong_range(table, names[1], err);
    }
    if (ret->lower > ret->upper) {
        error_set(err, E_OPTION, "option \"%s\" is larger than \"%s\"", names[2], names[3]);
        return wrong_range(table, names[2], err);
    }
    uint64_t width = (uint64_t)ret->upper - (uint64_t)ret->lower;
    if (width < (uint64_t)INT64_MAX && ret->num > (int64_t)width + 1)
        ret->num = (int64_t)width + 1; /* no empty ranges */
    ret->num = MIN(ret->num, (int64_t)REMOTE_RANGES_MAX);
    ret->column = (uint32_t)column;
    return OK;
}

void mysql_range_at(const struct mysql_ranges *r, int64_t i, int64_t *ret_first, int64_t *ret_last)
{
    int128 total = (int128)r->upper - r->lower + 1;
    int128 size = (total + r->num - 1) / r->num; /* of the larger ones */
    int128 larger = total - (size - 1) * r->num; /* how many of them */
    int128 first = r->lower + size * i - (i > larger ? i - larger : 0);
    *ret_first = (int64_t)first;
    *ret_last = (int64_t)(first + size - 1 - (i >= larger ? 1 : 0));
}

/* --- reading --------------------------------------------------------------------------------- */

/* A read under way: what is left to skip, and the batch that is being made. */
struct reading {
    struct mysql_scan *scan;
    struct lane *lane;
    struct remote_read *out;
    uint64_t skip;
    struct remote_rows rows;
    bool has_rows; /* is begun */
};

static enum remote_outcome get_ready(const struct mysql_scan *s, struct lane *lane,
                                     struct error *err)
{
    struct mysql_column *columns;
    bool is_new;
    enum remote_outcome outcome = mysql_conn_ready(lane->conn, &is_new, err);
    if (outcome != REMOTE_DONE || lane->is_checked)
        return outcome;
    arena_reset(lane->arena);
    outcome = mysql_table_check(lane->conn, s->settings, s->schema, lane->arena, &columns, err);
    lane->is_checked = outcome == REMOTE_DONE;
    return outcome;
}

static enum code emit(struct reading *r, struct error *err)
{
    struct batch *batch;
    if (!r->has_rows)
        return OK;
    r->has_rows = false;
    TRY(remote_rows_end(&r->rows, &batch, err));
    return batch->count > 0 ? remote_scan_emit(r->out, batch, err) : OK;
}

static enum code take_row(struct reading *r, const struct str *cells, struct error *err)
{
    struct mysql_scan *s = r->scan;
    struct arena *arena;
    struct error why;
    if (!r->has_rows) {
        TRY(remote_scan_begin(r->out, &arena, err));
        TRY(remote_rows_begin(&r->rows, arena, s->schema, s->needed, BATCH_ROWS, err));
        r->has_rows = true;
    }
    enum code code = mysql_read_row(&r->lane->reader, r->lane->conn, &r->rows, cells, &why);
    if (code == E_DATA) {
        remote_rows_drop(&r->rows);
        return remote_scan_bad_row(r->out, r->rows.count, str_of(why.message), STR(""), err);
    }
    if (code != OK) {
        *err = why;
        return code;
    }
    return r->rows.count == BATCH_ROWS ? emit(r, err) : OK;
}

static enum remote_outcome read_query(struct reading *r, struct error *err)
{
    struct lane *lane = r->lane;
    const struct str *cells;
    if (buf_check(&lane->sql, err) != OK)
        return REMOTE_FATAL;
    enum remote_outcome outcome = mysql_conn_query(lane->conn, buf_view(&lane->sql), err);
    while (outcome == REMOTE_DONE) {
        outcome = mysql_conn_next(lane->conn, &cells, err);
        if (outcome != REMOTE_DONE || !cells)
            return outcome;
        if (take_row(r, cells, err) != OK) {
            mysql_conn_end_rows(lane->conn);
            return REMOTE_FATAL;
        }
    }
    return outcome;
}

static void write_query(struct reading *r)
{
    struct mysql_scan *s = r->scan;
    struct buf *sql = &r->lane->sql;
    buf_clear(sql);
    buf_str(sql, s->select);
    if (s->ranges.num > 0) {
        int64_t first, last;
        mysql_range_at(&s->ranges, remote_read_range(r->out), &first, &last);
        buf_text(sql, " WHERE ");
        mysql_put_name(sql, s->schema->fields[s->ranges.column].name);
        buf_printf(sql, " BETWEEN %lld AND %lld", (long long)first, (long long)last);
    }
    buf_str(sql, s->order);
    if (r->skip > 0)
        buf_printf(sql, " LIMIT 18446744073709551615 OFFSET %llu", (unsigned long long)r->skip);
}

static enum remote_outcome read_table(void *self, struct remote_read *read, uint64_t skip,
                                      struct error *err)
{
    struct mysql_scan *s = self;
    struct lane *lane = &s->lanes[remote_read_lane(read)];
    struct reading r = { .scan = s, .lane = lane, .out = read, .skip = skip };
    enum remote_outcome outcome = get_ready(s, lane, err);
    if (outcome == REMOTE_DONE) {
        write_query(&r);
        outcome = read_query(&r, err);
    }
    if (outcome == REMOTE_DONE && emit(&r, err) != OK)
        outcome = REMOTE_FATAL;
    return outcome;
}

static void interrupt(void *self)
{
    struct mysql_scan *s = self;
    for (uint32_t i = 0; i < s->lane_count; i++)
        mysql_conn_interrupt(s->lanes[i].conn);
}

static void destroy(void *self)
{
    struct mysql_scan *s = self;
    for (uint32_t i = 0; i < s->lane_count; i++) {
        mysql_conn_destroy(s->lanes[i].conn);
        arena_destroy(s->lanes[i].arena);
        buf_done(&s->lanes[i].sql);
    }
    mysql_settings_destroy(s->settings);
    mem_free(s);
}

static const struct remote_scan_kind kind = {
    .system = "MySQL",
    .read = read_table,
    .interrupt = interrupt,
    .destroy = destroy,
};

/* --- opening --------------------------------------------------------------------------------- */

static enum code choose_columns(const struct mysql_scan *s, struct mysql_reader *reader,
                                struct error *err)
{
    uint32_t *columns = arena_array(s->settings->arena, uint32_t, s->schema->count + 1);
    if (!columns)
        return error_nomem(err);
    *reader = (struct mysql_reader){ .schema = s->schema, .values = { .zone = s->settings->zone } };
    for (uint32_t i = 0; i < s->schema->count; i++)
        if (!s->needed || s->needed[i])
            columns[reader->count++] = i;
    reader->columns = columns;
    return OK;
}

static enum code keep(const struct mysql_scan *s, struct buf *sql, struct str *ret,
                      struct error *err)
{
    TRY(buf_check(sql, err));
    *ret = arena_str(s->settings->arena, buf_view(sql));
    buf_clear(sql);
    return ret->data ? OK : error_nomem(err);
}

static void put_names(const struct mysql_scan *s, struct buf *sql, const uint32_t *columns,
                      uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        if (i > 0)
            buf_char(sql, ',');
        mysql_put_name(sql, s->schema->fields[columns[i]].name);
    }
}

static enum code write_select(struct mysql_scan *s, const struct mysql_reader *reader,
                              struct buf *sql, struct error *err)
{
    buf_text(sql, "SELECT ");
    put_names(s, sql, reader->columns, reader->count);
    if (reader->count == 0)
        buf_char(sql, '1'); /* only how many there are matters */
    buf_printf(sql, " FROM %s", s->settings->table);
    TRY(keep(s, sql, &s->select, err));
    if (s->schema->key_count > 0) {
        buf_text(sql, " ORDER BY ");
        put_names(s, sql, s->schema->key, s->schema->key_count);
    }
    return keep(s, sql, &s->order, err);
}

static enum code prepare_lane(struct mysql_scan *s, const struct mysql_reader *reader,
                              struct error *err)
{
    struct lane *lane = &s->lanes[s->lane_count++];
    buf_init(&lane->sql, 1 << 24);
    lane->reader = *reader;
    lane->arena = arena_create();
    if (!lane->arena)
        return error_nomem(err);
    return mysql_conn_create(s->settings, &lane->conn, err);
}

static enum code prepare_lanes(struct mysql_scan *s, struct error *err)
{
    struct mysql_reader reader;
    TRY(choose_columns(s, &reader, err));
    TRY(prepare_lane(s, &reader, err));
    TRY(write_select(s, &reader, &s->lanes[0].sql, err));
    while (s->lane_count < MIN(s->ranges.num, (int64_t)LANES_MAX))
        TRY(prepare_lane(s, &reader, err));
    return OK;
}

static enum code prepare(struct mysql_scan *s, const struct source_open *open, struct error *err)
{
    const struct table_def *table = open->table;
    s->schema = table->schema;
    s->needed = table->needed;
    TRY(mysql_settings_create(table, &s->settings, err));
    if (!mysql_url_get(&s->settings->url, "socketTimeout").data)
        s->settings->io_s = SILENCE_S;
    TRY(mysql_read_ranges(table, &s->ranges, err));
    return prepare_lanes(s, err);
}

/* How the ranges are parted, for positions. */
static enum code describe_ranges(const struct mysql_scan *s, struct str *ret, struct error *err)
{
    const struct mysql_ranges *r = &s->ranges;
    const char *text = arena_printf(s->settings->arena, "%u:%lld..%lld/%lld", r->column,
                                    (long long)r->lower, (long long)r->upper, (long long)r->num);
    *ret = text ? str_of(text) : STR("");
    return text ? OK : error_nomem(err);
}

static enum code try_server(struct mysql_scan *s, struct error *err)
{
    struct error why;
    struct lane *lane = &s->lanes[0];
    mysql_conn_limit(lane->conn, MYSQL_OPEN_MS);
    enum remote_outcome outcome = get_ready(s, lane, &why);
    mysql_conn_limit(lane->conn, 0);
    if (outcome != REMOTE_FATAL)
        return OK;
    *err = why;
    return remote_final_code(err);
}

static enum code open_scan(const struct source_open *open, struct source **ret, struct error *err)
{
    struct mysql_scan *s = mem_zalloc(sizeof *s);
    if (!s)
        return error_nomem(err);
    struct str parted_by;
    enum code code = prepare(s, open, err);
    if (code == OK)
        code = describe_ranges(s, &parted_by, err);
    if (code == OK && !open->while_running)
        code = try_server(s, err);
    if (code != OK) {
        destroy(s);
        return code;
    }
    const struct options *options = open->table->options;
    bool is_rds = options_get(options, "maxRetryTimes").data != NULL;
    int64_t retries = options_int(options, is_rds ? "maxRetryTimes" : "lookup.max-retries");
    struct remote_scan_settings settings = {
        .split = s->settings->name,
        .resumes = s->schema->key_count > 0,
        .ranges = (uint32_t)s->ranges.num,
        .parted_by = parted_by,
        .lanes = s->lane_count,
        .max_retries = (uint32_t)MAX(retries, (int64_t)0),
        .endpoint = s->settings->url.endpoint,
    };
    return remote_scan_create(&mysql_scan, &kind, s, &settings, open, ret, err);
}

const struct source_kind mysql_scan = REMOTE_SCAN_KIND(open_scan);
