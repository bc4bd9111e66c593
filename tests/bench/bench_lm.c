/* tests/bench/bench_lm.c: how fast the engine scores a model. Called by bench_models.py, which compares.
 *
 *     GOD_NN_DIR=build/lib/god/nn bench-lm MODEL_DIR f32|bf16 SEQUENCES LENGTH PASSES [ADAPTER_DIR]
 *
 * Loads the model, then scores random ids: SEQUENCES of LENGTH in one pack, every position's loss, PASSES times. Prints
 * one line of JSON: seconds of wall and of processor time to load and of the fastest pass, the mean loss, the peak of
 * memory in MiB and the engine. With an adapter also the processor time that the output matrix takes for its losses and
 * divergences from the model, all states kept: one after the other (apart) and at once, in turns. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#include "god/nn/lm.h"

typedef struct moment {
    double wall_s, cpu_s;
} moment;

static double seconds_of(clockid_t clock)
{
    struct timespec now;
    (void)clock_gettime(clock, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

static moment since(moment begin)
{
    return (moment){seconds_of(CLOCK_MONOTONIC) - begin.wall_s, seconds_of(CLOCK_PROCESS_CPUTIME_ID) - begin.cpu_s};
}

static void need(god_status status, const god_error *err)
{
    if (status != GOD_OK) {
        fprintf(stderr, "bench-lm: %s\n", err->message);
        exit(1);
    }
}

/* Ids, targets and rows of a pack in which every row but the last of each sequence is scored. */
typedef struct work {
    god_nn_pack pack;
    int32_t *ids, *targets;
    int64_t *starts, *rows, tokens;
    double *nll, *kl;
    uint8_t *mask;
} work;

static work work_of(int64_t sequences, int64_t length, int64_t vocab_size)
{
    work w = {.tokens = sequences * length};
    uint64_t random = 1;
    w.ids = calloc((size_t)w.tokens, sizeof *w.ids);
    w.targets = calloc((size_t)w.tokens, sizeof *w.targets);
    w.rows = calloc((size_t)w.tokens, sizeof *w.rows);
    w.nll = calloc((size_t)w.tokens, sizeof *w.nll);
    w.kl = calloc((size_t)w.tokens, sizeof *w.kl);
    w.mask = calloc((size_t)w.tokens, sizeof *w.mask);
    w.starts = calloc((size_t)sequences + 1, sizeof *w.starts);
    if (w.ids == NULL || w.targets == NULL || w.rows == NULL || w.nll == NULL || w.kl == NULL || w.mask == NULL ||
        w.starts == NULL) {
        fprintf(stderr, "bench-lm: out of memory\n");
        exit(1);
    }
    for (int64_t i = 0; i < w.tokens; i++) {
        random = random * 6364136223846793005u + 1442695040888963407u;
        w.ids[i] = (int32_t)((random >> 33) % (uint64_t)vocab_size);
        w.rows[i] = i;
    }
    for (int64_t i = 0; i < w.tokens; i++) {
        w.targets[i] = (i + 1) % length != 0 ? w.ids[i + 1] : -1;
        w.mask[i] = w.targets[i] >= 0;
    }
    for (int64_t s = 0; s <= sequences; s++) {
        w.starts[s] = s * length;
    }
    w.pack = (god_nn_pack){w.ids, w.starts, sequences, NULL};
    return w;
}

static double score(god_nn_lm *lm, const god_nn_adapter *adapter, const work *w)
{
    god_error err = GOD_ERROR_INIT;
    god_nn_states *states = NULL;
    double sum = 0.0;
    need(god_nn_lm_states(lm, adapter, &w->pack, w->rows, w->tokens, &states, &err), &err);
    need(god_nn_lm_nll(lm, adapter, states, w->targets, w->nll, &err), &err);
    god_nn_states_free(states);
    for (int64_t i = 0; i < w->tokens; i++) {
        sum += w->nll[i];
    }
    return sum / (double)(w->tokens - w->pack.sequence_count);
}

