#include "core/worker/example.h"

#include <fcntl.h>
#include <unistd.h>

#include "core/base/frame.h"
#include "core/worker/collect.h"
#include "test_worker.h"

static const char part[] = "{\"frame\":\"part\",\"name\":\"example\",\"sequence_len\":16}";
static const char tokens[] =
    "{\"frame\":\"tokens\",\"tokens\":[{\"id\":5,\"piece\":\"a\",\"text\":\"a\",\"label\":-100,"
    "\"scored\":false,\"special\":false}]}";
static const char state[] = "{\"frame\":\"state\",\"state\":\"kept\",\"message\":\"\"}";

static god_status take(gdi_result *result, const char *text, god_error *err)
{
    json_t *frame = NULL;
    gdi_collector collector = {.result = result};
    god_status status = gdi_collect_frame(&collector, text, &frame, err);
    json_decref(frame);
    return status;
}

START_TEST(test_worker_example__collects_parts_with_their_tokens)
{
    god_error err = GOD_ERROR_INIT;
    gdi_result result = {.outcome = 0};
    const char *const frames[] = {part, tokens, tokens, state, part, state};
    for (size_t i = 0; i < sizeof frames / sizeof *frames; i++) {
        ck_assert_msg(take(&result, frames[i], &err) == GOD_OK, "%zu: %s", i, err.message);
        ck_assert_uint_eq(gdi_example_is_whole(result.example), frames[i] == state);
    }
    ck_assert_uint_eq(json_array_size(result.example), 2);
    const json_t *first = json_array_get(result.example, 0);
    ck_assert_uint_eq(json_array_size(json_object_get(first, "tokens")), 2);
    ck_assert_str_eq(json_string_value(json_object_get(first, "state")), "kept");
    ck_assert_int_eq(json_integer_value(json_object_get(first, "sequence_len")), 16);
    gdi_result_clear(&result);
}
END_TEST

/* Frames in an order or a form that no good worker sends: what comes before, and the one that is refused. */
static const struct {
    const char *before, *text;
} refused[] = {
    {NULL, tokens},
    {NULL, state},
    {part, part},
    {NULL, "{\"frame\":\"part\",\"name\":\"a b\",\"sequence_len\":16}"},
    {NULL, "{\"frame\":\"part\",\"name\":\"a\",\"sequence_len\":-1}"},
    {part, "{\"frame\":\"tokens\",\"tokens\":[17]}"},
    {part, "{\"frame\":\"tokens\",\"tokens\":[{\"id\":4294967296,\"piece\":null,\"text\":\"\",\"label\":1,"
           "\"scored\":true,\"special\":false}]}"},
    {part, "{\"frame\":\"tokens\",\"tokens\":[{\"id\":1,\"piece\":null,\"label\":1,\"scored\":true,"
           "\"special\":false}]}"},
    {part, "{\"frame\":\"tokens\",\"tokens\":[{\"id\":1,\"piece\":null,\"text\":\"\",\"label\":1,\"scored\":1,"
           "\"special\":false}]}"},
    {part, "{\"frame\":\"state\",\"state\":\"\",\"message\":\"\"}"},
    {part, "{\"frame\":\"state\",\"state\":\"kept\"}"},
};

START_TEST(test_worker_example__refuses_a_bad_frame)
{
    god_error err = GOD_ERROR_INIT;
    gdi_result result = {.outcome = 0};
    if (refused[_i].before != NULL) {
        ck_assert_int_eq(take(&result, refused[_i].before, &err), GOD_OK);
    }
    ck_assert_int_eq(take(&result, refused[_i].text, &err), GOD_E_DATA);
    ck_assert_uint_eq(gdi_example_is_whole(result.example), 0);
    gdi_result_clear(&result);
}
END_TEST

/* ---- the worker's side ---- */

