/* core/http/process.h: what this process costs, from /proc. [any] */
#ifndef GDI_HTTP_PROCESS_H
#define GDI_HTTP_PROCESS_H

#include <stdint.h>

typedef struct gdi_process_facts {
    uint64_t resident_bytes;
    double cpu_seconds; /* user and system */
    uint32_t threads, open_fds;
} gdi_process_facts;

/* What cannot be read is 0. */
gdi_process_facts gdi_process_look(void);

#endif
