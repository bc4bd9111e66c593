#include "support.h"

#include "chat/templates.h"
#include "core/jail/render.h"
#include "god/template.h"

god_error err = GOD_ERROR_INIT;

static god_status render(void *ctx, const god_template_request *request, void *user,
                         god_status (*rendered)(void *user, uint64_t index, const char *text, size_t bytes),
                         god_error *render_err)
{
    const gdi_render_options options = {
        .jail_path = GOD_BUILD_DIR "/libexec/god/god-jail", .work_dir = ".", .time_limit_ms = 2000};
    (void)ctx;
    return gdi_render(&options, request, user, rendered, render_err);
}

static const void *extension(void *ctx, const char *id)
{
    static const god_template table = {GOD_SIZE_TO(god_template, render), render};
    (void)ctx;
    return strcmp(id, GOD_TEMPLATE_ID) == 0 ? &table : NULL;
}

const god_host rendering_host = {
    .size = GOD_SIZE_TO(god_host, extension), .abi_minor = GOD_ABI_MINOR, .extension = extension};

/* The code point at *at, which moves behind it; the texts of these tests are valid UTF-8. */
static int32_t next_code_point(const char *text, size_t *at)
{
    const unsigned char *c = (const unsigned char *)text + *at;
    size_t more = c[0] < 0x80 ? 0 : c[0] < 0xe0 ? 1 : c[0] < 0xf0 ? 2 : 3;
    int32_t value = more == 0 ? c[0] : c[0] & (0x3f >> more);
    for (size_t i = 1; i <= more; i++) {
        value = value * 64 + (c[i] & 0x3f);
    }
    *at += more + 1;
    return value;
}

static god_status encode_toy(void *ctx, const char *text, size_t bytes, uint32_t flags, size_t ids_max, gtx_ids *ids,
                             god_error *encode_err)
{
    const toy_tokenizer *tokenizer = ctx;
    ck_assert_uint_eq(flags, 0); /* a conversation brings its special tokens in its text */
    ck_assert_uint_eq(ids_max, 0);
    for (size_t at = 0; at < bytes;) {
        const toy_token *token = tokenizer->tokens;
        while (token->text != NULL && strncmp(text + at, token->text, strlen(token->text)) != 0) {
            token++;
        }
        int32_t id = token->text != NULL ? token->id : next_code_point(text, &at);
        at += token->text != NULL ? strlen(token->text) : 0;
        GOD_TRY(gtx_ids_append(ids, &id, 1, encode_err));
    }
    return GOD_OK;
}

gtx_encoder toy_encoder(toy_tokenizer *tokenizer)
{
    return (gtx_encoder){.ctx = tokenizer, .encode = encode_toy, .bos = -1, .eos = tokenizer->eos};
}

gtx_rows rows_of(const char *json)
{
    gtx_rows rows = {0};
    ck_assert_msg(gtx_rows_parse(json, strlen(json), &rows, &err) == GOD_OK, "%s", err.message);
    return rows;
}

chat_record record_of(const char *template_name)
{
    return (chat_record){template_name, "conversations", "from", "value", "user", "assistant"};
}

god_status prepare_toy(const char *name, const char *source, const char *specials_json, const char *rows_json,
                       toy_tokenizer *tokenizer, gtx_prepared_writer *writer)
{
    const chat_record record = record_of(name != NULL ? name : "tokenizer_default");
    const gtx_encoder encoder = toy_encoder(tokenizer);
    json_t *specials = json_loads(specials_json != NULL ? specials_json : "{}", 0, NULL);
    chat_renderer renderer = {&rendering_host, NULL, specials, &encoder};
    gtx_rows rows = rows_of(rows_json);
    ck_assert_ptr_nonnull(specials);
    ck_assert_int_eq(chat_template_choose(record.template_name, source, &renderer.source, &err), GOD_OK);
    *writer = (gtx_prepared_writer){0};
    god_status status = chat_prepare(&record, &rows, &renderer, writer, &err);
    gtx_rows_free(&rows);
    json_decref(specials);
    return status;
}

static gtx_part part_of(const gtx_prepared_writer *writer, size_t row, size_t part)
{
    gtx_part result;
    size_t at = (row * writer->header.part_count + part) * sizeof result;
    ck_assert_uint_le(at + sizeof result, writer->parts.bytes);
    memcpy(&result, writer->parts.data + at, sizeof result);
    return result;
}

const char *labels_of(const gtx_prepared_writer *writer, size_t row)
{
    static char text[4096];
    int32_t labels[1024];
    const gtx_part ids = part_of(writer, row, 0), spans = part_of(writer, row, 1);
    ck_assert_uint_le(ids.id_count, sizeof labels / sizeof labels[0]);
    chat_labels_write(writer->ids.items + ids.id_at, ids.id_count,
                      (const chat_span *)(const void *)(writer->ids.items + spans.id_at), spans.id_count / 4, labels);
    int used = snprintf(text, sizeof text, "%zu:", (size_t)ids.id_count);
    for (size_t i = 0; i < ids.id_count; i++) {
        if (labels[i] != GTX_IGNORE) {
            used += snprintf(text + used, sizeof text - (size_t)used, " %zu=%d", i, labels[i]);
        }
    }
    return text;
}

const char *text_of(const gtx_prepared_writer *writer, size_t row)
{
    static char text[4096];
    const gtx_part part = part_of(writer, row, 0);
    ck_assert_uint_lt(part.text_bytes, sizeof text);
    memcpy(text, writer->text.data + part.text_at, part.text_bytes);
    text[part.text_bytes] = '\0';
    return text;
}
