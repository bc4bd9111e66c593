#include "core/trainer/gpus_driver.h"

#include <dlfcn.h>
#include <stdlib.h>

/* What of nvml.h is needed: results are enums, 0 is success; a device is a pointer that the library owns. */
typedef int nvml_result;
typedef struct nvml_device_state *nvml_device;
typedef struct nvml_memory {
    unsigned long long total, free, used; /* bytes */
} nvml_memory;
enum { nvml_name_bytes = 96 };

struct gdi_gpu_driver {
    void *library;
    uint32_t started;
    nvml_result (*init)(void);
    nvml_result (*shutdown)(void);
    const char *(*error_string)(nvml_result result);
    nvml_result (*count)(unsigned int *ret_count);
    nvml_result (*by_index)(unsigned int index, nvml_device *ret_device);
    nvml_result (*name)(nvml_device device, char *ret_name, unsigned int bytes);
    nvml_result (*memory)(nvml_device device, nvml_memory *ret_memory);
};

static god_status find(void *library, const char *name, void *ret_function, god_error *err)
{
    void *symbol = dlsym(library, name);
    if (symbol == NULL) {
        return god_fail(err, GOD_E_NOT_FOUND, "the driver's management library has no function %s", name);
    }
    (void)memcpy(ret_function, &symbol, sizeof symbol); /* ISO C has no cast from data to function pointers */
    return GOD_OK;
}

static god_status find_all(gdi_gpu_driver *d, god_error *err)
{
    GOD_TRY(find(d->library, "nvmlInit_v2", &d->init, err));
    GOD_TRY(find(d->library, "nvmlShutdown", &d->shutdown, err));
    GOD_TRY(find(d->library, "nvmlErrorString", &d->error_string, err));
    GOD_TRY(find(d->library, "nvmlDeviceGetCount_v2", &d->count, err));
    GOD_TRY(find(d->library, "nvmlDeviceGetHandleByIndex_v2", &d->by_index, err));
    GOD_TRY(find(d->library, "nvmlDeviceGetName", &d->name, err));
    return find(d->library, "nvmlDeviceGetMemoryInfo", &d->memory, err);
}

static god_status check(const gdi_gpu_driver *d, nvml_result result, const char *what, god_error *err)
{
    return result == 0 ? GOD_OK
                       : god_fail(err, GOD_E_DEVICE, "the driver fails at %s: %s", what, d->error_string(result));
}

god_status gdi_gpu_driver_open_file(const char *library, gdi_gpu_driver **ret_driver, god_error *err)
{
    gdi_gpu_driver *d = calloc(1, sizeof *d);
    if (d == NULL) {
        return god_fail(err, GOD_E_NOMEM, "out of memory for the list of GPUs");
    }
    d->library = dlopen(library, RTLD_NOW | RTLD_LOCAL);
    god_status status =
        d->library == NULL
            ? god_fail(err, GOD_E_NOT_FOUND, "there is no NVIDIA driver (%s); \"trainer.gpus\" may name GPUs", library)
            : find_all(d, err);
    if (status == GOD_OK) {
        status = check(d, d->init(), "its start", err);
        d->started = status == GOD_OK;
    }
    if (status != GOD_OK) {
        gdi_gpu_driver_close(d);
        return status;
    }
    *ret_driver = d;
    return GOD_OK;
}

god_status gdi_gpu_driver_open(gdi_gpu_driver **ret_driver, god_error *err)
{
    return gdi_gpu_driver_open_file("libnvidia-ml.so.1", ret_driver, err);
}

void gdi_gpu_driver_close(gdi_gpu_driver *driver)
{
    if (driver == NULL) {
        return;
    }
    if (driver->started) {
        (void)driver->shutdown();
    }
    if (driver->library != NULL) {
        (void)dlclose(driver->library);
    }
    free(driver);
}

static god_status read_device(const gdi_gpu_driver *d, uint32_t id, gdi_gpu_list *list, god_error *err)
{
    char name[nvml_name_bytes] = "";
    nvml_device device = NULL;
    nvml_memory memory = {.total = 0};
    GOD_TRY(check(d, d->by_index(id, &device), "the handle of a GPU", err));
    GOD_TRY(check(d, d->name(device, name, sizeof name), "the name of a GPU", err));
    GOD_TRY(check(d, d->memory(device, &memory), "the memory of a GPU", err));
    const char *type = gdi_gpu_type_of(name);
    if (type != NULL && list->count < GDI_GPU_LIST_MAX) {
        list->items[list->count++] =
            (gdi_gpu_device){.id = id, .type = type, .vram_gb = (uint32_t)(memory.total >> 30)};
    }
    return GOD_OK;
}

god_status gdi_gpu_driver_read(gdi_gpu_driver *driver, gdi_gpu_list *ret_list, god_error *err)
{
    gdi_gpu_list list = {.count = 0};
    unsigned int count = 0;
    GOD_TRY(check(driver, driver->count(&count), "the number of GPUs", err));
    for (uint32_t id = 0; id < count; id++) {
        GOD_TRY(read_device(driver, id, &list, err));
    }
    *ret_list = list;
    return GOD_OK;
}
