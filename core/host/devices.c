#include "core/host/devices.h"

#include "core/base/lock.h"
#include "core/worker/job.h"
#include "god/helpers/file.h"
#include "god/helpers/json.h"

/* "cuda-0", "" for the processor or a job that names nothing usable. */
static void device_name(const char *job_dir, char ret_name[64])
{
    char path[GOD_PATH_MAX];
    const char *device = "cpu";
    int64_t index = 0;
    json_t *job = NULL;
    ret_name[0] = '\0';
    if (god_path_join(job_dir, "job.json", path, NULL) != GOD_OK ||
        god_json_read(path, GDI_JOB_BYTES_MAX, &job, NULL) != GOD_OK) {
        return;
    }
    uint32_t is_fine = god_json_opt_str("job.json", job, "device", &device, NULL) == GOD_OK &&
                       god_json_opt_int("job.json", job, "device_index", 0, 1023, &index, NULL) == GOD_OK &&
                       strspn(device, "abcdefghijklmnopqrstuvwxyz") == strlen(device) && strlen(device) < 32;
    if (is_fine && strcmp(device, "cpu") != 0) {
        (void)snprintf(ret_name, 64, "%s-%lld.lock", device, (long long)index);
    }
    json_decref(job);
}

god_status gdi_device_lease(const char *cache_dir, const char *job_dir, int *ret_fd, god_error *err)
{
    char name[64], dir[GOD_PATH_MAX], path[GOD_PATH_MAX];
    device_name(job_dir, name);
    if (name[0] == '\0') {
        *ret_fd = -1;
        return GOD_OK;
    }
    GOD_TRY(god_path_join(cache_dir, "devices", dir, err));
    GOD_TRY(god_dir_make(dir, err));
    GOD_TRY(god_path_join(dir, name, path, err));
    return gdi_lock_take(path, 0, NULL, NULL, ret_fd, err);
}
