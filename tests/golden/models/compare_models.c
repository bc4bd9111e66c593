/* compare_models: the engine against the reference values of tiny models and adapters, one table row per golden file
 * and precision.
 *
 *     compare_models GOLDENS_DIR SCRATCH_DIR [--bases DIR] [--reference] [--sharing] [--precision f32|bf16]
 *                    [NAME ...]
 *
 * GOLDENS_DIR holds the files of make_tiny_models.py or of make_adapters.py; --bases the models that adapters sit on
 * (by default GOLDENS_DIR/../models); SCRATCH_DIR gets the folders. Without names every file is tried and what the
 * engine does not support is a row of its own; what is named must be supported. --reference uses the plain C
 * operations; in bf16 they run the packs alone, because the bulk would take them minutes. --sharing compares no stored
 * values but the engine with itself: packs that share beginnings and packs of whole sequences, which must agree in
 * every bit (golden_sharing.h). Ends with 1 when a number is outside its bound.
 */
#include "golden_pack.h"
#include "golden_sharing.h"
#include "tiny_model.h"

#include "god/helpers/file.h"

#include <string.h>

enum { GOLDEN_BYTES_MAX = 4 << 20 };

typedef struct run_options {
    const char *goldens_dir, *scratch_dir;
    char bases_dir[GOD_PATH_MAX];
    uint32_t reference, sharing, precision; /* precision 0: both */
    char **names;
    int name_count;
} run_options;

/* A golden file, opened. `other` is the perturbed copy of a model; `adapter` belongs to an adapter's file. */
typedef struct open_golden {
    god_nn_engine *engine;
    god_nn_lm *base, *other;
    god_nn_adapter *adapter;
} open_golden;

static void close_golden(open_golden *opened)
{
    god_nn_adapter_close(opened->adapter);
    god_nn_lm_close(opened->other);
    god_nn_lm_close(opened->base);
    god_nn_engine_close(opened->engine);
}

static god_status open_model(const run_options *options, const json_t *golden, const char *folder, double perturbation,
                             god_nn_engine *engine, god_nn_lm **ret_lm, god_error *err)
{
    char dir[GOD_PATH_MAX];
    GOD_TRY(god_path_join(options->scratch_dir, folder, dir, err));
    GOD_TRY(tiny_model_write(dir, golden, perturbation, err));
    return god_nn_lm_open(engine, dir, ret_lm, err);
}

static god_status open_with_copy(const run_options *options, const json_t *golden, open_golden *opened, god_error *err)
{
    double perturbation;
    GOD_TRY(god_json_get_num("golden", golden, "perturbation", &perturbation, err));
    GOD_TRY(open_model(options, golden, "model", 0.0, opened->engine, &opened->base, err));
    return open_model(options, golden, "perturbed", perturbation, opened->engine, &opened->other, err);
}

static god_status open_with_adapter(const run_options *options, const json_t *golden, open_golden *opened,
                                    god_error *err)
{
    char file[128], path[GOD_PATH_MAX];
    const char *base_name;
    json_t *base;
    GOD_TRY(god_json_get_str("golden", golden, "base", &base_name, err));
    (void)snprintf(file, sizeof file, "%s.json", base_name);
    GOD_TRY(god_path_join(options->bases_dir, file, path, err));
    GOD_TRY(god_json_read(path, GOLDEN_BYTES_MAX, &base, err));
    god_status status = open_model(options, base, "base", 0.0, opened->engine, &opened->base, err);
    json_decref(base);
    GOD_TRY(status);
    GOD_TRY(god_path_join(options->scratch_dir, "adapter", path, err));
    GOD_TRY(tiny_adapter_write(path, golden, err));
    return god_nn_adapter_open(opened->base, path, &opened->adapter, err);
}

static god_status open_all(const run_options *options, const json_t *golden, uint32_t precision, open_golden *opened,
                           god_error *err)
{
    god_nn_engine_options engine = {
        .size = sizeof engine, .device = GOD_DEV_CPU, .precision = precision, .reference = options->reference};
    GOD_TRY(god_nn_engine_open(&engine, &opened->engine, err));
    if (json_object_get(golden, "adapter_config") != NULL) {
        return open_with_adapter(options, golden, opened, err);
    }
    return open_with_copy(options, golden, opened, err);
}

static const char *name_of(uint32_t precision)
{
    return precision == GOD_PRECISION_F32 ? "f32" : "bf16";
}

/* What was found out about one golden file. */
typedef struct found {
    golden_agreement nll, kl;
    golden_sharing sharing;
    int with_bulk;
} found;

static god_status compare_bulk(const json_t *golden, const open_golden *opened, golden_pack *room, golden_side scored,
                               golden_side changed, golden_side base, found *all, god_error *err)
{
    golden_bulk bulk;
    GOD_TRY(golden_bulk_read(golden, &bulk, err));
    all->with_bulk = 1;
    return golden_bulk_compare(&bulk, god_nn_lm_info_of(opened->base)->vocab_size, room, scored, changed, base,
                               &all->nll, &all->kl, err);
}

