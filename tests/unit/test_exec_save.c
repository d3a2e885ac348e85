/* test_exec_save.c -- a snapshot that is whole when it is found, and cannot be read to its end when
 * an operator takes its records back. */
#include "support/check.h"

#include "base/arena.h"
#include "exec/exec.h"
#include "exec/save.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum { STATE_ID = 5, RECORDS = 20000 };

static struct error err;
static char folder[300];
static bool cuts;              /* the file gets shorter while it is read */
static uint32_t seen;
static const struct exec_hooks no_hooks;

static const char *path_of(const char *name)
{
    static char path[400];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    return path;
}

static enum code restore(struct op *op, struct state_reader *reader, struct error *e)
{
    struct state_record record;
    (void)e;
    if (!state_reader_seek(reader, op->plan->state_id))
        return OK;
    for (seen = 0; state_reader_next(reader, &record); seen++)
        if (seen == 10 && cuts)
            CHECK_INT(truncate(path_of("snapshot-1.worker-0"), 100000), 0);
    return OK; /* whoever called it looks how it ended */
}

static void write_snapshot(struct save *s)
{
    struct state_writer *w = NULL;
    uint64_t bytes;
    char key[16];
    CHECK(save_writer(s, 1, 0, &w, &err) == OK);
    CHECK(state_writer_begin(w, STATE_ID, &err) == OK);
    for (uint32_t i = 0; i < RECORDS; i++) {
        snprintf(key, sizeof key, "%010u", i);
        CHECK(state_writer_put(w, 1, str_of(key), STR("a value of some length"), &err) == OK);
    }
    CHECK(state_writer_commit(w, &bytes, &err) == OK);
    state_writer_destroy(w);
    struct save_job job = { .epoch = 1, .workers = 1 };
    CHECK(save_finish(s, &job, &err) == OK);
}

static struct save *open_folder(void)
{
    struct save *s = NULL;
    CHECK(save_open(folder, STR("job"), &no_hooks, &s, &err) == OK);
    return s;
}

static void an_error_within_is_no_end(void)
{
    struct op_kind kind = { .restore = restore };
    struct worker worker = { .count = 1 };
    struct plan plan = { .kind = PLAN_GROUP, .id = 3, .state_id = STATE_ID };
    struct op op = { .kind = &kind, .plan = &plan, .worker = &worker };
    struct save *s = open_folder();
    write_snapshot(s);
    save_close(s);
    s = open_folder();
    CHECK(save_found(s));
    CHECK(save_restore(s, &op, STATE_ID, NULL, false, &err) == OK);
    CHECK_INT(seen, RECORDS);
    cuts = true;
    CHECK_INT(save_restore(s, &op, STATE_ID, NULL, false, &err), E_DATA);
    CHECK(seen > 10 && seen < RECORDS);
    CHECK(strstr(err.message, "it became shorter while it was read") != NULL);
    CHECK_STR(err.trail, "taking group#3 back from snapshot 1");
    save_close(s);
}

int main(void)
{
    const char *base = getenv("TMPDIR");
    snprintf(folder, sizeof folder, "%s/weir-save-XXXXXX", base ? base : "/tmp");
    CHECK(mkdtemp(folder) != NULL);
    RUN(an_error_within_is_no_end);
    const char *const names[] = { "snapshot-1.worker-0", "snapshot-1.job", "lock" };
    for (uint32_t i = 0; i < 3; i++)
        unlink(path_of(names[i]));
    rmdir(folder);
    return check_failed != 0;
}
