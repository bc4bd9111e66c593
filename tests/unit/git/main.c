#include <check.h>
#include <stdlib.h>

Suite *git_address_suite(void);
Suite *git_tree_suite(void);
Suite *git_repository_suite(void);

int main(void)
{
    SRunner *runner = srunner_create(git_address_suite());
    srunner_add_suite(runner, git_tree_suite());
    srunner_add_suite(runner, git_repository_suite());
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
