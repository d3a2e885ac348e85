/* test_elastic_reply.c -- what the connector makes of the replies of Elasticsearch. */
#include "elastic/elastic_bulk.h"
#include "elastic/elastic_found.h"
#include "elastic/elastic_json.h"
#include "elastic/elastic_pages.h"
#include "support/check.h"

#include "base/arena.h"

#include <stdio.h>
#include <time.h>

enum { ROWS_MAX = 8 };

static struct arena *arena;
static struct error error;

/* --- bulk calls ------------------------------------------------------------------------------- */

static struct remote_row rows[ROWS_MAX];
static struct str bytes = { "{\"index\":{}}\n{}\n", 16 }; /* of each of them */

/* The outcome's letter and one for each row: S(afe), B(ad), O(pen).  Row i has the key "a" + i % 3;
 * row `deleted` is a delete. */
static const char *judge(uint32_t count, uint32_t deleted, const char *reply)
{
    static char text[ROWS_MAX + 4];
    static char keys[] = "abc";
    struct remote_call call = { .rows = rows, .count = count, .arena = arena };
    memset(rows, 0, sizeof rows);
    for (uint32_t i = 0; i < count; i++) {
        rows[i].key = str_make(keys + i % 3, 1);
        rows[i].is_delete = i == deleted;
        rows[i].bytes = bytes;
    }
    arena_reset(arena);
    error = (struct error){ .code = OK };
    enum remote_outcome outcome = es_judge_bulk(&call, str_of(reply), &error);
    size_t size = 0;
    text[size++] = "DAFRX"[outcome];
    for (uint32_t i = 0; i < count; i++)
        text[size++] = "OSB"[rows[i].verdict];
    text[size] = '\0';
    return text;
}

#define GOOD "{\"update\":{\"status\":200}}"
#define ITEM(status, type)                                                                         \
    "{\"index\":{\"error\":{\"reason\":\"why\",\"type\":\"" type "\"},\"status\":" #status "}}"
#define REPLY(items) "{\"items\":[" items "],\"took\":3,\"errors\":true}"

static void each_row_has_a_status_of_its_own(void)
{
    CHECK_STR(judge(2, 9, REPLY(GOOD "," GOOD)), "DSS");
    CHECK_STR(judge(2, 9, " { \"errors\" : false , \"items\" : [ " GOOD " , " GOOD " ] } "), "DSS");
    CHECK_STR(judge(2, 9, REPLY(GOOD "," ITEM(400, "mapper_parsing_exception"))), "DSB");
    CHECK_SPAN(rows[1].reason.data, rows[1].reason.size, "mapper_parsing_exception: why");
    CHECK_STR(judge(2, 1, REPLY(GOOD ",{\"delete\":{\"status\":404}}")), "DSS");
    CHECK_STR(judge(2, 1, REPLY(GOOD "," ITEM(404, "index_not_found_exception"))), "DSS");
    CHECK_STR(judge(2, 9, REPLY(GOOD "," ITEM(404, "index_not_found_exception"))), "XSO");
    CHECK_STR(error.message, "index_not_found_exception: why");
    CHECK_STR(judge(2, 9, REPLY(GOOD "," ITEM(429, "es_rejected_execution_exception"))), "ASO");
    CHECK_STR(judge(2, 9, REPLY(GOOD "," ITEM(409, "version_conflict_engine_exception"))), "ASO");
    CHECK_STR(judge(2, 9, REPLY(GOOD "," ITEM(503, "unavailable_shards_exception"))), "ASO");
    CHECK_STR(judge(2, 9, REPLY(GOOD "," ITEM(403, "cluster_block_exception"))), "ASO");
    CHECK_STR(judge(2, 9, REPLY(GOOD "," ITEM(403, "security_exception"))), "XSO");
    CHECK_STR(judge(2, 9, REPLY(GOOD "," ITEM(400, "index_closed_exception"))), "XSO");
    CHECK_STR(judge(2, 9, REPLY(GOOD "," ITEM(400, "invalid_index_name_exception"))), "XSO");
    bytes = STR("{\"index\":{\"_index\":\"A\",\"_id\":\"7\"}}\n{}\n");
    CHECK_STR(judge(2, 9, REPLY(GOOD "," ITEM(400, "invalid_index_name_exception"))), "DSB");
    bytes = STR("{\"index\":{}}\n{}\n");
    CHECK_STR(judge(2, 9, REPLY(GOOD "," ITEM(500, "null_pointer_exception"))), "FSO");
    CHECK_STR(judge(2, 9, REPLY(GOOD "," ITEM(400, "validation_exception"))), "FSO");
    CHECK_STR(judge(1, 9, REPLY(ITEM(200, "odd"))), "FO");
}

