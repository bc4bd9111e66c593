#include <stdlib.h>

#include "stage.h"

Suite *trainer_work_suite(void);
Suite *trainer_survival_suite(void);
Suite *trainer_prep_suite(void);
Suite *trainer_servers_suite(void);

int main(void)
{
    if (!stage_is_possible()) {
        return 77;
    }
    SRunner *runner = srunner_create(trainer_work_suite());
    srunner_add_suite(runner, trainer_survival_suite());
    srunner_add_suite(runner, trainer_prep_suite());
    srunner_add_suite(runner, trainer_servers_suite());
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
