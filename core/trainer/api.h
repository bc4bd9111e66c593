/* core/trainer/api.h: what a trainer answers over HTTP (training specification 2 and 3).
 *
 *   api_start.c    POST /v1/trainer/start_training, /v1/trainer/model_prep
 *   api_look.c     GET  /v1/trainer/get_gpu_availability, get_recent_tasks, {task_id}, model_prep/{task_id}
 *   api_state.c    GET  /health, /ready, /metrics, /openapi.json
 *   api_check.c    what is wrong with a request, as validators that exist get it: status 422 and a list
 *
 * All but /health ask for the caller's address; what is below /v1 also for a signature, where one is required. Handlers
 * run on the thread of the server. openapi.json beside this file describes all of it; a test compares the two. [one] */
#ifndef GDI_TRAINER_API_H
#define GDI_TRAINER_API_H

#include "core/http/server.h"
#include "core/trainer/access.h"
#include "core/trainer/crew.h"
#include "core/trainer/gpus.h"

typedef struct gdi_trainer_api {
    const gdi_config *config; /* borrowed, as everything here */
    const gdi_log *log;
    gdi_access *access;
    gdi_records *records;
    gdi_crew *crew;
    gdi_gpus *gpus;
    const gdi_training_types *types;
    pthread_mutex_t *types_mutex;
    const gdi_secrets *secrets;
    const char *jobs_dir, *version;
    const gdi_server *server; /* for /metrics; NULL: not open yet */
    int64_t started_us;
} gdi_trainer_api;

/* Context of the handlers: a gdi_trainer_api. For a raw server (core/http/server.h). */
extern const gdi_route *const gdi_trainer_tables[];
extern const gdi_route gdi_trainer_start_routes[], gdi_trainer_look_routes[], gdi_trainer_state_routes[];

/* check_peer of a gdi_server_options whose context is a gdi_trainer_api. */
god_status gdi_trainer_check_peer(void *api, const char *peer, god_error *err);

/* The GPUs that are taken: by jobs of this trainer, and by containers of others. */
uint32_t gdi_trainer_taken(const gdi_trainer_api *api, uint32_t ret_ids[GDI_TAKEN_MAX]);

/* {"detail": sentence} with this status. */
GOD_PRINTF(4, 5)
god_status gdi_trainer_refuse(gdi_answer *answer, god_error *err, uint32_t status, const char *format, ...);

#endif
