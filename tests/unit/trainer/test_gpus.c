#include "core/trainer/gpus.h"

#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <unistd.h>

#include "core/http/server.h"
#include "core/trainer/gpus_driver.h"
#include "core/trainer/gpus_engine.h"
#include "core/training/gpus.h"
#include "god/helpers/file.h"
#include "suites.h"

START_TEST(test_trainer_gpus__the_configured_ones_keep_their_numbers)
{
    gdi_strings names = {.items = NULL};
    gdi_gpus *gpus = NULL;
    gdi_gpu_list list;
    god_error err = GOD_ERROR_INIT;
    ck_assert_int_eq(gdi_strings_add(&names, "NVIDIA H100 80GB HBM3 79", NULL), GOD_OK);
    ck_assert_int_eq(gdi_strings_add(&names, "Quadro 8", NULL), GOD_OK);
    ck_assert_int_eq(gdi_strings_add(&names, "nvidia a100-sxm4 40", NULL), GOD_OK);
    ck_assert_msg(gdi_gpus_open(&names, &gpus, &err) == GOD_OK, "%s", err.message);
    ck_assert_int_eq(gdi_gpus_read(gpus, &list, NULL), GOD_OK);
    ck_assert_uint_eq(list.count, 2);
    ck_assert_uint_eq(list.items[1].id, 2);
    ck_assert_str_eq(list.items[1].type, "A100");
    ck_assert_uint_eq(list.items[0].vram_gb, 79);
    gdi_gpus_close(gpus);
    ck_assert_int_eq(gdi_strings_add(&names, "H100", NULL), GOD_OK);
    ck_assert_int_eq(gdi_gpus_open(&names, &gpus, &err), GOD_E_INVALID);
    ck_assert_ptr_nonnull(strstr(err.message, "\"H100\""));
    gdi_strings_clear(&names);
}
END_TEST

START_TEST(test_trainer_gpus__the_driver_is_asked)
{
    gdi_gpu_driver *driver = NULL;
    gdi_gpu_list list = {.count = 7};
    god_error err = GOD_ERROR_INIT;
    ck_assert_int_eq(gdi_gpu_driver_open_file("libthere-is-none.so", &driver, &err), GOD_E_NOT_FOUND);
    (void)setenv("FAKE_NVML", "none", 1);
    ck_assert_int_eq(gdi_gpu_driver_open_file(TEST_NVML, &driver, &err), GOD_E_DEVICE);
    ck_assert_str_eq(err.message, "the driver fails at its start: Driver Not Loaded");
    (void)setenv("FAKE_NVML", "lost", 1);
    ck_assert_msg(gdi_gpu_driver_open_file(TEST_NVML, &driver, &err) == GOD_OK, "%s", err.message);
    ck_assert_int_eq(gdi_gpu_driver_read(driver, &list, &err), GOD_E_DEVICE);
    ck_assert_uint_eq(list.count, 7);
    (void)setenv("FAKE_NVML", "", 1);
    ck_assert_int_eq(gdi_gpu_driver_read(driver, &list, &err), GOD_OK);
    ck_assert_uint_eq(list.count, 2);
    ck_assert_str_eq(list.items[0].type, "H100");
    ck_assert_uint_eq(list.items[0].vram_gb, 79);
    ck_assert_uint_eq(list.items[1].id, 2);
    ck_assert_str_eq(list.items[1].type, "A6000");
    gdi_gpu_driver_close(driver);
}
END_TEST

/* ---- an engine: one container of a training that nobody remembers, one of somebody else ---- */

typedef struct engine {
    gdi_server *server;
    pthread_t thread;
    _Atomic uint32_t stop;
} engine;

static god_status handle_list(void *context, const gdi_request *request, gdi_answer *answer, god_error *err)
{
    (void)context;
    (void)request;
    (void)err;
    answer->json = json_pack("[{s:s, s:[s]}, {s:s, s:[s]}, {s:s, s:[s]}]", "Id", "aa01", "Names", "/text-trainer-0f",
                             "Id", "bb02", "Names", "/other", "Id", "../up", "Names", "/model-prep-1");
    return GOD_OK;
}

