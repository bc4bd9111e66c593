/* cache.h: the words that one thread has met, with their tokens. [one]
 *
 * Text is made of the same words again and again, and what a model makes of a piece depends on the bytes of the piece
 * alone. A gdt_work keeps the answers for short pieces. An entry fills one cache line:
 *
 *   key    the bytes of the piece, zeros behind them            32
 *   ids    of its tokens                                        24
 *   ends   where each token ends, from the piece's begin; the
 *          next one begins there                                 6
 *   bytes, count                                                 2    bytes 0: the entry is free
 *
 * A piece may stand in two neighbouring entries, the newer one first; a third piece there drops the older. The whole
 * key is compared, so what is found is what the model would say, however the text was chosen; at worst nothing is
 * found. */
#ifndef GDT_CACHE_H
#define GDT_CACHE_H

#include "model.h"

enum { GDT_CACHED_BYTES_MAX = 32, GDT_CACHED_IDS_MAX = 6 };
#define GDT_CACHE_ENTRIES ((size_t)1 << 14) /* 1 MiB a thread: about what its core's own cache holds */

/* Appends the tokens of a piece without an id: from the cache, or else from the model and then into the cache. The
 * cache belongs to `work` and to this model; it is allocated at the first call. Errors are the model's. */
god_status gdt_cache_encode(const gdt_model *model, gdt_work *work, const gdt_piece *piece, god_tokens *tokens,
                            god_error *err);

#endif
