/* spec_report.c -- see spec_report.h. */
#include "spec/spec_report.h"

#include "base/utf8.h"

static const char *const words[] = { "ok", "FAILED", "REFUSED", "BROKEN" };

/* "file: case", or the file. */
static void put_name(struct buf *out, const struct spec_outcome *o)
{
    buf_str(out, o->file);
    if (o->name.size > 0)
        buf_printf(out, ": " STR_FMT, STR_ARG(o->name));
}

/* Each line behind a prefix. */
static void put_lines(struct buf *out, struct str text, const char *prefix)
{
    for (size_t at = 0; at < text.size;) {
        struct str rest = str_make(text.data + at, text.size - at);
        size_t end = str_find_byte(rest, '\n');
        rest.size = end == (size_t)-1 ? rest.size : end;
        buf_printf(out, "%s" STR_FMT "\n", rest.size > 0 ? prefix : "", STR_ARG(rest));
        at += rest.size + 1;
    }
}

/* ---- characters ---- */

/* Takes a text that terminals, XML 1.0 and YAML may be given: what they do not take is a "?". */
static void put_clean(struct buf *out, struct str text, bool has_lines)
{
    for (size_t at = 0; at < text.size;) {
        uint32_t c;
        char bytes[4];
        size_t size = utf8_decode(text.data + at, text.size - at, &c);
        bool is_blank = c == '\n' || c == '\t' || c == '\r';
        if (is_blank && !has_lines)
            buf_char(out, ' ');
        else if (c == 0xFFFE || c == 0xFFFF || (utf8_is_control(c) && !is_blank))
            buf_char(out, '?');
        else if (c != '\r')
            buf_put(out, bytes, utf8_encode(c, bytes));
        at += MAX(size, 1);
    }
}

static struct str clean(struct arena *arena, struct str text, bool has_lines)
{
    struct buf out;
    buf_init(&out, SIZE_MAX);
    put_clean(&out, text, has_lines);
    struct str kept = out.failed     ? str_make(NULL, 0)
                      : out.size > 0 ? arena_str(arena, buf_view(&out))
                                     : STR("");
    buf_done(&out);
    return kept;
}

/* ---- text ---- */

static void put_colour(const struct spec_report *report, struct buf *out, const char *code)
{
    if (report->is_terminal)
        buf_printf(out, "\033[%sm", code);
}

static void put_coloured_lines(const struct spec_report *report, struct buf *out, struct str text)
{
    for (size_t at = 0; at < text.size;) {
        struct str rest = str_make(text.data + at, text.size - at);
        size_t end = str_find_byte(rest, '\n');
        rest.size = end == (size_t)-1 ? rest.size : end;
        char sign = rest.size > 2 && rest.data[0] == ' ' && rest.data[1] == ' ' ? rest.data[2] : 0;
        bool is_difference = sign == '-' || sign == '+';
        if (is_difference)
            put_colour(report, out, sign == '-' ? "31" : "32");
        buf_printf(out, "%s" STR_FMT, rest.size > 0 ? "    " : "", STR_ARG(rest));
        if (is_difference)
            put_colour(report, out, "0");
        buf_char(out, '\n');
        at += rest.size + 1;
    }
}

static void put_text(const struct spec_report *report, struct buf *out,
                     const struct spec_outcome *o)
{
    put_colour(report, out, o->result == SPEC_MET ? "32" : "1;31");
    buf_printf(out, "%-7s", words[o->result]);
    put_colour(report, out, "0");
    buf_char(out, ' ');
    put_name(out, o);
    buf_char(out, '\n');
    const struct spec_outcome *before = report->count > 1 ? o - 1 : NULL;
    bool is_known = before && o->result == SPEC_REFUSED && str_eq(before->file, o->file) &&
                    str_eq(before->details, o->details);
    put_coloured_lines(report, out, is_known ? STR("as the one before\n") : o->details);
}

static void put_summary(const struct spec_report *report, struct buf *out)
{
    static const char *const names[] = { "passed", "failed", "refused", "broken" };
    uint32_t counts[4] = { 0 };
    for (uint32_t i = 0; i < report->count; i++)
        counts[report->outcomes[i].result]++;
    buf_printf(out, "%u passed", counts[SPEC_MET]);
    for (int i = SPEC_UNMET; i <= SPEC_FAILED; i++)
        if (counts[i] > 0)
            buf_printf(out, ", %u %s", counts[i], names[i]);
    buf_text(out, report->is_stopped ? ", interrupted\n" : "\n");
}

/* ---- TAP ---- */

static void put_tap(const struct spec_report *report, struct buf *out, const struct spec_outcome *o)
{
    struct buf name;
    buf_init(&name, 1 << 16);
    put_name(&name, o);
    buf_printf(out, "%s %u - ", o->result == SPEC_MET ? "ok" : "not ok", report->count);
    for (size_t i = 0; i < name.size; i++) { /* # begins a directive */
        if (name.data[i] == '#' || name.data[i] == '\\')
            buf_char(out, '\\');
        buf_char(out, name.data[i]);
    }
    buf_char(out, '\n');
    buf_done(&name);
    if (o->result == SPEC_MET)
        return;
    buf_printf(out, "  ---\n  result: %s\n  message: |\n", words[o->result]);
    put_lines(out, o->details, "    ");
    buf_text(out, "  ...\n");
}

