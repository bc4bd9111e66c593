/* The suites of this program. */
#ifndef TEST_IDENTITY_SUITES_H
#define TEST_IDENTITY_SUITES_H

#include <check.h>

Suite *identity_key_suite(void);
Suite *identity_nonces_suite(void);
Suite *identity_request_suite(void);
Suite *identity_sr25519_suite(void);
Suite *identity_ss58_suite(void);
Suite *identity_transcript_suite(void);

#endif
