/* Cannot prepare its data, and leaves half of it behind. */
#define FAULT_PREPARE failing_prepare
#include "normal.h"

static god_status failing_prepare(god_instance *instance, const char *spec_json, const god_inputs *inputs,
                                  const char *staging_dir, god_error *err)
{
    char rows[GOD_PATH_MAX];
    (void)instance;
    (void)spec_json;
    (void)inputs;
    GOD_TRY(god_path_join(staging_dir, "rows", rows, err));
    GOD_TRY(god_file_write(rows, "half", 4, err));
    return god_fail(err, GOD_E_DATA, "row 17: field \"instruction\" is missing");
}
