#include "common/sets.h"

#include <stdlib.h>

static god_status build_set(const gtx_sets *sets, int64_t sequence_len, gtx_set *set, god_error *err)
{
    *set = (gtx_set){0};
    gtx_samples_init(&set->samples, sequence_len);
    GOD_TRY(sets->build(sets->ctx, &set->samples, err));
    return gtx_packs_plan(&set->samples, sets->pack_tokens, &set->packs, &set->pack_count, err);
}

god_status gtx_sets_find(gtx_sets *sets, int64_t sequence_len, size_t *ret_index, god_error *err)
{
    for (size_t i = 0; i < sets->count; i++) {
        if (sets->items[i].samples.sequence_len == sequence_len) {
            *ret_index = i;
            return GOD_OK;
        }
    }
    gtx_set *items = realloc(sets->items, (sets->count + 1) * sizeof *items);
    if (items == NULL) {
        return god_fail(err, GOD_E_NOMEM, "out of memory for another context length");
    }
    sets->items = items;
    *ret_index = sets->count++; /* also when building fails: gtx_sets_free ends what there is */
    return build_set(sets, sequence_len, &sets->items[*ret_index], err);
}

void gtx_sets_free(gtx_sets *sets)
{
    for (size_t i = 0; i < sets->count; i++) {
        free(sets->items[i].packs);
        gtx_samples_free(&sets->items[i].samples);
    }
    free(sets->items);
    *sets = (gtx_sets){0};
}

size_t gtx_sets_used(const gtx_sets *sets)
{
    size_t used = 0;
    for (size_t i = 0; i < sets->count; i++) {
        used += sets->items[i].used;
    }
    return used;
}
