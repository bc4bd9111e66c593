#include "pool.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

struct cpu_pool {
    pthread_mutex_t lock;
    pthread_cond_t started, finished;
    uint64_t round; /* guarded by lock; a new value wakes the helpers */
    uint32_t busy;  /* guarded by lock: helpers that have not finished this round */
    uint32_t quit;  /* guarded by lock */
    cpu_item run;   /* set before a round starts, read by helpers in it */
    void *ctx;
    int64_t items;
    atomic_int_fast64_t next;
    uint32_t helper_count;
    struct helper {
        pthread_t id;
        cpu_pool *pool;
        uint32_t thread;
    } helpers[];
};

static void take_items(cpu_pool *pool, uint32_t thread)
{
    for (;;) {
        int64_t item = atomic_fetch_add_explicit(&pool->next, 1, memory_order_relaxed);
        if (item >= pool->items) {
            return;
        }
        pool->run(pool->ctx, item, thread);
    }
}

static void *helper_main(void *argument)
{
    struct helper *self = argument;
    cpu_pool *pool = self->pool;
    uint64_t seen = 0;
    (void)pthread_mutex_lock(&pool->lock);
    for (;;) {
        while (pool->round == seen && !pool->quit) {
            (void)pthread_cond_wait(&pool->started, &pool->lock);
        }
        if (pool->quit) {
            break;
        }
        seen = pool->round;
        (void)pthread_mutex_unlock(&pool->lock);
        take_items(pool, self->thread);
        (void)pthread_mutex_lock(&pool->lock);
        if (--pool->busy == 0) {
            (void)pthread_cond_signal(&pool->finished);
        }
    }
    (void)pthread_mutex_unlock(&pool->lock);
    return NULL;
}

god_status cpu_pool_open(uint32_t threads, cpu_pool **ret_pool, god_error *err)
{
    cpu_pool *pool = calloc(1, sizeof *pool + threads * sizeof pool->helpers[0]);
    if (pool == NULL) {
        return god_fail(err, GOD_E_NOMEM, "out of memory for %u threads", threads);
    }
    (void)pthread_mutex_init(&pool->lock, NULL);
    (void)pthread_cond_init(&pool->started, NULL);
    (void)pthread_cond_init(&pool->finished, NULL);
    for (uint32_t i = 0; i + 1 < threads; i++) {
        struct helper *helper = &pool->helpers[i];
        helper->pool = pool;
        helper->thread = i + 1; /* the caller is thread 0 */
        if (pthread_create(&helper->id, NULL, helper_main, helper) != 0) {
            cpu_pool_close(pool);
            return god_fail(err, GOD_E_NOMEM, "cannot start thread %u of %u", i + 1, threads);
        }
        pool->helper_count++;
    }
    *ret_pool = pool;
    return GOD_OK;
}

void cpu_pool_close(cpu_pool *pool)
{
    if (pool == NULL) {
        return;
    }
    (void)pthread_mutex_lock(&pool->lock);
    pool->quit = 1;
    (void)pthread_cond_broadcast(&pool->started);
    (void)pthread_mutex_unlock(&pool->lock);
    for (uint32_t i = 0; i < pool->helper_count; i++) {
        (void)pthread_join(pool->helpers[i].id, NULL);
    }
    (void)pthread_cond_destroy(&pool->finished);
    (void)pthread_cond_destroy(&pool->started);
    (void)pthread_mutex_destroy(&pool->lock);
    free(pool);
}

static void start_helpers(cpu_pool *pool)
{
    (void)pthread_mutex_lock(&pool->lock);
    pool->round++;
    pool->busy = pool->helper_count;
    (void)pthread_cond_broadcast(&pool->started);
    (void)pthread_mutex_unlock(&pool->lock);
}

static void wait_for_helpers(cpu_pool *pool)
{
    (void)pthread_mutex_lock(&pool->lock);
    while (pool->busy > 0) {
        (void)pthread_cond_wait(&pool->finished, &pool->lock);
    }
    (void)pthread_mutex_unlock(&pool->lock);
}

void cpu_pool_run(cpu_pool *pool, int64_t items, cpu_item run, void *ctx)
{
    uint32_t with_helpers = items > 1 && pool->helper_count > 0;
    pool->run = run;
    pool->ctx = ctx;
    pool->items = items;
    atomic_store_explicit(&pool->next, 0, memory_order_relaxed);
    if (with_helpers) {
        start_helpers(pool);
    }
    take_items(pool, 0);
    if (with_helpers) {
        wait_for_helpers(pool);
    }
}
