/* Uploads to a hub that speaks the documented API, see tests/hub/hub.py. */
#include <check.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/net/hub_lfs.h"
#include "core/net/hub_upload.h"
#include "god/helpers/sha256.h"
#include "hub_process.h"

static hub_process server;
static char dir[GOD_PATH_MAX];
static uint64_t last_done, last_total;

static void set_up_once(void)
{
    hub_process_start(&server);
}

static void tear_down_once(void)
{
    hub_process_stop(&server);
}

static void write_file(const char *name, size_t bytes, char fill)
{
    char path[GOD_PATH_MAX];
    char *data = malloc(bytes + 1);
    ck_assert_ptr_nonnull(data);
    memset(data, fill, bytes + 1);
    ck_assert_int_eq(god_path_join(dir, name, path, NULL), GOD_OK);
    ck_assert_int_eq(god_file_write(path, data, bytes, NULL), GOD_OK);
    free(data);
}

static void set_up(void)
{
    char cwd[GOD_PATH_MAX], inner[GOD_PATH_MAX];
    ck_assert_ptr_nonnull(getcwd(cwd, sizeof cwd));
    ck_assert_int_eq(god_path_join(cwd, "to-upload", dir, NULL), GOD_OK);
    ck_assert_int_eq(god_dir_remove(dir, NULL), GOD_OK);
    ck_assert_int_eq(god_path_join(dir, "sub", inner, NULL), GOD_OK);
    ck_assert_int_eq(god_dir_make(inner, NULL), GOD_OK);
    write_file("config.json", 1500, 'c');
    write_file("empty.txt", 0, ' ');
    write_file("model.safetensors", 450000, 'm');   /* in parts */
    write_file("sub/small.safetensors", 5000, 's'); /* in one go */
    write_file("notes.ignored", 10, 'i');
    write_file("optimizer.pt", 10, 'o');
}

static void tear_down(void)
{
    (void)god_dir_remove(dir, NULL);
}

static void note_progress(void *user, uint64_t done, uint64_t total)
{
    ck_assert_ptr_eq(user, dir);
    last_done = done;
    last_total = total;
}

/* `user` must be the one of the options, wherever this is asked from. */
static uint32_t stop_asked(void *user)
{
    ck_assert_ptr_eq(user, dir);
    return 0;
}

static uint32_t skips(const char *name)
{
    return strcmp(name, "optimizer.pt") == 0;
}

static god_status upload(const char *repository, const char *subfolder, const char *token, char commit[41],
                         god_error *err)
{
    gdi_hub *hub = NULL;
    const gdi_hub_options options = {.endpoint = server.endpoint,
                                     .token = token,
                                     .first_pause_ms = 1,
                                     .stop_asked = stop_asked,
                                     .progress = note_progress,
                                     .user = dir};
    const gdi_hub_upload what = {.repository = repository,
                                 .dir = dir,
                                 .subfolder = subfolder,
                                 .message = "Upload task output t1",
                                 .replaces = 1,
                                 .pause_ms = 1,
                                 .skips = skips};
    GOD_TRY(gdi_hub_open(&options, &hub, err));
    god_status status = gdi_hub_upload_folder(hub, &what, commit, err);
    gdi_hub_close(hub);
    return status;
}

/* What the repository holds afterwards, by asking for it. */
static void expect_files(const char *repository, const char *const *paths, size_t count)
{
    gdi_hub *hub = NULL;
    gdi_hub_listing listing;
    god_error err = GOD_ERROR_INIT;
    const gdi_hub_options options = {.endpoint = server.endpoint};
    ck_assert_int_eq(gdi_hub_open(&options, &hub, &err), GOD_OK);
    ck_assert_msg(gdi_hub_list(hub, GDI_HUB_MODEL, repository, NULL, &listing, &err) == GOD_OK, "%s", err.message);
    ck_assert_uint_eq(listing.count, count);
    for (size_t i = 0; i < count; i++) {
        uint32_t found = 0;
        for (size_t k = 0; k < listing.count; k++) {
            found |= strcmp(listing.files[k].path, paths[i]) == 0;
        }
        ck_assert_msg(found, "%s is not there", paths[i]);
    }
    gdi_hub_listing_clear(&listing);
    gdi_hub_close(hub);
}

START_TEST(test_net_hub_upload__small_files_large_files_and_parts)
{
    static const char *const paths[] = {".gitattributes", "config.json", "empty.txt", "model.safetensors",
                                        "sub/small.safetensors"};
    char commit[41] = "", sha256[GOD_SHA256_HEX], path[GOD_PATH_MAX];
    god_error err = GOD_ERROR_INIT;
    ck_assert_msg(upload("made/first", NULL, "hf_secret", commit, &err) == GOD_OK, "%s", err.message);
    ck_assert_uint_eq(strlen(commit), 40);
    expect_files("made/first", paths, sizeof paths / sizeof paths[0]);
    ck_assert_int_eq(hub_process_logged(&server, "\"commit\"", "Upload task output t1"), 1);
    ck_assert_int_eq(god_path_join(dir, "model.safetensors", path, NULL), GOD_OK);
    ck_assert_int_eq(god_sha256_file(path, sha256, NULL), GOD_OK);
    ck_assert_int_ge(hub_process_logged(&server, "\"commit\"", sha256), 1); /* the bytes arrived */
    ck_assert_int_eq(hub_process_logged(&server, "\"PUT\"", sha256), 5);    /* in parts of 100000 */
    ck_assert_int_eq(hub_process_logged(&server, "\"PUT\"", "hf_secret"), 0);
    ck_assert_int_eq(hub_process_logged(&server, "/complete/", "hf_secret"), 0);
    ck_assert_uint_eq(last_done, last_total);
    ck_assert_uint_eq(last_total, 455000);
}
END_TEST

