/* A server and its client on one thread: nothing here waits for a clock, except for the limits that are about time. */
#include "core/http/server.h"

#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ask.h"
#include "test_http.h"

static gdi_server *server;
static int handled;

static god_status handle_echo(void *context, const gdi_request *request, gdi_answer *answer, god_error *err)
{
    (void)context;
    (void)err;
    handled++;
    answer->json = json_pack("{s:s, s:s?, s:O?}", "id", request->parameters[0], "q",
                             gdi_target_query(request->target, "q"), "body", request->body);
    return GOD_OK;
}

static god_status handle_text(void *context, const gdi_request *request, gdi_answer *answer, god_error *err)
{
    (void)context;
    (void)request;
    (void)err;
    answer->text = strdup("plain\n");
    answer->content_type = "text/plain; charset=utf-8";
    answer->max_age_s = 60;
    return GOD_OK;
}

static god_status handle_failure(void *context, const gdi_request *request, gdi_answer *answer, god_error *err)
{
    (void)context;
    answer->json = json_pack("{s:b}", "dropped", 1);
    return god_fail(err, atoi(request->parameters[0]), "why it failed");
}

static god_status handle_cut(void *context, const gdi_request *request, gdi_answer *answer, god_error *err)
{
    (void)context;
    (void)request;
    (void)answer;
    return god_fail(err, GOD_E_NOT_FOUND, "nobody is called \"%.1s\"", "\xc3\xbc");
}

static god_status check_key(void *context, const char *authorization, god_error *err)
{
    (void)context;
    if (authorization == NULL) {
        return god_fail(err, GOD_E_INTERNAL, "no key is set");
    }
    return strcmp(authorization, "Bearer yes") == 0 ? GOD_OK : god_fail(err, GOD_E_CANCELLED, "wrong key");
}

static const gdi_route routes[] = {
    {"GET", "/echo/{id}", GDI_ACCESS_PUBLIC, handle_echo}, {"POST", "/echo/{id}", GDI_ACCESS_PUBLIC, handle_echo},
    {"GET", "/text", GDI_ACCESS_PUBLIC, handle_text},      {"GET", "/fail/{status}", GDI_ACCESS_PUBLIC, handle_failure},
    {"GET", "/secret/{id}", GDI_ACCESS_KEY, handle_echo},  {"GET", "/local/{id}", GDI_ACCESS_LOCAL, handle_echo},
    {"GET", "/cut", GDI_ACCESS_PUBLIC, handle_cut},        {.method = NULL},
};
static const gdi_route *const tables[] = {routes, NULL};

static void open_with(gdi_server_options options)
{
    god_error err = GOD_ERROR_INIT;
    options.tables = tables;
    options.check_key = check_key;
    ck_assert_msg(gdi_server_open(&options, &server, &err) == GOD_OK, "%s", err.message);
}

static void set_up(void)
{
    handled = 0;
    open_with((gdi_server_options){.address = "127.0.0.1:0", .body_bytes_max = 1000});
}

static void tear_down(void)
{
    gdi_server_close(server);
    server = NULL;
}

static void answers(const char *what, const char *headers, const char *body, int status, const char *detail)
{
    reply r = ask(server, what, headers, body);
    ck_assert_msg(r.status == status, "%s: %d %s", what, r.status, r.body);
    if (detail != NULL) {
        ck_assert_str_eq(json_string_value(json_object_get(r.json, "detail")), detail);
        ck_assert_str_eq(reply_header(&r, "Content-Type"), "application/json");
    }
    reply_clear(&r);
}

START_TEST(test_http_server__hands_over_parameters_query_and_body)
{
    reply r = ask(server, "GET /echo/a%2Db?q=%C3%BC", "", NULL);
    ck_assert_int_eq(r.status, 200);
    ck_assert_str_eq(json_string_value(json_object_get(r.json, "id")), "a-b");
    ck_assert_str_eq(json_string_value(json_object_get(r.json, "q")), "\xc3\xbc");
    reply_clear(&r);
    r = ask(server, "POST /echo/x", "Content-Type: application/json\r\n", "{\"n\": [1, 2]}");
    ck_assert_int_eq(r.status, 200);
    ck_assert_int_eq((int)json_array_size(json_object_get(json_object_get(r.json, "body"), "n")), 2);
    reply_clear(&r);
}
END_TEST

