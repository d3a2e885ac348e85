/* nearest.c -- see nearest.h.  The distance is the restricted Damerau-Levenshtein
 * one, over three rows of the usual table; a row in which nothing is within the
 * limit ends the search. */
#include "base/nearest.h"

enum { NAME_BYTES_MAX = 63, DISTANCE_MAX = 3, TIES_MAX = 3 };

static char fold(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
}

uint32_t nearest_distance(struct str a, struct str b, uint32_t distance_max)
{
    uint32_t too_far = distance_max + 1;
    size_t gap = a.size > b.size ? a.size - b.size : b.size - a.size;
    if (a.size > NAME_BYTES_MAX || b.size > NAME_BYTES_MAX || gap > distance_max)
        return too_far;

    uint32_t rows[3][NAME_BYTES_MAX + 1];
    uint32_t *before = rows[0], *last = rows[1], *row = rows[2];
    for (size_t j = 0; j <= b.size; j++)
        last[j] = (uint32_t)j;
    for (size_t i = 1; i <= a.size; i++) {
        row[0] = (uint32_t)i;
        uint32_t least = row[0];
        for (size_t j = 1; j <= b.size; j++) {
            char x = fold(a.data[i - 1]), y = fold(b.data[j - 1]);
            uint32_t cost = last[j - 1] + (x != y);
            cost = MIN(cost, MIN(last[j], row[j - 1]) + 1);
            if (i > 1 && j > 1 && x == fold(b.data[j - 2]) && fold(a.data[i - 2]) == y)
                cost = MIN(cost, before[j - 2] + 1);
            row[j] = cost;
            least = MIN(least, cost);
        }
        if (least > distance_max)
            return too_far;
        uint32_t *spare = before;
        before = last;
        last = row;
        row = spare;
    }
    return MIN(last[b.size], too_far);
}

void nearest_begin(struct nearest *n, struct str wanted)
{
    *n = (struct nearest){ .wanted = wanted, .distance = DISTANCE_MAX + 1 };
}

static size_t common_beginning(struct str a, struct str b)
{
    size_t n = 0;
    while (n < a.size && n < b.size && (a.data[n] | 0x20) == (b.data[n] | 0x20))
        n++;
    return n;
}

void nearest_add(struct nearest *n, struct str candidate)
{
    uint32_t limit = MIN((uint32_t)DISTANCE_MAX, (uint32_t)MIN(n->wanted.size, 8) / 2);
    uint32_t distance = nearest_distance(n->wanted, candidate, limit);
    if (distance > limit || distance > n->distance)
        return;
    if (distance < n->distance) {
        n->best = candidate;
        n->distance = distance;
        n->ties = 1;
        return;
    }
    if (str_ieq(n->best, candidate))
        return; /* the same name from two tables is no tie */
    n->ties++;
    if (common_beginning(n->wanted, candidate) > common_beginning(n->wanted, n->best))
        n->best = candidate;
}

struct str nearest_end(const struct nearest *n)
{
    if (n->distance > DISTANCE_MAX || n->ties >= TIES_MAX)
        return (struct str){ NULL, 0 };
    return n->best;
}

int nearest_of(struct str wanted, const struct str *candidates, size_t n)
{
    struct nearest nearest;
    nearest_begin(&nearest, wanted);
    for (size_t i = 0; i < n; i++)
        nearest_add(&nearest, candidates[i]);
    struct str best = nearest_end(&nearest);
    for (size_t i = 0; best.data && i < n; i++)
        if (candidates[i].data == best.data)
            return (int)i;
    return -1;
}
