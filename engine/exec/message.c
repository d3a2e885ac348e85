/* message.c -- see message.h.
 *
 * A batch is copied in two passes over the same code: the first only counts bytes,
 * the second puts them into one block.  Nothing of the sender's batch is referred to
 * afterwards, so its buffers go back to the source however long the message waits. */
#include "exec/message.h"

#include "base/memory.h"

/* Where the next bytes go; NULL while they are only counted. */
struct packer {
    char *data;
    size_t size;
};

static void *take(struct packer *p, size_t bytes)
{
    void *at = p->data ? p->data + p->size : NULL;
    p->size += (bytes + 15) & ~(size_t)15;
    return at;
}

struct message *message_make(enum message_kind kind)
{
    struct message *m = mem_zalloc(sizeof *m);
    if (m) {
        m->kind = kind;
        m->watermark_us = WATERMARK_NONE;
    }
    return m;
}

static struct column *pack_column(struct packer *p, const struct column *src,
                                  const uint32_t *rows, uint32_t n);

static uint64_t *pack_valid(struct packer *p, const struct column *src, const uint32_t *rows,
                            uint32_t n)
{
    if (!src->valid)
        return NULL;
    uint64_t *valid = take(p, bit_words(n) * sizeof *valid);
    if (!valid)
        return NULL;
    memset(valid, 0, bit_words(n) * sizeof *valid);
    for (uint32_t i = 0; i < n; i++)
        valid[i >> 6] |= (uint64_t)bit_get(src->valid, rows[i] & src->mask) << (i & 63);
    return valid;
}

static void pack_views(struct packer *p, struct view *out, const struct column *src,
                       const uint32_t *rows, uint32_t n)
{
    const struct view *in = src->values;
    size_t bytes = 0;
    for (uint32_t i = 0; i < n; i++)
        bytes += column_is_valid(src, rows[i]) ? in[rows[i] & src->mask].size : 0;
    char *text = take(p, bytes);
    for (uint32_t i = 0; text && i < n; i++) {
        struct view v = in[rows[i] & src->mask];
        if (!column_is_valid(src, rows[i])) {
            out[i] = (struct view){ 0, 0, NULL };
            continue;
        }
        if (v.size > 0)
            memcpy(text, v.data, v.size);
        v.data = text;
        text += v.size;
        out[i] = v;
    }
}

#define PACK(type)                                                                                 \
    for (uint32_t i = 0; i < n; i++)                                                               \
    ((type *)out)[i] = ((const type *)src->values)[rows[i] & src->mask]

static void pack_fixed(void *out, size_t width, const struct column *src, const uint32_t *rows,
                       uint32_t n)
{
    switch (width) {
    case 1:
        PACK(uint8_t);
        break;
    case 2:
        PACK(uint16_t);
        break;
    case 4:
        PACK(uint32_t);
        break;
    case 8:
        PACK(uint64_t);
        break;
    default:
        PACK(int128);
        break;
    }
}

/* The elements of the lists, one list behind the other. */
static void pack_lists(struct packer *p, struct column *dst, const struct column *src,
                       const uint32_t *rows, uint32_t n)
{
    const struct list_slot *in = src->values;
    uint32_t elements = 0;
    for (uint32_t i = 0; i < n; i++)
        elements += column_is_valid(src, rows[i]) ? in[rows[i] & src->mask].size : 0;
    /* The numbers of the elements are scratch, but in the same block: they are few. */
    uint32_t *numbers = take(p, elements * sizeof *numbers);
    struct list_slot *out = dst ? dst->values : NULL;
    uint32_t *own = NULL;
    if (!numbers && elements > 0 && !(own = mem_alloc(elements * sizeof *own))) {
        p->size = SIZE_MAX / 2; /* asks for more than there is: the message cannot be made */
        return;
    }
    uint32_t *list = numbers ? numbers : own;
    uint32_t at = 0;
    for (uint32_t i = 0; i < n; i++) {
        struct list_slot slot = column_is_valid(src, rows[i]) ? in[rows[i] & src->mask]
                                                              : (struct list_slot){ 0, 0 };
        if (out)
            out[i] = (struct list_slot){ at, slot.size };
        for (uint32_t k = 0; k < slot.size; k++)
            list[at++] = slot.start + k;
    }
    for (uint32_t c = 0; c < src->child_count; c++) {
        struct column *child = pack_column(p, src->children[c], list, elements);
        if (dst)
            dst->children[c] = child;
    }
    mem_free(own);
}

