/* tools/merge.h: a base model and a LoRA adapter of it as one model folder with full weights (training specification
 * 10.3). [any]
 *
 *   W + scale B A, row by row: the sum in f32, in a fixed order, rounded once to the type of W; with DoRA the row is
 * then brought to its length. As PEFT's merge_and_unload.
 *
 * Every other file of the base is copied, weights in other formats aside; tokenizer files of the adapter take the place
 * of the base's. An adapter that brings tensors which the base does not have (a head of its own beside a tied
 * embedding, more entries in the vocabulary, biases of branches) is refused: GOD_E_UNSUPPORTED or GOD_E_DATA with the
 * tensor's name. */
#ifndef GNN_TOOLS_MERGE_H
#define GNN_TOOLS_MERGE_H

#include "god/error.h"

/* out_dir is there, empty. What was written stays when the call fails. */
god_status gnn_merge(const char *base_dir, const char *adapter_dir, const char *out_dir, god_error *err);

#endif
