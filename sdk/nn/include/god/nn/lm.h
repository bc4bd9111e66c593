/* god/nn/lm.h: causal language models: open a base model and adapters, score packs of token ids.
 *
 * An engine is a device with a precision. A model is read from a folder in Hugging Face layout (config.json,
 * *.safetensors) onto an engine. A variant is what was submitted: a PEFT LoRA adapter that shares the base's weights,
 * or a full model of its own. Scoring runs packs: several sequences back to back without padding; attention never
 * crosses a sequence, positions start at 0 in each, and no digit of a row depends on what else is in the pack.
 *
 * Threads: objects are not locked; use an engine and everything opened on it from one thread at a time. [one]
 * Ownership: the engine outlives its models, a model outlives its adapters.
 * Precision: GOD_PRECISION_F32 computes everything in f32. GOD_PRECISION_BF16 stores weights and activations between
 * layers in bf16, sums products in f32, norms and softmax in f32, logits rounded to bf16; see spec section 15.
 */
#ifndef GOD_NN_LM_H
#define GOD_NN_LM_H

#include "god/error.h"
#include "god/eval.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct god_nn_engine god_nn_engine;
typedef struct god_nn_lm god_nn_lm;
typedef struct god_nn_adapter god_nn_adapter;

typedef struct god_nn_engine_options {
    uint32_t size;
    uint32_t device; /* GOD_DEV_CPU or GOD_DEV_CUDA */
    int32_t device_index;
    uint32_t precision;     /* GOD_PRECISION_... */
    uint32_t threads;       /* 0: as many as the process may use */
    uint32_t reference;     /* 1: plain C reference operations, for checks */
    const char *module_dir; /* where god-nn-*.so lie; NULL: $GOD_NN_DIR, then beside the calling object */
} god_nn_engine_options;

god_status god_nn_engine_open(const god_nn_engine_options *options, god_nn_engine **ret_engine, god_error *err);
void god_nn_engine_close(god_nn_engine *engine);                 /* accepts NULL */
const char *god_nn_engine_describe(const god_nn_engine *engine); /* "cpu avx512, bf16, 2 threads" */

/* Bytes of weights on the device now, and the most there were at once. Counted by the device, not measured: the same in
 * every run of the same job. */
void god_nn_engine_weight_bytes(const god_nn_engine *engine, uint64_t *ret_now, uint64_t *ret_most);

/* What config.json says, read with limits, before any weight is touched. */
typedef struct god_nn_lm_info {
    uint32_t size;
    char architecture[64]; /* first entry of `architectures` */
    char model_type[64];
    int64_t vocab_size, hidden_size, layers, heads, kv_heads, head_dim, intermediate_size;
    int64_t max_position_embeddings; /* 0 when absent */
    uint32_t tied;                   /* output matrix = embedding matrix */
    uint64_t parameters;             /* 0 until the weights have been opened */
    uint32_t reinitialised;          /* matrices that did not fit by one row and hold fresh random numbers instead */
} god_nn_lm_info;

/* Reads config.json alone. */
god_status god_nn_lm_read_info(const char *model_dir, god_nn_lm_info *ret_info, god_error *err);

/* Opens a full model. Missing, surplus or wrongly shaped tensors, NaN or infinite weights, holes or overlaps in a
 * shard are GOD_E_DATA with a sentence that names the tensor. Surplus tensors are an error only when no rule of the
 * architecture names them as harmless.
 *
 * An embedding or output matrix with exactly one row more or less than `vocab_size` is replaced by fresh normal numbers
 * of the model's initializer_range, as the field's reference loads such a model; its numbers come from an unseeded
 * generator, ours from a fixed one. info.reinitialised counts them: whoever shows the score says so. */
god_status god_nn_lm_open(god_nn_engine *engine, const char *model_dir, god_nn_lm **ret_lm, god_error *err);
void god_nn_lm_close(god_nn_lm *lm); /* accepts NULL */
const god_nn_lm_info *god_nn_lm_info_of(const god_nn_lm *lm);

/* Gives back everything but the output matrix: the model can be the reference of a divergence from then on and nothing
 * else. States that it made stay valid. Its adapters have been closed. */
void god_nn_lm_keep_head(god_nn_lm *lm);

/* 1 when the folder is an adapter: it has adapter_config.json at its top. */
uint32_t god_nn_adapter_is(const char *model_dir);
/* Opens a LoRA adapter in PEFT layout against its base; it stays unmerged. An adapter whose tensors name modules the
 * base lacks or whose shapes do not fit is GOD_E_DATA ("... was made for another base model"). When a tokenizer
 * lies beside it that has more entries than the base has rows, it has to bring an embedding and a head of that size. */
god_status god_nn_adapter_open(god_nn_lm *base, const char *model_dir, god_nn_adapter **ret_adapter, god_error *err);
void god_nn_adapter_close(god_nn_adapter *adapter); /* accepts NULL */

