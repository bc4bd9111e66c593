#include "core/store/balances.h"

static god_status add_event(gdi_db *db, const char *tournament_id, const char *coldkey, const char *hotkey,
                            const char *event_type, int64_t amount_rao, int64_t now_us, int64_t *ret_id, god_error *err)
{
    gdi_rows *rows = NULL;
    GOD_TRY(GDI_QUERY(db, &rows, err,
                      "INSERT INTO balance_events (tournament_id, coldkey, hotkey, event_type, amount_rao, created_at, "
                      "updated_at) VALUES ($1, $2, $3, $4, $5, $6, $7) RETURNING id",
                      gdi_text(tournament_id), gdi_text(coldkey), gdi_text(hotkey), gdi_text(event_type),
                      gdi_int(amount_rao), gdi_time(now_us), gdi_time(now_us)));
    if (gdi_rows_next(rows)) {
        *ret_id = gdi_rows_int(rows, 0);
    }
    gdi_rows_free(rows);
    return GOD_OK;
}

god_status gdi_fee_take_in(gdi_db *db, const char *tournament_id, const char *hotkey, const char *coldkey,
                           int64_t fee_rao, int64_t now_us, int64_t *ret_event_id, god_error *err)
{
    int64_t event_id = 0;
    uint64_t changed = fee_rao == 0;
    if (fee_rao > 0) {
        GOD_TRY(GDI_RUN(db, &changed, err,
                        "UPDATE coldkey_balances SET balance_rao = balance_rao - $1, updated_at = $2 "
                        "WHERE coldkey = $3 AND balance_rao >= $4",
                        gdi_int(fee_rao), gdi_time(now_us), gdi_text(coldkey), gdi_int(fee_rao)));
    }
    if (changed > 0) {
        GOD_TRY(add_event(db, tournament_id, coldkey, hotkey, "participation_fee", -fee_rao, now_us, &event_id, err));
    }
    *ret_event_id = event_id;
    return GOD_OK;
}

god_status gdi_fees_outstanding(gdi_db *db, const char *tournament_id, gdi_rows **ret_rows, god_error *err)
{
    return GDI_QUERY(db, ret_rows, err,
                     "SELECT coldkey, CAST(SUM(amount_rao) AS BIGINT) FROM balance_events WHERE tournament_id = $1 AND "
                     "event_type IN ('participation_fee', 'refund') GROUP BY coldkey HAVING SUM(amount_rao) < 0 "
                     "ORDER BY coldkey",
                     gdi_text(tournament_id));
}

god_status gdi_fee_refund_in(gdi_db *db, const char *tournament_id, const char *coldkey, int64_t amount_rao,
                             int64_t now_us, god_error *err)
{
    int64_t event_id = 0;
    GOD_TRY(GDI_RUN(db, NULL, err,
                    "UPDATE coldkey_balances SET balance_rao = balance_rao + $1, updated_at = $2 WHERE coldkey = $3",
                    gdi_int(amount_rao), gdi_time(now_us), gdi_text(coldkey)));
    return add_event(db, tournament_id, coldkey, NULL, "refund", amount_rao, now_us, &event_id, err);
}

god_status gdi_transfer_add_in(gdi_db *db, const gdi_transfer *t, int64_t now_us, bool *ret_new, god_error *err)
{
    uint64_t added = 0;
    GOD_TRY(
        GDI_RUN(db, &added, err,
                "INSERT INTO transfers (id, to_ss58, to_hex, from_ss58, from_hex, network, block_number, timestamp, "
                "amount_rao, fee_rao, transaction_hash, extrinsic_id, created_at, updated_at) "
                "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14) ON CONFLICT (id) DO NOTHING",
                gdi_text(t->id), gdi_text(t->to_ss58), gdi_text(t->to_hex), gdi_text(t->from_ss58),
                gdi_text(t->from_hex), gdi_text(t->network), gdi_int(t->block_number), gdi_time(t->timestamp_us),
                gdi_int(t->amount_rao), gdi_int(t->fee_rao), gdi_text(t->transaction_hash), gdi_text(t->extrinsic_id),
                gdi_time(now_us), gdi_time(now_us)));
    if (added > 0) {
        GOD_TRY(GDI_RUN(db, NULL, err,
                        "INSERT INTO coldkey_balances (coldkey, balance_rao, total_sent_rao, transfer_count, "
                        "last_transfer_at, created_at, updated_at) VALUES ($1, $2, $3, 1, $4, $5, $6) "
                        "ON CONFLICT (coldkey) DO UPDATE SET "
                        "balance_rao = coldkey_balances.balance_rao + excluded.balance_rao, "
                        "total_sent_rao = coldkey_balances.total_sent_rao + excluded.total_sent_rao, "
                        "transfer_count = coldkey_balances.transfer_count + 1, "
                        "last_transfer_at = CASE WHEN coldkey_balances.last_transfer_at > excluded.last_transfer_at "
                        "THEN coldkey_balances.last_transfer_at ELSE excluded.last_transfer_at END, "
                        "updated_at = excluded.updated_at",
                        gdi_text(t->from_ss58), gdi_int(t->amount_rao), gdi_int(t->amount_rao),
                        gdi_time(t->timestamp_us), gdi_time(now_us), gdi_time(now_us)));
    }
    *ret_new = added > 0;
    return GOD_OK;
}

god_status gdi_transfer_state_read(gdi_db *db, gdi_transfer_state *ret_state, god_error *err)
{
    gdi_rows *rows = NULL;
    gdi_transfer_state state = {.block = 0};
    GOD_TRY(gdi_db_query(db,
                         "SELECT last_processed_timestamp, last_processed_block FROM transfer_processing_state "
                         "WHERE id = 1",
                         NULL, 0, &rows, err));
    if (gdi_rows_next(rows)) {
        state = (gdi_transfer_state){.timestamp_us = gdi_rows_time(rows, 0), .block = gdi_rows_int(rows, 1)};
    }
    gdi_rows_free(rows);
    *ret_state = state;
    return GOD_OK;
}

god_status gdi_transfer_state_advance_in(gdi_db *db, const gdi_transfer_state *state, const char *target_address,
                                         int64_t now_us, god_error *err)
{
    gdi_transfer_state before;
    GOD_TRY(gdi_transfer_state_read(db, &before, err));
    int64_t timestamp_us = state->timestamp_us > before.timestamp_us ? state->timestamp_us : before.timestamp_us;
    int64_t block = state->block > before.block ? state->block : before.block;
    return GDI_RUN(db, NULL, err,
                   "INSERT INTO transfer_processing_state (id, last_processed_timestamp, last_processed_block, "
                   "target_address, updated_at) VALUES (1, $1, $2, $3, $4) ON CONFLICT (id) DO UPDATE SET "
                   "last_processed_timestamp = excluded.last_processed_timestamp, "
                   "last_processed_block = excluded.last_processed_block, target_address = excluded.target_address, "
                   "updated_at = excluded.updated_at",
                   gdi_time(timestamp_us), gdi_int(block), gdi_text(target_address), gdi_time(now_us));
}
