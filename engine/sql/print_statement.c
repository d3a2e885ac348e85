/* print_statement.c -- statements. */
#include "sql/print.h"

static void put_if(struct printer *p, bool condition, const char *text)
{
    if (condition)
        buf_text(p->out, text);
}

static void put_text(struct printer *p, const char *word, const struct ast_text *text)
{
    if (text->text.data) {
        buf_text(p->out, word);
        print_string(p, text->text);
    }
}

static const char *object_word(enum ast_object object)
{
    switch (object) {
    case OBJECT_TABLE:
        return "TABLE";
    case OBJECT_VIEW:
        return "VIEW";
    case OBJECT_FUNCTION:
        return "FUNCTION";
    case OBJECT_DATABASE:
        return "DATABASE";
    case OBJECT_CATALOG:
        return "CATALOG";
    case OBJECT_MODULES:
        return "MODULES";
    }
    return "";
}

/* ---- CREATE ------------------------------------------------------------------------------ */

static void print_column_def(struct printer *p, const struct ast_column_def *column)
{
    print_name(p, &column->name);
    if (column->type) {
        buf_char(p->out, ' ');
        print_type(p, column->type);
    }
    if (column->form == COLUMN_COMPUTED) {
        buf_text(p->out, " AS ");
        print_expr(p, column->expr, LEVEL_ANY);
    }
    put_if(p, column->form == COLUMN_METADATA, " METADATA");
    put_text(p, " FROM ", &column->metadata_key);
    put_if(p, column->is_virtual, " VIRTUAL");
    put_if(p, column->header, " HEADER");
    put_if(p, column->unique, " UNIQUE");
    put_if(p, column->primary_key, " PRIMARY KEY");
    put_if(p, column->not_enforced, " NOT ENFORCED");
    put_text(p, " COMMENT ", &column->comment);
}

static void print_key(struct printer *p, const struct ast_key *key)
{
    static const char *const words[] = {
        [KEY_PRIMARY] = "PRIMARY KEY ",
        [KEY_UNIQUE] = "UNIQUE ",
        [KEY_INDEX] = "INDEX ",
        [KEY_UNIQUE_INDEX] = "UNIQUE INDEX ",
    };
    if (ast_has_name(&key->name)) {
        buf_text(p->out, "CONSTRAINT ");
        print_name(p, &key->name);
        buf_char(p->out, ' ');
    }
    buf_text(p->out, words[key->what]);
    print_names(p, &key->columns);
    put_if(p, key->not_enforced, " NOT ENFORCED");
    put_if(p, key->enforced, " ENFORCED");
}

static void print_watermark(struct printer *p, const struct ast_watermark *watermark)
{
    buf_text(p->out, "WATERMARK ");
    if (ast_has_name(&watermark->name)) {
        print_name(p, &watermark->name);
        buf_char(p->out, ' ');
    }
    buf_text(p->out, "FOR ");
    print_path(p, &watermark->column);
    buf_text(p->out, " AS ");
    print_expr(p, watermark->expr, LEVEL_ANY);
}

static void print_elements(struct printer *p, const struct ast_create_table *table)
{
    const struct ast_list *lists[] = { &table->columns, &table->watermarks, &table->keys };
    const char *comma = "";
    buf_text(p->out, " (");
    for (size_t i = 0; i < countof(lists); i++) {
        if (lists[i]->count == 0)
            continue;
        buf_text(p->out, comma);
        print_list(p, lists[i]);
        comma = ", ";
    }
    if (table->period)
        buf_printf(p->out, "%sPERIOD FOR SYSTEM_TIME", comma);
    buf_char(p->out, ')');
}

static void print_options(struct printer *p, const struct ast_list *options)
{
    buf_char(p->out, '(');
    print_list(p, options);
    buf_char(p->out, ')');
}

static void print_like_table(struct printer *p, const struct ast_like_table *like)
{
    print_path(p, &like->path);
    if (like->options.count == 0)
        return;
    buf_text(p->out, " (");
    for (uint32_t i = 0; i < like->options.count; i++) {
        if (i > 0)
            buf_char(p->out, ' ');
        print_node(p, like->options.items[i]);
    }
    buf_char(p->out, ')');
}

static void print_like_option(struct printer *p, const struct ast_like_option *option)
{
    static const char *const words[] = {
        [LIKE_INCLUDING] = "INCLUDING ",
        [LIKE_EXCLUDING] = "EXCLUDING ",
        [LIKE_OVERWRITING] = "OVERWRITING ",
    };
    buf_text(p->out, words[option->mode]);
    if (str_iis(option->feature.text, "ALL"))
        buf_text(p->out, "ALL");
    else
        print_name(p, &option->feature);
}

