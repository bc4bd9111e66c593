#include "common/inputs.h"

#include <inttypes.h>

#include "common/encoder.h"
#include "common/need.h"
#include "common/python_json.h"
#include "god/helpers/sha256.h"

god_status gtx_inputs_needs(const gtx_task_spec *spec, void *user, god_status (*need)(void *user, const god_need *item),
                            god_error *err)
{
    GOD_TRY(gtx_need_report("data", spec->dataset, user, need, err));
    return gtx_need_report("base", spec->model, user, need, err);
}

god_status gtx_inputs_find(const god_inputs *inputs, const char *key, const god_input **ret_input, god_error *err)
{
    for (uint32_t i = 0; i < inputs->count; i++) {
        if (strcmp(inputs->items[i]->key, key) == 0) {
            *ret_input = inputs->items[i];
            return GOD_OK;
        }
    }
    return god_fail(err, GOD_E_INVALID, "the input \"%s\" was not given", key);
}

/* The host's digest of the test file, or one measured here. */
static god_status data_digest(const god_input *data, char ret_hex[GOD_SHA256_HEX], god_error *err)
{
    if (data->sha256 == NULL || strlen(data->sha256) != GOD_SHA256_HEX - 1) {
        return god_sha256_file(data->path, ret_hex, err);
    }
    memcpy(ret_hex, data->sha256, GOD_SHA256_HEX);
    return GOD_OK;
}

static god_status describe(const gtx_task_spec *spec, const god_inputs *inputs, const char *more, god_text *line,
                           god_error *err)
{
    const god_input *data = NULL, *base = NULL;
    char data_hex[GOD_SHA256_HEX], tokenizer_hex[GOD_SHA256_HEX];
    GOD_TRY(gtx_inputs_find(inputs, "data", &data, err));
    GOD_TRY(gtx_inputs_find(inputs, "base", &base, err));
    GOD_TRY(data_digest(data, data_hex, err));
    GOD_TRY(gtx_tokenizer_digest(base->path, tokenizer_hex, err));
    GOD_TRY(god_text_append_f(line, err, "%s %d data %s tokenizer %s record ", spec->task_type, GTX_PREPARED_VERSION,
                              data_hex, tokenizer_hex));
    GOD_TRY(gtx_python_json(spec->dataset_type, line, err));
    return god_text_append_f(line, err, " %s", more);
}

god_status gtx_inputs_cache_key(const char *prefix, const gtx_task_spec *spec, const god_inputs *inputs,
                                const char *more, char *buf, size_t buf_bytes, god_error *err)
{
    char hex[GOD_SHA256_HEX];
    god_text line = GOD_TEXT_INIT, key = GOD_TEXT_INIT;
    god_status status = describe(spec, inputs, more, &line, err);
    if (status == GOD_OK) {
        god_sha256_bytes(line.data, line.bytes, hex);
        status = god_text_append_f(&key, err, "%s-%s", prefix, hex);
    }
    if (status == GOD_OK && key.bytes >= buf_bytes) {
        status =
            god_fail(err, GOD_E_INVALID, "a cache key needs %zu bytes, the buffer has %zu", key.bytes + 1, buf_bytes);
    }
    if (status == GOD_OK) {
        memcpy(buf, key.data, key.bytes + 1);
    }
    god_text_free(&key);
    god_text_free(&line);
    return status;
}

void gtx_inputs_fill_header(const god_tokenizer *tokenizer, gtx_prepared_header *header)
{
    header->truncation_side = god_tokenizer_truncation_side(tokenizer);
    header->bos = god_tokenizer_bos(tokenizer);
    header->eos = god_tokenizer_eos(tokenizer);
    header->pad = god_tokenizer_pad(tokenizer);
    header->unk = god_tokenizer_unk(tokenizer);
    header->model_max_length = god_tokenizer_model_max_length(tokenizer);
}

god_status gtx_inputs_report(const god_report *report, const gtx_prepared_header *header)
{
    const struct {
        const char *name;
        int64_t value;
    } numbers[] = {
        {"rows", (int64_t)header->row_count}, {"bos", header->bos}, {"eos", header->eos}, {"pad", header->pad}};
    char text[32];
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        (void)snprintf(text, sizeof text, "%" PRId64, numbers[i].value);
        GOD_TRY(report->fact(report->ctx, numbers[i].name, numbers[i].value < 0 ? "none" : text));
    }
    return report->fact(report->ctx, "truncation_side",
                        header->truncation_side == GOD_TRUNCATE_LEFT ? "left" : "right");
}

god_status gtx_inputs_report_source(const god_report *report, const gtx_task_spec *spec, const char *base_model_dir,
                                    god_error *err)
{
    char digest[GOD_SHA256_HEX];
    god_text record = GOD_TEXT_INIT;
    GOD_TRY(gtx_tokenizer_digest(base_model_dir, digest, err));
    god_status status = gtx_python_json(spec->dataset_type, &record, err);
    if (status == GOD_OK) {
        status = report->fact(report->ctx, "dataset_type", record.data);
    }
    god_text_free(&record);
    return status != GOD_OK ? status : report->fact(report->ctx, "tokenizer_sha256", digest);
}
