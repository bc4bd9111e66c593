/* Finding and opening device modules. A module is opened once per process and never closed: libraries that started
 * threads or a device context cannot be unloaded safely. */
#include <dlfcn.h>
#include <stdlib.h>

#include "god/helpers/file.h"
#include "tensor/device.h"

/* The folder of the object (program, plug-in) that this code was linked into. */
static god_status own_folder(char buf[GOD_PATH_MAX], god_error *err)
{
    Dl_info info;
    if (dladdr((const void *)&gnn_device_reference, &info) == 0 || info.dli_fname == NULL) {
        return god_fail(err, GOD_E_NOT_FOUND, "the folder of the calling object is not known");
    }
    const char *slash = strrchr(info.dli_fname, '/');
    int written = slash == NULL ? snprintf(buf, GOD_PATH_MAX, ".")
                                : snprintf(buf, GOD_PATH_MAX, "%.*s", (int)(slash - info.dli_fname), info.dli_fname);
    return written < GOD_PATH_MAX ? GOD_OK : god_fail(err, GOD_E_NOT_FOUND, "a path is too long");
}

/* What a person can do about a module that is not there. */
static god_status refuse(const char *name, const char *file, const char *where, god_error *err)
{
    const char *remedy =
        strcmp(name, "cuda") == 0 ? "; ./bootstrap build cuda makes one, and --device cpu works everywhere" : "";
    return god_fail(err, GOD_E_NOT_FOUND, "there is no %s %s%s", file, where, remedy);
}

static god_status find_file(const char *name, const char *module_dir, char path[GOD_PATH_MAX], god_error *err)
{
    static const char *const beside[] = {".", "../nn", "../lib/god/nn", "../../lib/god/nn", "../god/nn"};
    char file[64], own[GOD_PATH_MAX], folder[GOD_PATH_MAX], where[GOD_PATH_MAX + 16];
    const char *environment = getenv("GOD_NN_DIR");
    (void)snprintf(file, sizeof file, "god-nn-%s.so", name);
    const char *stated = module_dir != NULL ? module_dir : environment;
    if (stated != NULL && stated[0] != '\0') {
        GOD_TRY(god_path_join(stated, file, path, err));
        (void)snprintf(where, sizeof where, "in \"%s\"", stated);
        return god_file_exists(path) ? GOD_OK : refuse(name, file, where, err);
    }
    GOD_TRY(own_folder(own, err));
    for (size_t i = 0; i < sizeof beside / sizeof beside[0]; i++) {
        if (god_path_join(own, beside[i], folder, err) == GOD_OK && god_path_join(folder, file, path, err) == GOD_OK &&
            god_file_exists(path)) {
            return GOD_OK;
        }
    }
    (void)snprintf(where, sizeof where, "beside \"%s\"", own);
    return refuse(name, file, where, err);
}

god_status gnn_device_find(const char *name, const char *module_dir, const gnn_device_table **ret_table, god_error *err)
{
    char path[GOD_PATH_MAX];
    GOD_TRY(find_file(name, module_dir, path, err));
    void *module = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (module == NULL) {
        return god_fail(err, GOD_E_UNSUPPORTED, "cannot open the device module: %s", dlerror());
    }
    gnn_device_entry entry = NULL;
    void *symbol = dlsym(module, GNN_DEVICE_ENTRY);
    memcpy(&entry, &symbol, sizeof entry);
    const gnn_device_table *table = entry != NULL ? entry() : NULL;
    if (table == NULL || table->version != GNN_DEVICE_VERSION || table->size != sizeof *table) {
        return god_fail(err, GOD_E_UNSUPPORTED, "\"%s\" is not of this version; rebuild both together", path);
    }
    *ret_table = table;
    return GOD_OK;
}
