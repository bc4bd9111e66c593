/* core/training/callers.h: who may talk to a trainer (training specification 3): this machine, and the addresses of a
 * comma-separated list. [any] */
#ifndef GDI_TRAINING_CALLERS_H
#define GDI_TRAINING_CALLERS_H

#include <stdbool.h>

/* peer: the address that the connection came from, "10.0.0.1". list: "10.0.0.1, 10.0.0.2"; NULL: only this machine. */
bool gdi_caller_is_allowed(const char *list, const char *peer);

#endif
