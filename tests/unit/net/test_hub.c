/* Snapshots from a hub that speaks the documented API and misbehaves on request, see tests/hub/hub.py. */
#include <check.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/net/hub.h"
#include "god/helpers/sha256.h"
#include "hub_process.h"

enum { files = 5, large_bytes = 300000 };

static hub_process server;
static char dir[GOD_PATH_MAX];
static uint64_t last_done, last_total;
static uint32_t stop_now;

static void set_up_once(void)
{
    hub_process_start(&server);
}

static void tear_down_once(void)
{
    hub_process_stop(&server);
}

static void set_up(void)
{
    char cwd[GOD_PATH_MAX];
    ck_assert_ptr_nonnull(getcwd(cwd, sizeof cwd));
    ck_assert_int_eq(god_path_join(cwd, "snapshot", dir, NULL), GOD_OK);
    ck_assert_int_eq(god_dir_remove(dir, NULL), GOD_OK);
    ck_assert_int_eq(god_dir_make(dir, NULL), GOD_OK);
    stop_now = 0;
}

static void tear_down(void)
{
    (void)god_dir_remove(dir, NULL);
}

static void note_progress(void *user, uint64_t done, uint64_t total)
{
    (void)user;
    ck_assert_uint_le(done, total);
    last_done = done;
    last_total = total;
}

static uint32_t stop_asked(void *user)
{
    (void)user;
    return stop_now;
}

static gdi_hub *open_hub(const char *token)
{
    gdi_hub *hub = NULL;
    god_error err = GOD_ERROR_INIT;
    const gdi_hub_options options = {.endpoint = server.endpoint,
                                     .token = token,
                                     .first_pause_ms = 1,
                                     .stall_seconds = 1,
                                     .stop_asked = stop_asked,
                                     .progress = note_progress};
    ck_assert_msg(gdi_hub_open(&options, &hub, &err) == GOD_OK, "%s", err.message);
    return hub;
}

static god_status fetch_with(const char *name, const char *token, god_error *err)
{
    gdi_hub *hub = open_hub(token);
    gdi_hub_listing listing = {.files = NULL};
    god_status status = gdi_hub_list(hub, GDI_HUB_MODEL, name, NULL, &listing, err);
    if (status == GOD_OK) {
        status = gdi_hub_snapshot(hub, GDI_HUB_MODEL, name, &listing, NULL, NULL, dir, err);
    }
    gdi_hub_listing_clear(&listing);
    gdi_hub_close(hub);
    return status;
}

static god_status fetch(const char *name, god_error *err)
{
    return fetch_with(name, NULL, err);
}

static const char *in_dir(const char *name)
{
    static char path[GOD_PATH_MAX];
    ck_assert_int_eq(god_path_join(dir, name, path, NULL), GOD_OK);
    return path;
}

static void assert_whole(void)
{
    static unsigned char large[large_bytes];
    char wanted[GOD_SHA256_HEX], found[GOD_SHA256_HEX];
    for (size_t i = 0; i < large_bytes; i++) {
        large[i] = (unsigned char)((i * 7 + i / 251) % 256);
    }
    god_sha256_bytes(large, large_bytes, wanted);
    ck_assert_int_eq(god_sha256_file(in_dir("model.safetensors"), found, NULL), GOD_OK);
    ck_assert_str_eq(found, wanted);
    ck_assert_uint_eq(god_file_exists(in_dir("sub/dir/with space #1.json")), 1);
    ck_assert_uint_eq(god_file_exists(in_dir("empty.txt")), 1);
    ck_assert_uint_eq(god_file_exists(in_dir("model.safetensors.part")), 0);
}

static void assert_no_large_file(void)
{
    ck_assert_uint_eq(god_file_exists(in_dir("model.safetensors")), 0);
    ck_assert_uint_eq(god_file_exists(in_dir("model.safetensors.part")), 0);
}

START_TEST(test_net_hub__lists_a_repository)
{
    gdi_hub *hub = open_hub(NULL);
    gdi_hub_listing listing, again;
    god_error err = GOD_ERROR_INIT;
    ck_assert_msg(gdi_hub_list(hub, GDI_HUB_MODEL, "test/plain", NULL, &listing, &err) == GOD_OK, "%s", err.message);
    ck_assert_uint_eq(listing.count, files);
    ck_assert_uint_eq(strlen(listing.commit), GDI_HUB_COMMIT_HEX);
    ck_assert_str_eq(listing.files[3].path, "model.safetensors");
    ck_assert_uint_eq(strlen(listing.files[3].sha256), 64);
    ck_assert_uint_eq(strlen(listing.files[1].git_blob), 40);
    ck_assert_int_eq(gdi_hub_list(hub, GDI_HUB_DATASET, "test/plain", listing.commit, &again, &err), GOD_OK);
    ck_assert_str_eq(again.commit, listing.commit);
    gdi_hub_listing_clear(&again);
    ck_assert_int_eq(gdi_hub_list(hub, GDI_HUB_MODEL, "test/plain", "other", &again, &err), GOD_E_NOT_FOUND);
    ck_assert_str_eq(err.message, "the hub has no model \"test/plain\" with the revision \"other\"");
    ck_assert_int_eq(gdi_hub_list(hub, GDI_HUB_MODEL, "nobody/none", NULL, &again, &err), GOD_E_NOT_FOUND);
    gdi_hub_listing_clear(&listing);
    gdi_hub_close(hub);
}
END_TEST

