#include "core/host/plugins.h"

#include <stdlib.h>
#include <unistd.h>

#include "core/host/catalogue.h"
#include "jobs.h"
#include "test_host.h"

typedef struct fixture {
    char root[GOD_PATH_MAX], one[GOD_PATH_MAX], two[GOD_PATH_MAX], none[GOD_PATH_MAX], state[GOD_PATH_MAX];
    gdi_layout layout;
    gdi_config config;
} fixture;

static fixture f;

static void copy_fault(const char *fault, const char *dir, const char *name)
{
    char from[GOD_PATH_MAX], to[GOD_PATH_MAX];
    god_error err = GOD_ERROR_INIT;
    ck_assert_int_eq(god_path_join(dir, name, to, &err), GOD_OK);
    ck_assert_msg(god_file_copy(test_fault_path(fault, from), to, &err) == GOD_OK, "%s", err.message);
}

static void make(const char *name, char path[GOD_PATH_MAX])
{
    god_error err = GOD_ERROR_INIT;
    ck_assert_int_eq(god_path_join(f.root, name, path, &err), GOD_OK);
    ck_assert_int_eq(god_dir_make(path, &err), GOD_OK);
}

static void set_up(void)
{
    char cwd[GOD_PATH_MAX], text[1024];
    god_error err = GOD_ERROR_INIT;
    ck_assert_ptr_nonnull(getcwd(cwd, sizeof cwd));
    ck_assert_int_eq(god_path_join(cwd, "plugins", f.root, &err), GOD_OK);
    ck_assert_int_eq(god_dir_remove(f.root, &err), GOD_OK);
    make("one", f.one);
    make("two", f.two);
    make("none", f.none);
    make("state", f.state);
    ck_assert_int_eq(gdi_layout_find(&f.layout, &err), GOD_OK);
    memcpy(f.layout.plugins_dir, f.none, sizeof f.none);
    (void)snprintf(
        text, sizeof text,
        "plugins: {folders: [one, two, missing], disabled: [fault.minor_newer]}\npaths: {state_dir: state}\n");
    ck_assert_msg(gdi_config_read("god.yaml", f.root, text, strlen(text), &f.config, &err) == GOD_OK, "%s",
                  err.message);
}

static void tear_down(void)
{
    gdi_config_clear(&f.config);
}

START_TEST(test_host_plugins__the_first_file_with_an_id_has_it)
{
    gdi_plugins plugins;
    god_error err = GOD_ERROR_INIT;
    copy_fault("normal", f.one, "b.so");
    copy_fault("crash_entry", f.one, "c.so");
    copy_fault("normal", f.two, "a.so");
    copy_fault("minor_newer", f.two, "d.so");
    test_write(f.two, "notes.txt", "no plug-in");
    ck_assert_msg(gdi_plugins_open(&f.config, &f.layout, NULL, &plugins, &err) == GOD_OK, "%s", err.message);
    ck_assert_uint_eq(plugins.count, 4);
    ck_assert_uint_eq(plugins.uses[0], GDI_PLUGIN_USABLE);
    ck_assert_str_eq(plugins.infos[0].id, "fault.normal");
    ck_assert_uint_eq(plugins.uses[1], GDI_PLUGIN_REFUSED);
    ck_assert_uint_eq(plugins.uses[2], GDI_PLUGIN_SHADOWED);
    ck_assert_uint_eq(plugins.uses[3], GDI_PLUGIN_DISABLED);
    ck_assert_uint_eq(gdi_plugin_info_has_type(&plugins.infos[0], "FaultTask"), 1);
    ck_assert_uint_eq(gdi_plugin_info_has_type(&plugins.infos[0], "Fault"), 0);
    gdi_plugins_close(&plugins);
}
END_TEST

START_TEST(test_host_catalogue__follows_files_that_come_change_and_go)
{
    char path[GOD_PATH_MAX];
    const gdi_plugin_info *info = NULL;
    god_error err = GOD_ERROR_INIT;
    gdi_catalogue catalogue = {.config = &f.config, .layout = &f.layout};
    ck_assert_int_eq(gdi_catalogue_refresh(&catalogue, &err), GOD_OK);
    ck_assert_int_eq(gdi_catalogue_find(&catalogue, NULL, "FaultTask", &info, &err), GOD_E_NOT_FOUND);
    copy_fault("normal", f.one, "a.so");
    ck_assert_int_eq(gdi_catalogue_refresh(&catalogue, &err), GOD_OK);
    ck_assert_int_eq(gdi_catalogue_find(&catalogue, NULL, "FaultTask", &info, &err), GOD_OK);
    ck_assert_str_eq(info->id, "fault.normal");
    copy_fault("crash_one", f.one, "a.so");
    ck_assert_int_eq(gdi_catalogue_refresh(&catalogue, &err), GOD_OK);
    ck_assert_int_eq(gdi_catalogue_find(&catalogue, "fault.crash_one", "", &info, &err), GOD_OK);
    ck_assert_int_eq(gdi_catalogue_find(&catalogue, "fault.normal", "", &info, &err), GOD_E_NOT_FOUND);
    copy_fault("normal", f.one, "b.so");
    ck_assert_int_eq(gdi_catalogue_refresh(&catalogue, &err), GOD_OK);
    ck_assert_int_eq(gdi_catalogue_find(&catalogue, NULL, "FaultTask", &info, &err), GOD_E_INVALID);
    ck_assert_str_eq(err.message, "both \"fault.crash_one\" and \"fault.normal\" evaluate \"FaultTask\"");
    ck_assert_int_eq(god_path_join(f.one, "a.so", path, &err), GOD_OK);
    ck_assert_int_eq(unlink(path), 0);
    ck_assert_int_eq(gdi_catalogue_refresh(&catalogue, &err), GOD_OK);
    ck_assert_int_eq(gdi_catalogue_find(&catalogue, NULL, "FaultTask", &info, &err), GOD_OK);
    gdi_catalogue_close(&catalogue);
}
END_TEST

Suite *suite_host_plugins(void)
{
    Suite *suite = suite_create("host_plugins");
    TCase *tests = tcase_create("plugins");
    tcase_add_checked_fixture(tests, set_up, tear_down);
    tcase_add_test(tests, test_host_plugins__the_first_file_with_an_id_has_it);
    tcase_add_test(tests, test_host_catalogue__follows_files_that_come_change_and_go);
    suite_add_tcase(suite, tests);
    return suite;
}
