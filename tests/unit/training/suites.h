/* The suites of this program, and what they share. */
#ifndef TEST_TRAINING_SUITES_H
#define TEST_TRAINING_SUITES_H

#include <check.h>

Suite *training_card_suite(void);
Suite *training_model_prep_suite(void);
Suite *training_output_suite(void);
Suite *training_request_suite(void);
Suite *training_vectors_suite(void);

#endif
