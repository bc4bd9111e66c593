#include "pool.h"

#include <pthread.h>
#include <stdlib.h>

struct gdt_pool {
    pthread_mutex_t lock;
    gdt_work *idle; /* under the lock; a list by next_idle */
};

god_status gdt_pool_new(gdt_pool **ret_pool, god_error *err)
{
    gdt_pool *pool = calloc(1, sizeof *pool);
    if (pool == NULL) {
        return god_fail(err, GOD_E_NOMEM, "out of memory for a tokenizer");
    }
    (void)pthread_mutex_init(&pool->lock, NULL); /* cannot fail on Linux without attributes */
    *ret_pool = pool;
    return GOD_OK;
}

static void free_work(gdt_work *work)
{
    gdt_work_fini(work);
    free(work);
}

void gdt_pool_free(gdt_pool *pool)
{
    if (pool == NULL) {
        return;
    }
    while (pool->idle != NULL) {
        gdt_work *work = pool->idle;
        pool->idle = work->next_idle;
        free_work(work);
    }
    (void)pthread_mutex_destroy(&pool->lock);
    free(pool);
}

god_status gdt_pool_take(gdt_pool *pool, gdt_work **ret_work, god_error *err)
{
    (void)pthread_mutex_lock(&pool->lock);
    gdt_work *work = pool->idle;
    if (work != NULL) {
        pool->idle = work->next_idle;
    }
    (void)pthread_mutex_unlock(&pool->lock);
    if (work == NULL) {
        work = calloc(1, sizeof *work);
        if (work == NULL) {
            return god_fail(err, GOD_E_NOMEM, "encode: out of memory");
        }
    }
    *ret_work = work;
    return GOD_OK;
}

void gdt_pool_give(gdt_pool *pool, gdt_work *work)
{
    if (gdt_work_bytes(work) > GDT_POOLED_BYTES_MAX) {
        free_work(work);
        return;
    }
    (void)pthread_mutex_lock(&pool->lock);
    work->next_idle = pool->idle;
    pool->idle = work;
    (void)pthread_mutex_unlock(&pool->lock);
}