static gdi_outbox to_nowhere(void)
{
    gdi_outbox outbox = {.fd = open("/dev/null", O_WRONLY | O_CLOEXEC)};
    ck_assert_int_ge(outbox.fd, 0);
    ck_assert_int_eq(pthread_mutex_init(&outbox.lock, NULL), 0);
    return outbox;
}

START_TEST(test_worker_example__tells_a_plug_in_of_its_mistakes)
{
    gdi_outbox outbox = to_nowhere();
    god_error err = GOD_ERROR_INIT;
    gdi_explainer explainer;
    gdi_explainer_init(&explainer, &outbox);
    const god_explain_sink *sink = &explainer.sink;
    const god_explain_token token = {.size = GOD_SIZE_TO(god_explain_token, text), .id = 1, .label = 1, .text = "x"};
    const god_explain_token shorter = {.size = GOD_SIZE_TO(god_explain_token, label)};
    ck_assert_int_eq(gdi_explainer_check(&explainer, &err), GOD_E_INTERNAL);
    ck_assert_int_eq(sink->token(sink->ctx, &token), GOD_E_INVALID);
    ck_assert_int_eq(sink->state(sink->ctx, "kept", ""), GOD_E_INVALID);
    ck_assert_int_eq(sink->part(sink->ctx, "no name", 0), GOD_E_INVALID);
    ck_assert_int_eq(sink->part(sink->ctx, NULL, 0), GOD_E_INVALID);
    ck_assert_str_ne(explainer.refusal, "");
    ck_assert_int_eq(sink->part(sink->ctx, "example", 16), GOD_OK);
    ck_assert_int_eq(sink->part(sink->ctx, "example", 16), GOD_E_INVALID);
    ck_assert_int_eq(sink->token(sink->ctx, &shorter), GOD_E_INVALID);
    ck_assert_int_eq(sink->token(sink->ctx, &token), GOD_OK);
    ck_assert_int_eq(gdi_explainer_check(&explainer, &err), GOD_E_INTERNAL);
    ck_assert_int_eq(sink->state(sink->ctx, "kept", NULL), GOD_OK);
    ck_assert_int_eq(gdi_explainer_check(&explainer, &err), GOD_OK);
    gdi_explainer_fini(&explainer);
    (void)close(outbox.fd);
}
END_TEST

/* The longest texts, of nothing but what JSON escapes, in as many tokens as a frame takes. */
START_TEST(test_worker_example__a_full_frame_fits)
{
    char text[2 * GDI_EXAMPLE_TEXT_BYTES_MAX];
    gdi_outbox outbox = to_nowhere();
    gdi_explainer explainer;
    memset(text, '\x01', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    gdi_explainer_init(&explainer, &outbox);
    const god_explain_sink *sink = &explainer.sink;
    const god_explain_token token = {
        .size = GOD_SIZE_TO(god_explain_token, text), .id = INT32_MIN, .label = INT32_MIN, .piece = text, .text = text};
    ck_assert_int_eq(sink->part(sink->ctx, "example", 0), GOD_OK);
    for (int i = 0; i < 3 * GDI_EXAMPLE_FRAME_TOKENS; i++) {
        ck_assert_int_eq(sink->token(sink->ctx, &token), GOD_OK);
    }
    ck_assert_int_eq(sink->state(sink->ctx, "kept", ""), GOD_OK);
    gdi_explainer_fini(&explainer);
    (void)close(outbox.fd);
}
END_TEST

Suite *suite_worker_example(void)
{
    Suite *suite = suite_create("worker_example");
    TCase *tests = tcase_create("example");
    tcase_add_test(tests, test_worker_example__collects_parts_with_their_tokens);
    tcase_add_loop_test(tests, test_worker_example__refuses_a_bad_frame, 0, sizeof refused / sizeof *refused);
    tcase_add_test(tests, test_worker_example__tells_a_plug_in_of_its_mistakes);
    tcase_add_test(tests, test_worker_example__a_full_frame_fits);
    suite_add_tcase(suite, tests);
    return suite;
}
