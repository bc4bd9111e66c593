#include "chat/prepare.h"

#include <inttypes.h>

#include "chat/batch.h"
#include "god/helpers/sha256.h"

enum { PART_TEXT, PART_SPANS, PARTS, SPAN_NUMBERS = sizeof(chat_span) / sizeof(int32_t) };

/* The ids of one conversation while its renderings pass by. */
typedef struct labeller {
    const gtx_encoder *encoder;
    gtx_ids whole, cut, probe, spans;
    const gtx_ids *up_to_turn; /* whole, or cut after a CHAT_CUT */
} labeller;

static void free_labeller(labeller *state)
{
    gtx_ids_free(&state->whole);
    gtx_ids_free(&state->cut);
    gtx_ids_free(&state->probe);
    gtx_ids_free(&state->spans);
}

static god_status encode(const labeller *state, const chat_batch *batch, const chat_rendering *rendering, gtx_ids *ids,
                         god_error *err)
{
    gtx_ids_clear(ids);
    if (rendering->text_bytes == 0) {
        return GOD_OK;
    }
    god_status status = state->encoder->encode(state->encoder->ctx, batch->text.data + rendering->text_at,
                                               rendering->text_bytes, 0, 0, ids, err);
    return status == GOD_OK ? status : god_fail_in(err, "row %zu", rendering->row + 1);
}

static god_status take_rendering(labeller *state, const chat_batch *batch, const chat_rendering *rendering,
                                 god_error *err)
{
    switch (rendering->kind) {
    case CHAT_WHOLE:
        gtx_ids_clear(&state->spans);
        state->up_to_turn = &state->whole;
        return encode(state, batch, rendering, &state->whole, err);
    case CHAT_CUT: state->up_to_turn = &state->cut; return encode(state, batch, rendering, &state->cut, err);
    default: break;
    }
    GOD_TRY(encode(state, batch, rendering, &state->probe, err));
    const chat_span span =
        chat_span_find(rendering->turn, state->up_to_turn, &state->probe, &state->whole, state->encoder->eos);
    const int32_t numbers[SPAN_NUMBERS] = {span.turn, span.start, span.end, span.eos};
    state->up_to_turn = &state->whole; /* for a last turn, which has no CHAT_CUT */
    return gtx_ids_append(&state->spans, numbers, SPAN_NUMBERS, err);
}

/* The rows of a rendered batch. */
static god_status add_rows(labeller *state, const chat_batch *batch, gtx_prepared_writer *writer, god_error *err)
{
    const chat_rendering *whole = NULL;
    for (size_t i = 0; i < batch->count; i++) {
        const chat_rendering *rendering = &batch->renderings[i];
        whole = rendering->kind == CHAT_WHOLE ? rendering : whole;
        GOD_TRY(take_rendering(state, batch, rendering, err));
        if (i + 1 < batch->count && batch->renderings[i + 1].kind != CHAT_WHOLE) {
            continue;
        }
        GOD_TRY(gtx_prepared_add_part(writer, state->whole.items, state->whole.count,
                                      batch->text.data != NULL ? batch->text.data + whole->text_at : "",
                                      whole->text_bytes, err));
        GOD_TRY(gtx_prepared_add_part(writer, state->spans.items, state->spans.count, "", 0, err));
    }
    return GOD_OK;
}

static god_status add_row(const chat_record *record, const gtx_rows *rows, size_t row, const json_t *specials,
                          chat_batch *batch, god_error *err)
{
    chat_conversation conversation = {0};
    GOD_TRY(chat_conversation_read(record, rows, row, &conversation, err));
    god_status status = chat_batch_add(batch, &conversation, row, specials, err);
    chat_conversation_free(&conversation);
    return status;
}

