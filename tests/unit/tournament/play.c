#include "play.h"

#include <assert.h>
#include <stdlib.h>

#include "core/tournament/advance.h"
#include "core/tournament/allocation.h"
#include "core/tournament/assignment.h"
#include "core/tournament/boss.h"
#include "core/tournament/environment_advance.h"
#include "core/tournament/ids.h"
#include "core/tournament/performance.h"
#include "core/tournament/points.h"

/* The network's mix, without its names: nothing, instruct, DPO, GRPO. */
static const gdi_task_kind kinds[] = {
    {.pair_probability = 0.75, .group_count = 1, .final_count = 2, .may_use_kl = true},
    {.pair_probability = 0.2, .final_count = 2},
    {.pair_probability = 0.05, .final_count = 2},
};
static const uint32_t directions[] = {GOD_LOWER_WINS, GOD_LOWER_WINS, GOD_HIGHER_WINS};
static const bool is_opening[] = {false, true, false, true};
enum { kind_count = 3, family_count = 4, environment_count = 4, model_count = 7, first_wins = 2 };

static void *room(size_t count, size_t bytes)
{
    void *items = calloc(count + 1, bytes);
    if (items == NULL) {
        abort();
    }
    return items;
}

void play_init(play *of, uint32_t field_max)
{
    *of = (play){.state = 1};
    gdi_rules_default(&of->rules);
    size_t cap = (size_t)field_max + 8;
    of->entrants = room(cap, sizeof *of->entrants);
    of->winners = room(cap, sizeof *of->winners);
    of->living = room(cap, sizeof *of->living);
    of->out = room(cap, sizeof *of->out);
    of->assigned = room(cap, sizeof *of->assigned);
    of->slots = room(cap, sizeof *of->slots);
    of->groups = room(cap, sizeof *of->groups);
    of->scores = room(cap, sizeof *of->scores);
    of->scratch = room(cap, sizeof *of->scratch);
    of->standings = room(cap, sizeof *of->standings);
    of->shares = room(cap, sizeof *of->shares);
    of->quality = room(cap, sizeof *of->quality);
    of->points = room(cap, sizeof *of->points);
    of->families = room(cap, sizeof *of->families);
}

void play_fini(play *of)
{
    free(of->entrants);
    free(of->winners);
    free(of->living);
    free(of->out);
    free(of->assigned);
    free(of->slots);
    free(of->groups);
    free(of->scores);
    free(of->scratch);
    free(of->standings);
    free(of->shares);
    free(of->quality);
    free(of->points);
    free(of->families);
}

