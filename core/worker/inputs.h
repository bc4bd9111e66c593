/* core/worker/inputs.h: meets a plug-in's needs: with the job's own files first, else from the address of the need.
 * Everything is owned by the struct, which lives as long as the worker. [one] */
#ifndef GDI_WORKER_INPUTS_H
#define GDI_WORKER_INPUTS_H

#include "core/host/services.h"
#include "core/loader/loader.h"
#include "god/helpers/file.h"
#include "god/helpers/sha256.h"

typedef struct gdi_met_need {
    god_input input;
    char key[GDI_JOB_ID_BYTES_MAX + 1], path[GOD_PATH_MAX], sha256[GOD_SHA256_HEX];
} gdi_met_need;

typedef struct gdi_inputs {
    god_inputs inputs; /* hand this to the plug-in */
    const god_input *pointers[GDI_JOB_INPUTS_MAX];
    gdi_met_need *met[GDI_JOB_INPUTS_MAX]; /* own */
    uint32_t count;
} gdi_inputs;

/* Asks the plug-in what the task needs and meets each need, in its order, measuring digests that nobody has measured.
 * A download with a digest goes through the cache; one without is made for this job alone. GOD_E_INVALID when a need
 * is neither in the job nor has an address, or the digest is not the one that the need asks for. */
god_status gdi_inputs_meet(gdi_inputs *inputs, const gdi_job *job, const gdi_plugin *plugin, god_instance *instance,
                           gdi_services *services, const char *work_dir, god_error *err);

#endif
