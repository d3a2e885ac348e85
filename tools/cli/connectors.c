/* connectors.c -- see connectors.h.  The one list of what was compiled in: a connector is
 * a folder, an extern here, and a line in its list. */
#include "cli/connectors.h"

#include "session/session.h"

extern const struct connector connector_filesystem, connector_print, connector_blackhole,
    connector_datagen, connector_local_topic, connector_local_table;
/* Systems whose own connector is not in this build; NULL-terminated. */
extern const struct connector *const declared_connectors[];
#ifdef WEIR_KAFKA
extern const struct connector connector_kafka;
#endif

static const struct connector *const built[] = {
#ifdef WEIR_KAFKA
    &connector_kafka,
#endif
    &connector_filesystem, &connector_print,       &connector_blackhole,
    &connector_datagen,    &connector_local_topic, &connector_local_table,
};

enum { CONNECTORS_MAX = 64 };

void connectors_register(void)
{
    static const struct connector *all[CONNECTORS_MAX + 1];
    size_t n = 0;
    for (size_t i = 0; i < countof(built); i++)
        all[n++] = built[i];
    for (const struct connector *const *c = declared_connectors; *c && n < CONNECTORS_MAX; c++)
        all[n++] = *c;
    all[n] = NULL;
    session_register_connectors(all);
}
