#include "core/runner/runner.h"

#include <string.h>

const gdi_runner *gdi_runner_find(const char *name)
{
    static const gdi_runner *const runners[] = {&gdi_runner_container, &gdi_runner_process, &gdi_runner_slurm};
    for (size_t i = 0; i < sizeof runners / sizeof *runners; i++) {
        if (strcmp(runners[i]->name, name) == 0) {
            return runners[i];
        }
    }
    return NULL;
}
