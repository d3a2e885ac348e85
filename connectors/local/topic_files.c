/* topic_files.c -- see topic_files.h. */
#include "local/topic_files.h"

#include "base/memory.h"
#include "connector/pattern.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define PLAIN_SUFFIX ".ndjson"
#define RECORDS_SUFFIX ".records.ndjson"

static bool is_topic_name(struct str name)
{
    if (name.size == 0 || name.size > 240 || name.data[0] == '.')
        return false;
    for (size_t i = 0; i < name.size; i++)
        if (name.data[i] == '/' || name.data[i] == '\0')
            return false;
    return true;
}

static enum code no_topic_name(struct str topic, struct error *err)
{
    return error_set(err, E_OPTION, "\"" STR_FMT "\" is no name for a topic", STR_ARG(topic));
}

enum code topic_file_path(struct arena *arena, struct str data_dir, struct str topic,
                          bool is_records, char **ret, struct error *err)
{
    if (!is_topic_name(topic))
        return no_topic_name(topic, err);
    struct str dir = data_dir.size > 0 ? data_dir : STR(".");
    char *path = arena_printf(arena, STR_FMT "/" STR_FMT "%s", STR_ARG(dir), STR_ARG(topic),
                              is_records ? RECORDS_SUFFIX : PLAIN_SUFFIX);
    if (!path)
        return error_nomem(err);
    *ret = path;
    return OK;
}

static enum code look_at(const char *path, struct stat *ret, bool *ret_exists, struct error *err)
{
    *ret_exists = stat(path, ret) == 0;
    if (!*ret_exists && errno != ENOENT && errno != ENOTDIR)
        return error_set(err, E_IO, "could not open \"%s\": %s", path, strerror(errno));
    return OK;
}

/* Of the two files the one that is there.  If both are, one of them must be empty: nobody could say
 * which of two contents is the topic's. */
static enum code resolve(struct arena *arena, const struct table_def *table, struct str topic,
                         struct topic_file *ret, struct error *err)
{
    struct topic_file plain = { .topic = topic };
    struct topic_file records = { .topic = topic, .is_records = true };
    bool has_plain, has_records;
    TRY(topic_file_path(arena, table->data_dir, topic, false, &plain.path, err));
    TRY(topic_file_path(arena, table->data_dir, topic, true, &records.path, err));
    TRY(look_at(plain.path, &plain.stat, &has_plain, err));
    TRY(look_at(records.path, &records.stat, &has_records, err));
    if (!has_plain && !has_records) {
        error_set(err, E_IO, "could not open \"%s\": %s", plain.path, strerror(ENOENT));
        error_detail(err,
                     "It stands for topic \"" STR_FMT "\" of table \"" STR_FMT
                     "\"; \"%s\" would do as well.",
                     STR_ARG(topic), STR_ARG(table->name), records.path);
        return E_IO;
    }
    if (has_plain && has_records && plain.stat.st_size > 0 && records.stat.st_size > 0) {
        error_set(err, E_IO, "topic \"" STR_FMT "\" has two files: \"%s\" and \"%s\"",
                  STR_ARG(topic), plain.path, records.path);
        error_hint(err, "Remove the one that is not meant.");
        return E_IO;
    }
    *ret = !has_plain || (has_records && plain.stat.st_size == 0) ? records : plain;
    return OK;
}

struct list {
    struct arena *arena;
    struct topic_file *files;
    uint32_t count;
    uint32_t cap;
};

static enum code add_topic(struct list *list, const struct table_def *table, struct str topic,
                           struct error *err)
{
    for (uint32_t i = 0; i < list->count; i++)
        if (str_eq(list->files[i].topic, topic))
            return OK;
    struct str name = arena_str(list->arena, topic);
    if (!name.data)
        return error_nomem(err);
    struct topic_file file;
    TRY(resolve(list->arena, table, name, &file, err));
    return ARENA_PUSH(list->arena, list->files, list->count, list->cap, file) ? OK
                                                                              : error_nomem(err);
}

static enum code add_listed(struct list *list, const struct table_def *table, struct str names,
                            struct error *err)
{
    char separator = table->blink ? ',' : ';';
    while (names.size > 0) {
        size_t at = str_find_byte(names, separator);
        size_t size = at == (size_t)-1 ? names.size : at;
        struct str topic = str_trim(str_make(names.data, size));
        if (topic.size > 0)
            TRY(add_topic(list, table, topic, err));
        size_t used = MIN(size + 1, names.size);
        names = str_make(names.data + used, names.size - used);
    }
    return OK;
}

