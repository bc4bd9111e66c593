/* gdi_s3 and `god cache fetch` against an S3 server that checks signatures.
 *
 *     test_object_store STORE.PY PYTHON GOD
 */
#include <check.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/base/child.h"
#include "core/net/s3.h"
#include "god/helpers/file.h"
#include "god/helpers/sha256.h"

extern char **environ;

enum { skipped = 77, file_bytes = 300000 };

static const char *god_path;
static pid_t server;
static int server_stdin;
static char endpoint[64], access_key[128], secret_key[128];
static char source[GOD_PATH_MAX], destination[GOD_PATH_MAX], source_sha256[GOD_SHA256_HEX];

static int start_server(const char *script, const char *python)
{
    int in[2], out[2], port = 0;
    char line[256] = "";
    posix_spawn_file_actions_t actions;
    char *const argv[] = {(char *)(uintptr_t)python, (char *)(uintptr_t)script, NULL};
    if (access(python, X_OK) != 0 || pipe2(in, O_CLOEXEC) != 0 || pipe2(out, O_CLOEXEC) != 0 ||
        posix_spawn_file_actions_init(&actions) != 0) {
        return 0;
    }
    (void)posix_spawn_file_actions_adddup2(&actions, in[0], 0);
    (void)posix_spawn_file_actions_adddup2(&actions, out[1], 1);
    int failed = posix_spawn(&server, python, &actions, NULL, argv, environ);
    (void)posix_spawn_file_actions_destroy(&actions);
    (void)close(in[0]);
    (void)close(out[1]);
    server_stdin = in[1];
    FILE *answer = fdopen(out[0], "r");
    while (!failed && answer != NULL && fgets(line, sizeof line, answer) != NULL &&
           sscanf(line, "%d %127s %127s", &port, access_key, secret_key) != 3) {
    }
    if (answer != NULL) {
        (void)fclose(answer);
    }
    (void)snprintf(endpoint, sizeof endpoint, "http://127.0.0.1:%d", port);
    return port > 0;
}

static void set_up(void)
{
    char cwd[GOD_PATH_MAX];
    unsigned char *data = malloc(file_bytes);
    ck_assert_ptr_nonnull(getcwd(cwd, sizeof cwd));
    ck_assert_int_eq(god_path_join(cwd, "source", source, NULL), GOD_OK);
    ck_assert_int_eq(god_path_join(cwd, "fetched", destination, NULL), GOD_OK);
    for (size_t i = 0; i < file_bytes; i++) {
        data[i] = (unsigned char)(i * 31 % 251);
    }
    god_sha256_bytes(data, file_bytes, source_sha256);
    ck_assert_int_eq(god_file_write(source, data, file_bytes, NULL), GOD_OK);
    free(data);
    (void)unlink(destination);
}

static gdi_s3 *open_store(const char *secret)
{
    gdi_s3 *s3 = NULL;
    god_error err = GOD_ERROR_INIT;
    const gdi_s3_options options = {
        .endpoint = endpoint, .key = secret == NULL ? NULL : access_key, .secret = secret, .first_pause_ms = 1};
    ck_assert_msg(gdi_s3_open(&options, &s3, &err) == GOD_OK, "%s", err.message);
    return s3;
}

static void put(const char *key)
{
    gdi_s3 *s3 = open_store(secret_key);
    god_error err = GOD_ERROR_INIT;
    ck_assert_msg(gdi_s3_put(s3, "bkt", key, source, &err) == GOD_OK, "%s", err.message);
    gdi_s3_close(s3);
}

static void assert_fetched(void)
{
    char found[GOD_SHA256_HEX];
    ck_assert_int_eq(god_sha256_file(destination, found, NULL), GOD_OK);
    ck_assert_str_eq(found, source_sha256);
}

static const char *const keys[] = {"a.json", "dir/b c.json", "caf\xc3\xa9/+&=?#%.bin", "~tilde/-_."};

START_TEST(test_object_store__writes_and_reads)
{
    gdi_s3 *s3 = open_store(secret_key);
    gdi_s3_info info;
    god_error err = GOD_ERROR_INIT;
    put(keys[_i]);
    ck_assert_msg(gdi_s3_head(s3, "bkt", keys[_i], &info, &err) == GOD_OK, "%s", err.message);
    ck_assert_uint_eq(info.bytes, file_bytes);
    ck_assert_uint_gt(strlen(info.etag), 0);
    ck_assert_msg(gdi_s3_get(s3, "bkt", keys[_i], &info, source_sha256, destination, &err) == GOD_OK, "%s",
                  err.message);
    assert_fetched();
    gdi_s3_close(s3);
}
END_TEST

