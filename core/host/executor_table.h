/* core/host/executor_table.h: every kind of job of the cycles, and what does it here. Internal to core/host. [any] */
#ifndef GDI_HOST_EXECUTOR_TABLE_H
#define GDI_HOST_EXECUTOR_TABLE_H

#include "core/host/executors.h"

enum { GDI_EXECUTOR_WHY_BYTES = 400 };

typedef struct gdi_executor {
    const char *kind;
    gdi_run_fn *run;                                  /* by a hand; or */
    gdi_run_fn *run_aside;                            /* in a thread of its own; or */
    gdi_look_fn *look;                                /* by the watcher; or none of them: nobody */
    gdi_drop_fn *drop;                                /* may be NULL */
    const char *(*missing)(const gdi_config *config); /* why nobody does it here, NULL: somebody does; may be NULL */
} gdi_executor;

extern const gdi_executor gdi_executor_table[]; /* ended by a NULL kind */

const gdi_executor *gdi_executor_of(const char *kind); /* NULL: not a kind of the cycles */
/* Why nobody executes this kind with this configuration; NULL: somebody does. Static text. */
const char *gdi_executor_missing(const gdi_config *config, const char *kind);

#endif
