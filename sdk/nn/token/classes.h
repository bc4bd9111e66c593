/* classes.h: what the tokenizer classes of transformers do beyond their files: texts of special tokens that a
 * configuration leaves out, and post-processors that are built anew. Profile: transformers 4.57 (fast classes). */
#ifndef GDT_CLASSES_H
#define GDT_CLASSES_H

#include <stdint.h>

enum {
    GDT_SPECIAL_BOS,
    GDT_SPECIAL_EOS,
    GDT_SPECIAL_UNK,
    GDT_SPECIAL_SEP,
    GDT_SPECIAL_PAD,
    GDT_SPECIAL_CLS,
    GDT_SPECIAL_MASK,
    GDT_SPECIAL_COUNT
};

extern const char *const gdt_special_keys[GDT_SPECIAL_COUNT]; /* "bos_token", ... */

typedef struct gdt_class {
    const char *name; /* without "Fast" at its end */
    const char *specials[GDT_SPECIAL_COUNT];
    uint32_t rebuilds_post; /* the post-processor becomes: bos if add_bos_token, text, eos if add_eos_token */
    uint32_t add_bos, add_eos;
    uint32_t
        keeps_prefix_space; /* without "add_prefix_space" a ByteLevel step stays as it is; others then add no blank */
    uint32_t sets_bert_options; /* do_lower_case and its like go before the BertNormalizer of the file */
} gdt_class;

/* By "tokenizer_class"; names that are not in the table give the class that adds nothing. NULL name as well. */
const gdt_class *gdt_class_find(const char *name);
/* The class that AutoTokenizer takes for a "model_type" when no class is named. */
const gdt_class *gdt_class_of_model(const char *model_type);

#endif
