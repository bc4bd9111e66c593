#include "fixture.h"

void scratch_begin(void)
{
    god_error err = GOD_ERROR_INIT;
    ck_assert_msg(god_dir_remove("scratch", &err) == GOD_OK, "%s", err.message);
    ck_assert_msg(god_dir_make("scratch", &err) == GOD_OK, "%s", err.message);
}

void scratch_write(const char *name, const char *text)
{
    char path[GOD_PATH_MAX];
    god_error err = GOD_ERROR_INIT;
    ck_assert(god_path_join("scratch", name, path, &err) == GOD_OK);
    ck_assert_msg(god_file_write(path, text, strlen(text), &err) == GOD_OK, "%s", err.message);
}

const char *fault_path(const char *name, char buf[GOD_PATH_MAX])
{
    (void)snprintf(buf, GOD_PATH_MAX, "%s/tests/faults/%s.so", GOD_BUILD_DIR, name);
    return buf;
}
