/* Any bytes as a test file of the instruct and DPO tasks, tokenised byte by byte: rows, prompts, ids and labels. What
 * is accepted must keep the promises of its headers. */
#include <assert.h>
#include <stdint.h>

#include "dpo/prepare.h"
#include "instruct/example.h"
#include "instruct/prepare.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

enum { BOS = 256, EOS = 257, LENGTH = 24 };

/* One id per byte, special tokens around it when asked for, kept when it cuts. */
static god_status encode(void *ctx, const char *text, size_t bytes, uint32_t flags, size_t ids_max, gtx_ids *ids,
                         god_error *err)
{
    (void)ctx;
    size_t special = (flags & GOD_ENCODE_SPECIAL) != 0 ? 1 : 0;
    size_t count = ids_max != 0 && bytes + special > ids_max ? ids_max - special : bytes;
    GOD_TRY(gtx_ids_append_same(ids, BOS, special, err));
    for (size_t i = 0; i < count; i++) {
        GOD_TRY(gtx_ids_append_same(ids, (unsigned char)text[i], 1, err));
    }
    return GOD_OK;
}

static const gtx_encoder encoder = {NULL, encode, BOS, EOS};

static void check_samples(const gtx_samples *samples)
{
    size_t states = 0;
    for (uint32_t state = GTX_KEPT; state < GTX_STATES; state++) {
        states += samples->states[state];
    }
    assert(states == samples->count && samples->states[GTX_KEPT] == samples->kept);
    for (size_t i = 0; i < samples->kept; i++) {
        const gtx_sample *sample = &samples->items[samples->order[i]];
        assert(sample->length >= GTX_SAMPLE_LENGTH_MIN && sample->length <= LENGTH && sample->label_count > 0);
        assert(i == 0 || samples->items[samples->order[i - 1]].length <= sample->length);
    }
}

/* A writer's content as run would map it. Valid as long as the writer. */
static gtx_prepared view_of(gtx_prepared_writer *writer)
{
    gtx_prepared_header *header = &writer->header;
    header->row_count = writer->parts.bytes / sizeof(gtx_part) / header->part_count;
    return (gtx_prepared){.header = header,
                          .parts = (const gtx_part *)(const void *)writer->parts.data,
                          .ids = writer->ids.items != NULL ? writer->ids.items : &header->bos,
                          .text = writer->text.data != NULL ? writer->text.data : ""};
}

static void try_instruct(const gtx_rows *rows, uint32_t completion)
{
    god_error err = GOD_ERROR_INIT;
    gtx_samples samples;
    gtx_prepared_writer writer = {0};
    const instruct_record record = {.completion = completion,
                                    .field_system = "system",
                                    .field_instruction = "instruct",
                                    .field_input = "input",
                                    .field_output = "output",
                                    .system_prompt = "s",
                                    .system_format = "<{system}>",
                                    .format = "{instruction}{{{input}}}",
                                    .no_input_format = "{instruction}"};
    god_status status = instruct_prepare(&record, rows, &encoder, &writer, &err);
    assert(status == GOD_OK || status == GOD_E_DATA);
    if (status == GOD_OK) {
        const gtx_prepared prepared = view_of(&writer);
        gtx_samples_init(&samples, LENGTH);
        status = instruct_samples(&prepared, &encoder, &samples, &err);
        assert(status == GOD_OK || status == GOD_E_DATA);
        if (status == GOD_OK) {
            check_samples(&samples);
        }
        gtx_samples_free(&samples);
    }
    gtx_prepared_writer_free(&writer);
}

static void try_dpo(const gtx_rows *rows, uint32_t profile)
{
    god_error err = GOD_ERROR_INIT;
    const dpo_columns columns = {"prompt", "chosen", "rejected"};
    gtx_prepared_writer writer = {.header = {.eos = EOS}};
    gtx_samples samples;
    size_t longest = 0;
    if (dpo_prepare(&columns, profile, rows, &encoder, "</s>", &writer, &err) == GOD_OK) {
        const gtx_prepared prepared = view_of(&writer);
        assert(dpo_longest(&prepared, &longest, &err) == GOD_OK);
        gtx_samples_init(&samples, LENGTH);
        assert(dpo_samples(&prepared, &samples, &err) == GOD_OK);
        assert(samples.kept == 2 * gtx_rows_count(rows));
        for (size_t i = 0; i < samples.count; i++) {
            assert(samples.items[i].count <= LENGTH && samples.items[i].uncut <= longest);
        }
        gtx_samples_free(&samples);
    }
    gtx_prepared_writer_free(&writer);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
    god_error err = GOD_ERROR_INIT;
    gtx_rows rows;
    if (gtx_rows_parse((const char *)data, bytes, &rows, &err) != GOD_OK) {
        assert(err.message[0] != '\0');
        return 0;
    }
    assert(gtx_rows_count(&rows) > 0);
    try_instruct(&rows, 0);
    try_instruct(&rows, 1);
    try_dpo(&rows, DPO_P1);
    try_dpo(&rows, DPO_P2);
    gtx_rows_free(&rows);
    return 0;
}
