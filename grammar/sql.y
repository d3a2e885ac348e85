/* sql.y -- the language, for lemon 3.40.
 *
 * How: actions build nodes and nothing else; every one is a call of sql/build.h.  A
 * reduction always ends at the token shifted last, whose end the driver keeps in
 * cx->end; so actions pass on only where a node starts.
 *
 * What always holds: no conflicts (the build fails otherwise).  Words that an LALR(1)
 * parser cannot place (is OFFSET a clause or an alias? NOT an operator or half of NOT
 * LIKE?) never reach it undecided: sql/tokens.c looks ahead and sends either the keyword
 * or TK_ID.  %fallback serves the easy rest.  A word is safe in %fallback only if no
 * state both shifts ID and reduces at that word, because lemon tries the fallback before
 * the default reduction; a unit test parses every such word as a name in every clause. */

%name sql_parser
%token_prefix TK_
%token_type { struct sql_token }
%default_type { struct ast_node * }
%extra_argument { struct build *cx }
%start_symbol input
%stack_size 3000

%syntax_error { (void)yyminor; cx->refused = true; }
%stack_overflow { build_too_deep(cx); }

%include {
#include "sql/build.h"

#define YYNOERRORRECOVERY 1 /* the driver stops at the first error */
#define YYMALLOCARGTYPE size_t
}

/* ---- precedence, lowest first --------------------------------------------------------------
 *
 * PREFER_EXPR and PREFER_QUERY are no tokens.  In ((SELECT 1)) the inner parentheses can be a
 * value in parentheses or a query in parentheses; before another ")" both are right, and the
 * query is taken. */
%nonassoc PREFER_EXPR.
%nonassoc PREFER_QUERY.
/* Shifted where the word could also end what stands before it. */
%nonassoc ORDER VALUE TO IGNORE RESPECT ON.
%left OR.
%left AND.
%right NOT.
%left IS.
%left EQ NE LT LE GT GE.
%left NOT_LA BETWEEN IN LIKE SIMILAR. /* a = b LIKE c is a = (b LIKE c), as in Calcite */
%nonassoc ESCAPE.                     /* belongs to the nearest LIKE */
%left PLUS MINUS.
%left STAR SLASH PERCENT CONCAT. /* || binds like *, again as in Calcite */
%right UNARY.

%fallback ID
  ABSENT AFTER ALTER ANALYZE ARRAY ASC ASYMMETRIC BEFORE BEGIN BUCKETS CASCADE CATALOG COLUMNS
  COMMENT COMPILE COMPUTE CONDITIONAL CONSTRAINT DATABASE DEFAULT DELAY DELETE DESC DESCRIBE
  DISTRIBUTED DROP EMPTY ENFORCED ERROR ESCAPE EXCLUDING EXECUTE EXPLAIN EXTENDED FIRST FOLLOWING
  FUNCTION HEADER INCLUDING INSERT JAR JSON KEY LANGUAGE LAST LOCAL METADATA MODULES MULTISET
  NULLS OBJECT ORDINALITY OVERWRITE OVERWRITING PARTITIONED PLACING PLAN PRECEDING PRECISION
  RENAME REPLACE RESET RESTRICT RETURNING ROW SCALAR SET SHOW STATEMENT STATISTICS SYMMETRIC
  SYSTEM SYSTEM_TIME TEMPORARY TIME TO TRUNCATE UNCONDITIONAL UNIQUE UNKNOWN UPDATE USE VALUE
  VARYING VIEW VIRTUAL WATERMARK WITHOUT WRAPPER ZONE.

/* ---- script -------------------------------------------------------------------------------- */

input ::= script.
input ::= PARSE_EXPR expr(X) SEMICOLON. { cx->result = X; }
input ::= PARSE_TYPE type_null(X) SEMICOLON. { cx->result = AST(X); }

script ::= .
script ::= script SEMICOLON.
script ::= script statement(S) SEMICOLON. { build_script_add(cx, S); }

statement(A) ::= query(Q). { A = AST(Q); }
statement(A) ::= insert(I). { A = AST(I); }

/* ---- names --------------------------------------------------------------------------------- */

%type path { struct ast_names * }
path(A) ::= ID(N). { A = build_names(cx, NULL, N); }
path(A) ::= path(P) DOT ID(N). { A = build_names(cx, P, N); }

%type names { struct ast_names * }
names(A) ::= ID(N). { A = build_names(cx, NULL, N); }
names(A) ::= names(L) COMMA ID(N). { A = build_names(cx, L, N); }

%type names_opt { struct ast_names * }
names_opt(A) ::= . { A = NULL; }
names_opt(A) ::= LP names(L) RP. { A = L; }

/* ---- queries ------------------------------------------------------------------------------- */

%type query { struct ast_query * }
query(A) ::= query_core(Q) order_opt(O) limits(L) emit_opt(E).
    { A = build_query_end(cx, Q, O, L, E); }

%type query_core { struct ast_query * }
query_core(A) ::= query_body(B). { A = build_query(cx, B); }
query_core(A) ::= WITH(W) ctes(L) query_body(B). { A = build_query_with(cx, W, false, L, B); }
query_core(A) ::= WITH(W) RECURSIVE ctes(L) query_body(B).
    { A = build_query_with(cx, W, true, L, B); }

%type ctes { struct ast_list * }
ctes(A) ::= cte(C). { A = build_list(cx, NULL, C); }
ctes(A) ::= ctes(L) COMMA cte(C). { A = build_list(cx, L, C); }
cte(A) ::= ID(N) names_opt(C) AS subquery(Q). { A = build_cte(cx, N, C, Q); }

/* A query in parentheses; its span has them. */
%type subquery { struct ast_query * }
subquery(A) ::= LP(P) query(Q) RP. { A = build_query_parens(cx, P, Q); }

query_body(A) ::= query_term(T). { A = T; }
query_body(A) ::= query_body(L) UNION(O) quantifier(D) query_term(R).
    { A = build_setop(cx, SETOP_UNION, L, O, D, R); }
query_body(A) ::= query_body(L) EXCEPT(O) quantifier(D) query_term(R).
    { A = build_setop(cx, SETOP_EXCEPT, L, O, D, R); }
query_term(A) ::= query_primary(P). { A = P; }
query_term(A) ::= query_term(L) INTERSECT(O) quantifier(D) query_primary(R).
    { A = build_setop(cx, SETOP_INTERSECT, L, O, D, R); }

query_primary(A) ::= VALUES(V) exprs(L). { A = build_values(cx, V, L); }
query_primary(A) ::= TABLE(T) path(P). { A = build_table_body(cx, T, P); }
query_primary(A) ::= subquery(Q). [PREFER_QUERY] { A = build_query_body(cx, Q); }
query_primary(A) ::= SELECT(S) hints_opt(H) quantifier(D) select_items(I) from_opt(F) where_opt(W)
    group_opt(G) having_opt(V) windows_opt(N) qualify_opt(Q).
    { A = build_select(cx, S, H, D, I, F, W, G, V, N, Q); }

%type quantifier { int }
quantifier(A) ::= . { A = BUILD_NEITHER; }
quantifier(A) ::= ALL. { A = BUILD_ALL; }
quantifier(A) ::= DISTINCT. { A = BUILD_DISTINCT; }

%type select_items { struct ast_list * }
select_items(A) ::= select_item(I). { A = build_list(cx, NULL, I); }
select_items(A) ::= select_items(L) COMMA select_item(I). { A = build_list(cx, L, I); }
select_item(A) ::= STAR(S). { A = build_item(cx, build_star(cx, NULL, S), NULL); }
select_item(A) ::= path(P) DOT STAR(S). { A = build_item(cx, build_star(cx, P, S), NULL); }
select_item(A) ::= value(X) DOT STAR(S). { A = build_item(cx, build_field(cx, X, S), NULL); }
select_item(A) ::= expr(X). { A = build_item(cx, X, NULL); }
select_item(A) ::= expr(X) ID(N). { A = build_item(cx, X, &N); }
select_item(A) ::= expr(X) AS ID(N). { A = build_item(cx, X, &N); }

from_opt(A) ::= . { A = NULL; }
from_opt(A) ::= FROM from_list(F). { A = F; }
where_opt(A) ::= . { A = NULL; }
where_opt(A) ::= WHERE expr(X). { A = X; }
having_opt(A) ::= . { A = NULL; }
having_opt(A) ::= HAVING expr(X). { A = X; }
qualify_opt(A) ::= . { A = NULL; }
qualify_opt(A) ::= QUALIFY expr(X). { A = X; }

%type group_opt { struct ast_list * }
group_opt(A) ::= . { A = NULL; }
group_opt(A) ::= GROUP BY groupings(L). { A = L; }
%type groupings { struct ast_list * }
groupings(A) ::= grouping(G). { A = build_list(cx, NULL, G); }
groupings(A) ::= groupings(L) COMMA grouping(G). { A = build_list(cx, L, G); }
grouping(A) ::= expr(X). { A = build_grouping_expr(cx, X); }
grouping(A) ::= LP(P) RP. { A = build_grouping(cx, P, GROUPING_SET, NULL); }
grouping(A) ::= GROUPING(P) SETS LP groupings(L) RP.
    { A = build_grouping(cx, P, GROUPING_SETS, L); }
