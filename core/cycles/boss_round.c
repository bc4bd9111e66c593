/* core/cycles/boss_round.c: the last round decides the tournament. Sections 16 and 17.5. */
#include "core/tournament/boss.h"

#include "core/cycles/rounds.h"
#include "core/tournament/environment_advance.h"

typedef struct duel {
    double boss, challenger; /* GDI_NO_VALUE: none */
} duel;

static gdi_entrant challenger_of(const gdi_round_results *results)
{
    for (uint32_t i = 0; i < results->score_count; i++) {
        if (results->scores[i].entrant != results->roster.boss) {
            return results->scores[i].entrant;
        }
    }
    return GDI_NOBODY;
}

static duel duel_of(const gdi_round_results *results, const gdi_task_result *task)
{
    duel values = {.boss = GDI_NO_VALUE, .challenger = GDI_NO_VALUE};
    for (uint32_t i = task->scores.first; i < task->scores.first + task->scores.count; i++) {
        const gdi_score *score = &results->scores[i];
        *(score->entrant == results->roster.boss ? &values.boss : &values.challenger) = score->value;
    }
    return values;
}

static god_status write_task(gdi_step *step, const gdi_task_result *task, const char *challenger, uint32_t winner,
                             double threshold, god_error *err)
{
    const char *reason = NULL;
    bool boss_won = winner == GDI_BOSS_WINS;
    GOD_TRY(gdi_step_format(step, &reason, err, "boss round, threshold %.4g: %s won", threshold,
                            boss_won ? "the boss" : "the challenger"));
    const char *boss = step->options->burn_hotkey;
    double first = step->options->rules->first_place_score;
    GOD_TRY(gdi_task_node_quality_in(step->db, task->task_id, boss, boss_won ? first : 0.0, reason, err));
    return gdi_task_node_quality_in(step->db, task->task_id, challenger, boss_won ? 0.0 : first, reason, err);
}

/* 16.2 for each task, 16.3 over all of them. */
static god_status text_or_image(gdi_step *step, const gdi_round_results *results, const char *challenger,
                                bool *ret_dethroned, god_error *err)
{
    uint32_t wins = 0, challenger_wins = 0;
    GOD_TRY(gdi_consecutive_wins_of(step, &wins, err));
    double threshold = gdi_threshold(step->options->rules, wins);
    for (uint32_t i = 0; i < results->task_count; i++) {
        const gdi_task_result *task = &results->tasks[i];
        duel values = duel_of(results, task);
        if (gdi_has_value(values.boss) && values.boss < 0) {
            gdi_step_log(step, GOD_LOG_WARNING, "the boss has a negative value, which turns its handicap round", "task",
                         task->task_id);
        }
        uint32_t winner = gdi_boss_task(task->kind->direction, threshold, values.boss, values.challenger);
        challenger_wins += winner == GDI_CHALLENGER_WINS;
        GOD_TRY(write_task(step, task, challenger, winner, threshold, err));
    }
    *ret_dethroned = gdi_boss_round(results->task_count, challenger_wins) == GDI_CHALLENGER_WINS;
    return GOD_OK;
}

static god_status environment(gdi_step *step, const gdi_round_results *results, bool *ret_dethroned, god_error *err)
{
    gdi_final_task *tasks = NULL;
    GOD_TRY(GDI_STEP_NEW(step, results->task_count, &tasks, err));
    for (uint32_t i = 0; i < results->task_count; i++) {
        duel values = duel_of(results, &results->tasks[i]);
        tasks[i] = (gdi_final_task){.contender = values.challenger, .boss = values.boss};
    }
    *ret_dethroned = gdi_environment_final(tasks, results->task_count);
    return GOD_OK;
}

god_status gdi_boss_round_decide(gdi_step *step, const gdi_round *round, const gdi_round_results *results,
                                 god_error *err)
{
    const char *boss = step->options->burn_hotkey;
    gdi_entrant entrant = challenger_of(results);
    if (entrant == GDI_NOBODY) {
        return gdi_decide(step, boss, NULL, round->id, err);
    }
    const char *challenger = results->roster.hotkeys[entrant];
    bool dethroned = false;
    if (step->tournament.type == GDI_ENVIRONMENT) {
        GOD_TRY(environment(step, results, &dethroned, err));
    } else {
        GOD_TRY(text_or_image(step, results, challenger, &dethroned, err));
        if (round->type == GDI_ROUND_KNOCKOUT && results->task_count > 0) {
            GOD_TRY(gdi_pair_finish_in(step->db, results->tasks[0].slot_id, dethroned ? challenger : boss, step->now_us,
                                       err));
        }
    }
    return gdi_decide(step, dethroned ? challenger : boss, dethroned ? boss : challenger, round->id, err);
}
