#include "dpo/prepare.h"

enum { PART_PROMPT, PART_CHOSEN, PART_REJECTED, PARTS };

static const char *column(const json_t *record, const char *key, const char *otherwise)
{
    const char *name = json_string_value(json_object_get(record, key));
    return name != NULL ? name : otherwise;
}

dpo_columns dpo_columns_of(const json_t *dataset_type)
{
    return (dpo_columns){column(dataset_type, "field_prompt", "prompt"), column(dataset_type, "field_chosen", "chosen"),
                         column(dataset_type, "field_rejected", "rejected")};
}

/* A preparation under way. */
typedef struct work {
    uint32_t profile;
    const gtx_rows *rows;
    const gtx_encoder *encoder;
    const char *eos_text;
    gtx_prepared_writer *writer;
    gtx_ids ids;   /* scratch */
    god_text text; /* scratch */
} work;

static god_status read_text(const work *at, size_t row, const char *name, const char **ret_text, size_t *ret_bytes,
                            god_error *err)
{
    GOD_TRY(gtx_rows_text(at->rows, row, name, ret_text, ret_bytes, err));
    return *ret_text != NULL ? GOD_OK : god_fail(err, GOD_E_DATA, "row %zu: field \"%s\" is missing", row + 1, name);
}

static god_status add_part(work *at, const char *text, size_t bytes, god_error *err)
{
    uint32_t flags = at->profile == DPO_P2 ? GOD_ENCODE_SPECIAL : 0;
    gtx_ids_clear(&at->ids);
    GOD_TRY(at->encoder->encode(at->encoder->ctx, text, bytes, flags, 0, &at->ids, err));
    return gtx_prepared_add_part(at->writer, at->ids.items, at->ids.count, text, bytes, err);
}

static god_status add_prompt(work *at, size_t row, const char *name, const char *prompt, size_t bytes, god_error *err)
{
    GOD_TRY(add_part(at, prompt, bytes, err));
    if (at->profile == DPO_P1 && at->ids.count == 0) {
        return god_fail(err, GOD_E_DATA, "row %zu: field \"%s\" yields no tokens, so its answers have no predictor",
                        row + 1, name);
    }
    return GOD_OK;
}

/* P1: the answer alone. P2: prompt and answer as one string, closed by the text of EOS unless it ends with it. */
static god_status add_answer(work *at, size_t row, const char *name, const char *prompt, size_t prompt_bytes,
                             god_error *err)
{
    const char *answer = NULL;
    size_t bytes = 0, eos_bytes = strlen(at->eos_text);
    GOD_TRY(read_text(at, row, name, &answer, &bytes, err));
    if (at->profile == DPO_P1) {
        return add_part(at, answer, bytes, err);
    }
    god_text_clear(&at->text);
    GOD_TRY(god_text_append(&at->text, prompt, prompt_bytes, err));
    GOD_TRY(god_text_append(&at->text, answer, bytes, err));
    if (bytes < eos_bytes || memcmp(answer + bytes - eos_bytes, at->eos_text, eos_bytes) != 0) {
        GOD_TRY(god_text_append(&at->text, at->eos_text, eos_bytes, err));
    }
    return add_part(at, at->text.data, at->text.bytes, err);
}

static god_status add_row(work *at, const dpo_columns *columns, size_t row, god_error *err)
{
    const char *prompt = NULL;
    size_t bytes = 0;
    GOD_TRY(read_text(at, row, columns->prompt, &prompt, &bytes, err));
    GOD_TRY(add_prompt(at, row, columns->prompt, prompt, bytes, err));
    GOD_TRY(add_answer(at, row, columns->chosen, prompt, bytes, err));
    return add_answer(at, row, columns->rejected, prompt, bytes, err);
}

god_status dpo_prepare(const dpo_columns *columns, uint32_t profile, const gtx_rows *rows, const gtx_encoder *encoder,
                       const char *eos_text, gtx_prepared_writer *writer, god_error *err)
{
    work at = {profile, rows, encoder, eos_text, writer, GTX_IDS_INIT, GOD_TEXT_INIT};
    god_status status = GOD_OK;
    writer->header.kind = profile;
    writer->header.part_count = PARTS;
    if (encoder->eos < 0 || eos_text == NULL) {
        return god_fail(err, GOD_E_DATA, "the base model's tokenizer names no EOS token, so no answer can be closed");
    }
    for (size_t row = 0; row < gtx_rows_count(rows) && status == GOD_OK; row++) {
        status = add_row(&at, columns, row, err);
    }
    god_text_free(&at.text);
    gtx_ids_free(&at.ids);
    return status;
}

static dpo_ids ids_of(const gtx_prepared *prepared, uint64_t row, uint32_t part)
{
    const gtx_part *about = gtx_prepared_part(prepared, row, part);
    return (dpo_ids){gtx_prepared_ids(prepared, about), (size_t)about->id_count};
}

/* row from 0. */
static dpo_pair pair_of(const gtx_prepared *prepared, uint64_t row)
{
    return (dpo_pair){.row = row + 1,
                      .profile = prepared->header->kind,
                      .eos = prepared->header->eos,
                      .prompt = ids_of(prepared, row, PART_PROMPT),
                      .chosen = ids_of(prepared, row, PART_CHOSEN),
                      .rejected = ids_of(prepared, row, PART_REJECTED)};
}

god_status dpo_longest(const gtx_prepared *prepared, size_t *ret_length, god_error *err)
{
    const gtx_prepared_header *header = prepared->header;
    size_t longest = 0;
    if (header->part_count != PARTS || (header->kind != DPO_P1 && header->kind != DPO_P2)) {
        return god_fail(err, GOD_E_DATA, "the prepared test file is of another task type (kind %u, %u parts)",
                        header->kind, header->part_count);
    }
    for (uint64_t row = 0; row < header->row_count; row++) {
        const dpo_pair pair = pair_of(prepared, row);
        size_t length = dpo_pair_length(&pair);
        longest = length > longest ? length : longest;
    }
    *ret_length = longest;
    return GOD_OK;
}

god_status dpo_samples(const gtx_prepared *prepared, gtx_samples *samples, god_error *err)
{
    for (uint64_t row = 0; row < prepared->header->row_count; row++) {
        const dpo_pair pair = pair_of(prepared, row);
        GOD_TRY(dpo_add_pair(&pair, samples, err));
    }
    return gtx_samples_finish_unfiltered(samples, err);
}
