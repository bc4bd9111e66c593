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

#define LLAMA_LIKE (GDT_CLASS_REBUILDS_POST | GDT_CLASS_ADDS_BOS)

static const gdt_class classes[] = {
    {"LlamaTokenizer", SPECIALS("<s>", "</s>", "<unk>", NULL, NULL, NULL, NULL),
     LLAMA_LIKE | GDT_CLASS_KEEPS_PREFIX_SPACE},
    {"CodeLlamaTokenizer", SPECIALS("<s>", "</s>", "<unk>", NULL, NULL, NULL, NULL), LLAMA_LIKE},
    {"GemmaTokenizer", SPECIALS("<bos>", "<eos>", "<unk>", NULL, "<pad>", NULL, NULL), LLAMA_LIKE},
    {"CohereTokenizer", SPECIALS("<BOS_TOKEN>", "<|END_OF_TURN_TOKEN|>", "<UNK>", NULL, NULL, NULL, NULL), LLAMA_LIKE},
    {"GPTNeoXTokenizer", SPECIALS(END_OF_TEXT, END_OF_TEXT, END_OF_TEXT, NULL, NULL, NULL, NULL),
     GDT_CLASS_REBUILDS_POST},
    {"GPT2Tokenizer", SPECIALS(END_OF_TEXT, END_OF_TEXT, END_OF_TEXT, NULL, NULL, NULL, NULL), 0},
    {"CodeGenTokenizer", SPECIALS(END_OF_TEXT, END_OF_TEXT, END_OF_TEXT, NULL, NULL, NULL, NULL), 0},
    {"Qwen2Tokenizer", SPECIALS(NULL, END_OF_TEXT, END_OF_TEXT, NULL, END_OF_TEXT, NULL, NULL), 0},
    {"T5Tokenizer", SPECIALS(NULL, "</s>", "<unk>", NULL, "<pad>", NULL, NULL), 0},
    {"BertTokenizer", SPECIALS(NULL, NULL, "[UNK]", "[SEP]", "[PAD]", "[CLS]", "[MASK]"), GDT_CLASS_SETS_BERT_OPTIONS},
    {"DistilBertTokenizer", SPECIALS(NULL, NULL, "[UNK]", "[SEP]", "[PAD]", "[CLS]", "[MASK]"),
     GDT_CLASS_SETS_BERT_OPTIONS},
    {"RobertaTokenizer", SPECIALS("<s>", "</s>", "<unk>", "</s>", "<pad>", "<s>", "<mask>"), GDT_CLASS_MASK_STRIPS},
    {"BartTokenizer", SPECIALS("<s>", "</s>", "<unk>", "</s>", "<pad>", "<s>", "<mask>"), GDT_CLASS_MASK_STRIPS},
    {"XLMRobertaTokenizer", SPECIALS("<s>", "</s>", "<unk>", "</s>", "<pad>", "<s>", "<mask>"), GDT_CLASS_MASK_STRIPS},
    {"AlbertTokenizer", SPECIALS("[CLS]", "[SEP]", "<unk>", "[SEP]", "<pad>", "[CLS]", "[MASK]"),
     GDT_CLASS_MASK_STRIPS},
    {"OpenAIGPTTokenizer", SPECIALS(NULL, NULL, "<unk>", NULL, NULL, NULL, NULL), 0}};

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
