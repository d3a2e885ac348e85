/* fn_hash.c -- MD5, SHA1, SHA224 .. SHA512, SHA2.
 *
 * Texts are short (keys), so the low-level functions of libcrypto are called: the EVP ones of
 * OpenSSL 3 look algorithms up by name or allocate a context, which takes longer than the hash.
 * Results are lower-case hexadecimal digits.  Blink's MD5 of an empty text is an empty text
 * (blink-dialect R-5). */
#define OPENSSL_SUPPRESS_DEPRECATED
#include "expr/fn_string.h"

#include <openssl/md5.h>
#include <openssl/sha.h>

enum { DIGEST_BYTES_MAX = 64 };

struct digest {
    const char *name;
    uint32_t bytes;
    uint32_t bits; /* as SHA2 asks for it; 0: not of that family */
    void (*run)(const void *data, size_t size, uint8_t *ret);
};

#define DIGEST(name, context_type, prefix)                                                         \
    static void digest_##name(const void *data, size_t size, uint8_t *ret)                         \
    {                                                                                              \
        context_type context;                                                                      \
        prefix##_Init(&context);                                                                   \
        prefix##_Update(&context, data, size);                                                     \
        prefix##_Final(ret, &context);                                                             \
    }

DIGEST(md5, MD5_CTX, MD5)
DIGEST(sha1, SHA_CTX, SHA1)
DIGEST(sha224, SHA256_CTX, SHA224)
DIGEST(sha256, SHA256_CTX, SHA256)
DIGEST(sha384, SHA512_CTX, SHA384)
DIGEST(sha512, SHA512_CTX, SHA512)

static const struct digest digests[] = {
    { "MD5", 16, 0, digest_md5 },         { "SHA1", 20, 0, digest_sha1 },
    { "SHA224", 28, 224, digest_sha224 }, { "SHA256", 32, 256, digest_sha256 },
    { "SHA384", 48, 384, digest_sha384 }, { "SHA512", 64, 512, digest_sha512 },
};

static void put_hex(const uint8_t *bytes, uint32_t n, char *to)
{
    static const char hex[] = "0123456789abcdef";
    for (uint32_t i = 0; i < n; i++) {
        to[2 * i] = hex[bytes[i] >> 4];
        to[2 * i + 1] = hex[bytes[i] & 15];
    }
}

static enum code digest_rows(struct eval *cx, const struct kernel_call *call,
                             const struct digest *digest, bool keep_empty, const struct rows *rows,
                             struct column *out, struct error *err)
{
    struct view *to = COLUMN_OUT(out, struct view);
    uint8_t bytes[DIGEST_BYTES_MAX];
    uint32_t size = 2 * digest->bytes;
    char *at = arena_alloc(cx->arena, (size_t)rows->n * size);
    if (!at)
        return error_nomem(err);
    ROWS_EACH(rows, i)
    {
        struct str s = arg_str(call, 0, i);
        if (keep_empty && s.size == 0) {
            to[i] = view_make("", 0);
            continue;
        }
        digest->run(s.data, s.size, bytes);
        put_hex(bytes, digest->bytes, at);
        to[i] = view_make(at, size);
        at += size;
    }
    return OK;
}

STRING_KERNEL(digest_kernel)
{
    return digest_rows(cx, call, call->state, false, rows, out, err);
}

STRING_KERNEL(digest_kernel_keep_empty)
{
    return digest_rows(cx, call, call->state, true, rows, out, err);
}

static enum code coerce_input(struct call *call, struct error *err)
{
    return type_is_binary(call->args[0]->type) ? OK : call_coerce_string(call, 0, err);
}

static enum code set_digest(struct call *call, const struct digest *digest)
{
    bool keep_empty = call_is_blink(call) && digest->run == digest_md5;
    call->state = digest;
    call->state_hash = digest->bytes << 1 | keep_empty;
    return call_set(call, &type_string, keep_empty ? digest_kernel_keep_empty : digest_kernel, 0);
}

static enum code digest_resolve(struct call *call, struct error *err)
{
    TRY(call_arity(call, 1, 1, err));
    TRY(coerce_input(call, err));
    for (size_t i = 0; i < countof(digests); i++)
        if (strcmp(digests[i].name, call->function->name) == 0)
            return set_digest(call, &digests[i]);
    return call_reject(call, err);
}

/* --- SHA2 ----------------------------------------------------------------------------- */

