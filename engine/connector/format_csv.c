/* format_csv.c -- the format csv: a record a line, fields by position.
 *
 * The manner is that of Flink's csv format, which is Jackson's: an empty field is an
 * empty text (and an error for a number) unless it is the null literal; a quote
 * counts only at the beginning of a field. */
#include "connector/format_csv.h"

#include "base/utf8.h"

const struct option_spec csv_options[] = {
    { "csv.field-delimiter", OPTION_TEXT, false, ",", NULL,
      "The character between fields; \\t and \\u0001 are understood." },
    { "csv.disable-quote-character", OPTION_BOOL, false, "false", NULL,
      "Are quotes ordinary characters?" },
    { "csv.quote-character", OPTION_TEXT, false, "\"", NULL,
      "The character around fields that need it." },
    { "csv.allow-comments", OPTION_BOOL, false, "false", NULL,
      "Are lines that begin with # comments?" },
    { "csv.ignore-parse-errors", OPTION_BOOL, false, "false", NULL,
      "Fields that cannot be read become NULL, and records that cannot be read no row." },
    { "csv.array-element-delimiter", OPTION_TEXT, false, ";", NULL,
      "The character between elements of an ARRAY and fields of a ROW." },
    { "csv.escape-character", OPTION_TEXT, false, NULL, NULL,
      "The character that takes the meaning from the next one; none if not given." },
    { "csv.null-literal", OPTION_TEXT, false, NULL, NULL,
      "The text that stands for NULL; none when reading and nothing when writing if not given." },
    { "csv.write-bigdecimal-in-scientific-notation", OPTION_BOOL, false, "false", NULL,
      "Are decimals such as 100000 written as 1E+5, and 1.50 as 1.5?" },
    { "csv.trim-spaces", OPTION_BOOL, false, "false", NULL,
      "Are blanks around fields without quotes left out when reading?" },
    { "csv.ignore-trailing-unmappable", OPTION_BOOL, false, "false", NULL,
      "Are fields behind the last column left out when reading?" },
    { "csv.allow-trailing-comma", OPTION_BOOL, false, "true", NULL,
      "May a record end with a delimiter?" },
    { "csv.fail-on-missing-columns", OPTION_BOOL, false, "false", NULL,
      "Is a record with too few fields bad even with ignore-parse-errors?" },
    { "csv.empty-string-as-null", OPTION_BOOL, false, "false", NULL,
      "Is an empty field NULL when reading?" },
    { 0 },
};

static bool is_simple(const struct type *t)
{
    return t->child_count == 0;
}

/* ARRAYs and ROWs of simple values have a place in a field, nothing else does. */
static bool is_csv_type(const struct type *t)
{
    if (is_simple(t))
        return true;
    if (t->id == TYPE_MAP)
        return false;
    for (uint32_t i = 0; i < t->child_count; i++)
        if (!is_simple(t->children[i]))
            return false;
    return true;
}

static enum code check_types(const struct format_open *open, struct error *err)
{
    const struct schema *schema = open->schema;
    for (uint32_t i = 0; i < schema->count; i++) {
        const struct field *field = &schema->fields[i];
        if (is_csv_type(field->type))
            continue;
        struct buf text;
        buf_init(&text, 1024);
        type_print(&text, field->type);
        error_set(err, E_TYPE, "format \"csv\" cannot hold column \"" STR_FMT "\" of type %s",
                  STR_ARG(field->name), buf_cstr(&text));
        buf_done(&text);
        format_locate_column(open, i, err);
        return E_TYPE;
    }
    return OK;
}

static enum code check_element_delimiter(const struct format_open *open, struct str text,
                                         struct error *err)
{
    uint32_t point;
    if (text.size > 0 && utf8_decode(text.data, text.size, &point) == text.size)
        return OK;
    error_set(err, E_OPTION,
              "option \"csv.array-element-delimiter\" must be one character, but is \"" STR_FMT
              "\"",
              STR_ARG(text));
    const struct option *pair = format_option_pair(open, "csv.array-element-delimiter");
    if (pair && pair->value_span.size > 0)
        error_locate(err, pair->value_span);
    return E_OPTION;
}

enum code csv_read_settings(const struct format_open *open, struct csv_settings *ret,
                            struct error *err)
{
    TRY(check_types(open, err));
    struct csv_settings settings = {
        .values = {
            .ignore_errors = format_option_bool(open, csv_options, "csv.ignore-parse-errors"),
            .keeps_numbers = true,
            .is_csv = true,
            .zone = open->zone ? open->zone : zone_utc,
        },
        .allow_comments = format_option_bool(open, csv_options, "csv.allow-comments"),
        .ignores_more = format_option_bool(open, csv_options, "csv.ignore-trailing-unmappable"),
        .allows_comma = format_option_bool(open, csv_options, "csv.allow-trailing-comma"),
        .fails_on_missing = format_option_bool(open, csv_options, "csv.fail-on-missing-columns"),
        .empty_is_null = format_option_bool(open, csv_options, "csv.empty-string-as-null"),
        .is_scientific = format_option_bool(open, csv_options,
                                            "csv.write-bigdecimal-in-scientific-notation"),
        .element_delimiter = format_option(open, csv_options, "csv.array-element-delimiter"),
        .null_literal = format_option(open, csv_options, "csv.null-literal"),
    };
    TRY(check_element_delimiter(open, settings.element_delimiter, err));
    settings.has_null_literal = settings.null_literal.data != NULL;
    TRY(csv_frame_read(open->options, open->prefix ? open->prefix : "", &settings.frame, err));
    const struct option *quote = format_option_pair(open, "csv.quote-character");
    if (settings.frame.has_quote && settings.frame.quote == settings.frame.delimiter) {
        error_set(err, E_OPTION,
                  "quote character and field delimiter of format \"csv\" are the same");
        option_locate(err, quote ? quote : format_option_pair(open, "csv.field-delimiter"));
        return E_OPTION;
    }
    if (!settings.frame.has_quote && quote) {
        error_set(err, E_OPTION,
                  "option \"csv.quote-character\" says nothing when "
                  "\"csv.disable-quote-character\" is true");
        option_locate(err, quote);
        return E_OPTION;
    }
    *ret = settings;
    return OK;
}

const struct format format_csv = {
    .name = "csv",
    .summary = "a record of comma-separated fields a message",
    .options = csv_options,
    .carries = CARRIES_INSERT,
    .framing = FRAME_CSV,
    .skips_blank_lines = true,
    .open_decoder = csv_open_decoder,
    .open_encoder = csv_open_encoder,
};