static void print_distribution(struct printer *p, const struct ast_create_table *table)
{
    buf_text(p->out, " DISTRIBUTED");
    if (table->distributed_by.count > 0) {
        buf_text(p->out, " BY ");
        if (ast_has_name(&table->distribution))
            print_name(p, &table->distribution);
        print_names(p, &table->distributed_by);
    }
    if (table->buckets > 0 || table->distributed_by.count == 0)
        buf_printf(p->out, " INTO %lld BUCKETS", (long long)table->buckets);
}

static void print_create_table(struct printer *p, const struct ast_create_table *table)
{
    buf_text(p->out, "CREATE");
    put_if(p, table->or_replace, " OR REPLACE");
    put_if(p, table->temporary, " TEMPORARY");
    put_if(p, table->system, " SYSTEM");
    buf_text(p->out, " TABLE ");
    put_if(p, table->if_not_exists, "IF NOT EXISTS ");
    print_path(p, &table->path);
    if (table->has_elements)
        print_elements(p, table);
    put_text(p, " COMMENT ", &table->comment);
    if (table->distributed)
        print_distribution(p, table);
    if (table->partitioned_by.count > 0) {
        buf_text(p->out, " PARTITIONED BY ");
        print_names(p, &table->partitioned_by);
    }
    if (table->has_with) {
        buf_text(p->out, " WITH ");
        print_options(p, &table->options);
    }
    if (table->like) {
        buf_text(p->out, " LIKE ");
        print_like_table(p, table->like);
    }
    if (table->query) {
        buf_text(p->out, " AS ");
        print_query(p, table->query);
    }
}

static void print_create_view(struct printer *p, const struct ast_create_view *view)
{
    buf_text(p->out, "CREATE");
    put_if(p, view->or_replace, " OR REPLACE");
    put_if(p, view->temporary, " TEMPORARY");
    buf_text(p->out, " VIEW ");
    put_if(p, view->if_not_exists, "IF NOT EXISTS ");
    print_path(p, &view->path);
    if (view->columns.count > 0) {
        buf_char(p->out, ' ');
        print_names(p, &view->columns);
    }
    put_text(p, " COMMENT ", &view->comment);
    buf_text(p->out, " AS ");
    print_query(p, view->query);
}

static void print_create_function(struct printer *p, const struct ast_create_function *function)
{
    buf_text(p->out, "CREATE");
    put_if(p, function->temporary, " TEMPORARY");
    put_if(p, function->system, " SYSTEM");
    buf_text(p->out, " FUNCTION ");
    put_if(p, function->if_not_exists, "IF NOT EXISTS ");
    print_path(p, &function->path);
    put_text(p, " AS ", &function->implementation);
    if (ast_has_name(&function->language)) {
        buf_text(p->out, " LANGUAGE ");
        print_name(p, &function->language);
    }
    for (uint32_t i = 0; i < function->jars.count; i++) {
        buf_text(p->out, i == 0 ? " USING JAR " : ", JAR ");
        print_node(p, function->jars.items[i]);
    }
}

static void print_create_catalog(struct printer *p, const struct ast_create_catalog *node)
{
    buf_text(p->out,
             node->node.kind == AST_CREATE_CATALOG ? "CREATE CATALOG " : "CREATE DATABASE ");
    put_if(p, node->if_not_exists, "IF NOT EXISTS ");
    print_path(p, &node->path);
    put_text(p, " COMMENT ", &node->comment);
    if (node->options.count > 0) {
        buf_text(p->out, " WITH ");
        print_options(p, &node->options);
    }
}

/* ---- the others -------------------------------------------------------------------------- */

static void print_alter(struct printer *p, const struct ast_alter *alter)
{
    buf_printf(p->out, "ALTER %s ", object_word(alter->object));
    put_if(p, alter->if_exists, "IF EXISTS ");
    print_path(p, &alter->path);
    switch (alter->action) {
    case ALTER_RENAME:
        buf_text(p->out, " RENAME TO ");
        print_path(p, &alter->new_path);
        break;
    case ALTER_RENAME_COLUMN:
        buf_text(p->out, " RENAME ");
        print_name(p, &alter->column);
        buf_text(p->out, " TO ");
        print_name(p, &alter->new_column);
        break;
    case ALTER_SET:
    case ALTER_RESET:
        buf_text(p->out, alter->action == ALTER_SET ? " SET " : " RESET ");
        print_options(p, &alter->options);
        break;
    case ALTER_AS:
        buf_text(p->out, " AS ");
        print_query(p, alter->query);
        break;
    }
}

static void print_drop(struct printer *p, const struct ast_drop *drop)
{
    buf_text(p->out, "DROP");
    put_if(p, drop->temporary, " TEMPORARY");
    put_if(p, drop->system, " SYSTEM");
    buf_printf(p->out, " %s ", object_word(drop->object));
    put_if(p, drop->if_exists, "IF EXISTS ");
    print_path(p, &drop->path);
    put_if(p, drop->cascade, " CASCADE");
}

