/* gpu-check: what gpu_check.py runs. Each command prints lines of JSON.
 *
 *     gpu-check MODULE_DIR cuda|cpu|emulated|reference kernels bf16|f32
 *
 * Exit status: 0 all within their bounds, 1 something is not or failed, 2 wrong usage, 77 there is no such device. */
#include <stdlib.h>

#include "check.h"

static uint32_t dtype_of(const char *name)
{
    return strcmp(name, "f32") == 0 ? GNN_F32 : GNN_BF16;
}

static const gnn_device_table *table_of(const char *module_dir, const char *device)
{
    god_error err = GOD_ERROR_INIT;
    const gnn_device_table *table = &gnn_device_reference;
    if (strcmp(device, "reference") != 0) {
        check_need(gnn_device_find(device, module_dir, &table, &err), &err);
    }
    return table;
}

static int run_kernels(const gnn_device_table *ops, uint32_t dtype)
{
    check c;
    check_open(&c, ops, dtype, 0);
    printf("{\"what\": \"device\", \"name\": \"%s\"}\n", ops->describe(c.device));
    check_kernels(&c);
    const int failed = c.failed;
    check_close(&c);
    return failed > 0 ? 1 : 0;
}

int main(int argc, char **argv)
{
    if (argc >= 5 && strcmp(argv[3], "kernels") == 0) {
        return run_kernels(table_of(argv[1], argv[2]), dtype_of(argv[4]));
    }
    fprintf(stderr, "usage: gpu-check MODULE_DIR cuda|cpu|emulated|reference kernels bf16|f32\n");
    return 2;
}
