/* pool.h: the memory of calls to encode, kept for the next ones. [any]
 *
 * A call takes a gdt_work for itself and gives it back, so there are as many as threads ever were at work at the same
 * time, each with its own word cache and buffers. One that a long text has blown up is not kept. */
#ifndef GDT_POOL_H
#define GDT_POOL_H

#include "work.h"

typedef struct gdt_pool gdt_pool;

#define GDT_POOLED_BYTES_MAX ((size_t)32 << 20) /* of one work, the word cache not counted */

god_status gdt_pool_new(gdt_pool **ret_pool, god_error *err);
void gdt_pool_free(gdt_pool *pool); /* accepts NULL; no work may be out */

god_status gdt_pool_take(gdt_pool *pool, gdt_work **ret_work, god_error *err);
void gdt_pool_give(gdt_pool *pool, gdt_work *work);

#endif
