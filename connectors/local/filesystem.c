/* filesystem.c -- 'connector' = 'filesystem': files of lines as tables.
 *
 * A path is a file, a folder of files, or "-".  What a line means is the format's
 * business; filesystem_source.c cuts files into lines and filesystem_sink.c writes
 * them. */
#include "local/filesystem.h"

#include "local/local.h"

const struct option_spec filesystem_options[] = {
    LOCAL_NAME_OPTIONS,
    { "path", OPTION_TEXT, true, NULL, NULL,
      "A file, a folder, or - for standard input or output." },
    { "format", OPTION_TEXT, true, NULL, NULL, "One of those that weir help formats lists." },
    { "source.max-line-bytes", OPTION_BYTES, false, "64mb", NULL, "A longer line is a bad row." },
    { "scan.watermark.idle-timeout", OPTION_DURATION, false, NULL, NULL,
      "A file without lines for so long does not hold event time back; wins over the setting "
      "table.exec.source.idle-timeout." },
    { "source.path.regex-pattern", OPTION_TEXT, false, NULL, NULL,
      "Of a folder, only files whose whole path matches this." },
    { "sink.rolling-policy.*", OPTION_TEXT, false, NULL, NULL,
      "Accepted for Flink's sake: a run writes one file." },
    { "sink.partition-commit.*", OPTION_TEXT, false, NULL, NULL,
      "Accepted for Flink's sake: no table has partitions." },
    { "partition.*", OPTION_TEXT, false, NULL, NULL, "Accepted for Flink's sake, too." },
    { "auto-compaction", OPTION_BOOL, false, NULL, NULL,
      "Accepted for Flink's sake: a run writes one file." },
    { "compaction.*", OPTION_TEXT, false, NULL, NULL, "Accepted for Flink's sake, too." },
    { 0 },
};

static const struct meta_spec metas[] = {
    { "file.path", META_FILE_PATH, &type_string, false },
    { "file.name", META_FILE_NAME, &type_string, false },
    { 0 },
};

/* changelog-json makes an upsert sink of a table with a key, and a retract sink of one without; who
 * reads a format that has always both rows of an update counts on it. */
static unsigned sink_modes(const struct table_def *table)
{
    const struct format *format = table_format(table, false);
    if (!format || (format->carries & CARRIES_DELETE) == 0)
        return SINK_APPEND;
    bool is_upsert = table->schema->key_count > 0 && !format->is_whole;
    return SINK_APPEND | (is_upsert ? SINK_UPSERT : SINK_RETRACT);
}

static enum code check(const struct table_def *table, bool as_sink, struct error *err)
{
    const struct option *path = options_find(table->options, "path");
    if (!path || path->value.size == 0) {
        error_set(err, E_OPTION, "option \"path\" of table \"" STR_FMT "\" is empty",
                  STR_ARG(table->name));
        option_locate(err, path);
        return E_OPTION;
    }
    const struct format *format = table_format(table, false);
    if (format && !(as_sink ? (void *)format->open_encoder : (void *)format->open_decoder)) {
        error_set(err, E_UNSUPPORTED, "format \"%s\" cannot be %s", format->name,
                  as_sink ? "written" : "read");
        option_locate(err, options_find(table->options, "format"));
        return E_UNSUPPORTED;
    }
    return as_sink ? OK : filesystem_check_pattern(table->options, err);
}

static void describe(const struct table_def *table, struct buf *out)
{
    buf_text(out, "path=");
    buf_str(out, options_get(table->options, "path"));
    buf_text(out, " format=");
    buf_str(out, options_get(table->options, "format"));
}

static bool is_shown(const struct table_def *table)
{
    return str_is(options_get(table->options, "path"), "-");
}

const struct connector connector_filesystem = {
    .name = "filesystem",
    .summary = "files of json, csv or raw lines, folders of them, standard input and output",
    .family = FAMILY_EMBEDDED,
    .name_option = "path",
    .options = filesystem_options,
    .metas = metas,
    .has_formats = true,
    .source = &filesystem_source,
    .sink = &filesystem_sink,
    .sink_modes = sink_modes,
    .is_shown = is_shown,
    .check = check,
    .describe = describe,
};
