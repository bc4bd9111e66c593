/* core/cycles/transfers.c: deposits into the collection address, read every 5 minutes. Source: section 23. */
#include <string.h>

#include "core/cycles/entry.h"
#include "core/cycles/periodic.h"
#include "core/store/balances.h"
#include "core/tournament/calendar.h"

/* More than there will ever be: 21 million TAO. A larger amount is a mistake, and sums of these stay far from 2^63. */
static const int64_t amount_rao_max = INT64_C(21000000) * 1000000000;

static god_status ask(gdi_step *step, json_t **ret_payload, god_error *err)
{
    gdi_transfer_state state;
    char after[GDI_TIME_TEXT];
    GOD_TRY(gdi_transfer_state_read(step->db, &state, err));
    gdi_time_format(state.timestamp_us, after);
    *ret_payload = json_pack("{s:s, s:s, s:I}", "address", step->options->collection_address, "after_timestamp", after,
                             "after_block", (json_int_t)state.block);
    return *ret_payload == NULL ? god_fail(err, GOD_E_NOMEM, "no memory for a job") : GOD_OK;
}

static const char *text_of(const json_t *entry, const char *name)
{
    return json_string_value(json_object_get(entry, name));
}

/* false: not one that can be credited. */
static bool read_transfer(const gdi_step *step, const json_t *entry, gdi_transfer *ret_transfer)
{
    const char *timestamp = text_of(entry, "timestamp");
    gdi_transfer t = {.id = text_of(entry, "id"),
                      .from_ss58 = text_of(entry, "from_ss58"),
                      .to_ss58 = text_of(entry, "to_ss58"),
                      .from_hex = text_of(entry, "from_hex"),
                      .to_hex = text_of(entry, "to_hex"),
                      .network = text_of(entry, "network"),
                      .transaction_hash = text_of(entry, "transaction_hash"),
                      .extrinsic_id = text_of(entry, "extrinsic_id"),
                      .amount_rao = json_integer_value(json_object_get(entry, "amount_rao")),
                      .fee_rao = json_integer_value(json_object_get(entry, "fee_rao")),
                      .block_number = json_integer_value(json_object_get(entry, "block_number"))};
    if (t.id == NULL || t.from_ss58 == NULL || t.to_ss58 == NULL || timestamp == NULL || t.amount_rao <= 0 ||
        t.amount_rao > amount_rao_max || !gdi_time_parse(timestamp, &t.timestamp_us) ||
        strcmp(t.to_ss58, step->options->collection_address) != 0) {
        return false;
    }
    *ret_transfer = t;
    return true;
}

static god_status apply(gdi_step *step, const json_t *result, god_error *err)
{
    const json_t *list = json_object_get(result, "transfers");
    for (size_t i = 0; i < json_array_size(list); i++) {
        gdi_transfer transfer;
        bool is_new = false;
        if (!read_transfer(step, json_array_get(list, i), &transfer)) {
            const char *id = text_of(json_array_get(list, i), "id");
            gdi_step_log(step, GOD_LOG_WARNING, "a transfer cannot be credited, ignoring", "transfer", id);
            continue;
        }
        GOD_TRY(gdi_transfer_add_in(step->db, &transfer, step->now_us, &is_new, err));
        if (is_new) {
            gdi_step_log(step, GOD_LOG_INFO, "credited a transfer", "transfer", transfer.id);
        }
    }
    gdi_transfer_state state = {.block = json_integer_value(json_object_get(result, "block"))};
    const char *timestamp = text_of(result, "timestamp");
    if (timestamp == NULL || !gdi_time_parse(timestamp, &state.timestamp_us)) {
        return GOD_OK; /* nothing was said about how far it read: the same stretch is read again, by id nothing doubles
                        */
    }
    return gdi_transfer_state_advance_in(step->db, &state, step->options->collection_address, step->now_us, err);
}

god_status gdi_step_transfers(gdi_step *step, god_error *err)
{
    const gdi_period period = {.kind = GDI_WORK_READ_TRANSFERS,
                               .period_us = step->options->transfers_period_us,
                               .default_us = 5 * 60 * GDI_SECOND_US,
                               .ask = ask,
                               .apply = apply};
    return step->options->collection_address == NULL ? GOD_OK : gdi_step_periodic(step, &period, err);
}
