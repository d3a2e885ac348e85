/* render_fit.h -- inside of render*.c: makes a box as wide as the screen.
 *
 * First columns of texts become narrower, the widest first, and their cells are cut (or go on in
 * further lines).  Numbers and times are never cut; where that is not enough, columns are left
 * out. */
#pragma once

#include "session/render_box.h"

struct render_fit {
    const uint32_t *natural; /* what each column would take */
    const bool *is_text;     /* may it become narrower? */
    uint32_t columns;        /* of the screen; 0: all that it takes */
    uint32_t first;          /* column that is shown first ... */
    bool from_both_ends;     /* ... or: what is left out is in the middle */
};

/* Sets widths and `hidden` of the box; how many columns are shown. */
uint32_t render_fit(const struct render_fit *fit, struct render_box *box);