static void the_worst_outcome_is_that_of_the_call(void)
{
    CHECK_STR(judge(3, 9, REPLY(ITEM(429, "a") "," ITEM(500, "b") "," ITEM(429, "c"))), "FOOO");
    CHECK_STR(error.message, "a: why");
    CHECK_STR(judge(3, 9, REPLY(ITEM(429, "a") "," ITEM(401, "b") "," ITEM(500, "c"))), "XOOO");
    CHECK_STR(error.message, "b: why");
}

/* Rows 0 and 3 have one key: the later one is sent again behind the earlier one. */
static void later_rows_of_a_key_stay_later(void)
{
    CHECK_STR(judge(4, 9, REPLY(ITEM(429, "a") "," GOOD "," GOOD "," GOOD)), "AOSSO");
    CHECK_STR(judge(4, 9, REPLY(GOOD "," GOOD "," GOOD "," ITEM(429, "a"))), "ASSSO");
    CHECK_STR(judge(4, 9, REPLY(ITEM(400, "a") "," GOOD "," GOOD "," GOOD)), "DBSSS");
}

/* A call of the largest size, of which half is sent again: no row is compared to all others. */
static void the_order_of_many_keys_takes_no_time(void)
{
    enum { MANY = 100000 };
    static struct remote_row many[MANY];
    static char keys[MANY][8];
    struct remote_call call = { .rows = many, .count = MANY, .arena = arena };
    struct buf reply;
    buf_init(&reply, 1 << 24);
    buf_text(&reply, "{\"items\":[");
    for (uint32_t i = 0; i < MANY; i++) {
        snprintf(keys[i], sizeof keys[i], "%07u", i == MANY - 1 ? 5 : i);
        many[i] = (struct remote_row){ .key = str_make(keys[i], 7), .bytes = bytes };
        buf_text(&reply, i == 0 ? "" : ",");
        buf_text(&reply, i < MANY / 2 ? ITEM(429, "a") : GOOD);
    }
    buf_text(&reply, "]}");
    struct timespec before, after;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &before);
    CHECK_INT(es_judge_bulk(&call, buf_view(&reply), &error), REMOTE_AWAY);
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &after);
    CHECK((after.tv_sec - before.tv_sec) * 1000 + (after.tv_nsec - before.tv_nsec) / 1000000 <
          1000);
    CHECK_INT(many[0].verdict, REMOTE_OPEN);
    CHECK_INT(many[MANY / 2].verdict, REMOTE_SAFE);
    CHECK_INT(many[MANY - 1].verdict, REMOTE_OPEN);
    buf_done(&reply);
}

static void a_reply_is_believed_as_a_whole_or_not(void)
{
    static const char *const replies[] = {
        "",
        "[]",
        "null",
        "{",
        "{\"errors\":false}",
        REPLY(GOOD),
        REPLY(GOOD "," GOOD "," GOOD),
        REPLY(GOOD ",{}"),
        REPLY(GOOD ",7"),
        REPLY(GOOD ",{\"index\":7}"),
        REPLY(GOOD ",{\"index\":{\"status\":\"200\"}}"),
        REPLY(GOOD ",{\"index\":{\"status\":99999999999999999999}}"),
        "{\"items\":[" GOOD "," GOOD,
        "{\"items\":[" GOOD "," GOOD ",",
        "{\"items\":[" GOOD " \"\\",
        "{\"items\":{\"0\":" GOOD "}}",
        "<html>\"items\":[" GOOD "," GOOD "]</html>",
    };
    for (size_t i = 0; i < countof(replies); i++) {
        const char *got = judge(2, 9, replies[i]);
        if (!CHECK_STR(got, "FOO"))
            fprintf(stderr, "with %s\n", replies[i]);
    }
}

static void reasons_are_one_line(void)
{
    judge(1, 9,
          REPLY("{\"index\":{\"status\":400,\"error\":{\"type\":\"t\",\"reason\":\"say "
                "\\\"no\\\"\\n at \\u00e9\\ud83d\\ude00\\ud800\",\"caused_by\":{\"type\":\"c\","
                "\"caused_by\":{\"reason\":\"deep\"},\"reason\":\"because\"}}}}"));
    CHECK_SPAN(rows[0].reason.data, rows[0].reason.size,
               "t: say \"no\"  at \xC3\xA9\xF0\x9F\x98\x80\xEF\xBF\xBD: because");
    char text[403], expected[600], reply[1000];
    for (size_t i = 0; i + 1 < sizeof text; i++)
        text[i] = "\xC3\xA9"[i % 2];
    text[sizeof text - 1] = '\0';
    snprintf(expected, sizeof expected, "t: x%.398s", text);
    snprintf(reply, sizeof reply,
             REPLY("{\"index\":{\"status\":400,\"error\":{\"type\":\"t\",\"reason\":\"x%s\"}}}"),
             text);
    judge(1, 9, reply); /* 400 bytes end in the middle of a character */
    CHECK_SPAN(rows[0].reason.data, rows[0].reason.size, expected);
    judge(1, 9,
          REPLY("{\"index\":{\"status\":400,\"error\":{\"type\":\"t\",\"reason\":\"a\xFF\"}}}"));
    CHECK_SPAN(rows[0].reason.data, rows[0].reason.size, "t: a\xEF\xBF\xBD");
    judge(1, 9, REPLY("{\"index\":{\"status\":400}}"));
    CHECK_SPAN(rows[0].reason.data, rows[0].reason.size, "the server answers with status 400");
}

