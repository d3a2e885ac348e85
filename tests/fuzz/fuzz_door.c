/* fuzz_door.c -- any bytes as a request, as the head of one over HTTP, and as an answer.
 *
 * Besides crashes it is checked that what is refused has a reason, and that a request which was
 * understood is the same when it is written and read again. */
#include "base/arena.h"
#include "door/http.h"
#include "door/reply.h"
#include "door/request.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool holds, const char *what)
{
    if (!holds) {
        fprintf(stderr, "does not hold: %s\n", what);
        abort();
    }
}

static void read_request(struct arena *arena, struct str text)
{
    struct error err = { .code = OK };
    struct request request, again;
    enum code code = request_parse(arena, text, &request, &err);
    if (code != OK) {
        require(err.code == code && err.message[0] != '\0', "a refusal has a reason");
        return;
    }
    struct buf line;
    buf_init(&line, 16 * REQUEST_BYTES_MAX);
    request_write(&line, &request);
    require(!line.failed && str_find_byte(buf_view(&line), '\n') == line.size - 1, "it is a line");
    require(request_parse(arena, str_make(line.data, line.size - 1), &again, &err) == OK &&
                again.ask == request.ask && again.brief == (request.brief && !request.ask) &&
                (request.ask != ASK_SAMPLE || again.rows == request.rows) &&
                (request.ask != ASK_WHY || again.watch_ms == request.watch_ms),
            "it is read as it was written");
    buf_done(&line);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const fronts[] = { "{\"ask\": \"", "{\"ask\": \"status\", ", "GET /" };
    struct arena *arena = arena_create();
    require(arena != NULL, "memory");
    struct str text = str_make((const char *)data, MIN(size, REQUEST_BYTES_MAX));
    struct error err = { .code = OK };
    const struct json_value *reply;
    bool head_only;
    read_request(arena, text);
    (void)http_read(text, &head_only);
    if (reply_read(arena, text, &reply, &err) == OK)
        (void)reply_text(arena, reply, "text");
    for (size_t i = 0; i < countof(fronts); i++) { /* random bytes seldom begin so */
        char *whole = arena_printf(arena, "%s" STR_FMT, fronts[i], STR_ARG(text));
        require(whole != NULL, "memory");
        read_request(arena, str_of(whole));
        (void)http_read(str_of(whole), &head_only);
    }
    arena_destroy(arena);
    return 0;
}
