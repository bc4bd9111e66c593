#include "core/net/http.h"

#include <check.h>
#include <stdlib.h>
#include <unistd.h>

#include "core/base/clock.h"
#include "god/helpers/file.h"
#include "god/helpers/sha256.h"
#include "server.h"

typedef struct fixture {
    server server;
    gdi_http *http;
    char destination[GOD_PATH_MAX], part[GOD_PATH_MAX], sha256[GOD_SHA256_HEX];
} fixture;

static fixture f;
static uint32_t stop_now;

static uint32_t stop_asked(void *user)
{
    (void)user;
    return stop_now;
}

static void set_up(void)
{
    char cwd[GOD_PATH_MAX], prefix[64];
    god_error err = GOD_ERROR_INIT;
    stop_now = 0;
    server_start(&f.server);
    (void)snprintf(prefix, sizeof prefix, "http://127.0.0.1:%d/", f.server.port);
    json_t *allow = json_pack("[s]", prefix);
    const gdi_http_options options = {.allow = allow, .first_pause_ms = 1, .stop_asked = stop_asked};
    ck_assert_msg(gdi_http_open(&options, &f.http, &err) == GOD_OK, "%s", err.message);
    json_decref(allow);
    ck_assert_ptr_nonnull(getcwd(cwd, sizeof cwd));
    ck_assert_int_eq(god_path_join(cwd, "downloaded", f.destination, &err), GOD_OK);
    ck_assert_int_eq(god_path_join(cwd, "downloaded.part", f.part, &err), GOD_OK);
    (void)unlink(f.destination);
    unsigned char *bytes = malloc(SERVER_FILE_BYTES);
    for (size_t i = 0; i < SERVER_FILE_BYTES; i++) {
        bytes[i] = server_file_byte(i);
    }
    god_sha256_bytes(bytes, SERVER_FILE_BYTES, f.sha256);
    free(bytes);
}

static void tear_down(void)
{
    gdi_http_close(f.http);
    server_stop(&f.server);
    (void)unlink(f.destination);
}

static god_status get_with(const char *path, god_http_request request, god_error *err)
{
    char url[256];
    (void)snprintf(url, sizeof url, "http://127.0.0.1:%d%s", f.server.port, path);
    request.size = GOD_SIZE_TO(god_http_request, time_limit_ms);
    request.url = url;
    request.destination = f.destination;
    return gdi_http_download(f.http, &request, err);
}

static god_status get(const char *path, god_error *err)
{
    return get_with(path, (god_http_request){.sha256 = f.sha256}, err);
}

static void assert_nothing_is_left(void)
{
    ck_assert_uint_eq(god_file_exists(f.destination), 0);
    ck_assert_uint_eq(god_file_exists(f.part), 0);
}

static const struct {
    const char *path;
    int requests;
} good[] = {{"/file", 1}, {"/file?token=hidden", 1}, {"/drop", 4}, {"/forgetful", 2}, {"/busy", 3}, {"/moved", 2}};

START_TEST(test_net_http__brings_the_whole_file_whatever_happens_on_the_way)
{
    char sha256[GOD_SHA256_HEX];
    god_error err = GOD_ERROR_INIT;
    ck_assert_msg(get(good[_i].path, &err) == GOD_OK, "%s: %s", good[_i].path, err.message);
    ck_assert_int_eq(god_sha256_file(f.destination, sha256, &err), GOD_OK);
    ck_assert_str_eq(sha256, f.sha256);
    ck_assert_uint_eq(god_file_exists(f.part), 0);
    ck_assert_int_eq(server_requests(&f.server), good[_i].requests);
}
END_TEST

static const struct {
    const char *path;
    god_status status;
    const char *message;
    int requests; /* 0: several, it is tried again */
} bad[] = {
    {"/missing?token=hidden", GOD_E_NOT_FOUND, "/missing is not there (HTTP 404)", 1},
    {"/gone", GOD_E_NOT_FOUND, "/gone is not there (HTTP 410)", 1},
    {"/forbidden?token=hidden", GOD_E_IO, "/forbidden was refused (HTTP 403)", 1},
    {"/down?token=hidden", GOD_E_IO, "/down failed (HTTP 500)", 0},
    {"/away", GOD_E_INVALID, "http://localhost:1/secret is not among the addresses of \"http.allow\"", 1},
    {"/round", GOD_E_IO, "/round leads to more than 10 other addresses", 0},
};

START_TEST(test_net_http__says_what_went_wrong_without_the_query)
{
    god_error err = GOD_ERROR_INIT;
    ck_assert_int_eq(get(bad[_i].path, &err), bad[_i].status);
    ck_assert_msg(strstr(err.message, bad[_i].message) != NULL, "\"%s\" does not say \"%s\"", err.message,
                  bad[_i].message);
    ck_assert_ptr_null(strstr(err.message, "hidden"));
    if (bad[_i].requests > 0) {
        ck_assert_int_eq(server_requests(&f.server), bad[_i].requests);
    } else {
        ck_assert_int_gt(server_requests(&f.server), 2);
    }
    assert_nothing_is_left();
}
END_TEST

START_TEST(test_net_http__refuses_a_wrong_digest)
{
    god_error err = GOD_ERROR_INIT;
    const god_http_request request = {.sha256 = "0000000000000000000000000000000000000000000000000000000000000000"};
    ck_assert_int_eq(get_with("/file", request, &err), GOD_E_DATA);
    ck_assert_ptr_nonnull(strstr(err.message, "000000000000... was asked for"));
    assert_nothing_is_left();
}
END_TEST