START_TEST(test_object_store__says_what_is_not_there)
{
    gdi_s3 *s3 = open_store(secret_key);
    gdi_s3_info info;
    god_error err = GOD_ERROR_INIT;
    ck_assert_int_eq(gdi_s3_head(s3, "bkt", "none", &info, &err), GOD_E_NOT_FOUND);
    ck_assert_str_eq(err.message, "the object store has no \"none\" in \"bkt\"");
    ck_assert_int_eq(gdi_s3_get(s3, "bkt", "none", NULL, NULL, destination, &err), GOD_E_NOT_FOUND);
    ck_assert_uint_eq(god_file_exists(destination), 0);
    gdi_s3_close(s3);
}
END_TEST

START_TEST(test_object_store__refuses_a_wrong_secret_and_never_shows_it)
{
    gdi_s3 *s3 = open_store("wrong-secret");
    gdi_s3_info info;
    god_error err = GOD_ERROR_INIT;
    put("guarded");
    ck_assert_int_eq(gdi_s3_head(s3, "bkt", "guarded", &info, &err), GOD_E_INVALID);
    ck_assert_ptr_nonnull(strstr(err.message, "a key with access is needed"));
    ck_assert_ptr_null(strstr(err.message, "wrong-secret"));
    ck_assert_ptr_null(strstr(err.message, access_key));
    ck_assert_int_ne(gdi_s3_put(s3, "bkt", "guarded", source, &err), GOD_OK);
    gdi_s3_close(s3);
}
END_TEST

START_TEST(test_object_store__god_cache_fetches_objects)
{
    char config[512], key_variable[192], secret_variable[192];
    gdi_child *child = NULL;
    gdi_child_end end;
    god_error err = GOD_ERROR_INIT;
    put("dir/data.json");
    (void)snprintf(config, sizeof config, "s3: {endpoint: \"%s\"}\npaths: {cache_dir: cache, state_dir: state}\n",
                   endpoint);
    ck_assert_int_eq(god_file_write("god.yaml", config, strlen(config), NULL), GOD_OK);
    ck_assert_int_eq(god_dir_remove("cache", NULL), GOD_OK);
    (void)snprintf(key_variable, sizeof key_variable, "S3_COMPATIBLE_ACCESS_KEY=%s", access_key);
    (void)snprintf(secret_variable, sizeof secret_variable, "S3_COMPATIBLE_SECRET_KEY=%s", secret_key);
    const char *const argv[] = {god_path, "cache", "fetch", "s3://bkt/dir/data.json", "--config", "god.yaml", NULL};
    const char *const env[] = {key_variable, secret_variable, NULL};
    const gdi_child_options options = {.argv = argv, .extra_env = env};
    ck_assert_int_eq(gdi_child_start(&options, &child, &err), GOD_OK);
    ck_assert_int_eq(gdi_child_wait(child, 60000, &end, &err), GOD_OK);
    ck_assert_msg(end.how == GDI_CHILD_EXITED && end.code == 0, "%s", gdi_child_output(child));
    ck_assert_ptr_nonnull(strstr(gdi_child_output(child), "/cache/prepared/downloads/s3-"));
    gdi_child_free(child);
}
END_TEST

int main(int argc, char **argv)
{
    if (argc != 4 || !start_server(argv[1], argv[2])) {
        (void)printf("skipped: moto is not there (tests/object_store/prepare.sh puts it into the build folder)\n");
        return skipped;
    }
    god_path = argv[3];
    Suite *suite = suite_create("object store");
    TCase *all = tcase_create("all");
    tcase_add_checked_fixture(all, set_up, NULL);
    tcase_add_loop_test(all, test_object_store__writes_and_reads, 0, sizeof keys / sizeof keys[0]);
    tcase_add_test(all, test_object_store__says_what_is_not_there);
    tcase_add_test(all, test_object_store__refuses_a_wrong_secret_and_never_shows_it);
    tcase_add_test(all, test_object_store__god_cache_fetches_objects);
    suite_add_tcase(suite, all);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner), status = 0;
    srunner_free(runner);
    (void)close(server_stdin);
    (void)waitpid(server, &status, 0);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
