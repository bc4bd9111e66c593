/* From rows to the prepared form and on to examples: batches, what a template sees, hosts and templates that fail. */
#include "chat/prepare.h"

#include "chat/batch.h"
#include "god/helpers/file.h"
#include "god/helpers/sha256.h"
#include "support.h"

#define USER(text) "{\"from\": \"user\", \"value\": \"" text "\"}"
#define ASSISTANT(text) "{\"from\": \"assistant\", \"value\": \"" text "\"}"
#define ROW(messages) "{\"conversations\": [" messages "]}\n"

static toy_tokenizer tokenizer = {{{"<|im_start|>", 1001}, {"<|im_end|>", 1002}, {NULL, 0}}, 1002};

static void expect_text(const char *source, const char *specials, const char *rows, const char *text)
{
    gtx_prepared_writer writer;
    ck_assert_msg(prepare_toy(NULL, source, specials, rows, &tokenizer, &writer) == GOD_OK, "%s", err.message);
    ck_assert_str_eq(text_of(&writer, 0), text);
    gtx_prepared_writer_free(&writer);
}

static void expect_failure(const char *source, const char *rows, god_status status, const char *sentence)
{
    gtx_prepared_writer writer;
    ck_assert_int_eq(prepare_toy(NULL, source, NULL, rows, &tokenizer, &writer), status);
    ck_assert_str_eq(err.message, sentence);
    gtx_prepared_writer_free(&writer);
}

START_TEST(test_chat_prepare__a_template_sees_what_transformers_shows_it)
{
    const char *rows = "{\"tools\": [{\"b\": 1, \"a\": \"<\u00e9>\"}], \"conversations\": [" USER("x") "]}";
    expect_text("{{ bos_token }}{{ messages | length }}{{ tools | tojson }}{{ documents is none }}"
                "{{ add_generation_prompt }}{{ eos_token is defined }}{{ strftime_now('%Y-%m-%d %H:%M') }}",
                "{\"bos_token\": \"<s>\"}", rows,
                "<s>1[{\"b\": 1, \"a\": \"<\u00e9>\"}]TrueFalseFalse2024-07-26 00:00");
    expect_text("{{ tools is none }}", NULL, ROW(USER("x")), "True");
}
END_TEST

START_TEST(test_chat_prepare__cuts_and_probes_are_rendered_in_order)
{
    chat_batch batch = {0};
    const chat_record record = record_of("chatml");
    chat_conversation conversation;
    gtx_rows rows = rows_of(ROW(USER("q") "," ASSISTANT("a") "," USER("r") "," ASSISTANT("b")));
    json_t *specials = json_object();
    static const struct {
        chat_rendering_kind kind;
        int32_t turn;
        const char *text;
    } expected[] = {{CHAT_WHOLE, 3, "q|a|r|b|"},
                    {CHAT_CUT, 1, "q|a|"},
                    {CHAT_PROBED, 1, "q|[[dummy_message]]|"},
                    {CHAT_PROBED, 3, "q|a|r|[[dummy_message]]|"}};
    ck_assert_int_eq(chat_conversation_read(&record, &rows, 0, &conversation, &err), GOD_OK);
    ck_assert_int_eq(chat_batch_add(&batch, &conversation, 0, specials, &err), GOD_OK);
    ck_assert_int_eq(
        chat_batch_render(&batch, &rendering_host, "{% for m in messages %}{{ m.content }}|{% endfor %}", &err),
        GOD_OK);
    ck_assert_uint_eq(batch.count, 4);
    for (size_t i = 0; i < 4; i++) {
        const chat_rendering *rendering = &batch.renderings[i];
        ck_assert_uint_eq(rendering->kind, expected[i].kind);
        ck_assert_int_eq(rendering->turn, expected[i].turn);
        ck_assert_uint_eq(rendering->text_bytes, strlen(expected[i].text));
        ck_assert_mem_eq(batch.text.data + rendering->text_at, expected[i].text, rendering->text_bytes);
    }
    chat_conversation_free(&conversation);
    chat_batch_free(&batch);
    json_decref(specials);
    gtx_rows_free(&rows);
}
END_TEST

