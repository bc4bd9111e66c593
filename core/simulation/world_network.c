/* The chain: who is registered, who has paid. */
#include "core/simulation/world.h"

#include "core/simulation/draw.h"
#include "core/tournament/calendar.h"

enum { BLOCK_SECONDS = 12, FIRST_BLOCK = 5000000 };

static json_t *node(const char *hotkey, const char *coldkey, const char *ip)
{
    return json_pack("{s:s, s:s, s:s, s:i}", "hotkey", hotkey, "coldkey", coldkey, "ip", ip, "port", 7999);
}

json_t *gdi_world_refresh_nodes(const gdi_world *world, const gdi_question *question)
{
    const gdi_people *people = world->people;
    json_t *nodes = json_array();
    int failed = json_array_append_new(nodes, node(people->burn_hotkey, "5BurnColdkey", "0.0.0.0"));
    for (uint32_t i = 0; i < people->miner_count; i++) {
        const gdi_miner *miner = &people->miners[i];
        if (gdi_miner_is_registered(miner, question->answered_us)) {
            failed |= json_array_append_new(nodes, node(miner->hotkey, miner->coldkey, miner->ip));
        }
    }
    if (failed) {
        json_decref(nodes);
        return NULL;
    }
    return json_pack("{s:o}", "nodes", nodes);
}

static int64_t block_at(const gdi_world *world, int64_t moment_us)
{
    return FIRST_BLOCK + (moment_us - world->people->start_us) / (BLOCK_SECONDS * GDI_SECOND_US);
}

static json_t *transfer(const gdi_world *world, const gdi_deposit *deposit, const char *address)
{
    char moment[GDI_TIME_TEXT];
    gdi_time_format(deposit->paid_us, moment);
    return json_pack("{s:s, s:s, s:s, s:s, s:I, s:I, s:I, s:s, s:s, s:s}", "id", deposit->id, "from_ss58",
                     deposit->coldkey, "to_ss58", address, "network", "finney", "amount_rao",
                     (json_int_t)deposit->amount_rao, "fee_rao", (json_int_t)125000, "block_number",
                     (json_int_t)block_at(world, deposit->paid_us), "timestamp", moment, "transaction_hash",
                     deposit->id, "extrinsic_id", deposit->id);
}

/* Everything from a little before the moment asked for: a page is answered again and again, and ids must tell. */
json_t *gdi_world_read_transfers(const gdi_world *world, const gdi_question *question)
{
    const gdi_people *people = world->people;
    const char *address = gdi_world_text(question->payload, "address");
    int64_t after_us = INT64_MIN;
    if (gdi_time_parse(gdi_world_text(question->payload, "after_timestamp"), &after_us)) {
        after_us -= GDI_HOUR_US;
    }
    json_t *transfers = json_array();
    int failed = transfers == NULL;
    for (uint32_t i = 0; i < people->miner_count; i++) {
        gdi_deposit deposits[GDI_DEPOSITS_MAX];
        uint32_t count = gdi_miner_deposits(people, &people->miners[i], question->answered_us, deposits);
        for (uint32_t k = 0; k < count; k++) {
            if (deposits[k].paid_us >= after_us) {
                failed |= json_array_append_new(transfers, transfer(world, &deposits[k], address));
            }
        }
    }
    if (failed) {
        json_decref(transfers);
        return NULL;
    }
    char moment[GDI_TIME_TEXT];
    gdi_time_format(question->answered_us / GDI_SECOND_US * GDI_SECOND_US, moment);
    return json_pack("{s:o, s:s, s:I}", "transfers", transfers, "timestamp", moment, "block",
                     (json_int_t)block_at(world, question->answered_us));
}

json_t *gdi_world_set_weights(const gdi_world *world, const gdi_question *question)
{
    return json_pack("{s:b}", "accepted", !gdi_world_happens(world, question, "refused", "", 0.2));
}
