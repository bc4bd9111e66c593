/* The CUDA driver's library of a machine that has no device, as cuDNN sees it while it makes plans: there is no device,
 * and a kernel that was compiled "loads". Nothing can be launched. The functions are those that cuDNN looks up by name;
 * it refuses to compile anything when one is missing. */
#include <stddef.h>

#define EXPORT __attribute__((visibility("default")))

enum { success = 0, no_device = 100 };

/* Which handle comes back does not matter: nobody uses it. */
static int give_handle(void **ret_handle)
{
    static char handle;
    *ret_handle = &handle;
    return success;
}

#define GIVES_HANDLE(name)                                  \
    EXPORT int name(void **ret_handle, const void *a, ...); \
    EXPORT int name(void **ret_handle, const void *a, ...)  \
    {                                                       \
        (void)a;                                            \
        return give_handle(ret_handle);                     \
    }
#define GIVES_NUMBER(name, number)                   \
    EXPORT int name(int *ret_number, int what, ...); \
    EXPORT int name(int *ret_number, int what, ...)  \
    {                                                \
        (void)what;                                  \
        *ret_number = number;                        \
        return success;                              \
    }
#define GIVES_TEXT(name)                              \
    EXPORT int name(int code, const char **ret_text); \
    EXPORT int name(int code, const char **ret_text)  \
    {                                                 \
        (void)code;                                   \
        *ret_text = "there is no device";             \
        return success;                               \
    }
#define ANSWERS(name, code) \
    EXPORT int name(void);  \
    EXPORT int name(void)   \
    {                       \
        return code;        \
    }

GIVES_HANDLE(cuKernelGetFunction)
GIVES_HANDLE(cuLibraryGetKernel)
GIVES_HANDLE(cuLibraryLoadData)
GIVES_HANDLE(cuModuleGetFunction)
GIVES_HANDLE(cuModuleLoadData)
GIVES_NUMBER(cuFuncGetAttribute, 0)
GIVES_NUMBER(cuKernelGetAttribute, 0)
GIVES_TEXT(cuGetErrorName)
GIVES_TEXT(cuGetErrorString)
ANSWERS(cuFuncSetAttribute, success)
ANSWERS(cuFuncSetCacheConfig, success)
ANSWERS(cuKernelSetAttribute, success)
ANSWERS(cuLibraryUnload, success)
ANSWERS(cuModuleUnload, success)

EXPORT int cuDriverGetVersion(int *ret_version);
EXPORT int cuDriverGetVersion(int *ret_version)
{
    *ret_version = 13000;
    return success;
}

ANSWERS(cuCtxGetCurrent, no_device)
ANSWERS(cuCtxGetDevice, no_device)
ANSWERS(cuCtxGetLimit, no_device)
ANSWERS(cuCtxPopCurrent, no_device)
ANSWERS(cuCtxPushCurrent, no_device)
ANSWERS(cuDeviceGet, no_device)
ANSWERS(cuDeviceGetAttribute, no_device)
ANSWERS(cuDeviceGetCount, no_device)
ANSWERS(cuDevicePrimaryCtxRelease, no_device)
ANSWERS(cuDevicePrimaryCtxReset, no_device)
ANSWERS(cuDevicePrimaryCtxRetain, no_device)
ANSWERS(cuGetExportTable, no_device)
ANSWERS(cuInit, no_device)
ANSWERS(cuLaunchCooperativeKernel, no_device)
ANSWERS(cuLaunchKernel, no_device)
ANSWERS(cuLaunchKernelEx, no_device)
ANSWERS(cuLibraryLoadFromFile, no_device)
ANSWERS(cuLinkAddData, no_device)
ANSWERS(cuLinkAddData_v2, no_device)
ANSWERS(cuLinkAddFile_v2, no_device)
ANSWERS(cuLinkComplete, no_device)
ANSWERS(cuLinkCreate, no_device)
ANSWERS(cuLinkCreate_v2, no_device)
ANSWERS(cuLinkDestroy, no_device)
ANSWERS(cuMemcpyDtoH_v2, no_device)
ANSWERS(cuModuleGetGlobal_v2, no_device)
ANSWERS(cuModuleLoadDataEx, no_device)
ANSWERS(cuModuleLoadFatBinary, no_device)
ANSWERS(cuOccupancyMaxActiveBlocksPerMultiprocessor, no_device)
ANSWERS(cuOccupancyMaxPotentialClusterSize, no_device)
ANSWERS(cuStreamGetCtx, no_device)
ANSWERS(cuStreamSynchronize, no_device)
ANSWERS(cuTensorMapEncodeTiled, no_device)
