/* catalog.c -- see catalog.h.  Jobs have tens of tables, so lists are searched. */
#include "catalog/catalog.h"

struct catalog {
    struct arena *arena;
    const struct catalog_table **tables;
    uint32_t table_count, table_cap;
    const struct catalog_view **views;
    uint32_t view_count, view_cap;
    struct str *failed;
    uint32_t failed_count, failed_cap;
};

struct catalog *catalog_create(struct arena *arena)
{
    struct catalog *catalog = arena_new(arena, struct catalog);
    if (catalog)
        catalog->arena = arena;
    return catalog;
}

const struct catalog_table *catalog_find_table(const struct catalog *catalog, struct str name)
{
    for (uint32_t i = 0; i < catalog->table_count; i++)
        if (str_eq(catalog->tables[i]->name, name))
            return catalog->tables[i];
    for (uint32_t i = 0; i < catalog->table_count; i++)
        if (str_ieq(catalog->tables[i]->name, name))
            return catalog->tables[i];
    return NULL;
}

const struct catalog_view *catalog_find_view(const struct catalog *catalog, struct str name)
{
    for (uint32_t i = 0; i < catalog->view_count; i++)
        if (str_eq(catalog->views[i]->name, name))
            return catalog->views[i];
    for (uint32_t i = 0; i < catalog->view_count; i++)
        if (str_ieq(catalog->views[i]->name, name))
            return catalog->views[i];
    return NULL;
}

bool catalog_add_table(struct catalog *catalog, const struct catalog_table *table)
{
    return ARENA_PUSH(catalog->arena, catalog->tables, catalog->table_count, catalog->table_cap,
                      table);
}

bool catalog_add_view(struct catalog *catalog, const struct catalog_view *view)
{
    return ARENA_PUSH(catalog->arena, catalog->views, catalog->view_count, catalog->view_cap,
                      view);
}

bool catalog_drop(struct catalog *catalog, struct str name, bool view)
{
    const void *found =
        view ? (const void *)catalog_find_view(catalog, name) : catalog_find_table(catalog, name);
    if (!found)
        return false;
    const void **items = view ? (const void **)catalog->views : (const void **)catalog->tables;
    uint32_t *count = view ? &catalog->view_count : &catalog->table_count;
    uint32_t at = 0;
    while (items[at] != found)
        at++;
    memmove(items + at, items + at + 1, (*count - at - 1) * sizeof *items);
    --*count;
    return true;
}

bool catalog_add_failed(struct catalog *catalog, struct str name)
{
    struct str copy = arena_str(catalog->arena, name);
    return copy.data && ARENA_PUSH(catalog->arena, catalog->failed, catalog->failed_count,
                                   catalog->failed_cap, copy);
}

bool catalog_is_failed(const struct catalog *catalog, struct str name)
{
    for (uint32_t i = 0; i < catalog->failed_count; i++)
        if (str_ieq(catalog->failed[i], name))
            return true;
    return false;
}

enum code catalog_no_object(const struct catalog *catalog, const char *what, struct str name,
                            struct span span, struct error *err)
{
    error_at(err, E_NAME, span, "%s \"" STR_FMT "\" does not exist", what, STR_ARG(name));
    if (err)
        err->is_told = catalog_is_failed(catalog, name);
    return E_NAME;
}

const struct catalog_table *catalog_table_at(const struct catalog *catalog, uint32_t i)
{
    return i < catalog->table_count ? catalog->tables[i] : NULL;
}

const struct catalog_view *catalog_view_at(const struct catalog *catalog, uint32_t i)
{
    return i < catalog->view_count ? catalog->views[i] : NULL;
}

int catalog_column_find(const struct catalog_table *table, struct str name)
{
    int found = -1;
    for (uint32_t i = 0; i < table->column_count; i++) {
        if (str_eq(table->columns[i].name, name))
            return (int)i;
        if (str_ieq(table->columns[i].name, name))
            found = found == -1 ? (int)i : -2;
    }
    return found;
}
