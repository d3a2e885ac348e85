/* connectors.h -- which connectors this program has. */
#pragma once

/* Tells the session; before the first one is made. */
void connectors_register(void);
