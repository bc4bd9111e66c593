/* Addresses of objects, and signed ones. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "core/net/s3.h"
#include "god/helpers/json.h"

START_TEST(test_net_s3__splits_addresses)
{
    static const char *const wrong[] = {"s3://", "s3://bkt", "s3://bkt/", "s3:///key", "s3://b$/k", "http://bkt/key"};
    char *bucket = NULL, *key = NULL;
    god_error err = GOD_ERROR_INIT;
    ck_assert_int_eq(gdi_s3_split("s3://bkt/dir/k.json", &bucket, &key, &err), GOD_OK);
    ck_assert_str_eq(bucket, "bkt");
    ck_assert_str_eq(key, "dir/k.json");
    free(bucket);
    free(key);
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        ck_assert_int_eq(gdi_s3_split(wrong[i], &bucket, &key, &err), GOD_E_INVALID);
    }
}
END_TEST

/* TV-26 of the training specification. */
START_TEST(test_net_s3__reads_buckets_from_addresses)
{
    json_t *vectors = NULL, *row = NULL;
    size_t i = 0;
    god_error err = GOD_ERROR_INIT;
    ck_assert_int_eq(god_json_read(GOD_SOURCE_DIR "/tests/golden/training/vectors.json", 4 << 20, &vectors, &err),
                     GOD_OK);
    const json_t *rows = json_object_get(json_object_get(vectors, "tables"), "TV-26");
    ck_assert_uint_eq(json_array_size(rows), 2);
    json_array_foreach(rows, i, row)
    {
        char *bucket = NULL, *key = NULL;
        ck_assert_int_eq(gdi_s3_from_url(json_string_value(json_array_get(row, 0)), &bucket, &key, &err), GOD_OK);
        ck_assert_str_eq(bucket, json_string_value(json_array_get(row, 1)));
        ck_assert_str_eq(key, json_string_value(json_array_get(row, 2)));
        free(bucket);
        free(key);
    }
    json_decref(vectors);
}
END_TEST

/* What botocore signs for the same key, moment and life. The first object is that of the documentation, where the
 * bucket is in the host: there the signature is another one. */
static const struct {
    const char *key, *signature;
} signed_by_others[] = {
    {"test.txt", "733255ef022bec3f2a8701cd61d4b371f3f28c9f193a1f02279211d48d5193d7"},
    {"dir/b c.json", "3e7c46b1e19c0cc2fbcae552e42c2e415b531874fe8f79c9cb204bfe36de5571"},
    {"caf\xc3\xa9"
     "/+&=?#%.bin",
     "988f3c9bca2375a3cd9c25e441f36861bfb3bd596b139f9a51098dc150fcc0cb"},
    {"~tilde/-_.", "699a9e32af44f838d24f19941fa5faf8fda610b1b255d807e92df7f5a2fb2b04"},
};

START_TEST(test_net_s3__signs_addresses)
{
    static const char start[] = "?X-Amz-Algorithm=AWS4-HMAC-SHA256"
                                "&X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20130524%2Fus-east-1%2Fs3%2Faws4_request"
                                "&X-Amz-Date=20130524T000000Z&X-Amz-Expires=86400&X-Amz-SignedHeaders=host&";
    gdi_s3 *s3 = NULL;
    god_text url = GOD_TEXT_INIT;
    god_error err = GOD_ERROR_INIT;
    const gdi_s3_options options = {.endpoint = "https://s3.amazonaws.com",
                                    .region = "us-east-1",
                                    .key = "AKIAIOSFODNN7EXAMPLE",
                                    .secret = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"};
    ck_assert_int_eq(gdi_s3_open(&options, &s3, &err), GOD_OK);
    ck_assert_int_eq(gdi_s3_presign(s3, "examplebucket", signed_by_others[_i].key, 86400, 1369353600, &url, &err),
                     GOD_OK);
    const char *query = strchr(url.data, '?');
    ck_assert_ptr_nonnull(query);
    ck_assert_int_eq(strncmp(query, start, strlen(start)), 0);
    ck_assert_str_eq(strstr(query, "X-Amz-Signature=") + strlen("X-Amz-Signature="), signed_by_others[_i].signature);
    ck_assert_int_eq(gdi_s3_presign(s3, "b", "k", GDI_S3_EXPIRES_S + 1, 0, &url, &err), GOD_E_INVALID);
    god_text_free(&url);
    gdi_s3_close(s3);
}
END_TEST

START_TEST(test_net_s3__needs_a_key_to_sign)
{
    gdi_s3 *s3 = NULL;
    god_text url = GOD_TEXT_INIT;
    god_error err = GOD_ERROR_INIT;
    const gdi_s3_options options = {.endpoint = "minio.local:9000"};
    ck_assert_int_eq(gdi_s3_open(&options, &s3, &err), GOD_OK);
    ck_assert_int_eq(gdi_s3_presign(s3, "b", "k", 60, 0, &url, &err), GOD_E_INVALID);
    gdi_s3_close(s3);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("net s3");
    TCase *all = tcase_create("all");
    tcase_add_test(all, test_net_s3__splits_addresses);
    tcase_add_test(all, test_net_s3__reads_buckets_from_addresses);
    tcase_add_loop_test(all, test_net_s3__signs_addresses, 0, sizeof signed_by_others / sizeof signed_by_others[0]);
    tcase_add_test(all, test_net_s3__needs_a_key_to_sign);
    suite_add_tcase(suite, all);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
