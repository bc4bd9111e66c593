/* core/cycles/decide.c: the winner is known, and how long the champion's reign is. Sources: sections 16.1 and 18. */
#include "core/cycles/entry.h"
#include "core/store/rounds.h"

god_status gdi_decide(gdi_step *step, const char *winner_hotkey, const char *loser_hotkey, const char *round_id,
                      god_error *err)
{
    uint64_t touched = 0;
    GOD_TRY(GDI_STEP_RUN(step, &touched, err,
                         "UPDATE tournaments SET winner_hotkey = $1 WHERE tournament_id = $2 AND winner_hotkey IS NULL",
                         gdi_text(winner_hotkey), gdi_text(step->tournament.id)));
    if (touched == 0) {
        return GOD_OK;
    }
    if (loser_hotkey != NULL) {
        GOD_TRY(gdi_round_eliminate_in(step->db, step->tournament.id, round_id, loser_hotkey, err));
    }
    gdi_step_log(step, GOD_LOG_INFO, "the tournament is decided", "winner", winner_hotkey);
    gdi_step_raise(step, GDI_ON_DECIDED);
    return GOD_OK;
}

god_status gdi_consecutive_wins_of(gdi_step *step, uint32_t *ret_wins, god_error *err)
{
    gdi_past *past = NULL;
    uint32_t count = 0;
    const char *burn = step->options->burn_hotkey, *champion = step->tournament.base_winner_hotkey;
    GOD_TRY(gdi_step_history(step, step->tournament.type, &past, NULL, &count, err));
    *ret_wins = gdi_consecutive_wins(past, count, champion[0] == '\0' ? burn : champion, burn);
    return GOD_OK;
}