static god_status handle_container(void *context, const gdi_request *request, gdi_answer *answer, god_error *err)
{
    (void)context;
    (void)err;
    answer->json = json_pack("{s:{s:[{s:[s, s, s]}]}}", "HostConfig", "DeviceRequests", "DeviceIDs",
                             strcmp(request->parameters[0], "aa01") == 0 ? "2" : "3", "GPU-0a1b", "99999999999");
    return GOD_OK;
}

static const gdi_route engine_routes[] = {{"GET", "/v1.41/containers/json", GDI_ACCESS_PUBLIC, handle_list},
                                          {"GET", "/v1.41/containers/{id}/json", GDI_ACCESS_PUBLIC, handle_container},
                                          {.method = NULL}};
static const gdi_route *const engine_tables[] = {engine_routes, NULL};

static void *run_engine(void *user)
{
    engine *e = user;
    while (!atomic_load(&e->stop)) {
        struct pollfd ready = {.fd = gdi_server_fd(e->server), .events = POLLIN};
        (void)poll(&ready, 1, 20);
        gdi_server_turn(e->server);
    }
    return NULL;
}

static uint32_t is_free(const uint32_t *taken, uint32_t count, uint32_t a, uint32_t b)
{
    const uint32_t wanted[] = {a, b};
    return !gdi_gpus_conflict(wanted, 2, taken, count);
}

static void begin(gdi_records *records, const char *task_id, const char *gpu_ids, char ret_id[GDI_RECORD_ID_BYTES])
{
    json_t *request = start_request(task_id, "hk", "m", gpu_ids);
    gdi_record_new_id(ret_id);
    ck_assert_int_eq(gdi_records_begin(records, request, ret_id, 1000000, NULL), GOD_OK);
    json_decref(request);
}

START_TEST(test_trainer_gpus__tv_23_records_and_containers_of_trainings_hold_theirs)
{
    engine e = {.server = NULL};
    char id[GDI_RECORD_ID_BYTES], path[GOD_PATH_MAX];
    uint32_t taken[GDI_TAKEN_MAX], count = 0;
    gdi_records *records = NULL;
    god_error err = GOD_ERROR_INIT;
    const gdi_server_options options = {.unix_path = "engine.sock", .tables = engine_tables};
    ck_assert_msg(gdi_server_open(&options, &e.server, &err) == GOD_OK, "%s", err.message);
    ck_assert_int_eq(pthread_create(&e.thread, NULL, run_engine, &e), 0);
    (void)snprintf(path, sizeof path, "%s", fresh_dir("records-23"));
    ck_assert_int_eq(gdi_records_open(path, NULL, &records, NULL), GOD_OK);
    begin(records, "x", "[0, 1]", id);
    begin(records, "y", "[2]", id);
    gdi_records_end(records, id, GDI_RECORD_FAILURE, NULL, 2000000);

    count = gdi_gpus_taken(records, 1, taken);
    ck_assert_uint_eq(count, 2); /* what the list of GPUs shows: 2 is free there */
    gdi_gpus_add_engine("engine.sock", taken, &count);
    ck_assert_uint_eq(count, 3);
    ck_assert(!is_free(taken, count, 1, 4));
    ck_assert(!is_free(taken, count, 2, 2));
    ck_assert(is_free(taken, count, 3, 3));
    ck_assert(is_free(taken, count, 4, 5));
    gdi_gpus_add_engine("no-engine.sock", taken, &count);
    ck_assert_uint_eq(count, 3);

    gdi_records_set_at_work(records, id, 1); /* a failure that is still being removed */
    ck_assert_uint_eq(gdi_gpus_taken(records, 0, taken), 2);
    ck_assert_uint_eq(gdi_gpus_taken(records, 1, taken), 3);
    gdi_records_close(records);
    atomic_store(&e.stop, 1);
    (void)pthread_join(e.thread, NULL);
    gdi_server_close(e.server);
}
END_TEST

Suite *suite_trainer_gpus(void)
{
    Suite *suite = suite_create("trainer/gpus");
    TCase *tcase = tcase_create("gpus");
    tcase_add_test(tcase, test_trainer_gpus__the_configured_ones_keep_their_numbers);
    tcase_add_test(tcase, test_trainer_gpus__the_driver_is_asked);
    tcase_add_test(tcase, test_trainer_gpus__tv_23_records_and_containers_of_trainings_hold_theirs);
    suite_add_tcase(suite, tcase);
    return suite;
}
