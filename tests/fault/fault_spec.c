/* fault_spec.c -- every single allocation of a test of a job may fail: the case is then not
 * met, unless the job could do without (what shapes of documents are remembered is a matter of
 * speed), and nothing crashes or leaks.
 *
 * For each test file the n-th allocation is made to fail, for n = 1, 2, ... until a run
 * needs fewer than n.  Run under the sanitizers, which find what is lost on the way. */
#include "base/memory.h"
#include "spec/spec.h"
#include "support/connectors.h"

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

static int null_fd;

static int run(const char *path)
{
    struct session_config session = { .out_fd = null_fd, .err_fd = null_fd };
    struct spec_config config = { .session = &session,
                                  .paths = &path,
                                  .path_count = 1,
                                  .seed = 1,
                                  .out_fd = null_fd,
                                  .err_fd = null_fd };
    return spec_run(&config);
}

/* Allocations that were made to fail; -1 if the test did not behave. */
static long walk(const char *path)
{
    mem_fail_at(0);
    int healthy = run(path);
    for (uint64_t n = 1; healthy == SESSION_OK; n++) {
        mem_fail_at(n);
        int status = run(path);
        bool unused = mem_fail_pending();
        mem_fail_at(0);
        if (unused && status == healthy)
            return (long)n - 1;
        if (unused) {
            fprintf(stderr, "%s: status %d without a failure, 0 before\n", path, status);
            return -1;
        }
    }
    fprintf(stderr, "%s: status %d without a failure\n", path, healthy);
    return -1;
}

int main(int argc, char **argv)
{
    null_fd = open("/dev/null", O_WRONLY);
    session_register_connectors(test_connectors);
    int failed = 0;
    for (int i = 1; i < argc; i++) {
        long failures = walk(argv[i]);
        printf("%s: %ld allocations\n", argv[i], failures);
        failed += failures < 0;
    }
    return failed != 0;
}
