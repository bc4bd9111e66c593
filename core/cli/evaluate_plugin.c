#include "core/cli/evaluate.h"

#include <stdlib.h>

#include "core/base/signals.h"
#include "god/helpers/json.h"
#include "god/helpers/text.h"

/* Moves an info out of the list; the list keeps an empty one. */
static void take_info(gdi_evaluation *e, gdi_plugin_info *info)
{
    e->plugin = *info;
    e->has_plugin = 1;
    memset(info, 0, sizeof *info);
}

static uint32_t can_evaluate(const gdi_plugins *plugins, uint32_t index)
{
    return plugins->uses[index] == GDI_PLUGIN_USABLE && plugins->infos[index].has_eval;
}

static god_status append_types(const gdi_plugins *plugins, god_text *text, god_error *err)
{
    for (uint32_t i = 0; i < plugins->count; i++) {
        for (uint32_t t = 0; can_evaluate(plugins, i) && t < plugins->infos[i].task_type_count; t++) {
            GOD_TRY(
                god_text_append_f(text, err, "%s%s", text->bytes == 0 ? "" : ", ", plugins->infos[i].task_types[t]));
        }
    }
    return GOD_OK;
}

static god_status fail_no_plugin(const gdi_plugins *plugins, const char *what, god_error *err)
{
    god_text types = GOD_TEXT_INIT;
    uint32_t refused = 0;
    for (uint32_t i = 0; i < plugins->count; i++) {
        refused += plugins->uses[i] == GDI_PLUGIN_REFUSED;
    }
    god_status status = append_types(plugins, &types, err);
    if (status == GOD_OK) {
        status = god_fail(err, GOD_E_NOT_FOUND, "no plug-in evaluates %s; there are plug-ins for: %.300s%s", what,
                          types.bytes == 0 ? "nothing" : types.data,
                          refused > 0 ? " (some files were refused, see god plugin list)" : "");
    }
    god_text_free(&types);
    return status;
}

static uint32_t stop_asked(void *user)
{
    (void)user;
    return gdi_signals_stop_count();
}

god_status gdi_evaluation_check(gdi_evaluation *e, const gdi_plugin_info *info, const char *job_dir,
                                uint32_t *ret_accepted, json_t **ret_facts, god_error *err)
{
    char path[GOD_PATH_MAX];
    gdi_job job;
    gdi_result result;
    json_t *root =
        json_pack("{s:i, s:s, s:s, s:{s:s, s:s, s:s}, s:O, s:I, s:I}", "version", 1, "id", "check", "operation",
                  "check", "plugin", "path", info->path, "sha256", info->sha256, "id", info->id, "spec", e->spec,
                  "time_limit_ms", (json_int_t)e->config.plugins_describe_time_limit_ms, "grace_ms", (json_int_t)0);
    if (root == NULL) {
        return god_fail(err, GOD_E_NOMEM, "out of memory");
    }
    GOD_TRY(god_path_join(job_dir, "job.json", path, err));
    GOD_TRY(gdi_job_from_json_take("job.json", root, &job, err));
    const gdi_supervise_options options = {
        .worker_path = e->layout.worker_path, .nn_dir = e->layout.nn_dir, .stop_asked = stop_asked};
    god_status status = gdi_job_write(path, &job, err);
    if (status == GOD_OK) {
        status = gdi_supervise(&options, job_dir, &job, &result, err);
    }
    if (status == GOD_OK) {
        *ret_accepted = result.outcome == GDI_OUTCOME_RESULT;
        if (result.outcome == GDI_OUTCOME_CANCELLED) {
            status = god_fail(err, GOD_E_CANCELLED, "stopped");
        } else if (ret_facts != NULL) {
            *ret_facts = json_incref(result.facts);
        }
        gdi_result_clear(&result);
    }
    gdi_job_clear(&job);
    return status;
}

