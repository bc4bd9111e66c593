#include "lm/arch.h"

#include <stdio.h>
#include <string.h>

#include "ops/norm.h"

/* Buffers that older versions of the families' code wrote into their checkpoints. */
static const char *const rotary_buffers[] = {".rotary_emb.inv_freq", NULL};

#define LLAMA_NORMS                                                    \
    {                                                                  \
        [GNN_NORM_ATTN_IN] = "model.layers.%.input_layernorm",         \
        [GNN_NORM_MLP_IN] = "model.layers.%.post_attention_layernorm", \
    }

static const gnn_arch architectures[] = {
    {
        .architecture = "LlamaForCausalLM",
        .model_type = "llama",
        .prefix = "model.",
        .embed = "model.embed_tokens",
        .final_norm = "model.norm",
        .head = "lm_head",
        .norms = LLAMA_NORMS,
        .linears =
            {
                [GNN_SLOT_Q] = {"model.layers.%.self_attn.q_proj", "attention_bias", 0},
                [GNN_SLOT_K] = {"model.layers.%.self_attn.k_proj", "attention_bias", 0},
                [GNN_SLOT_V] = {"model.layers.%.self_attn.v_proj", "attention_bias", 0},
                [GNN_SLOT_O] = {"model.layers.%.self_attn.o_proj", "attention_bias", 0},
                [GNN_SLOT_GATE] = {"model.layers.%.mlp.gate_proj", "mlp_bias", 0},
                [GNN_SLOT_UP] = {"model.layers.%.mlp.up_proj", "mlp_bias", 0},
                [GNN_SLOT_DOWN] = {"model.layers.%.mlp.down_proj", "mlp_bias", 0},
            },
        .ignored = rotary_buffers,
        .norm_kind = GNN_NORM_RMS,
        .activation_default = "silu",
        .norm_eps_default = 1e-6,
    },
};

enum { architecture_count = sizeof architectures / sizeof architectures[0] };

const gnn_arch *gnn_arch_find(const char *architecture, const char *model_type)
{
    for (size_t i = 0; i < architecture_count; i++) {
        if (architecture != NULL ? strcmp(architectures[i].architecture, architecture) == 0
                                 : strcmp(architectures[i].model_type, model_type) == 0) {
            return &architectures[i];
        }
    }
    return NULL;
}

void gnn_arch_list(char *buf, size_t bytes)
{
    size_t used = 0;
    buf[0] = '\0';
    for (size_t i = 0; i < architecture_count && used < bytes; i++) {
        const char *before = i == 0 ? "" : i + 1 == architecture_count ? " and " : ", ";
        int written = snprintf(buf + used, bytes - used, "%s%s", before, architectures[i].architecture);
        used += written > 0 ? (size_t)written : 0;
    }
}
