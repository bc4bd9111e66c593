#ifndef TEST_HELPERS_SUITES_H
#define TEST_HELPERS_SUITES_H

#include <check.h>

Suite *helpers_text_suite(void);
Suite *helpers_file_suite(void);
Suite *helpers_sha256_suite(void);
Suite *helpers_json_suite(void);
Suite *helpers_processors_suite(void);

#endif
