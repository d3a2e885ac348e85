/* ast.c -- names of kinds, units and operators.  The structs themselves are described in
 * ast_fields.c. */
#include "sql/ast.h"

const char *ast_kind_name(enum ast_kind kind)
{
    switch (kind) {
    case AST_NONE_:
        break;
#define X(name, text)                                                                              \
    case name:                                                                                     \
        return #text;
        AST_KINDS(X)
#undef X
    }
    return "none";
}

static const char *const unit_names[] = { [UNIT_NONE] = "",
#define X(name) [UNIT_##name] = #name,
                                          AST_UNITS(X)
#undef X
};

const char *ast_unit_name(enum ast_unit_kind unit)
{
    return unit < countof(unit_names) ? unit_names[unit] : "";
}

enum ast_unit_kind ast_unit_from_text(struct str word)
{
    static const struct {
        const char *text;
        enum ast_unit_kind unit;
    } others[] = {
        { "MILLENNIUMS", UNIT_MILLENNIUM },
        { "CENTURIES", UNIT_CENTURY },
        { "FRAC_SECOND", UNIT_MICROSECOND },
    };
    /* ODBC's names, as TIMESTAMPADD takes them. */
    if (word.size > 8 && str_ieq(str_make(word.data, 8), STR("SQL_TSI_")))
        word = str_make(word.data + 8, word.size - 8);
    struct str singular = word;
    if (word.size > 1 && (word.data[word.size - 1] | 0x20) == 's')
        singular.size--;
    for (unsigned unit = UNIT_NONE + 1; unit < countof(unit_names); unit++) {
        if (str_iis(word, unit_names[unit]))
            return (enum ast_unit_kind)unit;
        /* Only what can be counted has a plural: ISODOWS is no word. */
        if (unit < UNIT_EPOCH && str_iis(singular, unit_names[unit]))
            return (enum ast_unit_kind)unit;
    }
    for (size_t i = 0; i < countof(others); i++)
        if (str_iis(word, others[i].text))
            return others[i].unit;
    return UNIT_NONE;
}

const char *ast_binary_op_text(enum ast_binary_op op)
{
    static const char *const texts[] = {
        [BINARY_OR] = "OR",
        [BINARY_AND] = "AND",
        [BINARY_EQ] = "=",
        [BINARY_NE] = "<>",
        [BINARY_LT] = "<",
        [BINARY_LE] = "<=",
        [BINARY_GT] = ">",
        [BINARY_GE] = ">=",
        [BINARY_DISTINCT] = "IS DISTINCT FROM",
        [BINARY_NOT_DISTINCT] = "IS NOT DISTINCT FROM",
        [BINARY_ADD] = "+",
        [BINARY_SUB] = "-",
        [BINARY_MUL] = "*",
        [BINARY_DIV] = "/",
        [BINARY_MOD] = "%",
        [BINARY_CONCAT] = "||",
    };
    return op < countof(texts) ? texts[op] : "?";
}

const char *ast_show_text(enum ast_show_kind what)
{
    switch (what) {
#define X(name, text)                                                                              \
    case name:                                                                                     \
        return text;
        AST_SHOWS(X)
#undef X
    }
    return "?";
}