grouping(A) ::= CUBE(P) LP groupings(L) RP. { A = build_grouping(cx, P, GROUPING_CUBE, L); }
grouping(A) ::= ROLLUP(P) LP groupings(L) RP. { A = build_grouping(cx, P, GROUPING_ROLLUP, L); }

%type windows_opt { struct ast_list * }
windows_opt(A) ::= . { A = NULL; }
windows_opt(A) ::= WINDOW windows(L). { A = L; }
%type windows { struct ast_list * }
windows(A) ::= window_def(W). { A = build_list(cx, NULL, W); }
windows(A) ::= windows(L) COMMA window_def(W). { A = build_list(cx, L, W); }
window_def(A) ::= ID(N) AS window(W). { A = build_window_name(cx, N, W); }

%type order_opt { struct ast_list * }
order_opt(A) ::= . { A = NULL; }
order_opt(A) ::= ORDER BY order_items(L). { A = L; }
%type order_items { struct ast_list * }
order_items(A) ::= order_item(I). { A = build_list(cx, NULL, I); }
order_items(A) ::= order_items(L) COMMA order_item(I). { A = build_list(cx, L, I); }
order_item(A) ::= expr(X) direction(D) nulls_opt(N). { A = build_order_item(cx, X, D, N); }
%type direction { int }
direction(A) ::= . { A = 0; }
direction(A) ::= ASC. { A = 0; }
direction(A) ::= DESC. { A = 1; }
%type nulls_opt { int }
nulls_opt(A) ::= . { A = NULLS_DEFAULT; }
nulls_opt(A) ::= NULLS FIRST. { A = NULLS_FIRST; }
nulls_opt(A) ::= NULLS LAST. { A = NULLS_LAST; }

%type limits { struct build_limits }
limits(A) ::= . { A = build_limits(NULL, NULL); }
limits(A) ::= LIMIT limit(L). { A = build_limits(L, NULL); }
limits(A) ::= LIMIT limit(L) offset(O). { A = build_limits(L, O); }
limits(A) ::= offset(O). { A = build_limits(NULL, O); }
limits(A) ::= offset(O) LIMIT limit(L). { A = build_limits(L, O); }
limits(A) ::= fetch(L). { A = build_limits(L, NULL); }
limits(A) ::= offset(O) fetch(L). { A = build_limits(L, O); }
limit(A) ::= INTEGER(N). { A = build_literal(cx, N, LIT_INTEGER); }
limit(A) ::= ALL. { A = NULL; }
offset(A) ::= OFFSET INTEGER(N). { A = build_literal(cx, N, LIT_INTEGER); }
offset(A) ::= OFFSET INTEGER(N) ID(R).
    { A = build_literal(cx, N, LIT_INTEGER); build_expect(cx, R, "ROW", "ROWS"); }
fetch(A) ::= FETCH ID(F) INTEGER(N) ID(R) ID(O). {
    A = build_literal(cx, N, LIT_INTEGER);
    build_expect(cx, F, "FIRST", "NEXT");
    build_expect(cx, R, "ROW", "ROWS");
    build_expect(cx, O, "ONLY", NULL);
}

/* Blink: when a window query speaks before and after its watermark.  The unit stands in the
 * rules, not in an optional part of its own: BEFORE would be taken for the unit. */
%type emit_opt { struct ast_list * }
emit_opt(A) ::= . { A = NULL; }
emit_opt(A) ::= EMIT emits(L). { A = L; }
%type emits { struct ast_list * }
emits(A) ::= emit(E). { A = build_list(cx, NULL, E); }
emits(A) ::= emits(L) COMMA emit(E). { A = build_list(cx, L, E); }
emit(A) ::= WITH(S) DELAY STRING(T) watermark_side(W). { A = build_emit(cx, S, &T, NULL, W); }
emit(A) ::= WITH(S) DELAY STRING(T) ID(U) watermark_side(W). { A = build_emit(cx, S, &T, &U, W); }
emit(A) ::= WITHOUT(S) DELAY watermark_side(W). { A = build_emit(cx, S, NULL, NULL, W); }
%type watermark_side { int }
watermark_side(A) ::= BEFORE WATERMARK. { A = 0; }
watermark_side(A) ::= AFTER WATERMARK. { A = 1; }

/* ---- FROM ---------------------------------------------------------------------------------- */

from_list(A) ::= from_item(I). { A = I; }
from_list(A) ::= from_list(L) COMMA from_item(R).
    { A = build_join(cx, L, JOIN_COMMA, false, R, NULL, NULL); }

from_item(A) ::= from_primary(P). { A = P; }
from_item(A) ::= from_item(L) join_kind(K) JOIN from_primary(R). [PREFER_EXPR]
    { A = build_join(cx, L, K, false, R, NULL, NULL); }
from_item(A) ::= from_item(L) join_kind(K) JOIN from_primary(R) ON expr(X).
    { A = build_join(cx, L, K, false, R, X, NULL); }
from_item(A) ::= from_item(L) join_kind(K) JOIN from_primary(R) USING LP names(N) RP.
    { A = build_join(cx, L, K, false, R, NULL, N); }
from_item(A) ::= from_item(L) NATURAL join_kind(K) JOIN from_primary(R).
    { A = build_join(cx, L, K, true, R, NULL, NULL); }
from_item(A) ::= from_item(L) CROSS JOIN from_primary(R).
    { A = build_join(cx, L, JOIN_CROSS, false, R, NULL, NULL); }

%type join_kind { enum ast_join_kind }
join_kind(A) ::= . { A = JOIN_INNER; }
join_kind(A) ::= INNER. { A = JOIN_INNER; }
join_kind(A) ::= LEFT. { A = JOIN_LEFT; }
join_kind(A) ::= LEFT OUTER. { A = JOIN_LEFT; }
join_kind(A) ::= RIGHT. { A = JOIN_RIGHT; }
join_kind(A) ::= RIGHT OUTER. { A = JOIN_RIGHT; }
join_kind(A) ::= FULL. { A = JOIN_FULL; }
join_kind(A) ::= FULL OUTER. { A = JOIN_FULL; }
join_kind(A) ::= LEFT SEMI. { A = JOIN_SEMI; }
join_kind(A) ::= LEFT ANTI. { A = JOIN_ANTI; }

from_primary(A) ::= path(P) hints_opt(H) alias_opt(N).
    { A = build_from_table(cx, P, H, NULL, N); }
from_primary(A) ::= path(P) hints_opt(H) as_of(T) alias_opt(N).
    { A = build_from_table(cx, P, H, T, N); }
from_primary(A) ::= path(P) hints_opt(H) alias(N) as_of(T).
    { A = build_from_table(cx, P, H, T, N); }
from_primary(A) ::= path(P) MATCH_RECOGNIZE RAW_PARENS(R) alias_opt(N).
    { A = build_from_match(cx, P, R, N); }
from_primary(A) ::= subquery(Q) alias_opt(N). { A = build_from_query(cx, NULL, Q, N); }
from_primary(A) ::= LATERAL(L) subquery(Q) alias_opt(N). { A = build_from_query(cx, &L, Q, N); }
from_primary(A) ::= table_call(C) hints_opt(H) alias_opt(N).
    { A = build_from_call(cx, C, BUILD_PLAIN, NULL, H, N); }
from_primary(A) ::= TABLE(T) LP table_call(C) RP hints_opt(H) alias_opt(N).
    { A = build_from_call(cx, C, BUILD_WRAPPED, &T, H, N); }
from_primary(A) ::= LATERAL(L) table_call(C) alias_opt(N).
    { A = build_from_call(cx, C, BUILD_LATERAL, &L, NULL, N); }
from_primary(A) ::= LATERAL(L) TABLE LP table_call(C) RP alias_opt(N).
    { A = build_from_call(cx, C, BUILD_LATERAL | BUILD_WRAPPED, &L, NULL, N); }
from_primary(A) ::= UNNEST(U) LP exprs(L) RP alias_opt(N).
    { A = build_from_unnest(cx, U, L, false, N); }
from_primary(A) ::= UNNEST(U) LP exprs(L) RP WITH ORDINALITY alias_opt(N).
    { A = build_from_unnest(cx, U, L, true, N); }
from_primary(A) ::= LP(P) from_list(L) RP. { A = build_parens(cx, P, L); }

table_call(A) ::= path(P) LP args_opt(L) RP. { A = build_call(cx, P, L, 0, NULL); }

as_of(A) ::= FOR SYSTEM_TIME AS OF expr(X). { A = X; }