/* --- look-ups --------------------------------------------------------------------------------- */

static struct remote_question question;
static struct es_found found;

static void ask(const struct str *keys, uint32_t count)
{
    arena_reset(arena);
    question = (struct remote_question){ .keys = keys, .count = count, .arena = arena };
    found = (struct es_found){ .question = &question };
    error = (struct error){ .code = OK };
}

static enum remote_outcome read_mget(const char *reply)
{
    static const struct str keys[] = { { "a", 1 }, { "b\n", 2 } };
    ask(keys, 2);
    return es_read_mget(&found, 0, 2, str_of(reply), &error);
}

static void documents_by_id_are_those_that_were_asked_for(void)
{
    CHECK_INT(read_mget("{\"docs\":[{\"_id\":\"a\",\"found\":false},"
                        "{\"_source\":{\"n\":[1]},\"found\":true,\"_id\":\"b\\n\"}]}"),
              REMOTE_DONE);
    CHECK_INT(found.count, 1);
    CHECK_SPAN(found.sources[0].data, found.sources[0].size, "{\"n\":[1]}");
    CHECK_INT(found.keys[0], 1);
    CHECK_INT(read_mget("{\"docs\":[{\"_id\":\"a\",\"found\":true},"
                        "{\"_id\":\"b\\n\",\"found\":false}]}"),
              REMOTE_DONE);
    CHECK_SPAN(found.sources[0].data, found.sources[0].size, "{}");
    static const char *const odd[] = {
        "",
        "{\"docs\":[]}",
        "{\"docs\":[{\"_id\":\"a\",\"found\":true,\"_source\":{}}]}",
        "{\"docs\":[{\"_id\":\"b\\n\",\"found\":true},{\"_id\":\"a\",\"found\":true}]}",
        "{\"docs\":[{\"_id\":\"a\",\"found\":false},{\"_id\":\"b\\n\",\"found\":false},"
        "{\"_id\":\"c\",\"found\":false}]}",
        "{\"docs\":[{\"_id\":\"a\",\"found\":false},{\"_id\":\"b\\n\",\"found\":false}",
        "{\"docs\":[{\"_id\":\"a\"},{\"_id\":\"b\\n\",\"found\":false}]}",
    };
    for (size_t i = 0; i < countof(odd); i++)
        CHECK_INT(read_mget(odd[i]), REMOTE_FAILED);
    CHECK_INT(read_mget("{\"docs\":[{\"_id\":\"a\",\"error\":{\"type\":"
                        "\"index_not_found_exception\",\"reason\":\"no\"}}]}"),
              REMOTE_FATAL);
    CHECK_STR(error.message, "index_not_found_exception: no");
    CHECK_INT(read_mget("{\"docs\":[{\"_id\":\"a\",\"error\":{\"type\":"
                        "\"no_shard_available_action_exception\"}}]}"),
              REMOTE_AWAY);
}

static enum remote_outcome read_search(const char *reply, bool *ret_overflows)
{
    static const struct str keys[] = { { "\"a\"\n", 4 } };
    ask(keys, 1);
    return es_read_search(&found, str_of(reply), 3, ret_overflows, &error);
}

static void a_search_counts_when_all_shards_answer(void)
{
    bool overflows;
    CHECK_INT(read_search("{\"hits\":{\"hits\":[{\"_source\":{\"n\":1}},{}]},\"_shards\":"
                          "{\"failed\":0}}",
                          &overflows),
              REMOTE_DONE);
    CHECK_INT(found.count, 2);
    CHECK(!overflows);
    CHECK_INT(read_search("{\"timed_out\":false,\"_shards\":{\"failed\":0}}", &overflows),
              REMOTE_DONE);
    CHECK_INT(found.count, 0);
    CHECK_INT(read_search("{\"_shards\":{\"failed\":1},\"hits\":{\"hits\":[]}}", &overflows),
              REMOTE_AWAY);
    CHECK_INT(read_search("{\"timed_out\":true,\"hits\":{\"hits\":[]}}", &overflows), REMOTE_AWAY);
    CHECK_INT(
        read_search("{\"_shards\":{\"failed\":0},\"hits\":{\"hits\":[{},{},{}]}}", &overflows),
        REMOTE_DONE);
    CHECK(overflows);
    CHECK_INT(found.count, 0);
    CHECK_INT(read_search("{\"_shards\":{\"failed\":0},\"hits\":{\"hits\":[{},{}", &overflows),
              REMOTE_FAILED);
    CHECK_INT(read_search("{\"_shards\":{\"failed\":0},\"hits\":{\"hits\":[{\"_source\"},{}]}}",
                          &overflows),
              REMOTE_FAILED);
    CHECK_INT(read_search("<html>", &overflows), REMOTE_FAILED);
}

