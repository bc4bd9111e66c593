/* The suites of the tokenizer's test program, one per file. */
#ifndef TOKEN_SUITES_H
#define TOKEN_SUITES_H

#include <check.h>

Suite *suite_token_golden(void);
Suite *suite_token_encode(void);
Suite *suite_token_regex(void);
Suite *suite_token_speed(void);
Suite *suite_token_malformed(void);
Suite *suite_token_utf8(void);

#endif
