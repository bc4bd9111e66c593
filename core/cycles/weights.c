/* core/cycles/weights.c: the weight vector, computed and handed out for submission in every period. Source: section
 * 20.6. The executor turns hotkeys into node ids, weights into 16 bits, and waits for the chain. */
#include "core/cycles/emissions.h"
#include "core/cycles/entry.h"
#include "core/cycles/periodic.h"
#include "core/tournament/calendar.h"

static god_status no_memory(god_error *err)
{
    return god_fail(err, GOD_E_NOMEM, "no memory for the weights");
}

static json_t *shares_of(const gdi_emissions *emissions, const gdi_type_emission *emission)
{
    json_t *list = json_array();
    for (uint32_t i = 0; i < emission->share_count; i++) {
        const gdi_share *share = &emission->shares[i];
        json_t *entry = json_pack("{s:s, s:f, s:f}", "hotkey", emissions->roster.hotkeys[share->entrant], "rank",
                                  share->rank, "share", share->share);
        if (json_array_append_new(list, entry) != 0) {
            json_decref(list);
            return NULL;
        }
    }
    return list;
}

/* What an auditor needs to compute the vector again. */
static json_t *audit_of(const gdi_emissions *emissions)
{
    json_t *data = json_object();
    int failed = 0;
    for (uint32_t type = GDI_TEXT; type <= GDI_TYPE_COUNT; type++) {
        const gdi_type_emission *e = gdi_emission_of(emissions, type);
        json_t *entry =
            json_pack("{s:s?, s:s?, s:I, s:f, s:f, s:f, s:o}", "tournament_id", e->tournament_id, "champion",
                      e->champion, "consecutive_wins", (json_int_t)e->consecutive_wins, "performance_difference",
                      e->performance_difference, "allocation", e->allocation.allocation, "burn_proportion",
                      e->burn_proportion, "shares", shares_of(emissions, e));
        failed |= json_object_set_new(data, gdi_type_name(type), entry);
    }
    json_t *active = json_array();
    for (uint32_t i = 0; i < emissions->active_count; i++) {
        failed |= json_array_append_new(active, json_string(emissions->roster.hotkeys[emissions->active[i]]));
    }
    failed |= json_object_set_new(data, "active_participants", active);
    failed |= json_object_set_new(data, "scale", json_real(emissions->summary.scale));
    failed |= json_object_set_new(data, "burn_weight", json_real(emissions->burn_weight));
    if (failed != 0) {
        json_decref(data);
        return NULL;
    }
    return json_pack("{s:o}", "tournament_audit_data", data);
}

static god_status make_payload(gdi_step *step, const gdi_emissions *emissions, json_t **ret_payload, god_error *err)
{
    json_t *weights = json_object();
    for (uint32_t i = 0; i < emissions->roster.count; i++) {
        if (emissions->weights[i] > 0 &&
            json_object_set_new(weights, emissions->roster.hotkeys[i], json_real(emissions->weights[i])) != 0) {
            json_decref(weights);
            return no_memory(err);
        }
    }
    *ret_payload = json_pack("{s:I, s:o, s:o}", "netuid", (json_int_t)step->options->netuid, "weights", weights,
                             "audit", audit_of(emissions));
    return *ret_payload == NULL ? no_memory(err) : GOD_OK;
}

static god_status ask(gdi_step *step, json_t **ret_payload, god_error *err)
{
    gdi_emissions emissions;
    gdi_emissions_input input = {.db = step->db,
                                 .rules = step->options->rules,
                                 .burn_hotkey = step->options->burn_hotkey,
                                 .netuid = step->options->netuid,
                                 .now_us = step->now_us};
    GOD_TRY(gdi_emissions_read(&input, &emissions, err));
    god_status status = GOD_OK;
    bool has_nodes = false;
    for (uint32_t i = 0; i < emissions.roster.count; i++) {
        has_nodes |= emissions.weights[i] > 0;
    }
    if (has_nodes) {
        status = make_payload(step, &emissions, ret_payload, err);
    }
    gdi_emissions_fini(&emissions);
    return status;
}

/* Accepted or not, the next period brings a newer vector. */
static god_status apply(gdi_step *step, const json_t *result, god_error *err)
{
    (void)err;
    if (json_is_false(json_object_get(result, "accepted"))) {
        gdi_step_log(step, GOD_LOG_WARNING, "the chain did not accept the weights, the next period tries again", NULL,
                     NULL);
    }
    return GOD_OK;
}

god_status gdi_step_weights(gdi_step *step, god_error *err)
{
    const gdi_period period = {.kind = GDI_WORK_SET_WEIGHTS,
                               .period_us = step->options->weights_period_us,
                               .default_us = 72 * 60 * GDI_SECOND_US,
                               .ask = ask,
                               .apply = apply};
    return gdi_step_periodic(step, &period, err);
}
