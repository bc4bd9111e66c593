#include "core/tournament/fees.h"

#include <assert.h>

uint32_t gdi_fee_charge(int64_t fee_rao, bool already_charged, int64_t balance_rao, int64_t *ret_balance_rao)
{
    assert(fee_rao >= 0);
    *ret_balance_rao = balance_rao;
    if (already_charged) {
        return GDI_FEE_ALREADY_CHARGED;
    }
    if (balance_rao < fee_rao) {
        return GDI_FEE_INSUFFICIENT_BALANCE;
    }
    *ret_balance_rao = balance_rao - fee_rao;
    return GDI_FEE_CHARGED;
}

int64_t gdi_fee_refund(int64_t event_sum_rao)
{
    assert(event_sum_rao > INT64_MIN);
    return event_sum_rao < 0 ? -event_sum_rao : 0;
}
