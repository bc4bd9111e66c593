/* Ids and labels of conversations by a toy tokenizer: one id per letter, special texts one id each. The expected lines
 * are "length: position=label ..."; T15 and the like are the vectors of the evaluation rules. */
#include "chat/labels.h"

#include "support.h"

#define USER(text) "{\"from\": \"user\", \"value\": \"" text "\"}"
#define ASSISTANT(text) "{\"from\": \"assistant\", \"value\": \"" text "\"}"
#define SYSTEM(text) "{\"from\": \"system\", \"value\": \"" text "\"}"
#define ROW(messages) "{\"conversations\": [" messages "]}\n"

enum { im_start = 1001, im_end = 1002, bos_and_eos = 1003 };

static toy_tokenizer chatml_tokenizer(int32_t eos)
{
    return (toy_tokenizer){{{"<|im_start|>", im_start}, {"<|im_end|>", im_end}, {NULL, 0}}, eos};
}

/* Rows by the template chatml: one expected line per row, NULL-ended. */
static void expect_chatml(const char *rows_json, int32_t eos, const char *const *lines)
{
    gtx_prepared_writer writer;
    toy_tokenizer tokenizer = chatml_tokenizer(eos);
    ck_assert_msg(prepare_toy("chatml", NULL, NULL, rows_json, &tokenizer, &writer) == GOD_OK, "%s", err.message);
    for (size_t row = 0; lines[row] != NULL; row++) {
        ck_assert_str_eq(labels_of(&writer, row), lines[row]);
    }
    gtx_prepared_writer_free(&writer);
}

START_TEST(test_chat_labels__content_and_its_end_are_scored)
{
    /* T15 */
    const char *const lines[] = {"51: 21=89 22=111 23=1002 47=79 48=107 49=1002", NULL};
    expect_chatml(ROW(USER("Hi") "," ASSISTANT("Yo") "," USER("Bye") "," ASSISTANT("Ok")), im_end, lines);
}
END_TEST

START_TEST(test_chat_labels__an_end_that_is_not_eos_is_not_scored)
{
    /* T16 a */
    const char *const lines[] = {"51: 21=89 22=111 47=79 48=107", NULL};
    expect_chatml(ROW(USER("Hi") "," ASSISTANT("Yo") "," USER("Bye") "," ASSISTANT("Ok")), 2, lines);
    expect_chatml(ROW(USER("Hi") "," ASSISTANT("Yo") "," USER("Bye") "," ASSISTANT("Ok")), -1, lines);
}
END_TEST

START_TEST(test_chat_labels__letters_shared_with_the_probe_are_lost)
{
    /* T16 b, c */
    const char *const lines[] = {"26: 21=111 22=107 24=1002", "39:", NULL};
    expect_chatml(ROW(USER("A") "," ASSISTANT("[ok]")) ROW(USER("A") "," ASSISTANT("[[dummy_message]]")), im_end,
                  lines);
}
END_TEST

START_TEST(test_chat_labels__edges_of_answers)
{
    /* T53 */
    const char *const lines[] = {"22:",
                                 "24: 20=32 21=32 22=1002",
                                 "25: 20=97 21=1002 22=98 23=1002",
                                 "25: 20=120 23=1002",
                                 "26: 20=120 24=1002",
                                 "27: 20=120",
                                 "37: 20=97 21=1002 34=98 35=1002",
                                 "32: 20=97 21=1002",
                                 NULL};
    expect_chatml(ROW(USER("q") "," ASSISTANT("")) ROW(USER("q") "," ASSISTANT("  "))
                      ROW(USER("q") "," ASSISTANT("a<|im_end|>b")) ROW(USER("q") "," ASSISTANT("x]]"))
                          ROW(USER("q") "," ASSISTANT("xe]]")) ROW(USER("q") "," ASSISTANT("xge]]"))
                              ROW(USER("q") "," ASSISTANT("a") "," ASSISTANT("b"))
                                  ROW(USER("q") "," ASSISTANT("a") "," USER("t")),
                  im_end, lines);
}
END_TEST

START_TEST(test_chat_labels__a_turn_without_a_span_may_label_the_bos)
{
    /* T54 */
    gtx_prepared_writer writer;
    toy_tokenizer tokenizer = {{{"<s>", bos_and_eos}, {NULL, 0}}, bos_and_eos};
    ck_assert_msg(prepare_toy("llama3", NULL, "{\"bos_token\": \"<s>\", \"eos_token\": \"<s>\"}",
                              ROW(USER("A") "," ASSISTANT("")), &tokenizer, &writer) == GOD_OK,
                  "%s", err.message);
    ck_assert_str_eq(labels_of(&writer, 0), "111: 0=1003");
    gtx_prepared_writer_free(&writer);
}
END_TEST

