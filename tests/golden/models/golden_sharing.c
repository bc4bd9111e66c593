#include "golden_sharing.h"

#include <string.h>

enum { SEQUENCES_MAX = 3 * GOLDEN_IDS_MAX };

/* One way to write the same sequences down. `rows` are those of the endings, in the same order in both ways. */
typedef struct layout {
    int32_t ids[GOLDEN_IDS_MAX], targets[GOLDEN_IDS_MAX];
    int64_t starts[SEQUENCES_MAX + 1], prefixes[SEQUENCES_MAX], rows[GOLDEN_IDS_MAX];
    int64_t count, sequences, row_count;
    double nll[GOLDEN_IDS_MAX], kl[GOLDEN_IDS_MAX];
} layout;

static void append_ids(layout *l, const int32_t *ids, int64_t count)
{
    for (int64_t i = 0; i < count; i++) {
        l->ids[l->count++] = ids[i];
    }
}

static void add_sequence(layout *l, int64_t prefix, const int32_t *first, int64_t first_count, const int32_t *second,
                         int64_t second_count, uint32_t is_ending)
{
    for (int64_t i = 0; is_ending && i < second_count; i++) {
        l->targets[l->row_count] = i + 1 < second_count ? second[i + 1] : second[0];
        l->rows[l->row_count++] = l->count + first_count + i;
    }
    l->prefixes[l->sequences++] = prefix;
    append_ids(l, first, first_count);
    append_ids(l, second, second_count);
    l->starts[l->sequences] = l->count;
}

/* The sequence's own ending, and that ending backwards. */
static void add_family(const int32_t *ids, int64_t count, int64_t cut, layout *whole, layout *shared)
{
    int32_t endings[2][GOLDEN_IDS_MAX];
    int64_t prefix = shared->sequences, rest = count - cut;
    for (int64_t i = 0; i < rest; i++) {
        endings[0][i] = ids[cut + i];
        endings[1][i] = ids[count - 1 - i];
    }
    add_sequence(shared, -1, ids, cut, NULL, 0, 0);
    for (int e = 0; e < 2; e++) {
        add_sequence(shared, prefix, NULL, 0, endings[e], rest, 1);
        add_sequence(whole, -1, ids, cut, endings[e], rest, 1);
    }
}

static god_status score(layout *l, golden_side p, golden_side q, god_error *err)
{
    static uint8_t mask[GOLDEN_IDS_MAX];
    const god_nn_pack pack = {l->ids, l->starts, l->sequences, l->prefixes};
    god_nn_states *p_states = NULL, *q_states = NULL;
    (void)memset(mask, 1, sizeof mask);
    god_status status = god_nn_lm_states(p.lm, p.adapter, &pack, l->rows, l->row_count, &p_states, err);
    if (status == GOD_OK) {
        status = god_nn_lm_states(q.lm, q.adapter, &pack, l->rows, l->row_count, &q_states, err);
    }
    if (status == GOD_OK) {
        status = god_nn_lm_nll(p.lm, p.adapter, p_states, l->targets, l->nll, err);
    }
    if (status == GOD_OK) {
        status = god_nn_lm_kl(p.lm, p.adapter, p_states, q.lm, q_states, mask, l->kl, err);
    }
    god_nn_states_free(p_states);
    god_nn_states_free(q_states);
    return status;
}

static god_status compare_cut(const golden_pack *pack, uint32_t cut_kind, golden_side p, golden_side q,
                              golden_sharing *sharing, god_error *err)
{
    static layout whole, shared;
    whole.count = whole.sequences = whole.row_count = 0;
    shared.count = shared.sequences = shared.row_count = 0;
    for (int64_t s = 0; s < pack->sequences; s++) {
        const int64_t count = pack->starts[s + 1] - pack->starts[s], cuts[] = {count / 3, 1, count - 1};
        if (cuts[cut_kind] >= 1 && cuts[cut_kind] < count) {
            add_family(pack->ids + pack->starts[s], count, cuts[cut_kind], &whole, &shared);
        }
    }
    if (whole.row_count == 0) {
        return GOD_OK;
    }
    GOD_TRY(score(&whole, p, q, err));
    GOD_TRY(score(&shared, p, q, err));
    for (int64_t r = 0; r < whole.row_count; r++) {
        sharing->different += memcmp(&whole.nll[r], &shared.nll[r], sizeof whole.nll[r]) != 0;
        sharing->different += memcmp(&whole.kl[r], &shared.kl[r], sizeof whole.kl[r]) != 0;
    }
    sharing->compared += 2 * whole.row_count;
    sharing->tokens_whole += whole.count;
    sharing->tokens_shared += shared.count;
    return GOD_OK;
}

god_status golden_sharing_compare(const golden_pack *pack, golden_side p, golden_side q, golden_sharing *sharing,
                                  god_error *err)
{
    for (uint32_t kind = 0; kind < 3; kind++) {
        GOD_TRY(compare_cut(pack, kind, p, q, sharing, err));
    }
    return GOD_OK;
}
