#include "core/cycles/task_kinds.h"

#include "core/base/layout.h"
#include "core/store/task_rows.h"
#include "god/eval.h"
#include "god/helpers/json.h"

enum { file_bytes_max = 1 << 20, hours_max = 720 };

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

/* The share of a kind in each stage. */
static god_status read_mix(const json_t *item, const char *where, gdi_task_kind *mix, god_error *err)
{
    int64_t group_count = 0, final_count = 0;
    uint32_t may_use_kl = 0;
    GOD_TRY(god_json_opt_num(where, item, "pair_probability", &mix->pair_probability, err));
    GOD_TRY(god_json_opt_int(where, item, "group_count", 0, 1024, &group_count, err));
    GOD_TRY(god_json_opt_int(where, item, "final_count", 0, 1024, &final_count, err));
    GOD_TRY(god_json_opt_bool(where, item, "may_use_kl", &may_use_kl, err));
    if (!(mix->pair_probability >= 0 && mix->pair_probability <= 1)) {
        return god_fail(err, GOD_E_DATA, "%s: \"pair_probability\" is %g, allowed are 0 to 1", where,
                        mix->pair_probability);
    }
    mix->group_count = (uint32_t)group_count;
    mix->final_count = (uint32_t)final_count;
    mix->may_use_kl = may_use_kl != 0;
    return GOD_OK;
}

static god_status read_sizes(const json_t *item, const char *where, gdi_named_task_kind *kind, god_error *err)
{
    int64_t gpu_count = 0;
    kind->hours_factor = kind->gpu_factor = 1.0;
    GOD_TRY(god_json_opt_num(where, item, "hours_factor", &kind->hours_factor, err));
    GOD_TRY(god_json_opt_num(where, item, "gpu_factor", &kind->gpu_factor, err));
    GOD_TRY(god_json_opt_int(where, item, "gpu_count", 1, 1024, &gpu_count, err));
    GOD_TRY(god_json_opt_num(where, item, "hours_min", &kind->hours_min, err));
    kind->hours_max = kind->hours_min;
    GOD_TRY(god_json_opt_num(where, item, "hours_max", &kind->hours_max, err));
    GOD_TRY(god_json_opt_num(where, item, "hours_from_scratch", &kind->hours_from_scratch, err));
    if (!(kind->hours_factor > 0) || !(kind->gpu_factor > 0)) {
        return god_fail(err, GOD_E_DATA, "%s: \"hours_factor\" and \"gpu_factor\" must be above 0", where);
    }
    if (!(kind->hours_min >= 0 && kind->hours_max >= kind->hours_min && kind->hours_max <= hours_max) ||
        !(kind->hours_from_scratch >= 0 && kind->hours_from_scratch <= hours_max)) {
        return god_fail(err, GOD_E_DATA, "%s: hours are %g to %g and %g from scratch, allowed are 0 to %d", where,
                        kind->hours_min, kind->hours_max, kind->hours_from_scratch, hours_max);
    }
    kind->gpu_count = (uint32_t)gpu_count;
    return GOD_OK;
}

static god_status read_filter(const json_t *item, const char *where, uint32_t *ret_filter, god_error *err)
{
    const char *word = "any";
    GOD_TRY(god_json_opt_str(where, item, "dataset_filter", &word, err));
    if (strcmp(word, "any") == 0) {
        *ret_filter = GDI_DATASET_ANY;
    } else if (strcmp(word, "best_loss") == 0) {
        *ret_filter = GDI_DATASET_BEST_LOSS;
    } else if (strcmp(word, "mean_loss") == 0) {
        *ret_filter = GDI_DATASET_MEAN_LOSS;
    } else {
        return god_fail(err, GOD_E_DATA,
                        "%s: \"dataset_filter\" is \"%.40s\", \"any\", \"best_loss\" or \"mean_loss\" is needed", where,
                        word);
    }
    return GOD_OK;
}

static god_status read_families(const json_t *item, const char *where, gdi_named_task_kind *kind, god_error *err)
{
    json_t *families = NULL;
    GOD_TRY(god_json_opt_array(where, item, "families", &families, err));
    if (json_array_size(families) > GDI_TASK_FAMILIES_MAX) {
        return god_fail(err, GOD_E_DATA, "%s: more than %d families", where, GDI_TASK_FAMILIES_MAX);
    }
    for (size_t i = 0; i < json_array_size(families); i++) {
        const json_t *from = json_array_get(families, i);
        gdi_task_family *family = &kind->families[i];
        uint32_t is_opening = 0;
        GOD_TRY(god_json_get_str(where, from, "name", &family->name, err));
        GOD_TRY(god_json_opt_bool(where, from, "opening", &is_opening, err));
        GOD_TRY(god_json_opt_num(where, from, "extra_hours", &family->extra_hours, err));
        family->is_opening = is_opening != 0;
        if (i > 0 && strcmp(kind->families[i - 1].name, family->name) >= 0) {
            return god_fail(err, GOD_E_DATA, "%s: the families must be ascending, \"%.40s\" is out of place", where,
                            family->name);
        }
        if (!(family->extra_hours >= 0 && family->extra_hours <= hours_max)) {
            return god_fail(err, GOD_E_DATA, "%s: family \"%.40s\" adds %g hours, allowed are 0 to %d", where,
                            family->name, family->extra_hours, hours_max);
        }
    }
    kind->family_count = (uint32_t)json_array_size(families);
    return GOD_OK;
}

