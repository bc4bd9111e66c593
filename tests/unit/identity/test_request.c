#include "suites.h"

#include <pthread.h>
#include <stdatomic.h>
#include <string.h>

#include "bytes.h"
#include "core/identity/request_signature.h"

#define ALICE "5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY"
#define BOB "5FHneW46xGXgs5mUiveU4sbTyGBzmstUspZC92UhjJM694ty"

static const uint64_t now_ns = 1765432100000000000u;

static gdi_hotkey *alice;
static gdi_request_gate *gate; /* Bob's, open to anybody */
static gdi_signed_headers headers;

static gdi_request_gate *open_gate(gdi_request_gate_options options)
{
    gdi_request_gate *opened = NULL;
    god_error err = GOD_ERROR_INIT;
    options.own_address = BOB;
    ck_assert_msg(gdi_request_gate_open(&options, &opened, &err) == GOD_OK, "%s", err.message);
    return opened;
}

static void setup(void)
{
    uint8_t mini[32];
    (void)bytes_of_hex("e5be9a5092b81bca64be81d212e7f2f9eba183bb7a90954f7b76361f6edb5c0a", mini, sizeof mini);
    ck_assert_int_eq(gdi_hotkey_from_mini(mini, &alice, NULL), GOD_OK);
    gate = open_gate((gdi_request_gate_options){.caller = NULL});
}

static void teardown(void)
{
    gdi_request_gate_close(gate);
    gdi_hotkey_free(alice);
}

/* Alice asks `miner`; the proof is borrowed from `headers`. */
static gdi_request_proof sign(const char *nonce, const char *miner, const char *body)
{
    static const uint8_t witness[32];
    god_error err = GOD_ERROR_INIT;
    ck_assert_msg(gdi_request_sign_with(alice, miner, nonce, witness, body, body == NULL ? 0 : strlen(body), &headers,
                                        &err) == GOD_OK,
                  "%s", err.message);
    return (gdi_request_proof){.validator_hotkey = headers.validator_hotkey,
                               .miner_hotkey = headers.miner_hotkey,
                               .nonce = headers.nonce,
                               .signature = headers.signature,
                               .has_body = body != NULL,
                               .body = body,
                               .body_bytes = body == NULL ? 0 : strlen(body)};
}

static void expect(gdi_request_gate *at, const gdi_request_proof *proof, uint64_t at_ns, uint32_t http_status,
                   const char *detail)
{
    gdi_request_verdict verdict;
    gdi_request_verify(at, proof, at_ns, &verdict);
    ck_assert_str_eq(verdict.detail, detail);
    ck_assert_uint_eq(verdict.http_status, http_status);
    ck_assert_str_eq(verdict.caller, http_status == 200 ? ALICE : "");
}

static const char bad_nonce[] = "Oi, that nonce is not valid!";
static const char bad_signature[] = "Oi, invalid signature, you're not who you said you were!";

START_TEST(test_identity_request__signs_the_worked_requests)
{
    json_t *vectors = identity_golden("vectors.json");
    const json_t *row = NULL;
    size_t i = 0;
    ck_assert_uint_eq(json_array_size(json_object_get(vectors, "requests")), 2);
    json_array_foreach(json_object_get(vectors, "requests"), i, row)
    {
        gdi_request_gate *fresh = open_gate((gdi_request_gate_options){.caller = NULL});
        gdi_request_proof proof =
            sign(text_at(row, "nonce"), text_at(row, "miner"), json_string_value(json_object_get(row, "body")));
        ck_assert_str_eq(headers.signature, text_at(row, "signature"));
        expect(fresh, &proof, now_ns, 200, "");
        expect(fresh, &proof, now_ns, 401, bad_nonce);
        gdi_request_gate_close(fresh);
    }
    json_decref(vectors);
}
END_TEST

START_TEST(test_identity_request__header_lines_are_those_of_the_route)
{
    char lines[GDI_SIGNED_HEADERS][GDI_SIGNED_HEADER_BYTES];
    (void)sign("1765432100000000000_Zz9Yy8Xx7W", BOB, NULL);
    gdi_signed_header_lines(&headers, lines);
    ck_assert_str_eq(lines[0], "validator-hotkey: " ALICE);
    ck_assert_str_eq(lines[1], "miner-hotkey: " BOB);
    ck_assert_str_eq(lines[2], "nonce: 1765432100000000000_Zz9Yy8Xx7W");
    ck_assert_str_eq(lines[3], "signature: "
                               "0x201c3540f2975dcf4ec2d85843235ced1e6070810029daa35c8ea6bdd3f5397a"
                               "af7a5e633d23452cb87ba60170d5316db097f4d2c7e22abba922310917c0028c");
}
END_TEST

