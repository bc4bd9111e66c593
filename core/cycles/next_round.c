/* core/cycles/next_round.c: the winners of a completed round meet again, or the boss retains the title. Section 10.3.
 */
#include "core/tournament/next_round.h"

#include "core/cycles/rounds.h"

/* Of the winners, those that the gate left alive, in their order; `has_node` is by entrant. */
static god_status alive(gdi_step *step, const gdi_roster *roster, gdi_entrant *winners, uint32_t *count,
                        bool **ret_has_node, god_error *err)
{
    gdi_rows *rows = NULL;
    bool *lives = NULL, *has_node = NULL;
    GOD_TRY(GDI_STEP_NEW(step, roster->count, &lives, err));
    GOD_TRY(GDI_STEP_NEW(step, roster->count, &has_node, err));
    GDI_KEEP(step, rows, err, gdi_round_living(step->db, step->tournament.id, step->options->netuid, &rows, err));
    while (gdi_rows_next(rows)) {
        gdi_entrant entrant = gdi_roster_find(roster, gdi_rows_text(rows, GDI_LIVING_HOTKEY));
        if (entrant != GDI_NOBODY) {
            lives[entrant] = true;
            has_node[entrant] = gdi_rows_bool(rows, GDI_LIVING_HAS_NODE);
        }
    }
    uint32_t kept = 0;
    for (uint32_t i = 0; i < *count; i++) {
        if (lives[winners[i]] || winners[i] == roster->boss) {
            winners[kept++] = winners[i];
        }
    }
    *count = kept;
    *ret_has_node = has_node;
    return GOD_OK;
}

/* Winners that left the network are out in the round that they won. */
static god_status drop_gone(gdi_step *step, const gdi_round *round, const gdi_roster *roster, const bool *has_node,
                            gdi_entrant *winners, uint32_t *count, god_error *err)
{
    for (uint32_t i = 0; i < *count; i++) {
        const char *hotkey = roster->hotkeys[winners[i]];
        if (winners[i] != roster->boss && !has_node[winners[i]]) {
            gdi_step_log(step, GOD_LOG_ERROR, "winner of a round has no node any more and is dropped", "hotkey",
                         hotkey);
            GOD_TRY(gdi_round_eliminate_in(step->db, step->tournament.id, round->id, hotkey, err));
        }
    }
    *count = gdi_drop_without_node(roster->boss, has_node, winners, *count);
    return GOD_OK;
}

static god_status draw(gdi_step *step, const gdi_round *round, const gdi_roster *roster, const gdi_entrant *winners,
                       uint32_t count, god_error *err)
{
    gdi_bracket bracket = {.entrant_count = 0};
    gdi_round next = {.number = 0};
    char round_id[GDI_ID_BYTES];
    gdi_stream stream;
    GOD_TRY(gdi_bracket_room(step, count + 1, &bracket, err));
    (void)memcpy(bracket.entrants, winners, count * sizeof *winners);
    bracket.entrant_count = count;
    if (!gdi_round_id(step->tournament.id, round->number + 1, round_id, sizeof round_id)) {
        return god_fail(err, GOD_E_INVALID, "the id of a round of %s is too long", step->tournament.id);
    }
    gdi_stream_open(&stream, round_id, "bracket");
    uint32_t what = gdi_next_round(step->options->rules, step->tournament.type, roster->boss, &stream, &bracket);
    if (what == GDI_NEXT_BOSS_RETAINS) {
        return gdi_decide(step, step->options->burn_hotkey, NULL, round->id, err);
    }
    return gdi_round_write(step, round->number + 1, &bracket, roster, &next, err);
}

god_status gdi_step_next_round(gdi_step *step, god_error *err)
{
    gdi_round round = {.number = 0};
    god_error none = GOD_ERROR_INIT;
    bool open = true, *has_node = NULL;
    if (step->tournament.winner_hotkey[0] != '\0') {
        return GOD_OK;
    }
    god_status status = gdi_round_last(step->db, step->tournament.id, &round, &none);
    if (status != GOD_OK || round.status != GDI_ROUND_FINISHED || round.is_final) {
        return status == GOD_OK || status == GOD_E_NOT_FOUND ? GOD_OK : god_fail(err, status, "%s", none.message);
    }
    if (round.number == 1) {
        GOD_TRY(gdi_gate_second_open(step, round.id, &open, err));
    }
    if (!open) {
        return GOD_OK;
    }
    gdi_round_results results = {.task_count = 0};
    gdi_entrant *winners = NULL;
    uint32_t count = 0;
    GOD_TRY(gdi_round_results_read(step, &round, &results, err));
    GOD_TRY(gdi_round_winners(step, &round, &results, &winners, &count, err));
    GOD_TRY(alive(step, &results.roster, winners, &count, &has_node, err));
    GOD_TRY(drop_gone(step, &round, &results.roster, has_node, winners, &count, err));
    return draw(step, &round, &results.roster, winners, count, err);
}
