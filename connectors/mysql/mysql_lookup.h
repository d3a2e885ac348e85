/* mysql_lookup.h -- rows of a table of MySQL by the values of some of its columns. */
#pragma once

#include "connector/connector.h"

extern const struct lookup_kind mysql_lookup;