uint64_t play_random(play *of)
{
    uint64_t z = of->state += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

double play_unit(play *of)
{
    return (double)(play_random(of) >> 11) * 0x1p-53;
}

static double random_value(play *of)
{
    if (of->no_value_probability > 0 && play_unit(of) < of->no_value_probability) {
        return GDI_NO_VALUE;
    }
    return of->value_choices > 0 ? 1 + (double)(play_random(of) % of->value_choices) : 0.5 + play_unit(of);
}

static void remember(play *of, uint64_t what)
{
    of->digest = (of->digest ^ what) * UINT64_C(0x100000001b3) + 1;
}

static const gdi_type_rules *type_rules(const play *of)
{
    return gdi_rules_of(&of->rules, of->tournament_type);
}

/* The direction of task i of a slot, after drawing what the type draws for it. */
static uint32_t draw_task(play *of, const char *round_id, uint32_t slot, uint32_t i)
{
    of->task_count++;
    if (of->tournament_type == GDI_IMAGE) {
        remember(of, of->families[slot]);
        return GOD_LOWER_WINS;
    }
    bool group = of->bracket.round_type == GDI_ROUND_GROUP;
    uint32_t stage = of->bracket.is_final ? GDI_STAGE_FINAL : group ? GDI_STAGE_GROUP : GDI_STAGE_PAIR;
    char slot_id[GDI_ID_BYTES];
    (void)gdi_slot_id(round_id, group ? GDI_SLOT_GROUP : GDI_SLOT_PAIR, slot + 1, slot_id, sizeof slot_id);
    gdi_text_task task = gdi_draw_text_task(&of->rules, kinds, kind_count, stage, round_id, slot_id, i);
    remember(of, task.kind * 4 + (uint64_t)task.use_kl * 2 + task.large_model);
    return directions[task.kind];
}

/* Values for everybody who works on one slot; returns how many. */
static uint32_t run_task(play *of, uint32_t slot, gdi_score *scores)
{
    uint32_t count = gdi_assign(of->tournament_type, of->boss, &of->bracket, slot, of->assigned);
    for (uint32_t i = 0; i < count; i++) {
        scores[i] = (gdi_score){.entrant = of->assigned[i], .value = random_value(of)};
    }
    return count;
}

static void play_text_or_image_round(play *of, const char *round_id)
{
    bool group = of->bracket.round_type == GDI_ROUND_GROUP;
    uint32_t used = 0, direction = GOD_LOWER_WINS;
    if (of->tournament_type == GDI_IMAGE) {
        gdi_draw_image_families(&of->rules, is_opening, family_count, false, round_id, of->bracket.slot_count,
                                of->families);
    }
    of->winner_count = 0;
    for (uint32_t s = 0; s < of->bracket.slot_count; s++) {
        direction = draw_task(of, round_id, s, 0);
        uint32_t count = run_task(of, s, of->scores + used);
        of->groups[s] = (gdi_slot){.first = used, .count = count};
        gdi_entrant winner =
            gdi_quality_scores(&of->rules, direction, of->scores + used, count, of->standings, of->quality);
        gdi_points_add_winner(type_rules(of), of->round_number, winner, of->points);
        if (!group) {
            of->winner_count += gdi_advance_pairs(&winner, 1, of->winners + of->winner_count);
        }
        used += count;
    }
    if (group) {
        of->winner_count = gdi_advance_groups(&of->rules, direction, of->groups, of->bracket.slot_count, of->scores,
                                              of->standings, of->winners);
    }
}

static void draw_environments(play *of, const char *round_id, uint32_t i)
{
    uint32_t sample[environment_count];
    uint32_t count = gdi_environment_count(&of->rules, of->round_number, environment_count);
    uint32_t start = gdi_environment_start(of->round_number, of->bracket.is_final, i);
    uint32_t candidates = start == GDI_START_DEFAULT        ? model_count
                          : start == GDI_START_FROM_SCRATCH ? model_count - 1
                                                            : 0;
    gdi_environment_draw draw = gdi_draw_environments(round_id, i, count, environment_count, candidates, sample);
    remember(of, draw.eval_seed);
    remember(of, draw.model);
}

static void play_environment_round(play *of, const char *round_id)
{
    uint32_t used = 0;
    draw_environments(of, round_id, 0);
    for (uint32_t s = 0; s < of->bracket.slot_count; s++) {
        uint32_t count = run_task(of, s, of->scores + used);
        of->task_count++;
        of->groups[s] = (gdi_slot){.first = used, .count = count};
        gdi_points_add_environment(type_rules(of), of->round_number, GDI_NOBODY, of->boss, of->scores + used, count,
                                   of->scratch, of->standings, of->points);
        used += count;
    }
    gdi_environment_round round = {.groups = of->groups,
                                   .group_count = of->bracket.slot_count,
                                   .scores = of->scores,
                                   .boss = of->boss,
                                   .unchanged_rounds = of->unchanged_rounds};
    of->winner_count = gdi_environment_advance(&of->rules, &round, of->winners, &of->unchanged_rounds);
}

/* Who is out, and the others as the living. */
static void eliminate(play *of, bool boss_lost_final)
{
    of->out_count =
        gdi_eliminated(of->boss, boss_lost_final, of->living, of->living_count, of->winners, of->winner_count, of->out);
    uint32_t kept = 0, at = 0;
    for (uint32_t i = 0; i < of->living_count; i++) {
        if (at < of->out_count && of->out[at] == of->living[i]) {
            at++;
        } else {
            of->living[kept++] = of->living[i];
        }
    }
    of->living_count = kept;
}

static void play_final(play *of, const char *round_id)
{
    enum { tasks_max = 16 };
    double differences[tasks_max];
    gdi_final_task pairs[tasks_max];
    uint32_t challenger_wins = 0, task_count = type_rules(of)->final_task_count;
    gdi_entrant challenger = of->bracket.entrants[0];
    double threshold = gdi_threshold(&of->rules, first_wins);
    if (of->tournament_type == GDI_IMAGE) {
        gdi_draw_image_families(&of->rules, is_opening, family_count, true, round_id, task_count, of->families);
    }
    for (uint32_t i = 0; i < task_count; i++) {
        bool environment = of->tournament_type == GDI_ENVIRONMENT;
        uint32_t direction = GOD_HIGHER_WINS;
        if (environment) {
            draw_environments(of, round_id, i);
            of->task_count++;
        } else {
            direction = draw_task(of, round_id, 0, i);
        }
        (void)run_task(of, 0, of->scores);
        bool boss_first = of->scores[0].entrant == of->boss;
        double boss = of->scores[!boss_first].value, contender = of->scores[boss_first].value;
        pairs[i] = (gdi_final_task){.contender = contender, .boss = boss};
        bool won = gdi_boss_task(direction, threshold, boss, contender) == GDI_CHALLENGER_WINS;
        challenger_wins += won;
        differences[i] = environment ? gdi_environment_performance(&of->rules, boss, contender, environment_count)
                                     : gdi_performance(direction, boss, contender);
        if (!environment) {
            gdi_points_add_winner(type_rules(of), of->round_number, won ? challenger : of->boss, of->points);
        }
    }
    of->held = true;
    of->dethroned = of->tournament_type == GDI_ENVIRONMENT
                        ? gdi_environment_final(pairs, task_count)
                        : gdi_boss_round(task_count, challenger_wins) == GDI_CHALLENGER_WINS;
    of->performance_difference = gdi_performance_median(differences, task_count);
    of->champion = of->dethroned ? challenger : of->boss;
    of->winners[0] = of->champion;
    of->winner_count = 1;
}

static void settle(play *of)
{
    gdi_reign reign = {.performance_difference = of->dethroned ? of->performance_difference : 0.0,
                       .first_win_us = of->rules.decay_start_us,
                       .consecutive_wins = 1};
    of->allocation = gdi_allocate(&of->rules, of->tournament_type, &reign, reign.first_win_us).allocation;
    gdi_points_leave_out(of->champion, of->boss, true, of->points);
    of->share_count = gdi_place(&of->rules, of->champion, of->points, of->entrant_count, of->shares);
    remember(of, of->champion);
}

static void begin(play *of, uint32_t tournament_type, uint32_t field_count)
{
    of->tournament_type = tournament_type;
    of->field_count = field_count;
    of->entrant_count = field_count + 1;
    of->boss = (gdi_entrant)(play_random(of) % of->entrant_count);
    of->bracket = (gdi_bracket){.entrants = of->entrants, .slots = of->slots, .entrant_count = field_count};
    uint32_t count = 0;
    of->living_count = 0;
    for (gdi_entrant e = 0; e < of->entrant_count; e++) {
        of->points[e] = 0.0;
        of->living[of->living_count++] = e;
        if (e != of->boss) {
            of->entrants[count++] = e;
        }
    }
    of->round_number = 0;
    of->unchanged_rounds = 0;
    of->held = of->dethroned = false;
    of->champion = of->boss;
    of->performance_difference = 0.0;
    of->task_count = of->digest = 0;
}

void play_tournament(play *of, uint32_t tournament_type, uint32_t field_count, const char *tournament_id)
{
    begin(of, tournament_type, field_count);
    for (uint32_t next = 0; next != GDI_NEXT_BOSS_RETAINS && !of->held;) {
        char round_id[GDI_ID_BYTES];
        gdi_stream stream;
        (void)gdi_round_id(tournament_id, ++of->round_number, round_id, sizeof round_id);
        gdi_stream_open(&stream, round_id, "bracket");
        if (of->round_number == 1) {
            next = gdi_first_round(&of->rules, tournament_type, of->boss, &stream, &of->bracket);
        } else {
            for (uint32_t i = 0; i < of->winner_count; i++) {
                of->entrants[i] = of->winners[i];
            }
            of->bracket.entrant_count = of->winner_count;
            next = gdi_next_round(&of->rules, tournament_type, of->boss, &stream, &of->bracket);
        }
        if (next == GDI_NEXT_BOSS_RETAINS) {
            break;
        }
        if (of->hook != NULL) {
            of->hook->round_drawn(of->hook->user, of);
        }
        if (next == GDI_NEXT_FINAL) {
            play_final(of, round_id);
        } else if (tournament_type == GDI_ENVIRONMENT) {
            play_environment_round(of, round_id);
        } else {
            play_text_or_image_round(of, round_id);
        }
        eliminate(of, of->dethroned);
        if (of->hook != NULL) {
            of->hook->round_done(of->hook->user, of);
        }
    }
    settle(of);
}
