/* core/host/intake_pairs.h: pictures and their texts become the two archives of a task (training specification 20.1).
 * For jobs aside. [one] per call */
#ifndef GDI_HOST_INTAKE_PAIRS_H
#define GDI_HOST_INTAKE_PAIRS_H

#include "god/error.h"

/* pairs_path: [picture, text] per line, places among paths (core/worker/intake.h). A tenth of the pairs, rounded up,
 * is drawn for the test in an order that follows from the task's id alone. An archive is a deflated zip whose files lie
 * in a folder of its own name without ".zip", under the last component of their paths; the same pairs give the same
 * bytes. GOD_E_DATA for fewer or more pairs than a task may have, and for two files of one name. */
god_status gdi_intake_split_pairs(const char *pairs_path, const char *const *paths, uint32_t path_count,
                                  const char *task_id, const char *train_path, const char *test_path, god_error *err);

#endif
