/* agg_approx.c -- APPROX_COUNT_DISTINCT: HyperLogLog.
 *
 * After P. Flajolet and others, "HyperLogLog: the analysis of a near-optimal cardinality
 * estimation algorithm" (2007): 2^14 registers hold the longest run of zeros seen among the
 * hashes that fall to them; a standard error of 0.8 %.  Up to 256 values a group keeps the
 * hashes themselves, sorted, and the count is exact.  A value that has come cannot be
 * taken back. */
#include "agg/agg_inner.h"
#include "base/hash.h"

#include <math.h>

enum {
    INDEX_BITS = 14,
    REGISTERS = 1 << INDEX_BITS, /* bytes of the accumulator when there are many */
    EXACT_MAX = 256,             /* hashes kept before; always fewer bytes than REGISTERS */
};
/* The hashes or registers, and of registers the sum of 2^-register and how many are 0, kept up to date
 * so that a result costs the same however often it is asked for. */
enum { SLOT_BYTES, SLOT_SUM, SLOT_ZEROS, SLOTS };

static bool is_dense(struct str bytes)
{
    return bytes.size == REGISTERS;
}

static uint64_t hash_at(struct str bytes, uint32_t i)
{
    uint64_t hash;
    memcpy(&hash, bytes.data + i * sizeof hash, sizeof hash);
    return hash;
}

/* The first place whose hash is not smaller. */
static uint32_t place_of(struct str bytes, uint64_t hash)
{
    uint32_t low = 0, high = (uint32_t)(bytes.size / sizeof hash);
    while (low < high) {
        uint32_t mid = (low + high) / 2;
        if (hash_at(bytes, mid) < hash)
            low = mid + 1;
        else
            high = mid;
    }
    return low;
}

static struct str bytes_of(const struct agg_run *run, char *row)
{
    const struct state_slot *slot = agg_slot(run, SLOT_BYTES);
    if (!state_is_valid(row, slot))
        return STR("");
    return state_bytes_view(state_at(row, slot));
}

static double *sum_of(const struct agg_run *run, char *row)
{
    return state_at(row, agg_slot(run, SLOT_SUM));
}

static int32_t *zeros_of(const struct agg_run *run, char *row)
{
    return state_at(row, agg_slot(run, SLOT_ZEROS));
}

static void raise_register(struct agg_run *run, char *row, char *reg, char to)
{
    if (*reg >= to)
        return;
    *sum_of(run, row) += ldexp(1.0, -to) - ldexp(1.0, -*reg);
    *zeros_of(run, row) -= *reg == 0;
    *reg = to;
}

/* In place: the operator owns the row. */
static void add_to_registers(struct agg_run *run, char *row, uint64_t hash)
{
    uint64_t rest = hash << INDEX_BITS | (uint64_t)1 << (INDEX_BITS - 1); /* ends the run */
    char *registers = (char *)bytes_of(run, row).data;
    raise_register(run, row, &registers[hash >> (64 - INDEX_BITS)],
                   (char)(__builtin_clzll(rest) + 1));
}

/* From hashes to registers. */
static enum code make_dense(struct agg_run *run, char *row, struct error *err)
{
    struct str bytes = bytes_of(run, row);
    uint64_t hashes[EXACT_MAX];
    uint32_t count = (uint32_t)(bytes.size / sizeof hashes[0]);
    char registers[REGISTERS] = { 0 };
    for (uint32_t i = 0; i < count; i++)
        hashes[i] = hash_at(bytes, i);
    TRY(state_put_bytes(run->heap, row, agg_slot(run, SLOT_BYTES),
                        str_make(registers, REGISTERS), err));
    state_set_valid(row, agg_slot(run, SLOT_SUM), true);
    state_set_valid(row, agg_slot(run, SLOT_ZEROS), true);
    *sum_of(run, row) = REGISTERS;
    *zeros_of(run, row) = REGISTERS;
    for (uint32_t i = 0; i < count; i++)
        add_to_registers(run, row, hashes[i]);
    return OK;
}

static enum code add_hash(struct agg_run *run, char *row, uint64_t hash, struct error *err)
{
    struct str bytes = bytes_of(run, row);
    if (is_dense(bytes)) {
        add_to_registers(run, row, hash);
        return OK;
    }
    uint32_t count = (uint32_t)(bytes.size / sizeof hash), at = place_of(bytes, hash);
    if (at < count && hash_at(bytes, at) == hash)
        return OK;
    if (count == EXACT_MAX) {
        TRY(make_dense(run, row, err));
        return add_hash(run, row, hash, err);
    }
    uint64_t grown[EXACT_MAX];
    memcpy(grown, bytes.data, at * sizeof hash);
    grown[at] = hash;
    if (at < count)
        memcpy(&grown[at + 1], bytes.data + at * sizeof hash, (count - at) * sizeof hash);
    return state_put_bytes(run->heap, row, agg_slot(run, SLOT_BYTES),
                           str_make((const char *)grown, (count + 1) * sizeof hash), err);
}

