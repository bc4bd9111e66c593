#include "core/loader/tables.h"

#include <dlfcn.h>
#include <jansson.h>

#include "god/helpers/json.h"

#define REMEDY_REBUILD "rebuild the plug-in with this SDK"

/* ---- calls that stand in for the ones a plug-in leaves out ---- */

static god_status lacks(god_error *err, const char *call, const char *interface_id)
{
    return god_fail(err, GOD_E_UNSUPPORTED, "the plug-in has no \"%s\" (%s)", call, interface_id);
}

static god_status no_check(god_instance *instance, const char *spec_json, god_error *err)
{
    (void)instance;
    (void)spec_json;
    return lacks(err, "check", GOD_TASK_ID);
}

static god_status no_build_args(god_instance *instance, const char *spec_json, const god_args *sink, god_error *err)
{
    (void)instance;
    (void)spec_json;
    (void)sink;
    return lacks(err, "build_args", GOD_TASK_ID);
}

static god_status no_needs(god_instance *instance, const char *spec_json, void *user,
                           god_status (*need)(void *user, const god_need *item), god_error *err)
{
    (void)instance;
    (void)spec_json;
    (void)user;
    (void)need;
    return lacks(err, "needs", GOD_DATASET_ID);
}

static god_status no_cache_key(god_instance *instance, const char *spec_json, const god_inputs *inputs, char *buf,
                               size_t buf_bytes, god_error *err)
{
    (void)instance;
    (void)spec_json;
    (void)inputs;
    (void)buf;
    (void)buf_bytes;
    return lacks(err, "cache_key", GOD_DATASET_ID);
}

static god_status no_prepare(god_instance *instance, const char *spec_json, const god_inputs *inputs,
                             const char *staging_dir, god_error *err)
{
    (void)instance;
    (void)spec_json;
    (void)inputs;
    (void)staging_dir;
    return lacks(err, "prepare", GOD_DATASET_ID);
}

static god_status no_score_spec(god_instance *instance, const char *spec_json, god_score_spec *ret_spec, god_error *err)
{
    (void)instance;
    (void)spec_json;
    (void)ret_spec;
    return lacks(err, "score_spec", GOD_EVAL_ID);
}

static god_status no_device_bytes(god_instance *instance, const god_eval_job *job, uint64_t *ret_bytes, god_error *err)
{
    (void)instance;
    (void)job;
    (void)ret_bytes;
    return lacks(err, "device_bytes", GOD_EVAL_ID);
}

static god_status no_run(god_instance *instance, const god_eval_job *job, const god_report *report, god_error *err)
{
    (void)instance;
    (void)job;
    (void)report;
    return lacks(err, "run", GOD_EVAL_ID);
}

static god_status no_score_group(god_instance *instance, const char *spec_json, const char *entries_json,
                                 double *ret_scores, uint32_t score_count, god_error *err)
{
    (void)instance;
    (void)spec_json;
    (void)entries_json;
    (void)ret_scores;
    (void)score_count;
    return lacks(err, "score_group", GOD_EVAL_ID);
}

static god_status no_explain(god_instance *instance, const char *spec_json, const god_inputs *inputs,
                             const char *data_dir, uint64_t row, uint64_t seq_len_max, const god_explain_sink *sink,
                             god_error *err)
{
    (void)instance;
    (void)spec_json;
    (void)inputs;
    (void)data_dir;
    (void)row;
    (void)seq_len_max;
    (void)sink;
    return lacks(err, "explain", GOD_EXPLAIN_ID);
}

static god_status no_claim(god_instance *instance, const char *training_data_json, void *user,
                           god_status (*claimed)(void *user, const god_claim *claim), god_error *err)
{
    (void)instance;
    (void)training_data_json;
    (void)user;
    (void)claimed;
    return lacks(err, "claim", GOD_TRAINING_ID);
}

static god_status no_plan(god_instance *instance, const char *spec_json, const god_training_sink *sink,
                          god_training_plan *ret_plan, god_error *err)
{
    (void)instance;
    (void)spec_json;
    (void)sink;
    (void)ret_plan;
    return lacks(err, "plan", GOD_TRAINING_ID);
}

