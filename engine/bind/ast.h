/* ast.h -- the syntax tree as the binder sees it, with what it shares helpers for. */
#pragma once

/* The tree and the type system both name forms of types, and both have JSON wrappers: here the
 * tree's get a prefix. */
#define TYPE_ARRAY AST_FORM_ARRAY
#define TYPE_MAP AST_FORM_MAP
#define TYPE_ROW AST_FORM_ROW
#define JSON_WITHOUT_WRAPPER AST_JSON_WITHOUT_WRAPPER
#define JSON_WITH_CONDITIONAL_WRAPPER AST_JSON_WITH_CONDITIONAL_WRAPPER
#define JSON_WITH_WRAPPER AST_JSON_WITH_WRAPPER
#include "sql/ast.h"
#undef TYPE_ARRAY
#undef TYPE_MAP
#undef TYPE_ROW
#undef JSON_WITHOUT_WRAPPER
#undef JSON_WITH_CONDITIONAL_WRAPPER
#undef JSON_WITH_WRAPPER
