/* core/host/facts.h: what the host says of itself, shared by its threads: main and executors write, the HTTP thread
 * reads. The lock guards every field and is held for a few assignments. [any] */
#ifndef GDI_HOST_FACTS_H
#define GDI_HOST_FACTS_H

#include <pthread.h>

#include "core/http/api.h"

typedef struct gdi_shared_facts {
    pthread_mutex_t lock;
    gdi_host_facts facts;
} gdi_shared_facts;

static inline gdi_host_facts *gdi_facts_lock(gdi_shared_facts *shared)
{
    (void)pthread_mutex_lock(&shared->lock);
    return &shared->facts;
}
static inline void gdi_facts_unlock(gdi_shared_facts *shared)
{
    (void)pthread_mutex_unlock(&shared->lock);
}

/* The time of day in microseconds, as the store wants it. */
int64_t gdi_facts_now_us(void);

#endif