static struct column *pack_column(struct packer *p, const struct column *src,
                                  const uint32_t *rows, uint32_t n)
{
    static const uint32_t zero = 0;
    enum phys phys = type_phys(src->type);
    uint32_t count = n;
    bool constant = column_is_constant(src) && phys != PHYS_ROW && n > 0;
    if (constant) {
        rows = &zero;
        n = 1;
    }
    struct column *dst = take(p, sizeof *dst);
    void *values = take(p, phys_bytes(phys) * n);
    struct column **children = take(p, src->child_count * sizeof *children);
    uint64_t *valid = pack_valid(p, src, rows, n);
    if (dst)
        *dst = (struct column){ .type = src->type,
                                .values = phys == PHYS_ROW ? NULL : values,
                                .valid = valid,
                                .count = count,
                                .mask = constant ? 0 : UINT32_MAX,
                                .children = src->child_count > 0 ? children : NULL,
                                .child_count = src->child_count };
    if (phys == PHYS_VIEW) {
        pack_views(p, values, src, rows, n);
    } else if (phys == PHYS_LIST) {
        pack_lists(p, dst, src, rows, n);
    } else if (phys == PHYS_ROW) {
        for (uint32_t c = 0; c < src->child_count; c++) {
            struct column *child = pack_column(p, src->children[c], rows, n);
            if (dst)
                children[c] = child;
        }
    } else if (dst) {
        pack_fixed(values, phys_bytes(phys), src, rows, n);
    }
    return dst;
}

/* (row, watermark) pairs of the batch, for the rows that go: behind the last row that does not
 * come after it, time has reached the watermark.  What comes before the first row is told by
 * *ret_before. */
static void pack_watermarks(struct packer *p, struct batch *out, const struct batch *in,
                            const uint32_t *rows, uint32_t n, int64_t *ret_before)
{
    struct watermark_at *list = take(p, in->watermark_count * sizeof *list);
    if (!list || in->watermark_count == 0)
        return;
    uint32_t row = 0, count = 0;
    for (uint32_t i = 0; i < in->watermark_count; i++) {
        while (row < n && rows[row] <= in->watermarks[i].row)
            row++;
        if (row == 0)
            *ret_before = in->watermarks[i].watermark_us;
        else if (count > 0 && list[count - 1].row == row - 1)
            list[count - 1].watermark_us = in->watermarks[i].watermark_us;
        else
            list[count++] = (struct watermark_at){ row - 1, in->watermarks[i].watermark_us };
    }
    out->watermarks = list;
    out->watermark_count = count;
}

/* Hashes and the packed columns that they are of. */
static void pack_hashes(struct packer *p, struct batch *out, const struct batch *in,
                        const uint32_t *rows, uint32_t n)
{
    if (!in->hashes)
        return;
    uint64_t *hashes = take(p, n * sizeof *hashes);
    struct column **hashed = take(p, in->hashed_count * sizeof *hashed);
    if (!hashes || !hashed)
        return;
    for (uint32_t i = 0; i < n; i++)
        hashes[i] = in->hashes[rows[i]];
    for (uint32_t k = 0; k < in->hashed_count; k++) {
        uint32_t c = 0;
        while (c < in->column_count && in->columns[c] != in->hashed[k])
            c++;
        if (c == in->column_count)
            return; /* it did not come this far */
        hashed[k] = out->columns[c];
    }
    out->hashes = hashes;
    out->hashed = hashed;
    out->hashed_count = in->hashed_count;
}

static void pack_batch(struct packer *p, struct message *m, const struct batch *in,
                       const uint32_t *rows, uint32_t n)
{
    struct column **columns = take(p, in->column_count * sizeof *columns);
    for (uint32_t c = 0; c < in->column_count; c++) {
        struct column *column = pack_column(p, in->columns[c], rows, n);
        if (columns)
            columns[c] = column;
    }
    uint8_t *changes = in->changes ? take(p, n) : NULL;
    for (uint32_t i = 0; changes && i < n; i++)
        changes[i] = in->changes[rows[i]];
    struct batch ignored;
    int64_t before = WATERMARK_NONE;
    struct batch *out = m ? &m->batch : &ignored;
    *out = (struct batch){ .count = n,
                           .column_count = in->column_count,
                           .columns = columns,
                           .selected = n,
                           .changes = changes };
    pack_watermarks(p, out, in, rows, n, &before);
    pack_hashes(p, out, in, rows, n);
    if (m)
        m->watermark_us = before;
}

struct message *message_copy(const struct batch *in, const uint32_t *rows, uint32_t n)
{
    struct packer p = { .data = NULL };
    (void)take(&p, sizeof(struct message));
    pack_batch(&p, NULL, in, rows, n);
    struct message *m = p.size < SIZE_MAX / 4 ? mem_alloc(p.size) : NULL;
    if (!m)
        return NULL;
    *m = (struct message){ .kind = MESSAGE_BATCH, .watermark_us = WATERMARK_NONE };
    p = (struct packer){ .data = (char *)m };
    (void)take(&p, sizeof *m);
    pack_batch(&p, m, in, rows, n);
    return m;
}
