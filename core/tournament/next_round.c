#include "core/tournament/next_round.h"

#include <assert.h>

/* Removes the boss from a field, keeping the order. Returns whether it was there. */
static bool take_out(gdi_entrant boss, gdi_entrant *field, uint32_t *count)
{
    uint32_t kept = 0;
    for (uint32_t i = 0; i < *count; i++) {
        if (field[i] != boss) {
            field[kept++] = field[i];
        }
    }
    bool was_there = kept < *count;
    *count = kept;
    return was_there;
}

uint32_t gdi_next_field(uint32_t tournament_type, gdi_entrant boss, gdi_entrant *field, uint32_t *count)
{
    assert(boss != GDI_NOBODY);
    uint32_t winner_count = *count, contender_count = *count;
    bool boss_won = false;
    for (uint32_t i = 0; i < winner_count && !boss_won; i++) {
        boss_won = field[i] == boss;
    }
    contender_count -= boss_won;
    if (contender_count == 0) {
        *count = 0;
        return GDI_NEXT_BOSS_RETAINS;
    }
    if (tournament_type == GDI_ENVIRONMENT || contender_count == 1) {
        (void)take_out(boss, field, count);
        field[(*count)++] = boss;
        return contender_count == 1 ? GDI_NEXT_FINAL : GDI_NEXT_ORGANISE;
    }
    if (winner_count % 2 == 1 && !take_out(boss, field, count)) {
        field[(*count)++] = boss;
    }
    return GDI_NEXT_ORGANISE;
}

uint32_t gdi_drop_without_node(gdi_entrant boss, const bool *has_node, gdi_entrant *field, uint32_t count)
{
    uint32_t kept = 0;
    for (uint32_t i = 0; i < count; i++) {
        if (field[i] == boss || has_node[field[i]]) {
            field[kept++] = field[i];
        }
    }
    return kept;
}

static void organise(const gdi_rules *rules, uint32_t tournament_type, gdi_entrant boss, gdi_stream *stream,
                     gdi_bracket *bracket)
{
    if (tournament_type == GDI_ENVIRONMENT) {
        gdi_bracket_organise_environment(rules, stream, bracket);
    } else {
        gdi_bracket_organise(rules, boss, stream, bracket);
    }
}

uint32_t gdi_next_round(const gdi_rules *rules, uint32_t tournament_type, gdi_entrant boss, gdi_stream *stream,
                        gdi_bracket *bracket)
{
    uint32_t next = gdi_next_field(tournament_type, boss, bracket->entrants, &bracket->entrant_count);
    if (next == GDI_NEXT_FINAL) {
        gdi_bracket_final(tournament_type, bracket);
    } else if (next == GDI_NEXT_ORGANISE) {
        organise(rules, tournament_type, boss, stream, bracket);
    } else {
        bracket->slot_count = 0;
    }
    return next;
}

uint32_t gdi_first_round(const gdi_rules *rules, uint32_t tournament_type, gdi_entrant boss, gdi_stream *stream,
                         gdi_bracket *bracket)
{
    if (bracket->entrant_count == 0) {
        bracket->slot_count = 0;
        return GDI_NEXT_BOSS_RETAINS;
    }
    organise(rules, tournament_type, boss, stream, bracket);
    return GDI_NEXT_ORGANISE;
}
