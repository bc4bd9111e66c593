#include "golden_pack.h"

#include "tiny_model.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define F32_BOUND 1e-5  /* of max(1, |wanted|), each number */
#define BF16_BOUND 2e-3 /* of the sums over all packs and the bulk */
#define BF16_BOUND_OF_FEW 5e-3

/* The numbers of one sequence; the last position has no target, and so no nll. */
static god_status read_sequence(const json_t *ids, const json_t *nll, const json_t *kl, golden_pack *pack,
                                god_error *err)
{
    int64_t n = (int64_t)json_array_size(ids);
    if (n < 1 || pack->count + n > GOLDEN_IDS_MAX || (int64_t)json_array_size(nll) != n - 1 ||
        (int64_t)json_array_size(kl) != n) {
        return god_fail(err, GOD_E_DATA, "sequence %lld does not fit its numbers", (long long)pack->sequences);
    }
    for (int64_t t = 0; t < n; t++) {
        int64_t row = pack->count + t;
        pack->rows[row] = row;
        pack->ids[row] = (int32_t)json_integer_value(json_array_get(ids, (size_t)t));
        pack->targets[row] = t + 1 < n ? (int32_t)json_integer_value(json_array_get(ids, (size_t)t + 1)) : -1;
        pack->nll[row] = json_number_value(json_array_get(nll, (size_t)t)); /* 0 past the end */
        pack->kl[row] = json_number_value(json_array_get(kl, (size_t)t));
    }
    pack->starts[pack->sequences++] = pack->count;
    pack->count += n;
    pack->starts[pack->sequences] = pack->count;
    return GOD_OK;
}

god_status golden_pack_read(const json_t *json, const char *precision, golden_pack *ret_pack, god_error *err)
{
    json_t *ids, *numbers, *nll, *kl;
    GOD_TRY(god_json_get_array("pack", json, "ids", &ids, err));
    GOD_TRY(god_json_get_object("pack", json, precision, &numbers, err));
    GOD_TRY(god_json_get_array("pack", numbers, "nll", &nll, err));
    GOD_TRY(god_json_get_array("pack", numbers, "kl", &kl, err));
    ret_pack->count = ret_pack->sequences = 0;
    for (size_t s = 0; s < json_array_size(ids); s++) {
        GOD_TRY(read_sequence(json_array_get(ids, s), json_array_get(nll, s), json_array_get(kl, s), ret_pack, err));
    }
    return GOD_OK;
}

static void add(golden_agreement *all, double got, double wanted)
{
    double error = fabs(got - wanted) / fmax(1.0, fabs(wanted));
    all->got += got;
    all->wanted += wanted;
    if (!(error <= all->worst)) {
        all->worst = error;
        all->worst_got = got;
        all->worst_wanted = wanted;
    }
}

static god_status states_of(const golden_pack *pack, golden_side side, god_nn_states **ret_states, god_error *err)
{
    god_nn_pack sequences = {pack->ids, pack->starts, pack->sequences, NULL};
    return god_nn_lm_states(side.lm, side.adapter, &sequences, pack->rows, pack->count, ret_states, err);
}

static god_status compare_nll(const golden_pack *pack, golden_side scored, golden_agreement *nll, god_error *err)
{
    static double got[GOLDEN_IDS_MAX];
    god_nn_states *states = NULL;
    GOD_TRY(states_of(pack, scored, &states, err));
    god_status status = god_nn_lm_nll(scored.lm, scored.adapter, states, pack->targets, got, err);
    for (int64_t row = 0; status == GOD_OK && row < pack->count; row++) {
        if (pack->targets[row] >= 0) {
            add(nll, got[row], pack->nll[row]);
        }
    }
    god_nn_states_free(states);
    return status;
}

static god_status compare_kl(const golden_pack *pack, golden_side p, golden_side q, golden_agreement *kl,
                             god_error *err)
{
    static double got[GOLDEN_IDS_MAX];
    static uint8_t mask[GOLDEN_IDS_MAX];
    god_nn_states *p_states = NULL, *q_states = NULL;
    (void)memset(mask, 1, sizeof mask);
    god_status status = states_of(pack, p, &p_states, err);
    if (status == GOD_OK) {
        status = states_of(pack, q, &q_states, err);
    }
    if (status == GOD_OK) {
        status = god_nn_lm_kl(p.lm, p.adapter, p_states, q.lm, q_states, mask, got, err);
    }
    for (int64_t row = 0; status == GOD_OK && row < pack->count; row++) {
        add(kl, got[row], pack->kl[row]);
    }
    god_nn_states_free(p_states);
    god_nn_states_free(q_states);
    return status;
}

