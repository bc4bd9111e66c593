#include "common/lm_score.h"

#include <math.h>
#include <stdlib.h>

god_status gtx_lm_sums_init(gtx_lm_sums *sums, size_t sample_count, god_error *err)
{
    gtx_lm_sums result = {calloc(sample_count + 1, sizeof(double)), calloc(sample_count + 1, sizeof(double)),
                          sample_count};
    if (result.loss == NULL || result.kl == NULL) {
        gtx_lm_sums_free(&result);
        return god_fail(err, GOD_E_NOMEM, "out of memory for the losses of %zu examples", sample_count);
    }
    *sums = result;
    return GOD_OK;
}

void gtx_lm_sums_free(gtx_lm_sums *sums)
{
    free(sums->loss);
    free(sums->kl);
    *sums = (gtx_lm_sums){0};
}

static god_status fail_not_finite(const char *what, const gtx_samples *samples, size_t sample, double value,
                                  god_error *err)
{
    return god_fail(err, GOD_E_DATA, "row %llu: the %s is not finite (%s), so the submission has no score",
                    (unsigned long long)samples->items[sample].row, what, isnan(value) ? "NaN" : "infinite");
}

god_status gtx_lm_sums_add(gtx_lm_sums *sums, const gtx_samples *samples, const gtx_pack_rows *rows, const double *nll,
                           const double *kl, god_error *err)
{
    for (int64_t r = 0; r < rows->row_count; r++) {
        size_t sample = rows->samples[r];
        if (rows->targets[r] >= 0) {
            if (!isfinite(nll[r])) {
                return fail_not_finite("loss", samples, sample, nll[r], err);
            }
            sums->loss[sample] += nll[r];
        }
        if (kl != NULL && rows->kl_mask[r]) {
            if (!isfinite(kl[r])) {
                return fail_not_finite("divergence from the base model", samples, sample, kl[r], err);
            }
            sums->kl[sample] += kl[r];
        }
    }
    return GOD_OK;
}

gtx_lm_totals gtx_lm_total(const gtx_lm_sums *sums, const gtx_samples *samples, double kl_coef)
{
    gtx_lm_totals totals = {.samples = samples->kept, .label_tokens = samples->label_tokens};
    double loss_sum = 0.0, kl_sum = 0.0;
    for (size_t i = 0; i < samples->kept; i++) {
        size_t sample = samples->order[i];
        loss_sum += sums->loss[sample] / (double)samples->items[sample].label_count;
        kl_sum += sums->kl[sample];
    }
    totals.raw = samples->kept > 0 ? loss_sum / (double)samples->kept : NAN;
    totals.kl = samples->label_tokens > 0 ? kl_sum / (double)samples->label_tokens : 0.0;
    totals.eval_loss = kl_coef != 0.0 ? totals.raw + kl_coef * totals.kl : totals.raw;
    return totals;
}
