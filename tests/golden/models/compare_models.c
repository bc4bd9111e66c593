/* compare_models: the engine against the reference values of tiny models, one table row per model and precision.
 *
 *     compare_models MODELS_DIR SCRATCH_DIR [--reference] [--precision f32|bf16] [NAME ...]
 *
 * MODELS_DIR holds the golden files of make_tiny_models.py; SCRATCH_DIR gets the model folders. Without names every
 * file is tried and an architecture that the engine does not know is a row of its own; a model that is named must be
 * supported. --reference uses the plain C operations. Ends with 1 when a number is outside its bound.
 *
 * Bounds (their reasons are in make_tiny_models.py): f32 compares each number, bf16 the sums over all packs.
 */
#include "tiny_model.h"

#include "god/helpers/file.h"
#include "god/nn/lm.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define F32_BOUND 1e-5 /* of max(1, |wanted|), each number */
#define BF16_NLL_BOUND 2e-3
#define BF16_KL_BOUND 5e-3

enum { GOLDEN_BYTES_MAX = 4 << 20, IDS_MAX = 4096 };

typedef struct run_options {
    const char *models_dir, *scratch_dir;
    uint32_t reference, precision; /* precision 0: both */
    char **names;
    int name_count;
} run_options;

/* What is known about one of the two numbers per position, over all packs. */
typedef struct agreement {
    double worst;       /* largest |a - b| / max(1, |b|) */
    double got, wanted; /* sums */
    double worst_got, worst_wanted;
} agreement;

/* One pack, read from JSON: ids back to back and what each row should give. */
typedef struct golden_pack {
    int32_t ids[IDS_MAX], targets[IDS_MAX];
    int64_t starts[IDS_MAX + 1], rows[IDS_MAX];
    double nll[IDS_MAX], kl[IDS_MAX];
    int64_t count, sequences;
} golden_pack;

typedef struct open_models {
    god_nn_engine *engine;
    god_nn_lm *model, *perturbed;
} open_models;

static void add(agreement *all, double got, double wanted)
{
    double error = fabs(got - wanted) / fmax(1.0, fabs(wanted));
    all->got += got;
    all->wanted += wanted;
    if (!(error <= all->worst)) { /* NaN counts as worst */
        all->worst = error;
        all->worst_got = got;
        all->worst_wanted = wanted;
    }
}

static double of_sums(const agreement *all)
{
    return fabs(all->got - all->wanted) / fabs(all->wanted);
}

/* The numbers of one sequence; the last position has no target, and so no nll. */
static god_status read_sequence(const json_t *ids, const json_t *nll, const json_t *kl, golden_pack *pack,
                                god_error *err)
{
    int64_t n = (int64_t)json_array_size(ids);
    if (n < 1 || pack->count + n > IDS_MAX || (int64_t)json_array_size(nll) != n - 1 ||
        (int64_t)json_array_size(kl) != n) {
        return god_fail(err, GOD_E_DATA, "sequence %lld does not fit its numbers", (long long)pack->sequences);
    }
    for (int64_t t = 0; t < n; t++) {
        int64_t row = pack->count + t;
        pack->rows[row] = row;
        pack->ids[row] = (int32_t)json_integer_value(json_array_get(ids, (size_t)t));
        pack->targets[row] = t + 1 < n ? (int32_t)json_integer_value(json_array_get(ids, (size_t)t + 1)) : -1;
        pack->nll[row] = json_number_value(json_array_get(nll, (size_t)t)); /* 0 past the end */
        pack->kl[row] = json_number_value(json_array_get(kl, (size_t)t));
    }
    pack->starts[pack->sequences++] = pack->count;
    pack->count += n;
    pack->starts[pack->sequences] = pack->count;
    return GOD_OK;
}

static god_status read_pack(const json_t *json, const char *precision, golden_pack *pack, god_error *err)
{
    json_t *ids, *numbers, *nll, *kl;
    GOD_TRY(god_json_get_array("pack", json, "ids", &ids, err));
    GOD_TRY(god_json_get_object("pack", json, precision, &numbers, err));
    GOD_TRY(god_json_get_array("pack", numbers, "nll", &nll, err));
    GOD_TRY(god_json_get_array("pack", numbers, "kl", &kl, err));
    pack->count = pack->sequences = 0;
    for (size_t s = 0; s < json_array_size(ids); s++) {
        GOD_TRY(read_sequence(json_array_get(ids, s), json_array_get(nll, s), json_array_get(kl, s), pack, err));
    }
    return GOD_OK;
}

