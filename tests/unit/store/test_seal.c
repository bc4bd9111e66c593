#include "core/store/seal.h"

#include <pthread.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "god/helpers/file.h"
#include "tests/unit/store/stores.h"

static god_error failed;
static char folder[64];

static void make_folder(void)
{
    (void)snprintf(folder, sizeof folder, "seal-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(folder));
}

static void remove_folder(void)
{
    ck_ok(god_dir_remove(folder, err));
}

static char *key_path(void)
{
    static char path[128];
    (void)snprintf(path, sizeof path, "%s/secret.key", folder);
    return path;
}

static gdi_secrets *open_secrets(void)
{
    gdi_secrets *secrets = NULL;
    ck_ok(gdi_secrets_open(folder, &secrets, err));
    return secrets;
}

START_TEST(test_store_seal__opens_what_it_sealed)
{
    static const char *const texts[] = {"", "x", "ghp_0123456789abcdefghijklmnopqrstuvwxyz", "f\xc3\xbcr \"alle\"\n"};
    gdi_secrets *secrets = open_secrets();
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        char *sealed = NULL, *again = NULL, *secret = NULL;
        ck_ok(gdi_secret_seal(secrets, texts[i], &sealed, err));
        ck_ok(gdi_secret_seal(secrets, texts[i], &again, err));
        ck_assert(gdi_secret_is_sealed(sealed) && !gdi_secret_is_sealed(texts[i]));
        ck_assert_str_ne(sealed, again); /* equal secrets do not look equal */
        ck_assert(texts[i][0] == '\0' || texts[i][1] == '\0' || strstr(sealed, texts[i]) == NULL);
        ck_ok(gdi_secret_open(secrets, sealed, &secret, err));
        ck_assert_str_eq(secret, texts[i]);
        gdi_secret_free(secret);
        free(sealed);
        free(again);
    }
    gdi_secrets_close(secrets);
}
END_TEST

START_TEST(test_store_seal__keeps_its_key_and_shows_it_to_nobody)
{
    struct stat info;
    char *sealed = NULL, *secret = NULL;
    gdi_secrets *secrets = open_secrets();
    ck_ok(gdi_secret_seal(secrets, "token", &sealed, err));
    gdi_secrets_close(secrets);
    ck_assert_int_eq(stat(key_path(), &info), 0);
    ck_assert_uint_eq(info.st_mode & 0777, 0600);
    ck_assert_int_eq(info.st_size, 32);
    secrets = open_secrets();
    ck_ok(gdi_secret_open(secrets, sealed, &secret, err));
    ck_assert_str_eq(secret, "token");
    gdi_secret_free(secret);
    gdi_secrets_close(secrets);
    ck_assert_int_eq(unlink(key_path()), 0);
    secrets = open_secrets(); /* another key */
    ck_fails(GOD_E_DATA, gdi_secret_open(secrets, sealed, &secret, err));
    ck_assert_msg(strstr(failed.message, "token") == NULL, "%s", failed.message);
    gdi_secrets_close(secrets);
    free(sealed);
}
END_TEST

START_TEST(test_store_seal__refuses_what_was_changed)
{
    char *sealed = NULL, *secret = NULL;
    gdi_secrets *secrets = open_secrets();
    ck_ok(gdi_secret_seal(secrets, "token", &sealed, err));
    size_t bytes = strlen(sealed);
    for (size_t i = 0; i < bytes; i++) {
        char kept = sealed[i];
        sealed[i] = kept == 'A' ? 'B' : 'A';
        ck_fails(GOD_E_DATA, gdi_secret_open(secrets, sealed, &secret, err));
        sealed[i] = '\0'; /* cut off */
        ck_fails(GOD_E_DATA, gdi_secret_open(secrets, sealed, &secret, err));
        sealed[i] = kept;
    }
    ck_fails(GOD_E_DATA, gdi_secret_open(secrets, "ghp_plain", &secret, err));
    ck_fails(GOD_E_DATA, gdi_secret_open(secrets, "sealed:v1:!!!!", &secret, err));
    ck_assert_ptr_null(secret);
    char *large = malloc(GDI_SECRET_BYTES_MAX + 2);
    ck_assert_ptr_nonnull(large);
    (void)memset(large, 'x', GDI_SECRET_BYTES_MAX + 1);
    large[GDI_SECRET_BYTES_MAX + 1] = '\0';
    ck_fails(GOD_E_INVALID, gdi_secret_seal(secrets, large, &secret, err));
    free(large);
    free(sealed);
    gdi_secrets_close(secrets);
}
END_TEST

START_TEST(test_store_seal__refuses_a_key_that_is_none)
{
    gdi_secrets *secrets = NULL;
    ck_ok(god_file_write(key_path(), "short", 5, err));
    ck_assert_int_eq(chmod(key_path(), 0600), 0);
    ck_fails(GOD_E_DATA, gdi_secrets_open(folder, &secrets, err));
    ck_ok(god_file_write(key_path(), "0123456789012345678901234567890123456789", 40, err));
    ck_assert_int_eq(chmod(key_path(), 0600), 0);
    ck_fails(GOD_E_DATA, gdi_secrets_open(folder, &secrets, err));
    ck_ok(god_file_write(key_path(), "01234567890123456789012345678901", 32, err));
    ck_assert_int_eq(chmod(key_path(), 0640), 0);
    ck_fails(GOD_E_DATA, gdi_secrets_open(folder, &secrets, err));
    ck_assert_msg(strstr(failed.message, "chmod 600") != NULL, "%s", failed.message);
    ck_assert_ptr_null(secrets);
    ck_assert_int_eq(chmod(key_path(), 0600), 0);
    secrets = open_secrets();
    gdi_secrets_close(secrets);
    gdi_secrets_close(NULL);
}
END_TEST

enum { openers = 8 };

static void *seal_one(void *user)
{
    gdi_secrets *secrets = open_secrets();
    ck_ok(gdi_secret_seal(secrets, "token", user, err));
    gdi_secrets_close(secrets);
    return NULL;
}

START_TEST(test_store_seal__many_at_once_make_one_key)
{
    pthread_t threads[openers];
    char *sealed[openers] = {NULL};
    for (size_t i = 0; i < openers; i++) {
        ck_assert_int_eq(pthread_create(&threads[i], NULL, seal_one, &sealed[i]), 0);
    }
    for (size_t i = 0; i < openers; i++) {
        ck_assert_int_eq(pthread_join(threads[i], NULL), 0);
    }
    gdi_secrets *secrets = open_secrets();
    for (size_t i = 0; i < openers; i++) {
        char *secret = NULL;
        ck_ok(gdi_secret_open(secrets, sealed[i], &secret, err));
        gdi_secret_free(secret);
        free(sealed[i]);
    }
    gdi_secrets_close(secrets);
}
END_TEST

Suite *suite_store_seal(void)
{
    Suite *suite = suite_create("store_seal");
    TCase *tcase = tcase_create("secrets");
    tcase_add_checked_fixture(tcase, make_folder, remove_folder);
    tcase_add_test(tcase, test_store_seal__opens_what_it_sealed);
    tcase_add_test(tcase, test_store_seal__keeps_its_key_and_shows_it_to_nobody);
    tcase_add_test(tcase, test_store_seal__refuses_what_was_changed);
    tcase_add_test(tcase, test_store_seal__refuses_a_key_that_is_none);
    tcase_add_test(tcase, test_store_seal__many_at_once_make_one_key);
    suite_add_tcase(suite, tcase);
    return suite;
}
