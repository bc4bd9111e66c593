/* An executor for whole tournaments in the tests of core/cycles: claims every job that is due, answers at once, and
 * moves the clock to the next moment when nothing is left.
 *
 * Entrant 5M00 is the best, 5M01 the second, and so on; where the boss stands is up to the test. One hook may answer
 * first, to make things go wrong. */
#ifndef TEST_CYCLES_ROUNDS_WORLD_H
#define TEST_CYCLES_ROUNDS_WORLD_H

#include <jansson.h>

#include "core/store/jobs.h"
#include "stage.h"

typedef struct world {
    stage stage;
    double boss_place; /* 0.5: between 5M00 and 5M01 */
    /* Answers a job itself: true and a result in *ret_result (owned by the caller), or NULL there to make it fail. */
    bool (*hook)(struct world *w, const gdi_job_lease *lease, const json_t *payload, json_t **ret_result);
    void *user;
    uint32_t counter; /* for hooks */
    uint32_t answered;
    bool stops_at_decision; /* leaves what comes after the winner to others; true at first */
    bool clock_stands;      /* play until nothing is left at this moment */
    uint64_t fault_every;   /* each statement of this number fails, and whoever ran it tries again; 0: none */
} world;

/* A tournament of this type with `count` entrants, active, and `gpus` GPUs on one trainer; no round yet. */
void world_open(world *w, uint32_t type, uint32_t count, uint32_t gpus);
void world_close(world *w);

/* Until the tournament is decided or nothing can happen any more. */
void world_play(world *w);
/* One claim and its answer, no turn; false when no job is due. */
bool world_answer_one(world *w);
/* The result that the world gives by itself; the caller's. */
json_t *world_result(world *w, const gdi_job_lease *lease, const json_t *payload);
void world_trainer(world *w, const char *trainer_ip, uint32_t gpus);

const char *world_winner(world *w); /* "" while it is not decided; until the next call */
/* "4 2 1 1f": slots of each round, f marks the final, g a round of groups. Until the next call. */
const char *world_shape(world *w);

#endif
