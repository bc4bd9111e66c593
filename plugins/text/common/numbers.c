#include "common/numbers.h"

#include <inttypes.h>
#include <stdlib.h>

static god_status reserve(gtx_numbers *numbers, size_t count, god_error *err)
{
    if (count <= numbers->capacity) {
        return GOD_OK;
    }
    free(numbers->nll);
    free(numbers->kl);
    numbers->capacity = 0;
    numbers->nll = malloc(count * sizeof *numbers->nll);
    numbers->kl = malloc(count * sizeof *numbers->kl);
    if (numbers->nll == NULL || numbers->kl == NULL) {
        return god_fail(err, GOD_E_NOMEM, "out of memory for the losses of %zu tokens", count);
    }
    numbers->capacity = count;
    return GOD_OK;
}

god_status gtx_numbers_lay_out(gtx_numbers *numbers, const gtx_samples *samples, const gtx_pack *pack, uint32_t with_kl,
                               god_error *err)
{
    GOD_TRY(gtx_pack_fill(samples, pack, with_kl, &numbers->rows, err));
    return reserve(numbers, (size_t)numbers->rows.row_count, err);
}

god_status gtx_numbers_states(const gtx_numbers *numbers, god_nn_lm *lm, const god_nn_adapter *adapter,
                              god_nn_states **ret_states, god_error *err)
{
    const gtx_pack_rows *rows = &numbers->rows;
    return god_nn_lm_states(lm, adapter, &rows->pack, rows->rows, rows->row_count, ret_states, err);
}

god_status gtx_numbers_nll(gtx_numbers *numbers, god_nn_lm *lm, const god_nn_adapter *adapter, god_error *err)
{
    god_nn_states *states = NULL;
    if (numbers->rows.row_count == 0) {
        return GOD_OK;
    }
    GOD_TRY(gtx_numbers_states(numbers, lm, adapter, &states, err));
    god_status status = god_nn_lm_nll(lm, adapter, states, numbers->rows.targets, numbers->nll, err);
    god_nn_states_free(states);
    return status;
}

void gtx_numbers_free(gtx_numbers *numbers)
{
    gtx_pack_rows_free(&numbers->rows);
    free(numbers->nll);
    free(numbers->kl);
    *numbers = (gtx_numbers){0};
}

god_status gtx_numbers_check_ids(const gtx_samples *samples, const god_nn_lm_info *info, god_error *err)
{
    if (samples->id_highest < info->vocab_size) {
        return GOD_OK;
    }
    return god_fail(err, GOD_E_DATA,
                    "row %" PRIu64 ": token id %" PRId32 " is outside the model's vocabulary of %" PRId64,
                    samples->id_highest_row, samples->id_highest, info->vocab_size);
}
