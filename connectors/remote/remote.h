/* remote.h -- what a call to a server came to, in the words that sinks, look-ups and scans share. */
#pragma once

/* What a call came to, for the rows (keys) that it has not decided one by one. */
enum remote_outcome {
    REMOTE_DONE,    /* they are safe */
    REMOTE_AWAY,    /* the server cannot be reached, is busy or was cut off: the same rows are
                           sent again, with growing pauses, as long as the job runs */
    REMOTE_FAILED,  /* an answer that may be different next time: sent again, at most
                           `max_retries` times, then the job fails */
    REMOTE_REFUSED, /* at least one of them is at fault, unknown which: the call is made again
                           for each half; a row alone is REMOTE_BAD with err's message */
    REMOTE_FATAL,   /* no call can succeed (login, table, column): the job fails with err */
};
