#include "suites.h"

#include <string.h>

#include "bytes.h"
#include "core/identity/sr25519.h"

enum { message_bytes_max = 4096 };

static void setup(void)
{
    ck_assert_int_eq(gdi_sr25519_start(NULL), GOD_OK);
}

START_TEST(test_identity_sr25519__makes_the_published_keys)
{
    json_t *vectors = identity_golden("vectors.json");
    const json_t *key = NULL;
    size_t i = 0;
    ck_assert_uint_eq(json_array_size(json_object_get(vectors, "keys")), 7);
    json_array_foreach(json_object_get(vectors, "keys"), i, key)
    {
        uint8_t mini[32], secret[64], public_key[32];
        char hex[129];
        (void)bytes_of_hex(text_at(key, "mini"), mini, sizeof mini);
        gdi_sr25519_expand(mini, secret);
        ck_assert_int_eq(gdi_sr25519_public(secret, public_key, NULL), GOD_OK);
        hex_of_bytes(public_key, sizeof public_key, hex);
        ck_assert_str_eq(hex, text_at(key, "public"));
        if (json_object_get(key, "secret") != NULL) {
            hex_of_bytes(secret, sizeof secret, hex);
            ck_assert_str_eq(hex, text_at(key, "secret"));
        }
    }
    json_decref(vectors);
}
END_TEST

START_TEST(test_identity_sr25519__one_times_the_base_is_the_base)
{
    json_t *vectors = identity_golden("vectors.json");
    uint8_t one[64] = {1}, point[32];
    char hex[65];
    ck_assert_int_eq(gdi_sr25519_public(one, point, NULL), GOD_OK);
    hex_of_bytes(point, sizeof point, hex);
    ck_assert_str_eq(hex, text_at(vectors, "base_point"));
    json_decref(vectors);
}
END_TEST

/* The order of the group, little-endian. */
static const uint8_t order[32] = {0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58,       0xd6,
                                  0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14, [31] = 0x10};

START_TEST(test_identity_sr25519__a_secret_is_below_the_order_and_not_0)
{
    uint8_t secret[64] = {0}, public_key[32];
    ck_assert_int_eq(gdi_sr25519_public(secret, public_key, NULL), GOD_E_DATA);
    memcpy(secret, order, sizeof order);
    ck_assert_int_eq(gdi_sr25519_public(secret, public_key, NULL), GOD_E_DATA);
    secret[0]--;
    ck_assert_int_eq(gdi_sr25519_public(secret, public_key, NULL), GOD_OK);
}
END_TEST

typedef struct known {
    uint8_t public_key[32], signature[64];
    char message[128];
} known;

static known read_known(void)
{
    known k = {.message = ""};
    json_t *vectors = identity_golden("vectors.json");
    const json_t *of = json_object_get(vectors, "signature");
    (void)bytes_of_hex(text_at(of, "public"), k.public_key, sizeof k.public_key);
    (void)bytes_of_hex(text_at(of, "signature"), k.signature, sizeof k.signature);
    (void)snprintf(k.message, sizeof k.message, "%s", text_at(of, "message"));
    json_decref(vectors);
    return k;
}

static uint32_t accepts(const known *k)
{
    return gdi_sr25519_verify(k->public_key, k->message, strlen(k->message), k->signature);
}

START_TEST(test_identity_sr25519__no_flipped_bit_is_accepted)
{
    const known good = read_known();
    ck_assert_uint_eq(accepts(&good), 1);
    for (uint32_t bit = 0; bit < 512; bit++) {
        known bad = good;
        bad.signature[bit / 8] ^= (uint8_t)(1u << bit % 8);
        ck_assert_msg(!accepts(&bad), "bit %u of the signature", bit);
    }
    for (uint32_t bit = 0; bit < 256; bit++) {
        known bad = good;
        bad.public_key[bit / 8] ^= (uint8_t)(1u << bit % 8);
        ck_assert_msg(!accepts(&bad), "bit %u of the key", bit);
    }
    for (uint32_t bit = 0; bit < 8 * strlen(good.message); bit += 7) {
        ck_assert(!gdi_sr25519_verify(good.public_key, good.message, bit / 8, good.signature));
    }
}
END_TEST

