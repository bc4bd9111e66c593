#ifndef TEST_HTTP_H
#define TEST_HTTP_H

#include <check.h>

Suite *suite_http_target(void);
Suite *suite_http_key(void);
Suite *suite_http_server(void);
Suite *suite_http_api(void);
Suite *suite_http_raw(void);

#endif
