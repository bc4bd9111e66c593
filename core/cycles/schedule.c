/* core/cycles/schedule.c: whether a tournament of a type is to begin. Source: section 6. */
#include "core/tournament/schedule.h"

#include <stdlib.h>

#include "core/cycles/entry.h"

enum { UNFINISHED_MAX = 64 };

/* Bit (1 << type) for each type that has a pending or active tournament. */
static god_status unfinished_types(gdi_step *step, uint32_t *ret_types, god_error *err)
{
    gdi_tournament *list = NULL;
    size_t count = 0;
    GOD_TRY(gdi_tournaments_unfinished(step->db, UNFINISHED_MAX, &list, &count, err));
    *ret_types = 0;
    for (size_t i = 0; i < count; i++) {
        *ret_types |= 1u << list[i].type;
    }
    free(list);
    return GOD_OK;
}

static god_status schedule_type(gdi_step *step, uint32_t type, god_error *err)
{
    gdi_tournament newest;
    gdi_schedule_input input = {.unfinished = false};
    god_status status = gdi_tournament_newest(step->db, type, &newest, err);
    if (status == GOD_OK) {
        input.held_before = true;
        input.last_us = newest.updated_us;
    } else if (status != GOD_E_NOT_FOUND) {
        return status;
    }
    gdi_schedule schedule = gdi_schedule_decide(gdi_rules_of(step->options->rules, type), &input, step->now_us);
    if (!schedule.start_now) {
        gdi_step_due(step, schedule.next_start_us);
        return GOD_OK;
    }
    char id[GDI_TOURNAMENT_ID_BYTES];
    return gdi_create_tournament(step, type, id, err);
}

god_status gdi_step_schedule(gdi_step *step, god_error *err)
{
    uint32_t unfinished = 0;
    GOD_TRY(unfinished_types(step, &unfinished, err));
    for (uint32_t type = GDI_TEXT; type <= GDI_TYPE_COUNT; type++) {
        bool is_enabled = (step->options->types_enabled & (1u << type)) != 0;
        if (is_enabled && (unfinished & (1u << type)) == 0) {
            GOD_TRY(schedule_type(step, type, err));
        }
    }
    return GOD_OK;
}
