/* core/simulation/world.h: what the world answers when a job asks it.
 *
 * One function per kind of job (core/cycles/work.h), each a pure function of the seed, the job and the moment of the
 * answer, so that a season that was interrupted hears the same again. Miners, trainers and evaluators also say things
 * that make no sense; those come from here as well, because they are answers like others. Whether an answer comes at
 * all, and when, is core/simulation/fate.h. [one]
 */
#ifndef GDI_SIMULATION_WORLD_H
#define GDI_SIMULATION_WORLD_H

#include <jansson.h>

#include "core/cycles/task_kinds.h"
#include "core/simulation/people.h"

typedef struct gdi_world {
    const gdi_people *people;    /* borrowed */
    const gdi_task_kinds *kinds; /* borrowed; for the direction of a task's values */
} gdi_world;

typedef struct gdi_question {
    const char *kind, *key;
    const json_t *payload; /* may be NULL when the kind does not read it */
    const json_t *busy;    /* refresh_gpus: "<trainer>#<GPU>": true for each that is at work; otherwise NULL */
    uint32_t attempt;
    int64_t answered_us; /* true virtual time */
} gdi_question;

/* Whether the answer depends on the payload: most of the cost of an answer is reading it. */
bool gdi_world_reads_payload(const char *kind);
/* *ret_answer is owned by the caller (json_decref). GOD_E_UNSUPPORTED for a kind that the world does not know. */
god_status gdi_world_answer(const gdi_world *world, const gdi_question *question, json_t **ret_answer, god_error *err);

/* ---- one subject each, called by gdi_world_answer; NULL when memory ran out ---- */

json_t *gdi_world_refresh_nodes(const gdi_world *world, const gdi_question *question);
json_t *gdi_world_read_transfers(const gdi_world *world, const gdi_question *question);
json_t *gdi_world_set_weights(const gdi_world *world, const gdi_question *question);
json_t *gdi_world_ask_miners(const gdi_world *world, const gdi_question *question);
json_t *gdi_world_check_repository(const gdi_world *world, const gdi_question *question);
json_t *gdi_world_find_head(const gdi_world *world, const gdi_question *question);
json_t *gdi_world_review_duplicates(const gdi_world *world, const gdi_question *question);
json_t *gdi_world_choose_content(const gdi_world *world, const gdi_question *question);
json_t *gdi_world_prepare_task(const gdi_world *world, const gdi_question *question);
json_t *gdi_world_prepare_model(const gdi_world *world, const gdi_question *question);
json_t *gdi_world_start_training(const gdi_world *world, const gdi_question *question);
json_t *gdi_world_watch_training(const gdi_world *world, const gdi_question *question);
json_t *gdi_world_refresh_gpus(const gdi_world *world, const gdi_question *question);
json_t *gdi_world_evaluate(const gdi_world *world, const gdi_question *question);
json_t *gdi_world_play_pair(const gdi_world *world, const gdi_question *question);
json_t *gdi_world_play_alone(const gdi_world *world, const gdi_question *question);
json_t *gdi_world_publish_repository(const gdi_world *world, const gdi_question *question);
json_t *gdi_world_compare_sources(const gdi_world *world, const gdi_question *question);
json_t *gdi_world_read_model_base(const gdi_world *world, const gdi_question *question);
json_t *gdi_world_notify(const gdi_world *world, const gdi_question *question);

/* ---- shared by them ---- */

/* True with this probability times the world's faults; `what` names the draw. */
bool gdi_world_happens(const gdi_world *world, const gdi_question *question, const char *what, const char *whose,
                       double probability);
const char *gdi_world_text(const json_t *object, const char *key); /* "" when it is not there */

#endif