%type alias_opt { struct ast_alias * }
alias_opt(A) ::= . [PREFER_EXPR] { A = NULL; }
alias_opt(A) ::= alias(N). { A = N; }
%type alias { struct ast_alias * }
alias(A) ::= ID(N) names_opt(C). { A = build_alias(cx, N, C); }
alias(A) ::= AS ID(N) names_opt(C). { A = build_alias(cx, N, C); }

%type hints_opt { struct ast_list * }
hints_opt(A) ::= . { A = NULL; }
hints_opt(A) ::= HINT_BEGIN hints(L) HINT_END. { A = L; }
%type hints { struct ast_list * }
hints(A) ::= hint(H). { A = build_list(cx, NULL, H); }
hints(A) ::= hints(L) COMMA hint(H). { A = build_list(cx, L, H); }
hints(A) ::= hints(L) hint(H). { A = build_list(cx, L, H); }
hint(A) ::= ID(N). { A = build_hint(cx, N, NULL); }
hint(A) ::= ID(N) LP hint_args(L) RP. { A = build_hint(cx, N, L); }
%type hint_args { struct ast_list * }
hint_args(A) ::= hint_arg(I). { A = build_list(cx, NULL, I); }
hint_args(A) ::= hint_args(L) COMMA hint_arg(I). { A = build_list(cx, L, I); }
hint_arg(A) ::= path(P). { A = build_column(cx, P); }
hint_arg(A) ::= INTEGER(N). { A = build_literal(cx, N, LIT_INTEGER); }
hint_arg(A) ::= STRING(S). { A = build_literal(cx, S, LIT_STRING); }
hint_arg(A) ::= STRING(K) EQ STRING(V). { A = build_option(cx, K, K, V); }
hint_arg(A) ::= path(K) EQ STRING(V). { A = build_option_path(cx, K, V); }

/* ---- expressions ---------------------------------------------------------------------------
 *
 * expr has predicates and connectives, operand only arithmetic; that keeps the AND of BETWEEN
 * and the IN of POSITION(a IN b) apart from the operators.  value is what .field and [index] may
 * follow. */

%type exprs { struct ast_list * }
exprs(A) ::= expr(X). { A = build_list(cx, NULL, X); }
exprs(A) ::= exprs(L) COMMA expr(X). { A = build_list(cx, L, X); }
%type exprs_opt { struct ast_list * }
exprs_opt(A) ::= . { A = NULL; }
exprs_opt(A) ::= exprs(L). { A = L; }

expr(A) ::= operand(X). { A = X; }
expr(A) ::= expr(L) OR(O) expr(R). { A = build_binary(cx, BINARY_OR, L, O, R); }
expr(A) ::= expr(L) AND(O) expr(R). { A = build_binary(cx, BINARY_AND, L, O, R); }
expr(A) ::= NOT(O) expr(X). { A = build_unary(cx, UNARY_NOT, O, X); }
expr(A) ::= expr(L) EQ|NE|LT|LE|GT|GE(O) expr(R). { A = build_comparison(cx, L, O, R); }
expr(A) ::= expr(L) EQ|NE|LT|LE|GT|GE(O) ANY|SOME|ALL(Q) subquery(S). [EQ]
    { A = build_quantified(cx, L, O, Q, NULL, S); }
expr(A) ::= expr(L) EQ|NE|LT|LE|GT|GE(O) ANY|SOME|ALL(Q) LP exprs(S) RP. [EQ]
    { A = build_quantified(cx, L, O, Q, S, NULL); }
expr(A) ::= expr(X) IS not_opt(N) is_test(T). [IS] { A = build_is(cx, X, N, T); }
expr(A) ::= expr(L) IS(O) not_opt(N) DISTINCT FROM expr(R). [EQ]
    { A = build_binary(cx, N ? BINARY_NOT_DISTINCT : BINARY_DISTINCT, L, O, R); }
expr(A) ::= expr(X) between_op(N) symmetric(S) operand(L) AND operand(H). [BETWEEN]
    { A = build_between(cx, X, N, S, L, H); }
expr(A) ::= expr(X) like_op(O) operand(P). [LIKE] { A = build_like(cx, X, O, P, NULL); }
expr(A) ::= expr(X) like_op(O) operand(P) ESCAPE operand(E). [LIKE]
    { A = build_like(cx, X, O, P, E); }
expr(A) ::= expr(X) in_op(N) LP exprs(L) RP. [IN] { A = build_in(cx, X, N, L, NULL); }
expr(A) ::= expr(X) in_op(N) subquery(Q). [IN] { A = build_in(cx, X, N, NULL, Q); }

%type not_opt { int }
not_opt(A) ::= . { A = 0; }
not_opt(A) ::= NOT. { A = 1; }
%type is_test { enum ast_is_test }
is_test(A) ::= NULL. { A = IS_NULL; }
is_test(A) ::= TRUE. { A = IS_TRUE; }
is_test(A) ::= FALSE. { A = IS_FALSE; }
is_test(A) ::= UNKNOWN. { A = IS_UNKNOWN; }
is_test(A) ::= JSON. [PREFER_EXPR] { A = IS_JSON_VALUE; }
is_test(A) ::= JSON VALUE. { A = IS_JSON_VALUE; }
is_test(A) ::= JSON OBJECT. { A = IS_JSON_OBJECT; }
is_test(A) ::= JSON ARRAY. { A = IS_JSON_ARRAY; }
is_test(A) ::= JSON SCALAR. { A = IS_JSON_SCALAR; }
%type between_op { int }
between_op(A) ::= BETWEEN. { A = 0; }
between_op(A) ::= NOT_LA BETWEEN. { A = 1; }
%type symmetric { int }
symmetric(A) ::= . { A = 0; }
symmetric(A) ::= ASYMMETRIC. { A = 0; }
symmetric(A) ::= SYMMETRIC. { A = 1; }
%type like_op { int }
like_op(A) ::= LIKE. { A = 0; }
like_op(A) ::= NOT_LA LIKE. { A = BUILD_NEGATED; }
like_op(A) ::= SIMILAR TO. { A = BUILD_SIMILAR; }
like_op(A) ::= NOT_LA SIMILAR TO. { A = BUILD_SIMILAR | BUILD_NEGATED; }
%type in_op { int }
in_op(A) ::= IN. { A = 0; }
in_op(A) ::= NOT_LA IN. { A = 1; }

operand(A) ::= path(P). { A = build_column(cx, P); }
operand(A) ::= value(X). { A = X; }
operand(A) ::= operand(L) PLUS(O) operand(R). { A = build_binary(cx, BINARY_ADD, L, O, R); }
operand(A) ::= operand(L) MINUS(O) operand(R). { A = build_binary(cx, BINARY_SUB, L, O, R); }
operand(A) ::= operand(L) STAR(O) operand(R). { A = build_binary(cx, BINARY_MUL, L, O, R); }
operand(A) ::= operand(L) SLASH(O) operand(R). { A = build_binary(cx, BINARY_DIV, L, O, R); }
operand(A) ::= operand(L) PERCENT(O) operand(R). { A = build_binary(cx, BINARY_MOD, L, O, R); }
operand(A) ::= operand(L) CONCAT(O) operand(R). { A = build_binary(cx, BINARY_CONCAT, L, O, R); }
operand(A) ::= MINUS(O) operand(X). [UNARY] { A = build_unary(cx, UNARY_MINUS, O, X); }
operand(A) ::= PLUS(O) operand(X). [UNARY] { A = build_unary(cx, UNARY_PLUS, O, X); }

value(A) ::= LP(P) expr(X) RP. { A = build_parens(cx, P, X); }
value(A) ::= LP(P) expr(X) COMMA exprs(L) RP. { A = build_row(cx, P, X, L, false); }
value(A) ::= ROW_START(P) LP exprs_opt(L) RP. { A = build_row(cx, P, NULL, L, true); }
value(A) ::= ARRAY_START(P) LB exprs_opt(L) RB. { A = build_items(cx, AST_ARRAY, P, L); }
value(A) ::= MAP_START(P) LB exprs_opt(L) RB. { A = build_items(cx, AST_MAP, P, L); }
value(A) ::= subquery(Q). [PREFER_EXPR] { A = build_subquery(cx, AST_SUBQUERY, NULL, Q); }
value(A) ::= EXISTS(E) subquery(Q). { A = build_subquery(cx, AST_EXISTS, &E, Q); }
value(A) ::= value(X) DOT ID(N). { A = build_field(cx, X, N); }
value(A) ::= value(X) LB expr(I) RB. { A = build_index(cx, X, I); }
value(A) ::= path(P) LB expr(I) RB. { A = build_index(cx, build_column(cx, P), I); }

