/* core/tournament/weights.h: the weight vector. Sources: sections 20.4 to 20.6.
 *
 * Here "entrant" is a place in one ascending list of every hotkey that is named anywhere: nodes, champions, entrants of
 * the three types and active participants.
 *
 *     scale     = 1 - 0.0001 * |A|                   A: participants still alive in active tournaments
 *     champion += share * allocation * scale         others += share * base weight * scale
 *     each of A with a node += 0.0001
 *     burn      = (1 - sum of allocations) * scale + what was allocated but not given
 */
#ifndef GDI_TOURNAMENT_WEIGHTS_H
#define GDI_TOURNAMENT_WEIGHTS_H

#include "core/tournament/shares.h"

/* One type. Never held: allocation is the base weight and there are no shares, so all of it burns. */
typedef struct gdi_payment {
    double allocation, base_weight;
    gdi_entrant champion;    /* GDI_NOBODY when never held; the burn hotkey when there is no champion */
    const gdi_share *shares; /* from gdi_place, in its order */
    uint32_t share_count;
} gdi_payment;

typedef struct gdi_weights_input {
    gdi_payment payments[GDI_TYPE_COUNT]; /* text, image, environment: the order of the additions */
    const gdi_entrant *active;            /* A, ascending, no two equal; the burn hotkey may be one of them */
    uint32_t active_count;
    gdi_entrant burn;    /* GDI_NOBODY when it is not in the list */
    const bool *is_node; /* by entrant: registered on the network */
    uint32_t entrant_count;
} gdi_weights_input;

typedef struct gdi_weights_summary {
    double scale;
    double allocation_sum;
    double undistributed; /* before the burn; negative when others take more than the allocation */
    double sum;           /* of all weights: 1 up to rounding, less when somebody of A has no node or burn has none */
} gdi_weights_summary;

/* Writes entrant_count weights, 0 for whoever is no node. None is negative with the caps of section 2.1. */
void gdi_weights(const gdi_rules *rules, const gdi_weights_input *input, double *ret_weights,
                 gdi_weights_summary *ret_summary);

/* One entry of the vector that is submitted. */
typedef struct gdi_chain_weight {
    uint32_t node_id;
    uint16_t weight;
} gdi_chain_weight;

/* The vector in 16 bits: zero weights left out, the largest becomes 65535, rounded half to even, node ids ascending.
 * node_ids[i] belongs to weights[i]; weights are not negative; ids are distinct. `ret_vector` has room for `count`.
 * Returns how many entries there are; an entry may round to 0 and is then left out too. */
uint32_t gdi_chain_weights(const uint32_t *node_ids, const double *weights, uint32_t count,
                           gdi_chain_weight *ret_vector);

#endif
