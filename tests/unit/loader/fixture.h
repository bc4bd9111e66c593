/* What the loader's suites share: the folders of this build, and a scratch folder that is empty before each test. */
#ifndef TEST_LOADER_FIXTURE_H
#define TEST_LOADER_FIXTURE_H

#include <check.h>

#include "core/loader/loader.h"
#include "god/helpers/file.h"

#define WORKER_PATH GOD_BUILD_DIR "/libexec/god/god-worker"
#define FAULT(name) GOD_BUILD_DIR "/tests/faults/" name ".so"

enum { hang_limit_ms = 700, plenty_ms = 60 * 1000 };

void scratch_begin(void);                               /* makes an empty folder "scratch" in the working directory */
void scratch_write(const char *name, const char *text); /* a file in it */
const char *fault_path(const char *name, char buf[GOD_PATH_MAX]);

Suite *loader_conformance_suite(void);
Suite *loader_describe_suite(void);
Suite *loader_elf_suite(void);
Suite *loader_find_suite(void);
Suite *loader_load_suite(void);
Suite *loader_memory_suite(void);

#endif
