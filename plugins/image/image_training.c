#include "image_training.h"

#include <stdlib.h>

#include "common/training.h"

/* Larger than this, a .safetensors file in the root of a repository is the whole model (spec/training.md 10.3). */
#define SINGLE_FILE_BYTES_MIN ((UINT64_C(6) << 30) + 1)

/* After the five kinds of dataset_type. */
enum { claim_order = 6 };

static uint32_t count_keys(const json_t *data)
{
    static const char *const keys[] = {"dataset_zip", "model_type", "trigger_word"};
    uint32_t count = 0;
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
        count += json_object_get(data, keys[i]) != NULL;
    }
    return count;
}

static god_status claim_with(const gim_spec *spec, void *user,
                             god_status (*claimed)(void *user, const god_claim *claim), god_error *err)
{
    if (json_object_get(spec->root, "dataset_zip") == NULL) {
        return god_fail(err, GOD_E_NOT_FOUND, "training_data: \"dataset_zip\" is missing");
    }
    if (spec->dataset_zip == NULL || spec->dataset_zip[0] == '\0') {
        return god_fail(err, GOD_E_INVALID, "training_data: \"dataset_zip\" is empty");
    }
    if (json_object_set_new(spec->root, "task_type", json_string(GIM_TASK_TYPE)) != 0) {
        return god_fail(err, GOD_E_NOMEM, "training_data: out of memory");
    }
    char *text = json_dumps(spec->root, JSON_COMPACT | JSON_REAL_PRECISION(17));
    if (text == NULL) {
        return god_fail(err, GOD_E_NOMEM, "training_data: out of memory");
    }
    const god_claim claim = {.size = GOD_SIZE_TO(god_claim, spec_json),
                             .keys = count_keys(spec->root),
                             .order = claim_order,
                             .spec_json = text};
    god_status status = claimed(user, &claim);
    free(text);
    return status;
}

god_status gim_training_claim(const char *training_data_json, void *user,
                              god_status (*claimed)(void *user, const god_claim *claim), god_error *err)
{
    gim_spec spec;
    GOD_TRY(gim_spec_parse(training_data_json, &spec, err));
    god_status status = claim_with(&spec, user, claimed, err);
    gim_spec_free(&spec);
    return status;
}

/* Tokenizers and adapters that the published training images load from the shared cache. */
static god_status write_extras(const gim_spec *spec, const god_training_sink *sink)
{
    static const struct {
        const char *repository, *file;
    } extras[] = {{"openai/clip-vit-large-patch14", NULL},           {"laion/CLIP-ViT-bigG-14-laion2B-39B-b160k", NULL},
                  {"google/t5-v1_1-xxl", "tokenizer_config.json"},   {"google/t5-v1_1-xxl", "spiece.model"},
                  {"google/t5-v1_1-xxl", "special_tokens_map.json"}, {"google/t5-v1_1-xxl", "config.json"}};
    for (size_t i = 0; i < sizeof extras / sizeof extras[0]; i++) {
        GOD_TRY(sink->extra(sink->ctx, extras[i].repository, extras[i].file));
    }
    const gim_model_type *type = spec->model_type;
    return type->extra_file == NULL ? GOD_OK : sink->extra(sink->ctx, type->extra_repository, type->extra_file);
}

god_status gim_training_plan(const gim_spec *spec, const god_training_sink *sink, god_training_plan *ret_plan,
                             god_error *err)
{
    if (spec->task_id == NULL || spec->model == NULL || spec->dataset_zip == NULL) {
        return god_fail(err, GOD_E_INVALID, "task: one of \"task_id\", \"model\" and \"dataset_zip\" is missing");
    }
    GOD_TRY(gtx_training_download_args(sink, spec->task_id, spec->model, GIM_TASK_TYPE, spec->dataset_zip));
    GOD_TRY(sink->download_arg(sink->ctx, "--model-type", spec->model_type->name));
    if (spec->has_baseline_stats) {
        GOD_TRY(sink->download_arg(sink->ctx, "--anonymize", NULL));
    }
    GOD_TRY(write_extras(spec, sink));
    const god_training_plan plan = {.size = GOD_SIZE_TO(god_training_plan, single_file_bytes_min),
                                    .dockerfile = spec->model_type->dockerfile,
                                    .image = "standalone-image-trainer",
                                    .container_prefix = "image-trainer-",
                                    .data_ending = "_tourn.zip",
                                    .upload_subfolder = "checkpoints",
                                    .single_file_bytes_min = spec->model_type->single_file ? SINGLE_FILE_BYTES_MIN : 0};
    gtx_training_plan_hand_over(&plan, ret_plan);
    return GOD_OK;
}