value(A) ::= NULL(T). { A = build_literal(cx, T, LIT_NULL); }
value(A) ::= TRUE(T). { A = build_literal(cx, T, LIT_TRUE); }
value(A) ::= FALSE(T). { A = build_literal(cx, T, LIT_FALSE); }
value(A) ::= INTEGER(T). { A = build_literal(cx, T, LIT_INTEGER); }
value(A) ::= DECIMAL(T). { A = build_literal(cx, T, LIT_DECIMAL); }
value(A) ::= DOUBLE(T). { A = build_literal(cx, T, LIT_DOUBLE); }
value(A) ::= STRING(T). { A = build_literal(cx, T, LIT_STRING); }
value(A) ::= BINARY(T). { A = build_literal(cx, T, LIT_BINARY); }
value(A) ::= DATE_LIT(P) STRING(T). { A = build_typed_literal(cx, P, LIT_DATE, T); }
value(A) ::= TIME_LIT(P) STRING(T). { A = build_typed_literal(cx, P, LIT_TIME, T); }
value(A) ::= TIMESTAMP_LIT(P) STRING(T). { A = build_typed_literal(cx, P, LIT_TIMESTAMP, T); }
value(A) ::= interval(I). { A = I; }
interval(A) ::= INTERVAL_LIT(P) sign_opt(S) STRING(T) interval_spec(U).
    { A = build_interval(cx, P, S, T, U); }

%type sign_opt { int }
sign_opt(A) ::= . { A = 0; }
sign_opt(A) ::= PLUS. { A = 0; }
sign_opt(A) ::= MINUS. { A = 1; }
%type interval_spec { struct ast_interval_spec }
interval_spec(A) ::= interval_unit(F). [PREFER_EXPR] { A = build_interval_spec(cx, F, NULL); }
interval_spec(A) ::= interval_unit(F) TO interval_unit(T).
    { A = build_interval_spec(cx, F, &T); }
%type interval_unit { struct build_unit }
interval_unit(A) ::= ID(U). { A = build_unit(cx, U, NULL, NULL); }
interval_unit(A) ::= ID(U) LP INTEGER(P) RP. { A = build_unit(cx, U, &P, NULL); }
interval_unit(A) ::= ID(U) LP INTEGER(P) COMMA INTEGER(F) RP. { A = build_unit(cx, U, &P, &F); }

value(A) ::= CASE(C) whens(W) else_opt(E) END. { A = build_case(cx, C, NULL, W, E); }
value(A) ::= CASE(C) expr(X) whens(W) else_opt(E) END. { A = build_case(cx, C, X, W, E); }
%type whens { struct ast_list * }
whens(A) ::= when(W). { A = build_list(cx, NULL, W); }
whens(A) ::= whens(L) when(W). { A = build_list(cx, L, W); }
when(A) ::= WHEN(W) expr(C) THEN expr(R). { A = build_when(cx, W, C, R); }
else_opt(A) ::= . { A = NULL; }
else_opt(A) ::= ELSE expr(X). { A = X; }

/* ---- functions ----------------------------------------------------------------------------- */

value(A) ::= call(C). [PREFER_EXPR] { A = C; }
value(A) ::= call(C) call_tail(T). [PREFER_EXPR] { A = build_call_tail(cx, C, T); }
call(A) ::= path(P) LP STAR RP. { A = build_call_star(cx, P); }
call(A) ::= path(P) LP args_opt(L) RP. { A = build_call(cx, P, L, 0, NULL); }
call(A) ::= path(P) LP ALL|DISTINCT(D) args(L) RP. { A = build_call(cx, P, L, D.code, NULL); }
call(A) ::= path(P) LP args(L) null_rule(N) RP.
    { A = build_call_nulls(cx, build_call(cx, P, L, 0, NULL), N); }
call(A) ::= path(P) LP ALL|DISTINCT(D) args(L) null_rule(N) RP.
    { A = build_call_nulls(cx, build_call(cx, P, L, D.code, NULL), N); }
call(A) ::= path(P) LP args(L) ORDER BY order_items(O) RP. { A = build_call(cx, P, L, 0, O); }
call(A) ::= path(P) LP ALL|DISTINCT(D) args(L) ORDER BY order_items(O) RP.
    { A = build_call(cx, P, L, D.code, O); }

%type null_rule { enum ast_call_nulls }
null_rule(A) ::= IGNORE NULLS. { A = CALL_IGNORE_NULLS; }
null_rule(A) ::= RESPECT NULLS. { A = CALL_RESPECT_NULLS; }

/* In this order; each at most once, which build_call_tail() sees to. */
%type call_tail { struct build_tail * }
call_tail(A) ::= call_part(P). { A = P; }
call_tail(A) ::= call_tail(T) call_part(P). { A = build_tail_join(cx, T, P); }
%type call_part { struct build_tail * }
call_part(A) ::= IGNORE(T) NULLS. { A = build_tail_nulls(cx, T, CALL_IGNORE_NULLS); }
call_part(A) ::= RESPECT(T) NULLS. { A = build_tail_nulls(cx, T, CALL_RESPECT_NULLS); }
call_part(A) ::= WITHIN(T) GROUP LP ORDER BY order_items(O) RP.
    { A = build_tail_within(cx, T, O); }
call_part(A) ::= FILTER(T) LP WHERE expr(X) RP. { A = build_tail_filter(cx, T, X); }
call_part(A) ::= OVER(T) window(W). { A = build_tail_over(cx, T, W); }
call_part(A) ::= OVER(T) ID(N). { A = build_tail_over(cx, T, build_window_ref(cx, N)); }

%type args_opt { struct ast_list * }
args_opt(A) ::= . { A = NULL; }
args_opt(A) ::= args(L). { A = L; }
%type args { struct ast_list * }
args(A) ::= arg(X). { A = build_list(cx, NULL, X); }
args(A) ::= args(L) COMMA arg(X). { A = build_list(cx, L, X); }
arg(A) ::= plain_arg(X). { A = X; }
arg(A) ::= ID(N) ARROW plain_arg(X). { A = build_named_arg(cx, N, X); }
plain_arg(A) ::= expr(X). { A = X; }
plain_arg(A) ::= DESCRIPTOR(D) LP names(L) RP. { A = build_descriptor(cx, D, L); }
plain_arg(A) ::= TABLE(T) path(P) table_arg_partition(K) table_arg_order(O).
    { A = build_table_arg(cx, T, P, NULL, K, O); }
plain_arg(A) ::= TABLE(T) subquery(Q) table_arg_partition(K) table_arg_order(O).
    { A = build_table_arg(cx, T, NULL, Q, K, O); }
/* A second key needs parentheses, as in Flink: the comma ends the argument. */
table_arg_partition(A) ::= . { A = NULL; }
table_arg_partition(A) ::= PARTITION BY expr(X). { A = X; }
%type table_arg_order { struct ast_list * }
table_arg_order(A) ::= . [PREFER_EXPR] { A = NULL; }
table_arg_order(A) ::= ORDER BY order_item(I). { A = build_list(cx, NULL, I); }

%type window { struct ast_window * }
window(A) ::= LP(P) window_partition(K) order_opt(O) frame(F) RP.
    { A = build_window(cx, P, NULL, K, O, F); }
window(A) ::= LP(P) ID(B) window_partition(K) order_opt(O) frame(F) RP.
    { A = build_window(cx, P, &B, K, O, F); }
%type window_partition { struct ast_list * }
window_partition(A) ::= . { A = NULL; }
window_partition(A) ::= PARTITION BY exprs(L). { A = L; }
%type frame { struct build_frame }
frame(A) ::= . { A = build_frame(FRAME_NONE, NULL, NULL); }
frame(A) ::= frame_kind(K) bound(S). { A = build_frame(K, &S, NULL); }
frame(A) ::= frame_kind(K) BETWEEN bound(S) AND bound(E). { A = build_frame(K, &S, &E); }
%type frame_kind { enum ast_frame_kind }
frame_kind(A) ::= ROWS. { A = FRAME_ROWS; }
frame_kind(A) ::= RANGE. { A = FRAME_RANGE; }
%type bound { struct ast_bound }
bound(A) ::= UNBOUNDED PRECEDING. { A = build_bound(BOUND_UNBOUNDED_PRECEDING, NULL); }
bound(A) ::= UNBOUNDED FOLLOWING. { A = build_bound(BOUND_UNBOUNDED_FOLLOWING, NULL); }
bound(A) ::= CURRENT ROW. { A = build_bound(BOUND_CURRENT_ROW, NULL); }
bound(A) ::= bound_offset(X) PRECEDING. { A = build_bound(BOUND_PRECEDING, X); }
bound(A) ::= bound_offset(X) FOLLOWING. { A = build_bound(BOUND_FOLLOWING, X); }
bound_offset(A) ::= INTEGER(T). { A = build_literal(cx, T, LIT_INTEGER); }
bound_offset(A) ::= interval(I). { A = I; }

/* Functions with words between their arguments; the orders are in sql/ast.h. */
value(A) ::= CAST(F) LP expr(X) AS type_null(T) RP. { A = build_cast(cx, F, false, X, T); }
value(A) ::= TRY_CAST(F) LP expr(X) AS type_null(T) RP. { A = build_cast(cx, F, true, X, T); }
value(A) ::= EXTRACT(F) LP ID(U) FROM expr(X) RP.
    { A = build_special(cx, F, build_unit_arg(cx, U), X, NULL, NULL); }