START_TEST(test_net_hub_upload__replaces_what_was_there)
{
    static const char *const paths[] = {".gitattributes", "checkpoints/config.json", "checkpoints/empty.txt",
                                        "checkpoints/model.safetensors", "checkpoints/sub/small.safetensors"};
    char commit[41] = "", path[GOD_PATH_MAX];
    god_error err = GOD_ERROR_INIT;
    ck_assert_msg(upload("made/again", NULL, "hf_secret", commit, &err) == GOD_OK, "%s", err.message);
    ck_assert_int_eq(god_path_join(dir, "config.json", path, NULL), GOD_OK);
    ck_assert_msg(upload("made/again", "checkpoints", "hf_secret", commit, &err) == GOD_OK, "%s", err.message);
    expect_files("made/again", paths, sizeof paths / sizeof paths[0]);
}
END_TEST

START_TEST(test_net_hub_upload__an_object_store_that_is_busy)
{
    char commit[41] = "";
    god_error err = GOD_ERROR_INIT;
    write_file("model.safetensors", 450001, 'b');
    ck_assert_msg(upload("made/busy", NULL, "hf_secret", commit, &err) == GOD_OK, "%s", err.message);
    ck_assert_uint_eq(last_done, last_total);
}
END_TEST

START_TEST(test_net_hub_upload__refusals_have_a_sentence)
{
    char commit[41] = "";
    god_error err = GOD_ERROR_INIT;
    ck_assert_int_eq(upload("made/x", NULL, NULL, commit, &err), GOD_E_INVALID);
    ck_assert_ptr_nonnull(strstr(err.message, "an upload needs the hub's token"));
    ck_assert_int_eq(upload("made/x", NULL, "hf_wrong", commit, &err), GOD_E_INVALID);
    ck_assert_ptr_nonnull(strstr(err.message, "a token that may write there is needed"));
    ck_assert_ptr_null(strstr(err.message, "hf_wrong"));
    ck_assert_int_eq(upload("made/refused", NULL, "hf_secret", commit, &err), GOD_E_INVALID);
    ck_assert_str_eq(err.message, "the hub refuses the commit of \"made/refused\" (HTTP 400)");
    ck_assert_int_eq(upload("no-owner", NULL, "hf_secret", commit, &err), GOD_E_INVALID);
    ck_assert_int_eq(god_dir_remove(dir, NULL), GOD_OK);
    ck_assert_int_eq(god_dir_make(dir, NULL), GOD_OK);
    ck_assert_int_eq(upload("made/empty", NULL, "hf_secret", commit, &err), GOD_E_DATA);
}
END_TEST

START_TEST(test_net_hub_upload__links_stay_here)
{
    static const char *const paths[] = {".gitattributes", "config.json", "empty.txt", "model.safetensors",
                                        "sub/small.safetensors"};
    char commit[41] = "", path[GOD_PATH_MAX];
    god_error err = GOD_ERROR_INIT;
    ck_assert_int_eq(god_path_join(dir, "passwords", path, NULL), GOD_OK);
    ck_assert_int_eq(symlink("/etc/passwd", path), 0);
    ck_assert_msg(upload("made/links", NULL, "hf_secret", commit, &err) == GOD_OK, "%s", err.message);
    expect_files("made/links", paths, sizeof paths / sizeof paths[0]);
}
END_TEST

START_TEST(test_net_hub_upload__base64)
{
    static const char *const pairs[][2] = {
        {"", ""}, {"f", "Zg=="}, {"fo", "Zm8="}, {"foo", "Zm9v"}, {"foobar", "Zm9vYmFy"}};
    for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++) {
        char *text = NULL;
        ck_assert_int_eq(gdi_base64((const unsigned char *)pairs[i][0], strlen(pairs[i][0]), &text, NULL), GOD_OK);
        ck_assert_str_eq(text, pairs[i][1]);
        free(text);
    }
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {test_net_hub_upload__small_files_large_files_and_parts,
                                  test_net_hub_upload__replaces_what_was_there,
                                  test_net_hub_upload__an_object_store_that_is_busy,
                                  test_net_hub_upload__refusals_have_a_sentence,
                                  test_net_hub_upload__links_stay_here,
                                  test_net_hub_upload__base64};
    Suite *suite = suite_create("net hub upload");
    TCase *all = tcase_create("all");
    tcase_add_unchecked_fixture(all, set_up_once, tear_down_once); /* one server for all cases */
    tcase_add_checked_fixture(all, set_up, tear_down);
    for (size_t i = 0; i < sizeof tests / sizeof tests[0]; i++) {
        tcase_add_test(all, tests[i]);
    }
    suite_add_tcase(suite, all);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
