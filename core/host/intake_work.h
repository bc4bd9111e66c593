/* core/host/intake_work.h: has a worker say what becomes of a data set (core/worker/intake.h), and splits what it left
 * into the two files of a task. For jobs aside. [one] per call */
#ifndef GDI_HOST_INTAKE_WORK_H
#define GDI_HOST_INTAKE_WORK_H

#include "core/host/executors.h"
#include "core/host/plugins.h"

/* One intake in the folder `dir`, which exists and is empty. inputs: {"0": path, ...}, or NULL: only the plan.
 * *ret_facts is what the worker told, an object of strings, owned by the caller. The plug-in's own errors keep their
 * status; one that crashed or ran out of time is GOD_E_IO. */
god_status gdi_intake_work(const gdi_execution *x, const gdi_plugin_info *plugin, const char *dir, json_t *spec,
                           json_t *inputs, json_t **ret_facts, god_error *err);

/* rows.jsonl becomes two JSON arrays (training specification 20.1, steps 2 and 3): rows are drawn for the test in an
 * order that follows from the task's id alone. Rows that are left out count for the sizes. GOD_E_DATA for fewer rows
 * than a task needs, or when none is left for one of the files. */
god_status gdi_intake_split_rows(const char *rows_path, const char *task_id, const char *train_path,
                                 const char *test_path, god_error *err);

#endif
