/* core/trainer/gpus_engine.h: the GPUs that running containers of trainings hold, whosever they are (training
 * specification 6): those of an earlier trainer on this machine, too.
 *
 * The containers of our own runs are known from the records; here those count whose names begin as a training's do
 * (gdi_gpu_holder). An engine that cannot be asked has none. [any] */
#ifndef GDI_TRAINER_GPUS_ENGINE_H
#define GDI_TRAINER_GPUS_ENGINE_H

#include <jansson.h>

#include "core/trainer/gpus.h"

/* runners: "trainer.runners" of god.yaml; its container.socket, otherwise Docker's usual place. */
const char *gdi_engine_socket(const json_t *runners);

/* Adds what is not in ret_ids yet. Asks for at most a few seconds. */
void gdi_gpus_add_engine(const char *socket_path, uint32_t ret_ids[GDI_TAKEN_MAX], uint32_t *io_count);

/* The devices of an engine's answer about one container, added as above. */
void gdi_gpus_add_container(const json_t *container, uint32_t ret_ids[GDI_TAKEN_MAX], uint32_t *io_count);

#endif