/* More than CHAT_BATCH_BYTES of variables: every row must still meet its own text. */
START_TEST(test_chat_prepare__rows_beyond_one_batch_keep_their_order)
{
    enum { rows = 50, letters = 100 << 10 };
    god_text text = GOD_TEXT_INIT;
    gtx_prepared_writer writer;
    char *filler = malloc(letters + 1);
    ck_assert_ptr_nonnull(filler);
    memset(filler, 'x', letters);
    filler[letters] = '\0';
    for (int i = 0; i < rows; i++) {
        ck_assert_int_eq(god_text_append_f(&text, &err, ROW(USER("%s") "," ASSISTANT("%d")), filler, i), GOD_OK);
    }
    ck_assert_uint_gt((size_t)rows * letters * 2, CHAT_BATCH_BYTES);
    ck_assert_msg(prepare_toy(NULL, "{{ messages[1].content }}", NULL, text.data, &tokenizer, &writer) == GOD_OK, "%s",
                  err.message);
    for (int i = 0; i < rows; i++) {
        char number[16];
        (void)snprintf(number, sizeof number, "%d", i);
        ck_assert_str_eq(text_of(&writer, (size_t)i), number);
    }
    gtx_prepared_writer_free(&writer);
    god_text_free(&text);
    free(filler);
}
END_TEST

START_TEST(test_chat_prepare__failures_name_the_row)
{
    const char *rows = ROW(USER("a") "," ASSISTANT("b")) ROW(USER("c") "," ASSISTANT("stop"));
    expect_failure("{% if messages[1].content == 'stop' %}{{ raise_exception('no stop') }}{% endif %}", rows,
                   GOD_E_DATA, "row 2: the chat template: no stop");
    expect_failure("\n{% bad", rows, GOD_E_DATA, "the chat template: Encountered unknown tag 'bad'. (line 2)");
    expect_failure("x", ROW(USER("a")) "{}", GOD_E_DATA, "row 2: \"conversations\" has no messages");
}
END_TEST

START_TEST(test_chat_prepare__hostile_templates_end_with_a_sentence)
{
    const char *rows = ROW(USER("a"));
    expect_failure("{{ ''.__class__.__mro__[1].__subclasses__() }}", rows, GOD_E_DATA,
                   "row 1: the chat template: access to attribute '__class__' of 'str' object is unsafe.");
    expect_failure("{{ messages.append(1) }}", rows, GOD_E_DATA,
                   "row 1: the chat template: access to attribute 'append' of 'list' object is unsafe.");
    expect_failure("{% for i in range(90000) %}{% for j in range(90000) %}{% endfor %}{% endfor %}", rows,
                   GOD_E_TIMEOUT, "the chat template took more than 2000 ms of processor time");
    expect_failure("{% include '/etc/passwd' %}", rows, GOD_E_DATA,
                   "row 1: the chat template: no loader for this environment specified");
}
END_TEST

START_TEST(test_chat_prepare__a_template_may_print_nothing)
{
    gtx_prepared_writer writer;
    ck_assert_msg(prepare_toy(NULL, "", NULL, ROW(USER("a") "," ASSISTANT("b")), &tokenizer, &writer) == GOD_OK, "%s",
                  err.message);
    ck_assert_str_eq(labels_of(&writer, 0), "0:");
    gtx_prepared_writer_free(&writer);
}
END_TEST

static const void *no_extension(void *ctx, const char *id)
{
    (void)ctx;
    (void)id;
    return NULL;
}

static god_status render_too_few(void *ctx, const god_template_request *request, void *user,
                                 god_status (*rendered)(void *user, uint64_t index, const char *text, size_t bytes),
                                 god_error *unused)
{
    (void)ctx;
    (void)request;
    (void)user;
    (void)rendered;
    (void)unused;
    return GOD_OK;
}

static god_status render_out_of_order(void *ctx, const god_template_request *request, void *user,
                                      god_status (*rendered)(void *user, uint64_t index, const char *text,
                                                             size_t bytes),
                                      god_error *render_err)
{
    (void)ctx;
    (void)request;
    god_status status = rendered(user, 1, "x", 1);
    return status == GOD_OK ? status : god_fail(render_err, status, "refused");
}

static god_status (*lent_render)(void *, const god_template_request *, void *,
                                 god_status (*)(void *, uint64_t, const char *, size_t), god_error *);

