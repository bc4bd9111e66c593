/* As much of NVML as the host calls. FAKE_NVML in the environment: "none" does not start, "lost" has lost its second
 * GPU. */
#include <stdlib.h>
#include <string.h>

typedef struct memory {
    unsigned long long total, free, used;
} memory;
typedef struct device {
    const char *name;
    unsigned long long bytes;
} device;

static const device devices[] = {
    {"NVIDIA H100 80GB HBM3", 85520809984ULL}, {"Tesla T4", 16106127360ULL}, {"NVIDIA RTX A6000", 51527024640ULL}};

int nvmlInit_v2(void);
int nvmlShutdown(void);
const char *nvmlErrorString(int result);
int nvmlDeviceGetCount_v2(unsigned int *ret_count);
int nvmlDeviceGetHandleByIndex_v2(unsigned int index, const device **ret_device);
int nvmlDeviceGetName(const device *of, char *ret_name, unsigned int bytes);
int nvmlDeviceGetMemoryInfo(const device *of, memory *ret_memory);

static int is(const char *word)
{
    const char *how = getenv("FAKE_NVML");
    return how != NULL && strcmp(how, word) == 0;
}

int nvmlInit_v2(void)
{
    return is("none") ? 9 : 0;
}

int nvmlShutdown(void)
{
    return 0;
}

const char *nvmlErrorString(int result)
{
    return result == 9 ? "Driver Not Loaded" : "GPU is lost";
}

int nvmlDeviceGetCount_v2(unsigned int *ret_count)
{
    *ret_count = sizeof devices / sizeof *devices;
    return 0;
}

int nvmlDeviceGetHandleByIndex_v2(unsigned int index, const device **ret_device)
{
    *ret_device = &devices[index];
    return is("lost") && index == 1 ? 15 : 0;
}

int nvmlDeviceGetName(const device *of, char *ret_name, unsigned int bytes)
{
    if (strlen(of->name) >= bytes) {
        return 7;
    }
    memcpy(ret_name, of->name, strlen(of->name) + 1);
    return 0;
}

int nvmlDeviceGetMemoryInfo(const device *of, memory *ret_memory)
{
    *ret_memory = (memory){of->bytes, of->bytes, 0};
    return 0;
}