START_TEST(test_identity_request__nonces_of_the_specification)
{
    json_t *vectors = identity_golden("vectors.json");
    const json_t *row = NULL;
    size_t i = 0;
    json_array_foreach(json_object_get(vectors, "nonces"), i, row)
    {
        const char *nonce = json_string_value(json_array_get(row, 0));
        uint32_t is_good = json_is_true(json_array_get(row, 1));
        gdi_request_gate *fresh = open_gate((gdi_request_gate_options){.caller = NULL});
        gdi_request_proof proof = sign("1_a", BOB, NULL);
        if (is_good) {
            proof = sign(nonce, BOB, NULL);
        } else {
            proof.nonce = nonce; /* looked at before the signature */
        }
        expect(fresh, &proof, now_ns, is_good ? 200 : 401, is_good ? "" : bad_nonce);
        gdi_request_gate_close(fresh);
    }
    json_decref(vectors);
}
END_TEST

typedef struct listed {
    double stake_tao;
    uint32_t is_known;
} listed;

static uint32_t look_up(void *user, const char *address, double *ret_stake_tao)
{
    const listed *entry = user;
    *ret_stake_tao = entry->stake_tao;
    return entry->is_known && strcmp(address, ALICE) == 0;
}

START_TEST(test_identity_request__stakes_of_the_specification)
{
    json_t *vectors = identity_golden("vectors.json");
    const json_t *row = NULL;
    size_t i = 0;
    json_array_foreach(json_object_get(vectors, "stakes"), i, row)
    {
        listed entry = {json_number_value(json_array_get(row, 0)), !json_is_null(json_array_get(row, 0))};
        const char *refusal = json_string_value(json_array_get(row, 1));
        gdi_request_gate *strict =
            open_gate((gdi_request_gate_options){.caller = look_up, .user = &entry, .stake_min_tao = 1000});
        gdi_request_proof proof = sign("1765432100000000000_a", BOB, NULL);
        expect(strict, &proof, now_ns, refusal == NULL ? 200 : 403, refusal == NULL ? "" : refusal);
        gdi_request_gate_close(strict);
    }
    json_decref(vectors);
}
END_TEST

START_TEST(test_identity_request__each_header_is_needed)
{
    const gdi_request_proof whole = sign("1765432100000000000_a", BOB, NULL);
    gdi_request_proof part = whole;
    part.validator_hotkey = NULL;
    expect(gate, &part, now_ns, 422, "missing header validator-hotkey");
    part = whole;
    part.miner_hotkey = NULL;
    expect(gate, &part, now_ns, 422, "missing header miner-hotkey");
    part = whole;
    part.nonce = NULL;
    expect(gate, &part, now_ns, 422, "missing header nonce");
    part = whole;
    part.signature = NULL;
    expect(gate, &part, now_ns, 422, "missing header signature");
    expect(gate, &whole, now_ns, 200, "");
}
END_TEST

START_TEST(test_identity_request__a_header_sent_twice_is_refused)
{
    const gdi_request_proof whole = sign("1765432100000000000_a", BOB, NULL);
    gdi_request_proof collected = {.nonce = NULL};
    gdi_request_collect(&collected, "Validator-Hotkey", whole.validator_hotkey);
    gdi_request_collect(&collected, "MINER-HOTKEY", whole.miner_hotkey);
    gdi_request_collect(&collected, "nonce", whole.nonce);
    gdi_request_collect(&collected, "signature", whole.signature);
    gdi_request_collect(&collected, "content-type", "application/json");
    ck_assert_ptr_null(collected.twice);
    gdi_request_proof doubled = collected;
    gdi_request_collect(&doubled, "Nonce", "1765432100000000000_b");
    expect(gate, &doubled, now_ns, 422, "header nonce came twice");
    expect(gate, &collected, now_ns, 200, "");
}
END_TEST

START_TEST(test_identity_request__malformed_signatures_are_refused)
{
    const gdi_request_proof whole = sign("1765432100000000000_a", BOB, NULL);
    char upper[GDI_SIGNATURE_TEXT_BYTES];
    static const char *const texts[] = {"", "0x", "0x00", "nothex", "\xff\xfe"};
    gdi_request_proof bad = whole;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        bad.signature = texts[i];
        expect(gate, &bad, now_ns, 401, bad_signature);
    }
    bad.signature = whole.signature + 2; /* without 0x */
    expect(gate, &bad, now_ns, 401, bad_signature);
    bad = whole;
    bad.validator_hotkey = BOB; /* signed by Alice */
    expect(gate, &bad, now_ns, 401, bad_signature);
    bad.validator_hotkey = "nobody";
    expect(gate, &bad, now_ns, 401, bad_signature);
    for (size_t i = 0; i < sizeof upper; i++) {
        char c = whole.signature[i];
        upper[i] = (char)(c >= 'a' && c <= 'f' ? c - 32 : c);
    }
    bad = whole;
    bad.signature = upper; /* digits of any case */
    expect(gate, &bad, now_ns, 200, "");
}
END_TEST

