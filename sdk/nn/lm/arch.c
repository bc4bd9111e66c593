#include "lm/arch.h"

#include <stdio.h>
#include <string.h>

#include "ops/norm.h"

/* Buffers that older versions of the families' code wrote into their checkpoints. */
static const char *const rotary_buffers[] = {".rotary_emb.inv_freq", NULL};
static const char *const gpt2_buffers[] = {".attn.bias", ".attn.masked_bias", NULL};
static const char *const neox_buffers[] = {".attention.bias", ".attention.masked_bias", ".rotary_emb.inv_freq", NULL};

/* The layout of names that most families share. */
#define LLAMA_OUTSIDE .prefix = "model.", .embed = "model.embed_tokens", .final_norm = "model.norm", .head = "lm_head"
#define LLAMA_NORMS                                                                                             \
    [GNN_NORM_ATTN_IN] = "model.layers.%.input_layernorm", [GNN_NORM_MLP_IN] = "model.layers.%.post_attention_" \
                                                                               "layernorm"
#define HEAD_NORMS [GNN_NORM_Q] = "model.layers.%.self_attn.q_norm", [GNN_NORM_K] = "model.layers.%.self_attn.k_norm"
#define SANDWICH_NORMS                                               \
    [GNN_NORM_ATTN_IN] = "model.layers.%.input_layernorm",           \
    [GNN_NORM_ATTN_OUT] = "model.layers.%.post_attention_layernorm", \
    [GNN_NORM_MLP_IN] = "model.layers.%.pre_feedforward_layernorm",  \
    [GNN_NORM_MLP_OUT] = "model.layers.%.post_feedforward_layernorm"
#define LLAMA_QKV(key, bias)                                       \
    [GNN_SLOT_Q] = {"model.layers.%.self_attn.q_proj", key, bias}, \
    [GNN_SLOT_K] = {"model.layers.%.self_attn.k_proj", key, bias}, \
    [GNN_SLOT_V] = {"model.layers.%.self_attn.v_proj", key, bias}
#define LLAMA_O(key, bias) [GNN_SLOT_O] = {"model.layers.%.self_attn.o_proj", key, bias}
#define LLAMA_MLP(key)                                          \
    [GNN_SLOT_GATE] = {"model.layers.%.mlp.gate_proj", key, 0}, \
    [GNN_SLOT_UP] = {"model.layers.%.mlp.up_proj", key, 0}, [GNN_SLOT_DOWN] = {"model.layers.%.mlp.down_proj", key, 0}
#define QWEN_EXPERTS                                                              \
    [GNN_SLOT_ROUTER] = {"model.layers.%.mlp.gate", NULL, 0},                     \
    [GNN_SLOT_EXPERT_GATE] = {"model.layers.%.mlp.experts.#.gate_proj", NULL, 0}, \
    [GNN_SLOT_EXPERT_UP] = {"model.layers.%.mlp.experts.#.up_proj", NULL, 0},     \
    [GNN_SLOT_EXPERT_DOWN] = {"model.layers.%.mlp.experts.#.down_proj", NULL, 0}

/* GPT-NeoX and Falcon come in variants that differ in a few lines. */
#define NEOX_COMMON                                                                                                    \
    .architecture = "GPTNeoXForCausalLM", .model_type = "gpt_neox", .prefix = "gpt_neox.",                             \
    .keys = {.kv_heads = "", .norm_eps = "layer_norm_eps"}, .embed = "gpt_neox.embed_in",                              \
    .final_norm = "gpt_neox.final_layer_norm", .head = "embed_out",                                                    \
    .norms = {[GNN_NORM_ATTN_IN] = "gpt_neox.layers.%.input_layernorm",                                                \
              [GNN_NORM_MLP_IN] = "gpt_neox.layers.%.post_attention_layernorm"},                                       \
    .linears = {[GNN_SLOT_QKV] = {"gpt_neox.layers.%.attention.query_key_value", "attention_bias", 1},                 \
                [GNN_SLOT_O] = {"gpt_neox.layers.%.attention.dense", "attention_bias", 1},                             \
                [GNN_SLOT_UP] = {"gpt_neox.layers.%.mlp.dense_h_to_4h", NULL, 1},                                      \
                [GNN_SLOT_DOWN] = {"gpt_neox.layers.%.mlp.dense_4h_to_h", NULL, 1}},                                   \
    .ignored = neox_buffers, .norm_kind = GNN_NORM_LAYER, .qkv_order = GNN_QKV_PER_GROUP, .partial_key = "rotary_pct", \
    .partial_default = 0.25, .activation_default = "gelu", .norm_eps_default = 1e-5
