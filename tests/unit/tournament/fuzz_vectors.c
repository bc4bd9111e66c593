/* Any bytes as a file of rule vectors: an answer, a failed vector or a sentence, never a crash. */
#include "core/cli/rules_run.h"
#include "core/cli/rules_vector.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

static void take_result(void *user, const gdi_vector_result *result)
{
    (void)user;
    (void)result;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
    enum { bytes_max = 1 << 16 };
    god_error err = GOD_ERROR_INIT;
    json_t *file = NULL;
    gdi_rules_counts counts;
    gdi_task_kinds task_kinds = {.path = GOD_SOURCE_DIR "/plugins/task-kinds.json"};
    if (bytes > bytes_max || god_json_parse("fuzz", (const char *)data, bytes, &file, &err) != GOD_OK) {
        return 0;
    }
    (void)gdi_rules_run("fuzz", file, &task_kinds, NULL, take_result, &counts, &err);
    gdi_task_kinds_fini(&task_kinds);
    json_decref(file);
    return 0;
}
