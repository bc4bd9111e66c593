/* Prints on both streams whenever it is called. Harmless, and a fault only where the contract asks for silence. */
#define FAULT_OWN_ENTRY
#define FAULT_RUN noisy_run
#include "normal.h"

static void print(const char *where)
{
    printf("noise from %s\n", where);
    (void)fflush(stdout);
    fprintf(stderr, "more noise from %s\n", where);
}

__attribute__((constructor)) static void print_when_opened(void)
{
    print("a constructor");
}

const god_plugin *god_plugin_entry(uint32_t host_abi_major, uint32_t host_abi_minor)
{
    (void)host_abi_major;
    (void)host_abi_minor;
    print("god_plugin_entry");
    return &fault_plugin;
}

static god_status noisy_run(god_instance *instance, const god_eval_job *job, const god_report *report, god_error *err)
{
    for (uint32_t i = 0; i < job->submission_count; i++) {
        print("run");
        GOD_TRY(evaluate_one(instance, job, i, report, err));
    }
    return GOD_OK;
}