/* Digest over names, dtypes, shapes and bytes of all tensors, independent of sharding and file order; 65 bytes.
 * Two folders with equal digests hold the same weights. Works on full models and on adapters, touches no engine. */
god_status god_nn_weights_digest(const char *model_dir, char ret_hex[65], god_error *err);

/* Sequences back to back. Sequence s is ids[starts[s]] .. ids[starts[s+1]-1]; starts has sequence_count + 1 entries.
 *
 * Sequences that begin alike can share their beginning: with prefixes[s] = p >= 0, sequence s goes on where sequence p,
 * an earlier one without a prefix of its own, ends. Its rows give the digits, bit for bit, of a sequence that holds the
 * ids of p and then its own, and the rows of p are run once:
 *
 *     ids       p p p p  a a a  b b      two answers a and b to the prompt p
 *     starts    0        4      7    9
 *     prefixes  -1       0      0
 *
 * Where the frequencies of the rotary embedding depend on a sequence's length (rope types dynamic and longrope, beyond
 * the original context), the engine runs such sequences whole instead; a prefix's own rows are then those of a sequence
 * that ends where it ends. */
typedef struct god_nn_pack {
    const int32_t *ids;
    const int64_t *starts;
    int64_t sequence_count;
    const int64_t *prefixes; /* sequence_count entries, -1: none; NULL: no sequence has one */
} god_nn_pack;

/* Final hidden states (after the last norm) of chosen rows, kept on the engine: what the output matrix is applied to.
 * The base's states are kept once and compared with every submission, which is far smaller than its logits. */
typedef struct god_nn_states god_nn_states;

/* Runs the model over the pack and keeps the states of `row_count` rows; rows are indices into pack.ids, ascending.
 * adapter may be NULL. */
god_status god_nn_lm_states(god_nn_lm *lm, const god_nn_adapter *adapter, const god_nn_pack *pack, const int64_t *rows,
                            int64_t row_count, god_nn_states **ret_states, god_error *err);
void god_nn_states_free(god_nn_states *states); /* accepts NULL */

/* For row r of the states: ret_nll[r] = lse(z) - z[targets[r]] in nats, in f32 arithmetic over all vocabulary tiles
 * (streaming log-sum-exp: no row of logits is stored whole). targets[r] = -1 skips a row and writes 0.
 * The head is that of lm (with the adapter's own head, where it has one). */
god_status god_nn_lm_nll(god_nn_lm *lm, const god_nn_adapter *adapter, const god_nn_states *states,
                         const int32_t *targets, double *ret_nll, god_error *err);

/* KL(model || reference) per row, full vocabulary, temperature 1, nats: sum over v of p(v) (log p(v) - log q(v)),
 * where p comes from (lm, adapter, states) and q from (reference, NULL, reference_states). Both vocabularies must have
 * the same size. mask[r] = 0 skips a row and writes 0. */
god_status god_nn_lm_kl(god_nn_lm *lm, const god_nn_adapter *adapter, const god_nn_states *states, god_nn_lm *reference,
                        const god_nn_states *reference_states, const uint8_t *mask, double *ret_kl, god_error *err);

/* Both at once: what god_nn_lm_nll and god_nn_lm_kl give, bit for bit, with one product of the output matrix on each
 * side instead of one more. */
god_status god_nn_lm_nll_kl(god_nn_lm *lm, const god_nn_adapter *adapter, const god_nn_states *states,
                            const int32_t *targets, god_nn_lm *reference, const god_nn_states *reference_states,
                            const uint8_t *mask, double *ret_nll, double *ret_kl, god_error *err);

/* ---- what a pass costs, before anything is loaded ---- */

/* One pass over packs. `pairs` are those of a token and one that it attends to, counted as if there were no windows;
 * the output matrix is applied to head_rows rows. */
typedef struct god_nn_load {
    uint64_t tokens, pairs, head_rows;
} god_nn_load;

typedef struct god_nn_cost {
    uint32_t size;
    double flops;          /* of products, a multiply-add counted as two; everything else is a few percent of it */
    uint64_t weight_bytes; /* on the device, and read at least once for each pack */
} god_nn_cost;

/* From config.json alone, and the sizes of an adapter's files (adapter_dir NULL: none). Of experts those count that a
 * token visits. */
god_status god_nn_lm_cost(const char *model_dir, const char *adapter_dir, uint32_t precision, const god_nn_load *load,
                          god_nn_cost *ret_cost, god_error *err);

/* Bytes that a pass over a pack of `tokens` holds on the device beside the weights, at most: buffers, states of every
 * row of two models, and two tiles of logits, with LoRA branches. From config.json alone. */
god_status god_nn_lm_pass_bytes(const char *model_dir, uint32_t device, uint32_t precision, uint64_t tokens,
                                uint64_t *ret_bytes, god_error *err);

/* Products per second that the engine reaches right now, measured on a product of its own for about 0.05 s. */
god_status god_nn_engine_flops(god_nn_engine *engine, double *ret_flops_per_s, god_error *err);

#ifdef __cplusplus
}
#endif
#endif