START_TEST(test_http_server__says_what_is_wrong_with_a_request)
{
    static const char json[] = "Content-Type: application/json\r\n";
    answers("GET /nothing", "", NULL, 404, "there is nothing at this address");
    answers("PUT /echo/a", "", NULL, 405, "this address does not know this method");
    answers("GET /echo/%zz", "", NULL, 400, "the address has a % without two hexadecimal digits behind it");
    answers("GET /echo/%20", "", NULL, 400,
            "an id in the address is not 1 to 128 letters, digits, dots, underscores and hyphens");
    answers("POST /echo/a", json, "{", 400, NULL);
    answers("POST /echo/a", "Content-Type: text/plain\r\n", "{}", 415, "the body must be application/json");
    ck_assert_int_eq(handled, 0);
    reply r = ask(server, "DELETE /echo/a", "", NULL);
    ck_assert_str_eq(reply_header(&r, "Allow"), "GET, HEAD, POST");
    reply_clear(&r);
}
END_TEST

START_TEST(test_http_server__gives_each_failure_its_status_and_keeps_the_inside_inside)
{
    answers("GET /fail/-1", "", NULL, 400, "why it failed");
    answers("GET /fail/-4", "", NULL, 404, "why it failed");
    answers("GET /fail/-3", "", NULL, 409, "why it failed");
    answers("GET /fail/-8", "", NULL, 503, "the store is busy, try again");
    answers("GET /fail/-9", "", NULL, 500, "the server failed, its log says why");
    answers("GET /fail/-6", "", NULL, 500, "the server failed, its log says why");
    answers("GET /cut", "", NULL, 404, "nobody is called \"?\""); /* cut inside a character */
}
END_TEST

START_TEST(test_http_server__asks_for_the_key_where_one_is_needed)
{
    answers("GET /secret/a", "Authorization: Bearer yes\r\n", NULL, 200, NULL);
    answers("GET /secret/a", "Authorization: Bearer no\r\n", NULL, 403, "wrong key");
    answers("GET /secret/a", "", NULL, 500, "the server failed, its log says why");
    answers("GET /local/a", "", NULL, 403, "only the user that runs the host may ask this");
    ck_assert_int_eq(handled, 1);
}
END_TEST

START_TEST(test_http_server__does_not_send_what_the_client_has)
{
    char headers[200], etag[100];
    reply r = ask(server, "GET /echo/a", "", NULL);
    (void)snprintf(etag, sizeof etag, "%s", reply_header(&r, "ETag"));
    ck_assert_str_eq(reply_header(&r, "Cache-Control"), "no-cache");
    reply_clear(&r);
    (void)snprintf(headers, sizeof headers, "If-None-Match: W/\"x\", %s\r\n", etag);
    r = ask(server, "GET /echo/a", headers, NULL);
    ck_assert_int_eq(r.status, 304);
    ck_assert_str_eq(r.body, "");
    ck_assert_str_eq(reply_header(&r, "ETag"), etag);
    reply_clear(&r);
    r = ask(server, "GET /echo/b", headers, NULL);
    ck_assert_int_eq(r.status, 200);
    reply_clear(&r);
}
END_TEST

START_TEST(test_http_server__answers_head_like_get_without_the_body)
{
    reply r = ask(server, "HEAD /text", "", NULL);
    ck_assert_int_eq(r.status, 200);
    ck_assert_str_eq(r.body, "");
    ck_assert_str_eq(reply_header(&r, "Content-Length"), "6");
    ck_assert_str_eq(reply_header(&r, "Content-Type"), "text/plain; charset=utf-8");
    ck_assert_str_eq(reply_header(&r, "Cache-Control"), "max-age=60");
    reply_clear(&r);
}
END_TEST

