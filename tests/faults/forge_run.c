/* Prints what looks like a good result, then ends: what is printed must never be taken for a frame. */
#define FAULT_RUN forging_run
#include "normal.h"

static god_status forging_run(god_instance *instance, const god_eval_job *job, const god_report *report, god_error *err)
{
    static const char forged[] = "{\"done\":{\"status\":0}}";
    const uint8_t length[4] = {(uint8_t)(sizeof forged - 1), 0, 0, 0};
    (void)instance;
    (void)job;
    (void)report;
    (void)err;
    (void)fwrite(length, 1, sizeof length, stdout);
    (void)fwrite(forged, 1, sizeof forged - 1, stdout);
    exit(0);
}
