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
    put_coloured_lines(report, out, o->details);
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
    buf_char(out, '\n');
}

/* ---- TAP ---- */

static void put_tap(const struct spec_report *report, struct buf *out, const struct spec_outcome *o)
{
    struct buf name;
    buf_init(&name, 1 << 16);
    put_name(&name, o);
    buf_printf(out, "%s %u - ", o->result == SPEC_MET ? "ok" : "not ok", report->count);
    for (size_t i = 0; i < name.size; i++) { /* # begins a directive, and a line ends */
        if (name.data[i] == '#' || name.data[i] == '\\')
            buf_char(out, '\\');
        buf_char(out, name.data[i] == '\n' || name.data[i] == '\r' ? ' ' : name.data[i]);
    }
    buf_char(out, '\n');
    buf_done(&name);
    if (o->result == SPEC_MET)
        return;
    buf_printf(out, "  ---\n  result: %s\n  message: |\n", words[o->result]);
    put_lines(out, o->details, "    ");
    buf_text(out, "  ...\n");
}

/* ---- JUnit ---- */

/* Text of XML 1.0: no controls but tab and line feed, and the signs it needs are written out. */
static void put_xml(struct buf *out, struct str text)
{
    for (size_t i = 0; i < text.size; i++) {
        unsigned char c = (unsigned char)text.data[i];
        if (c == '&')
            buf_text(out, "&amp;");
        else if (c == '<')
            buf_text(out, "&lt;");
        else if (c == '>')
            buf_text(out, "&gt;");
        else if (c == '"')
            buf_text(out, "&quot;");
        else if (c == '\t' || c == '\n' || (c >= 0x20 && c != 0x7F))
            buf_char(out, (char)c);
        else
            buf_char(out, '?');
    }
}

static void put_xml_repaired(struct buf *out, struct str text)
{
    struct buf whole;
    buf_init(&whole, 1 << 24);
    utf8_put_repaired(&whole, text);
    put_xml(out, buf_view(&whole));
    buf_done(&whole);
}

static void put_seconds(struct buf *out, int64_t us)
{
    buf_printf(out, "%lld.%03lld", (long long)(us / 1000000), (long long)(us / 1000 % 1000));
}

static void put_junit_case(struct buf *out, const struct spec_outcome *o)
{
    buf_text(out, "    <testcase classname=\"");
    put_xml_repaired(out, o->file);
    buf_text(out, "\" name=\"");
    put_xml_repaired(out, o->name.size > 0 ? o->name : o->file);
    buf_text(out, "\" time=\"");
    put_seconds(out, o->wall_us);
    if (o->result == SPEC_MET) {
        buf_text(out, "\"/>\n");
        return;
    }
    const char *element = o->result == SPEC_UNMET ? "failure" : "error";
    buf_printf(out, "\">\n      <%s type=\"%s\">", element, words[o->result]);
    put_xml_repaired(out, o->details);
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
        put_xml_repaired(out, report->outcomes[i].file);
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
    if (!ARENA_PUSH(report->arena, report->outcomes, report->count, report->cap, *outcome))
        return error_nomem(err);
    if (report->format == SPEC_TAP && report->count == 1)
        buf_text(out, "TAP version 13\n");
    if (report->format == SPEC_TAP)
        put_tap(report, out, outcome);
    else if (report->format == SPEC_TEXT)
        put_text(report, out, outcome);
    return OK;
}

void spec_report_end(struct spec_report *report, struct buf *out)
{
    if (report->format == SPEC_TEXT)
        put_summary(report, out);
    else if (report->format == SPEC_TAP)
        buf_printf(out, "%s1..%u\n", report->count == 0 ? "TAP version 13\n" : "", report->count);
    else
        put_junit(report, out);
}
