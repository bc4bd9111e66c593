/* core/tournament/fees.h: the participation fee and its refund. Sources: sections 8.3 and 23. Amounts are RAO.
 *
 * A hotkey is charged once per tournament; all hotkeys of a coldkey draw on one balance. The store applies these
 * answers in one statement ("only where the balance still covers it").
 */
#ifndef GDI_TOURNAMENT_FEES_H
#define GDI_TOURNAMENT_FEES_H

#include <stdbool.h>
#include <stdint.h>

enum { GDI_FEE_CHARGED = 1, GDI_FEE_ALREADY_CHARGED = 2, GDI_FEE_INSUFFICIENT_BALANCE = 3 };

/* What happens when this hotkey passed every check. An unknown coldkey has no balance: pass 0. *ret_balance_rao is the
 * balance afterwards. fee_rao >= 0. */
uint32_t gdi_fee_charge(int64_t fee_rao, bool already_charged, int64_t balance_rao, int64_t *ret_balance_rao);

/* What a coldkey gets back for a tournament, from the sum of its `participation_fee` (negative) and `refund` (positive)
 * events of that tournament: the absolute value of a negative sum, otherwise 0. After the refund is booked as an event
 * the sum is 0, so repeating it refunds nothing more. */
int64_t gdi_fee_refund(int64_t event_sum_rao);

#endif
