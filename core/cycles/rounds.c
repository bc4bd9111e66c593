/* core/cycles/rounds.c: a bracket becomes a round with its groups or pairs; the first round. Sections 10, 12. */
#include "core/cycles/rounds.h"

#include <stdio.h>

#include "core/tournament/assignment.h"
#include "core/tournament/next_round.h"

god_status gdi_bracket_room(gdi_step *step, uint32_t field_count, gdi_bracket *ret_bracket, god_error *err)
{
    gdi_bracket bracket = {.entrant_count = 0};
    GOD_TRY(GDI_STEP_NEW(step, GDI_BRACKET_CAP(field_count), &bracket.entrants, err));
    GOD_TRY(GDI_STEP_NEW(step, GDI_BRACKET_CAP(field_count), &bracket.slots, err));
    *ret_bracket = bracket;
    return GOD_OK;
}

static god_status write_slot(gdi_step *step, const gdi_round *round, const gdi_bracket *bracket, uint32_t slot,
                             const gdi_roster *roster, gdi_entrant *members, god_error *err)
{
    char id[GDI_ID_BYTES];
    bool group = bracket->round_type == GDI_ROUND_GROUP;
    if (!gdi_slot_id(round->id, group ? GDI_SLOT_GROUP : GDI_SLOT_PAIR, slot + 1, id, sizeof id)) {
        return god_fail(err, GOD_E_INVALID, "the id of slot %u of round %s is too long", slot + 1, round->id);
    }
    uint32_t count = gdi_assign(step->tournament.type, roster->boss, bracket, slot, members);
    if (!group) {
        if (count != 2) {
            return god_fail(err, GOD_E_INTERNAL, "pair %s has %u entrants", id, count);
        }
        return gdi_pair_add_in(step->db, round->id, id, roster->hotkeys[members[0]], roster->hotkeys[members[1]],
                               step->now_us, err);
    }
    GOD_TRY(gdi_group_add_in(step->db, round->id, id, step->now_us, err));
    for (uint32_t i = 0; i < count; i++) {
        GOD_TRY(gdi_group_member_add_in(step->db, id, roster->hotkeys[members[i]], step->now_us, err));
    }
    return GOD_OK;
}

god_status gdi_round_write(gdi_step *step, uint32_t number, const gdi_bracket *bracket, const gdi_roster *roster,
                           gdi_round *ret_round, god_error *err)
{
    gdi_round round = {
        .number = number, .type = bracket->round_type, .status = GDI_ROUND_PENDING, .is_final = bracket->is_final};
    if (!gdi_round_id(step->tournament.id, number, round.id, sizeof round.id)) {
        return god_fail(err, GOD_E_INVALID, "the id of round %u of %s is too long", number, step->tournament.id);
    }
    gdi_entrant *members = NULL;
    GOD_TRY(GDI_STEP_NEW(step, GDI_BRACKET_CAP(bracket->entrant_count), &members, err));
    GOD_TRY(gdi_round_add_in(step->db, step->tournament.id, &round, step->now_us, err));
    for (uint32_t slot = 0; slot < bracket->slot_count; slot++) {
        GOD_TRY(write_slot(step, &round, bracket, slot, roster, members, err));
    }
    step->changed = true;
    gdi_step_raise(step, GDI_ON_ROUND_CREATED);
    gdi_step_log(step, GOD_LOG_INFO, "round drawn", "round", round.id);
    *ret_round = round;
    return GOD_OK;
}

god_status gdi_round_slots(gdi_step *step, const gdi_round *round, gdi_round_slot **ret_slots, uint32_t *ret_count,
                           god_error *err)
{
    gdi_rows *rows = NULL;
    GDI_KEEP(step, rows, err, gdi_round_members(step->db, round, &rows, err));
    size_t members = gdi_rows_count(rows);
    gdi_round_slot *slots = NULL;
    const char **hotkeys = NULL;
    GOD_TRY(GDI_STEP_NEW(step, members, &slots, err));
    GOD_TRY(GDI_STEP_NEW(step, members, &hotkeys, err));
    uint32_t count = 0;
    for (; gdi_rows_next(rows); hotkeys++) {
        const char *id = gdi_rows_text(rows, GDI_MEMBER_SLOT);
        if (count == 0 || strcmp(slots[count - 1].id, id) != 0) {
            slots[count++] = (gdi_round_slot){.id = id, .hotkeys = hotkeys};
        }
        *hotkeys = gdi_rows_text(rows, GDI_MEMBER_HOTKEY);
        slots[count - 1].count++;
    }
    *ret_slots = slots;
    *ret_count = count;
    return GOD_OK;
}

/* ---- the first round ---- */

typedef struct first_field {
    const char *const *hotkeys, *const *flagged;
    uint32_t count, flagged_count;
} first_field;

static god_status draw_first(gdi_step *step, const first_field *field, uint32_t *ret_next, gdi_bracket *ret_bracket,
                             gdi_roster *ret_roster, god_error *err)
{
    const char **names = NULL;
    gdi_bracket bracket = {.entrant_count = 0};
    gdi_roster roster = {.count = 0};
    char round_id[GDI_ID_BYTES];
    GOD_TRY(GDI_STEP_NEW(step, field->count + 1, &names, err));
    GOD_TRY(gdi_bracket_room(step, field->count, &bracket, err));
    for (uint32_t i = 0; i < field->count; i++) {
        names[i] = field->hotkeys[i];
    }
    names[field->count] = step->options->burn_hotkey;
    gdi_roster_init(names, field->count + 1, step->options->burn_hotkey, &roster);
    for (gdi_entrant entrant = 0; entrant < roster.count; entrant++) {
        if (entrant != roster.boss) {
            bracket.entrants[bracket.entrant_count++] = entrant;
        }
    }
    if (!gdi_round_id(step->tournament.id, 1, round_id, sizeof round_id)) {
        return god_fail(err, GOD_E_INVALID, "the id of round 1 of %s is too long", step->tournament.id);
    }
    gdi_stream stream;
    gdi_stream_open(&stream, round_id, "bracket");
    *ret_next = gdi_first_round(step->options->rules, step->tournament.type, roster.boss, &stream, &bracket);
    *ret_bracket = bracket;
    *ret_roster = roster;
    return GOD_OK;
}

god_status gdi_step_first_round(gdi_step *step, god_error *err)
{
    gdi_round round = {.number = 0};
    god_error none = GOD_ERROR_INIT;
    if (step->tournament.winner_hotkey[0] != '\0') {
        return GOD_OK;
    }
    god_status status = gdi_round_last(step->db, step->tournament.id, &round, &none);
    if (status != GOD_E_NOT_FOUND) {
        return status == GOD_OK ? GOD_OK : god_fail(err, status, "%s", none.message);
    }
    first_field field = {.count = 0};
    GOD_TRY(gdi_gate_first(step, &field.hotkeys, &field.count, &field.flagged, &field.flagged_count, err));
    uint32_t next = 0;
    gdi_bracket bracket = {.entrant_count = 0};
    gdi_roster roster = {.count = 0};
    GOD_TRY(draw_first(step, &field, &next, &bracket, &roster, err));
    if (next == GDI_NEXT_BOSS_RETAINS) {
        return gdi_decide(step, step->options->burn_hotkey, NULL, NULL, err);
    }
    GOD_TRY(gdi_round_write(step, 1, &bracket, &roster, &round, err));
    for (uint32_t i = 0; i < field.flagged_count; i++) {
        GOD_TRY(gdi_round_eliminate_in(step->db, step->tournament.id, round.id, field.flagged[i], err));
    }
    return GOD_OK;
}
