/* zone.c -- see zone.h.  Reads TZif (RFC 8536), the 64-bit part if there is one.
 *
 * A zone is a sorted list of changes, each with the offset from there on; before the
 * first holds the first type, behind the last the rule of the footer. */
#include "types/zone.h"

#include "base/arena.h"
#include "types/time.h"
#include "types/zone_rule.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct zone_type {
    int32_t offset_s;
    bool is_dst;
    const char *abbreviation;
};

struct zone {
    const char *name;
    uint32_t change_count;
    const int64_t *changes_s; /* ascending */
    const uint8_t *change_types;
    const struct zone_type *types; /* types[0]: before the first change */
    bool has_rule;
    struct zone_rule rule;
};

enum { FILE_MAX = 1 << 20, NAME_MAX_BYTES = 64 };

static const struct zone_type utc_type = { 0, false, "UTC" };
static const struct zone utc_zone = { .name = "UTC", .types = &utc_type };
const struct zone *const zone_utc = &utc_zone;

/* ---- fixed offsets ---- */

/* h, hh, hhmm, h:mm, hh:mm, hh:mm:ss behind a sign, up to 18 hours. */
static bool parse_offset(struct str text, int32_t *ret_s)
{
    if (text.size < 2 || (text.data[0] != '+' && text.data[0] != '-'))
        return false;
    bool negative = text.data[0] == '-';
    int32_t count = 0, parts[3] = { 0, 0, 0 }, part = 0;
    for (size_t i = 1; i < text.size; i++) {
        char c = text.data[i];
        if (c == ':') {
            if (count == 0 || (part > 0 && count != 2) || ++part > 2)
                return false;
            count = 0;
        } else if (c >= '0' && c <= '9') {
            if (++count > (part == 0 ? 4 : 2))
                return false;
            parts[part] = parts[part] * 10 + (c - '0');
        } else {
            return false;
        }
    }
    if (part > 0 && count != 2)
        return false;
    if (part == 0 && count > 2) {
        if (count != 4)
            return false;
        parts[1] = parts[0] % 100;
        parts[0] /= 100;
    }
    if (parts[0] > 18 || parts[1] > 59 || parts[2] > 59)
        return false;
    int32_t seconds = (parts[0] * 60 + parts[1]) * 60 + parts[2];
    if (seconds > 18 * 3600)
        return false;
    *ret_s = negative ? -seconds : seconds;
    return true;
}

static bool is_utc_name(struct str name)
{
    return str_is(name, "Z") || str_is(name, "z") || str_iis(name, "UTC") || str_iis(name, "GMT") ||
           str_is(name, "UT") || str_iis(name, "Etc/UTC") || str_is(name, "Zulu");
}

static bool fixed_offset(struct str name, int32_t *ret_s)
{
    if (is_utc_name(name)) {
        *ret_s = 0;
        return true;
    }
    static const char *const prefixes[] = { "UTC", "GMT", "UT" };
    for (size_t i = 0; i < countof(prefixes); i++) {
        size_t n = strlen(prefixes[i]);
        if (name.size > n && str_iis(str_make(name.data, n), prefixes[i]))
            return parse_offset(str_make(name.data + n, name.size - n), ret_s);
    }
    return parse_offset(name, ret_s);
}

static enum code make_fixed(struct arena *arena, struct str name, int32_t offset_s,
                            const struct zone **ret, struct error *err)
{
    struct zone *zone = arena_new(arena, struct zone);
    struct zone_type *type = arena_new(arena, struct zone_type);
    char *own = arena_cstr(arena, name);
    char offset[8] = { 0 };
    (void)time_print_offset(offset_s, false, offset);
    char *abbreviation =
        offset_s == 0 ? arena_cstr(arena, STR("UTC")) : arena_printf(arena, "GMT%s", offset);
    if (!zone || !type || !own || !abbreviation)
        return error_nomem(err);
    *type = (struct zone_type){ offset_s, false, abbreviation };
    zone->name = own;
    zone->types = type;
    *ret = zone;
    return OK;
}