/* The task does not say its type: the one plug-in that accepts it. */
static god_status find_by_check(gdi_evaluation *e, gdi_plugins *plugins, const char *job_dir, god_error *err)
{
    gdi_plugin_info *found = NULL;
    for (uint32_t i = 0; i < plugins->count; i++) {
        uint32_t accepted = 0;
        if (!can_evaluate(plugins, i) || !plugins->infos[i].has_task) {
            continue;
        }
        GOD_TRY(gdi_evaluation_check(e, &plugins->infos[i], job_dir, &accepted, NULL, err));
        if (accepted && found != NULL) {
            return god_fail(err, GOD_E_INVALID,
                            "both \"%s\" and \"%s\" accept this task: give it a \"task_type\", or choose with --plugin",
                            found->id, plugins->infos[i].id);
        }
        found = accepted ? &plugins->infos[i] : found;
    }
    if (found == NULL) {
        return fail_no_plugin(plugins, "this task, which has no \"task_type\"", err);
    }
    take_info(e, found);
    return GOD_OK;
}

static god_status find_by_type(gdi_evaluation *e, gdi_plugins *plugins, const char *task_type, god_error *err)
{
    gdi_plugin_info *found = NULL;
    for (uint32_t i = 0; i < plugins->count; i++) {
        gdi_plugin_info *info = &plugins->infos[i];
        if (!can_evaluate(plugins, i) || !gdi_plugin_info_has_type(info, task_type)) {
            continue;
        }
        if (found != NULL) {
            return god_fail(err, GOD_E_INVALID, "both \"%s\" and \"%s\" evaluate \"%s\": choose with --plugin",
                            found->id, info->id, task_type);
        }
        found = info;
    }
    if (found == NULL) {
        char what[200];
        (void)snprintf(what, sizeof what, "tasks of type \"%.100s\"", task_type);
        return fail_no_plugin(plugins, what, err);
    }
    take_info(e, found);
    return GOD_OK;
}

static god_status use_file(gdi_evaluation *e, const char *path, god_error *err)
{
    GOD_TRY(gdi_plugins_describe(&e->config, &e->layout, NULL, path, &e->plugin, err));
    e->has_plugin = 1;
    if (e->plugin.state != GOD_OK) {
        return god_fail(err, e->plugin.state, "%s", e->plugin.message);
    }
    if (!e->plugin.has_eval) {
        return god_fail(err, GOD_E_INVALID, "the plug-in \"%s\" evaluates nothing", e->plugin.id);
    }
    return GOD_OK;
}

static god_status find_by_id(gdi_evaluation *e, gdi_plugins *plugins, const char *id, god_error *err)
{
    for (uint32_t i = 0; i < plugins->count; i++) {
        if (can_evaluate(plugins, i) && strcmp(plugins->infos[i].id, id) == 0) {
            take_info(e, &plugins->infos[i]);
            return GOD_OK;
        }
    }
    return god_fail(err, GOD_E_NOT_FOUND, "there is no plug-in \"%.100s\" that evaluates, see god plugin list", id);
}

static god_status find_in_list(gdi_evaluation *e, const char *task_type, const char *job_dir, god_error *err)
{
    gdi_plugins plugins;
    GOD_TRY(gdi_plugins_open(&e->config, &e->layout, NULL, &plugins, err));
    god_status status;
    if (e->args->plugin != NULL) {
        status = find_by_id(e, &plugins, e->args->plugin, err);
    } else if (*task_type != '\0') {
        status = find_by_type(e, &plugins, task_type, err);
    } else {
        status = find_by_check(e, &plugins, job_dir, err);
    }
    gdi_plugins_close(&plugins);
    return status;
}

static uint32_t looks_like_file(const char *text)
{
    size_t bytes = strlen(text);
    return strchr(text, '/') != NULL || (bytes > 3 && strcmp(text + bytes - 3, ".so") == 0);
}

god_status gdi_evaluation_find_plugin(gdi_evaluation *evaluation, const char *job_dir, god_error *err)
{
    const char *task_type = "", *asked = evaluation->args->plugin;
    GOD_TRY(god_json_opt_str(evaluation->args->task, evaluation->spec, "task_type", &task_type, err));
    if (asked != NULL && looks_like_file(asked)) {
        GOD_TRY(use_file(evaluation, asked, err));
    } else {
        GOD_TRY(find_in_list(evaluation, task_type, job_dir, err));
    }
    const char *shown = *task_type != '\0' ? task_type : evaluation->plugin.task_types[0];
    (void)snprintf(evaluation->task_type, sizeof evaluation->task_type, "%s", shown);
    return GOD_OK;
}