/* Losses and divergences from kept states; the processor time. */
static double diverge(god_nn_lm *lm, const god_nn_adapter *adapter, const god_nn_states *states,
                      const god_nn_states *base, const work *w, uint32_t at_once)
{
    god_error err = GOD_ERROR_INIT;
    const moment begin = since((moment){0.0, 0.0});
    if (at_once) {
        need(god_nn_lm_nll_kl(lm, adapter, states, w->targets, lm, base, w->mask, w->nll, w->kl, &err), &err);
    } else {
        need(god_nn_lm_nll(lm, adapter, states, w->targets, w->nll, &err), &err);
        need(god_nn_lm_kl(lm, adapter, states, lm, base, w->mask, w->kl, &err), &err);
    }
    return since(begin).cpu_s;
}

static void compare_divergences(god_nn_lm *lm, const god_nn_adapter *adapter, const work *w, long passes,
                                double ret_best_s[2])
{
    god_error err = GOD_ERROR_INIT;
    god_nn_states *states = NULL, *base = NULL;
    need(god_nn_lm_states(lm, NULL, &w->pack, w->rows, w->tokens, &base, &err), &err);
    need(god_nn_lm_states(lm, adapter, &w->pack, w->rows, w->tokens, &states, &err), &err);
    for (long pass = 0; pass < 4 * passes; pass++) {
        for (uint32_t at_once = 0; at_once < 2; at_once++) {
            const double taken_s = diverge(lm, adapter, states, base, w, at_once);
            ret_best_s[at_once] = pass == 0 || taken_s < ret_best_s[at_once] ? taken_s : ret_best_s[at_once];
        }
    }
    god_nn_states_free(states);
    god_nn_states_free(base);
}

int main(int argc, char **argv)
{
    god_error err = GOD_ERROR_INIT;
    god_nn_engine *engine = NULL;
    god_nn_lm *lm = NULL;
    god_nn_adapter *adapter = NULL;
    const moment zero = {0.0, 0.0};
    if (argc < 6) {
        fprintf(stderr, "usage: bench-lm MODEL_DIR f32|bf16 SEQUENCES LENGTH PASSES [ADAPTER_DIR]\n");
        return 2;
    }
    const god_nn_engine_options options = {.size = sizeof options,
                                           .device = GOD_DEV_CPU,
                                           .precision =
                                               strcmp(argv[2], "f32") == 0 ? GOD_PRECISION_F32 : GOD_PRECISION_BF16};
    moment begin = since(zero);
    need(god_nn_engine_open(&options, &engine, &err), &err);
    need(god_nn_lm_open(engine, argv[1], &lm, &err), &err);
    if (argc > 6) {
        need(god_nn_adapter_open(lm, argv[6], &adapter, &err), &err);
    }
    const moment load = since(begin);
    work w = work_of(strtoll(argv[3], NULL, 10), strtoll(argv[4], NULL, 10), god_nn_lm_info_of(lm)->vocab_size);
    moment best = {1e9, 1e9};
    double mean = 0.0;
    for (long pass = 0; pass < strtol(argv[5], NULL, 10); pass++) {
        begin = since(zero);
        mean = score(lm, adapter, &w);
        const moment taken = since(begin);
        best.wall_s = taken.wall_s < best.wall_s ? taken.wall_s : best.wall_s;
        best.cpu_s = taken.cpu_s < best.cpu_s ? taken.cpu_s : best.cpu_s;
    }
    double diverged_s[2] = {0.0, 0.0};
    if (adapter != NULL) {
        compare_divergences(lm, adapter, &w, strtol(argv[5], NULL, 10), diverged_s);
    }
    struct rusage usage;
    (void)getrusage(RUSAGE_SELF, &usage);
    printf("{\"tokens\": %lld, \"wall_s\": %.4f, \"cpu_s\": %.4f, \"load_wall_s\": %.4f, \"load_cpu_s\": %.4f, "
           "\"loss\": %.6f, \"head_apart_cpu_s\": %.4f, \"head_at_once_cpu_s\": %.4f, \"peak_mib\": %.1f, \"engine\": "
           "\"%s\"}\n",
           (long long)w.tokens, best.wall_s, best.cpu_s, load.wall_s, load.cpu_s, mean, diverged_s[0], diverged_s[1],
           (double)usage.ru_maxrss / 1024.0, god_nn_engine_describe(engine));
    god_nn_adapter_close(adapter);
    god_nn_lm_close(lm);
    god_nn_engine_close(engine);
    free(w.ids);
    free(w.targets);
    free(w.rows);
    free(w.nll);
    free(w.kl);
    free(w.mask);
    free(w.starts);
    return 0;
}
