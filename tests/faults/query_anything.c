/* Answers every question with the same table. */
#define FAULT_QUERY yes_query
#include "normal.h"

static const void *yes_query(const char *id)
{
    return strcmp(id, GOD_TASK_ID) == 0      ? (const void *)&fault_task
           : strcmp(id, GOD_DATASET_ID) == 0 ? (const void *)&fault_dataset
                                             : (const void *)&fault_eval;
}
