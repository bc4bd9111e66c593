/* Who is let in: over real HTTP, with real signatures. */
#include "core/trainer/access.h"

#include <stdlib.h>
#include <unistd.h>

#include "ask.h"
#include "core/http/server.h"
#include "core/identity/request_signature.h"
#include "suites.h"

static gdi_config config;
static gdi_access *access_;
static gdi_server *server;
static gdi_hotkey *validator, *stranger;

static god_status check_peer(void *context, const char *peer, god_error *err)
{
    (void)context;
    return gdi_access_check_peer(access_, peer, err);
}

static god_status handle(void *context, const gdi_request *request, gdi_answer *answer, god_error *err)
{
    (void)context;
    (void)err;
    if (gdi_access_admits(access_, request, answer)) {
        answer->json = json_pack("{s:s}", "welcome", request->method);
    }
    return GOD_OK;
}

static const gdi_route routes[] = {
    {"GET", "/look", GDI_ACCESS_PEER, handle}, {"POST", "/start", GDI_ACCESS_PEER, handle}, {.method = NULL}};
static const gdi_route *const tables[] = {routes, NULL};

static gdi_hotkey *key_of(uint8_t first)
{
    uint8_t mini[32] = {first};
    gdi_hotkey *key = NULL;
    ck_assert_int_eq(gdi_hotkey_from_mini(mini, &key, NULL), GOD_OK);
    return key;
}

static god_status open_with(const char *yaml, god_error *err)
{
    gdi_config_clear(&config);
    ck_assert_int_eq(gdi_config_read("god.yaml", "/", yaml, strlen(yaml), &config, err), GOD_OK);
    return gdi_access_open(&config, &access_, err);
}

static void open_signed(void)
{
    char yaml[300];
    god_error err = GOD_ERROR_INIT;
    (void)snprintf(yaml, sizeof yaml, "trainer: {validators: [%s]}", gdi_hotkey_address(validator));
    ck_assert_msg(open_with(yaml, &err) == GOD_OK, "%s", err.message);
    const gdi_server_options options = {.address = "127.0.0.1:0", .tables = tables, .check_peer = check_peer, .raw = 1};
    ck_assert_msg(gdi_server_open(&options, &server, &err) == GOD_OK, "%s", err.message);
}

static void set_up(void)
{
    (void)unsetenv("ORCHESTRATOR_IPS");
    (void)unsetenv("ORCHESTRATOR_IP");
    validator = key_of(1);
    stranger = key_of(2);
}

static void tear_down(void)
{
    gdi_server_close(server);
    gdi_access_close(access_);
    gdi_config_clear(&config);
    gdi_hotkey_free(validator);
    gdi_hotkey_free(stranger);
    server = NULL;
    access_ = NULL;
}

/* ---- addresses ---- */

static uint32_t lets_in(const char *peer)
{
    god_error err = GOD_ERROR_INIT;
    god_status status = gdi_access_check_peer(access_, peer, &err);
    ck_assert(status == GOD_OK || (status == GOD_E_CANCELLED && strcmp(err.message, "Access forbidden") == 0));
    return status == GOD_OK;
}

START_TEST(test_trainer_access__tv_28_addresses_of_the_environment)
{
    (void)setenv("ORCHESTRATOR_IPS", "10.0.0.1, 10.0.0.2", 1);
    (void)setenv("ORCHESTRATOR_IP", "10.0.0.9", 1);
    ck_assert_int_eq(open_with("trainer: {require_signature: 0}", NULL), GOD_OK);
    ck_assert(lets_in("10.0.0.1") && lets_in("10.0.0.2") && lets_in("127.0.0.1"));
    ck_assert(!lets_in("10.0.0.3") && !lets_in("::1") && !lets_in("") && !lets_in("10.0.0.9"));
}
END_TEST

START_TEST(test_trainer_access__the_first_list_that_is_there_counts)
{
    ck_assert_int_eq(open_with("trainer: {require_signature: 0}", NULL), GOD_OK);
    ck_assert(lets_in("185.141.218.122") && !lets_in("10.0.0.9"));
    gdi_access_close(access_);
    (void)setenv("ORCHESTRATOR_IPS", "", 1);
    (void)setenv("ORCHESTRATOR_IP", "10.0.0.9", 1);
    ck_assert_int_eq(open_with("trainer: {require_signature: 0}", NULL), GOD_OK);
    ck_assert(!lets_in("185.141.218.122") && lets_in("10.0.0.9"));
    gdi_access_close(access_);
    ck_assert_int_eq(open_with("trainer: {require_signature: 0, callers: [10.0.0.4, \"fe80::1\"]}", NULL), GOD_OK);
    ck_assert(lets_in("10.0.0.4") && lets_in("fe80::1") && lets_in("127.0.0.1") && !lets_in("10.0.0.9"));
}
END_TEST

