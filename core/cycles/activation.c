/* core/cycles/activation.c: the field is complete. Source: section 9.1. */
#include "core/cycles/registration.h"

god_status gdi_activate(gdi_step *step, uint32_t entrants, god_error *err)
{
    const gdi_tournament *tournament = &step->tournament;
    const char *event = NULL;
    bool moved = false;
    GOD_TRY(gdi_tournament_move_in(step->db, tournament->id, GDI_TOURNAMENT_PENDING, GDI_TOURNAMENT_ACTIVE,
                                   step->now_us, &moved, err));
    if (!moved) {
        return GOD_OK;
    }
    GOD_TRY(gdi_step_format(step, &event, err, "%s/started", tournament->id));
    GOD_TRY(gdi_step_notify(step, event, err, "%s tournament %s started with %u entrants",
                            gdi_type_name(tournament->type), tournament->id, entrants));
    gdi_step_log(step, GOD_LOG_INFO, "the tournament is active", NULL, NULL);
    step->changed = true;
    gdi_step_raise(step, GDI_ON_ACTIVATED);
    return GOD_OK;
}