static void print_use(struct printer *p, const struct ast_use *use)
{
    buf_printf(p->out, "USE %s ", object_word(use->object));
    if (use->object != OBJECT_MODULES) {
        print_path(p, &use->path);
        return;
    }
    for (uint32_t i = 0; i < use->path.count; i++) {
        put_if(p, i > 0, ", ");
        print_name(p, &use->path.items[i]);
    }
}

static void print_insert(struct printer *p, const struct ast_insert *insert)
{
    put_if(p, insert->execute, "EXECUTE ");
    buf_text(p->out, insert->overwrite ? "INSERT OVERWRITE " : "INSERT INTO ");
    print_path(p, &insert->path);
    print_hints(p, &insert->hints);
    if (insert->has_partition) {
        buf_text(p->out, " PARTITION (");
        for (uint32_t i = 0; i < insert->partition.count; i++) {
            const struct ast_binary *part = (const struct ast_binary *)insert->partition.items[i];
            put_if(p, i > 0, ", ");
            if (part->node.kind != AST_BINARY) {
                print_node(p, &part->node);
                continue;
            }
            print_node(p, part->left);
            buf_text(p->out, " = ");
            print_expr(p, part->right, LEVEL_ADD);
        }
        buf_char(p->out, ')');
    }
    if (insert->columns.count > 0) {
        buf_char(p->out, ' ');
        print_names(p, &insert->columns);
    }
    buf_char(p->out, ' ');
    print_query(p, insert->query);
    if (insert->conflict.text.data) {
        buf_text(p->out, " ON CONFLICT DO ");
        print_name(p, &insert->conflict);
    }
}

static void print_statement_set(struct printer *p, const struct ast_statement_set *set)
{
    buf_text(p->out, set->execute ? "EXECUTE STATEMENT SET BEGIN\n" : "BEGIN STATEMENT SET;\n");
    for (uint32_t i = 0; i < set->statements.count; i++) {
        print_node(p, set->statements.items[i]);
        buf_text(p->out, ";\n");
    }
    buf_text(p->out, "END");
}

static void print_plan(struct printer *p, const struct ast_plan *plan)
{
    buf_text(p->out, plan->compile ? "COMPILE PLAN " : "EXECUTE PLAN ");
    print_string(p, plan->file.text);
    put_if(p, plan->if_not_exists, " IF NOT EXISTS");
    if (plan->statement) {
        buf_text(p->out, " FOR ");
        print_node(p, plan->statement);
    }
}

static void print_explain(struct printer *p, const struct ast_explain *explain)
{
    static const struct {
        unsigned flag;
        const char *text;
    } details[] = {
        { EXPLAIN_ESTIMATED_COST, "ESTIMATED_COST" },
        { EXPLAIN_CHANGELOG_MODE, "CHANGELOG_MODE" },
        { EXPLAIN_JSON_EXECUTION_PLAN, "JSON_EXECUTION_PLAN" },
        { EXPLAIN_PLAN_ADVICE, "PLAN_ADVICE" },
    };
    buf_text(p->out, explain->plan_for ? "EXPLAIN PLAN FOR " : "EXPLAIN ");
    bool analyze = explain->details & EXPLAIN_ANALYZE;
    const char *comma = analyze ? ", " : "";
    /* ANALYZE alone is a keyword; in a list it is a name like the others. */
    if (analyze)
        buf_text(p->out, explain->details == EXPLAIN_ANALYZE ? "ANALYZE" : "`ANALYZE`");
    for (size_t i = 0; i < countof(details); i++)
        if (explain->details & details[i].flag) {
            buf_printf(p->out, "%s%s", comma, details[i].text);
            comma = ", ";
        }
    put_if(p, explain->details != 0, " ");
    print_node(p, explain->statement);
}

static void print_show(struct printer *p, const struct ast_show *show)
{
    bool created = show->what == SHOW_PARTITIONS || show->what == SHOW_CREATE_TABLE ||
                   show->what == SHOW_CREATE_VIEW || show->what == SHOW_CREATE_CATALOG;
    buf_printf(p->out, "SHOW %s", ast_show_text(show->what));
    if (show->path.count > 0) {
        buf_text(p->out, created ? " " : " FROM ");
        print_path(p, &show->path);
    }
    if (show->like.text.data) {
        put_if(p, show->negated, " NOT");
        buf_text(p->out, show->ignore_case ? " ILIKE " : " LIKE ");
        print_string(p, show->like.text);
    }
}

static void print_describe(struct printer *p, const struct ast_describe *node)
{
    buf_text(p->out, "DESCRIBE ");
    if (node->object != OBJECT_TABLE)
        buf_printf(p->out, "%s ", object_word(node->object));
    put_if(p, node->extended, "EXTENDED ");
    print_path(p, &node->path);
}