/* Java's short names, where they differ from what the database has under them. */
static const struct {
    const char *name;
    const char *stands_for;
} short_names[] = {
    { "ACT", "Australia/Darwin" },
    { "AET", "Australia/Sydney" },
    { "AGT", "America/Argentina/Buenos_Aires" },
    { "ART", "Africa/Cairo" },
    { "AST", "America/Anchorage" },
    { "BET", "America/Sao_Paulo" },
    { "BST", "Asia/Dhaka" },
    { "CAT", "Africa/Harare" },
    { "CNT", "America/St_Johns" },
    { "CST", "America/Chicago" },
    { "CTT", "Asia/Shanghai" },
    { "EAT", "Africa/Addis_Ababa" },
    { "ECT", "Europe/Paris" },
    { "IET", "America/Indiana/Indianapolis" },
    { "IST", "Asia/Kolkata" },
    { "JST", "Asia/Tokyo" },
    { "MIT", "Pacific/Apia" },
    { "NET", "Asia/Yerevan" },
    { "NST", "Pacific/Auckland" },
    { "PLT", "Asia/Karachi" },
    { "PNT", "America/Phoenix" },
    { "PRT", "America/Puerto_Rico" },
    { "PST", "America/Los_Angeles" },
    { "SST", "Pacific/Guadalcanal" },
    { "VST", "Asia/Ho_Chi_Minh" },
};

/* ---- files ---- */

static enum code unknown(struct str name, struct error *err)
{
    error_set(err, E_OPTION, "time zone \"%.*s\" is not known", (int)MIN(name.size, 80), name.data);
    error_hint(err, "Use a name such as \"Asia/Shanghai\" or an offset such as \"+08:00\".");
    return E_OPTION;
}

/* Names of the database: letters, digits and _+-, parts between slashes that do not begin with a
 * dot or a slash.  So a name cannot leave the folder. */