static god_status no_intake_plan(god_instance *instance, const char *spec_json, god_intake_plan *ret_plan,
                                 god_error *err)
{
    (void)instance;
    (void)spec_json;
    (void)ret_plan;
    return lacks(err, "plan", GOD_INTAKE_ID);
}

static god_status no_intake_read(god_instance *instance, const char *spec_json, const char *const *paths,
                                 uint32_t path_count, const god_intake_sink *sink, god_error *err)
{
    (void)instance;
    (void)spec_json;
    (void)paths;
    (void)path_count;
    (void)sink;
    return lacks(err, "read", GOD_INTAKE_ID);
}

static const god_task absent_task = {
    .size = GOD_SIZE_TO(god_task, build_args), .check = no_check, .build_args = no_build_args};
static const god_dataset absent_dataset = {
    .size = GOD_SIZE_TO(god_dataset, prepare), .needs = no_needs, .cache_key = no_cache_key, .prepare = no_prepare};
static const god_eval absent_eval = {.size = GOD_SIZE_TO(god_eval, score_group),
                                     .score_spec = no_score_spec,
                                     .device_bytes = no_device_bytes,
                                     .run = no_run,
                                     .score_group = no_score_group};
static const god_explain absent_explain = {.size = GOD_SIZE_TO(god_explain, explain), .explain = no_explain};
static const god_training absent_training = {
    .size = GOD_SIZE_TO(god_training, plan), .claim = no_claim, .plan = no_plan};
static const god_intake absent_intake = {
    .size = GOD_SIZE_TO(god_intake, read), .plan = no_intake_plan, .read = no_intake_read};

/* ---- tables of pointers, field by field ---- */

typedef struct slot {
    const char *name;
    uint32_t offset, required; /* every slot holds one pointer */
} slot;

#define SLOT(T, field, is_required)                                                       \
    {                                                                                     \
        .name = #field, .offset = (uint32_t)offsetof(T, field), .required = (is_required) \
    }

static const slot plugin_slots[] = {
    SLOT(god_plugin, id, 1),         SLOT(god_plugin, version, 1),
    SLOT(god_plugin, build, 1),      SLOT(god_plugin, config_schema_json, 1),
    SLOT(god_plugin, task_types, 1), SLOT(god_plugin, open, 1),
    SLOT(god_plugin, close, 1),      SLOT(god_plugin, query, 1),
};
static const slot task_slots[] = {SLOT(god_task, check, 1), SLOT(god_task, build_args, 1)};
static const slot dataset_slots[] = {SLOT(god_dataset, needs, 1), SLOT(god_dataset, cache_key, 1),
                                     SLOT(god_dataset, prepare, 1)};
static const slot eval_slots[] = {
    SLOT(god_eval, score_spec, 1),
    SLOT(god_eval, device_bytes, 0),
    SLOT(god_eval, run, 1),
    SLOT(god_eval, score_group, 0),
};
static const slot explain_slots[] = {SLOT(god_explain, explain, 1)};
static const slot training_slots[] = {SLOT(god_training, claim, 1), SLOT(god_training, plan, 1)};
static const slot intake_slots[] = {SLOT(god_intake, plan, 1), SLOT(god_intake, read, 1)};

#define COUNT(array) (sizeof(array) / sizeof *(array))

/* Copies each pointer that the plug-in's table holds over the one in `to`. The table may be shorter than ours (built
 * earlier) or longer (built later); only what both know is touched. */
