/* Thousands of whole tournaments with random fields: nobody is lost or counted twice, rounds shrink and end, a replay
 * gives the same tournament, shares never exceed 1. */
#include "suites.h"

#include <stdio.h>
#include <string.h>

#include "core/tournament/ids.h"
#include "play.h"

enum { field_max = 4096 };

/* Check writes a line for every assertion; where millions are looked at, only a broken one may cost that. */
#define EXPECT(condition) ((condition) ? (void)0 : ck_abort_msg("%s", #condition))

typedef struct watch {
    uint32_t *stands_in; /* by entrant: how often in the bracket of this round */
    uint32_t *out_in;    /* by entrant: the round it was eliminated in, 0: alive */
    uint32_t rounds, replayed;
} watch;

static void check_drawn(void *user, const play *of)
{
    watch *seen = user;
    memset(seen->stands_in, 0, of->entrant_count * sizeof *seen->stands_in);
    uint32_t covered = 0;
    for (uint32_t s = 0; s < of->bracket.slot_count; s++) {
        gdi_slot slot = of->bracket.slots[s];
        covered += slot.count;
        for (uint32_t i = 0; i < slot.count; i++) {
            gdi_entrant entrant = of->bracket.entrants[slot.first + i];
            EXPECT(entrant < of->entrant_count);
            EXPECT(seen->stands_in[entrant]++ == 0);
            EXPECT(seen->out_in[entrant] == 0); /* nobody comes back */
        }
        bool pairs = of->bracket.round_type == GDI_ROUND_KNOCKOUT;
        EXPECT(pairs ? slot.count == 2 : slot.count <= (of->tournament_type == GDI_ENVIRONMENT ? 6 : 40));
    }
    EXPECT(covered == of->bracket.entrant_count);
    /* Everybody alive plays; only the boss may sit out or come in. */
    for (uint32_t i = 0; i < of->living_count; i++) {
        gdi_entrant entrant = of->living[i];
        EXPECT(entrant == of->boss || seen->stands_in[entrant] == 1);
    }
    EXPECT(!of->bracket.is_final ||
           (of->round_number > 1 && of->bracket.entrant_count == 2 && seen->stands_in[of->boss] == 1));
    seen->rounds++;
}

static void check_done(void *user, const play *of)
{
    watch *seen = user;
    for (uint32_t i = 0; i < of->winner_count; i++) {
        EXPECT(seen->out_in[of->winners[i]] == 0);
        EXPECT(i == 0 || of->winners[i] != of->winners[i - 1]);
    }
    for (uint32_t i = 0; i < of->out_count; i++) {
        EXPECT(seen->out_in[of->out[i]] == 0);
        seen->out_in[of->out[i]] = of->round_number;
        EXPECT(of->out[i] != of->boss || (of->held && of->dethroned));
    }
    uint32_t alive = 0;
    for (gdi_entrant e = 0; e < of->entrant_count; e++) {
        alive += seen->out_in[e] == 0;
    }
    EXPECT(alive == of->living_count);
    bool boss_won = false;
    for (uint32_t i = 0; i < of->winner_count; i++) {
        boss_won |= of->winners[i] == of->boss;
    }
    bool boss_lives = seen->out_in[of->boss] == 0;
    EXPECT(of->living_count == of->winner_count + (boss_lives && !boss_won));
}

static void check_outcome(const watch *seen, const play *of)
{
    uint32_t alive = 0;
    double sum = 0;
    for (gdi_entrant e = 0; e < of->entrant_count; e++) {
        alive += seen->out_in[e] == 0;
        EXPECT(of->points[e] >= 0);
    }
    EXPECT(alive == 1); /* the champion, or the boss in the champion's place */
    EXPECT(seen->out_in[of->champion] == 0);
    EXPECT(of->held || of->champion == of->boss);
    EXPECT(of->points[of->champion] == 0);
    for (uint32_t i = 0; i < of->share_count; i++) {
        sum += of->shares[i].share;
    }
    EXPECT(sum >= 0 && sum <= 1 + 1e-12);
    EXPECT(of->allocation >= 0);
    EXPECT(of->round_number <= 64);
}

static void play_watched(play *of, watch *seen, uint32_t type, uint32_t field_count, uint64_t number)
{
    char id[GDI_ID_BYTES];
    ck_assert(gdi_tournament_id(number, 0, id, sizeof id));
    memset(seen->out_in, 0, ((size_t)field_count + 1) * sizeof *seen->out_in);
    uint64_t state = of->state;
    play_tournament(of, type, field_count, id);
    check_outcome(seen, of);
    if (number % 16 == 0) {
        uint64_t digest = of->digest, after = of->state;
        const play_hook *hook = of->hook;
        of->hook = NULL;
        of->state = state;
        play_tournament(of, type, field_count, id);
        ck_assert_uint_eq(of->digest, digest);
        ck_assert_uint_eq(of->state, after);
        of->hook = hook;
        seen->replayed++;
    }
}

