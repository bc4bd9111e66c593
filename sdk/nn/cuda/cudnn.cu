#include "cuda/cudnn.cuh"

#include <dlfcn.h>
#include <stdlib.h>

template <typename F> static bool find(void *module, const char *name, F *ret_function)
{
    void *symbol = dlsym(module, name);
    memcpy(ret_function, &symbol, sizeof symbol);
    return symbol != nullptr;
}

god_status gnn_cudnn_open(gnn_cudnn_library *ret_library, god_error *err)
{
    gnn_cudnn_library found;
    const char *stated = getenv("GOD_NN_CUDNN");
    void *module = dlopen(stated != nullptr && stated[0] != '\0' ? stated : "libcudnn.so.9", RTLD_NOW | RTLD_LOCAL);
    if (module == nullptr) {
        return god_fail(err, GOD_E_NOT_FOUND,
                        "cuDNN 9 cannot be opened (%s); GOD_NN_ATTENTION=own needs none, GOD_NN_CUDNN names its file",
                        dlerror());
    }
    if (!find(module, "cudnnGetVersion", &found.version) || !find(module, "cudnnGetErrorString", &found.status_text) ||
        !find(module, "cudnnCreate", &found.create) || !find(module, "cudnnDestroy", &found.destroy) ||
        !find(module, "cudnnSetStream", &found.set_stream) ||
        !find(module, "cudnnBackendCreateDescriptor", &found.descriptor_new) ||
        !find(module, "cudnnBackendDestroyDescriptor", &found.descriptor_free) ||
        !find(module, "cudnnBackendSetAttribute", &found.set) ||
        !find(module, "cudnnBackendGetAttribute", &found.get) ||
        !find(module, "cudnnBackendFinalize", &found.finalize) ||
        !find(module, "cudnnBackendExecute", &found.execute)) {
        return god_fail(err, GOD_E_NOT_FOUND, "cuDNN lacks a function of its graph interface: %s", dlerror());
    }
    if (found.version() < gnn_cudnn_version_min) {
        return god_fail(err, GOD_E_NOT_FOUND, "cuDNN %zu is too old, %zu is needed; GOD_NN_ATTENTION=own needs none",
                        found.version(), gnn_cudnn_version_min);
    }
    *ret_library = found;
    return GOD_OK;
}
