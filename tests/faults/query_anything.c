/* Answers questions that nobody knows with a table. */
#define FAULT_QUERY yes_query
#include "god/explain.h"
#include "god/intake.h"
#include "god/training.h"
#include "normal.h"

static const void *yes_query(const char *id)
{
    static const char *const optional[] = {GOD_EXPLAIN_ID, GOD_TRAINING_ID, GOD_INTAKE_ID};
    for (size_t i = 0; i < sizeof optional / sizeof *optional; i++) {
        if (strcmp(id, optional[i]) == 0) {
            return NULL;
        }
    }
    return strcmp(id, GOD_TASK_ID) == 0      ? (const void *)&fault_task
           : strcmp(id, GOD_DATASET_ID) == 0 ? (const void *)&fault_dataset
                                             : (const void *)&fault_eval;
}
