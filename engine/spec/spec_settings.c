/* spec_settings.c -- what a case says of its job in front of it: SET, JOB, PROFILE. */
#include "session/setting.h"
#include "spec/spec_case.h"
#include "spec/spec_file.h"

#include <errno.h>
#include <unistd.h>

static enum code add_set(struct spec_run *run, struct session_pair **sets, uint32_t *count,
                         uint32_t *cap, struct str key, struct str value, struct error *err)
{
    struct session_pair pair = { key, value };
    return ARENA_PUSH(run->arena, *sets, *count, *cap, pair) ? OK : error_nomem(err);
}

/* A setting is checked here, where its place is known. */
static enum code check_set(struct spec_run *run, const struct spec_statement *s, struct error *err)
{
    struct settings scratch = { .arena = run->arena };
    struct option pair = { .key = s->texts[0].text,
                           .value = s->texts[1].text,
                           .key_span = s->texts[0].span,
                           .value_span = s->texts[1].span };
    enum setting_kind kind;
    enum code code = settings_put(&scratch, SETTING_SET, &pair, &kind, err);
    if (code != OK) {
        error_locate(err, s->span);
        return code;
    }
    if (kind != SETTING_UNKNOWN)
        return OK;
    error_at(err, E_OPTION, s->texts[0].span, "there is no setting \"" STR_FMT "\"",
             STR_ARG(pair.key));
    struct str best = setting_nearest(pair.key);
    if (best.data)
        error_hint(err, "Perhaps you meant \"" STR_FMT "\".", STR_ARG(best));
    return E_OPTION;
}

struct reading {
    struct session_config *config;
    struct session_pair *sets;
    uint32_t count, cap;
    struct str job; /* .data NULL: the file beside the test */
};

static enum code read_setting(struct spec_run *run, const struct spec_statement *s,
                              struct reading *r, struct error *err)
{
    if (s->kind == SPEC_SET) {
        TRY(check_set(run, s, err));
        return add_set(run, &r->sets, &r->count, &r->cap, s->texts[0].text, s->texts[1].text, err);
    }
    struct str name = s->texts[0].text, path;
    bool is_file = s->kind == SPEC_JOB || str_find_byte(name, '/') != (size_t)-1 ||
                   str_ends(name, STR(".yaml")) || str_ends(name, STR(".yml"));
    path = is_file ? spec_file_path(run->arena, run->how->path, name) : arena_str(run->arena, name);
    if (!path.data)
        return error_nomem(err);
    if (is_file && access(path.data, R_OK) != 0)
        return error_at(err, E_IO, s->texts[0].span, "could not open \"%s\": %s", path.data,
                        strerror(errno));
    if (s->kind == SPEC_JOB)
        r->job = path;
    else
        r->config->profile = path.data;
    return OK;
}

/* What changes with each row is shown with each row, unless a test wants it as in production; a
 * shuffled run may do either. */
static struct str choose_folding(const struct spec_run *run)
{
    return run->how->seed % 2 == 1 ? STR("auto") : STR("off");
}

static enum code read_settings(struct spec_run *run, struct session_config *config,
                               struct reading *r, struct error *err)
{
    const struct spec_script *script = run->how->script;
    const struct spec_case *which = run->how->which;
    TRY(add_set(run, &r->sets, &r->count, &r->cap, STR("weir.fold"), choose_folding(run), err));
    for (uint32_t i = 0; i < config->set_count; i++)
        TRY(add_set(run, &r->sets, &r->count, &r->cap, config->sets[i].key, config->sets[i].value,
                    err));
    for (uint32_t i = 0; i < script->prelude_count; i++)
        if (script->prelude[i].kind <= SPEC_PROFILE)
            TRY(read_setting(run, &script->prelude[i], r, err));
    for (uint32_t i = 0; i < which->count; i++)
        if (which->statements[i].kind <= SPEC_PROFILE)
            TRY(read_setting(run, &which->statements[i], r, err));
    TRY(add_set(run, &r->sets, &r->count, &r->cap, STR("parallelism.default"), STR("1"), err));
    config->sets = r->sets;
    config->set_count = r->count;
    return OK;
}

/* job.test.sql tests job.sql. */
static enum code find_job(struct spec_run *run, struct reading *r, struct error *err)
{
    struct str path = run->how->path, ending = STR(".test.sql");
    if (r->job.data)
        return OK;
    if (!str_ends(path, ending)) {
        error_set(err, E_NAME, "nothing says which job this tests");
        error_hint(err, "NAME.test.sql tests NAME.sql; JOB 'FILE.sql' names another one.");
        return E_NAME;
    }
    r->job =
        str_of(arena_printf(run->arena, STR_FMT ".sql", (int)(path.size - ending.size), path.data));
    return r->job.data ? OK : error_nomem(err);
}

enum code spec_settings_read(struct spec_run *run, struct session_config *config,
                             struct str *ret_job, struct error *err)
{
    struct reading r = { .config = config };
    TRY(read_settings(run, config, &r, err));
    TRY(find_job(run, &r, err));
    *ret_job = r.job;
    return OK;
}
