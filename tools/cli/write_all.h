/* write_all.h -- all of a text to a descriptor that blocks, whatever signals come in between. */
#pragma once

#include "base/str.h"

#include <errno.h>
#include <unistd.h>

/* False: the rest could not be written; errno says why. */
static inline bool write_all(int fd, struct str text)
{
    while (text.size > 0) {
        ssize_t n = write(fd, text.data, text.size);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return false;
        text = str_make(text.data + n, text.size - (size_t)n);
    }
    return true;
}
