/* core/cycles/periodic.h: a job in every period, and its result used once. Internal to core/cycles. [one] */
#ifndef GDI_CYCLES_PERIODIC_H
#define GDI_CYCLES_PERIODIC_H

#include "core/cycles/steps.h"

typedef struct gdi_period {
    const char *kind;   /* of the job */
    int64_t period_us;  /* periods begin at multiples of this */
    int64_t default_us; /* when period_us is 0; negative: never */
    /* What the job is asked; the caller takes it. NULL: nothing to ask in this period. */
    god_status (*ask)(gdi_step *step, json_t **ret_payload, god_error *err);
    /* What it answered. */
    god_status (*apply)(gdi_step *step, const json_t *result, god_error *err);
} gdi_period;

/* The whole of such a step: applies what arrived, asks when a period has begun, says when the next one does. A job that
 * failed is logged and left; the next period asks again. */
god_status gdi_step_periodic(gdi_step *step, const gdi_period *period, god_error *err);

#endif