static const struct digest *digest_of_bits(int64_t bits)
{
    for (size_t i = 0; i < countof(digests); i++)
        if (digests[i].bits > 0 && digests[i].bits == (uint64_t)bits)
            return &digests[i];
    return NULL;
}

/* The length differs from row to row; state != NULL: a wrong one is NULL, not an error. */
STRING_KERNEL(sha2)
{
    struct view *to = COLUMN_OUT(out, struct view);
    char *at = arena_alloc(cx->arena, (size_t)rows->n * 2 * DIGEST_BYTES_MAX);
    uint8_t bytes[DIGEST_BYTES_MAX];
    if (!at)
        return error_nomem(err);
    ROWS_EACH(rows, i)
    {
        struct str s = arg_str(call, 0, i);
        int64_t bits = arg_i64(call, 1, i);
        const struct digest *digest = digest_of_bits(bits);
        if (digest) {
            digest->run(s.data, s.size, bytes);
            put_hex(bytes, digest->bytes, at);
            to[i] = view_make(at, 2 * digest->bytes);
            at += 2 * digest->bytes;
        } else if (call->state) {
            TRY(kernel_null(cx, out, i, err));
        } else {
            return error_set(err, E_DATA, "SHA2 has no digest of %lld bits", (long long)bits);
        }
    }
    return OK;
}

static enum code sha2_resolve(struct call *call, struct error *err)
{
    static const char lenient[] = "blink";
    int64_t bits;
    TRY(call_arity(call, 2, 2, err));
    TRY(coerce_input(call, err));
    TRY(call_coerce_i64(call, 1, err));
    if (expr_literal_i64(call->args[1], &bits)) {
        const struct digest *digest = digest_of_bits(bits);
        if (digest)
            return set_digest(call, digest);
        if (!call_is_blink(call)) {
            error_at(err, E_DATA, call->args[1]->span, "SHA2 has no digest of %lld bits",
                     (long long)bits);
            error_hint(err, "The lengths are 224, 256, 384 and 512.");
            return E_DATA;
        }
    }
    call->state = call_is_blink(call) ? lenient : NULL;
    call->state_hash = call->state != NULL;
    return call_set(call, &type_string, sha2, call_is_blink(call) ? 0 : CALL_FAILS);
}

/* clang-format off */
const struct function fn_hash_table[] = {
    { "MD5", DIALECT_BLINK, "MD5(string)", "MD5 of the UTF-8 bytes as 32 hexadecimal digits; of an empty string an empty string.", "MD5('abc')", "900150983cd24fb0d6963f7d28e17f72", digest_resolve, "hash" },
    { "MD5", DIALECT_FLINK, "MD5(string)", "MD5 of the UTF-8 bytes as 32 hexadecimal digits.", "MD5('')", "d41d8cd98f00b204e9800998ecf8427e", digest_resolve, "hash" },
    { "SHA1", DIALECT_BOTH, "SHA1(string)", "SHA-1 of the UTF-8 bytes as 40 hexadecimal digits.", "SHA1('abc')", "a9993e364706816aba3e25717850c26c9cd0d89d", digest_resolve, "hash" },
    { "SHA224", DIALECT_BOTH, "SHA224(string)", "SHA-224 of the UTF-8 bytes as 56 hexadecimal digits.", "SHA224('abc')", "23097d223405d8228642a477bda255b32aadbce4bda0b3f7e36c9da7", digest_resolve, "hash" },
    { "SHA256", DIALECT_BOTH, "SHA256(string)", "SHA-256 of the UTF-8 bytes as 64 hexadecimal digits.", "SHA256('abc')", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad", digest_resolve, "hash" },
    { "SHA384", DIALECT_BOTH, "SHA384(string)", "SHA-384 of the UTF-8 bytes as 96 hexadecimal digits.", "LEFT(SHA384('abc'), 32)", "cb00753f45a35e8bb5a03d699ac65007", digest_resolve, "hash" },
    { "SHA512", DIALECT_BOTH, "SHA512(string)", "SHA-512 of the UTF-8 bytes as 128 hexadecimal digits.", "LEFT(SHA512('abc'), 32)", "ddaf35a193617abacc417349ae204131", digest_resolve, "hash" },
    { "SHA2", DIALECT_BOTH, "SHA2(string, bits)", "SHA-2 with 224, 256, 384 or 512 bits, as hexadecimal digits.", "SHA2('abc', 224)", "23097d223405d8228642a477bda255b32aadbce4bda0b3f7e36c9da7", sha2_resolve, "hash" },
    { 0 },
};
/* clang-format on */
