#include "fixture.h"

#include <stdlib.h>

int main(void)
{
    SRunner *runner = srunner_create(loader_elf_suite());
    srunner_add_suite(runner, loader_find_suite());
    srunner_add_suite(runner, loader_memory_suite());
    srunner_add_suite(runner, loader_describe_suite());
    srunner_add_suite(runner, loader_load_suite());
    srunner_add_suite(runner, loader_conformance_suite());
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