god_status golden_pack_compare(const golden_pack *pack, golden_side scored, golden_side p, golden_side q,
                               golden_agreement *nll, golden_agreement *kl, god_error *err)
{
    GOD_TRY(compare_nll(pack, scored, nll, err));
    return compare_kl(pack, p, q, kl, err);
}

god_status golden_bulk_read(const json_t *golden, golden_bulk *ret_bulk, god_error *err)
{
    golden_bulk bulk = {0};
    json_t *object;
    int64_t seed;
    GOD_TRY(god_json_get_int("golden", golden, "seed", 0, INT64_MAX, &seed, err));
    GOD_TRY(god_json_get_object("golden", golden, "bulk", &object, err));
    GOD_TRY(god_json_get_int("bulk", object, "sequences", 1, GOLDEN_IDS_MAX, &bulk.sequences, err));
    GOD_TRY(god_json_get_int("bulk", object, "length", 2, GOLDEN_IDS_MAX, &bulk.length, err));
    GOD_TRY(god_json_get_num("bulk", object, "nll", &bulk.nll, err));
    GOD_TRY(god_json_get_num("bulk", object, "kl", &bulk.kl, err));
    bulk.seed = (uint64_t)seed;
    *ret_bulk = bulk;
    return GOD_OK;
}

/* Sequences first .. end - 1 of the bulk as a pack whose wanted numbers are all 0. */
static void lay_out(const golden_bulk *bulk, const double *drawn, int64_t vocab_size, int64_t first, int64_t end,
                    golden_pack *pack)
{
    pack->count = 0;
    pack->sequences = end - first;
    for (int64_t s = first; s < end; s++) {
        pack->starts[s - first] = pack->count;
        for (int64_t t = 0; t < bulk->length; t++) {
            int64_t row = pack->count++;
            pack->rows[row] = row;
            pack->ids[row] = (int32_t)(drawn[s * bulk->length + t] * (double)vocab_size);
            pack->nll[row] = pack->kl[row] = 0.0;
        }
    }
    pack->starts[pack->sequences] = pack->count;
    for (int64_t row = 0; row < pack->count; row++) {
        pack->targets[row] = (row + 1) % bulk->length != 0 ? pack->ids[row + 1] : -1;
    }
}

god_status golden_bulk_compare(const golden_bulk *bulk, int64_t vocab_size, golden_pack *pack, golden_side scored,
                               golden_side p, golden_side q, golden_agreement *nll, golden_agreement *kl,
                               god_error *err)
{
    const int64_t at_once = GOLDEN_IDS_MAX / bulk->length, count = bulk->sequences * bulk->length;
    golden_agreement bulk_nll = {0}, bulk_kl = {0};
    god_status status = GOD_OK;
    double *drawn = calloc((size_t)count, sizeof *drawn);
    if (drawn == NULL) {
        return god_fail(err, GOD_E_NOMEM, "out of memory for %lld ids", (long long)count);
    }
    tiny_model_draw("bulk", bulk->seed, (size_t)count, drawn);
    for (int64_t first = 0; first < bulk->sequences && status == GOD_OK; first += at_once) {
        int64_t end = first + at_once < bulk->sequences ? first + at_once : bulk->sequences;
        lay_out(bulk, drawn, vocab_size, first, end, pack);
        status = golden_pack_compare(pack, scored, p, q, &bulk_nll, &bulk_kl, err);
    }
    free(drawn);
    nll->got += bulk_nll.got;
    nll->wanted += bulk->nll;
    kl->got += bulk_kl.got;
    kl->wanted += bulk->kl;
    return status;
}

double golden_error_of_sums(const golden_agreement *agreement)
{
    return (agreement->got - agreement->wanted) / fabs(agreement->wanted);
}

int golden_within_bounds(const golden_agreement *nll, const golden_agreement *kl, uint32_t precision, int with_bulk)
{
    const double bound = with_bulk ? BF16_BOUND : BF16_BOUND_OF_FEW;
    if (precision == GOD_PRECISION_F32) {
        return nll->worst <= F32_BOUND && kl->worst <= F32_BOUND;
    }
    return fabs(golden_error_of_sums(nll)) <= bound && fabs(golden_error_of_sums(kl)) <= bound;
}
