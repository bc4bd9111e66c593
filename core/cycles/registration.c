/* core/cycles/registration.c: passes of a pending tournament until its field is complete. Source: section 8.
 *
 *     next_attempt_at due ──► ask_miners ──► who may enter ──► check_repository, each ──► charge, count ──► activate
 *            ▲                                                                                  │
 *            └───────────────────────── 30 minutes later ◄─────────────────────────────────────┘
 *
 * Each pending tournament has its own next_attempt_at; while it is null a pass is under way, and what the pass has done
 * so far is in its jobs.
 */
#include "core/cycles/registration.h"

#include "core/store/nodes.h"
#include "core/tournament/registration.h"

static god_status ask_key(gdi_step *step, uint32_t pass, const char **ret_key, god_error *err)
{
    return gdi_step_format(step, ret_key, err, "%s/%u", step->tournament.id, pass);
}

/* Every node that can be asked, except the burn hotkey; hotkey ascending. */
static god_status list_candidates(gdi_step *step, json_t *list, god_error *err)
{
    gdi_rows *rows = NULL;
    GOD_TRY(gdi_nodes_read(step->db, step->options->netuid, &rows, err));
    GOD_TRY(gdi_step_keep_rows_take(step, rows, err));
    while (gdi_rows_next(rows)) {
        const char *hotkey = gdi_rows_text(rows, GDI_NODES_HOTKEY);
        if (gdi_rows_is_null(rows, GDI_NODES_IP) || strcmp(hotkey, step->options->burn_hotkey) == 0) {
            continue;
        }
        json_t *node = json_pack("{s:s, s:s, s:I}", "hotkey", hotkey, "ip", gdi_rows_text(rows, GDI_NODES_IP), "port",
                                 (json_int_t)gdi_rows_int(rows, GDI_NODES_PORT));
        if (json_array_append_new(list, node) != 0) {
            return god_fail(err, GOD_E_NOMEM, "no memory for the nodes of a pass");
        }
    }
    return GOD_OK;
}

static god_status begin_pass(gdi_step *step, uint32_t number, god_error *err)
{
    gdi_work work = {.kind = GDI_WORK_ASK_MINERS};
    json_t *nodes = json_array();
    GOD_TRY(gdi_step_keep_json_take(step, nodes, err));
    GOD_TRY(list_candidates(step, nodes, err));
    GOD_TRY(ask_key(step, number, &work.key, err));
    work.payload = json_pack("{s:s, s:s, s:I, s:O}", "tournament_id", step->tournament.id, "tournament_type",
                             gdi_type_name(step->tournament.type), "pass", (json_int_t)number, "nodes", nodes);
    GOD_TRY(gdi_step_add_job(step, &work, err));
    GOD_TRY(gdi_ask_boss_head(step, number, err));
    step->changed = true;
    return gdi_tournament_pass_in(step->db, step->tournament.id, number, INT64_MAX, err);
}

static god_status end_pass(gdi_step *step, const gdi_pass *pass, god_error *err)
{
    uint32_t entrants = 0;
    GOD_TRY(gdi_pass_charge(step, pass, &entrants, err));
    gdi_registration_end end =
        gdi_registration_finish(step->options->rules, step->tournament.type, entrants, step->now_us);
    if (end.activate) {
        return gdi_activate(step, entrants, err);
    }
    const char *text = NULL;
    GOD_TRY(gdi_step_format(step, &text, err, "%u", entrants));
    gdi_step_log(step, GOD_LOG_INFO, "the field is not complete, registration goes on", "entrants", text);
    gdi_step_due(step, end.next_attempt_us);
    step->changed = true;
    return gdi_tournament_pass_in(step->db, step->tournament.id, pass->number, end.next_attempt_us, err);
}

static god_status go_on(gdi_step *step, uint32_t number, god_error *err)
{
    const char *key = NULL;
    gdi_outcome asked;
    gdi_pass pass = {.number = number};
    bool is_open = false;
    GOD_TRY(ask_key(step, number, &key, err));
    GOD_TRY(gdi_step_look(step, GDI_WORK_ASK_MINERS, key, &asked, err));
    if (asked.state == 0) {
        return begin_pass(step, number, err);
    }
    if (gdi_outcome_open(&asked)) {
        return GOD_OK;
    }
    if (asked.result == NULL) {
        gdi_step_log(step, GOD_LOG_WARNING, "the miners could not be asked in this pass", "error", asked.message);
    }
    GOD_TRY(gdi_pass_read(step, json_object_get(asked.result, "replies"), &pass, err));
    GOD_TRY(gdi_pass_select(step, &pass, err));
    GOD_TRY(gdi_pass_check(step, &pass, &is_open, err));
    return is_open ? GOD_OK : end_pass(step, &pass, err);
}

god_status gdi_step_registration(gdi_step *step, god_error *err)
{
    const gdi_tournament *tournament = &step->tournament;
    if (tournament->next_attempt_us == INT64_MAX) {
        return go_on(step, tournament->registration_pass, err);
    }
    if (tournament->next_attempt_us > step->now_us) {
        gdi_step_due(step, tournament->next_attempt_us);
        return GOD_OK;
    }
    return begin_pass(step, tournament->registration_pass + 1, err);
}