START_TEST(test_net_hub__fetches_every_file_and_tells_progress)
{
    god_error err = GOD_ERROR_INIT;
    ck_assert_msg(fetch("test/plain", &err) == GOD_OK, "%s", err.message);
    assert_whole();
    ck_assert_uint_eq(last_done, last_total);
    ck_assert_uint_gt(last_total, large_bytes);
}
END_TEST

static const char *const healed[] = {"test/drop", "test/truncated", "test/forgetful", "test/shifted", "test/busy"};

START_TEST(test_net_hub__a_fault_that_passes_is_healed)
{
    god_error err = GOD_ERROR_INIT;
    ck_assert_msg(fetch(healed[_i], &err) == GOD_OK, "%s: %s", healed[_i], err.message);
    assert_whole();
    ck_assert_uint_eq(last_done, last_total);
}
END_TEST

START_TEST(test_net_hub__a_broken_download_is_gone_on_with)
{
    god_error err = GOD_ERROR_INIT;
    ck_assert_msg(fetch("test/drop", &err) == GOD_OK, "%s", err.message);
    ck_assert_int_ge(hub_process_logged(&server, "drop/resolve", "bytes=150000-"), 1);
}
END_TEST

START_TEST(test_net_hub__a_stalled_connection_is_broken_off)
{
    god_error err = GOD_ERROR_INIT;
    ck_assert_msg(fetch("test/slow", &err) == GOD_OK, "%s", err.message);
    assert_whole();
}
END_TEST

START_TEST(test_net_hub__wrong_bytes_are_refused)
{
    god_error err = GOD_ERROR_INIT;
    ck_assert_int_eq(fetch("test/wrong", &err), GOD_E_DATA);
    ck_assert_ptr_nonnull(strstr(err.message, "model.safetensors has the digest"));
    assert_no_large_file();
    set_up();
    ck_assert_int_eq(fetch("test/small-wrong", &err), GOD_E_DATA);
    ck_assert_ptr_nonnull(strstr(err.message, "config.json has the digest"));
    ck_assert_uint_eq(god_file_exists(in_dir("config.json")), 0);
}
END_TEST

START_TEST(test_net_hub__a_file_that_stays_short_is_no_file)
{
    god_error err = GOD_ERROR_INIT;
    ck_assert_int_ne(fetch("test/short", &err), GOD_OK);
    ck_assert_uint_eq(god_file_exists(in_dir("model.safetensors")), 0);
}
END_TEST

START_TEST(test_net_hub__a_hub_that_is_down_says_so)
{
    god_error err = GOD_ERROR_INIT;
    ck_assert_int_eq(fetch("test/down", &err), GOD_E_IO);
    ck_assert_ptr_nonnull(strstr(err.message, "failed (HTTP 500)"));
    assert_no_large_file();
}
END_TEST

START_TEST(test_net_hub__lists_that_make_no_sense_are_refused)
{
    god_error err = GOD_ERROR_INIT;
    char outside[GOD_PATH_MAX + 16];
    ck_assert_int_eq(fetch("test/escape", &err), GOD_E_DATA);
    ck_assert_str_eq(err.message, "the hub's list names a file that would leave its folder, or none at all");
    (void)snprintf(outside, sizeof outside, "%s/../outside", dir);
    ck_assert_uint_eq(god_file_exists(outside), 0);
    ck_assert_int_eq(fetch("test/digests", &err), GOD_E_DATA);
    ck_assert_int_eq(fetch("test/rubbish", &err), GOD_E_DATA);
}
END_TEST

START_TEST(test_net_hub__the_token_opens_private_repositories)
{
    god_error err = GOD_ERROR_INIT;
    ck_assert_int_eq(fetch("test/private", &err), GOD_E_INVALID);
    ck_assert_ptr_nonnull(strstr(err.message, "a token that may read it is needed"));
    ck_assert_msg(fetch_with("test/private", "hf_secret", &err) == GOD_OK, "%s", err.message);
    assert_whole();
}
END_TEST

START_TEST(test_net_hub__the_token_stays_with_the_hub)
{
    god_error err = GOD_ERROR_INIT;
    ck_assert_msg(fetch_with("test/moved", "hf_secret", &err) == GOD_OK, "%s", err.message);
    assert_whole();
    ck_assert_int_ge(hub_process_logged(&server, "\"content\"", "Signature"), 1);
    ck_assert_int_eq(hub_process_logged(&server, "\"content\"", "hf_secret"), 0);
    ck_assert_int_ge(hub_process_logged(&server, "\"hub\"", "hf_secret"), 1);
}
END_TEST

