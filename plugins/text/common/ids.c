#include "common/ids.h"

#include <stdlib.h>

void gtx_ids_free(gtx_ids *ids)
{
    if (ids == NULL) {
        return;
    }
    free(ids->items);
    *ids = (gtx_ids)GTX_IDS_INIT;
}

void gtx_ids_clear(gtx_ids *ids)
{
    ids->count = 0;
}

god_status gtx_ids_reserve(gtx_ids *ids, size_t more, god_error *err)
{
    if (more > GTX_IDS_MAX - ids->count) {
        return god_fail(err, GOD_E_NOMEM, "a list of token ids grew beyond GTX_IDS_MAX (%zu)", GTX_IDS_MAX);
    }
    size_t needed = ids->count + more;
    if (needed <= ids->capacity) {
        return GOD_OK;
    }
    size_t capacity = ids->capacity < 64 ? 64 : ids->capacity;
    while (capacity < needed) {
        capacity *= 2;
    }
    int32_t *items = realloc(ids->items, capacity * sizeof *items);
    if (items == NULL) {
        return god_fail(err, GOD_E_NOMEM, "out of memory for a list of %zu token ids", capacity);
    }
    ids->items = items;
    ids->capacity = capacity;
    return GOD_OK;
}

god_status gtx_ids_append(gtx_ids *ids, const int32_t *items, size_t count, god_error *err)
{
    GOD_TRY(gtx_ids_reserve(ids, count, err));
    if (count > 0) {
        memcpy(ids->items + ids->count, items, count * sizeof *items);
    }
    ids->count += count;
    return GOD_OK;
}

god_status gtx_ids_append_same(gtx_ids *ids, int32_t id, size_t count, god_error *err)
{
    GOD_TRY(gtx_ids_reserve(ids, count, err));
    for (size_t i = 0; i < count; i++) {
        ids->items[ids->count + i] = id;
    }
    ids->count += count;
    return GOD_OK;
}