static bool is_safe_name(struct str name)
{
    if (name.size == 0 || name.size > NAME_MAX_BYTES)
        return false;
    char before = '/';
    for (size_t i = 0; i < name.size; i++) {
        char c = name.data[i];
        bool word = (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z') ||
                    c == '_' || c == '+' || c == '-';
        if (!word && (c != '/' || before == '/'))
            return false;
        before = c;
    }
    /* Zones with leap seconds do not fit timestamps that have none. */
    return before != '/' && !str_starts(name, STR("right/"));
}

/* The bytes of a regular file of sensible size. */
static enum code read_zone_file(struct arena *arena, struct str name, struct str *ret,
                                struct error *err)
{
    const char *folder = getenv("TZDIR");
    if (!folder || !*folder)
        folder = "/usr/share/zoneinfo";
    char *path = arena_printf(arena, "%s/%.*s", folder, STR_ARG(name));
    if (!path)
        return error_nomem(err);
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        return errno == EMFILE || errno == ENFILE || errno == EACCES
                   ? error_set(err, E_IO, "could not open \"%s\": %s", path, strerror(errno))
                   : unknown(name, err);
    struct stat info;
    char *data = NULL;
    size_t size = 0;
    enum code code = OK;
    if (fstat(fd, &info) != 0 || !S_ISREG(info.st_mode) || info.st_size > FILE_MAX)
        code = unknown(name, err);
    if (code == OK && !(data = arena_alloc(arena, (size_t)info.st_size)))
        code = error_nomem(err);
    while (code == OK && size < (size_t)info.st_size) {
        ssize_t n = read(fd, data + size, (size_t)info.st_size - size);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            code = error_set(err, E_IO, "could not read \"%s\": %s", path, strerror(errno));
        if (n <= 0)
            break;
        size += (size_t)n;
    }
    close(fd);
    if (code == OK)
        *ret = str_make(data, size);
    return code;
}

static uint32_t read_u32(const char *p)
{
    const unsigned char *u = (const unsigned char *)p;
    return (uint32_t)u[0] << 24 | (uint32_t)u[1] << 16 | (uint32_t)u[2] << 8 | u[3];
}

static int64_t read_i64(const char *p)
{
    return (int64_t)((uint64_t)read_u32(p) << 32 | read_u32(p + 4));
}

enum { HEADER_BYTES = 44 };

struct header {
    char version;
    uint32_t utc_count, standard_count, leap_count, change_count, type_count, char_count;
};

static bool read_header(struct str file, struct header *ret)
{
    if (file.size < HEADER_BYTES || memcmp(file.data, "TZif", 4) != 0)
        return false;
    const char *p = file.data + 20;
    *ret = (struct header){ file.data[4],     read_u32(p),      read_u32(p + 4), read_u32(p + 8),
                            read_u32(p + 12), read_u32(p + 16), read_u32(p + 20) };
    return ret->type_count >= 1 && ret->type_count <= 256 && ret->change_count <= 100000 &&
           ret->char_count <= 10000 && ret->leap_count <= 10000 && ret->utc_count <= 256 &&
           ret->standard_count <= 256;
}

static size_t block_bytes(const struct header *h, size_t time_bytes)
{
    return h->change_count * (time_bytes + 1) + h->type_count * (size_t)6 + h->char_count +
           h->leap_count * (time_bytes + 4) + h->standard_count + h->utc_count;
}

/* The data block behind a header; false if the file is broken, *ret_nomem tells why else. */
static bool read_block(struct arena *arena, const char *p, const struct header *h,
                       size_t time_bytes, struct zone *zone, bool *ret_nomem)
{
    int64_t *changes = arena_array(arena, int64_t, h->change_count);
    uint8_t *indexes = arena_array(arena, uint8_t, h->change_count);
    struct zone_type *types = arena_array(arena, struct zone_type, h->type_count);
    const char *chars = p + h->change_count * (time_bytes + 1) + h->type_count * (size_t)6;
    char *names = arena_cstr(arena, str_make(chars, h->char_count));
    *ret_nomem = !changes || !indexes || !types || !names;
    if (*ret_nomem)
        return false;
    for (uint32_t i = 0; i < h->change_count; i++, p += time_bytes) {
        changes[i] = time_bytes == 8 ? read_i64(p) : (int32_t)read_u32(p);
        if (i > 0 && changes[i] <= changes[i - 1])
            return false;
    }
    for (uint32_t i = 0; i < h->change_count; i++, p++) {
        indexes[i] = (uint8_t)*p;
        if (indexes[i] >= h->type_count)
            return false;
    }
    for (uint32_t i = 0; i < h->type_count; i++, p += 6) {
        uint8_t at = (uint8_t)p[5];
        int32_t offset = (int32_t)read_u32(p);
        if (at >= h->char_count || offset < -90000 || offset > 93600)
            return false;
        types[i] = (struct zone_type){ offset, p[4] != 0, names + at };
    }
    zone->change_count = h->change_count;
    zone->changes_s = changes;
    zone->change_types = indexes;
    zone->types = types;
    return true;
}

static bool read_tzif(struct arena *arena, struct str file, struct zone *zone, bool *ret_nomem)
{
    struct header h;
    *ret_nomem = false;
    if (!read_header(file, &h) || file.size - HEADER_BYTES < block_bytes(&h, 4))
        return false;
    if (h.version < '2')
        return h.leap_count == 0 &&
               read_block(arena, file.data + HEADER_BYTES, &h, 4, zone, ret_nomem);
    size_t first = HEADER_BYTES + block_bytes(&h, 4);
    file = str_make(file.data + first, file.size - first);
    if (!read_header(file, &h) || file.size - HEADER_BYTES < block_bytes(&h, 8) ||
        h.leap_count != 0 || !read_block(arena, file.data + HEADER_BYTES, &h, 8, zone, ret_nomem))
        return false;
    size_t used = HEADER_BYTES + block_bytes(&h, 8);
    struct str footer = str_make(file.data + used, file.size - used);
    if (footer.size < 2 || footer.data[0] != '\n' || footer.data[footer.size - 1] != '\n')
        return false;
    footer = str_make(footer.data + 1, footer.size - 2);
    if (footer.size == 0)
        return true;
    zone->has_rule = zone_rule_parse(footer, &zone->rule);
    return zone->has_rule;
}

enum code zone_load(struct arena *arena, struct str name, const struct zone **ret,
                    struct error *err)
{
    int32_t offset_s;
    if (fixed_offset(name, &offset_s))
        return make_fixed(arena, name, offset_s, ret, err);
    if (!is_safe_name(name))
        return unknown(name, err);
    struct str file_name = name;
    for (size_t i = 0; i < countof(short_names); i++) {
        if (str_is(name, short_names[i].name))
            file_name = str_of(short_names[i].stands_for);
    }
    struct str file = { NULL, 0 };
    TRY(read_zone_file(arena, file_name, &file, err));
    struct zone *zone = arena_new(arena, struct zone);
    char *own = arena_cstr(arena, name);
    if (!zone || !own)
        return error_nomem(err);
    zone->name = own;
    bool nomem;
    if (!read_tzif(arena, file, zone, &nomem)) {
        if (nomem)
            return error_nomem(err);
        /* Folders of the database hold other files too, so this is a wrong name. */
        return unknown(name, err);
    }
    *ret = zone;
    return OK;
}

const char *zone_name(const struct zone *zone)
{
    return zone->name;
}

bool zone_is_fixed(const struct zone *zone, int32_t *ret_offset_s)
{
    if (zone->change_count > 0 || (zone->has_rule && zone->rule.has_dst))
        return false;
    *ret_offset_s = zone->has_rule ? zone->rule.standard_s : zone->types[0].offset_s;
    return true;
}

/* When it was not summer for the last time, where no rule says how it goes on. */
static int32_t last_standard_s(const struct zone *zone)
{
    for (uint32_t i = zone->change_count; i > 0; i--) {
        const struct zone_type *type = &zone->types[zone->change_types[i - 1]];
        if (!type->is_dst)
            return type->offset_s;
    }
    return zone->types[0].offset_s;
}

const struct zone *zone_standard(struct arena *arena, const struct zone *zone)
{
    const struct zone *standard = NULL;
    int32_t offset_s;
    if (zone_is_fixed(zone, &offset_s))
        return zone;
    offset_s = zone->has_rule ? zone->rule.standard_s : last_standard_s(zone);
    return make_fixed(arena, str_of(zone->name), offset_s, &standard, NULL) == OK ? standard : NULL;
}

/* ---- looking up ---- */

static void find_period(const struct zone *zone, int64_t utc_s, struct zone_period *ret)
{
    uint32_t low = 0, high = zone->change_count; /* the first change behind utc_s */
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (zone->changes_s[middle] <= utc_s)
            low = middle + 1;
        else
            high = middle;
    }
    int64_t from = low > 0 ? zone->changes_s[low - 1] : INT64_MIN;
    if (low == zone->change_count && zone->has_rule) {
        zone_rule_find(&zone->rule, utc_s, ret);
        ret->from_s = MAX(ret->from_s, from);
        return;
    }
    const struct zone_type *type = &zone->types[low > 0 ? zone->change_types[low - 1] : 0];
    *ret = (struct zone_period){
        .from_s = from,
        .to_s = low < zone->change_count ? zone->changes_s[low] : INT64_MAX,
        .offset_s = type->offset_s,
        .is_dst = type->is_dst,
        .abbreviation = type->abbreviation,
    };
}