START_TEST(test_trainer_access__settings_that_let_nobody_in_are_refused)
{
    god_error err = GOD_ERROR_INIT;
    ck_assert_int_eq(open_with("", &err), GOD_E_INVALID);
    ck_assert_ptr_nonnull(strstr(err.message, "trainer.validators"));
    ck_assert_int_eq(open_with("trainer: {validators: [5Grw]}", &err), GOD_E_INVALID);
    ck_assert_ptr_nonnull(strstr(err.message, "\"trainer.validators\" of god.yaml: \"5Grw\""));
}
END_TEST

/* ---- signatures ---- */

static reply ask_signed(const gdi_hotkey *key, const char *to, const char *what, const char *signed_body,
                        const char *sent_body)
{
    gdi_signed_headers headers;
    char lines[GDI_SIGNED_HEADERS][GDI_SIGNED_HEADER_BYTES],
        all[GDI_SIGNED_HEADERS * (GDI_SIGNED_HEADER_BYTES + 2) + 1];
    size_t used = 0;
    ck_assert_int_eq(
        gdi_request_sign(key, to, signed_body, signed_body == NULL ? 0 : strlen(signed_body), &headers, NULL), GOD_OK);
    gdi_signed_header_lines(&headers, lines);
    for (int i = 0; i < GDI_SIGNED_HEADERS; i++) {
        used += (size_t)snprintf(all + used, sizeof all - used, "%s\r\n", lines[i]);
    }
    return ask(server, what, all, sent_body);
}

static void answers(reply r, int status, const char *detail)
{
    ck_assert_msg(r.status == status, "%d %s", r.status, r.body);
    if (detail != NULL) {
        ck_assert_str_eq(json_string_value(json_object_get(r.json, "detail")), detail);
    }
    reply_clear(&r);
}

START_TEST(test_trainer_access__a_signature_opens_for_its_own_request_alone)
{
    open_signed();
    const char *to = gdi_hotkey_address(validator); /* trainer.hotkey is empty */
    answers(ask_signed(validator, to, "GET /look", NULL, NULL), 200, NULL);
    answers(ask_signed(validator, to, "POST /start", "{\"a\": 1}", "{\"a\": 1}"), 200, NULL);
    answers(ask_signed(validator, to, "POST /start", "{\"a\": 1}", "{\"a\":1}"), 401,
            "Oi, invalid signature, you're not who you said you were!");
    answers(ask_signed(validator, to, "POST /start", NULL, "{}"), 401, NULL);
    answers(ask_signed(validator, gdi_hotkey_address(stranger), "GET /look", NULL, NULL), 401,
            "Oi, invalid miner hotkey - that's not me!");
    answers(ask_signed(stranger, to, "GET /look", NULL, NULL), 403, NULL);
    answers(ask(server, "GET /look", "", NULL), 422, "missing header validator-hotkey");
    answers(ask(server, "POST /start", "Content-Type: application/json\r\n", "{}"), 422, NULL);
}
END_TEST

START_TEST(test_trainer_access__headers_that_were_used_open_nothing)
{
    gdi_signed_headers headers;
    char lines[GDI_SIGNED_HEADERS][GDI_SIGNED_HEADER_BYTES], all[1000] = "";
    open_signed();
    ck_assert_int_eq(gdi_request_sign(validator, gdi_hotkey_address(validator), NULL, 0, &headers, NULL), GOD_OK);
    gdi_signed_header_lines(&headers, lines);
    for (int i = 0; i < GDI_SIGNED_HEADERS; i++) {
        (void)strcat(strcat(all, lines[i]), "\r\n");
    }
    answers(ask(server, "GET /look", all, NULL), 200, NULL);
    answers(ask(server, "GET /look", all, NULL), 401, "Oi, that nonce is not valid!");
}
END_TEST

Suite *suite_trainer_access(void)
{
    Suite *suite = suite_create("trainer/access");
    TCase *tcase = tcase_create("access");
    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_test(tcase, test_trainer_access__tv_28_addresses_of_the_environment);
    tcase_add_test(tcase, test_trainer_access__the_first_list_that_is_there_counts);
    tcase_add_test(tcase, test_trainer_access__settings_that_let_nobody_in_are_refused);
    tcase_add_test(tcase, test_trainer_access__a_signature_opens_for_its_own_request_alone);
    tcase_add_test(tcase, test_trainer_access__headers_that_were_used_open_nothing);
    suite_add_tcase(suite, tcase);
    return suite;
}
