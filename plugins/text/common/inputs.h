/* inputs.h: the two files that a text task needs, and names for what is prepared from them. [any]
 *
 * Every text task type reads a test file ("data") and a base model's folder ("base", for its tokenizer and weights).
 */
#ifndef GTX_INPUTS_H
#define GTX_INPUTS_H

#include "common/prepared.h"
#include "common/task_spec.h"
#include "god/dataset.h"
#include "god/eval.h"
#include "god/nn/tokenizer.h"

/* "god.dataset/1" needs: "data" at spec->dataset and "base" at spec->model. A bare name is a repository of the hub, an
 * absolute path a local file. */
god_status gtx_inputs_needs(const gtx_task_spec *spec, void *user, god_status (*need)(void *user, const god_need *item),
                            god_error *err);

/* GOD_E_INVALID when the caller brought no input of this key. */
god_status gtx_inputs_find(const god_inputs *inputs, const char *key, const god_input **ret_input, god_error *err);

/* Writes "<prefix>-<sha256>" into buf. Into the digest go the data's content, the base's tokenizer files, the complete
 * record of the task and `more`: whatever else changes the prepared bytes. */
god_status gtx_inputs_cache_key(const char *prefix, const gtx_task_spec *spec, const god_inputs *inputs,
                                const char *more, char *buf, size_t buf_bytes, god_error *err);

/* The base tokenizer's part of a prepared header. */
void gtx_inputs_fill_header(const god_tokenizer *tokenizer, gtx_prepared_header *header);
/* Reports it as facts: rows, bos, eos, pad, truncation_side. */
god_status gtx_inputs_report(const god_report *report, const gtx_prepared_header *header);
/* Reports what the examples were made with: dataset_type (the complete record), tokenizer_sha256. */
god_status gtx_inputs_report_source(const god_report *report, const gtx_task_spec *spec, const char *base_model_dir,
                                    god_error *err);

#endif