static const void *lend(void *ctx, const char *id)
{
    static god_template table;
    (void)ctx;
    (void)id;
    table = (god_template){GOD_SIZE_TO(god_template, render), lent_render};
    return &table;
}

static god_status prepare_on(const god_host *host)
{
    const chat_record record = record_of("chatml");
    const gtx_encoder encoder = toy_encoder(&tokenizer);
    json_t *specials = json_object();
    const chat_renderer renderer = {host, "x", specials, &encoder};
    gtx_rows rows = rows_of(ROW(USER("a") "," ASSISTANT("b")));
    gtx_prepared_writer writer = {0};
    god_status status = chat_prepare(&record, &rows, &renderer, &writer, &err);
    gtx_prepared_writer_free(&writer);
    gtx_rows_free(&rows);
    json_decref(specials);
    return status;
}

START_TEST(test_chat_prepare__a_host_without_templates_is_named)
{
    god_host host = {.size = GOD_SIZE_TO(god_host, extension), .extension = no_extension};
    ck_assert_int_eq(prepare_on(&host), GOD_E_UNSUPPORTED);
    ck_assert_str_eq(err.message, "this host renders no chat templates (it lends no \"god.template/1\"), so no "
                                  "conversation can be prepared");
    host.extension = NULL;
    ck_assert_int_eq(prepare_on(&host), GOD_E_UNSUPPORTED);
}
END_TEST

START_TEST(test_chat_prepare__a_host_that_miscounts_is_not_believed)
{
    const god_host host = {.size = GOD_SIZE_TO(god_host, extension), .extension = lend};
    lent_render = render_too_few;
    ck_assert_int_eq(prepare_on(&host), GOD_E_INTERNAL);
    ck_assert_str_eq(err.message, "the host rendered 0 of 2 texts");
    lent_render = render_out_of_order;
    ck_assert_int_eq(prepare_on(&host), GOD_E_INTERNAL);
    ck_assert_str_eq(err.message, "refused");
}
END_TEST

static uint32_t say_cancelled(void *ctx)
{
    (void)ctx;
    return 1;
}

START_TEST(test_chat_prepare__stops_on_request)
{
    god_host host = rendering_host;
    host.cancelled = say_cancelled;
    ck_assert_int_eq(prepare_on(&host), GOD_E_CANCELLED);
    ck_assert_str_eq(err.message, "stopped on request before row 1 was prepared");
}
END_TEST

/* Prepares, writes, opens. */
static void prepare_and_open(const char *rows, gtx_prepared *prepared)
{
    gtx_prepared_writer writer;
    ck_assert_msg(prepare_toy("chatml", NULL, NULL, rows, &tokenizer, &writer) == GOD_OK, "%s", err.message);
    writer.header.eos = tokenizer.eos;
    ck_assert_int_eq(god_dir_make("prepared", &err), GOD_OK);
    ck_assert_int_eq(gtx_prepared_write(&writer, "prepared", &err), GOD_OK);
    ck_assert_int_eq(gtx_prepared_open("prepared", prepared, &err), GOD_OK);
    gtx_prepared_writer_free(&writer);
}

START_TEST(test_chat_prepare__examples_are_filtered_by_their_length)
{
    gtx_prepared prepared = {0};
    gtx_samples samples;
    /* 27, 25 and 26 ids; the third has no label */
    prepare_and_open(ROW(USER("q") "," ASSISTANT("Hello")) ROW(USER("q") "," ASSISTANT("Hey"))
                         ROW(USER("q") "," USER("and so on")),
                     &prepared);
    const struct {
        int64_t length;
        size_t kept, too_long, no_labels;
    } cases[] = {{4096, 2, 0, 1}, {27, 2, 0, 1}, {26, 1, 1, 1}, {24, 0, 3, 0}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        gtx_samples_init(&samples, cases[i].length);
        ck_assert_msg(chat_samples(&prepared, &samples, &err) == GOD_OK, "%s", err.message);
        ck_assert_uint_eq(samples.kept, cases[i].kept);
        ck_assert_uint_eq(samples.states[GTX_TOO_LONG], cases[i].too_long);
        ck_assert_uint_eq(samples.states[GTX_NO_LABELS], cases[i].no_labels);
        gtx_samples_free(&samples);
    }
    gtx_prepared_close(&prepared);
}
END_TEST

