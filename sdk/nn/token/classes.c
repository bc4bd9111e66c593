#include "classes.h"

#include <stddef.h>
#include <string.h>

const char *const gdt_special_keys[GDT_SPECIAL_COUNT] = {
    [GDT_SPECIAL_BOS] = "bos_token",  [GDT_SPECIAL_EOS] = "eos_token", [GDT_SPECIAL_UNK] = "unk_token",
    [GDT_SPECIAL_SEP] = "sep_token",  [GDT_SPECIAL_PAD] = "pad_token", [GDT_SPECIAL_CLS] = "cls_token",
    [GDT_SPECIAL_MASK] = "mask_token"};

#define SPECIALS(bos, eos, unk, sep, pad, cls, mask)                                                        \
    {                                                                                                       \
        [GDT_SPECIAL_BOS] = bos, [GDT_SPECIAL_EOS] = eos, [GDT_SPECIAL_UNK] = unk, [GDT_SPECIAL_SEP] = sep, \
        [GDT_SPECIAL_PAD] = pad, [GDT_SPECIAL_CLS] = cls, [GDT_SPECIAL_MASK] = mask                         \
    }
#define END_OF_TEXT "<|endoftext|>"

static const gdt_class plain = {.name = "PreTrainedTokenizer"};

static const gdt_class classes[] = {
    {"LlamaTokenizer", SPECIALS("<s>", "</s>", "<unk>", NULL, NULL, NULL, NULL), 1, 1, 0, 1, 0},
    {"CodeLlamaTokenizer", SPECIALS("<s>", "</s>", "<unk>", NULL, NULL, NULL, NULL), 1, 1, 0, 0, 0},
    {"GemmaTokenizer", SPECIALS("<bos>", "<eos>", "<unk>", NULL, "<pad>", NULL, NULL), 1, 1, 0, 0, 0},
    {"CohereTokenizer", SPECIALS("<BOS_TOKEN>", "<|END_OF_TURN_TOKEN|>", "<UNK>", NULL, NULL, NULL, NULL), 1, 1, 0, 0,
     0},
    {"GPTNeoXTokenizer", SPECIALS(END_OF_TEXT, END_OF_TEXT, END_OF_TEXT, NULL, NULL, NULL, NULL), 1, 0, 0, 0, 0},
    {"GPT2Tokenizer", SPECIALS(END_OF_TEXT, END_OF_TEXT, END_OF_TEXT, NULL, NULL, NULL, NULL), 0, 0, 0, 0, 0},
    {"CodeGenTokenizer", SPECIALS(END_OF_TEXT, END_OF_TEXT, END_OF_TEXT, NULL, NULL, NULL, NULL), 0, 0, 0, 0, 0},
    {"Qwen2Tokenizer", SPECIALS(NULL, END_OF_TEXT, END_OF_TEXT, NULL, END_OF_TEXT, NULL, NULL), 0, 0, 0, 0, 0},
    {"T5Tokenizer", SPECIALS(NULL, "</s>", "<unk>", NULL, "<pad>", NULL, NULL), 0, 0, 0, 0, 0},
    {"BertTokenizer", SPECIALS(NULL, NULL, "[UNK]", "[SEP]", "[PAD]", "[CLS]", "[MASK]"), 0, 0, 0, 0, 1},
    {"DistilBertTokenizer", SPECIALS(NULL, NULL, "[UNK]", "[SEP]", "[PAD]", "[CLS]", "[MASK]"), 0, 0, 0, 0, 1},
    {"RobertaTokenizer", SPECIALS("<s>", "</s>", "<unk>", "</s>", "<pad>", "<s>", "<mask>"), 0, 0, 0, 0, 0},
    {"BartTokenizer", SPECIALS("<s>", "</s>", "<unk>", "</s>", "<pad>", "<s>", "<mask>"), 0, 0, 0, 0, 0},
    {"XLMRobertaTokenizer", SPECIALS("<s>", "</s>", "<unk>", "</s>", "<pad>", "<s>", "<mask>"), 0, 0, 0, 0, 0},
    {"AlbertTokenizer", SPECIALS("[CLS]", "[SEP]", "<unk>", "[SEP]", "<pad>", "[CLS]", "[MASK]"), 0, 0, 0, 0, 0},
    {"OpenAIGPTTokenizer", SPECIALS(NULL, NULL, "<unk>", NULL, NULL, NULL, NULL), 0, 0, 0, 0, 0}};

static const struct {
    const char *model_type, *name;
} models[] = {{"llama", "LlamaTokenizer"},
              {"mistral", "LlamaTokenizer"},
              {"mixtral", "LlamaTokenizer"},
              {"phi3", "LlamaTokenizer"},
              {"code_llama", "CodeLlamaTokenizer"},
              {"gemma", "GemmaTokenizer"},
              {"gemma2", "GemmaTokenizer"},
              {"gemma3_text", "GemmaTokenizer"},
              {"gemma3", "GemmaTokenizer"},
              {"cohere", "CohereTokenizer"},
              {"gpt_neox", "GPTNeoXTokenizer"},
              {"olmo", "GPTNeoXTokenizer"},
              {"olmo2", "GPTNeoXTokenizer"},
              {"gpt2", "GPT2Tokenizer"},
              {"gpt_neo", "GPT2Tokenizer"},
              {"opt", "GPT2Tokenizer"},
              {"starcoder2", "GPT2Tokenizer"},
              {"gpt_bigcode", "GPT2Tokenizer"},
              {"phi", "CodeGenTokenizer"},
              {"codegen", "CodeGenTokenizer"},
              {"qwen2", "Qwen2Tokenizer"},
              {"qwen2_moe", "Qwen2Tokenizer"},
              {"qwen3", "Qwen2Tokenizer"},
              {"qwen3_moe", "Qwen2Tokenizer"},
              {"t5", "T5Tokenizer"},
              {"bert", "BertTokenizer"},
              {"roberta", "RobertaTokenizer"},
              {"xlm-roberta", "XLMRobertaTokenizer"}};

const gdt_class *gdt_class_find(const char *name)
{
    size_t bytes = name != NULL ? strlen(name) : 0;
    if (bytes > 4 && strcmp(name + bytes - 4, "Fast") == 0) {
        bytes -= 4;
    }
    for (size_t i = 0; i < sizeof classes / sizeof *classes; i++) {
        if (strlen(classes[i].name) == bytes && memcmp(classes[i].name, name, bytes) == 0) {
            return &classes[i];
        }
    }
    return &plain;
}

const gdt_class *gdt_class_of_model(const char *model_type)
{
    for (size_t i = 0; model_type != NULL && i < sizeof models / sizeof *models; i++) {
        if (strcmp(models[i].model_type, model_type) == 0) {
            return gdt_class_find(models[i].name);
        }
    }
    return &plain;
}
