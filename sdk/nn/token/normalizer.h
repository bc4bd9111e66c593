/* normalizer.h: the normalizers that have a file of their own. */
#ifndef GDT_NORMALIZER_H
#define GDT_NORMALIZER_H

#include "step.h"

/* NFC, NFD, NFKC, NFKD of Unicode's annex 15. options: */
enum { GDT_FORM_COMPOSED = 1u << 0, GDT_FORM_COMPATIBLE = 1u << 1 };
god_status gdt_run_form(const gdt_step *step, gdt_work *work, god_error *err);

/* "BertNormalizer": control characters away, blanks around CJK ideographs, accents away, lower case, as asked for. */
god_status gdt_load_bert_normalizer(gdt_step *step, const char *where, json_t *object, god_error *err);

/* Sets anew what BertTokenizer sets anew; accents: 0, 1, or GDT_AS_LOWERCASE. */
enum { GDT_AS_LOWERCASE = 2 };
void gdt_set_bert_options(gdt_step *step, uint32_t lowercase, uint32_t accents, uint32_t ideographs);

/* "Precompiled": the character map of a SentencePiece model, base64 in "precompiled_charsmap". */
god_status gdt_load_charsmap(gdt_step *step, const char *where, json_t *object, god_error *err);
/* The same from the bytes of the map. */
god_status gdt_load_charsmap_bytes(gdt_step *step, const char *where, const void *map, size_t bytes, god_error *err);

/* Drops the code points for which step->is holds. */
god_status gdt_run_filter(const gdt_step *step, gdt_work *work, god_error *err);
god_status gdt_run_lower(const gdt_step *step, gdt_work *work, god_error *err);

#endif
