#include "core/tournament/bracket.h"

#include <assert.h>

#include "core/tournament/sort.h"

static bool entrant_before(const gdi_entrant *a, const gdi_entrant *b)
{
    return *a < *b;
}

GDI_DEFINE_SORT(sort_entrants, gdi_entrant, entrant_before)

uint32_t gdi_group_count(const gdi_rules *rules, uint32_t count)
{
    uint32_t groups = (count + rules->group_size_expected - 1) / rules->group_size_expected;
    if ((double)count / groups < rules->group_size_min && groups > 1) {
        groups--;
    }
    return groups;
}

uint32_t gdi_environment_group_count(const gdi_rules *rules, uint32_t count)
{
    uint32_t groups = (count + rules->environment_group_max - 1) / rules->environment_group_max;
    while (groups > 1 && count / groups < rules->environment_group_min) {
        groups--;
    }
    return groups;
}

uint32_t gdi_group_size(uint32_t count, uint32_t group_count, uint32_t i)
{
    assert(i < group_count);
    return count / group_count + (i < count % group_count);
}

static void cut(gdi_bracket *bracket, uint32_t slot_count)
{
    uint32_t first = 0;
    for (uint32_t i = 0; i < slot_count; i++) {
        uint32_t size = gdi_group_size(bracket->entrant_count, slot_count, i);
        bracket->slots[i] = (gdi_slot){.first = first, .count = size};
        first += size;
    }
    bracket->slot_count = slot_count;
    bracket->is_final = false;
}

static void shuffle_slots(gdi_stream *stream, gdi_slot *slots, uint32_t count)
{
    for (uint32_t i = count; i-- > 1;) {
        uint32_t other = (uint32_t)gdi_stream_below(stream, (uint64_t)i + 1);
        gdi_slot held = slots[i];
        slots[i] = slots[other];
        slots[other] = held;
    }
}

/* An odd field becomes even: the boss leaves it or joins at the end. */
static void make_even(gdi_bracket *bracket, gdi_entrant boss)
{
    if (bracket->entrant_count % 2 == 0) {
        return;
    }
    for (uint32_t i = 0; i < bracket->entrant_count; i++) {
        if (bracket->entrants[i] != boss) {
            continue;
        }
        for (uint32_t next = i + 1; next < bracket->entrant_count; next++) {
            bracket->entrants[next - 1] = bracket->entrants[next];
        }
        bracket->entrant_count--;
        return;
    }
    assert(boss != GDI_NOBODY);
    bracket->entrants[bracket->entrant_count++] = boss;
}

void gdi_bracket_organise(const gdi_rules *rules, gdi_entrant boss, gdi_stream *stream, gdi_bracket *bracket)
{
    assert(bracket->entrant_count > 0);
    sort_entrants(bracket->entrants, bracket->entrant_count);
    gdi_stream_shuffle(stream, bracket->entrants, bracket->entrant_count);
    if (bracket->entrant_count <= rules->knockout_field_max) {
        make_even(bracket, boss);
        gdi_stream_shuffle(stream, bracket->entrants, bracket->entrant_count);
        bracket->round_type = GDI_ROUND_KNOCKOUT;
        cut(bracket, bracket->entrant_count / 2);
    } else {
        bracket->round_type = GDI_ROUND_GROUP;
        cut(bracket, gdi_group_count(rules, bracket->entrant_count));
    }
    shuffle_slots(stream, bracket->slots, bracket->slot_count);
}

void gdi_bracket_organise_environment(const gdi_rules *rules, gdi_stream *stream, gdi_bracket *bracket)
{
    assert(bracket->entrant_count > 0);
    sort_entrants(bracket->entrants, bracket->entrant_count);
    gdi_stream_shuffle(stream, bracket->entrants, bracket->entrant_count);
    bracket->round_type = GDI_ROUND_GROUP;
    cut(bracket, gdi_environment_group_count(rules, bracket->entrant_count));
}

void gdi_bracket_final(uint32_t tournament_type, gdi_bracket *bracket)
{
    assert(bracket->entrant_count == 2);
    bracket->round_type = tournament_type == GDI_ENVIRONMENT ? GDI_ROUND_GROUP : GDI_ROUND_KNOCKOUT;
    bracket->slots[0] = (gdi_slot){.first = 0, .count = bracket->entrant_count};
    bracket->slot_count = 1;
    bracket->is_final = true;
}
