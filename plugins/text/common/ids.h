/* ids.h: a growable list of token ids. Owned by whoever declares it; ended with gtx_ids_free. [one] */
#ifndef GTX_IDS_H
#define GTX_IDS_H

#include "god/error.h"

#define GTX_IDS_MAX ((size_t)1 << 30) /* ids in one list: 4 GiB */

typedef struct gtx_ids {
    int32_t *items;
    size_t count, capacity;
} gtx_ids;

#define GTX_IDS_INIT \
    {                \
        NULL, 0, 0   \
    }

void gtx_ids_free(gtx_ids *ids);                                       /* accepts NULL; leaves an empty list */
void gtx_ids_clear(gtx_ids *ids);                                      /* keeps the memory */
god_status gtx_ids_reserve(gtx_ids *ids, size_t more, god_error *err); /* room for `more` beyond count */
god_status gtx_ids_append(gtx_ids *ids, const int32_t *items, size_t count, god_error *err);
god_status gtx_ids_append_same(gtx_ids *ids, int32_t id, size_t count, god_error *err); /* `count` times the same */

#endif
