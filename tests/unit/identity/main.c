#include "suites.h"

#include <stdlib.h>

int main(void)
{
    SRunner *runner = srunner_create(identity_ss58_suite());
    srunner_add_suite(runner, identity_transcript_suite());
    srunner_add_suite(runner, identity_sr25519_suite());
    srunner_add_suite(runner, identity_key_suite());
    srunner_add_suite(runner, identity_nonces_suite());
    srunner_add_suite(runner, identity_request_suite());
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