START_TEST(test_http_server__refuses_large_bodies_announced_or_not)
{
    static const char json[] = "Content-Type: application/json\r\n";
    char *body = malloc(3000), chunked[4000];
    memset(body, ' ', 2999);
    body[2999] = '\0';
    answers("POST /echo/a", json, body, 413, "the body is too large");
    int count = snprintf(
        chunked, sizeof chunked,
        "POST /echo/a HTTP/1.1\r\nHost: h\r\n%sTransfer-Encoding: chunked\r\n\r\nbb7\r\n%s\r\n0\r\n\r\n", json, body);
    int fd = ask_connect(server, NULL);
    reply r = ask_raw(server, fd, chunked, (size_t)count);
    ck_assert_int_eq(r.status, 413);
    ck_assert_int_eq(handled, 0);
    reply_clear(&r);
    (void)close(fd);
    free(body);
}
END_TEST

START_TEST(test_http_server__refuses_large_headers)
{
    char *headers = malloc(GDI_SERVER_HEADER_BYTES_MAX + 100);
    int start = sprintf(headers, "X: ");
    memset(headers + start, 'a', GDI_SERVER_HEADER_BYTES_MAX);
    (void)strcpy(headers + start + GDI_SERVER_HEADER_BYTES_MAX, "\r\n");
    reply r = ask(server, "GET /echo/a", headers, NULL);
    ck_assert_msg(r.status == 431 || r.status == 413 || r.status == 0, "%d", r.status);
    ck_assert_int_eq(handled, 0);
    reply_clear(&r);
    free(headers);
}
END_TEST

START_TEST(test_http_server__survives_bytes_that_are_no_http)
{
    static const char *const noise[] = {"\x16\x03\x01\x02",
                                        "GET\r\n\r\n",
                                        "GET / HTTP/9.9\r\n\r\n",
                                        "\r\n\r\n\r\n\r\n",
                                        "GET /echo/a HTTP/1.1\r\n\r\n",
                                        "POST /echo/a HTTP/1.1\r\nHost: h\r\nContent-Length: -5\r\n\r\n"};
    for (size_t i = 0; i < sizeof noise / sizeof *noise; i++) {
        int fd = ask_connect(server, NULL);
        char bytes[400];
        int count = snprintf(bytes, sizeof bytes, "%s", noise[i]);
        ck_assert_int_eq((int)write(fd, bytes, (size_t)count), count);
        for (int turn = 0; turn < 5; turn++) {
            gdi_server_turn(server);
        }
        (void)close(fd);
    }
    ck_assert_int_eq(handled, 0);
    answers("GET /echo/a", "", NULL, 200, NULL);
}
END_TEST

START_TEST(test_http_server__keeps_a_connection_for_several_requests)
{
    static const char text[] = "GET /echo/a HTTP/1.1\r\nHost: h\r\n\r\n";
    int fd = ask_connect(server, NULL);
    for (int i = 0; i < 3; i++) {
        reply r = ask_raw(server, fd, text, sizeof text - 1);
        ck_assert_int_eq(r.status, 200);
        reply_clear(&r);
    }
    gdi_server_counts counts = gdi_server_count(server);
    ck_assert_uint_eq(counts.requests, 3);
    ck_assert_uint_eq(counts.by_class[2], 3);
    ck_assert_uint_eq(counts.connections, 1);
    (void)close(fd);
}
END_TEST

START_TEST(test_http_server__cuts_off_whoever_drips)
{
    tear_down();
    open_with((gdi_server_options){.address = "127.0.0.1:0", .request_ms = 1});
    int fd = ask_connect(server, NULL);
    ssize_t got = -1;
    for (int i = 0; i < 100000 && got != 0; i++) {
        (void)send(fd, "X", 1, MSG_NOSIGNAL | MSG_DONTWAIT);
        gdi_server_turn(server);
        char byte = 0;
        got = recv(fd, &byte, 1, MSG_DONTWAIT);
        got = got < 0 && errno == ECONNRESET ? 0 : got;
    }
    ck_assert_int_eq((int)got, 0);
    (void)close(fd);
}
END_TEST

