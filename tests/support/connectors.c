/* connectors.c -- see connectors.h. */
#include "support/connectors.h"

#include "connector/connector.h"

extern const struct connector connector_filesystem, connector_print, connector_blackhole,
    connector_datagen, connector_local_topic, connector_local_table, connector_kafka,
    connector_rds, connector_jdbc, connector_cloudhbase, connector_hbase, connector_blink_es,
    connector_es, connector_clickhouse;

const struct connector *const test_connectors[] = {
    &connector_filesystem,  &connector_print,       &connector_blackhole, &connector_datagen,
    &connector_local_topic, &connector_local_table, &connector_rds,       &connector_jdbc,
    &connector_cloudhbase,  &connector_hbase,       &connector_blink_es,  &connector_es,
    &connector_clickhouse,
#ifdef WEIR_KAFKA
    &connector_kafka,
#endif
    NULL,
};
