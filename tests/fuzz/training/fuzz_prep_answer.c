/* What a model preparation printed: an answer within its limits, or an error. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "core/training/model_prep.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

static void require(int condition)
{
    if (!condition) {
        abort();
    }
}

static int is_known(const char *type)
{
    static const char *const types[] = {"instruct", "dpo", "grpo", "env"};
    for (size_t i = 0; type != NULL && i < sizeof types / sizeof *types; i++) {
        if (strcmp(types[i], type) == 0) {
            return 1;
        }
    }
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
    json_t *answer = NULL;
    god_error err = GOD_ERROR_INIT;
    if (gdi_prep_answer((const char *)data, bytes, &answer, &err) != GOD_OK) {
        require(answer == NULL && err.message[0] != '\0');
        return 0;
    }
    const json_t *model = json_object_get(answer, "augmented_model_id"),
                 *stats = json_object_get(answer, "baseline_stats");
    require(json_object_size(answer) == 2 && model != NULL && stats != NULL);
    require(json_is_null(model) || strlen(json_string_value(model)) <= GDI_PREP_TEXT_BYTES_MAX);
    require(json_is_null(stats) || is_known(json_string_value(json_object_get(stats, "task_type"))));
    json_decref(answer);
    return 0;
}
