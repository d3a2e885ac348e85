/* local.h -- the connectors of this folder: what needs no server.
 *
 * The program lists them for connector_register().  local_topic and local_table are
 * what the local profile binds tables of other systems to. */
#pragma once

#include "connector/connector.h"

extern const struct connector connector_filesystem, connector_print, connector_blackhole,
    connector_datagen, connector_local_topic, connector_local_table;

/* Under the local profile the options get one more, the name of the connector that the job asked
 * for. */
#define LOCAL_CONNECTOR_OPTION "weir.local.connector"

/* What every table of options begins with: the two words for the connector's name. */
#define LOCAL_NAME_OPTIONS                                                                         \
    { "connector", OPTION_TEXT, false, NULL, NULL, "The name of the connector." },                 \
    {                                                                                              \
        "type", OPTION_TEXT, false, NULL, NULL, "The name of the connector, in Blink."             \
    }
