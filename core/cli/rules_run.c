#include "core/cli/rules_run.h"

#include "core/cli/rules_compare.h"
#include "core/cli/rules_vector.h"

static const gdi_vector_kind *const kind_lists[] = {
    gdi_rules_bracket_kinds, gdi_rules_emission_kinds, gdi_rules_entry_kinds,
    gdi_rules_fee_kinds,     gdi_rules_game_kinds,     gdi_rules_result_kinds,
    gdi_rules_season_kinds,  gdi_rules_size_kinds,     gdi_rules_weight_kinds,
};

/* The file with its list found and its vectors looked at. */
typedef struct vector_file {
    const json_t *vectors;
    double tolerance_relative;
} vector_file;

static const gdi_vector_kind *find_kind(const char *name)
{
    for (size_t l = 0; l < sizeof kind_lists / sizeof *kind_lists; l++) {
        for (const gdi_vector_kind *kind = kind_lists[l]; kind->name != NULL; kind++) {
            if (strcmp(kind->name, name) == 0) {
                return kind;
            }
        }
    }
    return NULL;
}

static god_status check_vector(const char *where, const json_t *vector, size_t number, god_error *err)
{
    const char *text = NULL;
    char place[64];
    (void)snprintf(place, sizeof place, "vector %zu", number);
    god_status status = god_json_get_str(place, vector, "id", &text, err);
    if (status == GOD_OK) {
        (void)snprintf(place, sizeof place, "vector %zu (\"%.30s\")", number, text);
        status = god_json_get_str(place, vector, "kind", &text, err);
    }
    json_t *in = NULL;
    if (status == GOD_OK) {
        status = god_json_get_object(place, vector, "in", &in, err);
    }
    if (status == GOD_OK && json_object_get(vector, "out") == NULL) {
        status = god_fail(err, GOD_E_DATA, "%s: \"out\" is missing", place);
    }
    return status == GOD_OK ? GOD_OK : god_fail_in(err, "%s", where);
}

static god_status open_file(const char *where, const json_t *file, vector_file *ret_file, god_error *err)
{
    *ret_file = (vector_file){.vectors = file, .tolerance_relative = 1e-9};
    if (json_is_object(file)) {
        json_t *vectors = NULL;
        GOD_TRY(god_json_get_array(where, file, "vectors", &vectors, err));
        GOD_TRY(god_json_opt_num(where, file, "tolerance_relative", &ret_file->tolerance_relative, err));
        ret_file->vectors = vectors;
    }
    if (!json_is_array(ret_file->vectors)) {
        return god_fail(err, GOD_E_DATA, "%s: an array of vectors, or an object with \"vectors\", is needed", where);
    }
    if (!(ret_file->tolerance_relative >= 0 && ret_file->tolerance_relative < 1)) {
        return god_fail(err, GOD_E_DATA, "%s: \"tolerance_relative\" is %g, allowed are 0 up to below 1", where,
                        ret_file->tolerance_relative);
    }
    size_t count = json_array_size(ret_file->vectors);
    if (count > GDI_RULES_VECTORS_MAX) {
        return god_fail(err, GOD_E_DATA, "%s: %zu vectors, allowed are GDI_RULES_VECTORS_MAX (%d)", where, count,
                        GDI_RULES_VECTORS_MAX);
    }
    for (size_t i = 0; i < count; i++) {
        GOD_TRY(check_vector(where, json_array_get(ret_file->vectors, i), i + 1, err));
    }
    return GOD_OK;
}

/* The answer of the rules. *ret_got is owned by the caller. */
static god_status answer_vector(const gdi_rules *rules, gdi_task_kinds *task_kinds, const gdi_vector_kind *kind,
                                const json_t *in, json_t **ret_got, god_error *err)
{
    gdi_vector vector = {.rules = rules, .task_kinds = task_kinds};
    god_status status = kind->answer(&vector, in, ret_got, err);
    gdi_vector_fini(&vector);
    if (status == GOD_OK && (vector.out_of_memory || *ret_got == NULL)) {
        json_decref(*ret_got);
        status = god_fail(err, GOD_E_NOMEM, "out of memory for the answer");
    }
    return status;
}

static void play_vector(const gdi_rules *rules, gdi_task_kinds *task_kinds, const vector_file *file, size_t place,
                        void *user, gdi_vector_result_fn *result, gdi_rules_counts *counts)
{
    const json_t *item = json_array_get(file->vectors, place);
    gdi_vector_result of = {.id = json_string_value(json_object_get(item, "id")),
                            .kind = json_string_value(json_object_get(item, "kind"))};
    const gdi_vector_kind *kind = find_kind(of.kind);
    god_error why = GOD_ERROR_INIT;
    gdi_difference difference;
    json_t *got = NULL;
    if (kind == NULL) {
        (void)god_fail(&why, GOD_E_DATA, "there is no kind \"%.60s\"", of.kind);
        of.message = why.message;
    } else if (answer_vector(rules, task_kinds, kind, json_object_get(item, "in"), &got, &why) != GOD_OK) {
        got = NULL;
        of.message = why.message;
    } else {
        const json_t *expected = json_object_get(item, "out");
        of.passed = gdi_values_agree(expected, got, file->tolerance_relative, kind->sparse, &difference);
        if (!of.passed) {
            of.path = difference.path;
            of.expected = difference.expected;
            of.got = difference.got;
        }
    }
    counts->passed += of.passed != 0;
    counts->failed += of.passed == 0;
    result(user, &of);
    json_decref(got);
}

god_status gdi_rules_run(const char *where, const json_t *file, gdi_task_kinds *task_kinds, void *user,
                         gdi_vector_result_fn *result, gdi_rules_counts *ret_counts, god_error *err)
{
    vector_file opened;
    GOD_TRY(open_file(where, file, &opened, err));
    gdi_rules rules;
    gdi_rules_default(&rules);
    gdi_rules_counts counts = {0};
    for (size_t i = 0; i < json_array_size(opened.vectors); i++) {
        play_vector(&rules, task_kinds, &opened, i, user, result, &counts);
    }
    *ret_counts = counts;
    return GOD_OK;
}