START_TEST(test_http_server__limits_the_connections_of_one_address)
{
    tear_down();
    open_with((gdi_server_options){.address = "127.0.0.1:0", .connections_max = 8, .per_address_max = 2});
    int fds[4];
    for (size_t i = 0; i < 4; i++) {
        fds[i] = ask_connect(server, NULL);
        gdi_server_turn(server);
        gdi_server_turn(server);
    }
    ck_assert_uint_eq(gdi_server_count(server).connections, 2);
    for (size_t i = 0; i < 4; i++) {
        (void)close(fds[i]);
    }
}
END_TEST

START_TEST(test_http_server__a_unix_socket_is_private_and_replaces_a_dead_one)
{
    static const char path[] = "admin.sock", text[] = "GET /local/a HTTP/1.1\r\nHost: h\r\n\r\n";
    struct stat info;
    god_error err = GOD_ERROR_INIT;
    tear_down();
    open_with((gdi_server_options){.unix_path = path});
    ck_assert_int_eq(stat(path, &info), 0);
    ck_assert_uint_eq(info.st_mode & 0777, 0600);
    int fd = ask_connect(server, path);
    reply r = ask_raw(server, fd, text, sizeof text - 1);
    ck_assert_int_eq(r.status, 200);
    reply_clear(&r);
    gdi_server *second = NULL;
    const gdi_server_options same = {.unix_path = path, .tables = tables};
    ck_assert_int_eq(gdi_server_open(&same, &second, &err), GOD_E_INVALID);
    ck_assert_str_eq(err.message, "\"admin.sock\" is the socket of another running host");
    (void)close(fd);
    tear_down();
    ck_assert_int_ne(stat(path, &info), 0);
}
END_TEST

START_TEST(test_http_server__refuses_addresses_that_are_none)
{
    static const char *const wrong[] = {"", "localhost", "127.0.0.1:", "127.0.0.1:99999", "1.2.3.4.5:80", "[::1:80"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        gdi_server *none = NULL;
        const gdi_server_options options = {.address = wrong[i], .tables = tables};
        ck_assert_msg(gdi_server_open(&options, &none, NULL) == GOD_E_INVALID, "%s", wrong[i]);
        ck_assert_ptr_null(none);
    }
}
END_TEST

Suite *suite_http_server(void)
{
    Suite *suite = suite_create("http/server");
    TCase *tcase = tcase_create("server");
    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_test(tcase, test_http_server__hands_over_parameters_query_and_body);
    tcase_add_test(tcase, test_http_server__says_what_is_wrong_with_a_request);
    tcase_add_test(tcase, test_http_server__gives_each_failure_its_status_and_keeps_the_inside_inside);
    tcase_add_test(tcase, test_http_server__asks_for_the_key_where_one_is_needed);
    tcase_add_test(tcase, test_http_server__does_not_send_what_the_client_has);
    tcase_add_test(tcase, test_http_server__answers_head_like_get_without_the_body);
    tcase_add_test(tcase, test_http_server__refuses_large_bodies_announced_or_not);
    tcase_add_test(tcase, test_http_server__refuses_large_headers);
    tcase_add_test(tcase, test_http_server__survives_bytes_that_are_no_http);
    tcase_add_test(tcase, test_http_server__keeps_a_connection_for_several_requests);
    tcase_add_test(tcase, test_http_server__cuts_off_whoever_drips);
    tcase_add_test(tcase, test_http_server__limits_the_connections_of_one_address);
    tcase_add_test(tcase, test_http_server__a_unix_socket_is_private_and_replaces_a_dead_one);
    tcase_add_test(tcase, test_http_server__refuses_addresses_that_are_none);
    suite_add_tcase(suite, tcase);
    return suite;
}
