/* suggest.c -- see suggest.h.  The distance is that of base/nearest.h; the rule is
 * another: here a list is at hand, so of two equally near names one can be chosen. */
#include "sql/suggest.h"

#include "base/nearest.h"
#include "base/utf8.h"

enum { MAX_DISTANCE = 3, TIE = 3 };

static size_t common_prefix(struct str a, struct str b)
{
    size_t n = 0;
    while (n < MIN(a.size, b.size) && str_ieq(str_make(a.data + n, 1), str_make(b.data + n, 1)))
        n++;
    return n;
}

/* Of two equally near ones the one that begins alike: OVR is OVER rather than OR. */
int suggest_nearest(struct str word, const struct str *candidates, size_t n)
{
    uint32_t limit = MIN((uint32_t)MAX_DISTANCE, (uint32_t)utf8_count(word) / 2);
    uint32_t best = limit + 1;
    int nearest = -1, ties = 0;
    for (size_t i = 0; i < n; i++) {
        uint32_t distance = nearest_distance(word, candidates[i], MIN(best, limit));
        if (distance > limit || distance > best)
            continue;
        if (distance < best) {
            best = distance;
            nearest = (int)i;
            ties = 1;
        } else if (!str_ieq(candidates[i], candidates[nearest])) {
            ties++; /* the same name from two tables is no tie */
            if (common_prefix(word, candidates[i]) > common_prefix(word, candidates[nearest]))
                nearest = (int)i;
        }
    }
    return ties >= TIE ? -1 : nearest;
}
