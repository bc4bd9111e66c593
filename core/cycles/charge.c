/* core/cycles/charge.c: the fee, once per tournament and hotkey, and the entry it pays. Source: section 8.3. */
#include "core/cycles/registration.h"
#include "core/store/balances.h"
#include "core/store/participants.h"
#include "core/tournament/registration.h"

static uint32_t list_length(const char *const *list)
{
    uint32_t length = 0;
    while (list != NULL && list[length] != NULL) {
        length++;
    }
    return length;
}

/* The white-listed ones of those asked for, as a JSON list; NULL when there are none. */
static god_status choose_datasets(gdi_step *step, const json_t *requested, const char **ret_json, god_error *err)
{
    const char *const *white_list = step->options->dataset_white_list;
    const char **names = NULL;
    uint32_t *places = NULL;
    uint32_t count = 0;
    *ret_json = NULL;
    GOD_TRY(GDI_STEP_NEW(step, json_array_size(requested), &names, err));
    GOD_TRY(GDI_STEP_NEW(step, step->options->rules->requested_datasets_max, &places, err));
    for (size_t i = 0; i < json_array_size(requested); i++) {
        const char *name = json_string_value(json_array_get(requested, i));
        if (name != NULL) {
            names[count++] = name;
        }
    }
    uint32_t kept =
        gdi_requested_datasets(step->options->rules, names, count, white_list, list_length(white_list), places);
    if (kept == 0) {
        return GOD_OK;
    }
    json_t *list = json_array();
    GOD_TRY(gdi_step_keep_json_take(step, list, err));
    for (uint32_t i = 0; i < kept; i++) {
        if (json_array_append_new(list, json_string(names[places[i]])) != 0) {
            return god_fail(err, GOD_E_NOMEM, "no memory for the data sets of an entry");
        }
    }
    return gdi_step_dump(step, list, ret_json, err);
}

static god_status enter(gdi_step *step, const gdi_applicant *applicant, gdi_participant *entry, uint32_t *entrants,
                        god_error *err)
{
    int64_t fee_rao = gdi_rules_of(step->options->rules, step->tournament.type)->fee_rao;
    GOD_TRY(gdi_fee_take_in(step->db, step->tournament.id, applicant->hotkey, applicant->coldkey, fee_rao, step->now_us,
                            &entry->fee_event_id, err));
    if (entry->fee_event_id == 0) {
        gdi_step_log(step, GOD_LOG_INFO, "an entry was rejected: the balance does not cover the fee", "hotkey",
                     applicant->hotkey);
        return GOD_OK;
    }
    (*entrants)++;
    return gdi_participant_add_in(step->db, step->tournament.id, entry, step->now_us, err);
}

static god_status settle(gdi_step *step, const gdi_applicant *applicant, uint32_t *entrants, god_error *err)
{
    if (!applicant->is_wanted || !applicant->is_accepted) {
        return GOD_OK;
    }
    gdi_participant entry = {.hotkey = applicant->hotkey,
                             .repo = applicant->repo,
                             .commit = applicant->commit,
                             .token = applicant->token,
                             .ip = applicant->ip,
                             .source_digest = applicant->source_digest};
    GOD_TRY(choose_datasets(step, applicant->requested_datasets, &entry.requested_datasets_json, err));
    step->changed = true;
    return applicant->is_entrant ? gdi_participant_update_in(step->db, step->tournament.id, &entry, err)
                                 : enter(step, applicant, &entry, entrants, err);
}

god_status gdi_pass_charge(gdi_step *step, const gdi_pass *pass, uint32_t *ret_entrants, god_error *err)
{
    uint32_t entrants = 0;
    for (uint32_t i = 0; i < pass->count; i++) {
        entrants += pass->applicants[i].is_entrant ? 1 : 0;
    }
    for (uint32_t i = 0; i < pass->count; i++) {
        GOD_TRY(settle(step, &pass->applicants[i], &entrants, err));
    }
    *ret_entrants = entrants;
    return GOD_OK;
}
