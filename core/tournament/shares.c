#include "core/tournament/shares.h"

#include <assert.h>

#include "core/tournament/sort.h"

static bool share_before(const gdi_share *a, const gdi_share *b)
{
    return a->points_nano > b->points_nano || (a->points_nano == b->points_nano && a->entrant < b->entrant);
}

GDI_DEFINE_SORT(sort_shares, gdi_share, share_before)

/* base^exponent for whole and half exponents, by multiplication: no pow, whose last bit differs between libraries. */
static double power(double base, double exponent)
{
    double result = 1.0;
    for (; exponent >= 1.0 && result > 0.0; exponent -= 1.0) {
        result *= base;
    }
    return exponent > 0.0 ? result * sqrt(base) : result;
}

static double decay_sum(const gdi_rules *rules, uint32_t count)
{
    double sum = 0.0, term = 1.0;
    for (uint32_t r = 0; r < count && term > 0.0; r++) {
        sum += term;
        term *= rules->share_decay;
    }
    return sum;
}

void gdi_decay_shares(const gdi_rules *rules, uint32_t count, double *ret_shares)
{
    double sum = decay_sum(rules, count), term = 1.0;
    for (uint32_t r = 0; r < count; r++) {
        ret_shares[r] = term / sum;
        term *= rules->share_decay;
    }
}

double gdi_decay_share(const gdi_rules *rules, uint32_t placed_count, double rank)
{
    assert(placed_count > 0 && rank >= 1.0 && rank <= placed_count);
    return power(rules->share_decay, rank - 1.0) / decay_sum(rules, placed_count);
}

/* Gives equal entrants their common rank and share; the list is sorted. */
static void set_ranks(const gdi_rules *rules, gdi_share *shares, uint32_t count)
{
    double sum = decay_sum(rules, count), term = 1.0; /* 0.3^first */
    for (uint32_t first = 0; first < count;) {
        uint32_t end = first + 1;
        while (end < count && shares[end].points_nano == shares[first].points_nano) {
            end++;
        }
        double half_width = (double)(end - first - 1) / 2; /* the mean of first + 1 .. end, from the first of them */
        double rank = (double)first + 1 + half_width;
        double share = term * power(rules->share_decay, half_width) / sum;
        for (; first < end; first++, term *= rules->share_decay) {
            shares[first].rank = rank;
            shares[first].share = share;
        }
    }
}

uint32_t gdi_place(const gdi_rules *rules, gdi_entrant champion, const double *points, uint32_t entrant_count,
                   gdi_share *ret_shares)
{
    uint32_t count = 0;
    for (uint32_t e = 0; e < entrant_count; e++) {
        if (e != champion && points[e] > 0) {
            assert(points[e] < 9e9);
            ret_shares[count++] = (gdi_share){.entrant = e, .points_nano = llround(points[e] * 1e9)};
        }
    }
    if (count == 0) {
        return 0;
    }
    if (champion != GDI_NOBODY) {
        ret_shares[count++] = (gdi_share){.entrant = champion, .points_nano = INT64_MAX};
    }
    sort_shares(ret_shares, count);
    set_ranks(rules, ret_shares, count);
    return count;
}
