#include "common/context.h"

enum { START_DEFAULT = 2048, CAP_DEFAULT = 8192 };

int64_t gtx_context_start(int64_t max_position_embeddings)
{
    if (max_position_embeddings > 0 && max_position_embeddings < 2 * GTX_SEQUENCE_LEN) {
        return max_position_embeddings / 2 + max_position_embeddings % 2;
    }
    return GTX_SEQUENCE_LEN;
}

int64_t gtx_context_cap(int64_t max_position_embeddings, int64_t model_max_length)
{
    int64_t cap = max_position_embeddings > 0 ? max_position_embeddings : GTX_CONTEXT_ABSENT;
    if (model_max_length > 0 && model_max_length < GTX_MODEL_MAX_LENGTH_BELIEVED && model_max_length < cap) {
        cap = model_max_length;
    }
    return cap;
}

uint32_t gtx_context_candidates(int64_t start, int64_t cap, int64_t ret_lengths[GTX_CANDIDATES_MAX])
{
    uint32_t count = 0;
    int64_t length = start > 0 ? start : START_DEFAULT;
    int64_t last = cap > 0 ? cap : CAP_DEFAULT;
    while (length < last && count < GTX_CANDIDATES_MAX - 1) {
        ret_lengths[count++] = length;
        length = length > INT64_MAX / 2 ? last : length * 2;
    }
    ret_lengths[count++] = last;
    return count;
}