static int64_t estimate(const struct agg_run *run, char *row)
{
    struct str bytes = bytes_of(run, row);
    if (!is_dense(bytes))
        return (int64_t)(bytes.size / sizeof(uint64_t));
    double m = REGISTERS, zeros = *zeros_of(run, row);
    double raw = 0.7213 / (1 + 1.079 / m) * m * m / *sum_of(run, row);
    if (raw <= 2.5 * m && zeros > 0)
        raw = m * log(m / zeros); /* few values: counting empty registers is closer */
    return (int64_t)llround(raw);
}

static void reset(struct agg_run *run, char *row)
{
    state_clear(run->heap, run->layout, run->slot, SLOTS, row);
}

static enum code step(struct agg_run *run, const struct agg_steps *s, struct error *err)
{
    struct column *const args[1] = { s->args[0] };
    for (uint32_t i = 0; i < s->n; i++) {
        unsigned flags = s->flags ? s->flags[i] : 0;
        char *row = s->rows[i];
        uint32_t at = agg_row(s, i);
        if (flags & AGG_RESET)
            reset(run, row);
        if (s->before)
            COLUMN_OUT(s->before, int64_t)[i] = estimate(run, row);
        if (!(flags & AGG_SKIP) && column_is_valid(s->args[0], at)) {
            uint64_t hash;
            state_hash(args, 1, &at, 1, &hash);
            TRY(add_hash(run, row, hash, err));
        }
        if (s->after)
            COLUMN_OUT(s->after, int64_t)[i] = estimate(run, row);
    }
    return OK;
}

static enum code result(struct agg_run *run, struct arena *arena, char *const *rows,
                        const struct str *keys, uint32_t n, struct column *out,
                        struct error *err)
{
    (void)arena, (void)keys, (void)err;
    for (uint32_t i = 0; i < n; i++)
        COLUMN_OUT(out, int64_t)[i] = estimate(run, rows[i]);
    return OK;
}

static enum code merge_one(struct agg_run *run, char *to, char *from, struct error *err)
{
    struct str more = bytes_of(run, from);
    if (is_dense(more)) {
        if (!is_dense(bytes_of(run, to)))
            TRY(make_dense(run, to, err));
        char *registers = (char *)bytes_of(run, to).data;
        for (uint32_t i = 0; i < REGISTERS; i++)
            raise_register(run, to, &registers[i], more.data[i]);
        return OK;
    }
    for (uint32_t i = 0; i < more.size / sizeof(uint64_t); i++)
        TRY(add_hash(run, to, hash_at(more, i), err));
    return OK;
}

static enum code merge(struct agg_run *run, char *const *to, const struct str *to_keys,
                       char *const *from, const struct str *from_keys, uint32_t n,
                       struct error *err)
{
    (void)to_keys, (void)from_keys;
    for (uint32_t i = 0; i < n; i++)
        TRY(merge_one(run, to[i], from[i], err));
    return OK;
}

static const struct agg_kernel kernel = {
    .reset = reset, .step = step, .result = result, .merge = merge
};

/* Values of one meaning have other hashes as another type, so the type is a part of what is kept. */
static uint64_t hash_of_type(const struct type *type)
{
    uint64_t id = type_is_string(type) ? TYPE_VARCHAR : type->id;
    uint64_t hash = id << 16 | (uint64_t)type_phys(type) << 8 | (uint8_t)type->scale;
    for (uint32_t i = 0; i < type->child_count; i++)
        hash = hash_u64(hash_of_type(type->children[i]), hash);
    return hash;
}

static enum code resolve(struct agg *agg, struct call *call, struct error *err)
{
    TRY(call_arity(call, 1, 1, err));
    TRY(agg_take_argument(agg, call, err));
    agg->state_hash = hash_of_type(agg->args[0]);
    agg->result = &type_bigint;
    return OK;
}

static bool setup(struct agg *agg)
{
    if (agg->takes_back)
        return false;
    agg->kernel = &kernel;
    agg->slots[SLOT_BYTES] = &type_bytes;
    agg->slots[SLOT_SUM] = &type_double;
    agg->slots[SLOT_ZEROS] = &type_int;
    agg->slot_count = SLOTS;
    agg->ignores_distinct = true;
    return true;
}

const struct agg_function agg_approx_table[] = {
    { "APPROX_COUNT_DISTINCT", DIALECT_BOTH, "APPROX_COUNT_DISTINCT(value)",
      "About how many different values there are: exact up to 256, then within a percent or two. "
      "Needs far less memory than COUNT(DISTINCT value); only over rows that are not taken back.",
      resolve, setup },
    { 0 },
};
