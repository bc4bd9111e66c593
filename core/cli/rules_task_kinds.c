#include "core/cli/rules_task_kinds.h"

#include "core/base/layout.h"
#include "god/eval.h"
#include "god/helpers/json.h"

enum { file_bytes_max = 1 << 20 };

static god_status read_direction(const json_t *item, const char *where, uint32_t *ret_direction, god_error *err)
{
    const char *word = NULL;
    GOD_TRY(god_json_get_str(where, item, "direction", &word, err));
    if (strcmp(word, "lower") == 0) {
        *ret_direction = GOD_LOWER_WINS;
    } else if (strcmp(word, "higher") == 0) {
        *ret_direction = GOD_HIGHER_WINS;
    } else {
        return god_fail(err, GOD_E_DATA, "%s: \"direction\" is \"%.40s\", \"lower\" or \"higher\" is needed", where,
                        word);
    }
    return GOD_OK;
}

static god_status read_sizes(const json_t *item, const char *where, gdi_named_task_kind *kind, god_error *err)
{
    int64_t gpu_count = 0, group_count = 0, final_count = 0;
    kind->hours_factor = kind->gpu_factor = 1.0;
    GOD_TRY(god_json_opt_num(where, item, "hours_factor", &kind->hours_factor, err));
    GOD_TRY(god_json_opt_num(where, item, "gpu_factor", &kind->gpu_factor, err));
    GOD_TRY(god_json_opt_int(where, item, "gpu_count", 1, 1024, &gpu_count, err));
    GOD_TRY(god_json_opt_num(where, item, "pair_probability", &kind->mix.pair_probability, err));
    GOD_TRY(god_json_opt_int(where, item, "group_count", 0, 1024, &group_count, err));
    GOD_TRY(god_json_opt_int(where, item, "final_count", 0, 1024, &final_count, err));
    if (!(kind->hours_factor > 0) || !(kind->gpu_factor > 0)) {
        return god_fail(err, GOD_E_DATA, "%s: \"hours_factor\" and \"gpu_factor\" must be above 0", where);
    }
    if (!(kind->mix.pair_probability >= 0 && kind->mix.pair_probability <= 1)) {
        return god_fail(err, GOD_E_DATA, "%s: \"pair_probability\" is %g, allowed are 0 to 1", where,
                        kind->mix.pair_probability);
    }
    kind->gpu_count = (uint32_t)gpu_count;
    kind->mix.group_count = (uint32_t)group_count;
    kind->mix.final_count = (uint32_t)final_count;
    return GOD_OK;
}

static god_status read_kind(const json_t *item, const char *where, gdi_named_task_kind *kind, god_error *err)
{
    const char *tournament_type = NULL;
    uint32_t may_use_kl = 0;
    GOD_TRY(god_json_get_str(where, item, "task_type", &kind->task_type, err));
    GOD_TRY(god_json_get_str(where, item, "tournament_type", &tournament_type, err));
    kind->tournament_type = gdi_type_from_name(tournament_type);
    if (kind->tournament_type == 0) {
        return god_fail(err, GOD_E_DATA, "%s: there is no tournament type \"%.40s\"", where, tournament_type);
    }
    GOD_TRY(read_direction(item, where, &kind->direction, err));
    GOD_TRY(god_json_opt_bool(where, item, "may_use_kl", &may_use_kl, err));
    kind->mix.may_use_kl = may_use_kl != 0;
    return read_sizes(item, where, kind, err);
}

static god_status read_file(gdi_task_kinds *task_kinds, const char *path, god_error *err)
{
    GOD_TRY(god_json_read(path, file_bytes_max, &task_kinds->file, err));
    size_t count = json_array_size(task_kinds->file);
    if (count == 0 || count > GDI_TASK_KINDS_MAX) {
        return god_fail(err, GOD_E_DATA, "%s: an array of 1 to %d task kinds is needed", path, GDI_TASK_KINDS_MAX);
    }
    for (size_t i = 0; i < count; i++) {
        char where[64];
        (void)snprintf(where, sizeof where, "task kind %zu", i + 1);
        god_status status = read_kind(json_array_get(task_kinds->file, i), where, &task_kinds->kinds[i], err);
        if (status != GOD_OK) {
            return god_fail_in(err, "%s", path);
        }
    }
    task_kinds->count = (uint32_t)count;
    return GOD_OK;
}

god_status gdi_task_kinds_need(gdi_task_kinds *task_kinds, god_error *err)
{
    if (task_kinds->count > 0) {
        return GOD_OK;
    }
    char path[GOD_PATH_MAX];
    const char *from = task_kinds->path;
    if (from == NULL) {
        gdi_layout layout;
        GOD_TRY(gdi_layout_find(&layout, err));
        GOD_TRY(god_path_join(layout.root, "share/god/task-kinds.json", path, err));
        from = path;
    }
    if (read_file(task_kinds, from, err) != GOD_OK) {
        gdi_task_kinds_fini(task_kinds);
        return god_fail_in(err, "the list of task kinds");
    }
    return GOD_OK;
}

god_status gdi_task_kinds_find(gdi_task_kinds *task_kinds, const char *task_type, const gdi_named_task_kind **ret_kind,
                               god_error *err)
{
    GOD_TRY(gdi_task_kinds_need(task_kinds, err));
    for (uint32_t i = 0; i < task_kinds->count; i++) {
        if (strcmp(task_kinds->kinds[i].task_type, task_type) == 0) {
            *ret_kind = &task_kinds->kinds[i];
            return GOD_OK;
        }
    }
    return god_fail(err, GOD_E_DATA, "the task type \"%.60s\" is not in the list of task kinds", task_type);
}

void gdi_task_kinds_fini(gdi_task_kinds *task_kinds)
{
    if (task_kinds != NULL) {
        json_decref(task_kinds->file);
        task_kinds->file = NULL;
        task_kinds->count = 0;
    }
}
