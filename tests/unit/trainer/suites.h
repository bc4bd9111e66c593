#ifndef TEST_TRAINER_SUITES_H
#define TEST_TRAINER_SUITES_H

#include <check.h>

#include "core/trainer/store.h"

Suite *suite_trainer_access(void);
Suite *suite_trainer_api(void);
Suite *suite_trainer_cleanup(void);
Suite *suite_trainer_gpus(void);
Suite *suite_trainer_run_logs(void);
Suite *suite_trainer_store(void);

/* A fresh folder in the working directory; static room. */
const char *fresh_dir(const char *name);
/* {"training_data": {...}, ...}; a new reference. */
json_t *start_request(const char *task_id, const char *hotkey, const char *model, const char *gpu_ids);

#endif
