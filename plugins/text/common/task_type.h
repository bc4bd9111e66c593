/* task_type.h: a text task type as one table of its own functions; the plug-in around it is made here.
 *
 * plugin.c of a task type fills a `static const gtx_task_type` and ends with GTX_PLUGIN. The interfaces of god/task.h,
 * god/dataset.h, god/eval.h and god/explain.h are then these calls between the same steps for everybody: the task is
 * parsed and checked first, inputs are found, files are opened and closed again behind the call whatever it returns.
 *
 *     static const gtx_task_type type = {.name = TASK_TYPE, .kind = GTX_KIND_CHAT, .score = {...}, ...};
 *     static const char config_schema[] = GTX_CONFIG_SCHEMA(GTX_CONFIG_SALT);
 *     GTX_PLUGIN("god.text.chat", TASK_TYPE, GTX_EVALUATES, type, config_schema)
 *
 * What is left NULL: `check` checks no more than gtx_task_spec_parse does, `prepare` and `run` answer GOD_E_UNSUPPORTED
 * with the name of the task type (a type that this build trains and does not evaluate), `explain` is no interface.
 */
#ifndef GTX_TASK_TYPE_H
#define GTX_TASK_TYPE_H

#include "common/encoder.h"
#include "common/instance.h"
#include "common/prepared.h"
#include "common/rows.h"
#include "common/task_spec.h"
#include "god/eval.h"
#include "god/explain.h"

/* A task and what is open for it. Everything is borrowed. */
typedef struct gtx_scene {
    const god_instance *instance;
    const gtx_task_spec *spec;
    const gtx_prepared *prepared; /* NULL in prepare */
    const char *base_dir;         /* of the base model */
} gtx_scene;

struct gtx_task_type {
    const char *name;         /* "InstructTextTask" */
    gtx_kind kind;            /* of its dataset_type */
    uint32_t has_kl;          /* 1: use_kl is allowed */
    const char *cache_prefix; /* of cache keys: "instruct" */
    god_score_spec score;
    /* Whatever gtx_task_spec_parse does not know. GOD_E_INVALID. */
    god_status (*check)(const gtx_task_spec *spec, god_error *err);
    /* Appends what changes the prepared bytes beside the inputs and the record of the task: format version, library
     * generation. */
    god_status (*prepared_form)(const gtx_task_spec *spec, god_text *line, god_error *err);
    /* Fills `writer`, whose header has the base tokenizer's part already. */
    god_status (*prepare)(const gtx_scene *scene, const gtx_rows *rows, const gtx_tokenizer *tokenizer,
                          gtx_prepared_writer *writer, god_error *err);
    /* As in god_eval. */
    god_status (*device_bytes)(const gtx_scene *scene, const god_eval_job *job, uint64_t *ret_bytes, god_error *err);
    god_status (*run)(const gtx_scene *scene, const god_eval_job *job, const god_report *report, god_error *err);
    /* As in god_explain: the row (from 1) with at most seq_len_max tokens (0: not limited). */
    god_status (*explain)(const gtx_scene *scene, uint64_t row, uint64_t seq_len_max, const god_explain_sink *sink,
                          god_error *err);
};

/* god_plugin.query of a plug-in that was opened with this type. */
const void *gtx_task_type_query(const gtx_task_type *type, const char *id);

/* Capabilities of a type that evaluates with the engine. */
#define GTX_EVALUATES (GOD_CAP_CPU | GOD_CAP_CUDA | GOD_CAP_CANCEL | GOD_CAP_BITWISE)

/* The whole rest of a plug-in: its instances, its interfaces and the exported function. task_name is type.name. */
#define GTX_PLUGIN(plugin_id, task_name, capabilities, type, schema)                                          \
    static god_status plugin_open(const god_host *host, const char *config_json, god_instance **ret_instance, \
                                  god_error *err)                                                             \
    {                                                                                                         \
        return gtx_instance_open(&(type), host, config_json, ret_instance, err);                              \
    }                                                                                                         \
    static const void *plugin_query(const char *id)                                                           \
    {                                                                                                         \
        return gtx_task_type_query(&(type), id);                                                              \
    }                                                                                                         \
    const god_plugin *god_plugin_entry(uint32_t host_abi_major, uint32_t host_abi_minor)                      \
    {                                                                                                         \
        static const char *const task_types[] = {task_name, NULL};                                            \
        static const god_plugin plugin = {.size = GOD_SIZE_TO(god_plugin, query),                             \
                                          .abi_major = GOD_ABI_MAJOR,                                         \
                                          .abi_minor = GOD_ABI_MINOR,                                         \
                                          .caps = (capabilities),                                             \
                                          .id = plugin_id,                                                    \
                                          .version = "0.1.0",                                                 \
                                          .build = "cc " __VERSION__,                                         \
                                          .config_schema_json = schema,                                       \
                                          .task_types = task_types,                                           \
                                          .open = plugin_open,                                                \
                                          .close = gtx_instance_close,                                        \
                                          .query = plugin_query};                                             \
        (void)host_abi_major;                                                                                 \
        (void)host_abi_minor;                                                                                 \
        return &plugin;                                                                                       \
    }

#endif
