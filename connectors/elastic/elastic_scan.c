/* elastic_scan.c -- reads all documents of an index, as a bounded source and for cache = ALL.
 *
 * A page is a batch, whose columns the decoder of the format json makes.  The order of documents is
 * the server's own and good for one point in time only: a start from a snapshot goes on in that of the
 * run before, and where the server has forgotten it, or never had one, reads all of them again. */
#include "base/arena.h"
#include "base/memory.h"
#include "elastic/elastic.h"
#include "elastic/elastic_pages.h"
#include "elastic/elastic_server.h"
#include "remote/remote_scan.h"

struct es_scan {
    const struct table_def *def; /* borrowed */
    struct arena *arena;         /* owned */
    struct http_settings http;
    struct str index;
    struct es_pages *pages;   /* owned */
    struct decoder *decoder;  /* owned */
    struct bad_rows bad_rows; /* the decoder's */

    bool is_begun;
    uint64_t skip; /* rows that an earlier run has handed out, of the page that it had begun */

    /* Of the page that is being decoded. */
    struct remote_read *scan;
    uint32_t bad_count;
};

/* --- reading ------------------------------------------------------------------------------------- */

static enum code report(struct bad_rows *self, const struct bad_row *row, struct error *err)
{
    struct es_scan *s = container_of(self, struct es_scan, bad_rows);
    return remote_scan_bad_row(s->scan, row->record - s->bad_count++, row->reason, row->raw, err);
}

static enum code emit(struct es_scan *s, const struct es_page *page, struct arena *arena,
                      struct error *err)
{
    uint32_t columns = s->def->schema->count;
    struct decoded decoded;
    s->bad_count = 0;
    TRY(s->decoder->kind->decode(s->decoder, arena, page->sources, page->count, &decoded, err));
    struct batch *batch = decoded.rows > 0 ? batch_create(arena, columns, decoded.rows) : NULL;
    if (decoded.rows > 0 && !batch)
        return error_nomem(err);
    if (batch)
        memcpy(batch->columns, decoded.columns, columns * sizeof(struct column *));
    return batch || s->bad_count > 0 ? remote_scan_emit(s->scan, batch, err) : OK;
}

static enum code take_page(struct es_scan *s, struct es_page *page, struct arena *arena,
                           struct error *err)
{
    if (page->is_first)
        s->skip = 0; /* another walk: which documents were handed out is not known */
    if (s->skip == 0 && page->place.size > 0)
        TRY(remote_scan_mark(s->scan, page->place, err));
    uint32_t left_out = (uint32_t)MIN(s->skip, page->count);
    s->skip -= left_out;
    page->sources += left_out;
    page->count -= left_out;
    return page->count > 0 ? emit(s, page, arena, err) : OK;
}

static enum remote_outcome read(void *self, struct remote_read *scan, uint64_t skip,
                                struct error *err)
{
    struct es_scan *s = self;
    s->scan = scan;
    if (!s->is_begun && es_pages_begin_at(s->pages, remote_read_mark(scan), err) != OK)
        return REMOTE_FATAL;
    if (!s->is_begun)
        s->skip = skip; /* later the walk itself is where it was */
    s->is_begun = true;
    for (;;) {
        struct arena *arena;
        struct es_page page;
        if (remote_scan_begin(scan, &arena, err) != OK)
            return REMOTE_FATAL;
        enum remote_outcome outcome = es_pages_next(s->pages, arena, &page, err);
        if (outcome != REMOTE_DONE)
            return outcome;
        if (take_page(s, &page, arena, err) != OK)
            return REMOTE_FATAL;
        if (page.is_last) {
            es_pages_end(s->pages);
            return REMOTE_DONE;
        }
    }
}

static void interrupt(void *self)
{
    es_pages_interrupt(((struct es_scan *)self)->pages);
}

static void destroy(void *self)
{
    struct es_scan *s = self;
    es_pages_destroy(s->pages);
    if (s->decoder)
        s->decoder->kind->close(s->decoder);
    arena_destroy(s->arena);
    mem_free(s);
}

static const struct remote_scan_kind scan_calls = {
    .system = "Elastic",
    .read = read,
    .interrupt = interrupt,
    .destroy = destroy,
};

/* --- opening ------------------------------------------------------------------------------------- */

static enum code prepare(struct es_scan *s, const struct table_def *def, struct error *err)
{
    const struct format_open format = {
        .schema = def->schema,
        .needed = def->needed,
        .options = def->options,
        .prefix = "",
        .blink = def->blink,
        .zone = def->zone,
        .bad_rows = &s->bad_rows,
    };
    s->def = def;
    s->bad_rows.report = report;
    s->arena = arena_create();
    if (!s->arena)
        return error_nomem(err);
    TRY(es_read_index(def, s->arena, &s->index, err));
    TRY(es_read_http(&s->http, def, s->arena, err));
    TRY(es_pages_create(def, s->index, &s->http, &s->pages, err));
    return format_find(STR("json"))->open_decoder(&format, &s->decoder, err);
}

static enum code open_source(const struct source_open *open, struct source **ret, struct error *err)
{
    struct es_scan *s = mem_zalloc(sizeof *s);
    if (!s)
        return error_nomem(err);
    enum code code = prepare(s, open->table, err);
    if (code == OK && !open->while_running)
        code = es_try_index(&s->http, s->index, err);
    if (code != OK) {
        destroy(s);
        return code;
    }
    const struct options *options = open->table->options;
    int64_t retries =
        options_int(options, es_is_blink(s->def) ? "maxRetryTimes" : "lookup.max-retries");
    const struct remote_scan_settings settings = {
        .split = s->index,
        .resumes = true,
        .goes_on = true,
        .max_retries = (uint32_t)MIN(MAX(retries, 0), 1000),
        .endpoint = s->http.endpoints,
    };
    return remote_scan_create(&es_source_kind, &scan_calls, s, &settings, open, ret, err);
}

const struct source_kind es_source_kind = REMOTE_SCAN_KIND(open_source);