START_TEST(test_chat_labels__a_system_column_moves_the_positions)
{
    /* T55 */
    const char *const lines[] = {"36: 32=89 33=111 34=1002", "35: 31=89 32=111 33=1002", "37: 33=89 34=111 35=1002",
                                 NULL};
    expect_chatml("{\"system\": \"S\", \"conversations\": [" USER("Hi") "," ASSISTANT(
                      "Yo") "]}\n"
                            "{\"system\": \"\", \"conversations\": [" USER("Hi") "," ASSISTANT(
                                "Yo") "]}\n"
                                      "{\"system\": \"S\", \"conversations\": [" SYSTEM("S0") "," USER(
                                          "Hi") "," ASSISTANT("Yo") "]}\n",
                  im_end, lines);
}
END_TEST

/* A span of three lists of single digits: "0" to "9" are the ids. */
static chat_span find(const char *cut, const char *probe, const char *whole, int32_t eos)
{
    const char *const texts[] = {cut, probe, whole};
    gtx_ids lists[3] = {GTX_IDS_INIT, GTX_IDS_INIT, GTX_IDS_INIT};
    for (size_t i = 0; i < 3; i++) {
        for (const char *c = texts[i]; *c != '\0'; c++) {
            ck_assert_int_eq(gtx_ids_append_same(&lists[i], *c - '0', 1, &err), GOD_OK);
        }
    }
    chat_span span = chat_span_find(7, &lists[0], &lists[1], &lists[2], eos);
    for (size_t i = 0; i < 3; i++) {
        gtx_ids_free(&lists[i]);
    }
    return span;
}

static void expect_span(chat_span span, int32_t start, int32_t end, int32_t eos)
{
    ck_assert_int_eq(span.turn, 7);
    ck_assert_int_eq(span.start, start);
    ck_assert_int_eq(span.end, end);
    ck_assert_int_eq(span.eos, eos);
}

START_TEST(test_chat_labels__a_span_lies_between_the_common_ends)
{
    expect_span(find("1123452", "11992", "1123452", 2), 2, 6, 6);
    expect_span(find("1152", "1199992", "115233", 2), 2, 3, 3);
    expect_span(find("5", "9", "5", -1), 0, 1, -1);
}
END_TEST

START_TEST(test_chat_labels__equal_or_empty_lists_have_no_span)
{
    expect_span(find("112", "112", "112", 9), -1, -1, -1);
    expect_span(find("", "112", "112", 9), -1, -1, -1);
    expect_span(find("112", "", "112", 9), -1, -1, -1);
    expect_span(find("12", "192", "12", 9), -1, -1, -1); /* nothing is left of the shorter one */
    expect_span(find("1212", "121212", "1212", 9), -1, -1, -1);
}
END_TEST

START_TEST(test_chat_labels__eos_is_found_up_to_three_positions_on)
{
    expect_span(find("15", "19", "1567280", 2), 1, 2, 4);
    expect_span(find("15", "19", "1567820", 2), 1, 2, 5);
    expect_span(find("15", "19", "1567882", 2), 1, 2, -1);
    expect_span(find("15", "19", "1", 1), 1, 2, -1); /* the whole may be shorter than the cut */
}
END_TEST

START_TEST(test_chat_labels__without_a_span_the_last_id_is_asked_first)
{
    expect_span(find("1", "1", "2000002", 2), -1, -1, -1);
    expect_span(find("1", "1", "2000001", 2), -1, -1, 0);
    expect_span(find("1", "1", "0020001", 2), -1, -1, 2);
    expect_span(find("1", "1", "0002001", 2), -1, -1, -1);
    expect_span(find("1", "1", "", 2), -1, -1, -1);
}
END_TEST

START_TEST(test_chat_labels__spans_outside_the_ids_are_cut)
{
    const int32_t ids[] = {5, 6, 7};
    const chat_span spans[] = {{0, 1, 9, 8}, {2, -1, -1, -1}};
    int32_t labels[3];
    chat_labels_write(ids, 3, spans, 2, labels);
    ck_assert_int_eq(labels[0], GTX_IGNORE);
    ck_assert_int_eq(labels[1], 6);
    ck_assert_int_eq(labels[2], 7);
}
END_TEST

Suite *chat_labels_suite(void)
{
    Suite *suite = suite_create("chat_labels");
    TCase *cases = tcase_create("all");
    tcase_set_timeout(cases, 60);
    tcase_add_test(cases, test_chat_labels__content_and_its_end_are_scored);
    tcase_add_test(cases, test_chat_labels__an_end_that_is_not_eos_is_not_scored);
    tcase_add_test(cases, test_chat_labels__letters_shared_with_the_probe_are_lost);
    tcase_add_test(cases, test_chat_labels__edges_of_answers);
    tcase_add_test(cases, test_chat_labels__a_turn_without_a_span_may_label_the_bos);
    tcase_add_test(cases, test_chat_labels__a_system_column_moves_the_positions);
    tcase_add_test(cases, test_chat_labels__a_span_lies_between_the_common_ends);
    tcase_add_test(cases, test_chat_labels__equal_or_empty_lists_have_no_span);
    tcase_add_test(cases, test_chat_labels__eos_is_found_up_to_three_positions_on);
    tcase_add_test(cases, test_chat_labels__without_a_span_the_last_id_is_asked_first);
    tcase_add_test(cases, test_chat_labels__spans_outside_the_ids_are_cut);
    suite_add_tcase(suite, cases);
    return suite;
}