/* A plan would say that there were no more than these. */
static void put_tap_end(const struct spec_report *report, struct buf *out)
{
    if (report->count == 0)
        buf_text(out, "TAP version 13\n");
    if (report->is_stopped)
        buf_text(out, "Bail out!  interrupted\n");
    else
        buf_printf(out, "1..%u\n", report->count);
}

/* ---- JUnit ---- */

static void put_xml(struct buf *out, struct str text)
{
    for (size_t i = 0; i < text.size; i++) {
        if (text.data[i] == '&')
            buf_text(out, "&amp;");
        else if (text.data[i] == '<')
            buf_text(out, "&lt;");
        else if (text.data[i] == '>')
            buf_text(out, "&gt;");
        else if (text.data[i] == '"')
            buf_text(out, "&quot;");
        else
            buf_char(out, text.data[i]);
    }
}

static void put_seconds(struct buf *out, int64_t us)
{
    buf_printf(out, "%lld.%03lld", (long long)(us / 1000000), (long long)(us / 1000 % 1000));
}

static struct str first_line(struct str text)
{
    size_t end = str_find_byte(text, '\n');
    return end == (size_t)-1 ? text : str_make(text.data, end);
}

static void put_junit_case(struct buf *out, const struct spec_outcome *o)
{
    buf_text(out, "    <testcase classname=\"");
    put_xml(out, o->file);
    buf_text(out, "\" name=\"");
    put_xml(out, o->name.size > 0 ? o->name : o->file);
    buf_text(out, "\" time=\"");
    put_seconds(out, o->wall_us);
    if (o->result == SPEC_MET) {
        buf_text(out, "\"/>\n");
        return;
    }
    const char *element = o->result == SPEC_UNMET ? "failure" : "error";
    buf_printf(out, "\">\n      <%s type=\"%s\" message=\"", element, words[o->result]);
    put_xml(out, first_line(o->details));
    buf_text(out, "\">");
    put_xml(out, o->details);
    buf_printf(out, "</%s>\n    </testcase>\n", element);
}

static void put_counts(struct buf *out, const struct spec_outcome *o, uint32_t n)
{
    uint32_t unmet = 0, wrong = 0;
    int64_t us = 0;
    for (uint32_t i = 0; i < n; i++) {
        unmet += o[i].result == SPEC_UNMET;
        wrong += o[i].result > SPEC_UNMET;
        us += o[i].wall_us;
    }
    buf_printf(out, " tests=\"%u\" failures=\"%u\" errors=\"%u\" time=\"", n, unmet, wrong);
    put_seconds(out, us);
    buf_text(out, "\">\n");
}

/* A suite a file: its cases stand behind each other. */
static void put_junit(const struct spec_report *report, struct buf *out)
{
    buf_text(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"weir test\"");
    put_counts(out, report->outcomes, report->count);
    for (uint32_t i = 0; i < report->count;) {
        uint32_t end = i;
        while (end < report->count && str_eq(report->outcomes[end].file, report->outcomes[i].file))
            end++;
        buf_text(out, "  <testsuite name=\"");
        put_xml(out, report->outcomes[i].file);
        buf_char(out, '"');
        put_counts(out, &report->outcomes[i], end - i);
        for (; i < end; i++)
            put_junit_case(out, &report->outcomes[i]);
        buf_text(out, "  </testsuite>\n");
    }
    buf_text(out, "</testsuites>\n");
}

/* ---- all ---- */

enum code spec_report_add(struct spec_report *report, const struct spec_outcome *outcome,
                          struct buf *out, struct error *err)
{
    struct spec_outcome kept = *outcome;
    kept.file = clean(report->arena, outcome->file, false);
    kept.name = clean(report->arena, outcome->name, false);
    kept.details = clean(report->arena, outcome->details, true);
    if (!kept.file.data || !kept.name.data || !kept.details.data ||
        !ARENA_PUSH(report->arena, report->outcomes, report->count, report->cap, kept))
        return error_nomem(err);
    const struct spec_outcome *last = &report->outcomes[report->count - 1];
    if (report->format == SPEC_TAP && report->count == 1)
        buf_text(out, "TAP version 13\n");
    if (report->format == SPEC_TAP)
        put_tap(report, out, last);
    else if (report->format == SPEC_TEXT)
        put_text(report, out, last);
    return OK;
}

void spec_report_end(struct spec_report *report, struct buf *out)
{
    if (report->format == SPEC_TEXT)
        put_summary(report, out);
    else if (report->format == SPEC_TAP)
        put_tap_end(report, out);
    else
        put_junit(report, out);
}
