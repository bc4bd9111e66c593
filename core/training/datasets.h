/* core/training/datasets.h: the data sets that a miner may ask for beside those of the task (training specification 8
 * and 23.7). A fixed list, compared to the letter; the first two that are on it count. [any] */
#ifndef GDI_TRAINING_DATASETS_H
#define GDI_TRAINING_DATASETS_H

#include <jansson.h>

#include "core/config/strings.h"
#include "god/helpers/text.h"

enum { GDI_DATASETS_KEPT_MAX = 2 };

/* The list that this program came with, core/whitelisted_sft_datasets.json: an array of strings, owned by the caller.
 */
god_status gdi_datasets_whitelist(json_t **ret_list, god_error *err);

/* Appends to *kept those of `requested` (an array of strings, or NULL) that are in `whitelist`, in their order, until
 * there are GDI_DATASETS_KEPT_MAX. An id twice counts twice. */
god_status gdi_datasets_filter(const json_t *requested, const json_t *whitelist, gdi_strings *kept, god_error *err);

/* "org/name" as the name of a folder: every '/' becomes "--". Appends to text. */
god_status gdi_slash_dash(const char *id, god_text *text, god_error *err);

/* MINER_DATASETS: the folder names of these data sets, joined by ','. Appends to text. */
god_status gdi_datasets_variable(const gdi_strings *there, god_text *text, god_error *err);

#endif