static god_status read_games(const json_t *item, const char *where, gdi_named_task_kind *kind, god_error *err)
{
    json_t *alone = NULL;
    int64_t games = 0;
    GOD_TRY(god_json_opt_array(where, item, "alone", &alone, err));
    GOD_TRY(god_json_opt_int(where, item, "games", 1, 1000000, &games, err));
    if (json_array_size(alone) > GDI_TASK_ALONE_MAX) {
        return god_fail(err, GOD_E_DATA, "%s: more than %d environments played alone", where, GDI_TASK_ALONE_MAX);
    }
    for (size_t i = 0; i < json_array_size(alone); i++) {
        kind->alone[i] = json_string_value(json_array_get(alone, i));
        if (kind->alone[i] == NULL) {
            return god_fail(err, GOD_E_DATA, "%s: \"alone\" must hold names of environments", where);
        }
    }
    kind->alone_count = (uint32_t)json_array_size(alone);
    kind->games = (uint32_t)games;
    return GOD_OK;
}

static god_status read_table(const json_t *item, const char *where, gdi_named_task_kind *kind, god_error *err)
{
    json_t *columns = NULL;
    GOD_TRY(god_json_opt_str(where, item, "table", &kind->table, err));
    GOD_TRY(god_json_opt_array(where, item, "columns", &columns, err));
    if (json_array_size(columns) > GDI_TASK_KIND_COLUMNS_MAX) {
        return god_fail(err, GOD_E_DATA, "%s: more than %d columns", where, GDI_TASK_KIND_COLUMNS_MAX);
    }
    bool good = kind->table == NULL || gdi_sql_name_is_good(kind->table);
    for (size_t i = 0; i < json_array_size(columns); i++) {
        kind->columns[i] = json_string_value(json_array_get(columns, i));
        good = good && gdi_sql_name_is_good(kind->columns[i]);
    }
    kind->column_count = (uint32_t)json_array_size(columns);
    return good ? GOD_OK
                : god_fail(err, GOD_E_DATA, "%s: \"table\" and \"columns\" must be words of a-z, 0-9 and _", where);
}

static god_status read_switches(const json_t *item, const char *where, gdi_named_task_kind *kind, god_error *err)
{
    uint32_t prepares_model = 0, one_batch = 0, archive = 0;
    GOD_TRY(god_json_opt_bool(where, item, "prepares_model", &prepares_model, err));
    GOD_TRY(god_json_opt_bool(where, item, "one_batch", &one_batch, err));
    GOD_TRY(god_json_opt_bool(where, item, "archive", &archive, err));
    kind->prepares_model = prepares_model != 0;
    kind->one_batch = one_batch != 0;
    kind->archive = archive != 0;
    return GOD_OK;
}

static god_status read_kind(const json_t *item, const char *where, gdi_named_task_kind *kind, god_error *err)
{
    const char *tournament_type = NULL;
    GOD_TRY(god_json_get_str(where, item, "task_type", &kind->task_type, err));
    GOD_TRY(god_json_get_str(where, item, "tournament_type", &tournament_type, err));
    kind->tournament_type = gdi_type_from_name(tournament_type);
    if (kind->tournament_type == 0) {
        return god_fail(err, GOD_E_DATA, "%s: there is no tournament type \"%.40s\"", where, tournament_type);
    }
    GOD_TRY(read_direction(item, where, &kind->direction, err));
    GOD_TRY(read_mix(item, where, &kind->mix, err));
    GOD_TRY(read_sizes(item, where, kind, err));
    GOD_TRY(read_filter(item, where, &kind->dataset_filter, err));
    GOD_TRY(read_switches(item, where, kind, err));
    GOD_TRY(read_families(item, where, kind, err));
    GOD_TRY(read_table(item, where, kind, err));
    return read_games(item, where, kind, err);
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

const gdi_named_task_kind *gdi_task_kind_of(const gdi_task_kinds *task_kinds, const char *task_type)
{
    for (uint32_t i = 0; i < task_kinds->count; i++) {
        if (strcmp(task_kinds->kinds[i].task_type, task_type) == 0) {
            return &task_kinds->kinds[i];
        }
    }
    return NULL;
}

god_status gdi_task_kinds_find(gdi_task_kinds *task_kinds, const char *task_type, const gdi_named_task_kind **ret_kind,
                               god_error *err)
{
    GOD_TRY(gdi_task_kinds_need(task_kinds, err));
    const gdi_named_task_kind *kind = gdi_task_kind_of(task_kinds, task_type);
    if (kind == NULL) {
        return god_fail(err, GOD_E_DATA, "the task type \"%.60s\" is not in the list of task kinds", task_type);
    }
    *ret_kind = kind;
    return GOD_OK;
}

uint32_t gdi_task_kinds_of_type(const gdi_task_kinds *task_kinds, uint32_t tournament_type,
                                const gdi_named_task_kind **ret_kinds)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < task_kinds->count; i++) {
        if (task_kinds->kinds[i].tournament_type == tournament_type) {
            ret_kinds[count++] = &task_kinds->kinds[i];
        }
    }
    return count;
}

bool gdi_task_kind_plays_alone(const gdi_named_task_kind *kind, const char *environment_name)
{
    for (uint32_t i = 0; i < kind->alone_count; i++) {
        if (strcmp(kind->alone[i], environment_name) == 0) {
            return true;
        }
    }
    return false;
}

void gdi_task_kinds_fini(gdi_task_kinds *task_kinds)
{
    if (task_kinds != NULL) {
        json_decref(task_kinds->file);
        task_kinds->file = NULL;
        task_kinds->count = 0;
    }
}
