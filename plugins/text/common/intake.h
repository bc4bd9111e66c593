/* intake.h: "god.intake/1" of the text task types: the columns of a data set get the names that the task's files have,
 * and rows that cannot be trained on are left out. [one] spec/training.md 20.1, steps 4 and 5.
 *
 *     instruct   instruct, output, input (where there is one), system (where there is one)
 *     DPO        prompt, chosen, rejected, system (where there is one); rows with a blank one of the first three go
 *     GRPO       prompt, extra_data (where there is one)
 *     chat       conversations: messages without role or content go, conversations of fewer than two messages too
 *
 * Values become strings: null and what is missing "", numbers and booleans as Python prints them, lists and objects as
 * JSON. Files are JSON arrays of objects and JSON Lines (common/rows.h), and tables (common/csv.h) where the name ends
 * with .csv.
 */
#ifndef GTX_INTAKE_H
#define GTX_INTAKE_H

#include <jansson.h>

#include "common/rows.h"
#include "common/task_spec.h"
#include "god/intake.h"

enum { GTX_INTAKE_EMPTY_PERCENT_MAX = 80 };

/* GOD_E_INVALID when the record names no column where one is needed. */
god_status gtx_intake_plan(const gtx_task_spec *spec, gtx_kind kind, god_intake_plan *ret_plan, god_error *err);

/* GOD_E_DATA: a column that the record names is nowhere in the data, more than GTX_INTAKE_EMPTY_PERCENT_MAX % of the
 * rows are empty, or none is left. */
god_status gtx_intake_read(const gtx_task_spec *spec, gtx_kind kind, const char *const *paths, uint32_t path_count,
                           const god_intake_sink *sink, god_error *err);

/* The same for rows that have been read. */
god_status gtx_intake_rows(const gtx_task_spec *spec, gtx_kind kind, const gtx_rows *rows, const god_intake_sink *sink,
                           god_error *err);

#endif
