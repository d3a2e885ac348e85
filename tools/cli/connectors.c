/* connectors.c -- see connectors.h.  The one list of what was compiled in: a connector is
 * a folder, an extern here, and a line in its list. */
#include "cli/connectors.h"

#include "session/session.h"

extern const struct connector connector_filesystem, connector_print, connector_blackhole,
    connector_datagen, connector_local_topic, connector_local_table, connector_rds, connector_jdbc,
    connector_cloudhbase, connector_hbase, connector_blink_es, connector_es, connector_clickhouse;
#ifdef WEIR_KAFKA
extern const struct connector connector_kafka, connector_upsert_kafka;
#endif

static const struct connector *const built[] = {
#ifdef WEIR_KAFKA
    &connector_kafka,      &connector_upsert_kafka,
#endif
    &connector_filesystem, &connector_print,       &connector_blackhole,
    &connector_datagen,    &connector_local_topic, &connector_local_table,
    &connector_rds,        &connector_jdbc,        &connector_cloudhbase,
    &connector_hbase,      &connector_blink_es,    &connector_es,
    &connector_clickhouse, NULL,
};

void connectors_register(void)
{
    session_register_connectors(built);
}