START_TEST(test_net_hub__names_are_checked_before_anything_is_asked)
{
    static const char *const names[] = {"", "a/b/c", "../x", "a/..", "a b/c", "a/b?x=1", "/a", "a/", "https://x/y"};
    gdi_hub *hub = open_hub(NULL);
    gdi_hub_listing listing;
    god_error err = GOD_ERROR_INIT;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        ck_assert_int_eq(gdi_hub_list(hub, GDI_HUB_MODEL, names[i], NULL, &listing, &err), GOD_E_INVALID);
    }
    ck_assert_int_eq(gdi_hub_list(hub, GDI_HUB_MODEL, "a/b", "../../x", &listing, &err), GOD_E_INVALID);
    gdi_hub_close(hub);
}
END_TEST

START_TEST(test_net_hub__a_token_does_not_travel_in_the_clear)
{
    gdi_hub *hub = NULL;
    god_error err = GOD_ERROR_INIT;
    gdi_hub_options options = {.endpoint = "http://hub.example.org", .token = "hf_secret"};
    ck_assert_int_eq(gdi_hub_open(&options, &hub, &err), GOD_E_INVALID);
    ck_assert_ptr_null(strstr(err.message, "hf_secret"));
    options.endpoint = "http://127.0.0.1.example.org";
    ck_assert_int_eq(gdi_hub_open(&options, &hub, &err), GOD_E_INVALID);
    options = (gdi_hub_options){.endpoint = "https://hub.example.org", .token = "hf_secret\r\nX: y"};
    ck_assert_int_eq(gdi_hub_open(&options, &hub, &err), GOD_E_INVALID);
    ck_assert_ptr_null(strstr(err.message, "hf_secret"));
}
END_TEST

START_TEST(test_net_hub__can_be_stopped)
{
    god_error err = GOD_ERROR_INIT;
    stop_now = 1;
    ck_assert_int_eq(fetch("test/plain", &err), GOD_E_CANCELLED);
    ck_assert_uint_eq(god_file_exists(in_dir("model.safetensors")), 0);
}
END_TEST

static uint32_t takes_weights(void *user, const gdi_hub_file *file)
{
    (void)user;
    return strstr(file->path, ".safetensors") != NULL;
}

START_TEST(test_net_hub__fetches_a_selection_within_a_limit)
{
    gdi_hub *hub = NULL;
    gdi_hub_listing listing;
    god_error err = GOD_ERROR_INIT;
    const gdi_hub_options options = {.endpoint = server.endpoint, .first_pause_ms = 1, .bytes_max = large_bytes};
    ck_assert_int_eq(gdi_hub_open(&options, &hub, &err), GOD_OK);
    ck_assert_int_eq(gdi_hub_list(hub, GDI_HUB_MODEL, "test/plain", NULL, &listing, &err), GOD_OK);
    ck_assert_int_eq(gdi_hub_snapshot(hub, GDI_HUB_MODEL, "test/plain", &listing, NULL, NULL, dir, &err), GOD_E_DATA);
    ck_assert_ptr_nonnull(strstr(err.message, "300000 are allowed"));
    ck_assert_int_eq(gdi_hub_snapshot(hub, GDI_HUB_MODEL, "test/plain", &listing, takes_weights, NULL, dir, &err),
                     GOD_OK);
    ck_assert_uint_eq(god_file_exists(in_dir("model.safetensors")), 1);
    ck_assert_uint_eq(god_file_exists(in_dir("config.json")), 0);
    gdi_hub_listing_clear(&listing);
    gdi_hub_close(hub);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {test_net_hub__lists_a_repository,
                                  test_net_hub__fetches_every_file_and_tells_progress,
                                  test_net_hub__a_broken_download_is_gone_on_with,
                                  test_net_hub__a_stalled_connection_is_broken_off,
                                  test_net_hub__wrong_bytes_are_refused,
                                  test_net_hub__a_file_that_stays_short_is_no_file,
                                  test_net_hub__a_hub_that_is_down_says_so,
                                  test_net_hub__lists_that_make_no_sense_are_refused,
                                  test_net_hub__the_token_opens_private_repositories,
                                  test_net_hub__the_token_stays_with_the_hub,
                                  test_net_hub__names_are_checked_before_anything_is_asked,
                                  test_net_hub__a_token_does_not_travel_in_the_clear,
                                  test_net_hub__can_be_stopped,
                                  test_net_hub__fetches_a_selection_within_a_limit};
    Suite *suite = suite_create("net hub");
    TCase *all = tcase_create("all");
    tcase_add_unchecked_fixture(all, set_up_once, tear_down_once); /* one server for all cases */
    tcase_add_checked_fixture(all, set_up, tear_down);
    for (size_t i = 0; i < sizeof tests / sizeof tests[0]; i++) {
        tcase_add_test(all, tests[i]);
    }
    tcase_add_loop_test(all, test_net_hub__a_fault_that_passes_is_healed, 0, sizeof healed / sizeof healed[0]);
    suite_add_tcase(suite, all);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