static god_status compare_packs(const json_t *golden, const json_t *packs, const open_golden *opened,
                                const run_options *options, uint32_t precision, found *all, god_error *err)
{
    static golden_pack pack;
    golden_side base = {opened->base, NULL}, copy = {opened->other, NULL}, adapted = {opened->base, opened->adapter};
    const golden_side changed = opened->adapter != NULL ? adapted : copy;
    const golden_side scored = opened->adapter != NULL ? adapted : base;
    for (size_t i = 0; i < json_array_size(packs); i++) {
        GOD_TRY(golden_pack_read(json_array_get(packs, i), name_of(precision), &pack, err));
        if (options->sharing) {
            GOD_TRY(golden_sharing_compare(&pack, changed, base, &all->sharing, err));
        } else {
            GOD_TRY(golden_pack_compare(&pack, scored, changed, base, &all->nll, &all->kl, err));
        }
    }
    if (precision == GOD_PRECISION_BF16 && !options->reference && !options->sharing) {
        GOD_TRY(compare_bulk(golden, opened, &pack, scored, changed, base, all, err));
    }
    return GOD_OK;
}

static god_status compare(const run_options *options, const json_t *golden, uint32_t precision, found *all,
                          god_error *err)
{
    open_golden opened = {0};
    json_t *packs;
    GOD_TRY(god_json_get_array("golden", golden, "packs", &packs, err));
    GOD_TRY(god_dir_remove(options->scratch_dir, err));
    god_status status = open_all(options, golden, precision, &opened, err);
    if (status == GOD_OK) {
        status = compare_packs(golden, packs, &opened, options, precision, all, err);
    }
    close_golden(&opened);
    return status;
}

static int show_agreement(const found *all, const char *name, uint32_t precision)
{
    const golden_agreement *nll = &all->nll, *kl = &all->kl;
    int good = golden_within_bounds(nll, kl, precision, all->with_bulk);
    (void)printf("%-26s %-5s nll %.1e kl %.1e   of sums: nll %+.1e kl %+.1e   %s\n", name, name_of(precision),
                 nll->worst, kl->worst, golden_error_of_sums(nll), golden_error_of_sums(kl), good ? "ok" : "DIFFERS");
    if (!good) {
        (void)printf("    worst nll %.9g, wanted %.9g; worst kl %.9g, wanted %.9g\n", nll->worst_got, nll->worst_wanted,
                     kl->worst_got, kl->worst_wanted);
    }
    return good ? 0 : 1;
}

static int show_sharing(const golden_sharing *sharing, const char *name, uint32_t precision)
{
    int good = sharing->compared > 0 && sharing->different == 0 && sharing->tokens_shared < sharing->tokens_whole;
    (void)printf("%-26s %-5s %lld of %lld numbers differ, %lld tokens instead of %lld   %s\n", name, name_of(precision),
                 (long long)sharing->different, (long long)sharing->compared, (long long)sharing->tokens_shared,
                 (long long)sharing->tokens_whole, good ? "ok" : "DIFFERS");
    return good ? 0 : 1;
}

/* Prints one row; 0 when it is good. */
static int show(const run_options *options, const json_t *golden, const char *name, uint32_t precision)
{
    god_error err = GOD_ERROR_INIT;
    found all = {0};
    god_status status = compare(options, golden, precision, &all, &err);
    if (status != GOD_OK) {
        int excused = status == GOD_E_UNSUPPORTED && options->name_count == 0;
        (void)printf("%-26s %-5s %s: %s\n", name, name_of(precision), excused ? "unsupported" : "FAILED", err.message);
        return excused ? 0 : 1;
    }
    return options->sharing ? show_sharing(&all.sharing, name, precision) : show_agreement(&all, name, precision);
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
    GOD_TRY(god_path_join(tally->options->goldens_dir, file, path, err));
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

/* Fills `options`, which point into argv; 0 when the command line is understood. */
static int parse(int argc, char **argv, run_options *options)
{
    if (argc < 3) {
        return 1;
    }
    options->goldens_dir = argv[1];
    options->scratch_dir = argv[2];
    (void)snprintf(options->bases_dir, sizeof options->bases_dir, "%s/../models", argv[1]);
    int at = 3;
    for (; at < argc && strncmp(argv[at], "--", 2) == 0; at++) {
        if (strcmp(argv[at], "--reference") == 0) {
            options->reference = 1;
        } else if (strcmp(argv[at], "--sharing") == 0) {
            options->sharing = 1;
        } else if (strcmp(argv[at], "--bases") == 0 && at + 1 < argc) {
            (void)snprintf(options->bases_dir, sizeof options->bases_dir, "%s", argv[++at]);
        } else if (strcmp(argv[at], "--precision") == 0 && at + 1 < argc) {
            options->precision = strcmp(argv[++at], "f32") == 0 ? GOD_PRECISION_F32 : GOD_PRECISION_BF16;
        } else {
            return 1;
        }
    }
    options->names = argv + at;
    options->name_count = argc - at;
    return 0;
}

int main(int argc, char **argv)
{
    static run_options options;
    god_error err = GOD_ERROR_INIT;
    if (parse(argc, argv, &options) != 0) {
        (void)fprintf(stderr, "usage: compare_models GOLDENS_DIR SCRATCH_DIR [--bases DIR] [--reference] "
                              "[--sharing] [--precision f32|bf16] [NAME ...]\n");
        return 2;
    }
    run_tally tally = {.options = &options};
    if (god_dir_each(options.goldens_dir, &tally, compare_file, &err) != GOD_OK) {
        (void)fprintf(stderr, "compare_models: %s\n", err.message);
        return 1;
    }
    if (tally.seen == 0 || tally.seen < options.name_count) {
        (void)fprintf(stderr, "compare_models: %d of %d golden files found\n", tally.seen, options.name_count);
        return 1;
    }
    return tally.bad == 0 ? 0 : 1;
}