START_TEST(test_identity_request__a_request_for_another_miner_is_refused)
{
    gdi_request_proof proof = sign("1765432100000000000_a", "5FLSigC9HGRKVhB9FiEo4Y3koPsNmBmLJbpXg2mp1hXcS59Y", NULL);
    expect(gate, &proof, now_ns, 401, "Oi, invalid miner hotkey - that's not me!");
    proof = sign("1765432100000000000_a", BOB, NULL); /* a refused one leaves no trace */
    expect(gate, &proof, now_ns, 200, "");
}
END_TEST

START_TEST(test_identity_request__the_body_is_part_of_it)
{
    gdi_request_proof proof = sign("1765432100000000000_a", BOB, "{\"a\": 1}");
    proof.body = "{\"a\": 2}";
    expect(gate, &proof, now_ns, 401, bad_signature);
    proof.has_body = 0;
    expect(gate, &proof, now_ns, 401, bad_signature);
    proof.has_body = 1;
    proof.body = "{\"a\": 1}";
    expect(gate, &proof, now_ns, 200, "");
}
END_TEST

START_TEST(test_identity_request__wrapped_signatures_only_when_asked_for)
{
    static const char text[] = "<Bytes>1765432100000000000_a:" BOB "</Bytes>";
    gdi_request_gate *lenient = open_gate((gdi_request_gate_options){.wrapped_signatures = 1});
    gdi_request_proof proof = sign("1765432100000000000_a", BOB, NULL);
    uint8_t signature[64];
    char shown[GDI_SIGNATURE_TEXT_BYTES] = "0x";
    gdi_hotkey_sign(alice, text, sizeof text - 1, signature);
    hex_of_bytes(signature, sizeof signature, shown + 2);
    proof.signature = shown;
    expect(gate, &proof, now_ns, 401, bad_signature);
    expect(lenient, &proof, now_ns, 200, "");
    gdi_request_gate_close(lenient);
}
END_TEST

START_TEST(test_identity_request__made_now_is_accepted_now)
{
    gdi_request_proof proof = {.nonce = NULL};
    ck_assert_int_eq(gdi_request_sign(alice, BOB, "", 0, &headers, NULL), GOD_OK);
    proof = (gdi_request_proof){
        headers.validator_hotkey, headers.miner_hotkey, headers.nonce, headers.signature, NULL, 1, "", 0};
    ck_assert_uint_eq(strlen(headers.nonce), 30);
    expect(gate, &proof, gdi_request_now_ns(), 200, "");
    ck_assert_int_eq(gdi_request_sign(alice, "nobody", NULL, 0, &headers, NULL), GOD_E_DATA);
}
END_TEST

/* ---- replays ---- */

enum { threads = 64 };

static gdi_request_proof shown_by_all;
static atomic_uint accepted;

static void *show(void *user)
{
    gdi_request_verdict verdict;
    (void)user;
    gdi_request_verify(gate, &shown_by_all, now_ns, &verdict);
    if (verdict.http_status == 200) {
        atomic_fetch_add(&accepted, 1);
    }
    return NULL;
}

START_TEST(test_identity_request__shown_by_64_threads_it_counts_once)
{
    pthread_t started[threads];
    shown_by_all = sign("1765432100000000000_a", BOB, NULL);
    for (size_t i = 0; i < threads; i++) {
        ck_assert_int_eq(pthread_create(&started[i], NULL, show, NULL), 0);
    }
    for (size_t i = 0; i < threads; i++) {
        ck_assert_int_eq(pthread_join(started[i], NULL), 0);
    }
    ck_assert_uint_eq(atomic_load(&accepted), 1);
}
END_TEST

Suite *identity_request_suite(void)
{
    Suite *suite = suite_create("identity_request");
    TCase *cases = tcase_create("request");
    tcase_add_checked_fixture(cases, setup, teardown);
    tcase_add_test(cases, test_identity_request__signs_the_worked_requests);
    tcase_add_test(cases, test_identity_request__header_lines_are_those_of_the_route);
    tcase_add_test(cases, test_identity_request__nonces_of_the_specification);
    tcase_add_test(cases, test_identity_request__stakes_of_the_specification);
    tcase_add_test(cases, test_identity_request__each_header_is_needed);
    tcase_add_test(cases, test_identity_request__a_header_sent_twice_is_refused);
    tcase_add_test(cases, test_identity_request__malformed_signatures_are_refused);
    tcase_add_test(cases, test_identity_request__a_request_for_another_miner_is_refused);
    tcase_add_test(cases, test_identity_request__the_body_is_part_of_it);
    tcase_add_test(cases, test_identity_request__wrapped_signatures_only_when_asked_for);
    tcase_add_test(cases, test_identity_request__made_now_is_accepted_now);
    tcase_add_test(cases, test_identity_request__shown_by_64_threads_it_counts_once);
    suite_add_tcase(suite, cases);
    return suite;
}