/* Seconds to microseconds; what does not fit is an open end. */
static int64_t saturate_us(int64_t seconds)
{
    int64_t us;
    if (__builtin_mul_overflow(seconds, TIME_US_PER_SECOND, &us))
        return seconds < 0 ? INT64_MIN : INT64_MAX;
    return us;
}

static void move_cursor(const struct zone *zone, struct zone_cursor *cursor, int64_t utc_us)
{
    if (utc_us >= cursor->from_us && utc_us < cursor->to_us)
        return;
    struct zone_period period;
    find_period(zone, time_floor_div(utc_us, TIME_US_PER_SECOND), &period);
    cursor->from_us = saturate_us(period.from_s);
    cursor->to_us = saturate_us(period.to_s);
    cursor->offset_s = period.offset_s;
    cursor->is_dst = period.is_dst;
}

int64_t zone_offset_at_utc_us(const struct zone *zone, struct zone_cursor *cursor, int64_t utc_us)
{
    struct zone_cursor own = { 0 };
    if (!cursor)
        cursor = &own;
    if (unlikely(utc_us < cursor->from_us || utc_us >= cursor->to_us))
        move_cursor(zone, cursor, utc_us);
    return cursor->offset_s * TIME_US_PER_SECOND;
}

int64_t zone_local_to_utc_us(const struct zone *zone, struct zone_cursor *cursor, int64_t local_us,
                             enum zone_overlap overlap)
{
    const int64_t margin = 2 * TIME_US_PER_DAY; /* more than any two offsets differ */
    struct zone_cursor own = { 0 };
    if (!cursor)
        cursor = &own;
    int64_t utc = local_us - cursor->offset_s * TIME_US_PER_SECOND;
    if (cursor->from_us < cursor->to_us && utc >= cursor->from_us + margin &&
        utc < cursor->to_us - margin)
        return utc;
    /* From a moment that is surely before, over the changes in between. */
    move_cursor(zone, cursor, local_us - margin);
    for (;;) {
        utc = local_us - cursor->offset_s * TIME_US_PER_SECOND;
        if (cursor->to_us == INT64_MAX)
            return utc;
        struct zone_cursor next = { 0 };
        move_cursor(zone, &next, cursor->to_us);
        int64_t next_utc = local_us - next.offset_s * TIME_US_PER_SECOND;
        bool in_next = next_utc >= next.from_us;
        if (utc < cursor->to_us) /* exists here; perhaps again behind the change */
            return in_next && overlap == ZONE_LATER ? next_utc : utc;
        if (!in_next) /* a gap: the old offset carries it over */
            return utc;
        *cursor = next;
    }
}

size_t zone_print_abbreviation(const struct zone *zone, int64_t utc_us, char *out)
{
    struct zone_period period;
    find_period(zone, time_floor_div(utc_us, TIME_US_PER_SECOND), &period);
    size_t n = MIN(strlen(period.abbreviation), (size_t)ZONE_ABBREVIATION_MAX);
    memcpy(out, period.abbreviation, n);
    return n;
}