static god_status compare_pack(const open_models *opened, const golden_pack *pack, agreement *nll, agreement *kl,
                               god_error *err)
{
    static double got[IDS_MAX];
    static uint8_t mask[IDS_MAX];
    god_nn_states *states = NULL, *perturbed = NULL;
    god_nn_pack sequences = {pack->ids, pack->starts, pack->sequences};
    god_status status = god_nn_lm_states(opened->model, NULL, &sequences, pack->rows, pack->count, &states, err);
    if (status == GOD_OK) {
        status = god_nn_lm_states(opened->perturbed, NULL, &sequences, pack->rows, pack->count, &perturbed, err);
    }
    if (status == GOD_OK) {
        status = god_nn_lm_nll(opened->model, NULL, states, pack->targets, got, err);
    }
    for (int64_t row = 0; status == GOD_OK && row < pack->count; row++) {
        if (pack->targets[row] >= 0) {
            add(nll, got[row], pack->nll[row]);
        }
    }
    (void)memset(mask, 1, sizeof mask);
    if (status == GOD_OK) {
        status = god_nn_lm_kl(opened->perturbed, NULL, perturbed, opened->model, states, mask, got, err);
    }
    for (int64_t row = 0; status == GOD_OK && row < pack->count; row++) {
        add(kl, got[row], pack->kl[row]);
    }
    god_nn_states_free(states);
    god_nn_states_free(perturbed);
    return status;
}

static void close_all(open_models *opened)
{
    god_nn_lm_close(opened->perturbed);
    god_nn_lm_close(opened->model);
    god_nn_engine_close(opened->engine);
}

static god_status write_and_open(const run_options *options, const json_t *golden, const char *name,
                                 double perturbation, god_nn_engine *engine, god_nn_lm **ret_lm, god_error *err)
{
    char folder[GOD_PATH_MAX], dir[GOD_PATH_MAX];
    (void)snprintf(folder, sizeof folder, "%s%s", name, perturbation != 0.0 ? ".perturbed" : "");
    GOD_TRY(god_path_join(options->scratch_dir, folder, dir, err));
    GOD_TRY(tiny_model_write(dir, golden, perturbation, err));
    return god_nn_lm_open(engine, dir, ret_lm, err);
}

static god_status open_all(const run_options *options, const json_t *golden, const char *name, uint32_t precision,
                           open_models *opened, god_error *err)
{
    double perturbation;
    god_nn_engine_options engine = {
        .size = sizeof engine, .device = GOD_DEV_CPU, .precision = precision, .reference = options->reference};
    GOD_TRY(god_json_get_num(name, golden, "perturbation", &perturbation, err));
    GOD_TRY(god_nn_engine_open(&engine, &opened->engine, err));
    GOD_TRY(write_and_open(options, golden, name, 0.0, opened->engine, &opened->model, err));
    return write_and_open(options, golden, name, perturbation, opened->engine, &opened->perturbed, err);
}

static god_status compare(const run_options *options, const json_t *golden, const char *name, uint32_t precision,
                          agreement *nll, agreement *kl, god_error *err)
{
    static golden_pack pack;
    open_models opened = {0};
    json_t *packs;
    god_status status = god_json_get_array(name, golden, "packs", &packs, err);
    if (status == GOD_OK) {
        status = open_all(options, golden, name, precision, &opened, err);
    }
    for (size_t i = 0; status == GOD_OK && i < json_array_size(packs); i++) {
        status = read_pack(json_array_get(packs, i), precision == GOD_PRECISION_F32 ? "f32" : "bf16", &pack, err);
        if (status == GOD_OK) {
            status = compare_pack(&opened, &pack, nll, kl, err);
        }
    }
    close_all(&opened);
    return status;
}

