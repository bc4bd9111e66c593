/* core/loader/ending.h: why a child with foreign code in it did not come back, in one sentence. [one] */
#ifndef GDI_LOADER_ENDING_H
#define GDI_LOADER_ENDING_H

#include "core/base/child.h"

/* Waits for the child, or stops it when its time is up, and writes how it ended: "crashes in query: segmentation
 * fault". The subject is the plug-in; `where` is what it was doing. Returns GOD_E_TIMEOUT when it hung, otherwise
 * GOD_E_INTERNAL. */
god_status gdi_ending_explain(gdi_child *child, const char *where, uint32_t timed_out, uint64_t time_limit_ms,
                              god_error *ret_reason);

#endif
