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

enum {
    GDT_CLASS_REBUILDS_POST = 1u << 0,      /* the post-processor becomes: bos, text, eos, as far as they are added */
    GDT_CLASS_ADDS_BOS = 1u << 1,           /* "add_bos_token" is true unless it says otherwise */
    GDT_CLASS_KEEPS_PREFIX_SPACE = 1u << 2, /* without "add_prefix_space" a ByteLevel step stays as it is; in other
                                             * classes it then adds no blank */
    GDT_CLASS_SETS_BERT_OPTIONS = 1u << 3,  /* do_lower_case and its like go before the BertNormalizer of the file */
    GDT_CLASS_MASK_STRIPS = 1u << 4         /* a mask token that is just a text takes the blanks before it along */
};

typedef struct gdt_class {
    const char *name; /* without "Fast" at its end */
    const char *specials[GDT_SPECIAL_COUNT];
    uint32_t flags; /* GDT_CLASS_... */
} gdt_class;

/* By "tokenizer_class"; names that are not in the table give the class that adds nothing. NULL name as well. */
const gdt_class *gdt_class_find(const char *name);
/* The class that AutoTokenizer takes for a "model_type" when no class is named. */
const gdt_class *gdt_class_of_model(const char *model_type);

#endif