static god_status copy_slots(const slot *slots, size_t count, const char *table, const void *from, uint32_t from_bytes,
                             void *to, god_error *err)
{
    for (size_t i = 0; i < count; i++) {
        const slot *one = &slots[i];
        const void *pointer = NULL;
        uint32_t reaches = from_bytes >= one->offset + sizeof pointer;
        if (reaches) {
            memcpy(&pointer, (const char *)from + one->offset, sizeof pointer);
        }
        if (pointer != NULL) {
            memcpy((char *)to + one->offset, &pointer, sizeof pointer);
        } else if (one->required && !reaches) {
            return god_fail(err, GOD_E_INVALID,
                            "has a %s table of %u bytes, which ends before \"%s\": set its size with GOD_SIZE_TO, "
                            "or " REMEDY_REBUILD,
                            table, from_bytes, one->name);
        } else if (one->required) {
            return god_fail(err, GOD_E_INVALID, "leaves \"%s\" of its %s table empty: fill it, then rebuild", one->name,
                            table);
        }
    }
    return GOD_OK;
}

/* ---- the plug-in's own table ---- */

static god_status check_abi(const god_plugin *table, god_error *err)
{
    if (table->size < GOD_SIZE_TO(god_plugin, abi_minor)) {
        return god_fail(err, GOD_E_INVALID,
                        "has a plug-in table of %u bytes, too short to hold its ABI version: set its size with "
                        "GOD_SIZE_TO, or " REMEDY_REBUILD,
                        table->size);
    }
    if (table->abi_major > GOD_ABI_MAJOR) {
        return god_fail(
            err, GOD_E_UNSUPPORTED,
            "was built for plug-in ABI %u, this host speaks ABI %u and is older: update the host, or " REMEDY_REBUILD,
            table->abi_major, GOD_ABI_MAJOR);
    }
    if (table->abi_major < GOD_ABI_MAJOR) {
        return god_fail(err, GOD_E_UNSUPPORTED,
                        "was built for plug-in ABI %u and is older, this host speaks ABI %u: update the plug-in, or "
                        "rebuild it with this SDK",
                        table->abi_major, GOD_ABI_MAJOR);
    }
    return GOD_OK;
}