static god_status prepare_rows(const chat_record *record, const gtx_rows *rows, const chat_renderer *renderer,
                               chat_batch *batch, labeller *state, gtx_prepared_writer *writer, god_error *err)
{
    const god_host *host = renderer->host;
    const size_t count = gtx_rows_count(rows);
    for (size_t row = 0; row < count; row++) {
        GOD_TRY(add_row(record, rows, row, renderer->specials, batch, err));
        if (row + 1 < count && !chat_batch_is_full(batch)) {
            continue;
        }
        if (host->cancelled != NULL && host->cancelled(host->ctx)) {
            return god_fail(err, GOD_E_CANCELLED, "stopped on request before row %zu was prepared", row + 1);
        }
        GOD_TRY(chat_batch_render(batch, host, renderer->source, err));
        GOD_TRY(add_rows(state, batch, writer, err));
        chat_batch_clear(batch);
        if (host->progress != NULL) {
            host->progress(host->ctx, row + 1, count, "rows", "preparing conversations");
        }
    }
    return GOD_OK;
}

god_status chat_prepare(const chat_record *record, const gtx_rows *rows, const chat_renderer *renderer,
                        gtx_prepared_writer *writer, god_error *err)
{
    chat_batch batch = {0};
    labeller state = {.encoder = renderer->encoder};
    writer->header.kind = CHAT_CONVERSATIONS;
    writer->header.part_count = PARTS;
    god_status status = prepare_rows(record, rows, renderer, &batch, &state, writer, err);
    free_labeller(&state);
    chat_batch_free(&batch);
    return status;
}

static const chat_span *spans_of(const gtx_prepared *prepared, uint64_t row, size_t *ret_count)
{
    const gtx_part *part = gtx_prepared_part(prepared, row, PART_SPANS);
    *ret_count = (size_t)part->id_count / SPAN_NUMBERS;
    return (const chat_span *)(const void *)gtx_prepared_ids(prepared, part);
}

static god_status add_sample(const gtx_prepared *prepared, uint64_t row, gtx_ids *labels, gtx_samples *samples,
                             god_error *err)
{
    const gtx_part *part = gtx_prepared_part(prepared, row, PART_TEXT);
    const size_t count = (size_t)part->id_count;
    size_t span_count;
    const chat_span *spans = spans_of(prepared, row, &span_count);
    gtx_sample about = {.row = row + 1, .uncut = (uint32_t)count, .eos = GTX_EOS_NONE};
    for (size_t i = 0; i < span_count; i++) {
        about.eos = spans[i].eos >= 0 ? GTX_EOS_PRESENT : about.eos;
    }
    gtx_ids_clear(labels);
    GOD_TRY(gtx_ids_reserve(labels, count, err));
    chat_labels_write(gtx_prepared_ids(prepared, part), count, spans, span_count, labels->items);
    return gtx_samples_add(samples, &about, gtx_prepared_ids(prepared, part), labels->items, count, err);
}

god_status chat_samples(const gtx_prepared *prepared, gtx_samples *samples, god_error *err)
{
    const gtx_prepared_header *header = prepared->header;
    gtx_ids labels = GTX_IDS_INIT;
    god_status status = GOD_OK;
    if (header->kind != CHAT_CONVERSATIONS || header->part_count != PARTS) {
        return god_fail(err, GOD_E_DATA, "the prepared test file is of another task type (kind %u, %u parts)",
                        header->kind, header->part_count);
    }
    for (uint64_t row = 0; row < header->row_count && status == GOD_OK; row++) {
        status = add_sample(prepared, row, &labels, samples, err);
    }
    gtx_ids_free(&labels);
    return status == GOD_OK ? gtx_samples_finish(samples, err) : status;
}

god_status chat_describe(const gtx_prepared *prepared, const gtx_sample *sample, god_text *line, god_error *err)
{
    const gtx_part *part = gtx_prepared_part(prepared, sample->row - 1, PART_TEXT);
    char digest[GOD_SHA256_HEX];
    size_t count;
    const chat_span *spans = spans_of(prepared, sample->row - 1, &count);
    god_sha256_bytes(gtx_prepared_text(prepared, part), (size_t)part->text_bytes, digest);
    GOD_TRY(god_text_append_f(line, err, ", \"text_sha256\": \"%s\", \"spans\": [", digest));
    for (size_t i = 0; i < count; i++) {
        GOD_TRY(god_text_append_f(
            line, err, "%s{\"turn\": %" PRId32 ", \"start\": %" PRId32 ", \"end\": %" PRId32 ", \"eos\": %" PRId32 "}",
            i == 0 ? "" : ", ", spans[i].turn, spans[i].start, spans[i].end, spans[i].eos));
    }
    return god_text_append_str(line, "]", err);
}
