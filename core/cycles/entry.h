/* core/cycles/entry.h: the steps of the half from the schedule to the gate, and of the end of a tournament; what their
 * files share. Internal to core/cycles; each function runs inside a step. [one] */
#ifndef GDI_CYCLES_ENTRY_H
#define GDI_CYCLES_ENTRY_H

#include "core/cycles/steps.h"

/* ---- steps ---- */

god_status gdi_step_nodes(gdi_step *step, god_error *err);           /* nodes.c, section 4 */
god_status gdi_step_transfers(gdi_step *step, god_error *err);       /* transfers.c, 23 */
god_status gdi_step_schedule(gdi_step *step, god_error *err);        /* schedule.c, 6 */
god_status gdi_step_boss_repository(gdi_step *step, god_error *err); /* creation.c, 7 */
god_status gdi_step_registration(gdi_step *step, god_error *err);    /* registration.c, 8 and 9.1 */
god_status gdi_step_gate_second(gdi_step *step, god_error *err);     /* gate_second.c, 9.4 */
god_status gdi_step_evidence(gdi_step *step, god_error *err);        /* evidence.c, 9.4: what was published */
god_status gdi_step_ending(gdi_step *step, god_error *err);          /* ending.c, 18 */
god_status gdi_step_weights(gdi_step *step, god_error *err);         /* weights.c, 20.6 */

/* ---- shared ---- */

/* publish_repository of a removed duplicate: tournament, hotkey. */
#define GDI_EVIDENCE_KEY "%s/%s/dedup"

/* Section 7: the record, the boss's entry. Raises GDI_ON_CREATED. */
god_status gdi_create_tournament(gdi_step *step, uint32_t type, char ret_id[GDI_TOURNAMENT_ID_BYTES], god_error *err);
/* Asks for the head of the champion's public repository, as long as the boss does not run from it. Once per pass. */
god_status gdi_ask_boss_head(gdi_step *step, uint32_t pass, god_error *err);

/* Completed tournaments of a type, newest first, in the arena. */
god_status gdi_step_history(gdi_step *step, uint32_t type, gdi_past **ret_past, const gdi_past_row **ret_rows,
                            uint32_t *ret_count, god_error *err);
/* The champion's participant row: that of the tournament in which its reign began. No row when there is none. */
god_status gdi_champion_entry(gdi_step *step, uint32_t type, const char **ret_champion, gdi_rows **ret_rows,
                              god_error *err);

static inline bool gdi_is_commit(const char *text)
{
    size_t digits = 0;
    while (digits <= 40 && ((text[digits] >= '0' && text[digits] <= '9') ||
                            ((text[digits] | 0x20) >= 'a' && (text[digits] | 0x20) <= 'f'))) {
        digits++;
    }
    return digits == 40 && text[40] == '\0';
}

#endif