value(A) ::= POSITION(F) LP operand(X) IN operand(Y) RP.
    { A = build_special(cx, F, X, Y, NULL, NULL); }
value(A) ::= POSITION(F) LP operand(X) IN operand(Y) FROM operand(Z) RP.
    { A = build_special(cx, F, X, Y, Z, NULL); }
value(A) ::= SUBSTRING(F) LP expr(X) FROM expr(Y) RP.
    { A = build_special(cx, F, X, Y, NULL, NULL); }
value(A) ::= SUBSTRING(F) LP expr(X) FROM expr(Y) FOR expr(Z) RP.
    { A = build_special(cx, F, X, Y, Z, NULL); }
value(A) ::= SUBSTRING(F) LP exprs(L) RP. { A = build_special_list(cx, F, L); }
value(A) ::= OVERLAY(F) LP expr(X) PLACING expr(Y) FROM expr(Z) RP.
    { A = build_special(cx, F, X, Y, Z, NULL); }
value(A) ::= OVERLAY(F) LP expr(X) PLACING expr(Y) FROM expr(Z) FOR expr(N) RP.
    { A = build_special(cx, F, X, Y, Z, N); }
value(A) ::= OVERLAY(F) LP exprs(L) RP. { A = build_special_list(cx, F, L); }
value(A) ::= TRIM(F) LP exprs(L) RP. { A = build_special_list(cx, F, L); }
value(A) ::= TRIM(F) LP expr(C) FROM expr(X) RP. { A = build_trim(cx, F, NULL, X, C); }
value(A) ::= TRIM(F) LP trim_side(S) FROM expr(X) RP. { A = build_trim(cx, F, &S, X, NULL); }
value(A) ::= TRIM(F) LP trim_side(S) expr(C) FROM expr(X) RP. { A = build_trim(cx, F, &S, X, C); }
%type trim_side { enum ast_trim_side }
trim_side(A) ::= BOTH. { A = TRIM_BOTH; }
trim_side(A) ::= LEADING. { A = TRIM_LEADING; }
trim_side(A) ::= TRAILING. { A = TRIM_TRAILING; }
value(A) ::= FLOOR|CEIL|CEILING(F) LP exprs(L) RP. { A = build_special_list(cx, F, L); }
value(A) ::= FLOOR|CEIL|CEILING(F) LP expr(X) TO ID(U) RP.
    { A = build_special(cx, F, X, build_unit_arg(cx, U), NULL, NULL); }

%type json { struct ast_json * }
value(A) ::= json(J). { A = build_json_end(cx, J); }
json(A) ::= JSON_EXISTS(F) LP exprs(L) RP. { A = build_json(cx, F, JSON_FUNC_EXISTS, L); }
json(A) ::= JSON_EXISTS(F) LP exprs(L) json_truth(B) ON ERROR RP.
    { A = build_json_exists(cx, F, L, B); }
json(A) ::= JSON_VALUE(F) LP json_value_body(J) RP.
    { A = build_json_func(cx, F, JSON_FUNC_VALUE, J); }
json(A) ::= JSON_QUERY(F) LP json_query_body(J) RP.
    { A = build_json_func(cx, F, JSON_FUNC_QUERY, J); }
json(A) ::= JSON_OBJECT(F) LP json_pairs(L) json_nulls(N) RP.
    { A = build_json_nulls(cx, F, JSON_FUNC_OBJECT, L, N); }
json(A) ::= JSON_OBJECT(F) LP json_nulls(N) RP.
    { A = build_json_nulls(cx, F, JSON_FUNC_OBJECT, NULL, N); }
json(A) ::= JSON_ARRAY(F) LP exprs(L) json_nulls(N) RP.
    { A = build_json_nulls(cx, F, JSON_FUNC_ARRAY, L, N); }
json(A) ::= JSON_ARRAY(F) LP json_nulls(N) RP.
    { A = build_json_nulls(cx, F, JSON_FUNC_ARRAY, NULL, N); }
json(A) ::= json_agg(J). [PREFER_EXPR] { A = J; }
json(A) ::= json_agg(J) call_tail(T). [PREFER_EXPR] { A = build_json_tail(cx, J, T); }
%type json_agg { struct ast_json * }
json_agg(A) ::= JSON_OBJECTAGG(F) LP json_pair(L) json_nulls(N) RP.
    { A = build_json_nulls(cx, F, JSON_FUNC_OBJECTAGG, L, N); }
json_agg(A) ::= JSON_ARRAYAGG(F) LP expr(X) json_nulls(N) RP.
    { A = build_json_nulls(cx, F, JSON_FUNC_ARRAYAGG, build_list(cx, NULL, X), N); }

%type json_truth { enum ast_json_behavior }
json_truth(A) ::= TRUE. { A = JSON_ON_TRUE; }
json_truth(A) ::= FALSE. { A = JSON_ON_FALSE; }
json_truth(A) ::= UNKNOWN. { A = JSON_ON_UNKNOWN; }
json_truth(A) ::= ERROR. { A = JSON_ON_ERROR; }

%type json_value_body { struct ast_json * }
json_value_body(A) ::= exprs(L). { A = build_json_body(cx, L, NULL); }
json_value_body(A) ::= exprs(L) RETURNING type(T). { A = build_json_body(cx, L, T); }
json_value_body(A) ::= json_value_body(J) json_on(B) ON EMPTY.
    { A = build_json_on(cx, J, B, false); }
json_value_body(A) ::= json_value_body(J) json_on(B) ON ERROR.
    { A = build_json_on(cx, J, B, true); }
%type json_on { struct ast_json_on }
json_on(A) ::= NULL. { A = build_on(JSON_ON_NULL, NULL); }
json_on(A) ::= ERROR. { A = build_on(JSON_ON_ERROR, NULL); }
json_on(A) ::= DEFAULT expr(X). { A = build_on(JSON_ON_VALUE, X); }

%type json_query_body { struct ast_json * }
json_query_body(A) ::= exprs(L). { A = build_json_body(cx, L, NULL); }
json_query_body(A) ::= exprs(L) RETURNING type(T). { A = build_json_body(cx, L, T); }
json_query_body(A) ::= json_query_body(J) json_wrapper(W) WRAPPER.
    { A = build_json_wrapper(cx, J, W); }
json_query_body(A) ::= json_query_body(J) json_query_on(B) ON EMPTY.
    { A = build_json_on(cx, J, build_on(B, NULL), false); }
json_query_body(A) ::= json_query_body(J) json_query_on(B) ON ERROR.
    { A = build_json_on(cx, J, build_on(B, NULL), true); }
%type json_query_on { enum ast_json_behavior }
json_query_on(A) ::= NULL. { A = JSON_ON_NULL; }
json_query_on(A) ::= ERROR. { A = JSON_ON_ERROR; }
json_query_on(A) ::= EMPTY ARRAY. { A = JSON_ON_EMPTY_ARRAY; }
json_query_on(A) ::= EMPTY OBJECT. { A = JSON_ON_EMPTY_OBJECT; }
%type json_wrapper { enum ast_json_wrapper }
json_wrapper(A) ::= WITHOUT array_opt. { A = AST_JSON_WITHOUT_WRAPPER; }
json_wrapper(A) ::= WITH array_opt. { A = AST_JSON_WITH_WRAPPER; }
json_wrapper(A) ::= WITH UNCONDITIONAL array_opt. { A = AST_JSON_WITH_WRAPPER; }
json_wrapper(A) ::= WITH CONDITIONAL array_opt. { A = AST_JSON_WITH_CONDITIONAL_WRAPPER; }
array_opt ::= .
array_opt ::= ARRAY.

%type json_pairs { struct ast_list * }
json_pairs(A) ::= json_pair(P). { A = P; }
json_pairs(A) ::= json_pairs(L) COMMA json_pair(P). { A = build_list_join(cx, L, P); }
%type json_pair { struct ast_list * }
json_pair(A) ::= expr(K) VALUE expr(V). { A = build_pair(cx, K, V); }
json_pair(A) ::= KEY expr(K) VALUE expr(V). { A = build_pair(cx, K, V); }
json_pair(A) ::= expr(K) COLON expr(V). { A = build_pair(cx, K, V); }
%type json_nulls { enum ast_json_nulls }
json_nulls(A) ::= . { A = JSON_NULLS_DEFAULT_; }
json_nulls(A) ::= NULL ON NULL. { A = JSON_NULL_ON_NULL; }
json_nulls(A) ::= ABSENT ON NULL. { A = JSON_ABSENT_ON_NULL; }

/* ---- types --------------------------------------------------------------------------------- */

%type type_null { struct ast_type * }
type_null(A) ::= type(T). { A = T; }
type_null(A) ::= type(T) NOT NULL. { A = build_type_null(cx, T, true); }
type_null(A) ::= type(T) NULL. { A = build_type_null(cx, T, false); }

