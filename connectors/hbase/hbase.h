/* hbase.h -- inside of the connector. */
#pragma once

#include "connector/connector.h"

extern const struct connector connector_cloudhbase, connector_hbase;
