/* fn_json_rules.h -- inside of fn_json*.c: from a hit to a result. */
#pragma once

#include "expr/call.h"
#include "expr/fn_json.h"
#include "json/json_extract.h"
#include "json/json_text.h"

struct json_rules {
    enum json_call_kind kind;
    bool is_lax;
    bool bad_path;           /* Flink: a path that Jayway refuses is an error in every row */
    const struct type *type; /* of the result */
    enum json_behavior on_empty, on_error; /* resolved: never JSON_GIVE_DEFAULT */
    enum json_wrapper wrapper;
    uint32_t default_empty, default_error; /* positions of arguments; 0: none */
};

/* Where results go, for one run of a kernel. */
struct json_sink {
    struct eval *cx;
    const struct json_rules *rules;
    struct column *const *args; /* of the call, for DEFAULT values; NULL if it has none */
    struct column *out;
    uint32_t used; /* elements in the child column of an ARRAY */
};

/* A row's hit to its result.  Texts go to the batch's arena or stay in the document. */
enum code json_result(struct json_sink *sink, const struct json_hit *hit, uint32_t row,
                      struct error *err) WEIR_CHECKED;
/* The document is the JSON null, or the path is bad: an error even in lax mode. */
enum code json_result_error(struct json_sink *sink, uint32_t row, struct error *err) WEIR_CHECKED;
/* At the end of the run. */
enum code json_result_finish(struct json_sink *sink, struct error *err) WEIR_CHECKED;

static inline bool json_hit_is_minus_zero(const struct json_hit *hit)
{
    return hit->size == 2 && hit->data[0] == '-' && hit->data[1] == '0';
}

/* A hit's text as JSON_VALUE has it: most need no call. .data == NULL: SQL NULL. */
static inline enum code json_hit_text(const struct json_hit *hit, enum json_text_mode mode,
                                      struct arena *arena, struct str *ret, struct error *err)
{
    bool is_plain = (hit->kind == JSON_STRING && !hit->maybe_utf8) ||
                    (hit->kind == JSON_INTEGER && !json_hit_is_minus_zero(hit));
    if (likely(is_plain)) {
        *ret = str_make(hit->data, hit->size);
        return OK;
    }
    return json_text(hit, mode, arena, ret, err);
}

/* Kernels whose address tells what they are. */
#define JSON_KERNEL(name)                                                                          \
    enum code name(struct eval *cx, const struct kernel_call *call, const struct rows *rows,       \
                   struct column *out, struct error *err)
JSON_KERNEL(json_call_kernel);     /* fn_json_run.c: reads documents */
JSON_KERNEL(json_from_hit_kernel); /* fn_json_hit.c: reads hits */

/* Reads documents row by row, with extractors of its own; kept in the scratch of a call. */
struct json_reader;
enum code json_reader_get(struct eval *cx, void **scratch, unsigned flags, struct json_reader **ret,
                          struct error *err) WEIR_CHECKED;
/* Looks for the path in one document.  `path` must be the same object in every call. */
enum code json_reader_run(struct json_reader *reader, const struct json_path *path,
                          struct str document, struct json_hit *ret, bool *ret_ok,
                          struct error *err) WEIR_CHECKED;
/* The same with a path that is not known before; *ret_path is what it was parsed to, NULL if it
 * is none. */
enum code json_reader_run_text(struct json_reader *reader, struct str path, struct str document,
                               struct json_hit *ret, bool *ret_ok,
                               const struct json_path **ret_path, struct error *err) WEIR_CHECKED;
/* At the end of a kernel: hits of former rows are gone. */
void json_reader_reset(struct json_reader *reader);

/* fn_json_make.c */
extern const struct type type_json_text; /* STRING that is JSON: equal to type_string */
enum code json_string_resolve(struct call *call, struct error *err);
enum code json_object_resolve(struct call *call, struct error *err);
enum code json_array_resolve(struct call *call, struct error *err);
enum code json_resolve(struct call *call, struct error *err);
enum code json_quote_resolve(struct call *call, struct error *err);
enum code json_unquote_resolve(struct call *call, struct error *err);
/* fn_json_is.c */
enum code is_json_resolve(struct call *call, struct error *err);
