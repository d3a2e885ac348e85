/* connector.c -- the registry.  The list is made by the program from what was
 * compiled in and never changes afterwards, so it needs no lock. */
#include "connector/connector.h"

static const struct connector *const *registered;

void connector_register(const struct connector *const *list)
{
    registered = list;
}

static bool is_called(const struct connector *c, struct str name)
{
    if (str_iis(name, c->name))
        return true;
    for (const char *const *alias = c->aliases; alias && *alias; alias++)
        if (str_iis(name, *alias))
            return true;
    return false;
}

const struct connector *connector_find(struct str name)
{
    name = str_trim(name);
    for (const struct connector *const *c = registered; c && *c; c++)
        if (is_called(*c, name))
            return *c;
    return NULL;
}

const struct connector *connector_at(uint32_t i)
{
    for (const struct connector *const *c = registered; c && *c; c++)
        if (i-- == 0)
            return *c;
    return NULL;
}
