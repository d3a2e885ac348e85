/* topic_files.h -- which files stand for the topics of a table under the local profile.
 *
 * Topic T is DATA/T.ndjson, a message value a line, or DATA/T.records.ndjson, a
 * message with all its parts a line. */
#pragma once

#include "connector/connector.h"

#include <sys/stat.h>

struct topic_file {
    struct str topic;
    char *path;
    bool is_records;
    struct stat stat;
};

/* "DATA/T.ndjson" and "DATA/T.records.ndjson"; refuses names that are no topic's. */
enum code topic_file_path(struct arena *arena, struct str data_dir, struct str topic,
                          bool is_records, char **ret, struct error *err) WEIR_CHECKED;

/* The files behind the options 'topic' (several with ';', in Blink ',') or 'topic-pattern' /
 * 'topicPattern'.  All of them exist. */
enum code topic_files_find(struct arena *arena, const struct table_def *table,
                           struct topic_file **ret, uint32_t *ret_count,
                           struct error *err) WEIR_CHECKED;

/* Do the options name topics, and names that can be? */
enum code topic_files_check(const struct table_def *table, struct error *err) WEIR_CHECKED;

/* The one topic that a sink writes to. */
enum code topic_of_sink(const struct table_def *table, struct str *ret,
                        struct error *err) WEIR_CHECKED;
