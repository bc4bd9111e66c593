#include "core/tournament/ranking.h"

#include <assert.h>

#include "core/tournament/sort.h"

static bool standing_before(const gdi_standing *a, const gdi_standing *b)
{
    return a->value < b->value || (a->value == b->value && a->entrant < b->entrant);
}

GDI_DEFINE_SORT(sort_standings, gdi_standing, standing_before)

/* Rewards are negated while they are sorted, which is exact, so that one order serves both directions. */
static double sort_key(uint32_t direction, double value)
{
    assert(direction == GOD_LOWER_WINS || direction == GOD_HIGHER_WINS);
    return direction == GOD_LOWER_WINS ? value : -value;
}

uint32_t gdi_rank(uint32_t direction, const gdi_score *scores, uint32_t count, gdi_standing *ret_ranked)
{
    uint32_t valid_count = 0;
    for (uint32_t i = 0; i < count; i++) {
        if (gdi_has_value(scores[i].value)) {
            ret_ranked[valid_count++] =
                (gdi_standing){.value = sort_key(direction, scores[i].value), .entrant = scores[i].entrant};
        }
    }
    sort_standings(ret_ranked, valid_count);
    for (uint32_t i = 0; i < valid_count; i++) {
        ret_ranked[i].value = sort_key(direction, ret_ranked[i].value);
        ret_ranked[i].rank = i + 1;
    }
    return valid_count;
}

/* How many of the worst valid results are punished. */
static uint32_t penalty_count(const gdi_rules *rules, uint32_t valid_count)
{
    if (valid_count <= rules->penalty_free_count) {
        return 0;
    }
    uint32_t share = (uint32_t)(rules->penalty_share * valid_count);
    return share > 1 ? share : 1;
}

gdi_entrant gdi_quality_scores(const gdi_rules *rules, uint32_t direction, const gdi_score *scores, uint32_t count,
                               gdi_standing *ranked, double *ret_quality)
{
    uint32_t valid_count = gdi_rank(direction, scores, count, ranked);
    if (valid_count == 0) {
        for (uint32_t i = 0; i < count; i++) {
            ret_quality[i] = 0.0;
        }
        return GDI_NOBODY;
    }
    /* The ranking is a total order, so comparing with two of its members gives a result's part of it. */
    gdi_standing first = ranked[0];
    uint32_t punished = penalty_count(rules, valid_count);
    for (uint32_t i = 0; i < count; i++) {
        ret_quality[i] = rules->score_penalty;
        if (!gdi_has_value(scores[i].value)) {
            continue;
        }
        ret_quality[i] = scores[i].entrant == first.entrant ? rules->first_place_score : 0.0;
        if (punished > 0) {
            gdi_standing self = {.value = sort_key(direction, scores[i].value), .entrant = scores[i].entrant};
            gdi_standing worst_kept = ranked[valid_count - punished - 1];
            worst_kept.value = sort_key(direction, worst_kept.value);
            if (standing_before(&worst_kept, &self)) {
                ret_quality[i] = rules->score_penalty;
            }
        }
    }
    return first.entrant;
}

gdi_entrant gdi_task_winner(uint32_t direction, const gdi_score *scores, uint32_t count)
{
    gdi_standing best = {.entrant = GDI_NOBODY};
    for (uint32_t i = 0; i < count; i++) {
        gdi_standing self = {.value = sort_key(direction, scores[i].value), .entrant = scores[i].entrant};
        if (gdi_has_value(scores[i].value) && (best.entrant == GDI_NOBODY || standing_before(&self, &best))) {
            best = self;
        }
    }
    return best.entrant;
}
