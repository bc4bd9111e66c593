/* gpu-check: what gpu_check.py runs. Each command prints lines of JSON.
 *
 *     gpu-check MODULE_DIR cuda|cpu|emulated|reference bf16|f32 COMMAND
 *
 *     kernels                       every operation against the plain reference
 *     attention                     attention alone
 *     models                        whole models against the plain reference, and in other packs
 *     product SIZE                  time of a square product
 *     time SHAPE TOKENS LENGTH [TURNS]   time of a loss, and of a loss with a divergence, in sequences of LENGTH tokens
 *     attention-time SHAPE TOKENS LENGTH [TURNS]   time of one layer's attention by our own kernels and by cuDNN
 *
 * and without a device:  gpu-check plan SHAPE TOKENS   memory of such a pass on CUDA, counted
 *
 * Exit status: 0 all within their bounds, 1 something is not or failed, 2 wrong usage, 77 there is no such device, or
 * no cuDNN where it was asked for. */
#include <stdlib.h>

#include "check.h"
#include "timing.h"

enum { turns_default = 4, attention_turns_default = 10 };

static const gnn_device_table *table_of(const char *module_dir, const char *device)
{
    god_error err = GOD_ERROR_INIT;
    const gnn_device_table *table = &gnn_device_reference;
    if (strcmp(device, "reference") != 0) {
        const god_status status = gnn_device_find(device, module_dir, &table, &err);
        if (status == GOD_E_NOT_FOUND) { /* a missing file is a broken build, not a missing device */
            fprintf(stderr, "gpu-check: %s\n", err.message);
            exit(1);
        }
        check_need(status, &err);
    }
    return table;
}

static int run_checks(const gnn_device_table *ops, uint32_t dtype, void (*all)(check *))
{
    check c;
    check_open(&c, ops, dtype, 0);
    printf("{\"what\": \"device\", \"name\": \"%s\"}\n", ops->describe(c.device));
    all(&c);
    const int failed = c.failed;
    check_close(&c);
    return failed > 0 ? 1 : 0;
}

static int usage(void)
{
    fprintf(stderr,
            "usage: gpu-check MODULE_DIR cuda|cpu|emulated|reference bf16|f32 kernels|attention|models|product SIZE|"
            "time SHAPE TOKENS LENGTH\n");
    return 2;
}

int main(int argc, char **argv)
{
    if (argc == 4 && strcmp(argv[1], "plan") == 0) {
        return plan_memory(argv[2], strtoll(argv[3], NULL, 10));
    }
    if (argc < 5) {
        return usage();
    }
    const uint32_t dtype = strcmp(argv[3], "f32") == 0 ? GNN_F32 : GNN_BF16;
    const gnn_device_table *ops = table_of(argv[1], argv[2]);
    if (strcmp(argv[4], "kernels") == 0) {
        return run_checks(ops, dtype, check_kernels);
    }
    if (strcmp(argv[4], "attention") == 0) {
        return run_checks(ops, dtype, check_attentions);
    }
    if (strcmp(argv[4], "models") == 0) {
        return run_checks(ops, dtype, check_models);
    }
    if (strcmp(argv[4], "product") == 0 && argc == 6) {
        time_product(ops, dtype, strtoll(argv[5], NULL, 10));
        return 0;
    }
    if (strcmp(argv[4], "time") == 0 && (argc == 8 || argc == 9)) {
        const int turns = argc == 9 ? atoi(argv[8]) : turns_default;
        return time_model(ops, dtype, argv[5], strtoll(argv[6], NULL, 10), strtoll(argv[7], NULL, 10), turns);
    }
    if (strcmp(argv[4], "attention-time") == 0 && (argc == 8 || argc == 9)) {
        const int turns = argc == 9 ? atoi(argv[8]) : attention_turns_default;
        return time_attention(ops, argv[5], strtoll(argv[6], NULL, 10), strtoll(argv[7], NULL, 10), turns);
    }
    return usage();
}