static int compare_names(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static enum code list_topics(struct arena *arena, const char *dir_name,
                             const struct name_pattern *pattern, char ***ret, uint32_t *ret_count,
                             struct error *err)
{
    DIR *dir = opendir(dir_name);
    if (!dir)
        return error_set(err, E_IO, "could not open folder \"%s\": %s", dir_name, strerror(errno));
    char **names = NULL;
    uint32_t count = 0, cap = 0;
    enum code code = OK;
    for (struct dirent *entry; code == OK && (entry = readdir(dir));) {
        struct str name = str_of(entry->d_name);
        struct str suffix =
            str_ends(name, STR(RECORDS_SUFFIX)) ? STR(RECORDS_SUFFIX) : STR(PLAIN_SUFFIX);
        if (name.size <= suffix.size || !str_ends(name, suffix) || name.data[0] == '.')
            continue;
        char *topic = arena_cstr(arena, str_make(name.data, name.size - suffix.size));
        if (!topic)
            code = error_nomem(err);
        else if (name_pattern_matches(pattern, topic) &&
                 !ARENA_PUSH(arena, names, count, cap, topic))
            code = error_nomem(err);
    }
    closedir(dir);
    if (code != OK)
        return code;
    if (count > 1)
        qsort(names, count, sizeof *names, compare_names);
    *ret = names;
    *ret_count = count;
    return OK;
}

static enum code add_matching(struct list *list, const struct table_def *table, struct str pattern,
                              struct error *err)
{
    struct str dir = table->data_dir.size > 0 ? table->data_dir : STR(".");
    char *dir_name = arena_cstr(list->arena, dir);
    if (!dir_name)
        return error_nomem(err);
    struct name_pattern *compiled;
    TRY(name_pattern_compile("topic pattern", pattern, &compiled, err));
    char **names = NULL;
    uint32_t count = 0;
    enum code code = list_topics(list->arena, dir_name, compiled, &names, &count, err);
    name_pattern_destroy(compiled);
    for (uint32_t i = 0; i < count && code == OK; i++)
        code = add_topic(list, table, str_of(names[i]), err);
    if (code == OK && list->count == 0)
        code = error_set(err, E_IO, "no file in \"%s\" is a topic that matches \"" STR_FMT "\"",
                         dir_name, STR_ARG(pattern));
    return code;
}

static struct str pattern_of(const struct table_def *table)
{
    struct str pattern = options_get(table->options, "topic-pattern");
    return pattern.data ? pattern : options_get(table->options, "topicPattern");
}

static enum code no_topic(const struct table_def *table, struct error *err)
{
    return error_set(err, E_OPTION, "table \"" STR_FMT "\" needs the option \"topic\"",
                     STR_ARG(table->name));
}

enum code topic_files_find(struct arena *arena, const struct table_def *table,
                           struct topic_file **ret, uint32_t *ret_count, struct error *err)
{
    struct list list = { .arena = arena };
    struct str names = options_get(table->options, "topic");
    struct str pattern = pattern_of(table);
    if (names.size > 0)
        TRY(add_listed(&list, table, names, err));
    else if (pattern.size > 0)
        TRY(add_matching(&list, table, pattern, err));
    if (list.count == 0)
        return no_topic(table, err);
    *ret = list.files;
    *ret_count = list.count;
    return OK;
}

enum code topic_of_sink(const struct table_def *table, struct str *ret, struct error *err)
{
    struct str name = str_trim(options_get(table->options, "topic"));
    if (name.size == 0)
        return no_topic(table, err);
    if (str_find_byte(name, table->blink ? ',' : ';') != (size_t)-1) {
        error_set(err, E_OPTION,
                  "table \"" STR_FMT "\" names several topics, but a sink writes to one",
                  STR_ARG(table->name));
        option_locate(err, options_find(table->options, "topic"));
        return E_OPTION;
    }
    *ret = name;
    return OK;
}

static enum code check_names(const struct table_def *table, struct str names, struct error *err)
{
    while (names.size > 0) {
        size_t size = MIN(str_find_byte(names, table->blink ? ',' : ';'), names.size);
        struct str topic = str_trim(str_make(names.data, size));
        if (topic.size > 0 && !is_topic_name(topic)) {
            (void)no_topic_name(topic, err);
            option_locate(err, options_find(table->options, "topic"));
            return E_OPTION;
        }
        size_t used = MIN(size + 1, names.size);
        names = str_make(names.data + used, names.size - used);
    }
    return OK;
}

enum code topic_files_check(const struct table_def *table, struct error *err)
{
    struct str names = options_get(table->options, "topic");
    if (names.size > 0)
        return check_names(table, names, err);
    struct str pattern = pattern_of(table);
    struct name_pattern *compiled;
    if (pattern.size == 0)
        return no_topic(table, err);
    enum code code = name_pattern_compile("topic pattern", pattern, &compiled, err);
    if (code != OK) {
        bool is_flink = options_get(table->options, "topic-pattern").data;
        option_locate(err,
                      options_find(table->options, is_flink ? "topic-pattern" : "topicPattern"));
        return code;
    }
    name_pattern_destroy(compiled);
    return OK;
}
