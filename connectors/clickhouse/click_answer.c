/* click_answer.c -- calls to ClickHouse, and what its errors mean.
 *
 *     Code: 27, e.displayText() = DB::Exception: Cannot parse ..., e.what() = DB::Exception      18.16
 *     Code: 27. DB::Exception: Cannot parse ... (CANNOT_PARSE_INPUT_ASSERTION_FAILED) (version ...)   newer
 */
#include "clickhouse/click_server.h"

#include "base/number.h"

enum { SHOWN_MAX = 300 };

/* The server is busy, read-only, short of something, or does not know how it went. */
static const uint16_t away_codes[] = {
    159,           /* time-out */
    173,           /* memory */
    198,           /* DNS */
    201,           /* quota */
    202,           /* too many queries */
    203,           /* no free connection */
    209, 210,      /* network between servers */
    225,           /* no ZooKeeper */
    236,           /* aborted: it stops */
    241,           /* memory limit */
    242,           /* table is read-only */
    243,           /* no space */
    252,           /* too many parts */
    279, 297,      /* no connection to a replica, to a shard */
    285, 286, 319, /* quorum */
    364,           /* too many requests */
    373,           /* session is locked */
    394,           /* cancelled */
    415,           /* replicas gone */
    425,           /* system error */
    439,           /* no thread */
    473,           /* deadlock avoided */
    999,           /* Keeper */
};
/* Nothing that is sent can change it. */
static const uint16_t fatal_codes[] = {
    10,  16,  20,  47,            /* column */
    46,  48,  62,  73,            /* function, feature, syntax, format */
    50,                           /* type */
    60,  81,                      /* table, database */
    44,  115, 164, 291, 452,      /* settings, rights */
    192, 193, 194, 195, 497, 516, /* login */
};
/* A row is at fault. */
static const uint16_t refused_codes[] = {
    6,   26,  27,  32,  33,  36,  38,  41,  53,  69,  70,  72,  117, 128,
    131, 153, 190, 321, 349, 376, 395, 407, 441, 457, 467, 469, 691,
};

static bool is_one_of(int code, const uint16_t *codes, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (codes[i] == code)
            return true;
    return false;
}

static const char *find_text(struct str text, const char *wanted)
{
    size_t size = strlen(wanted);
    for (size_t i = 0; i + size <= text.size; i++)
        if (memcmp(text.data + i, wanted, size) == 0)
            return text.data + i;
    return NULL;
}

/* The number behind "Code: "; -1: there is none. */
static int code_of(struct str text)
{
    const char *at = find_text(text, "Code: ");
    const char *end = text.data + text.size;
    int code = 0, digits = 0;
    for (at = at ? at + 6 : end; at < end && *at >= '0' && *at <= '9' && digits < 5; at++, digits++)
        code = code * 10 + (*at - '0');
    return digits > 0 ? code : -1;
}

/* The sentence itself. */
static struct str sentence_of(struct str text)
{
    static const char *const ends[] = { ", e.what() =", "\n", " (version " };
    const char *at = find_text(text, "DB::Exception: ");
    if (at)
        text = str_make(at + 15, text.size - (size_t)(at + 15 - text.data));
    for (size_t i = 0; i < countof(ends); i++) {
        const char *end = find_text(text, ends[i]);
        if (end)
            text.size = (size_t)(end - text.data);
    }
    text = str_trim(text);
    text.size = MIN(text.size, (size_t)SHOWN_MAX);
    return text;
}

static enum remote_outcome judge_status(int status)
{
    switch (status) {
    case 401:
    case 403:
        return REMOTE_FATAL;
    case 413:
        return REMOTE_REFUSED;
    case 408:
    case 425:
    case 429:
    case 502:
    case 503:
    case 504:
        return REMOTE_AWAY;
    default:
        return REMOTE_FAILED;
    }
}

static enum remote_outcome judge_code(int code, struct str text)
{
    /* Before any text is looked at: it may have values of rows in it. */
    if (is_one_of(code, refused_codes, countof(refused_codes)))
        return REMOTE_REFUSED;
    /* An INSERT over too many partitions has the code of a table with too many parts. */
    if (code == 252 && find_text(text, "artitions for single INSERT"))
        return REMOTE_REFUSED;
    /* Of a disk that is full, under the codes of whoever has noticed it; the second is that of the
     * server's log. */
    if (find_text(text, "No space left on device") || find_text(text, "Cannot write file") ||
        is_one_of(code, away_codes, countof(away_codes)))
        return REMOTE_AWAY;
    return is_one_of(code, fatal_codes, countof(fatal_codes)) ? REMOTE_FATAL : REMOTE_FAILED;
}

enum remote_outcome click_judge(int status, struct str text, struct error *err)
{
    static const enum code codes[] = {
        [REMOTE_AWAY] = E_RETRY,
        [REMOTE_FAILED] = E_IO,
        [REMOTE_REFUSED] = E_DATA,
        [REMOTE_FATAL] = E_IO,
    };
    int code = code_of(text);
    enum remote_outcome outcome = code >= 0 ? judge_code(code, text) : judge_status(status);
    struct str sentence = sentence_of(text);
    if (code >= 0)
        error_set(err, codes[outcome], "ClickHouse says: " STR_FMT " (code %d)", STR_ARG(sentence),
                  code);
    else
        error_set(err, codes[outcome], "ClickHouse answers with status %d%s" STR_FMT, status,
                  sentence.size > 0 ? ": " : "", STR_ARG(sentence));
    if (outcome == REMOTE_FATAL && (code == 516 || (code >= 192 && code <= 195) || status == 401))
        error_hint(err, "The options \"username\" and \"password\" say who logs in.");
    return outcome;
}

static enum remote_outcome judge_call(enum code code)
{
    return code == E_RETRY || code == E_CANCELLED ? REMOTE_AWAY : REMOTE_FATAL;
}

enum remote_outcome click_run(struct http_client *client, const struct click_call *call,
                              struct str *ret, enum code *ret_code, struct error *err)
{
    struct http_request request = {
        .method = "POST",
        .path = call->path,
        .head = call->head,
        .body = call->body,
        .content_type = "application/octet-stream",
    };
    struct http_reply reply;
    enum code code =
        call->take ? http_call_in_pieces(client, &request, call->take, call->self, &reply, err)
                   : http_call(client, &request, &reply, err);
    if (ret_code)
        *ret_code = code;
    if (code != OK)
        return judge_call(code);
    if (reply.status < 200 || reply.status > 299)
        return click_judge(reply.status, reply.body, err);
    if (ret)
        *ret = reply.body;
    /* What failed after the beginning of the answer was sent. */
    if (!call->take && str_starts(reply.body, STR("Code: ")))
        return click_judge(reply.status, reply.body, err);
    return REMOTE_DONE;
}
