#include "suites.h"

#include <stdlib.h>
#include <unistd.h>

#include "god/helpers/file.h"
#include "god/helpers/sha256.h"
#include "sha256_stream.h"

static god_error err = GOD_ERROR_INIT;

/* FIPS 180-4 examples: the empty message and "abc". */
START_TEST(test_helpers_sha256__known_digests)
{
    char hex[GOD_SHA256_HEX];
    god_sha256_bytes("", 0, hex);
    ck_assert_str_eq(hex, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    god_sha256_bytes("abc", 3, hex);
    ck_assert_str_eq(hex, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}
END_TEST

/* Every length around two blocks, in pieces of every size up to a block and more: both ways say the same. */
START_TEST(test_helpers_sha256__instructions_and_portable_code_agree)
{
    uint8_t data[200];
    sha256_stream fast, portable;
    unsigned char one[SHA256_DIGEST], other[SHA256_DIGEST];
    for (size_t i = 0; i < sizeof data; i++) {
        data[i] = (uint8_t)(i * 37 + 5);
    }
    for (size_t bytes = 0; bytes <= sizeof data; bytes++) {
        size_t piece = 1 + bytes % 131;
        sha256_begin(&fast, 0);
        sha256_begin(&portable, 1);
        for (size_t at = 0; at < bytes; at += piece) {
            sha256_add(&fast, data + at, bytes - at < piece ? bytes - at : piece);
        }
        sha256_add(&portable, data, bytes);
        sha256_end(&fast, one);
        sha256_end(&portable, other);
        ck_assert_mem_eq(one, other, sizeof one);
    }
}
END_TEST

START_TEST(test_helpers_sha256__folder_digest_is_that_of_its_listing)
{
    char listing[512], expected[GOD_SHA256_HEX], hex[GOD_SHA256_HEX], other[GOD_SHA256_HEX];
    (void)god_dir_remove("tree", &err);
    ck_assert_int_eq(god_dir_make("tree/sub", &err), GOD_OK);
    ck_assert_int_eq(god_file_write("tree/b", "abc", 3, &err), GOD_OK);
    ck_assert_int_eq(god_file_write("tree/sub/a", "", 0, &err), GOD_OK);
    snprintf(listing, sizeof listing, "%s  b\n%s  sub/a\n",
             "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
             "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    god_sha256_bytes(listing, strlen(listing), expected);
    ck_assert_int_eq(god_sha256_dir("tree", hex, &err), GOD_OK);
    ck_assert_str_eq(hex, expected);
    ck_assert_int_eq(god_sha256_dir("tree/", hex, &err), GOD_OK);
    ck_assert_str_eq(hex, expected);

    ck_assert_int_eq(rename("tree/b", "tree/c"), 0); /* the same bytes under another name */
    ck_assert_int_eq(god_sha256_dir("tree", other, &err), GOD_OK);
    ck_assert_str_ne(hex, other);
    ck_assert_int_eq(god_dir_remove("tree", &err), GOD_OK);
}
END_TEST

START_TEST(test_helpers_sha256__missing_file_is_named)
{
    char hex[GOD_SHA256_HEX];
    ck_assert_int_eq(god_sha256_file("not-here", hex, &err), GOD_E_NOT_FOUND);
    ck_assert_ptr_nonnull(strstr(err.message, "\"not-here\""));
    ck_assert_int_eq(god_sha256_dir("not-here", hex, &err), GOD_E_NOT_FOUND);
}
END_TEST

Suite *helpers_sha256_suite(void)
{
    Suite *suite = suite_create("helpers_sha256");
    TCase *cases = tcase_create("all");
    tcase_add_test(cases, test_helpers_sha256__known_digests);
    tcase_add_test(cases, test_helpers_sha256__instructions_and_portable_code_agree);
    tcase_add_test(cases, test_helpers_sha256__folder_digest_is_that_of_its_listing);
    tcase_add_test(cases, test_helpers_sha256__missing_file_is_named);
    suite_add_tcase(suite, cases);
    return suite;
}
