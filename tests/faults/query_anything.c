/* Answers questions that nobody knows with a table. */
#define FAULT_QUERY yes_query
#include "god/explain.h"
#include "god/training.h"
#include "normal.h"

static const void *yes_query(const char *id)
{
    return strcmp(id, GOD_TASK_ID) == 0                                          ? (const void *)&fault_task
           : strcmp(id, GOD_DATASET_ID) == 0                                     ? (const void *)&fault_dataset
           : strcmp(id, GOD_EXPLAIN_ID) == 0 || strcmp(id, GOD_TRAINING_ID) == 0 ? NULL
                                                                                 : (const void *)&fault_eval;
}
