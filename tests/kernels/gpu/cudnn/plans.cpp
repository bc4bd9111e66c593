/* Does cuDNN itself make plans of our graph? For devices that are described, so none is needed: cudnn-plans [all]
 *
 * Every shape has to get a plan from the engine that cuDNN prefers, with a workspace of at most workspace_bytes_max; a
 * shape that cuDNN has no engine for has to be refused in a way that the caller falls back on. Prints a line per plan.
 * "all": every device with every shape. Exit status 0, 1, or 77 with the reason when there is no cuDNN here. */
#include <stdio.h>

#include "cuda/cudnn_plan.cuh"
#include "numbers.h"

namespace
{
constexpr int64_t workspace_bytes_max = 1 << 20; /* the engine has 32 MiB for it */

struct described {
    const char *name;
    int capability, processors, shared_bytes;
    int shapes_in_short; /* so many of the first ones */
};

const described devices[] = {
    {"A100", 800, 108, 166912, 1},
    {"L40S", 890, 142, 101376, 0},
    {"H100", 900, 132, 232448, 2},
    {"B200", 1000, 148, 232448, 1},
};

struct wanted {
    const char *name;
    int64_t heads, kv_heads, dim, length;
    bool window;
};

const wanted shapes[] = {
    {"8B, windows", 32, 8, 128, 4096, true},  {"1B", 32, 8, 64, 4096, false},
    {"3B", 24, 8, 128, 1024, false},          {"8B", 32, 8, 128, 4096, false},
    {"8B, long", 32, 8, 128, 65536, false},   {"heads of 256", 8, 4, 256, 1024, true},
    {"heads of 80", 32, 32, 80, 1024, false}, {"one head", 1, 1, 8, 1024, false},
};

/* A device property descriptor; what does not change an engine's choice is an H100's. */
void describe(const described &device, char *text, size_t room)
{
    (void)snprintf(text, room,
                   "{\"cudaDeviceId\": 0, \"deviceVer\": %d, \"driverVer\": 13000, \"totalGlobalMem\": 85899345920, "
                   "\"maxGridSize\": [2147483647, 65535, 65535], \"maxBlockSize\": [1024, 1024, 64], "
                   "\"regsPerBlock\": 65536, \"multiProcessorCount\": %d, \"warpSize\": 32, "
                   "\"maxSharedMemoryPerBlock\": 49152, \"maxSharedMemoryPerBlockOptin\": %d, "
                   "\"reservedSharedMemoryPerBlock\": 1024, \"maxRegistersPerSM\": 65536, \"maxCtasPerSM\": 32, "
                   "\"maxThreadsPerBlock\": 1024, \"maxThreadsPerSM\": 2048, \"pciDeviceId\": 0, \"isTccDriver\": 0, "
                   "\"supportCoopLaunch\": 1, \"smClockRateKHz\": 1980000, \"memClockRateKHz\": 2619000, "
                   "\"l2CacheSize\": 52428800, \"deviceName\": \"%s\"}",
                   device.capability, device.processors, device.shared_bytes, device.name);
}

gnn_cudnn_shape shape_of(const wanted &w)
{
    return {65536 / w.length < 32 ? 65536 / w.length : 32,
            w.length,
            w.heads,
            w.kv_heads,
            w.dim,
            (w.heads + 2 * w.kv_heads) * w.dim,
            w.heads * w.dim,
            w.window};
}

/* 1 when there is no plan. */
int make(const gnn_cudnn_library &cudnn, const described &device, const wanted &w)
{
    char text[1024];
    gnn_cudnn_plan plan = {};
    god_error err = GOD_ERROR_INIT;
    const gnn_cudnn_shape shape = shape_of(w);
    describe(device, text, sizeof text);
    if (gnn_cudnn_plan_make(&cudnn, nullptr, text, &shape, workspace_bytes_max, &plan, &err) != GOD_OK) {
        printf("MISSED %s, %s: %s\n", device.name, w.name, err.message);
        return 1;
    }
    printf("%s, %s: %lld slots of %lld rows, workspace of %lld bytes\n", device.name, w.name, (long long)shape.slots,
           (long long)shape.length, (long long)plan.workspace_bytes);
    gnn_cudnn_plan_free(&cudnn, &plan);
    return plan.descriptor_count == 0 ? 0 : 1;
}

/* Heads of 20 elements: no engine; a workspace of less than nothing: no plan. Both leave nothing behind. */
int refuse(const gnn_cudnn_library &cudnn)
{
    char text[1024];
    int missed = 0;
    const wanted odd = {"heads of 20", 4, 2, 20, 1024, false}, fine = {"one head", 1, 1, 128, 1024, false};
    describe(devices[0], text, sizeof text);
    const wanted *const both[] = {&odd, &fine};
    for (const wanted *w : both) {
        gnn_cudnn_plan plan = {};
        god_error err = GOD_ERROR_INIT;
        const gnn_cudnn_shape shape = shape_of(*w);
        const god_status status = gnn_cudnn_plan_make(&cudnn, nullptr, text, &shape, -1, &plan, &err);
        const bool as_wanted = status == GOD_E_UNSUPPORTED && plan.descriptor_count == 0;
        printf("%s%s, refused: %s\n", as_wanted ? "" : "MISSED ", w->name, err.message);
        missed += as_wanted ? 0 : 1;
    }
    return missed;
}
} // namespace

int main(int argc, char **argv)
{
    gnn_cudnn_library cudnn;
    god_error err = GOD_ERROR_INIT;
    const bool all = argc == 2 && strcmp(argv[1], "all") == 0;
    if (gnn_cudnn_open(&cudnn, &err) != GOD_OK) {
        printf("skipped: %s\n", err.message);
        return 77;
    }
    printf("cuDNN %zu; %s\n", cudnn.version(), gnn_cudnn_numbers_compared);
    int missed = refuse(cudnn);
    for (const described &device : devices) {
        const int count = all ? (int)(sizeof shapes / sizeof shapes[0]) : device.shapes_in_short;
        for (int i = 0; i < count; i++) {
            missed += make(cudnn, device, shapes[i]);
            fflush(stdout);
        }
    }
    return missed == 0 ? 0 : 1;
}
