/* The suites of this folder. */
#ifndef GDI_TEST_BASE_H
#define GDI_TEST_BASE_H

#include <check.h>

Suite *suite_base_child(void);
Suite *suite_base_frame(void);
Suite *suite_base_log(void);
Suite *suite_base_names(void);

#endif