/* --- pages ------------------------------------------------------------------------------------ */

static struct es_hits page;

static enum remote_outcome read_hits(const char *reply, bool is_sorted)
{
    arena_reset(arena);
    error = (struct error){ .code = OK };
    return es_read_hits(&page, str_of(reply), is_sorted, arena, &error);
}

#define HIT "{\"_index\":\"i\",\"_id\":\"a\",\"_source\":{\"n\":[1]},\"sort\":[7]}"
#define SHARDS "\"_shards\":{\"failed\":0}"

static void a_page_has_documents_and_how_to_go_on(void)
{
    CHECK_INT(read_hits("{\"hits\":{\"total\":2,\"hits\":[" HIT ",{\"_id\":\"b\",\"sort\":[8]}]},"
                        "\"pit_id\":\"p=\"," SHARDS ",\"timed_out\":false}",
                        true),
              REMOTE_DONE);
    CHECK_INT(page.count, 2);
    CHECK_SPAN(page.cursor.data, page.cursor.size, "p=");
    CHECK_SPAN(page.hits[0].source.data, page.hits[0].source.size, "{\"n\":[1]}");
    CHECK_SPAN(page.hits[0].index.data, page.hits[0].index.size, "i");
    CHECK_SPAN(page.hits[1].sort.data, page.hits[1].sort.size, "[8]");
    CHECK(!page.hits[1].source.data);
    CHECK_INT(
        read_hits("{\"_scroll_id\":\"s\"," SHARDS ",\"hits\":{\"hits\":[{\"_id\":\"a\"}]}}", false),
        REMOTE_DONE);
    CHECK_SPAN(page.cursor.data, page.cursor.size, "s");
    CHECK_INT(read_hits("{" SHARDS "}", true),
              REMOTE_DONE); /* the filter leaves out what is empty */
    CHECK_INT(page.count, 0);
    CHECK(!page.cursor.data);
}

static void a_page_of_some_shards_is_none(void)
{
    CHECK_INT(read_hits("{\"_shards\":{\"failed\":1},\"hits\":{\"hits\":[" HIT "]}}", true),
              REMOTE_AWAY);
    CHECK_STR(error.message, "not all shards of the index answer");
    CHECK_INT(read_hits("{" SHARDS ",\"timed_out\":true,\"hits\":{\"hits\":[]}}", true),
              REMOTE_AWAY);
    static const char *const odd[] = {
        "",
        "null",
        "{",
        "{\"hits\":{\"hits\":[]}}",
        "{\"_shards\":{},\"hits\":{\"hits\":[]}}",
        "{\"_shards\":{\"failed\":\"0\"}}",
        "{" SHARDS ",\"hits\":{\"hits\":[" HIT,
        "{" SHARDS ",\"hits\":{\"hits\":[" HIT "]}",
        "{" SHARDS ",\"hits\":{\"hits\":[7]}}",
        "{" SHARDS ",\"hits\":{\"hits\":[{\"_id\":7,\"sort\":[1]}]}}",
        "{" SHARDS ",\"hits\":{\"hits\":[{\"_id\":\"a\",\"sort\":1}]}}",
        "{" SHARDS ",\"hits\":{\"hits\":[{\"_id\":\"a\",\"sort\"}]}}",
    };
    for (size_t i = 0; i < countof(odd); i++)
        if (!CHECK_INT(read_hits(odd[i], true), REMOTE_FAILED))
            fprintf(stderr, "with %s\n", odd[i]);
}

int main(void)
{
    arena = arena_create();
    RUN(each_row_has_a_status_of_its_own);
    RUN(the_worst_outcome_is_that_of_the_call);
    RUN(later_rows_of_a_key_stay_later);
    RUN(the_order_of_many_keys_takes_no_time);
    RUN(a_reply_is_believed_as_a_whole_or_not);
    RUN(reasons_are_one_line);
    RUN(documents_by_id_are_those_that_were_asked_for);
    RUN(a_search_counts_when_all_shards_answer);
    RUN(a_page_has_documents_and_how_to_go_on);
    RUN(a_page_of_some_shards_is_none);
    arena_destroy(arena);
    return check_failed != 0;
}
