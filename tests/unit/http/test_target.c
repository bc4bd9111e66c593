#include "core/http/route.h"

#include "test_http.h"

static void refuses(const char *text, const char *because)
{
    gdi_target target = {.bytes = NULL};
    god_error err = GOD_ERROR_INIT;
    ck_assert_int_eq(gdi_target_parse(text, &target, &err), GOD_E_INVALID);
    ck_assert_msg(strstr(err.message, because) != NULL, "%s", err.message);
    ck_assert_ptr_null(target.bytes);
}

START_TEST(test_http_target__decodes_after_the_cut)
{
    gdi_target target;
    god_error err = GOD_ERROR_INIT;
    ck_assert_int_eq(gdi_target_parse("/v1/a%2Fb/c+d?x=1%262&e+f=g+h&flag", &target, &err), GOD_OK);
    ck_assert_uint_eq(target.segment_count, 3);
    ck_assert_str_eq(target.segments[0], "v1");
    ck_assert_str_eq(target.segments[1], "a/b");
    ck_assert_str_eq(target.segments[2], "c+d");
    ck_assert_str_eq(gdi_target_query(&target, "x"), "1&2");
    ck_assert_str_eq(gdi_target_query(&target, "e f"), "g h");
    ck_assert_str_eq(gdi_target_query(&target, "flag"), "");
    ck_assert_ptr_null(gdi_target_query(&target, "y"));
    gdi_target_clear(&target);
}
END_TEST

START_TEST(test_http_target__refuses_what_json_and_logs_cannot_hold)
{
    refuses("", "does not begin");
    refuses("v1", "does not begin");
    refuses("/a%00b", "control character");
    refuses("/a?b=%0a", "control character");
    refuses("/%ff%fe", "UTF-8");
    refuses("/a%2", "hexadecimal");
    refuses("/a?b=%zz", "hexadecimal");
    refuses("/a?b=1&b=2", "twice");
    refuses("/1/2/3/4/5/6/7/8/9/10/11/12/13", "more than 12 parts");
    refuses("/?a&b&c&d&e&f&g&h&i&j&k&l&m&n&o&p&q", "more than 16");
}
END_TEST

START_TEST(test_http_target__refuses_one_that_is_too_long)
{
    char text[GDI_TARGET_BYTES_MAX + 2];
    memset(text, 'a', sizeof text - 1);
    text[0] = '/';
    text[sizeof text - 1] = '\0';
    refuses(text, "longer than");
}
END_TEST

static const gdi_route first[] = {
    {.method = "GET", .pattern = "/a/latest", .access = GDI_ACCESS_PUBLIC},
    {.method = "GET", .pattern = "/a/{id}", .access = GDI_ACCESS_PUBLIC},
    {.method = "POST", .pattern = "/a/{id}", .access = GDI_ACCESS_KEY},
    {.method = NULL},
};
static const gdi_route second[] = {
    {.method = "DELETE", .pattern = "/a/{id}/b/{name}", .access = GDI_ACCESS_LOCAL},
    {.method = NULL},
};
static const gdi_route *const tables[] = {first, second, NULL};

static const gdi_route *find(const char *method, const char *text, const char *allowed)
{
    static gdi_target target;
    static const char *parameters[GDI_ROUTE_PARAMETERS_MAX];
    char allow[GDI_ROUTE_ALLOW_BYTES];
    gdi_target_clear(&target);
    ck_assert_int_eq(gdi_target_parse(text, &target, NULL), GOD_OK);
    const gdi_route *route = gdi_route_find(tables, method, &target, parameters, allow);
    if (route == NULL) {
        ck_assert_str_eq(allow, allowed);
    }
    gdi_target_clear(&target);
    return route;
}

START_TEST(test_http_route__takes_the_first_that_fits)
{
    ck_assert_ptr_eq(find("GET", "/a/latest", NULL), &first[0]);
    ck_assert_ptr_eq(find("GET", "/a/7", NULL), &first[1]);
    ck_assert_ptr_eq(find("POST", "/a/latest", NULL), &first[2]);
    ck_assert_ptr_eq(find("DELETE", "/a/7/b/x", NULL), &second[0]);
}
END_TEST

START_TEST(test_http_route__says_which_methods_an_address_knows)
{
    ck_assert_ptr_null(find("PUT", "/a/7", "GET, HEAD, POST"));
    ck_assert_ptr_null(find("GET", "/a/7/b/x", "DELETE"));
    ck_assert_ptr_null(find("GET", "/a", ""));
    ck_assert_ptr_null(find("GET", "/a/", ""));
    ck_assert_ptr_null(find("GET", "/a/7/", ""));
    ck_assert_ptr_null(find("GET", "/", ""));
}
END_TEST

START_TEST(test_http_route__reads_numbers_of_the_query)
{
    gdi_target target;
    god_error err = GOD_ERROR_INIT;
    ck_assert_int_eq(gdi_target_parse("/?limit=7&bad=7x&big=1001&p=12.5&inf=1e999&hex=0x10", &target, &err), GOD_OK);
    const gdi_request request = {.method = "GET", .target = &target};
    int64_t whole = 3;
    double number = 0;
    ck_assert_int_eq(gdi_request_int(&request, "limit", 1, 1000, &whole, &err), GOD_OK);
    ck_assert_int_eq(whole, 7);
    ck_assert_int_eq(gdi_request_int(&request, "absent", 1, 1000, &whole, &err), GOD_OK);
    ck_assert_int_eq(whole, 7);
    ck_assert_int_eq(gdi_request_int(&request, "bad", 1, 1000, &whole, &err), GOD_E_INVALID);
    ck_assert_int_eq(gdi_request_int(&request, "big", 1, 1000, &whole, &err), GOD_E_INVALID);
    ck_assert_str_eq(err.message, "\"big\" is \"1001\", a whole number from 1 to 1000 is needed");
    ck_assert_int_eq(gdi_request_num(&request, "p", 0, 100, &number, &err), GOD_OK);
    ck_assert_double_eq(number, 12.5);
    ck_assert_int_eq(gdi_request_num(&request, "inf", 0, 100, &number, &err), GOD_E_INVALID);
    ck_assert_int_eq(gdi_request_num(&request, "hex", 0, 100, &number, &err), GOD_E_INVALID);
    ck_assert_int_eq(gdi_request_num(&request, "absent", 0, 100, &number, &err), GOD_E_INVALID);
    ck_assert_double_eq(number, 12.5);
    gdi_target_clear(&target);
}
END_TEST

Suite *suite_http_target(void)
{
    Suite *suite = suite_create("http/target");
    TCase *tcase = tcase_create("target");
    tcase_add_test(tcase, test_http_target__decodes_after_the_cut);
    tcase_add_test(tcase, test_http_target__refuses_what_json_and_logs_cannot_hold);
    tcase_add_test(tcase, test_http_target__refuses_one_that_is_too_long);
    tcase_add_test(tcase, test_http_route__takes_the_first_that_fits);
    tcase_add_test(tcase, test_http_route__says_which_methods_an_address_knows);
    tcase_add_test(tcase, test_http_route__reads_numbers_of_the_query);
    suite_add_tcase(suite, tcase);
    return suite;
}
