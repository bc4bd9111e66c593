/* A stranger's Dockerfile as the process runner reads it: whatever is accepted stays inside the repository and has a
 * command that bubblewrap can be given. */
#include <assert.h>
#include <string.h>

#include "core/runner/process/dockerfile.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

/* No part of it is "..", and it begins with a slash exactly when `absolute` says so. */
static void check_path(const char *path, int absolute)
{
    assert((path[0] == '/') == (absolute != 0));
    for (const char *at = path; *at != '\0';) {
        size_t count = strcspn(at, "/");
        assert(!(count == 2 && memcmp(at, "..", 2) == 0));
        at += count + (at[count] == '/');
    }
}

static void check_texts(const json_t *list)
{
    size_t i = 0;
    const json_t *item = NULL;
    json_array_foreach(list, i, item)
    {
        assert(json_is_string(item));
    }
}

static void check_file(const gdi_dockerfile *file)
{
    size_t i = 0;
    const json_t *item = NULL;
    assert(json_array_size(file->command) > 0);
    check_texts(file->command);
    check_texts(file->env);
    check_texts(file->skipped);
    check_path(file->workdir, 1);
    assert(json_array_size(file->copies) <= GDI_DOCKERFILE_COPIES_MAX);
    json_array_foreach(file->copies, i, item)
    {
        check_path(json_string_value(json_array_get(item, 0)), 0);
        check_path(json_string_value(json_array_get(item, 1)), 1);
    }
    json_array_foreach(file->env, i, item)
    {
        const char *equal = strchr(json_string_value(item), '=');
        assert(equal != NULL && equal != json_string_value(item));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
    gdi_dockerfile file;
    god_error err = GOD_ERROR_INIT;
    god_status status = gdi_dockerfile_parse("fuzz.dockerfile", (const char *)data, bytes, &file, &err);
    if (status != GOD_OK) {
        assert(err.message[0] != '\0');
        return 0;
    }
    check_file(&file);
    gdi_dockerfile_clear(&file);
    return 0;
}
