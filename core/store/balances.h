/* core/store/balances.h: what coldkeys paid in, what tournaments took, what was given back. Sources: sections 8.3, 23
 * and 24. Amounts are RAO. [one]
 *
 * Functions that end in _in write and belong inside the caller's transaction. Two things the schema itself refuses: a
 * negative balance, and a second fee of a hotkey in one tournament. */
#ifndef GDI_STORE_BALANCES_H
#define GDI_STORE_BALANCES_H

#include "core/store/db.h"

/* Takes the fee from the coldkey's balance, in one statement that touches it only where it covers the fee, and records
 * the event. *ret_event_id is 0, and nothing was written, when the balance is too small or there is none. */
god_status gdi_fee_take_in(gdi_db *db, const char *tournament_id, const char *hotkey, const char *coldkey,
                           int64_t fee_rao, int64_t now_us, int64_t *ret_event_id, god_error *err);

/* Coldkeys whose fees and refunds of this tournament sum to less than 0, ascending: coldkey, sum. */
god_status gdi_fees_outstanding(gdi_db *db, const char *tournament_id, gdi_rows **ret_rows, god_error *err);
/* Credits and records it. amount_rao > 0. */
god_status gdi_fee_refund_in(gdi_db *db, const char *tournament_id, const char *coldkey, int64_t amount_rao,
                             int64_t now_us, god_error *err);

typedef struct gdi_transfer {
    const char *id, *from_ss58, *to_ss58;
    const char *from_hex, *to_hex, *network, *transaction_hash, *extrinsic_id; /* NULL: not told */
    int64_t amount_rao, fee_rao, block_number;
    int64_t timestamp_us;
} gdi_transfer;
/* Records a transfer and credits its sender. *ret_new is false, and nothing was written, when its id is there. */
god_status gdi_transfer_add_in(gdi_db *db, const gdi_transfer *transfer, int64_t now_us, bool *ret_new, god_error *err);

/* Up to where transfers were read. Zeroes: from the start. */
typedef struct gdi_transfer_state {
    int64_t timestamp_us, block;
} gdi_transfer_state;
god_status gdi_transfer_state_read(gdi_db *db, gdi_transfer_state *ret_state, god_error *err);
/* Moves it forward; never back. */
god_status gdi_transfer_state_advance_in(gdi_db *db, const gdi_transfer_state *state, const char *target_address,
                                         int64_t now_us, god_error *err);

#endif
