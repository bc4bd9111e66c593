/* The base of a model, as its card says it. */
#include "core/training/card.h"

#include <string.h>

#include "suites.h"

typedef struct card_case {
    const char *card, *base;
} card_case;

static const card_case cases[] = {
    {"---\nbase_model: org/name\n---\n", "org/name"},
    {"---\r\ntags: [x]\r\nbase_model: \"org/name\"\r\n---\r\n", "org/name"},
    {"---\nbase_model:\n  - 'org/one'\n  - org/two\n---\n", "org/one"},
    {"---\nbase_model:\n- org/one\n---\n", "org/one"},
    {"---\nbase_model: org/unended", "org/unended"},
    {"---\nbase_model:\ntags:\n  - org/one\n---\n", ""},
    {"---\n  base_model: org/indented\n---\n", ""},
    {"---\n---\nbase_model: org/behind\n", ""},
    {"----\nbase_model: org/name\n---\n", ""},
    {"base_model: org/name\n", ""},
    {"---\nbase_model: /cache/models/73094ffe31628095\n---\n", ""},
    {"---\nbase_model: ../etc\n---\n", ""},
    {"---", ""},
    {"", ""},
};
enum { case_count = sizeof cases / sizeof *cases };

START_TEST(test_training_card__finds_the_base)
{
    char name[GDI_CARD_NAME_BYTES] = "before";
    gdi_card_base(cases[_i].card, strlen(cases[_i].card), name);
    ck_assert_str_eq(name, cases[_i].base);
}
END_TEST

Suite *training_card_suite(void)
{
    Suite *suite = suite_create("training card");
    TCase *tests = tcase_create("all");
    tcase_add_loop_test(tests, test_training_card__finds_the_base, 0, case_count);
    suite_add_tcase(suite, tests);
    return suite;
}
