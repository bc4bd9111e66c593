/* What a server does for an interface that has answers of its own: callers by their address, bodies unread, answers
 * that come later. */
#include "core/http/server.h"

#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "ask.h"
#include "test_http.h"

static gdi_server *server;
static char peer_seen[64];
static uint32_t lets_in;
static int handled, ready_after;

static god_status check_peer(void *context, const char *peer, god_error *err)
{
    (void)context;
    (void)snprintf(peer_seen, sizeof peer_seen, "%s", peer);
    return lets_in ? GOD_OK : god_fail(err, GOD_E_CANCELLED, "Access forbidden");
}

typedef struct count {
    int of_x;
} count;

static void count_header(void *user, const char *name, const char *value)
{
    ((count *)user)->of_x += strcasecmp(name, "x-twice") == 0 && value[0] != '\0';
}

static god_status handle_raw(void *context, const gdi_request *request, gdi_answer *answer, god_error *err)
{
    (void)context;
    (void)err;
    count headers = {0};
    gdi_request_each_header(request, &headers, count_header);
    ck_assert_ptr_null(request->body);
    answer->status = 422;
    answer->json = json_pack("{s:s, s:s?, s:s?, s:i, s:i}", "name", request->parameters[0], "text", request->text,
                             "type", request->content_type, "bytes", (int)request->text_bytes, "headers", headers.of_x);
    return GOD_OK;
}

static god_status handle_later(void *context, const gdi_request *request, gdi_answer *answer, god_error *err)
{
    (void)context;
    (void)err;
    if (handled == 0) {
        ck_assert_str_eq(request->memo, "");
        (void)snprintf(request->memo, GDI_REQUEST_MEMO_BYTES, "what it was about");
    }
    handled++;
    answer->later = handled < ready_after;
    answer->json = json_pack("{s:s, s:s?}", "memo", request->memo, "text", request->text);
    return GOD_OK;
}

static const gdi_route routes[] = {
    {"POST", "/raw/{name}", GDI_ACCESS_PEER, handle_raw},
    {"POST", "/later", GDI_ACCESS_PEER, handle_later},
    {.method = NULL},
};
static const gdi_route *const tables[] = {routes, NULL};

static void set_up(void)
{
    god_error err = GOD_ERROR_INIT;
    const gdi_server_options options = {
        .address = "127.0.0.1:0", .tables = tables, .check_peer = check_peer, .raw = 1, .request_ms = 1000};
    handled = 0;
    lets_in = 1;
    ready_after = 3;
    ck_assert_msg(gdi_server_open(&options, &server, &err) == GOD_OK, "%s", err.message);
}

static void tear_down(void)
{
    gdi_server_close(server);
    server = NULL;
}

START_TEST(test_http_raw__hands_over_what_came_unread)
{
    reply r = ask(server, "POST /raw/%20odd", "Content-Type: text/plain\r\nX-Twice: a\r\nX-Twice: b\r\n", "{no json");
    ck_assert_int_eq(r.status, 422);
    ck_assert_str_eq(json_string_value(json_object_get(r.json, "name")), " odd");
    ck_assert_str_eq(json_string_value(json_object_get(r.json, "text")), "{no json");
    ck_assert_str_eq(json_string_value(json_object_get(r.json, "type")), "text/plain");
    ck_assert_int_eq((int)json_integer_value(json_object_get(r.json, "headers")), 2);
    reply_clear(&r);
    r = ask(server, "POST /raw/a", "Content-Length: 0\r\n", NULL);
    ck_assert_ptr_null(json_string_value(json_object_get(r.json, "text")));
    ck_assert_str_eq(peer_seen, "127.0.0.1");
    reply_clear(&r);
}
END_TEST

START_TEST(test_http_raw__refuses_callers_by_their_address)
{
    lets_in = 0;
    reply r = ask(server, "POST /raw/a", "", "{}");
    ck_assert_int_eq(r.status, 403);
    ck_assert_str_eq(json_string_value(json_object_get(r.json, "detail")), "Access forbidden");
    reply_clear(&r);
}
END_TEST

static const char later_request[] = "POST /later HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\n{}";

/* Sends it and turns the server until the handler has said "later". */
static int begin_waiting(void)
{
    int fd = ask_connect(server, NULL);
    ck_assert_int_eq((int)send(fd, later_request, sizeof later_request - 1, MSG_NOSIGNAL),
                     (int)sizeof later_request - 1);
    for (int i = 0; handled == 0; i++) {
        struct pollfd ready = {.fd = gdi_server_fd(server), .events = POLLIN};
        ck_assert_int_lt(i, 1000);
        (void)poll(&ready, 1, 10);
        gdi_server_turn(server);
    }
    return fd;
}

START_TEST(test_http_raw__answers_when_there_is_something_to_say)
{
    char byte;
    int fd = begin_waiting();
    for (int i = 0; i < 3; i++) {
        gdi_server_turn(server); /* nobody said that it should try again */
    }
    ck_assert_int_eq(handled, 1);
    ck_assert_int_lt((int)recv(fd, &byte, 1, MSG_DONTWAIT), 0);
    gdi_server_retry(server);
    while (handled < 2) {
        gdi_server_turn(server);
    }
    gdi_server_retry(server);
    reply r = ask_raw(server, fd, "", 0);
    ck_assert_int_eq(r.status, 200);
    ck_assert_int_eq(handled, 3);
    ck_assert_str_eq(json_string_value(json_object_get(r.json, "memo")), "what it was about");
    ck_assert_str_eq(json_string_value(json_object_get(r.json, "text")), "{}");
    reply_clear(&r);
    (void)close(fd);
}
END_TEST

START_TEST(test_http_raw__ends_while_somebody_waits)
{
    ready_after = 1000;
    int fd = begin_waiting();
    tear_down();
    char byte;
    ck_assert_int_le((int)recv(fd, &byte, 1, 0), 0); /* it was closed, not left open */
    (void)close(fd);
}
END_TEST

Suite *suite_http_raw(void)
{
    Suite *suite = suite_create("http/raw");
    TCase *tcase = tcase_create("raw");
    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_test(tcase, test_http_raw__hands_over_what_came_unread);
    tcase_add_test(tcase, test_http_raw__refuses_callers_by_their_address);
    tcase_add_test(tcase, test_http_raw__answers_when_there_is_something_to_say);
    tcase_add_test(tcase, test_http_raw__ends_while_somebody_waits);
    suite_add_tcase(suite, tcase);
    return suite;
}
