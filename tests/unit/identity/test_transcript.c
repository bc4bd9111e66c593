#include "suites.h"

#include <string.h>

#include "bytes.h"
#include "core/identity/sr25519.h"
#include "core/identity/transcript.h"

static void expect_hex(const uint8_t *bytes, size_t count, const char *hex)
{
    char text[129];
    hex_of_bytes(bytes, count, text);
    ck_assert_str_eq(text, hex);
}

/* The first words of Keccak-f[1600] on a state of zeros, from the reference's KeccakF-1600-IntermediateValues. */
START_TEST(test_identity_keccak__permutes_zeros)
{
    uint8_t state[GDI_KECCAK_BYTES] = {0};
    gdi_keccak_permute(state);
    expect_hex(state, 16, "e7dde140798f25f18a47c033f9ccd584");
    gdi_keccak_permute(state);
    expect_hex(state, 16, "3ccb6ef94d955c2d6db55770d02c336a");
}
END_TEST

START_TEST(test_identity_transcript__starts_as_strobe_does)
{
    static const char start[] = "\x01\xa8\x01\x00\x01\x60STROBEv1.0.2";
    json_t *vectors = identity_golden("vectors.json");
    uint8_t state[GDI_KECCAK_BYTES] = {0};
    memcpy(state, start, sizeof start - 1);
    gdi_keccak_permute(state);
    expect_hex(state, 16, text_at(vectors, "strobe_start"));
    json_decref(vectors);
}
END_TEST

START_TEST(test_identity_transcript__agrees_with_merlin)
{
    json_t *vectors = identity_golden("vectors.json");
    gdi_transcript t;
    uint8_t challenge[32];
    gdi_transcript_open(&t, "test protocol");
    gdi_transcript_append(&t, "some label", "some data", 9);
    gdi_transcript_challenge(&t, "challenge", challenge, sizeof challenge);
    expect_hex(challenge, sizeof challenge, text_at(vectors, "merlin_short"));
    json_decref(vectors);
}
END_TEST

START_TEST(test_identity_transcript__agrees_with_merlin_over_many_blocks)
{
    json_t *vectors = identity_golden("vectors.json");
    gdi_transcript t;
    uint8_t challenge[32], big[1024];
    memset(big, 0x63, sizeof big);
    gdi_transcript_open(&t, "test protocol");
    gdi_transcript_append(&t, "step1", "some data", 9);
    for (uint32_t i = 0; i < 32; i++) {
        gdi_transcript_challenge(&t, "challenge", challenge, sizeof challenge);
        gdi_transcript_append(&t, "bigdata", big, sizeof big);
        gdi_transcript_append(&t, "challengedata", challenge, sizeof challenge);
    }
    expect_hex(challenge, sizeof challenge, text_at(vectors, "merlin_long"));
    json_decref(vectors);
}
END_TEST

/* Substrate's hard junctions, which only test accounts need: so they live here. */
static void derive_hard(const uint8_t mini[32], const char *name, uint8_t ret_mini[32])
{
    uint8_t secret[GDI_SR25519_SECRET_BYTES], code[32] = {0};
    gdi_transcript t;
    gdi_sr25519_expand(mini, secret);
    code[0] = (uint8_t)(strlen(name) << 2); /* SCALE: a compact length, then the text */
    memcpy(code + 1, name, strlen(name));
    gdi_transcript_open(&t, "SchnorrRistrettoHDKD");
    gdi_transcript_append(&t, "sign-bytes", "", 0);
    gdi_transcript_append(&t, "chain-code", code, sizeof code);
    gdi_transcript_append(&t, "secret-key", secret, 32);
    gdi_transcript_challenge(&t, "HDKD-hard", ret_mini, 32);
}

static const char *mini_of(const json_t *vectors, const char *name)
{
    const json_t *key = NULL;
    size_t i = 0;
    json_array_foreach(json_object_get(vectors, "keys"), i, key)
    {
        if (strcmp(text_at(key, "name"), name) == 0) {
            return text_at(key, "mini");
        }
    }
    ck_abort_msg("no key \"%s\"", name);
    return "";
}

START_TEST(test_identity_transcript__derives_the_development_accounts)
{
    json_t *vectors = identity_golden("vectors.json");
    const json_t *row = NULL;
    size_t i = 0;
    ck_assert_uint_eq(json_array_size(json_object_get(vectors, "junctions")), 3);
    json_array_foreach(json_object_get(vectors, "junctions"), i, row)
    {
        uint8_t mini[32], derived[32];
        (void)bytes_of_hex(mini_of(vectors, json_string_value(json_array_get(row, 0))), mini, sizeof mini);
        derive_hard(mini, json_string_value(json_array_get(row, 1)), derived);
        expect_hex(derived, sizeof derived, mini_of(vectors, json_string_value(json_array_get(row, 2))));
    }
    json_decref(vectors);
}
END_TEST

Suite *identity_transcript_suite(void)
{
    Suite *suite = suite_create("identity_transcript");
    TCase *cases = tcase_create("transcript");
    tcase_add_test(cases, test_identity_keccak__permutes_zeros);
    tcase_add_test(cases, test_identity_transcript__starts_as_strobe_does);
    tcase_add_test(cases, test_identity_transcript__agrees_with_merlin);
    tcase_add_test(cases, test_identity_transcript__agrees_with_merlin_over_many_blocks);
    tcase_add_test(cases, test_identity_transcript__derives_the_development_accounts);
    suite_add_tcase(suite, cases);
    return suite;
}
