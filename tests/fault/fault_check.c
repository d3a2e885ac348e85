/* fault_check.c -- every single allocation of reading, binding and planning a job may
 * fail: the job is then refused with a sentence, and nothing crashes or leaks.
 *
 * For each file the n-th allocation is made to fail, for n = 1, 2, ... until a run
 * needs fewer than n.  Run under the sanitizers, which find what is lost on the way. */
#include "base/memory.h"
#include "session/session.h"
#include "support/connectors.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { TEXT_MAX = 1 << 20 };

static int null_fd;
static const char *data_dir;

static enum session_status check(struct str name, struct str text)
{
    struct session_config config = { .out_fd = null_fd,
                                     .err_fd = null_fd,
                                     .profile = "local",
                                     .data_dir = data_dir };
    struct session *session = NULL;
    enum session_status status = session_create(&config, &session);
    if (status == SESSION_OK)
        status = session_check(session, name, text, false, STR("text"));
    session_destroy(session);
    return status;
}

/* Number of allocations that were made to fail; -1 if the job did not behave. */
static long walk(struct str name, struct str text)
{
    mem_fail_at(0);
    enum session_status healthy = check(name, text);
    for (uint64_t n = 1;; n++) {
        mem_fail_at(n);
        enum session_status status = check(name, text);
        bool unused = mem_fail_pending();
        mem_fail_at(0);
        if (unused) {
            if (status == healthy)
                return (long)n - 1;
            fprintf(stderr, STR_FMT ": status %d without a failure, %d before\n", STR_ARG(name),
                    (int)status, (int)healthy);
            return -1;
        }
        if (healthy == SESSION_OK && status == SESSION_OK) {
            /* A failure that is survived without a word is fine only where the work was optional;
             * planning has none of that. */
            fprintf(stderr, STR_FMT ": allocation %llu failed and nobody said so\n",
                    STR_ARG(name), (unsigned long long)n);
            return -1;
        }
    }
}

/* The jobs in a file of golden cases: what stands under "--- file job.sql". Jobs checked; counts
 * those that failed. */
static long walk_cases(const char *path, struct str text, int *failed)
{
    static const struct str head = { "--- file job.sql\n", 17 };
    long jobs = 0;
    const char *end = text.data + text.size;
    const char *at = text.data;
    while ((at = memmem(at, (size_t)(end - at), head.data, head.size)) != NULL) {
        at += head.size;
        const char *stop = memmem(at, (size_t)(end - at), "\n--- ", 5);
        const char *next = memmem(at, (size_t)(end - at), "\n=== ", 5);
        if (!stop || (next && next < stop))
            stop = next;
        struct str job = { at, (size_t)((stop ? stop : end) - at) };
        char name[256];
        snprintf(name, sizeof name, "%s, job %ld", path, ++jobs);
        *failed += walk(str_of(name), job) < 0;
    }
    return jobs;
}

int main(int argc, char **argv)
{
    static char text[TEXT_MAX];
    null_fd = open("/dev/null", O_WRONLY);
    data_dir = getenv("TMPDIR") ? getenv("TMPDIR") : ".";
    session_register_connectors(test_connectors);
    int failed = 0;
    long jobs = 0;
    for (int i = 1; i < argc; i++) {
        FILE *in = fopen(argv[i], "rb");
        if (!in) {
            fprintf(stderr, "%s: cannot be read\n", argv[i]);
            return 1;
        }
        size_t size = fread(text, 1, sizeof text, in);
        fclose(in);
        if (str_ends(str_of(argv[i]), STR(".test"))) {
            jobs += walk_cases(argv[i], str_make(text, size), &failed);
            continue;
        }
        long failures = walk(str_of(argv[i]), str_make(text, size));
        printf("%s: %ld allocations\n", argv[i], failures);
        failed += failures < 0;
        jobs++;
    }
    printf("%ld jobs, %d did not survive\n", jobs, failed);
    return failed != 0;
}
