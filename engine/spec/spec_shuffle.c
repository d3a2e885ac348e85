/* spec_shuffle.c -- a shuffled run: what FEEDs that stand behind each other give is handed out
 * in another order that could happen as well.
 *
 * Rows of one partition stay in their order; partitions and tables are merged at random, in
 * batches of random size, and now and then the job is stopped and goes on from its snapshot.
 * The same seed gives the same run. */
#include "spec/spec_case.h"

static const uint32_t batch_sizes[] = { 1, 2, 5, 1024 };

static uint64_t random_below(struct spec_run *run, uint64_t below)
{
    uint64_t x = run->chance += UINT64_C(0x9E3779B97F4A7C15);
    x = (x ^ x >> 30) * UINT64_C(0xBF58476D1CE4E5B9);
    x = (x ^ x >> 27) * UINT64_C(0x94D049BB133111EB);
    return (x ^ x >> 31) % below;
}

static struct spec_queue *queue_of(struct spec_run *run, struct spec_source *source, uint32_t split)
{
    for (uint32_t i = 0; i < run->queue_count; i++)
        if (run->queues[i].source == source && run->queues[i].split == split)
            return &run->queues[i];
    struct spec_queue queue = { .source = source, .split = split };
    return ARENA_PUSH(run->arena, run->queues, run->queue_count, run->queue_cap, queue)
               ? &run->queues[run->queue_count - 1]
               : NULL;
}

enum code spec_shuffle_begin(struct spec_run *run, struct error *err)
{
    run->queue_count = 0;
    while (run->at < run->step_count && run->steps[run->at].statement->kind == SPEC_FEED) {
        const struct spec_step *step = &run->steps[run->at++];
        for (uint32_t i = 0; i < step->input_count; i++) {
            const struct spec_input *input = &step->inputs[i];
            uint32_t split;
            if (!spec_source_split(run->tables, step->source, input->partition, &split))
                return error_nomem(err);
            struct spec_queue *queue = queue_of(run, step->source, split);
            if (!queue || !ARENA_PUSH(run->arena, queue->inputs, queue->count, queue->cap, input))
                return error_nomem(err);
            spec_source_wait(step->source, split, 1);
        }
    }
    run->tables->batch_rows = batch_sizes[random_below(run, countof(batch_sizes))];
    return OK;
}

static struct spec_queue *choose_queue(struct spec_run *run)
{
    uint64_t left = 0;
    for (uint32_t i = 0; i < run->queue_count; i++)
        left += run->queues[i].next < run->queues[i].count;
    if (left == 0)
        return NULL;
    uint64_t at = random_below(run, left);
    for (uint32_t i = 0;; i++)
        if (run->queues[i].next < run->queues[i].count && at-- == 0)
            return &run->queues[i];
}

enum code spec_shuffle_step(struct spec_run *run, bool *ret, struct error *err)
{
    struct spec_queue *queue = choose_queue(run);
    *ret = queue != NULL;
    if (!queue) {
        run->queue_count = 0;
        return OK;
    }
    uint32_t most = MIN(queue->count - queue->next, run->tables->batch_rows);
    for (uint64_t n = 1 + random_below(run, most); n > 0; n--) {
        TRY(spec_feed_put(run, queue->source, queue->inputs[queue->next++], err));
        spec_source_wait(queue->source, queue->split, -1);
    }
    return OK;
}

/* Not while somebody outside is being waited for: a stop does not wait as long as a test may. */
bool spec_shuffle_stops(struct spec_run *run)
{
    bool waits = spec_tables_due_us(run->tables) < INT64_MAX;
    for (uint32_t i = 0; i < run->tables->lookup_count; i++)
        waits = waits || run->tables->lookups[i].is_away;
    if (waits || run->restarts_left == 0 || random_below(run, 4) > 0)
        return false;
    run->restarts_left--;
    return true;
}
