/* mysql_table.c -- see mysql_table.h.  SHOW FULL COLUMNS says it all, to everybody who may read or
 * write the table. */
#include "mysql/mysql_table.h"

#include "base/nearest.h"

enum { FIELD, TYPE, COLLATION, CELLS };

struct found {
    struct str name, type, collation;
};

static enum remote_outcome no_memory(struct error *err)
{
    error_nomem(err);
    return REMOTE_FATAL;
}

/* --- how values compare ------------------------------------------------------------------ */

static bool is_text_type(struct str type)
{
    static const char *const names[] = { "char",       "varchar",  "tinytext", "text",
                                         "mediumtext", "longtext", "enum" };
    for (size_t i = 0; i < countof(names); i++)
        if (str_starts(type, str_of(names[i])))
            return true;
    return false;
}

static bool is_binary_type(struct str type)
{
    return str_starts(type, STR("binary")) || str_starts(type, STR("varbinary")) ||
           str_ends(type, STR("blob"));
}

/* Collations of which it is known that printable ASCII letters are equal to their other case and to
 * nothing else, and that CJK ideographs are equal to themselves only. */
static bool is_plain_collation(struct str collation)
{
    static const char *const ends[] = {
        "_general_ci",       "_general_nopad_ci", "_unicode_ci",
        "_unicode_nopad_ci", "_unicode_520_ci",   "_unicode_520_nopad_ci",
    };
    static const char *const names[] = {
        "utf8mb4_0900_ai_ci",    "utf8mb4_0900_as_ci",    "utf8mb4_0900_as_cs",
        "latin1_swedish_ci",     "utf8mb4_uca1400_ai_ci", "utf8mb4_uca1400_as_ci",
        "utf8mb4_uca1400_as_cs", "utf8mb3_uca1400_ai_ci",
    };
    bool is_unicode = str_starts(collation, STR("utf8"));
    for (size_t i = 0; is_unicode && i < countof(ends); i++)
        if (str_ends(collation, str_of(ends[i])))
            return true;
    for (size_t i = 0; i < countof(names); i++)
        if (str_is(collation, names[i]))
            return true;
    return false;
}

enum mysql_compare mysql_compare_of(const struct type *key, struct str type, struct str collation)
{
    if (type_is_binary(key))
        return is_binary_type(type) ? MYSQL_EXACT : MYSQL_PECULIAR;
    if (!type_is_string(key)) /* a number or a time, whatever it is compared with */
        return MYSQL_EXACT;
    if (is_binary_type(type))
        return MYSQL_EXACT;
    if (!is_text_type(type) || !collation.data)
        return MYSQL_PECULIAR; /* '1' and '01' find the same number */
    if (str_ends(collation, STR("_bin")) || str_is(collation, "binary"))
        return MYSQL_PADDED;
    return is_plain_collation(collation) ? MYSQL_FOLDED : MYSQL_PECULIAR;
}

/* --- the columns --------------------------------------------------------------------------- */

static enum remote_outcome read_columns(struct mysql_conn *conn, const struct mysql_settings *s,
                                        struct arena *arena, struct found **ret,
                                        uint32_t *ret_count, struct error *err)
{
    const struct str *cells = NULL;
    uint32_t cap = 0;
    const char *sql = arena_printf(arena, "SHOW FULL COLUMNS FROM %s", s->table);
    if (!sql)
        return no_memory(err);
    enum remote_outcome outcome = mysql_conn_query(conn, str_of(sql), err);
    while (outcome == REMOTE_DONE) {
        outcome = mysql_conn_next(conn, &cells, err);
        if (outcome != REMOTE_DONE || !cells)
            break;
        struct found one = {
            .name = arena_str(arena, cells[FIELD]),
            .type = arena_str(arena, cells[TYPE]),
            .collation = cells[COLLATION].data ? arena_str(arena, cells[COLLATION])
                                               : (struct str){ NULL, 0 },
        };
        if (!one.name.data || !one.type.data || !ARENA_PUSH(arena, *ret, *ret_count, cap, one)) {
            mysql_conn_end_rows(conn);
            return no_memory(err);
        }
    }
    return outcome;
}

static enum remote_outcome no_column(const struct mysql_settings *s, struct str name,
                                     const struct found *found, uint32_t count, struct error *err)
{
    struct nearest nearest;
    nearest_begin(&nearest, name);
    for (uint32_t i = 0; i < count; i++)
        nearest_add(&nearest, found[i].name);
    struct str near = nearest_end(&nearest);
    error_set(err, E_NAME,
              "table \"" STR_FMT "\" of MySQL " STR_FMT " has no column \"" STR_FMT "\"",
              STR_ARG(s->name), STR_ARG(s->url.endpoint), STR_ARG(name));
    if (near.data)
        error_hint(err, "Perhaps you meant \"" STR_FMT "\".", STR_ARG(near));
    return REMOTE_FATAL;
}

static const struct found *find(const struct found *found, uint32_t count, struct str name)
{
    for (uint32_t i = 0; i < count; i++)
        if (str_ieq(found[i].name, name))
            return &found[i];
    return NULL;
}

enum remote_outcome mysql_table_check(struct mysql_conn *conn, const struct mysql_settings *s,
                                      const struct schema *schema, struct arena *arena,
                                      struct mysql_column **ret, struct error *err)
{
    struct found *found = NULL;
    uint32_t count = 0;
    enum remote_outcome outcome = read_columns(conn, s, arena, &found, &count, err);
    if (outcome == REMOTE_REFUSED)
        outcome = REMOTE_FATAL;
    if (outcome != REMOTE_DONE)
        return outcome;
    struct mysql_column *columns = arena_array(arena, struct mysql_column, schema->count + 1);
    if (!columns)
        return no_memory(err);
    for (uint32_t i = 0; i < schema->count; i++) {
        const struct field *field = &schema->fields[i];
        const struct found *one = find(found, count, field->name);
        if (!one)
            return no_column(s, field->name, found, count, err);
        columns[i].compare = mysql_compare_of(field->type, one->type, one->collation);
    }
    *ret = columns;
    return REMOTE_DONE;
}
