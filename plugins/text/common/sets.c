#include "common/sets.h"

#include <stdlib.h>

#include "common/context.h"

static god_status build_set(const gtx_sets *sets, int64_t sequence_len, gtx_set *set, god_error *err)
{
    *set = (gtx_set){0};
    gtx_samples_init(&set->samples, sequence_len);
    GOD_TRY(sets->build(sets->ctx, &set->samples, err));
    GOD_TRY(gtx_packs_plan(&set->samples, sets->pack_tokens, &set->packs, &set->pack_count, err));
    for (size_t i = 0; i < set->pack_count; i++) {
        set->tokens += set->packs[i].tokens;
    }
    return GOD_OK;
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

god_status gtx_sets_choose(gtx_sets *sets, int64_t max_position_embeddings, int64_t model_max_length,
                           uint64_t seq_len_max, size_t *ret_index, god_error *err)
{
    int64_t lengths[GTX_CANDIDATES_MAX];
    int64_t limit = seq_len_max > 0 && seq_len_max < INT64_MAX ? (int64_t)seq_len_max : INT64_MAX;
    int64_t start = gtx_context_start(max_position_embeddings);
    int64_t cap = gtx_context_cap(max_position_embeddings, model_max_length);
    uint32_t count = gtx_context_candidates(start < limit ? start : limit, cap < limit ? cap : limit, lengths);
    for (uint32_t i = 0; i < count; i++) {
        GOD_TRY(gtx_sets_find(sets, lengths[i], ret_index, err));
        if (sets->items[*ret_index].samples.kept > 0) {
            break;
        }
    }
    return GOD_OK;
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