/* Prints one row; 0 when it is good. */
static int show(const run_options *options, const json_t *golden, const char *name, uint32_t precision)
{
    god_error err = GOD_ERROR_INIT;
    agreement nll = {0}, kl = {0};
    const char *precision_name = precision == GOD_PRECISION_F32 ? "f32" : "bf16";
    god_status status = compare(options, golden, name, precision, &nll, &kl, &err);
    if (status != GOD_OK) {
        int excused = status == GOD_E_UNSUPPORTED && options->name_count == 0;
        (void)printf("%-26s %-5s %s: %s\n", name, precision_name, excused ? "unsupported" : "FAILED", err.message);
        return excused ? 0 : 1;
    }
    int good = precision == GOD_PRECISION_F32 ? nll.worst <= F32_BOUND && kl.worst <= F32_BOUND
                                              : of_sums(&nll) <= BF16_NLL_BOUND && of_sums(&kl) <= BF16_KL_BOUND;
    (void)printf("%-26s %-5s nll %.1e kl %.1e   of sums: nll %.1e kl %.1e   %s\n", name, precision_name, nll.worst,
                 kl.worst, of_sums(&nll), of_sums(&kl), good ? "ok" : "DIFFERS");
    if (!good) {
        (void)printf("    worst nll %.9g, wanted %.9g; worst kl %.9g, wanted %.9g\n", nll.worst_got, nll.worst_wanted,
                     kl.worst_got, kl.worst_wanted);
    }
    return good ? 0 : 1;
}

static int is_chosen(const run_options *options, const char *name)
{
    for (int i = 0; i < options->name_count; i++) {
        if (strcmp(options->names[i], name) == 0) {
            return 1;
        }
    }
    return options->name_count == 0;
}

typedef struct run_tally {
    const run_options *options;
    int seen, bad;
} run_tally;

static god_status compare_file(void *user, const char *file, god_error *err)
{
    run_tally *tally = user;
    char name[128], path[GOD_PATH_MAX];
    size_t length = strlen(file);
    if (length < 6 || length - 5 >= sizeof name || strcmp(file + length - 5, ".json") != 0) {
        return GOD_OK;
    }
    (void)snprintf(name, sizeof name, "%.*s", (int)(length - 5), file);
    if (!is_chosen(tally->options, name)) {
        return GOD_OK;
    }
    json_t *golden;
    GOD_TRY(god_path_join(tally->options->models_dir, file, path, err));
    GOD_TRY(god_json_read(path, GOLDEN_BYTES_MAX, &golden, err));
    tally->seen++;
    for (uint32_t precision = GOD_PRECISION_BF16; precision <= GOD_PRECISION_F32; precision++) {
        if (tally->options->precision == 0 || tally->options->precision == precision) {
            tally->bad += show(tally->options, golden, name, precision);
        }
    }
    json_decref(golden);
    return GOD_OK;
}

static int parse(int argc, char **argv, run_options *ret_options)
{
    run_options options = {0};
    if (argc < 3) {
        return 1;
    }
    options.models_dir = argv[1];
    options.scratch_dir = argv[2];
    int at = 3;
    for (; at < argc && strncmp(argv[at], "--", 2) == 0; at++) {
        if (strcmp(argv[at], "--reference") == 0) {
            options.reference = 1;
        } else if (strcmp(argv[at], "--precision") == 0 && at + 1 < argc) {
            at++;
            options.precision = strcmp(argv[at], "f32") == 0 ? GOD_PRECISION_F32 : GOD_PRECISION_BF16;
        } else {
            return 1;
        }
    }
    options.names = argv + at;
    options.name_count = argc - at;
    *ret_options = options;
    return 0;
}

int main(int argc, char **argv)
{
    god_error err = GOD_ERROR_INIT;
    run_options options;
    if (parse(argc, argv, &options) != 0) {
        (void)fprintf(stderr, "usage: compare_models MODELS_DIR SCRATCH_DIR [--reference] [--precision f32|bf16] "
                              "[NAME ...]\n");
        return 2;
    }
    run_tally tally = {.options = &options};
    if (god_dir_each(options.models_dir, &tally, compare_file, &err) != GOD_OK) {
        (void)fprintf(stderr, "compare_models: %s\n", err.message);
        return 1;
    }
    if (tally.seen == 0 || tally.seen < options.name_count) {
        (void)fprintf(stderr, "compare_models: %d of %d models found\n", tally.seen, options.name_count);
        return 1;
    }
    return tally.bad == 0 ? 0 : 1;
}
