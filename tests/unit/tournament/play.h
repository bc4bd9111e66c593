/* tests/unit/tournament/play.h: a whole tournament of random values, played with the rules. Used by the property tests
 * and by tests/bench.
 *
 * The field is entrants 0 .. field_count with the boss at one of these places, so field_count challengers. Everything
 * random comes from play->state, everything drawn by the rules from the tournament id. All memory is allocated by
 * play_init; playing allocates nothing.
 */
#ifndef TEST_TOURNAMENT_PLAY_H
#define TEST_TOURNAMENT_PLAY_H

#include "core/tournament/next_round.h"
#include "core/tournament/ranking.h"
#include "core/tournament/shares.h"
#include "core/tournament/task_mix.h"

typedef struct play play;

/* Called after each finished round, before the next one is drawn. `assigned` is who was given work, task by task of
 * one slot after the other; NULL: nobody looks. */
typedef struct play_hook {
    void *user;
    void (*round_drawn)(void *user, const play *of);
    void (*round_done)(void *user, const play *of);
} play_hook;

struct play {
    gdi_rules rules;
    uint64_t state; /* of the test's own random numbers */
    uint32_t tournament_type, field_count, entrant_count;
    gdi_entrant boss;
    double no_value_probability;
    uint32_t value_choices; /* few different values make ties; 0: practically none */
    const play_hook *hook;

    uint32_t round_number;
    gdi_bracket bracket;
    gdi_entrant *entrants, *winners, *living, *out, *assigned;
    gdi_slot *slots, *groups;
    gdi_score *scores, *scratch;
    gdi_standing *standings;
    gdi_share *shares;
    double *quality, *points;
    uint32_t *families;
    uint32_t winner_count, living_count, out_count, share_count, unchanged_rounds;

    /* the outcome */
    bool held; /* there was a final */
    bool dethroned;
    gdi_entrant champion; /* the boss after a defence */
    double performance_difference, allocation;
    uint64_t task_count, digest; /* digest: of every draw and winner, for replays */
};

/* Buffers for up to field_max challengers. */
void play_init(play *of, uint32_t field_max);
void play_fini(play *of);
/* splitmix64: the test's numbers, not the rules'. */
uint64_t play_random(play *of);
double play_unit(play *of);
/* Plays one tournament; the outcome stays in the struct. */
void play_tournament(play *of, uint32_t tournament_type, uint32_t field_count, const char *tournament_id);

#endif