uint32_t gdi_is_name(const char *text, size_t bytes_max)
{
    static const char allowed[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-";
    size_t bytes = strnlen(text, bytes_max + 1);
    return bytes > 0 && bytes <= bytes_max && strspn(text, allowed) == bytes && strcmp(text, ".") != 0 &&
           strcmp(text, "..") != 0;
}

/* Prints the text's harmless part, for messages about a text that may be anything. */
static const char *printable(const char *text, char buf[static GDI_NAME_BYTES_MAX])
{
    size_t i = 0;
    for (; i < GDI_NAME_BYTES_MAX - 1 && text[i] != '\0'; i++) {
        buf[i] = text[i];
        if (text[i] < ' ' || text[i] > '~' || text[i] == '"') {
            buf[i] = '?';
        }
    }
    buf[i] = '\0';
    return buf;
}

static god_status check_name(const char *what, const char *text, size_t bytes_max, god_error *err)
{
    char shown[GDI_NAME_BYTES_MAX];
    if (gdi_is_name(text, bytes_max)) {
        return GOD_OK;
    }
    return god_fail(err, GOD_E_INVALID, "has the %s \"%s\": 1 to %zu letters, digits, '.', '_' and '-' are allowed",
                    what, printable(text, shown), bytes_max);
}

/* Shortest forms only, no surrogates, nothing above U+10FFFF. */
static uint32_t is_utf8(const char *text)
{
    static const uint32_t lowest_of[] = {0, 0x80, 0x800, 0x10000}; /* by the number of bytes that follow the first */
    while (*text != '\0') {
        uint32_t first = (unsigned char)*text++;
        uint32_t more = first < 0x80   ? 0
                        : first < 0xc0 ? 4
                        : first < 0xe0 ? 1
                        : first < 0xf0 ? 2
                        : first < 0xf8 ? 3
                                       : 4;
        uint32_t code = more == 0 ? first : first & (0x3fu >> more);
        for (uint32_t i = 0; i < more; i++) {
            uint32_t next = (unsigned char)*text++;
            if (more == 4 || (next & 0xc0) != 0x80) {
                return 0;
            }
            code = code << 6 | (next & 0x3f);
        }
        if (code < lowest_of[more] || (code >= 0xd800 && code <= 0xdfff) || code > 0x10ffff) {
            return 0;
        }
    }
    return 1;
}

static god_status check_text(const char *what, const char *text, size_t bytes_max, god_error *err)
{
    size_t bytes = strnlen(text, bytes_max + 1);
    if (bytes > bytes_max) {
        return god_fail(err, GOD_E_INVALID, "has a %s of more than %zu bytes", what, bytes_max);
    }
    if (!is_utf8(text)) {
        return god_fail(err, GOD_E_INVALID, "has a %s that is not UTF-8", what);
    }
    return GOD_OK;
}

static god_status check_schema(const char *text, god_error *err)
{
    json_t *schema = NULL;
    god_error inner = GOD_ERROR_INIT;
    GOD_TRY(check_text("config_schema_json", text, GDI_SCHEMA_BYTES_MAX, err));
    god_status status = god_json_parse("config_schema_json", text, strlen(text), &schema, &inner);
    if (status == GOD_E_NOMEM) {
        return god_fail(err, status, "needs memory for its config_schema_json, and memory is out");
    }
    if (status != GOD_OK) {
        return god_fail(err, GOD_E_INVALID, "has a config_schema_json that cannot be read: %s", inner.message);
    }
    uint32_t is_object = json_is_object(schema);
    json_decref(schema);
    return is_object ? GOD_OK : god_fail(err, GOD_E_INVALID, "has a config_schema_json that is not an object");
}

static god_status check_task_types(const char *const *task_types, god_error *err)
{
    uint32_t count = 0;
    for (; task_types[count] != NULL; count++) {
        if (count == GDI_TASK_TYPES_MAX) {
            return god_fail(err, GOD_E_INVALID, "names more than %d task types, or its list does not end with NULL",
                            GDI_TASK_TYPES_MAX);
        }
        GOD_TRY(check_name("task type", task_types[count], GDI_NAME_BYTES_MAX, err));
    }
    return count > 0 ? GOD_OK : god_fail(err, GOD_E_INVALID, "names no task type: at least one is needed");
}

static god_status read_plugin_table(const god_plugin *table, god_plugin *ret_copy, god_error *err)
{
    god_plugin copy = {.size = GOD_SIZE_TO(god_plugin, query)};
    GOD_TRY(check_abi(table, err));
    GOD_TRY(copy_slots(plugin_slots, COUNT(plugin_slots), "plug-in", table, table->size, &copy, err));
    copy.abi_major = table->abi_major;
    copy.abi_minor = table->abi_minor;
    copy.caps = table->caps;
    GOD_TRY(check_name("id", copy.id, GDI_ID_BYTES_MAX, err));
    GOD_TRY(check_text("version", copy.version, GDI_NAME_BYTES_MAX, err));
    GOD_TRY(check_text("build text", copy.build, GDI_SCHEMA_BYTES_MAX, err));
    GOD_TRY(check_schema(copy.config_schema_json, err));
    GOD_TRY(check_task_types(copy.task_types, err));
    *ret_copy = copy;
    return GOD_OK;
}

/* ---- interfaces ---- */

/* `to` already holds the stand-ins. Every interface table begins with its size. */
static god_status read_interface(const god_plugin *plugin, const char *id, const slot *slots, size_t count, void *to,
                                 uint32_t *ret_has, god_error *err)
{
    uint32_t bytes = 0;
    const void *table = plugin->query(id);
    if (table == NULL) {
        *ret_has = 0;
        return GOD_OK;
    }
    memcpy(&bytes, table, sizeof bytes);
    GOD_TRY(copy_slots(slots, count, id, table, bytes, to, err));
    *ret_has = 1;
    return GOD_OK;
}

static god_status read_interfaces(gdi_plugin *plugin, god_error *err)
{
    plugin->task = absent_task;
    plugin->dataset = absent_dataset;
    plugin->eval = absent_eval;
    plugin->explain = absent_explain;
    plugin->training = absent_training;
    plugin->intake = absent_intake;
    GOD_TRY(read_interface(&plugin->plugin, GOD_TASK_ID, task_slots, COUNT(task_slots), &plugin->task,
                           &plugin->has_task, err));
    GOD_TRY(read_interface(&plugin->plugin, GOD_DATASET_ID, dataset_slots, COUNT(dataset_slots), &plugin->dataset,
                           &plugin->has_dataset, err));
    GOD_TRY(read_interface(&plugin->plugin, GOD_EVAL_ID, eval_slots, COUNT(eval_slots), &plugin->eval,
                           &plugin->has_eval, err));
    GOD_TRY(read_interface(&plugin->plugin, GOD_EXPLAIN_ID, explain_slots, COUNT(explain_slots), &plugin->explain,
                           &plugin->has_explain, err));
    GOD_TRY(read_interface(&plugin->plugin, GOD_TRAINING_ID, training_slots, COUNT(training_slots), &plugin->training,
                           &plugin->has_training, err));
    GOD_TRY(read_interface(&plugin->plugin, GOD_INTAKE_ID, intake_slots, COUNT(intake_slots), &plugin->intake,
                           &plugin->has_intake, err));
    if (!plugin->has_task && !plugin->has_dataset && !plugin->has_eval) {
        return god_fail(err, GOD_E_INVALID,
                        "offers none of " GOD_TASK_ID ", " GOD_DATASET_ID ", " GOD_EVAL_ID
                        ": answer at least one of them in query");
    }
    return GOD_OK;
}

/* ---- from the file ---- */

god_status gdi_tables_open(const char *path, void **ret_handle, god_error *err)
{
    void *handle = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (handle == NULL) {
        const char *why = dlerror();
        size_t path_bytes = strlen(path);
        why = why == NULL ? "no reason given" : why;
        if (strncmp(why, path, path_bytes) == 0 && strncmp(why + path_bytes, ": ", 2) == 0) {
            why += path_bytes + 2;
        }
        return god_fail(err, GOD_E_IO, "cannot be opened: %s: install what it needs, or " REMEDY_REBUILD, why);
    }
    *ret_handle = handle;
    return GOD_OK;
}

typedef const god_plugin *(*entry_function)(uint32_t host_abi_major, uint32_t host_abi_minor);

static god_status find_entry(void *handle, entry_function *ret_entry, god_error *err)
{
    void *symbol = dlsym(handle, "god_plugin_entry");
    if (symbol == NULL) {
        return god_fail(err, GOD_E_INVALID,
                        "does not export god_plugin_entry, so it is no plug-in: build it with god_add_plugin (CMake) "
                        "or with the flags of `pkg-config god-sdk`");
    }
    memcpy(ret_entry, &symbol, sizeof symbol); /* ISO C has no cast from an object to a function pointer */
    return GOD_OK;
}

static void tell(gdi_stage_sink stage, void *user, const char *what)
{
    if (stage != NULL) {
        stage(user, what);
    }
}

god_status gdi_tables_read(void *handle, gdi_stage_sink stage, void *user, gdi_plugin *ret_plugin, god_error *err)
{
    entry_function entry = NULL;
    gdi_plugin plugin = {.has_task = 0};
    GOD_TRY(find_entry(handle, &entry, err));
    tell(stage, user, "god_plugin_entry");
    const god_plugin *table = entry(GOD_ABI_MAJOR, GOD_ABI_MINOR);
    tell(stage, user, "the reading of its table");
    if (table == NULL) {
        return god_fail(err, GOD_E_INVALID, "returns no table from god_plugin_entry");
    }
    GOD_TRY(read_plugin_table(table, &plugin.plugin, err));
    tell(stage, user, "query");
    GOD_TRY(read_interfaces(&plugin, err));
    *ret_plugin = plugin;
    return GOD_OK;
}

god_status gdi_name_file(const char *path, god_error *err)
{
    const char *slash = strrchr(path, '/');
    char reason[sizeof err->message];
    memcpy(reason, err->message, sizeof reason);
    return god_fail(err, err->code, "\"%.100s\" %s", slash == NULL ? path : slash + 1, reason);
}
