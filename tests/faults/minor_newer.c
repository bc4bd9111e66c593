/* Built for a later minor version: its tables are longer than the host's. It must load and work. */
#define FAULT_OWN_ENTRY
#include "normal.h"

typedef struct longer_plugin {
    god_plugin known;
    void (*later)(void);
} longer_plugin;

typedef struct longer_eval {
    god_eval known;
    void (*later)(void);
} longer_eval;

static void later(void)
{
}

static const longer_eval eval_table = {
    .known = {.size = sizeof(longer_eval), .score_spec = FAULT_SCORE_SPEC, .run = FAULT_RUN}, .later = later};

static const void *longer_query(const char *id)
{
    return strcmp(id, GOD_EVAL_ID) == 0 ? (const void *)&eval_table : normal_query(id);
}

static const longer_plugin plugin_table = {.known = {.size = sizeof(longer_plugin),
                                                     .abi_major = GOD_ABI_MAJOR,
                                                     .abi_minor = GOD_ABI_MINOR + 7,
                                                     .caps = GOD_CAP_CPU,
                                                     .id = "fault.minor_newer",
                                                     .version = "1.0.0",
                                                     .build = "tests/faults",
                                                     .config_schema_json = "{}",
                                                     .task_types = fault_task_types,
                                                     .open = FAULT_OPEN,
                                                     .close = FAULT_CLOSE,
                                                     .query = longer_query},
                                           .later = later};

const god_plugin *god_plugin_entry(uint32_t host_abi_major, uint32_t host_abi_minor)
{
    (void)host_abi_major;
    (void)host_abi_minor;
    return &plugin_table.known;
}