static void print_setting(struct printer *p, const char *word, const struct ast_text *key,
                          const struct ast_text *value)
{
    buf_text(p->out, word);
    put_text(p, " ", key);
    if (value)
        put_text(p, " = ", value);
}

static void print_assignments(struct printer *p, const struct ast_list *assignments)
{
    for (uint32_t i = 0; i < assignments->count; i++) {
        const struct ast_binary *set = (const struct ast_binary *)assignments->items[i];
        put_if(p, i > 0, ", ");
        print_node(p, set->left);
        buf_text(p->out, " = ");
        print_expr(p, set->right, LEVEL_ANY);
    }
}

static void print_rows_statement(struct printer *p, const struct ast_node *node)
{
    const struct ast_node *where = NULL;
    switch (node->kind) {
    case AST_UPDATE: {
        const struct ast_update *update = (const struct ast_update *)node;
        buf_text(p->out, "UPDATE ");
        print_path(p, &update->path);
        buf_text(p->out, " SET ");
        print_assignments(p, &update->assignments);
        where = update->where;
        break;
    }
    case AST_DELETE:
        buf_text(p->out, "DELETE FROM ");
        print_path(p, &((const struct ast_delete *)node)->path);
        where = ((const struct ast_delete *)node)->where;
        break;
    case AST_TRUNCATE:
        buf_text(p->out, "TRUNCATE TABLE ");
        print_path(p, &((const struct ast_truncate *)node)->path);
        break;
    default: {
        const struct ast_analyze *analyze = (const struct ast_analyze *)node;
        buf_text(p->out, "ANALYZE TABLE ");
        print_path(p, &analyze->path);
        buf_text(p->out, " COMPUTE STATISTICS");
        put_if(p, analyze->all_columns, " FOR ALL COLUMNS");
        for (uint32_t i = 0; i < analyze->columns.count; i++) {
            buf_text(p->out, i == 0 ? " FOR COLUMNS " : ", ");
            print_name(p, &analyze->columns.items[i]);
        }
        break;
    }
    }
    if (where) {
        buf_text(p->out, " WHERE ");
        print_expr(p, where, LEVEL_ANY);
    }
}

bool print_statement_node(struct printer *p, const struct ast_node *node)
{
    switch (node->kind) {
    case AST_CREATE_TABLE:
        print_create_table(p, (const struct ast_create_table *)node);
        return true;
    case AST_CREATE_VIEW:
        print_create_view(p, (const struct ast_create_view *)node);
        return true;
    case AST_CREATE_FUNCTION:
        print_create_function(p, (const struct ast_create_function *)node);
        return true;
    case AST_CREATE_CATALOG:
    case AST_CREATE_DATABASE:
        print_create_catalog(p, (const struct ast_create_catalog *)node);
        return true;
    case AST_COLUMN_DEF:
        print_column_def(p, (const struct ast_column_def *)node);
        return true;
    case AST_WATERMARK:
        print_watermark(p, (const struct ast_watermark *)node);
        return true;
    case AST_KEY:
        print_key(p, (const struct ast_key *)node);
        return true;
    case AST_LIKE_TABLE:
        print_like_table(p, (const struct ast_like_table *)node);
        return true;
    case AST_LIKE_OPTION:
        print_like_option(p, (const struct ast_like_option *)node);
        return true;
    case AST_USE:
        print_use(p, (const struct ast_use *)node);
        return true;
    case AST_DROP:
        print_drop(p, (const struct ast_drop *)node);
        return true;
    case AST_ALTER:
        print_alter(p, (const struct ast_alter *)node);
        return true;
    case AST_SET: {
        const struct ast_set *set = (const struct ast_set *)node;
        print_setting(p, "SET", &set->key, &set->value);
        return true;
    }
    case AST_RESET:
        print_setting(p, "RESET", &((const struct ast_reset *)node)->key, NULL);
        return true;
    case AST_INSERT:
        print_insert(p, (const struct ast_insert *)node);
        return true;
    case AST_STATEMENT_SET:
        print_statement_set(p, (const struct ast_statement_set *)node);
        return true;
    case AST_PLAN:
        print_plan(p, (const struct ast_plan *)node);
        return true;
    case AST_EXPLAIN:
        print_explain(p, (const struct ast_explain *)node);
        return true;
    case AST_SHOW:
        print_show(p, (const struct ast_show *)node);
        return true;
    case AST_DESCRIBE:
        print_describe(p, (const struct ast_describe *)node);
        return true;
    case AST_UPDATE:
    case AST_DELETE:
    case AST_TRUNCATE:
    case AST_ANALYZE:
        print_rows_statement(p, node);
        return true;
    default:
        return false;
    }
}
