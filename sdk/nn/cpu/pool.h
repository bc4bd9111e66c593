/* cpu/pool.h: the threads of the CPU device. Private to cpu/.
 *
 * Work is a number of independent items; which thread does which item never changes a digit, because no item reads
 * what another writes.
 * cpu_pool_run is called from one thread at a time and returns when all items are done. */
#ifndef GNN_CPU_POOL_H
#define GNN_CPU_POOL_H

#include "god/error.h"

typedef struct cpu_pool cpu_pool;

/* `thread` counts from 0 to threads - 1: an index for scratch memory. */
typedef void (*cpu_item)(void *ctx, int64_t item, uint32_t thread);

god_status cpu_pool_open(uint32_t threads, cpu_pool **ret_pool, god_error *err);
void cpu_pool_close(cpu_pool *pool); /* accepts NULL; joins the threads */
void cpu_pool_run(cpu_pool *pool, int64_t items, cpu_item run, void *ctx);

#endif