static void play_many(uint32_t type, double no_value, uint32_t value_choices, uint32_t small_runs)
{
    static uint32_t stands_in[field_max + 2], out_in[field_max + 2];
    watch seen = {.stands_in = stands_in, .out_in = out_in};
    play_hook hook = {.user = &seen, .round_drawn = check_drawn, .round_done = check_done};
    play of;
    play_init(&of, field_max);
    of.state = (uint64_t)type * 1000 + value_choices;
    of.hook = &hook;
    of.no_value_probability = no_value;
    of.value_choices = value_choices;
    uint64_t number = 0;
    for (uint32_t n = 0; n <= 150; n++) {
        play_watched(&of, &seen, type, n, number++);
    }
    for (uint32_t run = 0; run < small_runs; run++) {
        play_watched(&of, &seen, type, (uint32_t)(play_random(&of) % 70), number++);
    }
    for (uint32_t n = 200; n <= field_max; n = n == field_max ? n + 1 : n * 2 > field_max ? field_max : n * 2) {
        play_watched(&of, &seen, type, n, number++);
    }
    ck_assert_uint_gt(seen.rounds, small_runs);
    ck_assert_uint_gt(seen.replayed, 0);
    play_fini(&of);
}

/* _i: 0 usual, 1 many failures, 2 many ties, 3 both, 4 everybody equal, 5 nobody ever has a value */
static const struct {
    double no_value;
    uint32_t value_choices;
} moods[] = {{0.02, 0}, {0.5, 0}, {0.02, 3}, {0.4, 2}, {0, 1}, {1.0, 0}};
enum { mood_count = sizeof moods / sizeof *moods, small_run_count = 400 };

START_TEST(test_tournament_properties__text)
{
    play_many(GDI_TEXT, moods[_i].no_value, moods[_i].value_choices, small_run_count);
}
END_TEST

START_TEST(test_tournament_properties__image)
{
    play_many(GDI_IMAGE, moods[_i].no_value, moods[_i].value_choices, small_run_count);
}
END_TEST

START_TEST(test_tournament_properties__environment)
{
    play_many(GDI_ENVIRONMENT, moods[_i].no_value, moods[_i].value_choices, small_run_count);
}
END_TEST

/* Renaming entrants so that their order stays, or listing scores in another order, changes nothing. */
START_TEST(test_tournament_properties__results_do_not_depend_on_the_order_of_rows)
{
    enum { n = 64 };
    gdi_rules rules;
    gdi_rules_default(&rules);
    play numbers = {.state = 41};
    for (uint32_t run = 0; run < 500; run++) {
        gdi_score scores[n], shuffled[n];
        uint32_t order[n];
        gdi_standing standings[n];
        double quality[n], quality_shuffled[n];
        for (uint32_t i = 0; i < n; i++) {
            scores[i] = (gdi_score){.entrant = i, .value = (double)(play_random(&numbers) % 12)};
            order[i] = i;
        }
        gdi_stream stream;
        char label[24];
        (void)snprintf(label, sizeof label, "%u", run);
        gdi_stream_open(&stream, "order", label);
        gdi_stream_shuffle(&stream, order, n);
        for (uint32_t i = 0; i < n; i++) {
            shuffled[i] = scores[order[i]];
        }
        gdi_entrant winner = gdi_quality_scores(&rules, GOD_HIGHER_WINS, scores, n, standings, quality);
        ck_assert_uint_eq(gdi_quality_scores(&rules, GOD_HIGHER_WINS, shuffled, n, standings, quality_shuffled),
                          winner);
        for (uint32_t i = 0; i < n; i++) {
            ck_assert_double_eq(quality_shuffled[i], quality[order[i]]);
        }
    }
}
END_TEST

Suite *suite_tournament_properties(void)
{
    Suite *suite = suite_create("tournament_properties");
    TCase *tcase = tcase_create("properties");
    tcase_add_loop_test(tcase, test_tournament_properties__text, 0, mood_count);
    tcase_add_loop_test(tcase, test_tournament_properties__image, 0, mood_count);
    tcase_add_loop_test(tcase, test_tournament_properties__environment, 0, mood_count);
    tcase_add_test(tcase, test_tournament_properties__results_do_not_depend_on_the_order_of_rows);
    suite_add_tcase(suite, tcase);
    return suite;
}