%type type { struct ast_type * }
type(A) ::= path(P). { A = build_type(cx, P, NULL, NULL, NULL, 0); }
type(A) ::= path(P) LP INTEGER(X) RP. { A = build_type(cx, P, &X, NULL, NULL, 0); }
type(A) ::= path(P) LP INTEGER(X) COMMA INTEGER(Y) RP. { A = build_type(cx, P, &X, &Y, NULL, 0); }
type(A) ::= path(P) PRECISION(W). { A = build_type(cx, P, NULL, NULL, &W, 0); }
type(A) ::= path(P) VARYING(W). { A = build_type(cx, P, NULL, NULL, &W, 0); }
type(A) ::= path(P) VARYING(W) LP INTEGER(X) RP. { A = build_type(cx, P, &X, NULL, &W, 0); }
type(A) ::= path(P) time_zone(Z). { A = build_type(cx, P, NULL, NULL, NULL, Z); }
type(A) ::= path(P) LP INTEGER(X) RP time_zone(Z). { A = build_type(cx, P, &X, NULL, NULL, Z); }
type(A) ::= INTERVAL_TYPE(I) interval_spec(S). { A = build_type_interval(cx, I, S); }
type(A) ::= ARRAY_START(P) LT type_null(T) GT. { A = build_type_of(cx, AST_TYPE_ARRAY, P, T, NULL); }
type(A) ::= MULTISET_START(P) LT type_null(T) GT.
    { A = build_type_of(cx, AST_TYPE_MULTISET, P, T, NULL); }
type(A) ::= MAP_START(P) LT type_null(K) COMMA type_null(V) GT.
    { A = build_type_of(cx, AST_TYPE_MAP, P, K, V); }
type(A) ::= ROW_START(P) LT type_fields(L) GT. { A = build_type_row(cx, P, L); }
type(A) ::= ROW_START(P) LT GT. { A = build_type_row(cx, P, NULL); }
type(A) ::= ROW_START(P) NE. { A = build_type_row(cx, P, NULL); } /* ROW<> is lexed like this */
type(A) ::= ROW_START(P) LP type_fields(L) RP. { A = build_type_row(cx, P, L); }
type(A) ::= type(T) ARRAY. { A = build_type_suffix(cx, AST_TYPE_ARRAY, T, false); }
type(A) ::= type(T) MULTISET. { A = build_type_suffix(cx, AST_TYPE_MULTISET, T, false); }
type(A) ::= type(T) NOT NULL ARRAY. { A = build_type_suffix(cx, AST_TYPE_ARRAY, T, true); }
type(A) ::= type(T) NOT NULL MULTISET. { A = build_type_suffix(cx, AST_TYPE_MULTISET, T, true); }

%type time_zone { int }
time_zone(A) ::= WITHOUT_LA TIME ZONE. { A = BUILD_NO_ZONE; }
time_zone(A) ::= WITH_LA LOCAL TIME ZONE. { A = BUILD_LOCAL_ZONE; }
time_zone(A) ::= WITH_LA TIME ZONE. { A = BUILD_ZONE; }

%type type_fields { struct ast_list * }
type_fields(A) ::= type_field(F). { A = build_list(cx, NULL, F); }
type_fields(A) ::= type_fields(L) COMMA type_field(F). { A = build_list(cx, L, F); }
type_field(A) ::= ID(N) type_null(T). { A = build_type_field(cx, N, T, NULL); }
type_field(A) ::= ID(N) type_null(T) STRING(C). { A = build_type_field(cx, N, T, &C); }
type_field(A) ::= ID(N) type_null(T) COMMENT STRING(C). { A = build_type_field(cx, N, T, &C); }

/* ---- CREATE -------------------------------------------------------------------------------- */

%type create { struct build_create }
create(A) ::= CREATE(C). { A = build_create(C); }
create(A) ::= create(F) OR(T) REPLACE. { A = build_create_flag(cx, F, BUILD_OR_REPLACE, T); }
create(A) ::= create(F) TEMPORARY(T). { A = build_create_flag(cx, F, BUILD_TEMPORARY, T); }
create(A) ::= create(F) SYSTEM(T). { A = build_create_flag(cx, F, BUILD_SYSTEM, T); }

%type if_not_exists { int }
if_not_exists(A) ::= . { A = 0; }
if_not_exists(A) ::= IF NOT EXISTS. { A = 1; }
%type if_exists { int }
if_exists(A) ::= . { A = 0; }
if_exists(A) ::= IF EXISTS. { A = 1; }

statement(A) ::= create_table(T). { A = AST(T); }
%type create_table { struct ast_create_table * }
create_table(A) ::= create(F) TABLE if_not_exists(E) path(P) elements_opt(L) comment_opt(C)
    distributed_opt(D) partitioned_opt(R) with_opt(W) like_opt(K) as_opt(Q). {
    A = build_create_table(cx, F, E, P, L, C, R);
    build_create_table_end(cx, A, D, W, K, Q);
}

%type elements_opt { struct build_elements * }
elements_opt(A) ::= . { A = NULL; }
elements_opt(A) ::= LP elements(L) RP. { A = L; }
elements_opt(A) ::= LP elements(L) COMMA(T) RP. { A = L; build_trailing_comma(cx, T); }
%type elements { struct build_elements * }
elements(A) ::= element(E). { A = build_elements(cx, NULL, E); }
elements(A) ::= elements(L) COMMA element(E). { A = build_elements(cx, L, E); }

element(A) ::= column(C). { A = AST(C); }
element(A) ::= ID(N). { A = AST(build_column_def(cx, N, NULL, NULL)); } /* CREATE TABLE ... AS */
%type column { struct ast_column_def * }
column(A) ::= ID(N) type_null(T). { A = build_column_def(cx, N, T, NULL); }
column(A) ::= ID(N) AS expr(X). { A = build_column_def(cx, N, NULL, X); }
column(A) ::= column(C) COMMENT STRING(S). { A = build_column_comment(cx, C, S); }
column(A) ::= column(C) METADATA. { A = build_column_metadata(cx, C, NULL); }
column(A) ::= column(C) METADATA FROM STRING(S). { A = build_column_metadata(cx, C, &S); }
column(A) ::= column(C) VIRTUAL(T). { A = build_column_virtual(cx, C, T); }
column(A) ::= column(C) HEADER. { A = build_column_header(cx, C); }
column(A) ::= column(C) PRIMARY KEY enforced(E). { A = build_column_key(cx, C, true, E); }
column(A) ::= column(C) UNIQUE enforced(E). { A = build_column_key(cx, C, false, E); }

element(A) ::= WATERMARK(W) FOR path(C) AS expr(X). { A = build_watermark(cx, W, NULL, C, X); }
element(A) ::= WATERMARK(W) ID(N) FOR path(C) AS expr(X). { A = build_watermark(cx, W, &N, C, X); }
element(A) ::= key(K). { A = AST(K); }
element(A) ::= CONSTRAINT(T) ID(N) key(K). { A = build_key_name(cx, T, N, K); }
%type key { struct ast_key * }
key(A) ::= PRIMARY(T) KEY LP names(L) RP enforced(E). { A = build_key(cx, T, KEY_PRIMARY, L, E); }
key(A) ::= UNIQUE(T) LP names(L) RP enforced(E). { A = build_key(cx, T, KEY_UNIQUE, L, E); }
key(A) ::= INDEX(T) LP names(L) RP. { A = build_key(cx, T, KEY_INDEX, L, 0); }
key(A) ::= UNIQUE(T) INDEX LP names(L) RP. { A = build_key(cx, T, KEY_UNIQUE_INDEX, L, 0); }
element(A) ::= PERIOD(T) FOR SYSTEM_TIME. { A = build_period(cx, T); }
%type enforced { int }
enforced(A) ::= . { A = 0; }
enforced(A) ::= ENFORCED. { A = BUILD_ENFORCED; }
enforced(A) ::= NOT ENFORCED. { A = BUILD_NOT_ENFORCED; }

%type comment_opt { struct ast_text }
comment_opt(A) ::= . { A = build_no_text(); }
comment_opt(A) ::= COMMENT STRING(S). { A = build_text(cx, S); }

%type distributed_opt { struct build_distribution * }
distributed_opt(A) ::= . { A = NULL; }
distributed_opt(A) ::= DISTRIBUTED BY LP names(L) RP buckets(B).
    { A = build_distribution(cx, NULL, L, B); }
distributed_opt(A) ::= DISTRIBUTED BY ID(K) LP names(L) RP buckets(B).
    { A = build_distribution(cx, &K, L, B); }
distributed_opt(A) ::= DISTRIBUTED INTO INTEGER(N) BUCKETS.
    { A = build_distribution(cx, NULL, NULL, build_count(cx, N)); }
%type buckets { int64_t }
buckets(A) ::= . { A = 0; }
buckets(A) ::= INTO INTEGER(N) BUCKETS. { A = build_count(cx, N); }

%type partitioned_opt { struct ast_names * }
partitioned_opt(A) ::= . { A = NULL; }
partitioned_opt(A) ::= PARTITIONED BY LP names(L) RP. { A = L; }

