/* connectors.h -- the connectors that tests register: all that need no server. */
#pragma once

struct connector;

extern const struct connector *const test_connectors[]; /* NULL-terminated */
