#include "core/tournament/weights.h"

#include <assert.h>

#include "core/tournament/sort.h"

static bool chain_weight_before(const gdi_chain_weight *a, const gdi_chain_weight *b)
{
    return a->node_id < b->node_id;
}

GDI_DEFINE_SORT(sort_chain_weights, gdi_chain_weight, chain_weight_before)

/* Pays one type and returns what was given. */
static double pay(const gdi_weights_input *input, const gdi_payment *payment, double scale, double *weights)
{
    double given = 0.0;
    for (uint32_t i = 0; i < payment->share_count; i++) {
        gdi_entrant entrant = payment->shares[i].entrant;
        assert(entrant < input->entrant_count);
        if (!input->is_node[entrant] || entrant == input->burn) {
            continue;
        }
        double of = entrant == payment->champion ? payment->allocation : payment->base_weight;
        double amount = payment->shares[i].share * of * scale;
        weights[entrant] += amount;
        given += amount;
    }
    return given;
}

void gdi_weights(const gdi_rules *rules, const gdi_weights_input *input, double *ret_weights,
                 gdi_weights_summary *ret_summary)
{
    gdi_weights_summary summary = {.scale = 1 - rules->participation_weight * input->active_count};
    for (uint32_t e = 0; e < input->entrant_count; e++) {
        ret_weights[e] = 0.0;
    }
    for (uint32_t t = 0; t < GDI_TYPE_COUNT; t++) {
        const gdi_payment *payment = &input->payments[t];
        double given = pay(input, payment, summary.scale, ret_weights);
        summary.undistributed += payment->allocation * summary.scale - given;
        summary.allocation_sum += payment->allocation;
    }
    for (uint32_t i = 0; i < input->active_count; i++) {
        assert(i == 0 || input->active[i - 1] < input->active[i]);
        if (input->is_node[input->active[i]]) {
            ret_weights[input->active[i]] += rules->participation_weight;
        }
    }
    if (input->burn != GDI_NOBODY && input->is_node[input->burn]) {
        double kept = rules->burn_keeps_participation ? ret_weights[input->burn] : 0.0;
        ret_weights[input->burn] = kept + ((1 - summary.allocation_sum) * summary.scale + summary.undistributed);
    }
    for (uint32_t e = 0; e < input->entrant_count; e++) {
        summary.sum += ret_weights[e];
    }
    *ret_summary = summary;
}

uint32_t gdi_chain_weights(const uint32_t *node_ids, const double *weights, uint32_t count,
                           gdi_chain_weight *ret_vector)
{
    double largest = 0.0;
    for (uint32_t i = 0; i < count; i++) {
        assert(weights[i] >= 0);
        largest = fmax(largest, weights[i]);
    }
    uint32_t kept = 0;
    for (uint32_t i = 0; i < count && largest > 0; i++) {
        double scaled = rint(weights[i] * (65535.0 / largest));
        if (scaled > 0) {
            ret_vector[kept++] = (gdi_chain_weight){.node_id = node_ids[i], .weight = (uint16_t)scaled};
        }
    }
    sort_chain_weights(ret_vector, kept);
    return kept;
}