START_TEST(test_chat_prepare__examples_say_where_they_come_from)
{
    gtx_prepared prepared = {0};
    gtx_samples samples;
    god_text line = GOD_TEXT_INIT;
    char digest[GOD_SHA256_HEX], expected[512];
    const char *text = "<|im_start|>user\nq<|im_end|>\n<|im_start|>assistant\nHey<|im_end|>\n<|im_start|>assistant\n"
                       "<|im_end|>\n";
    prepare_and_open(ROW(USER("x") "," ASSISTANT("y")) ROW(USER("q") "," ASSISTANT("Hey") "," ASSISTANT("")),
                     &prepared);
    gtx_samples_init(&samples, 4096);
    ck_assert_int_eq(chat_samples(&prepared, &samples, &err), GOD_OK);
    const gtx_sample *sample = &samples.items[1];
    ck_assert_uint_eq(sample->row, 2);
    ck_assert_uint_eq(sample->eos, GTX_EOS_PRESENT);
    ck_assert_uint_eq(sample->label_count, 4);
    ck_assert_int_eq(chat_describe(&prepared, sample, &line, &err), GOD_OK);
    god_sha256_bytes(text, strlen(text), digest);
    (void)snprintf(expected, sizeof expected,
                   ", \"text_sha256\": \"%s\", \"spans\": [{\"turn\": 1, \"start\": 20, \"end\": 23, \"eos\": 23}, "
                   "{\"turn\": 2, \"start\": -1, \"end\": -1, \"eos\": -1}]",
                   digest);
    ck_assert_str_eq(line.data, expected);
    god_text_free(&line);
    gtx_samples_free(&samples);
    gtx_prepared_close(&prepared);
}
END_TEST

START_TEST(test_chat_prepare__another_task_types_file_is_refused)
{
    gtx_prepared_writer writer = {.header = {.kind = 1, .part_count = 2}};
    gtx_prepared prepared = {0};
    gtx_samples samples;
    for (int i = 0; i < 2; i++) {
        ck_assert_int_eq(gtx_prepared_add_part(&writer, NULL, 0, "x", 1, &err), GOD_OK);
    }
    ck_assert_int_eq(god_dir_make("other", &err), GOD_OK);
    ck_assert_int_eq(gtx_prepared_write(&writer, "other", &err), GOD_OK);
    ck_assert_int_eq(gtx_prepared_open("other", &prepared, &err), GOD_OK);
    gtx_samples_init(&samples, 4096);
    ck_assert_int_eq(chat_samples(&prepared, &samples, &err), GOD_E_DATA);
    ck_assert_str_eq(err.message, "the prepared test file is of another task type (kind 1, 2 parts)");
    gtx_samples_free(&samples);
    gtx_prepared_close(&prepared);
    gtx_prepared_writer_free(&writer);
}
END_TEST

Suite *chat_prepare_suite(void)
{
    Suite *suite = suite_create("chat_prepare");
    TCase *cases = tcase_create("all");
    tcase_set_timeout(cases, 60);
    tcase_add_test(cases, test_chat_prepare__a_template_sees_what_transformers_shows_it);
    tcase_add_test(cases, test_chat_prepare__cuts_and_probes_are_rendered_in_order);
    tcase_add_test(cases, test_chat_prepare__rows_beyond_one_batch_keep_their_order);
    tcase_add_test(cases, test_chat_prepare__failures_name_the_row);
    tcase_add_test(cases, test_chat_prepare__hostile_templates_end_with_a_sentence);
    tcase_add_test(cases, test_chat_prepare__a_template_may_print_nothing);
    tcase_add_test(cases, test_chat_prepare__a_host_without_templates_is_named);
    tcase_add_test(cases, test_chat_prepare__a_host_that_miscounts_is_not_believed);
    tcase_add_test(cases, test_chat_prepare__stops_on_request);
    tcase_add_test(cases, test_chat_prepare__examples_are_filtered_by_their_length);
    tcase_add_test(cases, test_chat_prepare__examples_say_where_they_come_from);
    tcase_add_test(cases, test_chat_prepare__another_task_types_file_is_refused);
    suite_add_tcase(suite, cases);
    return suite;
}