%type with_opt { struct build_with }
with_opt(A) ::= . { A = build_with(cx, NULL, NULL); }
with_opt(A) ::= WITH(W) LP options_opt(L) RP. { A = build_with(cx, &W, L); }
%type options_opt { struct ast_list * }
options_opt(A) ::= . { A = NULL; }
options_opt(A) ::= options(L). { A = L; }
options_opt(A) ::= options(L) COMMA(T). { A = build_options_comma(cx, L, T); }
%type options { struct ast_list * }
options(A) ::= option(I). { A = build_list(cx, NULL, I); }
options(A) ::= options(L) COMMA option(I). { A = build_list(cx, L, I); }
option(A) ::= ELLIPSIS(T). { A = build_placeholder(cx, T); }
option(A) ::= STRING(K) EQ STRING(V). { A = build_option(cx, K, K, V); }
option(A) ::= option_key(K) EQ STRING(V). { A = build_option(cx, K.first, K.last, V); }
/* Bare keys: topic, bootstrap.servers, table-name. */
%type option_key { struct build_key_span }
option_key(A) ::= ID(K). { A = build_key_span(K, K); }
option_key(A) ::= option_key(F) DOT ID(K). { A = build_key_span(F.first, K); }
option_key(A) ::= option_key(F) MINUS ID(K). { A = build_key_span(F.first, K); }

%type like_opt { struct ast_like_table * }
like_opt(A) ::= . { A = NULL; }
like_opt(A) ::= LIKE(T) path(P). { A = build_like_table(cx, T, P, NULL); }
like_opt(A) ::= LIKE(T) path(P) LP like_options(L) RP. { A = build_like_table(cx, T, P, L); }
%type like_options { struct ast_list * }
like_options(A) ::= like_option(I). { A = build_list(cx, NULL, I); }
like_options(A) ::= like_options(L) like_option(I). { A = build_list(cx, L, I); }
like_option(A) ::= INCLUDING(M) ID|ALL(F). { A = build_like_option(cx, M, LIKE_INCLUDING, F); }
like_option(A) ::= EXCLUDING(M) ID|ALL(F). { A = build_like_option(cx, M, LIKE_EXCLUDING, F); }
like_option(A) ::= OVERWRITING(M) ID|ALL(F). { A = build_like_option(cx, M, LIKE_OVERWRITING, F); }

%type as_opt { struct ast_query * }
as_opt(A) ::= . { A = NULL; }
as_opt(A) ::= AS query(Q). { A = Q; }

statement(A) ::= create(F) VIEW if_not_exists(E) path(P) names_opt(L) comment_opt(C) AS query(Q).
    { A = build_create_view(cx, F, E, P, L, C, Q); }

statement(A) ::= create(F) FUNCTION if_not_exists(E) path(P) AS STRING(S) language_opt(L)
    jars_opt(J). { A = build_create_function(cx, F, E, P, S, L, J); }
%type language_opt { struct ast_name }
language_opt(A) ::= . { A = build_no_name(); }
language_opt(A) ::= LANGUAGE ID(N). { A = build_name(cx, N); }
%type jars_opt { struct ast_list * }
jars_opt(A) ::= . { A = NULL; }
jars_opt(A) ::= USING jars(L). { A = L; }
%type jars { struct ast_list * }
jars(A) ::= JAR STRING(S). { A = build_list(cx, NULL, build_literal(cx, S, LIT_STRING)); }
jars(A) ::= jars(L) COMMA JAR STRING(S).
    { A = build_list(cx, L, build_literal(cx, S, LIT_STRING)); }

statement(A) ::= create(F) CATALOG if_not_exists(E) path(P) comment_opt(C) with_opt(W).
    { A = build_create_catalog(cx, F, AST_CREATE_CATALOG, E, P, C, W); }
statement(A) ::= create(F) DATABASE if_not_exists(E) path(P) comment_opt(C) with_opt(W).
    { A = build_create_catalog(cx, F, AST_CREATE_DATABASE, E, P, C, W); }

/* ---- DROP, ALTER, USE ---------------------------------------------------------------------- */

%type object { enum ast_object }
object(A) ::= TABLE. { A = OBJECT_TABLE; }
object(A) ::= VIEW. { A = OBJECT_VIEW; }
object(A) ::= FUNCTION. { A = OBJECT_FUNCTION; }
object(A) ::= DATABASE. { A = OBJECT_DATABASE; }
object(A) ::= CATALOG. { A = OBJECT_CATALOG; }

%type drop { struct build_create }
drop(A) ::= DROP(D). { A = build_create(D); }
drop(A) ::= drop(F) TEMPORARY(T). { A = build_create_flag(cx, F, BUILD_TEMPORARY, T); }
drop(A) ::= drop(F) SYSTEM(T). { A = build_create_flag(cx, F, BUILD_SYSTEM, T); }
statement(A) ::= drop(F) object(O) if_exists(E) path(P) cascade(C).
    { A = build_drop(cx, F, O, E, P, C); }
%type cascade { int }
cascade(A) ::= . { A = 0; }
cascade(A) ::= RESTRICT. { A = 0; }
cascade(A) ::= CASCADE. { A = 1; }

%type alter { struct ast_alter * }
alter(A) ::= ALTER(T) object(O) if_exists(E) path(P). { A = build_alter(cx, T, O, E, P); }
statement(A) ::= alter(T) RENAME TO path(P). { A = build_alter_rename(cx, T, P); }
statement(A) ::= alter(T) RENAME ID(O) TO ID(N). { A = build_alter_column(cx, T, O, N); }
statement(A) ::= alter(T) SET LP options_opt(L) RP.
    { A = build_alter_options(cx, T, ALTER_SET, L); }
statement(A) ::= alter(T) RESET LP reset_keys(L) RP.
    { A = build_alter_options(cx, T, ALTER_RESET, L); }
statement(A) ::= alter(T) AS query(Q). { A = build_alter_as(cx, T, Q); }
%type reset_keys { struct ast_list * }
reset_keys(A) ::= STRING(K). { A = build_list(cx, NULL, build_option_key(cx, K)); }
reset_keys(A) ::= reset_keys(L) COMMA STRING(K).
    { A = build_list(cx, L, build_option_key(cx, K)); }

statement(A) ::= USE(T) path(P). { A = build_use(cx, T, OBJECT_DATABASE, P); }
statement(A) ::= USE(T) CATALOG path(P). { A = build_use(cx, T, OBJECT_CATALOG, P); }
statement(A) ::= USE(T) DATABASE path(P). { A = build_use(cx, T, OBJECT_DATABASE, P); }
statement(A) ::= USE(T) MODULES names(P). { A = build_use(cx, T, OBJECT_MODULES, P); }

/* ---- SET, RESET ---------------------------------------------------------------------------- */

/* SET_RAW is all text up to the ";" where the key has no quotes: no token of SQL would fit
 * Asia/Shanghai. */
statement(A) ::= SET(T). { A = build_set(cx, T, NULL, NULL); }
statement(A) ::= SET(T) STRING(K). { A = build_set(cx, T, &K, NULL); }
statement(A) ::= SET(T) STRING(K) EQ STRING(V). { A = build_set(cx, T, &K, &V); }
statement(A) ::= SET(T) SET_RAW(R). { A = build_set_raw(cx, T, R); }
statement(A) ::= RESET(T). { A = build_reset(cx, T, NULL); }
statement(A) ::= RESET(T) STRING(K). { A = build_reset(cx, T, &K); }
statement(A) ::= RESET(T) SET_RAW(R). { A = build_reset(cx, T, &R); }

/* ---- INSERT and statement sets ------------------------------------------------------------- */

%type insert { struct ast_insert * }
insert(A) ::= INSERT(T) insert_mode(M) path(P) hints_opt(H) insert_partition(K) query(Q)
    conflict_opt(F). { A = build_insert(cx, T, M, P, H, K, NULL, Q, F); }
insert(A) ::= INSERT(T) insert_mode(M) path(P) hints_opt(H) insert_partition(K) LP names(C) RP
    query(Q) conflict_opt(F). { A = build_insert(cx, T, M, P, H, K, C, Q, F); }
%type conflict_opt { struct ast_name }
conflict_opt(A) ::= . { A = (struct ast_name){ .text = { NULL, 0 } }; }
conflict_opt(A) ::= ON ID(C) ID(D) ID(W). { A = build_conflict(cx, C, D, W); }
%type insert_mode { int }
insert_mode(A) ::= INTO. { A = 0; }
insert_mode(A) ::= INTO TABLE. { A = 0; }
insert_mode(A) ::= OVERWRITE. { A = 1; }
insert_mode(A) ::= OVERWRITE TABLE. { A = 1; }
%type insert_partition { struct ast_list * }
insert_partition(A) ::= . { A = NULL; }
insert_partition(A) ::= PARTITION LP partitions(L) RP. { A = L; }
%type partitions { struct ast_list * }
partitions(A) ::= partition(X). { A = build_list(cx, NULL, X); }
partitions(A) ::= partitions(L) COMMA partition(X). { A = build_list(cx, L, X); }
partition(A) ::= path(P). { A = build_column(cx, P); }
partition(A) ::= path(P) EQ(O) operand(X).
    { A = build_binary(cx, BINARY_EQ, build_column(cx, P), O, X); }

