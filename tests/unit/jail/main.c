#include <check.h>
#include <stdlib.h>

Suite *jail_render_suite(void);
Suite *jail_seal_suite(void);

int main(void)
{
    SRunner *runner = srunner_create(jail_render_suite());
    srunner_add_suite(runner, jail_seal_suite());
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
