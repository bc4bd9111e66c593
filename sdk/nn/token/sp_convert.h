/* sp_convert.h: a SentencePiece model as the tokenizer.json that transformers 4.57 would make of it
 * (convert_slow_tokenizer.py: LlamaConverter, GemmaConverter, T5Converter, XLMRobertaConverter, SpmConverter). [one] */
#ifndef GDT_SP_CONVERT_H
#define GDT_SP_CONVERT_H

#include "folder.h"

/* `bytes` are those of the model file, `name` its name, for messages. *ret_root is owned by the caller (json_decref).
 */
god_status gdt_sp_convert(const gdt_folder *folder, const char *name, const char *bytes, size_t count,
                          json_t **ret_root, god_error *err);

#endif