START_TEST(test_net_http__refuses_too_many_bytes_announced_or_not)
{
    static const char *const paths[] = {"/file", "/endless"};
    for (size_t i = 0; i < 2; i++) {
        god_error err = GOD_ERROR_INIT;
        ck_assert_int_eq(get_with(paths[i], (god_http_request){.bytes_max = 1000}, &err), GOD_E_DATA);
        ck_assert_ptr_nonnull(strstr(err.message, "has more than the 1000 bytes that are allowed"));
        assert_nothing_is_left();
    }
}
END_TEST

START_TEST(test_net_http__takes_exactly_as_many_bytes_as_are_allowed)
{
    god_error err = GOD_ERROR_INIT;
    const god_http_request request = {.bytes_max = SERVER_FILE_BYTES, .sha256 = f.sha256};
    ck_assert_msg(get_with("/file", request, &err) == GOD_OK, "%s", err.message);
}
END_TEST

START_TEST(test_net_http__gives_up_at_its_time_limit)
{
    god_error err = GOD_ERROR_INIT;
    uint64_t start_ms = gdi_clock_ms();
    ck_assert_int_eq(get_with("/silent", (god_http_request){.time_limit_ms = 200}, &err), GOD_E_IO);
    ck_assert_uint_lt(gdi_clock_ms() - start_ms, 20000);
    assert_nothing_is_left();
}
END_TEST

START_TEST(test_net_http__stops_when_asked)
{
    god_error err = GOD_ERROR_INIT;
    stop_now = 1;
    ck_assert_int_eq(get("/silent", &err), GOD_E_CANCELLED);
    assert_nothing_is_left();
}
END_TEST

START_TEST(test_net_http__asks_nobody_who_is_not_allowed)
{
    static const char *const urls[] = {"http://127.0.0.2/x?token=hidden", "file:///etc/passwd", "ftp://127.0.0.1/x",
                                       "http://user:hidden@127.0.0.1/",   "nonsense",           ""};
    for (size_t i = 0; i < sizeof urls / sizeof *urls; i++) {
        god_error err = GOD_ERROR_INIT;
        const god_http_request request = {
            .size = GOD_SIZE_TO(god_http_request, time_limit_ms), .url = urls[i], .destination = f.destination};
        ck_assert_int_eq(gdi_http_download(f.http, &request, &err), GOD_E_INVALID);
        ck_assert_ptr_nonnull(strstr(err.message, "http.allow"));
        ck_assert_ptr_null(strstr(err.message, "hidden"));
    }
    ck_assert_int_eq(server_requests(&f.server), 0);
}
END_TEST

START_TEST(test_net_http__a_prefix_allows_no_other_host_and_no_climbing)
{
    static const char *const urls[] = {"http://good.example.evil/x", "http://good.example@evil/x",
                                       "http://good.example:80/x", "http://data.example/public/../private"};
    god_error err = GOD_ERROR_INIT;
    gdi_http *http = NULL;
    json_t *allow = json_pack("[s, s]", "http://good.example", "http://data.example/public/");
    const gdi_http_options options = {.allow = allow};
    ck_assert_int_eq(gdi_http_open(&options, &http, &err), GOD_OK);
    json_decref(allow);
    for (size_t i = 0; i < sizeof urls / sizeof *urls; i++) {
        const god_http_request request = {
            .size = GOD_SIZE_TO(god_http_request, time_limit_ms), .url = urls[i], .destination = f.destination};
        ck_assert_msg(gdi_http_download(http, &request, &err) == GOD_E_INVALID, "%s", urls[i]);
    }
    gdi_http_close(http);
}
END_TEST

START_TEST(test_net_http__keeps_an_older_file_until_the_new_one_is_whole)
{
    char *text = NULL;
    size_t bytes = 0;
    god_error err = GOD_ERROR_INIT;
    ck_assert_int_eq(god_file_write(f.destination, "old", 3, &err), GOD_OK);
    ck_assert_int_eq(get("/missing", &err), GOD_E_NOT_FOUND);
    ck_assert_int_eq(god_file_read(f.destination, 100, &text, &bytes, &err), GOD_OK);
    ck_assert_str_eq(text, "old");
    free(text);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("net_http");
    TCase *tests = tcase_create("http");
    tcase_add_checked_fixture(tests, set_up, tear_down);
    tcase_add_loop_test(tests, test_net_http__brings_the_whole_file_whatever_happens_on_the_way, 0,
                        sizeof good / sizeof *good);
    tcase_add_loop_test(tests, test_net_http__says_what_went_wrong_without_the_query, 0, sizeof bad / sizeof *bad);
    tcase_add_test(tests, test_net_http__refuses_a_wrong_digest);
    tcase_add_test(tests, test_net_http__refuses_too_many_bytes_announced_or_not);
    tcase_add_test(tests, test_net_http__takes_exactly_as_many_bytes_as_are_allowed);
    tcase_add_test(tests, test_net_http__gives_up_at_its_time_limit);
    tcase_add_test(tests, test_net_http__stops_when_asked);
    tcase_add_test(tests, test_net_http__asks_nobody_who_is_not_allowed);
    tcase_add_test(tests, test_net_http__a_prefix_allows_no_other_host_and_no_climbing);
    tcase_add_test(tests, test_net_http__keeps_an_older_file_until_the_new_one_is_whole);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
