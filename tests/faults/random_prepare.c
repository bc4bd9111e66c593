/* Prepares other bytes each time. */
#define FAULT_PREPARE random_prepare
#include "normal.h"

static god_status random_prepare(god_instance *instance, const char *spec_json, const god_inputs *inputs,
                                 const char *staging_dir, god_error *err)
{
    static int calls = 0;
    char rows[GOD_PATH_MAX], number[16];
    (void)inputs;
    GOD_TRY(FAULT_CHECK(instance, spec_json, err));
    GOD_TRY(god_path_join(staging_dir, "rows", rows, err));
    (void)snprintf(number, sizeof number, "%d", calls++);
    return god_file_write(rows, number, strlen(number), err);
}