#define FALCON_COMMON                                                                                            \
    .architecture = "FalconForCausalLM", .model_type = "falcon", .prefix = "transformer.", .alibi_key = "alibi", \
    .embed = "transformer.word_embeddings", .final_norm = "transformer.ln_f", .head = "lm_head",                 \
    .linears = {[GNN_SLOT_QKV] = {"transformer.h.%.self_attention.query_key_value", "bias", 0},                  \
                [GNN_SLOT_O] = {"transformer.h.%.self_attention.dense", "bias", 0},                              \
                [GNN_SLOT_UP] = {"transformer.h.%.mlp.dense_h_to_4h", "bias", 0},                                \
                [GNN_SLOT_DOWN] = {"transformer.h.%.mlp.dense_4h_to_h", "bias", 0}},                             \
    .ignored = rotary_buffers, .norm_kind = GNN_NORM_LAYER, .qkv_order = GNN_QKV_PER_GROUP, .tied_default = 1,   \
    .inner_per_hidden = 4, .activation_default = "gelu", .norm_eps_default = 1e-5
#define FALCON_KEYS(kv)                             \
    .keys = {.layers = "num_hidden_layers|n_layer", \
             .heads = "num_attention_heads|n_head", \
             .kv_heads = kv,                        \
             .intermediate = "ffn_hidden_size",     \
             .norm_eps = "layer_norm_epsilon",      \
             .activation = "activation"}

#define OPT_COMMON                                                                                                     \
    .architecture = "OPTForCausalLM", .model_type = "opt", .prefix = "model.",                                         \
    .require = {{"layer_norm_elementwise_affine", 1, 1}},                                                              \
    .keys = {.kv_heads = "",                                                                                           \
             .intermediate = "ffn_dim",                                                                                \
             .norm_eps = "layer_norm_eps",                                                                             \
             .activation = "activation_function"},                                                                     \
    .embed = "model.decoder.embed_tokens", .positions = "model.decoder.embed_positions", .head = "lm_head",            \
    .project_in = "model.decoder.project_in", .project_out = "model.decoder.project_out",                              \
    .embed_key = "word_embed_proj_dim",                                                                                \
    .norms = {[GNN_NORM_ATTN_IN] = "model.decoder.layers.%.self_attn_layer_norm",                                      \
              [GNN_NORM_MLP_IN] = "model.decoder.layers.%.final_layer_norm"},                                          \
    .linears = {[GNN_SLOT_Q] = {"model.decoder.layers.%.self_attn.q_proj", "enable_bias", 1},                          \
                [GNN_SLOT_K] = {"model.decoder.layers.%.self_attn.k_proj", "enable_bias", 1},                          \
                [GNN_SLOT_V] = {"model.decoder.layers.%.self_attn.v_proj", "enable_bias", 1},                          \
                [GNN_SLOT_O] = {"model.decoder.layers.%.self_attn.out_proj", "enable_bias", 1},                        \
                [GNN_SLOT_UP] = {"model.decoder.layers.%.fc1", "enable_bias", 1},                                      \
                [GNN_SLOT_DOWN] = {"model.decoder.layers.%.fc2", "enable_bias", 1}},                                   \
    .norm_kind = GNN_NORM_LAYER, .no_rope = 1, .tied_default = 1, .positions_offset = 2, .activation_default = "relu", \
    .norm_eps_default = 1e-5