statement(A) ::= EXECUTE(T) insert(I). { A = build_execute(cx, T, I); }
statement(A) ::= EXECUTE query(Q). { A = AST(Q); }
statement(A) ::= statement_set(S). { A = AST(S); }
%type statement_set { struct ast_statement_set * }
statement_set(A) ::= EXECUTE(T) STATEMENT SET BEGIN inserts(L) END.
    { A = build_statement_set(cx, T, true, L); }
statement_set(A) ::= STATEMENT(T) SET BEGIN inserts(L) END.
    { A = build_statement_set(cx, T, true, L); }
statement_set(A) ::= BEGIN(T) STATEMENT SET SEMICOLON inserts(L) END.
    { A = build_statement_set(cx, T, false, L); }
%type inserts { struct ast_list * }
inserts(A) ::= insert(I) SEMICOLON. { A = build_list(cx, NULL, AST(I)); }
inserts(A) ::= inserts(L) insert(I) SEMICOLON. { A = build_list(cx, L, AST(I)); }
inserts(A) ::= inserts(L) SEMICOLON. { A = L; }

statement(A) ::= EXECUTE(T) PLAN STRING(F). { A = build_plan(cx, T, F, false, NULL); }
statement(A) ::= COMPILE(T) PLAN STRING(F) if_not_exists(E) FOR explainable(S).
    { A = build_plan(cx, T, F, E, S); }

/* ---- EXPLAIN, SHOW, DESCRIBE --------------------------------------------------------------- */

explainable(A) ::= query(Q). { A = AST(Q); }
explainable(A) ::= insert(I). { A = AST(I); }
explainable(A) ::= statement_set(S). { A = AST(S); }
explainable(A) ::= create_table(T). { A = AST(T); }

statement(A) ::= EXPLAIN(T) explainable(S). { A = build_explain(cx, T, false, NULL, S); }
statement(A) ::= EXPLAIN(T) PLAN FOR explainable(S). { A = build_explain(cx, T, true, NULL, S); }
statement(A) ::= EXPLAIN(T) ANALYZE(D) explainable(S).
    { A = build_explain(cx, T, false, build_names(cx, NULL, D), S); }
statement(A) ::= EXPLAIN(T) names(D) explainable(S). { A = build_explain(cx, T, false, D, S); }

/* What is shown are plain words; the builder knows the list and suggests. */
statement(A) ::= SHOW(T) ID(W) show_from(P) show_like(L).
    { A = build_show(cx, T, NULL, W, P, L); }
statement(A) ::= SHOW(T) ID(V) path(W) show_from(P) show_like(L).
    { A = build_show_words(cx, T, V, W, P, L); }
statement(A) ::= SHOW(T) CREATE(V) TABLE|VIEW|CATALOG(W) path(P).
    { A = build_show(cx, T, &V, W, P, build_no_like()); }
%type show_from { struct ast_names * }
show_from(A) ::= . { A = NULL; }
show_from(A) ::= FROM path(P). { A = P; }
show_from(A) ::= IN path(P). { A = P; }
%type show_like { struct build_show_like }
show_like(A) ::= . { A = build_no_like(); }
show_like(A) ::= LIKE STRING(S). { A = build_show_like(cx, S, false, false); }
show_like(A) ::= NOT_LA LIKE STRING(S). { A = build_show_like(cx, S, true, false); }
show_like(A) ::= ILIKE STRING(S). { A = build_show_like(cx, S, false, true); }
show_like(A) ::= NOT_LA ILIKE STRING(S). { A = build_show_like(cx, S, true, true); }

statement(A) ::= DESCRIBE|DESC(T) describe_object(O) path(P).
    { A = build_describe(cx, T, O, P); }
%type describe_object { int }
describe_object(A) ::= . { A = OBJECT_TABLE; }
describe_object(A) ::= EXTENDED. { A = OBJECT_TABLE | BUILD_EXTENDED; }
describe_object(A) ::= CATALOG. { A = OBJECT_CATALOG; }
describe_object(A) ::= CATALOG EXTENDED. { A = OBJECT_CATALOG | BUILD_EXTENDED; }
describe_object(A) ::= DATABASE. { A = OBJECT_DATABASE; }
describe_object(A) ::= DATABASE EXTENDED. { A = OBJECT_DATABASE | BUILD_EXTENDED; }
describe_object(A) ::= FUNCTION. { A = OBJECT_FUNCTION; }
describe_object(A) ::= FUNCTION EXTENDED. { A = OBJECT_FUNCTION | BUILD_EXTENDED; }

/* ---- row statements of batch mode ---------------------------------------------------------- */

statement(A) ::= UPDATE(T) path(P) SET assignments(L) where_opt(W).
    { A = build_update(cx, T, P, L, W); }
%type assignments { struct ast_list * }
assignments(A) ::= assignment(X). { A = build_list(cx, NULL, X); }
assignments(A) ::= assignments(L) COMMA assignment(X). { A = build_list(cx, L, X); }
assignment(A) ::= path(P) EQ(O) expr(X).
    { A = build_binary(cx, BINARY_EQ, build_column(cx, P), O, X); }
statement(A) ::= DELETE(T) FROM path(P) where_opt(W). { A = build_delete(cx, T, P, W); }
statement(A) ::= TRUNCATE(T) TABLE path(P). { A = build_truncate(cx, T, P); }
statement(A) ::= ANALYZE(T) TABLE path(P) COMPUTE STATISTICS.
    { A = build_analyze(cx, T, P, false, NULL); }
statement(A) ::= ANALYZE(T) TABLE path(P) COMPUTE STATISTICS FOR ALL COLUMNS.
    { A = build_analyze(cx, T, P, true, NULL); }
statement(A) ::= ANALYZE(T) TABLE path(P) COMPUTE STATISTICS FOR COLUMNS names(L).
    { A = build_analyze(cx, T, P, false, L); }

/* ---- asking the tables --------------------------------------------------------------------- */

%code {
/* Which tokens could have come next?  Inside %syntax_error it is too late to ask: default
 * reductions have by then thrown alternatives away (after "SELECT a b" only FROM is left of
 * FROM, AS and ",").  So the driver takes the state stack before it feeds a token, and every
 * candidate is tried on a copy of it, without running an action. */
int sql_parser_snapshot(void *parser, uint16_t *states, int cap)
{
    yyParser *p = parser;
    int n = 0;
    for (yyStackEntry *e = p->yystack; e <= p->yytos && n < cap; e++)
        states[n++] = e->stateno;
    return n;
}

bool sql_parser_accepts(const uint16_t *states, int n, int token)
{
    YYACTIONTYPE stack[YYSTACKDEPTH + 1];
    for (int i = 0; i < n; i++)
        stack[i] = (YYACTIONTYPE)states[i];

    /* A pending reduction on top is one more step. */
    while (n <= YYSTACKDEPTH) {
        YYACTIONTYPE act = yy_find_shift_action((YYCODETYPE)token, stack[n - 1]);
        if (act < YY_MIN_REDUCE)
            return act <= YY_MAX_SHIFTREDUCE || act == YY_ACCEPT_ACTION;
        unsigned rule = act - YY_MIN_REDUCE;
        n += yyRuleInfoNRhs[rule]; /* it is negative: a pop */
        stack[n] = yy_find_reduce_action(stack[n - 1], (YYCODETYPE)yyRuleInfoLhs[rule]);
        n++;
    }
    return false;
}

int sql_parser_shift(uint16_t *states, int n, int token)
{
    while (n <= YYSTACKDEPTH) {
        YYACTIONTYPE act = yy_find_shift_action((YYCODETYPE)token, (YYACTIONTYPE)states[n - 1]);
        if (act < YY_MIN_REDUCE) {
            if (act > YY_MAX_SHIFTREDUCE)
                return act == YY_ACCEPT_ACTION ? n : 0;
            if (act > YY_MAX_SHIFT)
                act += YY_MIN_REDUCE - YY_MIN_SHIFTREDUCE;
            states[n] = act;
            return n + 1;
        }
        unsigned rule = act - YY_MIN_REDUCE;
        n += yyRuleInfoNRhs[rule];
        states[n] = yy_find_reduce_action((YYACTIONTYPE)states[n - 1],
                                          (YYCODETYPE)yyRuleInfoLhs[rule]);
        n++;
    }
    return 0;
}

int sql_parser_token_count(void)
{
    return YYNTOKEN;
}

bool sql_parser_token_is_soft(int token)
{
    return yyFallback[token] != 0;
}

int sql_parser_stack_depth(void)
{
    return YYSTACKDEPTH;
}
}
