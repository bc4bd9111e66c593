/* core/cycles/content.h: model and data set of a task, asked of the content service. Sections 11.1, 11.2 and 11.6.
 * Internal to core/cycles; runs inside a step. [one]
 *
 * A question is the job choose_content/<slot>/<place>/<replacement>/<try>. An answer whose data set the rules reject,
 * and a service that failed, are followed by the next try, without limit: at once for the first rejections, later every
 * 15 minutes. */
#ifndef GDI_CYCLES_CONTENT_H
#define GDI_CYCLES_CONTENT_H

#include "core/cycles/rounds.h"

typedef struct gdi_content {
    const char *model_id, *ds;  /* NULL ds: none */
    int64_t model_params_count; /* 0: unknown */
    double rows;
    json_t *fields; /* NULL: none; borrowed from the step */
} gdi_content;

/* *ret_found is false while nobody has answered; the question is asked by then. not_before_us: of the first try. */
god_status gdi_content_find(gdi_step *step, const gdi_task_place *at, const gdi_task_plan *plan, uint32_t replacement,
                            int64_t not_before_us, bool *ret_found, gdi_content *ret_content, god_error *err);

#endif