static const gnn_arch architectures[] = {
    {
        .architecture = "LlamaForCausalLM",
        .model_type = "llama",
        LLAMA_OUTSIDE,
        .norms = {LLAMA_NORMS},
        .linears = {LLAMA_QKV("attention_bias", 0), LLAMA_O("attention_bias", 0), LLAMA_MLP("mlp_bias")},
        .ignored = rotary_buffers,
        .norm_kind = GNN_NORM_RMS,
        .activation_default = "silu",
        .norm_eps_default = 1e-6,
    },
    {
        .architecture = "MistralForCausalLM",
        .model_type = "mistral",
        LLAMA_OUTSIDE,
        .norms = {LLAMA_NORMS},
        .linears = {LLAMA_QKV(NULL, 0), LLAMA_O(NULL, 0), LLAMA_MLP(NULL)},
        .ignored = rotary_buffers,
        .norm_kind = GNN_NORM_RMS,
        .window_rule = GNN_WINDOW_ALL,
        .window_default = 4096,
        .activation_default = "silu",
        .norm_eps_default = 1e-6,
    },
    {
        .architecture = "Qwen2ForCausalLM",
        .model_type = "qwen2",
        LLAMA_OUTSIDE,
        .norms = {LLAMA_NORMS},
        .linears = {LLAMA_QKV(NULL, 1), LLAMA_O(NULL, 0), LLAMA_MLP(NULL)},
        .ignored = rotary_buffers,
        .norm_kind = GNN_NORM_RMS,
        .window_rule = GNN_WINDOW_SWITCHED,
        .window_default = 4096,
        .activation_default = "silu",
        .norm_eps_default = 1e-6,
    },
    {
        .architecture = "Qwen3ForCausalLM",
        .model_type = "qwen3",
        LLAMA_OUTSIDE,
        .norms = {LLAMA_NORMS, HEAD_NORMS},
        .linears = {LLAMA_QKV("attention_bias", 0), LLAMA_O("attention_bias", 0), LLAMA_MLP(NULL)},
        .norm_kind = GNN_NORM_RMS,
        .window_rule = GNN_WINDOW_SWITCHED,
        .window_default = 4096,
        .head_dim_default = 128,
        .activation_default = "silu",
        .norm_eps_default = 1e-6,
    },
    {
        .architecture = "Phi3ForCausalLM",
        .model_type = "phi3",
        LLAMA_OUTSIDE,
        .norms = {LLAMA_NORMS},
        .linears = {[GNN_SLOT_QKV] = {"model.layers.%.self_attn.qkv_proj", NULL, 0},
                    LLAMA_O(NULL, 0),
                    [GNN_SLOT_GATE_UP] = {"model.layers.%.mlp.gate_up_proj", NULL, 0},
                    [GNN_SLOT_DOWN] = {"model.layers.%.mlp.down_proj", NULL, 0}},
        .ignored = rotary_buffers,
        .norm_kind = GNN_NORM_RMS,
        .qkv_order = GNN_QKV_CONCAT,
        .window_rule = GNN_WINDOW_ALL,
        .activation_default = "silu",
        .norm_eps_default = 1e-5,
    },
    {
        .architecture = "Gemma2ForCausalLM",
        .model_type = "gemma2",
        LLAMA_OUTSIDE,
        .keys = {.activation = "hidden_activation"},
        .norms = {SANDWICH_NORMS},
        .linears = {LLAMA_QKV("attention_bias", 0), LLAMA_O("attention_bias", 0), LLAMA_MLP(NULL)},
        .norm_kind = GNN_NORM_RMS_PLUS1,
        .window_rule = GNN_WINDOW_PERIOD,
        .scaled_embedding = 1,
        .tied_default = 1,
        .window_default = 4096,
        .period_default = 2,
        .head_dim_default = 256,
        .scale_key = "query_pre_attn_scalar",
        .scale_default = 256,
        .attention_softcap_default = 50.0,
        .logit_softcap_default = 30.0,
        .activation_default = "gelu_pytorch_tanh",
        .norm_eps_default = 1e-6,
    },
    {
        .architecture = "Gemma3ForCausalLM",
        .model_type = "gemma3_text",
        LLAMA_OUTSIDE,
        .require = {{"use_bidirectional_attention", 0, 0}},
        .keys = {.activation = "hidden_activation"},
        .norms = {SANDWICH_NORMS, HEAD_NORMS},
        .linears = {LLAMA_QKV("attention_bias", 0), LLAMA_O("attention_bias", 0), LLAMA_MLP(NULL)},
        .norm_kind = GNN_NORM_RMS_PLUS1,
        .window_rule = GNN_WINDOW_PERIOD,
        .local_rope = 1,
        .scaled_embedding = 1,
        .tied_default = 1,
        .window_default = 4096,
        .period_default = 6,
        .head_dim_default = 256,
        .scale_key = "query_pre_attn_scalar",
        .scale_default = 256,
        .theta_default = 1000000.0,
        .activation_default = "gelu_pytorch_tanh",
        .norm_eps_default = 1e-6,
    },
    {
        .architecture = "GPT2LMHeadModel",
        .model_type = "gpt2",
        .prefix = "transformer.",
        .require = {{"add_cross_attention", 0, 0}},
        .unscaled_key = "scale_attn_weights",
        .by_layer_key = "scale_attn_by_inverse_layer_idx",
        .keys = {"n_embd", "n_layer", "n_head", "", "n_inner", "n_positions", "layer_norm_epsilon",
                 "activation_function"},
        .embed = "transformer.wte",
        .positions = "transformer.wpe",
        .final_norm = "transformer.ln_f",
        .head = "lm_head",
        .norms = {[GNN_NORM_ATTN_IN] = "transformer.h.%.ln_1", [GNN_NORM_MLP_IN] = "transformer.h.%.ln_2"},
        .linears = {[GNN_SLOT_QKV] = {"transformer.h.%.attn.c_attn", NULL, 1},
                    [GNN_SLOT_O] = {"transformer.h.%.attn.c_proj", NULL, 1},
                    [GNN_SLOT_UP] = {"transformer.h.%.mlp.c_fc", NULL, 1},
                    [GNN_SLOT_DOWN] = {"transformer.h.%.mlp.c_proj", NULL, 1}},
        .ignored = gpt2_buffers,
        .norm_kind = GNN_NORM_LAYER,
        .stored_by_cols = 1,
        .no_rope = 1,
        .tied_default = 1,
        .inner_per_hidden = 4,
        .activation_default = "gelu_new",
        .norm_eps_default = 1e-5,
    },
    {
        NEOX_COMMON,
        .when = {{"use_parallel_residual", 1, 1}},
        .parallel = 1,
    },
    {
        NEOX_COMMON,
    },
    {
        OPT_COMMON,
        .when = {{"do_layer_norm_before", 1, 1}, {"_remove_final_layer_norm", 0, 0}},
        .final_norm = "model.decoder.final_layer_norm",
    },
    {
        OPT_COMMON,
        .when = {{"do_layer_norm_before", 1, 1}},
    },
    {
        OPT_COMMON,
        .post_norm = 1,
    },
    {
        FALCON_COMMON,
        FALCON_KEYS("num_kv_heads|n_head_kv"),
        .when = {{"new_decoder_architecture", 1, 0}, {"num_ln_in_parallel_attn", 2, 2}},
        .norms = {[GNN_NORM_ATTN_IN] = "transformer.h.%.ln_attn", [GNN_NORM_MLP_IN] = "transformer.h.%.ln_mlp"},
        .parallel = 1,
    },
    {
        FALCON_COMMON,
        FALCON_KEYS("num_kv_heads|n_head_kv"),
        .when = {{"new_decoder_architecture", 1, 0}},
        .norms = {[GNN_NORM_ATTN_IN] = "transformer.h.%.input_layernorm"},
        .parallel = 1,
        .shared_norm = 1,
    },
    {
        FALCON_COMMON,
        FALCON_KEYS(""),
        .when = {{"parallel_attn", 1, 1}, {"multi_query", 1, 1}},
        .norms = {[GNN_NORM_ATTN_IN] = "transformer.h.%.input_layernorm"},
        .parallel = 1,
        .shared_norm = 1,
        .kv_heads_default = 1,
    },
    {
        FALCON_COMMON,
        FALCON_KEYS(""),
        .when = {{"parallel_attn", 0, 1}, {"multi_query", 0, 1}},
        .norms = {[GNN_NORM_ATTN_IN] = "transformer.h.%.input_layernorm",
                  [GNN_NORM_MLP_IN] = "transformer.h.%.post_attention_layernorm"},
    },
    {
        .architecture = "Starcoder2ForCausalLM",
        .model_type = "starcoder2",
        LLAMA_OUTSIDE,
        .keys = {.norm_eps = "norm_epsilon"},
        .norms = {LLAMA_NORMS},
        .linears = {LLAMA_QKV("use_bias", 1),
                    LLAMA_O("use_bias", 1), [GNN_SLOT_UP] = {"model.layers.%.mlp.c_fc", "use_bias", 1},
                    [GNN_SLOT_DOWN] = {"model.layers.%.mlp.c_proj", "use_bias", 1}},
        .norm_kind = GNN_NORM_LAYER,
        .window_rule = GNN_WINDOW_ALL,
        .tied_default = 1,
        .activation_default = "gelu_pytorch_tanh",
        .norm_eps_default = 1e-5,
    },
    {
        .architecture = "Olmo2ForCausalLM",
        .model_type = "olmo2",
        LLAMA_OUTSIDE,
        .norms = {[GNN_NORM_ATTN_OUT] = "model.layers.%.post_attention_layernorm",
                  [GNN_NORM_MLP_OUT] = "model.layers.%.post_feedforward_layernorm",
                  HEAD_NORMS},
        .linears = {LLAMA_QKV("attention_bias", 0), LLAMA_O("attention_bias", 0), LLAMA_MLP(NULL)},
        .norm_kind = GNN_NORM_RMS_F32,
        .head_norm_whole = 1,
        .activation_default = "silu",
        .norm_eps_default = 1e-5,
    },
    {
        .architecture = "MixtralForCausalLM",
        .model_type = "mixtral",
        LLAMA_OUTSIDE,
        .norms = {LLAMA_NORMS},
        .linears = {LLAMA_QKV(NULL, 0),
                    LLAMA_O(NULL, 0), [GNN_SLOT_ROUTER] = {"model.layers.%.block_sparse_moe.gate", NULL, 0},
                    [GNN_SLOT_EXPERT_GATE] = {"model.layers.%.block_sparse_moe.experts.#.w1", NULL, 0},
                    [GNN_SLOT_EXPERT_UP] = {"model.layers.%.block_sparse_moe.experts.#.w3", NULL, 0},
                    [GNN_SLOT_EXPERT_DOWN] = {"model.layers.%.block_sparse_moe.experts.#.w2", NULL, 0}},
        .ignored = rotary_buffers,
        .norm_kind = GNN_NORM_RMS,
        .window_rule = GNN_WINDOW_ALL,
        .theta_default = 1000000.0,
        .activation_default = "silu",
        .norm_eps_default = 1e-5,
        .moe = {.experts = "num_local_experts", .per_token = "num_experts_per_tok", .normalise_default = 1},
    },
    {
        .architecture = "Qwen2MoeForCausalLM",
        .model_type = "qwen2_moe",
        LLAMA_OUTSIDE,
        .norms = {LLAMA_NORMS},
        .linears = {LLAMA_QKV("qkv_bias", 1), LLAMA_O(NULL, 0), LLAMA_MLP(NULL),
                    QWEN_EXPERTS, [GNN_SLOT_SHARED_GATE] = {"model.layers.%.mlp.shared_expert.gate_proj", NULL, 0},
                    [GNN_SLOT_SHARED_UP] = {"model.layers.%.mlp.shared_expert.up_proj", NULL, 0},
                    [GNN_SLOT_SHARED_DOWN] = {"model.layers.%.mlp.shared_expert.down_proj", NULL, 0},
                    [GNN_SLOT_SHARED_SCALE] = {"model.layers.%.mlp.shared_expert_gate", NULL, 0}},
        .norm_kind = GNN_NORM_RMS,
        .window_rule = GNN_WINDOW_SWITCHED,
        .window_default = 4096,
        .activation_default = "silu",
        .norm_eps_default = 1e-6,
        .moe = {.experts = "num_experts",
                .per_token = "num_experts_per_tok",
                .intermediate = "moe_intermediate_size",
                .shared_intermediate = "shared_expert_intermediate_size",
                .normalise_key = "norm_topk_prob"},
    },
    {
        .architecture = "Qwen3MoeForCausalLM",
        .model_type = "qwen3_moe",
        LLAMA_OUTSIDE,
        .norms = {LLAMA_NORMS, HEAD_NORMS},
        .linears = {LLAMA_QKV("attention_bias", 0), LLAMA_O("attention_bias", 0), LLAMA_MLP(NULL), QWEN_EXPERTS},
        .norm_kind = GNN_NORM_RMS,
        .window_rule = GNN_WINDOW_SWITCHED,
        .window_default = 4096,
        .activation_default = "silu",
        .norm_eps_default = 1e-6,
        .moe = {.experts = "num_experts|num_local_experts",
                .per_token = "num_experts_per_tok",
                .intermediate = "moe_intermediate_size",
                .normalise_key = "norm_topk_prob"},
    },
};

enum { architecture_count = sizeof architectures / sizeof architectures[0] };

const gnn_arch *gnn_arch_next(const char *architecture, const char *model_type, const gnn_arch *after)
{
    size_t first = after != NULL ? (size_t)(after - architectures) + 1 : 0;
    for (size_t i = first; i < architecture_count; i++) {
        if (architecture != NULL ? strcmp(architectures[i].architecture, architecture) == 0
                                 : strcmp(architectures[i].model_type, model_type) == 0) {
            return &architectures[i];
        }
    }
    return NULL;
}

void gnn_arch_list(char *buf, size_t bytes)
{
    const char *names[architecture_count];
    size_t count = 0, used = 0;
    for (size_t i = 0; i < architecture_count; i++) {
        if (count == 0 || strcmp(names[count - 1], architectures[i].architecture) != 0) {
            names[count++] = architectures[i].architecture;
        }
    }
    buf[0] = '\0';
    for (size_t i = 0; i < count && used < bytes; i++) {
        const char *before = i == 0 ? "" : i + 1 == count ? " and " : ", ";
        int written = snprintf(buf + used, bytes - used, "%s%s", before, names[i]);
        used += written > 0 ? (size_t)written : 0;
    }
}