START_TEST(test_identity_sr25519__s_plus_the_order_is_refused)
{
    known bad = read_known();
    uint32_t carry = 0;
    bad.signature[63] &= 0x7f;
    for (uint32_t i = 0; i < 32; i++) {
        carry += (uint32_t)bad.signature[32 + i] + order[i];
        bad.signature[32 + i] = (uint8_t)carry;
        carry >>= 8;
    }
    ck_assert_uint_eq(bad.signature[63] & 0x80, 0); /* room for the mark */
    bad.signature[63] |= 0x80;
    ck_assert_uint_eq(accepts(&bad), 0);
}
END_TEST

/* RFC 9496, A.2 and A.3: small multiples of the base, and encodings that are none. */
START_TEST(test_identity_sr25519__only_canonical_keys_are_points)
{
    static const char *const refused[] = {
        "00ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff", /* not below p */
        "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f", /* p */
        "0100000000000000000000000000000000000000000000000000000000000000", /* odd */
        "01ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "26948d35ca62e643e26a83177332e6b6afeb9d08e4268b650f1f5bbd8d81d371", /* no square */
        "3eb858e78f5a7254d8c9731174a94f76755fd3941c0ac93735c07ba14579630e", /* t negative */
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f", /* y = 0 */
        "0000000000000000000000000000000000000000000000000000000000000000", /* the neutral element */
    };
    known k = read_known();
    memset(k.signature, 0, sizeof k.signature);
    k.signature[63] = 0x80; /* with the neutral element as key this would do for every message */
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
        (void)bytes_of_hex(refused[i], k.public_key, sizeof k.public_key);
        ck_assert_msg(!accepts(&k), "%s", refused[i]);
    }
}
END_TEST

START_TEST(test_identity_sr25519__accepts_and_is_accepted_as_an_independent_library)
{
    json_t *golden = identity_golden("golden.json");
    const json_t *pair = NULL;
    size_t i = 0;
    ck_assert_uint_eq(json_array_size(json_object_get(golden, "pairs")), 24);
    json_array_foreach(json_object_get(golden, "pairs"), i, pair)
    {
        uint8_t seed[32], secret[64], public_key[32], message[message_bytes_max], signature[64], ours[64];
        char hex[129];
        (void)bytes_of_hex(text_at(pair, "seed"), seed, sizeof seed);
        (void)bytes_of_hex(text_at(pair, "signature"), signature, sizeof signature);
        size_t bytes = bytes_of_hex(text_at(pair, "message"), message, sizeof message);
        gdi_sr25519_expand(seed, secret);
        ck_assert_int_eq(gdi_sr25519_public(secret, public_key, NULL), GOD_OK);
        hex_of_bytes(public_key, sizeof public_key, hex);
        ck_assert_str_eq(hex, text_at(pair, "public"));
        ck_assert_uint_eq(gdi_sr25519_verify(public_key, message, bytes, signature), 1);
        gdi_sr25519_sign(secret, public_key, message, bytes, NULL, ours);
        ck_assert_uint_eq(gdi_sr25519_verify(public_key, message, bytes, ours), 1);
        ck_assert_int_ne(memcmp(ours, signature, sizeof ours), 0); /* each has randomness of its own */
    }
    json_decref(golden);
}
END_TEST

Suite *identity_sr25519_suite(void)
{
    Suite *suite = suite_create("identity_sr25519");
    TCase *cases = tcase_create("sr25519");
    tcase_add_checked_fixture(cases, setup, NULL);
    tcase_add_test(cases, test_identity_sr25519__makes_the_published_keys);
    tcase_add_test(cases, test_identity_sr25519__one_times_the_base_is_the_base);
    tcase_add_test(cases, test_identity_sr25519__a_secret_is_below_the_order_and_not_0);
    tcase_add_test(cases, test_identity_sr25519__no_flipped_bit_is_accepted);
    tcase_add_test(cases, test_identity_sr25519__s_plus_the_order_is_refused);
    tcase_add_test(cases, test_identity_sr25519__only_canonical_keys_are_points);
    tcase_add_test(cases, test_identity_sr25519__accepts_and_is_accepted_as_an_independent_library);
    suite_add_tcase(suite, cases);
    return suite;
}
